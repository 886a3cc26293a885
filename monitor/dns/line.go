package dns

import (
	"context"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/miekg/dns"
)

const (
	// lineFor is for how long it is remembered whether our own line carries IPv6.
	lineFor = 10 * time.Minute
	// lineControls is how many root servers are asked before it is believed that it does not.
	lineControls = 2
)

// lineDown is said of a server that is not asked for want of IPv6 on our side.
const lineDown = "not asked: no server answers over IPv6, so our own line does not carry it"

// line remembers whether our own line carries IPv6, so that no server is blamed for a machine or a container that has IPv4 only. It is safe
// for concurrent use.
type line struct {
	mu     sync.Mutex
	worked time.Time // the last answer over IPv6
	failed time.Time // the last time that no root server answered over it
}

// answered notes an answer over IPv6.
func (l *line) answered(now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.worked = now
}

// gone notes that no root server answered.
func (l *line) gone(now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.failed = now
}

// state says what is known at present; at most one of the two is true.
func (l *line) state(now time.Time) (up, down bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	recent := func(t time.Time) bool { return !t.IsZero() && now.Sub(t) < lineFor }
	if recent(l.failed) && l.failed.After(l.worked) {
		return false, true
	}
	return recent(l.worked), false
}

// overIPv6 reports whether a server is dialled over IPv6; in a test network an IPv6 address may stand for another one.
func (p *Prober) overIPv6(addr netip.Addr) bool {
	if to, ok := p.opts.AddressMap[addr]; ok {
		addr = to.Addr()
	}
	return addr.Is6() && !addr.Is4In6()
}

// cutOff reports whether a server can't be asked since our own line carries no IPv6 at present.
func (p *Prober) cutOff(addr netip.Addr) bool {
	if !p.overIPv6(addr) {
		return false
	}
	_, down := p.line.state(p.pacer.now())
	return down
}

// carriesIPv6 finds out whether our own line carries IPv6, by the root servers where no answer came over it lately. Without any that could be
// asked over it, as in a test network, there is nothing to compare with, and it is taken for granted.
func (s *session) carriesIPv6(ctx context.Context) bool {
	if up, down := s.p.line.state(s.p.pacer.now()); up || down {
		return up
	}
	controls := slices.DeleteFunc(slices.Clone(s.p.root.hints), func(srv server) bool { return !s.p.overIPv6(srv.addr) })
	if len(controls) == 0 {
		return true
	}
	shuffle(controls)
	for _, srv := range controls[:min(len(controls), lineControls)] {
		switch f := s.ask(ctx, ".", srv, question{".", dns.TypeSOA}); f.kind {
		case AnswerTimeout, AnswerUnreachable:
		case AnswerNotAsked, AnswerForbidden:
			return ctx.Err() != nil // the budget is used up: then nobody is blamed; a look that was cut short states nothing anyway
		default:
			return true
		}
	}
	s.p.line.gone(s.p.pacer.now())
	return false
}

// spareIPv6 leaves the IPv6 addresses of servers out that gave no answer, where the fault may be our own line's; a server that has no other
// address stays, as one that was not asked.
func (s *session) spareIPv6(ctx context.Context, servers []*nsServer) []*nsServer {
	silent := func(n *nsServer) bool {
		return n.addr.IsValid() && s.p.overIPv6(n.addr) && (n.kind == AnswerTimeout || n.kind == AnswerUnreachable || n.kind == AnswerNotAsked)
	}
	if !slices.ContainsFunc(servers, silent) || s.carriesIPv6(ctx) {
		return servers
	}
	return slices.DeleteFunc(slices.Clone(servers), func(n *nsServer) bool {
		if !silent(n) {
			return false
		}
		n.kind, n.detail = AnswerNotAsked, lineDown
		return slices.ContainsFunc(servers, func(o *nsServer) bool { return o.name == n.name && o.addr.IsValid() && !s.p.overIPv6(o.addr) })
	})
}
