package dashboard

import (
	"slices"
	"strconv"

	"github.com/krestmarketing/deedwatch/models"
)

// accessView is the register in one of its views.
type accessView struct {
	By        string
	Views     []quickView // by client, list, by person
	Quick     []quickView // by state
	Chips     []chipView
	Form      accessForm
	States    []choice
	Platforms []choice
	Clients   []choice
	Holders   []choice
	Total     int
	Matching  int
	NewURL    string

	Matrix  *matrixView
	Rows    []accessRow
	Columns map[string]columnView
	More    string // address of the rest of the rows; empty: these are all
	People  []personRow
	Leaver  *leaverView
	Pager   *pagerView
}

// accessRow is one grant in a table.
type accessRow struct {
	ID                            int64
	Client, ClientURL             string
	Platform, Asset, Role, How    string
	Holder, HolderKind, HolderURL string
	Mark                          markView
	Review                        *whenView
	Seen, Verb                    string
	AlsoHeld                      string // by whom else; empty: by nobody else
}

// buildAccess words the register.
func buildAccess(reg register, f accessForm, d dates) accessView {
	match := f.match(reg)
	v := accessView{By: f.By, Form: f, Total: len(reg), Matching: len(match), NewURL: newGrantURL(f.Client, f.Platform), Columns: accessColumns(f)}
	v.Views, v.Quick, v.Chips = accessViews(reg, match, f), stateViews(reg, f), accessChips(reg, f)
	v.choices(reg)
	switch f.By {
	case byPerson:
		v.byPerson(reg, match, d)
	case byList:
		from, to := f.cut(len(match))
		v.Rows, v.Pager = accessRows(match[from:to], d), f.pager(len(match), accesses(len(match)))
	default:
		v.byClient(match, d)
	}
	return v
}

// byClient is the matrix, and under it what needs a person first.
func (v *accessView) byClient(match register, d dates) {
	v.Matrix, v.Pager = buildMatrix(match, v.Form)
	waiting := match.where(func(i *grantItem) bool { return rankOf(i.State) < rankOf(models.GrantVerified) })
	if len(waiting) > perPage {
		waiting = waiting[:perPage]
		v.More = v.Form.with(func(o *accessForm) { o.By = byList })
	}
	v.Rows = accessRows(waiting, d)
}

func accessRows(items register, d dates) []accessRow {
	rows := make([]accessRow, 0, len(items))
	for i := range items {
		rows = append(rows, accessRowOf(&items[i], d))
	}
	return rows
}

func accessRowOf(i *grantItem, d dates) accessRow {
	g := &i.Grant
	row := accessRow{
		ID: g.ID, Client: visible(i.ClientName), ClientURL: "/clients/" + strconv.FormatInt(g.ClientID, 10), Platform: platformWords(g.Platform), Asset: visible(g.Asset),
		Role: visible(g.Role), How: methodWords(g.Method), Holder: visible(g.Holder), HolderKind: holderWords(g.HolderKind), HolderURL: holderURL(i.Holder),
		Mark: grantMark(i.State), Seen: seenWords(i, d), Verb: "Open",
	}
	if !i.ended() {
		row.Review = d.when(g.ReviewDue)
	}
	switch i.State {
	case models.GrantReviewDue:
		row.Verb = "Review"
	case models.GrantGranted, models.GrantAtRisk:
		row.Verb = "Verify"
	case models.GrantToRevoke:
		row.Verb = "Remove"
	case models.GrantRequested, models.GrantVerified, models.GrantRevoked, models.GrantDeclined:
	}
	return row
}

// holderURL is the address of everything one holder has.
func holderURL(key string) string {
	return accessForm{By: byPerson, Sort: accessSorts[0], Page: 1, Holder: key}.url()
}

func accessViews(reg, match register, f accessForm) []quickView {
	clients, holders := map[int64]bool{}, map[string]bool{}
	for i := range match {
		clients[match[i].Grant.ClientID] = true
	}
	for i := range reg {
		if !reg[i].ended() {
			holders[reg[i].Holder] = true
		}
	}
	view := func(by, text string, n int) quickView {
		return quickView{Text: text, Count: n, Current: f.By == by, URL: f.with(func(o *accessForm) { o.By = by })}
	}
	return []quickView{view(byClient, "By client", len(clients)), view(byList, "List", len(match)), view(byPerson, "By person", len(holders))}
}

// stateViews counts the states that occur; choosing the one that is chosen lets go of it.
func stateViews(reg register, f accessForm) []quickView {
	count := map[models.GrantState]int{}
	for i := range reg {
		count[reg[i].State]++
	}
	var views []quickView
	for _, state := range attention {
		if count[state] == 0 {
			continue
		}
		mark := grantMark(state)
		current := f.State == state
		views = append(views, quickView{Text: mark.Word, Glyph: mark.Glyph, Count: count[state], Current: current, URL: f.with(func(o *accessForm) {
			o.State = state
			if current {
				o.State = ""
			}
		})})
	}
	return views
}

func accessChips(reg register, f accessForm) []chipView {
	var chips []chipView
	add := func(active bool, text string, without func(*accessForm)) {
		if active {
			chips = append(chips, chipView{text, f.with(without)})
		}
	}
	add(f.State != "", grantMark(f.State).Word, func(o *accessForm) { o.State = "" })
	add(f.Platform != "", platformNamed(reg, f.Platform), func(o *accessForm) { o.Platform = "" })
	for i := range reg {
		if reg[i].Grant.ClientID == f.Client {
			add(true, visible(reg[i].ClientName), func(o *accessForm) { o.Client = 0 })
			break
		}
	}
	for i := range reg {
		if f.Holder != "" && reg[i].Holder == f.Holder {
			add(true, "held by "+visible(reg[i].Grant.Holder), func(o *accessForm) { o.Holder = "" })
			break
		}
	}
	return chips
}

// platformNamed words a platform's key as the register's grants write it.
func platformNamed(reg register, key string) string {
	for i := range reg {
		if reg[i].Platform == key {
			return platformWords(reg[i].Grant.Platform)
		}
	}
	return visible(key)
}

// choices fills the selects with what the register holds.
func (v *accessView) choices(reg register) {
	platforms, clients, holders := map[string]string{}, map[string]string{}, map[string]string{}
	for i := range reg {
		g := &reg[i].Grant
		platforms[reg[i].Platform] = platformWords(g.Platform)
		clients[strconv.FormatInt(g.ClientID, 10)] = visible(reg[i].ClientName)
		holders[reg[i].Holder] = visible(g.Holder)
	}
	for _, state := range attention {
		v.States = append(v.States, choice{string(state), grantMark(state).Word, v.Form.State == state})
	}
	v.Platforms = choicesOf(platforms, v.Form.Platform)
	v.Clients = choicesOf(clients, strconv.FormatInt(v.Form.Client, 10))
	v.Holders = choicesOf(holders, v.Form.Holder)
}

func choicesOf(texts map[string]string, selected string) []choice {
	list := make([]choice, 0, len(texts))
	for value, text := range texts {
		list = append(list, choice{value, text, value == selected})
	}
	slices.SortFunc(list, func(a, b choice) int { return compareFold(a.Text, b.Text) })
	return list
}

func accessColumns(f accessForm) map[string]columnView {
	texts := map[string]string{"status": "Status", "client": "Client", "platform": "Platform", "level": "Level", "holder": "Held by", "review": "Review by"}
	cols := map[string]columnView{}
	for _, key := range accessSorts {
		active := f.Sort == key
		c := columnView{Text: texts[key], URL: f.with(func(o *accessForm) { o.By, o.Sort, o.Desc = byList, key, active && !f.Desc })}
		if active && f.By == byList {
			c.AriaSort = "ascending"
			if f.Desc {
				c.AriaSort = "descending"
			}
		}
		cols[key] = c
	}
	return cols
}

// accesses counts delegated accesses.
func accesses(n int) string {
	if n == 1 {
		return "1 access"
	}
	return thousands(n) + " accesses"
}

// newGrantURL is the address of the form, with what is known already.
func newGrantURL(client int64, platform string) string {
	f := accessForm{By: byClient, Sort: accessSorts[0], Client: client, Platform: platform}
	return "/access/new" + f.url()[len("/access"):]
}
