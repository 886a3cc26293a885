package store_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/krestmarketing/deedwatch/models"
)

// found opens, worsens or resolves a finding of a domain.
func found(t *testing.T, on engine, domain string, kind models.FindingChangeKind, fn func(*models.Finding)) {
	t.Helper()
	w := watched(t, on.s, domain)
	f := models.Finding{
		DomainID: w.Domain.ID, Code: "expired", Subject: domain, Severity: models.SeverityMajor, Title: "It lapsed", State: models.FindingOpen,
		FirstSeen: now, OpenedAt: now, LastSeen: now,
	}
	if len(w.Findings) > 0 {
		f = w.Findings[0]
	}
	fn(&f)
	ok(t, on.s.RecordFindings(t.Context(), []models.FindingChange{{Kind: kind, Finding: f}}, now))
}

func same(*models.Finding) {}

// told reads all that is untold and makes one dispatch of each.
func told(t *testing.T, on engine) (events []string) {
	t.Helper()
	for more := true; more; {
		var err error
		_, more, err = on.s.Tell(t.Context(), now, 3, func(u models.Untold) (out []models.Dispatch, _ error) {
			for _, e := range u.Entries {
				out = append(out, dispatch(fmt.Sprintf("ledger-%d", e.ID), "webhook:a"))
				events = append(events, e.Kind+" "+u.Clients[val(e.ClientID)]+" "+u.Domains[val(e.DomainID)].Name)
			}
			for _, h := range u.Happenings {
				out = append(out, dispatch(fmt.Sprintf("event-%d", h.ID), "webhook:a"))
				d := u.Domains[h.DomainID]
				events = append(events, h.Kind+" "+u.Clients[d.ClientID]+" "+d.Name)
			}
			return out, nil
		})
		ok(t, err)
	}
	return events
}

func val(id *int64) int64 {
	if id == nil {
		return 0
	}
	return *id
}

func dispatch(event, target string) models.Dispatch {
	return models.Dispatch{EventID: event, Kind: "finding.opened", Target: target, Body: "{}", At: now, NextAttemptAt: now}
}

func TestWhatHappenedIsToldOnceFromTheFirstCallOn(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		imported(t, on.s, row("a.lab", "Amber Bakery"))
		ok(t, on.s.PullBrake(t.Context(), models.Brake{PulledAt: now, Reason: "long ago"}))
		if got := told(t, on); len(got) != 0 {
			t.Errorf("the first call told the past: %v", got)
		}
		ok(t, on.s.ReleaseBrake(t.Context(), "joy@agency.example", now))
		found(t, on, "a.lab", models.FindingOpened, same)
		found(t, on, "a.lab", models.FindingSeen, same)
		found(t, on, "a.lab", models.FindingWorsened, func(f *models.Finding) { f.Severity = models.SeverityCritical })
		found(t, on, "a.lab", models.FindingOpened, func(f *models.Finding) { f.ID = 0 }) // by somebody who did not know it
		found(t, on, "a.lab", models.FindingGone, func(f *models.Finding) { f.State, f.ResolvedAt = models.FindingResolved, new(now) })
		found(t, on, "a.lab", models.FindingOpened, func(f *models.Finding) { f.ID, f.State = 0, models.FindingOpen })
		judged(t, on.s, "a.lab", func(rec *models.RegistrationRecord) {
			rec.Changes = []models.Change{
				{At: now, Field: models.FactRegistrar, Before: "Hover", After: "Other"}, {At: now, Field: models.FactStatuses, Before: "", After: "ok"},
			}
		})
		judged(t, on.s, "a.lab", func(rec *models.RegistrationRecord) {
			rec.Changes = []models.Change{{At: now, Field: models.FactLifecycle, Before: "unknown", After: "registered"}}
		})
		want := []string{
			"brake_released  ", "finding.opened Amber Bakery a.lab", "finding.worsened Amber Bakery a.lab", "finding.resolved Amber Bakery a.lab",
			"finding.opened Amber Bakery a.lab", "registration.changed Amber Bakery a.lab",
		}
		if diff := cmp.Diff(want, told(t, on)); diff != "" {
			t.Errorf("told (-want +got):\n%s", diff)
		}
		if got := told(t, on); len(got) != 0 {
			t.Errorf("told twice: %v", got)
		}
	})
}

// TestAFailedTellingLosesNothing stops between reading and storing, as a crash does.
func TestAFailedTellingLosesNothing(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		imported(t, on.s, row("a.lab", "Amber Bakery"))
		told(t, on)
		found(t, on, "a.lab", models.FindingOpened, same)
		ok(t, on.s.PullBrake(t.Context(), models.Brake{PulledAt: now, Reason: "storm"}))
		_, _, err := on.s.Tell(t.Context(), now, 10, func(models.Untold) ([]models.Dispatch, error) { return nil, fmt.Errorf("the power went") })
		if err == nil {
			t.Fatal("no error")
		}
		if got := told(t, on); len(got) != 2 {
			t.Errorf("told after the crash: %v, want both", got)
		}
	})
}

// TestTwoProducersTellEachThingOnce lets two processes tell while others work.
func TestTwoProducersTellEachThingOnce(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t := on.t
		const writers, each = 3, 8
		rows := make([]models.PortfolioRow, writers)
		for i := range rows {
			rows[i] = row(fmt.Sprintf("n%d.lab", i), "Amber Bakery")
		}
		imported(t, on.s, rows...)
		told(t, on)
		var mu sync.Mutex
		seen := map[string]int{}
		done := make(chan struct{})
		var producers, workers sync.WaitGroup
		tell := func() (bool, error) {
			_, more, err := on.s.Tell(t.Context(), now, 4, func(u models.Untold) (out []models.Dispatch, _ error) {
				for _, h := range u.Happenings {
					out = append(out, dispatch(fmt.Sprintf("event-%d", h.ID), "webhook:a"))
				}
				return out, nil
			})
			return more, err
		}
		for range 2 {
			producers.Go(func() {
				for {
					more, err := tell()
					if err != nil {
						t.Error(err)
						return
					}
					select {
					case <-done:
						if !more {
							return
						}
					default:
					}
				}
			})
		}
		for i := range writers {
			workers.Go(func() {
				id := watched(t, on.s, fmt.Sprintf("n%d.lab", i)).Domain.ID
				for k := range each {
					err := on.s.RecordFindings(t.Context(), []models.FindingChange{{Kind: models.FindingOpened, Finding: models.Finding{
						DomainID: id, Code: fmt.Sprintf("code_%d", k), Subject: "x", Severity: models.SeverityMinor, Title: "t", State: models.FindingOpen,
						FirstSeen: now, OpenedAt: now, LastSeen: now,
					}}}, now)
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		workers.Wait()
		close(done)
		producers.Wait()
		p := must[models.DispatchPage](t)(on.s.Deliveries(t.Context(), models.DispatchQuery{Per: 1000}))
		mu.Lock()
		defer mu.Unlock()
		for _, d := range p.Rows {
			seen[d.EventID]++
		}
		if len(seen) != writers*each || p.Matching != writers*each {
			t.Errorf("%d events in %d dispatches, want %d", len(seen), p.Matching, writers*each)
		}
	})
}

func TestADispatchIsClaimedOnceAndAgainAfterItsWorkerDied(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		var rows []models.Dispatch
		for i := range 20 {
			rows = append(rows, dispatch(fmt.Sprint(i), "webhook:a"))
		}
		ok(t, s.AddDispatches(t.Context(), append(rows, dispatch("0", "chat")), now))
		ok(t, s.AddDispatches(t.Context(), rows[:5], now)) // made again: nothing comes of it
		if got := must[[]string](t)(s.DispatchTargets(t.Context(), now)); !slices.Equal(got, []string{"chat", "webhook:a"}) {
			t.Errorf("targets: %v", got)
		}
		var mu sync.Mutex
		var wg sync.WaitGroup
		claimed := map[int64]int{}
		for range 4 {
			wg.Go(func() {
				for {
					got, err := s.ClaimDispatches(t.Context(), "webhook:a", now, at(time.Minute), 3)
					if err != nil {
						t.Error(err)
					}
					if len(got) == 0 {
						return
					}
					mu.Lock()
					for _, d := range got {
						claimed[d.ID]++
						if d.State != models.DispatchSending || d.Attempts != 1 {
							t.Errorf("claimed as %s, attempt %d", d.State, d.Attempts)
						}
					}
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		if len(claimed) != 20 {
			t.Errorf("%d claimed, want 20", len(claimed))
		}
		for id, n := range claimed {
			if n != 1 {
				t.Errorf("dispatch %d was claimed %d times", id, n)
			}
		}
		again := must[[]models.Dispatch](t)(s.ClaimDispatches(t.Context(), "webhook:a", at(time.Minute), at(2*time.Minute), 100))
		if len(again) != 20 || again[0].Attempts != 2 {
			t.Errorf("after the worker died: %d", len(again))
		}
	})
}

func TestAnAcceptanceAlwaysCounts(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		ok(t, s.AddDispatches(t.Context(), []models.Dispatch{dispatch("1", "webhook:a")}, now))
		d := must[[]models.Dispatch](t)(s.ClaimDispatches(t.Context(), "webhook:a", now, at(time.Minute), 1))[0]
		record := func(state models.DispatchState, code int) models.DispatchView {
			r := models.DispatchResult{Dispatch: d, Try: models.DispatchTry{At: now, Code: code, Reply: "said"}}
			r.Dispatch.State, r.Dispatch.LastCode = state, code
			if state == models.DispatchSent {
				r.Dispatch.SentAt = new(now)
			}
			ok(t, s.RecordDispatches(t.Context(), []models.DispatchResult{r}, now))
			return must[models.DispatchView](t)(s.Delivery(t.Context(), d.ID))
		}
		if v := record(models.DispatchFailed, 500); v.Dispatch.State != models.DispatchFailed || len(v.Tries) != 1 {
			t.Errorf("after a failure: %+v", v)
		}
		if v := record(models.DispatchSent, 204); v.Dispatch.State != models.DispatchSent || v.Dispatch.SentAt == nil || v.Tries[1].Code != 204 {
			t.Errorf("an acceptance after that: %+v", v)
		}
		if v := record(models.DispatchWaiting, 500); v.Dispatch.State != models.DispatchSent || v.Dispatch.LastCode != 204 || len(v.Tries) != 3 {
			t.Errorf("a straggler undid it: %+v", v)
		}
		if got := must[[]time.Time](t)(s.SentTimes(t.Context(), "webhook:a", at(-time.Hour))); len(got) != 1 || !got[0].Equal(now) {
			t.Errorf("sent at %v", got)
		}
	})
}

func TestASwitchedOffTargetRests(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		ok(t, s.AddDispatches(t.Context(), []models.Dispatch{dispatch("1", "webhook:a")}, now))
		ok(t, s.SwitchTarget(t.Context(), models.DispatchTarget{Name: "webhook:a", OffAt: new(now), Why: "410", By: "system"}, now))
		if got := must[[]string](t)(s.DispatchTargets(t.Context(), now)); len(got) != 0 {
			t.Errorf("targets: %v", got)
		}
		if got := must[[]models.Dispatch](t)(s.ClaimDispatches(t.Context(), "webhook:a", now, at(time.Minute), 1)); len(got) != 0 {
			t.Errorf("claimed %d", len(got))
		}
		if off := must[[]models.DispatchTarget](t)(s.TargetsOff(t.Context())); len(off) != 1 || off[0].Why != "410" {
			t.Errorf("off: %+v", off)
		}
		if st := must[[]models.DispatchTargetState](t)(s.TargetStates(t.Context())); len(st) != 1 || st[0].Off == nil || st[0].Waiting != 1 {
			t.Errorf("states: %+v", st)
		}
		ok(t, s.SwitchTarget(t.Context(), models.DispatchTarget{Name: "webhook:a", By: "joy@agency.example"}, now))
		if got := must[[]models.Dispatch](t)(s.ClaimDispatches(t.Context(), "webhook:a", now, at(time.Minute), 1)); len(got) != 1 {
			t.Errorf("on again: claimed %d", len(got))
		}
	})
}

func TestReplayKeepsTheEvent(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		ok(t, s.AddDispatches(t.Context(), []models.Dispatch{
			dispatch("1", "webhook:a"), dispatch("2", "webhook:a"), dispatch("3", "webhook:b"), dispatch("4", "digest:ops@agency.example"),
		}, now))
		give := func(target string) {
			for _, d := range must[[]models.Dispatch](t)(s.ClaimDispatches(t.Context(), target, now, at(time.Minute), 10)) {
				d.State = models.DispatchFailed
				ok(t, s.RecordDispatches(t.Context(), []models.DispatchResult{{Dispatch: d}}, now))
			}
		}
		give("webhook:a")
		give("digest:ops@agency.example")
		wantConflict(t, s.ReplayDispatch(t.Context(), 3, now))
		wantConflict(t, s.ReplayDispatch(t.Context(), 4, now))
		ok(t, s.ReplayDispatch(t.Context(), 1, now))
		if n := must[int](t)(s.ReplayFailed(t.Context(), "webhook:a", at(time.Hour), now)); n != 0 {
			t.Errorf("replayed %d that happened before", n)
		}
		if n := must[int](t)(s.ReplayFailed(t.Context(), "webhook:a", at(-time.Hour), now)); n != 1 {
			t.Errorf("replayed %d, want the one that is still failed", n)
		}
		rows := must[[]models.Dispatch](t)(s.ClaimDispatches(t.Context(), "webhook:a", now, at(time.Minute), 10))
		if len(rows) != 2 || rows[0].EventID != "1" || rows[1].EventID != "2" || rows[0].Attempts != 1 {
			t.Errorf("to be sent again: %+v", rows)
		}
		if n := must[int](t)(s.ForgetDispatches(t.Context(), at(time.Hour))); n != 4 {
			t.Errorf("forgot %d", n)
		}
		if v := must[models.DispatchPage](t)(s.Deliveries(t.Context(), models.DispatchQuery{Per: 10})); v.Matching != 0 || len(v.Targets) != 0 {
			t.Errorf("left: %+v", v)
		}
	})
}

func TestOneProcessClaimsTheHeartbeat(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		for i, c := range []struct {
			before, now time.Duration
			want        bool
		}{{-time.Minute, 0, true}, {-time.Minute, 0, false}, {-time.Second, 59 * time.Second, false}, {time.Second, time.Minute, true}} {
			if got := must[bool](t)(s.ClaimBeat(t.Context(), at(c.before), at(c.now))); got != c.want {
				t.Errorf("%d: claimed %v", i, got)
			}
		}
		if last := must[time.Time](t)(s.LastBeat(t.Context())); !last.Equal(at(time.Minute)) {
			t.Errorf("last beat %v", last)
		}
	})
}

func TestAGoodRunIsRememberedThroughBadOnes(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		run := func(d time.Duration, text string) models.Sweep {
			ok(t, s.RecordSweep(t.Context(), models.Sweep{Name: "judge", StartedAt: new(at(d)), FinishedAt: new(at(d)), Error: text}))
			return must[[]models.Sweep](t)(s.Sweeps(t.Context()))[0]
		}
		if r := run(0, "no"); r.GoodAt != nil {
			t.Errorf("good at %v", r.GoodAt)
		}
		run(time.Minute, "")
		if r := run(time.Hour, "no"); r.GoodAt == nil || !r.GoodAt.Equal(at(time.Minute)) || !r.FinishedAt.Equal(at(time.Hour)) || r.Error != "no" {
			t.Errorf("%+v", r)
		}
	})
}

func wantConflict(t *testing.T, err error) {
	t.Helper()
	if !errors.Is(err, models.ErrConflict) {
		t.Errorf("%v, want a conflict", err)
	}
}
