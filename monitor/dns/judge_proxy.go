package dns

import (
	"net/netip"
	"slices"
	"strings"
)

// proxy is a DNS host that may answer with addresses of its own in place of the records that its customer entered: what these are cannot be
// seen from outside.
type proxy struct {
	name     string
	servers  string // suffix of its name servers
	networks []netip.Prefix
}

// proxies are the hosts that do so by a switch beside each record. The networks are those that the host publishes for its customers' walls
// (cloudflare.com/ips).
var proxies = []proxy{{
	"Cloudflare", ".ns.cloudflare.com", prefixes(
		"173.245.48.0/20", "103.21.244.0/22", "103.22.200.0/22", "103.31.4.0/22", "141.101.64.0/18", "108.162.192.0/18", "190.93.240.0/20",
		"188.114.96.0/20", "197.234.240.0/22", "198.41.128.0/17", "162.158.0.0/15", "104.16.0.0/13", "104.24.0.0/14", "172.64.0.0/13",
		"131.0.72.0/22", "2400:cb00::/32", "2606:4700::/32", "2803:f800::/32", "2405:b500::/32", "2405:8100::/32", "2a06:98c0::/29", "2c0f:f248::/32",
	),
}}

func prefixes(texts ...string) []netip.Prefix {
	out := make([]netip.Prefix, 0, len(texts))
	for _, t := range texts {
		out = append(out, netip.MustParsePrefix(t))
	}
	return out
}

// proxied names the proxy behind which a server hides what a name leads to; empty: it does not.
func proxied(server string, addresses []string) string {
	name, _, _ := strings.Cut(server, " ")
	for _, p := range proxies {
		if !strings.HasSuffix(name, p.servers) || len(addresses) == 0 {
			continue
		}
		foreign := slices.ContainsFunc(addresses, func(text string) bool {
			addr, err := netip.ParseAddr(text)
			return err != nil || !slices.ContainsFunc(p.networks, func(n netip.Prefix) bool { return n.Contains(addr) })
		})
		if !foreign {
			return p.name
		}
	}
	return ""
}

func behindProxy(name string) string {
	return "The name is served through the proxy of " + name + ", which hides the record that is behind it. Ask for a look at the record there."
}
