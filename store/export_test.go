package store

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"strings"
	"time"

	"gorm.io/gorm"
)

// DuePlans gives the plans by which the engine answers what is due. With few rows PostgreSQL would rather read them all, so it is forbidden.
func (s *Store) DuePlans(ctx context.Context, server string, now time.Time) (map[string]string, error) {
	explain := "EXPLAIN QUERY PLAN "
	if s.engine == EnginePostgres {
		explain = "EXPLAIN "
	}
	args := append(dueArgs(server, now), sql.Named("limit", 100), sql.Named("absurd", now))
	plans := map[string]string{}
	err := s.writer.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		if s.engine == EnginePostgres {
			if err := tx.Exec("SET LOCAL enable_seqscan = off").Error; err != nil {
				return err
			}
		}
		for what, q := range map[string]string{"servers": serversDueSQL, "near": dueNearSQL, "new": dueNewSQL, "far": dueFarSQL} {
			var lines []map[string]any
			if err := tx.Raw(explain+q, args...).Scan(&lines).Error; err != nil {
				return err
			}
			var plan strings.Builder
			for _, l := range lines {
				for _, column := range []string{"detail", "QUERY PLAN"} {
					if text, ok := l[column].(string); ok {
						plan.WriteString(text + "\n")
					}
				}
			}
			plans[what] = plan.String()
		}
		return nil
	})
	return plans, err
}

// OpenKept opens a SQLite file by a handle of one connection that keeps its statements, and counts them.
func OpenKept(path string) (db *sql.DB, kept func(context.Context) (statements, text int, err error), err error) {
	handle, err := openSQLite(path, sqliteMigration, 1, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, nil, err
	}
	db, err = handle.DB()
	count := func(ctx context.Context) (statements, text int, err error) {
		conn, err := db.Conn(ctx)
		if err != nil {
			return 0, 0, err
		}
		err = conn.Raw(func(plain any) error {
			c := plain.(*keepingConn)
			statements, text = len(c.kept), c.size
			return nil
		})
		return statements, text, errors.Join(err, conn.Close())
	}
	return db, count, err
}

// KeptText is how much text a connection keeps the statements of.
const KeptText = keptText

// Counted says of how many tables or indexes the readers of the database know how many rows they have.
func (s *Store) Counted(ctx context.Context) (n int, err error) {
	q := "SELECT COUNT(*) FROM sqlite_stat1"
	if s.engine == EnginePostgres {
		q = "SELECT COUNT(*) FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace WHERE nspname = current_schema() AND relkind = 'r' AND reltuples >= 0"
	}
	return n, s.ask(ctx).Raw(q).Scan(&n).Error
}
