package dns

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strings"
)

// maxHints bounds a hints file; the real one has 26 addresses.
const maxHints = 256

// ianaRoots are the root servers as published by IANA: letter, IPv4, IPv6.
const ianaRoots = `
a 198.41.0.4     2001:503:ba3e::2:30
b 170.247.170.2  2801:1b8:10::b
c 192.33.4.12    2001:500:2::c
d 199.7.91.13    2001:500:2d::d
e 192.203.230.10 2001:500:a8::e
f 192.5.5.241    2001:500:2f::f
g 192.112.36.4   2001:500:12::d0d
h 198.97.190.53  2001:500:1::53
i 192.36.148.17  2001:7fe::53
j 192.58.128.30  2001:503:c27::2:30
k 193.0.14.129   2001:7fd::1
l 199.7.83.42    2001:500:9f::42
m 202.12.27.33   2001:dc3::35
`

// DefaultRootHints returns the addresses of the 13 IANA root servers.
func DefaultRootHints() []RootServer {
	var hints []RootServer
	for line := range strings.Lines(ianaRoots) {
		fields := strings.Fields(line)
		if len(fields) != 3 {
			continue
		}
		for _, address := range fields[1:] {
			hints = append(hints, RootServer{
				Name: fields[0] + ".root-servers.net",
				Addr: netip.AddrPortFrom(netip.MustParseAddr(address), 0),
			})
		}
	}
	return hints
}

// ParseRootHints reads root hints: either the form of IANA's named.root (A and AAAA rows count, all else is passed over) or a plain list
// with one IP or IP:port a line. Comments begin with ";" or "#". An error names the line.
func ParseRootHints(r io.Reader) ([]RootServer, error) {
	var hints []RootServer
	scanner := bufio.NewScanner(r)
	for number := 1; scanner.Scan(); number++ {
		line, _, _ := strings.Cut(scanner.Text(), ";")
		line, _, _ = strings.Cut(line, "#")
		hint, ok, err := parseHint(strings.Fields(line))
		if err != nil {
			return nil, fmt.Errorf("root hints: line %d: %w", number, err)
		}
		if !ok {
			continue
		}
		if hints = append(hints, hint); len(hints) > maxHints {
			return nil, fmt.Errorf("root hints: more than %d addresses: this is not a hints file", maxHints)
		}
	}
	if err := scanner.Err(); err != nil {
		return nil, fmt.Errorf("root hints: %w", err)
	}
	if len(hints) == 0 {
		return nil, errors.New("root hints: no address found: give named.root or one IP address a line")
	}
	return hints, nil
}

// parseHint reads the fields of one line; ok is false for a line without an address that is right to pass over.
func parseHint(fields []string) (hint RootServer, ok bool, err error) {
	switch {
	case len(fields) == 0:
		return hint, false, nil
	case len(fields) == 1:
		hint.Addr, err = parseEndpoint(fields[0])
		return hint, err == nil, err
	}
	kind, value := strings.ToUpper(fields[len(fields)-2]), fields[len(fields)-1]
	switch kind {
	case "A", "AAAA":
		addr, err := netip.ParseAddr(value)
		if err != nil {
			return hint, false, fmt.Errorf("%q is not an IP address", escape(value, 64))
		}
		return RootServer{Name: lowerName(fields[0]), Addr: netip.AddrPortFrom(addr, 0)}, true, nil
	case "NS":
		return hint, false, nil
	default:
		return hint, false, fmt.Errorf("expected an IP address, IP:port, or a row of type NS, A or AAAA, got %q", escape(strings.Join(fields, " "), 64))
	}
}

func parseEndpoint(text string) (netip.AddrPort, error) {
	if addr, err := netip.ParseAddr(text); err == nil {
		return netip.AddrPortFrom(addr, 0), nil
	}
	endpoint, err := netip.ParseAddrPort(text)
	if err != nil {
		return endpoint, fmt.Errorf("%q is neither an IP address nor IP:port", escape(text, 64))
	}
	return endpoint, nil
}
