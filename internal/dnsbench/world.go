// Package dnsbench is what the prober is measured against: a world of real name servers with planted faults, and peers that ask the same
// questions in other ways. It is support for the bench command and for tests; nothing of it runs in production.
package dnsbench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// World is a small internet of delegations: a root, two top-level zones, and operators with two to four servers each that host most of
// the names, as few operators do. All zones of an operator are one file, so a million zones need little more than their list.
type World struct {
	Port   uint16         // of every server
	Root   netip.AddrPort // where walks begin
	Server string         // what serves it, for people
	Names  []Name

	o         Options
	dir       string
	kept      []*kept
	operators int
	sick      map[string]*Relay // by the address that it stands at
}

// Options say what kind of world it is.
type Options struct {
	Zones int `json:"zones"` // names in it
	// Sick makes a world of a hundred operators, without faults on names, in which some servers can be made sick.
	Sick bool `json:"sick"`
	// Port is that of every server. Zero: a free one.
	Port uint16 `json:"port"`
	// RTT and Loss are of the way to every server: how late answers come over UDP, and which share of the questions is lost.
	RTT  time.Duration `json:"rtt"`
	Loss float64       `json:"loss"`
	// NoNSD serves the world by servers of our own, as where NSD is not installed.
	NoNSD bool `json:"no_nsd"`
	// Helper makes the command that calls Serve with a text, in a process of its own: it serves where NSD is not there, and makes the way
	// to the servers long.
	Helper func(ctx context.Context, spec string) *exec.Cmd `json:"-"`
}

// far says that relays stand before all servers.
func (o Options) far() bool { return o.RTT > 0 || o.Loss > 0 }

// startPatience is how long the servers may take to load their zones; a million names take about a minute.
const startPatience = 5 * time.Minute

// ErrPort says that the servers may not listen at the port that was asked for.
var ErrPort = errors.New("may not listen at the port")

// newWorld plans a world; nothing is served yet.
func newWorld(o Options) *World {
	w := &World{o: o, Port: o.Port, operators: fewOperators}
	if o.Sick {
		w.operators = manyOperators
	}
	w.Names = planNames(o.Zones, w.operators)
	if o.Sick {
		w.plantSickness()
	}
	return w
}

// Start starts the servers: NSD where it is installed, one process each for the root and the top level, two for the operators, which
// disagree where a fault was planted; our own otherwise. Everything ends with Close, at the latest with this process.
func Start(ctx context.Context, o Options) (_ *World, err error) {
	w := newWorld(o)
	if w.dir, err = os.MkdirTemp("", "deedwatch-bench-dns-"); err != nil {
		return nil, fmt.Errorf("a folder for the world: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, w.Close())
		}
	}()
	if w.Port, err = freePort(o.Port); err != nil {
		return w, err
	}
	w.o.Port, w.Root = w.Port, netip.AddrPortFrom(netip.MustParseAddr(rootAddr), w.Port)
	program, found := findNSD()
	if w.Server = "NSD"; !found || o.NoNSD {
		w.Server, w.o.NoNSD = "this program's own, not NSD", true
	} else if err := w.startNSD(ctx, program); err != nil {
		return w, err
	}
	if w.o.NoNSD || o.far() {
		if err := w.startHelper(ctx); err != nil {
			return w, err
		}
	}
	if err := w.relaySick(); err != nil { //nolint:contextcheck // a relay lives until it is closed
		return w, err
	}
	return w, w.await(ctx)
}

// freePort finds a port that is free on the root's address, or tries the wanted one; the other addresses are nobody else's.
func freePort(wanted uint16) (uint16, error) {
	conn, err := net.ListenPacket("udp4", netip.AddrPortFrom(netip.MustParseAddr(rootAddr), wanted).String()) //nolint:noctx // closed at once
	if err != nil {
		return 0, fmt.Errorf("%w: %w", ErrPort, err)
	}
	defer func() { _ = conn.Close() }()
	return netip.MustParseAddrPort(conn.LocalAddr().String()).Port(), nil
}

// rootAddr is where the root is served.
const rootAddr = "127.0.1.1"

// part is what one server process hosts.
type part struct {
	name   string
	addrs  []string
	zones  []string // "." and top-level zones
	serves func(Name) (as Fault, hosted bool)
}

// parts are the servers; those of the operators with even numbers show the faults.
func (w *World) parts() []part {
	none := func(Name) (Fault, bool) { return "", false }
	list := []part{
		{"root", []string{rootAddr}, []string{"."}, none},
		{"top", []string{"127.0.2.1", "127.0.2.2"}, []string{"tld", "ops"}, none},
		{"odd", nil, nil, func(Name) (Fault, bool) { return FaultNone, true }},
		{"even", nil, nil, func(n Name) (Fault, bool) { return n.Fault, n.Fault != FaultLame }},
	}
	for k := range w.operators {
		for i := 1; i <= serversOf(k); i++ {
			p := &list[3-i%2]
			p.addrs = append(p.addrs, operatorAddr(k, i))
		}
	}
	return list
}

// behind gives the address at which a server really listens: one beside that in the zones where a relay stands there.
func (w *World) behind(addr string) string {
	if _, sick := w.sick[addr]; !sick && !w.o.far() {
		return addr
	}
	a := netip.MustParseAddr(addr).As4()
	a[1]++
	return netip.AddrFrom4(a).String()
}

// kept is a process that ends when its standard input is closed.
type kept struct {
	cmd  *exec.Cmd
	in   io.Closer
	done chan struct{}
}

func (w *World) keep(cmd *exec.Cmd) error {
	in, err := cmd.StdinPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		return err
	}
	k := &kept{cmd, in, make(chan struct{})}
	w.kept = append(w.kept, k)
	go func() {
		defer close(k.done)
		_ = cmd.Wait() // how it ended does not matter any more
	}()
	return nil
}

// await returns when every server answers for the last of its zones.
func (w *World) await(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startPatience)
	defer cancel()
	last := w.Names[len(w.Names)-1]
	for _, at := range []struct{ addr, zone string }{{rootAddr, "."}, {"127.0.2.2", "ops"}, {operatorAddr(last.Operator, 1), last.Name}, {operatorAddr(0, 2), w.Names[0].Name}} {
		for !answersFor(ctx, net.JoinHostPort(at.addr, fmt.Sprint(w.Port)), at.zone) {
			for _, k := range w.kept {
				select {
				case <-k.done:
					return fmt.Errorf("a server of the world ended: %s", w.logs())
				default:
				}
			}
			if !sleep(ctx, 50*time.Millisecond) {
				return fmt.Errorf("the world does not answer at %s: %s", at.addr, w.logs())
			}
		}
	}
	return nil
}

func sleep(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

// logs are the last words of the servers.
func (w *World) logs() string {
	var b strings.Builder
	files, _ := filepath.Glob(filepath.Join(w.dir, "*.log"))
	for _, file := range files {
		log, _ := os.ReadFile(file) //nolint:gosec // our own folder
		b.Write(log[max(0, len(log)-500):])
	}
	return b.String()
}

// Close ends the servers and removes the files.
func (w *World) Close() error {
	for _, r := range w.sick {
		if r != nil {
			_ = r.Close()
		}
	}
	for _, k := range w.kept {
		_ = k.in.Close()
	}
	for _, k := range w.kept {
		<-k.done
	}
	return os.RemoveAll(w.dir)
}
