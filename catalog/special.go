package catalog

import "strings"

// specialUse are the suffixes below which nobody can register a name, with what they are for (RFC 6761 and the registry that it set up).
var specialUse = map[string]string{
	"localhost":    "is the name of the computer that is asked (RFC 6761)",
	"local":        "is for names of a local network (RFC 6762)",
	"internal":     "is for names inside an organisation (reserved by ICANN)",
	"home.arpa":    "is for names of a home network (RFC 8375)",
	"onion":        "is for addresses of the Tor network (RFC 7686)",
	"alt":          "is for names outside the DNS (RFC 9476)",
	"invalid":      "is for names that must not exist (RFC 2606)",
	"test":         "is for tests (RFC 2606)",
	"example":      "is for examples in documents (RFC 2606)",
	"in-addr.arpa": reverseZone,
	"ip6.arpa":     reverseZone,
	"arpa":         "is for the infrastructure of the Internet (RFC 3172)",
}

const reverseZone = "holds the reverse names of IP addresses (RFC 1035)"

// SpecialUse gives the special-use suffix that an A-label name is or lies below, and what it is for; empty for most names.
func SpecialUse(name string) (suffix, purpose string) {
	for s := name; s != ""; _, s, _ = strings.Cut(s, ".") {
		if purpose, ok := specialUse[s]; ok {
			return s, purpose
		}
	}
	return "", ""
}
