package dns_test

import (
	"crypto"
	"strings"
	"testing"
	"time"

	mdns "github.com/miekg/dns"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/monitor/dns"
)

var signedAt = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// signer signs the answers of a server as it is told.
type signer struct {
	t           *testing.T
	key         *mdns.DNSKEY
	private     crypto.Signer
	from, until time.Time
	spoil       func(*mdns.RRSIG) *mdns.RRSIG // nil: not
}

func newSigner(t *testing.T, from, until time.Duration) *signer {
	t.Helper()
	s := &signer{t: t, from: signedAt.Add(from), until: signedAt.Add(until)}
	s.key = &mdns.DNSKEY{Hdr: mdns.RR_Header{Name: "example.lab.", Rrtype: mdns.TypeDNSKEY, Class: mdns.ClassINET, Ttl: 300}, Flags: 257, Protocol: 3, Algorithm: mdns.ECDSAP256SHA256}
	key, err := s.key.Generate(256)
	if err != nil {
		t.Fatal(err)
	}
	s.private = key.(crypto.Signer)
	return s
}

func (s *signer) sign(_ string, q, a *mdns.Msg) *mdns.Msg {
	opt := q.IsEdns0()
	if opt == nil || !opt.Do() || len(a.Answer) == 0 {
		return a
	}
	sig := &mdns.RRSIG{
		Hdr: mdns.RR_Header{Name: "example.lab.", Rrtype: mdns.TypeRRSIG, Class: mdns.ClassINET, Ttl: 300}, Algorithm: s.key.Algorithm,
		KeyTag: s.key.KeyTag(), SignerName: "example.lab.", Inception: uint32(s.from.Unix()), Expiration: uint32(s.until.Unix()),
	}
	if err := sig.Sign(s.private, a.Answer); err != nil {
		s.t.Error(err)
	}
	if s.spoil != nil {
		sig = s.spoil(sig)
	}
	a = a.Copy()
	if sig != nil {
		a.Answer = append(a.Answer, sig)
	}
	return a
}

// TestSignatures walks a signed zone through what can become of its signatures.
func TestSignatures(t *testing.T) {
	const d = 24 * time.Hour
	for _, tc := range []struct {
		name, why   string
		from, until time.Duration
		spoil       func(*mdns.RRSIG) *mdns.RRSIG
		ds          string // in place of the right one
		codes, says string
	}{
		{name: "good", why: "signed a week ago for a month", from: -7 * d, until: 23 * d},
		{name: "just long enough", why: "a week is left", from: -23 * d, until: 7*d + time.Minute},
		{name: "about to end", why: "nobody renewed them", from: -27 * d, until: 3 * d, codes: "signature_expiring", says: "ends on 4 Mar 2026 12:00 UTC"},
		{name: "signed for some days only", why: "nothing says that they are made anew daily", from: -time.Hour, until: 3 * d, codes: "signature_expiring"},
		{name: "made as they are asked for", why: "a host that signs on the fly states two days", from: -d, until: d},
		{name: "made as they are asked for, and stuck", why: "the last quarter of their life", from: -40 * time.Hour, until: 8 * time.Hour, codes: "signature_expiring"},
		{name: "ended", why: "an hour ago", from: -30 * d, until: -time.Hour, codes: "signature_expired", says: "ended on 1 Mar 2026 11:00 UTC"},
		{name: "early", why: "the signer's clock is ahead", from: time.Hour, until: 30 * d, codes: "signature_invalid", says: "not valid before"},
		{name: "spoilt", why: "the signature belongs to something else", from: -d, until: 30 * d, spoil: func(s *mdns.RRSIG) *mdns.RRSIG {
			s.OrigTtl++
			return s
		}, codes: "signature_invalid", says: "does not belong"},
		{name: "missing", why: "keys without signatures", from: -d, until: 30 * d, spoil: func(*mdns.RRSIG) *mdns.RRSIG { return nil }, codes: "signature_invalid", says: "missing"},
		{name: "by another key", why: "a key that is not in the zone", from: -d, until: 30 * d, spoil: func(s *mdns.RRSIG) *mdns.RRSIG {
			s.KeyTag++
			return s
		}, codes: "signature_invalid"},
		{name: "unknown algorithm", why: "resolvers treat it as not signed", from: -d, until: 30 * d, ds: "example.lab. DS 1 3 2 00", codes: "dnssec_algorithm", says: "do not check"},
		{name: "unknown digest", why: "as with an algorithm", from: -d, until: 30 * d, ds: "example.lab. DS 1 13 99 00", codes: "dnssec_algorithm"},
		{name: "no key for it", why: "moved to another host without its keys", from: -d, until: 30 * d, ds: "example.lab. DS 1 13 2 00", codes: "ds_without_dnskey", says: "none of the zone's keys"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newSigner(t, tc.from, tc.until)
			s.spoil = tc.spoil
			if tc.ds == "" {
				tc.ds = s.key.ToDS(mdns.SHA256).String()
			}
			zone := exampleZone + s.key.String() + "\n"
			w := newWorld(t, tc.ds+"\n", zone, zone)
			w.ns1.behave(s.sign)
			w.ns2.behave(s.sign)
			l := w.look(w.prober(func(o *dns.Options) { o.Now = func() time.Time { return signedAt } }))
			if codes(l) != tc.codes || l.ChildSigned != models.DNSSECSigned {
				t.Fatalf("%s: problems %+v, signed %s\n%s", tc.why, l.Problems, l.ChildSigned, l.Evidence)
			}
			if tc.codes != "" && !strings.Contains(l.Problems[0].Detail, tc.says) {
				t.Errorf("%q does not say %q", l.Problems[0].Detail, tc.says)
			}
		})
	}
}

// A zone with keys and no DS at the parent is not signed for anybody: nothing breaks when its signatures end.
func TestKeysThatTheParentDoesNotKnowOfBreakNothing(t *testing.T) {
	s := newSigner(t, -48*time.Hour, -time.Hour)
	zone := exampleZone + s.key.String() + "\n"
	w := newWorld(t, "", zone, zone)
	w.ns1.behave(s.sign)
	if l := w.look(w.prober(func(o *dns.Options) { o.Now = func() time.Time { return signedAt } })); codes(l) != "" {
		t.Fatalf("problems %+v", l.Problems)
	}
}

// Who carries no TCP is not told from a line of ours that carries none, until somebody has answered over it.
func TestALineWithoutTCPBlamesNobody(t *testing.T) {
	w := newWorld(t, "", exampleZone, exampleZone)
	for _, h := range []*host{w.tld, w.ns1, w.ns2} {
		h.behave(onlyUDP)
	}
	p := w.prober(func(o *dns.Options) { o.Timeout = 200 * time.Millisecond })
	if l := w.look(p); codes(l) != "" {
		t.Fatalf("no answer over TCP anywhere: problems %q", codes(l))
	}
	w.tld.behave(nil)
	if l := w.look(p); codes(l) != "ns_no_tcp ns_no_tcp" {
		t.Fatalf("the parent answers over TCP: problems %q", codes(l))
	}
}

func TestATransferIsAskedForOnceADay(t *testing.T) {
	w := newWorld(t, "", exampleZone, exampleZone)
	w.ns1.behave(transfer)
	now := signedAt
	p := w.prober(func(o *dns.Options) { o.Now = func() time.Time { return now } })
	for i, want := range []int{1, 1, 2} {
		if l := w.look(p); codes(l) != "axfr_open" || w.ns1.count("AXFR") != want || w.ns2.count("AXFR") != want {
			t.Fatalf("look %d: problems %q, %d and %d transfers asked for, want %d", i, codes(l), w.ns1.count("AXFR"), w.ns2.count("AXFR"), want)
		}
		now = now.Add(12 * time.Hour)
	}
}
