package monitor

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

const (
	// longestWait is for how long a job waits for its turn at a server; for a later one another job comes.
	longestWait = 15 * time.Second
	// noWait is what waiting for nothing may take: a turn this near is there.
	noWait = 20 * time.Millisecond
	// rememberWithin bounds the writing of how a server fared.
	rememberWithin = 3 * time.Second
	// lapsedTurns is how many turns may lapse in a row before a look is given up.
	lapsedTurns = 5
)

// The reasons for which a server is not asked.
var (
	errLeftAlone = errors.New("the server is to be left alone")
	errNoTurn    = errors.New("there is no turn in time")
)

// beside says how a server is asked that is not the one whose names are being worked through.
type beside struct {
	remember bool // how it fared is stored
	far      bool // for a name that is not near its expiry: only a turn that is to be spared is taken, and none waited for
}

// turn waits until the server may be asked, by all who share its limits: the turn is taken in the store before it is used, so that neither
// a crash nor another process leads to more questions than are allowed. errLeftAlone and errNoTurn say that it is not to be asked; nothing
// is taken then.
func (m *Monitor) turn(ctx context.Context, server string, far bool) error {
	limit, lead := m.o.Limit(server), time.Duration(0)
	for range lapsedTurns {
		slot, err := m.takeTurn(ctx, server, limit, lead, far)
		if err != nil {
			return err
		}
		if err := m.clock.until(ctx, slot.At); err != nil {
			return err
		}
		late := m.clock.now().Sub(slot.At)
		if late <= limit.Grace() {
			return nil
		}
		lead = 2 * late // taking the turn took too long: take one that far ahead
	}
	return fmt.Errorf("%w at %s: this machine is too slow for its limits", errNoTurn, server)
}

func (m *Monitor) takeTurn(ctx context.Context, server string, limit Limit, lead time.Duration, far bool) (Slot, error) {
	now, put := m.clock.read()
	wait := longestWait
	if far {
		wait = max(lead, noWait)
	}
	if end, ok := ctx.Deadline(); ok {
		wait = min(wait, m.clock.left(end))
	}
	t := Turn{Now: now, Not: now.Add(lead), Before: now.Add(wait), Spare: far}
	var slot Slot
	admitted := false
	_, err := m.servers.ChangeServer(ctx, limit.key(server), func(row models.RegistryServer) (models.RegistryServer, bool) {
		row, slot, admitted = admit(row, limit, m.o.Now(), t)
		return row, slot.Taken
	})
	m.clock.putForward(put + slot.Ahead)
	switch {
	case err != nil:
		return slot, fmt.Errorf("take a turn at %s: %w", server, err)
	case !admitted:
		return slot, errLeftAlone
	case !slot.Taken:
		return slot, errNoTurn
	}
	return slot, nil
}

// saidNothing reports whether a look says nothing of its server, since we ended it ourselves. A refusal that had come by then counts: whoever
// asks next, in this process or another one, must know of it.
func saidNothing(ctx context.Context, look *models.Look) bool {
	return over(ctx) && look.Outcome != models.OutcomeThrottled
}

// answered remembers how a server fared. That is written even when our own time is over: a refusal that came last would otherwise be lost.
func (m *Monitor) answered(ctx context.Context, server string, look models.Look) (models.RegistryServer, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), rememberWithin)
	defer cancel()
	row, err := m.servers.ChangeServer(ctx, m.o.Limit(server).key(server), func(row models.RegistryServer) (models.RegistryServer, bool) {
		return ServerAfter(row, look, m.o.Now()), true
	})
	if err != nil {
		return row, fmt.Errorf("remember how %s fared: %w", server, err)
	}
	return row, nil
}

// paced waits for the server's turn; false: it is not to be asked, or not in time.
func (m *Monitor) paced(ctx context.Context, server string, far bool) bool {
	err := m.turn(ctx, server, far)
	if err != nil && !errors.Is(err, errLeftAlone) && !errors.Is(err, errNoTurn) && ctx.Err() == nil {
		m.warn(ctx, "server not asked", server, err)
	}
	return err == nil
}

// key is the name under which a server is remembered.
func (l Limit) key(server string) string {
	if l.Shared != "" {
		return l.Shared
	}
	return origin(server)
}

// steadyClock is a clock that only goes on: it begins with the wall's time and then follows what has passed, so that a wall clock that is
// set does not reach it. It can be put forward.
type steadyClock struct {
	mu    sync.Mutex
	wall  func() time.Time
	begun time.Time
	put   time.Duration
}

func newSteadyClock(wall func() time.Time) *steadyClock {
	return &steadyClock{wall: wall, begun: wall()}
}

func (c *steadyClock) now() time.Time {
	now, _ := c.read()
	return now
}

// read gives the time, and by how much the clock has been put forward.
func (c *steadyClock) read() (now time.Time, put time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.begun.Add(c.wall().Sub(c.begun) + c.put).Round(0).UTC(), c.put
}

// putForward puts the clock forward by d since it began, unless it has been put forward further.
func (c *steadyClock) putForward(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.put = max(c.put, d)
}

// left is how long it is until an instant of the wall clock.
func (c *steadyClock) left(end time.Time) time.Duration { return end.Sub(c.wall()) }

// until waits for an instant of this clock.
func (c *steadyClock) until(ctx context.Context, at time.Time) error {
	wait := at.Sub(c.now())
	if wait <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// memoryServers remembers servers where there is no store, for the life of the process.
type memoryServers struct {
	mu   sync.Mutex
	rows map[string]models.RegistryServer
}

// ChangeServer changes what is remembered of a server.
func (s *memoryServers) ChangeServer(
	_ context.Context, server string, change func(models.RegistryServer) (models.RegistryServer, bool),
) (models.RegistryServer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	row := s.rows[server]
	row.Server = server
	if after, changed := change(row); changed {
		s.rows[server], row = after, after
	}
	return row, nil
}
