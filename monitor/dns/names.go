package dns

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// lowerName returns a name as people and models write it: lower case (ASCII), without the trailing dot.
func lowerName(name string) string {
	return strings.TrimSuffix(lowerASCII(name), ".")
}

// lowerASCII folds ASCII letters only, as DNS compares names (RFC 4343).
func lowerASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}

// fqdn returns the name as it is asked: lower case with the trailing dot.
func fqdn(name string) string { return lowerName(name) + "." }

// within reports whether name is zone or lies below it. Both are lower case; the trailing dot does not matter.
func within(zone, name string) bool {
	zone, name = strings.TrimSuffix(zone, "."), strings.TrimSuffix(name, ".")
	return zone == "" || name == zone || strings.HasSuffix(name, "."+zone)
}

// below reports whether name lies strictly below zone.
func below(zone, name string) bool {
	return within(zone, name) && strings.TrimSuffix(zone, ".") != strings.TrimSuffix(name, ".")
}

// parentName returns the name one label up, "." above a single label.
func parentName(name string) string {
	_, rest, found := strings.Cut(strings.TrimSuffix(name, "."), ".")
	if !found || rest == "" {
		return "."
	}
	return rest + "."
}

// checkName refuses what is no name to ask for: letters, digits, hyphens and underscores in labels of 1 to 63 octets, 253 in all.
func checkName(name string) error {
	name = lowerName(name)
	if name == "" || len(name) > 253 {
		return fmt.Errorf("%q is not a domain name: 1 to 253 characters are allowed", escape(name, 80))
	}
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || len(label) > 63 {
			return fmt.Errorf("%q is not a domain name: each label has 1 to 63 characters", escape(name, 80))
		}
		if label == "*" {
			continue
		}
		for _, r := range label {
			if (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' && r != '_' {
				return fmt.Errorf("%q is not a domain name: only letters, digits, hyphens and underscores are allowed (give the A-label form)", escape(name, 80))
			}
		}
	}
	return nil
}

// randomSibling returns a name beside host that nobody has created: only a wildcard can answer for it.
func randomSibling(host string) string {
	return fmt.Sprintf("dw-%016x.", rand.Uint64()) + parentName(host) //nolint:gosec // unguessable is enough here; no secret depends on it
}
