package dashboard_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

// noon is Saturday 21 November 2026 in the agency's zone.
func TestFindingsAreHandledByForm(t *testing.T) {
	at := "/domains/" + harborline + "/findings/"
	for why, c := range map[string]struct {
		path   string
		form   url.Values
		status int
		wrote  string // empty: nothing
		said   string
	}{
		"rests until a day":          {"1/rest", url.Values{"until": {"2026-11-24"}}, 303, "rest 1 2026-11-24T08:00:00Z ops@northwind.example", "It rests until 24 Nov 2026, or until it gets worse."},
		"shown again":                {"1/rest", url.Values{"again": {"yes"}, "until": {""}}, 303, "rest 1 " + noon.UTC().Format(time.RFC3339) + " ops@northwind.example", "shown on Today again"},
		"not without an end":         {"1/rest", url.Values{}, 400, "", "give a day"},
		"not for ever":               {"1/rest", url.Values{"until": {"2027-11-24"}}, 400, "", "90 days ahead at most"},
		"not until today":            {"1/rest", url.Values{"until": {"2026-11-21"}}, 400, "", "from tomorrow on"},
		"somebody takes it":          {"2/assign", url.Values{"who": {" Kim Lee "}}, 303, "assign 2 Kim Lee", "Kim Lee takes care of it."},
		"I take it":                  {"2/assign", url.Values{"who": {"Kim"}, "me": {"yes"}}, 303, "assign 2 ops@northwind.example", "ops@northwind.example takes care of it."},
		"nobody":                     {"2/assign", url.Values{"who": {""}}, 303, "assign 2 ", "Nobody takes care of it now."},
		"a secret":                   {"2/assign", url.Values{"who": {"password: Tr0ub4dor&3xyz"}}, 400, "", "was not kept"},
		"of another domain, or gone": {"77/assign", url.Values{"who": {"Kim"}}, 409, "", "not open any more"},
		"resolved":                   {"4/rest", url.Values{"until": {"2026-11-24"}}, 409, "", "not open any more"},
		"not a number":               {"x/rest", url.Values{}, 404, "", ""},
	} {
		s := newSite(t)
		fillSample(s.store)
		v := s.store.views[harborline]
		v.Watched.Findings = append(v.Watched.Findings, models.Finding{ID: 4, Code: "expired", State: models.FindingResolved})
		s.store.views[harborline] = v
		s.as(models.UserOps)
		before := len(s.store.written())
		p := s.post(at+c.path, c.form)
		wrote := strings.Join(s.store.written()[before:], "; ")
		if p.Status != c.status || wrote != c.wrote {
			t.Errorf("%s: status %d, wrote %q\n%s", why, p.Status, wrote, excerpt(p.Body))
		}
		if p.Status == http.StatusSeeOther {
			if p.Location != "/domains/"+harborline+"#fin" {
				t.Errorf("%s: to %q", why, p.Location)
			}
			p = s.get("/domains/" + harborline)
		}
		if !strings.Contains(p.Body, c.said) {
			t.Errorf("%s: does not say %q\n%s", why, c.said, excerpt(p.Body))
		}
		p.lacks(t, "Tr0ub4dor")
	}
}

func TestWhoMayHandleFindings(t *testing.T) {
	s := newSite(t)
	fillSample(s.store)
	v := s.store.views[harborline]
	v.Watched.Findings[0].SnoozedUntil, v.Watched.Findings[0].Assignee = new(noon.Add(50*time.Hour)), `Kim "x" Lee`
	s.store.views[harborline] = v
	p := s.as(models.UserOps).get("/domains/" + harborline)
	p.want(t, 200, `action="/domains/harborlinedental.example/findings/1/rest"`, `action="/domains/harborlinedental.example/findings/2/assign"`,
		`min="2026-11-22" max="2027-02-19"`, "Show it again", `value="Kim &#34;x&#34; Lee"`, "hidden from Today until", `href="/domains/harborlinedental.example/archive"`)
	p.lacks(t, "findings/3/") // what another finding explains is handled with it
	s.as(models.UserOnboarding).get("/domains/"+harborline).lacks(t, "/findings/", "/archive")
}

func TestTheWatchOverADomainEndsAfterAQuestion(t *testing.T) {
	s := newSite(t)
	fillSample(s.store)
	v := s.store.views[harborline]
	v.Watched.Cycle = &models.Cycle{ID: 1}
	s.store.views[harborline] = v
	s.as(models.UserOps)
	before := len(s.store.written())
	s.get("/domains/"+harborline+"/archive").want(t, 200, "End the watch over "+harborline+"?", "Harborline Dental hears no more", "3 expected records of it are not checked any more")
	s.post("/domains/"+harborline+"/archive", nil).want(t, 400)
	if w := s.store.written(); len(w) != before {
		t.Fatalf("without a confirmation: %v", w[before:])
	}
	p := s.post("/domains/"+harborline+"/archive", url.Values{"confirmed": {"yes"}})
	if w := s.store.written(); p.Status != http.StatusSeeOther || p.Location != "/clients/1" || w[len(w)-1] != "archive 12 ops@northwind.example" {
		t.Errorf("status %d to %q, wrote %v", p.Status, p.Location, w)
	}
	s.get("/clients/1").want(t, 200, harborline+" is not watched any more.")

	v.Watched.Domain.ArchivedAt = new(noon.Add(-time.Hour))
	s.store.views[harborline] = v
	p = s.get("/domains/" + harborline)
	p.want(t, 200, "This name is not watched any more, since 21 Nov")
	p.lacks(t, "/archive", "Recheck now", "/findings/")
	s.get("/domains/"+harborline+"/archive").want(t, 409, "not watched any more")
	s.post("/domains/"+harborline+"/archive", url.Values{"confirmed": {"yes"}}).want(t, 409)
	s.get("/domains/none.example/archive").want(t, 404)
	s.post("/domains/none.example/archive", nil).want(t, 404)
}
