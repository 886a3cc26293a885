package dns

import (
	"fmt"
	"net/netip"

	"github.com/krestmarketing/deedwatch/monitor/guard"
)

// Private returns an error for an address that is not of the public internet, by the same table that guards every other look: loopback,
// private, link-local, multicast, documentation and other reserved blocks, also where an IPv6 address carries one.
func Private(addr netip.Addr) error {
	if why := guard.Refusal(addr); why != "" {
		return fmt.Errorf("%v is not a public address: %s", addr, why)
	}
	return nil
}

// shared is the block between a provider and its customers (RFC 6598).
var shared = netip.MustParsePrefix("100.64.0.0/10")

// ownNetwork returns an error for an address that means another machine in every network (RFC 1918, RFC 4193, RFC 3927, RFC 6598).
func ownNetwork(addr netip.Addr) error {
	if addr = addr.Unmap(); addr.IsPrivate() || addr.IsLinkLocalUnicast() || shared.Contains(addr) {
		return fmt.Errorf("%v is an address inside a private network", addr)
	}
	return nil
}
