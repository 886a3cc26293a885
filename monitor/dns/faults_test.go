package dns_test

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/krestmarketing/deedwatch/lab"
	"github.com/krestmarketing/deedwatch/models"
)

// The servers that the faults are on.
const (
	faultNS1, faultNS2, faultSilent       = "ns1.dns.lab", "ns2.dns.lab", "ns9.dns.lab"
	faultNS1Addr, faultNS2Addr, faultHole = "127.77.60.11", "127.77.61.12", "127.77.62.9"
)

// faultCase is one fault, on a domain of its own, as the lab describes it.
type faultCase struct {
	domain   string
	why      string
	d        lab.Domain    // its name and, where none are given, its two servers are filled in
	two      lab.Behaviour // of the second server, when it is asked about this domain
	one      lab.Behaviour // of the first
	zones    []lab.Zone
	expected []models.ExpectedRecord
	found    string // code, side and subject of each problem
	states   string // of the expected records
}

// faultHosts is the zone of the servers themselves, in which an alias leads nowhere.
func faultHosts() lab.Domain {
	return lab.Domain{Name: "dns.lab", NameServers: []string{faultNS1, faultNS2}, Infrastructure: true, Expires: signedAt.AddDate(1, 0, 0), Records: []lab.Record{
		{Host: "ns1", Type: "A", Value: faultNS1Addr},
		{Host: "ns2", Type: "A", Value: faultNS2Addr},
		{Host: "ns9", Type: "A", Value: faultHole},
		{Host: "one", Type: "CNAME", Value: "two.dns.lab"},
		{Host: "two", Type: "CNAME", Value: "gone.dns.lab"},
	}}
}

// faultDomain is a domain with these records beside its address.
func faultDomain(records ...lab.Record) lab.Domain {
	return lab.Domain{Records: append([]lab.Record{{Type: "A", Value: "203.0.114.80"}}, records...)}
}

func faultCases() []faultCase {
	cases := slices.Concat(serverFaults(), signingFaults(), recordFaults())
	for i := range cases {
		c := &cases[i]
		c.d.Name, c.d.Expires = c.domain, signedAt.AddDate(1, 0, 0)
		if c.d.NameServers == nil {
			c.d.NameServers = []string{faultNS1, faultNS2}
		}
		if len(c.d.Records) == 0 {
			c.d.Records = faultDomain().Records
		}
		c.one.Zones, c.two.Zones = []string{c.domain}, []string{c.domain}
		if c.expected == nil {
			c.expected = []models.ExpectedRecord{want(c.domain, "A", models.MatchExact, "203.0.114.80")}
		}
	}
	return cases
}

func serverFaults() []faultCase {
	lame := func(name, addr string) string { return "ns_lame (provider) " + name + " " + addr }
	silent := func(name, addr string) string { return "ns_timeout (provider) " + name + " " + addr }
	fails := lab.Behaviour{Mode: lab.ModeServFail}
	glued := faultDomain(lab.Record{Host: "ns1", Type: "A", Value: "127.77.60.99"})
	glued.NameServers, glued.ServedBy = []string{"ns1.glue.lab", faultNS2}, []string{faultNS1, faultNS2}
	glued.Glue = map[string]string{"ns1.glue.lab": faultNS1Addr}
	return []faultCase{
		{domain: "fine.lab", why: "nothing is wrong", states: "ok"},
		{domain: "lame.lab", why: "one server does not know the zone", d: lab.Domain{ServedBy: []string{faultNS1}}, found: lame(faultNS2, faultNS2Addr), states: "ok"},
		{domain: "stale.lab", why: "one server is behind", two: lab.Behaviour{SerialOffset: -1}, found: "serial_drift (provider) stale.lab", states: "ok"},
		{domain: "glue.lab", why: "the parent's address of a server is not the zone's", d: glued, found: "glue_mismatch (parent) ns1.glue.lab", states: "ok"},
		{domain: "nsless.lab", why: "the zone names one server less", d: lab.Domain{ChildNS: []string{faultNS1}, ServedBy: []string{faultNS1, faultNS2}}, found: "ns_mismatch (parent) nsless.lab", states: "ok"},
		{
			domain: "nsmore.lab", why: "the zone names a server that does not answer", d: lab.Domain{ChildNS: []string{faultNS1, faultNS2, faultSilent}},
			found: "ns_mismatch (parent) nsmore.lab; " + silent(faultSilent, faultHole), states: "ok",
		},
		{domain: "servfail.lab", why: "one server fails", two: fails, found: lame(faultNS2, faultNS2Addr), states: "ok"},
		{
			domain: "allfail.lab", why: "both fail: that is no statement on a record", one: fails, two: fails,
			found: "all_servers_failing (provider) allfail.lab; " + lame(faultNS1, faultNS1Addr) + "; " + lame(faultNS2, faultNS2Addr), states: "zone_unreachable",
		},
		{domain: "silent.lab", why: "one server never answers", d: lab.Domain{NameServers: []string{faultNS1, faultSilent}}, found: silent(faultSilent, faultHole), states: "ok"},
		{
			domain: "mute.lab", why: "the only server never answers: that is no statement on a record", d: lab.Domain{NameServers: []string{faultSilent}, ServedBy: []string{}},
			found: "all_servers_failing (provider) mute.lab; " + silent(faultSilent, faultHole) + "; single_ns (client) mute.lab", states: "zone_unreachable",
		},
	}
}

func signingFaults() []faultCase {
	signed := func(s lab.Signing) lab.Domain { return lab.Domain{Signing: &s} }
	unsigned := lab.Domain{DS: []string{"12345 13 2 " + strings.Repeat("ab", 32)}}
	return []faultCase{
		{domain: "signed.lab", why: "signed as it should be", d: signed(lab.Signing{}), states: "ok"},
		{domain: "nokeys.lab", why: "the parent says it is signed, and it is not", d: unsigned, found: "ds_without_dnskey (parent) nokeys.lab", states: "ok"},
		{domain: "otherkey.lab", why: "the parent knows another key", d: signed(lab.Signing{OtherDS: true}), found: "ds_without_dnskey (parent) otherkey.lab", states: "ok"},
		{domain: "ended.lab", why: "nobody signs any more", d: signed(lab.Signing{From: -30 * lab.Day, Until: -time.Hour}), found: "signature_expired (provider) ended.lab", states: "ok"},
		{domain: "spoilt.lab", why: "signatures that do not fit", d: signed(lab.Signing{From: -lab.Day, Until: 20 * lab.Day, Spoilt: true}), found: "signature_invalid (provider) spoilt.lab", states: "ok"},
		{domain: "bare.lab", why: "keys and no signatures", d: signed(lab.Signing{Unsigned: true}), found: "signature_invalid (provider) bare.lab", states: "ok"},
	}
}

func recordFaults() []faultCase {
	both := []string{faultNS1, faultNS2}
	long := faultDomain()
	for i := range 30 {
		long.Records = append(long.Records, lab.Record{Type: "TXT", Value: fmt.Sprintf("%02d-%s", i, strings.Repeat("v", 80))})
	}
	alias := faultDomain(lab.Record{Host: "www", Type: "CNAME", Value: "one.dns.lab"})
	cut := faultDomain(lab.Record{Host: "app", Type: "NS", Value: faultNS1}, lab.Record{Host: "app", Type: "NS", Value: faultNS2})
	app := func(domain string, serving ...string) []lab.Zone {
		return []lab.Zone{{Name: "app." + domain, Servers: both, ServedBy: serving, Records: []lab.Record{{Host: "landing", Type: "TXT", Value: "campaign"}}}}
	}
	expect := func(domain string) []models.ExpectedRecord {
		return []models.ExpectedRecord{
			want("landing.app."+domain, "TXT", models.MatchExact, "campaign"), want("app."+domain, "NS", models.MatchExact, faultNS1, faultNS2),
		}
	}
	moved := lab.Domain{ServedBy: []string{faultNS1}, Records: faultDomain().Records}
	return []faultCase{
		{domain: "long.lab", why: "an answer that fits TCP only", d: long, expected: []models.ExpectedRecord{want("long.lab", "TXT", models.MatchContains, "29-"+strings.Repeat("v", 80))}, states: "ok"},
		{domain: "chain.lab", why: "an alias leads to an alias that leads nowhere", d: alias, expected: []models.ExpectedRecord{want("www.chain.lab", "CNAME", models.MatchExact, "one.dns.lab")}, states: "dangling"},
		{domain: "subfine.lab", why: "delegated to servers that serve it", d: cut, zones: app("subfine.lab", both...), expected: expect("subfine.lab"), states: "ok ok"},
		{domain: "subno.lab", why: "delegated to servers that do not serve it: the agency's side", d: cut, expected: expect("subno.lab"), states: "delegation_broken delegation_broken"},
		{domain: "subhalf.lab", why: "one of its servers does not serve it", d: cut, zones: app("subhalf.lab", faultNS1), expected: expect("subhalf.lab"), states: "ok ok"},
		{
			domain: "subgone.lab", why: "served by an old server, and no longer delegated: the client's side", d: moved, zones: app("subgone.lab", faultNS2), expected: expect("subgone.lab"),
			found: "ns_lame (provider) " + faultNS2 + " " + faultNS2Addr, states: "name_gone name_gone",
		},
	}
}
