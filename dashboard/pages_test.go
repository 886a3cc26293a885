package dashboard_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/krestmarketing/deedwatch/dashboard"
	"github.com/krestmarketing/deedwatch/models"
)

func TestToday(t *testing.T) {
	s := newSite(t)
	fillSample(s.store)
	p := s.as(models.UserOps).get("/")
	p.want(t, 200, "Saturday 21 November 2026", "The office opens again Mon 23 Nov, 09:00.", "5 notices wait to go out.", "4 names have lapsed", "4 expire within 14 days", "One of them by tomorrow.",
		"3 domains are", "13 things wait for a person.", "4 delegated records are broken", "1 check keeps failing", "Registrar put the name on hold", "explains 6 other findings",
		"promo.harborlinedental.example CNAME", "ns2.pagehost.example: timeout", "Workers: 4 of 5 in time", "Start with: Auto-renew off, or not stated.", "6 off, 5 not stated",
		"Registry servers behind", "312 names wait", "4 of them near expiry or in trouble, longest since 3 d ago; left alone until 21 Nov 12:42, it answered: told to come back later", "1 name waits",
		"Last sweep 21 Nov 10:36, 6 min ago", "26 of 29 results are fresh", "harborlinedental.example, 12 Dec 2026, in 21 days, Within 30 days")
	if strings.Contains(p.Body, "(not confirmed)") != true {
		t.Error("a date that is not confirmed is not marked")
	}
	for range 20 {
		s.store.today.Findings = append(s.store.today.Findings, s.store.today.Findings[1])
	}
	s.get("/").want(t, 200, "and 13 more")
	*s.now = time.Date(2026, 11, 23, 20, 0, 0, 0, time.UTC) // Monday noon
	s.get("/").lacks(t, "The office opens again")
}

func TestTheBrake(t *testing.T) {
	s := newSite(t)
	fillSample(s.store)
	s.as(models.UserOnboarding).get("/clients").want(t, 200, "Mail to clients is held since 21 Nov 09:42.", "9 of 29 domains turned bad")
	s.get("/clients").lacks(t, "let it go")
	s.as(models.UserOps).get("/").want(t, 200, "See what waits, and let it go")
	if p := s.post("/brake/release", url.Values{"confirmed": {"yes"}}); p.Location != "/notices" {
		t.Errorf("leads to %q", p.Location)
	}
	if w := s.store.written(); !slices.Contains(w, "release brake ops@northwind.example") {
		t.Errorf("written: %v", w)
	}
	s.get("/notices").want(t, 200, "Mail to clients goes out again.")
}

func TestOneDomain(t *testing.T) {
	s := newSite(t)
	fillSample(s.store)
	p := s.as(models.UserOnboarding).get("/domains/harborlinedental.example")
	p.want(t, 200, "Within 30 days", "in 21 days", "by the registry", "Auto-renew off", "Checked 1 h ago via RDAP", "Now, 21 days left", "to about 26 Jan 2027",
		"A name server does not serve the zone", "Call Maya Okafor", "It explains 1 other finding", "7 of 9 right", "krest1._domainkey", "NODATA", "timeout", "since 19 Nov 18:42",
		"ns2 still serves the old key.", "Both sides agree", "Does not serve this zone", "2026112001", "250 2.0.0 OK", "Will renew on 3 Dec 2026", "Expiry at the registry", "raw answer",
		"Harbor Names, LLC", "IANA 146", "clientTransferProhibited", "Luis Ferreira", "Not stated", "550 5.1.1 no such user", "owns this name and renews it", "Review due")
	if strings.Count(p.Body, `aria-current="step"`) != 1 {
		t.Error("the strip does not mark exactly one step")
	}
	s.get("/domains/brightwaterspa.example").want(t, 200, "Redemption", `class="l-rgp" aria-current="step"`, "Recover only for an extra fee")
	p = s.get("/domains/xn--kessler-tren-llb.example")
	p.want(t, 200, "kessler-türen.example", "Date not published", "publishes no date, and nobody has told us one", "No date on record", "Not known")
	p.lacks(t, "Life of this name")
	if p := s.get("/domains/" + url.PathEscape("kessler-türen.example")); p.Location != "/domains/xn--kessler-tren-llb.example" {
		t.Errorf("a name as people write it leads to %q", p.Location)
	}
	s.get("/domains/no-such.example").want(t, 404, "There is no such page")

	v := s.store.views["harborlinedental.example"]
	v.Watched.Domain.ExpiresAt = new(noon.AddDate(0, 0, -3))
	v.Notices = append(v.Notices, models.NoticeView{Notice: models.Notice{Stage: models.StageD60, State: models.NoticeSuperseded, Channel: models.ChannelTask}})
	v.Observations = []models.Observation{{ID: 3, Kind: models.LookDNS, Outcome: models.OutcomeAbsent}}
	s.store.views["harborlinedental.example"] = v
	p = s.get("/domains/harborlinedental.example")
	p.want(t, 200, "Expired <span", "3 days ago", "1 notice skipped, because a tighter one was due", "Not delegated")
	p.lacks(t, "No such registration")
	s.as(models.UserViewer).get("/domains/harborlinedental.example").lacks(t, "Recheck now", "What the client told us")
}

func TestWhatTheClientTold(t *testing.T) {
	s := newSite(t)
	fillSample(s.store)
	s.as(models.UserOnboarding)
	const base = "/domains/harborlinedental.example"
	if p := s.post(base+"/attest", url.Values{"date": {"2027-01-31"}, "by": {"Luis Ferreira"}}); p.Location != base {
		t.Errorf("status %d to %q", p.Status, p.Location)
	}
	s.get(base).want(t, 200, "Recorded: expires 31 Jan 2027, stated by Luis Ferreira.")
	s.post(base+"/auto-renew", url.Values{"auto_renew": {"on"}, "by": {"Luis Ferreira"}})
	s.post(base+"/attest", url.Values{"date": {"tomorrow"}, "by": {"Luis"}}).want(t, 400, "Expires on: give a day")
	s.post(base+"/attest", url.Values{"date": {"2027-01-31"}}).want(t, 400, "Stated by")
	s.post(base+"/auto-renew", url.Values{"auto_renew": {"maybe"}, "by": {"Luis"}}).want(t, 400)
	s.post("/domains/no-such.example/attest", url.Values{"date": {"2027-01-31"}, "by": {"Luis"}}).want(t, 404)
	want := []string{"attest 12 2027-01-31 Luis Ferreira (recorded by onboarding@northwind.example)", "auto-renew 12 on Luis Ferreira (recorded by onboarding@northwind.example)"}
	if got := s.store.written()[1:]; !slices.Equal(got, want) {
		t.Errorf("written: %v", got)
	}
	s.store.broken = models.ErrConflict
	s.post(base+"/recheck", nil).want(t, http.StatusConflict, "It changed in the meantime")
}

func TestNotices(t *testing.T) {
	s := newSite(t)
	s.as(models.UserOps).get("/notices").want(t, 200, "Nothing waits")
	fillSample(s.store)
	s.get("/notices").want(t, 200, "wrenandwillow.example", "Held", "Release", "Hold", "On its way", "451 4.7.1 Greylisted, try again", "next try 21 Nov 11:02", "7-day", "tightest stage due")
	s.post("/notices/52/hold", nil)
	p := s.post("/notices/50/release", url.Values{"back": {"/domains/wrenandwillow.example"}})
	if p.Location != "/domains/wrenandwillow.example" {
		t.Errorf("leads to %q", p.Location)
	}
	s.post("/notices/x/hold", nil).want(t, 404)
	if got := s.store.written()[1:]; !slices.Equal(got, []string{"hold 52 ops@northwind.example", "release 50 ops@northwind.example"}) {
		t.Errorf("written: %v", got)
	}
	s.as(models.UserViewer).get("/notices").lacks(t, ">Hold<", ">Release<")

	// A task of ours is no mail that could be held.
	task := models.Notice{ID: 90, DomainID: 1, ClientID: 1, Stage: models.StageD60, Channel: models.ChannelTask, Recipient: "ops", State: models.NoticeQueued, DueAt: noon, ExpiresAt: noon.AddDate(0, 0, 50)}
	s.store.notices = []models.NoticeView{{Notice: task}}
	p = s.as(models.UserOps).get("/notices")
	p.want(t, 200, `href="/tasks"`, "1 task for us")
	p.lacks(t, ">Hold<", "Waiting to go out", "60-day")
}

func TestClients(t *testing.T) {
	s := newSite(t)
	s.as(models.UserViewer).get("/clients").want(t, 200, "No clients yet")
	fillSample(s.store)
	s.get("/clients").want(t, 200, "10 clients", "Harborline Dental", "google_ads")
	p := s.get("/clients/1")
	p.want(t, 200, "Harborline Dental", "harborlinesmiles.example", "harborlinedental.example", "1 lapsed", "Maya Okafor", `href="tel:&#43;16505550162"`, "Not written to: 550", "Google Ads", "Verified")
	if strings.Index(p.Body, "harborlinesmiles") > strings.Index(p.Body, "harborlinedental") {
		t.Error("the lapsed name does not come first")
	}
	p.lacks(t, "brightwater")
	s.get("/clients/99").want(t, 404)
	s.get("/clients/x").want(t, 404)
}

func TestHealth(t *testing.T) {
	s := newSite(t)
	s.get("/healthz").want(t, 200, "ok")
	s.get("/robots.txt").want(t, 200, "Disallow: /")
	ready := func(status int, state string) {
		t.Helper()
		p := s.get("/readyz")
		p.want(t, status)
		var doc struct {
			Ready  bool
			Reason string
			Sweeps []struct{ Name, State string }
		}
		if err := json.Unmarshal([]byte(p.Body), &doc); err != nil || doc.Ready != (status == 200) || doc.Reason != state {
			t.Errorf("readyz: %s (%v)", p.Body, err)
		}
		p.lacks(t, "secret")
	}
	ready(200, "")
	*s.now = s.now.Add(31 * time.Minute)
	ready(503, "sweeps_late")
	for _, name := range []string{"registration", "dns", "judge", "plan", "deliver"} {
		s.store.sweeps = append(s.store.sweeps, models.Sweep{Name: name, FinishedAt: s.now})
	}
	s.store.sweeps[0].Error = "one look panicked"
	ready(200, "")
	s.store.broken = errors.New("secret address of the database")
	ready(503, "store_unreadable")

	s = newSite(t, func(o *dashboard.Options) {
		o.Ready = func(context.Context) error { return errors.New("secret reason") }
	})
	ready(503, "not_ready")
}

func TestBannerAndExtraEntry(t *testing.T) {
	s := newSite(t, func(o *dashboard.Options) {
		o.Banner = dashboard.Banner{Text: "This is a demonstration.", Link: dashboard.Link{Text: "Open the mailbox", URL: "/lab/inbox"}}
		o.Extra = dashboard.Link{Text: "Lab", URL: "/lab"}
		o.Access = nil
	})
	s.get("/login").want(t, 200, "This is a demonstration.", `<a href="/lab/inbox">Open the mailbox</a>`)
	p := s.as(models.UserViewer).get("/")
	p.want(t, 200, "This is a demonstration.", `<a href="/lab">Lab</a>`)
	p.lacks(t, `href="/access"`)
	s.get("/access").want(t, 404)
}

func TestOptionsThatAreMissing(t *testing.T) {
	if _, err := dashboard.New(dashboard.Options{}); err == nil {
		t.Error("a server without a store was made")
	}
	o := dashboard.Options{Store: newFake(), Sessions: sessionStore{}, Links: fakeLinks{}, Answers: &fakeAnswers{}, Now: time.Now, BaseURL: "watch.northwind.example"}
	if _, err := dashboard.New(o); err == nil {
		t.Error("a base address without a scheme was accepted")
	}
}
