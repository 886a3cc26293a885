package store_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/store"
)

func ids(tb testing.TB, s *store.Store, names ...string) []int64 {
	tb.Helper()
	out := make([]int64, len(names))
	for i, name := range names {
		out[i] = watched(tb, s, name).Domain.ID
	}
	return out
}

// lookingDue makes a domain due at an instant, at a server, with an expiry.
func lookingDue(tb testing.TB, s *store.Store, name, server string, due time.Time, expiry *time.Time) {
	tb.Helper()
	ok(tb, s.RouteDomains(tb.Context(), server, ids(tb, s, name)))
	judged(tb, s, name, func(rec *models.RegistrationRecord) { rec.Domain.NextLookAt, rec.Domain.ExpiresAt = due, expiry })
}

func TestServersAndDomainsDue(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		for _, name := range []string{"far.lab", "near.lab", "expired.lab", "dateless.lab", "older.lab", "later.lab", "gone.lab", "blocked.test", "slow.test", "unrouted.lab"} {
			imported(t, s, row(name, "Amber Bakery"))
		}
		const lab, blocked, slow = "https://rdap.lab", "whois.blocked.test:43", "whois.slow.test:43"
		lookingDue(t, s, "far.lab", lab, at(-time.Hour), new(at(90*day)))
		lookingDue(t, s, "near.lab", lab, now, new(at(2*day)))
		lookingDue(t, s, "expired.lab", lab, at(-time.Minute), new(at(-2*day)))
		lookingDue(t, s, "dateless.lab", lab, at(-2*time.Hour), nil)
		lookingDue(t, s, "older.lab", lab, at(-3*time.Hour), nil)
		lookingDue(t, s, "later.lab", lab, at(time.Microsecond), new(at(-9*day)))
		lookingDue(t, s, "gone.lab", lab, at(-time.Hour), new(at(-30*day)))
		lookingDue(t, s, "blocked.test", blocked, at(-time.Hour), new(at(-time.Hour)))
		lookingDue(t, s, "slow.test", slow, at(-time.Hour), new(at(-5*day)))
		ok(t, s.ArchiveDomain(t.Context(), ids(t, s, "gone.lab")[0], "kim", now))
		remembered(t, s, blocked, func(r *models.RegistryServer) { r.BlockedUntil = new(at(time.Minute)) })
		remembered(t, s, slow, func(r *models.RegistryServer) { r.BlockedUntil = new(now) }) // over just now

		servers := must[[]string](t)(s.ServersDue(t.Context(), now, 10))
		if diff := cmp.Diff([]string{lab, slow}, servers); diff != "" {
			t.Errorf("servers (-want +got):\n%s", diff)
		}
		if one := must[[]string](t)(s.ServersDue(t.Context(), now, 1)); len(one) != 1 {
			t.Errorf("limited to 1: %v", one)
		}
		want := ids(t, s, "expired.lab", "near.lab", "older.lab", "dateless.lab", "far.lab") // those never looked at as they wait
		if diff := cmp.Diff(want, must[[]int64](t)(s.DomainsDue(t.Context(), lab, now, 10))); diff != "" {
			t.Errorf("domains (-want +got):\n%s", diff)
		}
		unrouted := must[[]models.Domain](t)(s.UnroutedDomains(t.Context(), 10))
		if len(unrouted) != 1 || unrouted[0].Name != "unrouted.lab" {
			t.Errorf("unrouted: %v", unrouted)
		}
		ok(t, s.RerouteAll(t.Context(), lab))
		if n := len(must[[]models.Domain](t)(s.UnroutedDomains(t.Context(), 10))); n != 7 {
			t.Errorf("%d unrouted after rerouting, want 7 (the archived one is left out)", n)
		}
		if r := must[models.RegistryServer](t)(s.RegistryServer(t.Context(), "nobody")); !cmp.Equal(r, models.RegistryServer{Server: "nobody"}) {
			t.Errorf("an unknown server: %+v", r)
		}
	})
}

func TestRecheckMakesBothLooksDue(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		imported(t, s, row("a.lab", "Amber Bakery"), row("b.lab", "Amber Bakery"), row("c.lab", "Amber Bakery"))
		for i, name := range []string{"a.lab", "b.lab", "c.lab"} {
			d := watched(t, s, name).Domain
			d.NextDNSAt = at(time.Duration(i+1) * day)
			ok(t, s.RecordDelegation(t.Context(), models.DelegationRecord{Domain: d}))
			lookingDue(t, s, name, "https://rdap.lab", at(day), nil)
		}
		if due := must[[]int64](t)(s.DNSDue(t.Context(), now, 10)); len(due) != 0 {
			t.Errorf("DNS due: %v", due)
		}
		ok(t, s.Recheck(t.Context(), ids(t, s, "c.lab", "b.lab"), now))
		want := ids(t, s, "b.lab", "c.lab")
		for what, got := range map[string][]int64{
			"DNS": must[[]int64](t)(s.DNSDue(t.Context(), now, 10)), "looks": must[[]int64](t)(s.DomainsDue(t.Context(), "https://rdap.lab", now, 10)),
		} {
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s due (-want +got):\n%s", what, diff)
			}
		}
		if due := must[[]int64](t)(s.DNSDue(t.Context(), at(day), 10)); due[2] != ids(t, s, "a.lab")[0] {
			t.Errorf("a day later: %v, want that which waits least last", due)
		}
	})
}

func TestDelegationRecord(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		imported(t, s, row("a.lab", "Amber Bakery"))
		d := watched(t, s, "a.lab").Domain
		ok(t, s.UpsertRecords(t.Context(), d.ID, []models.ExpectedRecord{
			{Host: "mail.a.lab", Type: "CNAME", Match: models.MatchExact, Values: []string{"in.sender.example"}, Essential: true},
			{Host: "gone.a.lab", Type: "TXT", Match: models.MatchContains, Values: []string{"x"}},
		}, now))
		w := watched(t, s, "a.lab")
		looked := slices.Clone(w.Records)
		looked[1].State, looked[1].StateAt, looked[1].Seen, looked[1].Purpose = models.RecordMissing, new(now), models.Seen{"ns1.a.lab 192.0.2.1": {"<NODATA>"}}, "not ours to write"
		ok(t, s.UpsertRecords(t.Context(), d.ID, w.Records[1:], now)) // the first is removed during the look
		stale := w.Domain
		stale.DNSCheckedAt, stale.NextDNSAt, stale.DNSFailures, stale.RecordsTotal, stale.Registrar = new(at(time.Minute)), at(day), 2, 1, "not ours to write"
		f := finding(d.ID, "ns_lame")
		ok(t, s.RecordDelegation(t.Context(), models.DelegationRecord{
			Domain: stale, Records: looked, Findings: []models.FindingChange{{Kind: models.FindingOpened, Finding: f}},
			Changes:     []models.Change{{At: now, Field: "ds", Before: "1", After: "2"}},
			Observation: &models.Observation{Kind: models.LookDNS, Outcome: models.OutcomeOK, At: now, Server: "192.0.2.1", Evidence: []byte("text")},
			Delegation: &models.Delegation{
				Outcome: models.OutcomeOK, ParentNS: []string{"ns1.a.lab"}, ChildNS: []string{"ns1.a.lab"}, Signed: models.DNSSECUnsigned, LookedAt: now,
				Servers: []models.ServerLook{{Name: "ns1.a.lab", Address: "192.0.2.1", Outcome: "ok", Serial: new(uint32(7))}}, AnswerAt: new(now),
				MailPending: []models.MailPending{{Code: "dkim_gone", Subject: "k1._domainkey.a.lab", At: now, ConfirmAt: at(time.Hour)}},
			},
		}))
		got := watched(t, s, "a.lab")
		if got.Domain.DNSFailures != 2 || got.Domain.Registrar != "" || !got.Domain.DNSCheckedAt.Equal(at(time.Minute)) {
			t.Errorf("domain: %+v", got.Domain)
		}
		if len(got.Records) != 1 || got.Records[0].State != models.RecordMissing || got.Records[0].Purpose != "" || len(got.Records[0].Seen) != 1 {
			t.Errorf("records: %+v", got.Records)
		}
		if got.Delegation == nil || *got.Delegation.Servers[0].Serial != 7 || len(got.Delegation.MailPending) != 1 ||
			!got.Delegation.MailPending[0].ConfirmAt.Equal(at(time.Hour)) || got.Findings[0].ObservationID == nil {
			t.Errorf("delegation: %+v, findings %+v", got.Delegation, got.Findings)
		}
		stale.ID = 4711
		if err := s.RecordDelegation(t.Context(), models.DelegationRecord{Domain: stale}); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("a domain that does not exist: %v", err)
		}
	})
}

func TestShareTurnedBad(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		const fine, expired = models.LifecycleRegistered, models.LifecycleExpired
		for name, turn := range map[string]struct {
			from, to models.Lifecycle
			at       time.Time
		}{
			"new.lab": {fine, expired, now}, "hold.lab": {models.LifecycleExpiring, models.LifecycleOnHold, at(time.Hour)},
			"before.lab": {fine, models.LifecycleReleased, at(-time.Microsecond)}, "fine.lab": {models.LifecycleUnknown, fine, at(time.Hour)},
			"archived.lab": {fine, expired, at(time.Hour)}, "found.lab": {models.LifecycleUnknown, expired, at(time.Hour)},
			"worse.lab": {expired, models.LifecycleRedemption, at(time.Hour)},
		} {
			imported(t, s, row(name, "Amber Bakery"))
			judged(t, s, name, func(rec *models.RegistrationRecord) {
				rec.Domain.Lifecycle, rec.Domain.LifecycleSince = turn.to, &turn.at
				rec.Changes = []models.Change{{DomainID: rec.Domain.ID, At: turn.at, Field: "lifecycle", Before: string(turn.from), After: string(turn.to)}}
			})
		}
		ok(t, s.ArchiveDomain(t.Context(), ids(t, s, "archived.lab")[0], "kim", now))
		share := func(why string, since time.Time, want int) {
			t.Helper()
			if bad, total, err := s.ShareTurnedBad(t.Context(), since); bad != want || total != 6 || err != nil {
				t.Errorf("%s: %d of %d, %v; want %d of 6", why, bad, total, err, want)
			}
		}
		share("were fine and turned since", now, 2)
		share("later", at(time.Minute), 1)
		ok(t, s.PullBrake(t.Context(), models.Brake{PulledAt: at(10 * time.Minute), Reason: "2 of 6 turned bad"}))
		ok(t, s.ReleaseBrake(t.Context(), "pat@agency.example", at(20*time.Minute)))
		share("what somebody has looked at does not pull the brake again", now, 1)
	})
}

func TestSweepsAndBrake(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		ok(t, s.RecordSweep(t.Context(), models.Sweep{Name: "registration", Worker: "w1", StartedAt: new(now)}))
		ok(t, s.RecordSweep(t.Context(), models.Sweep{Name: "dns", Worker: "w1", StartedAt: new(now), Error: "x"}))
		ok(t, s.RecordSweep(t.Context(), models.Sweep{Name: "registration", Worker: "w2", StartedAt: new(now), FinishedAt: new(at(time.Minute)), Items: 3}))
		sweeps := must[[]models.Sweep](t)(s.Sweeps(t.Context()))
		if len(sweeps) != 2 || sweeps[0].Name != "dns" || sweeps[1].Worker != "w2" || sweeps[1].Items != 3 {
			t.Errorf("sweeps: %+v", sweeps)
		}

		if b := must[*models.Brake](t)(s.ActiveBrake(t.Context())); b != nil {
			t.Errorf("a brake is on: %+v", b)
		}
		ok(t, s.ReleaseBrake(t.Context(), "pat@agency.example", now)) // none is on
		ok(t, s.PullBrake(t.Context(), models.Brake{PulledAt: now, Reason: "8 of 20 turned bad"}))
		ok(t, s.PullBrake(t.Context(), models.Brake{PulledAt: at(time.Hour), Reason: "again"}))
		if b := must[*models.Brake](t)(s.ActiveBrake(t.Context())); b == nil || b.Reason != "8 of 20 turned bad" {
			t.Errorf("brake: %+v", b)
		}
		ok(t, s.ReleaseBrake(t.Context(), "pat@agency.example", at(2*time.Hour)))
		if b := must[*models.Brake](t)(s.ActiveBrake(t.Context())); b != nil {
			t.Errorf("still on: %+v", b)
		}
		ok(t, s.PullBrake(t.Context(), models.Brake{PulledAt: at(3 * time.Hour), Reason: "a second storm"}))
		var kinds []string
		for _, e := range must[[]models.Entry](t)(s.Ledger(t.Context(), 0, 10)) {
			kinds = append(kinds, e.Kind)
		}
		if diff := cmp.Diff([]string{"brake_pulled", "brake_released", "brake_pulled"}, kinds); diff != "" {
			t.Errorf("ledger (-want +got):\n%s", diff)
		}
	})
}
