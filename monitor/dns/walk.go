package dns

import (
	"context"
	"math/rand/v2"
	"net/netip"
	"slices"
	"time"

	"github.com/miekg/dns"

	"github.com/krestmarketing/deedwatch/catalog"
)

// Bounds of one walk. They stop zones that were built to send a resolver in circles.
const (
	maxCuts       = 24 // referrals followed for one question
	maxAliases    = 8  // links of one chain of aliases
	maxNesting    = 5  // server names that must be resolved to resolve a server name
	maxTries      = 6  // servers of one zone that are tried for one answer
	maxUnresolved = 4  // server names without known address that are resolved for one answer
)

// resolution is the end of a chain of aliases.
type resolution struct {
	finding
	end   string   // the name that was asked for last
	loop  bool     // the chain goes round in a circle, or on for too long
	chain []string // the aliases' targets in order, lower case with trailing dot
}

// resolve finds the records of a name at the authoritative servers of each link of its chain of aliases. path holds the server names that
// are being resolved already.
func (s *session) resolve(ctx context.Context, q question, path []string) resolution {
	var res resolution
	for range maxAliases + 1 {
		res.finding, res.end = s.lookup(ctx, q, path), q.name
		if res.kind != AnswerData || res.alias == "" {
			return res
		}
		if slices.Contains(res.chain, res.alias) {
			break
		}
		res.chain = append(res.chain, res.alias)
		q.name = res.alias
	}
	res.loop, res.finding = true, finding{kind: AnswerUnresolved, detail: "the chain of aliases is endless or too long"}
	return res
}

// lookup walks down to the servers of the zone that holds a name, from the deepest delegation that is known. When the servers of a
// remembered delegation fail, it is forgotten and its parent asked once more.
func (s *session) lookup(ctx context.Context, q question, path []string) finding {
	c, remembered := s.start(q.name)
	for range maxCuts {
		f, _ := s.askCut(ctx, c, q, path, nil)
		switch {
		case f.kind == AnswerReferral:
			s.p.cache.keep(f.cut, s.p.opts.Now())
			c, remembered = f.cut, false
		case f.answered() || !remembered || f.kind == AnswerNotAsked || f.kind == AnswerForbidden:
			return f
		default:
			s.p.cache.drop(c)
			c, _ = s.start(parentName(c.zone))
			remembered = false
		}
	}
	return finding{kind: AnswerUnresolved, detail: "the walk met too many delegations"}
}

// start returns where a walk to name begins, and whether that is remembered from an earlier walk.
func (s *session) start(name string) (*cut, bool) {
	if c := s.p.cache.best(name, s.p.opts.Now()); c != nil {
		return c, true
	}
	return s.p.root, false
}

// askCut asks the servers of a zone one after the other until one answers or refers on; skip holds servers not to ask. It returns the
// failure of the last one when none does.
func (s *session) askCut(ctx context.Context, c *cut, q question, path []string, skip []netip.Addr) (finding, server) {
	last := finding{kind: AnswerUnresolved, detail: "no server of the zone has a known address"}
	tries := 0
	try := func(srv server) (finding, bool) {
		tries++
		f := s.ask(ctx, c.zone, srv, q)
		if f.answered() || f.kind == AnswerReferral {
			return f, true
		}
		if f.kind != AnswerForbidden || last.kind == AnswerUnresolved {
			last = f
		}
		return f, false
	}
	spared := func(addr netip.Addr) bool {
		cut := s.p.cutOff(addr)
		if cut && last.kind == AnswerUnresolved {
			last = finding{kind: AnswerNotAsked, detail: lineDown}
		}
		return cut
	}
	known, unknown := s.known(c)
	shuffle(known)
	for _, srv := range known {
		if tries >= maxTries || ctx.Err() != nil {
			return last, server{}
		}
		if slices.Contains(skip, srv.addr) || spared(srv.addr) {
			continue
		}
		if f, ok := try(srv); ok {
			return f, srv
		}
	}
	for i, name := range unknown {
		if i >= maxUnresolved || tries >= maxTries || ctx.Err() != nil {
			break
		}
		set := s.addresses(ctx, name, path)
		if set.kind != AnswerData && last.kind == AnswerUnresolved {
			last = finding{kind: set.kind, detail: shown(name) + ": " + set.detail}
		}
		for _, addr := range set.addrs {
			if tries >= maxTries || slices.Contains(skip, addr) || spared(addr) {
				continue
			}
			srv := server{name: name, addr: addr}
			if f, ok := try(srv); ok {
				return f, srv
			}
		}
	}
	return last, server{}
}

// known splits a zone's servers into addresses at hand (hints, glue, cache) and names that have to be resolved first.
func (s *session) known(c *cut) (servers []server, unknown []string) {
	servers = slices.Clone(c.hints)
	for _, name := range c.ns {
		addrs := s.usable(c.glue[name])
		if len(addrs) == 0 {
			set, ok := s.p.cache.addresses(name, s.p.opts.Now())
			if !ok {
				unknown = append(unknown, name)
				continue
			}
			addrs = set.addrs
		}
		for _, addr := range addrs {
			servers = append(servers, server{name: name, addr: addr})
		}
	}
	shuffle(unknown)
	return servers, unknown
}

// shuffle spreads the questions over the servers of a zone.
func shuffle[E any](s []E) {
	rand.Shuffle(len(s), func(i, j int) { s[i], s[j] = s[j], s[i] }) //nolint:gosec // spreads load; nothing secret depends on it
}

// usable leaves out addresses of a family that is off.
func (s *session) usable(addrs []netip.Addr) []netip.Addr {
	if s.p.opts.IPv6 {
		return addrs
	}
	return slices.DeleteFunc(slices.Clone(addrs), netip.Addr.Is6)
}

// addresses finds the addresses of a server name by a walk of its own, or in the cache.
func (s *session) addresses(ctx context.Context, name string, path []string) addressSet {
	if set, ok := s.p.cache.addresses(name, s.p.opts.Now()); ok {
		return set
	}
	switch {
	case slices.Contains(path, name):
		return addressSet{kind: AnswerUnresolved, detail: "its address can only be learnt from itself: the server names depend on each other in a circle"}
	case len(path) >= maxNesting:
		return addressSet{kind: AnswerUnresolved, detail: "too many server names depend on each other"}
	}
	path = append(slices.Clone(path), name)
	set := s.resolveAddresses(ctx, name, path)
	if set.kind == AnswerData || len(path) == 1 { // inside a circle the answer depends on where it was entered
		s.p.cache.keepAddresses(name, set, s.p.opts.Now())
	}
	return set
}

func (s *session) resolveAddresses(ctx context.Context, name string, path []string) addressSet {
	set := addressSet{kind: AnswerUnresolved, ttl: maxCacheTTL}
	v4 := s.resolve(ctx, question{name, dns.TypeA}, path)
	set.add(v4)
	if s.p.opts.IPv6 && v4.kind != AnswerNXDomain {
		set.add(s.resolve(ctx, question{name, dns.TypeAAAA}, path))
	}
	if len(set.addrs) > 0 {
		set.kind, set.detail = AnswerData, ""
		return set
	}
	if v4.kind == AnswerNoData && !s.p.opts.IPv6 {
		if s.resolve(ctx, question{name, dns.TypeAAAA}, path).kind == AnswerData {
			return addressSet{kind: AnswerNotAsked, detail: "it has IPv6 addresses only, and IPv6 is off"}
		}
	}
	return set
}

// goneDomain gives the registrable domain of the name at the end of the chain, when it was the zone above that domain which said that the
// name does not exist: then there is no such domain. Empty: there is one, or it is not known.
func (r resolution) goneDomain() string {
	if r.kind != AnswerNXDomain || r.soa == nil {
		return ""
	}
	n, err := catalog.ParseName(lowerName(r.end))
	if err != nil || !below(lowerASCII(r.soa.Hdr.Name), n.Registrable) {
		return ""
	}
	return n.Registrable
}

// add takes over the addresses of one resolution, or why there are none.
func (a *addressSet) add(res resolution) {
	if len(res.chain) > 0 {
		a.alias = res.chain[0]
	}
	switch res.kind {
	case AnswerData:
		for _, rr := range res.rrs {
			if addr, ok := addressOf(rr); ok && len(a.addrs) < maxAddresses && !slices.Contains(a.addrs, addr) {
				a.addrs = append(a.addrs, addr)
			}
		}
		a.ttl = min(a.ttl, ttlOf(res.rrs))
	case AnswerNXDomain:
		a.detail, a.ttl = "the name does not exist", min(a.ttl, res.negativeTTL)
		if a.gone = res.goneDomain(); a.gone != "" {
			a.detail = "the domain " + shown(a.gone) + " does not exist"
		}
	case AnswerNoData:
		a.ttl = min(a.ttl, res.negativeTTL)
		if a.detail == "" {
			a.detail = "the name has no address"
		}
	case AnswerUnresolved:
		a.detail = res.detail
	default:
		a.kind, a.detail = res.kind, "its address could not be looked up: "+res.detail
	}
}

// longest returns the longer of two negative TTLs, inside the bound.
func longest(a, b time.Duration) time.Duration { return min(max(a, b), maxNegativeTTL) }
