package dnsbench

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Behaviour is what a relay does to what passes over UDP; over TCP it only passes on.
type Behaviour struct {
	Delay    time.Duration // of each answer
	Loss     float64       // share of questions that are lost
	ServFail bool          // answers say SERVFAIL
}

// Relay stands before a name server: for addresses that the server can't listen on itself, and to make it slow, lossy or sick.
type Relay struct {
	to      netip.AddrPort
	front   *net.UDPConn
	back    *net.UDPConn
	tcp     net.Listener
	acts    atomic.Pointer[Behaviour]
	mu      sync.Mutex
	waiting [1 << 16]waiting // by the id under which a question was passed on
	next    uint16
	conns   map[net.Conn]bool
	closed  bool
	held    chan heldAnswer
	stop    chan struct{}
	ended   sync.WaitGroup
}

// heldAnswer is an answer on its way back.
type heldAnswer struct {
	due    time.Time
	msg    []byte
	client netip.AddrPort
}

// mostHeld is how many answers may be on their way; more are lost.
const mostHeld = 1 << 16

type waiting struct {
	client netip.AddrPort
	id     uint16
	open   bool
}

// NewRelay passes on what arrives at an address, over UDP and TCP, until Close.
func NewRelay(from, to netip.AddrPort) (*Relay, error) {
	r := &Relay{to: to, conns: map[net.Conn]bool{}, held: make(chan heldAnswer, mostHeld), stop: make(chan struct{})}
	r.acts.Store(&Behaviour{})
	var err error
	if r.front, err = net.ListenUDP("udp", net.UDPAddrFromAddrPort(from)); err != nil {
		return nil, fmt.Errorf("relay: %w", err)
	}
	var lc net.ListenConfig
	if r.tcp, err = lc.Listen(context.Background(), "tcp", from.String()); err != nil {
		return nil, errors.Join(fmt.Errorf("relay: %w", err), r.front.Close())
	}
	if r.back, err = net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(to)); err != nil {
		return nil, errors.Join(fmt.Errorf("relay: %w", err), r.front.Close(), r.tcp.Close())
	}
	for _, conn := range []*net.UDPConn{r.front, r.back} {
		_, _ = conn.SetReadBuffer(socketBuffer), conn.SetWriteBuffer(socketBuffer)
	}
	r.ended.Go(r.questions)
	r.ended.Go(r.answers)
	r.ended.Go(r.late)
	r.ended.Go(r.streams)
	return r, nil
}

// Act changes what the relay does.
func (r *Relay) Act(b Behaviour) { r.acts.Store(&b) }

// Close ends the relay and waits for it.
func (r *Relay) Close() error {
	r.mu.Lock()
	r.closed = true
	for c := range r.conns {
		_ = c.Close()
	}
	r.mu.Unlock()
	close(r.stop)
	err := errors.Join(r.front.Close(), r.back.Close(), r.tcp.Close())
	r.ended.Wait()
	return err
}

// questions passes questions on under ids of its own.
func (r *Relay) questions() {
	buf := make([]byte, 4096)
	for {
		n, client, err := r.front.ReadFromUDPAddrPort(buf)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil || n < 12 || rand.Float64() < r.acts.Load().Loss { //nolint:gosec // loses at random
			continue
		}
		r.mu.Lock()
		r.next++
		id := r.next
		r.waiting[id] = waiting{client, binary.BigEndian.Uint16(buf), true}
		r.mu.Unlock()
		binary.BigEndian.PutUint16(buf, id)
		_, _ = r.back.Write(buf[:n])
	}
}

// answers passes answers back, as the behaviour says.
func (r *Relay) answers() {
	buf := make([]byte, 65535)
	for {
		n, err := r.back.Read(buf)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil || n < 12 {
			continue
		}
		r.mu.Lock()
		at := &r.waiting[binary.BigEndian.Uint16(buf)]
		w := *at
		at.open = false
		r.mu.Unlock()
		if !w.open {
			continue
		}
		binary.BigEndian.PutUint16(buf, w.id)
		acts := r.acts.Load()
		if acts.ServFail {
			buf[3] = buf[3]&0xf0 | 2
		}
		if acts.Delay == 0 {
			_, _ = r.front.WriteToUDPAddrPort(buf[:n], w.client)
			continue
		}
		select {
		case r.held <- heldAnswer{time.Now().Add(acts.Delay), slices.Clone(buf[:n]), w.client}:
		default:
		}
	}
}

// late passes answers back when their time has come. They come in the order of their time, but for those around a change of behaviour.
func (r *Relay) late() {
	for {
		select {
		case <-r.stop:
			return
		case h := <-r.held:
			if wait := time.Until(h.due); wait > 0 {
				select {
				case <-r.stop:
					return
				case <-time.After(wait):
				}
			}
			_, _ = r.front.WriteToUDPAddrPort(h.msg, h.client)
		}
	}
}

// streams passes TCP on.
func (r *Relay) streams() {
	for {
		client, err := r.tcp.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue
		}
		var d net.Dialer
		server, err := d.DialContext(context.Background(), "tcp", r.to.String())
		if err != nil {
			_ = client.Close()
			continue
		}
		if !r.keep(client, server) {
			continue
		}
		r.ended.Go(func() { r.pass(server, client) })
		r.ended.Go(func() { r.pass(client, server) })
	}
}

// keep remembers connections to close; false: it is over.
func (r *Relay) keep(conns ...net.Conn) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range conns {
		if r.closed {
			_ = c.Close()
		} else {
			r.conns[c] = true
		}
	}
	return !r.closed
}

// pass copies one direction of a connection, and ends both with it.
func (r *Relay) pass(to, from net.Conn) {
	_, _ = io.Copy(to, from)
	_, _ = to.Close(), from.Close()
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.conns, to)
	delete(r.conns, from)
}
