package store

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"
)

// connectPostgres opens one pool, which gorm and whoever asks Store.Pool share.
func connectPostgres(ctx context.Context, o Options) (*Store, error) {
	config, err := pgxpool.ParseConfig(o.DSN)
	if err != nil {
		return nil, errors.New("the PostgreSQL DSN cannot be read; write postgres://user:password@host:port/database") // err repeats the DSN
	}
	config.MaxConns = DefaultMaxConns
	if o.MaxConns > 0 {
		config.MaxConns = int32(min(o.MaxConns, 1000))
	}
	config.AfterConnect = readInUTC
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, err
	}
	handle := stdlib.OpenDBFromPool(pool)
	closer := func() error {
		err := handle.Close()
		pool.Close()
		return err
	}
	if err := pool.Ping(ctx); err != nil {
		return nil, errors.Join(err, closer())
	}
	db, err := gorm.Open(postgres.New(postgres.Config{Conn: &stampedPool{handle}}), gormConfig(o.Logger))
	if err != nil {
		return nil, errors.Join(err, closer())
	}
	return &Store{engine: EnginePostgres, writer: db, reader: db, pool: pool, closer: closer}, nil
}

// readInUTC makes a connection give times in UTC; the driver would give them in the process's zone.
func readInUTC(_ context.Context, conn *pgx.Conn) error {
	conn.TypeMap().RegisterType(&pgtype.Type{
		Name: "timestamptz", OID: pgtype.TimestamptzOID, Codec: &pgtype.TimestamptzCodec{ScanLocation: time.UTC},
	})
	return nil
}
