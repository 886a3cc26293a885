package authns

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// writeFiles writes a server's configuration and zones to its folder.
func writeFiles(dir string, s Server, port uint16) error {
	var conf strings.Builder
	switch s.Make {
	case NSD:
		fmt.Fprintf(&conf, nsdServer, s.Addr, port, port, dir)
	case Knot:
		fmt.Fprintf(&conf, knotServer, s.Addr, port, dir)
		if len(s.Zones) > 0 {
			conf.WriteString("zone:\n")
		}
	case BIND:
		fmt.Fprintf(&conf, bindServer, s.Addr, port, dir)
	}
	for i, z := range s.Zones {
		file := filepath.Join(dir, fmt.Sprintf("zone%d", i))
		text := "$ORIGIN " + z.Origin + "\n$TTL 300\n" + z.Text + "\n"
		if z.Broken {
			text = "this is no zone\n"
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			return err
		}
		switch s.Make {
		case NSD:
			fmt.Fprintf(&conf, "zone:\n  name: %q\n  zonefile: %q\n", z.Origin, file)
		case Knot:
			fmt.Fprintf(&conf, "  - domain: %q\n    file: %q\n", z.Origin, file)
		case BIND:
			fmt.Fprintf(&conf, "zone %q { type primary; file %q; check-integrity no; };\n", z.Origin, file)
		}
	}
	return os.WriteFile(filepath.Join(dir, "conf"), []byte(conf.String()), 0o600)
}

// nsdServer keeps every file of NSD in its folder, changes neither user nor root directory and limits no rate.
const nsdServer = `server:
  ip-address: %s@%d
  port: %d
  server-count: 1
  username: ""
  chroot: ""
  database: ""
  pidfile: ""
  zonesdir: "%[4]s"
  xfrdir: "%[4]s"
  xfrdfile: "%[4]s/xfrd.state"
  zonelistfile: "%[4]s/zone.list"
  rrl-ratelimit: 0
  hide-version: yes
remote-control:
  control-enable: no
`

// knotServer keeps every file of Knot in its folder. Its control socket has a relative name: the path of a test's folder may be too long.
const knotServer = `server:
  listen: %s@%d
  rundir: "."
  udp-workers: 1
  tcp-workers: 1
  background-workers: 1
database:
  storage: "%[3]s"
control:
  listen: "ctl"
log:
  - target: stderr
    any: warning
template:
  - id: default
    storage: "%[3]s"
    zonefile-sync: -1
    zonefile-load: whole
    journal-content: none
`

// bindServer keeps every file of BIND in its folder, controls nothing, and answers for its own zones only.
const bindServer = `options {
  listen-on port %[2]d { %[1]s; };
  listen-on-v6 { none; };
  directory %[3]q;
  managed-keys-directory %[3]q;
  pid-file none;
  lock-file none;
  session-keyfile none;
  recursion no;
  notify no;
  allow-query { any; };
  allow-transfer { none; };
  dnssec-validation no;
  empty-zones-enable no;
  tcp-listen-queue 10;
};
controls { };
`
