package monitor

import (
	"slices"
	"strings"

	"github.com/krestmarketing/deedwatch/models"
)

const spfVersion = "v=spf1"

// isSPF reports whether a text is an SPF record (RFC 7208 section 4.5).
func isSPF(text string) bool {
	lower := strings.ToLower(text)
	return lower == spfVersion || strings.HasPrefix(lower, spfVersion+" ")
}

// spfTerms gives the mechanisms of an expected value that is an SPF record or a part of one; nil: it is neither.
func spfTerms(value string) []string {
	if isSPF(value) {
		return strings.Fields(value)[1:]
	}
	return models.SPFTerms(value)
}

// spf is the repair of an SPF record, of which a name may have one only (RFC 7208 section 3.2): what is missing is added to the one that is
// there. It reports whether the record is one.
func (w *repairer) spf() bool {
	var want []string
	for _, v := range w.rec.Values {
		want = append(want, spfTerms(v)...)
	}
	if len(want) == 0 || w.rec.Match == models.MatchPattern {
		return false
	}
	want = w.withOthers(want)
	right, others := w.servers()
	if w.rec.State == models.RecordWrong && len(right) > 0 && len(others) > 0 {
		return false // the servers disagree: another matter
	}
	var there []string
	for _, v := range w.distinct() {
		if isSPF(v) {
			there = append(there, v)
		}
	}
	switch len(there) {
	case 0:
		w.r.Action = models.RepairCreate
		w.r.Summary = "Create the SPF record of " + oneLine(w.rec.Host) + w.at() + "."
	case 1:
		w.r.Action = models.RepairExtend
		w.r.Summary = "Add " + strings.Join(missingTerms(there[0], want), " ") + " to the SPF record of " + oneLine(w.rec.Host) + " that is there" + w.at() + "."
		w.note("Change the record that is there, and create no second one: a name with two SPF records has none that counts.")
		w.note("It reads now: " + shorten(oneLine(there[0]), 400) + ".")
	default:
		w.r.Action = models.RepairExtend
		w.r.Summary = "Make one SPF record of the " + countWord(len(there)) + " that " + oneLine(w.rec.Host) + " has" + w.at() + "."
		w.note("A name with two SPF records has none that counts: put the text below into one of them and remove the rest.")
		for _, v := range there[1:] {
			w.r.Remove = append(w.r.Remove, w.entry("TXT", v, false))
		}
	}
	if slices.ContainsFunc(there, func(v string) bool { return strings.HasSuffix(v, "...") }) { // cut where it was kept
		w.note("The record is too long to be shown whole: add the missing words before its last one by hand.")
		return true
	}
	w.enterText(mergeSPF(there, want))
	w.aliasInTheWay()
	w.hints()
	return true
}

// enterText lists one whole text to be entered, whatever part of it the expected row holds.
func (w *repairer) enterText(text string) {
	e := models.RepairEntry{Type: "TXT", Fields: []models.RepairField{{Label: "Type", Value: "TXT"}, w.nameField()}}
	text = oneLine(text)
	if w.host.Quotes {
		text = quoted(text)
	}
	e.Fields = append(e.Fields, models.RepairField{Label: "Text", Value: text}, w.ttlField())
	w.r.Enter = append(w.r.Enter, e)
}

// withOthers adds what other expected rows want in the same name's SPF record, each term once and in the order of the rows: each of them is
// told to enter the one record that is right for all.
func (w *repairer) withOthers(own []string) []string {
	var all []string
	listed := false
	add := func(terms []string) {
		for _, t := range terms {
			if !slices.Contains(all, t) {
				all = append(all, t)
			}
		}
	}
	for i := range w.c.Others {
		o := &w.c.Others[i]
		switch {
		case o.Host != w.rec.Host || o.Type != "TXT" || o.Match == models.MatchPattern || o.Match == models.MatchOneOf:
		case o.Match == w.rec.Match && slices.Equal(o.Values, w.rec.Values):
			listed = true
			add(own)
		default:
			for _, v := range o.Values {
				add(spfTerms(v))
			}
		}
	}
	if !listed {
		own = slices.Clone(own)
		own, all = append(own, all...), nil
		add(own)
	}
	return all
}

func countWord(n int) string {
	if n == 2 {
		return "two"
	}
	return "several"
}

// missingTerms gives the terms that an SPF record lacks.
func missingTerms(record string, want []string) []string {
	have := strings.Fields(strings.ToLower(record))
	var missing []string
	for _, t := range want {
		if _, isAll := allTerm(t); !isAll && !slices.Contains(have, strings.ToLower(t)) && !slices.Contains(have, "+"+strings.ToLower(t)) {
			missing = append(missing, t)
		}
	}
	return missing
}

// allTerm gives the qualifier of a term that speaks of all other senders.
func allTerm(term string) (qualifier string, ok bool) {
	lower := strings.ToLower(term)
	bare := strings.TrimLeft(lower, "+-~?")
	if bare != "all" {
		return "", false
	}
	if bare == lower {
		return "+", true
	}
	return lower[:1], true
}

// mergeSPF joins SPF records and terms into one record: every term once, in its order, then what is said of all others, the mildest of it,
// as strict as the records were (RFC 7208 section 5.1). Without any such word it ends with ~all, unless it redirects.
func mergeSPF(records, want []string) string {
	var terms, modifiers []string
	all, redirects := "", false
	add := func(t string) {
		lower := strings.ToLower(t)
		if q, ok := allTerm(t); ok {
			if strings.Index("-~?+", q) > strings.Index("-~?+", all) || all == "" {
				all = q
			}
			return
		}
		list := &terms
		if strings.HasPrefix(lower, "redirect=") || strings.HasPrefix(lower, "exp=") {
			list = &modifiers
			redirects = redirects || strings.HasPrefix(lower, "redirect=")
		}
		if !slices.ContainsFunc(*list, func(o string) bool { return strings.EqualFold(o, t) }) {
			*list = append(*list, t)
		}
	}
	for _, r := range records {
		for _, t := range strings.Fields(r)[1:] {
			add(t)
		}
	}
	for _, t := range want {
		if _, isAll := allTerm(t); isAll && len(records) > 0 {
			continue // what the client says of all others stays
		}
		add(t)
	}
	out := append([]string{spfVersion}, terms...)
	switch {
	case all == "+":
		out = append(out, "all")
	case all != "":
		out = append(out, all+"all")
	case !redirects:
		out = append(out, "~all")
	}
	return strings.Join(append(out, modifiers...), " ")
}
