package rdap

import "strings"

// redaction says what a server did to a field (RFC 9537 section 3).
type redaction int

const (
	shown    redaction = iota
	removed            // the field is gone, or empty (sections 3.1 and 3.2)
	replaced           // something else, or a part, stands in its place (sections 3.3 and 3.4)
)

// hidden says which dates a server left out on purpose.
type hidden struct{ registry, registrar redaction }

// hiddenDates reads the list of redactions (RFC 9537 section 4.2). A field is known by its JSONPath, else by the name that the server gives
// it; an expression of JSONPath is looked at for its words, since only a few forms occur.
func hiddenDates(o object) (h hidden) {
	for _, r := range o.objects("redacted") {
		how := removed
		if m := folded(r.str("method")); strings.HasPrefix(m, "partial") || strings.HasPrefix(m, "replacement") {
			how = replaced
		}
		if path := r.str("prePath") + " " + r.str("postPath"); strings.Contains(path, "vents") {
			registry, registrar := datesOfPath(path)
			h.note(how, registry, registrar)
			if registry || registrar {
				continue
			}
		}
		name := r.get("name")
		label := folded(name.string()) + folded(name.object().str("type")) + folded(name.object().str("description"))
		registrar := strings.Contains(label, "registrarexpir") || strings.Contains(label, "registrarregistrationexpir")
		h.note(how, strings.Contains(label, "expir") && !registrar && !strings.Contains(label, "softexpir"), registrar)
	}
	return h
}

func (h *hidden) note(how redaction, registry, registrar bool) {
	if registry {
		h.registry = max(h.registry, how)
	}
	if registrar {
		h.registrar = max(h.registrar, how)
	}
}

// datesOfPath says which expirations a JSONPath over the events selects: by its filter, or all of them.
func datesOfPath(path string) (registry, registrar bool) {
	low := strings.ToLower(strings.ReplaceAll(path, `"`, "'"))
	registry, registrar = strings.Contains(low, "'expiration'"), strings.Contains(low, "'registrar expiration'")
	if strings.Contains(low, "eventaction") {
		return registry, registrar
	}
	for p := range strings.FieldsSeq(low) {
		switch strings.TrimSuffix(p, ".eventdate") {
		case "$.events", "$.events[*]", "$..events", "$..events[*]", "$['events']", "$['events'][*]":
			return true, true
		}
	}
	return registry, registrar
}

// redactedText reports whether a server wrote in a field that it hides its value.
func redactedText(s string) bool {
	low := strings.ToLower(s)
	for _, word := range []string{"redact", "not disclosed", "withheld", "hidden", "private"} {
		if strings.Contains(low, word) {
			return true
		}
	}
	return false
}
