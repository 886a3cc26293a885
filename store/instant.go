package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"gorm.io/gorm"
)

// instant gives the one form in which times meet the database: UTC, cut to the microseconds that PostgreSQL keeps.
func instant(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

func instantOrNil(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	v := instant(*t)
	return &v
}

// moment reads an instant, or that there is none. A question may ask SQLite for it as the bytes that are stored: the driver tries several forms
// on each text of a column of times, and fails with the first.
type moment struct {
	at   time.Time
	none bool
}

// storedInstant is the form in which SQLite's driver writes a time.
const storedInstant = "2006-01-02 15:04:05.999999999-07:00"

// Scan takes what the driver gives.
func (m *moment) Scan(v any) (err error) {
	switch v := v.(type) {
	case nil:
		*m = moment{none: true}
	case time.Time:
		*m = moment{at: v}
	case []byte:
		*m = moment{}
		m.at, err = time.ParseInLocation(storedInstant, string(v), time.UTC)
	default:
		err = fmt.Errorf("a time was expected, not %T", v)
	}
	return err
}

func (m *moment) orNil() *time.Time {
	if m.none {
		return nil
	}
	return &m.at
}

// stamped gives the arguments of a statement with every time as an instant. All statements pass here, those of gorm's callbacks and those
// written by hand alike, so no query can forget it.
func stamped(args []any) []any {
	out := args
	set := func(i int, v any) {
		if len(out) > 0 && &out[0] == &args[0] {
			out = append([]any(nil), args...)
		}
		out[i] = v
	}
	for i, arg := range args {
		switch t := arg.(type) {
		case time.Time:
			set(i, instant(t))
		case *time.Time:
			if t == nil {
				set(i, nil)
			} else {
				set(i, instant(*t))
			}
		case sql.NullTime:
			set(i, sql.NullTime{Time: instant(t.Time), Valid: t.Valid})
		}
	}
	return out
}

// stampedPool is a database handle that stamps the times among its arguments.
type stampedPool struct{ db *sql.DB }

var (
	_ gorm.ConnPool         = (*stampedPool)(nil)
	_ gorm.ConnPoolBeginner = (*stampedPool)(nil)
	_ gorm.GetDBConnector   = (*stampedPool)(nil)
	_ gorm.TxCommitter      = (*stampedTx)(nil)
)

// GetDBConn gives the plain handle, for gorm.DB.DB.
func (p *stampedPool) GetDBConn() (*sql.DB, error) { return p.db, nil }

// PrepareContext prepares a statement; its arguments are not stamped, so nothing here uses it.
func (p *stampedPool) PrepareContext(ctx context.Context, query string) (*sql.Stmt, error) {
	return p.db.PrepareContext(ctx, query)
}

// ExecContext runs a statement.
func (p *stampedPool) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	return p.db.ExecContext(ctx, query, stamped(args)...)
}

// QueryContext asks for rows.
func (p *stampedPool) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return p.db.QueryContext(ctx, query, stamped(args)...)
}

// QueryRowContext asks for one row.
func (p *stampedPool) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	return p.db.QueryRowContext(ctx, query, stamped(args)...)
}

// BeginTx begins a transaction that stamps likewise.
func (p *stampedPool) BeginTx(ctx context.Context, opts *sql.TxOptions) (gorm.ConnPool, error) {
	tx, err := p.db.BeginTx(ctx, opts)
	if err != nil {
		return nil, err
	}
	return &stampedTx{tx: tx}, nil
}

// stampedTx is a transaction that stamps the times among its arguments.
type stampedTx struct{ tx *sql.Tx }

// PrepareContext prepares a statement; its arguments are not stamped, so nothing here uses it.
func (t *stampedTx) PrepareContext(ctx context.Context, query string) (*sql.Stmt, error) {
	return t.tx.PrepareContext(ctx, query)
}

// ExecContext runs a statement.
func (t *stampedTx) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	return t.tx.ExecContext(ctx, query, stamped(args)...)
}

// QueryContext asks for rows.
func (t *stampedTx) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return t.tx.QueryContext(ctx, query, stamped(args)...)
}

// QueryRowContext asks for one row.
func (t *stampedTx) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	return t.tx.QueryRowContext(ctx, query, stamped(args)...)
}

// Commit ends the transaction and keeps it.
func (t *stampedTx) Commit() error { return t.tx.Commit() }

// Rollback ends the transaction and undoes it.
func (t *stampedTx) Rollback() error { return t.tx.Rollback() }
