package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivertype"
)

// How long finished jobs stay in the table. They are kept for a look at what
// went wrong; nothing depends on them.
const (
	keepDone   = time.Hour
	keepFailed = 7 * 24 * time.Hour
)

// worker is River's side of the handlers.
type worker struct {
	river.WorkerDefaults[jobArgs]
	r *River
}

// Timeout is the backstop behind the handler's own timeout, which run sets.
func (w *worker) Timeout(job *river.Job[jobArgs]) time.Duration {
	return w.r.timeout(job.Args.JobKind)
}

// Work runs the handler. A failed job is cancelled, which is final and leaves
// its key free; one that Stop cut off goes back to the queue at once.
func (w *worker) Work(ctx context.Context, job *river.Job[jobArgs]) error {
	a, err := w.r.begin(job.Args.job())
	if err != nil {
		return river.JobCancel(err)
	}
	switch err = a.run(ctx); {
	case err == nil:
		return nil
	case errors.Is(ctx.Err(), context.Canceled): // by Stop: River knows this error and gives the job back
		return errors.Join(err, ctx.Err())
	default:
		return river.JobCancel(err)
	}
}

// atOnce makes a rescued job available without River's usual pause.
type atOnce struct{}

// NextRetry returns the time of the last attempt, which is past.
func (atOnce) NextRetry(job *rivertype.JobRow) time.Time {
	if job.AttemptedAt == nil {
		return job.CreatedAt
	}
	return *job.AttemptedAt
}

// Start implements [Runner]. It fails when River's tables are missing or old,
// and when a handler's timeout is not shorter than RescueAfter. A second Start
// does nothing.
func (r *River) Start(ctx context.Context) error {
	limits := r.seal()
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.stopped:
		return ErrStopped
	case r.work != nil:
		return nil
	}
	if err := r.checkTables(ctx); err != nil {
		return err
	}
	if len(limits) == 0 {
		return nil
	}
	config, err := r.workConfig(limits)
	if err != nil {
		return err
	}
	client, err := river.NewClient(riverpgxv5.New(r.db), config)
	if err != nil {
		return fmt.Errorf("engine: set up River: %w", err)
	}
	if err := client.Start(context.WithoutCancel(ctx)); err != nil {
		return fmt.Errorf("engine: start River: %w", err)
	}
	r.work = client
	return nil
}

// workConfig translates the handlers' limits: one queue a kind.
func (r *River) workConfig(limits map[string]handling) (*river.Config, error) {
	queues := make(map[string]river.QueueConfig, len(limits))
	var longest time.Duration
	for kind, k := range limits {
		if k.timeout >= r.opts.RescueAfter {
			return nil, fmt.Errorf("engine: the timeout of kind %s is %s: it must be shorter than RescueAfter, %s", kind, k.timeout, r.opts.RescueAfter)
		}
		queues[kind] = river.QueueConfig{MaxWorkers: k.concurrency}
		longest = max(longest, k.timeout)
	}
	workers := river.NewWorkers()
	if err := river.AddWorkerSafely(workers, &worker{r: r}); err != nil {
		return nil, fmt.Errorf("engine: set up River: %w", err)
	}
	return &river.Config{
		Schema:                      r.opts.Schema,
		Logger:                      r.opts.Logger,
		Queues:                      queues,
		Workers:                     workers,
		FetchCooldown:               r.opts.FetchCooldown,
		JobTimeout:                  longest,
		RescueStuckJobsAfter:        r.opts.RescueAfter,
		RetryPolicy:                 atOnce{},
		CompletedJobRetentionPeriod: keepDone,
		CancelledJobRetentionPeriod: keepFailed,
		DiscardedJobRetentionPeriod: keepFailed,
	}, nil
}

// Stop implements [Runner]. Jobs that wait stay for the other processes, and
// so do those that were cut off and returned.
func (r *River) Stop(ctx context.Context) error {
	client, first := r.close()
	if !first || client == nil {
		return nil
	}
	if err := client.Stop(ctx); err == nil {
		return nil
	}
	cut := &CutOffError{Jobs: r.inHand()}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), cutOffGrace)
	defer cancel()
	if err := client.StopAndCancel(grace); err != nil {
		cut.Stuck = r.inHand()
	}
	if len(cut.Jobs) == 0 { // the last one returned at the very deadline
		return nil
	}
	return cut
}

// close makes the runner refuse jobs. It says whether this call did it.
func (r *River) close() (client *river.Client[pgx.Tx], first bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	first = !r.stopped
	r.stopped = true
	return r.work, first
}

// idlePoll is the pause between two looks of Idle at the table.
const idlePoll = 25 * time.Millisecond

// Idle implements [Runner], over all processes.
func (r *River) Idle(ctx context.Context) error {
	pause := time.NewTicker(idlePoll)
	defer pause.Stop()
	for {
		open, err := r.open(ctx)
		if err != nil {
			return err
		}
		if len(open) == 0 {
			return nil
		}
		select {
		case <-pause.C:
		case <-ctx.Done():
			return fmt.Errorf("engine: jobs still wait or run: %w", ctx.Err())
		}
	}
}

// Stats implements [Runner].
func (r *River) Stats(ctx context.Context) (map[string]Counts, error) {
	open, err := r.open(ctx)
	if err != nil {
		return nil, err
	}
	all := r.counts()
	for kind, c := range all {
		c.Running = 0 // the table knows of all processes
		all[kind] = c
	}
	for kind, o := range open {
		c := all[kind]
		c.Queued, c.Running = o.Queued, o.Running
		all[kind] = c
	}
	return all, nil
}

// open counts what waits and runs in all processes, by kind.
func (r *River) open(ctx context.Context) (map[string]Counts, error) {
	rows, err := r.db.Query(ctx, `SELECT queue, state = 'running', count(*) FROM `+r.table("river_job")+`
		WHERE state IN ('available', 'pending', 'retryable', 'running', 'scheduled') GROUP BY 1, 2`)
	if err != nil {
		return nil, fmt.Errorf("engine: count jobs: %w", err)
	}
	open := make(map[string]Counts)
	var kind string
	var running bool
	var n int
	_, err = pgx.ForEachRow(rows, []any{&kind, &running, &n}, func() error {
		c := open[kind]
		if running {
			c.Running += n
		} else {
			c.Queued += n
		}
		open[kind] = c
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("engine: count jobs: %w", err)
	}
	return open, nil
}

// table returns the quoted name of a table in the configured schema.
func (r *River) table(name string) string { return tableIn(r.opts.Schema, name) }

func tableIn(schema, name string) string {
	return pgx.Identifier(slices.DeleteFunc([]string{schema, name}, func(s string) bool { return s == "" })).Sanitize()
}
