package dashboard

import (
	"fmt"

	"github.com/krestmarketing/deedwatch/models"
)

// pagerOf words where in the board a page stands and links to the others: the first, the last and two on each side.
func pagerOf(form boardForm, b models.Board) pagerView {
	order := ""
	if form.Sort == "state" && !form.Desc {
		order = ", most urgent first"
	}
	if form.All {
		one := form
		one.All, one.Page = false, 1
		v := pagerView{Range: "All " + plural(b.Matching, "domain") + order}
		if b.Matching > perPage {
			v.ShowOne = one.url()
		}
		return v
	}
	first := (form.Page-1)*perPage + 1
	last := first + len(b.Rows) - 1
	v := pagerView{Range: fmt.Sprintf("%s–%s of %s", thousands(first), thousands(last), plural(b.Matching, "domain")) + order}
	if len(b.Rows) == 0 {
		v.Range = fmt.Sprintf("Nothing on this page; %s match", plural(b.Matching, "domain"))
	}
	pages := (b.Matching + perPage - 1) / perPage
	if pages <= 1 {
		return v
	}
	all := form
	all.All, all.Page = true, 1
	v.ShowAll = all.url()
	at := func(n int) string {
		f := form
		f.Page, f.SelectAll = n, false
		return f.url()
	}
	gap := false
	for n := 1; n <= pages; n++ {
		if n != 1 && n != pages && (n < form.Page-2 || n > form.Page+2) {
			gap = true
			continue
		}
		v.Pages = append(v.Pages, pageLink{Number: n, URL: at(n), Current: n == form.Page, Gap: gap})
		gap = false
	}
	if form.Page < pages {
		v.Next = at(form.Page + 1)
	}
	return v
}
