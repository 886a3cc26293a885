package dashboard_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/krestmarketing/deedwatch/dashboard"
	"github.com/krestmarketing/deedwatch/models"
)

// clientSite is a dashboard with the client's pages of links 1 and 2.
func clientSite(t *testing.T, change ...func(*dashboard.Options)) *site {
	t.Helper()
	s := newSite(t, change...)
	fillSample(s.store)
	return s
}

func TestTheClientsPage(t *testing.T) {
	s := clientSite(t)
	p := s.get("/c/link-1")
	p.want(t, 200, "Harborline Dental", "Hello Maya.", "harborlinesmiles.example", "Expired, in grace", "harborlinedental.example", "Sat 12 Dec 2026", "in 21 days",
		"Sign in at Harbor Names", "I have renewed it", "Auto-renew is on", "We no longer want this domain", "I am not the right person", "I will renew it on another day", "The registry told us this date",
		"Google Ads", "Is this page really from us?", "<b>watch.northwind.example</b>", "(555) 010-0199", "works until 21 Dec 2026", "noindex")
	if a, b := strings.Index(p.Body, "harborlinesmiles.example"), strings.Index(p.Body, "fine-name"); a < 0 || b < a {
		t.Error("the most urgent domain does not come first")
	}
	if p.Header.Get("Cache-Control") != "no-store" || !strings.Contains(p.Header.Get("X-Robots-Tag"), "noindex") {
		t.Errorf("headers: %q %q", p.Header.Get("Cache-Control"), p.Header.Get("X-Robots-Tag"))
	}
	if p.Header.Get("Set-Cookie") != "" {
		t.Error("a client is given a cookie")
	}
	p.lacks(t, "brightwater", "<script", "/login", "Deedwatch</a>")
}

func TestLookingChangesNothing(t *testing.T) {
	s := clientSite(t)
	for range 3 {
		for _, path := range []string{"/c/link-1", "/c/link-1?said=renewed", "/c/link-1/confirm?domain=harborlinedental.example&answer=letting_go&confirmed=yes", "/c/link-1/answer?domain=harborlinedental.example&answer=renewed"} {
			s.get(path)
			s.do(http.MethodHead, path, nil, nil)
		}
	}
	if len(s.store.written()) > 0 || len(s.answers.said) > 0 {
		t.Errorf("looking wrote %v and said %v", s.store.written(), s.answers.said)
	}
}

func TestAnswers(t *testing.T) {
	s := clientSite(t)
	const name = "harborlinedental.example"
	answer := func(v url.Values) page { v.Set("domain", name); return s.post("/c/link-1/answer", v) }
	for _, kind := range []string{"renewed", "auto_renew_on", "wrong_person"} {
		p := answer(url.Values{"answer": {kind}})
		if p.Status != http.StatusSeeOther || p.Location != "/c/link-1?said="+kind {
			t.Errorf("%s: status %d to %q", kind, p.Status, p.Location)
		}
		s.get(p.Location).want(t, 200, "Thank you")
	}
	p := answer(url.Values{"answer": {"will_renew"}, "renew_on": {"2026-12-03"}})
	if p.Status != http.StatusSeeOther {
		t.Errorf("will renew: status %d", p.Status)
	}
	answer(url.Values{"answer": {"will_renew"}, "renew_on": {"2026-12-24"}}).want(t, http.StatusUnprocessableEntity, "expires before this day", "Choose an earlier one")
	answer(url.Values{"answer": {"will_renew"}}).want(t, http.StatusUnprocessableEntity, "Choose the day")
	answer(url.Values{"answer": {"buy_it_for_me"}}).want(t, http.StatusNotFound)
	want := []string{"1 " + name + " renewed", "1 " + name + " auto_renew_on", "1 " + name + " wrong_person", "1 " + name + " will_renew 2026-12-03"}
	if d := cmp.Diff(want, s.answers.said); d != "" {
		t.Errorf("said (-want +got):\n%s", d)
	}
}

func TestLettingGoIsConfirmed(t *testing.T) {
	s := clientSite(t)
	const name = "harborlinedental.example"
	p := s.post("/c/link-1/answer", url.Values{"domain": {name}, "answer": {"letting_go"}})
	if p.Status != http.StatusSeeOther || p.Location != "/c/link-1/confirm?domain="+name || len(s.answers.said) > 0 {
		t.Fatalf("the first step: status %d to %q, said %v", p.Status, p.Location, s.answers.said)
	}
	s.get(p.Location).want(t, 200, "Let "+name+" go?", "Nothing is recorded until you confirm", "In the end anybody else can register it", "The website", "Yes, we let "+name+" go", `name="confirmed" value="yes"`)
	p = s.post("/c/link-1/answer", url.Values{"domain": {name}, "answer": {"letting_go"}, "confirmed": {"yes"}})
	if p.Status != http.StatusSeeOther || !slices.Equal(s.answers.said, []string{"1 " + name + " letting_go"}) {
		t.Errorf("the second step: status %d, said %v", p.Status, s.answers.said)
	}
}

func TestWhatWasSaidBefore(t *testing.T) {
	s := clientSite(t)
	v := s.store.portals[1]
	v.Domains[0].Answer = &models.Answer{Kind: models.AnswerWillRenew, RenewOn: new(time.Date(2026, 12, 3, 0, 0, 0, 0, time.UTC)), At: noon.AddDate(0, 0, -4)}
	s.store.portals[1] = v
	s.get("/c/link-1").want(t, 200, "You told us on 17 Nov 2026 that you will renew it on 3 Dec 2026.", "Change this answer")
}

// TestOthersAreOutOfReach tries with one client's link to see and to change what is another's.
func TestOthersAreOutOfReach(t *testing.T) {
	s := clientSite(t, func(o *dashboard.Options) { o.Links = fakeLinks{contact: map[int64]int64{2: 77}} })
	for _, form := range []url.Values{
		{"domain": {"brightwaterpools.example"}, "answer": {"renewed"}},
		{"domain": {"brightwaterpools.example"}, "answer": {"letting_go"}, "confirmed": {"yes"}},
		{"domain": {"no-such-name.example"}, "answer": {"renewed"}},
		{"domain": {""}, "answer": {"renewed"}},
	} {
		p := s.post("/c/link-1/answer", form)
		p.want(t, http.StatusNotFound, "That did not work")
		p.lacks(t, "Brightwater")
	}
	p := s.get("/c/link-1/confirm?domain=brightwaterpools.example")
	p.want(t, http.StatusNotFound)
	p.lacks(t, "brightwater", "Brightwater")
	// A token for link 2 that was made for contact 77, whereas the row says contact 2.
	p = s.get("/c/link-2")
	p.want(t, http.StatusNotFound, "This link does not work")
	p.lacks(t, "Brightwater")
	if len(s.answers.said) > 0 {
		t.Errorf("said %v", s.answers.said)
	}
}

func TestLinksThatDoNotWork(t *testing.T) {
	s := clientSite(t)
	revoked, ended := s.store.portals[1], s.store.portals[1]
	revoked.Link.ID, revoked.Link.ContactID, revoked.Contact.ID, revoked.Link.RevokedAt = 3, 3, 3, &noon
	ended.Link.ID, ended.Link.ContactID, ended.Contact.ID, ended.Link.ExpiresAt = 4, 4, 4, noon
	s.store.portals[3], s.store.portals[4] = revoked, ended
	var bodies []string
	for _, token := range []string{"nonsense", "link-99", "link-3", "link-4"} {
		p := s.get("/c/" + token)
		p.want(t, http.StatusNotFound, "This link does not work", "Ask for a new link", "(555) 010-0199", "Monday to Friday, 9 to 5 Pacific")
		p.lacks(t, "Harborline", "nonsense")
		bodies = append(bodies, p.Body)
		s.post("/c/"+token+"/answer", url.Values{"domain": {"harborlinedental.example"}, "answer": {"renewed"}}).want(t, http.StatusNotFound)
	}
	if len(slices.Compact(bodies)) != 1 {
		t.Error("the page tells why a link does not work")
	}
	if len(s.answers.said) > 0 {
		t.Errorf("said %v", s.answers.said)
	}
}

func TestAnswersThatAreRefused(t *testing.T) {
	s := clientSite(t)
	form := url.Values{"domain": {"harborlinedental.example"}, "answer": {"renewed"}}
	s.answers.err = models.Invalid("Answer", "the registry shows a new date already; there is nothing to answer")
	s.post("/c/link-1/answer", form).want(t, http.StatusUnprocessableEntity, "This answer can’t be accepted now", "Harborline Dental")
	s.answers.err = models.ErrConflict
	s.post("/c/link-1/answer", form).want(t, http.StatusConflict, "Your answer was not recorded")
	s.answers.err = http.ErrServerClosed
	p := s.post("/c/link-1/answer", form)
	p.want(t, http.StatusServiceUnavailable, "Your answer was not recorded", "Reference: DW-")
	p.lacks(t, "Server closed")
}

func TestWhatIsNotKnownIsNotTheClientsFault(t *testing.T) {
	for why, want := range map[models.LifecycleReason]string{
		models.WhyLookFailing:    "We have no date for it at the moment, and look again by ourselves.",
		models.WhyNeverLooked:    "We have no date for it at the moment, and look again by ourselves.",
		models.WhyNoPublicExpiry: "No date is published for it. Please tell us when it expires.",
	} {
		s := clientSite(t)
		v := s.store.portals[1]
		d := &v.Domains[0].Domain
		d.Lifecycle, d.LifecycleWhy, d.ExpiresAt = models.LifecycleUnknown, why, nil
		v.Domains, v.Domains[0].Cycle = v.Domains[:1], nil
		s.store.portals[1] = v
		p := s.get("/c/link-1")
		p.want(t, 200, want)
		p.lacks(t, "I have renewed it", "Sign in at")
	}
}

func TestTheClientsZone(t *testing.T) {
	s := clientSite(t)
	v := s.store.portals[1]
	v.Contact.TimeZone = "Pacific/Auckland"
	v.Domains[0].Domain.ExpiresAt = new(time.Date(2026, 12, 12, 15, 0, 0, 0, time.UTC))
	s.store.portals[1] = v
	s.get("/c/link-1").want(t, 200, "Sun 13 Dec 2026")
}
