package main

import (
	"sync"
	"time"
)

// clock is the demo's time: it runs from a start at a speed and can be advanced. It is safe for concurrent use.
type clock struct {
	mu    sync.Mutex
	base  time.Time // demo time at real
	real  time.Time
	speed float64
}

func newClock(start time.Time, speed float64) *clock {
	return &clock{base: start, real: time.Now(), speed: speed}
}

// Now gives the demo's time.
func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at(time.Now())
}

// Advance moves the demo's time forward.
func (c *clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	c.base, c.real = c.at(now).Add(d), now
}

func (c *clock) at(now time.Time) time.Time {
	return c.base.Add(time.Duration(float64(now.Sub(c.real)) * c.speed))
}
