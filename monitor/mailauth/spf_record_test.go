package mailauth_test

import (
	"errors"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/krestmarketing/deedwatch/monitor/mailauth"
)

// TestParseSPF: what is read of each form of term (RFC 7208 section 12).
func TestParseSPF(t *testing.T) {
	t.Parallel()
	mech := func(text, name string, q mailauth.Qualifier, spec string, bits4, bits6 int) mailauth.Term {
		return mailauth.Term{Text: text, Name: name, Qualifier: q, Spec: spec, Bits4: bits4, Bits6: bits6}
	}
	network := func(text, name string, q mailauth.Qualifier, n string) mailauth.Term {
		term := mech(text, name, q, "", 32, 128)
		term.Net = netip.MustParsePrefix(n)
		return term
	}
	modifier := func(text, name, spec string) *mailauth.Term {
		return &mailauth.Term{Text: text, Name: name, Modifier: true, Spec: spec}
	}
	for _, c := range []struct {
		why, text string
		want      mailauth.Record
	}{
		{"nothing but the version", "v=spf1", mailauth.Record{}},
		{"qualifiers", "v=spf1 a -mx ~ptr ?all", mailauth.Record{Mechanisms: []mailauth.Term{
			mech("a", "a", '+', "", 32, 128), mech("-mx", "mx", '-', "", 32, 128), mech("~ptr", "ptr", '~', "", 32, 128), mech("?all", "all", '?', "", 32, 128),
		}}},
		{"lengths", "v=spf1 a/24 a//64 a/24//64 mx:m.lab/8//16", mailauth.Record{Mechanisms: []mailauth.Term{
			mech("a/24", "a", '+', "", 24, 128), mech("a//64", "a", '+', "", 32, 64), mech("a/24//64", "a", '+', "", 24, 64), mech("mx:m.lab/8//16", "mx", '+', "m.lab", 8, 16),
		}}},
		{"slashes inside a macro are its own", "v=spf1 a:%{l/}.lab/24 exists:%{l1r/-}.x.lab", mailauth.Record{Mechanisms: []mailauth.Term{
			mech("a:%{l/}.lab/24", "a", '+', "%{l/}.lab", 24, 128), mech("exists:%{l1r/-}.x.lab", "exists", '+', "%{l1r/-}.x.lab", 32, 128),
		}}},
		{"addresses", "v=spf1 ip4:192.0.2.1 -ip4:192.0.2.0/24 ip6:2001:db8::1 ip6:2001:db8::/32", mailauth.Record{Mechanisms: []mailauth.Term{
			network("ip4:192.0.2.1", "ip4", '+', "192.0.2.1/32"), network("-ip4:192.0.2.0/24", "ip4", '-', "192.0.2.0/24"),
			network("ip6:2001:db8::1", "ip6", '+', "2001:db8::1/128"), network("ip6:2001:db8::/32", "ip6", '+', "2001:db8::/32"),
		}}},
		{"a domain may end in a dot, in a macro, and in a hyphenated label", "v=spf1 include:a.lab. include:x.%{d} include:a.xn--p1ai", mailauth.Record{Mechanisms: []mailauth.Term{
			mech("include:a.lab.", "include", '+', "a.lab.", 32, 128), mech("include:x.%{d}", "include", '+', "x.%{d}", 32, 128), mech("include:a.xn--p1ai", "include", '+', "a.xn--p1ai", 32, 128),
		}}},
		{"modifiers", "v=spf1 redirect=r.lab exp=e.%{d} moo=", mailauth.Record{
			Redirect: modifier("redirect=r.lab", "redirect", "r.lab"), Exp: modifier("exp=e.%{d}", "exp", "e.%{d}"), Unknown: []mailauth.Term{*modifier("moo=", "moo", "")},
		}},
	} {
		got, err := mailauth.ParseSPF(c.text)
		if err != nil {
			t.Errorf("%s: %v", c.why, err)
			continue
		}
		if diff := cmp.Diff(&c.want, got, cmpopts.IgnoreUnexported(mailauth.Term{}), cmp.Comparer(func(a, b netip.Prefix) bool { return a == b })); diff != "" {
			t.Errorf("%s: %s\n%s", c.why, c.text, diff)
		}
	}
}

// TestSyntaxErrors name the term, printable and bounded.
func TestSyntaxErrors(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"v=spf1 mx inlcude:a.lab -all":                    `"inlcude:a.lab" cannot be read: there is no mechanism of that name`,
		"v=spf1 include=a.lab a:" + "\x01.lab":            "not printable ASCII",
		"v=spf1 exists:%{z}.lab":                          `there is no macro "%{z}" here`,
		"spf1 -all":                                       "does not begin with v=spf1",
		"v=spf1 include:" + strings.Repeat("x", 500):      `xxx..." cannot be read`,
		"v=spf1 ip4:1.2.3.4/":                             "a prefix length goes from 0 to 32",
		"v=spf1 all=1 -all exp=a.lab redirect= EXP=b.lab": `"redirect=" cannot be read: the domain is left out`,
	} {
		_, err := mailauth.ParseSPF(text)
		var syntax *mailauth.SyntaxError
		if !errors.As(err, &syntax) || !strings.Contains(err.Error(), want) || len(syntax.Term) > 90 {
			t.Errorf("%q: %v", text, err)
			continue
		}
		printable(t, err.Error())
	}
}

func TestReverseName(t *testing.T) {
	t.Parallel()
	for addr, want := range map[string]string{
		"192.0.2.7":   "7.2.0.192.in-addr.arpa",
		"2001:db8::1": "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa",
	} {
		if got := mailauth.ReverseName(netip.MustParseAddr(addr)); got != want {
			t.Errorf("%s: %s", addr, got)
		}
	}
}
