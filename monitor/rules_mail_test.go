package monitor_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/monitor"
	"github.com/krestmarketing/deedwatch/monitor/mailauth"
)

// TestEveryMailProblemHasItsWords: what the looker can state, the rules can say, and nothing else.
func TestEveryMailProblemHasItsWords(t *testing.T) {
	t.Parallel()
	var words []string
	for _, r := range monitor.DNSRules() {
		if code, ok := strings.CutPrefix(r.Code, "mail_"); ok {
			words = append(words, code)
			if r.Severity.Rank() > models.SeverityMinor.Rank() {
				t.Errorf("%s is %s: mail findings inform", r.Code, r.Severity)
			}
		}
	}
	known := mailauth.Codes()
	slices.Sort(known)
	slices.Sort(words)
	if diff := cmp.Diff(known, words); diff != "" {
		t.Error(diff)
	}
}

func mailSituation(mail *models.MailLook, records ...models.ExpectedRecord) *monitor.Situation {
	fine := &models.Registration{FactsAt: date("2026-11-01"), RegistryExpiry: date("2027-09-01"), Statuses: []string{"clientTransferProhibited"}}
	return dnsSituation(fine, models.DelegationLook{Outcome: models.OutcomeOK, Mail: mail}, records...)
}

func TestFindingsOnMail(t *testing.T) {
	t.Parallel()
	key := func(s models.RecordState) models.ExpectedRecord {
		r := record("k1._domainkey.shop.lab", "CNAME", s, true)
		return r
	}
	gone := models.MailProblem{Code: "dkim_gone", Subject: "k1._domainkey.shop.lab", Side: "client", Detail: "There is no key.", Breaks: true, For: "Newsletters"}
	essential := gone
	essential.Essential = true
	lookups := models.MailProblem{Code: "spf_lookups", Subject: "shop.lab", Side: "client", Detail: "It needs 12 lookups."}
	for name, c := range map[string]struct {
		why      string
		problems []models.MailProblem
		records  []models.ExpectedRecord
		lapsed   bool
		want     []string
	}{
		"right":                      {"", nil, []models.ExpectedRecord{key(models.RecordOK)}, false, []string{}},
		"nothing breaks":             {"what no sender needs is no more than minor", []models.MailProblem{lookups}, nil, false, []string{"mail_spf_lookups minor"}},
		"for information":            {"", []models.MailProblem{{Code: "dmarc_none", Subject: "shop.lab", Side: "client", Detail: "It is none."}}, nil, false, []string{"mail_dmarc_none info"}},
		"breaks":                     {"", []models.MailProblem{gone}, nil, false, []string{"mail_dkim_gone minor"}},
		"breaks what is essential":   {"by the expected record's weight", []models.MailProblem{essential}, []models.ExpectedRecord{key(models.RecordOK)}, false, []string{"mail_dkim_gone major"}},
		"explained by the record":    {"one cause", []models.MailProblem{essential}, []models.ExpectedRecord{key(models.RecordNameGone)}, false, []string{"mail_dkim_gone major <record_name_gone", "record_name_gone major"}},
		"explained by another":       {"one cause", []models.MailProblem{essential, {Code: "dmarc_rejects", Subject: "shop.lab", Side: "client", Detail: "It is turned away.", Breaks: true, Cause: "dkim_gone"}}, nil, false, []string{"mail_dkim_gone major", "mail_dmarc_rejects minor <mail_dkim_gone"}},
		"explained by a lapsed name": {"root cause first", []models.MailProblem{gone}, nil, true, []string{"mail_dkim_gone minor <expired"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := mailSituation(&models.MailLook{Problems: c.problems}, c.records...)
			if c.lapsed {
				s = dnsSituation(&models.Registration{FactsAt: date("2026-11-01"), RegistryExpiry: date("2026-10-20"), Statuses: []string{"ok"}}, *s.DNS)
			}
			verdicts := monitor.DNSVerdicts(s)
			if diff := cmp.Diff(c.want, summary(verdicts)); diff != "" {
				t.Errorf("%s\n%s", c.why, diff)
			}
			for _, v := range verdicts {
				wellWorded(t, v)
			}
		})
	}
}

// TestMailFoldsUnderTakeovers: a name that is gone is said once, by the finding on who could come to hold it.
func TestMailFoldsUnderTakeovers(t *testing.T) {
	t.Parallel()
	s := mailSituation(&models.MailLook{Problems: []models.MailProblem{
		{Code: "spf_include_gone", Subject: "shop.lab include:gone.lab", Side: "client", Detail: "It is gone."},
		{Code: "spf_include_gone", Subject: "shop.lab include:other.lab", Side: "client", Detail: "It is gone."},
		{Code: "mx_gone", Subject: "shop.lab mx.gone.lab", Side: "client", Detail: "It is gone."},
	}})
	s.DNS.Targets = []models.TargetLook{
		{Kind: models.TargetSPF, Host: "shop.lab", Name: "gone.lab", End: "gone.lab", State: models.TargetAbsent},
		{Kind: models.TargetMX, Host: "shop.lab", Name: "mx.gone.lab", End: "mx.gone.lab", State: models.TargetAbsent},
		{Kind: models.TargetSPF, Host: "shop.lab", Name: "other.lab", End: "other.lab", State: models.TargetExists},
	}
	got := map[string]string{}
	for _, v := range monitor.DNSVerdicts(s) {
		got[v.Code+" "+v.Subject] = v.CauseCode
	}
	for subject, cause := range map[string]string{
		"mail_spf_include_gone shop.lab include:gone.lab": "takeover_spf", "mail_mx_gone shop.lab mx.gone.lab": "takeover_mx",
		"mail_spf_include_gone shop.lab include:other.lab": "",
	} {
		if c, ok := got[subject]; !ok || c != cause {
			t.Errorf("%s: %q, want %q in %v", subject, c, cause, got)
		}
		if cause != "" && !hasCode(got, cause) {
			t.Errorf("%s names %s, which is not stated: %v", subject, cause, got)
		}
	}
}

func hasCode(got map[string]string, code string) bool {
	for key := range got {
		if strings.HasPrefix(key, code+" ") {
			return true
		}
	}
	return false
}

// TestMailWordsSayWhoseSideAndPromiseNothing goes through every rule.
func TestMailWordsSayWhoseSideAndPromiseNothing(t *testing.T) {
	t.Parallel()
	for _, code := range mailauth.Codes() {
		for side, words := range map[string]string{"client": "in the client's zone", "provider": "not in the client's zone"} {
			p := models.MailProblem{Code: code, Subject: "shop.lab", Side: side, Detail: "It is wrong.", Breaks: true, For: "Newsletters."}
			verdicts := monitor.DNSVerdicts(mailSituation(&models.MailLook{Problems: []models.MailProblem{p}}))
			if len(verdicts) != 1 {
				t.Fatalf("%s: %d verdicts", code, len(verdicts))
			}
			v := verdicts[0]
			wellWorded(t, v)
			if !strings.Contains(v.Detail, words) || !strings.HasSuffix(v.Detail, "Why it matters: Newsletters.") {
				t.Errorf("%s: %q", code, v.Detail)
			}
			for _, promise := range []string{"we ", "We ", "us "} {
				if strings.HasPrefix(v.NextStep, promise) || strings.Contains(v.NextStep, " "+promise) {
					t.Errorf("%s promises: %q", code, v.NextStep)
				}
			}
		}
	}
}

// TestAnUnknownMailRecordResolvesNothing: an open finding on a host stays while nothing is known of it; others come and go.
func TestAnUnknownMailRecordResolvesNothing(t *testing.T) {
	t.Parallel()
	stored := []models.Finding{
		{ID: 1, Code: "mail_dkim_gone", Subject: "k1._domainkey.shop.lab", State: models.FindingOpen, Severity: models.SeverityMinor},
		{ID: 2, Code: "mail_spf_include", Subject: "shop.lab include:o.lab", State: models.FindingOpen, Severity: models.SeverityMinor},
		{ID: 3, Code: "mail_dmarc_missing", Subject: "shop.lab", State: models.FindingOpen, Severity: models.SeverityMinor},
	}
	for _, c := range []struct {
		why  string
		mail *models.MailLook
		want []string
	}{
		{"no mail look was made", nil, []string{}},
		{"everything is known and right", &models.MailLook{}, []string{"mail_dkim_gone resolved", "mail_dmarc_missing resolved", "mail_spf_include resolved"}},
		{"the key is unknown", &models.MailLook{Unknown: []models.MailUnknown{{Part: "dkim", Host: "k1._domainkey.shop.lab"}}}, []string{"mail_dmarc_missing resolved", "mail_spf_include resolved"}},
		{"another key is", &models.MailLook{Unknown: []models.MailUnknown{{Part: "dkim", Host: "k2._domainkey.shop.lab"}}}, []string{"mail_dkim_gone resolved", "mail_dmarc_missing resolved", "mail_spf_include resolved"}},
		{"what the SPF record includes is", &models.MailLook{Unknown: []models.MailUnknown{{Part: "spf", Host: "shop.lab"}}}, []string{"mail_dkim_gone resolved", "mail_dmarc_missing resolved"}},
	} {
		s := mailSituation(c.mail)
		s.Stored = stored
		got := []string{}
		for _, f := range monitor.Reconcile(stored, monitor.DNSVerdicts(s), monitor.DNSJudged(s), s.Now) {
			got = append(got, f.Finding.Code+" "+string(f.Kind))
		}
		slices.Sort(got)
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s\n%s", c.why, diff)
		}
	}
}

// mailer is a DNS looker that looks at mail records too.
type mailer struct {
	outcome models.Outcome
	panics  bool
	asked   []string
}

func (m *mailer) Look(_ context.Context, domain string, expected []models.ExpectedRecord) models.DelegationLook {
	return models.DelegationLook{Domain: domain, Outcome: m.outcome, Records: make([]models.RecordLook, len(expected)), Evidence: []byte("asked\n")}
}

func (m *mailer) LookMail(_ context.Context, domain string, _ []models.ExpectedRecord) models.MailLook {
	m.asked = append(m.asked, domain)
	if m.panics {
		panic("a record that nobody thought of")
	}
	return models.MailLook{
		Problems: []models.MailProblem{{Code: "spf_missing", Subject: domain, Side: "client", Detail: "There is none."}},
		Evidence: []byte("asked for mail\n"),
	}
}

// oneDomain is a store of one domain, for one look.
type oneDomain struct {
	monitor.Store
	w   models.Watched
	got models.DelegationRecord
}

func (o *oneDomain) WatchedByID(context.Context, int64) (models.Watched, error) { return o.w, nil }

func (o *oneDomain) RecordDelegation(_ context.Context, r models.DelegationRecord) error {
	o.got = r
	return nil
}

func TestMailIsLookedAtWhereItMatters(t *testing.T) {
	t.Parallel()
	www := record("www.shop.lab", "A", models.RecordOK, true)
	txt := func(host, value string) models.ExpectedRecord {
		r := record(host, "TXT", models.RecordOK, true)
		r.Values = []string{value}
		return r
	}
	for name, c := range map[string]struct {
		why      string
		services []string
		client   []string
		records  []models.ExpectedRecord
		outcome  models.Outcome
		panics   bool
		want     bool
	}{
		"its service":                    {"", []string{"SEO", "Email Marketing"}, nil, nil, models.OutcomeOK, false, true},
		"by its code":                    {"", []string{"email_marketing"}, nil, nil, models.OutcomeOK, false, true},
		"its client's":                   {"where none is stated for the domain", nil, []string{"Email Marketing"}, nil, models.OutcomeOK, false, true},
		"its own count before":           {"", []string{"SEO"}, []string{"Email Marketing"}, nil, models.OutcomeOK, false, false},
		"another service":                {"", []string{"Google Ads"}, nil, []models.ExpectedRecord{www, txt("shop.lab", "google-site-verification=1")}, models.OutcomeOK, false, false},
		"an expected key":                {"", nil, nil, []models.ExpectedRecord{record("k1._domainkey.shop.lab", "CNAME", models.RecordOK, true)}, models.OutcomeOK, false, true},
		"an expected policy":             {"", nil, nil, []models.ExpectedRecord{txt("_dmarc.shop.lab", "v=DMARC1")}, models.OutcomeOK, false, true},
		"an expected SPF rule":           {"", nil, nil, []models.ExpectedRecord{txt("shop.lab", "include:spf.sender.lab")}, models.OutcomeOK, false, true},
		"an expected SPF record":         {"", nil, nil, []models.ExpectedRecord{txt("shop.lab", "v=spf1 ")}, models.OutcomeOK, false, true},
		"not when nothing was answered":  {"", []string{"Email Marketing"}, nil, nil, models.OutcomeTimeout, false, false},
		"nor when the domain is no more": {"", []string{"Email Marketing"}, nil, nil, models.OutcomeAbsent, false, false},
		"a panic":                        {"is no mail look, and the rest stands", []string{"Email Marketing"}, nil, nil, models.OutcomeOK, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			now := *date("2026-11-01T08:00:00Z")
			looker := &mailer{outcome: c.outcome, panics: c.panics}
			before := &models.Delegation{MailPending: []models.MailPending{{Code: "spf_missing", Subject: "shop.lab", At: now.Add(-time.Hour), ConfirmAt: now}}}
			store := &oneDomain{w: models.Watched{
				Domain: models.Domain{ID: 1, Name: "shop.lab", Services: c.services}, Client: models.Client{Services: c.client}, Records: c.records,
				Delegation: before,
			}}
			none := &registry{kind: models.LookRDAP, clock: &clock{now: now}}
			m, err := monitor.New(monitor.Options{
				Store: store, RDAP: none, WHOIS: none, DNS: looker, Now: func() time.Time { return now }, Roll: func() float64 { return 0.5 },
			})
			if err != nil {
				t.Fatal(err)
			}
			if err := m.LookDNS(t.Context(), 1); err != nil {
				t.Fatal(err)
			}
			found := slices.ContainsFunc(store.got.Findings, func(f models.FindingChange) bool { return f.Finding.Code == "mail_spf_missing" })
			if found != c.want || (len(looker.asked) > 0) != (c.want || c.panics) {
				t.Errorf("%s: found %t, asked %v", c.why, found, looker.asked)
			}
			if evidence := string(store.got.Observation.Evidence); strings.Contains(evidence, "asked for mail") != c.want || !strings.HasPrefix(evidence, "asked\n") {
				t.Errorf("evidence %q", evidence)
			}
		})
	}
}

// TestACheckLooksAtMail: a check without a portfolio goes by what is expected.
func TestACheckLooksAtMail(t *testing.T) {
	t.Parallel()
	now := *date("2026-11-01T08:00:00Z")
	looker := &mailer{outcome: models.OutcomeOK}
	none := &registry{kind: models.LookRDAP, clock: &clock{now: now}}
	m, err := monitor.New(monitor.Options{Store: &oneDomain{}, RDAP: none, WHOIS: none, DNS: looker, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	got := m.CheckOnce(t.Context(), monitor.CheckRequest{
		Domain: "shop.lab", SkipRegistration: true, Expected: []models.ExpectedRecord{record("k1._domainkey.shop.lab", "CNAME", models.RecordOK, true)},
	})
	if got.Delegation.Mail == nil || !slices.Contains(summary(got.Verdicts), "mail_spf_missing info") {
		t.Errorf("%+v", got)
	}
	if got = m.CheckOnce(t.Context(), monitor.CheckRequest{Domain: "shop.lab", SkipRegistration: true}); got.Delegation.Mail != nil {
		t.Errorf("looked at without need: %+v", got.Delegation.Mail)
	}
}

// TestMailFoldsUnderABrokenDelegation: what the parent answers in place of the zone says nothing more than that.
func TestMailFoldsUnderABrokenDelegation(t *testing.T) {
	t.Parallel()
	s := mailSituation(&models.MailLook{Problems: []models.MailProblem{{Code: "mx_none", Subject: "shop.lab", Side: "client", Detail: "There is none."}}})
	s.DNS.Problems = []models.DelegationProblem{{Code: "no_delegation", Subject: "shop.lab", Side: "parent", Detail: "There are no name servers."}}
	if diff := cmp.Diff([]string{"dns_no_delegation critical", "mail_mx_none info <dns_no_delegation"}, summary(monitor.DNSVerdicts(s))); diff != "" {
		t.Error(diff)
	}
}
