package catalog_test

import (
	"errors"
	"strings"
	"testing"

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
		{"a private suffix does not count: the platform's name is what is registered", "shop.myshopify.com", "shop.myshopify.com", "myshopify.com", "com"},
		{"a private suffix with a registry of its own does", "www.bakery.uk.com", "www.bakery.uk.com", "bakery.uk.com", "uk.com"},
		{"a private suffix below a second-level one", "foo.blogspot.co.uk", "foo.blogspot.co.uk", "blogspot.co.uk", "co.uk"},
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
	for _, in := range []string{
		"", "   ", ".", "com", "co.uk", "uk.com", "localhost", "192.0.2.1", "http://[2001:db8::1]/", "2001:db8::1", "a b.com", "a..com", "-a.com", "a_b.com",
		"exa\r\nmple.com", "example.com\x00", strings.Repeat("a", 64) + ".com", strings.Repeat("a.", 140) + "com", "<script>.com", "ex'ample.com",
	} {
		n, err := catalog.ParseName(in)
		if !errors.Is(err, models.ErrInvalid) {
			t.Errorf("%q gave %+v, %v", in, n, err)
		}
		if err != nil && len(in) > 3 && strings.Contains(err.Error(), in) {
			t.Errorf("%q is echoed: %v", in, err)
		}
	}
}

func TestUnicodeIsForPeople(t *testing.T) {
	n, err := catalog.ParseName("xn--bcher-kva.de")
	if err != nil || n.Unicode != "bücher.de" {
		t.Errorf("got %q, %v", n.Unicode, err)
	}
}

func FuzzParseName(f *testing.F) {
	for _, s := range []string{"example.com", "https://a@b:c/d", "xn--", "ß.de", "*.", "a.b.ck", "\xff.com"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, in string) {
		n, err := catalog.ParseName(in)
		if err != nil {
			return
		}
		again, err := catalog.ParseName(n.Registrable)
		if err != nil || again.Registrable != n.Registrable || again.Suffix != n.Suffix {
			t.Errorf("%q gave %+v, which gives %+v, %v", in, n, again, err)
		}
		if strings.ContainsAny(n.Host, "\r\n\x00 /@:") || !strings.HasSuffix(n.Host, n.Registrable) {
			t.Errorf("%q gave %+v", in, n)
		}
	})
}
