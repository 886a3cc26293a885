package engine_test

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/krestmarketing/deedwatch/engine"
)

func TestPoolKeepsTheOrderWithinAKind(t *testing.T) {
	p := stopped(t, engine.NewPool(engine.PoolOptions{}))
	var n journal
	p.Handle("look", 1, time.Minute, n.handle)
	jobs := many("look", 50)
	jobs[3], jobs[30] = jobs[30], jobs[3]
	add(t, p, 50, jobs...)
	start(t, p)
	idle(t, p)
	if diff := cmp.Diff(jobs, n.all()); diff != "" {
		t.Errorf("order (-want +got)\n%s", diff)
	}
}

func TestPoolQueueIsBounded(t *testing.T) {
	p := stopped(t, engine.NewPool(engine.PoolOptions{Queue: 3}))
	g := newGate()
	p.Handle("look", 1, time.Minute, g.handle)
	start(t, p)
	add(t, p, 1, engine.Job{Kind: "look", Key: "running"})
	receive(t, g.begun, "the first job")
	added, err := p.Enqueue(t.Context(), many("look", 5)...)
	if added != 3 || !errors.Is(err, engine.ErrQueueFull) {
		t.Errorf("added %d, %v; want 3 and ErrQueueFull", added, err)
	}
	add(t, p, 0, engine.Job{Kind: "look", Key: "unit-0000"}) // a held key is no overflow
	close(g.pass)
	idle(t, p)
	add(t, p, 3, many("look", 3)...)
	idle(t, p)
}

func TestPoolRefusesAKindThatNobodyHandles(t *testing.T) {
	p := stopped(t, engine.NewPool(engine.PoolOptions{}))
	if added, err := p.Enqueue(t.Context(), engine.Job{Kind: "look"}); added != 0 || !errors.Is(err, engine.ErrInvalidJob) {
		t.Errorf("added %d, %v; want ErrInvalidJob, or the job would wait for ever", added, err)
	}
}

func TestPoolOutlivesAHandlerThatEndsItsGoroutine(t *testing.T) {
	p := stopped(t, engine.NewPool(engine.PoolOptions{}))
	p.Handle("look", 1, time.Minute, func(context.Context, engine.Job) error {
		runtime.Goexit()
		return nil
	})
	start(t, p)
	add(t, p, 2, many("look", 2)...)
	idle(t, p)
	if diff := cmp.Diff(engine.Counts{Failed: 2}, stats(t, p, "look")); diff != "" {
		t.Errorf("counts (-want +got)\n%s", diff)
	}
}

// A pool's jobs are in memory: when the process dies, a new pool knows nothing
// of them and takes the same keys and slots at once.
func TestNewPoolTakesUpWhatTheLastOneHeld(t *testing.T) {
	g := newGate()
	jobs := []engine.Job{{Kind: "look", Key: "a"}, {Kind: "look", Key: "b"}, {Kind: "sweep", Slot: time.Date(2027, 1, 4, 0, 0, 0, 0, time.UTC)}}
	for range 2 {
		p := engine.NewPool(engine.PoolOptions{})
		p.Handle("look", 1, time.Minute, g.handle)
		p.Handle("sweep", 1, time.Minute, g.handle)
		start(t, p)
		add(t, p, 3, jobs...)
		receive(t, g.begun, "a job")
		receive(t, g.begun, "another job")
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		var cut *engine.CutOffError
		if err := p.Stop(ctx); !errors.As(err, &cut) || len(cut.Jobs) != 2 {
			t.Errorf("Stop: %v, want two jobs cut off", err)
		}
		if err := p.Idle(t.Context()); err != nil {
			t.Errorf("a stopped pool is not idle: %v", err)
		}
	}
}
