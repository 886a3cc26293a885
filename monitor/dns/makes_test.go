package dns_test

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	mdns "github.com/miekg/dns"

	"github.com/krestmarketing/deedwatch/internal/authns"
	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/monitor/dns"
)

// The servers of the world of faults: each role is played by every make.
const (
	makesRoot, makesTLD, makesNS1, makesNS2, makesSilent = "127.78.0.1", "127.78.0.2", "127.78.1.11", "127.79.1.12", "127.80.1.9"
)

// makesCase is one fault, on a domain of its own.
type makesCase struct {
	domain   string
	why      string
	tld      string // the delegation, in the zone above; empty: to both servers
	one, two string // the zone at the two servers; "-": not there, "!": broken
	extra    map[string]string
	expected []models.ExpectedRecord
	codes    []string // that must be found, besides what all cases have
	states   string   // of the expected records
}

const makesApex = "@ SOA ns1.dns.lab. h.dns.lab. 7 3600 600 86400 120\n@ NS ns1.dns.lab.\n@ NS ns2.dns.lab.\n@ A 203.0.114.80\n"

func makesCases() []makesCase {
	long := makesApex
	for i := range 30 {
		long += fmt.Sprintf("@ TXT \"%02d-%s\"\n", i, strings.Repeat("v", 80))
	}
	chain := makesApex + "www CNAME one.dns.lab.\n"
	parentOnly := makesApex + "app NS ns1.dns.lab.\napp NS ns2.dns.lab.\n"
	app := "@ SOA ns1.dns.lab. h.dns.lab. 1 3600 600 86400 60\n@ NS ns1.dns.lab.\n@ NS ns2.dns.lab.\nlanding TXT campaign\n"
	a := func(domain string) models.ExpectedRecord { return want(domain, "A", models.MatchExact, "203.0.114.80") }
	landing := func(domain string) models.ExpectedRecord {
		return want("landing.app."+domain, "TXT", models.MatchExact, "campaign")
	}
	return []makesCase{
		{domain: "fine.lab", why: "nothing is wrong", one: makesApex, two: makesApex, expected: []models.ExpectedRecord{a("fine.lab")}, states: "ok"},
		{domain: "lame.lab", why: "one server does not know the zone", one: makesApex, two: "-", expected: []models.ExpectedRecord{a("lame.lab")}, codes: []string{"ns_lame"}, states: "ok"},
		{domain: "stale.lab", why: "one server is behind", one: makesApex, two: strings.Replace(makesApex, " 7 ", " 6 ", 1), expected: []models.ExpectedRecord{a("stale.lab")}, codes: []string{"serial_drift"}, states: "ok"},
		{
			domain: "glue.lab", why: "the parent's address of a server is not the zone's", tld: "glue NS ns1.glue\nglue NS ns2.dns\nns1.glue A " + makesNS1 + "\n",
			one: "@ SOA ns1 h 7 3600 600 86400 120\n@ NS ns1\n@ NS ns2.dns.lab.\nns1 A 127.78.1.99\n@ A 203.0.114.80\n", two: "@ SOA ns1 h 7 3600 600 86400 120\n@ NS ns1\n@ NS ns2.dns.lab.\nns1 A 127.78.1.99\n@ A 203.0.114.80\n",
			expected: []models.ExpectedRecord{a("glue.lab")}, codes: []string{"glue_mismatch"}, states: "ok",
		},
		{domain: "nsdiff.lab", why: "the zone names one server less", one: strings.Replace(makesApex, "@ NS ns2.dns.lab.\n", "", 1), two: strings.Replace(makesApex, "@ NS ns2.dns.lab.\n", "", 1), expected: []models.ExpectedRecord{a("nsdiff.lab")}, codes: []string{"ns_mismatch"}, states: "ok"},
		{domain: "long.lab", why: "an answer that fits TCP only", one: long, two: long, expected: []models.ExpectedRecord{want("long.lab", "TXT", models.MatchContains, "29-vvv")}, states: "ok"},
		{domain: "servfail.lab", why: "one server fails", one: makesApex, two: "!", expected: []models.ExpectedRecord{a("servfail.lab")}, codes: []string{"ns_lame"}, states: "ok"},
		{domain: "allfail.lab", why: "both fail: that is no statement on a record", one: "!", two: "!", expected: []models.ExpectedRecord{a("allfail.lab")}, codes: []string{"all_servers_failing"}, states: "zone_unreachable"},
		{
			domain: "dnssec.lab", why: "the parent says it is signed, and it is not", tld: "dnssec NS ns1.dns\ndnssec NS ns2.dns\ndnssec DS 12345 13 2 " + strings.Repeat("ab", 32) + "\n",
			one: makesApex, two: makesApex, expected: []models.ExpectedRecord{a("dnssec.lab")}, codes: []string{"ds_without_dnskey"}, states: "ok",
		},
		{domain: "silent.lab", why: "one server never answers", tld: "silent NS ns1.dns\nsilent NS ns9.dns\n", one: strings.Replace(makesApex, "ns2", "ns9", 1), two: "-", expected: []models.ExpectedRecord{a("silent.lab")}, codes: []string{"ns_timeout"}, states: "ok"},
		{domain: "chain.lab", why: "an alias leads to an alias that leads nowhere", one: chain, two: chain, expected: []models.ExpectedRecord{want("www.chain.lab", "CNAME", models.MatchExact, "one.dns.lab")}, states: "dangling"},
		{domain: "subno.lab", why: "delegated to servers that do not serve it: the agency's side", one: parentOnly, two: parentOnly, expected: []models.ExpectedRecord{landing("subno.lab")}, states: "delegation_broken"},
		{domain: "subhalf.lab", why: "one of its servers does not serve it", one: parentOnly, two: parentOnly, extra: map[string]string{"one:app.subhalf.lab.": app}, expected: []models.ExpectedRecord{landing("subhalf.lab")}, states: "ok"},
		{domain: "subgone.lab", why: "served, but no longer delegated: the client's side", one: makesApex, two: "-", extra: map[string]string{"two:app.subgone.lab.": app}, expected: []models.ExpectedRecord{landing("subgone.lab")}, codes: []string{"ns_lame"}, states: "name_gone"},
	}
}

// makesZones lays the cases out over the servers.
func makesZones(cases []makesCase) map[string][]authns.Zone {
	dnsZone := "@ SOA ns1 h 1 3600 600 86400 60\n@ NS ns1\n@ NS ns2\nns1 A " + makesNS1 + "\nns2 A " + makesNS2 + "\nns9 A " + makesSilent + "\none CNAME two\ntwo CNAME gone\n"
	tld := "@ SOA ns.nic h.nic 1 3600 600 86400 60\n@ NS ns.nic\nns.nic A " + makesTLD + "\ndns NS ns1.dns\ndns NS ns2.dns\nns1.dns A " + makesNS1 + "\nns2.dns A " + makesNS2 + "\n"
	zones := map[string][]authns.Zone{
		makesRoot: {{Origin: ".", Text: "@ SOA a.root. h.root. 1 3600 600 86400 60\n@ NS a.root.\na.root. A " + makesRoot + "\nlab. NS ns.nic.lab.\nns.nic.lab. A " + makesTLD + "\n"}},
		makesNS1:  {{Origin: "dns.lab.", Text: dnsZone}}, makesNS2: {{Origin: "dns.lab.", Text: dnsZone}},
	}
	for _, c := range cases {
		label, _, _ := strings.Cut(c.domain, ".")
		if c.tld == "" {
			c.tld = label + " NS ns1.dns\n" + label + " NS ns2.dns\n"
		}
		tld += c.tld
		for at, text := range map[string]string{makesNS1: c.one, makesNS2: c.two} {
			if text != "-" {
				zones[at] = append(zones[at], authns.Zone{Origin: c.domain + ".", Text: text, Broken: text == "!"})
			}
		}
		for where, text := range c.extra {
			side, origin, _ := strings.Cut(where, ":")
			at := map[string]string{"one": makesNS1, "two": makesNS2}[side]
			zones[at] = append(zones[at], authns.Zone{Origin: origin, Text: text})
		}
	}
	zones[makesTLD] = []authns.Zone{{Origin: "lab.", Text: tld}}
	return zones
}

// verdict is what a look comes to, in one line: the problems, and the states of the records.
func (c makesCase) verdict(t *testing.T, p *dns.Prober) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	l := p.Look(ctx, c.domain, c.expected)
	var found, states []string
	for _, problem := range l.Problems {
		found = append(found, problem.Code+" ("+problem.Side+") "+problem.Subject)
	}
	for _, r := range l.Records {
		states = append(states, string(r.State))
	}
	slices.Sort(found)
	for _, code := range c.codes {
		if !strings.Contains(strings.Join(found, "\n"), code) {
			t.Errorf("%s: %s: no %s in %q\n%s", c.domain, c.why, code, found, l.Evidence)
		}
	}
	if got := strings.Join(states, " "); got != c.states {
		t.Errorf("%s: %s: record %s, want %s: %+v\n%s", c.domain, c.why, got, c.states, l.Records, l.Evidence)
	}
	return fmt.Sprint(l.Outcome, " ", found, " ", states)
}

// TestServersOfEveryMakeGiveTheSameVerdicts looks at a table of faults at servers of our own, and at NSD, Knot and BIND side by side, each
// in every role.
func TestServersOfEveryMakeGiveTheSameVerdicts(t *testing.T) {
	cases := makesCases()
	zones := makesZones(cases)
	own := ownVerdicts(t, cases, zones)
	makes := []authns.Make{authns.NSD, authns.Knot, authns.BIND}
	for turn := range makes {
		t.Run(fmt.Sprintf("root %s, then in turn", makes[turn]), func(t *testing.T) {
			var servers []authns.Server
			for i, addr := range []string{makesRoot, makesTLD, makesNS1, makesNS2} {
				servers = append(servers, authns.Server{Make: makes[(turn+i)%len(makes)], Addr: addr, Zones: zones[addr]})
			}
			running := authns.Start(t, servers...)
			var lc net.ListenConfig
			hole, err := lc.ListenPacket(t.Context(), "udp4", net.JoinHostPort(makesSilent, strconv.Itoa(int(running.Port))))
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = hole.Close() }()
			p, err := dns.New(dns.Options{
				RootHints: []dns.RootServer{{Addr: running.RootHints[0]}}, Port: running.Port, AllowPrivate: true, PerServerRate: -1, Timeout: time.Second, Retries: 1,
			})
			if err != nil {
				t.Fatal(err)
			}
			got := map[string]string{}
			for _, c := range cases {
				got[c.domain] = c.verdict(t, p)
			}
			if diff := cmp.Diff(own, got); diff != "" {
				t.Errorf("verdicts (-our own servers +these):\n%s", diff)
			}
		})
	}
}

// ownVerdicts looks at the same zones at servers of our own.
func ownVerdicts(t *testing.T, cases []makesCase, zones map[string][]authns.Zone) map[string]string {
	t.Helper()
	n := newNetwork(t)
	for _, addr := range []string{makesRoot, makesTLD, makesNS1, makesNS2, makesSilent} {
		var texts []string
		var broken []string
		for _, z := range zones[addr] {
			if z.Broken {
				broken = append(broken, z.Origin)
			} else {
				texts = append(texts, z.Origin, z.Text)
			}
		}
		h := n.host(addr, texts...)
		switch {
		case addr == makesSilent:
			h.behave(silent(""))
		case len(broken) > 0:
			h.behave(failing(broken))
		}
	}
	p := n.prober(func(o *dns.Options) {
		o.RootHints = []dns.RootServer{{Addr: netip.MustParseAddrPort(makesRoot + ":53")}}
		o.AllowPrivate = true
	})
	own := map[string]string{}
	for _, c := range cases {
		own[c.domain] = c.verdict(t, p)
	}
	return own
}

// failing answers SERVFAIL for these zones.
func failing(origins []string) func(string, *mdns.Msg, *mdns.Msg) *mdns.Msg {
	return func(_ string, q, a *mdns.Msg) *mdns.Msg {
		for _, origin := range origins {
			if mdns.IsSubDomain(origin, q.Question[0].Name) {
				return new(mdns.Msg).SetRcode(q, mdns.RcodeServerFailure)
			}
		}
		return a
	}
}
