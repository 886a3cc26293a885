package dns

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"sync/atomic"
)

// session is one look: its budget, its transcript and the zones it has opened.
type session struct {
	p    *Prober
	left atomic.Int64
	log  transcript

	mu      sync.Mutex
	zones   map[string]*zoneOnce
	targets map[string]*targetOnce
}

func (p *Prober) newSession() *session {
	s := &session{p: p, zones: map[string]*zoneOnce{}}
	s.left.Store(int64(p.opts.MaxQueries))
	return s
}

// ask puts one question to one server of a zone, or joins another look that is just asking it, and reads the answer as that zone's.
func (s *session) ask(ctx context.Context, zone string, srv server, q question) finding {
	to, err := s.p.endpoint(srv)
	var r reply
	switch {
	case err != nil:
		r = reply{kind: AnswerForbidden, detail: "not asked: " + err.Error()}
	case ctx.Err() != nil:
		r = reply{kind: AnswerNotAsked, detail: "the look was cut short"}
	case s.p.cutOff(srv.addr):
		r = reply{kind: AnswerNotAsked, detail: lineDown}
	case s.left.Add(-1) < 0:
		r = reply{kind: AnswerNotAsked, detail: fmt.Sprintf("not asked: the look had used its %d questions", s.p.opts.MaxQueries)}
	default:
		r = s.p.flights.do(ctx, flightKey{to: to, q: q}, func(ctx context.Context) reply {
			return s.p.exchange(ctx, s.p.pacer.peer(to, srv.name), zone, q)
		})
	}
	f := classify(zone, q, r)
	s.log.asked(srv.label(), zone, q, r, f)
	return f
}

// endpoint returns where a server is dialled, or why it must not be.
func (p *Prober) endpoint(srv server) (netip.AddrPort, error) {
	if to, ok := p.opts.AddressMap[srv.addr]; ok {
		return to, nil
	}
	if !srv.addr.IsValid() {
		return netip.AddrPort{}, errors.New("the server has no address")
	}
	if p.opts.Refuse != nil {
		if err := p.opts.Refuse(srv.addr); err != nil {
			return netip.AddrPort{}, fmt.Errorf("the address may not be dialled: %w", err)
		}
	}
	port := srv.port
	if port == 0 {
		port = p.opts.Port
	}
	return netip.AddrPortFrom(srv.addr, port), nil
}
