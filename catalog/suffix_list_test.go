package catalog_test

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/krestmarketing/deedwatch/catalog"
)

// smallList has the published list's rules below the top levels that it names, as far as the labels of these tests go.
const smallList = `// VERSION: 2026-11-20_08-00-00_UTC
// COMMIT: 0123456789abcdef

// ===BEGIN ICANN DOMAINS===

// ac : a comment
ac
com.ac
biz
*.ck
!www.ck
cn
ac.cn
com.cn
公司.cn
中国
com
io
co.io
com.io
jp
ac.jp
co.jp
kyoto.jp
ide.kyoto.jp
*.kobe.jp
!city.kobe.jp
*.kawasaki.jp
!city.kawasaki.jp
*.mm
uk
ac.uk
co.uk what follows a blank is no part of it
us	nor what follows a tab
ak.us
k12.ak.us
co.us
k12.co.us
// ===END ICANN DOMAINS===
// ===BEGIN PRIVATE DOMAINS===
// CentralNic
uk.com
co.com
github.io
*.run.app
run.app
// ===END PRIVATE DOMAINS===
`

// registrable gives the name one label below the suffix, as the published vectors ask for it.
func registrable(list catalog.Suffixer, name string, icannOnly bool) string {
	ascii, refused := catalog.ToASCII(name)
	if refused != "" || strings.HasPrefix(name, ".") {
		return ""
	}
	suffix, _ := list.Suffix(ascii, icannOnly)
	rest, below := strings.CutSuffix(ascii, "."+suffix)
	if !below {
		return ""
	}
	return rest[strings.LastIndex(rest, ".")+1:] + "." + suffix
}

func TestListSaysWhatItIs(t *testing.T) {
	l, err := catalog.ParseSuffixList([]byte(smallList))
	if err != nil {
		t.Fatal(err)
	}
	want := catalog.ListInfo{Version: "2026-11-20_08-00-00_UTC", Date: time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC), ICANN: 32, Private: 5}
	if l.Info() != want {
		t.Errorf("%+v", l.Info())
	}
	if in := catalog.BuiltInList(); in.Source != "built in" || in.Date.Year() < 2025 || len(in.Version) < 20 {
		t.Errorf("%+v", in)
	}
}

// Both readers of the list give the same for names made of the labels that the rules have, and of others.
func TestBothReadersAgree(t *testing.T) {
	own, err := catalog.ParseSuffixList([]byte(smallList))
	if err != nil {
		t.Fatal(err)
	}
	labels := []string{"www", "city", "ide", "kyoto", "kobe", "kawasaki", "q9a", "0-0", "xn--55qx5d", "k12", "ak", "github", "uk", "com", "co", "ac"}
	tops := []string{"ac", "biz", "ck", "cn", "com", "io", "jp", "mm", "uk", "us", "xn--fiqs8s", "unlisted-0"}
	rng := rand.New(rand.NewPCG(3, 4))
	for range 200_000 {
		name := tops[rng.IntN(len(tops))]
		for range rng.IntN(5) {
			name = labels[rng.IntN(len(labels))] + "." + name
		}
		for _, icannOnly := range []bool{true, false} {
			a, inA := own.Suffix(name, icannOnly)
			b, inB := catalog.BuiltIn.Suffix(name, icannOnly)
			if a != b || inA != inB {
				t.Errorf("%s: %s (%s) by the list read from text, %s (%s) by the one built in; ICANN only: %t", name, a, inA, b, inB, icannOnly)
			}
		}
	}
}

func TestBrokenListsAreRefused(t *testing.T) {
	const open, end = "// ===BEGIN ICANN DOMAINS===\n", "// ===END ICANN DOMAINS===\n"
	for _, tt := range []struct{ why, content, says string }{
		{"nothing", "", "no section of ICANN domains"},
		{"a page of the web", "<!doctype html>\n<html>", "line 1: a rule stands outside"},
		{"comments only", "// nothing\n", "no section"},
		{"cut short", open + "com\nco.uk\n", "cut short"},
		{"a section in a section", open + open, "line 2: a section begins within"},
		{"an end without a beginning", end, "line 1: a section ends"},
		{"another section's end", open + "// ===END PRIVATE DOMAINS===\n", "line 2: a section ends"},
		{"an empty label", open + "a..b\n" + end, `line 2: "a..b" is no rule`},
		{"a leading dot", open + ".com\n" + end, "line 2"},
		{"a star inside", open + "a.*.b\n" + end, "line 2"},
		{"a star alone", open + "*\n" + end, "line 2"},
		{"an exception at the top", open + "!ck\n" + end, "line 2"},
		{"two marks", open + "!*.ck\n" + end, "line 2"},
		{"an underscore", open + "a_b.com\n" + end, "line 2"},
		{"a label too long", open + strings.Repeat("a", 64) + "\n" + end, "line 2"},
		{"not UTF-8", open + "\xff.com\n" + end, "line 2: is not UTF-8"},
		{"a line beyond bounds", open + strings.Repeat("a", 100_000) + "\n" + end, "too long"},
	} {
		if _, err := catalog.ParseSuffixList([]byte(tt.content)); err == nil || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: %v, want %q", tt.why, err, tt.says)
		}
	}
}

func TestListFromAFile(t *testing.T) {
	dir := t.TempDir()
	write := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	var many strings.Builder
	for i := range 1100 {
		fmt.Fprintf(&many, "second%d.uk\n", i)
	}
	whole := strings.Replace(smallList, "uk\n", "uk\nshop.uk\n"+many.String(), 1)

	names, err := catalog.NewNames(catalog.NameOptions{ListFile: write("list.dat", whole)})
	if err != nil {
		t.Fatal(err)
	}
	if n, err := names.Parse("www.client.shop.uk"); err != nil || n.Registrable != "client.shop.uk" {
		t.Errorf("the newer rule does not count: %+v, %v", n, err)
	}
	if n, err := catalog.ParseName("www.client.shop.uk"); err != nil || n.Registrable != "shop.uk" {
		t.Errorf("the list built in was changed: %+v, %v", n, err)
	}
	if n, err := names.Parse("client.de"); err != nil || n.Listed {
		t.Errorf("the file stands in place of the list built in: %+v, %v", n, err)
	}
	if got := names.List(); got.Source != filepath.Join(dir, "list.dat") || got.ICANN != 1133 || got.Version == "" {
		t.Errorf("%+v", got)
	}

	for why, path := range map[string]string{
		"absurdly small": write("small.dat", smallList),
		"broken":         write("broken.dat", whole[:len(whole)/2]),
		"a directory":    dir,
		"none":           filepath.Join(dir, "none.dat"),
		"without com":    write("odd.dat", strings.Replace(whole, "\ncom\n", "\n", 1)),
	} {
		_, err := catalog.NewNames(catalog.NameOptions{ListFile: path})
		if err == nil || (why != "none" && !strings.Contains(err.Error(), path)) {
			t.Errorf("%s: %v", why, err)
		}
		if why == "none" && !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: %v", why, err)
		}
	}
}

func FuzzParseSuffixList(f *testing.F) {
	f.Add(smallList, "www.city.kobe.jp")
	f.Add("// ===BEGIN ICANN DOMAINS===\n*.a\n!b.a\n// ===END ICANN DOMAINS===", "x.b.a")
	f.Fuzz(func(t *testing.T, content, name string) {
		l, err := catalog.ParseSuffixList([]byte(content))
		if err != nil {
			return
		}
		ascii, refused := catalog.ToASCII(name)
		if refused != "" || strings.HasSuffix(ascii, ".") {
			return
		}
		whole, in := l.Suffix(ascii, false)
		icann, inICANN := l.Suffix(ascii, true)
		for _, s := range []string{whole, icann} {
			if s == "" || (ascii != s && !strings.HasSuffix(ascii, "."+s)) {
				t.Errorf("%q is no suffix of %q", s, ascii)
			}
		}
		if inICANN == catalog.SectionPrivate || (in == catalog.SectionICANN && (inICANN != in || icann != whole)) {
			t.Errorf("%s: %s (%s), by the ICANN section %s (%s)", ascii, whole, in, icann, inICANN)
		}
	})
}
