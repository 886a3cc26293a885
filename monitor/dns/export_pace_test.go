package dns

import (
	"context"
	"net/netip"
	"time"
)

// Pacer shows the pacer to tests, with a clock of theirs.
type Pacer struct{ p *pacer }

// NewPacer gives a pacer with a clock.
func NewPacer(rate float64, now func() time.Time) Pacer { return Pacer{newPacer(rate, now)} }

// Allowed counts how many of n questions to a server may go now.
func (p Pacer) Allowed(addr, name string, n int) (allowed int) {
	for range n {
		if p.p.allow(p.peer(addr, name)) {
			allowed++
		}
	}
	return allowed
}

func (p Pacer) peer(addr, name string) *peer {
	return p.p.peer(netip.AddrPortFrom(netip.MustParseAddr(addr), 53), name)
}

// Observe tells of questions that ended well or not.
func (p Pacer) Observe(addr, name string, good, bad int) {
	for i := range good + bad {
		p.p.observe(p.peer(addr, name), i >= bad)
	}
}

// Rate is the present rate of a server.
func (p Pacer) Rate(addr, name string) float64 { return p.peer(addr, name).budgets[0].rate }

// Reserve takes a question in advance, and says how long it must wait.
func (p Pacer) Reserve(addr, name string) time.Duration { return p.p.reserve(p.peer(addr, name)) }

// Known counts the servers and shared budgets that are remembered.
func (p Pacer) Known() (servers, shared int) {
	p.p.mu.Lock()
	defer p.p.mu.Unlock()
	return len(p.p.peers), len(p.p.budgets)
}

// Turn waits for a question's turn.
func (p Pacer) Turn(ctx context.Context, addr, name string) error {
	return p.p.turn(ctx, p.peer(addr, name))
}

// OperatorOf tells whose a server is.
func OperatorOf(name string) (operator string, large bool) { return operatorOf(name) }

// LargeOperatorSources are the sources of the table of large operators.
func LargeOperatorSources() (sources []string) {
	for _, o := range largeOperators {
		sources = append(sources, o.source)
	}
	return sources
}
