package monitor_test

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/monitor"
)

// mostIn counts the most questions in any interval of a length: up to each question, all that are counted together with it.
func mostIn(asked []time.Duration, length time.Duration) int {
	slices.Sort(asked)
	most, first := 0, 0
	for i := range asked {
		for asked[first] <= asked[i]-length {
			first++
		}
		most = max(most, i-first+1)
	}
	return most
}

// askers are processes that share the state of one server. Each has a clock of its own, which may be wrong, and follows what passes.
type asker struct {
	wrong time.Duration // its clock against true time
	put   time.Duration // how far it was put forward
}

func drawLimit(t *rapid.T) monitor.Limit {
	l := monitor.Limit{PerSecond: rapid.SampledFrom([]float64{0.1, 0.5, 1, 4, 1000}).Draw(t, "per second")}
	for range rapid.IntRange(1, 3).Draw(t, "windows") {
		l.Windows = append(l.Windows, monitor.Window{
			N:   rapid.SampledFrom([]int{1, 2, 5, 12, 15, 60, 100, 400}).Draw(t, "N"),
			Per: rapid.SampledFrom([]time.Duration{time.Second, 10 * time.Second, time.Minute, 15 * time.Minute, day}).Draw(t, "Per"),
		})
	}
	return l
}

// TestNoIntervalHoldsMoreThanAWindowAllows takes turns at random moments, from several processes that die, start anew, and use their turns
// late; and counts.
func TestNoIntervalHoldsMoreThanAWindowAllows(t *testing.T) {
	t.Parallel()
	start := *date("2026-11-01T08:00:00Z")
	rapid.Check(t, func(t *rapid.T) {
		limit := drawLimit(t)
		var pace models.Pace
		var now time.Duration // true time
		var asked []time.Duration
		askers := make([]asker, rapid.IntRange(1, 3).Draw(t, "processes"))
		scale := rapid.SampledFrom([]time.Duration{time.Millisecond, 100 * time.Millisecond, 5 * time.Second, 3 * time.Minute, time.Hour}).Draw(t, "scale")
		for range rapid.IntRange(1, 300).Draw(t, "steps") {
			now += time.Duration(rapid.Int64Range(0, int64(scale)).Draw(t, "passes"))
			a := &askers[rapid.IntRange(0, len(askers)-1).Draw(t, "process")]
			if rapid.IntRange(0, 9).Draw(t, "dies") == 0 {
				*a = asker{} // what it had put its clock forward by is forgotten
			}
			clock := start.Add(now + a.put)
			turn := monitor.Turn{Now: clock, Before: clock.Add(time.Duration(rapid.Int64Range(0, int64(20*time.Second)).Draw(t, "patience")))}
			turn.Not = clock.Add(time.Duration(rapid.Int64Range(0, int64(2*time.Second)).Draw(t, "lead")))
			turn.Spare = rapid.Bool().Draw(t, "spare")
			next, slot := monitor.TakeTurn(pace, limit, turn)
			if !slot.Taken {
				if !slot.At.After(turn.Before) {
					t.Fatalf("a turn at %v was not taken, although there was time until %v", slot.At, turn.Before)
				}
				continue
			}
			pace = next
			late := time.Duration(rapid.Int64Range(0, int64(limit.Grace())).Draw(t, "late"))
			asked = append(asked, now+slot.At.Sub(clock)+late)
		}
		for _, w := range limit.Windows {
			if n := mostIn(asked, w.Per); n > w.N {
				t.Fatalf("%d questions within %v, allowed are %d", n, w.Per, w.N)
			}
		}
	})
}

// TestAClockThatIsSetNeitherStallsNorOpensTheGate has one process after the other, whose clocks are set by days forward and back between
// them. A clock cannot be found out to be ahead; it gives a burst each time, and nothing beyond.
func TestAClockThatIsSetNeitherStallsNorOpensTheGate(t *testing.T) {
	t.Parallel()
	start := *date("2026-11-01T08:00:00Z")
	rapid.Check(t, func(t *rapid.T) {
		w := monitor.Window{N: rapid.SampledFrom([]int{20, 100, 1000}).Draw(t, "N"), Per: rapid.SampledFrom([]time.Duration{15 * time.Minute, day}).Draw(t, "Per")}
		limit := monitor.Limit{PerSecond: 1e9, Windows: []monitor.Window{w}}
		var pace models.Pace
		var now time.Duration
		var asked []time.Duration
		var ahead, furthest time.Duration
		forward := 0
		for range rapid.IntRange(2, 6).Draw(t, "processes") {
			a := asker{wrong: ahead}
			before := len(asked)
			for range 200 {
				now += w.Per / 100
				for {
					clock := start.Add(now + a.wrong + a.put)
					next, slot := monitor.TakeTurn(pace, limit, monitor.Turn{Now: clock, Before: clock.Add(time.Millisecond)})
					a.put += slot.Ahead
					if !slot.Taken {
						break
					}
					pace, asked = next, append(asked, now)
				}
			}
			if got := len(asked) - before; got < w.N {
				t.Fatalf("%d questions in twice %v at a clock %v off: it stalls", got, w.Per, ahead)
			}
			ahead += time.Duration(rapid.Int64Range(-int64(20*day), int64(20*day)).Draw(t, "set"))
			if ahead > furthest {
				furthest = ahead
				forward++
			}
		}
		if n, most := mostIn(asked, w.Per), w.N+max(1, w.N/20); n > most {
			t.Fatalf("%d questions within %v, allowed are %d and one burst for a clock set ahead (%d times)", n, w.Per, w.N, forward)
		}
	})
}

func TestLimitsThatAreChangedKeepWhatWasTaken(t *testing.T) {
	t.Parallel()
	now := *date("2026-11-01T08:00:00Z")
	limit := func(n int) monitor.Limit {
		return monitor.Limit{PerSecond: 1e6, Windows: []monitor.Window{{N: n, Per: day}}}
	}
	take := func(p models.Pace, l monitor.Limit) (models.Pace, int) {
		n := 0
		for i := range 5000 {
			at := now.Add(time.Duration(i) * time.Millisecond)
			next, slot := monitor.TakeTurn(p, l, monitor.Turn{Now: at, Before: at})
			if slot.Taken {
				p, n = next, n+1
			}
		}
		return p, n
	}
	full, n := take(models.Pace{}, limit(1000))
	if n != 50 {
		t.Errorf("%d questions at once of 1000 a day, want a twentieth", n)
	}
	if _, n := take(full, limit(100)); n != 0 {
		t.Errorf("%d more after the limit was lowered", n)
	}
	raised, n := take(full, limit(10_000))
	if n != 450 {
		t.Errorf("%d more after the limit was raised, want what its burst has beyond those 50", n)
	}
	_, slot := monitor.TakeTurn(raised, limit(1), monitor.Turn{Now: now.Add(time.Minute), Before: now.Add(time.Minute)})
	if wait := slot.At.Sub(now); slot.Taken || wait > 2*day {
		t.Errorf("lowered to one a day, the next is in %v: no change stalls for longer than a window", wait)
	}
}

func TestWhatALimitComesTo(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		limit monitor.Limit
		rate  float64 // per hour
		grace time.Duration
		why   string
	}{
		{monitor.Limit{}, 3600, time.Second, "once a second"},
		{monitor.Limit{PerSecond: 4, Windows: []monitor.Window{{0, day}, {5, 0}}}, 4 * 3600, time.Second, "empty windows say nothing"},
		{monitor.Limit{PerSecond: 10, Windows: []monitor.Window{{5, time.Second}}}, 3600 * 5 / 1.1, 50 * time.Millisecond, "a tenth less than published"},
		{monitor.Limit{Windows: []monitor.Window{{100, day}, {200, day}}}, 96 / 26.4, time.Second, "the stricter of two; five of the hundred are its burst"},
	} {
		if got := c.limit.Rate() * 3600; got < c.rate*0.999 || got > c.rate*1.001 || c.limit.Grace() != c.grace {
			t.Errorf("%+v: %v an hour with a grace of %v, want %v and %v: %s", c.limit, got, c.limit.Grace(), c.rate, c.grace, c.why)
		}
	}
}
