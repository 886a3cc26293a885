package dns_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/monitor/dns"
)

func data(values ...string) dns.Answer { return dns.Answer{Kind: dns.AnswerData, Values: values} }
func kindOnly(k dns.AnswerKind) dns.Answer {
	return dns.Answer{Kind: k, NegativeTTL: 90 * time.Second}
}

func addresses(values ...string) dns.Answer {
	return dns.Answer{Kind: dns.AnswerNoData, Addresses: values}
}

func TestJudge(t *testing.T) {
	alias := want("www.example.lab", "CNAME", models.MatchExact, "shop.lab")
	text := want("v.example.lab", "TXT", models.MatchExact, "token")
	there := map[string]dns.Target{"shop.lab": {Known: true, Exists: true, Addresses: []string{"192.0.2.1", "192.0.2.2"}}}
	nodata, nx := kindOnly(dns.AnswerNoData), kindOnly(dns.AnswerNXDomain)
	refused, servfail, lame := kindOnly(dns.AnswerRefused), kindOnly(dns.AnswerServfail), kindOnly(dns.AnswerLame)
	timeout, skipped, unresolved := kindOnly(dns.AnswerTimeout), kindOnly(dns.AnswerNotAsked), kindOnly(dns.AnswerUnresolved)
	wild := data("other")
	for _, tc := range []struct {
		why     string
		want    models.ExpectedRecord
		found   dns.Found
		answers []dns.Answer
		state   models.RecordState
		detail  string
	}{
		{"all right", text, dns.Found{}, []dns.Answer{data("token"), data("token")}, models.RecordOK, "By all 2 servers that answered"},
		{"right at those that answer", text, dns.Found{}, []dns.Answer{data("token"), timeout, refused, unresolved}, models.RecordOK, "By s0"},
		{"wrong at one", text, dns.Found{}, []dns.Answer{data("token"), data("old")}, models.RecordWrong, "s1: answers old"},
		{"missing at one is named with the right one", text, dns.Found{}, []dns.Answer{data("token"), nodata}, models.RecordWrong, "By s0: answers as expected; by s1: the name is there"},
		{"gone at one", text, dns.Found{}, []dns.Answer{nx, data("token")}, models.RecordWrong, "the name does not exist"},
		{"missing everywhere", text, dns.Found{}, []dns.Answer{nodata, nodata}, models.RecordMissing, ""},
		{"gone everywhere", text, dns.Found{}, []dns.Answer{nx, nx}, models.RecordNameGone, ""},
		{"missing and gone: the weaker statement", text, dns.Found{}, []dns.Answer{nx, nodata}, models.RecordMissing, ""},
		{"gone, the other server lame", text, dns.Found{}, []dns.Answer{nx, lame}, models.RecordNameGone, ""},
		{"only SERVFAIL", text, dns.Found{}, []dns.Answer{servfail, servfail}, models.RecordZoneUnreachable, "<SERVFAIL>"},
		{"time-outs and a lame server: the silent one may serve", text, dns.Found{}, []dns.Answer{timeout, lame}, models.RecordZoneUnreachable, "<timeout>"},
		{"nobody serves the zone", text, dns.Found{}, []dns.Answer{refused, lame, unresolved}, models.RecordDelegationBroken, "<unresolvable>"},
		{"not asked", text, dns.Found{}, []dns.Answer{skipped, lame}, models.RecordUnknown, "not asked"},
		{"no servers", text, dns.Found{}, nil, models.RecordUnknown, ""},
		{"delegation gone", text, dns.Found{Gone: "The zone lab says so."}, nil, models.RecordDelegationBroken, "The zone lab says so."},
		{"not delegated, record in the parent zone", text, dns.Found{Undelegated: true}, []dns.Answer{data("token")}, models.RecordOK, ""},
		{"not delegated, record nowhere", text, dns.Found{Undelegated: true}, []dns.Answer{nx}, models.RecordDelegationBroken, ""},
		{"outside", text, dns.Found{Outside: true}, []dns.Answer{data("token")}, models.RecordUnknown, "does not lie in the domain"},
		{"alias with target", alias, dns.Found{Targets: there}, []dns.Answer{data("shop.lab")}, models.RecordOK, ""},
		{"alias without target", alias, dns.Found{Targets: map[string]dns.Target{"shop.lab": {Known: true, Detail: "the name does not exist"}}}, []dns.Answer{data("shop.lab")}, models.RecordDangling, "the name does not exist"},
		{"alias, target not looked up", alias, dns.Found{Targets: map[string]dns.Target{"shop.lab": {Detail: "no answer"}}}, []dns.Answer{data("shop.lab")}, models.RecordOK, "could not be looked up"},
		{"a wrong alias does not dangle", alias, dns.Found{Targets: map[string]dns.Target{"x.lab": {Known: true}}}, []dns.Answer{data("x.lab")}, models.RecordWrong, ""},
		{"flattened to all addresses", alias, dns.Found{Targets: there}, []dns.Answer{addresses("192.0.2.1", "192.0.2.2")}, models.RecordOKFlattened, ""},
		{"flattened to some", alias, dns.Found{Targets: there}, []dns.Answer{addresses("192.0.2.2")}, models.RecordOKFlattened, ""},
		{"flattened and alias", alias, dns.Found{Targets: there}, []dns.Answer{addresses("192.0.2.2"), data("shop.lab")}, models.RecordOKFlattened, ""},
		{"other addresses", alias, dns.Found{Targets: there}, []dns.Answer{addresses("192.0.2.2", "192.0.2.9")}, models.RecordWrong, "192.0.2.9"},
		{"addresses, target not looked up", alias, dns.Found{Targets: map[string]dns.Target{"shop.lab": {}}}, []dns.Answer{addresses("192.0.2.2")}, models.RecordUnknown, "could not be looked up"},
		{"addresses where any target of a kind is expected", want("www.example.lab", "CNAME", models.MatchSuffix, "vendor.lab"), dns.Found{}, []dns.Answer{addresses("192.0.2.2")}, models.RecordUnknown, "whose they are"},
		{"shadowed", text, dns.Found{Sibling: &wild}, []dns.Answer{data("other"), data("other")}, models.RecordShadowed, "wildcard"},
		{"wrong, and the wildcard says something else", text, dns.Found{Sibling: &wild}, []dns.Answer{data("old")}, models.RecordWrong, ""},
		{"right at one server, shadowed at the other", text, dns.Found{Sibling: &wild}, []dns.Answer{data("other"), data("token")}, models.RecordWrong, ""},
		{"no wildcard", text, dns.Found{Sibling: &nx}, []dns.Answer{nodata}, models.RecordMissing, ""},
		{"behind an alias without the record", text, dns.Found{}, []dns.Answer{{Kind: dns.AnswerData, Alias: "x.lab"}}, models.RecordMissing, "alias for x.lab"},
		{"broken sub-delegation", want("a.example.lab", "NS", models.MatchExact, "ns.lab"), dns.Found{Broken: "None serves it."}, []dns.Answer{data("ns.lab")}, models.RecordDelegationBroken, "None serves it."},
		{"bad pattern", want("a.example.lab", "TXT", models.MatchPattern, "("), dns.Found{}, []dns.Answer{data("x")}, models.RecordUnknown, "pattern"},
		{"no value", want("a.example.lab", "TXT", models.MatchExact), dns.Found{}, []dns.Answer{data("x")}, models.RecordUnknown, "no value"},
		{"unknown type", want("a.example.lab", "NOPE", models.MatchExact, "x"), dns.Found{}, nil, models.RecordUnknown, "NOPE"},
		{"unknown matcher", want("a.example.lab", "TXT", "nearly", "x"), dns.Found{}, nil, models.RecordUnknown, "nearly"},
	} {
		t.Run(tc.why, func(t *testing.T) {
			for i, a := range tc.answers {
				a.Server = fmt.Sprintf("s%d", i)
				tc.found.Answers = append(tc.found.Answers, a)
			}
			got := dns.Judge(tc.want, tc.found)
			if got.State != tc.state || !strings.Contains(got.Detail, tc.detail) || got.Detail == "" {
				t.Errorf("got %s %q, want %s %q", got.State, got.Detail, tc.state, tc.detail)
			}
			if len(got.Seen) != len(tc.answers) {
				t.Errorf("seen %v of %d servers", got.Seen, len(tc.answers))
			}
		})
	}
}

func TestSeenNamesWhyThereAreNoValues(t *testing.T) {
	found := dns.Found{Answers: []dns.Answer{
		{Server: "a", Kind: dns.AnswerNoData, NegativeTTL: 48 * time.Hour},
		{Server: "b", Kind: dns.AnswerNXDomain},
		{Server: "c", Kind: dns.AnswerRefused},
		{Server: "d", Kind: dns.AnswerServfail},
		{Server: "e", Kind: dns.AnswerTimeout},
		{Server: "f", Kind: dns.AnswerNotAuth},
		{Server: "g", Kind: dns.AnswerData, Alias: "x.lab", Values: []string{"1", strings.Repeat("y", 5000)}},
	}}
	got := dns.Judge(want("a.lab", "TXT", models.MatchExact, "x"), found)
	expected := models.Seen{
		"a": {"<NODATA>"}, "b": {"<NXDOMAIN>"}, "c": {"<REFUSED>"}, "d": {"<SERVFAIL>"}, "e": {"<timeout>"}, "f": {"<not authoritative>"},
		"g": {"CNAME x.lab", "1", strings.Repeat("y", 2048) + "..."},
	}
	if diff := cmp.Diff(expected, got.Seen); diff != "" {
		t.Error(diff)
	}
	if got.NegativeTTL != 24*time.Hour {
		t.Errorf("negative TTL %v, want it bounded to 24h", got.NegativeTTL)
	}
}

func TestMatchers(t *testing.T) {
	for _, tc := range []struct {
		rtype string
		how   models.Match
		want  []string
		got   []string
		right bool
		why   string
	}{
		{"A", models.MatchExact, []string{"192.0.2.2", "192.0.2.1"}, []string{"192.0.2.1", "192.0.2.2"}, true, "sets have no order"},
		{"A", models.MatchExact, []string{"192.0.2.1"}, []string{"192.0.2.1", "192.0.2.2"}, false, "one too many"},
		{"A", models.MatchExact, []string{"192.0.2.1", "192.0.2.2"}, []string{"192.0.2.1"}, false, "one too few"},
		{"AAAA", models.MatchExact, []string{"2001:0DB8:0::1"}, []string{"2001:db8::1"}, true, "one form of an address"},
		{"A", models.MatchOneOf, []string{"192.0.2.1", "192.0.2.2"}, []string{"192.0.2.2"}, true, "one of them"},
		{"A", models.MatchOneOf, []string{"192.0.2.1", "192.0.2.2"}, []string{"192.0.2.2", "192.0.2.3"}, false, "a foreign one beside"},
		{"MX", models.MatchContains, []string{"10 Mail.Lab."}, []string{"10 mail.lab", "20 mail2.lab"}, true, "further answers do not matter"},
		{"MX", models.MatchContains, []string{"10 mail.lab"}, []string{"10 mail.laboratory"}, false, "contains compares whole values but for texts"},
		{"TXT", models.MatchContains, []string{"include:_spf.x.lab"}, []string{"v=spf1 include:_spf.x.lab ~all"}, true, "texts are looked into"},
		{"TXT", models.MatchExact, []string{"Token"}, []string{"token"}, false, "texts keep their case"},
		{"TXT", models.MatchExact, []string{`"ab" "cd"`}, []string{"abcd"}, true, "quoted strings are joined"},
		{"TXT", models.MatchPrefix, []string{"v=DMARC1"}, []string{"v=DMARC1; p=none"}, true, "begins with"},
		{"CNAME", models.MatchSuffix, []string{"Hoster.Lab."}, []string{"x.hoster.lab"}, true, "ends at a label"},
		{"CNAME", models.MatchSuffix, []string{"hoster.lab"}, []string{"evilhoster.lab"}, false, "does not end at a label"},
		{"CNAME", models.MatchSuffix, []string{"hoster.lab"}, []string{"hoster.lab"}, true, "the name itself"},
		{"MX", models.MatchSuffix, []string{"hoster.lab"}, []string{"10 hoster.lab"}, true, "the name after the number"},
		{"CNAME", models.MatchPattern, []string{`u[0-9]+\.wl\.lab`}, []string{"u123.wl.lab"}, true, "whole pattern"},
		{"CNAME", models.MatchPattern, []string{`u[0-9]+`}, []string{"u123.wl.lab"}, false, "a part does not do"},
		{"CNAME", models.MatchPattern, []string{`a|b`}, []string{"bc"}, false, "alternatives are anchored too"},
		{"CNAME", models.MatchPattern, []string{`\S+\.WL\.lab`}, []string{"u123.wl.lab"}, true, "a pattern keeps its classes, and names have no case"},
		{"TXT", models.MatchPattern, []string{`token=[A-Z]+`}, []string{"token=abc"}, false, "texts have"},
		{"A", models.MatchPrefix, []string{"10.0.1."}, []string{"10.0.1.9"}, true, "the beginning of an address"},
		{"A", models.MatchPrefix, []string{"10.0.1."}, []string{"10.0.12.9"}, false, "its dot ends a number"},
		{"CNAME", models.MatchPrefix, []string{"U12."}, []string{"u12.wl.lab"}, true, "the beginning of a name"},
		{"CNAME", models.MatchPrefix, []string{"u12."}, []string{"u123.wl.lab"}, false, "its dot ends a label"},
		{"CNAME", models.MatchPrefix, []string{"u12.wl.lab."}, []string{"u12.wl.lab"}, true, "a whole name with the root's dot"},
		{"SRV", models.MatchExact, []string{"1  2 443 Sip.Lab."}, []string{"1 2 443 sip.lab"}, true, "numbers and name"},
		{"CAA", models.MatchExact, []string{"0 ISSUE ca.lab"}, []string{`0 issue "ca.lab"`}, true, "tag and quotes"},
		{"CNAME", models.MatchExact, []string{"x.lab"}, nil, false, "nothing is never right"},
	} {
		r := dns.Judge(want("h.lab", tc.rtype, tc.how, tc.want...), dns.Found{Answers: []dns.Answer{data(tc.got...)}})
		if r.State.Right() != tc.right || r.State == models.RecordUnknown {
			t.Errorf("%s: %s %s %q against %q is %s %q", tc.why, tc.rtype, tc.how, tc.want, tc.got, r.State, r.Detail)
		}
	}
}

func TestCanonical(t *testing.T) {
	for _, tc := range []struct{ rtype, text, want string }{
		{"a", " 192.0.2.1 ", "192.0.2.1"},
		{"A", "192.0.2.300", ""},
		{"A", "2001:db8::1", ""},
		{"AAAA", "192.0.2.1", ""},
		{"AAAA", "fe80::1%eth0", ""},
		{"CNAME", "WWW.Example.LAB.", "www.example.lab"},
		{"CNAME", "Bücher.Example.", "xn--bcher-kva.example"},
		{"MX", "10 post.bücher.example", "10 post.xn--bcher-kva.example"},
		{"TXT", "bücher", `b\195\188cher`},
		{"CNAME", "two names", ""},
		{"MX", "010 Mail.lab.", "10 mail.lab"},
		{"MX", "0 .", "0 ."},
		{"MX", "mail.lab", ""},
		{"MX", "70000 mail.lab", ""},
		{"SRV", "0 5 5061 sip.lab.", "0 5 5061 sip.lab"},
		{"TXT", "caf\u00e9", `caf\195\169`},
		{"TXT", `"with \"quotes\" and " "more"`, `with "quotes" and more`},
		{"TXT", `"open`, `"open`},
		{"TXT", "two\nlines", ""},
		{"CAA", `0 Issue "ca.lab; x=1"`, `0 issue "ca.lab; x=1"`},
		{"CAA", "300 issue ca.lab", ""},
		{"DS", "1 13 2 ABCD", "1 13 2 ABCD"},
		{"CAA", "0\tissue  \"ca.lab\"", `0 issue "ca.lab"`}, // as zone files align their columns
		{"CAA", "0 issue", ""},
		{"TLSA", "nonsense", ""},
		{"TLSA", "3 1 1 ABCD EF00", "3 1 1 abcdef00"}, // what comes over the wire has no case
		{"HTTPS", "1 WWW.Lab ipv4hint=192.0.2.1 alpn=h2", `1 www.lab. alpn="h2" ipv4hint="192.0.2.1"`},
		{"ANY", "x", ""},
		{"TXT", "", ""},
	} {
		got, err := dns.Canonical(tc.rtype, tc.text)
		if got != tc.want || (err == nil) == (tc.want == "") {
			t.Errorf("Canonical(%s, %q) = %q, %v; want %q", tc.rtype, tc.text, got, err, tc.want)
		}
	}
}

// TestProxiesHideWhatIsBehindThem tells a host that answers with its own addresses by design from a record that was changed.
func TestProxiesHideWhatIsBehindThem(t *testing.T) {
	address := want("www.example.lab", "A", models.MatchExact, "192.0.2.1")
	alias := want("www.example.lab", "CNAME", models.MatchExact, "shop.lab")
	targets := map[string]dns.Target{"shop.lab": {Known: true, Exists: true, Addresses: []string{"192.0.2.1"}}}
	const at, elsewhere = "ada.ns.cloudflare.com 192.0.2.53", "ns1.example.lab 192.0.2.53"
	for _, tc := range []struct {
		why    string
		want   models.ExpectedRecord
		answer dns.Answer
		server string
		state  models.RecordState
	}{
		{"address behind the proxy", address, data("104.16.1.1", "104.17.1.1"), at, models.RecordUnknown},
		{"alias behind the proxy", alias, addresses("104.16.1.1", "2606:4700::1"), at, models.RecordUnknown},
		{"the proxy is off", address, data("192.0.2.1"), at, models.RecordOK},
		{"the proxy is off, another address", address, data("192.0.2.9"), at, models.RecordWrong},
		{"one address is not the proxy's", address, data("104.16.1.1", "192.0.2.9"), at, models.RecordWrong},
		{"its addresses, at another host", address, data("104.16.1.1"), elsewhere, models.RecordWrong},
		{"flattened, at the same host", alias, addresses("192.0.2.1"), at, models.RecordOKFlattened},
		{"missing", alias, kindOnly(dns.AnswerNXDomain), at, models.RecordNameGone},
	} {
		tc.answer.Server = tc.server
		got := dns.Judge(tc.want, dns.Found{Answers: []dns.Answer{tc.answer}, Targets: targets})
		if got.State != tc.state {
			t.Errorf("%s: %s %q, want %s", tc.why, got.State, got.Detail, tc.state)
		}
	}
}
