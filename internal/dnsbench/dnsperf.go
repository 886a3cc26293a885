package dnsbench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/miekg/dns"
)

// Peer is what another program reached with questions of the world.
type Peer struct {
	Queries int
	Wall    time.Duration
	CPU     time.Duration // of its process, user and system
}

// ErrNoDnsperf says that dnsperf is not on this machine.
var ErrNoDnsperf = errors.New("dnsperf is not installed (Debian's package dnsperf)")

var completed = regexp.MustCompile(`Queries completed:\s+(\d+)`)

// CheckDnsperf reports whether dnsperf is there.
func CheckDnsperf() error {
	if _, err := exec.LookPath("dnsperf"); err != nil {
		return ErrNoDnsperf
	}
	return nil
}

// Dnsperf has dnsperf ask the records of the largest operator's names at its first server, as fast as it can.
func (w *World) Dnsperf(ctx context.Context, queries int) (Peer, error) {
	program, err := exec.LookPath("dnsperf")
	if err != nil {
		return Peer{}, ErrNoDnsperf
	}
	list := filepath.Join(w.dir, "queries")
	asked, err := w.queryList(list, queries)
	if err != nil {
		return Peer{}, err
	}
	rounds := max(1, queries/asked)
	cmd := exec.CommandContext(ctx, program, "-s", operatorAddr(0, 1), "-p", strconv.Itoa(int(w.Port)), "-d", list, "-n", strconv.Itoa(rounds), "-T", "1", "-c", "8", "-q", "1000") //nolint:gosec // our own arguments
	began := time.Now()
	out, err := cmd.CombinedOutput()
	if err != nil {
		return Peer{}, fmt.Errorf("dnsperf: %w: %s", err, bytes.TrimSpace(out))
	}
	m := completed.FindSubmatch(out)
	if m == nil {
		return Peer{}, fmt.Errorf("dnsperf printed no count: %s", bytes.TrimSpace(out))
	}
	n, _ := strconv.Atoi(string(m[1]))
	return Peer{Queries: n, Wall: time.Since(began), CPU: cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()}, nil
}

// queryList writes the questions in dnsperf's form and says how many there are.
func (w *World) queryList(file string, atMost int) (int, error) {
	var b strings.Builder
	n := 0
	first := operatorAddr(0, 1)
	for _, name := range w.Names {
		if name.Operator != 0 || n >= atMost {
			continue
		}
		for _, q := range w.Questions(name) {
			if q.To.Addr().String() == first {
				fmt.Fprintf(&b, "%s %s\n", q.Name, dns.TypeToString[q.Type])
				n++
			}
		}
	}
	if n == 0 {
		return 0, errors.New("no name of the largest operator to ask for")
	}
	return n, os.WriteFile(file, []byte(b.String()), 0o600)
}
