package lab

import (
	"slices"
	"strings"
	"time"

	"github.com/miekg/dns"
)

// delegation is a cut: what the parent says about a child zone.
type delegation struct {
	child string
	ns    []string
	ds    []dns.RR
	glue  bool
	other map[string]string // addresses handed out in place of the right ones, by name server
}

// delegationAt returns the cut at exactly this name in the zone, if there is one.
func (s *state) delegationAt(z *zone, name string, now time.Time) (delegation, bool) {
	if !z.registry {
		set := ofType(z.rrs[name], dns.TypeNS)
		if name == z.name || len(set) == 0 {
			return delegation{}, false
		}
		d := delegation{child: name, ds: ofType(z.rrs[name], dns.TypeDS), glue: true}
		for _, rr := range set {
			d.ns = append(d.ns, rr.(*dns.NS).Ns)
		}
		return d, true
	}
	bare := strings.TrimSuffix(name, ".")
	if s.tlds[bare] != nil && name != z.name {
		return delegation{child: name, ns: s.zones[name].nsNames, glue: true}, true
	}
	if z.name == "." || s.suffixOf(bare)+"." != z.name {
		return delegation{}, false
	}
	r, _, p := s.look(bare, now)
	if r == nil || !p.delegated() || len(r.NameServers) == 0 {
		return delegation{}, false
	}
	d := delegation{child: name, ns: fqdns(r.NameServers), glue: !r.MissingGlue, other: map[string]string{}}
	for ns, address := range r.Glue {
		d.other[fqdn(ns)] = address
	}
	for _, text := range r.DS {
		if rr, err := newRR(name, Record{Type: "DS", Value: text}); err == nil {
			d.ds = append(d.ds, rr)
		}
	}
	return d, true
}

// answer fills the reply with what the server at the address has to say.
func (s *state) answer(address string, q dns.Question, now time.Time, m *dns.Msg) {
	name := strings.ToLower(q.Name)
	z := s.zoneAt(address, name)
	if z == nil {
		m.Rcode = dns.RcodeRefused
		return
	}
	path := ancestors(name)
	slices.Reverse(path)
	for _, step := range path {
		if !dns.IsSubDomain(z.name, step) || step == z.name {
			continue
		}
		cut, found := s.delegationAt(z, step, now)
		if !found {
			continue
		}
		if step == name && q.Qtype == dns.TypeDS {
			m.Authoritative = true
			if m.Answer = cut.ds; len(cut.ds) == 0 {
				s.negative(z, m)
			}
			return
		}
		s.refer(z, cut, m)
		return
	}
	m.Authoritative = true
	s.data(z, name, q.Qtype, m)
}

// refer writes a referral with the glue that the zone has.
func (s *state) refer(z *zone, cut delegation, m *dns.Msg) {
	for _, ns := range cut.ns {
		m.Ns = append(m.Ns, &dns.NS{Hdr: header(cut.child, dns.TypeNS, defaultTTL), Ns: ns})
		if !cut.glue || !dns.IsSubDomain(z.name, ns) {
			continue
		}
		switch {
		case cut.other[ns] != "":
			if rr, err := newRR(".", Record{Host: ns, Type: "A", Value: cut.other[ns]}); err == nil {
				m.Extra = append(m.Extra, rr)
			}
		case s.hosts[ns] != "":
			m.Extra = append(m.Extra, s.addressRR(ns))
		default:
			m.Extra = append(m.Extra, ofType(z.rrs[ns], dns.TypeA)...)
			m.Extra = append(m.Extra, ofType(z.rrs[ns], dns.TypeAAAA)...)
		}
	}
	m.Ns = append(m.Ns, cut.ds...)
}

// data answers from the zone's own records, following CNAMEs inside the zone.
func (s *state) data(z *zone, name string, qtype uint16, m *dns.Msg) {
	const longestChain = 16
	for range longestChain {
		set, found := z.find(name)
		if !found {
			m.Rcode = dns.RcodeNameError
			s.negative(z, m)
			return
		}
		if match := ofType(set, qtype); len(match) > 0 {
			m.Answer = append(m.Answer, match...)
			return
		}
		alias := ofType(set, dns.TypeCNAME)
		if len(alias) == 0 {
			s.negative(z, m)
			return
		}
		m.Answer = append(m.Answer, alias[0])
		name = strings.ToLower(alias[0].(*dns.CNAME).Target)
		if s.zoneAbove(name) != z {
			return
		}
	}
}

// find returns the records of an owner, from a wildcard if need be (RFC 4592).
// An owner that only has names below it exists without records.
func (z *zone) find(name string) ([]dns.RR, bool) {
	if set := z.rrs[name]; len(set) > 0 {
		return set, true
	}
	if z.exists(name) {
		return nil, true
	}
	for _, encloser := range ancestors(name)[1:] {
		if !dns.IsSubDomain(z.name, encloser) {
			break
		}
		if set := z.rrs["*."+encloser]; len(set) > 0 {
			return renamed(set, name), true
		}
		if z.exists(encloser) {
			break
		}
	}
	return nil, false
}

func renamed(set []dns.RR, owner string) []dns.RR {
	out := make([]dns.RR, 0, len(set))
	for _, rr := range set {
		rr = dns.Copy(rr)
		rr.Header().Name = owner
		out = append(out, rr)
	}
	return out
}

// negative puts the SOA into the authority section (RFC 2308).
func (s *state) negative(z *zone, m *dns.Msg) {
	m.Ns = append(m.Ns, ofType(z.rrs[z.name], dns.TypeSOA)...)
}

// transfer lists the whole zone between its SOA records, or nil.
func (s *state) transfer(address, name string) []dns.RR {
	z := s.zones[strings.ToLower(name)]
	if z == nil || !z.servedBy[address] || z.registry {
		return nil
	}
	soa := ofType(z.rrs[z.name], dns.TypeSOA)
	out := slices.Clone(soa)
	for _, set := range z.rrs {
		for _, rr := range set {
			if rr.Header().Rrtype != dns.TypeSOA {
				out = append(out, rr)
			}
		}
	}
	return append(out, soa...)
}
