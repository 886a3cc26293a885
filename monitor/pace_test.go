package monitor_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/monitor"
)

// TestAServerIsAskedAtItsPaceAndNoLookBeginsNearTheEnd runs in a bubble where time passes only while all wait.
func TestAServerIsAskedAtItsPaceAndNoLookBeginsNearTheEnd(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		perSecond float64
		want      int
	}{
		"once a second by default": {0, 15}, // at 0, 1, 2 … 14 s: the last 15 of 30 s begin none
		"twice a second":           {2, 30},
		"every ten seconds":        {0.1, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var names []string
				for i := range 60 {
					names = append(names, fmt.Sprintf("n%02d.lab", i))
				}
				b := newBench(t, names...)
				for _, n := range names {
					b.registered(n, "2027-09-01T08:00:00Z")
				}
				m, err := monitor.New(monitor.Options{
					Store: b.store, RDAP: b.rdap, WHOIS: b.whois, DNS: b.dns, Now: b.clock.Now, Wall: time.Now,
					Limit: func(string) monitor.Limit { return monitor.Limit{PerSecond: c.perSecond} },
				})
				if err != nil {
					t.Fatal(err)
				}
				if _, err := m.SweepRegistration(t.Context()); err != nil {
					t.Fatal(err)
				}
				ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
				defer cancel()
				if err := m.LookServer(ctx, rdapServer); err != nil {
					t.Fatal(err)
				}
				if got := b.rdap.count(); got < c.want || got > c.want+1 {
					t.Errorf("%d names were asked in 30 seconds, want %d", got, c.want)
				}
				for _, w := range b.store.rows {
					if w.Domain.LookFailures != 0 || w.Domain.LookOutcome != "" && w.Domain.LookOutcome != models.OutcomeOK {
						t.Errorf("%s: %s", w.Domain.Name, w.Domain.LookOutcome)
					}
				}
			})
		})
	}
}

// TestADaysLimitIsKept steps through two days with a new process at every step: two questions a day are two in any 24 hours.
func TestADaysLimitIsKept(t *testing.T) {
	t.Parallel()
	names := []string{"a.lab", "b.lab", "c.lab", "d.lab"}
	b := newBench(t, names...)
	for _, n := range names {
		b.registered(n, "2027-09-01T08:00:00Z")
	}
	for _, step := range []struct {
		at   string
		want int
		why  string
	}{
		{"2026-11-01T08:00:00Z", 1, "the first at once; the other is kept for later"},
		{"2026-11-01T09:00:00Z", 1, "a restart forgets nothing"},
		{"2026-11-01T21:30:00Z", 2, "half a day later"},
		{"2026-11-02T00:00:01Z", 2, "midnight changes nothing"},
		{"2026-11-02T09:00:00Z", 2, "24 hours after the first, less the margin"},
		{"2026-11-02T11:00:00Z", 3, ""},
		{"2026-10-20T11:00:00Z", 3, "the clock is set back by two weeks: no turn is gained"},
		{"", 4, "nor is it waited for two weeks, 14 hours later"},
	} {
		if step.at == "" {
			b.clock.add(14 * time.Hour)
			b.run(t)
			if b.rdap.count() != step.want {
				t.Errorf("%d questions, want %d: %s", b.rdap.count(), step.want, step.why)
			}
			continue
		}
		b.clock.set(step.at)
		m, err := monitor.New(monitor.Options{
			Store: b.store, RDAP: b.rdap, WHOIS: b.whois, DNS: b.dns, Now: b.clock.Now,
			Limit: func(string) monitor.Limit {
				return monitor.Limit{PerSecond: 10_000, Windows: []monitor.Window{{N: 2, Per: day}}}
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range b.store.rows {
			if w.Domain.CheckedAt == nil {
				w.Domain.NextLookAt = time.Time{}
			}
		}
		b.m = m
		b.run(t)
		if b.rdap.count() != step.want {
			t.Errorf("%s: %d questions, want %d: %s", step.at, b.rdap.count(), step.want, step.why)
		}
	}
}

func TestAnUnconfirmedAbsenceIsNotChasedForEver(t *testing.T) {
	t.Parallel()
	b := newBench(t, "shop.lab")
	b.registered("shop.lab", "2027-09-01T08:00:00Z", "clientTransferProhibited")
	b.run(t)
	b.rdap.answer["shop.lab"] = absent
	b.clock.set("2026-11-20T08:00:00Z")
	b.run(t)
	if wait := b.domain(1).NextLookAt.Sub(b.clock.Now()); wait > 2*time.Hour {
		t.Errorf("the confirming look is %v away", wait)
	}
	b.clock.add(25 * time.Hour)
	b.run(t)
	if wait := b.domain(1).NextLookAt.Sub(b.clock.Now()); wait < 12*time.Hour {
		t.Errorf("after a day without a second source it is looked for every %v", wait)
	}
	if d := b.domain(1); d.Lifecycle != models.LifecycleRegistered {
		t.Errorf("%s (%s)", d.Lifecycle, d.LifecycleWhy)
	}
}

func TestAMonitorSaysWhatItLacks(t *testing.T) {
	t.Parallel()
	if _, err := monitor.New(monitor.Options{}); err == nil {
		t.Error("a monitor without sources and clock was made")
	}
}
