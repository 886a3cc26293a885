package engine_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/krestmarketing/deedwatch/engine"
)

func TestStopWaitsForRunningJobs(t *testing.T) {
	t.Parallel()
	for _, shape := range shapes {
		t.Run(shape.name, func(t *testing.T) {
			p := shape.open(t)
			r := p.runner(t)
			g := newGate()
			r.Handle("look", 1, time.Minute, g.handle)
			start(t, r)
			add(t, r, 2, many("look", 2)...)
			receive(t, g.begun, "the first job")
			stopped := make(chan error)
			go func() { stopped <- r.Stop(t.Context()) }()
			eventually(t, "Enqueue to be refused", func() bool {
				_, err := r.Enqueue(t.Context(), engine.Job{Kind: "look", Key: "late"})
				return errors.Is(err, engine.ErrStopped)
			})
			select {
			case err := <-stopped:
				t.Fatalf("Stop returned %v while a job ran", err)
			default:
			}
			g.pass <- struct{}{}
			if err := receive(t, stopped, "Stop"); err != nil {
				t.Errorf("Stop: %v", err)
			}
			if done := doneSinceStart(t, r); done != 1 || len(g.begun) != 0 {
				t.Errorf("%d done and %d more begun, want the running one done and none begun", done, len(g.begun))
			}
		})
	}
}

func doneSinceStart(t *testing.T, r engine.Runner) int {
	t.Helper()
	return stats(t, r, "look").Done
}

func TestStopCutsOffAtItsDeadlineAndNamesTheJobs(t *testing.T) {
	t.Parallel()
	for _, shape := range shapes {
		t.Run(shape.name, func(t *testing.T) {
			p := shape.open(t)
			r := p.runner(t)
			slow, quick := newGate(), newGate()
			r.Handle("slow", 2, time.Minute, slow.handle)
			r.Handle("quick", 1, time.Minute, quick.handle)
			start(t, r)
			add(t, r, 2, engine.Job{Kind: "slow", Key: "rdap.example:443"}, engine.Job{Kind: "quick", Key: "x"})
			receive(t, slow.begun, "the slow job")
			receive(t, quick.begun, "the quick job")
			close(quick.pass)
			ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
			defer cancel()
			began := time.Now()
			err := r.Stop(ctx)
			var cut *engine.CutOffError
			if !errors.As(err, &cut) {
				t.Fatalf("Stop: %v, want a CutOffError", err)
			}
			if diff := cmp.Diff([]engine.Job{{Kind: "slow", Key: "rdap.example:443"}}, cut.Jobs); diff != "" || len(cut.Stuck) != 0 {
				t.Errorf("cut off (-want +got)\n%s\nstuck: %v", diff, cut.Stuck)
			}
			if !strings.Contains(err.Error(), "slow rdap.example:443") {
				t.Errorf("%q does not name the job", err)
			}
			if took := time.Since(began); took > 5*time.Second {
				t.Errorf("Stop took %s after a deadline of 1.5s", took)
			}
			if c := stats(t, r, "quick"); c.Done != 1 {
				t.Errorf("quick: %+v; the slow job held up the other one", c)
			}
			if c := stats(t, r, "slow"); c.Failed != 1 || c.Running != 0 {
				t.Errorf("slow: %+v, want 1 failed and none running", c)
			}
		})
	}
}

func TestStopGivesUpOnAHandlerThatIgnoresIt(t *testing.T) {
	t.Parallel() // it takes Stop's whole patience with cancelled handlers
	for _, shape := range shapes {
		t.Run(shape.name, func(t *testing.T) {
			t.Parallel()
			p := shape.open(t)
			r := p.runner(t)
			begun, release := make(chan struct{}), make(chan struct{})
			r.Handle("deaf", 1, time.Minute, func(context.Context, engine.Job) error {
				close(begun)
				<-release
				return nil
			})
			start(t, r)
			add(t, r, 1, engine.Job{Kind: "deaf", Key: "k"})
			receive(t, begun, "the job")
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			err := r.Stop(ctx)
			var cut *engine.CutOffError
			if !errors.As(err, &cut) || len(cut.Stuck) != 1 || !strings.Contains(err.Error(), "deaf k") {
				t.Errorf("Stop: %v, want a CutOffError with the stuck job", err)
			}
			close(release)
			eventually(t, "the handler to end", func() bool { return stats(t, r, "deaf").Running == 0 })
		})
	}
}

func TestStoppedRunnerRefuses(t *testing.T) {
	t.Parallel()
	for _, shape := range shapes {
		t.Run(shape.name, func(t *testing.T) {
			p := shape.open(t)
			for _, started := range []bool{true, false} {
				r := p.runner(t)
				var n journal
				r.Handle("look", 1, time.Minute, n.handle)
				if started {
					start(t, r, r) // a second Start does nothing
				}
				for range 2 {
					if err := r.Stop(t.Context()); err != nil {
						t.Errorf("started %t: Stop: %v", started, err)
					}
				}
				if added, err := r.Enqueue(t.Context(), engine.Job{Kind: "look"}); added != 0 || !errors.Is(err, engine.ErrStopped) {
					t.Errorf("started %t: Enqueue after Stop: %d, %v", started, added, err)
				}
				if err := r.Start(t.Context()); !errors.Is(err, engine.ErrStopped) {
					t.Errorf("started %t: Start after Stop: %v", started, err)
				}
			}
		})
	}
}

func TestCancellingTheContextOfStartStopsNothing(t *testing.T) {
	t.Parallel()
	for _, shape := range shapes {
		t.Run(shape.name, func(t *testing.T) {
			p := shape.open(t)
			r := p.runner(t)
			var n journal
			r.Handle("look", 1, time.Minute, n.handle)
			ctx, cancel := context.WithCancel(t.Context())
			if err := r.Start(ctx); err != nil {
				t.Fatal(err)
			}
			cancel()
			add(t, r, 1, engine.Job{Kind: "look"})
			idle(t, r)
			if len(n.all()) != 1 {
				t.Error("the job was not done")
			}
		})
	}
}
