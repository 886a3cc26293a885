package batch

import (
	"net/netip"
	"sync"
)

const (
	batchSize  = 64
	packetSize = 1500
)

// mailer sends and receives many messages by one call of the system. Its two sides may be used at the same time.
type mailer interface {
	// receive waits for messages, and gives them in a box that is to be put back. What is longer than a packet of ours is cut.
	receive() (in *inbox, n int, err error)
	// send sends messages of the box from the one to the one before end, and says how many of them left.
	send(out *outbox, from, end int) (n int, err error)
}

// inbox is what one call receives. It serves one socket after the other: those that wait for their last answers hold none.
type inbox struct {
	packets [batchSize][packetSize]byte
	size    [batchSize]int
	from    [batchSize]netip.AddrPort
	system  inboxSystem
}

// outbox is what one call sends. It serves one socket after the other.
type outbox struct {
	packets [batchSize][]byte
	to      [batchSize]netip.AddrPort
	system  outboxSystem
}

func takeInbox() *inbox {
	in, _ := inboxes.Get().(*inbox)
	return in
}

var (
	inboxes = sync.Pool{New: func() any {
		in := new(inbox)
		in.system.bind(in)
		return in
	}}
	outboxes = sync.Pool{New: func() any {
		out := new(outbox)
		out.system.bind(out)
		return out
	}}
)
