package lab

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
)

const loopback = "127.0.0.1"

// listenTCP binds a free port on loopback.
func listenTCP(ctx context.Context, host string, port int) (net.Listener, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp4", net.JoinHostPort(host, strconv.Itoa(port)))
	if err != nil {
		return nil, fmt.Errorf("lab: listen on loopback: %w", err)
	}
	return l, nil
}

// dnsSocket is one name server's pair of sockets.
type dnsSocket struct {
	address string // as the world knows it: 127.77.x.y
	bound   string // IP:port it really listens on
	tcp     net.Listener
	udp     net.PacketConn
}

func (s dnsSocket) close() error {
	var errs []error
	if s.tcp != nil {
		errs = append(errs, s.tcp.Close())
	}
	if s.udp != nil {
		errs = append(errs, s.udp.Close())
	}
	return errors.Join(errs...)
}

// bindHost says where the server of an address listens. Replaced where a
// system has only 127.0.0.1 on its loopback interface.
type bindHost func(address string) string

func sameAddress(address string) string { return address }

// bindDNS binds every address on one common free port, UDP and TCP. Where the
// first address cannot be bound at all, each server gets a port of its own on
// 127.0.0.1 and the map tells which; port is then 0.
func bindDNS(ctx context.Context, addresses []string, host bindHost) (sockets []dnsSocket, port int, addressMap map[string]string, err error) {
	if len(addresses) == 0 {
		return nil, 0, nil, nil
	}
	const attempts = 40
	for range attempts {
		probe, perr := listenTCP(ctx, host(addresses[0]), 0)
		if perr != nil {
			return bindMapped(ctx, addresses)
		}
		port = portOf(probe.Addr())
		_ = probe.Close()
		if sockets, err = bindAll(ctx, addresses, host, port); err == nil {
			return sockets, port, nil, nil
		}
	}
	return nil, 0, nil, fmt.Errorf("lab: no port free on all %d name server addresses: %w", len(addresses), err)
}

func bindAll(ctx context.Context, addresses []string, host bindHost, port int) ([]dnsSocket, error) {
	sockets := make([]dnsSocket, 0, len(addresses))
	for _, a := range addresses {
		s, err := bindPair(ctx, a, host(a), port)
		if err != nil {
			for _, bound := range sockets {
				_ = bound.close()
			}
			return nil, err
		}
		sockets = append(sockets, s)
	}
	return sockets, nil
}

func bindMapped(ctx context.Context, addresses []string) ([]dnsSocket, int, map[string]string, error) {
	const attempts = 40
	var sockets []dnsSocket
	addressMap := map[string]string{}
	for _, a := range addresses {
		var s dnsSocket
		var err error
		for range attempts {
			if s, err = bindPair(ctx, a, loopback, 0); err == nil {
				break
			}
		}
		if err != nil {
			for _, bound := range sockets {
				_ = bound.close()
			}
			return nil, 0, nil, err
		}
		sockets = append(sockets, s)
		addressMap[a] = s.bound
	}
	return sockets, 0, addressMap, nil
}

// bindPair binds TCP and UDP on the same port; port 0 takes a free one.
func bindPair(ctx context.Context, address, host string, port int) (dnsSocket, error) {
	tcp, err := listenTCP(ctx, host, port)
	if err != nil {
		return dnsSocket{}, err
	}
	bound := net.JoinHostPort(host, strconv.Itoa(portOf(tcp.Addr())))
	var lc net.ListenConfig
	udp, err := lc.ListenPacket(ctx, "udp4", bound)
	if err != nil {
		_ = tcp.Close()
		return dnsSocket{}, fmt.Errorf("lab: listen on loopback: %w", err)
	}
	return dnsSocket{address: address, bound: bound, tcp: tcp, udp: udp}, nil
}

func portOf(a net.Addr) int {
	ap, err := netip.ParseAddrPort(a.String())
	if err != nil {
		return 0
	}
	return int(ap.Port())
}

// resetConn closes a TCP connection with a reset instead of an orderly end.
func resetConn(c net.Conn) {
	for {
		wrapped, ok := c.(interface{ NetConn() net.Conn })
		if !ok {
			break
		}
		c = wrapped.NetConn()
	}
	if t, ok := c.(*net.TCPConn); ok {
		_ = t.SetLinger(0)
	}
	_ = c.Close()
}

// gate resets new connections while shut says so.
type gate struct {
	net.Listener
	shut func() bool
}

// Accept waits for a connection that may come in.
func (g gate) Accept() (net.Conn, error) {
	for {
		c, err := g.Listener.Accept()
		if err != nil || !g.shut() {
			return c, err
		}
		resetConn(c)
	}
}

// cutting closes the connections it accepted when its context ends.
type cutting struct {
	net.Listener
	ctx context.Context
}

// Accept waits for a connection.
func (l cutting) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return cutConn{Conn: c, stop: context.AfterFunc(l.ctx, func() { _ = c.Close() })}, nil
}

type cutConn struct {
	net.Conn
	stop func() bool
}

// Close closes the connection and forgets it.
func (c cutConn) Close() error {
	c.stop()
	return c.Conn.Close()
}

// NetConn returns the connection below.
func (c cutConn) NetConn() net.Conn { return c.Conn }
