package catalog_test

import (
	"testing"

	"github.com/krestmarketing/deedwatch/catalog"
)

// vectors are the published test vectors of the public suffix list (https://publicsuffix.org/list/, in the public domain): a name, and
// the name that is registered; empty when there is none. Where the published vectors rest on a rule of the private section, icann holds
// what the ICANN section alone gives.
var vectors = []struct{ why, name, registrable, icann string }{
	{"mixed case", "COM", "", ""},
	{"mixed case", "example.COM", "example.com", ""},
	{"mixed case", "WwW.example.COM", "example.com", ""},
	{"leading dot", ".com", "", ""},
	{"leading dot", ".example", "", ""},
	{"leading dot", ".example.com", "", ""},
	{"leading dot", ".example.example", "", ""},
	{"unlisted top level", "example", "", ""},
	{"unlisted top level", "example.example", "example.example", ""},
	{"unlisted top level", "b.example.example", "example.example", ""},
	{"unlisted top level", "a.b.example.example", "example.example", ""},
	{"one rule", "biz", "", ""},
	{"one rule", "domain.biz", "domain.biz", ""},
	{"one rule", "b.domain.biz", "domain.biz", ""},
	{"one rule", "a.b.domain.biz", "domain.biz", ""},
	{"some rules of two levels", "com", "", ""},
	{"some rules of two levels", "example.com", "example.com", ""},
	{"some rules of two levels", "b.example.com", "example.com", ""},
	{"some rules of two levels", "a.b.example.com", "example.com", ""},
	{"private, of two levels", "uk.com", "", "uk.com"},
	{"private, of two levels", "example.uk.com", "example.uk.com", "uk.com"},
	{"private, of two levels", "b.example.uk.com", "example.uk.com", "uk.com"},
	{"private, of two levels", "a.b.example.uk.com", "example.uk.com", "uk.com"},
	{"some rules of two levels", "test.ac", "test.ac", ""},
	{"wildcard alone", "mm", "", ""},
	{"wildcard alone", "c.mm", "", ""},
	{"wildcard alone", "b.c.mm", "b.c.mm", ""},
	{"wildcard alone", "a.b.c.mm", "b.c.mm", ""},
	{"more complex", "jp", "", ""},
	{"more complex", "test.jp", "test.jp", ""},
	{"more complex", "www.test.jp", "test.jp", ""},
	{"more complex", "ac.jp", "", ""},
	{"more complex", "test.ac.jp", "test.ac.jp", ""},
	{"more complex", "www.test.ac.jp", "test.ac.jp", ""},
	{"more complex", "kyoto.jp", "", ""},
	{"more complex", "test.kyoto.jp", "test.kyoto.jp", ""},
	{"more complex", "ide.kyoto.jp", "", ""},
	{"more complex", "b.ide.kyoto.jp", "b.ide.kyoto.jp", ""},
	{"more complex", "a.b.ide.kyoto.jp", "b.ide.kyoto.jp", ""},
	{"more complex", "c.kobe.jp", "", ""},
	{"more complex", "b.c.kobe.jp", "b.c.kobe.jp", ""},
	{"more complex", "a.b.c.kobe.jp", "b.c.kobe.jp", ""},
	{"more complex", "city.kobe.jp", "city.kobe.jp", ""},
	{"more complex", "www.city.kobe.jp", "city.kobe.jp", ""},
	{"wildcard and exception", "ck", "", ""},
	{"wildcard and exception", "test.ck", "", ""},
	{"wildcard and exception", "b.test.ck", "b.test.ck", ""},
	{"wildcard and exception", "a.b.test.ck", "b.test.ck", ""},
	{"wildcard and exception", "www.ck", "www.ck", ""},
	{"wildcard and exception", "www.www.ck", "www.ck", ""},
	{"US K12", "us", "", ""},
	{"US K12", "test.us", "test.us", ""},
	{"US K12", "www.test.us", "test.us", ""},
	{"US K12", "ak.us", "", ""},
	{"US K12", "test.ak.us", "test.ak.us", ""},
	{"US K12", "www.test.ak.us", "test.ak.us", ""},
	{"US K12", "k12.ak.us", "", ""},
	{"US K12", "test.k12.ak.us", "test.k12.ak.us", ""},
	{"US K12", "www.test.k12.ak.us", "test.k12.ak.us", ""},
	{"U-labels", "食狮.com.cn", "xn--85x722f.com.cn", ""},
	{"U-labels", "食狮.公司.cn", "xn--85x722f.xn--55qx5d.cn", ""},
	{"U-labels", "www.食狮.公司.cn", "xn--85x722f.xn--55qx5d.cn", ""},
	{"U-labels", "shishi.公司.cn", "shishi.xn--55qx5d.cn", ""},
	{"U-labels", "公司.cn", "", ""},
	{"U-labels", "食狮.中国", "xn--85x722f.xn--fiqs8s", ""},
	{"U-labels", "www.食狮.中国", "xn--85x722f.xn--fiqs8s", ""},
	{"U-labels", "shishi.中国", "shishi.xn--fiqs8s", ""},
	{"U-labels", "中国", "", ""},
	{"A-labels", "xn--85x722f.com.cn", "xn--85x722f.com.cn", ""},
	{"A-labels", "xn--85x722f.xn--55qx5d.cn", "xn--85x722f.xn--55qx5d.cn", ""},
	{"A-labels", "www.xn--85x722f.xn--55qx5d.cn", "xn--85x722f.xn--55qx5d.cn", ""},
	{"A-labels", "shishi.xn--55qx5d.cn", "shishi.xn--55qx5d.cn", ""},
	{"A-labels", "xn--55qx5d.cn", "", ""},
	{"A-labels", "xn--85x722f.xn--fiqs8s", "xn--85x722f.xn--fiqs8s", ""},
	{"A-labels", "www.xn--85x722f.xn--fiqs8s", "xn--85x722f.xn--fiqs8s", ""},
	{"A-labels", "shishi.xn--fiqs8s", "shishi.xn--fiqs8s", ""},
	{"A-labels", "xn--fiqs8s", "", ""},
	// Earlier editions of the vectors had a private suffix whose names nobody buys; it is told apart from those that are sold.
	{"private, not sold", "github.io", "", "github.io"},
	{"private, not sold", "b.github.io", "b.github.io", "github.io"},
	{"private, not sold", "a.b.github.io", "b.github.io", "github.io"},
}

// TestPublishedVectorsByTheWholeList and by the ICANN section: by the list that is built in, and by one read from text.
func TestPublishedVectors(t *testing.T) {
	own, err := catalog.ParseSuffixList([]byte(smallList))
	if err != nil {
		t.Fatal(err)
	}
	for source, list := range map[string]catalog.Suffixer{"built in": catalog.BuiltIn, "read from text": own} {
		for _, v := range vectors {
			if got := registrable(list, v.name, false); got != v.registrable {
				t.Errorf("%s, %s: %s is below %q, want %q", source, v.why, v.name, got, v.registrable)
			}
			want := v.registrable
			if v.icann != "" {
				want = v.icann
			}
			if got := registrable(list, v.name, true); got != want {
				t.Errorf("%s, %s: by the ICANN section %s is below %q, want %q", source, v.why, v.name, got, want)
			}
		}
	}
}

// ParseName answers as the vectors do, but for hosts at a platform, which it refuses.
func TestPublishedVectorsThroughParseName(t *testing.T) {
	for _, v := range vectors {
		want := v.registrable
		if v.why == "private, not sold" {
			want = map[bool]string{true: v.icann}[v.name == v.icann]
		}
		if n, err := catalog.ParseName(v.name); n.Registrable != want || (err == nil) != (want != "") {
			t.Errorf("%s: %s gave %q, %v; want %q", v.why, v.name, n.Registrable, err, want)
		}
	}
}
