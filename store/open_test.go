package store_test

import (
	"bytes"
	"errors"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gorm.io/gorm/schema"

	"github.com/krestmarketing/deedwatch/internal/pgtest"
	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/store"
)

// emptyDatabases give the DSN of a database without a schema.
var emptyDatabases = map[string]func(tb testing.TB) string{
	store.EngineSQLite:   newFile,
	store.EnginePostgres: pgtest.NewDatabase,
}

func newFile(tb testing.TB) string {
	tb.Helper()
	return filepath.Join(tb.TempDir(), "new.db")
}

func TestOpenedStoreAnswers(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		ok(t, s.Ping(t.Context()))
		if !strings.HasSuffix(t.Name(), "/"+s.Engine()) {
			t.Errorf("Engine() = %q in %s", s.Engine(), t.Name())
		}
		if (s.Pool() != nil) != (s.Engine() == store.EnginePostgres) {
			t.Errorf("Pool() = %v on %s", s.Pool(), s.Engine())
		}
		if v := must[string](t)(s.SchemaVersion(t.Context())); v != "0010_ops" {
			t.Errorf("SchemaVersion() = %q", v)
		}
		ok(t, s.Migrate(t.Context())) // again, beside the open handles
	})
}

func TestOpenRefusesSchemaThatIsBehind(t *testing.T) {
	t.Parallel()
	for engine, empty := range emptyDatabases {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			dsn := empty(t)
			_, err := store.Open(t.Context(), store.Options{DSN: dsn})
			if !errors.Is(err, store.ErrSchemaBehind) || !strings.Contains(err.Error(), "deedwatch migrate") {
				t.Errorf("Open of an empty database: %v", err)
			}
			if engine == store.EngineSQLite {
				if _, err := os.Stat(dsn); !errors.Is(err, os.ErrNotExist) {
					t.Errorf("Open has made the file: %v", err)
				}
			}
		})
	}
}

func TestNewerSchemaIsRefused(t *testing.T) {
	t.Parallel()
	for engine, fresh := range engines {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			dsn := fresh(t)
			raw(t, open(t, dsn), "INSERT INTO schema_migrations (id) VALUES ('9999_from_the_future')")
			if _, err := store.Open(t.Context(), store.Options{DSN: dsn}); !errors.Is(err, store.ErrSchemaAhead) {
				t.Errorf("Open: %v", err)
			}
			if err := store.Migrate(t.Context(), store.Options{DSN: dsn}); !errors.Is(err, store.ErrSchemaAhead) {
				t.Errorf("Migrate: %v", err)
			}
		})
	}
}

func TestFourProcessesMigrateAtOnce(t *testing.T) {
	t.Parallel()
	for engine, empty := range emptyDatabases {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			dsn := empty(t)
			var wg sync.WaitGroup
			errs := make([]error, 4)
			for i := range errs {
				wg.Go(func() { errs[i] = store.Migrate(t.Context(), store.Options{DSN: dsn, MaxConns: 2}) })
			}
			wg.Wait()
			ok(t, errors.Join(errs...))
			s := open(t, dsn)
			imported(t, s, row("a.lab", "Amber Bakery"))
		})
	}
}

func TestMigrationLeavesNoBrokenReferences(t *testing.T) {
	t.Parallel()
	dsn := freshSQLite(t)
	s := open(t, dsn)
	imported(t, s, row("a.lab", "Amber Bakery"))
	raw(t, s, "PRAGMA foreign_keys=0; DELETE FROM clients")
	if err := store.Migrate(t.Context(), store.Options{DSN: dsn}); err == nil || !strings.Contains(err.Error(), "refer to rows that do not exist") {
		t.Errorf("Migrate over broken references: %v", err)
	}
}

func TestSchemaHasTheColumnsOfTheModels(t *testing.T) {
	t.Parallel()
	rows := []any{
		models.Client{},
		models.Contact{},
		models.Domain{},
		models.Observation{},
		models.Registration{},
		models.Statement{},
		models.Change{},
		models.RegistryServer{},
		models.Delegation{},
		models.ExpectedRecord{},
		models.Finding{},
		models.Cycle{},
		models.Mail{},
		models.Notice{},
		models.Attempt{},
		models.Link{},
		models.Answer{},
		models.Brake{},
		models.Entry{},
		models.Grant{},
		models.GrantEvent{},
		models.User{},
		models.SetupToken{},
		models.Session{},
		models.Sweep{},
	}
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		for _, r := range rows {
			parsed, err := schema.Parse(r, &sync.Map{}, schema.NamingStrategy{})
			ok(t, err)
			want := slices.Sorted(maps.Keys(parsed.FieldsByDBName))
			if diff := cmp.Diff(want, columns(t, s, parsed.Table)); diff != "" {
				t.Errorf("%s (-model +schema):\n%s", parsed.Table, diff)
			}
		}
	})
}

func columns(t *testing.T, s *store.Store, table string) (names []string) {
	t.Helper()
	if p := s.Pool(); p != nil {
		rows, err := p.Query(t.Context(), "SELECT column_name::text FROM information_schema.columns WHERE table_schema = 'public' AND table_name = $1", table)
		ok(t, err)
		defer rows.Close()
		for rows.Next() {
			var name string
			ok(t, rows.Scan(&name))
			names = append(names, name)
		}
		ok(t, rows.Err())
		slices.Sort(names)
		return names
	}
	db := rawSQLite(t, s)
	defer db.Close()
	rows, err := db.QueryContext(t.Context(), "SELECT name FROM pragma_table_info(?) ORDER BY name", table)
	ok(t, err)
	defer rows.Close()
	for rows.Next() {
		var name string
		ok(t, rows.Scan(&name))
		names = append(names, name)
	}
	ok(t, rows.Err())
	return names
}

func TestDSNForms(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, tc := range map[string]struct {
		dsn, file, why string
	}{
		"path":      {filepath.Join(dir, "plain.db"), "plain.db", "a path is a SQLite file"},
		"sqlite":    {"sqlite:" + filepath.Join(dir, "s.db"), "s.db", "the scheme may be said"},
		"file":      {"file:" + filepath.Join(dir, "f.db"), "f.db", "as the driver spells it"},
		"odd name":  {filepath.Join(dir, "with space & 100%.db"), "with space & 100%.db", "a file's name is no URL"},
		"in memory": {":memory:", "", "several handles would see several databases"},
		"empty":     {"", "", "nothing is named"},
		"options":   {filepath.Join(dir, "x.db") + "?mode=ro", "", "the parameters are the store's"},
	} {
		t.Run(name, func(t *testing.T) {
			err := store.Migrate(t.Context(), store.Options{DSN: tc.dsn})
			if tc.file == "" {
				if err == nil {
					t.Errorf("accepted, although %s", tc.why)
				}
				return
			}
			ok(t, err)
			ok(t, open(t, tc.dsn).Ping(t.Context()))
			if _, err := os.Stat(filepath.Join(dir, tc.file)); err != nil {
				t.Errorf("%v, although %s", err, tc.why)
			}
		})
	}
}

func TestErrorsAndLogsCarryNoValues(t *testing.T) {
	t.Parallel()
	_, err := store.Open(t.Context(), store.Options{DSN: "postgres://someone:s3cret-word@host:not-a-port/db"})
	if err == nil || strings.Contains(err.Error(), "s3cret-word") {
		t.Errorf("the error of a bad DSN: %v", err)
	}
	for engine, fresh := range engines {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			var log bytes.Buffer
			s, err := store.Open(t.Context(), store.Options{DSN: fresh(t), Logger: slog.New(slog.NewTextHandler(&log, nil))})
			ok(t, err)
			defer s.Close()
			raw := models.User{Email: "pat@agency.example", Name: "Pat", Role: "no-such-role", PasswordHash: "s3cret-word", CreatedAt: now}
			if _, err := s.CreateUser(t.Context(), raw); !errors.Is(err, models.ErrInvalid) || strings.Contains(err.Error(), "s3cret-word") {
				t.Errorf("the error: %v", err)
			}
			if strings.Contains(log.String(), "s3cret-word") {
				t.Errorf("the log has the value: %s", log.String())
			}
		})
	}
}
