package store_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/store"
)

// remembered changes what is remembered of a server.
func remembered(tb testing.TB, s *store.Store, server string, fn func(r *models.RegistryServer)) {
	tb.Helper()
	must[models.RegistryServer](tb)(s.ChangeServer(tb.Context(), server, func(r models.RegistryServer) (models.RegistryServer, bool) {
		fn(&r)
		r.UpdatedAt = now
		return r, true
	}))
}

// TestTurnsOfManyWorkersAreNotLost has many workers take turns at one server that nothing is remembered of: no two may get the same.
func TestTurnsOfManyWorkersAreNotLost(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		const workers, each = 6, 15
		var mu sync.Mutex
		taken := map[int]int{}
		var wg sync.WaitGroup
		for range workers {
			wg.Go(func() {
				for range each {
					var turn int
					_, err := s.ChangeServer(t.Context(), "whois.lab:43", func(r models.RegistryServer) (models.RegistryServer, bool) {
						r.DayCount++
						turn = r.DayCount
						r.Pace.Seen = at(time.Duration(turn) * time.Second)
						r.Pace.Marks = []models.Mark{{Per: day, Step: time.Minute, Until: at(time.Duration(turn) * time.Minute)}}
						return r, true
					})
					if err != nil {
						t.Error(err)
						return
					}
					mu.Lock()
					taken[turn]++
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		for turn, n := range taken {
			if n != 1 {
				t.Errorf("turn %d was taken %d times", turn, n)
			}
		}
		last := must[models.RegistryServer](t)(s.RegistryServer(t.Context(), "whois.lab:43"))
		if len(taken) != workers*each || last.DayCount != workers*each || !last.Pace.Marks[0].Until.Equal(at(workers*each*time.Minute)) {
			t.Errorf("%d turns, remembered %+v", len(taken), last)
		}
	})
}

func TestAServerThatIsNotChangedIsNotStored(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		remembered(t, s, "a", func(r *models.RegistryServer) {
			r.Failures, r.BlockedUntil, r.TrialUntil, r.LastOutcome = 3, new(at(day)), new(at(time.Hour)), models.OutcomeTimeout
		})
		got := must[models.RegistryServer](t)(s.ChangeServer(t.Context(), "a", func(r models.RegistryServer) (models.RegistryServer, bool) {
			before := r
			r.Failures, r.BlockedUntil = 9, nil
			return r, before.Failures != 3
		}))
		if got.Failures != 3 || !got.BlockedUntil.Equal(at(day)) || !got.TrialUntil.Equal(at(time.Hour)) || !got.UpdatedAt.Equal(now) {
			t.Errorf("returned %+v", got)
		}
		remembered(t, s, "a", func(r *models.RegistryServer) { r.BlockedUntil, r.TrialUntil, r.Failures = nil, nil, 0 })
		if r := must[models.RegistryServer](t)(s.RegistryServer(t.Context(), "a")); r.BlockedUntil != nil || r.TrialUntil != nil || r.Failures != 0 {
			t.Errorf("what is cleared stays: %+v", r)
		}
	})
}

// dueZoo fills a server with names in every condition that the order of what is due depends on.
func dueZoo(t *testing.T, s *store.Store, server string, n int) []models.Domain {
	t.Helper()
	dice := rand.New(rand.NewPCG(7, uint64(n)))
	var names []string
	var rows []models.PortfolioRow
	for i := range n {
		names = append(names, fmt.Sprintf("n%03d.lab", i))
		rows = append(rows, row(names[i], "Amber Bakery"))
	}
	imported(t, s, rows...)
	ok(t, s.RouteDomains(t.Context(), server, ids(t, s, names...)))
	lifecycles := []models.Lifecycle{
		models.LifecycleUnknown, models.LifecycleRegistered, models.LifecycleExpiring, models.LifecycleExpired, models.LifecycleRedemption,
		models.LifecyclePendingDelete, models.LifecycleReleased, models.LifecycleOnHold,
	}
	all := make([]models.Domain, n)
	for i, name := range names {
		judged(t, s, name, func(rec *models.RegistrationRecord) {
			d := &rec.Domain
			d.Lifecycle = lifecycles[dice.IntN(len(lifecycles))]
			d.NextLookAt = at(time.Duration(dice.IntN(80)-60) * time.Hour)
			if dice.IntN(4) > 0 {
				d.ExpiresAt = new(at(time.Duration(dice.IntN(200)-60) * day))
			}
			if dice.IntN(4) > 0 {
				d.CheckedAt, d.LookOutcome = new(at(-day)), models.OutcomeOK
			}
			if dice.IntN(10) == 0 {
				d.LookOutcome = models.OutcomeAbsent
			}
		})
		all[i] = watched(t, s, name).Domain
	}
	return all
}

func TestTheStoreKeepsTheOrderOfWhatIsDue(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		const server = "https://rdap.lab"
		all := dueZoo(t, s, server, 240)
		ok(t, s.ArchiveDomain(t.Context(), all[0].ID, "kim", now))
		due := slices.DeleteFunc(slices.Clone(all[1:]), func(d models.Domain) bool { return d.NextLookAt.After(now) })
		slices.SortFunc(due, func(a, b models.Domain) int { return models.CompareDue(&a, &b, now) })
		var want []int64
		stretches := map[models.Stretch]int{}
		for i := range due {
			want = append(want, due[i].ID)
			stretches[models.StretchOf(&due[i], now)]++
		}
		if len(stretches) != 4 {
			t.Fatalf("the sample lacks a stretch: %v", stretches)
		}
		for _, limit := range []int{1, stretches[models.StretchClose] + 1, len(want) - 3, len(want), 1000} {
			if diff := cmp.Diff(want[:min(limit, len(want))], must[[]int64](t)(s.DomainsDue(t.Context(), server, now, limit))); diff != "" {
				t.Errorf("limit %d (-want +got):\n%s", limit, diff)
			}
		}
		imported(t, s, row("far.test", "Amber Bakery"))
		lookingDue(t, s, "far.test", "a.first.by.name", at(-300*day), new(at(300*day)))
		if diff := cmp.Diff([]string{server, "a.first.by.name"}, must[[]string](t)(s.ServersDue(t.Context(), now, 5))); diff != "" {
			t.Errorf("a far-off name waits longest, yet near ones go first (-want +got):\n%s", diff)
		}
		ok(t, s.ArchiveDomain(t.Context(), ids(t, s, "far.test")[0], "kim", now))
		lags := must[[]models.ServerLag](t)(s.ServerLags(t.Context(), now))
		near := stretches[models.StretchClose] + stretches[models.StretchNear]
		if len(lags) != 1 || lags[0].Server != server || lags[0].Due != len(due) || lags[0].NearDue != near || lags[0].Memory.Server != server {
			t.Fatalf("lags: %+v, want %d due, %d of them near", lags, len(due), near)
		}
		oldest := slices.MinFunc(due, func(a, b models.Domain) int { return a.NextLookAt.Compare(b.NextLookAt) })
		if !lags[0].Oldest.Equal(oldest.NextLookAt) || lags[0].OldestNear.Before(*lags[0].Oldest) {
			t.Errorf("oldest %v, want %v; near %v", lags[0].Oldest, oldest.NextLookAt, lags[0].OldestNear)
		}
	})
}

func TestLooksThatAClockStrayedAreRecalled(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		imported(t, s, row("a.lab", "Amber Bakery"), row("b.lab", "Amber Bakery"))
		lookingDue(t, s, "a.lab", "x", at(400*day), nil)
		lookingDue(t, s, "b.lab", "x", at(8*day), nil)
		if n := must[int](t)(s.RecallStrayed(t.Context(), now, at(9*day))); n != 1 {
			t.Errorf("%d looks recalled, want 1", n)
		}
		if due := must[[]int64](t)(s.DomainsDue(t.Context(), "x", now, 5)); !slices.Equal(due, ids(t, s, "a.lab")) {
			t.Errorf("due: %v", due)
		}
		remembered(t, s, "x", func(r *models.RegistryServer) { r.BlockedUntil = new(at(300 * day)) })
		if servers := must[[]string](t)(s.ServersDue(t.Context(), now, 5)); len(servers) != 1 {
			t.Error("a block from before the clock was set back holds the server up")
		}
	})
}

// TestWhatIsDueIsFoundByIndex holds the plans of the sweeps' questions: no engine may read all names for them.
func TestWhatIsDueIsFoundByIndex(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		dueZoo(t, s, "https://rdap.lab", 60)
		for what, plan := range must[map[string]string](t)(s.DuePlans(t.Context(), "https://rdap.lab", now)) {
			if strings.Contains(plan, "SCAN domains") || strings.Contains(plan, "SCAN d\n") || strings.Contains(plan, "Seq Scan on domains") || plan == "" {
				t.Errorf("%s reads all names:\n%s", what, plan)
			}
			if what != "near" && what != "servers" && (strings.Contains(plan, "TEMP B-TREE") || strings.Contains(plan, "Sort")) {
				t.Errorf("%s sorts all names that are due:\n%s", what, plan)
			}
		}
	})
}
