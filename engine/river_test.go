package engine_test

import (
	"bufio"
	"context"
	"errors"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/krestmarketing/deedwatch/engine"
	"github.com/krestmarketing/deedwatch/internal/pgtest"
)

// helperEnv holds the DSN for a copy of this test binary that takes a job in
// hand and waits to be killed.
const helperEnv = "ENGINE_TEST_DOOMED"

// rescueAfter is the shortest that leaves room for the timeout of the handler.
const rescueAfter = 2 * time.Second

// runDoomed is the main function of the process that gets killed.
func runDoomed(dsn string) int {
	ctx := context.Background()
	db, err := pgxpool.New(ctx, dsn)
	if err != nil {
		return 2
	}
	r, err := engine.NewRiver(db, engine.RiverOptions{RescueAfter: time.Hour})
	if err != nil {
		return 2
	}
	r.Handle("look", 1, 50*time.Minute, func(context.Context, engine.Job) error {
		_, _ = os.Stdout.WriteString("in hand\n")
		select {}
	})
	if err := r.Start(ctx); err != nil {
		return 2
	}
	select {}
}

func TestWorkOfAKilledProcessIsPickedUp(t *testing.T) {
	t.Parallel()
	dsn := migrated(t)
	job := engine.Job{Kind: "look", Key: "rdap.example:443"}
	r := river(t, dsn, engine.RiverOptions{RescueAfter: rescueAfter})
	g := newGate()
	close(g.pass)
	r.Handle("look", 1, time.Second, g.handle)
	add(t, r, 1, job)

	doomed := exec.Command(os.Args[0], "-test.run=^$")
	doomed.Env = append(os.Environ(), helperEnv+"="+dsn)
	stdout, err := doomed.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := doomed.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if killErr := doomed.Process.Kill(); killErr != nil {
		t.Fatal(killErr)
	}
	_ = doomed.Wait() // killed, as intended
	if err != nil || line != "in hand\n" {
		t.Fatalf("the process said %q, %v", line, err)
	}

	start(t, r)
	add(t, r, 0, job) // it still counts as running
	began := time.Now()
	if diff := cmp.Diff(job, receive(t, g.begun, "the rescue")); diff != "" {
		t.Errorf("job (-want +got)\n%s", diff)
	}
	t.Logf("done %s after the kill, with RescueAfter %s", time.Since(began).Round(time.Second), rescueAfter)
	idle(t, r)
	add(t, r, 1, job)
	idle(t, r)
}

func TestJobCutOffByStopGoesToAnotherProcess(t *testing.T) {
	t.Parallel()
	dsn := migrated(t)
	first, second := river(t, dsn, engine.RiverOptions{}), river(t, dsn, engine.RiverOptions{})
	held, free := newGate(), newGate()
	close(free.pass)
	first.Handle("look", 1, time.Minute, func(ctx context.Context, j engine.Job) error {
		if held.handle(ctx, j) != nil {
			return errors.New("aborted") // a handler need not pass on the context's error
		}
		return nil
	})
	second.Handle("look", 1, time.Minute, free.handle)
	start(t, first)
	job := engine.Job{Kind: "look", Key: "a"}
	add(t, first, 1, job)
	receive(t, held.begun, "the job")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := first.Stop(ctx); err == nil {
		t.Error("Stop cut nothing off")
	}
	start(t, second)
	if diff := cmp.Diff(job, receive(t, free.begun, "the job in the second process")); diff != "" {
		t.Errorf("job (-want +got)\n%s", diff)
	}
	idle(t, second)
}

func TestInsertOnlyRiver(t *testing.T) {
	t.Parallel()
	dsn := migrated(t)
	serve, work := river(t, dsn, engine.RiverOptions{}), river(t, dsn, engine.RiverOptions{})
	var n journal
	work.Handle("look", 1, time.Minute, n.handle)
	start(t, serve)
	add(t, serve, 2, many("look", 2)...)
	if diff := cmp.Diff(engine.Counts{Queued: 2}, stats(t, serve, "look")); diff != "" {
		t.Errorf("counts seen where nothing is handled (-want +got)\n%s", diff)
	}
	start(t, work)
	idle(t, serve)
	if len(n.all()) != 2 {
		t.Errorf("%d of 2 jobs done", len(n.all()))
	}
}

// Batches with the same keys in opposite order wait for each other's rows: the
// jobs must get in all the same, each once.
func TestOverlappingBatchesDoNotDeadlock(t *testing.T) {
	t.Parallel()
	dsn := migrated(t)
	jobs := many("look", 1000)
	var wg sync.WaitGroup
	total := make(chan int, 4)
	for i := range 4 {
		r := river(t, dsn, engine.RiverOptions{})
		wg.Go(func() {
			own := append([]engine.Job(nil), jobs...)
			if i%2 == 1 {
				for a, b := 0, len(own)-1; a < b; a, b = a+1, b-1 {
					own[a], own[b] = own[b], own[a]
				}
			}
			n, err := r.Enqueue(t.Context(), own...)
			if err != nil {
				t.Error(err)
			}
			total <- n
		})
	}
	wg.Wait()
	close(total)
	sum := 0
	for n := range total {
		sum += n
	}
	if sum != len(jobs) {
		t.Errorf("%d jobs added, want %d", sum, len(jobs))
	}
}

func TestSeveralStartersMigrateAtOnce(t *testing.T) {
	t.Parallel()
	for _, schema := range []string{"", "jobs"} {
		dsn := pgtest.NewDatabase(t)
		var wg sync.WaitGroup
		for range 6 {
			db := open(t, dsn)
			wg.Go(func() {
				if err := engine.MigrateRiverSchema(t.Context(), db, schema); err != nil {
					t.Errorf("schema %q: %v", schema, err)
				}
			})
		}
		wg.Wait()
		r := river(t, dsn, engine.RiverOptions{Schema: schema})
		var n journal
		r.Handle("look", 1, time.Minute, n.handle)
		start(t, r)
		add(t, r, 2, engine.Job{Kind: "look", Key: "a"}, engine.Job{Kind: "look", Key: "b", Slot: time.Unix(1, 0)})
		idle(t, r)
		if len(n.all()) != 2 {
			t.Errorf("schema %q: %d of 2 jobs done", schema, len(n.all()))
		}
	}
}

func TestRiverSaysWhatIsWrongWithItsSettings(t *testing.T) {
	t.Parallel()
	empty, ready := pgtest.NewDatabase(t), migrated(t)
	nothing := func(context.Context, engine.Job) error { return nil }
	for _, tc := range []struct {
		why, dsn string
		timeout  time.Duration
		opts     engine.RiverOptions
		want     string
	}{
		{"no tables", empty, time.Second, engine.RiverOptions{}, "migrate the database first"},
		{"no tables in this schema", ready, time.Second, engine.RiverOptions{Schema: "elsewhere"}, "migrate the database first"},
		{"a running job would be rescued", ready, 90 * time.Second, engine.RiverOptions{}, "shorter than RescueAfter, 1m30s"},
		{"negative rescue", ready, time.Second, engine.RiverOptions{RescueAfter: -1}, "must be positive"},
		{"too long a cooldown", ready, time.Second, engine.RiverOptions{FetchCooldown: time.Minute}, "FetchCooldown"},
		{"a schema River does not take", ready, time.Second, engine.RiverOptions{Schema: "a b"}, "Schema name"},
	} {
		r, err := engine.NewRiver(open(t, tc.dsn), tc.opts)
		if err == nil {
			r.Handle("look", 1, tc.timeout, nothing)
			err = r.Start(t.Context())
		}
		if err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want an error about %q", tc.why, err, tc.want)
		}
	}
	if _, err := engine.NewRiver(nil, engine.RiverOptions{}); err == nil {
		t.Error("a River without a pool was made")
	}
}
