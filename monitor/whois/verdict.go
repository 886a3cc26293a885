package whois

import (
	"math/bits"
	"slices"
	"strings"

	"golang.org/x/net/idna"

	"github.com/krestmarketing/deedwatch/models"
)

// verdict is what an answer amounts to, with a sentence for people.
type verdict struct {
	outcome models.Outcome
	detail  string
}

// judge decides what the answer is. Only a text without a statement on a registration is searched for phrases, so that a registry's
// terms of use, which speak of limits and of free names, never outweigh its facts.
func (a *answer) judge() verdict {
	if a.empty() {
		return verdict{models.OutcomeUnparsed, "the server answered with an empty text"}
	}
	if a.webPage() {
		if v, ok := a.byPhrase(proofNone); ok && v.outcome == models.OutcomeThrottled {
			return v
		}
		return verdict{models.OutcomeUnparsed, "the server answered with a web page"}
	}
	proof := a.proof()
	if proof == proofStrong {
		return a.aboutAsked(verdict{models.OutcomeOK, "registered"})
	}
	if v, ok := a.byStatus(); ok {
		return v
	}
	if v, ok := a.byPhrase(proof); ok {
		return v
	}
	if proof == proofWeak {
		return a.aboutAsked(verdict{models.OutcomeOK, "registered"})
	}
	return verdict{models.OutcomeUnparsed, "the text states neither a registration nor its absence"}
}

func (a *answer) empty() bool {
	return !slices.ContainsFunc(a.lines, func(l line) bool { return l.text != "" })
}

// says introduces what a text says, by outcome.
func says(o models.Outcome) string {
	switch o { //nolint:exhaustive // the others are not said by a text
	case models.OutcomeThrottled:
		return "the server asked to come back later: "
	case models.OutcomeRefused:
		return "the server refuses us: "
	case models.OutcomeAbsent:
		return "the registry has no such registration: "
	case models.OutcomeReserved:
		return "the registry keeps the name back: "
	case models.OutcomeUnreachable:
		return "the server failed: "
	case models.OutcomeInvalid:
		return "the server says that the name can't exist there: "
	}
	return "the registry says: "
}

// byStatus reads a status that says outright that there is no ordinary registration.
func (a *answer) byStatus() (verdict, bool) {
	for _, f := range a.fields {
		if f.kind != kindStatus {
			continue
		}
		outcome := a.dialect.statusOutcome(f.value)
		v := verdict{outcome, says(outcome) + clean(f.value, 80)}
		switch outcome { //nolint:exhaustive // all others are said as they are
		case models.OutcomeOK, models.OutcomeUnparsed:
			continue
		case models.OutcomeAbsent:
			return a.aboutAsked(v), true
		}
		return v, true
	}
	return verdict{}, false
}

// byPhrase searches for what servers say in place of a registration: first for phrases and denials, then, where nothing
// suggests a registration, for lines whose words suggest it.
func (a *answer) byPhrase(proof int) (verdict, bool) {
	if v, ok := a.byLines(proof, a.meaning); ok {
		return v, true
	}
	if proof != proofNone {
		return verdict{}, false
	}
	return a.byLines(proof, func(l *line) outcomeSet {
		if a.speaksOfAll(l) {
			return 0
		}
		return a.states(l)
	})
}

// byLines takes the outcome of the highest rank that any line means.
func (a *answer) byLines(proof int, meaning func(*line) outcomeSet) (verdict, bool) {
	var first [len(ranked)]*line
	for i := range a.lines {
		l := &a.lines[i]
		if l.low == "" {
			continue
		}
		found := meaning(l)
		if found&bit(models.OutcomeAbsent) != 0 && !a.mayDeny(l, proof) {
			found &^= bit(models.OutcomeAbsent)
		}
		for rank := range ranked {
			if found&(1<<rank) != 0 && first[rank] == nil {
				first[rank] = l
			}
		}
	}
	for rank, l := range first {
		if l == nil {
			continue
		}
		v := verdict{ranked[rank], says(ranked[rank]) + clean(l.text, 80)}
		if v.outcome == models.OutcomeAbsent {
			if other := a.namesOther(l.low); other != "" {
				return verdict{models.OutcomeUnparsed, "the answer is about another domain: " + clean(other, 80)}, true
			}
			v = a.aboutAsked(v)
		}
		return v, true
	}
	return verdict{}, false
}

// meaning returns what a line means: by the dialect, by the book of phrases, by the words of a denial.
func (a *answer) meaning(l *line) outcomeSet {
	if found := a.dialect.saysOn(l); found != 0 {
		return found
	}
	if answersNo(l) {
		return bit(models.OutcomeAbsent)
	}
	if a.speaksOfAll(l) {
		return 0
	}
	found := phrases.read(l)
	if bits.OnesCount8(uint8(found)) > 2 {
		return 0 // a list of what the server may say
	}
	if other := found &^ bit(models.OutcomeAbsent); other&^bit(models.OutcomeInvalid) != 0 {
		return other // "does not exist: this name is reserved"
	} else if other != 0 {
		return found
	}
	own := a.ownWords(l)
	if own != l {
		found = phrases.read(own)
	}
	if found == 0 && (a.denies(own) || a.valueDenies(l)) {
		found = bit(models.OutcomeAbsent)
	}
	stated := a.states(l)
	if found != 0 && stated != 0 {
		return 0 // a denial that goes with a limit or a reservation is none
	}
	return found | stated&bit(models.OutcomeThrottled)
}

// mayDeny reports whether a line that sounds like "not found" may speak for the whole answer. Where the answer names the domain and its
// state, a phrase about no name in particular does not outweigh that, unless it stands alone.
func (a *answer) mayDeny(l *line, proof int) bool {
	return proof != proofWeak || !a.named() || containsName(l.low, a.domain) || (!l.cut && strings.Count(l.low, " ") < 4)
}

// How well a text proves a registration.
const (
	proofNone = iota
	proofWeak // the name with a status, a holder, or a creation at no certain time
	proofStrong
)

// proof weighs the fields: an expiry, a date of creation, a registrar or name servers are what only a registration has. Where the status
// says that the name is kept back, a registrar and a date of creation are those of the reservation. The name itself is looked for by
// aboutAsked.
func (a *answer) proof() int {
	proof, kept := proofNone, a.keptBack()
	for _, f := range a.fields {
		strong, weak := false, false
		switch f.kind { //nolint:exhaustive // any answer may state the others
		case kindExpiry, kindRenewal, kindRegistrarExpiry:
			_, strong = parseDate(f.value, orderDayFirst)
		case kindCreated:
			_, strong = parseDate(f.value, orderDayFirst)
			strong, weak = strong && !kept, strings.ContainsAny(f.value, "0123456789")
		case kindNameserver:
			strong = anyHost(f.value)
		case kindRegistrar:
			strong = !blank(f.value) && !kept
		case kindStatus:
			weak = a.dialect.statusOutcome(f.value) == models.OutcomeOK
		case kindUpdated:
			_, weak = a.date(f.value)
		case kindHolder:
			weak = !blank(f.value)
		}
		switch {
		case strong:
			return proofStrong
		case weak:
			proof = proofWeak
		}
	}
	return proof
}

// keptBack reports whether a status says that nobody may have the name.
func (a *answer) keptBack() bool {
	return slices.ContainsFunc(a.fields, func(f field) bool {
		return f.kind == kindStatus && a.dialect.statusOutcome(f.value) == models.OutcomeReserved
	})
}

// blank reports whether a value says nothing.
func blank(value string) bool {
	switch strings.ToLower(strings.Trim(value, " -.*()[]<>")) {
	case "", "n/a", "na", "none", "null", "nil", "unknown", "not available", "not applicable", "not set", "undefined", "no registrar", "not assigned", "not found", "reserved":
		return true
	}
	return false
}

// aboutAsked keeps a verdict only when the text does not name another domain; a registration must name the one that was asked for.
func (a *answer) aboutAsked(v verdict) verdict {
	if a.named() {
		return v
	}
	if len(a.stated) > 0 {
		return verdict{models.OutcomeUnparsed, "the answer is about another domain: " + clean(a.stated[0], 80)}
	}
	if v.outcome == models.OutcomeAbsent || a.mentions() {
		return v
	}
	return verdict{models.OutcomeUnparsed, "the answer does not name the domain it is about"}
}

// named reports whether one of the answer's domain fields states the name that was asked for.
func (a *answer) named() bool { return slices.Contains(a.stated, a.domain) }

// statedNames are the names that the answer's own domain fields state.
func (a *answer) statedNames() []string {
	var out []string
	for _, f := range a.fields {
		if f.kind == kindDomain {
			out = a.appendNames(out, f.value)
		}
	}
	return out
}

// appendNames adds the names in the value of a domain field.
func (a *answer) appendNames(out []string, value string) []string {
	for value != "" {
		word := value
		if i := strings.IndexAny(value, " \t(),"); i >= 0 {
			word, value = value[:i], value[i+1:]
		} else {
			value = ""
		}
		if !strings.Contains(word, ".") {
			if label, _, _ := strings.Cut(a.domain, "."); strings.EqualFold(word, label) {
				out = append(out, a.domain) // some registries leave out their own suffix: "Domain: quill"
			}
			continue
		}
		if n := hostName(word); n != "" {
			out = append(out, n)
		}
	}
	return out
}

// dropOthers drops what an answer states under another domain's name, where it states the asked one too: a list of names that begin
// alike, or a sample in a help text. What stands before the first name belongs to all.
func (a *answer) dropOthers() {
	if len(a.stated) < 2 || !a.named() || !slices.ContainsFunc(a.stated, a.isOther) {
		return
	}
	other := false
	a.fields = slices.DeleteFunc(a.fields, func(f field) bool {
		if f.kind == kindDomain {
			if names := a.appendNames(nil, f.value); len(names) > 0 {
				other = !slices.ContainsFunc(names, func(n string) bool { return !a.isOther(n) })
			}
		}
		return other
	})
}

// isOther reports whether a name is not the asked one. The same label under two spellings of a suffix is one name.
func (a *answer) isOther(name string) bool {
	if name == a.domain {
		return false
	}
	label, suffix, _ := strings.Cut(name, ".")
	asked, own, _ := strings.Cut(a.domain, ".")
	return label != asked || !strings.HasPrefix(suffix, "xn--") || !strings.HasPrefix(own, "xn--")
}

// mentions reports whether the name stands anywhere in the text, as A-label or U-label, as a word of its own.
func (a *answer) mentions() bool {
	forms := []string{a.domain}
	if strings.Contains(a.domain, "xn--") {
		if u, err := idna.ToUnicode(a.domain); err == nil && u != a.domain {
			forms = append(forms, u)
		}
	}
	for i := range a.lines {
		for _, form := range forms {
			if containsName(a.lines[i].low, form) {
				return true
			}
		}
	}
	return false
}

// namesOther returns a domain that a "no match" line names in place of the one asked for, or "".
func (a *answer) namesOther(low string) string {
	if containsName(low, a.domain) {
		return ""
	}
	for _, w := range strings.FieldsFunc(low, func(r rune) bool { return strings.ContainsRune(" \t\"'<>()[],:", r) }) {
		n := hostName(w)
		if n != "" && wordTLD(n) && sameSuffix(n, a.domain) {
			return n
		}
	}
	return ""
}
