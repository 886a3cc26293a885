package monitor_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/monitor"
)

func TestABrokenRecordIsConfirmedBeforeItIsAFinding(t *testing.T) {
	t.Parallel()
	b := newBench(t, "shop.lab")
	b.store.rows[1].Records = []models.ExpectedRecord{{ID: 1, DomainID: 1, Host: "www.shop.lab", Type: "A", Essential: true, State: models.RecordOK}}
	state := models.RecordMissing
	b.dns.look = func(_ string, expected []models.ExpectedRecord) models.DelegationLook {
		l := models.DelegationLook{Outcome: models.OutcomeOK, ParentNS: []string{"ns1.dnshost.example"}}
		for _, r := range expected {
			l.Records = append(l.Records, models.RecordLook{Host: r.Host, Type: r.Type, State: state, Detail: "No such record."})
		}
		return l
	}
	look := func() models.Domain {
		t.Helper()
		ids, err := b.m.SweepDNS(t.Context())
		if err != nil || len(ids) != 1 {
			t.Fatalf("due: %v, %v", ids, err)
		}
		if err := b.m.LookDNS(t.Context(), ids[0]); err != nil {
			t.Fatal(err)
		}
		return b.domain(1)
	}
	d := look()
	if len(b.store.rows[1].Findings) != 0 || d.RecordsRight != 1 || d.NextDNSAt.Sub(b.clock.Now()) != 10*time.Minute {
		t.Errorf("after one look: %d findings, %d right, next in %v", len(b.store.rows[1].Findings), d.RecordsRight, d.NextDNSAt.Sub(b.clock.Now()))
	}
	b.clock.now = d.NextDNSAt
	d = look()
	if diff := cmp.Diff([]string{"record_missing"}, openCodes(b.store.rows[1].Findings)); diff != "" || d.RecordsRight != 0 {
		t.Errorf("after two looks: %d right\n%s", d.RecordsRight, diff)
	}
	state = models.RecordOK
	b.clock.now = d.NextDNSAt
	if d = look(); len(openCodes(b.store.rows[1].Findings)) != 0 || d.RecordsRight != 1 {
		t.Errorf("after recovery: %v", openCodes(b.store.rows[1].Findings))
	}
}

func TestAnUnreachableZoneIsToldFromTheThirdLookOn(t *testing.T) {
	t.Parallel()
	b := newBench(t, "shop.lab")
	b.store.rows[1].Records = []models.ExpectedRecord{{ID: 1, Host: "www.shop.lab", Type: "A", State: models.RecordOK, LookedAt: new(b.clock.Now())}}
	b.store.rows[1].Delegation = &models.Delegation{ParentNS: []string{"ns1.dnshost.example"}, AnswerAt: date("2026-10-01")}
	b.dns.look = func(string, []models.ExpectedRecord) models.DelegationLook {
		return models.DelegationLook{
			Outcome: models.OutcomeOK, ParentNS: []string{"ns1.dnshost.example"},
			Problems: []models.DelegationProblem{{Code: "all_servers_failing", Side: "provider", Subject: "shop.lab", Detail: "None answers."}},
			Records:  []models.RecordLook{{State: models.RecordZoneUnreachable}},
		}
	}
	for i := 1; i <= 3; i++ {
		if err := b.m.LookDNS(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
		if told := len(openCodes(b.store.rows[1].Findings)) > 0; told != (i == 3) {
			t.Errorf("look %d: findings %v", i, openCodes(b.store.rows[1].Findings))
		}
		if b.store.rows[1].Records[0].State != models.RecordOK || b.domain(1).RecordsRight != 1 {
			t.Error("an unreachable zone changed a record's state")
		}
		b.clock.add(time.Hour)
	}
	// What was right a day ago, and was not found out about since, no longer looks like fine.
	b.clock.add(22 * time.Hour)
	if err := b.m.LookDNS(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	if d := b.domain(1); d.RecordsRight != 0 || d.RecordsUnknown != 1 || b.store.rows[1].Records[0].State != models.RecordOK {
		t.Errorf("after a day: %d right, %d not known, %s", d.RecordsRight, d.RecordsUnknown, b.store.rows[1].Records[0].State)
	}
	b.dns.look = nil
	if err := b.m.LookDNS(t.Context(), 1); err != nil || len(openCodes(b.store.rows[1].Findings)) != 0 || b.domain(1).DNSFailures != 0 {
		t.Errorf("after an answer: %v, %v", openCodes(b.store.rows[1].Findings), err)
	}
}

func TestMovedNameServersAreLookedAtOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t, "shop.lab")
	b.registered("shop.lab", "2027-09-01T08:00:00Z", "clientTransferProhibited")
	b.run(t)
	if b.dns.asked != 0 {
		t.Fatalf("the DNS was asked %d times before anything changed", b.dns.asked)
	}
	b.rdap.answer["shop.lab"] = func() models.Look {
		l := said(models.LookRDAP, "2026-11-20", "2027-09-01T08:00:00Z", "clientTransferProhibited")
		l.Facts.Nameservers = []string{"ns1.other.example"}
		return l
	}
	b.clock.set("2026-11-20T08:00:00Z")
	b.run(t)
	if b.dns.asked != 1 {
		t.Errorf("the DNS was asked %d times after the name servers moved", b.dns.asked)
	}
	if codes := openCodes(b.store.rows[1].Findings); !slices.Contains(codes, "nameservers_changed") {
		t.Errorf("findings %v", codes)
	}
}

func TestCheckOnceJudgesWithoutAStore(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.m = b.monitor(t, nil)
	b.clock.set("2027-01-12T08:00:00Z")
	b.rdap.answer["shop.lab"] = func() models.Look {
		l := said(models.LookRDAP, "2027-01-12", newDate, "autoRenewPeriod")
		l.Facts.RelatedURL = "https://rdap.registrar.example/domain/shop.lab"
		return l
	}
	b.rdap.related["shop.lab"] = func() models.Look { return registrarSaid("2027-01-12", oldDate) }
	b.dns.look = func(_ string, expected []models.ExpectedRecord) models.DelegationLook {
		l := models.DelegationLook{Outcome: models.OutcomeOK}
		for range expected {
			l.Records = append(l.Records, models.RecordLook{State: models.RecordWrong, Detail: "Another value."})
		}
		return l
	}
	got := b.m.CheckOnce(t.Context(), monitor.CheckRequest{
		Domain: "shop.lab", Suffix: "lab", Expected: []models.ExpectedRecord{{Host: "www.shop.lab", Type: "A", Essential: true}},
	})
	if got.Judgement.Lifecycle != models.LifecycleExpired || !got.Judgement.Expiry.At.Equal(*date(oldDate)) || len(got.Looks) != 2 {
		t.Errorf("%s, expires %v, %d looks", got.Judgement.Lifecycle, got.Judgement.Expiry.At, len(got.Looks))
	}
	want := []string{"expiry_disagreement info <renewal_unconfirmed", "record_wrong major <renewal_unconfirmed", "renewal_unconfirmed major"}
	if diff := cmp.Diff(want, summary(got.Verdicts)); diff != "" {
		t.Errorf("verdicts %v\n%s", summary(got.Verdicts), diff)
	}
	if got.Records[0].State != models.RecordWrong {
		t.Errorf("the record's state as seen: %s", got.Records[0].State)
	}

	got = b.m.CheckOnce(t.Context(), monitor.CheckRequest{Domain: "gone.lab", SkipDNS: true})
	if got.Judgement.Lifecycle != models.LifecycleUnknown || got.Looks[0].Outcome != models.OutcomeTimeout || got.Delegation != nil || len(got.Verdicts) != 0 {
		t.Errorf("no answer: %+v", got)
	}
	got = b.m.CheckOnce(t.Context(), monitor.CheckRequest{Domain: "site.nowhere", Suffix: "nowhere"})
	if diff := cmp.Diff([]string{"suffix_unsupported minor"}, summary(got.Verdicts)); diff != "" || got.Looks[0].Outcome != models.OutcomeUnsupported {
		t.Errorf("unsupported: %s %s", got.Looks[0].Outcome, diff)
	}
	got = b.m.CheckOnce(t.Context(), monitor.CheckRequest{Domain: "shop.lab", SkipRegistration: true})
	if got.Registration != nil || len(got.Looks) != 0 || got.Delegation == nil {
		t.Errorf("DNS alone: %+v", got)
	}
}

func TestEvidenceIsBoundedAndHashedAsKept(t *testing.T) {
	t.Parallel()
	o := monitor.Evidence(models.Look{Evidence: make([]byte, models.MaxEvidence+1), Took: 1500 * time.Microsecond}, 7, "w")
	if len(o.Evidence) != models.MaxEvidence || !o.Truncated || o.TookMicros != 1500 || o.DomainID != 7 {
		t.Errorf("kept %d bytes, truncated %v, took %d", len(o.Evidence), o.Truncated, o.TookMicros)
	}
	empty := monitor.Evidence(models.Look{}, 7, "w")
	if empty.EvidenceHash != "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" || empty.Truncated {
		t.Errorf("hash of nothing = %s", empty.EvidenceHash)
	}
}
