package lab_test

import (
	"net"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/miekg/dns"

	"github.com/krestmarketing/deedwatch/lab"
)

// values writes the records of a section without owner and TTL.
func values(rrs []dns.RR) []string {
	out := []string{}
	for _, rr := range rrs {
		if rr.Header().Rrtype == dns.TypeOPT || rr.Header().Rrtype == dns.TypeSOA {
			continue
		}
		fields := strings.SplitN(rr.String(), "\t", 5)
		out = append(out, fields[0]+" "+fields[3]+" "+fields[4])
	}
	return out
}

func TestReferralsFromTheRoot(t *testing.T) {
	l, _ := startLab(t, smallWorld())
	root := l.Endpoints().RootHints[0]

	r := ask(t, l, root, "www.bakery.lab", dns.TypeA)
	if r.Authoritative || len(r.Answer) != 0 {
		t.Errorf("the root answers itself: %v", r)
	}
	if diff := cmp.Diff([]string{"lab. NS a.nic.lab.", "lab. NS b.nic.lab."}, values(r.Ns)); diff != "" {
		t.Error("root referral", diff)
	}
	glue := r.Extra[0].(*dns.A).A.String()

	r = ask(t, l, glue, "www.bakery.lab", dns.TypeA)
	if diff := cmp.Diff([]string{"bakery.lab. NS ns1.labdns.lab.", "bakery.lab. NS ns2.labdns.lab."}, values(r.Ns)); diff != "" {
		t.Error("referral with sibling glue", diff)
	}
	if len(values(r.Extra)) != 2 {
		t.Errorf("glue = %v, want two addresses", values(r.Extra))
	}
	at := r.Extra[0].(*dns.A).A.String()
	if at != l.ServerAddress("ns1.labdns.lab") {
		t.Errorf("glue %s is not the server's address", at)
	}

	r = ask(t, l, at, "www.bakery.lab", dns.TypeA)
	if !r.Authoritative || !cmp.Equal(values(r.Answer), []string{"www.bakery.lab. CNAME landing.agency.lab."}) {
		t.Errorf("authoritative answer = %v", r)
	}

	out := ask(t, l, l.ServerAddress("a.nic.shoplab"), "bakery.shoplab", dns.TypeA)
	if len(values(out.Ns)) != 2 || len(values(out.Extra)) != 0 {
		t.Errorf("servers out of bailiwick come without glue, got %v", out)
	}
}

func TestAuthoritativeAnswers(t *testing.T) {
	l, _ := startLab(t, smallWorld())
	ns := l.ServerAddress("ns1.labdns.lab")
	tests := []struct {
		why, name string
		qtype     uint16
		rcode     int
		answer    []string
		soa       bool
	}{
		{"apex address", "bakery.lab", dns.TypeA, dns.RcodeSuccess, []string{"bakery.lab. A 192.0.2.10"}, false},
		{"TXT is quoted and escaped", "bakery.lab", dns.TypeTXT, dns.RcodeSuccess, []string{`bakery.lab. TXT "verification=\"a; b\\c\""`}, false},
		{"chain inside the zone", "alias.bakery.lab", dns.TypeA, dns.RcodeSuccess, []string{"alias.bakery.lab. CNAME bakery.lab.", "bakery.lab. A 192.0.2.10"}, false},
		{"the alias itself", "alias.bakery.lab", dns.TypeCNAME, dns.RcodeSuccess, []string{"alias.bakery.lab. CNAME bakery.lab."}, false},
		{"wildcard", "x.y.wild.bakery.lab", dns.TypeTXT, dns.RcodeSuccess, []string{`x.y.wild.bakery.lab. TXT "star"`}, false},
		{"wildcard without the type", "x.wild.bakery.lab", dns.TypeA, dns.RcodeSuccess, []string{}, true},
		{"empty non-terminal", "below.bakery.lab", dns.TypeA, dns.RcodeSuccess, []string{}, true},
		{"no such type", "bakery.lab", dns.TypeMX, dns.RcodeSuccess, []string{}, true},
		{"no such name", "nothing.bakery.lab", dns.TypeA, dns.RcodeNameError, []string{}, true},
		{"own NS set", "bakery.lab", dns.TypeNS, dns.RcodeSuccess, []string{"bakery.lab. NS ns1.labdns.lab.", "bakery.lab. NS ns2.labdns.lab."}, false},
		{"the server's own address", "ns1.labdns.lab", dns.TypeA, dns.RcodeSuccess, []string{"ns1.labdns.lab. A " + ns}, false},
		{"a zone it does not have", "elsewhere.example", dns.TypeA, dns.RcodeRefused, []string{}, false},
	}
	for _, tt := range tests {
		t.Run(tt.why, func(t *testing.T) {
			r := ask(t, l, ns, tt.name, tt.qtype)
			if r.Rcode != tt.rcode {
				t.Errorf("rcode %s", dns.RcodeToString[r.Rcode])
			}
			if diff := cmp.Diff(tt.answer, values(r.Answer)); diff != "" {
				t.Error(diff)
			}
			soa := slices.ContainsFunc(r.Ns, func(rr dns.RR) bool { return rr.Header().Rrtype == dns.TypeSOA })
			if soa != tt.soa {
				t.Errorf("SOA in authority: %v, want %v", soa, tt.soa)
			}
		})
	}
}

func TestQuestionKeepsItsCase(t *testing.T) {
	l, _ := startLab(t, smallWorld())
	r := ask(t, l, l.ServerAddress("ns1.labdns.lab"), "BaKeRy.lAb", dns.TypeA)
	if r.Question[0].Name != "BaKeRy.lAb." || r.Answer[0].Header().Name != "BaKeRy.lAb." {
		t.Errorf("question %q, answer %q", r.Question[0].Name, r.Answer[0].Header().Name)
	}
	if r.IsEdns0() == nil {
		t.Error("a query with EDNS is answered with EDNS")
	}
}

func TestDelegationData(t *testing.T) {
	w := smallWorld()
	w.Servers = []lab.Server{{Name: "ns1.shop.lab"}, {Name: "ns2.shop.lab"}, {Name: "ns.agency.lab", Address: "127.77.9.9"}}
	w.Domains = append(w.Domains,
		lab.Domain{
			Name: "shop.lab", Expires: start.AddDate(1, 0, 0), NameServers: []string{"ns1.shop.lab", "ns2.shop.lab"}, MissingGlue: true,
			ChildNS: []string{"ns1.shop.lab"}, DS: []string{"12345 13 2 " + strings.Repeat("ab", 32)},
			Records: []lab.Record{{Host: "go", Type: "NS", Value: "ns.agency.lab"}},
		},
		lab.Domain{Name: "lame.lab", Expires: start.AddDate(1, 0, 0), NameServers: []string{"ns1.shop.lab", "ns2.shop.lab"}, ServedBy: []string{"ns1.shop.lab"}},
		lab.Domain{Name: "parked.lab", Expires: start.AddDate(1, 0, 0), NameServers: []string{}},
	)
	w.Zones = []lab.Zone{{Name: "go.shop.lab", Servers: []string{"ns.agency.lab"}, Records: []lab.Record{{Type: "A", Value: "192.0.2.77"}}}}
	l, _ := startLab(t, w)
	parent := l.ServerAddress("a.nic.lab")
	ns1, ns2 := l.ServerAddress("ns1.shop.lab"), l.ServerAddress("ns2.shop.lab")

	if r := ask(t, l, parent, "shop.lab", dns.TypeNS); len(values(r.Extra)) != 0 || len(values(r.Ns)) != 3 {
		t.Errorf("NS and DS without glue expected: %v", r)
	}
	if r := ask(t, l, parent, "shop.lab", dns.TypeDS); !r.Authoritative || len(r.Answer) != 1 {
		t.Errorf("the parent answers DS itself: %v", r)
	}
	if r := ask(t, l, ns1, "shop.lab", dns.TypeNS); len(r.Answer) != 1 {
		t.Errorf("the child's own NS set differs from the parent's: %v", values(r.Answer))
	}
	if r := ask(t, l, ns2, "lame.lab", dns.TypeA); r.Rcode != dns.RcodeRefused {
		t.Errorf("a lame server refuses, got %s", dns.RcodeToString[r.Rcode])
	}
	if r := ask(t, l, parent, "parked.lab", dns.TypeNS); r.Rcode != dns.RcodeNameError {
		t.Errorf("a domain without delegation does not exist in DNS, got %s", dns.RcodeToString[r.Rcode])
	}
	if r := ask(t, l, ns1, "go.shop.lab", dns.TypeA); r.Authoritative || !cmp.Equal(values(r.Ns), []string{"go.shop.lab. NS ns.agency.lab."}) {
		t.Errorf("referral to the delegated subdomain expected: %v", r)
	}
	if r := ask(t, l, "127.77.9.9", "go.shop.lab", dns.TypeA); !r.Authoritative || len(r.Answer) != 1 {
		t.Errorf("subdomain: %v", r)
	}
}

func TestServerBehaviours(t *testing.T) {
	w := smallWorld()
	l, _ := startLab(t, w)
	const ns = "ns1.labdns.lab"
	at := l.ServerAddress(ns)
	tests := []struct {
		behaviour lab.Behaviour
		check     func(t *testing.T)
	}{
		{lab.Behaviour{Mode: lab.ModeRefused}, rcode(l, at, dns.RcodeRefused)},
		{lab.Behaviour{Mode: lab.ModeServFail}, rcode(l, at, dns.RcodeServerFailure)},
		{lab.Behaviour{Mode: lab.ModeFormErrEDNS}, func(t *testing.T) {
			t.Helper()
			rcode(l, at, dns.RcodeFormatError)(t)
			r, err := query(t, l, "udp", at, "bakery.lab", dns.TypeA, false)
			must(t, err)
			if r.Rcode != dns.RcodeSuccess || len(r.Answer) != 1 {
				t.Errorf("without EDNS it answers: %v", r)
			}
		}},
		{lab.Behaviour{Mode: lab.ModeSilent}, answers(l, at, false, false)},
		{lab.Behaviour{Mode: lab.ModeUDPOnly}, answers(l, at, true, false)},
		{lab.Behaviour{Mode: lab.ModeTCPOnly}, answers(l, at, false, true)},
		{lab.Behaviour{Mode: lab.ModeTruncate}, func(t *testing.T) {
			t.Helper()
			r := ask(t, l, at, "bakery.lab", dns.TypeA)
			full, err := query(t, l, "tcp", at, "bakery.lab", dns.TypeA, true)
			must(t, err)
			if !r.Truncated || len(r.Answer) != 0 || full.Truncated || len(full.Answer) != 1 {
				t.Errorf("UDP %v, TCP %v", r, full)
			}
		}},
		{lab.Behaviour{Mode: lab.ModeNotAuthoritative}, func(t *testing.T) {
			t.Helper()
			if r := ask(t, l, at, "bakery.lab", dns.TypeA); r.Authoritative || len(r.Answer) != 1 {
				t.Errorf("%v", r)
			}
		}},
		{lab.Behaviour{Mode: lab.ModeOtherName}, func(t *testing.T) {
			t.Helper()
			r, err := query(t, l, "tcp", at, "bakery.lab", dns.TypeA, true)
			if err == nil && r.Question[0].Name == "bakery.lab." {
				t.Errorf("answers the question: %v", r)
			}
		}},
		{lab.Behaviour{Delay: 120 * time.Millisecond}, func(t *testing.T) {
			t.Helper()
			before := time.Now()
			ask(t, l, at, "bakery.lab", dns.TypeA)
			if took := time.Since(before); took < 120*time.Millisecond {
				t.Errorf("answered after %s", took)
			}
		}},
		{lab.Behaviour{SerialOffset: -7}, func(t *testing.T) {
			t.Helper()
			mine := ask(t, l, at, "bakery.lab", dns.TypeSOA).Answer[0].(*dns.SOA).Serial
			others := ask(t, l, l.ServerAddress("ns2.labdns.lab"), "bakery.lab", dns.TypeSOA).Answer[0].(*dns.SOA).Serial
			if others-mine != 7 {
				t.Errorf("serials %d and %d", mine, others)
			}
		}},
		{lab.Behaviour{
			Override: []lab.Record{{Host: "bakery.lab", Type: "A", Value: "192.0.2.66"}},
			Missing:  []lab.Record{{Host: "alias.bakery.lab", Type: "CNAME"}},
		}, func(t *testing.T) {
			t.Helper()
			if got := values(ask(t, l, at, "bakery.lab", dns.TypeA).Answer); !cmp.Equal(got, []string{"bakery.lab. A 192.0.2.66"}) {
				t.Errorf("override: %v", got)
			}
			if r := ask(t, l, at, "alias.bakery.lab", dns.TypeA); len(r.Answer) != 0 || len(r.Ns) != 1 {
				t.Errorf("missing: %v", r)
			}
			if got := values(ask(t, l, l.ServerAddress("ns2.labdns.lab"), "bakery.lab", dns.TypeA).Answer); !cmp.Equal(got, []string{"bakery.lab. A 192.0.2.10"}) {
				t.Errorf("the other server: %v", got)
			}
		}},
	}
	for _, tt := range tests {
		t.Run(string(tt.behaviour.Mode)+" "+tt.behaviour.Delay.String(), func(t *testing.T) {
			must(t, l.SetServerBehaviour(ns, tt.behaviour))
			tt.check(t)
		})
	}
	if err := l.SetServerBehaviour("nobody.lab", lab.Behaviour{}); err == nil {
		t.Error("an unknown server is an error")
	}
}

func rcode(l *lab.Lab, at string, want int) func(t *testing.T) {
	return func(t *testing.T) {
		t.Helper()
		if r := ask(t, l, at, "bakery.lab", dns.TypeA); r.Rcode != want || len(r.Answer) != 0 {
			t.Errorf("got %v", r)
		}
	}
}

func answers(l *lab.Lab, at string, udp, tcp bool) func(t *testing.T) {
	return func(t *testing.T) {
		t.Helper()
		for network, want := range map[string]bool{"udp": udp, "tcp": tcp} {
			patience := 5 * time.Second
			if !want {
				patience = 300 * time.Millisecond
			}
			_, err := queryWithin(t, l, network, at, "bakery.lab", dns.TypeA, true, patience)
			if (err == nil) != want {
				t.Errorf("%s: err %v, want an answer: %v", network, err, want)
			}
		}
	}
}

func TestZoneTransfer(t *testing.T) {
	l, _ := startLab(t, smallWorld())
	at := net.JoinHostPort(l.ServerAddress("ns1.labdns.lab"), strconv.Itoa(l.Endpoints().DNSPort))
	transfer := func() (n int, err error) {
		channel, err := new(dns.Transfer).In(new(dns.Msg).SetAxfr("bakery.lab."), at)
		if err != nil {
			return 0, err
		}
		for e := range channel {
			n += len(e.RR)
			err = e.Error
		}
		return n, err
	}
	if n, err := transfer(); err == nil {
		t.Errorf("transfer of %d records without leave", n)
	}
	must(t, l.SetServerBehaviour("ns1.labdns.lab", lab.Behaviour{AllowTransfer: true}))
	if n, err := transfer(); err != nil || n != 10 {
		t.Errorf("transfer: %d records, %v", n, err)
	}
}

func TestRecordsChangeWhileServing(t *testing.T) {
	l, _ := startLab(t, smallWorld())
	at := l.ServerAddress("ns1.labdns.lab")
	serial := func() uint32 { return ask(t, l, at, "bakery.lab", dns.TypeSOA).Answer[0].(*dns.SOA).Serial }
	before := serial()
	must(t, l.SetRecord("bakery.lab", "www", "A", "192.0.2.1", "192.0.2.2"))
	must(t, l.RemoveRecord("bakery.lab", "www", "CNAME"))
	if got := values(ask(t, l, at, "www.bakery.lab", dns.TypeA).Answer); len(got) != 2 {
		t.Errorf("%v", got)
	}
	if serial() <= before {
		t.Error("the serial did not rise")
	}
	if err := l.SetRecord("bakery.lab", "www", "A", "not an address"); err == nil {
		t.Error("a record that does not parse is refused")
	}
	if got := values(ask(t, l, at, "www.bakery.lab", dns.TypeA).Answer); len(got) != 2 {
		t.Errorf("after the refused change: %v", got)
	}
	must(t, l.SetChildNS("bakery.lab", "ns9.elsewhere.example"))
	if got := values(ask(t, l, at, "bakery.lab", dns.TypeNS).Answer); !cmp.Equal(got, []string{"bakery.lab. NS ns9.elsewhere.example."}) {
		t.Errorf("%v", got)
	}

	taken, err := l.BreakRecord("bakery.lab")
	must(t, err)
	if taken.Host != "www" || !l.Broken("bakery.lab") {
		t.Errorf("took %v", taken)
	}
	if r := ask(t, l, at, "www.bakery.lab", dns.TypeA); r.Rcode != dns.RcodeNameError {
		t.Errorf("broken: %v", r)
	}
	must(t, l.RepairRecord("bakery.lab"))
	if got := values(ask(t, l, at, "www.bakery.lab", dns.TypeA).Answer); len(got) != 2 {
		t.Errorf("repaired: %v", got)
	}
}

func TestLargeAnswerIsTruncatedForRealOverUDP(t *testing.T) {
	l, _ := startLab(t, smallWorld())
	must(t, l.SetRecord("bakery.lab", "big", "TXT", strings.Repeat("k", 2000)))
	r := ask(t, l, l.ServerAddress("ns1.labdns.lab"), "big.bakery.lab", dns.TypeTXT)
	full, err := query(t, l, "tcp", l.ServerAddress("ns1.labdns.lab"), "big.bakery.lab", dns.TypeTXT, true)
	must(t, err)
	if !r.Truncated || len(full.Answer) != 1 {
		t.Errorf("UDP %v TCP %v", r, full)
	}
	if got := strings.Join(full.Answer[0].(*dns.TXT).Txt, ""); len(got) != 2000 {
		t.Errorf("joined text has %d octets", len(got))
	}
}

func TestAServerMayMisbehaveForSomeZonesOnly(t *testing.T) {
	w := smallWorld()
	w.Zones = []lab.Zone{{Name: "app.bakery.lab", Servers: []string{"ns1.labdns.lab", "ns2.labdns.lab"}, ServedBy: []string{"ns2.labdns.lab"}}}
	l, _ := startLab(t, w)
	at := l.ServerAddress("ns1.labdns.lab")
	must(t, l.SetServerBehaviour(at, lab.Behaviour{Mode: lab.ModeServFail, Zones: []string{"bakery.lab"}}))
	for name, want := range map[string]int{"bakery.lab": dns.RcodeServerFailure, "WWW.bakery.lab": dns.RcodeServerFailure, "labdns.lab": dns.RcodeSuccess} {
		if r := ask(t, l, at, name, dns.TypeSOA); r.Rcode != want {
			t.Errorf("%s: rcode %d, want %d", name, r.Rcode, want)
		}
	}
	if r := ask(t, l, l.ServerAddress("ns2.labdns.lab"), "app.bakery.lab", dns.TypeNS); len(r.Answer) != 2 {
		t.Errorf("a zone on one of its servers: %v", r)
	}
	must(t, l.SetServerBehaviour(at, lab.Behaviour{}))
	if r := ask(t, l, at, "app.bakery.lab", dns.TypeSOA); r.Authoritative && len(r.Answer) > 0 {
		t.Errorf("a server that has not got it: %v", r)
	}
}
