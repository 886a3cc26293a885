// Package pgtest gives tests a real PostgreSQL server and a fresh database each.
//
// The server is the one named by DEEDWATCH_TEST_POSTGRES (a DSN whose user may
// create databases) or else a throw-away cluster, started once per test process
// from the PostgreSQL programs of this machine, on a free port of 127.0.0.1. The
// cluster ends with the process that started it, even if that process is
// killed: a small shell holds the other end of a pipe, and stops the server and
// removes its files as soon as the pipe closes. Several test processes may run
// at once; each has its own cluster.
//
// What is stored in the database, and the migrations, are left to the tests.
package pgtest

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// EnvDSN is the environment variable that names a running server to use
// instead of a throw-away cluster.
const EnvDSN = "DEEDWATCH_TEST_POSTGRES"

// adminTimeout bounds one CREATE or DROP DATABASE.
const adminTimeout = 60 * time.Second

var shared struct {
	once    sync.Once
	cluster *cluster
	dsn     string
	err     error
}

// DSN returns the DSN of the server's maintenance database, starting the
// process's cluster on the first call. Without PostgreSQL programs the test
// fails when CI is set and is skipped otherwise.
func DSN(tb testing.TB) string {
	tb.Helper()
	shared.once.Do(func() {
		if dsn := os.Getenv(EnvDSN); dsn != "" {
			shared.dsn = dsn
			return
		}
		shared.cluster, shared.err = startCluster()
		if shared.err == nil {
			shared.dsn = shared.cluster.dsn
		}
	})
	switch {
	case isMissing(shared.err) && os.Getenv("CI") == "":
		tb.Skipf("pgtest: %v", shared.err)
	case shared.err != nil:
		tb.Fatalf("pgtest: %v", shared.err)
	}
	return shared.dsn
}

// NewDatabase creates an empty database and returns its DSN. The database is
// dropped when the test ends, connections to it included.
func NewDatabase(tb testing.TB) string {
	tb.Helper()
	admin := DSN(tb)
	name := "deedwatch_" + strings.ToLower(rand.Text())
	if err := execOnce(tb.Context(), admin, "CREATE DATABASE "+name+" TEMPLATE template0 ENCODING 'UTF8'"); err != nil {
		tb.Fatalf("pgtest: create database: %v", err)
	}
	tb.Cleanup(func() {
		if err := execOnce(context.WithoutCancel(tb.Context()), admin, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)"); err != nil {
			tb.Errorf("pgtest: drop database: %v", err)
		}
	})
	dsn, err := withDatabase(admin, name)
	if err != nil {
		tb.Fatalf("pgtest: %v", err)
	}
	return dsn
}

// Main runs the tests and then stops the process's cluster, if one was
// started, and waits until it is gone. Calling it from TestMain is optional:
// without it the cluster is stopped just after the process has ended.
func Main(m interface{ Run() int }) int {
	code := m.Run()
	if shared.cluster != nil {
		if err := shared.cluster.stop(); err != nil {
			fmt.Fprintf(os.Stderr, "pgtest: stop the cluster: %v\n", err)
			code = max(code, 1)
		}
	}
	return code
}

// execOnce runs one statement on a connection of its own.
func execOnce(ctx context.Context, dsn, sql string) error {
	ctx, cancel := context.WithTimeout(ctx, adminTimeout)
	defer cancel()
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, sql)
	return firstError(err, conn.Close(ctx))
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// withDatabase returns dsn, in either of its two forms, pointed at another
// database of the same server.
func withDatabase(dsn, name string) (string, error) {
	if !strings.HasPrefix(dsn, "postgres://") && !strings.HasPrefix(dsn, "postgresql://") {
		return dsn + " dbname=" + name, nil
	}
	u, err := url.Parse(dsn)
	if err != nil {
		return "", fmt.Errorf("%s is not a valid URL; write postgres://user:password@host:port/database", EnvDSN)
	}
	u.Path = "/" + name
	return u.String(), nil
}
