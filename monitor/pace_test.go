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
					Store: b.store, RDAP: b.rdap, WHOIS: b.whois, DNS: b.dns, Now: b.clock.Now,
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

func TestADaysLimitIsKept(t *testing.T) {
	t.Parallel()
	b := newBench(t, "a.lab", "b.lab", "c.lab")
	for _, n := range []string{"a.lab", "b.lab", "c.lab"} {
		b.registered(n, "2027-09-01T08:00:00Z")
	}
	m, err := monitor.New(monitor.Options{
		Store: b.store, RDAP: b.rdap, WHOIS: b.whois, DNS: b.dns, Now: b.clock.Now,
		Limit: func(string) monitor.Limit { return monitor.Limit{PerSecond: 10_000, PerDay: 2} },
	})
	if err != nil {
		t.Fatal(err)
	}
	b.m = m
	b.run(t)
	b.clock.add(time.Hour)
	b.run(t)
	if b.rdap.count() != 2 {
		t.Errorf("%d questions on the first day, want 2", b.rdap.count())
	}
	b.clock.set("2026-11-02T00:00:01Z")
	b.run(t)
	if b.rdap.count() != 3 {
		t.Errorf("%d questions after midnight, want the third", b.rdap.count())
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
