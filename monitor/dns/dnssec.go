package dns

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/miekg/dns"

	"github.com/krestmarketing/deedwatch/models"
)

// The algorithms and digests that validating resolvers check (RFC 8624 section 3, RFC 9904). A zone that is signed with others only is
// treated as unsigned (RFC 4035 section 5.2). RSA/SHA-1 (5, 7) is given up (RFC 9905), but still checked by many.
var (
	algorithms    = []int{int(dns.RSASHA256), int(dns.RSASHA512), int(dns.ECDSAP256SHA256), int(dns.ECDSAP384SHA384), int(dns.ED25519), int(dns.ED448)}
	oldAlgorithms = []int{int(dns.RSASHA1), int(dns.RSASHA1NSEC3SHA1)}
	digests       = []int{int(dns.SHA1), int(dns.SHA256), int(dns.SHA384)}
)

// checked keeps the DS records that resolvers may check.
func checked(set []models.DS) []models.DS {
	return slices.DeleteFunc(slices.Clone(set), func(ds models.DS) bool {
		return !slices.Contains(digests, ds.DigestType) || !slices.Contains(algorithms, ds.Algorithm) && !slices.Contains(oldAlgorithms, ds.Algorithm)
	})
}

// fits reports whether a key is the one that some DS record speaks of (RFC 4034 section 5.1.4). A digest type that cannot be computed here
// is taken at its key tag and algorithm.
func fits(k *dns.DNSKEY, domain string, set []models.DS) bool {
	tag := int(k.KeyTag())
	return slices.ContainsFunc(set, func(ds models.DS) bool {
		if ds.KeyTag != tag || ds.Algorithm != int(k.Algorithm) {
			return false
		}
		named := *k
		named.Hdr.Name = domain
		made := named.ToDS(uint8(ds.DigestType)) //nolint:gosec // it came from one octet
		return made == nil || strings.EqualFold(made.Digest, ds.Digest)
	})
}

// keysFit reports whether some key is the one that some DS record speaks of.
func keysFit(keys []*dns.DNSKEY, domain string, set []models.DS) bool {
	return slices.ContainsFunc(keys, func(k *dns.DNSKEY) bool { return fits(k, domain, set) })
}

// brokenChain finds a DS set that no key of the zone fits: validating resolvers then treat the whole domain as broken (RFC 4035 section 5).
// A set that they do not check only leaves the domain unprotected.
func brokenChain(v view) []models.DelegationProblem {
	set := checked(v.parent.ds)
	switch {
	case len(v.parent.ds) == 0:
		return nil
	case len(set) == 0:
		return v.one("dnssec_algorithm", sideProvider, "The domain is signed with an algorithm that resolvers do not check; it is as good as not signed.")
	case v.keysKnown && len(v.keys) == 0:
		return v.one("ds_without_dnskey", sideParent, "The parent has DS records, and the zone has no DNSKEY: validating resolvers treat the domain as broken.")
	case v.keysKnown && !keysFit(v.keys, v.domain, set):
		return v.one("ds_without_dnskey", sideParent, "The parent has DS records, and none of the zone's keys fits them: validating resolvers treat the domain as broken.")
	case !slices.ContainsFunc(set, func(ds models.DS) bool { return slices.Contains(algorithms, ds.Algorithm) }):
		return v.one("dnssec_algorithm", sideProvider, "The domain is signed with an algorithm that is given up (RSA with SHA-1): more and more resolvers treat it as not signed.")
	}
	return nil
}

func addressTexts(addrs []netip.Addr) []string {
	texts := make([]string, 0, len(addrs))
	for _, a := range addrs {
		texts = append(texts, a.String())
	}
	slices.Sort(texts)
	return slices.Compact(texts)
}
