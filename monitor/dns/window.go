package dns

import (
	"context"
	"sync"
)

// The bounds of a sweep. Questions are thousands, so that neither distance nor lost answers slow it down: at 20 ms there and back 8,192 are
// room for 400,000 a second. Domains that wait for their last answers hold their memory, about ten kilobytes each.
const (
	windowQueries = 8192
	windowChecks  = 2048
)

// window bounds what is under way in a sweep: questions without an answer, and domains of which not all are answered.
type window struct {
	mu              sync.Mutex
	queries, checks int
	needs           int           // questions of the domain that waits for room; zero: none does
	freed           chan struct{} // one place: told when there is room
}

// enter waits for room for a domain with n questions, and takes it; false: ctx ended. A domain with more than there ever is goes alone.
// One goroutine enters.
func (w *window) enter(ctx context.Context, n int) bool {
	for ctx.Err() == nil {
		w.mu.Lock()
		if w.has(n) {
			w.queries, w.checks = w.queries+n, w.checks+1
			w.mu.Unlock()
			return true
		}
		w.needs = n
		w.mu.Unlock()
		select {
		case <-w.freed:
		case <-ctx.Done():
		}
	}
	return false
}

func (w *window) has(n int) bool {
	return w.checks == 0 || w.checks < windowChecks && w.queries+n <= windowQueries
}

// queryEnded gives back the room of a question.
func (w *window) queryEnded() { w.leave(1, 0) }

// checkEnded gives back the room of a domain whose questions have all ended.
func (w *window) checkEnded() { w.leave(0, 1) }

func (w *window) leave(queries, checks int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.queries, w.checks = w.queries-queries, w.checks-checks
	if w.needs == 0 || !w.has(w.needs) {
		return
	}
	w.needs = 0
	select {
	case w.freed <- struct{}{}:
	default:
	}
}

// spareChecks keeps checks for the next domains: no more than were ever under way at once.
type spareChecks struct {
	mu   sync.Mutex
	list []*standingCheck
}

func (s *spareChecks) take() *standingCheck {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := len(s.list)
	if n == 0 {
		return nil
	}
	c := s.list[n-1]
	s.list = s.list[:n-1]
	return c
}

func (s *spareChecks) put(c *standingCheck) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.list = append(s.list, c)
}
