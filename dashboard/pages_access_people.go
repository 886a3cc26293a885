package dashboard

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/krestmarketing/deedwatch/models"
)

// personRow is one holder with what they have.
type personRow struct {
	Name, Kind, URL string
	Clients         int
	Current         int // accesses that exist, or may
	Requested       int
	Only            int // accesses that nobody else has
	Due             int // reviews due, at risk or to be removed
}

// leaverView is everything one holder has, for the day they leave.
type leaverView struct {
	Name, Kind string
	Says       string
	Rows       []accessRow
	Ended      int
	ListURL    string
}

// byPerson is the table of holders and, when one is chosen, all that they have. What has ended is counted, not shown.
func (v *accessView) byPerson(reg, match register, d dates) {
	if v.Form.Holder != "" {
		v.Leaver = buildLeaver(reg, match, v.Form, d)
		return
	}
	people := map[string]register{}
	for _, i := range match {
		if !i.ended() {
			people[i.Holder] = append(people[i.Holder], i)
		}
	}
	rows := make([]personRow, 0, len(people))
	for key, items := range people {
		rows = append(rows, personOf(reg, items, v.Form.with(func(o *accessForm) { o.Holder = key })))
	}
	slices.SortFunc(rows, func(a, b personRow) int {
		return cmp.Or(cmp.Compare(b.Due, a.Due), cmp.Compare(b.Only, a.Only), compareFold(a.Name, b.Name))
	})
	from, to := v.Form.cut(len(rows))
	v.People, v.Pager = rows[from:to], v.Form.pager(len(rows), plural(len(rows), "holder"))
}

func personOf(reg, items register, url string) personRow {
	p := personRow{Name: visible(items[0].Grant.Holder), Kind: holderWords(items[0].Grant.HolderKind), URL: url}
	clients := map[int64]bool{}
	for i := range items {
		item := &items[i]
		clients[item.Grant.ClientID] = true
		switch {
		case !item.current():
			p.Requested++
			continue
		case item.State == models.GrantReviewDue, item.State == models.GrantAtRisk, item.State == models.GrantToRevoke:
			p.Due++
		}
		p.Current++
		if len(reg.alsoHeld(item)) == 0 {
			p.Only++
		}
	}
	p.Clients = len(clients)
	return p
}

func buildLeaver(reg, match register, f accessForm, d dates) *leaverView {
	open := match.where(func(i *grantItem) bool { return !i.ended() })
	v := &leaverView{Ended: len(match) - len(open), ListURL: f.with(func(o *accessForm) { o.By = byList })}
	for i := range reg {
		if reg[i].Holder == f.Holder {
			v.Name, v.Kind = visible(reg[i].Grant.Holder), holderWords(reg[i].Grant.HolderKind)
			break
		}
	}
	if len(open) == 0 {
		v.Says = "Nothing is open: no access to move or to end."
		return v
	}
	p := personOf(reg, open, "")
	v.Says = accesses(p.Current) + " of " + plural(p.Clients, "client") + " to move or to end."
	if p.Requested > 0 {
		v.Says += " Beside them " + strconv.Itoa(p.Requested) + " asked for and not given yet."
	}
	if p.Only > 0 {
		v.Says += " " + strconv.Itoa(p.Only) + " of them nobody else holds: ending those leaves nobody able to work there."
	}
	for i := range open {
		row := accessRowOf(&open[i], d)
		row.AlsoHeld = joinAnd(reg.alsoHeld(&open[i]))
		v.Rows = append(v.Rows, row)
	}
	return v
}
