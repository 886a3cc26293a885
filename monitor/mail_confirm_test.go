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
)

func TestConfirmMail(t *testing.T) {
	t.Parallel()
	const now = "2026-11-01T08:00:00Z"
	problem := func(code, subject string) models.MailProblem { return models.MailProblem{Code: code, Subject: subject} }
	waits := func(code, subject, confirm string) models.MailPending {
		return models.MailPending{Code: code, Subject: subject, At: *date("2026-11-01T07:00:00Z"), ConfirmAt: *date(confirm)}
	}
	found := func(code, subject string, state models.FindingState) models.Finding {
		return models.Finding{Code: "mail_" + code, Subject: subject, State: state}
	}
	const domain, key = "shop.lab", "k1._domainkey.shop.lab"
	for name, c := range map[string]struct {
		why     string
		stored  []models.Finding
		pending []models.MailPending
		look    models.MailLook
		count   string
		wait    string // with the time to confirm at
	}{
		"seen once":         {"waits ten minutes", nil, nil, models.MailLook{Problems: []models.MailProblem{problem("spf_missing", domain)}}, "", "spf_missing shop.lab 08:10"},
		"negative answers":  {"are remembered for an hour", nil, nil, models.MailLook{NegativeTTL: time.Hour, Problems: []models.MailProblem{problem("dkim_gone", key)}}, "", "dkim_gone " + key + " 09:00"},
		"a very long TTL":   {"a day is the most", nil, nil, models.MailLook{NegativeTTL: 90 * time.Hour, Problems: []models.MailProblem{problem("dkim_gone", key)}}, "", "dkim_gone " + key + " 08:00"},
		"seen too early":    {"resolvers may still remember", nil, []models.MailPending{waits("dkim_gone", key, "2026-11-01T08:01:00Z")}, models.MailLook{NegativeTTL: time.Hour, Problems: []models.MailProblem{problem("dkim_gone", key)}}, "", "dkim_gone " + key + " 08:01"},
		"seen again":        {"in time", nil, []models.MailPending{waits("dkim_gone", key, now)}, models.MailLook{Problems: []models.MailProblem{problem("dkim_gone", key)}}, "dkim_gone " + key, ""},
		"another at a host": {"does not confirm", nil, []models.MailPending{waits("dkim_gone", key, now)}, models.MailLook{Problems: []models.MailProblem{problem("dkim_gone", "k2._domainkey.shop.lab"), problem("dkim_revoked", key)}}, "", "dkim_gone k2._domainkey.shop.lab 08:10, dkim_revoked " + key + " 08:10"},
		"right again":       {"one look is enough", nil, []models.MailPending{waits("mx_gone", domain, now)}, models.MailLook{}, "", ""},
		"told already":      {"goes on counting", []models.Finding{found("mx_none", domain, models.FindingOpen)}, nil, models.MailLook{Problems: []models.MailProblem{problem("mx_none", domain)}}, "mx_none shop.lab", ""},
		"resolved before":   {"is confirmed anew", []models.Finding{found("mx_none", domain, models.FindingResolved)}, nil, models.MailLook{Problems: []models.MailProblem{problem("mx_none", domain)}}, "", "mx_none shop.lab 08:10"},
		"unknown":           {"neither counts nor is forgotten", nil, []models.MailPending{waits("dkim_gone", key, "2026-11-01T07:30:00Z")}, models.MailLook{Unknown: []models.MailUnknown{{Part: "dkim", Host: key}}}, "", "dkim_gone " + key + " 07:30"},
		"another unknown":   {"says nothing of this one", nil, []models.MailPending{waits("dkim_gone", key, now)}, models.MailLook{Unknown: []models.MailUnknown{{Part: "spf", Host: domain}}}, "", ""},
		"a term unknown":    {"the host's record could not be read through", nil, []models.MailPending{waits("spf_include", domain+" include:a.lab", now)}, models.MailLook{Unknown: []models.MailUnknown{{Part: "spf", Host: domain}}}, "", "spf_include shop.lab include:a.lab 08:00"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			count, wait := monitor.ConfirmMail(c.stored, c.pending, &c.look, *date(now), 0)
			var counts, waiting []string
			for _, p := range count {
				counts = append(counts, p.Code+" "+p.Subject)
			}
			for _, p := range wait {
				waiting = append(waiting, p.Code+" "+p.Subject+" "+p.ConfirmAt.Format("15:04"))
			}
			if got := strings.Join(counts, ", "); got != c.count {
				t.Errorf("%s: counts %q, want %q", c.why, got, c.count)
			}
			if got := strings.Join(waiting, ", "); got != c.wait {
				t.Errorf("%s: waits %q, want %q", c.why, got, c.wait)
			}
		})
	}
}

// mailScript is a looker whose mail look is set by the test.
type mailScript struct {
	mail    *models.MailLook
	outcome models.Outcome
}

func (m *mailScript) Look(_ context.Context, domain string, expected []models.ExpectedRecord) models.DelegationLook {
	ns := []string{"ns1.host.lab", "ns2.host.lab"}
	return models.DelegationLook{
		Domain: domain, Outcome: m.outcome, ParentNS: ns, ChildNS: ns, ChildSigned: models.DNSSECUnsigned, Records: make([]models.RecordLook, len(expected)),
	}
}

func (m *mailScript) LookMail(context.Context, string, []models.ExpectedRecord) models.MailLook {
	return *m.mail
}

// TestAMailProblemIsConfirmedBeforeItIsAFinding walks one domain through a false alarm, a problem that stays, a silence, and the repair.
func TestAMailProblemIsConfirmedBeforeItIsAFinding(t *testing.T) {
	t.Parallel()
	clock := &clock{now: *date("2026-11-01T08:00:00Z")}
	gone := &models.MailLook{NegativeTTL: time.Hour, Problems: []models.MailProblem{
		{Code: "dkim_gone", Subject: "k1._domainkey.shop.lab", Side: "client", Detail: "There is no key.", Breaks: true},
		{Code: "dmarc_rejects", Subject: "shop.lab", Side: "client", Detail: "It is turned away.", Breaks: true, Cause: "dkim_gone"},
	}}
	silent := &models.MailLook{Unknown: []models.MailUnknown{{Part: "dkim", Host: "k1._domainkey.shop.lab"}, {Part: "dmarc", Host: "shop.lab"}}}
	fine := &models.MailLook{}
	store := &oneDomain{w: models.Watched{Domain: models.Domain{ID: 1, Name: "shop.lab", Services: []string{"Email Marketing"}}}}
	looker := &mailScript{}
	none := &registry{kind: models.LookRDAP, clock: clock}
	m, err := monitor.New(monitor.Options{Store: store, RDAP: none, WHOIS: none, DNS: looker, Now: clock.Now, Roll: func() float64 { return 0.5 }})
	if err != nil {
		t.Fatal(err)
	}
	both := []string{"mail_dkim_gone", "mail_dmarc_rejects <mail_dkim_gone"}
	for i, step := range []struct {
		why     string
		after   time.Duration
		mail    *models.MailLook
		outcome models.Outcome
		open    []string
		waiting int
		next    time.Duration // until the next look; at the middle of its spread
	}{
		{"a look that shows a problem is not believed", 0, gone, models.OutcomeOK, nil, 2, time.Hour},
		{"and what the next one does not show is forgotten", time.Hour, fine, models.OutcomeOK, nil, 0, 6 * time.Hour},
		{"it is there again", 6 * time.Hour, gone, models.OutcomeOK, nil, 2, time.Hour},
		{"an early look confirms nothing", 20 * time.Minute, gone, models.OutcomeOK, nil, 2, 40 * time.Minute},
		{"nor does one that states nothing on it", 40 * time.Minute, silent, models.OutcomeOK, nil, 2, 6 * time.Hour},
		{"nor one that had no answer at all", time.Hour, nil, models.OutcomeTimeout, nil, 2, 15 * time.Minute},
		{"the second one that shows it does", 15 * time.Minute, gone, models.OutcomeOK, both, 0, 6 * time.Hour},
		{"what is told is told on", 6 * time.Hour, gone, models.OutcomeOK, both, 0, 6 * time.Hour},
		{"an unknown part resolves nothing", 6 * time.Hour, silent, models.OutcomeOK, both, 0, 6 * time.Hour},
		{"one look that shows it right resolves it", 6 * time.Hour, fine, models.OutcomeOK, nil, 0, 6 * time.Hour},
	} {
		clock.add(step.after)
		looker.mail, looker.outcome = step.mail, step.outcome
		if err := m.LookDNS(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
		store.settle()
		var open []string
		for _, f := range store.w.Findings {
			if f.State != models.FindingOpen {
				continue
			}
			text := f.Code
			if f.CauseCode != "" {
				text += " <" + f.CauseCode
			}
			open = append(open, text)
		}
		slices.Sort(open)
		if diff := cmp.Diff(step.open, open); diff != "" {
			t.Errorf("look %d: %s\n%s", i+1, step.why, diff)
		}
		d := store.w.Delegation
		if len(d.MailPending) != step.waiting || (step.outcome == models.OutcomeOK && d.Problems != step.waiting) {
			t.Errorf("look %d: %s: waiting %v, %d problems", i+1, step.why, d.MailPending, d.Problems)
		}
		if next := store.w.Domain.NextDNSAt.Sub(clock.Now()); next != step.next {
			t.Errorf("look %d: %s: the next one in %v, want %v", i+1, step.why, next, step.next)
		}
	}
}

// settle takes what was recorded last as what is stored.
func (o *oneDomain) settle() {
	o.w.Domain, o.w.Delegation, o.w.Records = o.got.Domain, o.got.Delegation, o.got.Records
	for _, c := range o.got.Findings {
		i := slices.IndexFunc(o.w.Findings, func(f models.Finding) bool { return f.Code == c.Finding.Code && f.Subject == c.Finding.Subject })
		if i < 0 {
			o.w.Findings = append(o.w.Findings, c.Finding)
			continue
		}
		o.w.Findings[i] = c.Finding
	}
}

// TestWhatWaitsIsForgottenWithTheService: a domain that is no longer looked at for mail would wait for ever.
func TestWhatWaitsIsForgottenWithTheService(t *testing.T) {
	t.Parallel()
	clock := &clock{now: *date("2026-11-01T08:00:00Z")}
	store := &oneDomain{w: models.Watched{
		Domain:     models.Domain{ID: 1, Name: "shop.lab", Services: []string{"SEO"}},
		Delegation: &models.Delegation{MailPending: []models.MailPending{{Code: "spf_missing", Subject: "shop.lab", At: clock.now, ConfirmAt: clock.now}}},
	}}
	none := &registry{kind: models.LookRDAP, clock: clock}
	m, err := monitor.New(monitor.Options{Store: store, RDAP: none, WHOIS: none, DNS: &mailScript{outcome: models.OutcomeOK}, Now: clock.Now, Roll: func() float64 { return 0.5 }})
	if err != nil {
		t.Fatal(err)
	}
	if err := m.LookDNS(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	if d := store.got.Delegation; len(d.MailPending) != 0 || d.Problems != 0 {
		t.Errorf("%+v", d)
	}
}
