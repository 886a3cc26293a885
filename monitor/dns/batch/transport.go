package batch

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/krestmarketing/deedwatch/monitor/dns/wire"
)

// Options configure a Transport. The zero value is ready.
type Options struct {
	Sockets int           // per address family; zero: 4
	Timeout time.Duration // of one query; zero: 1.5 s
	Tries   int           // queries for one question; zero: 3
	// RetireQueries and RetireAge are after how many queries, and after how long, a socket gives up its port. Zero: 1,000 and 5 s.
	RetireQueries int
	RetireAge     time.Duration
	Hasher        *wire.Hasher // nil: one of its own
}

// Stats count what a transport did.
type Stats struct {
	Sent     int64 // queries that left
	Answered int64
	Retried  int64
	TimedOut int64 // questions without any answer
	Stray    int64 // messages that belonged to no question: late, duplicated, or forged
	Sockets  int64 // opened
}

// Transport asks. It is safe for concurrent use and must be closed.
type Transport struct {
	o      Options
	hasher *wire.Hasher
	v4, v6 []*lane

	sent, answered, retried, timedOut, stray, sockets atomic.Int64

	stop    chan struct{}
	closed  atomic.Bool
	running sync.WaitGroup
}

// lane is a place for one socket at a time: when that gives up its port, the next one takes its place.
type lane struct {
	v6     bool
	mu     sync.Mutex
	sock   *socket
	old    []*socket // retired, waiting for their last answers
	tables []table   // emptied ones, to be used again
}

// New opens the sockets. IPv6 sockets are opened when the first IPv6 address is asked.
func New(o Options) (*Transport, error) {
	if o.Sockets <= 0 {
		o.Sockets = 4
	}
	if o.Timeout <= 0 {
		o.Timeout = 1500 * time.Millisecond
	}
	if o.Tries <= 0 {
		o.Tries = 3
	}
	if o.RetireQueries <= 0 {
		o.RetireQueries = 1000
	}
	o.RetireQueries = min(o.RetireQueries, 1<<16/4) // ids stay hard to guess and quick to find
	if o.RetireAge <= 0 {
		o.RetireAge = 5 * time.Second
	}
	if o.Hasher == nil {
		o.Hasher = wire.NewHasher()
	}
	t := &Transport{o: o, hasher: o.Hasher, stop: make(chan struct{})}
	for range o.Sockets {
		t.v4, t.v6 = append(t.v4, &lane{}), append(t.v6, &lane{v6: true})
	}
	for _, l := range t.v4 {
		if err := t.open(l); err != nil {
			t.Close()
			return nil, fmt.Errorf("open a UDP socket: %w", err)
		}
	}
	t.running.Go(t.sweep)
	return t, nil
}

// Hasher is what answers are reduced with: digests to compare with must come from it.
func (t *Transport) Hasher() *wire.Hasher { return t.hasher }

// Stats returns the counts so far.
func (t *Transport) Stats() Stats {
	return Stats{
		Sent: t.sent.Load(), Answered: t.answered.Load(), Retried: t.retried.Load(), TimedOut: t.timedOut.Load(), Stray: t.stray.Load(),
		Sockets: t.sockets.Load(),
	}
}

// Submit sends a question and returns at once; q.Done is called when there is an answer, or none will come.
func (t *Transport) Submit(q *Query) {
	q.Tries, q.Err, q.Folded = 0, nil, false
	if err := t.send(q); err != nil {
		q.Err = err
		q.Done(q)
	}
}

// send puts a question on the way once more, over another socket than last time where there are several.
func (t *Transport) send(q *Query) error {
	if addr := q.To.Addr(); !addr.IsValid() || addr.Zone() != "" {
		return fmt.Errorf("%w: %v is not an address on the internet", ErrSend, q.To)
	}
	lanes := t.v4
	if addr := q.To.Addr(); addr.Is6() && !addr.Is4In6() {
		lanes = t.v6
	}
	l := lanes[rand.IntN(len(lanes))] //nolint:gosec // spreads load; ports and ids come from a cryptographic source
	for try := 0; ; try++ {
		s, err := t.current(l)
		if err != nil {
			return err
		}
		if s == q.sock && try == 0 && len(lanes) > 1 {
			l = lanes[rand.IntN(len(lanes))] //nolint:gosec // as above
			continue
		}
		if s.enqueue(q) {
			return nil
		}
	}
}

// current gives the socket of a lane; one that has served long enough is replaced.
func (t *Transport) current(l *lane) (*socket, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if t.closed.Load() { // inside the lock, so that Close finds every socket
		return nil, ErrClosed
	}
	if l.sock != nil && !l.sock.worn(t.o.RetireQueries, t.o.RetireAge) {
		return l.sock, nil
	}
	if l.sock != nil {
		l.sock.retire()
		l.old = append(l.old, l.sock)
		l.sock = nil
	}
	if err := t.openLocked(l); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSend, err)
	}
	return l.sock, nil
}

func (t *Transport) open(l *lane) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return t.openLocked(l)
}

func (t *Transport) openLocked(l *lane) error {
	var tab table
	if n := len(l.tables); n > 0 {
		tab, l.tables = l.tables[n-1], l.tables[:n-1]
	} else {
		tab = table{}
	}
	s, err := newSocket(t, l.v6, tab)
	if err != nil {
		return err
	}
	l.sock = s
	t.sockets.Add(1)
	t.running.Go(s.sendLoop)
	t.running.Go(s.receiveLoop)
	return nil
}

// sweep ends questions that waited too long, and closes retired sockets that wait for nothing any more.
func (t *Transport) sweep() {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-t.stop:
			return
		case now := <-tick.C:
			for _, lanes := range [][]*lane{t.v4, t.v6} {
				for _, l := range lanes {
					t.sweepLane(l, now)
				}
			}
		}
	}
}

func (t *Transport) sweepLane(l *lane, now time.Time) {
	l.mu.Lock()
	socks := append([]*socket(nil), l.old...)
	if l.sock != nil {
		socks = append(socks, l.sock)
	}
	l.mu.Unlock()
	for _, s := range socks {
		for q := s.overdue(now, t.o.Timeout); q != nil; q = s.overdue(now, t.o.Timeout) {
			t.again(q)
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	kept := l.old[:0]
	for _, s := range l.old {
		if tab := s.finish(); tab != nil {
			l.tables = append(l.tables, tab)
		} else {
			kept = append(kept, s)
		}
	}
	clear(l.old[len(kept):])
	l.old = kept
}

// again asks once more, or gives up.
func (t *Transport) again(q *Query) {
	if q.Tries < t.o.Tries {
		t.retried.Add(1)
		if q.Tries == t.o.Tries-1 {
			q.Plain, q.Quick = true, false // a server that does not repeat the case of letters, or is slow for once, must not look dead
		}
		if err := t.send(q); err != nil {
			q.Err = err
			q.Done(q)
		}
		return
	}
	t.timedOut.Add(1)
	q.Err = ErrTimeout
	q.Done(q)
}

// Close stops everything and waits for it; questions that are under way end with ErrClosed.
func (t *Transport) Close() {
	if t.closed.Swap(true) {
		return
	}
	close(t.stop)
	var left []*Query
	for _, lanes := range [][]*lane{t.v4, t.v6} {
		for _, l := range lanes {
			l.mu.Lock()
			socks := l.old
			if l.sock != nil {
				socks = append(socks, l.sock)
			}
			l.old, l.sock = nil, nil
			l.mu.Unlock()
			for _, s := range socks {
				left = append(left, s.shut()...)
			}
		}
	}
	t.running.Wait()
	for _, q := range left {
		q.Err = ErrClosed
		q.Done(q)
	}
}

// same reports whether an answer came from where the question went.
func same(from, to netip.AddrPort) bool {
	return from.Port() == to.Port() && from.Addr().Unmap() == to.Addr().Unmap()
}
