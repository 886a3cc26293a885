package batch

import (
	"encoding/binary"
	"net"
	"net/netip"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// header is what recvmmsg and sendmmsg take for each message: struct mmsghdr.
type header struct {
	unix.Msghdr
	size uint32 // of what was received
}

// headers are those of a batch, each with the buffer and the address that it points to. They must not be copied once bound.
type headers struct {
	of    [batchSize]header
	iov   [batchSize]unix.Iovec
	names [batchSize]unix.RawSockaddrInet6 // with room for IPv4's
}

func (h *headers) bind(i int) {
	h.of[i].Name = (*byte)(unsafe.Pointer(&h.names[i])) //nolint:gosec // what the system call wants
	h.of[i].Iov = &h.iov[i]
	h.of[i].SetIovlen(1)
}

type inboxSystem struct{ headers }

func (s *inboxSystem) bind(in *inbox) {
	for i := range s.of {
		s.headers.bind(i)
		s.iov[i].Base = &in.packets[i][0]
		s.iov[i].SetLen(packetSize)
	}
}

type outboxSystem struct{ headers }

func (s *outboxSystem) bind(*outbox) {
	for i := range s.of {
		s.headers.bind(i)
	}
}

// exchange makes one system call on messages, and reports false when the socket is not ready for it.
func exchange(number, fd uintptr, first *header, count int) (n int, ready bool, err error) {
	for {
		n, _, errno := unix.Syscall6(number, fd, uintptr(unsafe.Pointer(first)), uintptr(count), 0, 0, 0) //nolint:gosec // no flags, no time-out
		switch errno {
		case 0:
			return int(n), true, nil
		case unix.EINTR:
		case unix.EAGAIN:
			return 0, false, nil
		default:
			return 0, true, errno
		}
	}
}

// socketMailer calls the system itself: golang.org/x/net makes an address on the heap for each message that it receives.
type socketMailer struct {
	raw syscall.RawConn
	v6  bool

	read, write func(fd uintptr) bool // tryReceive and trySend, made once

	in         *inbox
	got        int
	receiveErr error

	first   *header
	count   int
	left    int
	sendErr error
}

func newMailer(conn *net.UDPConn, v6 bool) (mailer, error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return nil, err
	}
	m := &socketMailer{raw: raw, v6: v6}
	m.read, m.write = m.tryReceive, m.trySend
	return m, nil
}

func (m *socketMailer) receive() (*inbox, int, error) {
	if err := m.raw.Read(m.read); err != nil {
		return takeInbox(), 0, err
	}
	s := &m.in.system
	for i := range m.got {
		m.in.size[i], m.in.from[i] = int(s.of[i].size), addrOf(&s.names[i])
	}
	return m.in, m.got, m.receiveErr
}

func (m *socketMailer) tryReceive(fd uintptr) (done bool) {
	m.in = takeInbox()
	s := &m.in.system
	for i := range s.of {
		s.of[i].Namelen = unix.SizeofSockaddrInet6
	}
	if m.got, done, m.receiveErr = exchange(unix.SYS_RECVMMSG, fd, &s.of[0], batchSize); !done {
		inboxes.Put(m.in)
		m.in = nil
	}
	return done
}

func (m *socketMailer) send(out *outbox, from, end int) (int, error) {
	s := &out.system
	for i := from; i < end; i++ {
		s.iov[i].Base = &out.packets[i][0]
		s.iov[i].SetLen(len(out.packets[i]))
		s.of[i].Namelen = put(&s.names[i], out.to[i], m.v6)
	}
	m.first, m.count = &s.of[from], end-from
	if err := m.raw.Write(m.write); err != nil {
		return 0, err
	}
	return m.left, m.sendErr
}

func (m *socketMailer) trySend(fd uintptr) (done bool) {
	m.left, done, m.sendErr = exchange(unix.SYS_SENDMMSG, fd, m.first, m.count)
	return done
}

// addrOf reads an address that the system wrote. One of another family than IPv4 and IPv6 is none.
func addrOf(name *unix.RawSockaddrInet6) netip.AddrPort {
	switch name.Family {
	case unix.AF_INET:
		v4 := (*unix.RawSockaddrInet4)(unsafe.Pointer(name)) //nolint:gosec // the smaller of the two
		return netip.AddrPortFrom(netip.AddrFrom4(v4.Addr), port(&v4.Port))
	case unix.AF_INET6:
		return netip.AddrPortFrom(netip.AddrFrom16(name.Addr), port(&name.Port))
	}
	return netip.AddrPort{}
}

// put writes an address for the system, and says how long it is.
func put(name *unix.RawSockaddrInet6, to netip.AddrPort, v6 bool) uint32 {
	if v6 {
		*name = unix.RawSockaddrInet6{Family: unix.AF_INET6, Addr: to.Addr().As16()}
		setPort(&name.Port, to.Port())
		return unix.SizeofSockaddrInet6
	}
	v4 := (*unix.RawSockaddrInet4)(unsafe.Pointer(name)) //nolint:gosec // the smaller of the two
	*v4 = unix.RawSockaddrInet4{Family: unix.AF_INET, Addr: to.Addr().Unmap().As4()}
	setPort(&v4.Port, to.Port())
	return unix.SizeofSockaddrInet4
}

// port reads a port, which the system keeps in the order of the network.
func port(at *uint16) uint16 {
	return binary.BigEndian.Uint16((*[2]byte)(unsafe.Pointer(at))[:]) //nolint:gosec // two octets either way
}

func setPort(at *uint16, port uint16) {
	binary.BigEndian.PutUint16((*[2]byte)(unsafe.Pointer(at))[:], port) //nolint:gosec // two octets either way
}
