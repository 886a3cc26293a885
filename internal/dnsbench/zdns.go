package dnsbench

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"
	"time"

	"github.com/miekg/dns"
)

// ErrNotZDNS says that a program is not one that can take part as zdns.
var ErrNotZDNS = errors.New("is not zdns")

// ZDNSPort is where a world must be served in which zdns takes part: it asks the servers that it finds on its way at no other port.
const ZDNSPort = 53

// CheckZDNS asks a program for its version, and gives it.
func CheckZDNS(ctx context.Context, program string) (version string, err error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, program, "--version").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%s %w: %w", program, ErrNotZDNS, err)
	}
	line, _, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	version, found := strings.CutPrefix(line, "zdns version ")
	if !found {
		return "", fmt.Errorf("%s %w: its version is %q", program, ErrNotZDNS, line[:min(len(line), 100)])
	}
	return version, nil
}

// ZDNS has zdns ask the questions of names as it would be scripted: the name servers by walking from the root, then every question at every
// server as a line of name and server, one run for each type. Nothing is compared. Queries counts the lines that it was given.
func (w *World) ZDNS(ctx context.Context, program string, names []Name) (Peer, error) {
	lines := map[uint16]*strings.Builder{}
	var walk strings.Builder
	for _, n := range names {
		walk.WriteString(n.Name + "\n")
		for _, q := range w.Questions(n)[1:] { // the first one is to the parent
			if lines[q.Type] == nil {
				lines[q.Type] = &strings.Builder{}
			}
			fmt.Fprintf(lines[q.Type], "%s,%s\n", q.Name, q.To)
		}
	}
	sum, err := runZDNS(ctx, program, walk.String(), "NS", "--iterative", "--name-servers="+w.Root.String())
	if err != nil {
		return sum, err
	}
	types := make([]uint16, 0, len(lines))
	for t := range lines {
		types = append(types, t)
	}
	slices.Sort(types)
	for _, t := range types {
		p, err := runZDNS(ctx, program, lines[t].String(), dns.TypeToString[t])
		if err != nil {
			return sum, err
		}
		sum.Queries, sum.Wall, sum.CPU = sum.Queries+p.Queries, sum.Wall+p.Wall, sum.CPU+p.CPU
	}
	return sum, nil
}

// runZDNS runs zdns once, and counts the answers. It fails unless every line got one.
func runZDNS(ctx context.Context, program, lines, module string, args ...string) (p Peer, err error) {
	args = append([]string{module, "--4", "--udp-only", "--no-follow-cnames", "--threads=100", "--quiet", "--verbosity=1"}, args...)
	cmd := exec.CommandContext(ctx, program, args...) //nolint:gosec // the operator names the program
	var stderr bytes.Buffer
	cmd.Stdin, cmd.Stderr = strings.NewReader(lines), &stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return p, fmt.Errorf("zdns %s: %w", module, err)
	}
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return p, fmt.Errorf("zdns %s: %w", module, err)
	}
	answered, err := countZDNS(out, module)
	if e := cmd.Wait(); err == nil && e != nil {
		err = fmt.Errorf("%w: %s", e, bytes.TrimSpace(stderr.Bytes()))
	}
	p = Peer{Queries: answered, Wall: time.Since(began)}
	p.CPU = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	if asked := strings.Count(lines, "\n"); err == nil && answered != asked {
		err = fmt.Errorf("%d of %d lines were answered", answered, asked)
	}
	if err != nil {
		err = fmt.Errorf("zdns %s: %w", module, err)
	}
	return p, err
}

// zdnsLine is the part of a line of its output that says how a look-up ended.
type zdnsLine struct {
	Results map[string]struct {
		Status string `json:"status"`
	} `json:"results"`
}

// countZDNS counts the lines whose look-up was answered by a server, whatever it said. It reads to the end.
func countZDNS(out io.Reader, module string) (answered int, err error) {
	scan := bufio.NewScanner(out)
	scan.Buffer(nil, 1<<20)
	for scan.Scan() {
		var l zdnsLine
		if e := json.Unmarshal(scan.Bytes(), &l); e != nil {
			err = errors.Join(err, fmt.Errorf("a line that is not JSON: %w", e))
			break
		}
		switch l.Results[module].Status {
		case "NOERROR", "NXDOMAIN", "REFUSED", "SERVFAIL":
			answered++
		}
	}
	_, _ = io.Copy(io.Discard, out)
	return answered, errors.Join(err, scan.Err())
}
