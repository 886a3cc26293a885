package batch

import (
	"errors"
	"net/netip"
	"time"

	"github.com/krestmarketing/deedwatch/monitor/dns/wire"
)

// The ways in which a question goes without an answer.
var (
	ErrTimeout = errors.New("no answer in time")
	ErrSend    = errors.New("the query could not be sent")
	ErrClosed  = errors.New("the transport was closed")
)

// Query is one question to one server and what became of it. It belongs to the transport from Submit until Done is called, and may be
// used again after that. Its zero value with To, Name, Zone, Type and Done set is ready.
type Query struct {
	To     netip.AddrPort
	Name   []byte // wire form, small letters
	Zone   []byte // wire form: what the server is asked for; nothing above it is believed
	Type   uint16
	DNSSEC bool
	Plain  bool // no random case of letters: the server is known not to repeat it
	Bare   bool // without EDNS: the server is known not to speak it
	Quick  bool // wait a quarter of the time only: the server is known to answer much sooner, so that what it did not answer is lost
	// Done is called once, from a goroutine of the transport: it must not block, and may submit.
	Done  func(*Query)
	Owner any // the caller's

	Answer wire.Answer // what came back; of no meaning unless Err is nil
	Err    error
	Folded bool          // an answer came that is right but for the case of its letters
	Tries  int           // queries sent, the answered one included
	Took   time.Duration // of the last one

	id         uint16
	sent       time.Time
	sock       *socket
	prev, next *Query // in order of sending
	mix        uint64 // the case of its letters
}
