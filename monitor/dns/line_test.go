package dns_test

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/monitor/dns"
)

// nowhere is an address of IPv6 at which nothing answers, on machines without IPv6 too.
var nowhere = netip.MustParseAddrPort("[::1]:1")

// A machine or a container without IPv6 must not find fault with the servers of everybody.
func TestServersAreNotBlamedForALineWithoutIPv6(t *testing.T) {
	const v6 = "ns1.example AAAA 2001:db8::11\n"
	alone := strings.ReplaceAll(tldZone, "ns2.example A 203.0.113.12\n", "ns2.example AAAA 2001:db8::12\n")
	for _, tc := range []struct {
		why      string
		tld      string
		hints    int  // root servers with IPv6
		worked   bool // some server has answered over IPv6 before
		problems string
		servers  string
	}{
		{"no root server answers over IPv6 either", tldZone + v6, 3, false, "", "192.0.2.11 ok 203.0.113.12 ok"},
		{"others do", tldZone + v6, 3, true, "ns_timeout", "192.0.2.11 ok 2001:db8::11 unreachable 203.0.113.12 ok"},
		{"a test network whose root has IPv4 only", tldZone + v6, 0, false, "ns_timeout", "192.0.2.11 ok 2001:db8::11 unreachable 203.0.113.12 ok"},
		{"a server with nothing else was not asked", alone, 3, false, "", "192.0.2.11 ok 2001:db8::12 timeout"},
	} {
		w := newWorld(t, "", exampleZone, exampleZone)
		w.tld.load(t, "lab.", tc.tld)
		for _, h := range []*host{w.ns1, w.ns2} {
			h.load(t, "example.lab.", exampleZone+"ns1 AAAA 2001:db8::11\nns2 AAAA 2001:db8::12\n")
		}
		for _, addr := range []string{"2001:db8::11", "2001:db8::12", "2001:db8::a1", "2001:db8::a2", "2001:db8::a3"} {
			w.addrs[netip.MustParseAddr(addr)] = nowhere
		}
		p := w.prober(func(o *dns.Options) {
			o.IPv6, o.Timeout = true, 10*time.Second // nothing here waits for an answer that does not come
			for i := range tc.hints {
				o.RootHints = append(o.RootHints, dns.RootServer{Name: "b.root", Addr: netip.MustParseAddrPort(fmt.Sprintf("[2001:db8::a%d]:53", i+1))})
			}
		})
		for range 2 { // the second look knows from the first
			if tc.worked {
				p.AnsweredOverIPv6()
			}
			l := w.look(p, spf)
			var servers []string
			for _, s := range l.Servers {
				servers = append(servers, s.Address+" "+s.Outcome)
			}
			failing := slices.DeleteFunc(strings.Fields(codes(l)), func(c string) bool { return !strings.HasPrefix(c, "ns_") && !strings.HasPrefix(c, "all_") })
			if got := strings.Join(failing, " "); got != tc.problems || strings.Join(servers, " ") != tc.servers || l.Records[0].State != models.RecordOK {
				t.Errorf("%s: %q, %q, %s\n%s", tc.why, got, servers, l.Records[0].State, l.Evidence)
			}
		}
	}
}
