package monitor

import (
	"fmt"
	"strings"

	"github.com/krestmarketing/deedwatch/catalog"
	"github.com/krestmarketing/deedwatch/models"
)

// stringBytes is the most that one string of a TXT record holds (RFC 1035 section 3.3).
const stringBytes = 255

// enter lists the values as records to be entered.
func (w *repairer) enter(values []string) {
	for _, v := range values {
		w.r.Enter = append(w.r.Enter, w.entry(w.rec.Type, v, true))
	}
}

// entry puts a value into the fields of the DNS host's form; whole adds what is needed to enter it, beside what is needed to find it.
func (w *repairer) entry(rrtype, value string, whole bool) models.RepairEntry {
	e := models.RepairEntry{Type: oneLine(rrtype)}
	if whole && rrtype == "CNAME" && w.rec.Host == w.r.Zone && (w.host.ApexAlias == catalog.ApexALIAS || w.host.ApexAlias == catalog.ApexANAME) {
		e.Type = string(w.host.ApexAlias)
	}
	e.Fields = append(e.Fields, models.RepairField{Label: "Type", Value: e.Type}, w.nameField())
	e.Fields = append(e.Fields, w.valueFields(rrtype, oneLine(value))...)
	if whole {
		e.Fields = append(e.Fields, w.ttlField())
	}
	return e
}

// nameField is the record's name as the host wants it written, relative to its own zone.
func (w *repairer) nameField() models.RepairField {
	f := models.RepairField{Label: "Name", Value: oneLine(w.rec.Host)}
	apex := w.rec.Host == w.r.Zone
	style, top := catalog.NameRelative, "@"
	if w.known {
		style, top = w.host.Names, w.host.Apex
	}
	switch {
	case apex && top == catalog.ApexBlank:
		f.Value, f.Hint = "", "leave empty"
	case apex && top != catalog.ApexFull:
		f.Value = top
	case !apex && style == catalog.NameRelative:
		f.Value = strings.TrimSuffix(f.Value, "."+w.r.Zone)
	}
	if f.Value != "" && f.Value != oneLine(w.rec.Host) {
		f.Hint = "in full: " + oneLine(w.rec.Host)
	}
	return f
}

func (w *repairer) ttlField() models.RepairField {
	switch {
	case w.known && w.host.TTL != "":
		return models.RepairField{Label: "TTL", Value: w.host.TTL}
	case w.known:
		return models.RepairField{Label: "TTL", Hint: "leave as it is"}
	}
	return models.RepairField{Label: "TTL", Value: "3600", Hint: "seconds; or the host's usual one"}
}

// valueFields splits a canonical value into the fields of a form.
func (w *repairer) valueFields(rrtype, value string) []models.RepairField {
	parts := strings.Fields(value)
	field := func(label, value string) models.RepairField { return models.RepairField{Label: label, Value: value} }
	switch {
	case w.rec.Match != models.MatchExact && w.rec.Match != models.MatchOneOf && w.rec.Match != models.MatchContains && rrtype == w.rec.Type && w.partial(value):
		return []models.RepairField{{Label: valueLabel(rrtype), Value: value, Hint: partWords(w.rec.Match)}}
	case rrtype == "MX" && len(parts) == 2 && !w.host.Joined:
		return []models.RepairField{field("Priority", parts[0]), field("Mail server", w.target(parts[1]))}
	case rrtype == "SRV" && len(parts) == 4 && !w.host.Joined:
		return []models.RepairField{field("Priority", parts[0]), field("Weight", parts[1]), field("Port", parts[2]), field("Target", w.target(parts[3]))}
	case (rrtype == "MX" || rrtype == "SRV") && len(parts) > 1:
		last := len(parts) - 1
		return []models.RepairField{field("Value", strings.Join(parts[:last], " ")+" "+w.target(parts[last]))}
	case rrtype == "CAA" && len(parts) == 3 && !w.host.Joined:
		return []models.RepairField{field("Flag", parts[0]), field("Tag", parts[1]), field("Value", strings.Trim(parts[2], `"`))}
	case rrtype == "CNAME" || rrtype == "NS":
		return []models.RepairField{field(valueLabel(rrtype), w.target(value))}
	case rrtype == "TXT" && w.host.Quotes:
		return []models.RepairField{field("Text", quoted(value))}
	}
	return []models.RepairField{field(valueLabel(rrtype), value)}
}

// partial reports whether a value is only a part of what is expected: one of the expected row's own, not one that was seen.
func (w *repairer) partial(value string) bool {
	for _, v := range w.rec.Values {
		if oneLine(v) == value {
			return true
		}
	}
	return false
}

func valueLabel(rrtype string) string {
	switch rrtype {
	case "A", "AAAA":
		return "Address"
	case "CNAME":
		return "Target"
	case "NS":
		return "Name server"
	case "TXT":
		return "Text"
	}
	return "Value"
}

func partWords(m models.Match) string {
	switch m {
	case models.MatchPrefix:
		return "the value begins with this; the service's own settings show the whole of it"
	case models.MatchSuffix:
		return "the value ends with this; the service's own settings show the whole of it"
	case models.MatchExact, models.MatchOneOf, models.MatchContains, models.MatchPattern:
	}
	return "the value has this form; the service's own settings show the whole of it"
}

// target writes a host name as the form wants it.
func (w *repairer) target(name string) string {
	if w.host.Dot && name != "." {
		return name + "."
	}
	return name
}

// quoted writes a text in strings of a zone file (RFC 1035 section 5.1), none longer than a string may be.
func quoted(text string) string {
	var parts []string
	for _, p := range chunks(text) {
		parts = append(parts, `"`+strings.ReplaceAll(p, `"`, `\"`)+`"`)
	}
	return strings.Join(parts, " ")
}

// chunks cuts a printable text into strings that a TXT record holds.
func chunks(text string) []string {
	var parts []string
	for len(text) > stringBytes {
		parts, text = append(parts, text[:stringBytes]), text[stringBytes:]
	}
	return append(parts, text)
}

// hints adds what the record's type and the host's form ask for.
func (w *repairer) hints() {
	if w.rec.Type == "CNAME" && w.rec.Host == w.r.Zone {
		w.note(w.apexAdvice())
	}
	if w.rec.Type == "NS" && w.rec.Host != w.c.Domain {
		w.note("This hands " + oneLine(w.rec.Host) + " to our name servers. All of the name server records above belong together; other records on that name or below it no longer count.")
	}
	for _, e := range w.r.Enter {
		for _, f := range e.Fields {
			if f.Label == "Text" {
				w.textHints(f.Value)
			}
		}
	}
	if !w.known {
		if len(w.hosts) > 1 && w.r.Action != models.RepairSync {
			w.note("The name servers belong to several hosts; the record is edited where the zone is kept.")
		}
		return
	}
	if w.host.Proxy != "" && (w.rec.Type == "A" || w.rec.Type == "AAAA" || w.rec.Type == "CNAME") {
		w.note("Set “" + w.host.Proxy + "” for this record.")
	}
	if w.host.Note != "" {
		w.note(w.host.Note)
	}
}

// textHints adds what a long or odd text asks for.
func (w *repairer) textHints(text string) {
	switch {
	case len(text) <= stringBytes:
	case w.host.Quotes:
		w.note("The text is longer than one string may be; it is written in several, as " + w.host.Name + " wants it. Paste all of it, on one line.")
	default:
		w.note(fmt.Sprintf("The text has %d characters: paste it whole, on one line. A form that takes no more than %d at once wants it in several strings, in quotation marks one behind the other.", len(text), stringBytes))
	}
	if strings.Contains(strings.ReplaceAll(text, `\"`, ""), `\`) {
		w.note(`Characters that cannot be shown are written as \ and three digits.`)
	}
}

// impossible reports whether an alias is expected on the domain itself where the host has nothing that could stand for one.
func (w *repairer) impossible() bool {
	return w.known && w.rec.Type == "CNAME" && w.rec.Host == w.r.Zone && (w.host.ApexAlias == catalog.ApexNone || w.host.ApexAlias == catalog.ApexTarget)
}

// apexAdvice says what to do where an alias is expected on the domain itself.
func (w *repairer) apexAdvice() string {
	const rule = "DNS allows no CNAME on the domain itself"
	if !w.known {
		return rule + ". Some hosts offer a replacement (ALIAS, ANAME, or a CNAME that they flatten): look for it there, or ask us for the addresses to enter."
	}
	switch w.host.ApexAlias {
	case catalog.ApexFlattened:
		return rule + ", but " + w.host.Name + " takes one there and serves the addresses of its target."
	case catalog.ApexALIAS, catalog.ApexANAME:
		return rule + ": choose the type " + string(w.host.ApexAlias) + ", which " + w.host.Name + " offers in its place."
	case catalog.ApexTarget:
		return rule + ": " + w.host.Name + " lets an A record point to services of its own cloud only. For any other, ask us for the addresses, or have the domain itself forwarded to www."
	case catalog.ApexNone:
	}
	return rule + ", and no replacement for it is known" + w.at() + ". Ask us for the addresses to enter, or have the domain itself forwarded to www."
}
