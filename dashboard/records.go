package dashboard

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/krestmarketing/deedwatch/models"
)

// recordsView is the table of delegated records: one column for each server that was asked.
type recordsView struct {
	Summary string
	Asked   string
	Old     bool
	Servers []serverHead
	Rows    []recordRow
	Span    int // columns of the table
}

// serverHead heads the column of one server (one address).
type serverHead struct{ Name, Address string }

// recordRow is one expected record.
type recordRow struct {
	Host      string
	Type      string
	Service   string
	Purpose   string
	Essential bool
	Match     string
	Expected  []string
	Cells     []recordCell
	Mark      markView
	Since     string
	Pending   string
	Broken    bool
	Detail    string
	Repair    *repairView // nil: nothing to put right
	record    *models.ExpectedRecord
}

// recordCell is what one server answered.
type recordCell struct {
	Server string
	Mark   *markView
	Values []string
}

// recordRows lays out the expected records and what each server answered, broken ones first.
func recordRows(list []models.ExpectedRecord, dom *models.Domain, words serviceWords, d dates) recordsView {
	v := recordsView{Summary: recordsMark(dom, d).Word, Asked: "Not asked yet"}
	if dom.DNSCheckedAt != nil {
		v.Asked, v.Old = "Asked every name server "+d.age(dom.DNSCheckedAt), d.old(dom.DNSCheckedAt)
	}
	servers := map[string]bool{}
	for _, rec := range list {
		for s := range rec.Seen {
			servers[s] = true
		}
	}
	keys := slices.Sorted(maps.Keys(servers))
	for _, k := range keys {
		name, address, _ := strings.Cut(k, " ")
		v.Servers = append(v.Servers, serverHead{visible(name), visible(address)})
	}
	v.Span = len(keys) + 3
	sorted := slices.Clone(list)
	slices.SortStableFunc(sorted, func(a, b models.ExpectedRecord) int {
		return cmp.Or(cmp.Compare(recordRank(a.State), recordRank(b.State)), cmp.Compare(a.Host, b.Host), cmp.Compare(a.Type, b.Type))
	})
	for i := range sorted {
		row := buildRecord(&sorted[i], keys, dom.Name, d)
		row.Service = words.name(sorted[i].Service)
		v.Rows = append(v.Rows, row)
	}
	return v
}

func recordRank(s models.RecordState) int {
	switch {
	case s.Judged() && !s.Right():
		return 0
	case !s.Judged():
		return 1
	}
	return 2
}

func buildRecord(rec *models.ExpectedRecord, servers []string, domain string, d dates) recordRow {
	row := recordRow{
		record: rec,
		Host:   relativeHost(rec.Host, domain), Type: visible(rec.Type), Purpose: visible(rec.Purpose), Essential: rec.Essential, Match: matchWords(rec.Match),
		Expected: visibleAll(rec.Values), Mark: recordMark(rec.State), Broken: rec.State.Judged() && !rec.State.Right(), Detail: visible(rec.Detail),
	}
	if rec.StateAt != nil {
		row.Since = "since " + d.stamp(*rec.StateAt)
	}
	if rec.Pending != "" && rec.Pending != rec.State {
		row.Pending = "seen once as “" + strings.ToLower(recordMark(rec.Pending).Word) + "”, to be confirmed"
	}
	for _, s := range servers {
		name, _, _ := strings.Cut(s, " ")
		row.Cells = append(row.Cells, buildCell(visible(name), rec.Seen[s], rec))
	}
	return row
}

// buildCell words one server's answer: "same" where it equals what is expected, the reason where there is no value, else the values.
func buildCell(server string, seen []string, rec *models.ExpectedRecord) recordCell {
	c := recordCell{Server: server}
	switch {
	case len(seen) == 0:
		c.Mark = &markView{"unk", "s-unk", "not asked"}
	case len(seen) == 1 && strings.HasPrefix(seen[0], "<") && strings.HasSuffix(seen[0], ">"):
		word := visible(strings.Trim(seen[0], "<>"))
		c.Mark = &markView{"unk", "s-stale", word}
		if word == "NODATA" || word == "NXDOMAIN" {
			c.Mark = &markView{"bad", "u-x", word}
		}
	case sameSet(seen, rec.Values):
		c.Mark = &markView{"ok", "u-check", "same"}
	case rec.State.Right():
		c.Mark = &markView{"ok", "u-check", "fits"}
		c.Values = visibleAll(seen)
	default:
		c.Mark = &markView{"bad", "u-x", "other"}
		if rec.Match != models.MatchExact && !rec.State.Judged() {
			c.Mark = &markView{"unk", "s-unk", "not judged"}
		}
		c.Values = visibleAll(seen)
	}
	return c
}

func sameSet(a, b []string) bool {
	x, y := slices.Clone(a), slices.Clone(b)
	slices.Sort(x)
	slices.Sort(y)
	return slices.Equal(slices.Compact(x), slices.Compact(y))
}

// relativeHost is a name as DNS hosts write it within the domain: "@" for the domain itself.
func relativeHost(host, domain string) string {
	if host == domain {
		return "@"
	}
	if rel, ok := strings.CutSuffix(host, "."+domain); ok {
		return visible(rel)
	}
	return visible(host)
}

func matchWords(m models.Match) string {
	switch m {
	case models.MatchExact:
		return ""
	case models.MatchOneOf:
		return "one of"
	case models.MatchContains:
		return "contains"
	case models.MatchPrefix:
		return "begins with"
	case models.MatchSuffix:
		return "ends with"
	case models.MatchPattern:
		return "matches"
	}
	return visible(string(m))
}

// delegationView is both sides of a delegation and the servers that were asked.
type delegationView struct {
	Known   bool
	Mark    markView
	Asked   string
	Old     bool
	Agree   *markView
	Parent  []string
	Child   []string
	Signed  string
	Detail  string
	Servers []serverRow
}

// serverRow is one name server's one address.
type serverRow struct {
	Name, Address string
	Mark          markView
	Serial        string
	Detail        string
}
