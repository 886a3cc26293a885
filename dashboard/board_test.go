package dashboard_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/krestmarketing/deedwatch/dashboard"
	"github.com/krestmarketing/deedwatch/models"
)

func TestBoardAddresses(t *testing.T) {
	for _, c := range []struct{ in, want, why string }{
		{"", "/domains", "nothing asked"},
		{"sort=state&dir=asc&page=1", "/domains", "defaults are left out"},
		{"q=+har+&group=soon&page=3&sort=expires&dir=desc", "/domains?dir=desc&group=soon&page=3&q=har&sort=expires", "what is asked stays"},
		{"group=made-up&state=made-up&sort=made-up&days=7&client=-1&page=x&records=x&answer=x", "/domains", "what is not known is left out"},
		{"per=all&page=4&select=all", "/domains?per=all&select=all", "all on one page"},
		{"state=redemption&client=7&registrar=A+%26+B&days=none&records=broken&answer=none", "/domains?answer=none&client=7&days=none&records=broken&registrar=A+%26+B&state=redemption", "every filter"},
		{"q=%ff%fe", "/domains", "bytes that are no text"},
		{"page=99999999999999999999", "/domains", "a page out of reach"},
	} {
		v, err := url.ParseQuery(c.in)
		if err != nil {
			t.Fatal(err)
		}
		if got := dashboard.BoardURL(v); got != c.want {
			t.Errorf("%s: %s, want %s (%s)", c.in, got, c.want, c.why)
		}
	}
}

func FuzzBoardAddresses(f *testing.F) {
	f.Add("q=a&group=soon&page=2")
	f.Add("q=%c6+0000000") // what is left of bad bytes began with a blank
	f.Add("q=%00%ff&client=99&days=none&dir=desc&sort=checked&select=all&per=all")
	f.Fuzz(func(t *testing.T, raw string) {
		v, err := url.ParseQuery(raw)
		if err != nil {
			return
		}
		once := dashboard.BoardURL(v)
		u, err := url.Parse(once)
		if err != nil || u.Host != "" || u.Path != "/domains" {
			t.Fatalf("%q became %q", raw, once)
		}
		if twice := dashboard.BoardURL(u.Query()); twice != once {
			t.Fatalf("%q became %q, then %q", raw, once, twice)
		}
	})
}

func TestBoardQuestions(t *testing.T) {
	got := dashboard.BoardQuery(url.Values{"days": {"30"}, "page": {"2"}, "q": {"x"}, "client": {"7"}}, noon)
	want := models.BoardQuery{Now: noon, Loc: time.UTC, Text: "x", MaxDays: new(30), ClientID: 7, Sort: "state", Page: 2, PerPage: 25}
	if d := cmp.Diff(want, got, cmpopts.IgnoreFields(models.BoardQuery{}, "Loc")); d != "" {
		t.Errorf("question (-want +got):\n%s", d)
	}
	got = dashboard.BoardQuery(url.Values{"days": {"none"}, "per": {"all"}, "page": {"3"}}, noon)
	if !got.NoDate || got.MaxDays != nil || got.PerPage != 0 || got.Page != 1 {
		t.Errorf("all names without a date: %+v", got)
	}
}

func TestTheBoard(t *testing.T) {
	s := newSite(t)
	fillSample(s.store)
	p := s.as(models.UserOps).get("/domains")
	p.want(t, 200, "29 names of 10 clients", "Lapsed <b>4</b>", "Records broken <b>5</b>", "No answer <b>5</b>", "4, past expiry, still on our list", "Pending delete",
		"11 Sep 2026", "71 days ago", "kessler-türen.example", `title="xn--kessler-tren-llb.example"`, "Date not published", "Nobody has told us a date", "No date on record",
		"Check failing", "4 d ago", "Timed out, 22 tries", "Says renewed; not seen yet", "No answer, 26 h", "1–25 of 29 domains, most urgent first", `<th scope="col" aria-sort="ascending">`,
		"Show all 29", `aria-current="true">All <b>29</b>`, `<a class="btn" href="/domains?per=all&amp;select=all">Select all 29</a>`)
	order := []string{"wrenwillowflowers", "brightwaterspa", "harborlinesmiles", "summitridgeroof", "wrenandwillow", "tidepool", "harborlinedental", "fine-name-00"}
	at := 0
	for _, name := range order {
		i := strings.Index(p.Body[at:], ">"+name)
		if i < 0 {
			t.Fatalf("%s is not in its place", name)
		}
		at += i
	}
	s.get("/domains?sort=domain&dir=desc").want(t, 200, `aria-sort="descending"`, "1–25 of 29 domains<")
	s.get("/domains?page=2").want(t, 200, "26–29 of 29 domains", `<span aria-current="page">2</span>`)
	s.get("/domains?per=all").want(t, 200, "All 29 domains", "Show 25 a page")
	s.get("/domains?group=lapsed").want(t, 200, "1–4 of 4 domains", `href="/domains">Lapsed`, "aria-current=\"true\"><svg")
	s.get("/domains?client=9&q=kess").want(t, 200, "Kessler Fenster GmbH", "text “kess”", "1–1 of 1 domain")
	s.get("/domains?select=all&group=soon").want(t, 200, " checked>", "Select none")
	s.get("/domains?page=9").want(t, 200, "Nothing on this page; 29 domains match")
	s.as(models.UserViewer).get("/domains").lacks(t, "Recheck", "Select all 29")
}

func TestBoardStates(t *testing.T) {
	s := newSite(t)
	s.as(models.UserOps).get("/domains").want(t, 200, "Nothing is watched yet", "deedwatch import")
	s.get("/").want(t, 200, "Nothing is watched yet")
	fillSample(s.store)
	p := s.get("/domains?q=harborline&state=redemption&client=1")
	p.want(t, 200, "No domain matches all 3 filters", "Leave out “Redemption” and 2 match", "Show those 2", "Show all 29")
	s.get("/domains?q=zzz").want(t, 200, "No domain matches this filter", "Leave out “text “zzz””")
	s.get("/domains?q=zzz&client=1&state=redemption").want(t, 200, "No single filter is to blame")
}

func TestRechecks(t *testing.T) {
	s := newSite(t)
	fillSample(s.store)
	s.as(models.UserOnboarding)
	p := s.post("/domains/recheck", url.Values{"d": {"3", "1", "3"}, "back": {"/domains?group=soon"}})
	if p.Status != http.StatusSeeOther || p.Location != "/domains?group=soon" {
		t.Errorf("status %d to %q", p.Status, p.Location)
	}
	s.get(p.Location).want(t, 200, "2 domains will be checked again")
	s.get("/domains").lacks(t, "will be checked again")
	if p := s.post("/domains/recheck", url.Values{"back": {"https://evil.example/"}}); p.Location != "/" {
		t.Errorf("back leads to %q", p.Location)
	}
	s.post("/domains/recheck", url.Values{"d": {"1 or 1=1"}}).want(t, http.StatusBadRequest, "could not be read")
	s.post("/domains/harborlinedental.example/recheck", nil)
	want := []string{"recheck [1 3]", "recheck [12]"}
	if d := cmp.Diff(want, s.store.written()[1:]); d != "" {
		t.Errorf("written (-want +got):\n%s", d)
	}
}

func TestFind(t *testing.T) {
	s := newSite(t)
	fillSample(s.store)
	s.as(models.UserViewer)
	for typed, want := range map[string]string{
		"harborlinedental.example": "/domains/harborlinedental.example", "HTTPS://HarborlineDental.example/about": "/domains/harborlinedental.example",
		"kessler-türen.example": "/domains/xn--kessler-tren-llb.example", "harborline": "/domains?q=harborline", "no-such.example": "/domains?q=no-such.example", "": "/domains",
	} {
		if p := s.get("/find?q=" + url.QueryEscape(typed)); p.Status != http.StatusSeeOther || p.Location != want {
			t.Errorf("%q: status %d to %q, want %q", typed, p.Status, p.Location, want)
		}
	}
}

func TestTheWholeBoardOnOnePage(t *testing.T) {
	s := newSite(t)
	for i := range 2000 {
		s.store.domains = append(s.store.domains, sampleRow(int64(i+1), sampleDomain{name: fmt.Sprintf("name-%04d.example", i), client: 1, days: 100, lifecycle: models.LifecycleRegistered}))
	}
	p := s.as(models.UserOps).get("/domains?per=all&select=all")
	p.want(t, 200, "All 2,000 domains", "name-1999.example")
	form := url.Values{"back": {"/domains?per=all&select=all"}}
	for i := range 2000 {
		form.Add("d", fmt.Sprint(i+1))
	}
	p = s.post("/domains/recheck", form)
	if p.Status != http.StatusSeeOther {
		t.Errorf("2,000 names at once: status %d", p.Status)
	}
}
