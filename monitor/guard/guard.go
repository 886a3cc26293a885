package guard

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"syscall"
	"time"
)

// dialTimeout bounds one connection attempt; the caller's context may be tighter.
const dialTimeout = 10 * time.Second

// Setting is the configuration key that lets looks go to refused addresses.
const Setting = "network.allow_private"

// Guard dials public addresses only. It is safe for concurrent use.
type Guard struct {
	allowPrivate bool
	resolver     *net.Resolver
}

// New returns a Guard. With allowPrivate it dials everything: for test networks and the lab.
func New(allowPrivate bool) *Guard { return &Guard{allowPrivate: allowPrivate} }

// WithResolver returns a copy that resolves names through r instead of the system's resolver.
func (g *Guard) WithResolver(r *net.Resolver) *Guard {
	c := *g
	c.resolver = r
	return &c
}

// DialContext connects like net.Dialer.DialContext. An address that must not be dialled gives a *RefusedError in the chain; no packet
// was sent to it then.
func (g *Guard) DialContext(ctx context.Context, network, addr string) (net.Conn, error) {
	d := net.Dialer{Timeout: dialTimeout, Resolver: g.resolver, Control: g.control}
	conn, err := d.DialContext(ctx, network, addr)
	if err != nil {
		return nil, fmt.Errorf("dial %s: %w", addr, err)
	}
	return conn, nil
}

// Check returns a *RefusedError when ip must not be dialled under this Guard's setting.
func (g *Guard) Check(ip netip.Addr) error {
	if g.allowPrivate {
		return nil
	}
	if why := Refusal(ip); why != "" {
		return &RefusedError{Address: ip.String(), Reason: why}
	}
	return nil
}

// control sees the resolved address of every attempt, just before connect(2).
func (g *Guard) control(_, address string, _ syscall.RawConn) error {
	if g.allowPrivate {
		return nil
	}
	ap, err := netip.ParseAddrPort(address)
	if err != nil {
		return &RefusedError{Address: address, Reason: "not an IP address with a port"}
	}
	if why := Refusal(ap.Addr()); why != "" {
		return &RefusedError{Address: address, Reason: why}
	}
	return nil
}

// RefusedError says that an address was not dialled, and which setting would allow it.
type RefusedError struct {
	Address string // the resolved address, with its port where one was dialled
	Reason  string // which kind of address it is
}

// Error names the address, the reason and the setting.
func (e *RefusedError) Error() string {
	return fmt.Sprintf("refused to dial %s: %s; set %s: true if looks may go to test networks", e.Address, e.Reason, Setting)
}
