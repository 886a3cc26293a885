package store_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/store"
)

// standingDomain is a domain with one record, all of it right when it was looked at whole an hour ago, and due now.
func standingDomain(tb testing.TB, s *store.Store, name string, change func(rec *models.DelegationRecord)) {
	tb.Helper()
	imported(tb, s, row(name, "Amber Bakery"))
	ok(tb, s.UpsertRecords(tb.Context(), watched(tb, s, name).Domain.ID, []models.ExpectedRecord{
		{Host: "www." + name, Type: "A", Match: models.MatchExact, Values: []string{"192.0.2.80"}},
	}, at(-2*time.Hour)))
	w := watched(tb, s, name)
	rec := models.DelegationRecord{Domain: w.Domain, Records: w.Records, Delegation: &models.Delegation{
		Outcome: models.OutcomeOK, ParentNS: []string{"ns1.lab", "ns2.lab"}, ChildNS: []string{"ns1.lab", "ns2.lab"},
		Signed: models.DNSSECUnsigned, LookedAt: at(-time.Hour), AnswerAt: new(at(-time.Hour)),
	}}
	rec.Domain.NextDNSAt, rec.Domain.DNSCheckedAt = now, new(at(-time.Hour))
	rec.Records[0].State, rec.Records[0].StateAt, rec.Records[0].LookedAt = models.RecordOK, new(at(-time.Hour)), new(at(-time.Hour))
	change(&rec)
	ok(tb, s.RecordDelegation(tb.Context(), rec))
}

// unlike are the ways in which a domain does not stand.
var unlike = map[string]func(rec *models.DelegationRecord){
	"problem.lab":    func(rec *models.DelegationRecord) { rec.Delegation.Problems = 1 },
	"pending.lab":    func(rec *models.DelegationRecord) { rec.Records[0].Pending = models.RecordMissing },
	"broken.lab":     func(rec *models.DelegationRecord) { rec.Records[0].State = models.RecordMissing },
	"never.lab":      func(rec *models.DelegationRecord) { rec.Records[0].State = models.RecordUnknown },
	"signed.lab":     func(rec *models.DelegationRecord) { rec.Delegation.Signed = models.DNSSECSigned },
	"failing.lab":    func(rec *models.DelegationRecord) { rec.Domain.DNSFailures = 1 },
	"unanswered.lab": func(rec *models.DelegationRecord) { rec.Delegation.Outcome = models.OutcomeTimeout },
	"unlooked.lab":   func(rec *models.DelegationRecord) { rec.Delegation = nil },
	"undue.lab":      func(rec *models.DelegationRecord) { rec.Domain.NextDNSAt = at(time.Microsecond) },
}

func TestOnlyWhatStandsIsListedAndTouched(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		fine := func(*models.DelegationRecord) {}
		standingDomain(t, s, "one.lab", fine)
		for name, change := range unlike {
			standingDomain(t, s, name, change)
		}
		standingDomain(t, s, "old.lab", func(rec *models.DelegationRecord) { rec.Delegation.LookedAt = at(-day) })
		standingDomain(t, s, "archived.lab", fine)
		ok(t, s.ArchiveDomain(t.Context(), ids(t, s, "archived.lab")[0], "kim", now))
		standingDomain(t, s, "two.lab", fine)
		standingDomain(t, s, "differs.lab", func(rec *models.DelegationRecord) { rec.Delegation.ChildNS = []string{"ns1.lab"} })

		list := must[[]models.Standing](t)(s.StandingDue(t.Context(), now, at(-day), 0, 10))
		var names []string
		for _, st := range list {
			names = append(names, st.Domain)
		}
		if diff := cmp.Diff([]string{"one.lab", "two.lab", "differs.lab"}, names); diff != "" {
			t.Fatalf("listed (-want +got):\n%s", diff)
		}
		if st := list[0]; len(st.Records) != 1 || st.Records[0].Host != "www.one.lab" || len(st.NS) != 2 || list[2].NS != nil {
			t.Errorf("%+v", list)
		}
		first := must[[]models.Standing](t)(s.StandingDue(t.Context(), now, at(-day), 0, 1))
		second := must[[]models.Standing](t)(s.StandingDue(t.Context(), now, at(-day), first[0].DomainID, 1))
		if first[0].Domain != "one.lab" || second[0].Domain != "two.lab" {
			t.Errorf("one by one: %s, %s", first[0].Domain, second[0].Domain)
		}

		all := []string{"one.lab", "two.lab", "archived.lab"}
		for name := range unlike {
			all = append(all, name)
		}
		before := map[string]models.Watched{}
		for _, name := range all {
			before[name] = watched(t, s, name)
		}
		ok(t, s.TouchDNS(t.Context(), ids(t, s, all...), now, at(6*time.Hour)))
		for _, name := range all {
			w, was := watched(t, s, name), before[name]
			if name == "one.lab" || name == "two.lab" {
				was.Domain.DNSCheckedAt, was.Domain.NextDNSAt, was.Records[0].LookedAt = w.Domain.DNSCheckedAt, w.Domain.NextDNSAt, w.Records[0].LookedAt
				if !w.Domain.DNSCheckedAt.Equal(now) || !w.Domain.NextDNSAt.Equal(at(6*time.Hour)) || !w.Records[0].LookedAt.Equal(now) {
					t.Errorf("%s: checked %v, next %v, record %v", name, w.Domain.DNSCheckedAt, w.Domain.NextDNSAt, w.Records[0].LookedAt)
				}
			}
			if diff := cmp.Diff(was, w); diff != "" {
				t.Errorf("%s changed (-was +is):\n%s", name, diff)
			}
		}
		if left := must[[]models.Standing](t)(s.StandingDue(t.Context(), now, at(-day), 0, 10)); len(left) != 1 || left[0].Domain != "differs.lab" {
			t.Errorf("still listed: %+v", left)
		}
	})
}

// TestAWholeLookInBetweenWins: what a whole look records while a sweep is under way is not covered up by the sweep.
func TestAWholeLookInBetweenWins(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		standingDomain(t, s, "one.lab", func(*models.DelegationRecord) {})
		list := must[[]models.Standing](t)(s.StandingDue(t.Context(), now, at(-day), 0, 10))
		w := watched(t, s, "one.lab")
		w.Domain.NextDNSAt, w.Records[0].Pending, w.Records[0].ConfirmAt = at(10*time.Minute), models.RecordMissing, new(at(10*time.Minute))
		ok(t, s.RecordDelegation(t.Context(), models.DelegationRecord{Domain: w.Domain, Records: w.Records}))
		ok(t, s.TouchDNS(t.Context(), []int64{list[0].DomainID}, now, at(6*time.Hour)))
		if d := watched(t, s, "one.lab").Domain; !d.NextDNSAt.Equal(at(10 * time.Minute)) {
			t.Errorf("the confirming look was put off to %v", d.NextDNSAt)
		}
	})
}
