package wire_test

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"net"
	"strings"
	"testing"

	"github.com/miekg/dns"

	"github.com/krestmarketing/deedwatch/monitor/dns/wire"
)

func name(tb testing.TB, s string) []byte {
	tb.Helper()
	n, err := wire.AppendName(nil, s)
	if err != nil {
		tb.Fatalf("%q: %v", s, err)
	}
	return n
}

// asked is a question as it went out: its message and its section.
type asked struct {
	name  []byte
	rtype uint16
	query []byte
}

func ask(tb testing.TB, domain string, rtype uint16, mix uint64) asked {
	tb.Helper()
	q := asked{name: name(tb, domain), rtype: rtype}
	q.query = wire.AppendQuery(nil, 4711, q.name, rtype, 1232, false, mix)
	return q
}

func (q asked) section() []byte { return wire.Question(q.query, q.name) }

// reply packs what a server would send, with compression.
func reply(tb testing.TB, q asked, change func(*dns.Msg)) []byte {
	tb.Helper()
	var in dns.Msg
	if err := in.Unpack(q.query); err != nil {
		tb.Fatalf("a full library can't read the query: %v", err)
	}
	m := new(dns.Msg)
	m.SetReply(&in)
	m.Authoritative, m.Compress = true, true
	change(m)
	packed, err := m.Pack()
	if err != nil {
		tb.Fatal(err)
	}
	return packed
}

func rrs(tb testing.TB, lines ...string) []dns.RR {
	tb.Helper()
	var out []dns.RR
	for _, l := range lines {
		rr, err := dns.NewRR(l)
		if err != nil {
			tb.Fatal(err)
		}
		out = append(out, rr)
	}
	return out
}

func TestQueryIsReadAlikeByAFullLibrary(t *testing.T) {
	for _, c := range []struct {
		domain string
		rtype  uint16
	}{{"example.com", wire.TypeNS}, {"_dmarc.Example.COM.", wire.TypeTXT}, {"", wire.TypeNS}, {strings.Repeat("a", 63) + ".lab", wire.TypeA}} {
		for _, mix := range []uint64{0, ^uint64(0), 0x123456789abcdef} {
			q := ask(t, c.domain, c.rtype, mix)
			var m dns.Msg
			if err := m.Unpack(q.query); err != nil {
				t.Fatal(err)
			}
			opt := m.IsEdns0()
			if m.Id != 4711 || m.RecursionDesired || len(m.Question) != 1 || !strings.EqualFold(m.Question[0].Name, dns.Fqdn(c.domain)) ||
				m.Question[0].Qtype != c.rtype || m.Question[0].Qclass != dns.ClassINET || opt == nil || opt.UDPSize() != 1232 || opt.Do() {
				t.Errorf("%s %d: %v", c.domain, c.rtype, &m)
			}
			if c.domain == "example.com" && mix == ^uint64(0) && m.Question[0].Name != "EXAMPLE.COM." {
				t.Errorf("case is not mixed: %s", m.Question[0].Name)
			}
		}
	}
	with := wire.AppendQuery(nil, 1, name(t, "lab"), wire.TypeNS, 1232, true, 0)
	var m dns.Msg
	if err := m.Unpack(with); err != nil || !m.IsEdns0().Do() {
		t.Error("DNSSEC records are not asked for")
	}
}

func TestNamesThatCantBeAsked(t *testing.T) {
	for _, s := range []string{"a..b", ".a", "a\\.b", strings.Repeat("a", 64), strings.Repeat("a.", 130), "a b.lab", "a@b.lab"} {
		if n, err := wire.AppendName(nil, s); err == nil {
			t.Errorf("%q became %x", s, n)
		}
	}
}

func TestKinds(t *testing.T) {
	soa := "example.lab. 900 IN SOA ns1.example.lab. hostmaster.example.lab. 2026112201 7200 900 1209600 300"
	for _, c := range []struct {
		why    string
		name   string
		rtype  uint16
		zone   string
		change func(*dns.Msg)
		want   wire.Kind
		count  int
	}{
		{"the records", "www.example.lab", wire.TypeA, "example.lab", func(m *dns.Msg) {
			m.Answer = rrs(t, "www.example.lab. 60 IN A 192.0.2.1", "WWW.Example.lab. 30 IN A 192.0.2.2")
		}, wire.Data, 2},
		{"an alias stands in their place", "www.example.lab", wire.TypeA, "example.lab", func(m *dns.Msg) {
			m.Answer = rrs(t, "www.example.lab. 60 IN CNAME cdn.example.lab.", "cdn.example.lab. 60 IN A 192.0.2.1")
		}, wire.Alias, 0},
		{"records from a cache are none of the zone's", "www.example.lab", wire.TypeA, "example.lab", func(m *dns.Msg) {
			m.Authoritative = false
			m.Answer = rrs(t, "www.example.lab. 60 IN A 192.0.2.1")
		}, wire.Odd, 1},
		{"records of another name are not believed", "www.example.lab", wire.TypeA, "example.lab", func(m *dns.Msg) {
			m.Answer = rrs(t, "other.example.lab. 60 IN A 192.0.2.1")
		}, wire.Odd, 0},
		{"no such type", "www.example.lab", wire.TypeMX, "example.lab", func(m *dns.Msg) { m.Ns = rrs(t, soa) }, wire.NoData, 0},
		{"no such name", "gone.example.lab", wire.TypeMX, "example.lab", func(m *dns.Msg) { m.Rcode, m.Ns = dns.RcodeNameError, rrs(t, soa) }, wire.NXDomain, 0},
		{"a negative answer of a zone above says nothing on ours", "www.example.lab", wire.TypeMX, "example.lab", func(m *dns.Msg) {
			m.Ns = rrs(t, strings.Replace(soa, "example.lab.", "lab.", 1))
		}, wire.Odd, 0},
		{"a negative answer without authority", "www.example.lab", wire.TypeMX, "example.lab", func(m *dns.Msg) { m.Authoritative, m.Ns = false, rrs(t, soa) }, wire.Odd, 0},
		{"the parent's delegation", "example.lab", wire.TypeNS, "lab", func(m *dns.Msg) {
			m.Authoritative = false
			m.Ns = rrs(t, "example.lab. 60 IN NS ns2.host.lab.", "example.lab. 60 IN NS ns1.host.lab.", "example.lab. 60 IN DS 4711 13 2 "+strings.Repeat("ab", 32))
		}, wire.Referral, 2},
		{"a referral upwards", "example.lab", wire.TypeNS, "example.lab", func(m *dns.Msg) {
			m.Authoritative, m.Ns = false, rrs(t, "lab. 60 IN NS ns.lab.")
		}, wire.Odd, 1},
		{"a referral for somebody else", "example.lab", wire.TypeNS, "lab", func(m *dns.Msg) {
			m.Authoritative, m.Ns = false, rrs(t, "other.lab. 60 IN NS ns.other.lab.")
		}, wire.Odd, 1},
		{"half an answer", "example.lab", wire.TypeNS, "lab", func(m *dns.Msg) { m.Truncated = true }, wire.Truncated, 0},
		{"a refusal", "example.lab", wire.TypeNS, "lab", func(m *dns.Msg) { m.Rcode = dns.RcodeRefused }, wire.Failed, 0},
		{"nothing at all", "example.lab", wire.TypeNS, "lab", func(*dns.Msg) {}, wire.Odd, 0},
	} {
		t.Run(c.why, func(t *testing.T) {
			q := ask(t, c.name, c.rtype, rand.Uint64())
			var a wire.Answer
			if err := wire.NewHasher().Read(reply(t, q, c.change), q.section(), name(t, c.zone), &a); err != nil {
				t.Fatal(err)
			}
			if a.Kind != c.want || a.Count != c.count {
				t.Errorf("kind %d with %d records, want %d with %d", a.Kind, a.Count, c.want, c.count)
			}
			if c.want == wire.Referral && (wire.Text(a.Zone) != "example.lab." || a.DS != 1 || a.TTL != 60) {
				t.Errorf("referral to %s, %d DS, TTL %d", wire.Text(a.Zone), a.DS, a.TTL)
			}
		})
	}
}

func TestDigests(t *testing.T) {
	h := wire.NewHasher()
	read := func(domain string, rtype uint16, lines ...string) wire.Answer {
		q := ask(t, domain, rtype, rand.Uint64())
		var a wire.Answer
		if err := h.Read(reply(t, q, func(m *dns.Msg) { m.Answer = rrs(t, lines...) }), q.section(), name(t, "lab"), &a); err != nil || a.Kind != wire.Data {
			t.Fatalf("%s: kind %d, %v", lines, a.Kind, err)
		}
		return a
	}
	for _, c := range []struct {
		why   string
		rtype uint16
		a, b  []string
		same  bool
	}{
		{"sets have no order", wire.TypeNS, []string{"x.lab. 1 IN NS a.lab.", "x.lab. 1 IN NS b.lab."}, []string{"x.lab. 9 IN NS b.lab.", "x.lab. 9 IN NS a.lab."}, true},
		{"names have no case", wire.TypeMX, []string{"x.lab. 1 IN MX 10 Mail.X.lab."}, []string{"x.lab. 1 IN MX 10 mail.x.LAB."}, true},
		{"a preference counts", wire.TypeMX, []string{"x.lab. 1 IN MX 10 mail.x.lab."}, []string{"x.lab. 1 IN MX 20 mail.x.lab."}, false},
		{"where a text is cut says nothing", wire.TypeTXT, []string{`x.lab. 1 IN TXT "v=spf1 " "-all"`}, []string{`x.lab. 1 IN TXT "v=spf1 -all"`}, true},
		{"texts have case", wire.TypeTXT, []string{`x.lab. 1 IN TXT "Abc"`}, []string{`x.lab. 1 IN TXT "abc"`}, false},
		{"another address", wire.TypeA, []string{"x.lab. 1 IN A 192.0.2.1"}, []string{"x.lab. 1 IN A 192.0.2.2"}, false},
		{"one record more", wire.TypeA, []string{"x.lab. 1 IN A 192.0.2.1"}, []string{"x.lab. 1 IN A 192.0.2.1", "x.lab. 1 IN A 192.0.2.2"}, false},
		{"a service", wire.TypeSRV, []string{"x.lab. 1 IN SRV 1 2 3 Sip.x.lab."}, []string{"x.lab. 1 IN SRV 1 2 3 sip.x.lab."}, true},
	} {
		t.Run(c.why, func(t *testing.T) {
			a, b := read("x.lab", c.rtype, c.a...), read("x.lab", c.rtype, c.b...)
			if (a.Digest == b.Digest) != c.same {
				t.Errorf("digests %x and %x, want same: %v", a.Digest, b.Digest, c.same)
			}
		})
	}
	mx := append([]byte{0, 10}, name(t, "mail.x.lab")...)
	if got := read("x.lab", wire.TypeMX, "x.lab. 1 IN MX 10 mail.x.lab."); got.Digest != h.Record(wire.TypeMX, mx) {
		t.Error("an expected record has another digest than the same one in an answer")
	}
	ip := net.IPv4(192, 0, 2, 1).To4()
	if got := read("x.lab", wire.TypeA, "x.lab. 1 IN A 192.0.2.1"); got.Digest != h.Record(wire.TypeA, ip) {
		t.Error("an expected address has another digest than the same one in an answer")
	}
	if got := read("x.lab", wire.TypeSOA, "x.lab. 1 IN SOA n.lab. h.lab. 77 2 3 4 5"); got.Serial != 77 {
		t.Errorf("serial %d", got.Serial)
	}
}

// TestStrays: whatever differs from the question that went out is not its answer.
func TestStrays(t *testing.T) {
	q := ask(t, "www.example.lab", wire.TypeA, 0b1010101)
	good := reply(t, q, func(m *dns.Msg) { m.Answer = rrs(t, "www.example.lab. 60 IN A 192.0.2.1") })
	var a wire.Answer
	h := wire.NewHasher()
	if err := h.Read(good, q.section(), name(t, "lab"), &a); err != nil || a.Kind != wire.Data {
		t.Fatal(err, a.Kind)
	}
	for i := 2; i < 12+len(q.section()); i++ {
		if i >= 6 && i < 12 || i == 3 { // counts of other sections, and the second half of the flags
			continue
		}
		bad := bytes.Clone(good)
		bad[i] ^= 0x20
		if i == 2 {
			bad[i] ^= 0x20 | 0x80 // a query, not a response
		}
		if err := h.Read(bad, q.section(), name(t, "lab"), &a); err == nil && a.Kind == wire.Data {
			t.Errorf("byte %d changed, and it is still the answer", i)
		}
	}
}

func TestPointersThatLeadNowhere(t *testing.T) {
	q := ask(t, "a.lab", wire.TypeNS, 0)
	head := bytes.Clone(q.query[:12+len(q.section())])
	head[2] |= 0x84
	binary.BigEndian.PutUint16(head[6:], 1)
	binary.BigEndian.PutUint16(head[10:], 0)
	at := len(head)
	h := wire.NewHasher()
	for why, owner := range map[string][]byte{
		"to itself": {0xc0, byte(at)}, "forwards": {0xc0, byte(at + 8)}, "behind the end": {0xff, 0xff}, "a reserved form": {0x80, 0},
		"a label that has no end": {63, 'a'},
	} {
		msg := append(bytes.Clone(head), owner...)
		msg = append(msg, 0, 2, 0, 1, 0, 0, 0, 1, 0, 2, 0xc0, 12)
		var a wire.Answer
		if err := h.Read(msg, q.section(), name(t, "lab"), &a); err == nil && a.Kind != wire.Odd {
			t.Errorf("%s: kind %d", why, a.Kind)
		}
	}
}

func FuzzRead(f *testing.F) {
	q := ask(f, "www.example.lab", wire.TypeNS, 7)
	section := q.section()
	for _, m := range [][]byte{
		reply(f, q, func(m *dns.Msg) {
			m.Answer = rrs(f, "www.example.lab. 60 IN NS a.lab.", "www.example.lab. 60 IN NS b.lab.")
		}),
		reply(f, q, func(m *dns.Msg) { m.Authoritative = false; m.Ns = rrs(f, "example.lab. 60 IN NS a.lab.") }),
		reply(f, q, func(m *dns.Msg) { m.Ns = rrs(f, "lab. 60 IN SOA a.lab. b.lab. 1 2 3 4 5") }),
	} {
		f.Add(m[12+len(section):], m[2], m[3])
	}
	h := wire.NewHasher()
	zone := name(f, "lab")
	f.Fuzz(func(t *testing.T, rest []byte, flags1, flags2 byte) {
		msg := append(bytes.Clone(q.query[:12+len(section)]), rest...)
		msg[2], msg[3] = flags1, flags2
		if len(rest) > 6 {
			copy(msg[6:12], rest[:6])
			msg = append(msg[:12+len(section)], rest[6:]...)
		}
		var a wire.Answer
		err := h.Read(msg, section, zone, &a)
		if err != nil {
			return
		}
		if a.Kind == 0 {
			t.Fatal("no kind")
		}
		if a.Kind == wire.Referral && !wire.Within(zone, a.Zone) {
			t.Fatalf("a referral out of the zone, to %s", wire.Text(a.Zone))
		}
		var m dns.Msg
		if m.Unpack(msg) != nil || (a.Kind != wire.Data && a.Kind != wire.NXDomain) {
			return
		}
		if a.Kind == wire.NXDomain && m.Rcode != dns.RcodeNameError || a.Kind == wire.Data && !m.Authoritative {
			t.Fatalf("kind %d of %v", a.Kind, &m)
		}
		n := 0
		for _, rr := range m.Answer {
			if rr.Header().Rrtype == wire.TypeNS && strings.EqualFold(rr.Header().Name, "www.example.lab.") && rr.Header().Class == dns.ClassINET {
				n++
			}
		}
		if a.Kind == wire.Data && n != a.Count {
			t.Fatalf("%d records, a full library reads %d: %v", a.Count, n, &m)
		}
	})
}

func BenchmarkRead(b *testing.B) {
	q := ask(b, "example.lab", wire.TypeMX, 5)
	msg := reply(b, q, func(m *dns.Msg) {
		m.Answer = rrs(b, "example.lab. 60 IN MX 10 mx1.mail.ops.", "example.lab. 60 IN MX 20 mx2.mail.ops.")
		m.Ns = rrs(b, "example.lab. 60 IN NS ns1.op1.ops.", "example.lab. 60 IN NS ns2.op1.ops.")
	})
	h, zone := wire.NewHasher(), name(b, "lab")
	var a wire.Answer
	b.Run("read", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := h.Read(msg, q.section(), zone, &a); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("library", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			var m dns.Msg
			if err := m.Unpack(msg); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("query", func(b *testing.B) {
		b.ReportAllocs()
		buf := make([]byte, 0, 512)
		for b.Loop() {
			buf = wire.AppendQuery(buf[:0], 1, q.name, wire.TypeMX, 1232, false, 9)
		}
	})
}
