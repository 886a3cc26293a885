package dns

import (
	"context"
	"net/netip"
	"sync"

	"golang.org/x/time/rate"
)

// maxPaced is how many addresses the pacer remembers before it forgets the idle ones.
const maxPaced = 1 << 15

// pacer holds the queries to one address to a rate.
type pacer struct {
	limit rate.Limit
	burst int

	mu sync.Mutex
	to map[netip.AddrPort]*rate.Limiter
}

// newPacer allows limit queries per second to each address, half a second's worth at once; a negative limit allows all.
func newPacer(limit rate.Limit) *pacer {
	if limit < 0 {
		limit = rate.Inf
	}
	burst := 1
	if limit != rate.Inf {
		burst = max(1, int(limit/2))
	}
	return &pacer{limit: limit, burst: burst, to: map[netip.AddrPort]*rate.Limiter{}}
}

// wait returns when the address may be asked, or with the context's error.
func (p *pacer) wait(ctx context.Context, to netip.AddrPort) error {
	if p.limit == rate.Inf {
		return ctx.Err()
	}
	return p.limiter(to).Wait(ctx)
}

func (p *pacer) limiter(to netip.AddrPort) *rate.Limiter {
	p.mu.Lock()
	defer p.mu.Unlock()
	if l, ok := p.to[to]; ok {
		return l
	}
	if len(p.to) >= maxPaced {
		for addr, l := range p.to {
			if l.Tokens() >= float64(p.burst) {
				delete(p.to, addr)
			}
		}
	}
	l := rate.NewLimiter(p.limit, p.burst)
	p.to[to] = l
	return l
}
