package monitor_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/monitor"
)

// sideBySide guards the memory: lots are read, asked about and noted side by side.
var sideBySide sync.Mutex

// StandingDue lists what the conformance tests of the store say.
func (m *memory) StandingDue(_ context.Context, now, wholeSince time.Time, after int64, limit int) ([]models.Standing, error) {
	sideBySide.Lock()
	defer sideBySide.Unlock()
	var list []models.Standing
	for _, id := range m.due(func(d *models.Domain) bool { return !d.NextDNSAt.After(now) && d.DNSFailures == 0 && d.ID > after }) {
		w := m.rows[id]
		if w.Delegation != nil && w.Delegation.Problems == 0 && w.Delegation.LookedAt.After(wholeSince) && len(list) < limit {
			list = append(list, models.Standing{DomainID: id, Domain: w.Domain.Name, NS: w.Delegation.ParentNS, Records: w.Records})
		}
	}
	return list, nil
}

func (m *memory) TouchDNS(_ context.Context, ids []int64, at, next time.Time) error {
	sideBySide.Lock()
	defer sideBySide.Unlock()
	if m.broken != nil {
		return m.broken
	}
	for _, id := range ids {
		d := &m.rows[id].Domain
		d.DNSCheckedAt, d.NextDNSAt = &at, next
	}
	return nil
}

// sweeper is a prober that also sweeps.
type sweeper struct {
	*prober
	differs map[string]bool
	fail    func() error
	asked   []string
	roll    float64
}

func (s *sweeper) Unchanged(_ context.Context, lots iter.Seq[[]models.Standing], report func(lot, i int, s models.Still)) error {
	if s.fail != nil {
		return s.fail()
	}
	n := 0
	for list := range lots {
		for i, st := range list {
			s.asked = append(s.asked, st.Domain)
			still := models.Still{Queries: 1}
			if s.differs[st.Domain] {
				still.Why = "another answer"
			}
			report(n, i, still)
		}
		n++
	}
	return nil
}

// sweeping gives a monitor whose names were all looked at whole an hour ago, and are due.
func sweeping(t *testing.T, names ...string) (*bench, *sweeper) {
	t.Helper()
	b := newBench(t, names...)
	s := &sweeper{prober: b.dns, differs: map[string]bool{}, roll: 0.5}
	m, err := monitor.New(monitor.Options{
		Store: b.store, RDAP: b.rdap, WHOIS: b.whois, DNS: s, Now: b.clock.Now, Wall: time.Now, Worker: "test", Roll: func() float64 { return s.roll },
		Limit: func(string) monitor.Limit { return monitor.Limit{PerSecond: 10_000} },
	})
	if err != nil {
		t.Fatal(err)
	}
	b.m = m
	for _, w := range b.store.rows {
		w.Domain.NextDNSAt = b.clock.Now()
		w.Delegation = &models.Delegation{Outcome: models.OutcomeOK, ParentNS: []string{"ns1.dnshost.example"}, LookedAt: b.clock.Now().Add(-time.Hour)}
	}
	return b, s
}

func TestASweepTouchesWhatStandsAndLeavesTheRestDue(t *testing.T) {
	t.Parallel()
	b, s := sweeping(t, "same.lab", "other.lab", "fine.lab")
	s.differs["other.lab"] = true
	asked, still, err := b.m.SweepStanding(t.Context())
	if err != nil || asked != 3 || still != 2 {
		t.Fatalf("asked %d, still %d, %v", asked, still, err)
	}
	due, err := b.m.SweepDNS(t.Context())
	if diff := cmp.Diff([]int64{2}, due); err != nil || diff != "" {
		t.Errorf("due for a whole look: %v %s", err, diff)
	}
	if d := b.domain(1); d.NextDNSAt.Sub(b.clock.Now()) != 6*time.Hour || !d.DNSCheckedAt.Equal(b.clock.Now()) || s.prober.asked != 0 {
		t.Errorf("next in %v, %d whole looks", d.NextDNSAt.Sub(b.clock.Now()), s.prober.asked)
	}
	if len(b.store.rows[2].Findings) != 0 {
		t.Error("a sweep made a finding")
	}
}

// TestASweepAsksEachOnce: what differs stays due, and must neither be asked again and again nor end the sweep early.
func TestASweepAsksEachOnce(t *testing.T) {
	t.Parallel()
	names := make([]string, 4500)
	for i := range names {
		names[i] = fmt.Sprintf("d%04d.lab", i)
	}
	b, s := sweeping(t, names...)
	for i := range 2500 {
		s.differs[names[i]] = true
	}
	asked, still, err := b.m.SweepStanding(t.Context())
	if err != nil || asked != 4500 || still != 2000 {
		t.Errorf("asked %d, still %d, %v", asked, still, err)
	}
	if len(slices.Compact(slices.Sorted(slices.Values(s.asked)))) != len(s.asked) {
		t.Error("a name was asked about twice")
	}
}

func TestEveryDomainIsLookedAtWholeAtLeastDaily(t *testing.T) {
	t.Parallel()
	for _, roll := range []float64{0, 0.5, 1} {
		b, s := sweeping(t, "same.lab")
		s.roll = roll
		whole := b.store.rows[1].Delegation.LookedAt
		var longest time.Duration
		for range 200 {
			if _, _, err := b.m.SweepStanding(t.Context()); err != nil {
				t.Fatal(err)
			}
			due, err := b.m.SweepDNS(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if len(due) > 0 {
				longest = max(longest, b.clock.Now().Sub(whole))
				whole = b.clock.Now()
				b.store.rows[1].Delegation.LookedAt = whole
				b.store.rows[1].Domain.NextDNSAt = whole.Add(time.Duration(float64(6*time.Hour) * (0.8 + 0.4*roll)))
			}
			b.clock.add(15 * time.Minute)
		}
		if longest == 0 || longest > 24*time.Hour || len(s.asked) < 2 {
			t.Errorf("roll %v: %v between whole looks, %d sweeps", roll, longest, len(s.asked))
		}
	}
}

func TestALookerThatFailsOrPanicsLeavesAllDue(t *testing.T) {
	t.Parallel()
	for why, fail := range map[string]func() error{
		"it fails":  func() error { return errors.New("no socket") },
		"it panics": func() error { panic("a bug") },
	} {
		b, s := sweeping(t, "same.lab")
		s.fail = fail
		if _, still, err := b.m.SweepStanding(t.Context()); err != nil || still != 0 {
			t.Errorf("%s: %d, %v", why, still, err)
		}
		if due, err := b.m.SweepDNS(t.Context()); err != nil || len(due) != 1 {
			t.Errorf("%s: due %v, %v", why, due, err)
		}
	}
}

func TestAStoreThatFailsEndsTheSweep(t *testing.T) {
	t.Parallel()
	b, _ := sweeping(t, "same.lab")
	b.store.broken = errors.New("disk full")
	if _, _, err := b.m.SweepStanding(t.Context()); !errors.Is(err, b.store.broken) {
		t.Errorf("%v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if asked, _, err := b.m.SweepStanding(ctx); err != nil || asked != 0 {
		t.Errorf("after the end: %d, %v", asked, err)
	}
}
