package monitor_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/monitor"
)

const (
	rdapServer  = "https://rdap.lab"
	whoisServer = "whois.lab:43"
)

// bench is a monitor with scripted sources, an in-memory store and a clock that tests set.
type bench struct {
	clock *clock
	rdap  *registry
	whois *registry
	dns   *prober
	store *memory
	m     *monitor.Monitor
}

func newBench(t *testing.T, names ...string) *bench {
	t.Helper()
	b := &bench{clock: &clock{now: *date("2026-11-01T08:00:00Z")}, store: newMemory(names...)}
	b.rdap = &registry{
		kind: models.LookRDAP, clock: b.clock, suffix: map[string]string{"lab": rdapServer}, answer: map[string]func() models.Look{}, related: map[string]func() models.Look{},
	}
	b.whois = &registry{kind: models.LookWHOIS, clock: b.clock, suffix: map[string]string{"lab": whoisServer, "old": "whois.old:43"}, answer: map[string]func() models.Look{}}
	b.dns = &prober{clock: b.clock}
	b.m = b.monitor(t, b.store)
	return b
}

func (b *bench) monitor(t *testing.T, s monitor.Store) *monitor.Monitor {
	t.Helper()
	m, err := monitor.New(monitor.Options{
		Store: s, RDAP: b.rdap, WHOIS: b.whois, DNS: b.dns, Now: b.clock.Now, Wall: time.Now, Worker: "test", Roll: func() float64 { return 0.5 },
		Limit: func(string) monitor.Limit { return monitor.Limit{PerSecond: 10_000} },
	})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func (b *bench) registered(name, expires string, statuses ...string) {
	b.rdap.answer[name] = func() models.Look { return said(models.LookRDAP, "2026-11-01", expires, statuses...) }
}

func absent() models.Look { return models.Look{Outcome: models.OutcomeAbsent} }

// run sweeps and looks at everything that is due.
func (b *bench) run(t *testing.T) {
	t.Helper()
	servers, err := b.m.SweepRegistration(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range servers {
		if err := b.m.LookServer(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
}

func (b *bench) domain(id int64) models.Domain { return b.store.rows[id].Domain }

func TestNamesAreRoutedAndLookedAt(t *testing.T) {
	t.Parallel()
	b := newBench(t, "shop.lab", "cafe.old", "site.nowhere")
	b.registered("shop.lab", "2027-09-01T08:00:00Z", "clientTransferProhibited")
	b.whois.answer["cafe.old"] = func() models.Look { return said(models.LookWHOIS, "2026-11-01", "") }
	b.run(t)
	got := map[string]string{}
	for id := int64(1); id <= 3; id++ {
		d := b.domain(id)
		got[d.Name] = d.RegistryServer + " " + string(d.Lifecycle) + " " + string(d.LookOutcome) + " " + string(d.LookSource)
		if !d.NextLookAt.After(b.clock.Now()) || d.CheckedAt == nil {
			t.Errorf("%s: next look %v, checked %v", d.Name, d.NextLookAt, d.CheckedAt)
		}
	}
	want := map[string]string{
		"shop.lab":     rdapServer + " registered ok rdap",
		"cafe.old":     "whois.old:43 unknown ok whois",
		"site.nowhere": "unsupported unknown unsupported ",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	asked := b.rdap.count()
	b.run(t)
	if b.rdap.count() != asked {
		t.Error("a name was asked again before it was due")
	}
	rec := b.store.records[0]
	if len(rec.Observations) != 1 || rec.Observations[0].Worker != "test" || len(rec.Observations[0].EvidenceHash) != 64 {
		t.Errorf("observations = %+v", rec.Observations)
	}
	if c := b.store.rows[1].Cycle; c == nil || !c.ExpiresAt.Equal(*date("2027-09-01T08:00:00Z")) {
		t.Errorf("cycle = %+v, want one up to the first known date", c)
	}
}

func TestTheRegistrarIsAskedWhereTheRegistryNamesIt(t *testing.T) {
	t.Parallel()
	b := newBench(t, "shop.lab")
	b.rdap.answer["shop.lab"] = func() models.Look {
		l := said(models.LookRDAP, "2026-11-01", "2027-09-01T08:00:00Z", "ok")
		l.Facts.RelatedURL = "https://rdap.registrar.example/domain/shop.lab"
		return l
	}
	b.rdap.related["shop.lab"] = func() models.Look { return registrarSaid("2026-11-01", "2027-08-01T08:00:00Z") }
	b.run(t)
	d := b.domain(1)
	if d.ExpirySource != models.ExpiryRegistrar || !d.ExpiresAt.Equal(*date("2027-08-01T08:00:00Z")) {
		t.Errorf("expires %v by the %s", d.ExpiresAt, d.ExpirySource)
	}
	if row := b.store.servers["https://rdap.registrar.example"]; row.DayCount != 1 {
		t.Errorf("the registrar's server is remembered as %+v", row)
	}
	b.store.servers["https://rdap.registrar.example"] = models.RegistryServer{BlockedUntil: date("2026-11-20T20:00:00Z")}
	asked := b.rdap.count()
	b.clock.set("2026-11-20T08:00:00Z")
	b.run(t)
	if got := b.rdap.count() - asked; got != 1 {
		t.Errorf("%d questions, want one: the registrar's server must be left alone", got)
	}
}

func TestFailedLooksChangeNothingAndAreTriedAgain(t *testing.T) {
	t.Parallel()
	b := newBench(t, "shop.lab")
	b.registered("shop.lab", "2027-09-01T08:00:00Z", "clientTransferProhibited")
	b.run(t)
	before := *b.store.rows[1]
	delete(b.rdap.answer, "shop.lab")
	b.clock.set("2026-11-10T08:00:00Z")
	b.run(t)
	d := b.domain(1)
	if d.Lifecycle != models.LifecycleRegistered || d.LookFailures != 1 || d.LookOutcome != models.OutcomeTimeout || !d.SeenAt.Equal(*before.Domain.SeenAt) {
		t.Errorf("after one failure: %+v", d)
	}
	if wait := d.NextLookAt.Sub(b.clock.Now()); wait != 15*time.Minute {
		t.Errorf("tried again in %v", wait)
	}
	for range 8 {
		b.clock.add(10 * time.Hour)
		b.run(t)
	}
	b.clock.set("2026-12-01T08:00:00Z")
	b.run(t)
	codes := openCodes(b.store.rows[1].Findings)
	if b.domain(1).Lifecycle != models.LifecycleRegistered || !slices.Contains(codes, "look_failing") {
		t.Errorf("after a month of failures: %s, findings %v", b.domain(1).Lifecycle, codes)
	}
	b.registered("shop.lab", "2027-09-01T08:00:00Z", "clientTransferProhibited")
	b.clock.set("2026-12-10T08:00:00Z")
	b.run(t)
	if codes := openCodes(b.store.rows[1].Findings); slices.Contains(codes, "look_failing") || b.domain(1).LookFailures != 0 {
		t.Errorf("after an answer: findings %v", codes)
	}
}

func openCodes(findings []models.Finding) []string {
	var codes []string
	for _, f := range findings {
		if f.State == models.FindingOpen {
			codes = append(codes, f.Code)
		}
	}
	return codes
}

func TestAnAbsenceIsConfirmedByASecondKindOfSourceAndALaterRun(t *testing.T) {
	t.Parallel()
	b := newBench(t, "shop.lab")
	b.registered("shop.lab", "2027-09-01T08:00:00Z", "ok")
	b.run(t)
	b.rdap.answer["shop.lab"] = absent
	b.clock.set("2026-11-20T08:00:00Z")
	b.run(t)
	if d := b.domain(1); d.Lifecycle != models.LifecycleRegistered {
		t.Errorf("one 404, WHOIS silent, zone there: %s", d.Lifecycle)
	}
	b.whois.answer["shop.lab"] = absent
	b.clock.add(2 * time.Hour)
	b.run(t)
	if d := b.domain(1); d.Lifecycle != models.LifecycleReleased || d.LifecycleWhy != models.WhyAbsentConfirmed {
		t.Errorf("two kinds, two runs: %s (%s)", d.Lifecycle, d.LifecycleWhy)
	}
	last := b.store.records[len(b.store.records)-1]
	if last.CloseCycle == nil || last.CloseCycle.Reason != "released" || len(last.Ledger) != 1 || last.Ledger[0].Kind != "cycle_closed" {
		t.Errorf("cycle %+v, ledger %+v", last.CloseCycle, last.Ledger)
	}
	if b.dns.asked < 2 {
		t.Errorf("the zone was asked %d times: as the second source, and when everything in it broke", b.dns.asked)
	}
}

func TestTheParentZoneIsTheSecondSourceWhereThereIsNoOther(t *testing.T) {
	t.Parallel()
	b := newBench(t, "cafe.old")
	b.whois.answer["cafe.old"] = absent
	b.dns.look = func(string, []models.ExpectedRecord) models.DelegationLook {
		return models.DelegationLook{Outcome: models.OutcomeAbsent}
	}
	b.run(t)
	if d := b.domain(1); d.Lifecycle != models.LifecycleUnknown || d.LifecycleWhy != models.WhyAbsentOnce {
		t.Errorf("first run: %s (%s)", d.Lifecycle, d.LifecycleWhy)
	}
	b.clock.add(2 * time.Hour)
	b.run(t)
	if d := b.domain(1); d.Lifecycle != models.LifecycleReleased {
		t.Errorf("second run: %s (%s)", d.Lifecycle, d.LifecycleWhy)
	}
}

func TestAThrottledAnswerStopsTheServer(t *testing.T) {
	t.Parallel()
	b := newBench(t, "a.lab", "b.lab", "c.lab")
	b.registered("a.lab", "2027-09-01T08:00:00Z")
	b.rdap.answer["b.lab"] = func() models.Look {
		return models.Look{Outcome: models.OutcomeThrottled, RetryAfter: 3 * time.Hour}
	}
	b.registered("c.lab", "2027-09-01T08:00:00Z")
	b.run(t)
	if diff := cmp.Diff([]string{"a.lab", "b.lab"}, b.rdap.asked); diff != "" {
		t.Errorf("asked:\n%s", diff)
	}
	row := b.store.servers[rdapServer]
	if row.BlockedUntil == nil || !row.BlockedUntil.Equal(b.clock.Now().Add(3*time.Hour)) || row.DayCount != 2 {
		t.Errorf("remembered: %+v", row)
	}
	if got := b.domain(2).NextLookAt; got.Before(*row.BlockedUntil) {
		t.Errorf("the throttled name is due at %v, before the server may be asked", got)
	}
	b.run(t)
	if len(b.rdap.asked) != 2 {
		t.Error("the server was asked although it must be left alone")
	}
	b.clock.add(4 * time.Hour)
	b.registered("b.lab", "2027-09-01T08:00:00Z")
	b.run(t)
	if diff := cmp.Diff([]string{"a.lab", "b.lab", "b.lab", "c.lab"}, b.rdap.asked); diff != "" {
		t.Errorf("asked after the pause:\n%s", diff)
	}
}

func TestFiveFailuresInARowOpenTheCircuit(t *testing.T) {
	t.Parallel()
	b := newBench(t, "a.lab", "b.lab", "c.lab", "d.lab", "e.lab", "f.lab", "g.lab")
	b.run(t)
	if len(b.rdap.asked) != 5 || b.store.servers[rdapServer].Failures != 5 {
		t.Errorf("asked %v, remembered %+v", b.rdap.asked, b.store.servers[rdapServer])
	}
}

func TestAPanicIsOneFailedLook(t *testing.T) {
	t.Parallel()
	b := newBench(t, "a.lab", "b.lab")
	b.rdap.answer["a.lab"] = func() models.Look { panic("index out of range") }
	b.registered("b.lab", "2027-09-01T08:00:00Z")
	b.run(t)
	if got := b.domain(1).LookOutcome; got != models.OutcomeUnparsed {
		t.Errorf("a.lab: %s", got)
	}
	if got := b.domain(2).Lifecycle; got != models.LifecycleRegistered {
		t.Errorf("b.lab: %s", got)
	}
	b.dns.look = func(string, []models.ExpectedRecord) models.DelegationLook { panic("nil map") }
	if err := b.m.LookDNS(t.Context(), 1); err != nil || b.domain(1).DNSFailures != 1 {
		t.Errorf("DNS: %v, %d failures", err, b.domain(1).DNSFailures)
	}
}

func TestAConflictIsJudgedAgainWithoutAskingAgain(t *testing.T) {
	t.Parallel()
	b := newBench(t, "shop.lab")
	b.registered("shop.lab", "2027-09-01T08:00:00Z", "clientTransferProhibited")
	b.store.conflicts = 1
	b.run(t)
	if b.rdap.count() != 1 {
		t.Errorf("asked %d times", b.rdap.count())
	}
	if codes := openCodes(b.store.rows[1].Findings); !slices.Contains(codes, "auto_renew_off") {
		t.Errorf("what was set meanwhile is not in the judgement: %v", codes)
	}
	b.store.conflicts = 1000
	b.clock.set("2026-11-20T08:00:00Z")
	if err := b.m.LookServer(t.Context(), rdapServer); !errors.Is(err, models.ErrConflict) {
		t.Errorf("endless conflicts: %v", err)
	}
}

func TestAStoreThatFailsEndsTheRun(t *testing.T) {
	t.Parallel()
	b := newBench(t, "a.lab", "b.lab")
	if _, err := b.m.SweepRegistration(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.store.broken = errors.New("disk full")
	err := b.m.LookServer(t.Context(), rdapServer)
	if err == nil || !strings.Contains(err.Error(), "disk full") || b.rdap.count() != 2 {
		t.Errorf("error %v, %d questions: each name once, and no endless loop", err, b.rdap.count())
	}
}

func TestALookThatIsCutShortSaysNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t, "a.lab", "b.lab")
	if _, err := b.m.SweepRegistration(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	b.rdap.answer["a.lab"] = func() models.Look {
		cancel()
		return models.Look{Outcome: models.OutcomeTimeout}
	}
	if err := b.m.LookServer(ctx, rdapServer); err != nil {
		t.Error(err)
	}
	if d := b.domain(1); d.CheckedAt != nil || d.LookFailures != 0 || len(b.store.records) != 0 {
		t.Errorf("our own end was held against the name: %+v", d)
	}
	if b.rdap.count() != 1 {
		t.Error("the loop went on")
	}
}

func TestARefusalThatCameLastIsRemembered(t *testing.T) {
	t.Parallel()
	b := newBench(t, "a.lab", "b.lab")
	if _, err := b.m.SweepRegistration(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	b.rdap.answer["a.lab"] = func() models.Look {
		cancel()
		return models.Look{Outcome: models.OutcomeThrottled, RetryAfter: time.Hour}
	}
	if err := b.m.LookServer(ctx, rdapServer); err != nil {
		t.Error(err)
	}
	if row := b.store.servers[rdapServer]; row.BlockedUntil == nil || !row.BlockedUntil.Equal(b.clock.Now().Add(time.Hour)) {
		t.Errorf("whoever comes next does not know of the refusal: %+v", row)
	}
	if d := b.domain(1); d.CheckedAt != nil || len(b.store.records) != 0 {
		t.Errorf("our own end was held against the name: %+v", d)
	}
}

func TestTimeAloneTurnsTheVerdict(t *testing.T) {
	t.Parallel()
	b := newBench(t, "shop.lab")
	b.registered("shop.lab", "2026-12-31T07:00:00Z", "clientTransferProhibited")
	b.clock.set("2026-11-01T06:00:00Z")
	b.run(t)
	if d := b.domain(1); d.Lifecycle != models.LifecycleRegistered || d.NextJudgeAt == nil {
		t.Fatalf("%s, to be judged at %v", d.Lifecycle, d.NextJudgeAt)
	}
	b.clock.now = *b.domain(1).NextJudgeAt
	ids, err := b.m.SweepJudge(t.Context())
	if err != nil || !slices.Equal(ids, []int64{1}) {
		t.Fatalf("to be judged: %v, %v", ids, err)
	}
	planned := b.domain(1).NextLookAt
	if err := b.m.Rejudge(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	d := b.domain(1)
	if d.Lifecycle != models.LifecycleExpiring || !d.NextLookAt.Equal(planned) || b.rdap.count() != 1 {
		t.Errorf("%s, next look %v (was %v), asked %d times", d.Lifecycle, d.NextLookAt, planned, b.rdap.count())
	}
	if ids, _ := b.m.SweepJudge(t.Context()); len(ids) != 0 {
		t.Errorf("still to be judged: %v", ids)
	}
}

func TestAnAnswerRestsRemindersUntilTheFactsWorsen(t *testing.T) {
	t.Parallel()
	b := newBench(t, "shop.lab")
	b.registered("shop.lab", "2026-11-10T08:00:00Z", "clientTransferProhibited")
	b.run(t)
	b.store.rows[1].Domain.QuietUntil, b.store.rows[1].Domain.QuietReason = date("2027-05-01"), "answered:will_renew"
	b.clock.set("2026-11-09T08:00:00Z")
	b.run(t)
	if b.domain(1).QuietUntil == nil {
		t.Error("coming nearer is no worsening")
	}
	b.clock.set("2026-11-11T08:00:00Z")
	b.run(t)
	if d := b.domain(1); d.Lifecycle != models.LifecycleExpired || d.QuietUntil != nil || d.QuietReason != "" {
		t.Errorf("%s, quiet until %v", d.Lifecycle, d.QuietUntil)
	}
}

func TestTheBrakeIsPulledOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t, "a.lab")
	if held, err := b.m.SweepBrake(t.Context()); held || err != nil {
		t.Errorf("calm: held %v, %v", held, err)
	}
	b.store.bad = 50
	if held, err := b.m.SweepBrake(t.Context()); !held || err != nil || b.store.brake == nil || b.store.brake.Reason == "" {
		t.Errorf("storm: held %v, %v, %+v", held, err, b.store.brake)
	}
	b.store.bad = 0
	if held, _ := b.m.SweepBrake(t.Context()); !held {
		t.Error("only an operator releases the brake")
	}
}

func TestWhatConcernsTheNoticesOfACycleEndsWithIt(t *testing.T) {
	t.Parallel()
	b := newBench(t, "shop.lab")
	b.registered("shop.lab", "2026-11-20T08:00:00Z", "clientTransferProhibited")
	b.run(t)
	for i, code := range []string{models.CodeMailUndeliverable, models.CodeWrongPerson} {
		b.store.rows[1].Findings = append(b.store.rows[1].Findings, models.Finding{
			ID: int64(100 + i), Code: code, Subject: "maya@elsewhere.example", State: models.FindingOpen, Severity: models.SeverityMajor,
		})
	}
	open := func() (n int) {
		for _, code := range openCodes(b.store.rows[1].Findings) {
			if code == models.CodeMailUndeliverable || code == models.CodeWrongPerson {
				n++
			}
		}
		return n
	}
	b.clock.add(2 * 24 * time.Hour)
	b.run(t)
	if open() != 2 {
		t.Errorf("resolved while the name is still to be renewed: %v", openCodes(b.store.rows[1].Findings))
	}
	b.registered("shop.lab", "2027-11-20T08:00:00Z", "clientTransferProhibited")
	b.clock.add(2 * 24 * time.Hour)
	b.run(t)
	if open() != 0 {
		t.Errorf("left open after the renewal: %v", openCodes(b.store.rows[1].Findings))
	}
}
