package store_test

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"go.uber.org/goleak"

	"github.com/krestmarketing/deedwatch/internal/pgtest"
	"github.com/krestmarketing/deedwatch/store"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(leakChecked{m})) }

// leakChecked fails a run that leaves goroutines behind.
type leakChecked struct{ m *testing.M }

func (l leakChecked) Run() int {
	code := l.m.Run()
	for _, drop := range spare.all {
		if err := pgRun(context.Background(), spare.server, drop); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = max(code, 1)
		}
	}
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

// now is the instant at which most tests play, given in a zone that is not UTC on purpose.
var now = time.Date(2026, 11, 22, 13, 30, 0, 123456000, time.FixedZone("CET", 3600))

func at(d time.Duration) time.Time { return now.Add(d) }

const day = 24 * time.Hour

// engine is a test on one engine, with its store.
type engine struct {
	t *testing.T
	s *store.Store
}

// onBoth runs one test on a fresh database of each engine.
func onBoth(t *testing.T, test func(on engine)) {
	t.Helper()
	for name, fresh := range engines {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(engine{t, open(t, fresh(t))})
		})
	}
}

// engines give the DSN of a fresh database with the current schema.
var engines = map[string]func(tb testing.TB) string{
	store.EngineSQLite:   freshSQLite,
	store.EnginePostgres: freshPostgres,
}

// sqliteFiles says which DSN a store was opened with.
var sqliteFiles sync.Map

func open(tb testing.TB, dsn string) *store.Store {
	tb.Helper()
	s, err := store.Open(tb.Context(), store.Options{DSN: dsn, MaxConns: 4})
	if err != nil {
		tb.Fatal(err)
	}
	sqliteFiles.Store(s, dsn)
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Error(err)
		}
	})
	return s
}

// sqliteTemplate is a migrated file as bytes, made once.
var sqliteTemplate = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "store-template")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "t.db")
	if err := store.Migrate(context.Background(), store.Options{DSN: path}); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})

func freshSQLite(tb testing.TB) string {
	tb.Helper()
	template, err := sqliteTemplate()
	if err != nil {
		tb.Fatal(err)
	}
	path := filepath.Join(tb.TempDir(), "deedwatch.db")
	if err := os.WriteFile(path, template, 0o600); err != nil {
		tb.Fatal(err)
	}
	return path
}

// spare are databases of the server with the current schema and no rows. Making one costs more than most tests, so they are handed on.
var spare struct {
	sync.Mutex
	free   []string
	all    []string // statements that drop them in the end, for a server that outlives the tests
	server string
}

func freshPostgres(tb testing.TB) string {
	tb.Helper()
	dsn := spareDatabase(tb)
	tb.Cleanup(func() {
		pgExec(tb, dsn, emptied)
		spare.Lock()
		defer spare.Unlock()
		spare.free = append(spare.free, dsn)
	})
	return dsn
}

// spareDatabase gives a spare database, or a new one when all are in use.
func spareDatabase(tb testing.TB) string {
	tb.Helper()
	admin := pgtest.DSN(tb)
	spare.Lock()
	defer spare.Unlock()
	spare.server = admin
	if n := len(spare.free); n > 0 {
		dsn := spare.free[n-1]
		spare.free = spare.free[:n-1]
		return dsn
	}
	name := "deedwatch_store_" + strings.ToLower(rand.Text())
	pgExec(tb, admin, "CREATE DATABASE "+name+" TEMPLATE template0 ENCODING 'UTF8'")
	spare.all = append(spare.all, "DROP DATABASE "+name+" WITH (FORCE)")
	dsn := inDatabase(tb, admin, name)
	if err := store.Migrate(tb.Context(), store.Options{DSN: dsn, MaxConns: 2}); err != nil {
		tb.Fatal(err)
	}
	return dsn
}

// emptied brings a database back to what the migrations make of it.
const emptied = `DO $$ BEGIN
	EXECUTE (SELECT 'TRUNCATE ' || string_agg(quote_ident(tablename), ', ') || ' RESTART IDENTITY' FROM pg_tables
		WHERE schemaname = 'public' AND tablename NOT IN ('schema_migrations', 'ledger_heads'));
	UPDATE ledger_heads SET entries = 0, hash = '';
	DELETE FROM schema_migrations WHERE id LIKE '9999%';
END $$`

func pgExec(tb testing.TB, dsn, statement string) {
	tb.Helper()
	// Clean-up runs after the test's context has ended.
	if err := pgRun(context.WithoutCancel(tb.Context()), dsn, statement); err != nil {
		tb.Fatalf("%s: %v", statement, err)
	}
}

func pgRun(ctx context.Context, dsn, statement string) error {
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, statement)
	return errors.Join(err, conn.Close(ctx))
}

func inDatabase(tb testing.TB, dsn, name string) string {
	tb.Helper()
	u, err := url.Parse(dsn)
	if err != nil {
		tb.Fatal(err)
	}
	u.Path = "/" + name
	return u.String()
}

// raw runs a statement behind the store's back.
func raw(tb testing.TB, s *store.Store, statement string) {
	tb.Helper()
	if p := s.Pool(); p != nil {
		if _, err := p.Exec(tb.Context(), statement); err != nil {
			tb.Fatal(err)
		}
		return
	}
	db := rawSQLite(tb, s)
	defer db.Close()
	if _, err := db.ExecContext(tb.Context(), statement); err != nil {
		tb.Fatal(err)
	}
}

func rawSQLite(tb testing.TB, s *store.Store) *sql.DB {
	tb.Helper()
	path, known := sqliteFiles.Load(s)
	if !known {
		tb.Fatal("no file is known of this store")
	}
	db, err := sql.Open("sqlite", "file:"+path.(string)+"?_pragma=busy_timeout(5000)")
	if err != nil {
		tb.Fatal(err)
	}
	return db
}

func must[T any](tb testing.TB) func(v T, err error) T {
	tb.Helper()
	return func(v T, err error) T {
		tb.Helper()
		if err != nil {
			tb.Fatal(err)
		}
		return v
	}
}

func ok(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}
