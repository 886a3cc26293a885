package dns_test

import (
	"crypto"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	mdns "github.com/miekg/dns"

	"github.com/krestmarketing/deedwatch/internal/authns"
	"github.com/krestmarketing/deedwatch/lab"
)

// The servers above the faults, in the worlds of files.
const faultRoot, faultTLD = "127.77.58.1", "127.77.58.2"

// faultZones writes the cases as zone files, for servers of any make: the same world as the lab is told.
func faultZones(t *testing.T, cases []faultCase) map[string][]authns.Zone {
	t.Helper()
	hosts := faultHosts()
	zones := map[string][]authns.Zone{
		faultRoot: {{Origin: ".", Text: "@ SOA a.root. h.root. 1 3600 600 86400 60\n@ NS a.root.\na.root. A " + faultRoot + "\nlab. NS ns.nic.lab.\nns.nic.lab. A " + faultTLD + "\n"}},
	}
	tld := "@ SOA ns.nic h.nic 1 3600 600 86400 60\n@ NS ns.nic\nns.nic A " + faultTLD + "\nns1.dns A " + faultNS1Addr + "\nns2.dns A " + faultNS2Addr + "\nns9.dns A " + faultHole + "\n"
	for _, c := range append(cases, faultCase{d: hosts}) {
		z := zoneFile{name: c.d.Name + ".", ns: c.d.NameServers, records: c.d.Records}
		serving := c.d.NameServers
		if c.d.ChildNS != nil {
			z.ns, serving = c.d.ChildNS, append(slices.Clone(serving), c.d.ChildNS...)
		}
		if c.d.ServedBy != nil {
			serving = c.d.ServedBy
		}
		ds := c.d.DS
		if c.d.Signing != nil {
			z.sign(t, *c.d.Signing)
			ds = append(ds, z.ds)
		}
		for _, ns := range c.d.NameServers {
			tld += z.name + " NS " + ns + ".\n"
		}
		for ns, addr := range c.d.Glue {
			tld += ns + ". A " + addr + "\n"
		}
		for _, d := range ds {
			tld += z.name + " DS " + d + "\n"
		}
		for addr, b := range map[string]lab.Behaviour{faultNS1Addr: c.one, faultNS2Addr: c.two} {
			if serves(serving, addr) {
				zones[addr] = append(zones[addr], authns.Zone{Origin: z.name, Text: z.text(t, b.SerialOffset), Broken: b.Mode == lab.ModeServFail})
			}
		}
		for _, sub := range c.zones {
			below := zoneFile{name: sub.Name + ".", ns: sub.Servers, records: sub.Records}
			for _, addr := range []string{faultNS1Addr, faultNS2Addr} {
				if serves(sub.ServedBy, addr) {
					zones[addr] = append(zones[addr], authns.Zone{Origin: below.name, Text: below.text(t, 0)})
				}
			}
		}
	}
	zones[faultTLD] = []authns.Zone{{Origin: "lab.", Text: tld}}
	return zones
}

// serves reports whether the server at an address is among those named.
func serves(names []string, addr string) bool {
	return slices.Contains(names, map[string]string{faultNS1Addr: faultNS1, faultNS2Addr: faultNS2}[addr])
}

// zoneFile is a zone that is to be written as a file.
type zoneFile struct {
	name    string
	ns      []string
	records []lab.Record
	key     *mdns.DNSKEY // nil: not signed
	ds      string       // what the parent says of the key
	how     lab.Signing
	private crypto.Signer
}

// sign gives the zone a key.
func (z *zoneFile) sign(t *testing.T, how lab.Signing) {
	t.Helper()
	if how.From == 0 && how.Until == 0 {
		how.From, how.Until = -7*lab.Day, 21*lab.Day
	}
	z.how = how
	newKey := func() (*mdns.DNSKEY, crypto.Signer) {
		key := &mdns.DNSKEY{Hdr: mdns.RR_Header{Name: z.name, Rrtype: mdns.TypeDNSKEY, Class: mdns.ClassINET, Ttl: 300}, Flags: 257, Protocol: 3, Algorithm: mdns.ECDSAP256SHA256}
		private, err := key.Generate(256)
		if err != nil {
			t.Fatal(err)
		}
		return key, private.(crypto.Signer)
	}
	z.key, z.private = newKey()
	known := z.key
	if how.OtherDS {
		known, _ = newKey()
	}
	ds := known.ToDS(mdns.SHA256)
	z.ds = fmt.Sprintf("%d %d %d %s", ds.KeyTag, ds.Algorithm, ds.DigestType, ds.Digest)
}

// text writes the zone with its serial moved.
func (z *zoneFile) text(t *testing.T, offset int32) string {
	t.Helper()
	lines := []string{fmt.Sprintf("@ 300 IN SOA %s. hostmaster.%s %d 3600 600 604800 60", z.ns[0], z.name, 2026010101+offset)}
	for _, ns := range z.ns {
		lines = append(lines, "@ 300 IN NS "+ns+".")
	}
	for _, r := range z.records {
		host, value := r.Host, r.Value
		switch r.Type {
		case "TXT":
			value = `"` + value + `"`
		case "CNAME", "NS":
			value += "."
		}
		if host == "" {
			host = "@"
		}
		lines = append(lines, host+" 300 IN "+r.Type+" "+value)
	}
	if z.key != nil {
		lines = append(lines, z.key.String())
	}
	rrs := parsed(t, z.name, strings.Join(lines, "\n"))
	if z.key != nil && !z.how.Unsigned {
		rrs = z.signed(t, rrs)
	}
	var b strings.Builder
	for _, rr := range rrs {
		b.WriteString(rr.String() + "\n")
	}
	return b.String()
}

func parsed(t *testing.T, origin, text string) []mdns.RR {
	t.Helper()
	var rrs []mdns.RR
	parser := mdns.NewZoneParser(strings.NewReader(text+"\n"), origin, "")
	for rr, ok := parser.Next(); ok; rr, ok = parser.Next() {
		rrs = append(rrs, rr)
	}
	if err := parser.Err(); err != nil {
		t.Fatalf("%s: %v\n%s", origin, err, text)
	}
	return rrs
}

// signed adds the chain of names and the signatures. Delegations are not in signed zones here.
func (z *zoneFile) signed(t *testing.T, rrs []mdns.RR) []mdns.RR {
	t.Helper()
	types := map[string][]uint16{}
	for _, rr := range rrs {
		h := rr.Header()
		types[h.Name] = append(types[h.Name], h.Rrtype)
	}
	names := slices.Sorted(maps.Keys(types))
	for i, name := range names {
		bitmap := slices.Concat(types[name], []uint16{mdns.TypeRRSIG, mdns.TypeNSEC})
		slices.Sort(bitmap)
		rrs = append(rrs, &mdns.NSEC{
			Hdr:        mdns.RR_Header{Name: name, Rrtype: mdns.TypeNSEC, Class: mdns.ClassINET, Ttl: 60},
			NextDomain: names[(i+1)%len(names)], TypeBitMap: slices.Compact(bitmap),
		})
	}
	type set struct {
		name   string
		rrtype uint16
	}
	sets := map[set][]mdns.RR{}
	for _, rr := range rrs {
		sets[set{rr.Header().Name, rr.Header().Rrtype}] = append(sets[set{rr.Header().Name, rr.Header().Rrtype}], rr)
	}
	for of, members := range sets {
		sig := &mdns.RRSIG{
			Hdr:       mdns.RR_Header{Name: of.name, Rrtype: mdns.TypeRRSIG, Class: mdns.ClassINET, Ttl: members[0].Header().Ttl},
			Algorithm: z.key.Algorithm, KeyTag: z.key.KeyTag(), SignerName: z.name,
			Inception: uint32(signedAt.Add(z.how.From).Unix()), Expiration: uint32(signedAt.Add(z.how.Until).Unix()),
		}
		if err := sig.Sign(z.private, members); err != nil {
			t.Fatal(err)
		}
		if z.how.Spoilt { // by the bytes: a TTL that does not fit may keep a server from loading the zone
			sig.Signature = strings.Repeat("A", 84) + "AA=="
		}
		rrs = append(rrs, sig)
	}
	return rrs
}
