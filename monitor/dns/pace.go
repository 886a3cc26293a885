package dns

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/krestmarketing/deedwatch/monitor/dns/batch"
	"github.com/krestmarketing/deedwatch/monitor/dns/wire"
)

// paceTick is how often the queues of a sweep are looked at.
const paceTick = 10 * time.Millisecond

// pace lets the questions of a sweep go out at the rate of each server, asks again what was lost, and keeps questions from a server that
// is dead. It draws on the same budgets as whole looks do, without a goroutine for each question that waits.
type pace struct {
	p  *Prober
	to *batch.Transport

	mu     sync.Mutex
	queues map[*peer]*paceQueue
	closed bool
	ctx    context.Context //nolint:containedctx // of the probes; ends with close
	stop   context.CancelFunc
	ended  sync.WaitGroup
}

// paceQueue are the questions to one server that wait, first come first served.
type paceQueue struct{ wait []*checkQuery }

func newPace(ctx context.Context, p *Prober, to *batch.Transport) *pace {
	c := &pace{p: p, to: to, queues: map[*peer]*paceQueue{}}
	c.ctx, c.stop = context.WithCancel(ctx)
	c.ended.Go(c.run)
	return c
}

// submit sends a question when its server may be asked.
func (c *pace) submit(q *checkQuery) {
	if c.p.pacer.lifted() && q.peer.gate(c.p.pacer.now()) == gateOpen {
		c.send(q)
		return
	}
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		q.fail(batch.ErrClosed)
		return
	}
	queue, ok := c.queues[q.peer]
	if !ok {
		queue = &paceQueue{}
		c.queues[q.peer] = queue
	}
	if len(queue.wait) > 0 || q.check.moot.Load() || q.peer.gate(c.p.pacer.now()) != gateOpen || !c.p.pacer.allow(q.peer) {
		queue.wait = append(queue.wait, q)
		c.mu.Unlock()
		return
	}
	c.mu.Unlock()
	c.send(q)
}

// send puts a question to its server in the form that it is used to.
func (c *pace) send(q *checkQuery) {
	f := q.peer.form(c.p.pacer.now())
	q.Plain, q.Bare = f.plain || q.plain, f.bare || q.bare
	q.Quick = q.tries < c.p.opts.Retries && q.peer.answersIn(c.p.opts.Timeout/soonShare) // the last time it has all the time there is
	c.to.Submit(&q.Query)
}

// soonShare is the share of the time-out within which a server answers that is soon asked again: a quarter of what it is then given.
const soonShare = 16

// answered notes how a query ended, and asks again what was lost or was put in a form that the server does not know; it reports whether
// that was all.
func (c *pace) answered(q *checkQuery) (over bool) {
	now := c.p.pacer.now()
	q.tries += q.Tries
	failed := q.Answer.Kind == wire.Failed
	switch {
	case q.Err == nil:
		q.peer.answeredIn(now, q.Took)
		c.p.pacer.observe(q.peer, !failed || q.Answer.Rcode != rcodeServfail && q.Answer.Rcode != rcodeRefused)
		if failed && !q.Bare && (q.Answer.Rcode == rcodeFormerr || q.Answer.Rcode == rcodeNotimp) {
			q.bare = true
			c.submit(q)
			return false
		}
		if q.folded || q.bare {
			q.peer.used(now, form{bare: q.bare, plain: q.folded})
		}
	case errors.Is(q.Err, batch.ErrTimeout):
		q.peer.timedOut(now)
		c.p.pacer.observe(q.peer, false)
		if q.tries <= c.p.opts.Retries {
			q.folded = q.folded || q.Folded
			q.plain = q.folded || q.tries == c.p.opts.Retries // a server that does not repeat the case of letters must not look dead
			c.submit(q)
			return false
		}
	}
	return true
}

// The codes that decide how to go on (RFC 1035 section 4.1.1).
const (
	rcodeFormerr  = 1
	rcodeServfail = 2
	rcodeNotimp   = 4
	rcodeRefused  = 5
)

// run lets waiting questions go at every tick.
func (c *pace) run() {
	tick := time.NewTicker(paceTick)
	defer tick.Stop()
	var ready, dead []*checkQuery
	for {
		select {
		case <-c.ctx.Done():
			return
		case <-tick.C:
			ready, dead = c.due(ready[:0], dead[:0])
			for _, q := range ready {
				c.send(q)
			}
			for _, q := range dead {
				if q.check.moot.Load() {
					q.fail(errMoot)
				} else {
					q.fail(errDead)
				}
			}
		}
	}
}

// due takes the questions out whose turn it is, and those that are not asked since the server is dead or the domain is known to differ.
func (c *pace) due(ready, dead []*checkQuery) (sent, given []*checkQuery) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for pr, queue := range c.queues {
		if len(queue.wait) == 0 {
			delete(c.queues, pr)
			continue
		}
		n := 0
		switch g, _, _ := pr.enter(c.p.pacer.now()); g {
		case gateOpen:
			for ; n < len(queue.wait); n++ {
				if q := queue.wait[n]; q.check.moot.Load() {
					dead = append(dead, q)
				} else if c.p.pacer.allow(pr) {
					ready = append(ready, q)
				} else {
					break
				}
			}
		case gateDead:
			n = len(queue.wait)
			dead = append(dead, queue.wait...)
		case gateProbe:
			zone := wire.Text(queue.wait[0].Zone)
			c.ended.Go(func() { c.p.probe(c.ctx, pr, zone) })
		case gateWait:
		}
		queue.wait = queue.wait[n:]
	}
	return ready, dead
}

// close ends the questions that still wait; none is sent after it.
func (c *pace) close() {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return
	}
	c.closed = true
	var left []*checkQuery
	for _, queue := range c.queues {
		left = append(left, queue.wait...)
	}
	clear(c.queues)
	c.mu.Unlock()
	c.stop()
	c.ended.Wait()
	for _, q := range left {
		q.fail(batch.ErrClosed)
	}
}
