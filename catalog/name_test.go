package catalog_test

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/krestmarketing/deedwatch/catalog"
	"github.com/krestmarketing/deedwatch/models"
)

func TestParseNameTakesWhatPeoplePaste(t *testing.T) {
	tests := []struct{ why, in, host, registrable, suffix string }{
		{"plain", "example.com", "example.com", "example.com", "com"},
		{"capitals and trailing dot", " Example.COM. ", "example.com", "example.com", "com"},
		{"a URL with a port, a path and a query", "https://Shop.Example.co.uk:8443/a?b=c#d", "shop.example.co.uk", "example.co.uk", "co.uk"},
		{"a URL with user info", "https://u:p@www.example.com/", "www.example.com", "example.com", "com"},
		{"an address without a scheme", "www.example.com/path", "www.example.com", "example.com", "com"},
		{"an e-mail address", "ada@mail.example.org", "mail.example.org", "example.org", "org"},
		{"a host with a port", "example.com:443", "example.com", "example.com", "com"},
		{"a wildcard", "*.example.com", "example.com", "example.com", "com"},
		{"a U-label", "bücher.de", "xn--bcher-kva.de", "xn--bcher-kva.de", "de"},
		{"capitals in a U-label", "BÜCHER.DE", "xn--bcher-kva.de", "xn--bcher-kva.de", "de"},
		{"full-width dot", "example。com", "example.com", "example.com", "com"},
		{"an underscore-free sub-domain", "a.b.c.example.com.au", "a.b.c.example.com.au", "example.com.au", "com.au"},
		{"the name of a platform is registered like any other", "myshopify.com", "myshopify.com", "myshopify.com", "com"},
		{"a private suffix with a registry of its own does", "www.bakery.uk.com", "www.bakery.uk.com", "bakery.uk.com", "uk.com"},
		{"a finer suffix of the same registry", "www.quill.de.eu.org", "www.quill.de.eu.org", "quill.de.eu.org", "de.eu.org"},
		{"rules below a name do not make it one: the list has some below cloudlets.com.au", "www.cloudlets.com.au", "www.cloudlets.com.au", "cloudlets.com.au", "com.au"},
		{"nor below com", "www.amazonaws.com", "www.amazonaws.com", "amazonaws.com", "com"},
		{"a wildcard with an exception", "www.city.kawasaki.jp", "www.city.kawasaki.jp", "city.kawasaki.jp", "kawasaki.jp"},
		{"the wildcard beside it", "www.b.a.kawasaki.jp", "www.b.a.kawasaki.jp", "b.a.kawasaki.jp", "a.kawasaki.jp"},
		{"a label with an underscore has records, and is no host", "_dmarc.Example.com", "_dmarc.example.com", "example.com", "com"},
		{"in the middle", "s1._domainkey.mail.example.co.uk.", "s1._domainkey.mail.example.co.uk", "example.co.uk", "co.uk"},
		{"beside a U-label", "_dmarc.bücher.de", "_dmarc.xn--bcher-kva.de", "xn--bcher-kva.de", "de"},
		{"mailto", "mailto:ada@example.com?subject=Hello", "example.com", "example.com", "com"},
		{"an address with its owner's name", `"Lovelace, Ada" <Ada@Example.com>`, "example.com", "example.com", "com"},
		{"angle brackets alone", "<https://www.example.com/>", "www.example.com", "example.com", "com"},
		{"quotes", "\u201cexample.com\u201d", "example.com", "example.com", "com"},
		{"quotes within brackets", "(\"example.com\").", "example.com", "example.com", "com"},
		{"a Markdown link", "[our shop](https://shop.example.com/a 'the shop')", "shop.example.com", "example.com", "com"},
		{"a back-quote", "`example.com`", "example.com", "example.com", "com"},
		{"the end of a sentence", "example.com,", "example.com", "example.com", "com"},
		{"an ellipsis", "example.com...", "example.com", "example.com", "com"},
		{"a no-break space and a zero-width one", "\u00a0example.com\u200b", "example.com", "example.com", "com"},
		{"a soft hyphen inside", "exam\u00adple.com", "example.com", "example.com", "com"},
		{"a byte order mark", "\ufeffexample.com", "example.com", "example.com", "com"},
		{"marks of direction around", "\u2066example.com\u2069", "example.com", "example.com", "com"},
		{"full-width throughout", "ｅｘａｍｐｌｅ．ｃｏｍ", "example.com", "example.com", "com"},
		{"half-width ideographic dot", "example｡com", "example.com", "example.com", "com"},
		{"full-width colon and slashes", "https：／／example.com／a", "example.com", "example.com", "com"},
		{"an address without a scheme, with query alone", "www.example.com?a=b", "www.example.com", "example.com", "com"},
		{"fragment alone", "example.com#top", "example.com", "example.com", "com"},
		{"relative to a scheme", "//example.com/a", "example.com", "example.com", "com"},
		{"a Windows hand", "http:\\\\example.com\\a", "example.com", "example.com", "com"},
		{"a port and nothing behind it", "example.com:", "example.com", "example.com", "com"},
		{"an at sign in the path", "https://example.com/@ada", "example.com", "example.com", "com"},
		{"a password with an at sign", "ftp://u:p@ss@example.com/", "example.com", "example.com", "com"},
		{"another scheme", "sip:ada@example.com", "example.com", "example.com", "com"},
		{"wildcards", "*.*.example.com", "example.com", "example.com", "com"},
		{"an A-label in capitals", "XN--BCHER-KVA.DE", "xn--bcher-kva.de", "xn--bcher-kva.de", "de"},
		{"a joiner that means something", "نامه\u200cای.com", "xn--mgba3gch31f060k.com", "xn--mgba3gch31f060k.com", "com"},
		{"ß stays ß", "straße.de", "xn--strae-oqa.de", "xn--strae-oqa.de", "de"},
		{"an IDN suffix", "www.食狮.公司.cn", "www.xn--85x722f.xn--55qx5d.cn", "xn--85x722f.xn--55qx5d.cn", "xn--55qx5d.cn"},
		{"names for examples", "shop.client.example", "shop.client.example", "client.example", "example"},
		{"names for tests", "client.test", "client.test", "client.test", "test"},
		{"a suffix that is not listed follows the default rule", "www.example.lab", "www.example.lab", "example.lab", "lab"},
		{"wildcard rule of the list", "a.b.ck", "a.b.ck", "a.b.ck", "b.ck"},
		{"exception rule of the list", "www.ck", "www.ck", "www.ck", "ck"},
	}
	for _, tt := range tests {
		t.Run(tt.why, func(t *testing.T) {
			got, err := catalog.ParseName(tt.in)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]string{tt.host, tt.registrable, tt.suffix}, []string{got.Host, got.Registrable, got.Suffix}); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestParseNameRefusesWhatIsNoName(t *testing.T) {
	long := strings.Repeat("a", 64) + ".com"
	for _, tt := range []struct{ why, in, says string }{
		{"nothing", "", "no name was given"},
		{"blanks", "   ", "no name was given"},
		{"a dot", ".", "no name was given"},
		{"a star", "*", "no name was given"},
		{"quotes around nothing", `""`, "no name was given"},
		{"a scheme alone", "https://", "no name was given"},
		{"a top level", "com", "that is a suffix"},
		{"a second level that is one", "co.uk", "that is a suffix"},
		{"a private one that sells names", "uk.com", "that is a suffix"},
		{"a wildcard's", "c.ck", "that is a suffix"},
		{"one word", "intranet", "single word"},
		{"a leading dot", ".example.com", "does not begin with a dot"},
		{"IPv4", "192.0.2.1", "IP address"},
		{"IPv4 in a URL", "http://192.0.2.1:8080/x", "IP address"},
		{"IPv4, full-width", "１９２．０．２．１", "IP address"},
		{"IPv4 as programs read it", "0x7f.1", "IP address"},
		{"a network", "192.0.2.0/24", "IP address"},
		{"IPv6 in a URL", "http://[2001:db8::1]/", "IP address"},
		{"IPv6 with a port", "http://[2001:db8::1]:8080/", "IP address"},
		{"IPv6", "2001:db8::1", "IP address"},
		{"a reverse name", "1.2.0.192.in-addr.arpa", "reverse name"},
		{"an IPv6 reverse name", "1.0.ip6.arpa", "reverse name"},
		{"infrastructure", "x.arpa", "infrastructure"},
		{"this computer", "localhost", "RFC 6761"},
		{"and below it", "shop.localhost", "RFC 6761"},
		{"the local network", "printer.local", "RFC 6762"},
		{"Tor", "abc.onion", "RFC 7686"},
		{"names that must not exist", "client.invalid", "RFC 2606"},
		{"home", "router.home.arpa", "RFC 8375"},
		{"inside", "crm.client.internal", "ICANN"},
		{"a host at a platform", "client.myshopify.com", "host at the provider that owns myshopify.com"},
		{"a host below one", "www.client.github.io", "host at the provider that owns github.io"},
		{"a wildcard of a platform", "x.y.run.app", "host at the provider that owns run.app"},
		{"words for signs", "example dot com", "blanks"},
		{"a blank inside", "a b.com", "blanks"},
		{"two addresses", "ada@example.com, bob@example.org", "more than one name"},
		{"an empty label", "a..com", "is not a domain name"},
		{"a leading hyphen", "-a.com", "is not a domain name"},
		{"an underscore in what is registered", "a_b.com", "no underscore"},
		{"a line break", "exa\r\nmple.com", "blanks"},
		{"NUL", "example.com\x00", "is not a domain name"},
		{"a label too long", long, "at most 63"},
		{"a name too long", strings.Repeat("a.", 140) + "com", "longer than the 253"},
		{"a page", strings.Repeat("a ", 4000), "is not a domain name"},
		{"a tag", "<script>.com", ""},
		{"an apostrophe", "ex'ample.com", "is not a domain name"},
		{"not UTF-8", "ex\xffample.com", "is not a domain name"},
		{"per cent", "ex%61mple.com", "is not a domain name"},
		{"an override of direction inside", "ex\u202eample.com", "is not a domain name"},
		{"letters of two directions", "aא.com", "is not a domain name"},
		{"an A-label that is none", "xn--a.com", "is not a domain name"},
	} {
		n, err := catalog.ParseName(tt.in)
		if !errors.Is(err, models.ErrInvalid) || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: %q gave %+v, %v; want %q", tt.why, tt.in, n, err, tt.says)
		}
		if err != nil && len(tt.in) > 9 && strings.Contains(err.Error(), tt.in) {
			t.Errorf("%q is echoed: %v", tt.in, err)
		}
	}
}

func TestPrivateSuffixesAreKeptApart(t *testing.T) {
	for _, tt := range []struct{ in, registrable, private string }{
		{"example.com", "example.com", ""},
		{"github.io", "github.io", "github.io"},
		{"www.bakery.uk.com", "bakery.uk.com", "uk.com"},
	} {
		n, err := catalog.ParseName(tt.in)
		if err != nil || n.Registrable != tt.registrable || n.Private != tt.private || !n.Listed {
			t.Errorf("%s: %+v, %v", tt.in, n, err)
		}
	}
}

func TestSpecialNamesAreAcceptedWhereTheInstallationSaysSo(t *testing.T) {
	none, err := catalog.NewNames(catalog.NameOptions{})
	if err != nil {
		t.Fatal(err)
	}
	some, err := catalog.NewNames(catalog.NameOptions{Special: []string{"local"}})
	if err != nil {
		t.Fatal(err)
	}
	all, err := catalog.NewNames(catalog.NameOptions{AllSpecial: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name            string
		none, some, all bool
	}{
		{"client.lab", true, true, true}, // no special name: a top level that is not delegated
		{"client.example", false, false, true},
		{"client.local", false, true, true},
		{"client.internal", false, false, true},
		{"client.home.arpa", false, false, true},
		{"2.0.192.in-addr.arpa", false, false, false},
	} {
		for _, got := range []struct {
			names *catalog.Names
			want  bool
		}{{none, tt.none}, {some, tt.some}, {all, tt.all}} {
			if n, err := got.names.Parse(tt.name); (err == nil) != got.want {
				t.Errorf("%s: %+v, %v", tt.name, n, err)
			}
		}
	}
	n, err := all.Parse("shop.client.local")
	if err != nil || n.Special != "local" || n.Listed {
		t.Errorf("%+v, %v", n, err)
	}
	if _, err := catalog.NewNames(catalog.NameOptions{Special: []string{"com"}}); err == nil {
		t.Error("com is for everybody")
	}
}

func TestUnicodeIsForPeople(t *testing.T) {
	n, err := catalog.ParseName("xn--bcher-kva.de")
	if err != nil || n.Unicode != "bücher.de" {
		t.Errorf("got %q, %v", n.Unicode, err)
	}
}

// A long paste must not keep a page waiting: the conversion of labels takes time by the square of their length.
func TestHostileNamesAreQuicklyRefused(t *testing.T) {
	for why, in := range map[string]string{
		"one label of signs": strings.Repeat("汉", 1365), "all different": different(1365), "labels": strings.Repeat("汉.", 1000) + "com", "dots": strings.Repeat(".", 4096),
		"brackets": strings.Repeat("<", 2000) + strings.Repeat(">", 2000), "quotes": strings.Repeat(`"`, 4096), "stars": strings.Repeat("*.", 2000), "links": strings.Repeat("](", 2000) + ")",
		"joiners": strings.Repeat("a\u200d", 1000) + ".com", "marks": "a" + strings.Repeat("\u0300", 2000) + ".com",
	} {
		start := time.Now()
		if n, err := catalog.ParseName(in); err == nil {
			t.Errorf("%s: %+v", why, n)
		}
		if took := time.Since(start); took > 250*time.Millisecond {
			t.Errorf("%s took %s", why, took)
		}
	}
}

func different(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteRune(rune(0x4E00 + i*7))
	}
	return b.String()
}

// FuzzParseName holds every name that is accepted to what the rest of the product takes for granted.
func FuzzParseName(f *testing.F) {
	for _, s := range []string{
		"example.com", "https://a@b:c/d", "xn--", "ß.de", "*.", "a.b.ck", "\xff.com", "_dmarc.example.com", "[a](b.com)", "<a@b.com>", "http://[::1]:8/", "１.２.３.４", "www.ck", "x.github.io",
		"a.b.eu.org", "１９２.0.2.1。com", "xn--a_b.com",
	} {
		f.Add(s)
	}
	names, err := catalog.NewNames(catalog.NameOptions{AllSpecial: true})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, in string) {
		n, err := names.Parse(in)
		if err != nil {
			if !errors.Is(err, models.ErrInvalid) {
				t.Errorf("%q gave %T", in, err)
			}
			return
		}
		for _, form := range []string{n.Registrable, n.Host, strings.ToUpper(n.Host), "https://" + n.Host + "/", n.Unicode} {
			again, err := names.Parse(form)
			if err != nil || again.Registrable != n.Registrable || again.Suffix != n.Suffix {
				t.Errorf("%q gave %+v, of which %q gives %+v, %v", in, n, form, again, err)
			}
		}
		if label, ok := strings.CutSuffix(n.Registrable, "."+n.Suffix); !ok || label == "" || strings.ContainsAny(label, "._") {
			t.Errorf("%q: %s is not one label below %s", in, n.Registrable, n.Suffix)
		}
		if n.Host != n.Registrable && !strings.HasSuffix(n.Host, "."+n.Registrable) {
			t.Errorf("%q: %s does not lie below %s", in, n.Host, n.Registrable)
		}
		if strings.Trim(n.Host, "abcdefghijklmnopqrstuvwxyz0123456789-_.") != "" || len(n.Host) > 253 {
			t.Errorf("%q gave the host %q", in, n.Host)
		}
		if _, err := netip.ParseAddr(n.Host); err == nil {
			t.Errorf("%q gave an address: %s", in, n.Host)
		}
	})
}

func BenchmarkParseName(b *testing.B) {
	for name, in := range map[string]string{"plain": "client-0042.co.uk", "URL": "https://www.Shop.Example.com:8443/cart?x=y", "IDN": "www.bücher.de"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := catalog.ParseName(in); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
