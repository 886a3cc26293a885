package monitor_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/monitor"
)

// denied is a target that authoritative servers deny.
func denied(kind models.TargetKind, host, name, deniedBy string) models.TargetLook {
	return models.TargetLook{Kind: kind, Host: host, Name: name, End: name, State: models.TargetAbsent, DeniedBy: deniedBy}
}

// of gives the target's registrable domain with what its registry says.
func of(t models.TargetLook, domain string, r models.TargetDomain) models.TargetLook {
	t.Domain, t.Registration = domain, r
	return t
}

func targetSituation(targets ...models.TargetLook) *monitor.Situation {
	fine := &models.Registration{FactsAt: date("2026-11-01"), RegistryExpiry: date("2027-09-01"), Statuses: []string{"clientTransferProhibited"}}
	return dnsSituation(fine, models.DelegationLook{Outcome: models.OutcomeOK, Targets: targets})
}

const (
	toNS, toCNAME, toMX, toSPF = models.TargetNS, models.TargetCNAME, models.TargetMX, models.TargetSPF
)

var (
	targetThere   = models.TargetLook{Kind: toCNAME, Host: "www.shop.lab", Name: "shop.other.lab", State: models.TargetExists}
	targetUnknown = models.TargetLook{Kind: toCNAME, Host: "www.shop.lab", Name: "promo.gone.lab", State: models.TargetUnknown, Detail: "timeout"}
)

var takeoverCases = map[string]struct {
	targets []models.TargetLook
	want    []string // code severity reason
	says    string
	why     string
}{
	"there":   {[]models.TargetLook{targetThere}, nil, "", "it may be somebody else's, which DNS does not tell"},
	"unknown": {[]models.TargetLook{targetUnknown}, nil, "", "could not look is not gone"},
	"unregistered by both": {
		[]models.TargetLook{of(denied(toCNAME, "www.shop.lab", "promo.gone.lab", "lab"), "gone.lab", models.TargetFree)},
		[]string{"takeover_cname critical confirmed_unregistered"},
		"Anybody can register it.", "two signals",
	},
	"by DNS alone": {
		[]models.TargetLook{of(denied(toCNAME, "www.shop.lab", "promo.gone.lab", "lab"), "gone.lab", models.TargetNotAsked)},
		[]string{"takeover_cname major suspected_denied"},
		"suspected, not certain", "one signal",
	},
	"registry silent": {
		[]models.TargetLook{of(denied(toMX, "shop.lab", "mail.gone.lab", "lab"), "gone.lab", models.TargetUnclear)},
		[]string{"takeover_mx major suspected_denied"},
		"did not confirm this yet", "",
	},
	"registered, not delegated": {
		[]models.TargetLook{of(denied(toCNAME, "www.shop.lab", "promo.held.lab", "lab"), "held.lab", models.TargetRegistered)},
		[]string{"takeover_cname minor dead_undelegated"},
		"somebody holds it", "the second signal speaks against it",
	},
	"claimable at the vendor": {
		[]models.TargetLook{denied(toCNAME, "www.shop.lab", "promo.azurewebsites.net", "azurewebsites.net")},
		[]string{"takeover_cname critical confirmed_unclaimed"},
		"Azure App Service", "NXDOMAIN there, and names are given to whoever asks",
	},
	"gone for good at the vendor": {
		[]models.TargetLook{denied(toCNAME, "www.shop.lab", "d111.cloudfront.net", "cloudfront.net")},
		[]string{"takeover_cname minor dead_vendor"},
		"nobody else", "",
	},
	"a vendor that asks for proof": {
		[]models.TargetLook{denied(toCNAME, "www.shop.lab", "x.hubspot.net", "hubspot.net")},
		[]string{"takeover_cname minor dead_vendor"},
		"asks for proof", "",
	},
	"a vendor of whom nothing is known": {
		[]models.TargetLook{denied(toCNAME, "www.shop.lab", "promo.ghost.io", "ghost.io")},
		[]string{"takeover_cname major suspected_vendor"},
		"DNS does not tell", "",
	},
	"denied by its own domain": {
		[]models.TargetLook{denied(toCNAME, "www.shop.lab", "old.other.lab", "other.lab")},
		[]string{"takeover_cname minor dead_absent"},
		"Only who holds the domain", "",
	},
	"name server, unregistered": {
		[]models.TargetLook{of(denied(toNS, "shop.lab", "ns1.gone.lab", "lab"), "gone.lab", models.TargetFree)},
		[]string{"takeover_ns critical confirmed_unregistered"},
		"website, mail and all", "",
	},
	"mail server, unregistered": {
		[]models.TargetLook{of(denied(toMX, "shop.lab", "mail.gone.lab", "lab"), "gone.lab", models.TargetFree)},
		[]string{"takeover_mx critical confirmed_unregistered"},
		"receives mail", "",
	},
	"SPF, unregistered": {
		[]models.TargetLook{of(denied(toSPF, "shop.lab", "_spf.gone.lab", "lab"), "gone.lab", models.TargetFree)},
		[]string{"takeover_spf major confirmed_unregistered"},
		"send mail in the client's name", "",
	},
	"SPF, dead": {
		[]models.TargetLook{denied(toSPF, "shop.lab", "_spf.other.lab", "other.lab")},
		[]string{"takeover_spf minor dead_absent"},
		"", "",
	},
	"each its own": {
		[]models.TargetLook{
			of(denied(toNS, "shop.lab", "ns1.gone.lab", "lab"), "gone.lab", models.TargetFree),
			of(denied(toNS, "shop.lab", "ns2.gone.lab", "lab"), "gone.lab", models.TargetFree),
		},
		[]string{"takeover_ns critical confirmed_unregistered", "takeover_ns critical confirmed_unregistered"},
		"", "",
	},
}

func TestTakeovers(t *testing.T) {
	t.Parallel()
	for name, c := range takeoverCases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			detail := ""
			for _, v := range monitor.DNSVerdicts(targetSituation(c.targets...)) {
				got = append(got, v.Code+" "+string(v.Severity)+" "+v.Reason)
				detail += v.Detail
				wellWorded(t, v)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("%s\n%s", c.why, diff)
			}
			if !strings.Contains(detail, c.says) {
				t.Errorf("%q does not say %q", detail, c.says)
			}
		})
	}
}

func TestAnAliasChainNamesWhatIsGone(t *testing.T) {
	t.Parallel()
	target := denied(models.TargetCNAME, "www.shop.lab", "hop.other.lab", "lab")
	target.End = "x.gone.lab"
	v := monitor.DNSVerdicts(targetSituation(of(target, "gone.lab", models.TargetFree)))
	if len(v) != 1 || !strings.Contains(v[0].Detail, "hop.other.lab, which leads to x.gone.lab") || v[0].Subject != "www.shop.lab CNAME hop.other.lab" {
		t.Errorf("%+v", v)
	}
}

func TestATakeoverExplainsWhatItBreaks(t *testing.T) {
	t.Parallel()
	dangling := models.ExpectedRecord{
		Host: "www.shop.lab", Type: "CNAME", Match: models.MatchExact, Values: []string{"promo.gone.lab"}, State: models.RecordDangling, Essential: true,
		Purpose: "The booking page.", Detail: "It leads nowhere.",
	}
	sure := of(denied(models.TargetCNAME, "www.shop.lab", "promo.gone.lab", "lab"), "gone.lab", models.TargetFree)
	dead := denied(models.TargetCNAME, "www.shop.lab", "promo.other.lab", "other.lab")
	pending := dangling
	pending.State, pending.Pending = models.RecordOK, models.RecordDangling
	server := of(denied(models.TargetNS, "shop.lab", "ns1.gone.lab", "lab"), "gone.lab", models.TargetFree)
	unresolvable := models.DelegationProblem{Code: "ns_unresolvable", Subject: "ns1.gone.lab", Side: "parent", Detail: "It leads nowhere."}
	domainGone := models.DelegationProblem{Code: "ns_domain_gone", Subject: "ns1.gone.lab", Side: "parent", Detail: "Its domain does not exist."}
	other := models.DelegationProblem{Code: "ns_unresolvable", Subject: "ns9.other.lab", Side: "parent", Detail: "It leads nowhere."}
	for name, c := range map[string]struct {
		look    models.DelegationLook
		records []models.ExpectedRecord
		want    []string
	}{
		"the record that dangles":         {models.DelegationLook{Targets: []models.TargetLook{sure}}, []models.ExpectedRecord{dangling}, []string{"record_dangling critical <takeover_cname", "takeover_cname critical"}},
		"said once while it is suspected": {models.DelegationLook{Targets: []models.TargetLook{dead}}, []models.ExpectedRecord{dangling}, []string{"record_dangling critical"}},
		"and while it is to be confirmed": {models.DelegationLook{Targets: []models.TargetLook{dead}}, []models.ExpectedRecord{pending}, []string{}},
		"the server whose domain is gone": {models.DelegationLook{Targets: []models.TargetLook{server}, Problems: []models.DelegationProblem{domainGone}}, nil, []string{"dns_ns_domain_gone critical <takeover_ns", "takeover_ns critical"}},
		"the server that has no address":  {models.DelegationLook{Targets: []models.TargetLook{server}, Problems: []models.DelegationProblem{unresolvable}}, nil, []string{"dns_ns_unresolvable major <takeover_ns", "takeover_ns critical"}},
		"but not another server":          {models.DelegationLook{Targets: []models.TargetLook{server}, Problems: []models.DelegationProblem{other}}, nil, []string{"dns_ns_unresolvable major", "takeover_ns critical"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.look.Outcome = models.OutcomeOK
			fine := &models.Registration{FactsAt: date("2026-11-01"), RegistryExpiry: date("2027-09-01"), Statuses: []string{"ok"}}
			if diff := cmp.Diff(c.want, summary(monitor.DNSVerdicts(dnsSituation(fine, c.look, c.records...)))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A record that dangles says itself who could hold its target, and how certain that is, where no finding of its own says so.
func TestADanglingRecordSaysHowCertainItIs(t *testing.T) {
	t.Parallel()
	record := models.ExpectedRecord{Host: "www.shop.lab", Type: "CNAME", Match: models.MatchExact, Values: []string{"x.gone.lab"}, State: models.RecordDangling, Essential: true, Detail: "It leads nowhere."}
	target := denied(models.TargetCNAME, "www.shop.lab", "x.gone.lab", "lab")
	for name, c := range map[string]struct {
		targets         []models.TargetLook
		detail, without string
		next            string
	}{
		"one signal":      {[]models.TargetLook{of(target, "gone.lab", "")}, "This is suspected, not certain.", "Only who holds", "whoever registers the target"},
		"two signals":     {[]models.TargetLook{of(target, "gone.lab", models.TargetFree)}, "It leads nowhere.", "suspected", "whoever registers the target"},
		"its own domain":  {[]models.TargetLook{denied(models.TargetCNAME, "www.shop.lab", "x.gone.lab", "gone.lab")}, "Only who holds the domain", "suspected", "Have it removed, or its target restored."},
		"not looked up":   {nil, "It leads nowhere.", "suspected", "whoever registers the target"},
		"of another host": {[]models.TargetLook{of(denied(models.TargetCNAME, "a.shop.lab", "x.gone.lab", "lab"), "gone.lab", "")}, "It leads nowhere.", "suspected", "whoever registers the target"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fine := &models.Registration{FactsAt: date("2026-11-01"), RegistryExpiry: date("2027-09-01"), Statuses: []string{"ok"}}
			all := monitor.DNSVerdicts(dnsSituation(fine, models.DelegationLook{Outcome: models.OutcomeOK, Targets: c.targets}, record))
			i := slices.IndexFunc(all, func(v models.Verdict) bool { return v.Code == "record_dangling" })
			if i < 0 {
				t.Fatalf("%+v", all)
			}
			if v := all[i]; !strings.Contains(v.Detail, c.detail) || strings.Contains(v.Detail, c.without) || !strings.Contains(v.NextStep, c.next) {
				t.Errorf("%q, next %q", v.Detail, v.NextStep)
			}
		})
	}
}

func TestALapseDoesNotExplainATakeover(t *testing.T) {
	t.Parallel()
	lapsed := &models.Registration{FactsAt: date("2026-11-01"), RegistryExpiry: date("2026-10-20"), Statuses: []string{"ok"}}
	look := models.DelegationLook{Outcome: models.OutcomeOK, Targets: []models.TargetLook{of(denied(models.TargetMX, "shop.lab", "m.gone.lab", "lab"), "gone.lab", models.TargetFree)}}
	if diff := cmp.Diff([]string{"takeover_mx critical"}, summary(monitor.DNSVerdicts(dnsSituation(lapsed, look)))); diff != "" {
		t.Error(diff)
	}
}

// What could not be looked up resolves nothing: what was stated of it stays, and of nothing else.
func TestATakeoverStaysWhileItCanNotBeLookedAt(t *testing.T) {
	t.Parallel()
	finding := func(id int64, code, subject string) models.Finding {
		return models.Finding{
			ID: id, Code: code, Subject: subject, State: models.FindingOpen, Severity: models.SeverityCritical, Title: "T", Detail: "D.", NextStep: "N.", Reason: "confirmed_unregistered",
		}
	}
	stored := []models.Finding{
		finding(1, "takeover_mx", "shop.lab MX a.gone.lab"), finding(2, "takeover_mx", "shop.lab MX b.gone.lab"), finding(3, "takeover_cname", "www.shop.lab CNAME x.gone.lab"),
		finding(4, "takeover_cname", "old.shop.lab CNAME y.gone.lab"), finding(5, "takeover_mx", "sub.shop.lab MX c.gone.lab"),
	}
	s := targetSituation(
		models.TargetLook{Kind: models.TargetMX, Host: "shop.lab", State: models.TargetUnknown},
		models.TargetLook{Kind: models.TargetCNAME, Host: "www.shop.lab", Name: "x.gone.lab", State: models.TargetUnknown},
	)
	s.Stored = stored
	got := map[int64]models.FindingChangeKind{}
	for _, c := range monitor.Reconcile(stored, monitor.DNSVerdicts(s), monitor.DNSJudged(s), s.Now) {
		got[c.Finding.ID] = c.Kind
	}
	want := map[int64]models.FindingChangeKind{1: models.FindingSeen, 2: models.FindingSeen, 3: models.FindingSeen, 4: models.FindingGone, 5: models.FindingGone}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestRecordsThatPointToWhatTheAgencyGaveBack(t *testing.T) {
	t.Parallel()
	seen := func(host, rtype string, values ...string) models.ExpectedRecord {
		return models.ExpectedRecord{Host: host, Type: rtype, State: models.RecordOK, Seen: models.Seen{"ns1.x.lab 192.0.2.1": values, "ns2.x.lab 192.0.2.2": values}}
	}
	for name, c := range map[string]struct {
		released []string
		record   models.ExpectedRecord
		want     string // subject; empty: no finding
	}{
		"an address":                 {[]string{"198.51.100.7"}, seen("www.shop.lab", "A", "198.51.100.7"), "www.shop.lab A 198.51.100.7"},
		"another spelling of it":     {[]string{"2001:DB8:0::7"}, seen("www.shop.lab", "AAAA", "2001:db8::7"), "www.shop.lab AAAA 2001:db8::7"},
		"inside a prefix":            {[]string{"198.51.100.0/24"}, seen("www.shop.lab", "A", "198.51.100.7"), "www.shop.lab A 198.51.100.7"},
		"outside it":                 {[]string{"198.51.100.0/24"}, seen("www.shop.lab", "A", "198.51.101.7"), ""},
		"a name":                     {[]string{"Old.Agency.example."}, seen("promo.shop.lab", "CNAME", "old.agency.example"), "promo.shop.lab CNAME old.agency.example"},
		"a name below it":            {[]string{"old.agency.example"}, seen("promo.shop.lab", "CNAME", "a.old.agency.example"), "promo.shop.lab CNAME a.old.agency.example"},
		"not at a label":             {[]string{"old.agency.example"}, seen("promo.shop.lab", "CNAME", "bold.agency.example"), ""},
		"behind the number of an MX": {[]string{"old.agency.example"}, seen("shop.lab", "MX", "10 mx.old.agency.example"), "shop.lab MX mx.old.agency.example"},
		"a text that mentions it":    {[]string{"old.agency.example"}, seen("shop.lab", "TXT", "old.agency.example"), ""},
		"why there is no value":      {[]string{"old.agency.example"}, seen("www.shop.lab", "A", "<NXDOMAIN>"), ""},
		"nothing was released":       {nil, seen("www.shop.lab", "A", "198.51.100.7"), ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := targetSituation()
			s.Records, s.Released = []models.ExpectedRecord{c.record}, c.released
			v := monitor.DNSVerdicts(s)
			if c.want == "" {
				if len(v) > 0 {
					t.Errorf("%+v", v)
				}
				return
			}
			if len(v) != 1 || v[0].Code != "takeover_released" || v[0].Subject != c.want || !strings.Contains(v[0].Detail, "on our side") {
				t.Fatalf("%+v", v)
			}
			wellWorded(t, v[0])
		})
	}
	for entry, ok := range map[string]bool{"old.agency.example": true, "192.0.2.1": true, "192.0.2.0/24": true, "192.0.2.0/33": false, "": false, "host": false, "https://x.example": false, "a@b.example": false} {
		if err := monitor.CheckReleased(entry); (err == nil) != ok {
			t.Errorf("%q: %v", entry, err)
		}
	}
}

// What the domain itself points to counts without anybody expecting it, and stays while no server says what that is.
func TestADomainThatPointsToWhatTheAgencyGaveBack(t *testing.T) {
	t.Parallel()
	stored := models.Finding{ID: 1, Code: "takeover_released", Subject: "shop.lab A 198.51.100.7", State: models.FindingOpen, Severity: models.SeverityMajor, Title: "T", Detail: "D.", NextStep: "N."}
	expected := models.ExpectedRecord{Host: "shop.lab", Type: "A", State: models.RecordOK, Seen: models.Seen{"ns1.x.lab 192.0.2.1": {"203.0.113.1"}}}
	for name, c := range map[string]struct {
		look    models.DelegationLook
		records []models.ExpectedRecord
		want    []string
	}{
		"an address":               {models.DelegationLook{Apex: []string{"198.51.100.7", "2001:db8::7"}, ApexKnown: true}, nil, []string{"shop.lab A 198.51.100.7", "shop.lab AAAA 2001:db8::7"}},
		"another one":              {models.DelegationLook{Apex: []string{"198.51.100.8"}, ApexKnown: true}, nil, nil},
		"none":                     {models.DelegationLook{ApexKnown: true}, nil, nil},
		"not known":                {models.DelegationLook{}, nil, []string{"shop.lab A 198.51.100.7"}},
		"an expected record tells": {models.DelegationLook{}, []models.ExpectedRecord{expected}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.look.Outcome = models.OutcomeOK
			fine := &models.Registration{FactsAt: date("2026-11-01"), RegistryExpiry: date("2027-09-01"), Statuses: []string{"ok"}}
			s := dnsSituation(fine, c.look, c.records...)
			s.Released, s.Stored = []string{"198.51.100.7", "2001:db8::/64"}, []models.Finding{stored}
			var got []string
			for _, v := range monitor.DNSVerdicts(s) {
				if v.Code == "takeover_released" {
					got = append(got, v.Subject)
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestRegistriesAreAskedOfAbsentDomainsOnceADay(t *testing.T) {
	t.Parallel()
	c := &clock{}
	c.set("2026-11-01")
	gone := func() models.Look { return models.Look{Outcome: models.OutcomeAbsent} }
	rdap := &registry{kind: models.LookRDAP, clock: c, suffix: map[string]string{"lab": "https://rdap.lab"}, answer: map[string]func() models.Look{"gone.lab": gone}}
	whois := &registry{kind: models.LookWHOIS, clock: c}
	targets := []models.TargetLook{
		denied(models.TargetCNAME, "www.shop.lab", "_x.promo.gone.lab", "lab"),
		denied(models.TargetMX, "shop.lab", "mail.gone.lab", "lab"),
		denied(models.TargetCNAME, "a.shop.lab", "old.other.lab", "other.lab"),
		denied(models.TargetCNAME, "b.shop.lab", "x.unsaid.lab", ""),
	}
	p := &prober{clock: c, look: func(string, []models.ExpectedRecord) models.DelegationLook {
		return models.DelegationLook{Outcome: models.OutcomeOK, Targets: slices.Clone(targets)}
	}}
	m, err := monitor.New(monitor.Options{RDAP: rdap, WHOIS: whois, DNS: p, Now: c.Now, Limit: func(string) monitor.Limit { return monitor.Limit{PerSecond: 1000} }})
	if err != nil {
		t.Fatal(err)
	}
	check := func() []string {
		var got []string
		for _, v := range m.CheckOnce(t.Context(), monitor.CheckRequest{Domain: "shop.lab", Suffix: "lab"}).Verdicts {
			if strings.HasPrefix(v.Code, "takeover") {
				got = append(got, v.Reason)
			}
		}
		slices.Sort(got)
		return got
	}
	want := []string{"confirmed_unregistered", "confirmed_unregistered", "dead_absent", "dead_absent"}
	if diff := cmp.Diff(want, check()); diff != "" {
		t.Error(diff)
	}
	without := m.CheckOnce(t.Context(), monitor.CheckRequest{Domain: "shop.lab", Suffix: "lab", SkipRegistration: true})
	if i := slices.IndexFunc(without.Verdicts, func(v models.Verdict) bool { return v.Code == "takeover_mx" }); i < 0 || without.Verdicts[i].Reason != "suspected_denied" {
		t.Errorf("without a registry there is one signal, and it says that the domain does not exist: %+v", without.Verdicts)
	}
	asked := func() (n int) {
		for _, d := range rdap.asked {
			if d == "gone.lab" {
				n++
			}
		}
		return n
	}
	check()
	if asked() != 1 {
		t.Errorf("asked %d times on one day: %v", asked(), rdap.asked)
	}
	c.add(25 * time.Hour)
	rdap.answer["gone.lab"] = func() models.Look {
		return models.Look{Outcome: models.OutcomeOK, Facts: &models.Facts{Registered: new(true)}}
	}
	if diff := cmp.Diff([]string{"dead_absent", "dead_absent", "dead_undelegated", "dead_undelegated"}, check()); diff != "" {
		t.Errorf("somebody registered it:\n%s", diff)
	}
	c.add(25 * time.Hour)
	rdap.answer["gone.lab"] = func() models.Look { return models.Look{Outcome: models.OutcomeTimeout} }
	if diff := cmp.Diff([]string{"dead_absent", "dead_absent", "suspected_denied", "suspected_denied"}, check()); diff != "" {
		t.Errorf("no answer is no statement:\n%s", diff)
	}
}
