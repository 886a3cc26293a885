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
	if dropTemplate != nil {
		if err := dropTemplate(); err != nil {
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

func ptr[T any](v T) *T { return &v }

const day = 24 * time.Hour

// onBoth runs one test on a fresh database of each engine.
func onBoth(t *testing.T, test func(t *testing.T, s *store.Store)) {
	t.Helper()
	for engine, fresh := range engines {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			test(t, open(t, fresh(t)))
		})
	}
}

// engines give the DSN of a fresh database with the current schema.
var engines = map[string]func(t testing.TB) string{
	store.EngineSQLite:   freshSQLite,
	store.EnginePostgres: freshPostgres,
}

// sqliteFiles says which DSN a store was opened with.
var sqliteFiles sync.Map

func open(t testing.TB, dsn string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), store.Options{DSN: dsn, MaxConns: 4})
	if err != nil {
		t.Fatal(err)
	}
	sqliteFiles.Store(s, dsn)
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
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

func freshSQLite(t testing.TB) string {
	t.Helper()
	template, err := sqliteTemplate()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "deedwatch.db")
	if err := os.WriteFile(path, template, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// postgresTemplate migrates one database of the server, from which the others are copied.
var (
	postgresTemplate sync.Once
	dropTemplate     func() error // for a server that outlives the tests
)

const templateName = "deedwatch_store_template"

func freshPostgres(t testing.TB) string {
	t.Helper()
	admin := pgtest.DSN(t)
	template := templateName + fmt.Sprint(os.Getpid())
	postgresTemplate.Do(func() {
		pgExec(t, admin, "CREATE DATABASE "+template+" TEMPLATE template0 ENCODING 'UTF8'")
		dropTemplate = func() error { return pgRun(context.Background(), admin, "DROP DATABASE "+template+" WITH (FORCE)") }
		if err := store.Migrate(t.Context(), store.Options{DSN: inDatabase(t, admin, template)}); err != nil {
			t.Fatal(err)
		}
	})
	name := "deedwatch_store_" + strings.ToLower(rand.Text())
	pgExec(t, admin, "CREATE DATABASE "+name+" TEMPLATE "+template)
	t.Cleanup(func() { pgExec(t, admin, "DROP DATABASE "+name+" WITH (FORCE)") })
	return inDatabase(t, admin, name)
}

func pgExec(t testing.TB, dsn, statement string) {
	t.Helper()
	// Clean-up runs after the test's context has ended.
	if err := pgRun(context.WithoutCancel(t.Context()), dsn, statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
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

func inDatabase(t testing.TB, dsn, name string) string {
	t.Helper()
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	u.Path = "/" + name
	return u.String()
}

// raw runs a statement behind the store's back.
func raw(t testing.TB, s *store.Store, statement string) {
	t.Helper()
	if p := s.Pool(); p != nil {
		if _, err := p.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
		return
	}
	db := rawSQLite(t, s)
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
}

func rawSQLite(t testing.TB, s *store.Store) *sql.DB {
	t.Helper()
	path, known := sqliteFiles.Load(s)
	if !known {
		t.Fatal("no file is known of this store")
	}
	db, err := sql.Open("sqlite", "file:"+path.(string)+"?_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func must[T any](t testing.TB) func(v T, err error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
