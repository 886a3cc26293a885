package lab

import (
	"crypto"
	"fmt"
	"time"

	"github.com/miekg/dns"
)

// Signing says how a zone is signed, with ECDSA P-256 and one key. Signatures
// are made as they are asked for, over what the server then answers.
type Signing struct {
	// From and Until bound the signatures' life, relative to the lab's clock.
	// Zero means a week ago and three weeks from now.
	From, Until time.Duration
	// Unsigned publishes the key and makes no signatures.
	Unsigned bool
	// Spoilt makes signatures that do not fit.
	Spoilt bool
	// OtherDS puts the DS record of another key into the parent zone.
	OtherDS bool
}

// signer signs the answers of one zone.
type signer struct {
	Signing
	key     *dns.DNSKEY
	private crypto.Signer
	parent  *dns.DS
}

func newSigner(zone string, how Signing) (*signer, error) {
	if how.From == 0 && how.Until == 0 {
		how.From, how.Until = -7*Day, 21*Day
	}
	s := &signer{Signing: how}
	var err error
	if s.key, s.private, err = newKey(zone); err != nil {
		return nil, err
	}
	known := s.key
	if how.OtherDS {
		if known, _, err = newKey(zone); err != nil {
			return nil, err
		}
	}
	s.parent = known.ToDS(dns.SHA256)
	return s, nil
}

func newKey(zone string) (*dns.DNSKEY, crypto.Signer, error) {
	key := &dns.DNSKEY{Hdr: header(zone, dns.TypeDNSKEY, defaultTTL), Flags: dns.ZONE | dns.SEP, Protocol: 3, Algorithm: dns.ECDSAP256SHA256}
	made, err := key.Generate(256)
	if err != nil {
		return nil, nil, fmt.Errorf("lab: key of zone %s: %w", zone, err)
	}
	private, ok := made.(crypto.Signer)
	if !ok {
		return nil, nil, fmt.Errorf("lab: key of zone %s can't sign", zone)
	}
	return key, private, nil
}

// ds is the record for the parent zone in presentation form.
func (s *signer) ds() string {
	return fmt.Sprintf("%d %d %d %s", s.parent.KeyTag, s.parent.Algorithm, s.parent.DigestType, s.parent.Digest)
}

// over makes the signatures over the record sets of an answer.
func (s *signer) over(answer []dns.RR, now time.Time) []dns.RR {
	if s.Unsigned {
		return nil
	}
	type set struct {
		name   string
		rrtype uint16
	}
	sets := map[set][]dns.RR{}
	for _, rr := range answer {
		if h := rr.Header(); dns.IsSubDomain(s.key.Hdr.Name, h.Name) {
			sets[set{h.Name, h.Rrtype}] = append(sets[set{h.Name, h.Rrtype}], rr)
		}
	}
	var out []dns.RR
	for of, rrs := range sets {
		sig := &dns.RRSIG{
			Hdr: header(of.name, dns.TypeRRSIG, rrs[0].Header().Ttl), Algorithm: s.key.Algorithm, KeyTag: s.key.KeyTag(), SignerName: s.key.Hdr.Name,
			Inception: stamp(now.Add(s.From)), Expiration: stamp(now.Add(s.Until)),
		}
		if err := sig.Sign(s.private, rrs); err != nil {
			continue // a set that can't be signed goes out without
		}
		if s.Spoilt {
			sig.OrigTtl++
		}
		out = append(out, sig)
	}
	return out
}

// stamp is an instant as signatures state it (RFC 4034 section 3.1.5).
func stamp(t time.Time) uint32 {
	return uint32(t.Unix()) //nolint:gosec // the 32 bits wrap by design
}
