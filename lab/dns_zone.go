package lab

import (
	"fmt"
	"slices"
	"strings"

	"github.com/miekg/dns"
)

const defaultTTL = 300

// zone is one zone with the servers that have it.
type zone struct {
	name     string
	nsNames  []string // the NS set at the apex
	servedBy map[string]bool
	source   []Record
	rrs      map[string][]dns.RR // by lower-case owner
	serial   uint32
	// registry marks the root and the suffixes: their delegations are not
	// records but follow from the registrations.
	registry bool
	signer   *signer // nil: not signed
}

func (s *state) addRegistryZone(name string, ns []string) error {
	return s.putZone(&zone{name: name, nsNames: ns, registry: true}, ns)
}

// putZone builds the zone's records and gives it to the servers named.
func (s *state) putZone(z *zone, servers []string) error {
	if s.zones[z.name] != nil {
		return fmt.Errorf("lab: zone %s is given twice", z.name)
	}
	z.servedBy = map[string]bool{}
	for _, name := range servers {
		if address := s.hosts[fqdn(name)]; address != "" {
			z.servedBy[address] = true
		}
	}
	z.serial = 2026010100
	if err := s.build(z); err != nil {
		return err
	}
	s.zones[z.name] = z
	return nil
}

// build makes the records anew and raises the serial.
func (s *state) build(z *zone) error {
	z.serial++
	rrs := map[string][]dns.RR{}
	add := func(rr dns.RR) { rrs[rr.Header().Name] = append(rrs[rr.Header().Name], rr) }
	mname := "invalid."
	if len(z.nsNames) > 0 {
		mname = z.nsNames[0]
	}
	add(&dns.SOA{
		Hdr: header(z.name, dns.TypeSOA, defaultTTL), Ns: mname, Mbox: "hostmaster." + strings.TrimPrefix(z.name, "."),
		Serial: z.serial, Refresh: 3600, Retry: 600, Expire: 604800, Minttl: 60,
	})
	for _, ns := range z.nsNames {
		add(&dns.NS{Hdr: header(z.name, dns.TypeNS, defaultTTL), Ns: ns})
	}
	if z.signer != nil {
		add(z.signer.key)
	}
	for _, r := range z.source {
		rr, err := newRR(z.name, r)
		if err != nil {
			return err
		}
		add(rr)
	}
	for _, host := range s.hostsIn(z) {
		if len(ofType(rrs[host], dns.TypeA)) == 0 {
			add(s.addressRR(host))
		}
	}
	z.rrs = rrs
	return nil
}

// hostsIn lists the name servers whose address record is this zone's business.
func (s *state) hostsIn(z *zone) []string {
	var out []string
	for host := range s.hosts {
		if z.registry && slices.Contains(z.nsNames, host) || !z.registry && dns.IsSubDomain(z.name, host) {
			out = append(out, host)
		}
	}
	slices.Sort(out)
	return out
}

func (s *state) addressRR(host string) dns.RR {
	rr, err := newRR(".", Record{Host: host, Type: "A", Value: s.hosts[host]})
	if err != nil { // addresses are checked when they are given out
		panic(err)
	}
	return rr
}

func header(name string, rrtype uint16, ttl uint32) dns.RR_Header {
	return dns.RR_Header{Name: name, Rrtype: rrtype, Class: dns.ClassINET, Ttl: ttl}
}

// newRR parses one record of a zone.
func newRR(zoneName string, r Record) (dns.RR, error) {
	ttl := r.TTL
	if ttl == 0 {
		ttl = defaultTTL
	}
	value := r.Value
	if strings.EqualFold(r.Type, "TXT") && !strings.HasPrefix(value, `"`) {
		value = quoteTXT(value)
	}
	text := fmt.Sprintf("%s %d IN %s %s", ownerName(zoneName, r.Host), ttl, strings.ToUpper(r.Type), value)
	rr, err := dns.NewRR(text)
	if err == nil && rr == nil {
		err = fmt.Errorf("empty record")
	}
	if err != nil {
		return nil, fmt.Errorf("lab: zone %s: record %q: %w", zoneName, text, err)
	}
	return rr, nil
}

// ownerName is the full lower-case name of a host in a zone.
func ownerName(zoneName, host string) string {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	switch {
	case host == "" || host == "@":
		return zoneName
	case zoneName == ".":
		return host + "."
	}
	return host + "." + zoneName
}

// quoteTXT cuts a text into character-strings of at most 255 octets (RFC 1035).
func quoteTXT(text string) string {
	var parts []string
	for {
		n := min(len(text), 255)
		escaped := strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text[:n])
		parts = append(parts, `"`+escaped+`"`)
		if text = text[n:]; text == "" {
			return strings.Join(parts, " ")
		}
	}
}

func ofType(rrs []dns.RR, rrtype uint16) []dns.RR {
	var out []dns.RR
	for _, rr := range rrs {
		if rr.Header().Rrtype == rrtype || rrtype == dns.TypeANY {
			out = append(out, rr)
		}
	}
	return out
}

// exists tells whether an owner or anything below it has records.
func (z *zone) exists(owner string) bool {
	for name := range z.rrs {
		if dns.IsSubDomain(owner, name) {
			return true
		}
	}
	return false
}

// zoneAbove returns the deepest zone of the world that encloses the name.
func (s *state) zoneAbove(name string) *zone {
	for _, candidate := range ancestors(name) {
		if z := s.zones[candidate]; z != nil {
			return z
		}
	}
	return nil
}

// zoneAt returns the deepest zone enclosing the name that the server has.
func (s *state) zoneAt(address, name string) *zone {
	for _, candidate := range ancestors(name) {
		if z := s.zones[candidate]; z != nil && z.servedBy[address] {
			return z
		}
	}
	return nil
}

// ancestors lists a name and all the names above it, down to the root.
func ancestors(name string) []string {
	var out []string
	for _, at := range dns.Split(name) {
		out = append(out, name[at:])
	}
	return append(out, ".")
}
