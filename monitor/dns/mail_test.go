package dns_test

import (
	"context"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	mdns "github.com/miekg/dns"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/monitor/dns"
	"github.com/krestmarketing/deedwatch/monitor/mailauth"
)

// mailLines are example.lab and its sending service with everything right, one record a line: name, type, value.
var mailLines = []string{
	"example.lab MX 10 mail.example.lab.",
	"mail.example.lab A 192.0.2.25",
	"example.lab TXT v=spf1 mx include:spf.sender.lab -all",
	"k1._domainkey.example.lab CNAME k1.sender.lab.",
	"_dmarc.example.lab TXT v=DMARC1; p=reject; rua=mailto:dmarc@example.lab",
	"spf.sender.lab TXT v=spf1 ip4:203.0.113.0/24 -all",
	"k1.sender.lab TXT v=DKIM1; k=rsa; p=" + rsaKey(2048),
}

func rsaKey(bits uint) string {
	n := new(big.Int).Lsh(big.NewInt(1), bits-1)
	der, _ := x509.MarshalPKIXPublicKey(&rsa.PublicKey{N: n.Add(n, big.NewInt(12345)), E: 65537})
	return base64.StdEncoding.EncodeToString(der)
}

func mailRecords() []models.ExpectedRecord {
	spf := want("example.lab", "TXT", models.MatchContains, "include:spf.sender.lab")
	key := want("k1._domainkey.example.lab", "CNAME", models.MatchExact, "k1.sender.lab")
	return []models.ExpectedRecord{spf, key}
}

// mailZone writes the lines that end in origin as a zone. A line of change replaces those of the same name and type, or takes them away
// when it has no value; with a plus ahead it stands beside them.
func mailZone(origin string, change ...string) string {
	lines := slices.Clone(mailLines)
	var added []string
	for _, c := range change {
		c, beside := strings.CutPrefix(c, "+ ")
		f := strings.SplitN(c, " ", 3)
		if !beside {
			lines = slices.DeleteFunc(lines, func(l string) bool { return strings.HasPrefix(l, f[0]+" "+f[1]+" ") })
		}
		if len(f) == 3 {
			added = append(added, c)
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "@ SOA ns1.example.lab. h 1 60 60 60 60\n@ NS ns1.example.lab.\n")
	if origin == "example.lab" {
		b.WriteString("ns1 A 192.0.2.11\n")
	}
	for _, l := range append(lines, added...) {
		f := strings.SplitN(l, " ", 3)
		if f[0] != origin && !strings.HasSuffix(f[0], "."+origin) {
			continue
		}
		if f[1] == "TXT" {
			f[2] = quoted(f[2])
		}
		fmt.Fprintf(&b, "%s. %s %s\n", f[0], f[1], f[2])
	}
	return b.String()
}

// quoted cuts a text into strings of 255 characters.
func quoted(text string) string {
	var parts []string
	for len(text) > 255 {
		parts, text = append(parts, text[:255]), text[255:]
	}
	for i, p := range append(parts, text) {
		p = `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(p) + `"`
		if i < len(parts) {
			parts[i] = p
		} else {
			text = p
		}
	}
	return strings.Join(append(parts, text), " ")
}

// mailWorld is a root, the TLD and one server for example.lab, sender.lab and third.lab.
func mailWorld(t *testing.T) (*network, *host) {
	t.Helper()
	n := newNetwork(t)
	n.host("192.0.2.1", ".", rootZone)
	n.host("192.0.2.2", "lab.", `
@ SOA ns.nic h.nic 1 60 60 60 900
@ NS ns.nic
ns.nic A 192.0.2.2
example NS ns1.example
ns1.example A 192.0.2.11
sender NS ns1.example
third NS ns1.example
`)
	return n, n.host("192.0.2.11")
}

func (h *host) publish(t *testing.T, change ...string) {
	t.Helper()
	for _, origin := range []string{"example.lab", "sender.lab", "third.lab"} {
		h.load(t, origin+".", mailZone(origin, change...))
	}
}

func (n *network) mailLook(p *dns.Prober, expected []models.ExpectedRecord) models.MailLook {
	n.t.Helper()
	ctx, cancel := context.WithTimeout(n.t.Context(), 20*time.Second)
	defer cancel()
	l := p.LookMail(ctx, "example.lab", expected)
	if n.t.Failed() {
		n.t.Logf("transcript:\n%s", l.Evidence)
	}
	return l
}

func mailCodes(l models.MailLook) []string {
	codes := []string{}
	for _, p := range l.Problems {
		codes = append(codes, p.Code+" "+p.Side)
	}
	slices.Sort(codes)
	return codes
}

func repeat(n int, term string) string { return strings.TrimSpace(strings.Repeat(term+" ", n)) }

// mailCase is one thing that is broken.
type mailCase struct {
	code string // with whose side it is on
	also string // what else follows from it
	set  []string
}

func mailCases() []mailCase {
	const spf, key, noAlias = "example.lab TXT v=spf1 include:spf.sender.lab ", "k1._domainkey.example.lab TXT ", "k1._domainkey.example.lab CNAME"
	return []mailCase{
		{"spf_missing client", "", []string{"example.lab TXT"}},
		{"spf_unrecognised client", "", []string{`example.lab TXT "v=spf1 include:spf.sender.lab -all"`}},
		{"spf_several client", "", []string{"+ example.lab TXT v=spf1 mx -all"}},
		{"spf_syntax client", "", []string{spf + "ipv4:192.0.2.1 -all"}},
		{"spf_include provider", "", []string{spf + "include:third.lab -all"}},
		{"spf_include_gone client", "", []string{spf + "include:gone.lab -all"}},
		{"spf_loop client", "spf_lookups client", []string{spf + "include:_a.example.lab -all", "_a.example.lab TXT v=spf1 include:example.lab -all"}},
		{"spf_lookups client", "", []string{spf + repeat(11, "a:mail.example.lab") + " -all"}},
		{"spf_full client", "", []string{spf + repeat(8, "a:mail.example.lab") + " -all"}},
		{"spf_voids client", "", []string{spf + "a:x.example.lab a:y.example.lab a:z.example.lab -all"}},
		{"spf_mx client", "", append([]string{spf + "mx:many.third.lab -all"}, manyMX(11)...)},
		{"spf_no_all client", "", []string{strings.TrimSpace(spf)}},
		{"spf_open client", "", []string{spf + "+all"}},
		{"spf_neutral client", "", []string{spf + "?all"}},
		{"spf_after_all client", "spf_service_missing client", []string{"example.lab TXT v=spf1 -all include:spf.sender.lab"}},
		{"spf_ptr client", "", []string{spf + "ptr -all"}},
		{"spf_long client", "", []string{spf + repeat(30, "ip4:198.51.100.1") + " -all"}},
		{"spf_service_missing client", "", []string{"example.lab TXT v=spf1 mx -all"}},
		{"spf_service_broken provider", "spf_include provider", []string{"spf.sender.lab TXT v=spf1 ip4:oops -all"}},
		{"dkim_gone client", "", []string{noAlias}},
		{"dkim_provider_missing provider", "", []string{"k1.sender.lab TXT"}},
		{"dkim_no_key client", "", []string{noAlias, key + "hello"}},
		{"dkim_several client", "", []string{noAlias, "+ " + key + "v=DKIM1; p=" + rsaKey(2048), "+ " + key + "v=DKIM1; p=" + rsaKey(1024)}},
		{"dkim_revoked client", "", []string{noAlias, key + "v=DKIM1; p="}},
		{"dkim_short client", "", []string{noAlias, key + "v=DKIM1; p=" + rsaKey(768)}},
		{"dkim_broken client", "", []string{noAlias, key + ("v=DKIM1; k=rsa; p=" + rsaKey(2048))[:255]}},
		{"dkim_testing client", "", []string{noAlias, key + "v=DKIM1; t=y; p=" + rsaKey(2048)}},
		{"dkim_weak client", "", []string{noAlias, key + "v=DKIM1; p=" + rsaKey(1024)}},
		{"dkim_faults client", "", []string{noAlias, key + "v=DKIM1;; p=" + rsaKey(2048)}},
		{"dmarc_missing client", "", []string{"_dmarc.example.lab TXT"}},
		{"dmarc_unrecognised client", "", []string{"_dmarc.example.lab TXT v=dmarc1; p=reject"}},
		{"dmarc_several client", "", []string{"+ _dmarc.example.lab TXT v=DMARC1; p=none"}},
		{"dmarc_syntax client", "", []string{"_dmarc.example.lab TXT v=DMARC1; sp=none"}},
		{"dmarc_faults client", "", []string{"_dmarc.example.lab TXT v=DMARC1; p=reject; pct=lots"}},
		{"dmarc_none client", "", []string{"_dmarc.example.lab TXT v=DMARC1; p=none"}},
		{"dmarc_part client", "", []string{"_dmarc.example.lab TXT v=DMARC1; p=reject; pct=10"}},
		{"dmarc_reports provider", "", []string{"_dmarc.example.lab TXT v=DMARC1; p=reject; rua=mailto:a@third.lab"}},
		{"dmarc_rejects client", "dkim_gone client, spf_service_missing client", []string{noAlias, "example.lab TXT v=spf1 mx -all"}},
		{"mx_none client", "", []string{"example.lab MX", spf + "-all"}},
		{"mx_null client", "", []string{"example.lab MX 0 .", spf + "-all"}},
		{"mx_null_beside client", "", []string{"+ example.lab MX 0 ."}},
		{"mx_gone client", "", []string{"+ example.lab MX 20 mx2.example.lab.", spf + "-all"}},
		{"mx_alias client", "", []string{"+ example.lab MX 20 mx2.example.lab.", "mx2.example.lab CNAME mail.example.lab."}},
	}
}

// TestMailProblems breaks each thing over real packets, and puts it right again: the code comes and goes.
func TestMailProblems(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range mailCases() {
		code, _, _ := strings.Cut(c.code, " ")
		seen[code] = true
		t.Run(code, func(t *testing.T) {
			n, server := mailWorld(t)
			p := n.prober()
			server.publish(t, c.set...)
			expected := []string{c.code}
			if c.also != "" {
				expected = append(expected, strings.Split(c.also, ", ")...)
			}
			slices.Sort(expected)
			red := n.mailLook(p, mailRecords())
			if diff := cmp.Diff(expected, mailCodes(red)); diff != "" || len(red.Unknown) > 0 {
				t.Errorf("%s%+v\n%s", diff, red, red.Evidence)
			}
			server.publish(t)
			if green := n.mailLook(p, mailRecords()); len(green.Problems)+len(green.Unknown) > 0 {
				t.Errorf("put right: %+v", green)
			}
		})
	}
	for _, code := range mailauth.Codes() {
		if !seen[code] && code != "dmarc_walk" && code != "dmarc_strict" { // TestMailBelowTheDomain
			t.Errorf("no case breaks %s", code)
		}
	}
}

func manyMX(n int) []string {
	var lines []string
	for i := range n {
		lines = append(lines, fmt.Sprintf("+ many.third.lab MX %d m%d.third.lab.", i, i), fmt.Sprintf("+ m%d.third.lab A 198.51.100.%d", i, i))
	}
	return lines
}

func TestMailBelowTheDomain(t *testing.T) {
	expected := []models.ExpectedRecord{want("k1._domainkey.em.news.example.lab", "CNAME", models.MatchExact, "k1.sender.lab")}
	alias := "k1._domainkey.em.news.example.lab CNAME k1.sender.lab."
	for _, c := range []struct {
		code string
		set  []string
	}{
		{"", []string{alias}},
		{"dmarc_strict client", []string{alias, "_dmarc.example.lab TXT v=DMARC1; p=reject; adkim=s"}},
		{"dmarc_walk client", []string{alias, "_dmarc.news.example.lab TXT v=DMARC1; p=none"}},
	} {
		n, server := mailWorld(t)
		server.publish(t, c.set...)
		if got := strings.Join(mailCodes(n.mailLook(n.prober(), expected)), ", "); got != c.code {
			t.Errorf("want %q, got %q", c.code, got)
		}
	}
}

// TestMailThatCannotBeAsked: failures of servers state nothing on the records.
func TestMailThatCannotBeAsked(t *testing.T) {
	for name, c := range map[string]struct {
		hook func(string, *mdns.Msg, *mdns.Msg) *mdns.Msg
		part string
	}{
		"the sender's SPF fails":   {rcode(mdns.RcodeServerFailure, "spf.sender.lab"), "spf"},
		"the sender's key is mute": {silent("k1.sender.lab"), "dkim"},
		"the policy is refused":    {rcode(mdns.RcodeRefused, "_dmarc.example.lab"), "dmarc"},
		"every other answer says that the record is not there": {func() func(string, *mdns.Msg, *mdns.Msg) *mdns.Msg {
			asked := 0
			return func(_ string, q, a *mdns.Msg) *mdns.Msg {
				if !strings.HasPrefix(q.Question[0].Name, "_dmarc.") {
					return a
				}
				if asked++; asked%2 == 0 {
					return a
				}
				a.Answer, a.Rcode = nil, mdns.RcodeNameError
				return a
			}
		}(), "dmarc"},
	} {
		t.Run(name, func(t *testing.T) {
			n, server := mailWorld(t)
			server.publish(t)
			server.behave(c.hook)
			look := n.mailLook(n.prober(func(o *dns.Options) { o.Timeout = 200 * time.Millisecond }), mailRecords())
			if len(look.Problems) > 0 || len(look.Unknown) == 0 {
				t.Fatalf("%+v", look)
			}
			for _, u := range look.Unknown {
				if u.Part != c.part {
					t.Errorf("%+v", u)
				}
			}
		})
	}
}

// TestMailLookIsBounded: it has a budget of its own, ends with its context, and leaves a transcript.
func TestMailLookIsBounded(t *testing.T) {
	n, server := mailWorld(t)
	server.publish(t)
	look := n.mailLook(n.prober(func(o *dns.Options) { o.MaxQueries = 6 }), mailRecords())
	if len(look.Problems) > 0 || len(look.Unknown) == 0 {
		t.Errorf("with six questions: %+v", look)
	}
	if asked := server.count(""); asked > 6 {
		t.Errorf("%d questions", asked)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	look = n.prober().LookMail(ctx, "example.lab", mailRecords())
	if len(look.Problems) > 0 || len(look.Unknown) == 0 {
		t.Errorf("cut short: %+v", look)
	}
	look = n.mailLook(n.prober(), mailRecords())
	if !strings.Contains(string(look.Evidence), "example.lab. TXT?") || !strings.Contains(string(look.Evidence), "k1.sender.lab. TXT?") {
		t.Errorf("transcript:\n%s", look.Evidence)
	}
	if asked := strings.Count(string(look.Evidence), "\n"); asked > 40 {
		t.Errorf("a healthy domain takes %d questions", asked)
	}
}

// TestMailTermsRunTogether: a name with a colon is asked for as it stands, and its bytes come through the packet.
func TestMailTermsRunTogether(t *testing.T) {
	n, server := mailWorld(t)
	server.publish(t)
	zone := strings.Replace(mailZone("example.lab"), `"v=spf1 mx include:spf.sender.lab -all"`, `"v=spf1 include:spf.sender.lab" "include:third.lab -all"`, 1)
	server.load(t, "example.lab.", zone)
	look := n.mailLook(n.prober(), mailRecords())
	if got := strings.Join(mailCodes(look), ", "); got != "spf_include_gone client, spf_service_missing client" {
		t.Errorf("%s\n%+v", got, look)
	}
	if len(look.Problems) > 0 && !slices.ContainsFunc(look.Problems, func(p models.MailProblem) bool {
		return strings.Contains(p.Detail, "the space between these two is missing")
	}) {
		t.Errorf("%+v", look.Problems)
	}
}
