package dnsbench

import (
	"fmt"
	"net"
	"net/netip"
	"strings"

	"github.com/miekg/dns"
)

// responder answers for what one part hosts, in place of NSD.
type responder struct {
	zones map[string]zone // by origin, and by delegated name: one zone for many
}

// zone holds sets of records by the owner relative to the origin, and by type.
type zone map[string]map[uint16][]dns.RR

func newResponder(w *World, p part) (*responder, error) {
	r := &responder{zones: make(map[string]zone, len(w.Names)+2)}
	texts := map[string]func() string{".": rootZoneText, "tld": func() string { return w.topZone("tld") }, "ops": func() string { return w.topZone("ops") }}
	for _, origin := range p.zones {
		z, err := parseZone(texts[origin](), dns.Fqdn(origin))
		if err != nil {
			return nil, err
		}
		r.zones[dns.Fqdn(origin)] = z
	}
	templates := map[string]zone{}
	for _, n := range w.Names {
		fault, hosted := p.serves(n)
		if !hosted {
			continue
		}
		file := operatorFile(n.Operator, fault)
		if templates[file] == nil {
			z, err := parseZone(zoneText(n.Operator, fault), "zone.")
			if err != nil {
				return nil, err
			}
			templates[file] = z
		}
		r.zones[dns.Fqdn(n.Name)] = templates[file]
	}
	return r, nil
}

func parseZone(text, origin string) (zone, error) {
	z := zone{}
	parser := dns.NewZoneParser(strings.NewReader(text), origin, "")
	for rr, ok := parser.Next(); ok; rr, ok = parser.Next() {
		owner := relative(rr.Header().Name, origin)
		for name := owner; z[name] == nil; _, name, _ = strings.Cut(name, ".") { // names without records between it and the origin, too
			z[name] = map[uint16][]dns.RR{}
		}
		z[owner][rr.Header().Rrtype] = append(z[owner][rr.Header().Rrtype], rr)
	}
	if err := parser.Err(); err != nil {
		return nil, fmt.Errorf("zone %s: %w", origin, err)
	}
	return z, nil
}

// relative cuts the origin off a name; empty: the origin itself.
func relative(name, origin string) string {
	return strings.TrimSuffix(strings.TrimSuffix(name, origin), ".")
}

// socketBuffer is for the questions of many names that come at once.
const socketBuffer = 4 << 20

// listen serves at an address over UDP and TCP until end is called.
func (r *responder) listen(at netip.AddrPort) (end func(), err error) {
	conn, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(at))
	if err != nil {
		return nil, fmt.Errorf("serve at %s: %w", at, err)
	}
	_, _ = conn.SetReadBuffer(socketBuffer), conn.SetWriteBuffer(socketBuffer) // as much as the system allows
	udp := &dns.Server{PacketConn: conn, Handler: r}
	tcp := &dns.Server{Net: "tcp4", Addr: at.String(), Handler: r}
	var running []*dns.Server
	end = func() {
		for _, s := range running {
			_ = s.Shutdown()
		}
	}
	for _, s := range []*dns.Server{udp, tcp} {
		started, failed := make(chan struct{}), make(chan error, 1)
		s.NotifyStartedFunc = func() { close(started) }
		serve := s.ListenAndServe
		if s.PacketConn != nil {
			serve = s.ActivateAndServe
		}
		go func() { failed <- serve() }()
		select {
		case <-started:
			running = append(running, s)
		case err := <-failed:
			end()
			return nil, fmt.Errorf("serve at %s: %w", at, err)
		}
	}
	return end, nil
}

// ServeDNS answers one question.
func (r *responder) ServeDNS(w dns.ResponseWriter, q *dns.Msg) {
	m := new(dns.Msg).SetReply(q)
	m.RecursionDesired, m.Compress = false, true
	if len(q.Question) == 1 && q.Question[0].Qclass == dns.ClassINET && q.Opcode == dns.OpcodeQuery {
		r.answer(m, q.Question[0])
	} else {
		m.Rcode = dns.RcodeNotImplemented
	}
	size := dns.MinMsgSize
	if opt := q.IsEdns0(); opt != nil {
		size = max(size, int(opt.UDPSize()))
		m.SetEdns0(ednsSize, false)
	}
	if w.LocalAddr().Network() == "udp" {
		m.Truncate(min(size, ednsSize))
	}
	_ = w.WriteMsg(m)
}

const ednsSize = 1232 // RFC 9715

// answer finds the zone that is asked, and answers from it: a delegation below it, data, or that there is none (RFC 1034 section 4.3.2).
func (r *responder) answer(m *dns.Msg, q dns.Question) {
	name := strings.ToLower(q.Name)
	origin, z := r.closest(name)
	if z == nil || q.Qtype == dns.TypeAXFR || q.Qtype == dns.TypeIXFR {
		m.Rcode = dns.RcodeRefused
		return
	}
	owner := relative(name, origin)
	if cut, found := z.cut(owner); found && (cut != owner || q.Qtype != dns.TypeDS) {
		m.Ns = at(z[cut][dns.TypeNS], dns.Fqdn(strings.TrimSuffix(cut+"."+origin, ".")))
		for _, ns := range m.Ns {
			if host := ns.(*dns.NS).Ns; dns.IsSubDomain(origin, host) {
				m.Extra = append(m.Extra, z[relative(host, origin)][dns.TypeA]...)
			}
		}
		return
	}
	m.Authoritative = true
	sets, exists := z[owner]
	set := sets[q.Qtype]
	if len(set) == 0 {
		set = sets[dns.TypeCNAME]
	}
	if m.Answer = at(set, q.Name); len(set) == 0 {
		m.Ns = at(z[""][dns.TypeSOA], origin)
		for _, rr := range m.Ns { // that there is nothing may be kept for the least of both (RFC 2308 section 3)
			soa := rr.(*dns.SOA) // a set of SOA records
			soa.Hdr.Ttl = min(soa.Hdr.Ttl, soa.Minttl)
		}
	}
	if !exists {
		m.Rcode = dns.RcodeNameError
	}
}

// closest finds the zone that holds a name.
func (r *responder) closest(name string) (origin string, z zone) {
	for off, end := 0, false; !end; off, end = dns.NextLabel(name, off) {
		if z = r.zones[name[off:]]; z != nil {
			return name[off:], z
		}
	}
	return ".", r.zones["."]
}

// cut finds the delegation at or above an owner.
func (z zone) cut(owner string) (cut string, found bool) {
	for cut = owner; cut != ""; _, cut, _ = strings.Cut(cut, ".") {
		if len(z[cut][dns.TypeNS]) > 0 {
			return cut, true
		}
	}
	return "", false
}

// at copies a set for the owner that is asked about.
func at(set []dns.RR, owner string) []dns.RR {
	out := make([]dns.RR, len(set))
	for i, rr := range set {
		out[i] = dns.Copy(rr)
		out[i].Header().Name = owner
	}
	return out
}
