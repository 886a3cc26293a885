package monitor_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/monitor"
)

// situation judges a domain at now and gives what the rules see.
func situation(d models.Domain, r *models.Registration, now string) *monitor.Situation {
	if d.Name == "" {
		d.Name, d.Suffix = "shop.lab", "lab"
	}
	e := models.EffectiveExpiry(&d, r)
	return &monitor.Situation{
		Domain: d, Registration: r, Judgement: monitor.JudgeLifecycle(&d, r, e, gtld, *date(now)), Now: *date(now),
		Contacts: []models.Contact{{Name: "Maya Okafor", Email: "maya@elsewhere.example", EmailState: models.EmailOK}},
	}
}

// summary lists verdicts as "code severity <cause".
func summary(verdicts []models.Verdict) []string {
	out := []string{}
	for _, v := range verdicts {
		line := v.Code + " " + string(v.Severity)
		if v.CauseCode != "" {
			line += " <" + v.CauseCode
		}
		out = append(out, line)
	}
	slices.Sort(out)
	return out
}

func TestFindingsOnARegistration(t *testing.T) {
	t.Parallel()
	reg := func(at, expires string, statuses ...string) *models.Registration {
		r := &models.Registration{FactsAt: date(at), Statuses: statuses, Registrar: "Northwind Names"}
		if expires != "" {
			r.RegistryExpiry, r.RegistryExpiryAt = date(expires), date(at)
		}
		return r
	}
	const locked = "clientTransferProhibited"
	noDate := reg("2026-11-01", "")
	noDate.NoPublicExpiry = true
	jumped := reg("2027-01-12", newDate, locked, "autoRenewPeriod")
	jumped.RenewalOf = date(oldDate)
	gone := reg("2026-10-01", oldDate, locked)
	gone.AbsentSources, gone.AbsentRuns = []string{"rdap", "whois"}, 2
	attested := models.Domain{AttestedExpiry: date("2027-09-01"), AttestedAt: date("2025-10-01"), AttestedBy: "Jonas Kessler"}
	passed := models.Domain{AttestedExpiry: date("2026-10-20"), AttestedAt: date("2026-09-01")}
	for name, c := range map[string]struct {
		domain models.Domain
		reg    *models.Registration
		now    string
		want   []string
		why    string
	}{
		"fine":              {models.Domain{}, reg("2026-11-01", "2027-09-01", locked), "2026-11-02", nil, ""},
		"60 days":           {models.Domain{}, reg("2026-11-30", oldDate, locked), "2026-12-01", []string{"expiring info"}, ""},
		"30 days":           {models.Domain{}, reg("2026-12-14", oldDate, locked), "2026-12-15", []string{"expiring minor"}, ""},
		"14 days":           {models.Domain{}, reg("2026-12-27", oldDate, locked), "2026-12-28", []string{"expiring major"}, ""},
		"3 days":            {models.Domain{}, reg("2027-01-07", oldDate, locked), "2027-01-08", []string{"expiring critical"}, ""},
		"expired, held":     {models.Domain{}, reg("2027-01-12", oldDate, "clientHold"), "2027-01-12", []string{"expired critical", "on_hold_client critical <expired"}, "the lapse explains the hold"},
		"held":              {models.Domain{}, reg("2026-11-01", "2027-09-01", "serverHold", locked), "2026-11-02", []string{"on_hold_server critical"}, ""},
		"redemption":        {models.Domain{}, reg("2027-03-01", oldDate, "redemptionPeriod"), "2027-03-01", []string{"redemption critical"}, "no word on the lock of a lapsed name"},
		"pending delete":    {models.Domain{}, reg("2027-03-28", oldDate, "pendingDelete"), "2027-03-28", []string{"pending_delete critical"}, ""},
		"released":          {models.Domain{}, gone, "2027-05-01", []string{"released critical"}, "absence is an answer: the look does not fail"},
		"transfer":          {models.Domain{}, reg("2026-11-01", "2027-09-01", "pendingTransfer"), "2026-11-02", []string{"pending_transfer major"}, ""},
		"no lock":           {models.Domain{}, reg("2026-11-01", "2027-09-01", "ok"), "2026-11-02", []string{"transfer_lock_missing info"}, ""},
		"no EPP, no lock":   {models.Domain{}, reg("2026-11-01", "2027-09-01", "connect"), "2026-11-02", nil, "the registry has no such status"},
		"unconfirmed":       {models.Domain{}, jumped, "2027-01-12", []string{"renewal_unconfirmed major"}, "milder, and never the word expired"},
		"no date":           {models.Domain{}, noDate, "2026-11-02", []string{"expiry_not_public minor"}, "ask the client"},
		"attested long ago": {attested, func() *models.Registration { r := *noDate; return &r }(), "2026-11-02", []string{"expiry_not_public minor"}, "asked again yearly"},
		"attested, passed":  {passed, func() *models.Registration { r := *noDate; return &r }(), "2026-11-02", []string{"expiry_not_public major"}, ""},
		"unreadable":        {models.Domain{}, reg("2026-11-01", ""), "2026-11-02", []string{"expiry_unparsed minor"}, ""},
		"looks fail, far":   {models.Domain{LookOutcome: models.OutcomeTimeout}, reg("2026-11-01", "2027-09-01", locked), "2026-11-20", []string{"look_failing minor"}, ""},
		"looks fail, near":  {models.Domain{LookOutcome: models.OutcomeTimeout}, reg("2026-12-01", oldDate, locked), "2026-12-04", []string{"expiring info", "look_failing major"}, "the lifecycle stays"},
		"date passed unseen": {
			models.Domain{LookOutcome: models.OutcomeThrottled}, reg("2027-01-01", oldDate, locked), "2027-01-12", []string{"look_failing major"}, "not expired: unknown",
		},
		"never answered":        {models.Domain{LookFailures: 3, LookOutcome: models.OutcomeRefused, CreatedAt: *date("2026-10-01")}, nil, "2026-11-02", []string{"look_failing minor"}, ""},
		"just added":            {models.Domain{LookFailures: 3, LookOutcome: models.OutcomeRefused, CreatedAt: *date("2026-11-02")}, nil, "2026-11-02", nil, "give it a day"},
		"unsupported":           {models.Domain{LookFailures: 3, RegistryServer: monitor.ServerUnsupported}, nil, "2026-11-02", []string{"suffix_unsupported minor"}, ""},
		"auto-renew off, far":   {models.Domain{AutoRenew: models.AutoRenewOff}, reg("2026-11-01", "2027-09-01", locked), "2026-11-02", []string{"auto_renew_off info"}, ""},
		"auto-renew off, near":  {models.Domain{AutoRenew: models.AutoRenewOff}, reg("2026-11-30", oldDate, locked), "2026-12-01", []string{"auto_renew_off minor", "expiring info"}, ""},
		"auto-renew not stated": {models.Domain{AutoRenew: models.AutoRenewUnknown}, reg("2026-11-01", "2027-09-01", locked), "2026-11-02", nil, "not stated is not off"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := situation(c.domain, c.reg, c.now)
			want := c.want
			if want == nil {
				want = []string{}
			}
			verdicts := monitor.RegistrationVerdicts(s)
			if diff := cmp.Diff(want, summary(verdicts)); diff != "" {
				t.Errorf("%s\n%s", c.why, diff)
			}
			for _, v := range verdicts {
				if !monitor.RegistrationJudged(s)(v.Code) {
					t.Errorf("%s is stated and was not judged", v.Code)
				}
				wellWorded(t, v)
			}
		})
	}
}

// wellWorded holds the words to the tone of the design: whole sentences, no urgency, nothing left unsaid.
func wellWorded(t *testing.T, v models.Verdict) {
	t.Helper()
	for what, text := range map[string]string{"title": v.Title, "detail": v.Detail, "next step": v.NextStep, "reason": v.Reason, "subject": v.Subject} {
		if text == "" || strings.ContainsAny(text, "!") || strings.Contains(text, "%!") || strings.Contains(strings.ToLower(text), "urgent") {
			t.Errorf("%s of %s: %q", what, v.Code, text)
		}
	}
	if !strings.HasSuffix(v.Detail, ".") || !strings.HasSuffix(v.NextStep, ".") {
		t.Errorf("%s does not speak in sentences: %q %q", v.Code, v.Detail, v.NextStep)
	}
}

func TestContactsThatCannotBeReached(t *testing.T) {
	t.Parallel()
	reg := &models.Registration{FactsAt: date("2026-12-01"), RegistryExpiry: date(oldDate), Statuses: []string{"clientTransferProhibited"}}
	on := models.Contact{Name: "Maya Okafor", Email: "maya@shop.lab", EmailState: models.EmailOK}
	sub := models.Contact{Name: "Maya Okafor", Email: "maya@mail.shop.lab", EmailState: models.EmailOK}
	lookalike := models.Contact{Name: "Rosa Delgado", Email: "rosa@workshop.lab", EmailState: models.EmailOK}
	bad := models.Contact{Name: "Luis Ferreira", Email: "luis@elsewhere.example", EmailState: models.EmailBad, EmailReason: "550 no such user", EmailStateAt: date("2026-11-20")}
	since, before := lookalike, lookalike
	since.CreatedAt, before.CreatedAt = *date("2026-11-21"), *date("2026-11-19")
	for name, c := range map[string]struct {
		contacts []models.Contact
		want     []string
		why      string
	}{
		"nobody":                {nil, []string{"contact_missing major", "expiring info"}, ""},
		"refused for good":      {[]models.Contact{bad}, []string{"address_refused major", "contact_missing major", "expiring info"}, ""},
		"only on the name":      {[]models.Contact{on, bad}, []string{"address_refused major", "contact_on_expiring_domain major", "expiring info"}, "no mail arrives when it lapses"},
		"still to be corrected": {[]models.Contact{before, bad}, []string{"address_refused major", "expiring info"}, "somebody else was there before"},
		"corrected":             {[]models.Contact{since, bad}, []string{"expiring info"}, "somebody was recorded after the refusal"},
		"on a name beneath":     {[]models.Contact{sub}, []string{"contact_on_expiring_domain major", "expiring info"}, ""},
		"somebody elsewhere":    {[]models.Contact{on, lookalike}, []string{"contact_on_expiring_domain minor", "expiring info"}, ""},
		"a name that looks so":  {[]models.Contact{lookalike}, []string{"expiring info"}, "workshop.lab is another name"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := situation(models.Domain{}, reg, "2026-12-02")
			s.Contacts = c.contacts
			if diff := cmp.Diff(c.want, summary(monitor.RegistrationVerdicts(s))); diff != "" {
				t.Errorf("%s\n%s", c.why, diff)
			}
			s.Standalone = true
			if diff := cmp.Diff([]string{"expiring info"}, summary(monitor.RegistrationVerdicts(s))); diff != "" {
				t.Errorf("a check without a portfolio speaks of contacts:\n%s", diff)
			}
		})
	}
}

func TestAChangeStandsForTwoWeeks(t *testing.T) {
	t.Parallel()
	reg := &models.Registration{FactsAt: date("2026-11-01"), RegistryExpiry: date("2027-09-01"), Statuses: []string{"clientTransferProhibited"}}
	s := situation(models.Domain{}, reg, "2026-11-01")
	s.Records = []models.ExpectedRecord{{Host: "www.shop.lab", Type: "A"}}
	s.Changes = []models.Change{
		{Field: "registrar", Before: "Northwind Names", After: "Contoso Domains", At: s.Now},
		{Field: "nameservers", Before: "ns1.a.example", After: "ns1.b.example", At: s.Now},
		{Field: "created", Before: "2015-01-10T08:00:00Z", After: "2026-10-30T08:00:00Z", At: s.Now},
	}
	first := monitor.RegistrationVerdicts(s)
	want := []string{"nameservers_changed major", "registered_anew critical", "registrar_changed major"}
	if diff := cmp.Diff(want, summary(first)); diff != "" {
		t.Fatal(diff)
	}
	var stored []models.Finding
	for _, c := range monitor.Reconcile(nil, first, always, s.Now) {
		wellWorded(t, first[0])
		stored = append(stored, c.Finding)
	}
	reg.FactsAt = date("2026-11-14")
	later := situation(models.Domain{}, reg, "2026-11-14")
	later.Stored = stored
	if diff := cmp.Diff(first, monitor.RegistrationVerdicts(later)); diff != "" {
		t.Errorf("13 days later the words changed:\n%s", diff)
	}
	reg.FactsAt = date("2026-11-16")
	past := situation(models.Domain{}, reg, "2026-11-16")
	past.Stored = stored
	if got := monitor.RegistrationVerdicts(past); len(got) != 0 {
		t.Errorf("after 15 days: %v", summary(got))
	}
	s.Changes = []models.Change{{Field: "created", Before: "2015-01-10T08:00:00Z", After: "2015-01-11T00:00:00Z", At: s.Now}}
	if got := monitor.RegistrationVerdicts(s); len(got) != 0 {
		t.Errorf("a corrected creation date: %v", summary(got))
	}
}

func TestWhatCouldNotBeJudgedStays(t *testing.T) {
	t.Parallel()
	stored := []models.Finding{
		{ID: 1, Code: "expiring", Subject: "shop.lab", State: models.FindingOpen, Severity: models.SeverityCritical},
		{ID: 2, Code: "transfer_lock_missing", Subject: "shop.lab", State: models.FindingOpen, Severity: models.SeverityInfo},
		{ID: 3, Code: "mail_undeliverable", Subject: "maya@elsewhere.example", State: models.FindingOpen, Severity: models.SeverityMajor},
		{ID: 4, Code: "record_missing", Subject: "www.shop.lab A", State: models.FindingOpen, Severity: models.SeverityMajor},
	}
	unseen := &models.Registration{FactsAt: date("2027-01-01"), RegistryExpiry: date(oldDate), RegistryExpiryAt: date("2027-01-01"), Statuses: []string{"clientTransferProhibited"}}
	s := situation(models.Domain{}, unseen, "2027-01-12")
	s.Stored = stored
	changes := monitor.Reconcile(stored, monitor.RegistrationVerdicts(s), monitor.RegistrationJudged(s), s.Now)
	for _, c := range changes {
		if c.Finding.ID != 0 {
			t.Errorf("%s %s, although nobody could look", c.Finding.Code, c.Kind)
		}
	}
	if len(changes) != 1 || changes[0].Finding.Code != "look_failing" {
		t.Errorf("changes = %+v, want look_failing opened", changes)
	}
}

func TestEveryRuleHasItsWordsAndACodeOfItsOwn(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, r := range append(monitor.RegistrationRules(), monitor.DNSRules()...) {
		if seen[r.Code] || r.Code == "" || r.Title == "" || r.Severity.Rank() < 0 {
			t.Errorf("rule %+v", r)
		}
		seen[r.Code] = true
	}
	if len(seen) < 30 {
		t.Errorf("%d rules", len(seen))
	}
}
