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

// call is one system call on the messages of a box: for the poller to repeat while the socket is not ready.
type call struct {
	number uintptr
	first  *header
	count  int
	n      uintptr
	errno  syscall.Errno
}

func (c *call) try(fd uintptr) (done bool) {
	for {
		c.n, _, c.errno = unix.Syscall6(c.number, fd, uintptr(unsafe.Pointer(c.first)), uintptr(c.count), 0, 0, 0) //nolint:gosec // recvmmsg and sendmmsg: no flags, no time-out
		switch c.errno {
		case unix.EINTR:
		case unix.EAGAIN:
			return false
		default:
			return true
		}
	}
}

func (c *call) result() (int, error) {
	if c.errno != 0 {
		return 0, c.errno
	}
	return int(c.n), nil
}

// socketMailer calls the system itself: golang.org/x/net makes an address on the heap for each message that it receives.
type socketMailer struct {
	raw        syscall.RawConn
	v6         bool
	in, out    call
	read, sent func(fd uintptr) bool // in.try and out.try, made once
}

func newMailer(conn *net.UDPConn, v6 bool) (mailer, error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return nil, err
	}
	m := &socketMailer{raw: raw, v6: v6, in: call{number: unix.SYS_RECVMMSG}, out: call{number: unix.SYS_SENDMMSG}}
	m.read, m.sent = m.in.try, m.out.try
	return m, nil
}

func (m *socketMailer) receive(in *inbox) (int, error) {
	s := &in.system
	for i := range s.of {
		s.of[i].Namelen = unix.SizeofSockaddrInet6
	}
	m.in.first, m.in.count = &s.of[0], batchSize
	if err := m.raw.Read(m.read); err != nil {
		return 0, err
	}
	n, err := m.in.result()
	for i := range n {
		in.size[i] = int(s.of[i].size)
		in.from[i] = addrOf(&s.names[i])
	}
	return n, err
}

func (m *socketMailer) send(out *outbox, from, end int) (int, error) {
	s := &out.system
	for i := from; i < end; i++ {
		s.iov[i].Base = &out.packets[i][0]
		s.iov[i].SetLen(len(out.packets[i]))
		s.of[i].Namelen = put(&s.names[i], out.to[i], m.v6)
	}
	m.out.first, m.out.count = &s.of[from], end-from
	if err := m.raw.Write(m.sent); err != nil {
		return 0, err
	}
	return m.out.result()
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
