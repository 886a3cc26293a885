package dns

import (
	"context"
	"maps"
	"net/netip"
	"sync"
	"time"
)

// maxPaced is how many addresses the pacer remembers before it forgets the idle ones, which it does once in forgetEvery.
const (
	maxPaced    = 1 << 15
	forgetEvery = time.Minute
)

// pacer knows the servers that are asked, and holds the questions to an address, to its operator, and to its network to a rate. Whole looks
// and sweeps draw on the same budgets. It is safe for concurrent use.
type pacer struct {
	rate float64 // queries per second to one address; zero: by operator; negative: no limit
	now  func() time.Time

	mu      sync.Mutex
	peers   map[netip.AddrPort]*peer
	budgets map[any]*budget // by operator (string) and network (netip.Prefix)
	forgot  time.Time       // when the idle ones were last forgotten
}

// newPacer gives a pacer. A rate of zero lets the operator decide, a negative one lifts every limit.
func newPacer(rate float64, now func() time.Time) *pacer {
	return &pacer{rate: rate, now: now, peers: map[netip.AddrPort]*peer{}, budgets: map[any]*budget{}}
}

// lifted reports whether questions need not wait.
func (p *pacer) lifted() bool { return p.rate < 0 }

// peer gives what is known of a server address; name is the server's.
func (p *pacer) peer(to netip.AddrPort, name string) *peer {
	p.mu.Lock()
	defer p.mu.Unlock()
	if pr, ok := p.peers[to]; ok {
		return pr
	}
	now := p.now()
	p.forgetIdle(now)
	pr := &peer{to: to, last: now}
	p.peers[to] = pr
	if p.lifted() {
		return pr
	}
	operator, large := operatorOf(name)
	rate := p.rate
	switch {
	case rate > 0:
	case large:
		rate = LargeRate
	default:
		rate = UnknownRate
	}
	pr.budgets = append(pr.budgets, newBudget(rate, now)) // its own comes first
	if operator != "" {
		pr.budgets = append(pr.budgets, p.budget(operator, rate, now))
	}
	if n := networkOf(to.Addr()); n.IsValid() && !to.Addr().IsLoopback() { // a test network's servers share one address
		pr.budgets = append(pr.budgets, p.budget(n, rate, now))
	}
	return pr
}

// budget gives the budget that several addresses share; the fastest of them sets its rate.
func (p *pacer) budget(key any, rate float64, now time.Time) *budget {
	b, ok := p.budgets[key]
	if !ok || b.most < operatorFactor*rate {
		b = newBudget(operatorFactor*rate, now)
		p.budgets[key] = b
	}
	return b
}

// forgetIdle makes room: what was not asked for a while starts afresh. What several servers share stays as long as one of them does.
func (p *pacer) forgetIdle(now time.Time) {
	if len(p.peers) < maxPaced || now.Sub(p.forgot) < forgetEvery {
		return
	}
	p.forgot = now
	used := map[*budget]bool{}
	for at, pr := range p.peers {
		if pr.idle(now) {
			delete(p.peers, at)
			continue
		}
		for _, b := range pr.budgets {
			used[b] = true
		}
	}
	maps.DeleteFunc(p.budgets, func(_ any, b *budget) bool { return !used[b] })
}

// turn returns when a server may be asked, or with the context's error.
func (p *pacer) turn(ctx context.Context, pr *peer) error {
	if err := ctx.Err(); err != nil || p.lifted() {
		return err
	}
	wait := p.reserve(pr)
	if wait <= 0 {
		return nil
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		p.giveBack(pr)
		return ctx.Err()
	}
}

// reserve takes one question from every budget of a server, and says how long to wait with it.
func (p *pacer) reserve(pr *peer) (wait time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	for _, b := range pr.budgets {
		b.fill(now)
		b.tokens--
		wait = max(wait, b.wait())
	}
	return wait
}

func (p *pacer) giveBack(pr *peer) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, b := range pr.budgets {
		b.tokens++
	}
}

// allow takes one question from every budget of a server, when each has one left.
func (p *pacer) allow(pr *peer) bool {
	if p.lifted() {
		return true
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	for _, b := range pr.budgets {
		if b.fill(now); b.tokens < 1 {
			return false
		}
	}
	for _, b := range pr.budgets {
		b.tokens--
	}
	return true
}

// observe counts how a question to a server ended, and adapts its rate after each window of them.
func (p *pacer) observe(pr *peer, good bool) {
	if p.lifted() {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	pr.asked++
	if !good {
		pr.bad++
	}
	if pr.asked < adaptWindow {
		return
	}
	own := pr.budgets[0]
	own.rate = adapt(own.rate, own.most, pr.bad, pr.asked)
	pr.asked, pr.bad = 0, 0
}

// The rules of adaptation.
const (
	adaptWindow = 20  // questions to one address
	adaptShare  = 0.1 // of them that may go wrong
	leastShare  = 0.1 // of the full rate that is always left
)

// adapt gives the next rate of an address: half of it when too many of the last questions went unanswered, were refused or failed, a tenth
// of the full rate more when not (AIMD, as TCP does).
func adapt(rate, most float64, bad, asked int) float64 {
	if float64(bad) > adaptShare*float64(asked) {
		return max(rate/2, leastShare*most)
	}
	return min(rate+most/10, most)
}

// budget is a bucket of tokens, one for each question.
type budget struct {
	rate, most   float64 // tokens per second: at present, and at best
	tokens, room float64
	at           time.Time
}

// newBudget gives a full bucket with half a second's worth.
func newBudget(rate float64, now time.Time) *budget {
	room := max(1, rate/2)
	return &budget{rate: rate, most: rate, tokens: room, room: room, at: now}
}

func (b *budget) fill(now time.Time) {
	if past := now.Sub(b.at); past > 0 {
		b.tokens = min(b.room, b.tokens+past.Seconds()*b.rate)
		b.at = now
	}
}

// wait says when the token that was taken last is there.
func (b *budget) wait() time.Duration {
	if b.tokens >= 0 {
		return 0
	}
	return time.Duration(-b.tokens / b.rate * float64(time.Second))
}
