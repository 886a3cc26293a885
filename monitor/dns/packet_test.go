package dns_test

import (
	"strings"
	"testing"
	"time"

	mdns "github.com/miekg/dns"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/monitor/dns"
)

func packet(tb testing.TB, m *mdns.Msg) []byte {
	tb.Helper()
	b, err := m.Pack()
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

// message is an answer about www.example.lab A with the given sections.
func message(aa bool, rcode int, answer, authority, extra string) *mdns.Msg {
	m := new(mdns.Msg)
	m.SetQuestion("www.example.lab.", mdns.TypeA)
	m.Response, m.Authoritative, m.Rcode = true, aa, rcode
	for _, section := range []struct {
		text string
		rrs  *[]mdns.RR
	}{{answer, &m.Answer}, {authority, &m.Ns}, {extra, &m.Extra}} {
		if section.text != "" {
			*section.rrs = append(*section.rrs, rr(section.text))
		}
	}
	return m
}

const soa = "example.lab. 60 IN SOA ns.example.lab. h.example.lab. 1 1 1 1 60"

// TestReadingAnswers holds what an answer states to who gives it: a server that was asked as one of example.lab's.
func TestReadingAnswers(t *testing.T) {
	for _, tc := range []struct {
		why  string
		msg  *mdns.Msg
		kind dns.AnswerKind
	}{
		{"the record", message(true, 0, "www.example.lab. 60 IN A 192.0.2.1", "", ""), dns.AnswerData},
		{"an alias with NXDOMAIN for its target is an alias", message(true, 3, "www.example.lab. 60 IN CNAME gone.lab.", "", ""), dns.AnswerData},
		{"without authority", message(false, 0, "www.example.lab. 60 IN A 192.0.2.1", "", ""), dns.AnswerNotAuth},
		{"NODATA", message(true, 0, "", soa, ""), dns.AnswerNoData},
		{"NODATA without SOA", message(true, 0, "", "", ""), dns.AnswerNoData},
		{"NXDOMAIN", message(true, 3, "", soa, ""), dns.AnswerNXDomain},
		{"NXDOMAIN from a cache", message(false, 3, "", soa, ""), dns.AnswerNotAuth},
		{"NXDOMAIN of the zone above", message(true, 3, "", "lab. 60 IN SOA a. b. 1 1 1 1 1", ""), dns.AnswerLame},
		{"referral below", message(false, 0, "", "www.example.lab. 60 IN NS ns.other.lab.", ""), dns.AnswerReferral},
		{"referral to itself", message(false, 0, "", "example.lab. 60 IN NS ns.other.lab.", ""), dns.AnswerLame},
		{"referral sideways", message(false, 0, "", "bank.lab. 60 IN NS ns.other.lab.", ""), dns.AnswerLame},
		{"nothing at all", message(false, 0, "", "", ""), dns.AnswerLame},
		{"REFUSED", message(false, mdns.RcodeRefused, "", "", ""), dns.AnswerRefused},
		{"SERVFAIL", message(false, mdns.RcodeServerFailure, "", "", ""), dns.AnswerServfail},
		{"YXDOMAIN", message(false, mdns.RcodeYXDomain, "", "", ""), dns.AnswerMalformed},
		{"another name's record", message(true, 0, "bank.lab. 60 IN A 192.0.2.1", "", ""), dns.AnswerMalformed},
	} {
		if got, _ := dns.ReadPacket("example.lab", "www.example.lab", mdns.TypeA, packet(t, tc.msg)); got != tc.kind {
			t.Errorf("%s: read as %s, want %s", tc.why, got, tc.kind)
		}
	}
}

// A packet whose head announces records that are not there was cut on its way: what is left of it must not pass for NODATA.
func TestPacketsThatEndEarlyStateNothing(t *testing.T) {
	whole := message(true, 0, "www.example.lab. 60 IN A 192.0.2.1", "", "")
	denial := message(true, 3, "", soa, "")
	for _, tc := range []struct {
		why     string
		msg     *mdns.Msg
		section int // its number of records, in the head
	}{
		{"no answer is left", whole, 6},
		{"no SOA is left", denial, 8},
	} {
		cut := tc.msg.Copy()
		cut.Answer, cut.Ns = nil, nil
		b := packet(t, cut)
		b[tc.section+1] = 1
		if got, _ := dns.ReadPacket("example.lab", "www.example.lab", mdns.TypeA, b); got != dns.AnswerMalformed {
			t.Errorf("%s: read as %s", tc.why, got)
		}
	}
}

// Glue for a name outside of the zone of the server that gives it must not lead anywhere.
func TestGlueOutsideOfTheServersZoneIsNotBelieved(t *testing.T) {
	w := newWorld(t, "", exampleZone+"app NS ns.nic\n", exampleZone+"app NS ns.nic.lab.\n")
	evil := w.host("192.0.2.200", "app.example.lab.", "@ SOA ns h 1 60 60 60 60\n@ NS ns\nx TXT \"forged\"\n")
	poison := func(_ string, q, a *mdns.Msg) *mdns.Msg {
		if strings.Contains(q.Question[0].Name, "app.") {
			a = a.Copy()
			a.Answer, a.Authoritative = nil, false
			a.Ns = []mdns.RR{rr("app.example.lab. 60 IN NS ns.nic.lab.")}
			a.Extra = []mdns.RR{rr("ns.nic.lab. 60 IN A 192.0.2.200")}
		}
		return a
	}
	w.ns1.behave(poison)
	w.ns2.behave(poison)
	l := w.look(w.prober(), want("x.app.example.lab", "TXT", models.MatchExact, "forged"))
	if evil.count("") > 0 || l.Records[0].State == models.RecordOK {
		t.Fatalf("an address from outside of the zone was believed: %+v\n%s", l.Records[0], l.Evidence)
	}
}

func TestTheTranscriptIsBounded(t *testing.T) {
	w := newWorld(t, "", exampleZone, exampleZone)
	long := strings.Repeat("x", 250)
	var zone strings.Builder
	zone.WriteString(exampleZone)
	expected := make([]models.ExpectedRecord, 60)
	for i := range expected {
		host := "h" + strings.Repeat("i", i)
		zone.WriteString(host + " TXT \"" + long + "\" \"" + long + "\"\n")
		expected[i] = want(host+".example.lab", "TXT", models.MatchContains, "x")
	}
	w.ns1.load(t, "example.lab.", zone.String())
	w.ns2.load(t, "example.lab.", zone.String())
	l := w.look(w.prober(func(o *dns.Options) { o.Timeout = 2 * time.Second }), expected...)
	if len(l.Evidence) > models.MaxEvidence || len(l.Evidence) < models.MaxEvidence/2 || !strings.HasSuffix(string(l.Evidence), "cut here\n") {
		t.Errorf("%d bytes of evidence, ending %q", len(l.Evidence), l.Evidence[max(0, len(l.Evidence)-60):])
	}
	for _, r := range l.Records {
		if r.State != models.RecordOK {
			t.Errorf("%s: %s %s", r.Host, r.State, r.Detail)
		}
	}
}

func TestNamesThatAreNoNamesAreNotAskedFor(t *testing.T) {
	p := newNetwork(t).prober()
	for _, name := range []string{"", ".", "a..lab", "a b.lab", "x\r\n.lab", strings.Repeat("a", 64) + ".lab", strings.Repeat("a.", 130) + "lab", `a\.b.lab`, "b\u00fccher.lab"} {
		l := p.Look(t.Context(), name, []models.ExpectedRecord{spf})
		if l.Outcome != models.OutcomeInvalid || l.Records[0].State != models.RecordUnknown || strings.ContainsAny(l.Detail, "\r\n") {
			t.Errorf("%q: outcome %s %q", name, l.Outcome, l.Detail)
		}
	}
}

func FuzzReadPacket(f *testing.F) {
	f.Add(packet(f, message(true, 0, "www.example.lab. 60 IN A 192.0.2.1", soa, "")))
	f.Add(packet(f, message(false, 0, "", "www.example.lab. 60 IN NS ns.www.example.lab.", "ns.www.example.lab. 60 IN A 192.0.2.1")))
	f.Add(packet(f, message(true, 3, "", soa, "")))
	f.Fuzz(func(t *testing.T, packet []byte) {
		_, line := dns.ReadPacket("example.lab", "www.example.lab", mdns.TypeA, packet)
		for i := range len(line) {
			if c := line[i]; (c < ' ' || c > '~') && c != '\n' {
				t.Fatalf("byte %#x in the transcript: %q", c, line)
			}
		}
	})
}
