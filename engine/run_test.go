package engine_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/krestmarketing/deedwatch/engine"
)

func TestConcurrencyOfAKindIsBoundedAndUsed(t *testing.T) {
	t.Parallel()
	for _, shape := range shapes {
		t.Run(shape.name, func(t *testing.T) {
			p := shape.open(t)
			r := p.runner(t)
			g := newGate()
			r.Handle("look", 3, time.Minute, g.handle)
			add(t, r, 12, many("look", 12)...)
			start(t, r)
			for range 3 {
				receive(t, g.begun, "three jobs at once")
			}
			for range 12 {
				g.pass <- struct{}{}
			}
			idle(t, r)
			if g.most() != 3 {
				t.Errorf("at most %d ran at once, want 3", g.most())
			}
		})
	}
}

func many(kind string, n int) []engine.Job {
	jobs := make([]engine.Job, n)
	for i := range jobs {
		jobs[i] = engine.Job{Kind: kind, Key: fmt.Sprintf("unit-%04d", i)}
	}
	return jobs
}

func TestKindsDoNotStarveEachOther(t *testing.T) {
	t.Parallel()
	for _, shape := range shapes {
		t.Run(shape.name, func(t *testing.T) {
			p := shape.open(t)
			r := p.runner(t)
			slow, quick := newGate(), newGate()
			close(quick.pass)
			r.Handle("slow", 1, time.Minute, slow.handle)
			r.Handle("quick", 1, time.Minute, quick.handle)
			add(t, r, 100, many("slow", 100)...)
			start(t, r)
			receive(t, slow.begun, "the slow job")
			add(t, r, 5, many("quick", 5)...)
			for range 5 {
				receive(t, quick.begun, "a quick job behind 100 slow ones")
			}
			c := stats(t, r, "slow")
			if c.Running != 1 || c.Queued != 99 {
				t.Errorf("slow: %+v, want 1 running and 99 queued", c)
			}
			close(slow.pass)
			idle(t, r)
		})
	}
}

func TestEachJobIsDoneOnce(t *testing.T) {
	t.Parallel()
	for _, shape := range shapes {
		t.Run(shape.name, func(t *testing.T) {
			p := shape.open(t)
			peers := p.peers(t)
			var n journal
			peers[0].Handle("look", 8, time.Minute, n.handle)
			if peers[0] != peers[1] {
				peers[1].Handle("look", 8, time.Minute, n.handle)
			}
			start(t, peers[0], peers[1])
			const jobs = 1500 // more than one batch
			add(t, peers[0], jobs, many("look", jobs)...)
			idle(t, peers[1])
			for key, times := range n.keys() {
				if times != 1 {
					t.Errorf("%s was done %d times", key, times)
				}
			}
			if len(n.keys()) != jobs {
				t.Errorf("%d jobs were done, want %d", len(n.keys()), jobs)
			}
		})
	}
}

func TestTimeoutEndsTheHandlersContext(t *testing.T) {
	t.Parallel()
	for _, shape := range shapes {
		t.Run(shape.name, func(t *testing.T) {
			p := shape.open(t)
			r := p.runner(t)
			cause := make(chan error, 1)
			r.Handle("look", 1, 30*time.Millisecond, func(ctx context.Context, _ engine.Job) error {
				<-ctx.Done()
				cause <- ctx.Err()
				return ctx.Err()
			})
			start(t, r)
			add(t, r, 1, engine.Job{Kind: "look"})
			if err := receive(t, cause, "the end of the context"); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("the context ended with %v, want its deadline", err)
			}
			idle(t, r)
		})
	}
}

func TestPanicIsOneFailedJob(t *testing.T) {
	t.Parallel()
	for _, shape := range shapes {
		t.Run(shape.name, func(t *testing.T) {
			p := shape.open(t)
			r := p.runner(t)
			r.Handle("look", 1, time.Minute, func(_ context.Context, j engine.Job) error {
				if j.Key == "unit-0001" {
					panic(errors.New("a bug in the handler"))
				}
				return nil
			})
			start(t, r)
			add(t, r, 4, many("look", 4)...)
			idle(t, r)
			if diff := cmp.Diff(engine.Counts{Done: 3, Failed: 1, Panicked: 1}, stats(t, r, "look")); diff != "" {
				t.Errorf("counts (-want +got)\n%s", diff)
			}
		})
	}
}

func TestHandlerMayEnqueue(t *testing.T) {
	t.Parallel()
	for _, shape := range shapes {
		t.Run(shape.name, func(t *testing.T) {
			p := shape.open(t)
			r := p.runner(t)
			var n journal
			r.Handle("sweep", 1, time.Minute, func(ctx context.Context, _ engine.Job) error {
				_, err := r.Enqueue(ctx, many("look", 3)...)
				return err
			})
			r.Handle("look", 2, time.Minute, n.handle)
			start(t, r)
			add(t, r, 1, engine.Job{Kind: "sweep"})
			idle(t, r)
			if len(n.keys()) != 3 {
				t.Errorf("%d of 3 follow-up jobs were done by the time the runner was idle", len(n.keys()))
			}
		})
	}
}

func TestIdleEndsWithItsContext(t *testing.T) {
	t.Parallel()
	for _, shape := range shapes {
		t.Run(shape.name, func(t *testing.T) {
			p := shape.open(t)
			r := p.runner(t)
			g := newGate()
			r.Handle("look", 1, time.Minute, g.handle)
			start(t, r)
			idle(t, r) // nothing yet
			add(t, r, 1, engine.Job{Kind: "look"})
			receive(t, g.begun, "the job")
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			defer cancel()
			if err := r.Idle(ctx); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("Idle with a job running: %v, want the context's error", err)
			}
			close(g.pass)
		})
	}
}

func TestHandleRefusesMistakes(t *testing.T) {
	t.Parallel()
	nothing := func(context.Context, engine.Job) error { return nil }
	for _, shape := range shapes {
		t.Run(shape.name, func(t *testing.T) {
			p := shape.open(t)
			r := p.runner(t)
			r.Handle("look", 1, time.Minute, nothing)
			for _, tc := range []struct {
				why  string
				call func()
				want string
			}{
				{"a second handler", func() { r.Handle("look", 1, time.Minute, nothing) }, "second handler"},
				{"a malformed kind", func() { r.Handle("Look!", 1, time.Minute, nothing) }, "invalid job"},
				{"no workers", func() { r.Handle("some", 0, time.Minute, nothing) }, "positive"},
				{"no time", func() { r.Handle("some", 1, 0, nothing) }, "positive"},
				{"no handler", func() { r.Handle("some", 1, time.Minute, nil) }, "not nil"},
				{"too late", func() { start(t, r); r.Handle("late", 1, time.Minute, nothing) }, "after Start"},
			} {
				func() {
					defer func() {
						if got := fmt.Sprint(recover()); !strings.Contains(got, tc.want) {
							t.Errorf("%s: panic %q, want one about %q", tc.why, got, tc.want)
						}
					}()
					tc.call()
				}()
			}
		})
	}
}
