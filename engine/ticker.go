package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/go-co-op/gocron/v2"
)

// enqueueTimeout bounds one tick's Enqueue. The next tick tries again.
const enqueueTimeout = 15 * time.Second

// TickerOptions are the settings of a [Ticker]; the zero value is good.
type TickerOptions struct {
	// Now is the wall clock that slots are read from. Nil means time.Now. It
	// must agree among the processes within a few seconds. A clock that is
	// set by hand is for the handlers, not for the ticks.
	Now func() time.Time
	// Logger gets a line for each tick that could not be enqueued. Nil means
	// none.
	Logger *slog.Logger
}

// Ticker enqueues jobs by the clock. Every process may run one with the same
// ticks: a slot is taken once. A tick whose last job still waits or runs is
// skipped, so that nothing piles up while the workers are down.
type Ticker struct {
	runner Runner
	ticks  []tick
	opts   TickerOptions
	gocron gocron.Scheduler
	ctx    context.Context // of the enqueueing
	cancel context.CancelFunc

	mu      sync.Mutex
	stopped bool
}

type tick struct {
	Tick
	*schedule
}

// NewTicker checks the ticks: one for each kind.
func NewTicker(r Runner, ticks []Tick, opts TickerOptions) (*Ticker, error) {
	if opts.Now == nil {
		opts.Now = time.Now //nolint:forbidigo // the default of the clock option
	}
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	t := &Ticker{runner: r, opts: opts}
	seen := make(map[string]bool, len(ticks))
	for _, tk := range ticks {
		if seen[tk.Kind] {
			return nil, fmt.Errorf("engine: two ticks for kind %s", tk.Kind)
		}
		seen[tk.Kind] = true
		s, err := tk.schedule(rand.Float64()) //nolint:gosec // spreads load, keeps no secret
		if err != nil {
			return nil, err
		}
		t.ticks = append(t.ticks, tick{Tick: tk, schedule: s})
	}
	return t, nil
}

// Start takes the present slots of the ticks that ask for it, then goes on by
// the clock until Stop. Cancelling ctx afterwards does not stop the ticker.
func (t *Ticker) Start(ctx context.Context) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.stopped {
		return errors.New("engine: the ticker is stopped")
	}
	if t.gocron != nil {
		return nil
	}
	for _, tk := range t.ticks {
		if tk.RunAtStart {
			if err := t.enqueue(ctx, tk); err != nil {
				return err
			}
		}
	}
	s, err := gocron.NewScheduler(gocron.WithLocation(time.UTC), gocron.WithLogger(t.opts.Logger), gocron.WithStopTimeout(enqueueTimeout))
	if err != nil {
		return fmt.Errorf("engine: set up gocron: %w", err)
	}
	t.ctx, t.cancel = context.WithCancel(context.WithoutCancel(ctx))
	for _, tk := range t.ticks {
		_, err := s.NewJob(gocron.CronJob(tk.Kind, false), gocron.NewTask(t.fire, tk), gocron.WithName(tk.Kind),
			gocron.WithCronImplementation(bySchedule{tk.schedule}), gocron.WithSingletonMode(gocron.LimitModeReschedule))
		if err != nil {
			t.cancel()
			return errors.Join(fmt.Errorf("engine: schedule %s: %w", tk.Kind, err), s.Shutdown())
		}
	}
	s.Start()
	t.gocron = s
	return nil
}

// fire is one tick.
func (t *Ticker) fire(tk tick) {
	if err := t.enqueue(t.ctx, tk); err != nil && t.ctx.Err() == nil {
		t.opts.Logger.Warn("tick not enqueued; the next one tries again", "kind", tk.Kind, "error", err)
	}
}

func (t *Ticker) enqueue(ctx context.Context, tk tick) error {
	ctx, cancel := context.WithTimeout(ctx, enqueueTimeout)
	defer cancel()
	_, err := t.runner.Enqueue(ctx, Job{Kind: tk.Kind, Slot: tk.slot(t.opts.Now())})
	return err
}

// Stop ends the ticks and waits for one that is being enqueued, until ctx is
// done. A second Stop does nothing.
func (t *Ticker) Stop(ctx context.Context) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.stopped || t.gocron == nil {
		t.stopped = true
		return nil
	}
	t.stopped = true
	t.cancel()
	if err := t.gocron.ShutdownWithContext(ctx); err != nil {
		return fmt.Errorf("engine: stop the ticks: %w", err)
	}
	return nil
}

// bySchedule lets gocron follow a schedule of ours.
type bySchedule struct{ *schedule }

// IsValid has nothing to check: NewTicker did.
func (bySchedule) IsValid(string, *time.Location, time.Time) error { return nil }

// Next returns the first firing after lastRun. gocron passes over one that falls
// into the same second, which can only be the first after Start.
func (s bySchedule) Next(lastRun time.Time) time.Time { return s.next(lastRun) }
