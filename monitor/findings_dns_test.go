package monitor_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/monitor"
)

func record(host, typ string, s models.RecordState, essential bool) models.ExpectedRecord {
	return models.ExpectedRecord{
		Host: host, Type: typ, Match: models.MatchExact, Values: []string{"target.example"}, State: s, StateAt: date("2026-11-01"),
		Essential: essential, Purpose: "The booking page.", Detail: "The servers answer something else.",
	}
}

func dnsSituation(r *models.Registration, look models.DelegationLook, records ...models.ExpectedRecord) *monitor.Situation {
	s := situation(models.Domain{}, r, "2026-11-02")
	s.DNS, s.Records = &look, records
	return s
}

func TestFindingsOnDelegationAndRecords(t *testing.T) {
	t.Parallel()
	fine := &models.Registration{FactsAt: date("2026-11-01"), RegistryExpiry: date("2027-09-01"), Statuses: []string{"clientTransferProhibited"}}
	lapsed := &models.Registration{FactsAt: date("2026-11-01"), RegistryExpiry: date("2026-10-20"), Statuses: []string{"ok"}}
	held := &models.Registration{FactsAt: date("2026-11-01"), RegistryExpiry: date("2027-09-01"), Statuses: []string{"serverHold"}}
	answered := func(problems ...models.DelegationProblem) models.DelegationLook {
		return models.DelegationLook{Outcome: models.OutcomeOK, Problems: problems}
	}
	problem := func(code, side string) models.DelegationProblem {
		return models.DelegationProblem{Code: code, Subject: "ns1.dnshost.example 192.0.2.1", Side: side, Detail: "It is wrong."}
	}
	bad := record("www.shop.lab", "CNAME", models.RecordWrong, true)
	for name, c := range map[string]struct {
		s    *monitor.Situation
		want []string
		why  string
	}{
		"right":          {dnsSituation(fine, answered(), record("www.shop.lab", "A", models.RecordOK, true), record("shop.lab", "A", models.RecordOKFlattened, true)), nil, ""},
		"not judged":     {dnsSituation(fine, answered(), record("www.shop.lab", "A", models.RecordUnknown, true), record("shop.lab", "A", models.RecordZoneUnreachable, true)), nil, "states nothing"},
		"wrong":          {dnsSituation(fine, answered(), bad), []string{"record_wrong major"}, ""},
		"not essential":  {dnsSituation(fine, answered(), record("www.shop.lab", "CNAME", models.RecordWrong, false)), []string{"record_wrong minor"}, ""},
		"dangling":       {dnsSituation(fine, answered(), record("promo.shop.lab", "CNAME", models.RecordDangling, true)), []string{"record_dangling critical"}, ""},
		"each its own":   {dnsSituation(fine, answered(), bad, record("_dmarc.shop.lab", "TXT", models.RecordNameGone, true)), []string{"record_name_gone major", "record_wrong major"}, ""},
		"lapse explains": {dnsSituation(lapsed, answered(problem("ns_mismatch", "parent")), bad), []string{"dns_ns_mismatch minor <expired", "record_wrong major <expired"}, ""},
		"hold explains":  {dnsSituation(held, answered(problem("no_delegation", "parent")), bad), []string{"dns_no_delegation critical <on_hold_server", "record_wrong major <on_hold_server"}, ""},
		"no delegation":  {dnsSituation(fine, answered(problem("no_delegation", "parent")), record("www.shop.lab", "CNAME", models.RecordDelegationBroken, true)), []string{"dns_no_delegation critical", "record_delegation_broken critical <dns_no_delegation"}, "one cause"},
		"all lame":       {dnsSituation(fine, answered(problem("all_servers_failing", "parent")), bad), []string{"dns_all_servers_failing critical", "record_wrong major <dns_all_servers_failing"}, ""},
		"all silent":     {dnsSituation(fine, answered(problem("all_servers_failing", "provider"), problem("ns_timeout", "provider"))), nil, "a look that stated nothing"},
		"silent once":    {dnsSituation(fine, answered(problem("ns_timeout", "provider"))), nil, "one look proves nothing"},
		"servers moved": {
			func() *monitor.Situation {
				s := dnsSituation(fine, answered(), bad)
				s.Stored = []models.Finding{{Code: "nameservers_changed", State: models.FindingOpen, OpenedAt: *date("2026-11-01")}}
				return s
			}(), []string{"record_wrong major <nameservers_changed"}, "the move explains it",
		},
		"silent twice": {
			func() *monitor.Situation {
				s := dnsSituation(fine, answered(problem("ns_timeout", "provider")))
				s.Delegation = &models.Delegation{Servers: []models.ServerLook{{Name: "ns1.dnshost.example", Address: "192.0.2.1", Outcome: "timeout"}}}
				return s
			}(), []string{"dns_ns_timeout minor"}, "",
		},
		"unreachable": {
			func() *monitor.Situation {
				s := dnsSituation(fine, models.DelegationLook{Outcome: models.OutcomeTimeout})
				s.Domain.DNSFailures = 3
				return s
			}(), []string{"zone_unreachable major"}, "from the third look on",
		},
		"unreachable twice": {
			func() *monitor.Situation {
				s := dnsSituation(fine, models.DelegationLook{Outcome: models.OutcomeTimeout})
				s.Domain.DNSFailures = 2
				return s
			}(), nil, "not yet",
		},
		"a new problem":        {dnsSituation(fine, answered(problem("ns_on_fire", "provider"))), []string{"dns_ns_on_fire minor"}, "never dropped for want of words"},
		"registration unknown": {dnsSituation(nil, answered(), bad), []string{"record_wrong major"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want := c.want
			if want == nil {
				want = []string{}
			}
			verdicts := monitor.DNSVerdicts(c.s)
			if diff := cmp.Diff(want, summary(verdicts)); diff != "" {
				t.Errorf("%s\n%s", c.why, diff)
			}
			for _, v := range verdicts {
				wellWorded(t, v)
			}
		})
	}
}

func TestAFailedDNSLookResolvesNothing(t *testing.T) {
	t.Parallel()
	s := dnsSituation(nil, models.DelegationLook{Outcome: models.OutcomeTimeout}, record("www.shop.lab", "A", models.RecordMissing, true))
	stored := []models.Finding{
		{ID: 1, Code: "dns_ns_mismatch", Subject: "shop.lab", State: models.FindingOpen},
		{ID: 2, Code: "record_missing", Subject: "www.shop.lab A", State: models.FindingOpen, Severity: models.SeverityMajor},
		{ID: 3, Code: "expired", Subject: "shop.lab", State: models.FindingOpen},
		{ID: 4, Code: "dns_named_by_an_older_prober", Subject: "shop.lab", State: models.FindingOpen},
	}
	kinds := func() map[int64]models.FindingChangeKind {
		got := map[int64]models.FindingChangeKind{}
		for _, c := range monitor.Reconcile(stored, monitor.DNSVerdicts(s), monitor.DNSJudged(s), s.Now) {
			got[c.Finding.ID] = c.Kind
		}
		return got
	}
	if diff := cmp.Diff(map[int64]models.FindingChangeKind{2: models.FindingSeen}, kinds()); diff != "" {
		t.Errorf("after a failed look:\n%s", diff)
	}
	s.DNS.Outcome = models.OutcomeOK
	want := map[int64]models.FindingChangeKind{1: models.FindingGone, 2: models.FindingSeen, 4: models.FindingGone}
	if diff := cmp.Diff(want, kinds()); diff != "" {
		t.Errorf("after an answer without problems:\n%s", diff)
	}
}

func TestRecordsThatShareAHostAreToldApart(t *testing.T) {
	t.Parallel()
	one, two := record("shop.lab", "TXT", models.RecordMissing, true), record("shop.lab", "TXT", models.RecordMissing, true)
	two.Match, two.Values = models.MatchContains, []string{"google-site-verification=4kQ"}
	s := dnsSituation(nil, models.DelegationLook{Outcome: models.OutcomeOK}, one, two, record("www.shop.lab", "A", models.RecordMissing, true))
	subjects := map[string]bool{}
	for _, v := range monitor.DNSVerdicts(s) {
		subjects[v.Subject] = true
	}
	if len(subjects) != 3 || !subjects["www.shop.lab A"] {
		t.Errorf("subjects = %v", subjects)
	}
}

// TestABrokenRecordInOurOwnZoneIsOurSide: nobody at the client can put it right, so that no letter may be owed for it.
func TestABrokenRecordInOurOwnZoneIsOurSide(t *testing.T) {
	t.Parallel()
	sub := record("app.shop.lab", "NS", models.RecordOK, true)
	sub.Values = []string{"ns1.agency.example"}
	s := dnsSituation(nil, models.DelegationLook{Outcome: models.OutcomeOK}, sub, record("www.app.shop.lab", "A", models.RecordMissing, true), record("www.shop.lab", "A", models.RecordMissing, true))
	reasons := map[string]string{}
	for _, v := range monitor.DNSVerdicts(s) {
		reasons[v.Subject] = v.Reason
	}
	if reasons["www.app.shop.lab A"] != models.ReasonOurSide || reasons["www.shop.lab A"] == models.ReasonOurSide || len(reasons) != 2 {
		t.Errorf("reasons = %v", reasons)
	}
}

func TestABrokenDelegationToUsIsOurSide(t *testing.T) {
	t.Parallel()
	r := record("app.shop.lab", "NS", models.RecordDelegationBroken, true)
	s := dnsSituation(nil, models.DelegationLook{Outcome: models.OutcomeOK}, r)
	s.Records[0].Seen = models.Seen{"ns1.dnshost.example 192.0.2.1": {"ns1.agency.example"}}
	if v := monitor.DNSVerdicts(s)[0]; !strings.Contains(v.Detail, "our side") || !strings.Contains(v.NextStep, "our own name servers") {
		t.Errorf("ours: %+v", v)
	}
	s.Records[0].Seen = models.Seen{"ns1.dnshost.example 192.0.2.1": {"<REFUSED>"}}
	if v := monitor.DNSVerdicts(s)[0]; strings.Contains(v.Detail, "our side") {
		t.Errorf("the client's: %+v", v)
	}
}
