package dns_test

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	mdns "github.com/miekg/dns"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/monitor/dns"
)

// delegation builds the rows of the TLD that replace those of example.lab in a test's world.
func delegated(t *testing.T, w *world, rows string) {
	t.Helper()
	var kept []string
	for line := range strings.Lines(tldZone) {
		if !strings.HasPrefix(line, "example ") && !strings.HasPrefix(line, "ns1.example") && !strings.HasPrefix(line, "ns2.example") {
			kept = append(kept, line)
		}
	}
	w.tld.load(t, "lab.", strings.Join(kept, "")+rows)
}

const glueRows = "ns1.example A 192.0.2.11\nns2.example A 203.0.113.12\n"

func TestProblemsOfTheDelegation(t *testing.T) {
	const ds = "example DS 12345 13 2 0102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F20\n"
	both := "example NS ns1.example\nexample NS ns2.example\n" + glueRows
	for _, tc := range []struct {
		name, rows   string
		zone1, zone2 string
		hook1, hook2 func(string, *mdns.Msg, *mdns.Msg) *mdns.Msg
		codes        string
		side         string // of the first problem
		subject      string
		outcomes     string // of the servers, in order
	}{
		{name: "healthy", rows: both, codes: "", outcomes: "ok ok"},
		{name: "one name", rows: "example NS ns1.example\n" + glueRows, zone1: strings.ReplaceAll(exampleZone, "@ NS ns2\n", ""), codes: "single_ns", side: "client", subject: "example.lab", outcomes: "ok"},
		{name: "parent knows one of two", rows: "example NS ns1.example\n" + glueRows, codes: "ns_mismatch single_ns", side: "parent", subject: "example.lab", outcomes: "ok ok"},
		{name: "servers disagree", rows: both, zone2: exampleZone + "@ NS ns3.other.lab.\n", codes: "ns_mismatch ns_unresolvable", side: "provider", outcomes: "ok ok unresolvable"},
		{name: "refused", rows: both, hook2: rcode(mdns.RcodeRefused, "example.lab"), codes: "ns_lame", side: "provider", subject: "ns2.example.lab 203.0.113.12", outcomes: "ok refused"},
		{name: "servfail", rows: both, hook2: rcode(mdns.RcodeServerFailure, "example.lab"), codes: "ns_lame", side: "provider", outcomes: "ok servfail"},
		{name: "upward referral", rows: both, hook2: upward, codes: "ns_lame", side: "provider", outcomes: "ok lame"},
		{name: "serves the parent only", rows: both, hook2: parentOnly, codes: "ns_lame", side: "provider", outcomes: "ok lame"},
		{name: "from a cache", rows: both, hook2: unauthoritative, codes: "ns_not_authoritative", side: "provider", outcomes: "ok not_authoritative"},
		{name: "silent", rows: both, hook2: silent("example.lab"), codes: "ns_timeout", side: "provider", outcomes: "ok timeout"},
		{name: "nothing listens", rows: "example NS ns1.example\nexample NS ns9.example\nns1.example A 192.0.2.11\nns9.example A 192.0.2.99\n", codes: "glue_mismatch ns_mismatch ns_timeout", outcomes: "ok ok unreachable", side: "parent"},
		{name: "private address", rows: "example NS ns1.example\nexample NS ns2.example\nns1.example A 192.0.2.11\nns2.example A 10.0.0.1\n", codes: "glue_mismatch ns_private_address", outcomes: "ok refused", side: "parent"},
		{name: "no such server name", rows: "example NS ns1.example\nexample NS ns.gone\n" + glueRows, codes: "ns_domain_gone ns_mismatch", outcomes: "unresolvable ok ok", side: "parent", subject: "ns.gone.lab"},
		{name: "no such name in a domain that is there", rows: "example NS ns1.example\nexample NS ns.other\n" + glueRows, codes: "ns_mismatch ns_unresolvable", outcomes: "unresolvable ok ok", side: "parent"},
		{name: "circle of server names", rows: "example NS ns1.example\nexample NS ns.c1\nc1 NS ns.c2\nc2 NS ns.c1\n" + glueRows, codes: "ns_mismatch ns_unresolvable", outcomes: "unresolvable ok ok", side: "parent"},
		{name: "server name is an alias", rows: "example NS ns1.example\nexample NS ns.alias\nns.alias CNAME ns2.example\n" + glueRows, codes: "ns_cname ns_mismatch same_address", side: "provider", subject: "ns.alias.lab", outcomes: "ok ok ok"},
		{name: "two names, one server", rows: "example NS ns1.example\nexample NS ns2.example\nns1.example A 192.0.2.11\nns2.example A 192.0.2.11\n", zone1: strings.ReplaceAll(exampleZone, "203.0.113.12", "192.0.2.11"), codes: "same_address", side: "provider", subject: "192.0.2.11", outcomes: "ok ok"},
		{name: "one network", rows: "example NS ns1.example\nexample NS ns2.example\nns1.example A 192.0.2.11\nns2.example A 192.0.2.13\n", zone1: strings.ReplaceAll(exampleZone, "203.0.113.12", "192.0.2.13"), zone2: strings.ReplaceAll(exampleZone, "203.0.113.12", "192.0.2.13"), codes: "same_network", side: "provider", subject: "example.lab", outcomes: "ok ok"},
		{name: "two networks behind one name each", rows: "example NS ns1.example\nexample NS ns2.example\nns1.example A 192.0.2.11\nns1.example A 203.0.113.12\nns2.example A 192.0.2.13\n", zone1: strings.ReplaceAll(exampleZone, "ns2 A 203.0.113.12", "ns1 A 203.0.113.12\nns2 A 192.0.2.13"), codes: "", outcomes: "ok ok ok"},
		{name: "no glue", rows: "example NS ns1.example\nexample NS ns2.example\nns1.example A 192.0.2.11\n", codes: "glue_missing", side: "parent", subject: "ns2.example.lab", outcomes: "ok ok"},
		{name: "no SOA", rows: both, hook2: nothing("SOA"), codes: "soa_missing", side: "provider", subject: "example.lab", outcomes: "ok ok"},
		{name: "alias at the top", rows: both, zone1: aliasZone, zone2: aliasZone, codes: "cname_at_apex", side: "client", subject: "example.lab", outcomes: "ok ok"},
		{name: "private address at the top", rows: both, zone1: strings.ReplaceAll(exampleZone, "192.0.2.80", "10.1.2.3"), codes: "private_address", side: "client", subject: "example.lab", outcomes: "ok ok"},
		{name: "mail server gone", rows: both, zone1: strings.ReplaceAll(exampleZone, "10 mail", "10 post"), codes: "mx_unresolvable", side: "client", subject: "post.example.lab", outcomes: "ok ok"},
		{name: "mail server without address", rows: both, zone1: strings.ReplaceAll(exampleZone, "10 mail", "10 verify.other.lab."), codes: "mx_unresolvable", side: "client", subject: "verify.other.lab", outcomes: "ok ok"},
		{name: "mail server's domain gone", rows: both, zone1: strings.ReplaceAll(exampleZone, "10 mail", "10 mx.gone.lab."), codes: "mx_domain_gone", side: "client", subject: "mx.gone.lab", outcomes: "ok ok"},
		{name: "no mail wanted", rows: both, zone1: strings.ReplaceAll(exampleZone, "10 mail", "0 ."), codes: "", outcomes: "ok ok"},
		{name: "transfer", rows: both, hook1: transfer, codes: "axfr_open", side: "provider", subject: "ns1.example.lab 192.0.2.11", outcomes: "ok ok"},
		{name: "no TCP", rows: both, hook2: onlyUDP, codes: "ns_no_tcp", side: "provider", subject: "ns2.example.lab 203.0.113.12", outcomes: "ok ok"},
		{name: "no EDNS", rows: both, hook1: noEDNS, codes: "edns_broken", side: "provider", subject: "ns1.example.lab 192.0.2.11", outcomes: "ok ok"},
		{name: "neither EDNS nor TCP", rows: both, hook1: noEDNSOnlyUDP, codes: "edns_broken ns_no_tcp", side: "provider", subject: "ns1.example.lab 192.0.2.11", outcomes: "ok ok"},
		{name: "serials", rows: both, zone2: strings.ReplaceAll(exampleZone, "h 7", "h 8"), codes: "serial_drift", side: "provider", outcomes: "ok ok"},
		{name: "stale glue", rows: both, zone1: strings.ReplaceAll(exampleZone, "ns2 A 203.0.113.12", "ns2 A 192.0.2.13"), codes: "glue_mismatch", side: "parent", subject: "ns2.example.lab", outcomes: "ok ok"},
		{name: "DS without keys", rows: both + ds, codes: "ds_without_dnskey", side: "parent", subject: "example.lab", outcomes: "ok ok"},
		{name: "all lame", rows: both, hook1: rcode(mdns.RcodeRefused, "example.lab"), hook2: rcode(mdns.RcodeRefused, "example.lab"), codes: "all_servers_failing ns_lame ns_lame", side: "parent", subject: "example.lab", outcomes: "refused refused"},
		{name: "all silent", rows: both, hook1: silent("example.lab"), hook2: silent("example.lab"), codes: "all_servers_failing ns_timeout ns_timeout", side: "provider", outcomes: "timeout timeout"},
		{name: "not delegated", rows: "example TXT \"parked at the registry\"\n", codes: "no_delegation", side: "parent", subject: "example.lab"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if tc.zone1 == "" {
				tc.zone1 = exampleZone
			}
			if tc.zone2 == "" {
				tc.zone2 = exampleZone
			}
			w := newWorld(t, "", tc.zone1, tc.zone2)
			delegated(t, w, tc.rows)
			w.addrs[netip.MustParseAddr("192.0.2.13")] = w.addrs[netip.MustParseAddr("203.0.113.12")]
			w.addrs[netip.MustParseAddr("192.0.2.99")] = netip.MustParseAddrPort("127.0.0.1:9")
			w.ns1.behave(tc.hook1)
			w.ns2.behave(tc.hook2)
			l := w.look(w.prober(func(o *dns.Options) { o.Timeout, o.Retries = 250*time.Millisecond, -1 }))
			if l.Outcome != models.OutcomeOK || codes(l) != tc.codes {
				t.Fatalf("outcome %s, problems %q, want ok and %q\n%+v\n%s", l.Outcome, codes(l), tc.codes, l.Problems, l.Evidence)
			}
			var outcomes []string
			for _, s := range l.Servers {
				outcomes = append(outcomes, s.Outcome)
			}
			if got := strings.Join(outcomes, " "); got != tc.outcomes {
				t.Errorf("servers %q, want %q\n%s", got, tc.outcomes, l.Evidence)
			}
			if tc.codes == "" {
				return
			}
			p := l.Problems[0]
			if p.Side != tc.side || tc.subject != "" && p.Subject != tc.subject || !strings.HasSuffix(p.Detail, ".") {
				t.Errorf("problem %+v, want side %q subject %q and a sentence", p, tc.side, tc.subject)
			}
		})
	}
}

// aliasZone is the example with an alias at its top, as a careless server serves it.
var aliasZone = strings.NewReplacer("@ A 192.0.2.80", "@ CNAME shop.other.lab.", "@ MX 10 mail\n", "", "@ TXT", "t TXT").Replace(exampleZone)

// nothing answers a type with NODATA.
func nothing(rtype string) func(string, *mdns.Msg, *mdns.Msg) *mdns.Msg {
	return func(_ string, q, a *mdns.Msg) *mdns.Msg {
		if q.Question[0].Qtype == mdns.StringToType[rtype] {
			a.Answer = nil
		}
		return a
	}
}

// transfer gives the zone to anybody, the SOA in a message of its own.
func transfer(network string, q, a *mdns.Msg) *mdns.Msg {
	if q.Question[0].Qtype != mdns.TypeAXFR {
		return a
	}
	if network != "tcp" {
		return new(mdns.Msg).SetRcode(q, mdns.RcodeRefused)
	}
	a = new(mdns.Msg).SetReply(q)
	a.Answer = []mdns.RR{rr("example.lab. 300 IN SOA ns1.example.lab. h.example.lab. 7 60 60 60 120")}
	return a
}

func onlyUDP(network string, _, a *mdns.Msg) *mdns.Msg {
	if network == "tcp" {
		return nil
	}
	return a
}

func noEDNS(_ string, q, a *mdns.Msg) *mdns.Msg {
	if q.IsEdns0() != nil {
		return new(mdns.Msg).SetRcode(q, mdns.RcodeFormatError)
	}
	return a
}

func noEDNSOnlyUDP(network string, q, a *mdns.Msg) *mdns.Msg {
	return onlyUDP(network, q, noEDNS(network, q, a))
}

func upward(_ string, q, _ *mdns.Msg) *mdns.Msg {
	a := new(mdns.Msg).SetReply(q)
	a.Ns = []mdns.RR{rr(". 300 IN NS a.root.")}
	return a
}

func parentOnly(_ string, q, _ *mdns.Msg) *mdns.Msg {
	a := new(mdns.Msg).SetRcode(q, mdns.RcodeNameError)
	a.Authoritative = true
	a.Ns = []mdns.RR{rr("lab. 300 IN SOA ns.nic.lab. h.nic.lab. 1 1 1 1 1")}
	return a
}

func unauthoritative(_ string, _, a *mdns.Msg) *mdns.Msg {
	a = a.Copy()
	a.Authoritative, a.RecursionAvailable = false, true
	return a
}

// On a test network servers stand on loopback, and documentation addresses stand for the internet's. An address inside a private network is
// wrong in a public record even there.
func TestPrivateAddressesOnATestNetwork(t *testing.T) {
	for address, want := range map[string]string{
		"10.1.2.3": "private_address", "192.168.7.7": "private_address", "100.64.1.1": "private_address", "169.254.1.1": "private_address",
		"192.0.2.80": "", "127.0.0.1": "", "8.8.4.4": "",
	} {
		zone := strings.ReplaceAll(exampleZone, "192.0.2.80", address)
		w := newWorld(t, "", zone, zone)
		if l := w.look(w.prober(func(o *dns.Options) { o.AllowPrivate = true })); codes(l) != want {
			t.Errorf("%s: %q, want %q", address, codes(l), want)
		}
	}
}

func rr(text string) mdns.RR {
	r, err := mdns.NewRR(text)
	if err != nil {
		panic(err)
	}
	return r
}

// TestOutcomes tells what the parent said from not having learnt what it says.
func TestOutcomes(t *testing.T) {
	record := want("www.example.lab", "A", models.MatchExact, "192.0.2.1")
	for _, tc := range []struct {
		name, why string
		stage     func(*world)
		outcome   models.Outcome
		codes     string
		state     models.RecordState
	}{
		{"absent", "the parent says NXDOMAIN with authority", func(w *world) { delegated(w.t, w, "") }, models.OutcomeAbsent, "no_delegation", models.RecordDelegationBroken},
		{"no authority", "an NXDOMAIN from a cache states nothing", func(w *world) {
			delegated(w.t, w, "")
			w.tld.behave(unauthoritative)
		}, models.OutcomeUnreachable, "", models.RecordUnknown},
		{"unsupported", "the root does not know the suffix", func(w *world) {
			w.root.load(w.t, ".", "@ SOA a.root. h.root. 1 60 60 60 60\n@ NS a.root.\n")
		}, models.OutcomeUnsupported, "", models.RecordUnknown},
		{"parent silent", "no answer in time", func(w *world) { w.tld.behave(silent("")) }, models.OutcomeTimeout, "", models.RecordUnknown},
		{"parent refuses", "told that we may not ask", func(w *world) { w.tld.behave(rcode(mdns.RcodeRefused, "")) }, models.OutcomeRefused, "", models.RecordUnknown},
		{"parent broken", "bytes that are no answer", func(w *world) { w.tld.behave(rcode(mdns.RcodeFormatError, "")) }, models.OutcomeUnparsed, "", models.RecordUnknown},
		{"parent not dialled", "an address that we may not dial", func(w *world) {
			delete(w.addrs, netip.MustParseAddr("192.0.2.2"))
			w.refuse = dns.Private
		}, models.OutcomeRefused, "", models.RecordUnknown},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t, "", exampleZone, exampleZone)
			tc.stage(w)
			l := w.look(w.prober(func(o *dns.Options) { o.Timeout, o.Retries = 250*time.Millisecond, -1 }), record)
			if l.Outcome != tc.outcome || codes(l) != tc.codes || l.Records[0].State != tc.state || l.Detail == "" {
				t.Errorf("%s: outcome %s (%s), problems %q, record %s; want %s %q %s\n%s", tc.why, l.Outcome, l.Detail, codes(l), l.Records[0].State, tc.outcome, tc.codes, tc.state, l.Evidence)
			}
			if tc.outcome == models.OutcomeAbsent && l.NegativeTTL != 300*time.Second {
				t.Errorf("negative TTL %v, want the smaller of SOA TTL and minimum, 5m", l.NegativeTTL)
			}
		})
	}
}

// A stale server of the parent must not make a domain look gone.
func TestOneParentServerThatKnowsTheDelegationWins(t *testing.T) {
	for range 8 { // the order of servers is random
		n := newNetwork(t)
		w := &world{network: n}
		w.root = n.host("192.0.2.1", ".", rootZone+"\nlab. NS ns2.nic.lab.\nns2.nic.lab. A 192.0.2.3\n")
		w.tld = n.host("192.0.2.2", "lab.", tldZone)
		n.host("192.0.2.3", "lab.", "@ SOA ns.nic h.nic 1 60 60 60 60\n@ NS ns.nic\n")
		w.ns1 = n.host("192.0.2.11", "example.lab.", exampleZone)
		w.ns2 = n.host("203.0.113.12", "example.lab.", exampleZone)
		if l := w.look(w.prober()); l.Outcome != models.OutcomeOK {
			t.Fatalf("outcome %s: %s\n%s", l.Outcome, l.Detail, l.Evidence)
		}
	}
}

// Nor must it make the domain of a name server look free to register.
func TestOneParentServerThatKnowsTheServersDomainWins(t *testing.T) {
	for range 6 { // the order of servers is random
		n := newNetwork(t)
		w := &world{network: n}
		w.root = n.host("192.0.2.1", ".", rootZone+"\nlab. NS ns2.nic.lab.\nns2.nic.lab. A 192.0.2.3\n")
		rows := tldZone + "example NS ns.gone\n"
		w.tld = n.host("192.0.2.2", "lab.", rows)
		n.host("192.0.2.3", "lab.", rows+"gone NS ns1.example\n")
		w.ns1 = n.host("192.0.2.11", "example.lab.", exampleZone+"@ NS ns.gone.lab.\n")
		w.ns2 = n.host("203.0.113.12", "example.lab.", exampleZone+"@ NS ns.gone.lab.\n")
		if l := w.look(w.prober()); strings.Contains(codes(l), "ns_domain_gone") || l.Outcome != models.OutcomeOK {
			t.Fatalf("outcome %s, problems %q\n%s", l.Outcome, codes(l), l.Evidence)
		}
	}
}
