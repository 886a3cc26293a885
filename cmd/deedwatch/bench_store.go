package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/krestmarketing/deedwatch/configs"
	"github.com/krestmarketing/deedwatch/store"
)

// benchStore is a throw-away database with the current schema.
type benchStore struct {
	*store.Store
	dsn  string
	drop func(context.Context) error
}

// openBenchStores opens one store an engine: SQLite in a folder of its own, and PostgreSQL where a server was named.
func openBenchStores(ctx context.Context, postgres string) (stores []*benchStore, err error) {
	defer func() {
		if err != nil {
			err = errors.Join(err, closeBenchStores(context.WithoutCancel(ctx), stores))
		}
	}()
	dir, err := os.MkdirTemp("", "deedwatch-bench-")
	if err != nil {
		return nil, fmt.Errorf("make a folder for the database: %w", err)
	}
	s, err := newBenchStore(ctx, filepath.Join(dir, "bench.db"), func(context.Context) error { return os.RemoveAll(dir) })
	if err != nil {
		return nil, err
	}
	stores = append(stores, s)
	if postgres == "" {
		return stores, nil
	}
	dsn, drop, err := throwAwayDatabase(ctx, postgres)
	if err != nil {
		return stores, err
	}
	if s, err = newBenchStore(ctx, dsn, drop); err != nil {
		return stores, err
	}
	return append(stores, s), nil
}

func newBenchStore(ctx context.Context, dsn string, drop func(context.Context) error) (*benchStore, error) {
	o := storeOptions(configs.Config{Database: configs.NewSecret(dsn)}, nil)
	err := store.Migrate(ctx, o)
	if err == nil {
		var s *store.Store
		if s, err = store.Open(ctx, o); err == nil {
			return &benchStore{s, dsn, drop}, nil
		}
	}
	return nil, errors.Join(fmt.Errorf("open a database to measure with: %w", err), drop(context.WithoutCancel(ctx)))
}

// throwAwayDatabase makes a database of its own on a PostgreSQL server: what is on it already is left alone.
func throwAwayDatabase(ctx context.Context, server string) (dsn string, drop func(context.Context) error, err error) {
	u, err := url.Parse(server)
	if err != nil || !strings.HasPrefix(u.Scheme, "postgres") {
		return "", nil, usage("--postgres must be a postgres:// address")
	}
	name := "deedwatch_bench_" + strings.ToLower(rand.Text()[:12])
	if err := onServer(ctx, server, "CREATE DATABASE "+name); err != nil {
		return "", nil, err
	}
	u.Path = "/" + name
	return u.String(), func(ctx context.Context) error {
		return onServer(ctx, server, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)")
	}, nil
}

func onServer(ctx context.Context, server, statement string) error {
	c, err := pgx.Connect(ctx, server)
	if err == nil {
		_, err = c.Exec(ctx, statement)
		err = errors.Join(err, c.Close(context.WithoutCancel(ctx)))
	}
	if err != nil {
		return fmt.Errorf("PostgreSQL to measure with: %w", err)
	}
	return nil
}

// closeBenchStores closes the stores and leaves nothing of them behind.
func closeBenchStores(ctx context.Context, stores []*benchStore) error {
	var errs []error
	for _, s := range stores {
		errs = append(errs, s.Close(), s.drop(ctx))
	}
	return errors.Join(errs...)
}
