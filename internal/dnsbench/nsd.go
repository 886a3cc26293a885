package dnsbench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

func findNSD() (path string, found bool) {
	for _, path := range []string{"nsd", "/usr/sbin/nsd", "/usr/local/sbin/nsd"} {
		if found, err := exec.LookPath(path); err == nil {
			return found, true
		}
	}
	return "", false
}

// startNSD runs one NSD for each part.
func (w *World) startNSD(ctx context.Context, program string) error {
	if err := w.write(); err != nil {
		return fmt.Errorf("write the zones: %w", err)
	}
	for _, p := range w.parts() {
		log, err := os.Create(filepath.Join(w.dir, p.name+".log"))
		if err != nil {
			return fmt.Errorf("start NSD: %w", err)
		}
		cmd := exec.CommandContext(context.WithoutCancel(ctx), "/bin/sh", "-c", nsdKeeper, "sh", program, "-d", "-c", filepath.Join(w.dir, p.name+".conf")) //nolint:gosec // our own arguments
		cmd.Stdout, cmd.Stderr = log, log
		err = errors.Join(w.keep(cmd), log.Close())
		if err != nil {
			return fmt.Errorf("start NSD: %w", err)
		}
	}
	return nil
}

// nsdKeeper runs a server and ends it when standard input closes, at the latest when this process dies. It ends with the server.
const nsdKeeper = `
trap '' PIPE HUP INT TERM
exec 3<&0
"$@" 3<&- &
server=$!
(while read -r _ <&3; do :; done; kill "$server") &
wait "$server"
`

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
	for _, p := range w.parts() {
		if err := w.conf(p); err != nil {
			return err
		}
	}
	return nil
}

func operatorFile(operator int, f Fault) string {
	if f == FaultNone {
		f = "right"
	}
	return fmt.Sprintf("op%d-%s", operator, f)
}

// conf writes the configuration of one part.
func (w *World) conf(p part) (err error) {
	file, err := os.OpenFile(filepath.Join(w.dir, p.name+".conf"), os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	var b strings.Builder
	b.WriteString("server:\n")
	for _, a := range p.addrs {
		fmt.Fprintf(&b, "  ip-address: %s@%d\n", w.behind(a), w.Port)
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
`, w.Port, w.dir, w.dir, filepath.Join(w.dir, p.name+".xfrd"), filepath.Join(w.dir, p.name+".list"))
	for _, origin := range p.zones {
		b.WriteString(zoneLine(origin, strings.Replace(origin, ".", "root", 1)))
	}
	for _, n := range w.Names {
		if f, hosted := p.serves(n); hosted {
			b.WriteString(zoneLine(n.Name, operatorFile(n.Operator, f)))
		}
	}
	_, err = file.WriteString(b.String())
	return err
}

func zoneLine(name, file string) string {
	return fmt.Sprintf("zone:\n  name: %q\n  zonefile: %q\n", name, file+".zone")
}
