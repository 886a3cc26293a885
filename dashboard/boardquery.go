package dashboard

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/krestmarketing/deedwatch/models"
)

// perPage is how many rows a page of the board has.
const perPage = 25

// boardForm is the board's address: what was filtered, sorted and paged, as strings that were checked.
type boardForm struct {
	Text      string
	State     models.Band
	Group     models.Group
	Client    int64
	Registrar string
	Days      string // 14, 30, 60, 90 or none
	Records   string // broken
	Answer    string // none
	Sort      string
	Desc      bool
	Page      int
	All       bool
	SelectAll bool
}

// boardSorts are the columns that sort.
var boardSorts = []string{"state", "domain", "client", "expires", "registrar", "records", "checked"}

// boardDays are the choices of "days left".
var boardDays = []string{"14", "30", "60", "90"}

// parseBoard reads the form from an address; what it does not know it leaves out.
func parseBoard(v url.Values) boardForm {
	f := boardForm{
		Text: bounded(v.Get("q"), 100), Registrar: bounded(v.Get("registrar"), 200),
		Sort: "state", Page: 1, Desc: v.Get("dir") == "desc", All: v.Get("per") == "all", SelectAll: v.Get("select") == "all",
	}
	if b := models.Band(v.Get("state")); slices.Contains(models.Bands(), b) {
		f.State = b
	}
	for _, g := range groups {
		if v.Get("group") == string(g.Group) {
			f.Group = g.Group
		}
	}
	if id, err := strconv.ParseInt(v.Get("client"), 10, 64); err == nil && id > 0 {
		f.Client = id
	}
	if d := v.Get("days"); d == "none" || slices.Contains(boardDays, d) {
		f.Days = d
	}
	if v.Get("records") == "broken" {
		f.Records = "broken"
	}
	if v.Get("answer") == "none" {
		f.Answer = "none"
	}
	if slices.Contains(boardSorts, v.Get("sort")) {
		f.Sort = v.Get("sort")
	}
	if n, err := strconv.Atoi(v.Get("page")); err == nil && n > 1 && n < 100_000 {
		f.Page = n
	}
	return f
}

// query is the form as a question to the store.
func (f boardForm) query(now time.Time, loc *time.Location) models.BoardQuery {
	q := models.BoardQuery{
		Now: now, Loc: loc, Text: f.Text, Band: f.State, Group: f.Group, ClientID: f.Client, Registrar: f.Registrar,
		Records: f.Records, Answer: f.Answer, Sort: f.Sort, Desc: f.Desc, Page: f.Page, PerPage: perPage, NoDate: f.Days == "none",
	}
	if n, err := strconv.Atoi(f.Days); err == nil {
		q.MaxDays = &n
	}
	if f.All {
		q.Page, q.PerPage = 1, 0
	}
	return q
}

// url writes the form as an address; defaults are left out.
func (f boardForm) url() string {
	v := url.Values{}
	set := func(key, value string) {
		if value != "" {
			v.Set(key, value)
		}
	}
	set("q", f.Text)
	set("state", string(f.State))
	set("group", string(f.Group))
	set("registrar", f.Registrar)
	set("days", f.Days)
	set("records", f.Records)
	set("answer", f.Answer)
	if f.Client > 0 {
		set("client", strconv.FormatInt(f.Client, 10))
	}
	if f.Sort != "state" {
		set("sort", f.Sort)
	}
	if f.Desc {
		set("dir", "desc")
	}
	if f.All {
		set("per", "all")
	} else if f.Page > 1 {
		set("page", strconv.Itoa(f.Page))
	}
	if f.SelectAll {
		set("select", "all")
	}
	if len(v) == 0 {
		return "/domains"
	}
	return "/domains?" + v.Encode()
}

// filtered reports whether the form narrows the board at all.
func (f boardForm) filtered() bool { return len(f.filters()) > 0 }

// boardFilter is one active filter.
type boardFilter struct {
	name    string // what it is called in a sentence; clients are named by boardView
	without boardForm
}

// filters lists the active filters, each with the form that leaves it out.
func (f boardForm) filters() []boardFilter {
	base := f
	base.Page, base.SelectAll = 1, false
	var list []boardFilter
	add := func(active bool, name string, drop func(*boardForm)) {
		if active {
			w := base
			drop(&w)
			list = append(list, boardFilter{name: name, without: w})
		}
	}
	add(f.Text != "", "text “"+visible(f.Text)+"”", func(w *boardForm) { w.Text = "" })
	add(f.State != "", pillOf(f.State).Word, func(w *boardForm) { w.State = "" })
	add(f.Group != "", groupWords(f.Group), func(w *boardForm) { w.Group = "" })
	add(f.Client != 0, "client", func(w *boardForm) { w.Client = 0 })
	add(f.Registrar != "", visible(f.Registrar), func(w *boardForm) { w.Registrar = "" })
	add(f.Days == "none", "date not known", func(w *boardForm) { w.Days = "" })
	add(f.Days != "" && f.Days != "none", f.Days+" days or fewer", func(w *boardForm) { w.Days = "" })
	add(f.Records != "", "records broken", func(w *boardForm) { w.Records = "" })
	add(f.Answer != "", "no answer", func(w *boardForm) { w.Answer = "" })
	return list
}

func groupWords(g models.Group) string {
	for _, v := range groups {
		if v.Group == g {
			return v.Short
		}
	}
	return string(g)
}

// bounded trims a text that somebody typed and cuts it at n bytes, at a character's end. Control characters and marks that turn the
// direction of writing are left out: nobody types them, and they come back in the form. (Joiners stay: names in some scripts need them.)
func bounded(s string, n int) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == 0x2028 || r == 0x2029 {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	s = strings.TrimSpace(s)
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return strings.TrimSpace(s[:n])
}
