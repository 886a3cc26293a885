package guard

import "net/netip"

// refusedRange is a block of addresses that is not dialled, with the reason that is shown to people.
type refusedRange struct {
	prefix netip.Prefix
	why    string
}

// refusedRanges follows the IANA special-purpose address registries (RFC 6890 and its updates). The first match gives the reason.
var refusedRanges = []refusedRange{
	{netip.MustParsePrefix("0.0.0.0/8"), "unspecified address or \"this network\" (RFC 1122)"},
	{netip.MustParsePrefix("10.0.0.0/8"), "private address (RFC 1918)"},
	{netip.MustParsePrefix("100.64.0.0/10"), "shared address behind carrier NAT (RFC 6598)"},
	{netip.MustParsePrefix("127.0.0.0/8"), "loopback address"},
	{netip.MustParsePrefix("169.254.0.0/16"), "link-local address, where cloud metadata lives (RFC 3927)"},
	{netip.MustParsePrefix("172.16.0.0/12"), "private address (RFC 1918)"},
	{netip.MustParsePrefix("192.0.0.0/24"), "IETF protocol assignment (RFC 6890)"},
	{netip.MustParsePrefix("192.0.2.0/24"), "documentation address (RFC 5737)"},
	{netip.MustParsePrefix("192.88.99.0/24"), "deprecated 6to4 relay (RFC 7526)"},
	{netip.MustParsePrefix("192.168.0.0/16"), "private address (RFC 1918)"},
	{netip.MustParsePrefix("198.18.0.0/15"), "benchmarking address (RFC 2544)"},
	{netip.MustParsePrefix("198.51.100.0/24"), "documentation address (RFC 5737)"},
	{netip.MustParsePrefix("203.0.113.0/24"), "documentation address (RFC 5737)"},
	{netip.MustParsePrefix("224.0.0.0/4"), "multicast address"},
	{netip.MustParsePrefix("240.0.0.0/4"), "reserved or broadcast address (RFC 1112)"},
	{netip.MustParsePrefix("::/128"), "unspecified address"},
	{netip.MustParsePrefix("::1/128"), "loopback address"},
	{netip.MustParsePrefix("::/96"), "IPv4-compatible address (deprecated by RFC 4291)"},
	{netip.MustParsePrefix("64:ff9b:1::/48"), "local-use NAT64 address (RFC 8215)"},
	{netip.MustParsePrefix("100::/64"), "discard-only address (RFC 6666)"},
	{netip.MustParsePrefix("2001::/23"), "IETF protocol assignment, Teredo included (RFC 2928)"},
	{netip.MustParsePrefix("2001:db8::/32"), "documentation address (RFC 3849)"},
	{netip.MustParsePrefix("3fff::/20"), "documentation address (RFC 9637)"},
	{netip.MustParsePrefix("5f00::/16"), "segment routing identifiers (RFC 9602)"},
	{netip.MustParsePrefix("fc00::/7"), "unique local address (RFC 4193)"},
	{netip.MustParsePrefix("fe80::/10"), "link-local address (RFC 4291)"},
	{netip.MustParsePrefix("fec0::/10"), "site-local address (deprecated by RFC 3879)"},
	{netip.MustParsePrefix("ff00::/8"), "multicast address"},
}

// The IPv6 forms that carry an IPv4 address which a translator on the way would dial.
var (
	nat64  = netip.MustParsePrefix("64:ff9b::/96") // RFC 6052: last four octets
	sixTo4 = netip.MustParsePrefix("2002::/16")    // RFC 3056: octets 2 to 5
)

// Refusal returns why an address must not be dialled, or "" when it may be. It is pure.
func Refusal(ip netip.Addr) string {
	if !ip.IsValid() {
		return "not an IP address"
	}
	ip = ip.WithZone("").Unmap()
	for _, r := range refusedRanges {
		if r.prefix.Contains(ip) {
			return r.why
		}
	}
	if inner, ok := embedded(ip); ok {
		if why := Refusal(inner); why != "" {
			return "embeds " + inner.String() + ": " + why
		}
	}
	return ""
}

// embedded returns the IPv4 address that a NAT64 or 6to4 address stands for.
func embedded(ip netip.Addr) (netip.Addr, bool) {
	if !ip.Is6() {
		return netip.Addr{}, false
	}
	b := ip.As16()
	switch {
	case nat64.Contains(ip):
		return netip.AddrFrom4([4]byte(b[12:16])), true
	case sixTo4.Contains(ip):
		return netip.AddrFrom4([4]byte(b[2:6])), true
	}
	return netip.Addr{}, false
}
