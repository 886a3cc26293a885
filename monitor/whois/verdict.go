package whois

import (
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
	if v, ok := a.byStatus(); ok {
		return v
	}
	proof := a.proof()
	if proof == proofStrong {
		return a.aboutAsked(verdict{models.OutcomeOK, "registered"})
	}
	if v, ok := a.byPhrase(); ok {
		return v
	}
	if proof == proofWeak {
		return a.aboutAsked(verdict{models.OutcomeOK, "registered"})
	}
	return verdict{models.OutcomeUnparsed, "the text states neither a registration nor its absence"}
}

func (a *answer) empty() bool {
	for _, l := range a.lines {
		if l.text != "" {
			return false
		}
	}
	return true
}

// byStatus reads a status that says outright that there is no ordinary registration.
func (a *answer) byStatus() (verdict, bool) {
	for _, f := range a.fields {
		if f.kind != kindStatus || a.hasRecord() {
			continue
		}
		low := strings.ToLower(strings.TrimRight(f.value, ".! "))
		switch outcome := statusOutcome(low); outcome {
		case models.OutcomeOK:
			continue
		case models.OutcomeAbsent:
			return a.aboutAsked(verdict{outcome, "the registry has no such registration: " + clean(f.value, 80)}), true
		default:
			return verdict{outcome, "the registry says: " + clean(f.value, 80)}, true
		}
	}
	return verdict{}, false
}

// statusOutcome classifies a status; ok means that it says nothing against a registration.
func statusOutcome(low string) models.Outcome {
	switch {
	case low == "free", low == "available", low == "no object found", low == "not registered", low == "not found", low == "unregistered",
		low == "no match", low == "available for registration", low == "no matching objects found", low == "not assigned",
		strings.HasPrefix(low, "220 "), strings.HasPrefix(low, "available -"), strings.HasPrefix(low, "available ("), low == "deleted", low == "unassigned":
		return models.OutcomeAbsent
	case strings.HasPrefix(low, "440 "), low == "request denied":
		return models.OutcomeRefused
	case strings.HasPrefix(low, "reserved"), strings.HasPrefix(low, "not allowed"), low == "blocked", low == "prohibited", low == "restricted", low == "excluded",
		strings.HasPrefix(low, "premium"), low == "private/reserved", low == "not available for registration", strings.HasPrefix(low, "unavailable"):
		return models.OutcomeReserved
	case low == "invalid", low == "unassignable", strings.HasPrefix(low, "invalid"), strings.HasPrefix(low, "5") && len(low) > 4 && low[3] == ' ':
		return models.OutcomeInvalid
	}
	return models.OutcomeOK
}

// byPhrase searches for what servers say in place of a registration; a limit outweighs "not found", which some servers add to it.
func (a *answer) byPhrase() (verdict, bool) {
	for _, t := range []struct {
		words   table
		outcome models.Outcome
		detail  string
	}{
		{throttledWords, models.OutcomeThrottled, "the server asked to come back later: "},
		{refusedWords, models.OutcomeRefused, "the server refuses us: "},
		{absentWords, models.OutcomeAbsent, "the registry has no such registration: "},
		{reservedWords, models.OutcomeReserved, "the registry keeps the name back: "},
		{brokenWords, models.OutcomeUnreachable, "the server failed: "},
		{invalidWords, models.OutcomeInvalid, "the server says that the name can't exist there: "},
	} {
		l, ok := t.words.find(a.lines)
		if !ok {
			continue
		}
		v := verdict{t.outcome, t.detail + clean(l.text, 80)}
		if t.outcome == models.OutcomeAbsent {
			if a.proof() == proofWeak && a.named() && !containsName(l.low, a.domain) && !(table{is: absentWords.is}).says(l) {
				continue // the answer names the domain and its state; a phrase about no name in particular does not outweigh that
			}
			if other := a.namesOther(l.low); other != "" {
				return verdict{models.OutcomeUnparsed, "the answer is about another domain: " + clean(other, 80)}, true
			}
			v = a.aboutAsked(v)
		}
		return v, true
	}
	return verdict{}, false
}

// How well a text proves a registration.
const (
	proofNone = iota
	proofWeak // the name and a status or a single date
	proofStrong
)

// proof weighs the fields. The name itself is looked for by aboutAsked.
func (a *answer) proof() int {
	switch {
	case a.hasRecord():
		return proofStrong
	case a.has(kindStatus), a.has(kindCreated), a.has(kindUpdated):
		return proofWeak
	}
	return proofNone
}

// hasRecord reports whether the text states what only a registration has: an expiry, a registrar, or name servers.
func (a *answer) hasRecord() bool {
	for _, f := range a.fields {
		switch f.kind {
		case kindExpiry, kindRenewal, kindRegistrarExpiry, kindCreated:
			if _, ok := parseDate(f.value, orderDayFirst); ok {
				return true
			}
		case kindNameserver:
			if len(hostNames(f.value)) > 0 {
				return true
			}
		case kindRegistrar:
			if strings.Trim(f.value, " -.") != "" {
				return true
			}
		case kindOther, kindDomain, kindUpdated, kindStatus, kindRegistrarID, kindDNSSEC, kindDS, kindName, kindUnusedDate:
			// any answer may state these
		}
	}
	return false
}

func (a *answer) has(k kind) bool {
	for _, f := range a.fields {
		if f.kind == k && f.value != "" {
			return true
		}
	}
	return false
}

// aboutAsked keeps a verdict only when the text does not name another domain; a registration must name the one that was asked for.
func (a *answer) aboutAsked(v verdict) verdict {
	if a.named() {
		return v
	}
	if stated := a.statedNames(); len(stated) > 0 {
		return verdict{models.OutcomeUnparsed, "the answer is about another domain: " + clean(stated[0], 80)}
	}
	if v.outcome == models.OutcomeAbsent || a.mentions() {
		return v
	}
	return verdict{models.OutcomeUnparsed, "the answer does not name the domain it is about"}
}

// named reports whether one of the answer's domain fields states the name that was asked for.
func (a *answer) named() bool { return slices.Contains(a.statedNames(), a.domain) }

// statedNames are the names that the answer's own domain fields state.
func (a *answer) statedNames() []string {
	var out []string
	for _, f := range a.fields {
		if f.kind != kindDomain {
			continue
		}
		for _, w := range strings.FieldsFunc(f.value, func(r rune) bool { return r == ' ' || r == '\t' || r == '(' || r == ')' || r == ',' }) {
			if n := normalName(strings.Trim(w, "\"'<>[]")); strings.Contains(n, ".") {
				out = append(out, n)
			}
		}
		if label, _, _ := strings.Cut(a.domain, "."); strings.EqualFold(f.value, label) {
			out = append(out, a.domain) // some registries leave out their own suffix: "Domain: quill"
		}
	}
	return out
}

// mentions reports whether the name stands anywhere in the text, as A-label or U-label, as a word of its own.
func (a *answer) mentions() bool {
	forms := []string{a.domain}
	if u, err := idna.ToUnicode(a.domain); err == nil && u != a.domain {
		forms = append(forms, u)
	}
	for _, l := range a.lines {
		for _, form := range forms {
			if containsName(l.low, form) {
				return true
			}
		}
	}
	return false
}

// containsName finds a name that is not a part of a longer one.
func containsName(low, name string) bool {
	for from := 0; ; {
		i := strings.Index(low[from:], name)
		if i < 0 {
			return false
		}
		start, end := from+i, from+i+len(name)
		before := start == 0 || !nameByte(low[start-1])
		after := end == len(low) || !nameByte(low[end]) || (low[end] == '.' && (end+1 == len(low) || !nameByte(low[end+1])))
		if before && after {
			return true
		}
		from = start + 1
	}
}

func nameByte(b byte) bool {
	return b == '-' || b == '.' || b == '_' || (b >= 'a' && b <= 'z') || isDigit(b) || b >= 0x80
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

// wordTLD reports whether a name ends in letters, as every top-level domain does; a number with a fraction does not.
func wordTLD(n string) bool {
	last := n[strings.LastIndexByte(n, '.')+1:]
	return strings.HasPrefix(last, "xn--") || strings.Trim(last, "abcdefghijklmnopqrstuvwxyz") == ""
}

// sameSuffix tells a registrable name from a web address in the same line: it ends like the name that was asked for, or in a suffix
// that can be registered under.
func sameSuffix(n, domain string) bool {
	_, suffix, _ := strings.Cut(domain, ".")
	return strings.HasSuffix(n, "."+suffix) || strings.Count(n, ".") == 1
}
