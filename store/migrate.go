package store

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"github.com/go-gormigrate/gormigrate/v2"
	"gorm.io/gorm"
)

// The reasons why Open refuses a database.
var (
	// ErrSchemaBehind says that steps of the schema have not been applied yet.
	ErrSchemaBehind = errors.New("the database schema is behind this version: run `deedwatch migrate`")
	// ErrSchemaAhead says that a newer version has changed the schema.
	ErrSchemaAhead = errors.New("the database was changed by a newer version of deedwatch: run that version, or restore an older backup")
)

// migrationLock is the PostgreSQL advisory lock under which one process at a time migrates.
const migrationLock = 727001

const migrationTable = "schema_migrations"

// migrationFiles are the steps of the schema. A step that has been released is never changed: the next one corrects it.
//
//go:embed migrations/*.sql
var migrationFiles embed.FS

// migrationSteps lists the steps in order, named by their files without the extension.
func migrationSteps() ([]string, error) {
	entries, err := migrationFiles.ReadDir("migrations")
	if err != nil {
		return nil, err
	}
	steps := make([]string, 0, len(entries))
	for _, e := range entries {
		steps = append(steps, strings.TrimSuffix(e.Name(), ".sql"))
	}
	return steps, nil
}

// Migrate brings the schema of the database up to date, making the SQLite file if there is none. Any number of processes may do so at once.
func Migrate(ctx context.Context, o Options) error {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if !isPostgres(o.DSN) {
		return wrapMigrate(migrateSQLite(ctx, o))
	}
	s, err := connectPostgres(ctx, o)
	if err != nil {
		return wrapMigrate(err)
	}
	return errors.Join(wrapMigrate(s.migratePostgres(ctx)), s.Close())
}

func wrapMigrate(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, gormigrate.ErrUnknownPastMigration):
		return fmt.Errorf("store: migrate: %w", ErrSchemaAhead)
	}
	return fmt.Errorf("store: migrate: %w", err)
}

// migrateSQLite works on a handle of its own, without foreign keys, and looks for broken ones before it commits.
func migrateSQLite(ctx context.Context, o Options) error {
	path, err := sqlitePath(o.DSN)
	if err != nil {
		return err
	}
	if err := ownFile(path); err != nil {
		return err
	}
	db, err := openSQLite(path, sqliteMigration, 1, o.Logger)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if err := useWAL(ctx, db); err != nil {
		return errors.Join(err, closeGorm(db))
	}
	err = db.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		if err := applySteps(tx, sqliteWords); err != nil {
			return err
		}
		var broken []struct{ Table, Parent string }
		if err := tx.Raw("PRAGMA foreign_key_check").Scan(&broken).Error; err != nil {
			return err
		}
		if len(broken) > 0 {
			return fmt.Errorf("%d rows would refer to rows that do not exist, the first from %s to %s; nothing was changed",
				len(broken), broken[0].Table, broken[0].Parent)
		}
		return nil
	})
	return errors.Join(err, closeGorm(db))
}

func (s *Store) migratePostgres(ctx context.Context) error {
	return s.writer.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		if err := tx.Exec("SELECT pg_advisory_xact_lock(?)", migrationLock).Error; err != nil {
			return err
		}
		return applySteps(tx, postgresWords)
	})
}

// applySteps applies what is missing, inside the caller's transaction.
func applySteps(tx *gorm.DB, words *strings.Replacer) error {
	steps, err := migrationSteps()
	if err != nil {
		return err
	}
	migrations := make([]*gormigrate.Migration, 0, len(steps))
	for _, step := range steps {
		migrations = append(migrations, &gormigrate.Migration{ID: step, Migrate: func(tx *gorm.DB) error { return applyStep(tx, step, words) }})
	}
	options := &gormigrate.Options{TableName: migrationTable, ValidateUnknownMigrations: true}
	return gormigrate.New(tx, options, migrations).Migrate()
}

// applyStep runs one file, statement by statement: each ends with a semicolon at the end of a line. One that begins with {on ENGINE}
// is for that engine alone.
func applyStep(tx *gorm.DB, step string, words *strings.Replacer) error {
	text, err := migrationFiles.ReadFile("migrations/" + step + ".sql")
	if err != nil {
		return err
	}
	for statement := range strings.SplitSeq(words.Replace(string(text)), ";\n") {
		if comment, rest, found := strings.Cut(statement, "{on "); found {
			engine, sql, _ := strings.Cut(rest, "}")
			if engine != tx.Name() {
				continue
			}
			statement = comment + sql
		}
		if strings.TrimSpace(statement) == "" {
			continue
		}
		if err := tx.Exec(statement).Error; err != nil {
			return fmt.Errorf("step %s: %w", step, err)
		}
	}
	return nil
}

// The words of the migration files that the engines spell differently.
var (
	sqliteWords = strings.NewReplacer("{id}", "integer PRIMARY KEY AUTOINCREMENT", "{int}", "integer", "{time}", "datetime",
		"{bytes}", "blob", "{bool}", "boolean", "{digest values}", `"values"`)
	postgresWords = strings.NewReplacer("{id}", "bigserial PRIMARY KEY", "{int}", "bigint", "{time}", "timestamptz",
		"{bytes}", "bytea", "{bool}", "boolean", "{digest values}", `md5("values")`)
)

// Migrate brings the schema of this store's database up to date. On SQLite, Migrate the function is the one to use: it works on a handle
// of its own; here it does the same beside the open one.
func (s *Store) Migrate(ctx context.Context) error {
	if s.engine == EnginePostgres {
		return wrapMigrate(s.migratePostgres(ctx))
	}
	var path string
	if err := s.ask(ctx).Raw("SELECT file FROM pragma_database_list WHERE name = 'main'").Scan(&path).Error; err != nil {
		return wrapMigrate(err)
	}
	return Migrate(ctx, Options{DSN: path})
}

// SchemaVersion names the last step that was applied; empty: none.
func (s *Store) SchemaVersion(ctx context.Context) (string, error) {
	applied, err := s.appliedSteps(ctx)
	if err != nil || len(applied) == 0 {
		return "", failed("schema version", err)
	}
	return applied[len(applied)-1], nil
}

func (s *Store) appliedSteps(ctx context.Context) ([]string, error) {
	var applied []string
	if !s.ask(ctx).Migrator().HasTable(migrationTable) {
		return nil, nil
	}
	err := s.ask(ctx).Table(migrationTable).Order("id").Pluck("id", &applied).Error
	return applied, err
}

// checkSchema compares the steps that were applied with those this version knows.
func (s *Store) checkSchema(ctx context.Context) error {
	applied, err := s.appliedSteps(ctx)
	if err != nil {
		return err
	}
	known, err := migrationSteps()
	if err != nil {
		return err
	}
	have := make(map[string]bool, len(applied))
	for _, step := range applied {
		have[step] = true
	}
	for _, step := range known {
		if !have[step] {
			return fmt.Errorf("%w (step %s is missing)", ErrSchemaBehind, step)
		}
		delete(have, step)
	}
	if len(have) > 0 {
		return ErrSchemaAhead
	}
	return nil
}
