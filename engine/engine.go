// Package engine turns the passing of time into work: ticks become jobs, jobs
// are handed to handlers, and no unit of work is in hand twice at a time.
//
// A job is only a nudge. What is due, how often it was tried and when it is
// tried next stand in rows of other packages' tables; a handler reads its row
// again before it acts, and a sweep enqueues whatever is still due. So a job
// that is skipped, dropped or done twice does no harm, and the engine never
// retries one that failed: the next sweep does.
//
// Two runners stand behind one interface and pass one conformance suite: [Pool]
// keeps its jobs in the memory of one process, [River] keeps them in PostgreSQL
// and shares them among any number of processes. [Ticker] enqueues by the clock.
//
// Business rules, and what a job's key means, are left to the handlers.
package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Job names one unit of work.
type Job struct {
	// Kind chooses the handler and the queue. See [Runner.Enqueue] for its form.
	Kind string
	// Key identifies the unit within its kind, for example "rdap.example:443"
	// or "notice:123". It may be empty where the kind has only one unit.
	Key string
	// Slot is zero for an ordinary job. A tick's job carries the time slot it
	// stands for, and of one kind's slots each is taken once, for ever.
	Slot time.Time
}

// String returns "kind key" and the slot, if there is one, for logs and errors.
func (j Job) String() string {
	s := j.Kind
	if j.Key != "" {
		s += " " + j.Key
	}
	if !j.Slot.IsZero() {
		s += " @" + j.Slot.UTC().Format(time.RFC3339)
	}
	return s
}

// unit is what may wait or run only once at a time.
type unit struct{ kind, key string }

func (j Job) unit() unit { return unit{j.Kind, j.Key} }

// Handler does the work of one job. It must return soon after ctx is done, and
// must bear being called again for work that is already done. An error or a
// panic is logged and counted; neither stops the runner.
type Handler func(ctx context.Context, job Job) error

// Runner distributes jobs to handlers. Its methods are safe for concurrent use.
type Runner interface {
	// Handle names the handler of a kind, how many of its jobs this runner may
	// run at once, and the time after which a job's context is cancelled. It
	// is called before Start, and panics on a second handler for a kind, on a
	// malformed kind, and on limits that are not positive.
	Handle(kind string, concurrency int, timeout time.Duration, h Handler)

	// Start begins to hand out jobs. Cancelling ctx afterwards does not stop
	// the runner: Stop does.
	Start(ctx context.Context) error

	// Enqueue adds the jobs, in order, and returns how many were added. Skipped
	// without an error is a job whose kind and key already wait or run, and a
	// tick's job whose slot is not later than the last one taken for its kind.
	//
	// A kind is 2 to 64 lower-case letters and digits, in groups joined by
	// single hyphens or underscores; a key is at most 500 bytes of UTF-8
	// without control characters. Anything else is [ErrInvalidJob], and then no
	// job of the call is added. After Stop the error is [ErrStopped].
	Enqueue(ctx context.Context, jobs ...Job) (added int, err error)

	// Stop takes no more jobs and waits for the running ones until ctx is done;
	// then it cancels these and returns a [*CutOffError] that names them. A
	// second Stop does nothing.
	Stop(ctx context.Context) error

	// Idle waits until no job waits or runs, or until ctx is done.
	Idle(ctx context.Context) error

	// Stats returns the counts of every kind that is handled or has jobs.
	Stats(ctx context.Context) (map[string]Counts, error)
}

// Counts says how the jobs of one kind fare.
type Counts struct {
	// Queued and Running are the jobs that wait and run at this moment: of
	// this process for a Pool, of all processes for River.
	Queued, Running int
	// Done and Failed count the jobs that this process has finished since it
	// started: without and with an error. Panicked are those of Failed that
	// panicked.
	Done, Failed, Panicked int
}

var (
	// ErrStopped is returned by Enqueue and Start after Stop.
	ErrStopped = errors.New("engine: the runner is stopped")
	// ErrInvalidJob is wrapped by the errors about a kind or key that is
	// malformed, and about a kind that nothing in a Pool handles.
	ErrInvalidJob = errors.New("engine: invalid job")
	// ErrQueueFull is wrapped by the error of an Enqueue that exceeds a Pool's
	// bound; the jobs before the bound have been added. The next sweep finds
	// the rest.
	ErrQueueFull = errors.New("engine: the queue is full")
)

// CutOffError says which jobs were still running at the deadline of Stop.
type CutOffError struct {
	// Jobs were running at the deadline, and their contexts were cancelled.
	Jobs []Job
	// Stuck are those of Jobs that had not returned when Stop gave up on them.
	Stuck []Job
}

// Error names the jobs, at most ten of each sort.
func (e *CutOffError) Error() string {
	s := fmt.Sprintf("engine: stop cut off %d running jobs (%s)", len(e.Jobs), jobList(e.Jobs))
	if len(e.Stuck) > 0 {
		s += fmt.Sprintf("; %d did not return when cancelled (%s): make their handlers heed the context", len(e.Stuck), jobList(e.Stuck))
	}
	return s
}

func jobList(jobs []Job) string {
	const most = 10
	names := make([]string, 0, most+1)
	for i, j := range jobs {
		if i == most {
			names = append(names, fmt.Sprintf("and %d more", len(jobs)-most))
			break
		}
		names = append(names, j.String())
	}
	return strings.Join(names, ", ")
}

// PanicError is what a handler's panic becomes.
type PanicError struct {
	// Value is what the handler panicked with.
	Value any
	// Stack is the goroutine's stack at the panic.
	Stack []byte
}

// Error returns the value without the stack.
func (e *PanicError) Error() string { return fmt.Sprintf("panic: %v", e.Value) }

// Unwrap returns the panic's value if it is an error.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}
