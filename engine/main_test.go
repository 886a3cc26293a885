package engine_test

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"go.uber.org/goleak"

	"github.com/krestmarketing/deedwatch/engine"
	"github.com/krestmarketing/deedwatch/internal/pgtest"
)

// patience is how long a test waits for what must happen. It is only used up
// when something is wrong.
const patience = 60 * time.Second

func TestMain(m *testing.M) {
	if dsn := os.Getenv(helperEnv); dsn != "" {
		os.Exit(runDoomed(dsn))
	}
	code := pgtest.Main(m)
	if code == 0 {
		if err := goleak.Find(); err != nil {
			_, _ = os.Stderr.WriteString("goroutines are left over: " + err.Error() + "\n")
			code = 1
		}
	}
	os.Exit(code)
}

// place is where runners of one sort meet: the memory of one pool, or a
// database.
type place struct {
	// runner returns a new runner that is stopped when the test ends.
	runner func(t *testing.T) engine.Runner
	// peers returns runners that share their jobs: for a pool the same one twice.
	peers func(t *testing.T) [2]engine.Runner
}

// shapes are the two runners; what holds for one must hold for the other.
var shapes = []struct {
	name string
	open func(t *testing.T) place
}{{"pool", poolPlace}, {"river", riverPlace}}

func poolPlace(*testing.T) place {
	newPool := func(t *testing.T) engine.Runner {
		t.Helper()
		return stopped(t, engine.NewPool(engine.PoolOptions{Logger: testLog(t)}))
	}
	return place{runner: newPool, peers: func(t *testing.T) [2]engine.Runner {
		t.Helper()
		p := newPool(t)
		return [2]engine.Runner{p, p}
	}}
}

func riverPlace(t *testing.T) place {
	t.Helper()
	dsn := migrated(t)
	newRiver := func(t *testing.T) engine.Runner {
		t.Helper()
		return river(t, dsn, engine.RiverOptions{})
	}
	return place{runner: newRiver, peers: func(t *testing.T) [2]engine.Runner {
		t.Helper()
		return [2]engine.Runner{newRiver(t), newRiver(t)}
	}}
}

// migrated returns the DSN of a database with River's tables.
func migrated(t *testing.T) string {
	t.Helper()
	dsn := pgtest.NewDatabase(t)
	if err := engine.MigrateRiver(t.Context(), open(t, dsn)); err != nil {
		t.Fatal(err)
	}
	return dsn
}

func open(t *testing.T, dsn string) *pgxpool.Pool {
	t.Helper()
	db, err := pgxpool.New(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return db
}

// river returns a River on a connection pool of its own.
func river(t *testing.T, dsn string, opts engine.RiverOptions) *engine.River {
	t.Helper()
	if opts.Logger == nil {
		opts.Logger = testLog(t)
	}
	r, err := engine.NewRiver(open(t, dsn), opts)
	if err != nil {
		t.Fatal(err)
	}
	return stopped(t, r)
}

// stopped sees to it that the runner is stopped when the test ends.
func stopped[R engine.Runner](t *testing.T, r R) R {
	t.Helper()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), patience)
		defer cancel()
		if err := r.Stop(ctx); err != nil {
			t.Errorf("stop at the end of the test: %v", err)
		}
	})
	return r
}

func start(t *testing.T, runners ...engine.Runner) {
	t.Helper()
	for _, r := range runners {
		if err := r.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// add enqueues jobs and checks how many were added.
func add(t *testing.T, r engine.Runner, want int, jobs ...engine.Job) {
	t.Helper()
	got, err := r.Enqueue(t.Context(), jobs...)
	if err != nil {
		t.Fatal(err)
	}
	if got != want {
		t.Fatalf("Enqueue(%v) added %d, want %d", jobs, got, want)
	}
}

func idle(t *testing.T, r engine.Runner) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := r.Idle(ctx); err != nil {
		t.Fatal(err)
	}
}

func stats(t *testing.T, r engine.Runner, kind string) engine.Counts {
	t.Helper()
	all, err := r.Stats(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return all[kind]
}

// receive waits for a value that must come.
func receive[T any](t *testing.T, ch <-chan T, what string) T {
	t.Helper()
	select {
	case v := <-ch:
		return v
	case <-time.After(patience):
		t.Fatalf("waited in vain for %s", what)
		panic("unreachable")
	}
}

// eventually polls until the condition holds.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}
