package dns_test

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/krestmarketing/deedwatch/monitor/dns"
)

func TestParseRootHints(t *testing.T) {
	at := func(name, addr string) dns.RootServer {
		return dns.RootServer{Name: name, Addr: netip.MustParseAddrPort(addr)}
	}
	for _, tc := range []struct {
		name, text string
		want       []dns.RootServer
		err        string
	}{
		{name: "named.root", text: "; comment\n.  3600000  NS  A.ROOT-SERVERS.NET.\nA.ROOT-SERVERS.NET.  3600000  A  198.41.0.4\nA.ROOT-SERVERS.NET. 3600000 IN AAAA 2001:503:ba3e::2:30\n", want: []dns.RootServer{
			at("a.root-servers.net", "198.41.0.4:0"), at("a.root-servers.net", "[2001:503:ba3e::2:30]:0"),
		}},
		{name: "plain list", text: "# test network\n127.0.0.1:5300\n\n127.0.0.2 # second\n[::1]:53\n", want: []dns.RootServer{
			at("", "127.0.0.1:5300"), at("", "127.0.0.2:0"), at("", "[::1]:53"),
		}},
		{name: "empty", text: "; nothing\n", err: "no address found"},
		{name: "bad row", text: "127.0.0.1\na.root. A 1.2.3\n", err: "line 2"},
		{name: "host name", text: "ns.example.lab\n", err: "neither an IP address nor IP:port"},
		{name: "hostile", text: "\x1b[2J\n", err: `\x1b`},
		{name: "endless", text: strings.Repeat("127.0.0.1\n", 300), err: "not a hints file"},
	} {
		got, err := dns.ParseRootHints(strings.NewReader(tc.text))
		if diff := cmp.Diff(tc.want, got, cmpopts.EquateComparable(netip.AddrPort{})); diff != "" && tc.err == "" {
			t.Errorf("%s: %s", tc.name, diff)
		}
		if (err == nil) != (tc.err == "") || err != nil && !strings.Contains(err.Error(), tc.err) {
			t.Errorf("%s: error %v, want %q", tc.name, err, tc.err)
		}
	}
}

func TestDefaultRootHintsAreTheThirteen(t *testing.T) {
	names := map[string]int{}
	for _, h := range dns.DefaultRootHints() {
		names[h.Name]++
		if err := dns.Private(h.Addr.Addr()); err != nil {
			t.Errorf("%s: %v", h.Name, err)
		}
	}
	if len(names) != 13 {
		t.Errorf("%d root servers, want 13", len(names))
	}
	for name, n := range names {
		if n != 2 {
			t.Errorf("%s has %d addresses, want one of each family", name, n)
		}
	}
}

func FuzzParseRootHints(f *testing.F) {
	f.Add("a.root. 1 A 198.41.0.4\n127.0.0.1:53\n. NS a.root.\n")
	f.Fuzz(func(t *testing.T, text string) {
		hints, err := dns.ParseRootHints(strings.NewReader(text))
		if (err == nil) == (len(hints) == 0) {
			t.Errorf("%d hints, error %v", len(hints), err)
		}
		for _, h := range hints {
			if !h.Addr.Addr().IsValid() {
				t.Errorf("an invalid address came out of %q", text)
			}
		}
	})
}

func TestPrivate(t *testing.T) {
	for _, addr := range []string{
		"127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0", "224.0.0.1", "255.255.255.255", "100.64.0.1",
		"192.0.2.1", "198.18.0.1", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "ff02::1", "2001:db8::1", "::ffff:127.0.0.1",
		"64:ff9b::7f00:1", "2002:a00:1::1",
	} {
		if dns.Private(netip.MustParseAddr(addr)) == nil {
			t.Errorf("%s counts as public", addr)
		}
	}
	for _, addr := range []string{"198.41.0.4", "9.9.9.9", "100.128.0.1", "2620:fe::fe", "64:ff9b::909:909"} {
		if err := dns.Private(netip.MustParseAddr(addr)); err != nil {
			t.Errorf("%s: %v", addr, err)
		}
	}
	if dns.Private(netip.Addr{}) == nil {
		t.Error("no address at all counts as public")
	}
}

func TestNewNamesTheOptionThatCannotBeUsed(t *testing.T) {
	for _, tc := range []struct {
		o   dns.Options
		err string
	}{
		{dns.Options{Timeout: -1}, "timeout"},
		{dns.Options{MaxQueries: -1}, "max queries"},
		{dns.Options{Concurrency: -1}, "concurrency"},
		{dns.Options{RootHints: []dns.RootServer{{}}}, "no address"},
		{dns.Options{RootHints: []dns.RootServer{{Addr: netip.MustParseAddrPort("[2001:503:ba3e::2:30]:53")}}}, "IPv6 is off"},
	} {
		if _, err := dns.New(tc.o); err == nil || !strings.Contains(err.Error(), tc.err) {
			t.Errorf("%+v: error %v, want %q", tc.o, err, tc.err)
		}
	}
	if _, err := dns.New(dns.Options{}); err != nil {
		t.Errorf("the zero options: %v", err)
	}
}
