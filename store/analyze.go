package store

import (
	"context"

	"gorm.io/gorm"
)

// Analyze has the database count the rows of its tables, from which it knows which index narrows a question most: without it a client's
// messages may be looked for among all that were ever sent. PostgreSQL does so by itself some minutes after much has changed, SQLite never
// does. It reads a sample, and takes well under a second.
func (s *Store) Analyze(ctx context.Context) error {
	if s.engine == EnginePostgres {
		var tables string // not those of the catalog, which are the most by far in a small database
		err := s.ask(ctx).Raw("SELECT string_agg(quote_ident(tablename), ', ') FROM pg_tables WHERE schemaname = current_schema()").Scan(&tables).Error
		if err == nil {
			err = s.writer.WithContext(ctx).Exec("ANALYZE " + tables).Error
		}
		return failed("analyze", err)
	}
	return failed("analyze", s.writer.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		// Connections read the counts when they read the schema, so it has to change.
		for _, statement := range []string{"PRAGMA analysis_limit = 1000", "DROP TABLE IF EXISTS sqlite_stat1", "ANALYZE"} {
			if err := tx.Exec(statement).Error; err != nil {
				return err
			}
		}
		return nil
	}))
}
