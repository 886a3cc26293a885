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
