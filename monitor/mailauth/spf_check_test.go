package mailauth_test

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/krestmarketing/deedwatch/monitor/mailauth"
)

// check evaluates a sender "local@domain" at an address; the HELO name is mx.shop.lab.
func check(t *testing.T, zoneText, addr, sender string) mailauth.Check {
	t.Helper()
	_, domain, ok := strings.Cut(sender, "@")
	if !ok {
		domain = sender
	}
	return mailauth.CheckHost(t.Context(), load(t, zoneText), mailauth.Query{
		Addr: netip.MustParseAddr(addr), Domain: domain, Sender: sender, HELO: "mx.shop.lab", Receiver: "in.reader.lab", At: time.Unix(1_900_000_000, 0),
	})
}

const checkV4, checkV6 = "192.0.2.10", "2001:db8::10"

// checkHostCases go through RFC 7208 section by section. The record of shop.lab is "record"; "zone" are further lines.
var checkHostCases = []struct {
	section, why string
	record       string
	zone         string
	addr         string // default v4
	sender       string // default info@shop.lab
	want         mailauth.Result
	reason       string // a part of it
}{
	// 2.6 and 4.3 to 4.5: the domain, the record, which record.
	{"4.3", "a label of 64 characters is no name", "v=spf1 -all", "", "", "a@" + strings.Repeat("x", 64) + ".lab", "none", "not a name"},
	{"4.3", "an empty label is no name", "v=spf1 -all", "", "", "a@shop..lab", "none", ""},
	{"4.3", "a name of one label is not asked for", "", "lab TXT v=spf1 -all", "", "a@lab", "none", ""},
	{"4.3", "an address in place of a name", "", "", "", "a@[192.0.2.1]", "none", ""},
	{"4.3", "the name does not exist", "", "", "", "", "none", "no SPF record"},
	{"4.3", "the trailing dot is no part of the name", "v=spf1 -all", "", "", "a@shop.lab.", "fail", ""},
	{"4.4", "no answer is not an absence", "", "shop.lab FAIL TXT", "", "", "temperror", "no answer in time"},
	{"4.5", "other texts do not matter", "v=spf1 +all", "shop.lab TXT token=1", "", "", "pass", ""},
	{"4.5", "two records are an error", "v=spf1 +all", "shop.lab TXT v=spf1 -all", "", "", "permerror", "2 SPF records"},
	{"4.5", "the version alone is a record", "v=spf1", "", "", "", "neutral", ""},
	{"4.5", "the version ends before a space", "v=spf10 -all", "", "", "", "none", ""},
	{"4.5", "a text that begins with a space is none", " v=spf1 -all", "", "", "", "none", ""},
	{"4.5", "letters of the version may be capitals", "V=SPF1 -ALL", "", "", "", "fail", ""},
	{"4.5", "a record behind an alias is the name's", "", "shop.lab CNAME other.lab\nother.lab TXT v=spf1 -all", "", "", "fail", ""},
	{"3.3", "strings are joined without a space", "v=spf1 ip4:192.0. | 2.10 -all", "", "", "", "pass", ""},
	{"3.3", "a missing space between strings makes one word", "v=spf1 ip4:192.0.2.10 | -all", "", "", "", "permerror", "ip4"},

	// 4.6: syntax is checked before anything is evaluated.
	{"4.6", "an error behind a match still counts", "v=spf1 +all moo", "", "", "", "permerror", `"moo"`},
	{"4.6", "several spaces are one", "v=spf1    ip4:192.0.2.10     -all  ", "", "", "", "pass", ""},
	{"4.6", "a tab is no space", "v=spf1 ip4:192.0.2.10\t-all", "", "", "", "permerror", ""},
	{"4.6.1", "mechanisms know capitals", "v=spf1 IP4:192.0.2.10 -All", "", "", "", "pass", ""},
	{"4.6.1", "letters beyond ASCII are an error", "v=spf1 a:sh\xc3\xb6p.lab -all", "", "", "", "permerror", "ASCII"},
	{"4.6.2", "no qualifier means pass", "v=spf1 ip4:192.0.2.10 -all", "", "", "", "pass", "ip4:192.0.2.10 of shop.lab matches"},
	{"4.6.2", "minus", "v=spf1 -ip4:192.0.2.10 +all", "", "", "", "fail", ""},
	{"4.6.2", "tilde", "v=spf1 ~all", "", "", "", "softfail", ""},
	{"4.6.2", "question mark", "v=spf1 ?all", "", "", "", "neutral", ""},
	{"4.6.2", "two qualifiers are none", "v=spf1 +-all", "", "", "", "permerror", ""},
	{"4.6.2", "from left to right, the first match decides", "v=spf1 ~ip4:192.0.2.0/24 -ip4:192.0.2.10 +all", "", "", "", "softfail", ""},
	{"4.7", "nothing matches", "v=spf1 ip4:198.51.100.1", "", "", "", "neutral", "no mechanism"},
	{"4.8", "an address in IPv6 form that is an IPv4 address is one", "v=spf1 ip4:192.0.2.10 -all", "", "::ffff:192.0.2.10", "", "pass", ""},

	// 4.6.4: limits.
	{"4.6.4", "ten lookups are allowed", "v=spf1 " + times(10, "exists:n%d.lab") + " +all", "", checkV4, "", "permerror", "lead to nothing"},
	{"4.6.4", "ten that lead somewhere", "v=spf1 " + times(10, "a:n.lab") + " +all", "n.lab A 198.51.100.1", "", "", "pass", ""},
	{"4.6.4", "eleven are too many", "v=spf1 " + times(11, "a:n.lab") + " +all", "n.lab A 198.51.100.1", "", "", "permerror", "more than 10 lookups"},
	{"4.6.4", "a match before the limit decides", "v=spf1 ip4:192.0.2.10 " + times(11, "a:n.lab") + " -all", "n.lab A 198.51.100.1", "", "", "pass", ""},
	{"4.6.4", "includes count, and what is in them", "v=spf1 include:i.lab " + times(5, "a:n.lab") + " -all", "n.lab A 198.51.100.1\ni.lab TXT v=spf1 " + times(5, "a:n.lab") + " -all", "", "", "permerror", "more than 10"},
	{"4.6.4", "ip4, ip6, all and exp do not count", "v=spf1 " + times(20, "ip4:198.51.100.%d") + " " + times(10, "a:n.lab") + " -all exp=e.lab", "n.lab A 198.51.100.1\ne.lab TXT no", "", "", "fail", ""},
	{"4.6.4", "a circle of includes ends at the limit", "v=spf1 include:shop.lab -all", "", "", "", "permerror", "more than 10 lookups"},
	{"4.6.4", "a circle of redirects ends at the limit", "v=spf1 redirect=shop.lab", "", "", "", "permerror", "more than 10 lookups"},
	{"4.6.4", "two lookups may lead to nothing", "v=spf1 a:x1.lab a:x2.lab ip4:192.0.2.10 -all", "", "", "", "pass", ""},
	{"4.6.4", "three may not", "v=spf1 a:x1.lab mx:x2.lab exists:x3.lab ip4:192.0.2.10 -all", "", "", "", "permerror", "lead to nothing"},
	{"4.6.4", "an absent type is nothing too", "v=spf1 a:n.lab a:n.lab a:n.lab ip4:192.0.2.10 -all", "n.lab TXT x", "", "", "permerror", "lead to nothing"},
	{"4.6.4", "ten mail servers are looked at", "v=spf1 mx -all", mxs(10) + "m10.lab A 192.0.2.10", "", "", "pass", ""},
	{"4.6.4", "eleven are an error", "v=spf1 mx -all", mxs(11) + "m11.lab A 192.0.2.10", "", "", "permerror", "more than 10 MX"},
	{"4.6.4", "a match among the first ten comes before that", "v=spf1 mx -all", mxs(11) + "m3.lab A 192.0.2.10", "", "", "pass", ""},
	{"4.6.4", "of names of an address only ten are looked at", "v=spf1 ptr -all", ptrs(11), "", "", "fail", ""},

	// 5.1 all
	{"5.1", "what stands behind all is not evaluated", "v=spf1 -all ip4:192.0.2.10", "", "", "", "fail", ""},
	{"5.1", "all takes no domain", "v=spf1 all:shop.lab", "", "", "", "permerror", "all takes nothing"},
	{"5.1", "nor a prefix length", "v=spf1 -all/8", "", "", "", "permerror", ""},
	{"5.1", "with all, redirect is not looked at", "v=spf1 ?all redirect=o.lab", "o.lab TXT v=spf1 -all", "", "", "neutral", ""},

	// 5.2 include
	{"5.2", "pass in there is a match", "v=spf1 include:i.lab -all", "i.lab TXT v=spf1 ip4:192.0.2.10 -all", "", "", "pass", "ip4:192.0.2.10 of i.lab"},
	{"5.2", "fail in there is none", "v=spf1 include:i.lab ~all", "i.lab TXT v=spf1 -all", "", "", "softfail", ""},
	{"5.2", "softfail in there is none", "v=spf1 include:i.lab -all", "i.lab TXT v=spf1 ~all", "", "", "fail", ""},
	{"5.2", "neutral in there is none", "v=spf1 include:i.lab -all", "i.lab TXT v=spf1 ?all", "", "", "fail", ""},
	{"5.2", "its qualifier is what a match comes to", "v=spf1 ~include:i.lab -all", "i.lab TXT v=spf1 +all", "", "", "softfail", ""},
	{"5.2", "an error in there is one", "v=spf1 include:i.lab +all", "i.lab TXT v=spf1 oops", "", "", "permerror", "i.lab"},
	{"5.2", "a failure in there is one", "v=spf1 include:i.lab +all", "i.lab FAIL", "", "", "temperror", "i.lab"},
	{"5.2", "no record in there is an error", "v=spf1 include:i.lab +all", "i.lab A 192.0.2.1", "", "", "permerror", "no SPF record"},
	{"5.2", "a name that does not exist is an error", "v=spf1 include:gone.lab +all", "", "", "", "permerror", "gone.lab"},
	{"5.2", "the domain is needed", "v=spf1 include -all", "", "", "", "permerror", ""},
	{"5.2", "no prefix length", "v=spf1 include:i.lab/24 -all", "", "", "", "permerror", ""},
	{"5.2", "an empty domain", "v=spf1 include: -all", "", "", "", "permerror", "left out"},

	// 5.3 a
	{"5.3", "the domain's own address", "v=spf1 a -all", "shop.lab A 192.0.2.10", "", "", "pass", ""},
	{"5.3", "another host's", "v=spf1 a:h.lab -all", "h.lab A 192.0.2.10", "", "", "pass", ""},
	{"5.3", "the network around it", "v=spf1 a/24 -all", "shop.lab A 192.0.2.200", "", "", "pass", ""},
	{"5.3", "a network of length zero holds everything", "v=spf1 a:h.lab/0 -all", "h.lab A 203.0.113.1", "", "", "pass", ""},
	{"5.3", "but not without any address", "v=spf1 a:h.lab/0 -all", "", "", "", "fail", ""},
	{"5.3", "IPv6 has its own length", "v=spf1 a/32//64 -all", "shop.lab AAAA 2001:db8::1", checkV6, "", "pass", ""},
	{"5.3", "which does not hold for IPv4", "v=spf1 a//64 -all", "shop.lab A 192.0.2.11", "", "", "fail", ""},
	{"5.3", "a length of 33", "v=spf1 a/33 -all", "shop.lab A 192.0.2.10", "", "", "permerror", "0 to 32"},
	{"5.3", "a length of 129", "v=spf1 a//129 -all", "shop.lab A 192.0.2.10", "", "", "permerror", "0 to 128"},
	{"5.3", "a length with a zero ahead", "v=spf1 a/024 -all", "shop.lab A 192.0.2.10", "", "", "permerror", ""},
	{"5.3", "a port is none of its arguments", "v=spf1 a:h.lab:25 -all", "", "", "", "permerror", ""},
	{"5.3", "the last label is no number", "v=spf1 a:192.0.2.10 -all", "", "", "", "permerror", "does not end like a domain name"},
	{"5.3", "nor does it end in a hyphen", "v=spf1 a:h.lab- -all", "", "", "", "permerror", ""},
	{"5.3", "a single label is not enough", "v=spf1 a:localhost -all", "", "", "", "permerror", ""},
	{"5.3", "a null character is none of a name's", "v=spf1 a:h\x00.lab -all", "", "", "", "permerror", ""},
	{"5.3", "an empty label is asked of nobody and matches nothing", "v=spf1 a:h..lab -all", "", "", "", "fail", ""},
	{"5.3", "nor is one that is too long", "v=spf1 a:" + strings.Repeat("x", 64) + ".lab -all", "", "", "", "fail", ""},
	{"5.3", "a failure ends the evaluation", "v=spf1 a:h.lab +all", "h.lab FAIL", "", "", "temperror", ""},

	// 5.4 mx
	{"5.4", "the addresses of the mail servers", "v=spf1 mx -all", "shop.lab MX 10 m.lab\nm.lab A 192.0.2.10", "", "", "pass", ""},
	{"5.4", "the domain's own address is none of them", "v=spf1 mx -all", "shop.lab A 192.0.2.10", "", "", "fail", ""},
	{"5.4", "with another domain and lengths", "v=spf1 mx:o.lab/24//64 -all", "o.lab MX 10 m.lab\nm.lab AAAA 2001:db8::1", checkV6, "", "pass", ""},
	{"5.4", "the null MX sends nothing", "v=spf1 mx -all", "shop.lab MX 0 .", "", "", "fail", ""},
	{"5.4", "a failure at one of them ends the evaluation", "v=spf1 mx +all", "shop.lab MX 10 m.lab\nm.lab FAIL A", "", "", "temperror", ""},
	{"5.4", "a failure of the MX question does too", "v=spf1 mx:o.lab +all", "o.lab FAIL MX", "", "", "temperror", ""},

	// 5.5 ptr
	{"5.5", "a name of the address below the domain that leads back", "v=spf1 ptr -all", "10.2.0.192.in-addr.arpa PTR web.shop.lab\nweb.shop.lab A 192.0.2.10", "", "", "pass", ""},
	{"5.5", "one that does not lead back is forged", "v=spf1 ptr -all", "10.2.0.192.in-addr.arpa PTR web.shop.lab\nweb.shop.lab A 192.0.2.11", "", "", "fail", ""},
	{"5.5", "one that ends in the letters only is elsewhere", "v=spf1 ptr -all", "10.2.0.192.in-addr.arpa PTR workshop.lab\nworkshop.lab A 192.0.2.10", "", "", "fail", ""},
	{"5.5", "with a domain", "v=spf1 ptr:o.lab -all", "10.2.0.192.in-addr.arpa PTR O.lab\no.lab A 192.0.2.10", "", "", "pass", ""},
	{"5.5", "a failure is no match", "v=spf1 ptr ~all", "10.2.0.192.in-addr.arpa FAIL", "", "", "softfail", ""},
	{"5.5", "a name that fails is passed over", "v=spf1 ptr -all", "10.2.0.192.in-addr.arpa PTR x.shop.lab\n10.2.0.192.in-addr.arpa PTR y.shop.lab\nx.shop.lab FAIL\ny.shop.lab A 192.0.2.10", "", "", "pass", ""},
	{"5.5", "an IPv6 address points back by its nibbles", "v=spf1 ptr -all", "0.1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa PTR web.shop.lab\nweb.shop.lab AAAA 2001:db8::10", checkV6, "", "pass", ""},
	{"5.5", "no prefix length", "v=spf1 ptr/24 -all", "", "", "", "permerror", ""},
	{"5.5", "an empty domain", "v=spf1 ptr: -all", "", "", "", "permerror", ""},

	// 5.6 ip4 and ip6
	{"5.6", "a network", "v=spf1 ip4:192.0.2.0/24 -all", "", "", "", "pass", ""},
	{"5.6", "the rest of the address does not matter", "v=spf1 ip4:192.0.2.77/24 -all", "", "", "", "pass", ""},
	{"5.6", "an address is not a network", "v=spf1 ip4:192.0.2.0 -all", "", "", "", "fail", ""},
	{"5.6", "IPv6", "v=spf1 ip6:2001:db8::/32 -all", "", checkV6, "", "pass", ""},
	{"5.6", "IPv6 does not match IPv4", "v=spf1 ip6:::/0 -all", "", "", "", "fail", ""},
	{"5.6", "IPv4 does not match IPv6", "v=spf1 ip4:0.0.0.0/0 -all", "", checkV6, "", "fail", ""},
	{"5.6", "a family in the wrong place", "v=spf1 ip4:2001:db8::1 -all", "", "", "", "permerror", "family"},
	{"5.6", "the other one", "v=spf1 ip6:192.0.2.10 -all", "", "", "", "permerror", ""},
	{"5.6", "three parts are no address", "v=spf1 ip4:192.0.2 -all", "", "", "", "permerror", ""},
	{"5.6", "a number above 255", "v=spf1 ip4:192.0.2.300 -all", "", "", "", "permerror", ""},
	{"5.6", "a name is no address", "v=spf1 ip4:h.lab -all", "", "", "", "permerror", ""},
	{"5.6", "a length of 33", "v=spf1 ip4:192.0.2.0/33 -all", "", "", "", "permerror", ""},
	{"5.6", "two slashes belong to names", "v=spf1 ip4:192.0.2.0//24 -all", "", "", "", "permerror", ""},
	{"5.6", "a zone index is no part of an address", "v=spf1 ip6:fe80::1%25eth0 -all", "", "", "", "permerror", ""},
	{"5.6", "the address is needed", "v=spf1 ip4 -all", "", "", "", "permerror", ""},
	{"5.6", "an equals sign makes it an unknown modifier, which is ignored", "v=spf1 ip4=192.0.2.10 -all", "", "", "", "fail", ""},

	// 5.7 exists
	{"5.7", "any address is a match", "v=spf1 exists:%{ir}.ok.lab -all", "10.2.0.192.ok.lab A 127.0.0.2", "", "", "pass", ""},
	{"5.7", "none is none", "v=spf1 exists:%{ir}.ok.lab -all", "ok.lab A 127.0.0.2", "", "", "fail", ""},
	{"5.7", "A is asked for, whoever sends", "v=spf1 exists:ok.lab -all", "ok.lab A 127.0.0.2", checkV6, "", "pass", ""},
	{"5.7", "AAAA does not count", "v=spf1 exists:ok.lab -all", "ok.lab AAAA 2001:db8::1", checkV6, "", "fail", ""},
	{"5.7", "a failure ends the evaluation", "v=spf1 exists:ok.lab +all", "ok.lab FAIL", "", "", "temperror", ""},
	{"5.7", "the domain is needed", "v=spf1 exists -all", "", "", "", "permerror", ""},

	// 6.1 redirect
	{"6.1", "another domain decides", "v=spf1 redirect=o.lab", "o.lab TXT v=spf1 ip4:192.0.2.10 -all", "", "", "pass", ""},
	{"6.1", "wherever it stands, it comes last", "v=spf1 redirect=o.lab ip4:192.0.2.10", "o.lab TXT v=spf1 -all", "", "", "pass", ""},
	{"6.1", "its domain is the other one", "v=spf1 redirect=o.lab", "o.lab TXT v=spf1 a -all\no.lab A 192.0.2.10", "", "", "pass", ""},
	{"6.1", "no record there is an error", "v=spf1 redirect=o.lab", "o.lab A 192.0.2.1", "", "", "permerror", "no SPF record"},
	{"6.1", "twice is an error", "v=spf1 redirect=o.lab redirect=o.lab", "o.lab TXT v=spf1 +all", "", "", "permerror", "twice"},
	{"6.1", "a domain is needed", "v=spf1 redirect=", "", "", "", "permerror", ""},
	{"6.1", "what does not look like a name", "v=spf1 redirect=:o.lab%", "", "", "", "permerror", ""},
	{"6.1", "a failure there", "v=spf1 redirect=o.lab", "o.lab FAIL", "", "", "temperror", ""},
	{"6.1", "a name that is none after expansion", "v=spf1 redirect=%{l}.lab", "", "", "a..b@shop.lab", "permerror", "no domain name"},

	// 6 and 6.2: modifiers
	{"6", "unknown modifiers are ignored", "v=spf1 moo=%{d} x-y.z_1=2 ip4:192.0.2.10 -all", "", "", "", "pass", ""},
	{"6", "but their macros must be in order", "v=spf1 moo=%{d -all", "", "", "", "permerror", "not closed"},
	{"6", "a name begins with a letter", "v=spf1 1moo=x -all", "", "", "", "permerror", ""},
	{"6.2", "exp twice", "v=spf1 exp=e.lab exp=e.lab -all", "", "", "", "permerror", "twice"},
	{"6.2", "exp that is no name", "v=spf1 exp=e -all", "", "", "", "permerror", ""},

	// 7: macros in terms
	{"7.2", "an unknown letter", "v=spf1 a:%{x}.lab -all", "", "", "", "permerror", ""},
	{"7.2", "c, r and t are for explanations", "v=spf1 exists:%{t}.lab -all", "", "", "", "permerror", ""},
	{"7.2", "a percent sign alone", "v=spf1 a:x%y.lab -all", "", "", "", "permerror", ""},
	{"7.2", "zero parts", "v=spf1 exists:%{d0}.lab -all", "", "", "", "permerror", ""},
	{"7.2", "a delimiter that is none", "v=spf1 exists:%{d:}.lab -all", "", "", "", "permerror", ""},
	{"7.2", "an empty macro", "v=spf1 exists:%{}.lab -all", "", "", "", "permerror", ""},
	{"7.3", "a name that is too long loses labels on its left", "v=spf1 exists:" + strings.Repeat("%{l}.", 5) + "ok.lab -all", strings.Repeat(strings.Repeat("x", 60)+".", 4) + "ok.lab A 127.0.0.2", "", strings.Repeat("x", 60) + "@shop.lab", "pass", ""},
	{"7.3", "the local part may hold dots, hyphens and plus signs", "v=spf1 exists:%{l1r+-}.ok.lab -all", "list.ok.lab A 127.0.0.2", "", "list-news+1@shop.lab", "pass", ""},
	{"7.3", "without local part it is the postmaster's", "v=spf1 exists:%{l}.%{o}.ok.lab -all", "postmaster.shop.lab.ok.lab A 127.0.0.2", "", "@shop.lab", "pass", ""},
	{"7.3", "d is the domain under evaluation, o the sender's", "v=spf1 include:i.lab -all", "i.lab TXT v=spf1 exists:%{d}.%{o}.ok.lab -all\ni.lab.shop.lab.ok.lab A 127.0.0.2", "", "", "pass", ""},
	{"7.3", "h is the name in HELO", "v=spf1 exists:%{h}.ok.lab -all", "mx.shop.lab.ok.lab A 127.0.0.2", "", "", "pass", ""},
	{"7.3", "p is unknown without a name that leads back", "v=spf1 exists:%{p}.ok.lab -all", "unknown.ok.lab A 127.0.0.2", "", "", "pass", ""},
	{"7.3", "p is rather a name below the domain", "v=spf1 exists:%{p}.ok.lab -all", "10.2.0.192.in-addr.arpa PTR o.lab\n10.2.0.192.in-addr.arpa PTR w.shop.lab\no.lab A 192.0.2.10\nw.shop.lab A 192.0.2.10\nw.shop.lab.ok.lab A 127.0.0.2", "", "", "pass", ""},
	{"7.3", "%%, %_ and %-", "v=spf1 moo=%%%_%- ip4:192.0.2.10 -all", "", "", "", "pass", ""},
}

func TestCheckHost(t *testing.T) {
	t.Parallel()
	for _, c := range checkHostCases {
		addr, sender, zone := c.addr, c.sender, c.zone
		if addr == "" {
			addr = checkV4
		}
		if sender == "" {
			sender = "info@shop.lab"
		}
		lines := zone
		if c.record != "" {
			lines = "shop.lab TXT " + c.record + "\n" + zone
		}
		t.Run(c.section+" "+c.why, func(t *testing.T) {
			t.Parallel()
			got := check(t, lines, addr, sender)
			if got.Result != c.want || !strings.Contains(got.Reason, c.reason) {
				t.Errorf("%s: want %s %q\n got %+v", c.record, c.want, c.reason, got)
			}
			if got.Reason == "" {
				t.Error("no reason")
			}
		})
	}
}

func times(n int, format string) string {
	words := make([]string, n)
	for i := range words {
		words[i] = format
		if strings.Contains(format, "%d") {
			words[i] = fmt.Sprintf(format, i+1)
		}
	}
	return strings.Join(words, " ")
}

func mxs(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "shop.lab MX %d m%d.lab\nm%d.lab A 198.51.100.%d\n", i+1, i+1, i+1, i+1)
	}
	return b.String()
}

// ptrs are names of the address of which only the last lies below the domain.
func ptrs(n int) string {
	var b strings.Builder
	for i := range n {
		name := fmt.Sprintf("h%d.lab", i+1)
		if i == n-1 {
			name = "h.shop.lab"
		}
		fmt.Fprintf(&b, "10.2.0.192.in-addr.arpa PTR %s\n%s A 192.0.2.10\n", name, name)
	}
	return b.String()
}

// TestCheckHostKeepsThePath: the way to what decided is part of the evidence, with what it cost.
func TestCheckHostKeepsThePath(t *testing.T) {
	t.Parallel()
	const z = `shop.lab TXT v=spf1 a:none.lab include:one.lab -all
		one.lab TXT v=spf1 include:two.lab -all
		two.lab TXT v=spf1 ip4:192.0.2.0/28 include:three.lab ?all
		three.lab TXT v=spf1 ip4:300.0.0.1 -all`
	pass := check(t, z, "192.0.2.10", "info@shop.lab")
	if diff := cmp.Diff(mailauth.Check{
		Result: "pass", Path: []string{"include:one.lab", "include:two.lab", "ip4:192.0.2.0/28"},
		Reason: "ip4:192.0.2.0/28 of two.lab matches, and so include:two.lab of one.lab matches, and so include:one.lab of shop.lab matches", Lookups: 3, Voids: 1,
	}, pass); diff != "" {
		t.Error(diff)
	}
	broken := check(t, z, "192.0.2.100", "info@shop.lab")
	if diff := cmp.Diff([]string{"include:one.lab", "include:two.lab", "include:three.lab"}, broken.Path); diff != "" || broken.Result != "permerror" {
		t.Errorf("%+v\n%s", broken, diff)
	}
	if !strings.Contains(broken.Reason, `in the record of three.lab, "ip4:300.0.0.1" cannot be read`) {
		t.Errorf("reason %q", broken.Reason)
	}
}

// TestExplanations: section 6.2, with the macros of section 7 in them.
func TestExplanations(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ why, record, zone, addr, want string }{
		{"as it stands", "v=spf1 -all exp=e.lab", "e.lab TXT Not from here.", "", "Not from here."},
		{"strings are joined", "v=spf1 -all exp=e.lab", "e.lab TXT Not | from here.", "", "Notfrom here."},
		{"letters of a message", "v=spf1 -all exp=e.lab", "e.lab TXT %{s} by %{c} to %{r} at %{t}", "", "info@shop.lab by 192.0.2.10 to in.reader.lab at 1900000000"},
		{"reversed, the last parts, other delimiters", "v=spf1 -all exp=e.lab", "e.lab TXT %{d1} %{dr} %{d2r} %{l1-} %{ir} %{v}", "", "lab lab.shop lab.shop info 10.2.0.192 in-addr"},
		{"IPv6 in nibbles", "v=spf1 -all exp=e.lab", "e.lab TXT %{i}%_%{v}", "2001:db8::cb01", "2.0.0.1.0.D.B.8.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.C.B.0.1 ip6"},
		{"a capital escapes for addresses of pages", "v=spf1 -all exp=e.lab", "e.lab TXT http://why.lab/%{S}?%-", "", "http://why.lab/info%40shop.lab?%20"},
		{"none without fail", "v=spf1 ~all exp=e.lab", "e.lab TXT no", "", ""},
		{"not that of an include", "v=spf1 include:i.lab -all", "i.lab TXT v=spf1 -all exp=e.lab\ne.lab TXT no", "", ""},
		{"that of a redirect's domain", "v=spf1 redirect=o.lab exp=wrong.lab", "o.lab TXT v=spf1 -all exp=e.%{d}\ne.o.lab TXT Not from %{d}.\nwrong.lab TXT no", "", "Not from o.lab."},
		{"two texts are none", "v=spf1 -all exp=e.lab", "e.lab TXT one\ne.lab TXT two", "", ""},
		{"a macro that cannot be read", "v=spf1 -all exp=e.lab", "e.lab TXT so %{q}", "", ""},
		{"letters beyond ASCII", "v=spf1 -all exp=e.lab", "e.lab TXT gr\xc3\xbc\xc3\x9fe", "", ""},
		{"no answer", "v=spf1 -all exp=e.lab", "e.lab FAIL", "", ""},
	} {
		addr := c.addr
		if addr == "" {
			addr = "192.0.2.10"
		}
		got := check(t, "shop.lab TXT "+c.record+"\n"+c.zone, addr, "info@shop.lab")
		if got.Explanation != c.want {
			t.Errorf("%s: got %q, want %q", c.why, got.Explanation, c.want)
		}
	}
}

// TestMacroExamples are the results that section 7.4 states for its own sender and addresses.
func TestMacroExamples(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ macro, addr, want string }{
		{"%{s}", "", "strong-bad@email.example.com"},
		{"%{o}", "", "email.example.com"},
		{"%{d}", "", "email.example.com"},
		{"%{d4}", "", "email.example.com"},
		{"%{d3}", "", "email.example.com"},
		{"%{d2}", "", "example.com"},
		{"%{d1}", "", "com"},
		{"%{dr}", "", "com.example.email"},
		{"%{d2r}", "", "example.email"},
		{"%{l}", "", "strong-bad"},
		{"%{l-}", "", "strong.bad"},
		{"%{lr}", "", "strong-bad"},
		{"%{lr-}", "", "bad.strong"},
		{"%{l1r-}", "", "strong"},
		{"%{ir}.%{v}._spf.%{d2}", "", "3.2.0.192.in-addr._spf.example.com"},
		{"%{lr-}.lp._spf.%{d2}", "", "bad.strong.lp._spf.example.com"},
		{"%{lr-}.lp.%{ir}.%{v}._spf.%{d2}", "", "bad.strong.lp.3.2.0.192.in-addr._spf.example.com"},
		{"%{ir}.%{v}.%{l1r-}.lp._spf.%{d2}", "", "3.2.0.192.in-addr.strong.lp._spf.example.com"},
		{"%{d2}.trusted-domains.example.net", "", "example.com.trusted-domains.example.net"},
		{"%{ir}.%{v}._spf.%{d2}", "2001:db8::cb01", "1.0.b.c.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6._spf.example.com"},
	} {
		addr := c.addr
		if addr == "" {
			addr = "192.0.2.3"
		}
		got := check(t, "email.example.com TXT v=spf1 -all exp=why.lab\nwhy.lab TXT "+c.macro, addr, "strong-bad@email.example.com")
		if !strings.EqualFold(got.Explanation, c.want) { // the letters of hexadecimal digits are not settled

			t.Errorf("%s: got %q, want %q", c.macro, got.Explanation, c.want)
		}
	}
}

// TestAppendixA are the extended examples of RFC 7208 appendix A, each with who passes and who does not.
func TestAppendixA(t *testing.T) {
	t.Parallel()
	const world = `example.com A 192.0.2.10
		example.com A 192.0.2.11
		example.com MX 10 mail-a.example.com
		example.com MX 20 mail-b.example.com
		amy.example.com A 192.0.2.65
		bob.example.com A 192.0.2.66
		mail-a.example.com A 192.0.2.129
		mail-b.example.com A 192.0.2.130
		example.org MX 10 mail-c.example.org
		mail-c.example.org A 192.0.2.140
		10.2.0.192.in-addr.arpa PTR example.com
		11.2.0.192.in-addr.arpa PTR example.com
		65.2.0.192.in-addr.arpa PTR amy.example.com
		66.2.0.192.in-addr.arpa PTR bob.example.com
		129.2.0.192.in-addr.arpa PTR mail-a.example.com
		130.2.0.192.in-addr.arpa PTR mail-b.example.com
		140.2.0.192.in-addr.arpa PTR mail-c.example.org
		4.0.0.10.in-addr.arpa PTR bob.example.com
		`
	for _, c := range []struct {
		record     string
		pass, fail []string
	}{
		{"v=spf1 +all", []string{"192.0.2.65", "10.0.0.4"}, nil},
		{"v=spf1 a -all", []string{"192.0.2.10", "192.0.2.11"}, []string{"192.0.2.65"}},
		{"v=spf1 a:example.org -all", nil, []string{"192.0.2.10", "192.0.2.140"}},
		{"v=spf1 mx -all", []string{"192.0.2.129", "192.0.2.130"}, []string{"192.0.2.10"}},
		{"v=spf1 mx:example.org -all", []string{"192.0.2.140"}, []string{"192.0.2.129"}},
		{"v=spf1 mx mx:example.org -all", []string{"192.0.2.129", "192.0.2.130", "192.0.2.140"}, []string{"192.0.2.10"}},
		{"v=spf1 mx/30 mx:example.org/30 -all", []string{"192.0.2.131", "192.0.2.143"}, []string{"192.0.2.132", "192.0.2.144"}},
		{"v=spf1 ptr -all", []string{"192.0.2.65", "192.0.2.10"}, []string{"192.0.2.140", "10.0.0.4"}},
		{"v=spf1 ip4:192.0.2.128/28 -all", []string{"192.0.2.129", "192.0.2.143"}, []string{"192.0.2.65"}},
	} {
		for addrs, want := range map[*[]string]mailauth.Result{&c.pass: "pass", &c.fail: "fail"} {
			for _, addr := range *addrs {
				if got := check(t, world+"example.com TXT "+c.record, addr, "a@example.com"); got.Result != want {
					t.Errorf("%s from %s: want %s, got %+v", c.record, addr, want, got)
				}
			}
		}
	}
}

func FuzzParseSPF(f *testing.F) {
	for _, s := range []string{
		"v=spf1 a mx include:_spf.example.com ip4:192.0.2.0/24 ip6:2001:db8::/32 exists:%{ir}.%{v}._spf.%{d2} ptr -all",
		"v=spf1 redirect=%{d1r+-}.lab exp=%{S}%-%_%%.lab moo=x", "v=spf1 a:x.lab/24//64", "V=SPF1 ~All", "v=spf1 a//128 mx/0", "v=spf1 +-all",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r, err := mailauth.ParseSPF(text)
		if (r == nil) == (err == nil) {
			t.Fatalf("%v %v", r, err)
		}
		if err != nil {
			if strings.ContainsFunc(err.Error(), func(c rune) bool { return c < ' ' }) {
				t.Errorf("%q", err)
			}
			return
		}
		// What was read must read the same once it is written again, term by term.
		words := []string{"v=spf1"}
		for _, m := range r.Mechanisms {
			words = append(words, m.Text)
		}
		again, err := mailauth.ParseSPF(strings.Join(words, " "))
		if err != nil || len(again.Mechanisms) != len(r.Mechanisms) {
			t.Errorf("%q: %v", words, err)
		}
		z := &zone{lines: map[string][][2]string{"shop.lab": {{"TXT", strings.ReplaceAll(text, " | ", " ")}}}}
		c := mailauth.CheckHost(t.Context(), z, mailauth.Query{Addr: netip.MustParseAddr("192.0.2.1"), Domain: "shop.lab"})
		if c.Result == "" || c.Lookups > mailauth.MaxLookups+1 || z.asked > 200 {
			t.Errorf("%+v, %d questions", c, z.asked)
		}
	})
}
