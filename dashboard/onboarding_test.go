package dashboard_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/monitor"
)

// onboarded is a site on which the first client has just the records given, on its one domain, and just the grants given.
func onboarded(t *testing.T, records []models.ExpectedRecord, grants ...models.Grant) *site {
	t.Helper()
	s := newSite(t, withRepair(monitor.Repair))
	fillSample(s.store)
	v := s.store.views[harborline]
	v.Watched.Records = records
	s.store.views[harborline] = v
	s.store.grants = nil
	for i := range grants {
		grants[i].ID, grants[i].ClientID = int64(i+1), 1
		s.store.grants = append(s.store.grants, models.GrantView{Grant: grants[i], ClientName: "Harborline Dental"})
	}
	return s.as(models.UserViewer)
}

func expected(service, host, rtype, value string, state models.RecordState) models.ExpectedRecord {
	rec := models.ExpectedRecord{
		Host: host, Type: rtype, Match: models.MatchExact, Values: []string{value}, Service: service, Purpose: "Shows the " + host + " page", Essential: true,
		State: state, LookedAt: new(noon.Add(-20 * time.Minute)), Seen: models.Seen{"ns1.dnshost.example 192.0.2.1": {"<NODATA>"}},
	}
	if state.Right() {
		rec.Seen = models.Seen{"ns1.dnshost.example 192.0.2.1": {value}}
	}
	return rec
}

func TestTheOnboardingSaysWhatIsInPlaceAndWhatToEnter(t *testing.T) {
	mailchimp := func(key string, state models.RecordState) models.ExpectedRecord {
		r := expected("mailchimp", key+"._domainkey."+harborline, "CNAME", "dkim2.mcsv.net", state)
		r.Purpose = "Newsletters no longer go out under your own name, and many land in spam."
		return r
	}
	s := onboarded(t,
		[]models.ExpectedRecord{
			mailchimp("k2", models.RecordOK), mailchimp("k3", models.RecordNameGone),
			expected("Their own tool", "promo."+harborline, "CNAME", "lp.pagehost.example", models.RecordMissing),
			expected("", "www."+harborline, "A", "203.0.113.24", models.RecordOKFlattened),
		},
		models.Grant{Platform: "google_ads", Role: "Manager", Asset: "123-456-7890", Method: models.MethodManagerAccount, State: models.GrantVerified, VerifiedAt: new(noon)},
		models.Grant{Platform: "Analytics", Role: "Editor", State: models.GrantRequested, AskedAt: new(noon.AddDate(0, 0, -3)), Purpose: "mailchimp"},
		models.Grant{Platform: "Old panel", State: models.GrantRevoked}, models.Grant{Platform: "Never", State: models.GrantDeclined},
		models.Grant{Platform: "Going", State: models.GrantToRevoke},
	)
	p := s.get("/clients/1/onboarding")
	p.want(t, 200,
		"<b>3 of 6 in place</b>", `<progress id="pr" max="6" value="3">`, "2 of 4 in place", "1 of 2 verified",
		">Mailchimp</h3>", "Without it: Newsletters no longer go out under your own name, and many land in spam.",
		">Their own tool</h3>", "Why it matters: Shows the promo."+harborline+" page.", ">Other records</h3>",
		`<code class="copy">k3._domainkey</code>`, `<code class="copy">dkim2.mcsv.net</code>`, `<code class="copy">CNAME</code>`, "<dt>TTL</dt>",
		"Name gone", "Missing", "Right, flattened", "looked at 20 min ago",
		`<pre class="copy">2 changes in the DNS of `+harborline, "----- 1 of 2 -----", "----- 2 of 2 -----",
		`<a href="/access/1">Google Ads, Manager</a>`, `<a href="/access/2">Analytics, Editor</a>`, "for Mailchimp. Waiting since",
	)
	p.lacks(t, "mailchimp", "Old panel", "Never", "Going", "the onboarding is done", "<script", "<form method=\"post\" action=\"/clients")
	if n := strings.Count(p.Body, "What to enter"); n != 2 {
		t.Errorf("%d records say what to enter, want the two that are not right", n)
	}
	if strings.Index(p.Body, "k3._domainkey") > strings.Index(p.Body, "k2._domainkey") {
		t.Error("what is to be done does not come first")
	}
	s.get("/clients/1").want(t, 200, `href="/clients/1/onboarding"`)
}

func TestTheOnboardingIsDoneWhenEveryItemIsVerified(t *testing.T) {
	right := expected("mailchimp", "www."+harborline, "A", "203.0.113.24", models.RecordOK)
	due := new(noon.AddDate(0, 0, -1))
	for why, c := range map[string]struct {
		grants []models.Grant
		want   string
		done   bool
	}{
		"records only":                              {nil, "1 of 1 in place", true},
		"an access that was verified":               {[]models.Grant{{State: models.GrantVerified, VerifiedAt: due}}, "2 of 2 in place", true},
		"verified, and its review is due":           {[]models.Grant{{State: models.GrantVerified, VerifiedAt: due, ReviewDue: due}}, "2 of 2 in place", true},
		"granted only":                              {[]models.Grant{{State: models.GrantGranted}}, "1 of 2 in place", false},
		"review due, though nobody ever verified":   {[]models.Grant{{State: models.GrantGranted, ReviewDue: due}}, "1 of 2 in place", false},
		"it may be gone":                            {[]models.Grant{{State: models.GrantAtRisk, VerifiedAt: due}}, "1 of 2 in place", false},
		"an access that ended is no part of it":     {[]models.Grant{{State: models.GrantRevoked}, {State: models.GrantDeclined}}, "1 of 1 in place", true},
		"asked for":                                 {[]models.Grant{{State: models.GrantRequested}}, "1 of 2 in place", false},
		"one of two verified, the other at nothing": {[]models.Grant{{State: models.GrantVerified, VerifiedAt: due}, {State: models.GrantRequested}}, "2 of 3 in place", false},
	} {
		p := onboarded(t, []models.ExpectedRecord{right}, c.grants...).get("/clients/1/onboarding")
		p.want(t, 200, "<b>"+c.want+"</b>")
		if got := strings.Contains(p.Body, "the onboarding is done"); got != c.done {
			t.Errorf("%s: done is %v", why, got)
		}
		p.lacks(t, "What to enter")
	}
}

func TestTheOnboardingOfARecordThatIsNotJudgedYet(t *testing.T) {
	base := expected("", "promo."+harborline, "CNAME", "lp.pagehost.example", models.RecordUnknown)
	for why, c := range map[string]struct {
		change func(*models.ExpectedRecord)
		want   []string
		enter  bool
	}{
		"never looked at": {func(r *models.ExpectedRecord) { r.LookedAt, r.Seen = nil, nil }, []string{"Not checked", "not looked at yet", "Create the CNAME record"}, true},
		"seen once, the second look is to come": {
			func(r *models.ExpectedRecord) {
				r.Pending, r.ConfirmAt = models.RecordNameGone, new(noon.Add(time.Hour))
			},
			[]string{"Waits for the second look", "seen once as “name gone”, second look after", "Create the CNAME record"},
			true,
		},
		"missing, and seen once as it should be": {
			func(r *models.ExpectedRecord) { r.State, r.Pending = models.RecordMissing, models.RecordOK },
			[]string{"Waits for the second look", "seen once as “right”"},
			true,
		},
		"no server answers": {func(r *models.ExpectedRecord) { r.State = models.RecordZoneUnreachable }, []string{"Servers do not answer"}, false},
	} {
		rec := base
		c.change(&rec)
		p := onboarded(t, []models.ExpectedRecord{rec}).get("/clients/1/onboarding")
		p.want(t, 200, append(c.want, "0 of 1 in place", `<li class="wait">`)...)
		if got := strings.Contains(p.Body, "What to enter"); got != c.enter {
			t.Errorf("%s: says what to enter: %v", why, got)
		}
	}
	right := base
	right.State, right.Pending = models.RecordOK, models.RecordMissing
	onboarded(t, []models.ExpectedRecord{right}).get("/clients/1/onboarding").want(t, 200, "1 of 1 in place", "seen once as “missing”")
}

func TestTheTicketHoldsNothingOfOurOwnServersAndNothingTwice(t *testing.T) {
	s := onboarded(t, []models.ExpectedRecord{
		expected("", "promo."+harborline, "NS", "ns1.agency.example", models.RecordMissing),
		expected("", "www.promo."+harborline, "A", "203.0.113.24", models.RecordMissing),
	})
	p := s.get("/clients/1/onboarding")
	p.want(t, 200, "What to enter <span class=\"meta\">ours</span>", `1 change</span>`, `<pre class="copy">DNS of `+harborline+`: NS record of promo.`)
	if ticket := p.Body[strings.Index(p.Body, "<pre"):strings.Index(p.Body, "</pre>")]; strings.Contains(ticket, "www.promo") {
		t.Errorf("the client is asked for what is ours:\n%s", ticket)
	}
}

// A name may have one SPF record only: services that each want their part of it ask for the same record, and for it once.
func TestTheTicketAsksForOneSPFRecord(t *testing.T) {
	spf := func(service, include string) models.ExpectedRecord {
		r := expected(service, harborline, "TXT", "include:"+include, models.RecordMissing)
		r.Match, r.Purpose = models.MatchContains, "Mail of "+service
		return r
	}
	p := onboarded(t, []models.ExpectedRecord{spf("one", "spf.one.example"), spf("two", "spf.two.example")}).get("/clients/1/onboarding")
	p.want(t, 200, `1 change</span>`)
	for _, want := range []string{"v=spf1 include:spf.one.example include:spf.two.example ~all", "v=spf1 include:spf.two.example include:spf.one.example ~all"} {
		if n := strings.Count(p.Body, want); n != 0 && n != 3 { // in the ticket, and in the fields of both
			t.Errorf("%q stands there %d times", want, n)
		}
	}
	if strings.Count(p.Body, `<code class="copy">v=spf1 `) != 2 || strings.Contains(p.Body, "1 of 2") {
		t.Errorf("more than one record is asked for\n%s", excerpt(p.Body))
	}
}

func TestTheDNSHostIsNamedOnce(t *testing.T) {
	s := onboarded(t, []models.ExpectedRecord{expected("", "promo."+harborline, "CNAME", "lp.pagehost.example", models.RecordMissing)})
	s.get("/clients/1/onboarding").want(t, 200, "The DNS host is not one we know", "ns1.dnshost.example, ns2.dnshost.example")
	s.store.views[harborline].Watched.Delegation.ParentNS = []string{"ada.ns.cloudflare.com", "bob.ns.cloudflare.com"}
	p := s.get("/clients/1/onboarding")
	p.want(t, 200, "DNS host, by its name servers: <b>Cloudflare: ")
	if n := strings.Count(p.Body, "Cloudflare: "); n != 1 {
		t.Errorf("said %d times", n)
	}
	v := s.store.views[harborline]
	v.Watched.Delegation = nil
	s.store.views[harborline] = v
	s.get("/clients/1/onboarding").want(t, 200, "The name servers are not known yet")
}

func TestOnboardingWithNothingExpected(t *testing.T) {
	s := onboarded(t, nil)
	s.get("/clients/1/onboarding").want(t, 200, "No record is expected yet", "Nothing was asked for yet")
	s.get("/clients/99/onboarding").want(t, 404)
	s.get("/clients/x/onboarding").want(t, 404)
	s.as(models.UserOnboarding).get("/clients/1/onboarding").lacks(t, "Look again now", "<progress")
}

func TestAllDomainsOfAClientAreLookedAtAgain(t *testing.T) {
	s := onboarded(t, []models.ExpectedRecord{expected("", "www."+harborline, "A", "203.0.113.24", models.RecordMissing)})
	s.as(models.UserOnboarding).get("/clients/1/onboarding").want(t, 200, `action="/clients/1/onboarding/recheck"`, "/access/new?client=1")
	p := s.post("/clients/1/onboarding/recheck", nil)
	if p.Status != http.StatusSeeOther || p.Location != "/clients/1/onboarding" {
		t.Errorf("status %d to %q", p.Status, p.Location)
	}
	if w := s.store.written(); !strings.HasPrefix(w[len(w)-1], "recheck [3 12") {
		t.Errorf("wrote %q", w)
	}
	s.post("/clients/99/onboarding/recheck", nil).want(t, 404)
	s.post("/clients/x/onboarding/recheck", nil).want(t, 404)
}

// What the catalogue knows is shown in its words, to clients too; everything else as it stands.
func TestServicesAreNamed(t *testing.T) {
	s := newSite(t)
	fillSample(s.store)
	s.store.clients[1] = models.Client{ID: 1, Name: "Harborline Dental", Services: []string{"mailchimp", "Window cleaning"}, CreatedAt: noon}
	v := s.store.views[harborline]
	v.Watched.Records = []models.ExpectedRecord{
		expected("mailchimp", "k2._domainkey."+harborline, "CNAME", "dkim2.mcsv.net", models.RecordOK),
		expected("Window cleaning", "www."+harborline, "A", "203.0.113.24", models.RecordOK),
	}
	s.store.views[harborline] = v
	p := samplePortal(s.store, 1)
	p.Domains[0].Records = slices.Concat(v.Watched.Records, v.Watched.Records)
	s.store.portals[1] = p
	s.as(models.UserViewer)
	for _, path := range []string{"/clients", "/clients/1", "/clients/1/onboarding", "/domains/" + harborline} {
		page := s.get(path)
		page.want(t, 200, "Mailchimp", "Window cleaning")
		page.lacks(t, ">mailchimp<")
	}
	s.get("/c/link-1").want(t, 200, "Of our services, this runs on it: Mailchimp; Shows the www."+harborline+" page.")
}

// Where the name lapsed, or its DNS host is down, there is one thing to do and nothing to enter.
func TestACauseGoesBeforeItsRecords(t *testing.T) {
	record := expected("", "promo."+harborline, "CNAME", "lp.pagehost.example", models.RecordMissing)
	record.State = models.RecordDelegationBroken
	child := func(cause string) models.Finding {
		return models.Finding{Code: "record_delegation_broken", Subject: record.Host + " CNAME contains x", CauseCode: cause, State: models.FindingOpen, OpenedAt: noon}
	}
	cause := func(code, of string) models.Finding {
		return models.Finding{Code: code, Subject: harborline, Title: "The reason", NextStep: "Ask the registrar", CauseCode: of, State: models.FindingOpen, OpenedAt: noon}
	}
	for why, c := range map[string]struct {
		findings []models.Finding
		first    bool
	}{
		"on hold":                         {[]models.Finding{child("on_hold_client"), cause("on_hold_client", "")}, true},
		"through the delegation":          {[]models.Finding{child("dns_no_delegation"), cause("expired", ""), {Code: "dns_no_delegation", CauseCode: "expired", State: models.FindingOpen}}, true},
		"a dead host, carried elsewhere":  {[]models.Finding{child("dnshost_failing"), cause("dnshost_failing", "dnshost_failing")}, true},
		"moved: enter it at the new host": {[]models.Finding{child("nameservers_changed"), cause("nameservers_changed", "")}, false},
		"to be taken over: remove it":     {[]models.Finding{child("takeover_cname"), cause("takeover_cname", "")}, false},
		"it stands for itself":            {[]models.Finding{child("")}, false},
		"the cause is over":               {[]models.Finding{child("on_hold_client")}, false},
		"of another record":               {[]models.Finding{cause("expired", ""), {Code: "record_wrong", Subject: "promo." + harborline + " CNAMEX", CauseCode: "expired", State: models.FindingOpen}}, false},
	} {
		s := onboarded(t, []models.ExpectedRecord{record})
		v := s.store.views[harborline]
		v.Watched.Findings = c.findings
		s.store.views[harborline] = v
		p := s.get("/clients/1/onboarding")
		p.want(t, 200, "0 of 1 in place")
		first, enter := strings.Contains(p.Body, "Explained by: The reason") && strings.Contains(p.Body, "<b>The reason.</b> Ask the registrar."), strings.Contains(p.Body, "What to enter")
		if first != c.first || enter == c.first {
			t.Errorf("%s: the cause goes first %v, there is something to enter %v", why, first, enter)
		}
	}
}
