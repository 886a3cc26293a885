package pgtest

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// portChoices is how many free ports the starting script may try: another
// process can take a port between our look and the server's bind.
const portChoices = 5

// startTimeout bounds initdb and the start of the server together.
const startTimeout = 2 * time.Minute

// superuser owns every throw-away cluster.
const superuser = "deedwatch"

// keeper starts the cluster, reports "ready PORT" or "failed", and stops and
// removes the cluster when its standard input closes, which happens at the
// latest when the test process dies. It ignores SIGPIPE so that a process
// killed during the start leaves nothing behind either.
const keeper = `
trap '' PIPE HUP INT TERM
bin=$1 dir=$2; shift 2
if "$bin/initdb" -D "$dir/data" -U "$PGTEST_SUPERUSER" --pwfile="$dir/password" \
	--auth=scram-sha-256 --encoding=UTF8 --no-locale --no-sync >"$dir/log" 2>&1
then
	for port in "$@"; do
		if "$bin/pg_ctl" -D "$dir/data" -l "$dir/log" -w -t 60 -o "-p $port -h 127.0.0.1 -k '' \
			-c fsync=off -c synchronous_commit=off -c full_page_writes=off \
			-c shared_buffers=32MB -c max_connections=200" start >>"$dir/log" 2>&1
		then
			echo "ready $port"
			cat >/dev/null
			"$bin/pg_ctl" -D "$dir/data" -m immediate -w stop >>"$dir/log" 2>&1
			rm -rf "$dir"
			exit 0
		fi
	done
fi
echo failed
cat >/dev/null
rm -rf "$dir"
`

// missingError says that PostgreSQL is not installed here.
type missingError struct{ what string }

func (e *missingError) Error() string {
	return e.what + "; install the PostgreSQL server package or set " + EnvDSN
}

func isMissing(err error) bool {
	var missing *missingError
	return errors.As(err, &missing)
}

// cluster is one running throw-away server. No goroutine belongs to it, so
// that leak checks of the tests stay meaningful.
type cluster struct {
	dsn    string
	keeper *exec.Cmd
	alive  *os.File // the keeper's standard input; closing it ends the cluster
}

// startCluster creates and starts a cluster and returns once it answers.
func startCluster() (*cluster, error) {
	bin, err := findPrograms()
	if err != nil {
		return nil, err
	}
	owner, err := serverUser()
	if err != nil {
		return nil, err
	}
	ports, err := freePorts(portChoices)
	if err != nil {
		return nil, err
	}
	password := rand.Text()
	dir, err := clusterDir(owner, password)
	if err != nil {
		return nil, err
	}
	//nolint:gosec // the script is ours; its arguments are a folder found here, one made here, and port numbers
	c := &cluster{keeper: exec.CommandContext(context.Background(), "/bin/sh", slices.Concat([]string{"-c", keeper, "pgtest", bin, dir}, ports)...)}
	c.keeper.Dir = dir
	c.keeper.Env = append(os.Environ(), "PGTEST_SUPERUSER="+superuser)
	c.keeper.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: owner}
	port, err := c.launch()
	if err != nil {
		log, _ := os.ReadFile(filepath.Join(dir, "log")) //nolint:gosec // our own file, read to explain a failure
		return nil, errors.Join(fmt.Errorf("start a PostgreSQL cluster: %w\n%s", err, log), c.stop(), os.RemoveAll(dir))
	}
	c.dsn = fmt.Sprintf("postgres://%s:%s@127.0.0.1:%s/postgres?sslmode=disable", superuser, password, port)
	return c, nil
}

// launch starts the keeper and waits for its first line, which names the port.
func (c *cluster) launch() (port string, err error) {
	stdin, alive, err := os.Pipe()
	if err != nil {
		return "", err
	}
	report, stdout, err := os.Pipe()
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, report.Close()) }()
	c.alive, c.keeper.Stdin, c.keeper.Stdout = alive, stdin, stdout
	err = c.keeper.Start()
	if err = errors.Join(err, stdin.Close(), stdout.Close()); err != nil {
		return "", err
	}
	if err := report.SetReadDeadline(time.Now().Add(startTimeout)); err != nil {
		return "", err
	}
	line, err := bufio.NewReader(report).ReadString('\n')
	if err != nil {
		return "", err
	}
	port, ready := strings.CutPrefix(strings.TrimSpace(line), "ready ")
	if !ready {
		return "", errors.New("initdb or pg_ctl failed")
	}
	return port, nil
}

// stop ends the cluster and waits until its files are gone.
func (c *cluster) stop() error {
	if c.alive == nil || c.keeper.Process == nil {
		return nil
	}
	return errors.Join(c.alive.Close(), c.keeper.Wait())
}

// findPrograms returns the folder that holds initdb, pg_ctl and postgres:
// that of PATH, or of the newest version in the usual places.
func findPrograms() (string, error) {
	if path, err := exec.LookPath("pg_ctl"); err == nil {
		if path, err = filepath.EvalSymlinks(path); err == nil && complete(filepath.Dir(path)) {
			return filepath.Dir(path), nil
		}
	}
	best, bestVersion := "", -1.0
	for _, pattern := range []string{"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/usr/local/opt/postgresql@*/bin"} {
		dirs, err := filepath.Glob(pattern)
		if err != nil {
			return "", err
		}
		for _, dir := range dirs {
			name := filepath.Base(filepath.Dir(dir))
			version, err := strconv.ParseFloat(strings.TrimLeft(name, "abcdefghijklmnopqrstuvwxyz-@"), 64)
			if err == nil && version > bestVersion && complete(dir) {
				best, bestVersion = dir, version
			}
		}
	}
	if best == "" {
		return "", &missingError{what: "no initdb, pg_ctl and postgres in PATH or the usual places"}
	}
	return best, nil
}

func complete(dir string) bool {
	for _, name := range []string{"initdb", "pg_ctl", "postgres"} {
		if _, err := exec.LookPath(filepath.Join(dir, name)); err != nil {
			return false
		}
	}
	return true
}

// serverUser returns the identity the server must run under: nil for our own,
// and for root (as whom PostgreSQL refuses to run) that of the postgres user.
func serverUser() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil //nolint:nilnil // no other identity is needed
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return nil, &missingError{what: "PostgreSQL does not run as root and there is no user postgres"}
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		return nil, err
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
}

// clusterDir makes the cluster's folder, with the password file in it, for owner.
func clusterDir(owner *syscall.Credential, password string) (string, error) {
	dir, err := os.MkdirTemp("", "deedwatch-pg-")
	if err != nil {
		return "", err
	}
	file := filepath.Join(dir, "password")
	err = os.WriteFile(file, []byte(password), 0o600)
	if err == nil && owner != nil {
		err = errors.Join(os.Chown(file, int(owner.Uid), int(owner.Gid)), os.Chown(dir, int(owner.Uid), int(owner.Gid)))
	}
	if err != nil {
		return "", errors.Join(err, os.RemoveAll(dir))
	}
	return dir, nil
}

// freePorts returns n different ports of 127.0.0.1 that are free at this moment.
func freePorts(n int) (ports []string, err error) {
	for range n {
		l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer func() { _ = l.Close() }() // all at the end, so that no port comes twice
		_, port, err := net.SplitHostPort(l.Addr().String())
		if err != nil {
			return nil, err
		}
		ports = append(ports, port)
	}
	return ports, nil
}
