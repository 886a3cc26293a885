package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
)

// migrateLock is the advisory lock that lets one starter migrate at a time.
const migrateLock = 727_002

// lockPoll is the pause between two tries for the lock. Waiting inside
// PostgreSQL would hold a snapshot, for which CREATE INDEX CONCURRENTLY waits.
const lockPoll = 50 * time.Millisecond

// slotTable remembers the last slot taken of each kind, so that a slot is
// taken once for ever however short finished jobs are kept.
const slotTable = "engine_slot"

// MigrateRiver brings the tables of [River] in the connection's search path up
// to date. Any number of processes may call it at once.
func MigrateRiver(ctx context.Context, pool *pgxpool.Pool) error {
	return MigrateRiverSchema(ctx, pool, "")
}

// MigrateRiverSchema is [MigrateRiver] for the given schema, which it creates
// if need be.
func MigrateRiverSchema(ctx context.Context, pool *pgxpool.Pool, schema string) (err error) {
	unlock, err := lockMigration(ctx, pool)
	if err != nil {
		return fmt.Errorf("engine: lock for migration: %w", err)
	}
	defer func() { err = errors.Join(err, unlock()) }()
	if schema != "" {
		if _, err := pool.Exec(ctx, "CREATE SCHEMA IF NOT EXISTS "+pgx.Identifier{schema}.Sanitize()); err != nil {
			return fmt.Errorf("engine: create schema %s: %w", schema, err)
		}
	}
	m, err := migrator(pool, schema)
	if err != nil {
		return err
	}
	if _, err := m.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return fmt.Errorf("engine: migrate River's tables: %w", err)
	}
	_, err = pool.Exec(ctx, "CREATE TABLE IF NOT EXISTS "+tableIn(schema, slotTable)+" (kind text PRIMARY KEY, slot timestamptz NOT NULL)")
	if err != nil {
		return fmt.Errorf("engine: create table %s: %w", slotTable, err)
	}
	return nil
}

// lockMigration takes the advisory lock on a connection of its own, so that a
// pool of one connection is enough. Closing the connection gives it back.
func lockMigration(ctx context.Context, pool *pgxpool.Pool) (unlock func() error, err error) {
	conn, err := pgx.ConnectConfig(ctx, pool.Config().ConnConfig)
	if err != nil {
		return nil, err
	}
	unlock = func() error { return conn.Close(context.WithoutCancel(ctx)) }
	pause := time.NewTicker(lockPoll)
	defer pause.Stop()
	for {
		var got bool
		if err := conn.QueryRow(ctx, "SELECT pg_try_advisory_lock($1)", migrateLock).Scan(&got); err != nil {
			return nil, errors.Join(err, unlock())
		}
		if got {
			return unlock, nil
		}
		select {
		case <-pause.C:
		case <-ctx.Done():
			return nil, errors.Join(ctx.Err(), unlock())
		}
	}
}

func migrator(pool *pgxpool.Pool, schema string) (*rivermigrate.Migrator[pgx.Tx], error) {
	m, err := rivermigrate.New(riverpgxv5.New(pool), &rivermigrate.Config{Schema: schema, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, fmt.Errorf("engine: set up River's migrations: %w", err)
	}
	return m, nil
}

// checkTables says what to do when the tables are missing or old.
func (r *River) checkTables(ctx context.Context) error {
	m, err := migrator(r.db, r.opts.Schema)
	if err != nil {
		return err
	}
	res, err := m.Validate(ctx, nil)
	if err != nil {
		return fmt.Errorf("engine: look at River's tables: %w", err)
	}
	var there bool
	if err := r.db.QueryRow(ctx, "SELECT to_regclass($1) IS NOT NULL", r.table(slotTable)).Scan(&there); err != nil {
		return fmt.Errorf("engine: look at table %s: %w", slotTable, err)
	}
	if !res.OK || !there {
		return fmt.Errorf("engine: River's tables are missing or old; migrate the database first (%s)", strings.Join(res.Messages, "; "))
	}
	return nil
}

// enqueueSlot takes the slot and adds its job in one transaction.
func (r *River) enqueueSlot(ctx context.Context, j Job) (added bool, err error) {
	j.Slot = normal(j.Slot)
	err = retryConflict(ctx, func() error {
		return pgx.BeginFunc(ctx, r.db, func(tx pgx.Tx) error {
			added = false
			tag, err := tx.Exec(ctx, `INSERT INTO `+r.table(slotTable)+` AS t (kind, slot) VALUES ($1, $2)
				ON CONFLICT (kind) DO UPDATE SET slot = excluded.slot WHERE t.slot < excluded.slot`, j.Kind, j.Slot)
			if err != nil || tag.RowsAffected() == 0 {
				return err
			}
			p := insertParams(j)
			res, err := r.insert.InsertTx(ctx, tx, p.Args, p.InsertOpts)
			if err != nil {
				return err
			}
			added = !res.UniqueSkippedAsDuplicate
			return nil
		})
	})
	return added && err == nil, err
}
