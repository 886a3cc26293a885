package dns

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/miekg/dns"

	"github.com/krestmarketing/deedwatch/models"
)

const (
	// signatureWarning is how long before the end of a signature it should have been renewed.
	signatureWarning = 7 * 24 * time.Hour
	// shortLived is the life of signatures that are made as they are asked for, or daily: those are about to end all the time, so that only
	// the last quarter of their life counts.
	shortLived = 60 * time.Hour
)

// signedSet is a record set of one server with the signatures over it.
type signedSet struct {
	rrs  []dns.RR
	sigs []*dns.RRSIG
}

// setOf takes the record set of a name and type from an answer, with its signatures.
func setOf(name string, rtype uint16, m *dns.Msg) signedSet {
	var set signedSet
	if m.Rcode != dns.RcodeSuccess || !m.Authoritative || m.Truncated {
		return set
	}
	for _, rr := range m.Answer {
		h := rr.Header()
		if lowerASCII(h.Name) != name || h.Class != dns.ClassINET {
			continue
		}
		if sig, ok := rr.(*dns.RRSIG); ok && sig.TypeCovered == rtype && len(set.sigs) < maxNSNames {
			set.sigs = append(set.sigs, sig)
		} else if h.Rrtype == rtype {
			set.rrs = append(set.rrs, rr)
		}
	}
	return set
}

// signatureState says what the signatures over a set are worth, the best of them first.
type signatureState int

const (
	signatureUnknown  signatureState = iota // the set was not seen, or its algorithm cannot be computed here
	signatureGood                           // and not to be renewed yet
	signatureExpiring                       // good, and should have been renewed
	signatureEarly                          // not yet valid
	signatureExpired
	signatureMissing // no signature over the set, or none by a key that counts
	signatureBogus   // the signature does not belong to the set
)

// judgeSignatures says what the signatures over a set are worth at now, and when the best of them ends. Keys are those that count.
func judgeSignatures(set signedSet, keys []*dns.DNSKEY, now time.Time) (signatureState, time.Time) {
	if len(set.rrs) == 0 {
		return signatureUnknown, time.Time{}
	}
	best, end := signatureMissing, time.Time{}
	rank := []signatureState{signatureGood, signatureExpiring, signatureUnknown, signatureExpired, signatureEarly, signatureBogus, signatureMissing}
	for _, sig := range set.sigs {
		for _, k := range keys {
			if k.KeyTag() != sig.KeyTag || k.Algorithm != sig.Algorithm {
				continue
			}
			state, until := judgeSignature(sig, k, set.rrs, now)
			if slices.Index(rank, state) < slices.Index(rank, best) || state == best && until.After(end) {
				best, end = state, until
			}
		}
	}
	return best, end
}

func judgeSignature(sig *dns.RRSIG, k *dns.DNSKEY, rrs []dns.RR, now time.Time) (signatureState, time.Time) {
	from, until := near(sig.Inception, now), near(sig.Expiration, now)
	err := sig.Verify(k, rrs)
	left := until.Sub(now)
	switch {
	case errors.Is(err, dns.ErrAlg):
		return signatureUnknown, until
	case err != nil:
		return signatureBogus, until
	case now.After(until):
		return signatureExpired, until
	case now.Before(from):
		return signatureEarly, from
	case left < signatureWarning && (until.Sub(from) > shortLived || left < until.Sub(from)/4):
		return signatureExpiring, until
	}
	return signatureGood, until
}

// near gives the instant that a signature's 32-bit time means: the one nearest to now (RFC 4034 section 3.1.5, RFC 1982).
func near(stamp uint32, now time.Time) time.Time {
	seconds := now.Unix()
	return time.Unix(seconds+int64(int32(stamp-uint32(seconds))), 0).UTC() //nolint:gosec // serial arithmetic wraps by design
}

// signatureCodes are the problems with signatures, the gravest first.
var signatureCodes = []struct {
	state signatureState
	code  string
	words func(end string) string
}{
	{signatureExpired, "signature_expired", func(end string) string { return "ended on " + end }},
	{signatureBogus, "signature_invalid", func(string) string { return "does not belong to the records" }},
	{signatureMissing, "signature_invalid", func(string) string { return "is missing, or by a key that does not count" }},
	{signatureEarly, "signature_invalid", func(end string) string { return "is not valid before " + end }},
	{signatureExpiring, "signature_expiring", func(end string) string { return "ends on " + end + " and has not been renewed" }},
}

func keysIn(rrs []dns.RR) []*dns.DNSKEY {
	var keys []*dns.DNSKEY
	for _, rr := range rrs {
		if k, ok := rr.(*dns.DNSKEY); ok {
			keys = append(keys, k)
		}
	}
	return keys
}

// brokenSignatures checks the signatures over the keys and the SOA at each server, where the parent says that the domain is signed.
func brokenSignatures(v view) []models.DelegationProblem {
	set := checked(v.parent.ds)
	if !keysFit(v.keys, v.domain, set) {
		return nil // not signed, or broken by the chain itself
	}
	parts := map[string][]string{}
	for _, n := range v.zone.serving() {
		if n.stream.kind != AnswerData || n.stream.edns != "" {
			continue
		}
		keys := keysIn(n.stream.keys.rrs)
		if len(keys) == 0 {
			keys = slices.Clone(v.keys)
		}
		entry := slices.DeleteFunc(slices.Clone(keys), func(k *dns.DNSKEY) bool { return !fits(k, v.domain, set) })
		zoneKeys := slices.DeleteFunc(keys, func(k *dns.DNSKEY) bool { return k.Flags&dns.ZONE == 0 })
		for _, s := range []struct {
			what string
			set  signedSet
			keys []*dns.DNSKEY
		}{{"the keys", n.stream.keys, entry}, {"the SOA", n.stream.soa, zoneKeys}} {
			state, end := judgeSignatures(s.set, s.keys, v.now)
			for _, c := range signatureCodes {
				if c.state == state {
					parts[c.code] = append(parts[c.code], "over "+s.what+" at "+n.label()+" "+c.words(end.Format("2 Jan 2006 15:04 UTC")))
				}
			}
		}
	}
	for _, code := range []string{"signature_expired", "signature_invalid", "signature_expiring"} {
		if len(parts[code]) > 0 {
			outcome := "validating resolvers treat the domain as broken"
			if code == "signature_expiring" {
				outcome = "from then on, validating resolvers treat the domain as broken"
			}
			return v.one(code, sideProvider, "The DNSSEC signature "+strings.Join(parts[code][:min(len(parts[code]), maxListed)], "; the one ")+": "+outcome+".")
		}
	}
	return nil
}
