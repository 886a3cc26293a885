package engine_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/krestmarketing/deedwatch/engine"
)

func TestRaceForOneKeyIsWonOnce(t *testing.T) {
	t.Parallel()
	for _, shape := range shapes {
		t.Run(shape.name, func(t *testing.T) {
			p := shape.open(t)
			peers := p.peers(t)
			g := newGate()
			peers[0].Handle("look", 4, time.Minute, g.handle)
			added := race(t, peers, engine.Job{Kind: "look", Key: "rdap.example:443"})
			if added != 1 {
				t.Errorf("20 at once added %d jobs, want 1", added)
			}
			start(t, peers[0])
			receive(t, g.begun, "the job")
			close(g.pass)
			idle(t, peers[0])
			if len(g.begun) != 0 {
				t.Errorf("the job ran %d times too often", len(g.begun))
			}
		})
	}
}

// race enqueues the job twenty times at once and returns how often it was added.
func race(t *testing.T, peers [2]engine.Runner, job engine.Job) int64 {
	t.Helper()
	var added atomic.Int64
	var wg sync.WaitGroup
	gun := make(chan struct{})
	for i := range 20 {
		wg.Go(func() {
			<-gun
			n, err := peers[i%2].Enqueue(t.Context(), job)
			if err != nil {
				t.Error(err)
			}
			added.Add(int64(n))
		})
	}
	close(gun)
	wg.Wait()
	return added.Load()
}

func TestKeyIsHeldWhileItsJobWaitsOrRuns(t *testing.T) {
	t.Parallel()
	for _, shape := range shapes {
		t.Run(shape.name, func(t *testing.T) {
			p := shape.open(t)
			r := p.runner(t)
			g := newGate()
			r.Handle("look", 1, time.Minute, g.handle)
			r.Handle("other", 1, time.Minute, g.handle)
			a, b := engine.Job{Kind: "look", Key: "a"}, engine.Job{Kind: "look", Key: "b"}
			add(t, r, 2, a, b, a)
			start(t, r)
			receive(t, g.begun, "the first job")
			add(t, r, 0, a, b) // one runs, the other waits
			add(t, r, 1, engine.Job{Kind: "other", Key: "a"})
			close(g.pass)
			idle(t, r)
			add(t, r, 2, a, b)
			idle(t, r)
		})
	}
}

func TestKeyIsFreeHoweverItsJobEnded(t *testing.T) {
	t.Parallel()
	ends := []struct {
		why    string
		handle engine.Handler
		want   engine.Counts
	}{
		{"done", func(context.Context, engine.Job) error { return nil }, engine.Counts{Done: 2}},
		{
			"a failed job must not block its key: the next sweep tries again",
			func(context.Context, engine.Job) error { return errors.New("no answer") },
			engine.Counts{Failed: 2},
		},
		{
			"a panic is one failed job",
			func(context.Context, engine.Job) error { panic("a bug") },
			engine.Counts{Failed: 2, Panicked: 2},
		},
		{"a timeout is a failure", func(ctx context.Context, _ engine.Job) error { <-ctx.Done(); return ctx.Err() }, engine.Counts{Failed: 2}},
	}
	for _, shape := range shapes {
		t.Run(shape.name, func(t *testing.T) {
			p := shape.open(t)
			r := p.runner(t)
			for i, end := range ends {
				r.Handle(fmt.Sprintf("end-%d", i), 1, 50*time.Millisecond, end.handle)
			}
			start(t, r)
			for range 2 {
				for i := range ends {
					add(t, r, 1, engine.Job{Kind: fmt.Sprintf("end-%d", i), Key: "same"})
				}
				idle(t, r)
			}
			for i, end := range ends {
				if diff := cmp.Diff(end.want, stats(t, r, fmt.Sprintf("end-%d", i))); diff != "" {
					t.Errorf("%s: (-want +got)\n%s", end.why, diff)
				}
			}
		})
	}
}

func TestSlotIsTakenOnceForEver(t *testing.T) {
	t.Parallel()
	slot := time.Date(2027, 3, 28, 2, 30, 0, 123_456_789, time.UTC)
	for _, shape := range shapes {
		t.Run(shape.name, func(t *testing.T) {
			p := shape.open(t)
			peers := p.peers(t)
			var n journal
			peers[0].Handle("sweep", 1, time.Minute, n.handle)
			peers[0].Handle("digest", 1, time.Minute, n.handle)
			start(t, peers[0])
			if added := race(t, peers, engine.Job{Kind: "sweep", Slot: slot}); added != 1 {
				t.Errorf("20 at once took the slot %d times, want once", added)
			}
			idle(t, peers[0])
			for _, again := range []struct {
				why  string
				slot time.Time
				want int
			}{
				{"done long since, but the slot stays taken", slot, 0},
				{"the same instant in another zone", slot.In(time.FixedZone("", 5*3600+1800)), 0},
				{"below a microsecond there is no difference", slot.Add(100 * time.Nanosecond), 0},
				{"a slot that was passed over is past", slot.Add(-time.Minute), 0},
				{"the next one", slot.Add(time.Minute), 1},
				{"which is taken too then", slot.Add(time.Minute), 0},
			} {
				added, err := peers[1].Enqueue(t.Context(), engine.Job{Kind: "sweep", Slot: again.slot})
				if err != nil || added != again.want {
					t.Errorf("%s: added %d, %v; want %d", again.why, added, err, again.want)
				}
				idle(t, peers[0])
			}
			add(t, peers[1], 1, engine.Job{Kind: "digest", Slot: slot}) // another kind has its own slots
			idle(t, peers[0])
			at := slot.Truncate(time.Microsecond)
			want := []engine.Job{{Kind: "sweep", Slot: at}, {Kind: "sweep", Slot: at.Add(time.Minute)}, {Kind: "digest", Slot: at}}
			if diff := cmp.Diff(want, n.all()); diff != "" {
				t.Errorf("jobs done (-want +got)\n%s", diff)
			}
		})
	}
}

func TestTicksDoNotPileUp(t *testing.T) {
	t.Parallel()
	for _, shape := range shapes {
		t.Run(shape.name, func(t *testing.T) {
			p := shape.open(t)
			r := p.runner(t)
			g := newGate()
			r.Handle("sweep", 1, time.Minute, g.handle)
			slot := time.Date(2027, 1, 4, 9, 0, 0, 0, time.UTC)
			add(t, r, 1, engine.Job{Kind: "sweep", Slot: slot})
			for i := range 5 { // nobody works yet
				add(t, r, 0, engine.Job{Kind: "sweep", Slot: slot.Add(time.Duration(i+1) * time.Minute)})
			}
			start(t, r)
			receive(t, g.begun, "the sweep")
			add(t, r, 0, engine.Job{Kind: "sweep", Slot: slot.Add(10 * time.Minute)}) // it still runs
			close(g.pass)
			idle(t, r)
			add(t, r, 0, engine.Job{Kind: "sweep", Slot: slot.Add(10 * time.Minute)}) // skipped is taken
			add(t, r, 1, engine.Job{Kind: "sweep", Slot: slot.Add(11 * time.Minute)})
			idle(t, r)
		})
	}
}

func TestMalformedJobIsRefusedWithTheWholeCall(t *testing.T) {
	t.Parallel()
	for _, shape := range shapes {
		t.Run(shape.name, func(t *testing.T) {
			p := shape.open(t)
			r := p.runner(t)
			var n journal
			r.Handle("look", 1, time.Minute, n.handle)
			for _, bad := range []struct {
				why string
				job engine.Job
			}{
				{"no kind", engine.Job{Key: "a"}},
				{"one letter", engine.Job{Kind: "x"}},
				{"upper case", engine.Job{Kind: "Look"}},
				{"a colon", engine.Job{Kind: "look:now"}},
				{"a hyphen at the end", engine.Job{Kind: "look-"}},
				{"too long a kind", engine.Job{Kind: strings.Repeat("k", 65)}},
				{"too long a key", engine.Job{Kind: "look", Key: strings.Repeat("k", 501)}},
				{"not UTF-8", engine.Job{Kind: "look", Key: "\xff"}},
				{"PostgreSQL stores no NUL", engine.Job{Kind: "look", Key: "a\x00b"}},
			} {
				added, err := r.Enqueue(t.Context(), engine.Job{Kind: "look", Key: "good"}, bad.job)
				if added != 0 || !errors.Is(err, engine.ErrInvalidJob) {
					t.Errorf("%s: added %d, %v; want 0 and ErrInvalidJob", bad.why, added, err)
				}
			}
			start(t, r)
			longest := engine.Job{Kind: "look", Key: strings.Repeat("k", 500)}
			strange := engine.Job{Kind: "look", Key: `"bücher".example \u0000 %s 'x'`}
			add(t, r, 2, longest, strange)
			idle(t, r)
			if diff := cmp.Diff(map[string]int{longest.Key: 1, strange.Key: 1}, n.keys()); diff != "" {
				t.Errorf("keys done (-want +got)\n%s", diff)
			}
		})
	}
}
