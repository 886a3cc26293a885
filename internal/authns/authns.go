// Package authns starts authoritative name servers of other makes (NSD, Knot and BIND, as packaged by Debian) for tests, so that the prober is
// not only tried against servers that share its library.
//
// Every server listens on a loopback address of its own (127.0.0.0/8), all on one free port, as root or as anybody, with all its files
// below the test's temporary folder. The servers stop with the test, at the latest when the test process dies. The package is support for
// tests and no part of the product.
package authns

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/krestmarketing/deedwatch/internal/dnsbench"
)

// Make is the make of a server; its value is the name of the program.
type Make string

// The makes.
const (
	NSD  Make = "nsd"
	Knot Make = "knotd"
	BIND Make = "named"
)

// Zone is a zone and its content in zone-file form. $ORIGIN is set; records without a TTL get 300 seconds.
type Zone struct {
	Origin string // absolute, "." or "example.lab."
	Text   string
	// Broken leaves a file that can't be read in the zone's place: every question about it fails with SERVFAIL.
	Broken bool
}

// Server is one name server to start. One without zones refuses every question: a lame server.
type Server struct {
	Make  Make
	Addr  string // below 127.0.0.0/8
	Zones []Zone
}

// Running are the started servers.
type Running struct {
	Port      uint16           // of every server
	RootHints []netip.AddrPort // of the servers that serve the root zone
	HintsFile string           // the same as a file, one IP:port a line
}

const (
	portChoices  = 5
	startTimeout = 15 * time.Second
)

// keeper runs one server and ends it when standard input closes, which happens at the latest when the test process dies.
const keeper = `
trap '' PIPE HUP INT TERM
"$@" &
server=$!
cat >/dev/null
kill "$server"
wait "$server"
`

// Start starts the servers and returns when each answers for all its zones. Where a program is not installed, the test is skipped with a
// message, and fails when the environment variable CI is set.
func Start(tb testing.TB, servers ...Server) *Running {
	tb.Helper()
	programs := map[Make]string{}
	for _, s := range servers {
		programs[s.Make] = program(tb, s.Make)
	}
	var err error
	for range portChoices {
		var port uint16
		if port, err = freePort(servers); err != nil {
			continue
		}
		if err = startAll(tb, programs, servers, port); err == nil {
			return running(tb, servers, port)
		}
	}
	tb.Fatalf("authns: the servers do not start: %v", err)
	return nil
}

// program finds a server's program, also where it is not on a user's path.
func program(tb testing.TB, m Make) string {
	tb.Helper()
	if path, err := exec.LookPath(string(m)); err == nil {
		return path
	}
	for _, dir := range []string{"/usr/sbin", "/usr/local/sbin", "/sbin"} {
		path := filepath.Join(dir, string(m))
		if info, err := os.Stat(path); err == nil && !info.IsDir() {
			return path
		}
	}
	const advice = "authns: %s is not installed: install the Debian packages nsd, knot and bind9 to try the prober against servers of another make"
	if os.Getenv("CI") != "" {
		tb.Fatalf(advice, m)
	}
	tb.Skipf(advice, m)
	return ""
}

// freePort finds a port that is free on every address, for UDP and TCP.
func freePort(servers []Server) (uint16, error) {
	var lc net.ListenConfig
	ctx := context.Background()
	first, err := lc.Listen(ctx, "tcp", net.JoinHostPort(servers[0].Addr, "0"))
	if err != nil {
		return 0, err
	}
	defer func() { _ = first.Close() }()
	port := netip.MustParseAddrPort(first.Addr().String()).Port()
	for i, s := range servers {
		at := net.JoinHostPort(s.Addr, strconv.Itoa(int(port)))
		udp, err := lc.ListenPacket(ctx, "udp", at)
		if err != nil {
			return 0, err
		}
		defer func() { _ = udp.Close() }()
		if i == 0 {
			continue
		}
		tcp, err := lc.Listen(ctx, "tcp", at)
		if err != nil {
			return 0, err
		}
		defer func() { _ = tcp.Close() }()
	}
	return port, nil
}

// startAll starts every server on the port; when one fails, the ones before it are stopped again.
func startAll(tb testing.TB, programs map[Make]string, servers []Server, port uint16) error {
	tb.Helper()
	var stops []func()
	fail := func(err error) error {
		for _, stop := range stops {
			stop()
		}
		return err
	}
	var logs []string
	for _, s := range servers {
		dir, at := tb.TempDir(), port
		if s.Make == BIND { // it listens on the addresses of interfaces only
			moved, own, stop, err := behindRelay(s, port)
			if err != nil {
				return fail(err)
			}
			s, at, stops = moved, own, append(stops, stop)
		}
		if err := writeFiles(dir, s, at); err != nil {
			return fail(err)
		}
		stop, err := run(dir, programs[s.Make])
		if err != nil {
			return fail(err)
		}
		stops = append(stops, stop)
		logs = append(logs, filepath.Join(dir, "log"))
	}
	deadline := time.Now().Add(startTimeout)
	for i, s := range servers {
		if err := await(s, port, deadline); err != nil {
			log, _ := os.ReadFile(logs[i])
			return fail(fmt.Errorf("%s on %s: %w; its log:\n%s", s.Make, s.Addr, err, log))
		}
	}
	for _, stop := range stops {
		tb.Cleanup(stop)
	}
	return nil
}

// behindRelay moves a server to 127.0.0.1 and a port of its own, and passes on what arrives at its address.
func behindRelay(s Server, port uint16) (moved Server, own uint16, stop func(), err error) {
	from := netip.AddrPortFrom(netip.MustParseAddr(s.Addr), port)
	s.Addr = "127.0.0.1"
	if own, err = freePort([]Server{s}); err != nil {
		return s, 0, nil, err
	}
	relay, err := dnsbench.NewRelay(from, netip.AddrPortFrom(netip.MustParseAddr(s.Addr), own))
	if err != nil {
		return s, 0, nil, err
	}
	return s, own, func() { _ = relay.Close() }, nil
}

// run starts one server under its keeper and returns the function that stops it.
func run(dir, program string) (func(), error) {
	log, err := os.Create(filepath.Join(dir, "log")) //nolint:gosec // a fixed name in the test's folder
	if err != nil {
		return nil, err
	}
	defer func() { _ = log.Close() }()
	stdin, alive, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer func() { _ = stdin.Close() }()
	args := []string{"-c", keeper, "keeper", program, "-c", filepath.Join(dir, "conf")}
	switch Make(filepath.Base(program)) {
	case NSD:
		args = append(args, "-d")
	case BIND:
		args = append(args, "-g")
	case Knot:
	}
	cmd := exec.CommandContext(context.Background(), "/bin/sh", args...) //nolint:gosec // a fixed script around the server that was found
	cmd.Dir, cmd.Stdin, cmd.Stdout, cmd.Stderr = dir, stdin, log, log
	if err := cmd.Start(); err != nil {
		_ = alive.Close()
		return nil, err
	}
	return func() {
		_ = alive.Close()
		_ = cmd.Wait()
	}, nil
}

func running(tb testing.TB, servers []Server, port uint16) *Running {
	tb.Helper()
	r := &Running{Port: port, HintsFile: filepath.Join(tb.TempDir(), "root.hints")}
	var text strings.Builder
	for _, s := range servers {
		for _, z := range s.Zones {
			if z.Origin == "." {
				at := netip.AddrPortFrom(netip.MustParseAddr(s.Addr), port)
				r.RootHints = append(r.RootHints, at)
				text.WriteString(at.String() + "\n")
			}
		}
	}
	if err := os.WriteFile(r.HintsFile, []byte(text.String()), 0o600); err != nil {
		tb.Fatal(err)
	}
	return r
}
