package dns

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/miekg/dns"

	"github.com/krestmarketing/deedwatch/models"
)

// keysFit reports whether some key is the one that some DS record speaks of (RFC 4034 section 5.1.4). A digest type that cannot be
// computed here is taken at its key tag and algorithm.
func keysFit(keys []*dns.DNSKEY, domain string, set []models.DS) bool {
	return slices.ContainsFunc(keys, func(k *dns.DNSKEY) bool {
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
	})
}

func addressTexts(addrs []netip.Addr) []string {
	texts := make([]string, 0, len(addrs))
	for _, a := range addrs {
		texts = append(texts, a.String())
	}
	slices.Sort(texts)
	return slices.Compact(texts)
}
