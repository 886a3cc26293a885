package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/libtnb/sqlite"
	"gorm.io/gorm"
	driver "modernc.org/sqlite"
)

// sqliteReaders is how many questions are answered at once beside the one writer.
const sqliteReaders = 4

// The parameters of the three ways in. Times are text of one form in UTC, so that they compare and sort as instants; a write transaction
// takes its lock at once, since one that upgrades from reading fails under load; migrations run without foreign keys, since rebuilding a
// parent table would delete its children.
const (
	sqliteTimes     = "_time_format=sqlite&_timezone=UTC&_texttotime=1"
	sqliteWriter    = sqliteTimes + "&_txlock=immediate&_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=foreign_keys(1)&_pragma=synchronous(NORMAL)&_pragma=secure_delete(1)&_pragma=cache_size(-16000)"
	sqliteReader    = sqliteTimes + "&mode=ro&_pragma=busy_timeout(5000)&_pragma=foreign_keys(1)&_pragma=cache_size(-8000)"
	sqliteMigration = sqliteTimes + "&_txlock=immediate&_pragma=busy_timeout(30000)&_pragma=foreign_keys(0)"
)

// sqlitePath gives the file that a DSN names, without its optional scheme.
func sqlitePath(dsn string) (string, error) {
	path := strings.TrimPrefix(strings.TrimPrefix(dsn, "sqlite:"), "file:")
	if path == "" || strings.Contains(path, ":memory:") {
		return "", errors.New("the database DSN names no file; give a path such as ./deedwatch.db, or postgres://user@host/database")
	}
	if strings.Contains(path, "?") {
		return "", errors.New("the path of the SQLite file takes no parameters; remove the question mark and what follows")
	}
	return path, nil
}

// ownFile makes a new database's file readable for nobody else: it holds people's addresses and the hashes of passwords. SQLite gives its log
// the same mode. A file that is there keeps what it has.
func ownFile(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600) //nolint:gosec // the file that the operator names
	if errors.Is(err, os.ErrExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("make the database's file: %w", err)
	}
	return f.Close()
}

func openSQLite(path, params string, maxConns int, logger *slog.Logger) (*gorm.DB, error) {
	connector, err := driver.NewConnector("file:" + (&url.URL{Path: path}).EscapedPath() + "?" + params)
	if err != nil {
		return nil, err
	}
	db := sql.OpenDB(keepingConnector{connector})
	db.SetMaxOpenConns(maxConns)
	db.SetMaxIdleConns(maxConns)
	gdb, err := gorm.Open(sqlite.New(sqlite.Config{Conn: &stampedPool{db}}), gormConfig(logger))
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return gdb, nil
}

// connectSQLite opens the writer and the readers of an existing file. A missing file is a schema that is behind, and none is made here.
func connectSQLite(_ context.Context, o Options) (*Store, error) {
	path, err := sqlitePath(o.DSN)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("%w (there is no file %s yet)", ErrSchemaBehind, path)
	}
	writer, err := openSQLite(path, sqliteWriter, 1, o.Logger)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	reader, err := openSQLite(path, sqliteReader, sqliteReaders, o.Logger)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), closeGorm(writer))
	}
	closer := func() error { return errors.Join(closeGorm(reader), closeGorm(writer)) }
	return &Store{engine: EngineSQLite, writer: writer, reader: reader, closer: closer}, nil
}

// walRetries times walPause is how long a process waits for others that open a new file at the same moment.
const (
	walRetries = 1500
	walPause   = 20 * time.Millisecond
)

// useWAL switches a file to write-ahead logging, which lasts. While another process does so, SQLite refuses at once instead of waiting.
func useWAL(ctx context.Context, db *gorm.DB) error {
	for try := 0; ; try++ {
		err := db.WithContext(ctx).Exec("PRAGMA journal_mode=WAL").Error
		if err == nil || try == walRetries || !isSQLiteBusy(err) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(walPause):
		}
	}
}

func closeGorm(db *gorm.DB) error {
	handle, err := db.DB()
	if err != nil {
		return err
	}
	return handle.Close()
}
