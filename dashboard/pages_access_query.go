package dashboard

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/krestmarketing/deedwatch/models"
)

// The views of the register.
const (
	byClient = "client"
	byPerson = "person"
	byList   = "list"
)

// accessForm is the register's address: which view, what was filtered, sorted and paged. It holds only values that the register knows:
// what somebody else wrote into an address is never shown.
type accessForm struct {
	By       string
	State    models.GrantState
	Platform string // key
	Client   int64
	Holder   string // key
	Sort     string
	Desc     bool
	Page     int
	All      bool
}

// accessSorts are the columns that sort; the first is the default.
var accessSorts = []string{"status", "client", "platform", "level", "holder", "review"}

// parseAccess reads the form from an address; what the register does not know is left out.
func parseAccess(v url.Values, reg register) accessForm {
	f := accessForm{By: byClient, Sort: accessSorts[0], Page: 1, Desc: v.Get("dir") == "desc", All: v.Get("per") == "all"}
	if by := v.Get("by"); by == byPerson || by == byList {
		f.By = by
	}
	if state := models.GrantState(v.Get("state")); slices.Contains(attention, state) {
		f.State = state
	}
	client, _ := strconv.ParseInt(v.Get("client"), 10, 64) // 0, like every number that is no client's, filters nothing
	platform, holder := platformKey(v.Get("platform")), strings.ToLower(v.Get("holder"))
	for i := range reg {
		if reg[i].Grant.ClientID == client {
			f.Client = client
		}
		if reg[i].Platform == platform {
			f.Platform = platform
		}
		if reg[i].Holder == holder {
			f.Holder = holder
		}
	}
	if slices.Contains(accessSorts, v.Get("sort")) {
		f.Sort = v.Get("sort")
	}
	if n, err := strconv.Atoi(v.Get("page")); err == nil && n > 1 && n < 100_000 {
		f.Page = n
	}
	return f
}

// url writes the form as an address; defaults are left out.
func (f accessForm) url() string {
	v := url.Values{}
	set := func(active bool, key, value string) {
		if active {
			v.Set(key, value)
		}
	}
	set(f.By != byClient, "by", f.By)
	set(f.State != "", "state", string(f.State))
	set(f.Platform != "", "platform", f.Platform)
	set(f.Client != 0, "client", strconv.FormatInt(f.Client, 10))
	set(f.Holder != "", "holder", f.Holder)
	set(f.Sort != accessSorts[0], "sort", f.Sort)
	set(f.Desc, "dir", "desc")
	set(f.All, "per", "all")
	set(!f.All && f.Page > 1, "page", strconv.Itoa(f.Page))
	if len(v) == 0 {
		return "/access"
	}
	return "/access?" + v.Encode()
}

// with is the address of the first page of a changed form.
func (f accessForm) with(change func(*accessForm)) string {
	f.Page, f.All = 1, false
	change(&f)
	return f.url()
}

// match gives the grants that pass the filters, sorted as asked.
func (f accessForm) match(reg register) register {
	out := reg.where(func(i *grantItem) bool {
		return (f.State == "" || i.State == f.State) && (f.Platform == "" || i.Platform == f.Platform) &&
			(f.Client == 0 || i.Grant.ClientID == f.Client) && (f.Holder == "" || i.Holder == f.Holder)
	})
	key := map[string]func(a, b grantItem) int{
		"client":   func(a, b grantItem) int { return compareFold(a.ClientName, b.ClientName) },
		"platform": func(a, b grantItem) int { return compareFold(platformWords(a.Platform), platformWords(b.Platform)) },
		"level":    func(a, b grantItem) int { return compareFold(a.Grant.Role, b.Grant.Role) },
		"holder":   func(a, b grantItem) int { return cmp.Compare(a.Holder, b.Holder) },
		"review":   func(a, b grantItem) int { return compareDays(a.Grant.ReviewDue, b.Grant.ReviewDue) },
	}[f.Sort]
	if key != nil {
		slices.SortStableFunc(out, key)
	}
	if f.Desc {
		slices.Reverse(out)
	}
	return out
}

func compareFold(a, b string) int { return cmp.Compare(strings.ToLower(a), strings.ToLower(b)) }

// cut gives the part of n things that the page shows.
func (f accessForm) cut(n int) (from, to int) {
	if f.All {
		return 0, n
	}
	from = min((f.Page-1)*perPage, n)
	return from, min(from+perPage, n)
}

// pager words which part of n things a page shows and links to the others; nil when all fit on one page. The count is in words: "92 accesses".
func (f accessForm) pager(n int, count string) *pagerView {
	if n <= perPage {
		return nil
	}
	at := func(page int) string { return f.with(func(o *accessForm) { o.Page = page }) }
	if f.All {
		return &pagerView{Range: "All " + count, ShowOne: at(1)}
	}
	from, to := f.cut(n)
	v := &pagerView{Range: thousands(from+1) + "–" + thousands(to) + " of " + count, ShowAll: f.with(func(o *accessForm) { o.All = true })}
	if from == to {
		v.Range = "Nothing on this page; there are " + count
	}
	pages, gap := (n+perPage-1)/perPage, false
	for p := 1; p <= pages; p++ {
		if p != 1 && p != pages && (p < f.Page-2 || p > f.Page+2) {
			gap = true
			continue
		}
		v.Pages = append(v.Pages, pageLink{Number: p, URL: at(p), Current: p == f.Page, Gap: gap})
		gap = false
	}
	if f.Page < pages {
		v.Next = at(f.Page + 1)
	}
	return v
}
