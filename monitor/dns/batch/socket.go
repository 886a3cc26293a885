package batch

import (
	crand "crypto/rand"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/krestmarketing/deedwatch/monitor/dns/wire"
)

const (
	ednsSize = 1232 // RFC 9715: passes common paths without fragments
	buffers  = 4 << 20
)

// table finds a question by its id. It holds no more than a socket's queries, so that one which waits for its last answers is small.
type table map[uint16]*Query

// socket is one UDP socket with a random port.
type socket struct {
	t      *Transport
	conn   *net.UDPConn
	mail   mailer
	opened time.Time

	mu       sync.Mutex
	dice     *rand.ChaCha8 // ids and the case of letters
	byID     table
	used     int // queries that it was given
	waiting  int // of them without answer yet
	patient  line
	quick    line
	asked    []byte // scratch of read
	retired  bool
	shutting bool

	out  []queued // guarded by mu
	kick chan struct{}
}

// line are questions under way that wait equally long, in the order of sending.
type line struct{ first, last *Query }

// queued is a question that waits to be sent. It may be answered by a lucky forger, or time out, before; then the id is not its any more.
type queued struct {
	id uint16
	q  *Query
}

func newSocket(t *Transport, v6 bool, tab table) (*socket, error) {
	network := "udp4"
	if v6 {
		network = "udp6"
	}
	conn, err := net.ListenUDP(network, nil)
	if err != nil {
		return nil, err
	}
	_, _ = conn.SetReadBuffer(buffers), conn.SetWriteBuffer(buffers) // as much as the system allows
	mail, err := newMailer(conn, v6)
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	var seed [32]byte
	_, _ = crand.Read(seed[:]) // never fails
	return &socket{
		t: t, conn: conn, mail: mail, byID: tab, dice: rand.NewChaCha8(seed), kick: make(chan struct{}, 1),
		opened: time.Now(), //nolint:forbidigo // ages a port, decides nothing
	}, nil
}

// worn reports whether a socket has served long enough.
func (s *socket) worn(queries int, age time.Duration) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.used >= queries || s.used > 0 && time.Since(s.opened) >= age //nolint:forbidigo // as above
}

func (s *socket) retire() {
	s.mu.Lock()
	s.retired = true
	s.mu.Unlock()
}

// finish closes a retired socket that waits for nothing, and gives back its table; nil: it still waits.
func (s *socket) finish() table {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.waiting > 0 || s.shutting {
		return nil
	}
	s.shutting = true
	close(s.kick)
	_ = s.conn.Close()
	tab := s.byID
	s.byID = nil
	return tab
}

// shut closes a socket and returns the questions that were under way.
func (s *socket) shut() []*Query {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.shutting {
		return nil
	}
	s.shutting = true
	close(s.kick)
	_ = s.conn.Close()
	var left []*Query
	for _, l := range []*line{&s.patient, &s.quick} {
		for q := l.first; q != nil; q = q.next {
			left = append(left, q)
		}
		*l = line{}
	}
	s.byID = nil
	return left
}

// enqueue gives a question an id and queues it; false: the socket takes no more.
func (s *socket) enqueue(q *Query) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.shutting || s.retired {
		return false
	}
	id := uint16(s.dice.Uint64()) //nolint:gosec // any sixteen of the bits
	for s.byID[id] != nil {
		id = uint16(s.dice.Uint64()) //nolint:gosec // as above
	}
	q.mix = 0
	if !q.Plain {
		q.mix = s.dice.Uint64()
	}
	q.id, q.sock, q.sent = id, s, time.Now() //nolint:forbidigo // times the query out
	q.Tries++
	s.byID[id] = q
	s.used++
	s.link(q)
	s.out = append(s.out, queued{id, q})
	select {
	case s.kick <- struct{}{}:
	default:
	}
	return true
}

// line gives the line in which a question waits.
func (s *socket) line(q *Query) *line {
	if q.Quick {
		return &s.quick
	}
	return &s.patient
}

func (s *socket) link(q *Query) {
	l := s.line(q)
	q.prev, q.next = l.last, nil
	if l.last == nil {
		l.first = q
	} else {
		l.last.next = q
	}
	l.last = q
	s.waiting++
}

func (s *socket) unlink(q *Query) {
	l := s.line(q)
	if q.prev == nil {
		l.first = q.next
	} else {
		q.prev.next = q.next
	}
	if q.next == nil {
		l.last = q.prev
	} else {
		q.next.prev = q.prev
	}
	q.prev, q.next = nil, nil
	delete(s.byID, q.id)
	s.waiting--
}

// quickShare is how much sooner than others quick questions are given up.
const quickShare = 4

// overdue takes out a question that has waited too long; nil: there is none.
func (s *socket) overdue(now time.Time, timeout time.Duration) *Query {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.shutting {
		return nil
	}
	q := s.quick.first
	if q == nil || now.Sub(q.sent) < timeout/quickShare {
		q = s.patient.first
		if q == nil || now.Sub(q.sent) < timeout {
			return nil
		}
	}
	s.unlink(q)
	return q
}

// appendPacket appends a question as it is sent, always the same until it is sent again: it is not kept.
func (q *Query) appendPacket(dst []byte) []byte {
	size := uint16(ednsSize)
	if q.Bare {
		size = 0
	}
	return wire.AppendQuery(dst, q.id, q.Name, q.Type, size, q.DNSSEC, q.mix)
}

// sendLoop sends what is queued until the socket is closed.
func (s *socket) sendLoop() {
	var spare []queued
	for range s.kick {
		s.mu.Lock()
		work := s.out
		s.out = spare[:0]
		s.mu.Unlock()
		out, _ := outboxes.Get().(*outbox)
		for some := range slices.Chunk(work, batchSize) {
			s.write(out, s.prepare(some, out))
		}
		outboxes.Put(out)
		clear(work)
		spare = work
	}
}

// prepare writes the packets of the questions that still wait.
func (s *socket) prepare(some []queued, out *outbox) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, w := range some {
		if s.shutting || s.byID[w.id] != w.q {
			continue
		}
		out.packets[n], out.to[n] = w.q.appendPacket(out.packets[n][:0]), w.q.To
		n++
	}
	return n
}

// The system may have no room for a message at the moment.
const (
	roomPause = time.Millisecond
	roomTries = 20
)

// write sends the first messages of a box; one that the system refuses is left to time out and be asked again.
func (s *socket) write(out *outbox, end int) {
	full := 0
	for from := 0; from < end; {
		n, err := s.mail.send(out, from, end)
		switch {
		case errors.Is(err, net.ErrClosed):
			return
		case errors.Is(err, syscall.ENOBUFS) && full < roomTries:
			full++
			time.Sleep(roomPause)
		case err != nil:
			n = max(n, 1)
		}
		s.t.sent.Add(int64(n))
		from += n
	}
}

// receiveLoop reads answers until the socket is closed.
func (s *socket) receiveLoop() {
	done := make([]*Query, 0, batchSize)
	for {
		in, n, err := s.mail.receive()
		done = s.matched(in, n, done[:0])
		inboxes.Put(in)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil { // of an earlier query, which times out
			time.Sleep(roomPause) // one that stays must not keep a processor busy
		}
		for _, q := range done {
			q.Done(q)
		}
	}
}

// matched lists the questions that the messages of a box answer.
func (s *socket) matched(in *inbox, n int, done []*Query) []*Query {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range n {
		if q := s.match(in.packets[i][:in.size[i]], in.from[i]); q != nil {
			done = append(done, q)
		}
	}
	s.t.answered.Add(int64(len(done)))
	s.t.stray.Add(int64(n - len(done)))
	return done
}

// match finds the question that a message answers, reads the answer, and takes the question out.
func (s *socket) match(msg []byte, from netip.AddrPort) *Query {
	if len(msg) < 2 || s.shutting {
		return nil
	}
	q := s.byID[binary.BigEndian.Uint16(msg)]
	if q == nil || !same(from, q.To) {
		return nil
	}
	err := s.read(msg, q)
	if errors.Is(err, wire.ErrFolded) || errors.Is(err, wire.ErrStray) {
		q.Folded = q.Folded || errors.Is(err, wire.ErrFolded)
		return nil
	}
	s.unlink(q)
	q.Took = time.Since(q.sent) //nolint:forbidigo // measures a round trip
	return q
}

// read reads an answer; a panic on hostile bytes is one answer that can't be read, not the end of the process.
func (s *socket) read(msg []byte, q *Query) (err error) {
	defer func() {
		if recover() != nil {
			q.Answer, err = wire.Answer{Kind: wire.Odd}, wire.ErrBroken
		}
	}()
	s.asked = q.appendPacket(s.asked[:0])
	return s.t.hasher.Read(msg, wire.Question(s.asked, q.Name), q.Zone, &q.Answer)
}
