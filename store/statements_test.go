package store_test

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/krestmarketing/deedwatch/store"
)

// keptFile is a file with a table of numbers, behind one connection.
func keptFile(t *testing.T) (*sql.DB, func() (statements, text int)) {
	t.Helper()
	db, count, err := store.OpenKept(filepath.Join(t.TempDir(), "kept.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	run(t, db, "CREATE TABLE numbers (n integer PRIMARY KEY, word text)")
	return db, func() (int, int) {
		t.Helper()
		n, text, err := count(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return n, text
	}
}

func run(t *testing.T, db *sql.DB, statement string, args ...any) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), statement, args...); err != nil {
		t.Fatalf("%.60s: %v", statement, err)
	}
}

func numbers(t *testing.T, q interface {
	QueryContext(context.Context, string, ...any) (*sql.Rows, error)
}, query string, args ...any,
) string {
	t.Helper()
	rows, err := q.QueryContext(t.Context(), query, args...)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	var found []string
	for rows.Next() {
		var n int
		if err := rows.Scan(&n); err != nil {
			t.Fatal(err)
		}
		found = append(found, fmt.Sprint(n))
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return strings.Join(found, " ")
}

func TestAKeptStatementAnswersAnewEachTime(t *testing.T) {
	db, count := keptFile(t)
	before, _ := count()
	for i := range 5 {
		run(t, db, "INSERT INTO numbers (n, word) VALUES (?, ?)", i, "w")
		const q = "SELECT n FROM numbers WHERE n >= ? ORDER BY n"
		equal(t, "the rows of this time", "0 1 2 3 4"[:2*i+1], numbers(t, db, q, 0))
		equal(t, "other arguments", fmt.Sprint(i), numbers(t, db, q, i))
	}
	if after, _ := count(); after != before+2 {
		t.Errorf("%d statements are kept for two texts", after-before)
	}
}

func TestAKeptStatementInUseIsNotDisturbed(t *testing.T) {
	db, _ := keptFile(t)
	run(t, db, "INSERT INTO numbers (n) VALUES (1), (2), (3)")
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback() }()
	const q = "SELECT n FROM numbers WHERE n > ? ORDER BY n"
	var seen []string
	func() {
		outer, err := tx.QueryContext(t.Context(), q, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = outer.Close() }()
		for outer.Next() {
			var n int
			if err := outer.Scan(&n); err != nil {
				t.Fatal(err)
			}
			seen = append(seen, fmt.Sprint(n)+":"+numbers(t, tx, q, n))
		}
		if err := outer.Err(); err != nil {
			t.Fatal(err)
		}
	}()
	equal(t, "rows read while the same question is asked", []string{"1:2 3", "2:3", "3:"}, seen)
	equal(t, "and after rows that were read to the end", "2 3", numbers(t, tx, q, 1))
}

func TestAKeptStatementFollowsTheSchema(t *testing.T) {
	db, _ := keptFile(t)
	run(t, db, "INSERT INTO numbers (n, word) VALUES (1, 'one')")
	const q = "SELECT * FROM numbers"
	columns := func() []string {
		rows, err := db.QueryContext(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = rows.Close() }()
		names, err := rows.Columns()
		if err != nil || rows.Err() != nil {
			t.Fatal(err, rows.Err())
		}
		return names
	}
	equal(t, "before", []string{"n", "word"}, columns())
	run(t, db, "ALTER TABLE numbers ADD COLUMN more integer")
	equal(t, "a column more", []string{"n", "word", "more"}, columns())
	run(t, db, "DROP TABLE numbers")
	if _, err := db.ExecContext(t.Context(), q); err == nil || !strings.Contains(err.Error(), "no such table") {
		t.Errorf("a question on a table that is gone gives %v", err)
	}
	run(t, db, "CREATE TABLE numbers (other integer)")
	equal(t, "the table made anew", []string{"other"}, columns())
}

func TestAStatementThatFailedFailsAsItWouldAndWorksAgain(t *testing.T) {
	db, count := keptFile(t)
	before, _ := count()
	const insert = "INSERT INTO numbers (n) VALUES (?)"
	run(t, db, insert, 1)
	for range 3 {
		if _, err := db.ExecContext(t.Context(), insert, 1); err == nil || !strings.Contains(err.Error(), "UNIQUE constraint") {
			t.Fatalf("a key that exists gives %v", err)
		}
	}
	if after, _ := count(); after != before {
		t.Errorf("%d statements that failed are kept", after-before)
	}
	run(t, db, insert, 2)
	stopped, stop := context.WithCancel(t.Context())
	stop()
	if _, err := db.ExecContext(stopped, insert, 3); err == nil {
		t.Error("a statement ran though its context had ended")
	}
	run(t, db, insert, 4)
	equal(t, "what was stored", "1 2 4", numbers(t, db, "SELECT n FROM numbers ORDER BY n"))
	run(t, db, "CREATE TABLE a (n integer); CREATE TABLE b (n integer)")
	equal(t, "several statements in one text", "2", numbers(t, db, "SELECT COUNT(*) FROM sqlite_master WHERE name IN ('a', 'b')"))
}

func TestOnlySoManyStatementsAreKept(t *testing.T) {
	db, count := keptFile(t)
	long := "SELECT 1 /* " + strings.Repeat("x", 8000) + " */ + ?"
	for i := range 3 * store.KeptText / len(long) {
		equal(t, "the answer", fmt.Sprint(i+1), numbers(t, db, long+fmt.Sprintf(" -- %d", i), i))
	}
	n, text := count()
	if text > store.KeptText || text < store.KeptText-2*len(long) || n > store.KeptText/8000 {
		t.Errorf("%d statements of %d bytes are kept, at most %d are to be", n, text, store.KeptText)
	}
	kept, _ := count()
	numbers(t, db, "SELECT 1 /* "+strings.Repeat("x", 40000)+" */")
	if now, _ := count(); now != kept {
		t.Error("a very long statement is kept")
	}
}

func equal(t *testing.T, why string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", why, diff)
	}
}
