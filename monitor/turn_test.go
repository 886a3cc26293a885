package monitor_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/monitor"
)

// politeBench is a bench in a bubble, whose clock is the bubble's, with monitors that stand for processes.
func politeBench(t *testing.T, limit monitor.Limit, names ...string) (*bench, func() *monitor.Monitor) {
	t.Helper()
	b := newBench(t, names...)
	for _, n := range names {
		b.registered(n, time.Now().Add(300*day).Format(time.RFC3339))
	}
	return b, func() *monitor.Monitor {
		m, err := monitor.New(monitor.Options{
			Store: b.store, RDAP: b.rdap, WHOIS: b.whois, DNS: b.dns, Now: time.Now, Limit: func(string) monitor.Limit { return limit },
			LookMargin: time.Second,
		})
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
}

func namesOf(n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("n%03d.lab", i)
	}
	return names
}

// TestProcessesThatStartAnewKeepToTheLimit has a new process for every few looks.
func TestProcessesThatStartAnewKeepToTheLimit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, process := politeBench(t, monitor.Limit{PerSecond: 100, Windows: []monitor.Window{{N: 15, Per: time.Minute}}}, namesOf(60)...)
		var asked []time.Duration
		start := time.Now()
		for _, n := range namesOf(60) {
			answer := b.rdap.answer[n]
			b.rdap.answer[n] = func() models.Look { asked = append(asked, time.Since(start)); return answer() }
		}
		for i := range 40 {
			m := process()
			if _, err := m.SweepRegistration(t.Context()); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Duration(3+i%9)*time.Second)
			if err := m.LookServer(ctx, rdapServer); err != nil {
				t.Fatal(err)
			}
			cancel()
			time.Sleep(time.Duration(i%5) * time.Second)
		}
		if n := mostIn(asked, time.Minute); n > 15 || n < 10 {
			t.Errorf("%d questions within a minute, allowed are 15", n)
		}
	})
}

// TestAfterAPauseOneLookGoesFirst lets the server that asked to be left alone be dead when the pause is over.
func TestAfterAPauseOneLookGoesFirst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, process := politeBench(t, monitor.Limit{PerSecond: 100}, namesOf(20)...)
		throttled := true
		for _, n := range namesOf(20) {
			answer := b.rdap.answer[n]
			b.rdap.answer[n] = func() models.Look {
				switch {
				case throttled:
					throttled = false
					return models.Look{Outcome: models.OutcomeThrottled, RetryAfter: 3 * time.Hour}
				case b.rdap.count() < 4:
					return models.Look{Outcome: models.OutcomeTimeout}
				}
				return answer()
			}
		}
		m := process()
		sweep := func(want int, why string) {
			t.Helper()
			if _, err := m.SweepRegistration(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := m.LookServer(t.Context(), rdapServer); err != nil {
				t.Fatal(err)
			}
			if b.rdap.count() != want {
				t.Errorf("%d questions, want %d: %s", b.rdap.count(), want, why)
			}
		}
		sweep(1, "the first is told to come back in three hours")
		recheck := func() { // somebody presses the button on every name
			for _, w := range b.store.rows {
				w.Domain.NextLookAt = time.Now()
			}
		}
		recheck()
		sweep(1, "no recheck asks earlier")
		time.Sleep(3*time.Hour - time.Minute)
		sweep(1, "Retry-After is obeyed in full")
		m = process()
		time.Sleep(2 * time.Minute)
		sweep(2, "one trial, which fails")
		sweep(2, "the next pause")
		time.Sleep(6 * time.Minute)
		sweep(3, "another trial, which fails")
		time.Sleep(13 * time.Minute)
		recheck()
		sweep(23, "the trial answers, and all others follow")
	})
}

// TestWhileATrialIsUnderWayNobodyElseAsks has a registrar's server that two registries' jobs ask beside their own.
func TestWhileATrialIsUnderWayNobodyElseAsks(t *testing.T) {
	t.Parallel()
	now := time.Now()
	row := models.RegistryServer{Failures: 7, BlockedUntil: new(now.Add(-time.Second))}
	turn := monitor.Turn{Now: now, Before: now}
	row, slot, admitted := monitor.Admit(row, monitor.Limit{PerSecond: 1000}, now, turn)
	if !admitted || !slot.Taken || row.TrialUntil == nil {
		t.Fatalf("no trial: %+v", row)
	}
	later := now.Add(time.Minute)
	if _, _, admitted := monitor.Admit(row, monitor.Limit{PerSecond: 1000}, later, monitor.Turn{Now: later, Before: later}); admitted {
		t.Error("a second look was admitted during the trial")
	}
	later = now.Add(3 * time.Minute)
	if _, _, admitted := monitor.Admit(row, monitor.Limit{PerSecond: 1000}, later, monitor.Turn{Now: later, Before: later}); !admitted {
		t.Error("a process that died with the trial is waited for for ever")
	}
}

// TestFarOffNamesLeaveARegistrarsTurnsToNearOnes has a registrar that may be asked twenty times a day.
func TestFarOffNamesLeaveARegistrarsTurnsToNearOnes(t *testing.T) {
	t.Parallel()
	limit := monitor.Limit{PerSecond: 1e6, Windows: []monitor.Window{{N: 200, Per: day}}}
	now := *date("2026-11-01T08:00:00Z")
	take := func(p models.Pace, spare bool) (models.Pace, int) {
		n := 0
		for {
			now = now.Add(time.Millisecond)
			next, slot := monitor.TakeTurn(p, limit, monitor.Turn{Now: now, Before: now, Spare: spare})
			if !slot.Taken {
				return p, n
			}
			p, n = next, n+1
		}
	}
	pace, far := take(models.Pace{}, true)
	_, near := take(pace, false)
	if far != 5 || near != 5 {
		t.Errorf("%d turns for far-off names and then %d for near ones, want half of a burst of ten each", far, near)
	}
}

// TestAStoreThatFailsAsksNobody: without a turn that is taken there is no question.
func TestAStoreThatFailsAsksNobody(t *testing.T) {
	t.Parallel()
	b := newBench(t, "a.lab")
	b.registered("a.lab", "2027-09-01T08:00:00Z")
	b.m = b.monitor(t, brokenServers{b.store})
	if _, err := b.m.SweepRegistration(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := b.m.LookServer(t.Context(), rdapServer); !errors.Is(err, errBroken) || b.rdap.count() != 0 {
		t.Errorf("%v, %d questions", err, b.rdap.count())
	}
}

var errBroken = errors.New("the database is gone")

// brokenServers cannot remember servers.
type brokenServers struct{ *memory }

func (brokenServers) ChangeServer(
	context.Context, string, func(models.RegistryServer) (models.RegistryServer, bool),
) (models.RegistryServer, error) {
	return models.RegistryServer{}, errBroken
}

// TestRegistriesOfOneHostShareOnePace routes two suffixes to one host under two paths.
func TestRegistriesOfOneHostShareOnePace(t *testing.T) {
	t.Parallel()
	b := newBench(t, "a.com", "b.net")
	b.rdap.suffix = map[string]string{"com": "https://RDAP.big.example/com/v1/", "net": "https://rdap.big.example/net/v1/"}
	if com, net := b.m.Route("a.com"), b.m.Route("b.net"); com != net || com != "https://rdap.big.example" {
		t.Errorf("routes %s and %s", com, net)
	}
	if s := b.m.Route("c.unknown"); s != monitor.ServerUnsupported {
		t.Errorf("no route: %s", s)
	}
}
