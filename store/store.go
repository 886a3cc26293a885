package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"gorm.io/gorm"
)

// The engines, as Store.Engine names them.
const (
	EngineSQLite   = "sqlite"
	EnginePostgres = "postgres"
)

// Options say where the rows are.
type Options struct {
	// DSN is postgres://… or postgresql://…, or else the path of a SQLite file, with an optional "sqlite:" or "file:" before it.
	DSN string
	// Logger is told of slow and unexpectedly failing statements, never of their values. Nil: nobody is told.
	Logger *slog.Logger
	// MaxConns bounds the connections to PostgreSQL; zero: DefaultMaxConns. SQLite has one writer and a few readers in any case.
	MaxConns int
}

// DefaultMaxConns is how many connections a process keeps to PostgreSQL at most, unless told otherwise.
const DefaultMaxConns = 10

// Store is an open database. It is safe for concurrent use.
type Store struct {
	engine string
	writer *gorm.DB
	reader *gorm.DB // the same handle as writer on PostgreSQL
	pool   *pgxpool.Pool
	closer func() error

	attempts recordings
}

// Open opens the database of a schema that is current; the caller closes it. It does not migrate: a schema that is behind gives an error
// that wraps ErrSchemaBehind, and one that a newer version wrote gives ErrSchemaAhead.
func Open(ctx context.Context, o Options) (*Store, error) {
	s, err := connect(ctx, o)
	if err != nil {
		return nil, fmt.Errorf("store: open: %w", err)
	}
	if err := s.checkSchema(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("store: open: %w", err), s.Close())
	}
	return s, nil
}

func connect(ctx context.Context, o Options) (*Store, error) {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if isPostgres(o.DSN) {
		return connectPostgres(ctx, o)
	}
	return connectSQLite(ctx, o)
}

func isPostgres(dsn string) bool {
	return strings.HasPrefix(dsn, "postgres://") || strings.HasPrefix(dsn, "postgresql://")
}

// Engine names the engine: EngineSQLite or EnginePostgres.
func (s *Store) Engine() string { return s.engine }

// Pool is the PostgreSQL pool that the store works on, for the job engine to share; nil on SQLite. It ends with Close.
func (s *Store) Pool() *pgxpool.Pool { return s.pool }

// Ping reports whether the database answers.
func (s *Store) Ping(ctx context.Context) error {
	if err := s.reader.WithContext(ctx).Exec("SELECT 1").Error; err != nil {
		return fmt.Errorf("store: ping: %w", err)
	}
	return nil
}

// Close ends every connection. The store is of no use afterwards.
func (s *Store) Close() error { return s.closer() }

// write runs fn in one transaction whose rows are stamped as created and updated at the given instant.
func (s *Store) write(ctx context.Context, op string, at time.Time, fn func(tx *gorm.DB) error) error {
	session := s.writer.Session(&gorm.Session{Context: ctx, NewDB: true, NowFunc: func() time.Time { return instant(at) }})
	return failed(op, session.Transaction(fn))
}

// read runs fn on one snapshot of the database.
func (s *Store) read(ctx context.Context, op string, fn func(tx *gorm.DB) error) error {
	opts := &sql.TxOptions{ReadOnly: true}
	if s.engine == EnginePostgres {
		opts.Isolation = sql.LevelRepeatableRead
	}
	return failed(op, s.reader.WithContext(ctx).Transaction(fn, opts))
}

// ask is one question of a single statement, without a transaction around it.
func (s *Store) ask(ctx context.Context) *gorm.DB { return s.reader.WithContext(ctx) }
