package monitor_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/monitor"
)

// The pools that random looks are drawn from: few values, so that they meet.
var (
	anyKind    = []models.LookKind{models.LookRDAP, models.LookWHOIS, models.LookRegistrarRDAP, models.LookDNS}
	noAnswer   = []models.Outcome{models.OutcomeReserved, models.OutcomeInvalid, models.OutcomeThrottled, models.OutcomeRefused, models.OutcomeTimeout, models.OutcomeUnreachable, models.OutcomeUnparsed, models.OutcomeUnsupported}
	anyExpiry  = []string{"", "2026-12-10T08:00:00Z", "2026-12-10", "2027-01-10T08:00:00Z", "2027-12-10T08:00:00Z", "2028-12-10", "2029-12-10T08:00:00Z", "2999-12-31", "1970-01-01"}
	anyCreated = []string{"", "2015-01-10T08:00:00Z", "2015-01-10", "2026-11-20T08:00:00Z"}
	anyStatus  = []string{"ok", "active", "autoRenewPeriod", "renewPeriod", "transferPeriod", "redemptionPeriod", "pendingDelete", "pendingRestore", "clientHold", "clientTransferProhibited", "in quarantine", "inactive"}
	anyOwner   = []string{"", "Northwind Names", "NORTHWIND NAMES, INC.", "Contoso Domains"}
	anyHost    = []string{"ns1.a.example", "NS1.A.example.", "ns2.a.example", "ns1.b.example"}
)

func drawDate(t *rapid.T, from []string, label string) *time.Time {
	if s := rapid.SampledFrom(from).Draw(t, label); s != "" {
		return date(s)
	}
	return nil
}

func drawFacts(t *rapid.T, kind models.LookKind) *models.Facts {
	f := &models.Facts{
		RegistrarExpiresAt: drawDate(t, anyExpiry, "registrar expiry"), CreatedAt: drawDate(t, anyCreated, "created"),
		Registrar: rapid.SampledFrom(anyOwner).Draw(t, "registrar"), Statuses: rapid.SliceOfN(rapid.SampledFrom(anyStatus), 0, 3).Draw(t, "statuses"),
		Nameservers: rapid.SliceOfN(rapid.SampledFrom(anyHost), 0, 2).Draw(t, "name servers"),
		DNSSEC:      rapid.SampledFrom([]models.DNSSEC{models.DNSSECUnknown, models.DNSSECSigned, models.DNSSECUnsigned}).Draw(t, "dnssec"),
	}
	if kind != models.LookRegistrarRDAP {
		f.ExpiresAt = drawDate(t, anyExpiry, "expiry")
		f.ExpiryStated = f.ExpiresAt != nil || rapid.Bool().Draw(t, "stated")
	}
	return f
}

func drawLook(t *rapid.T, at time.Time) models.Look {
	l := models.Look{Kind: rapid.SampledFrom(anyKind).Draw(t, "kind"), Domain: "shop.lab", At: at.Add(time.Duration(rapid.IntRange(0, 3).Draw(t, "second")) * time.Second)}
	switch rapid.IntRange(0, 5).Draw(t, "ends") {
	case 0:
		l.Outcome = rapid.SampledFrom(noAnswer).Draw(t, "outcome")
	case 1:
		l.Outcome = models.OutcomeAbsent
	default:
		l.Outcome = models.OutcomeOK
		if l.Kind != models.LookDNS {
			l.Facts = drawFacts(t, l.Kind)
		}
	}
	return l
}

var sameFacts = cmp.Options{cmpopts.EquateEmpty(), cmpopts.IgnoreFields(models.Registration{}, "UpdatedAt")}

// TestTheRulesThatNeverBend holds the design's first four rules over random sequences of looks: any outcome, any source, any statement, at
// any time, with a clock that steps.
func TestTheRulesThatNeverBend(t *testing.T) {
	t.Parallel()
	lifecycles := []monitor.LifecycleDays{gtld, {}, {AutoRenewGrace: 30, Redemption: 30}, {Redemption: 40, NoPublicExpiry: true}, {AutoRenewGrace: 30, NoAutoRenew: true}}
	rapid.Check(t, func(t *rapid.T) {
		w := walk{
			domain: &models.Domain{Name: "shop.lab", Suffix: "lab"}, days: rapid.SampledFrom(lifecycles).Draw(t, "days"), now: *date("2026-11-22T08:00:00Z"),
		}
		if rapid.IntRange(0, 4).Draw(t, "attests") == 0 {
			w.domain.AttestedExpiry, w.domain.AttestedAt = date("2027-12-10"), date("2026-12-12T08:00:00Z")
		}
		for range rapid.IntRange(1, 10).Draw(t, "runs") {
			w.now = w.now.Add(time.Duration(rapid.SampledFrom([]int{-48, -1, 0, 1, 2, 6, 24, 24 * 7, 24 * 30, 24 * 50}).Draw(t, "hours")) * time.Hour)
			var looks []models.Look
			for range rapid.IntRange(0, 3).Draw(t, "looks") {
				looks = append(looks, drawLook(t, w.now))
			}
			w.run(t, looks)
		}
	})
}

// walk is a name on its way through random runs.
type walk struct {
	domain *models.Domain
	days   monitor.LifecycleDays
	now    time.Time
	known  monitor.Known
	stored []models.Finding
}

func (w *walk) merge(k monitor.Known, looks []models.Look) (monitor.Known, []models.Change) {
	return monitor.Merge(k, looks, monitor.MergeContext{Domain: w.domain, Days: w.days, Now: w.now})
}

func (w *walk) judge(k monitor.Known, changes []models.Change) (monitor.Judgement, []models.FindingChange) {
	e := models.EffectiveExpiry(w.domain, &k.Registration)
	j := monitor.JudgeLifecycle(w.domain, &k.Registration, e, w.days, w.now)
	s := &monitor.Situation{
		Domain: *w.domain, Registration: &k.Registration, Statements: k.Statements, Judgement: j, Changes: changes, Stored: w.stored, Now: w.now,
	}
	return j, monitor.Reconcile(w.stored, monitor.RegistrationVerdicts(s), monitor.RegistrationJudged(s), w.now)
}

func (w *walk) run(t *rapid.T, looks []models.Look) {
	next, changes := w.merge(w.known, looks)
	w.sameInAnyOrder(t, looks, next)
	w.nothingNewTwice(t, looks, next)
	w.silenceSaysNothing(t)
	j, found := w.judge(next, changes)
	positiveProof(t, next, j, found)
	oneDate(t, w.domain, next.Registration, j.Expiry)
	w.known = next
	w.stored = applyFindings(slices.Clone(w.stored), found)
}

func (w *walk) sameInAnyOrder(t *rapid.T, looks []models.Look, want monitor.Known) {
	shuffled, _ := w.merge(w.known, rapid.Permutation(looks).Draw(t, "order"))
	if diff := cmp.Diff(want, shuffled, sameFacts); diff != "" {
		t.Fatalf("another order of the looks of one run comes to something else:\n%s", diff)
	}
}

func (w *walk) nothingNewTwice(t *rapid.T, looks []models.Look, next monitor.Known) {
	again, changes := w.merge(next, looks)
	if diff := cmp.Diff(next, again, sameFacts); diff != "" || len(changes) > 0 {
		t.Fatalf("the same looks again: %+v\n%s", changes, diff)
	}
}

// silenceSaysNothing compares what is known after looks without an answer, and after answers about another name, with what it comes to
// without any look.
func (w *walk) silenceSaysNothing(t *rapid.T) {
	none, settled := w.merge(w.known, nil)
	_, wantFound := w.judge(none, settled)
	failed := models.Look{Kind: rapid.SampledFrom(anyKind).Draw(t, "silent"), Domain: "shop.lab", Outcome: rapid.SampledFrom(noAnswer).Draw(t, "why"), At: w.now}
	other := models.Look{Kind: models.LookRDAP, Domain: "other.lab", Outcome: models.OutcomeOK, At: w.now, Facts: drawFacts(t, models.LookRDAP)}
	gone := models.Look{Kind: models.LookRDAP, Domain: "other.lab", Outcome: models.OutcomeAbsent, At: w.now}
	for _, l := range []models.Look{failed, other, gone} {
		after, changes := w.merge(w.known, []models.Look{l})
		if diff := cmp.Diff(none.Registration, after.Registration, sameFacts); diff != "" {
			t.Fatalf("%s %s about %s changed facts:\n%s", l.Kind, l.Outcome, l.Domain, diff)
		}
		if _, found := w.judge(after, changes); cmp.Diff(wantFound, found) != "" {
			t.Fatalf("%s %s about %s changed findings:\n%s", l.Kind, l.Outcome, l.Domain, cmp.Diff(wantFound, found))
		}
	}
}

// positiveProof holds every bad verdict to an answer that shows it.
func positiveProof(t *rapid.T, k monitor.Known, j monitor.Judgement, found []models.FindingChange) {
	r := &k.Registration
	passes, dated := j.Expiry.PassesAt()
	after := dated && r.FactsAt != nil && !r.FactsAt.Before(passes)
	lapsing := slices.ContainsFunc(r.Statuses, func(s string) bool {
		return slices.Contains([]string{"redemptionPeriod", "pendingDelete", "pendingRestore"}, s)
	})
	shown := true
	switch j.Lifecycle {
	case models.LifecycleExpired:
		shown = after || slices.Contains(r.Statuses, "lapsed")
	case models.LifecycleRedemption, models.LifecyclePendingDelete:
		shown = lapsing || after
	case models.LifecycleReleased:
		shown = r.AbsentRuns >= 2 && len(r.AbsentSources) >= 2 && r.AbsentLastAt.Sub(*r.AbsentSince) >= hour
	case models.LifecycleUnknown, models.LifecycleRegistered, models.LifecycleExpiring, models.LifecycleOnHold:
	}
	if !shown {
		t.Fatalf("%s (%s) without an answer that shows it: date %v, facts of %v, statuses %q, absent %d %q", j.Lifecycle, j.Why, j.Expiry.At, r.FactsAt, r.Statuses, r.AbsentRuns, r.AbsentSources)
	}
	for _, c := range found {
		if open := c.Kind != models.FindingGone; open && c.Finding.Code == monitor.CodeExpired && (j.Lifecycle != models.LifecycleExpired || j.Expiry.Unconfirmed) {
			t.Fatalf("called expired while %s (%s, unconfirmed %v)", j.Lifecycle, j.Why, j.Expiry.Unconfirmed)
		}
	}
}

// oneDate holds the effective expiry to the rule of the earlier date.
func oneDate(t *rapid.T, d *models.Domain, r models.Registration, e models.Expiry) {
	want := []*time.Time{}
	switch e.Reason {
	case models.ExpiryUnknown:
		want = append(want, nil)
	case models.ExpiryByAttestation:
		if r.RegistryExpiry != nil || r.RegistrarExpiry != nil {
			t.Fatal("an attested date counts beside a public one")
		}
		want = append(want, d.AttestedExpiry)
	case models.ExpiryUnconfirmed:
		if !e.Unconfirmed || !e.At.Before(*r.RegistryExpiry) {
			t.Fatalf("unconfirmed, but %v is not before %v", e.At, r.RegistryExpiry)
		}
		want = append(want, r.RenewalOf)
	case models.ExpiryOnlyRegistrar:
		want = append(want, r.RegistrarExpiry)
	case models.ExpiryEarlier:
		want = append(want, r.RegistryExpiry)
		if r.RegistrarExpiry.Before(*r.RegistryExpiry) {
			want = []*time.Time{r.RegistrarExpiry}
		}
	case models.ExpiryOnlyRegistry, models.ExpiryRegistrarStale, models.ExpiryOutlived, models.ExpiryConfirmed:
		want = append(want, r.RegistryExpiry)
		if e.Reason != models.ExpiryOnlyRegistry && r.RegistryExpiry.Sub(*r.RegistrarExpiry) < 300*day {
			t.Fatalf("the registrar's date %v is passed over (%s) beside %v", r.RegistrarExpiry, e.Reason, r.RegistryExpiry)
		}
	}
	if fmt.Sprint(want[0] == nil) != fmt.Sprint(e.At == nil) || e.At != nil && !e.At.Equal(*want[0]) {
		t.Fatalf("effective %v (%s), want %v", e.At, e.Reason, want[0])
	}
}
