package lab

import (
	"slices"
	"strings"

	"github.com/miekg/dns"
)

// about is the behaviour when the server is asked for a name.
func (b Behaviour) about(name string) Behaviour {
	if len(b.Zones) == 0 {
		return b
	}
	for _, zone := range b.Zones {
		if dns.IsSubDomain(fqdn(zone), strings.ToLower(name)) {
			return b
		}
	}
	return Behaviour{}
}

// bend applies what one server says differently to a right answer.
func (b Behaviour) bend(q dns.Question, m *dns.Msg, soa []dns.RR) {
	name := strings.ToLower(q.Name)
	b.drop(m, soa)
	b.override(name, q.Qtype, m)
	b.shiftSerials(m)
	switch b.Mode {
	case ModeNotAuthoritative:
		m.Authoritative = false
	case ModeOtherName:
		m.Question = []dns.Question{{Name: "other.invalid.", Qtype: q.Qtype, Qclass: q.Qclass}}
		m.Answer = renamed(m.Answer, "other.invalid.")
	case ModeOK, ModeRefused, ModeSilent, ModeServFail, ModeTruncate, ModeUDPOnly, ModeTCPOnly, ModeFormErrEDNS:
	}
	for i, rr := range m.Answer {
		if rr.Header().Name == name && q.Name != name {
			m.Answer[i] = renamed([]dns.RR{rr}, q.Name)[0]
		}
	}
}

// drop takes the missing record sets out; what is left of an answer without
// records is a NODATA answer.
func (b Behaviour) drop(m *dns.Msg, soa []dns.RR) {
	for _, r := range b.Missing {
		rrtype := dns.StringToType[strings.ToUpper(r.Type)]
		at := slices.IndexFunc(m.Answer, func(rr dns.RR) bool {
			return rr.Header().Name == fqdn(r.Host) && rr.Header().Rrtype == rrtype
		})
		if at < 0 {
			continue
		}
		m.Answer = slices.DeleteFunc(m.Answer, func(rr dns.RR) bool {
			return rr.Header().Name == fqdn(r.Host) && rr.Header().Rrtype == rrtype
		})
		if rrtype == dns.TypeCNAME {
			m.Answer = m.Answer[:at]
		}
		if len(m.Answer) == 0 {
			m.Ns = slices.Clone(soa)
		}
	}
}

// override puts this server's own records in place of the zone's.
func (b Behaviour) override(name string, qtype uint16, m *dns.Msg) {
	replaced := false
	for _, r := range b.Override {
		rr, err := newRR(".", r)
		if err != nil || rr.Header().Name != name {
			continue
		}
		if rr.Header().Rrtype != qtype && rr.Header().Rrtype != dns.TypeCNAME {
			continue
		}
		if !replaced {
			m.Answer, m.Ns, m.Rcode, replaced = nil, nil, dns.RcodeSuccess, true
		}
		m.Answer = append(m.Answer, rr)
	}
}

func (b Behaviour) shiftSerials(m *dns.Msg) {
	if b.SerialOffset == 0 {
		return
	}
	for _, section := range [][]dns.RR{m.Answer, m.Ns} {
		for i, rr := range section {
			if soa, ok := rr.(*dns.SOA); ok {
				moved := *soa
				moved.Serial += uint32(b.SerialOffset) //nolint:gosec // serials wrap by design (RFC 1982)
				section[i] = &moved
			}
		}
	}
}
