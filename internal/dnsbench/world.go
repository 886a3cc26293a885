// Package dnsbench is what the prober is measured against: a world of real name servers with planted faults, and peers that ask the same
// questions in other ways. It is support for the bench command and for tests; nothing of it runs in production.
package dnsbench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
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
	Names  []Name
	dir    string
	kept   []*exec.Cmd
	inputs []io.Closer

	operators int
	sick      map[string]*Relay // by the address that it stands at
}

// Name is one delegated name with what was planted on it.
type Name struct {
	Name     string
	Operator int
	Fault    Fault
}

// Fault is what is wrong with a name at every second server of its operator.
type Fault string

// The faults.
const (
	FaultNone    Fault = ""
	FaultStale   Fault = "stale"   // an older serial
	FaultNS      Fault = "nsdiff"  // another NS set
	FaultMissing Fault = "missing" // _dmarc is not there
	FaultWrong   Fault = "wrong"   // www points elsewhere
	FaultLame    Fault = "lame"    // the servers do not know the zone
)

var faults = []Fault{FaultStale, FaultNS, FaultMissing, FaultWrong, FaultLame}

const (
	fewOperators  = 8
	manyOperators = 100
	faultShare    = 0.02
	seed          = 20261122
)

// serversOf gives how many servers an operator has.
func serversOf(operator int) int { return []int{2, 2, 4, 2, 3, 2, 2, 4}[operator%8] }

// operatorZone is the top-level zone in which an operator's servers are named: those in the one carry glue in every delegation of the
// other names there, those in the other have to be looked up.
func operatorZone(operator int) string { return []string{"tld", "ops"}[operator%2] }

func operatorHost(operator, server int) string {
	return fmt.Sprintf("ns%d.op%d.%s", server, operator, operatorZone(operator))
}

func operatorAddr(operator, server int) string { return fmt.Sprintf("127.16.%d.%d", operator, server) }

// planNames draws operators and faults, the same ones every time.
func planNames(n, operators int) []Name {
	dice := rand.New(rand.NewPCG(seed, uint64(n))) //nolint:gosec // a world that is the same every time
	weights := make([]float64, operators)
	sum := 0.0
	for k := range weights {
		weights[k] = 1 / float64(k+1)
		sum += weights[k]
	}
	names := make([]Name, n)
	for i := range names {
		draw, k := dice.Float64()*sum, 0
		for draw > weights[k] && k < operators-1 {
			draw -= weights[k]
			k++
		}
		names[i] = Name{Name: fmt.Sprintf("d%07d.tld", i), Operator: k}
		if dice.Float64() < faultShare {
			names[i].Fault = faults[dice.IntN(len(faults))]
		}
	}
	return names
}

// zoneText is the zone of an operator's names, relative to whatever its origin is.
func zoneText(operator int, fault Fault) string {
	serial := 2026112200
	if fault == FaultStale {
		serial--
	}
	var b strings.Builder
	fmt.Fprintf(&b, "$TTL 3600\n@ SOA %s. hostmaster %d 7200 900 1209600 300\n", operatorHost(operator, 1), serial)
	for i := 1; i <= serversOf(operator); i++ {
		if fault != FaultNS || i != 2 {
			fmt.Fprintf(&b, "@ NS %s.\n", operatorHost(operator, i))
		}
	}
	b.WriteString("@ A 192.0.2.10\n@ MX 10 mx1.mail.ops.\n@ MX 20 mx2.mail.ops.\n")
	b.WriteString("@ TXT \"v=spf1 include:_spf.mail.ops -all\"\n@ TXT \"site-verification=0123456789abcdef\"\n")
	if fault != FaultMissing {
		b.WriteString("_dmarc TXT \"v=DMARC1; p=reject; rua=mailto:dmarc@mail.ops\"\n")
	}
	www := "edge.cdn.ops."
	if fault == FaultWrong {
		www = "parked.cdn.ops."
	}
	fmt.Fprintf(&b, "www CNAME %s\n", www)
	key := dkimKey()
	fmt.Fprintf(&b, "s1._domainkey TXT \"v=DKIM1; k=rsa; p=%s\" \"%s\"\n", key[:230], key[230:])
	return b.String()
}

// dkimKey has the length of a 2,048-bit key, so that the answer has the size of a real one.
func dkimKey() string { return strings.Repeat("MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A", 12) }

// ErrNoNSD says that the world can't be built on this machine.
var ErrNoNSD = errors.New("the world is made of real name servers: install NSD (Debian's package nsd)")

// startPatience is how long the servers may take to load their zones; a million names take about a minute.
const startPatience = 5 * time.Minute

// Start writes the zones and starts NSD: one process each for the root and the top level, two for the operators, which disagree where a
// fault was planted. Everything ends with close, at the latest with this process.
func Start(ctx context.Context, zones int) (*World, error) {
	return start(ctx, &World{Names: planNames(zones, fewOperators), operators: fewOperators})
}

func start(ctx context.Context, w *World) (_ *World, err error) {
	program, err := findNSD()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "deedwatch-bench-dns-")
	if err != nil {
		return nil, fmt.Errorf("a folder for the world: %w", err)
	}
	w.dir = dir
	defer func() {
		if err != nil {
			err = errors.Join(err, w.Close())
		}
	}()
	if w.Port, err = freePort(); err != nil {
		return w, err
	}
	w.Root = netip.AddrPortFrom(netip.MustParseAddr("127.0.1.1"), w.Port)
	if err := w.write(); err != nil {
		return w, fmt.Errorf("write the zones: %w", err)
	}
	for _, part := range []string{"root", "top", "odd", "even"} {
		if err := w.start(ctx, program, part); err != nil {
			return w, err
		}
	}
	if err := w.relay(); err != nil { //nolint:contextcheck // a relay lives until it is closed
		return w, err
	}
	return w, w.await(ctx)
}

func findNSD() (string, error) {
	for _, path := range []string{"nsd", "/usr/sbin/nsd", "/usr/local/sbin/nsd"} {
		if found, err := exec.LookPath(path); err == nil {
			return found, nil
		}
	}
	return "", ErrNoNSD
}

// freePort finds a port that is free on the root's address; the other addresses are nobody else's.
func freePort() (uint16, error) {
	conn, err := net.ListenPacket("udp4", "127.0.1.1:0") //nolint:noctx // closed at once
	if err != nil {
		return 0, fmt.Errorf("a free port: %w", err)
	}
	defer func() { _ = conn.Close() }()
	return netip.MustParseAddrPort(conn.LocalAddr().String()).Port(), nil
}

// write lays out the zone files and the configuration of the servers.
func (w *World) write() error {
	files := map[string]string{"root": rootZoneText(), "tld": w.topZone("tld"), "ops": w.topZone("ops")}
	for k := range w.operators {
		for _, f := range append([]Fault{FaultNone}, faults...) {
			files[operatorFile(k, f)] = zoneText(k, f)
		}
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(w.dir, name+".zone"), []byte(text), 0o600); err != nil {
			return err
		}
	}
	var odd, even strings.Builder
	for _, n := range w.Names {
		odd.WriteString(zoneLine(n.Name, operatorFile(n.Operator, FaultNone)))
		if n.Fault != FaultLame {
			even.WriteString(zoneLine(n.Name, operatorFile(n.Operator, n.Fault)))
		}
	}
	var odds, evens []string
	for k := range w.operators {
		for i := 1; i <= serversOf(k); i++ {
			if i%2 == 1 {
				odds = append(odds, w.listens(k, i))
			} else {
				evens = append(evens, w.listens(k, i))
			}
		}
	}
	return errors.Join(
		w.conf("root", []string{"127.0.1.1"}, zoneLine(".", "root")),
		w.conf("top", []string{"127.0.2.1", "127.0.2.2"}, zoneLine("tld", "tld")+zoneLine("ops", "ops")),
		w.conf("odd", odds, odd.String()), w.conf("even", evens, even.String()),
	)
}

func operatorFile(operator int, f Fault) string {
	if f == FaultNone {
		f = "right"
	}
	return fmt.Sprintf("op%d-%s", operator, f)
}

func zoneLine(name, file string) string {
	return fmt.Sprintf("zone:\n  name: %q\n  zonefile: %q\n", name, file+".zone")
}

func rootZoneText() string {
	return "$TTL 3600\n@ SOA a.root. h.root. 1 7200 900 1209600 300\n@ NS a.root.\na.root. A 127.0.1.1\n" +
		"tld. NS ns1.nic.tld.\ntld. NS ns2.nic.tld.\nops. NS ns1.nic.tld.\nops. NS ns2.nic.tld.\nns1.nic.tld. A 127.0.2.1\nns2.nic.tld. A 127.0.2.2\n"
}

// topZone delegates the names, and has the addresses of the operators' servers that are named in it.
func (w *World) topZone(zone string) string {
	var b strings.Builder
	b.WriteString("$TTL 3600\n@ SOA ns1.nic.tld. h.nic.tld. 1 7200 900 1209600 300\n@ NS ns1.nic.tld.\n@ NS ns2.nic.tld.\n")
	if zone == "tld" {
		b.WriteString("ns1.nic A 127.0.2.1\nns2.nic A 127.0.2.2\n")
		for _, n := range w.Names {
			for i := 1; i <= serversOf(n.Operator); i++ {
				fmt.Fprintf(&b, "%s. NS %s.\n", n.Name, operatorHost(n.Operator, i))
			}
		}
	} else {
		b.WriteString("edge.cdn A 192.0.2.20\nparked.cdn A 192.0.2.21\nmx1.mail A 192.0.2.31\nmx2.mail A 192.0.2.32\n")
	}
	for k := range w.operators {
		for i := 1; i <= serversOf(k) && operatorZone(k) == zone; i++ {
			fmt.Fprintf(&b, "%s. A %s\n", operatorHost(k, i), operatorAddr(k, i))
		}
	}
	return b.String()
}

func (w *World) conf(part string, addrs []string, zones string) error {
	var b strings.Builder
	b.WriteString("server:\n")
	for _, a := range addrs {
		fmt.Fprintf(&b, "  ip-address: %s@%d\n", a, w.Port)
	}
	fmt.Fprintf(&b, `  port: %d
  server-count: 1
  username: ""
  chroot: ""
  database: ""
  pidfile: ""
  zonesdir: %q
  xfrdir: %q
  xfrdfile: %q
  zonelistfile: %q
  rrl-ratelimit: 0
  receive-buffer-size: 4194304
  send-buffer-size: 4194304
remote-control:
  control-enable: no
`, w.Port, w.dir, w.dir, filepath.Join(w.dir, part+".xfrd"), filepath.Join(w.dir, part+".list"))
	b.WriteString(zones)
	return os.WriteFile(filepath.Join(w.dir, part+".conf"), []byte(b.String()), 0o600)
}

// nsdKeeper runs a server and ends it when standard input closes, at the latest when this process dies.
const nsdKeeper = `
trap '' PIPE HUP INT TERM
"$@" &
server=$!
cat >/dev/null
kill "$server"
wait "$server"
`

func (w *World) start(ctx context.Context, program, part string) error {
	cmd := exec.CommandContext(context.WithoutCancel(ctx), "/bin/sh", "-c", nsdKeeper, "sh", program, "-d", "-c", filepath.Join(w.dir, part+".conf")) //nolint:gosec // our own arguments
	log, err := os.Create(filepath.Join(w.dir, part+".log"))                                                                                          //nolint:gosec // our own folder
	if err != nil {
		return fmt.Errorf("start NSD: %w", err)
	}
	defer func() { _ = log.Close() }()
	cmd.Stdout, cmd.Stderr = log, log
	in, err := cmd.StdinPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		return fmt.Errorf("start NSD: %w", err)
	}
	w.kept, w.inputs = append(w.kept, cmd), append(w.inputs, in)
	return nil
}

// await returns when every server answers for the last of its zones.
func (w *World) await(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startPatience)
	defer cancel()
	last := w.Names[len(w.Names)-1]
	for _, at := range []struct{ addr, zone string }{{"127.0.1.1", "."}, {"127.0.2.2", "ops"}, {operatorAddr(last.Operator, 1), last.Name}, {operatorAddr(0, 2), w.Names[0].Name}} {
		for !answersFor(ctx, net.JoinHostPort(at.addr, fmt.Sprint(w.Port)), at.zone) {
			select {
			case <-ctx.Done():
				log, _ := os.ReadFile(filepath.Join(w.dir, "odd.log"))
				return fmt.Errorf("NSD does not answer at %s: %s", at.addr, log)
			case <-time.After(50 * time.Millisecond):
			}
		}
	}
	return nil
}

// Close ends the servers and removes the files.
func (w *World) Close() error {
	for _, r := range w.sick {
		if r != nil {
			_ = r.Close()
		}
	}
	for _, in := range w.inputs {
		_ = in.Close()
	}
	for _, cmd := range w.kept {
		_ = cmd.Wait()
	}
	return os.RemoveAll(w.dir)
}
