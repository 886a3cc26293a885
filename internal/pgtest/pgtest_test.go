package pgtest_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/krestmarketing/deedwatch/internal/pgtest"
)

// helperEnv makes a copy of the test binary start a cluster and wait to be killed.
const helperEnv = "PGTEST_HELPER"

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

func TestEachTestGetsADatabaseOfItsOwn(t *testing.T) {
	first, second := connect(t, pgtest.NewDatabase(t)), connect(t, pgtest.NewDatabase(t))
	if _, err := first.Exec(t.Context(), "CREATE TABLE mark (n int)"); err != nil {
		t.Fatal(err)
	}
	var there bool
	if err := second.QueryRow(t.Context(), "SELECT to_regclass('mark') IS NOT NULL").Scan(&there); err != nil {
		t.Fatal(err)
	}
	if there {
		t.Error("a table made in one database is seen in the other")
	}
}

func TestDatabaseIsDroppedAfterTheTestEvenWhenConnected(t *testing.T) {
	admin := connect(t, pgtest.DSN(t))
	var name string
	t.Run("uses a database", func(t *testing.T) {
		conn, err := pgx.Connect(t.Context(), pgtest.NewDatabase(t))
		if err != nil {
			t.Fatal(err)
		}
		if err := conn.QueryRow(t.Context(), "SELECT current_database()").Scan(&name); err != nil {
			t.Fatal(err)
		}
	})
	var there bool
	if err := admin.QueryRow(t.Context(), "SELECT exists(SELECT FROM pg_database WHERE datname = $1)", name).Scan(&there); err != nil {
		t.Fatal(err)
	}
	if there {
		t.Errorf("database %s outlived its test", name)
	}
}

// TestHelper is not a test of its own: the killed process of the test below.
func TestHelper(t *testing.T) {
	if os.Getenv(helperEnv) == "" {
		return
	}
	if _, err := os.Stdout.WriteString("dsn " + pgtest.DSN(t) + "\n"); err != nil {
		t.Fatal(err)
	}
	select {}
}

func TestClusterOfAKilledProcessGoesAway(t *testing.T) {
	if os.Getenv(pgtest.EnvDSN) != "" && !pgtest.HasPrograms() {
		t.Skip("only the given server is there, which is not ours to stop")
	}
	temp := shortTempDir(t)
	cmd := exec.Command(os.Args[0], "-test.run=^TestHelper$")
	cmd.Env = append(os.Environ(), helperEnv+"=1", pgtest.EnvDSN+"=", "TMPDIR="+temp)
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 1024)
	n, err := stdout.Read(buf)
	killErr := cmd.Process.Kill()
	_ = cmd.Wait() // it was killed: its error is what we want
	if err != nil || killErr != nil {
		t.Fatalf("read %v, kill %v", err, killErr)
	}
	dsn, found := strings.CutPrefix(strings.TrimSpace(string(buf[:n])), "dsn ")
	if !found {
		t.Fatalf("helper said %q, want its DSN", buf[:n])
	}
	deadline := time.Now().Add(30 * time.Second)
	for {
		entries, err := os.ReadDir(temp)
		if err != nil {
			t.Fatal(err)
		}
		if len(entries) == 0 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("30 s after the kill there is still %v", entries)
		}
		time.Sleep(50 * time.Millisecond)
	}
	if conn, err := pgx.Connect(t.Context(), dsn); err == nil {
		_ = conn.Close(t.Context())
		t.Error("the server of the killed process still answers")
	}
}

// shortTempDir is a temporary folder that the server's user may enter.
func shortTempDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "pgtest-") //nolint:usetesting // t.TempDir lies below a folder closed to other users
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	return dir
}

func connect(t *testing.T, dsn string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(t.Context()) })
	return conn
}
