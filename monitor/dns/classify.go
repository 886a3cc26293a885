package dns

import (
	"net/netip"
	"slices"
	"time"

	"github.com/miekg/dns"
)

// Bounds of what is remembered from answers, in time and number.
const (
	maxNegativeTTL = 24 * time.Hour
	maxNSNames     = 26
	maxAddresses   = 8 // of one server name
)

// finding is what one reply states, after everything that the asked server has no say in was dropped.
type finding struct {
	kind   AnswerKind
	detail string
	rrs    []dns.RR // of the asked name and type
	alias  string   // the asked name is an alias (CNAME) for this one; lower case with trailing dot
	cut    *cut     // AnswerReferral: where the server sends us; AnswerData of NS: nil

	soa         *dns.SOA // of a negative answer
	negativeTTL time.Duration
}

// answered reports whether the finding states something on the asked name.
func (f finding) answered() bool { return f.kind.answered() }

// classify reads a reply of a server that was asked as one of zone's. Only data at or below zone is believed.
func classify(zone string, q question, r reply) finding {
	if r.msg == nil {
		return finding{kind: r.kind, detail: r.detail}
	}
	m := r.msg
	switch m.Rcode {
	case dns.RcodeSuccess, dns.RcodeNameError:
	case dns.RcodeServerFailure:
		return finding{kind: AnswerServfail, detail: "answers SERVFAIL"}
	case dns.RcodeRefused:
		return finding{kind: AnswerRefused, detail: "answers REFUSED"}
	case dns.RcodeNotAuth:
		return finding{kind: AnswerNotAuth, detail: "answers NOTAUTH"}
	default:
		return finding{kind: AnswerMalformed, detail: "answers " + rcodeName(m.Rcode)}
	}
	if m.Truncated { // what came over UDP was asked for again; half an answer is none
		return finding{kind: AnswerMalformed, detail: "answers truncated over TCP"}
	}
	if f, ok := positive(zone, q, m); ok {
		return f
	}
	if len(m.Answer) > 0 {
		return finding{kind: AnswerMalformed, detail: "answers with records that were not asked for"}
	}
	if f, ok := referral(zone, q, m); ok {
		return f
	}
	return negative(zone, q, m)
}

// positive reads the answer section: the asked records, or the alias in their place. Further links of a chain of aliases are not taken
// from here but asked of their own servers.
func positive(zone string, q question, m *dns.Msg) (finding, bool) {
	var f finding
	for _, rr := range m.Answer {
		h := rr.Header()
		if h.Class != dns.ClassINET || lowerASCII(h.Name) != q.name || !within(zone, q.name) {
			continue
		}
		if h.Rrtype == q.rtype {
			f.rrs = append(f.rrs, rr)
		} else if c, ok := rr.(*dns.CNAME); ok && f.alias == "" {
			f.alias = fqdn(c.Target)
		}
	}
	if len(f.rrs) == 0 && f.alias == "" {
		return f, false
	}
	if len(f.rrs) > 0 {
		f.alias = ""
	}
	f.kind = AnswerData
	if !m.Authoritative {
		if q.rtype == dns.TypeNS && below(zone, q.name) && len(f.rrs) > 0 && !m.RecursionAvailable {
			return cutFinding(q.name, f.rrs, m, zone), true
		}
		return finding{kind: AnswerNotAuth, detail: "answers without authority (from a cache)"}, true
	}
	return f, true
}

// referral reads the authority section of an answer that sends us to the servers of a zone below.
func referral(zone string, q question, m *dns.Msg) (finding, bool) {
	if m.Rcode != dns.RcodeSuccess {
		return finding{}, false
	}
	var owner string
	var rrs []dns.RR
	upward := false
	for _, rr := range m.Ns {
		h := rr.Header()
		name := lowerASCII(h.Name)
		switch {
		case h.Rrtype == dns.TypeSOA:
			return finding{}, false
		case h.Rrtype != dns.TypeNS || h.Class != dns.ClassINET:
		case below(zone, name) && within(name, q.name) && (owner == "" || owner == name):
			owner, rrs = name, append(rrs, rr)
		default:
			upward = true
		}
	}
	switch {
	case len(rrs) > 0:
		return cutFinding(owner, rrs, m, zone), true
	case upward && !m.Authoritative:
		return finding{kind: AnswerLame, detail: "refers back upwards instead of answering"}, true
	}
	return finding{}, false
}

// cutFinding makes a zone cut of NS records and the addresses beside them. Glue is believed only for names inside the zone of the server
// that gives it.
func cutFinding(owner string, ns []dns.RR, m *dns.Msg, zone string) finding {
	c := &cut{zone: owner, glue: map[string][]netip.Addr{}, ttl: ttlOf(ns)}
	for _, rr := range ns {
		if r, ok := rr.(*dns.NS); ok {
			c.ns = append(c.ns, fqdn(r.Ns))
		}
	}
	slices.Sort(c.ns)
	c.ns = slices.Compact(c.ns)
	if len(c.ns) > maxNSNames {
		c.ns, c.more = c.ns[:maxNSNames], len(c.ns)-maxNSNames
	}
	for _, rr := range m.Extra {
		name := lowerASCII(rr.Header().Name)
		addr, ok := addressOf(rr)
		if !ok || !within(zone, name) || !slices.Contains(c.ns, name) || len(c.glue[name]) >= maxAddresses {
			continue
		}
		if !slices.Contains(c.glue[name], addr) {
			c.glue[name] = append(c.glue[name], addr)
		}
	}
	return finding{kind: AnswerReferral, cut: c}
}

// negative reads an answer without the asked records.
func negative(zone string, q question, m *dns.Msg) finding {
	var soa *dns.SOA
	for _, rr := range m.Ns {
		s, ok := rr.(*dns.SOA)
		if !ok {
			continue
		}
		owner := lowerASCII(s.Hdr.Name)
		if !within(zone, owner) {
			return finding{kind: AnswerLame, detail: "answers for the zone " + escape(lowerName(owner), 80) + " above instead"}
		}
		if within(owner, q.name) {
			soa = s
		}
	}
	switch {
	case !m.Authoritative && soa == nil && m.Rcode == dns.RcodeSuccess:
		return finding{kind: AnswerLame, detail: "answers with nothing and without authority"}
	case !m.Authoritative:
		return finding{kind: AnswerNotAuth, detail: "answers without authority (from a cache)"}
	}
	f := finding{kind: AnswerNoData, soa: soa, negativeTTL: negativeTTL(soa)}
	if m.Rcode == dns.RcodeNameError {
		f.kind = AnswerNXDomain
	}
	return f
}

// negativeTTL is how long resolvers remember a negative answer (RFC 2308 section 5), at most 24 hours; zero when it was not stated.
func negativeTTL(soa *dns.SOA) time.Duration {
	if soa == nil {
		return 0
	}
	return min(time.Duration(min(soa.Hdr.Ttl, soa.Minttl))*time.Second, maxNegativeTTL)
}

func ttlOf(rrs []dns.RR) time.Duration {
	var ttl uint32
	for i, rr := range rrs {
		if t := rr.Header().Ttl; i == 0 || t < ttl {
			ttl = t
		}
	}
	return time.Duration(ttl) * time.Second
}

func addressOf(rr dns.RR) (netip.Addr, bool) {
	switch r := rr.(type) {
	case *dns.A:
		addr, ok := netip.AddrFromSlice(r.A)
		return addr.Unmap(), ok
	case *dns.AAAA:
		return netip.AddrFromSlice(r.AAAA)
	}
	return netip.Addr{}, false
}

func rcodeName(rcode int) string {
	if s, ok := dns.RcodeToString[rcode]; ok {
		return s
	}
	return "an unknown error"
}
