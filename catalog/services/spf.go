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
	if old.Type != "TXT" || old.Name != f.record.Name {
		return false
	}
	terms := strings.Fields(strings.Trim(old.Data, `"`))
	if len(terms) == 0 || !strings.EqualFold(terms[0], "v=spf1") {
		return false
	}
	missing := slices.DeleteFunc(slices.Clone(f.rules), func(rule string) bool {
		return slices.ContainsFunc(terms, func(t string) bool { return strings.EqualFold(t, rule) })
	})
	if len(missing) == 0 {
		f.rules = nil
		return true
	}
	f.record.Data = strings.Join(append(append(terms[:1:1], missing...), terms[1:]...), " ")
	f.record.TTL = old.TTL
	return true
}
