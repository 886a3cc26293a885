package engine

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"maps"
	"runtime/debug"
	"slices"
	"sync"
	"time"
)

// cutOffGrace is how long Stop waits for the handlers it has cancelled.
const cutOffGrace = 5 * time.Second

// handlers is the part that the runners share: who handles a kind, what runs at
// this moment in this process, and how it ended.
type handlers struct {
	log *slog.Logger

	mu      sync.Mutex
	sealed  bool
	kinds   map[string]*handling
	running map[uint64]Job
	lastRun uint64
}

// handling is one kind's handler with its limits and what became of its jobs.
type handling struct {
	concurrency            int
	timeout                time.Duration
	handle                 Handler
	active                 int
	done, failed, panicked int
}

func newHandlers(log *slog.Logger) *handlers {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &handlers{log: log, kinds: make(map[string]*handling), running: make(map[uint64]Job)}
}

// Handle implements [Runner] for both runners.
func (h *handlers) Handle(kind string, concurrency int, timeout time.Duration, handle Handler) {
	if err := checkKind(kind); err != nil {
		panic(err)
	}
	if concurrency <= 0 || timeout <= 0 || handle == nil {
		panic(fmt.Sprintf("engine: Handle(%q, %d, %s): concurrency and timeout must be positive and the handler not nil", kind, concurrency, timeout))
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.sealed {
		panic(fmt.Sprintf("engine: Handle(%q) after Start", kind))
	}
	if h.kinds[kind] != nil {
		panic(fmt.Sprintf("engine: a second handler for kind %q", kind))
	}
	h.kinds[kind] = &handling{concurrency: concurrency, timeout: timeout, handle: handle}
}

// seal ends the time in which Handle may be called and returns the limits.
func (h *handlers) seal() map[string]handling {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.sealed = true
	limits := make(map[string]handling, len(h.kinds))
	for kind, k := range h.kinds {
		limits[kind] = *k
	}
	return limits
}

// timeout returns the limit of a kind, and zero for one not handled here.
func (h *handlers) timeout(kind string) time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	if k := h.kinds[kind]; k != nil {
		return k.timeout
	}
	return 0
}

// concurrency returns how many jobs of a kind may run at once in this process.
func (h *handlers) concurrency(kind string) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	if k := h.kinds[kind]; k != nil {
		return k.concurrency
	}
	return 0
}

// attempt is one job in hand.
type attempt struct {
	*handlers
	*handling
	id  uint64
	job Job
}

// begin takes the job in hand: from here on inHand names it.
func (h *handlers) begin(job Job) (*attempt, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	k := h.kinds[job.Kind]
	if k == nil {
		return nil, fmt.Errorf("%w: nothing handles kind %q here", ErrInvalidJob, job.Kind)
	}
	h.lastRun++
	h.running[h.lastRun] = job
	k.active++
	return &attempt{handlers: h, handling: k, id: h.lastRun, job: job}, nil
}

// run calls the job's handler under its timeout, and logs and counts the end.
// A panic comes back as a [*PanicError].
func (a *attempt) run(ctx context.Context) (err error) {
	returned := false
	defer func() {
		if v := recover(); v != nil {
			err = &PanicError{Value: v, Stack: debug.Stack()}
		} else if !returned {
			err = fmt.Errorf("the handler of %s ended its goroutine", a.job)
		}
		a.end(ctx, err)
	}()
	ctx, cancel := context.WithTimeout(ctx, a.handling.timeout)
	defer cancel()
	err = a.handle(ctx, a.job)
	returned = true
	return err
}

func (a *attempt) end(ctx context.Context, err error) {
	panicked, isPanic := err.(*PanicError) //nolint:errorlint // run makes it itself; one wrapped by a handler is no panic
	a.mu.Lock()
	delete(a.running, a.id)
	a.active--
	switch {
	case isPanic:
		a.failed++
		a.panicked++
	case err != nil:
		a.failed++
	default:
		a.done++
	}
	a.mu.Unlock()
	switch {
	case isPanic:
		a.log.ErrorContext(ctx, "job panicked", "job", a.job.String(), "error", err, "stack", string(panicked.Stack))
	case err != nil:
		a.log.WarnContext(ctx, "job failed", "job", a.job.String(), "error", err)
	}
}

// inHand returns the jobs that run in this process, in the order they began.
func (h *handlers) inHand() []Job {
	h.mu.Lock()
	defer h.mu.Unlock()
	ids := slices.SortedFunc(maps.Keys(h.running), cmp.Compare[uint64])
	jobs := make([]Job, 0, len(ids))
	for _, id := range ids {
		jobs = append(jobs, h.running[id])
	}
	return jobs
}

// counts returns what this process knows of every kind it handles.
func (h *handlers) counts() map[string]Counts {
	h.mu.Lock()
	defer h.mu.Unlock()
	all := make(map[string]Counts, len(h.kinds))
	for kind, k := range h.kinds {
		all[kind] = Counts{Running: k.active, Done: k.done, Failed: k.failed, Panicked: k.panicked}
	}
	return all
}
