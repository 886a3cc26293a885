package dashboard_test

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/krestmarketing/deedwatch/models"
)

// grantAs is a grant of the fake.
func grantAs(id, client int64, name, platform, holder string, state models.GrantState, review string) models.GrantView {
	g := models.Grant{
		ID: id, ClientID: client, Platform: platform, Asset: "asset-1", Role: "Editor", Method: models.MethodUserInvitation, HolderKind: models.HolderPerson, Holder: holder,
		Purpose: "seo", State: state, StateAt: noon.AddDate(0, -1, 0), RecordedAt: noon.AddDate(0, -2, 0), RecordedBy: "dana@northwind.example",
	}
	if review != "" {
		day, err := time.Parse(time.DateOnly, review)
		if err != nil {
			panic(err)
		}
		g.ReviewDue = &day
	}
	return models.GrantView{Grant: g, ClientName: name}
}

// manyStates holds one grant in each state, in an order that is none.
func manyStates() []models.GrantView {
	return []models.GrantView{
		grantAs(1, 1, "Alder", "google_ads", "kyle@northwind.example", models.GrantVerified, "2027-03-01"),
		grantAs(2, 1, "Alder", "wordpress", "kyle@northwind.example", models.GrantRevoked, ""),
		grantAs(3, 1, "Alder", "linkedin", "lena@northwind.example", models.GrantGranted, "2027-02-01"),
		grantAs(4, 2, "Birch", "google_ads", "Kyle@northwind.example", models.GrantAtRisk, "2027-02-01"),
		grantAs(5, 2, "Birch", "google_ads", "lena@northwind.example", models.GrantVerified, "2027-02-01"),
		grantAs(6, 2, "Birch", "Our own CRM", "kyle@northwind.example", models.GrantRequested, ""),
		grantAs(7, 3, "Cedar", "mailchimp", "lena@northwind.example", models.GrantReviewDue, "2026-11-10"),
		grantAs(8, 3, "Cedar", "klaviyo", "kyle@northwind.example", models.GrantVerified, "2026-11-01"), // past, and no sweep has marked it
		grantAs(9, 3, "Cedar", "tiktok", "lena@northwind.example", models.GrantToRevoke, ""),
		grantAs(10, 3, "Cedar", "youtube", "kyle@northwind.example", models.GrantDeclined, ""),
	}
}

var grantLinks = regexp.MustCompile(`class="btn s" href="/access/(\d+)"`)

// between gives the text from one mark up to another.
func between(t *testing.T, body, from, to string) string {
	t.Helper()
	_, rest, found := strings.Cut(body, from)
	text, _, closed := strings.Cut(rest, to)
	if !found || !closed {
		t.Fatalf("the page lacks %q before %q", from, to)
	}
	return text
}

// order gives the ids of the rows of a page.
func order(p page) string {
	var ids []string
	for _, m := range grantLinks.FindAllStringSubmatch(p.Body, -1) {
		ids = append(ids, m[1])
	}
	return strings.Join(ids, " ")
}

func TestTheRegisterShowsWhatNeedsAPersonFirst(t *testing.T) {
	s := newSite(t)
	s.store.grants = manyStates()
	s.as(models.UserViewer)
	for path, want := range map[string]string{
		"/access?by=list":                                          "4 8 7 9 6 3 5 1 10 2",
		"/access":                                                  "4 8 7 9 6 3",
		"/access?by=list&state=review_due":                         "8 7",
		"/access?by=list&state=verified":                           "5 1",
		"/access?by=list&state=invented":                           "4 8 7 9 6 3 5 1 10 2",
		"/access?by=list&client=2":                                 "4 6 5",
		"/access?by=list&client=77":                                "4 8 7 9 6 3 5 1 10 2",
		"/access?by=list&platform=google_ads":                      "4 5 1",
		"/access?by=list&platform=Google+Ads&client=1":             "1",
		"/access?by=list&platform=our+own+crm":                     "6",
		"/access?by=list&holder=LENA@northwind.example":            "7 9 3 5",
		"/access?by=list&holder=nobody@northwind.example":          "4 8 7 9 6 3 5 1 10 2",
		"/access?by=list&sort=review":                              "8 7 4 3 5 1 9 6 10 2",
		"/access?by=list&sort=client&dir=desc&state=granted":       "3",
		"/access?by=list&sort=platform&client=3":                   "8 7 9 10",
		"/access?by=person&holder=kyle@northwind.example":          "4 8 6 1",
		"/access?by=person&holder=kyle@northwind.example&client=2": "4 6",
	} {
		p := s.get(path)
		if diff := cmp.Diff(want, order(p)); diff != "" || p.Status != http.StatusOK {
			t.Errorf("%s: status %d %s", path, p.Status, diff)
		}
	}
	s.get("/access?by=list&client=2&state=granted").want(t, 200, "No access matches", "All 10 were searched", "Clear all filters")
	s.get("/access?client=2&state=granted").want(t, 200, "No access matches")
	s.get("/access?by=list&client=2&state=at_risk&holder=kyle@northwind.example&platform=google_ads").want(t, 200,
		"Showing only", "At risk", "Birch", "held by Kyle@northwind.example", `href="/access?by=list&amp;client=2&amp;holder=kyle%40northwind.example&amp;platform=google_ads"`)
}

func TestCountsAndViews(t *testing.T) {
	s := newSite(t)
	s.store.grants = manyStates()
	s.as(models.UserViewer)
	p := s.get("/access")
	p.want(t, 200, "By client <b>3</b>", "List <b>10</b>", "By person <b>2</b>", "Review due <b>2</b>", "At risk <b>1</b>", "To be removed <b>1</b>", "Requested <b>1</b>", "Granted <b>1</b>", "Verified <b>2</b>")
	p.want(t, 200, `<th scope="col">Google Ads</th>`, `<th scope="col">Other</th>`, `and 1 more`, `href="/access?by=list&amp;client=2&amp;platform=google_ads"`, `href="/access/8"`, "Nothing on record")
	p.lacks(t, "Our own CRM</th>")
	if n := strings.Count(p.Body, `<td class="c-due">`); n != 4 { // at risk, two reviews due, to be removed
		t.Errorf("%d cells stand out", n)
	}
}

// For the day somebody leaves: all that they hold, and what nobody else holds.
func TestByPerson(t *testing.T) {
	s := newSite(t)
	s.store.grants = manyStates()
	s.as(models.UserViewer)
	p := s.get("/access?by=person")
	p.want(t, 200, `href="/access?by=person&amp;holder=kyle%40northwind.example"`)
	row := between(t, p.Body, `class="dom" href="/access?by=person&amp;holder=kyle%40northwind.example"`, "</tr>")
	for label, n := range map[string]int{"Clients": 3, "Accesses": 3, "Asked for": 1, "Only holder": 2} {
		if cell := fmt.Sprintf(`data-l="%s" class="num h">%d<`, label, n); !strings.Contains(row, cell) {
			t.Errorf("%s is not %d: %s", label, n, row)
		}
	}
	p = s.get("/access?by=person&holder=kyle@northwind.example")
	p.want(t, 200, "3 accesses of 3 clients to move or to end. Beside them 1 asked for and not given yet. 2 of them nobody else holds", "What has ended is not shown: 2.", "nobody else", "lena@northwind.example")
	if n := strings.Count(p.Body, "<span>nobody else</span>"); n != 3 { // the one asked for is no one else's either
		t.Errorf("%d rows say that nobody else holds it", n)
	}
	s.store.grants = manyStates()[1:2]
	s.get("/access?by=person&holder=kyle@northwind.example").want(t, 200, "Nothing is open", "What has ended is not shown: 1.")
	s.get("/access?by=person").want(t, 200, "No access matches")
}

func TestLongListsArePaged(t *testing.T) {
	s := newSite(t)
	for i := range int64(260) {
		s.store.grants = append(s.store.grants, grantAs(i+1, i%60+1, fmt.Sprintf("Client %02d", i%60), fmt.Sprintf("Platform %03d", i), fmt.Sprintf("holder%03d@northwind.example", i%130), models.GrantRequested, ""))
	}
	s.as(models.UserViewer)
	for path, c := range map[string]struct {
		pattern string
		rows    int
		says    string
	}{
		"/access?by=list":           {`class="btn s"`, 25, "1–25 of 260 accesses"},
		"/access?by=list&page=11":   {`class="btn s"`, 10, "251–260 of 260 accesses"},
		"/access?by=list&page=12":   {`class="btn s"`, 0, "Nothing on this page; there are 260 accesses"},
		"/access?by=list&per=all":   {`class="btn s"`, 260, "All 260 accesses"},
		"/access":                   {`<th scope="row"><a class="dom" href="/clients/`, 25, "1–25 of 60 clients"},
		"/access?page=3":            {`<th scope="row"><a class="dom" href="/clients/`, 10, "51–60 of 60 clients"},
		"/access?by=person":         {`<th scope="row" class="c-name">`, 25, "1–25 of 130 holders"},
		"/access?by=person&page=99": {`<th scope="row" class="c-name">`, 0, "Nothing on this page"},
	} {
		p := s.get(path)
		p.want(t, 200, c.says)
		if n := strings.Count(p.Body, c.pattern); n != c.rows {
			t.Errorf("%s: %d rows, want %d", path, n, c.rows)
		}
	}
	p := s.get("/access")
	if n := strings.Count(p.Body, `<th scope="col">`); n > 12 {
		t.Errorf("%d columns: names that the catalogue does not know share one", n)
	}
	p.want(t, 200, `href="/access?by=list">Show all</a>`)
	s.get("/access?by=list&page=5").want(t, 200, `aria-current="page">5<`, `href="/access?by=list&amp;page=6" rel="next"`)
}

func TestARegisterThatCantBeReadSaysSo(t *testing.T) {
	s := newSite(t)
	s.store.grants = manyStates()
	s.as(models.UserOnboarding)
	s.store.broken = fmt.Errorf("disk on fire")
	for _, path := range []string{"/access", "/access/new", "/access/1"} {
		p := s.get(path)
		p.want(t, http.StatusServiceUnavailable, "Nothing is lost")
		p.lacks(t, "disk on fire")
	}
}
