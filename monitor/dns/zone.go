package dns

import (
	"context"
	"net/netip"
	"slices"
	"sync"

	"github.com/miekg/dns"
)

// zone is a zone with everything that its servers were asked about themselves.
type zone struct {
	name    string
	servers []*nsServer
	sets    map[string]addressSet // what is known of each server name
	more    int                   // server names beyond the bound
}

// nsServer is one address of one authoritative server; addr is invalid when its name led to none.
type nsServer struct {
	server
	soa    finding
	ns     finding
	serial *uint32
	kind   AnswerKind // AnswerData: it serves the zone; else why not
	detail string
	noSOA  bool // it serves the zone, and says with authority that the zone has no SOA
	stream streamCheck
}

func (n *nsServer) serves() bool { return n.kind == AnswerData }

// zoneOnce opens a zone once in a look, however many records lie in it.
type zoneOnce struct {
	once sync.Once
	z    *zone
}

// openOnce opens the zone below a cut that was met while asking for a record.
func (s *session) openOnce(ctx context.Context, c *cut) *zone {
	s.mu.Lock()
	o, ok := s.zones[c.zone]
	if !ok {
		o = &zoneOnce{}
		s.zones[c.zone] = o
	}
	s.mu.Unlock()
	o.once.Do(func() {
		o.z = &zone{name: c.zone, sets: map[string]addressSet{}, more: c.more}
		s.probe(ctx, o.z, c, c.ns, false)
	})
	return o.z
}

// probe finds the addresses of the named servers, adds them to the zone, and asks each for the zone's SOA, and its NS set when withNS.
func (s *session) probe(ctx context.Context, z *zone, c *cut, names []string, withNS bool) {
	sets := make([]addressSet, len(names))
	var wg sync.WaitGroup
	for i, name := range names {
		wg.Go(func() { sets[i] = s.serverAddresses(ctx, c, name) })
	}
	wg.Wait()
	var added []*nsServer
	for i, name := range names {
		z.sets[name] = sets[i]
		if len(sets[i].addrs) == 0 {
			added = append(added, &nsServer{server: server{name: name}, kind: sets[i].kind, detail: sets[i].detail})
		}
		for _, addr := range sets[i].addrs {
			added = append(added, &nsServer{server: server{name: name, addr: addr}})
		}
	}
	for _, n := range added {
		if n.addr.IsValid() {
			wg.Go(func() { s.probeServer(ctx, z.name, n, withNS) })
		}
	}
	wg.Wait()
	z.servers = append(z.servers, s.spareIPv6(ctx, added)...)
}

// serverAddresses takes the glue of the delegation where there is some, as any resolver does, else resolves the name.
func (s *session) serverAddresses(ctx context.Context, c *cut, name string) addressSet {
	if addrs := s.usable(c.glue[name]); len(addrs) > 0 {
		return addressSet{addrs: slices.Clone(addrs), kind: AnswerData}
	}
	return s.addresses(ctx, name, nil)
}

// probeServer asks one server whether it serves the zone.
func (s *session) probeServer(ctx context.Context, zone string, n *nsServer, withNS bool) {
	n.soa = s.ask(ctx, zone, n.server, question{zone, dns.TypeSOA})
	n.kind, n.detail = n.soa.kind, n.soa.detail
	n.stream.kind = AnswerNotAsked
	switch {
	case n.soa.kind == AnswerNoData && withNS:
		if n.ns = s.ask(ctx, zone, n.server, question{zone, dns.TypeNS}); n.ns.kind == AnswerData && len(n.ns.rrs) > 0 {
			n.kind, n.detail, n.noSOA = AnswerData, "", true
			return
		}
		n.kind, n.detail = AnswerLame, "answers, but does not serve this zone"
	case n.soa.kind == AnswerNoData || n.soa.kind == AnswerNXDomain || n.soa.kind == AnswerReferral:
		n.kind, n.detail = AnswerLame, "answers, but does not serve this zone"
	}
	for _, rr := range n.soa.rrs {
		if soa, ok := rr.(*dns.SOA); ok {
			serial := soa.Serial
			n.serial = &serial
		}
	}
	if n.serves() && withNS {
		n.ns = s.ask(ctx, zone, n.server, question{zone, dns.TypeNS})
	}
}

// serving returns the servers that serve the zone.
func (z *zone) serving() []*nsServer {
	return slices.DeleteFunc(slices.Clone(z.servers), func(n *nsServer) bool { return !n.serves() })
}

// nsNames returns the NS set that the zone's servers state, as the union over them.
func (z *zone) nsNames() []string {
	var names []string
	for _, n := range z.servers {
		names = append(names, n.nsNames()...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// nsNames returns the NS set that one server states, sorted, as it is asked for.
func (n *nsServer) nsNames() []string {
	var names []string
	for _, rr := range n.ns.rrs {
		if ns, ok := rr.(*dns.NS); ok && len(names) < maxNSNames {
			names = append(names, fqdn(ns.Ns))
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// glueCheck compares the parent's glue with what the zone itself says about its servers' addresses.
type glueCheck struct {
	name   string
	parent []netip.Addr
	child  []netip.Addr
	alias  bool
}

// checkGlue asks one serving server for the addresses of each server name inside the zone.
func (s *session) checkGlue(ctx context.Context, z *zone, c *cut) []glueCheck {
	serving := z.serving()
	if len(serving) == 0 {
		return nil
	}
	var checks []glueCheck
	for _, name := range c.ns {
		if !within(z.name, name) || len(c.glue[name]) == 0 {
			continue
		}
		g := glueCheck{name: name, parent: c.glue[name]}
		complete := true
		for _, t := range []uint16{dns.TypeA, dns.TypeAAAA} {
			f := s.ask(ctx, z.name, serving[0].server, question{name, t})
			complete = complete && f.answered()
			g.alias = g.alias || f.alias != ""
			for _, rr := range f.rrs {
				if addr, ok := addressOf(rr); ok {
					g.child = append(g.child, addr)
				}
			}
		}
		if complete {
			checks = append(checks, g)
		}
	}
	return checks
}

// keys asks the zone for its DNSKEY set; known is false when no server gave an answer. With DS records at hand further servers are asked
// until one of them has a key that fits.
func (s *session) keys(ctx context.Context, z *zone, fits func([]*dns.DNSKEY) bool) (keys []*dns.DNSKEY, known bool) {
	for _, n := range z.serving() {
		f := s.ask(ctx, z.name, n.server, question{z.name, dns.TypeDNSKEY})
		if !f.answered() {
			continue
		}
		known, keys = true, keysIn(f.rrs)
		if fits(keys) {
			return keys, true
		}
	}
	return keys, known
}
