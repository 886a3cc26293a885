package services

import (
	"slices"
	"strings"
)

// mergeSPF puts the rules of an SPFM into the one SPF record of its name (RFC 7208 section 3.2 allows no second), before what is there. It
// reports whether the record changes. A record that is there keeps its lifetime and its ending.
func (w *work) mergeSPF(f *fresh) bool {
	for i := range w.zone {
		if !w.gone[i] && f.merge(&w.zone[i]) {
			if f.rules == nil {
				return false
			}
			w.gone[i] = true
			return true
		}
	}
	for i := range w.added {
		if f.merge(&w.added[i]) {
			if f.rules == nil {
				return false
			}
			w.added = slices.Delete(w.added, i, i+1)
			return true
		}
	}
	f.record.Data = "v=spf1 " + strings.Join(f.rules, " ") + " ~all"
	return true
}

// merge takes an SPF record of the same name into the new one; it reports whether old is one. The rules are nil afterwards when all of
// them are there already.
func (f *fresh) merge(old *ZoneRecord) bool {
	if !old.isSPF() || old.Name != f.record.Name {
		return false
	}
	terms := old.spfTerms()
	reached := terms // nothing is read behind all (RFC 7208 section 5.1)
	if end := slices.IndexFunc(terms, isAll); end >= 0 {
		reached = terms[:end]
	}
	missing := slices.DeleteFunc(slices.Clone(f.rules), func(rule string) bool {
		return slices.ContainsFunc(reached, func(t string) bool { return strings.EqualFold(plain(t), plain(rule)) })
	})
	if len(missing) == 0 {
		f.rules = nil
		return true
	}
	f.record.Data = strings.Join(append(append(terms[:1:1], missing...), terms[1:]...), " ")
	f.record.TTL = old.TTL
	return true
}

// plain takes away the qualifier that is meant where none is written (RFC 7208 section 4.6.2).
func plain(term string) string { return strings.TrimPrefix(term, "+") }

// spfTerms gives the words of a text.
func (r *ZoneRecord) spfTerms() []string { return strings.Fields(textOf(r.Data)) }

// isAll reports whether a term is the mechanism that ends a record.
func isAll(term string) bool {
	return strings.EqualFold(strings.TrimLeft(term, "+-~?"), "all")
}

// spfRules are the rules that an SPFM asks for: what stands between the version and the ending. Whoever hands over a whole record means those;
// a second version or ending would cut off the client's own rules.
func spfRules(rules string) []string {
	return slices.DeleteFunc(strings.Fields(rules), func(term string) bool { return isAll(term) || strings.EqualFold(term, "v=spf1") })
}

// isSPF reports whether a record is an SPF record (RFC 7208 section 4.5).
func (r *ZoneRecord) isSPF() bool {
	terms := r.spfTerms()
	return r.Type == "TXT" && len(terms) > 0 && strings.EqualFold(terms[0], "v=spf1")
}
