package dns

import (
	"fmt"
	"net/netip"
)

// reserved are the blocks of the IANA special-purpose registries (RFC 6890) that no name server of the public internet lives in.
var reserved = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),
	netip.MustParsePrefix("100.64.0.0/10"),
	netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("192.0.2.0/24"),
	netip.MustParsePrefix("198.18.0.0/15"),
	netip.MustParsePrefix("198.51.100.0/24"),
	netip.MustParsePrefix("203.0.113.0/24"),
	netip.MustParsePrefix("240.0.0.0/4"),
	netip.MustParsePrefix("64:ff9b:1::/48"),
	netip.MustParsePrefix("100::/64"),
	netip.MustParsePrefix("2001:db8::/32"),
	netip.MustParsePrefix("3fff::/20"),
}

// translated are blocks whose addresses carry an IPv4 address, and the byte at which it begins.
var translated = map[netip.Prefix]int{
	netip.MustParsePrefix("64:ff9b::/96"): 12, // NAT64, RFC 6052
	netip.MustParsePrefix("2002::/16"):    2,  // 6to4, RFC 3056
}

// Private returns an error for an address that is not of the public internet: loopback, private, link-local, multicast, documentation
// and other reserved blocks, also where an IPv6 address carries one.
func Private(addr netip.Addr) error {
	addr = addr.Unmap().WithZone("")
	switch {
	case !addr.IsValid(), addr.IsUnspecified(), addr.IsLoopback(), addr.IsPrivate(), addr.IsLinkLocalUnicast(), addr.IsMulticast():
		return fmt.Errorf("%v is not a public address", addr)
	}
	for _, p := range reserved {
		if p.Contains(addr) {
			return fmt.Errorf("%v lies in the reserved block %v", addr, p)
		}
	}
	for p, at := range translated {
		if p.Contains(addr) {
			b := addr.As16()
			return Private(netip.AddrFrom4([4]byte(b[at : at+4])))
		}
	}
	return nil
}
