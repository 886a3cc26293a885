//go:build !linux

package batch

import (
	"net"
	"net/netip"

	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"
)

// batchConn is what ipv4.PacketConn and ipv6.PacketConn have in common; their messages are one type.
type batchConn interface {
	ReadBatch(ms []ipv4.Message, flags int) (int, error)
	WriteBatch(ms []ipv4.Message, flags int) (int, error)
}

type inboxSystem struct{ msgs [batchSize]ipv4.Message }

func (s *inboxSystem) bind(in *inbox) {
	for i := range s.msgs {
		s.msgs[i].Buffers = [][]byte{in.packets[i][:]}
	}
}

type outboxSystem struct {
	msgs  [batchSize]ipv4.Message
	addrs [batchSize]net.UDPAddr
}

func (s *outboxSystem) bind(*outbox) {
	for i := range s.msgs {
		s.msgs[i].Buffers, s.msgs[i].Addr = [][]byte{nil}, &s.addrs[i]
	}
}

// libraryMailer leaves the calls to golang.org/x/net, which knows how each system sends and receives many messages, or one at a time.
type libraryMailer struct{ conn batchConn }

func newMailer(conn *net.UDPConn, v6 bool) (mailer, error) {
	if v6 {
		return libraryMailer{ipv6.NewPacketConn(conn)}, nil
	}
	return libraryMailer{ipv4.NewPacketConn(conn)}, nil
}

func (m libraryMailer) receive() (*inbox, int, error) {
	in := takeInbox()
	n, err := m.conn.ReadBatch(in.system.msgs[:], 0)
	for i := range n {
		in.size[i], in.from[i] = in.system.msgs[i].N, netip.AddrPort{}
		if from, ok := in.system.msgs[i].Addr.(*net.UDPAddr); ok {
			in.from[i] = from.AddrPort()
		}
	}
	return in, n, err
}

func (m libraryMailer) send(out *outbox, from, end int) (int, error) {
	s := &out.system
	for i := from; i < end; i++ {
		s.msgs[i].Buffers[0] = out.packets[i]
		addr := out.to[i].Addr().Unmap()
		s.addrs[i] = net.UDPAddr{IP: append(s.addrs[i].IP[:0], addr.AsSlice()...), Port: int(out.to[i].Port())}
	}
	return m.conn.WriteBatch(s.msgs[from:end], 0)
}
