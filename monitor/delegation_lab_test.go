package monitor_test

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/krestmarketing/deedwatch/lab"
	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/monitor"
	"github.com/krestmarketing/deedwatch/monitor/dns"
	"github.com/krestmarketing/deedwatch/monitor/guard"
)

const (
	labNS1, labNS2 = "ns1.labdns.lab", "ns2.labdns.lab"
	spoiltNS       = "ns1.spoilt.lab"
)

// labCase is one domain in one world, with what it comes to.
type labCase struct {
	code string // of the finding that it turns red, or must leave green
	why  string
	red  string // the side that is wrong; empty: the code must not be stated
	also string // further codes that follow from it
	d    lab.Domain
	b    lab.Behaviour // of ns1.spoilt.lab, which half of the domains use
	more []lab.Domain
	zone []lab.Zone
}

// spoilt is a domain with one good server and the one that behaves as the case says.
func spoilt() lab.Domain { return lab.Domain{NameServers: []string{labNS1, spoiltNS}} }

func ownServers() lab.Domain {
	return lab.Domain{NameServers: []string{"ns1.case.lab", labNS1}, ServedBy: []string{"ns1.case.lab", labNS1}}
}

func labCases() []labCase {
	alias := lab.Domain{Name: "alias.lab", Records: []lab.Record{{Host: "ns", Type: "CNAME", Value: labNS2}, {Host: "ns2", Type: "A", Value: "127.77.9.9"}}}
	mode := func(m lab.Mode) lab.Behaviour { return lab.Behaviour{Mode: m} }
	mail := func(target string) lab.Domain {
		return lab.Domain{Records: []lab.Record{{Type: "MX", Value: "10 " + target}, {Host: "mail", Type: "A", Value: "203.0.113.25"}}}
	}
	address := func(value string) lab.Domain {
		return lab.Domain{Records: []lab.Record{{Type: "A", Value: value}, {Host: "www", Type: "A", Value: value}}}
	}
	signed := func(s lab.Signing) lab.Domain { return lab.Domain{Signing: &s} }
	return []labCase{
		{code: "no_delegation", why: "no name servers at the registry", red: "parent", d: lab.Domain{NameServers: []string{}}},
		{code: "no_delegation", why: "delegated", d: lab.Domain{}},
		{code: "all_servers_failing", why: "the servers do not have the zone", red: "parent", also: "ns_lame", d: lab.Domain{ServedBy: []string{}}},
		{code: "all_servers_failing", why: "one of two has it", also: "ns_lame", d: lab.Domain{ServedBy: []string{labNS1}}},
		{code: "ns_lame", why: "the second server does not have the zone", red: "provider", d: lab.Domain{ServedBy: []string{labNS1}}},
		{code: "ns_lame", why: "refuses everything", red: "provider", d: spoilt(), b: mode(lab.ModeRefused)},
		{code: "ns_lame", why: "answers SERVFAIL", red: "provider", d: spoilt(), b: mode(lab.ModeServFail)},
		{code: "ns_lame", why: "slow, but right", d: spoilt(), b: lab.Behaviour{Delay: 50 * time.Millisecond}},
		{code: "ns_not_authoritative", why: "the right data without authority", red: "provider", d: spoilt(), b: mode(lab.ModeNotAuthoritative)},
		{code: "ns_not_authoritative", why: "with authority", d: spoilt()},
		{code: "ns_timeout", why: "silent", red: "provider", d: spoilt(), b: mode(lab.ModeSilent)},
		{code: "ns_timeout", why: "truncates every answer, and gives it over TCP", d: spoilt(), b: mode(lab.ModeTruncate)},
		{code: "ns_no_tcp", why: "closes TCP connections", red: "provider", d: spoilt(), b: mode(lab.ModeUDPOnly)},
		{code: "ns_no_tcp", why: "silent altogether is told as such", also: "ns_timeout", d: spoilt(), b: mode(lab.ModeSilent)},
		{code: "edns_broken", why: "FORMERR to EDNS", red: "provider", d: spoilt(), b: mode(lab.ModeFormErrEDNS)},
		{code: "edns_broken", why: "speaks it", d: spoilt()},
		{code: "axfr_open", why: "gives the zone away", red: "provider", d: spoilt(), b: lab.Behaviour{AllowTransfer: true}},
		{code: "axfr_open", why: "refuses", d: spoilt()},
		{code: "serial_drift", why: "an old copy", red: "provider", d: spoilt(), b: lab.Behaviour{SerialOffset: -1}},
		{code: "serial_drift", why: "the same copy", d: spoilt()},
		{code: "soa_missing", why: "one server has lost it", red: "provider", d: spoilt(), b: lab.Behaviour{Missing: []lab.Record{{Host: "case.lab", Type: "SOA"}}}},
		{code: "soa_missing", why: "another record is lost", d: spoilt(), b: lab.Behaviour{Missing: []lab.Record{{Host: "case.lab", Type: "TXT"}}}},
		{code: "ns_mismatch", why: "the zone names a third server", red: "parent", d: lab.Domain{ChildNS: []string{labNS1, labNS2, spoiltNS}}},
		{code: "ns_mismatch", why: "one server's copy names other servers", red: "provider", d: spoilt(), b: lab.Behaviour{Override: []lab.Record{{Host: "case.lab", Type: "NS", Value: labNS1}}}},
		{code: "ns_mismatch", why: "the order does not matter", d: lab.Domain{NameServers: []string{labNS2, labNS1}, ChildNS: []string{labNS1, labNS2}}},
		{code: "single_ns", why: "one server", red: "client", d: lab.Domain{NameServers: []string{labNS1}}},
		{code: "single_ns", why: "two servers", d: lab.Domain{}},
		{code: "same_address", why: "two names of one machine", red: "provider", d: lab.Domain{NameServers: []string{spoiltNS, "ns2.spoilt.lab"}}},
		{code: "same_address", why: "two machines", d: lab.Domain{}},
		{code: "ns_cname", why: "a server name that is an alias elsewhere", red: "provider", also: "same_address", more: []lab.Domain{alias}, d: lab.Domain{
			NameServers: []string{labNS1, labNS2, "ns.alias.lab"}, ServedBy: []string{labNS1, labNS2},
		}},
		{code: "ns_cname", why: "an alias beside it", more: []lab.Domain{alias}, d: lab.Domain{}},
		{code: "ns_unresolvable", why: "no such name in a domain that is there", red: "parent", d: lab.Domain{NameServers: []string{labNS1, labNS2, "ns9.labdns.lab"}}},
		{code: "ns_unresolvable", why: "no such name, by the zone only", red: "client", also: "ns_mismatch", d: lab.Domain{ChildNS: []string{labNS1, labNS2, "ns9.labdns.lab"}}},
		{code: "ns_unresolvable", why: "a domain that is not there is told as such", also: "ns_domain_gone", d: lab.Domain{NameServers: []string{labNS1, labNS2, "ns1.free.lab"}}},
		{code: "ns_domain_gone", why: "the server's domain is not registered", red: "parent", d: lab.Domain{NameServers: []string{labNS1, labNS2, "ns1.free.lab"}}},
		{code: "ns_domain_gone", why: "named by the zone only", red: "client", also: "ns_mismatch", d: lab.Domain{ChildNS: []string{labNS1, labNS2, "ns1.free.lab"}}},
		{code: "ns_domain_gone", why: "the domain is there, the host is not", also: "ns_unresolvable", d: lab.Domain{NameServers: []string{labNS1, labNS2, "ns9.labdns.lab"}}},
		{code: "ns_private_address", why: "an address of a home network", red: "parent", also: "glue_mismatch", d: func() lab.Domain {
			d := ownServers()
			d.Glue = map[string]string{"ns1.case.lab": "192.168.1.2"}
			return d
		}()},
		{code: "ns_private_address", why: "an address that may be dialled", d: ownServers()},
		{code: "glue_missing", why: "a server in the domain itself", red: "parent", d: func() lab.Domain {
			d := ownServers()
			d.MissingGlue = true
			return d
		}()},
		{code: "glue_missing", why: "servers elsewhere need none", d: lab.Domain{MissingGlue: true}},
		{code: "glue_mismatch", why: "the address of another machine", red: "parent", also: "ns_lame", d: func() lab.Domain {
			d := ownServers()
			d.Glue = map[string]string{"ns1.case.lab": "127.77.8.8"}
			return d
		}()},
		{code: "glue_mismatch", why: "the right address", d: ownServers()},
		{code: "ds_without_dnskey", why: "DS and no keys", red: "parent", d: lab.Domain{DS: []string{"12345 13 2 0102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F20"}}},
		{code: "ds_without_dnskey", why: "DS of another key", red: "parent", d: signed(lab.Signing{OtherDS: true})},
		{code: "ds_without_dnskey", why: "signed as it should be", d: signed(lab.Signing{})},
		{code: "signature_expired", why: "nobody signs any more", red: "provider", d: signed(lab.Signing{From: -30 * lab.Day, Until: -time.Hour})},
		{code: "signature_expired", why: "fresh", d: signed(lab.Signing{})},
		{code: "signature_expiring", why: "three days left of a month", red: "provider", d: signed(lab.Signing{From: -27 * lab.Day, Until: 3 * lab.Day})},
		{code: "signature_expiring", why: "a host that signs on the fly", d: signed(lab.Signing{From: -lab.Day, Until: lab.Day})},
		{code: "signature_invalid", why: "signatures that do not fit", red: "provider", d: signed(lab.Signing{From: -lab.Day, Until: 20 * lab.Day, Spoilt: true})},
		{code: "signature_invalid", why: "keys and no signatures", red: "provider", d: signed(lab.Signing{Unsigned: true})},
		{code: "signature_invalid", why: "signatures of tomorrow", red: "provider", d: signed(lab.Signing{From: lab.Day, Until: 20 * lab.Day})},
		{code: "signature_invalid", why: "signatures that fit", d: signed(lab.Signing{})},
		{code: "dnssec_algorithm", why: "an algorithm of 1999", red: "provider", d: lab.Domain{DS: []string{"12345 3 1 0102030405060708090A0B0C0D0E0F1011121314"}}},
		{code: "dnssec_algorithm", why: "ECDSA", d: signed(lab.Signing{})},
		{code: "cname_at_apex", why: "an alias beside the name servers", red: "client", d: lab.Domain{Records: []lab.Record{{Type: "CNAME", Value: labNS1}}}},
		{code: "cname_at_apex", why: "an alias below", d: lab.Domain{Records: []lab.Record{{Host: "www", Type: "CNAME", Value: labNS1}}}},
		{code: "private_address", why: "the office network", red: "client", d: address("192.168.1.20")},
		{code: "private_address", why: "a documentation address", red: "client", d: address("192.0.2.20")},
		{code: "private_address", why: "a public address", d: address("203.0.113.24")},
		{code: "mx_unresolvable", why: "no such host", red: "client", d: mail("post.case.lab")},
		{code: "mx_unresolvable", why: "a host that is there", d: mail("mail.case.lab")},
		{code: "mx_unresolvable", why: "a dot: no mail is wanted", d: mail(".")},
		{code: "mx_domain_gone", why: "a domain that is not registered", red: "client", d: mail("mx.free.lab")},
		{code: "mx_domain_gone", why: "no such host in a domain that is there", also: "mx_unresolvable", d: mail("mx.labdns.lab")},
	}
}

// labRefuse lets looks go to the lab's servers and takes one documentation network for the public internet.
func labRefuse(addr netip.Addr) error {
	if netip.MustParsePrefix("127.77.0.0/16").Contains(addr) || netip.MustParsePrefix("203.0.113.0/24").Contains(addr) {
		return nil
	}
	return dns.Private(addr)
}

// lookOnLab starts the case's world and looks at its domain with the real prober.
func lookOnLab(t *testing.T, c labCase) models.DelegationLook {
	t.Helper()
	now := func() time.Time { return *date("2027-01-20T08:00:00Z") }
	c.d.Name = "case.lab"
	spoiltAt := lab.Server{Name: spoiltNS, Address: "127.77.8.8", Behaviour: c.b}
	world := lab.World{
		TLDs: []lab.TLD{{Name: "lab", WHOIS: true, PublishesExpiry: true}}, Zones: c.zone,
		Servers: []lab.Server{spoiltAt, {Name: "ns2.spoilt.lab", Address: spoiltAt.Address}, {Name: "ns1.case.lab"}},
	}
	for _, d := range append(c.more, c.d) {
		d.Created, d.Expires = *date("2020-01-01"), *date("2030-01-01")
		world.Domains = append(world.Domains, d)
	}
	l, err := lab.Start(t.Context(), world, lab.Options{Now: now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	at := l.Endpoints()
	o := dns.Options{
		Port: uint16(at.DNSPort), Now: now, AddressMap: map[netip.Addr]netip.AddrPort{}, Refuse: labRefuse, Timeout: 400 * time.Millisecond, Retries: 1, PerServerRate: -1,
	}
	for _, root := range at.RootHints {
		o.RootHints = append(o.RootHints, dns.RootServer{Addr: netip.AddrPortFrom(netip.MustParseAddr(root), 0)})
	}
	for from, to := range at.AddressMap {
		o.AddressMap[netip.MustParseAddr(from)] = netip.MustParseAddrPort(to)
	}
	p, err := dns.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return p.Look(t.Context(), c.d.Name, nil)
}

// TestEveryDelegationCheckOnTheLab turns each check red by what it is about, and leaves it green by what is near to that.
func TestEveryDelegationCheckOnTheLab(t *testing.T) {
	t.Parallel()
	for _, c := range labCases() {
		t.Run(c.code+"/"+strings.ReplaceAll(c.why, " ", "_"), func(t *testing.T) {
			t.Parallel()
			look := lookOnLab(t, c)
			want := strings.Fields(c.also)
			if c.red != "" {
				want = append(want, c.code)
			}
			slices.Sort(want)
			var got []string
			for _, p := range look.Problems {
				got = append(got, p.Code)
				if c.red != "" && p.Code == c.code && p.Side != c.red {
					t.Errorf("side %s, want %s: %s", p.Side, c.red, p.Detail)
				}
			}
			got = slices.Compact(got)
			if !slices.Equal(got, want) || !look.Outcome.Answered() {
				t.Errorf("%s (%s): problems %v, want %v\n%+v\n%s", c.why, look.Outcome, got, want, look.Problems, look.Evidence)
			}
			for _, v := range monitor.DNSVerdicts(&monitor.Situation{DNS: &look, Standalone: true, Now: look.At}) {
				wellWorded(t, v)
			}
		})
	}
}

// notOnLab are the codes that loopback can't show; monitor/dns shows them on documentation addresses.
var notOnLab = []string{"same_network"}

func TestEveryDelegationCheckHasARedAndAGreenCase(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, c := range labCases() {
		seen[fmt.Sprintf("dns_%s %t", c.code, c.red != "")] = true
		known := slices.IndexFunc(monitor.DelegationChecks(), func(k monitor.DelegationCheck) bool { return k.Code == "dns_"+c.code })
		if known < 0 {
			t.Fatalf("no check is named %s", c.code)
		}
		sides := monitor.DelegationChecks()[known].Repairs
		if c.red != "" && !slices.ContainsFunc(sides, func(r monitor.SideRepair) bool { return r.Side == c.red }) {
			t.Errorf("%s says nothing on how to repair the side %s", c.code, c.red)
		}
	}
	for _, k := range monitor.DelegationChecks() {
		code := strings.TrimPrefix(k.Code, "dns_")
		if slices.Contains(notOnLab, code) {
			continue
		}
		for _, red := range []bool{true, false} {
			if !seen[fmt.Sprintf("dns_%s %t", code, red)] {
				t.Errorf("%s has no case that is red: %t", code, red)
			}
		}
	}
	if guard.Refusal(netip.MustParseAddr("203.0.113.24")) == "" {
		t.Error("the network that stands for the public internet is no documentation network")
	}
}
