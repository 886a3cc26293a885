package email

import (
	"context"
	"slices"
	"sync"
	"time"
)

// pool keeps connections open between messages and bounds how many there are. It is safe for concurrent use.
type pool struct {
	slots chan struct{} // one for each message under way
	idle  time.Duration

	mu     sync.Mutex
	kept   []*session // the one used last comes first to hand
	timers map[*session]*time.Timer
	closed bool
	ending sync.WaitGroup // connections that are being ended because nobody used them
}

func newPool(connections int, idle time.Duration) *pool {
	return &pool{slots: make(chan struct{}, connections), idle: idle, timers: map[*session]*time.Timer{}}
}

// enter waits until another message may be under way; false when ctx ends first.
func (p *pool) enter(ctx context.Context) bool {
	select {
	case p.slots <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	}
}

func (p *pool) leave() { <-p.slots }

// take gives a connection that was kept, which nobody else has then; nil: there is none.
func (p *pool) take() *session {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.kept) == 0 {
		return nil
	}
	c := p.kept[len(p.kept)-1]
	p.forget(c)
	c.reused = true
	return c
}

// put keeps a connection until it is taken, or nobody has used it for too long.
func (p *pool) put(c *session) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		c.drop()
		return
	}
	_ = c.conn.SetDeadline(time.Time{})
	p.kept = append(p.kept, c)
	p.timers[c] = time.AfterFunc(p.idle, func() { p.expire(c) })
}

// expire ends a connection that is still kept.
func (p *pool) expire(c *session) {
	p.mu.Lock()
	if !slices.Contains(p.kept, c) {
		p.mu.Unlock()
		return
	}
	p.forget(c)
	p.ending.Add(1)
	p.mu.Unlock()
	defer p.ending.Done()
	c.quit(context.Background())
}

// forget takes a connection out of what is kept. The caller holds the lock.
func (p *pool) forget(c *session) {
	p.kept = slices.DeleteFunc(p.kept, func(k *session) bool { return k == c })
	p.timers[c].Stop()
	delete(p.timers, c)
}

// close ends what is kept and keeps nothing from then on.
func (p *pool) close() {
	p.mu.Lock()
	p.closed = true
	kept := slices.Clone(p.kept)
	for _, c := range kept {
		p.forget(c)
	}
	p.mu.Unlock()
	for _, c := range kept {
		c.quit(context.Background())
	}
	p.ending.Wait()
}
