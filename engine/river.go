package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivertype"
)

const (
	// DefaultRescueAfter is the age at which a running job counts as lost
	// with its process, unless told otherwise.
	DefaultRescueAfter = 90 * time.Second
	// DefaultFetchCooldown is the least time between two fetches of one kind,
	// unless told otherwise. A kind's throughput is at most its concurrency
	// per cooldown.
	DefaultFetchCooldown = 10 * time.Millisecond
)

const (
	// attempts bounds how many processes one job may take down with it. Only
	// a rescue makes a further attempt: a job that fails is final.
	attempts = 3
	// batch is how many jobs go into one INSERT.
	batch = 1000
	// deadlockTries is how often an INSERT is tried that PostgreSQL chose as
	// the victim of a deadlock or a serialization conflict.
	deadlockTries = 4
)

// RiverOptions are the settings of a [River]; the zero value is good.
type RiverOptions struct {
	// Schema holds River's tables and ours. Empty means the connection's
	// search path. See [MigrateRiverSchema].
	Schema string

	// RescueAfter is the age at which a running job counts as lost with its
	// process and is given to another one. It must exceed the longest timeout
	// of a handler, or a job would run twice at once. Zero means
	// [DefaultRescueAfter].
	//
	// River looks for such jobs every 30 seconds, in one of the started
	// processes, its leader. If the leader itself was killed, another process
	// takes over after up to 20 seconds. So a killed process's job is done
	// again about RescueAfter + 40 seconds after it began, or somewhat earlier.
	RescueAfter time.Duration

	// FetchCooldown is the least time between two fetches of one kind's jobs.
	// Zero means [DefaultFetchCooldown].
	FetchCooldown time.Duration

	// Logger gets one line for each failed job, and River's own lines. Nil
	// means none.
	Logger *slog.Logger
}

// River is the [Runner] of the grown shape: jobs wait in PostgreSQL and any
// number of processes work on them. A kind's concurrency is per process. A
// River on which Handle was never called runs nothing and may still enqueue,
// jobs of any kind.
//
// The tables must be there before Start and Enqueue: [MigrateRiver] makes them.
// While started, a River keeps one connection of its pool for listening.
type River struct {
	*handlers
	db     *pgxpool.Pool
	opts   RiverOptions
	insert *river.Client[pgx.Tx]

	mu      sync.Mutex
	stopped bool
	work    *river.Client[pgx.Tx] // nil until started, and without handlers
}

var _ Runner = (*River)(nil)

// jobArgs is a job as River stores it. Uniqueness is by the tagged fields.
type jobArgs struct {
	JobKind string    `json:"kind" river:"unique"`
	Key     string    `json:"key" river:"unique"`
	Slot    time.Time `json:"slot,omitzero"`
}

// Kind is the same for all our jobs; the queue tells them apart, so that each
// kind has its own workers.
func (jobArgs) Kind() string { return "deedwatch" }

func (a jobArgs) job() Job { return Job{Kind: a.JobKind, Key: a.Key, Slot: a.Slot} }

// NewRiver returns a River on the given pool, which the caller closes after Stop.
func NewRiver(pool *pgxpool.Pool, opts RiverOptions) (*River, error) {
	if pool == nil {
		return nil, errors.New("engine: NewRiver needs a pool")
	}
	opts.RescueAfter = cmp.Or(opts.RescueAfter, DefaultRescueAfter)
	opts.FetchCooldown = cmp.Or(opts.FetchCooldown, DefaultFetchCooldown)
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	if opts.RescueAfter < 0 {
		return nil, fmt.Errorf("engine: RescueAfter %s must be positive", opts.RescueAfter)
	}
	if opts.FetchCooldown < river.FetchCooldownMin || opts.FetchCooldown > river.FetchPollIntervalDefault {
		return nil, fmt.Errorf("engine: FetchCooldown %s must lie between %s and %s", opts.FetchCooldown, river.FetchCooldownMin, river.FetchPollIntervalDefault)
	}
	client, err := river.NewClient(riverpgxv5.New(pool), &river.Config{
		Schema: opts.Schema,
		Logger: opts.Logger,
		// An insert within this time of the last one wakes nobody, and waits for the next poll.
		FetchCooldown: river.FetchCooldownMin,
	})
	if err != nil {
		return nil, fmt.Errorf("engine: set up River: %w", err)
	}
	return &River{handlers: newHandlers(opts.Logger), db: pool, opts: opts, insert: client}, nil
}

// Enqueue implements [Runner]. Of the ordinary jobs of one call the order is
// not kept. When an error is returned, those counted as added stay added.
func (r *River) Enqueue(ctx context.Context, jobs ...Job) (added int, err error) {
	if err := checkAll(jobs); err != nil {
		return 0, err
	}
	if r.isStopped() {
		return 0, ErrStopped
	}
	var plain []Job
	for _, j := range jobs {
		if j.Slot.IsZero() {
			plain = append(plain, j)
			continue
		}
		ok, err := r.enqueueSlot(ctx, j)
		if err != nil {
			return added, fmt.Errorf("engine: enqueue %s: %w", j, err)
		}
		if ok {
			added++
		}
	}
	for part := range slices.Chunk(sorted(plain), batch) {
		n, err := r.insertBatch(ctx, part)
		added += n
		if err != nil {
			return added, fmt.Errorf("engine: enqueue %d jobs: %w", len(part), err)
		}
	}
	return added, nil
}

// sorted puts the jobs in the one order in which all writers take the locks of
// the unique index, so that they cannot wait for each other in a circle. Of
// several with one key it keeps the first: PostgreSQL refuses two in a batch.
func sorted(jobs []Job) []Job {
	slices.SortFunc(jobs, func(a, b Job) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Key, b.Key))
	})
	return slices.CompactFunc(jobs, func(a, b Job) bool { return a.unit() == b.unit() })
}

// insertBatch inserts the jobs in one transaction and returns how many were added.
func (r *River) insertBatch(ctx context.Context, jobs []Job) (added int, err error) {
	params := make([]river.InsertManyParams, len(jobs))
	for i, j := range jobs {
		params[i] = insertParams(j)
	}
	var results []*rivertype.JobInsertResult
	err = retryConflict(ctx, func() (err error) {
		results, err = r.insert.InsertMany(ctx, params)
		return err
	})
	if err != nil {
		return 0, err
	}
	for _, res := range results {
		if !res.UniqueSkippedAsDuplicate {
			added++
		}
	}
	return added, nil
}

// insertParams says how River stores a job: unique by kind and key while it
// waits or runs, and in no other state, so that neither a finished nor a failed
// job blocks its key.
func insertParams(j Job) river.InsertManyParams {
	return river.InsertManyParams{
		Args: jobArgs{JobKind: j.Kind, Key: j.Key, Slot: j.Slot},
		InsertOpts: &river.InsertOpts{
			Queue:       j.Kind,
			MaxAttempts: attempts,
			UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: []rivertype.JobState{
				rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRetryable,
				rivertype.JobStateRunning, rivertype.JobStateScheduled,
			}},
		},
	}
}

// retryConflict repeats f while PostgreSQL says that it lost against another
// transaction and nothing else is wrong with it.
func retryConflict(ctx context.Context, f func() error) error {
	for try := 1; ; try++ {
		err := f()
		var pg *pgconn.PgError
		lost := errors.As(err, &pg) && (pg.Code == "40P01" || pg.Code == "40001")
		if !lost || try == deadlockTries || ctx.Err() != nil {
			return err
		}
	}
}

func (r *River) isStopped() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.stopped
}
