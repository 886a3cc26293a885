package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// DefaultQueue is the number of waiting jobs a Pool holds unless told otherwise.
const DefaultQueue = 100_000

// PoolOptions are the settings of a [Pool]; the zero value is good.
type PoolOptions struct {
	// Queue is how many jobs may wait at once, over all kinds. Zero means
	// [DefaultQueue].
	Queue int
	// Logger gets one line for each failed job. Nil means none.
	Logger *slog.Logger
}

// Pool is the [Runner] of the embedded shape: jobs wait in memory, first in
// first out within their kind, and kinds never wait for each other. What waits
// when the process ends is forgotten, slots included; a new Pool accepts it at
// once. Every kind must be handled by this Pool before it is enqueued.
type Pool struct {
	*handlers
	queueLimit int
	ctx        context.Context // of the handlers; made by NewPool, cancelled by Stop
	cancel     context.CancelFunc

	mu      sync.Mutex
	state   poolState
	waiting map[string][]Job
	active  map[string]int
	slots   map[string]time.Time // the last slot taken, by kind
	held    map[unit]struct{}    // what waits or runs
	queued  int
	running int
	idle    chan struct{} // closed while nothing waits or runs
	drained chan struct{} // closed when stopped and nothing runs
}

type poolState int

const (
	poolNew poolState = iota
	poolStarted
	poolStopped
)

var _ Runner = (*Pool)(nil)

// NewPool returns a Pool that accepts jobs for the kinds it is given by Handle
// and hands them out once it is started.
func NewPool(opts PoolOptions) *Pool {
	if opts.Queue <= 0 {
		opts.Queue = DefaultQueue
	}
	ctx, cancel := context.WithCancel(context.Background())
	p := &Pool{
		handlers: newHandlers(opts.Logger), queueLimit: opts.Queue, ctx: ctx, cancel: cancel,
		waiting: make(map[string][]Job), active: make(map[string]int),
		slots: make(map[string]time.Time), held: make(map[unit]struct{}),
		idle: make(chan struct{}), drained: make(chan struct{}),
	}
	close(p.idle)
	return p
}

// Start implements [Runner]. A second Start does nothing.
func (p *Pool) Start(context.Context) error {
	p.seal()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.state == poolStopped {
		return ErrStopped
	}
	p.state = poolStarted
	for kind := range p.waiting {
		p.dispatch(kind)
	}
	return nil
}

// Enqueue implements [Runner]. A kind without a handler is [ErrInvalidJob].
func (p *Pool) Enqueue(ctx context.Context, jobs ...Job) (added int, err error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	if err := checkAll(jobs); err != nil {
		return 0, err
	}
	for _, j := range jobs {
		if p.timeout(j.Kind) == 0 {
			return 0, fmt.Errorf("%w: nothing handles kind %q; call Handle before Enqueue", ErrInvalidJob, j.Kind)
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.state == poolStopped {
		return 0, ErrStopped
	}
	for i, j := range jobs {
		if p.skip(j) {
			continue
		}
		if p.queued >= p.queueLimit {
			return added, fmt.Errorf("%w: %d jobs wait, %d of this call were not looked at", ErrQueueFull, p.queued, len(jobs)-i)
		}
		p.push(j)
		added++
	}
	return added, nil
}

// skip says whether the job is not to be added. Called with mu held.
func (p *Pool) skip(j Job) bool {
	if !j.Slot.IsZero() && !normal(j.Slot).After(p.slots[j.Kind]) {
		return true
	}
	_, held := p.held[j.unit()]
	if held && !j.Slot.IsZero() {
		p.slots[j.Kind] = normal(j.Slot)
	}
	return held
}

// push adds the job to its queue. Called with mu held.
func (p *Pool) push(j Job) {
	if !j.Slot.IsZero() {
		j.Slot = normal(j.Slot)
		p.slots[j.Kind] = j.Slot
	}
	if len(p.held) == 0 {
		p.idle = make(chan struct{})
	}
	p.held[j.unit()] = struct{}{}
	p.waiting[j.Kind] = append(p.waiting[j.Kind], j)
	p.queued++
	p.dispatch(j.Kind)
}

// dispatch starts as many waiting jobs of the kind as its limit allows. Called
// with mu held.
func (p *Pool) dispatch(kind string) {
	if p.state != poolStarted {
		return
	}
	limit := p.concurrency(kind)
	for len(p.waiting[kind]) > 0 && p.active[kind] < limit {
		job := p.waiting[kind][0]
		p.waiting[kind] = p.waiting[kind][1:]
		p.queued--
		a, err := p.begin(job)
		if err != nil { // Enqueue has seen to it that the kind is handled
			p.log.Error("job dropped", "job", job.String(), "error", err)
			p.release(job)
			continue
		}
		p.running++
		p.active[kind]++
		go p.work(a)
	}
}

// work runs one job and starts the next of its kind. It is a goroutine of its
// own, so that not even a handler that ends its goroutine takes others along.
func (p *Pool) work(a *attempt) {
	defer p.finish(a.job)
	_ = a.run(p.ctx) // logged and counted there; the next sweep tries again
}

func (p *Pool) finish(job Job) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.running--
	p.active[job.Kind]--
	p.release(job)
	p.dispatch(job.Kind)
	if p.state == poolStopped && p.running == 0 {
		close(p.drained)
	}
}

// release gives the job's key back. Called with mu held.
func (p *Pool) release(job Job) {
	delete(p.held, job.unit())
	if len(p.held) == 0 {
		close(p.idle)
	}
}

// Stop implements [Runner]. Jobs that still wait are dropped.
func (p *Pool) Stop(ctx context.Context) error {
	if !p.close() {
		return nil
	}
	defer p.cancel()
	select {
	case <-p.drained:
		return nil
	case <-ctx.Done():
	}
	cut := &CutOffError{Jobs: p.inHand()}
	p.cancel()
	grace := time.NewTimer(cutOffGrace)
	defer grace.Stop()
	select {
	case <-p.drained:
	case <-grace.C:
		cut.Stuck = p.inHand()
	}
	if len(cut.Jobs) == 0 { // the last one returned at the very deadline
		return nil
	}
	return cut
}

// close makes the pool refuse jobs and drops the waiting ones. It says whether
// this call did it.
func (p *Pool) close() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.state == poolStopped {
		return false
	}
	p.state = poolStopped
	if p.queued > 0 {
		p.log.Info("waiting jobs dropped at stop; the next sweep finds their work", "jobs", p.queued)
	}
	for _, jobs := range p.waiting {
		for _, j := range jobs {
			p.release(j)
		}
	}
	clear(p.waiting)
	p.queued = 0
	if p.running == 0 {
		close(p.drained)
	}
	return true
}

// Idle implements [Runner].
func (p *Pool) Idle(ctx context.Context) error {
	p.mu.Lock()
	idle := p.idle
	p.mu.Unlock()
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
		return errors.Join(ctx.Err(), fmt.Errorf("engine: jobs still run: %s", jobList(p.inHand())))
	}
}

// Stats implements [Runner]. It never fails.
func (p *Pool) Stats(context.Context) (map[string]Counts, error) {
	all := p.counts()
	p.mu.Lock()
	defer p.mu.Unlock()
	for kind, c := range all {
		c.Queued, c.Running = len(p.waiting[kind]), p.active[kind]
		all[kind] = c
	}
	return all, nil
}
