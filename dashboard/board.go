package dashboard

import (
	"context"
	"fmt"
	"net/http"
	"strconv"

	"github.com/krestmarketing/deedwatch/models"
)

// boardView is the expiry board.
type boardView struct {
	Form     boardForm
	Total    int
	Clients  int
	Quick    []quickView
	Options  boardOptions
	Columns  map[string]columnView
	Groups   []rowGroup
	Chips    []chipView
	Pager    pagerView
	Matching int
	NoMatch  *noMatchView
	Back     string // where a form on the page returns to
	CSV      string // address of the same rows, all of them, as a table
	PickAll  string // address that selects every row that matches, on one page; or none, when all are selected
}

// quickView is one of the links above the board.
type quickView struct {
	Text, Glyph, URL string
	Count            int
	Current          bool
}

// columnView is a column that sorts: where its head links to, and how it is sorted now.
type columnView struct {
	Text, URL string
	AriaSort  string // ascending, descending or empty
}

// rowGroup is a stretch of rows under one heading; without a heading when the board is not in its default order.
type rowGroup struct {
	Label string
	Count string
	Rows  []rowView
}

// chipView is an active filter with the address that drops it.
type chipView struct{ Text, URL string }

// pagerView is the foot of the board.
type pagerView struct {
	Range   string
	Pages   []pageLink
	Next    string
	ShowAll string
	ShowOne string // back to pages
}

type pageLink struct {
	Number  int
	URL     string
	Current bool
	Gap     bool
}

// boardOptions are the choices of the filter form.
type boardOptions struct {
	States     []choice
	Clients    []choice
	Registrars []choice
	Days       []choice
}

type choice struct {
	Value, Text string
	Selected    bool
}

// noMatchView says which filter hides most.
type noMatchView struct {
	Filters int
	Hides   string // the filter without which most names match; empty when none helps alone
	Without int
	URL     string
}

// boardPage shows the expiry board.
func (s *Server) boardPage(w http.ResponseWriter, r *http.Request) error {
	now := s.now()
	form := parseBoard(r.URL.Query())
	board, err := s.opt.Store.Board(r.Context(), form.query(now, s.opt.Agency.Zone))
	if err != nil {
		return fmt.Errorf("read the board: %w", err)
	}
	view := buildBoard(form, board, s.dates(now))
	if board.Matching == 0 && board.Total > 0 {
		if view.NoMatch, err = s.noMatch(r.Context(), form); err != nil {
			return err
		}
	}
	s.render(w, r, http.StatusOK, "board", head{Title: "Domains", Nav: "/domains"}, view)
	return nil
}

// noMatch asks, for each active filter, how many names match without it.
func (s *Server) noMatch(ctx context.Context, form boardForm) (*noMatchView, error) {
	v := &noMatchView{Filters: len(form.filters())}
	for _, f := range form.filters() {
		q := f.without.query(s.now(), s.opt.Agency.Zone)
		q.PerPage = 1
		b, err := s.opt.Store.Board(ctx, q)
		if err != nil {
			return nil, fmt.Errorf("read the board without a filter: %w", err)
		}
		if b.Matching > v.Without {
			v.Hides, v.Without, v.URL = f.name, b.Matching, f.without.url()
		}
	}
	return v, nil
}

// buildBoard words one page of the board.
func buildBoard(form boardForm, b models.Board, d dates) boardView {
	v := boardView{
		Form: form, Total: b.Total, Clients: b.Clients, Matching: b.Matching, Quick: quickViews(form, b), Options: optionsOf(form, b),
		Columns: columns(form), Pager: pagerOf(form, b), Back: form.url(), CSV: form.csvURL(),
	}
	pick := form
	pick.SelectAll = !form.SelectAll
	if pick.SelectAll && b.Matching > len(b.Rows) {
		pick.All, pick.Page = true, 1
	}
	v.PickAll = pick.url()
	for _, f := range form.filters() {
		if f.name == "client" {
			f.name = clientName(b.ClientList, form.Client)
		}
		v.Chips = append(v.Chips, chipView{Text: f.name, URL: f.without.url()})
	}
	v.Groups = groupRows(form, b, d)
	return v
}

// groupRows puts headings between the rows while the board is in its default order.
func groupRows(form boardForm, b models.Board, d dates) []rowGroup {
	var list []rowGroup
	grouped := form.Sort == "state" && !form.Desc
	var last models.Group
	for i := range b.Rows {
		g := b.Rows[i].Band.Group()
		if len(list) == 0 || grouped && g != last {
			list = append(list, headingOf(g, grouped, form, b))
			last = g
		}
		row := buildRow(&b.Rows[i], d)
		row.Picked = form.SelectAll
		list[len(list)-1].Rows = append(list[len(list)-1].Rows, row)
	}
	return list
}

func headingOf(g models.Group, grouped bool, form boardForm, b models.Board) rowGroup {
	if !grouped {
		return rowGroup{}
	}
	for _, v := range groups {
		if v.Group != g {
			continue
		}
		h := rowGroup{Label: v.Label, Count: v.Note}
		if !form.filtered() {
			h.Count = thousands(b.Groups[g])
			if v.Note != "" {
				h.Count += ", " + v.Note
			}
		}
		return h
	}
	return rowGroup{Label: string(g)}
}

func quickViews(form boardForm, b models.Board) []quickView {
	list := []quickView{{Text: "All", URL: "/domains", Count: b.Total, Current: !form.filtered()}}
	one := func(f boardForm) bool { return form.filtered() && sameFilters(form, f) }
	for _, g := range groups {
		f := boardForm{Sort: "state", Page: 1, Group: g.Group}
		list = append(list, quickView{Text: g.Short, Glyph: g.Glyph, URL: f.url(), Count: b.Groups[g.Group], Current: one(f)})
	}
	broken := boardForm{Sort: "state", Page: 1, Records: "broken"}
	silent := boardForm{Sort: "state", Page: 1, Answer: "none"}
	return append(list,
		quickView{Text: "Records broken", Glyph: "u-broken", URL: broken.url(), Count: b.Broken, Current: one(broken)},
		quickView{Text: "No answer", Glyph: "u-clock", URL: silent.url(), Count: b.Unanswered, Current: one(silent)})
}

// sameFilters compares what two forms filter, whatever their order and page.
func sameFilters(a, b boardForm) bool {
	a.Sort, a.Desc, a.Page, a.All, a.SelectAll = b.Sort, b.Desc, b.Page, b.All, b.SelectAll
	return a == b
}

func columns(form boardForm) map[string]columnView {
	texts := map[string]string{
		"state": "State", "domain": "Domain", "client": "Client", "expires": "Expires", "registrar": "Registrar",
		"records": "DNS records", "checked": "Checked",
	}
	cols := map[string]columnView{}
	for _, key := range boardSorts {
		f := form
		f.Sort, f.Page, f.SelectAll = key, 1, false
		f.Desc = form.Sort == key && !form.Desc
		c := columnView{Text: texts[key], URL: f.url()}
		if form.Sort == key {
			c.AriaSort = "ascending"
			if form.Desc {
				c.AriaSort = "descending"
			}
		}
		cols[key] = c
	}
	return cols
}

func optionsOf(form boardForm, b models.Board) boardOptions {
	var o boardOptions
	for _, band := range models.Bands() {
		o.States = append(o.States, choice{string(band), pillOf(band).Word, form.State == band})
	}
	for _, c := range b.ClientList {
		o.Clients = append(o.Clients, choice{strconv.FormatInt(c.ID, 10), visible(c.Name), form.Client == c.ID})
	}
	for _, name := range b.Registrars {
		if name != "" {
			o.Registrars = append(o.Registrars, choice{name, visible(name), form.Registrar == name})
		}
	}
	for _, d := range boardDays {
		o.Days = append(o.Days, choice{d, d + " or fewer", form.Days == d})
	}
	o.Days = append(o.Days, choice{"none", "Not known", form.Days == "none"})
	return o
}

func clientName(list []models.Client, id int64) string {
	for _, c := range list {
		if c.ID == id {
			return visible(c.Name)
		}
	}
	return "a client that is gone"
}
