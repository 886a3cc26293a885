package dns

import (
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/krestmarketing/deedwatch/monitor/dns/batch"
)

// paceTick is how often the queues of a sweep are looked at.
const paceTick = 10 * time.Millisecond

// pace lets the questions of a sweep go out at the rate of each server address. It draws on the same budget as whole looks do, without a
// goroutine for each question that waits.
type pace struct {
	from *pacer
	to   *batch.Transport

	mu     sync.Mutex
	queues map[netip.AddrPort]*paceQueue
	closed bool
	stop   chan struct{}
	ended  sync.WaitGroup
}

// paceQueue are the questions to one address that wait, first come first served.
type paceQueue struct {
	limit *rate.Limiter
	wait  []*batch.Query
}

func newPace(from *pacer, to *batch.Transport) *pace {
	p := &pace{from: from, to: to, queues: map[netip.AddrPort]*paceQueue{}, stop: make(chan struct{})}
	if from.limit != rate.Inf {
		p.ended.Go(p.run)
	}
	return p
}

// submit sends a question when its address may be asked.
func (p *pace) submit(q *batch.Query) {
	if p.from.limit == rate.Inf {
		p.to.Submit(q)
		return
	}
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		q.Err = batch.ErrClosed
		q.Done(q)
		return
	}
	queue, ok := p.queues[q.To]
	if !ok {
		queue = &paceQueue{limit: p.from.limiter(q.To)}
		p.queues[q.To] = queue
	}
	at := time.Now() //nolint:forbidigo // the rate is one of real time
	if len(queue.wait) > 0 || !queue.limit.AllowN(at, 1) {
		queue.wait = append(queue.wait, q)
		p.mu.Unlock()
		return
	}
	p.mu.Unlock()
	p.to.Submit(q)
}

// run lets waiting questions go at every tick.
func (p *pace) run() {
	tick := time.NewTicker(paceTick)
	defer tick.Stop()
	var ready []*batch.Query
	for {
		select {
		case <-p.stop:
			return
		case now := <-tick.C:
			ready = p.due(ready[:0], now)
			for _, q := range ready {
				p.to.Submit(q)
			}
		}
	}
}

// due takes the questions out whose turn it is.
func (p *pace) due(ready []*batch.Query, now time.Time) []*batch.Query {
	p.mu.Lock()
	defer p.mu.Unlock()
	for at, queue := range p.queues {
		n := 0
		for n < len(queue.wait) && queue.limit.AllowN(now, 1) {
			n++
		}
		ready = append(ready, queue.wait[:n]...)
		queue.wait = queue.wait[n:]
		if len(queue.wait) == 0 {
			delete(p.queues, at)
		}
	}
	return ready
}

// close ends the questions that still wait; none is sent after it.
func (p *pace) close() {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return
	}
	p.closed = true
	close(p.stop)
	var left []*batch.Query
	for _, queue := range p.queues {
		left = append(left, queue.wait...)
	}
	clear(p.queues)
	p.mu.Unlock()
	p.ended.Wait()
	for _, q := range left {
		q.Err = batch.ErrClosed
		q.Done(q)
	}
}
