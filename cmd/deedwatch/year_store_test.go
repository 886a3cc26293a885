package main

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"testing"

	"github.com/jackc/pgx/v5/stdlib"

	"github.com/krestmarketing/deedwatch/store"
)

// yearRows are the rows of a year, and a question on them that no page of the program asks alone.
type yearRows struct {
	*store.Store
	onTheirWay *sql.Stmt // the names that messages on their way speak of
}

// yearStore gives an empty store, in memory where the machine has a file system there.
func yearStore(t *testing.T, engine string) yearRows {
	t.Helper()
	dsn := ""
	if engine == store.EnginePostgres {
		dsn = engines(t)["postgres"]
	} else {
		dir := t.TempDir()
		if inMemory, err := os.MkdirTemp("/dev/shm", "deedwatch-year-"); err == nil { //nolint:usetesting // a year writes too much for a disk
			t.Cleanup(func() { _ = os.RemoveAll(inMemory) })
			dir = inMemory
		}
		dsn = filepath.Join(dir, "deedwatch.db")
	}
	o := store.Options{DSN: dsn}
	if err := store.Migrate(context.Background(), o); err != nil {
		t.Fatal(err)
	}
	st, err := store.Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = st.Close() })
	return yearRows{st, mailedNames(t, st, dsn)}
}

func mailedNames(t *testing.T, st *store.Store, dsn string) *sql.Stmt {
	t.Helper()
	var db *sql.DB
	if pool := st.Pool(); pool != nil {
		db = stdlib.OpenDBFromPool(pool)
	} else {
		var err error
		if db, err = sql.Open("sqlite", "file:"+filepath.ToSlash(dsn)+"?mode=ro&_pragma=busy_timeout(5000)"); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() { _ = db.Close() })
	db.SetMaxOpenConns(1)
	stmt, err := db.PrepareContext(t.Context(), "SELECT DISTINCT domain_id FROM notices WHERE state = 'mailed' AND domain_id IS NOT NULL ORDER BY domain_id")
	if err != nil {
		t.Fatal(err)
	}
	return stmt
}

// flushMailed writes what was seen of the names that messages on their way speak of.
func (y *year) flushMailed() {
	if len(y.book.put) > 0 {
		y.must(y.book.flush(y.ctx, y.namesOnTheirWay()))
	}
}

func (y *year) namesOnTheirWay() (ids []int64) {
	rows, err := y.onTheirWay.QueryContext(y.ctx)
	y.must(err)
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id int64
		y.must(rows.Scan(&id))
		ids = append(ids, id)
	}
	y.must(rows.Err())
	return ids
}
