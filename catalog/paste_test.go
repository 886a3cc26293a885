package catalog_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/krestmarketing/deedwatch/catalog"
)

func split(tb testing.TB, text string) []catalog.Pasted {
	tb.Helper()
	names, err := catalog.NewNames(catalog.NameOptions{Special: []string{"example"}})
	if err != nil {
		tb.Fatal(err)
	}
	return names.Split(text)
}

// told writes what became of each piece in short: "host", "host again 1" or "no: why".
func told(items []catalog.Pasted) []string {
	var out []string
	for _, p := range items {
		switch p.State {
		case catalog.PastedName:
			out = append(out, p.Name.Host)
		case catalog.PastedDuplicate:
			out = append(out, fmt.Sprintf("%s again %d", p.Name.Host, p.First))
		case catalog.PastedRefused:
			why, _, _ := strings.Cut(p.Reason, ";")
			out = append(out, "no: "+why)
		}
	}
	return out
}

func TestSplitTakesWhatPeoplePaste(t *testing.T) {
	for _, tt := range []struct {
		why, text string
		want      []string
	}{
		{"nothing", " \n\r\n\t", nil},
		{"a column", "a.example\r\nb.example\nc.example", []string{"a.example", "b.example", "c.example"}},
		{"commas", "a.example, b.example,c.example,", []string{"a.example", "b.example", "c.example"}},
		{"semicolons, tabs, bars, blanks", "a.example; b.example\tc.example|d.example e.example", []string{"a.example", "b.example", "c.example", "d.example", "e.example"}},
		{"the recipients of a mail", `"Lovelace, Ada" <ada@a.example>, Ben <ben@b.example>; cy@c.example`, []string{"a.example", "b.example", "c.example"}},
		{"URLs", "https://www.a.example/x?z=1,http://b.example:8080/ //c.example", []string{"www.a.example", "b.example", "c.example"}},
		{"a numbered list", "1. a.example\n2) b.example\n- c.example\n• d.example\n* e.example", []string{"a.example", "b.example", "c.example", "d.example", "e.example"}},
		{"a sentence", "We look after a.example and www.b.example (since 2019).", []string{"a.example", "www.b.example"}},
		{"Markdown", "- [Shop](https://shop.a.example) and more\n", []string{"shop.a.example"}},
		{"a label before a name", "Client: a.example", []string{"a.example"}},
		{"one name under several hosts", "a.example\nshop.a.example\nb.example\nA.Example.", []string{"a.example", "shop.a.example again 1", "b.example", "a.example again 1"}},
		{"what is none", "a.example\n192.0.2.1\nco.uk\nclient.myshopify.com\nnonsense\n!!!\n", []string{
			"a.example", "no: that is an IP address", "no: that is a suffix, nobody's own name", "no: that is a host at the provider that owns myshopify.com, nothing that the client registers or renews",
			"no: that is a single word",
		}},
		{"other scripts", "bücher.example、食狮.com.cn，a。example", []string{"xn--bcher-kva.example", "xn--85x722f.com.cn", "a.example"}},
		{"a quote that is not closed", "\"a.example, b.example\nc.example", []string{"a.example", "b.example", "c.example"}},
		{"a bracket that is not closed", "<a.example, b.example", []string{"a.example", "b.example"}},
	} {
		if diff := cmp.Diff(tt.want, told(split(t, tt.text))); diff != "" {
			t.Errorf("%s:\n%s", tt.why, diff)
		}
	}
}

func TestSplitTellsLines(t *testing.T) {
	got := split(t, "a.example\n\nshop.a.example, b c\n")
	if len(got) != 3 || got[0].Line != 1 || got[1].Line != 3 || got[1].First != 1 || got[1].Name.Registrable != "a.example" || got[2].Line != 3 || got[2].Text != "b c" {
		t.Errorf("%+v", got)
	}
}

func TestSplitIsBounded(t *testing.T) {
	var text strings.Builder
	for i := range catalog.MaxPasted + 500 {
		fmt.Fprintf(&text, "a%d.example\n", i)
	}
	got := split(t, text.String())
	last := got[len(got)-1]
	if len(got) != catalog.MaxPasted+1 || last.State != catalog.PastedRefused || !strings.Contains(last.Reason, "too many") || last.Line != catalog.MaxPasted+1 {
		t.Errorf("%d pieces, at last %+v", len(got), last)
	}
	for why, hostile := range map[string]string{
		"one long line": strings.Repeat("a", 1<<20), "open brackets": strings.Repeat("<", 1<<20), "quotes": strings.Repeat(`"`, 1<<20), "links": strings.Repeat("](", 1<<19), "dots": strings.Repeat(".", 1<<20),
	} {
		start := time.Now()
		for _, p := range split(t, hostile) {
			if utf8.RuneCountInString(p.Text) > 200 {
				t.Errorf("%s: a piece of %d signs is kept", why, len(p.Text))
			}
		}
		if took := time.Since(start); took > 2*time.Second {
			t.Errorf("%s took %s", why, took)
		}
	}
}

// Nothing that looks like a name is lost, and nothing is made up.
func FuzzSplit(f *testing.F) {
	f.Add("a.example, \"x, y\" <ada@b.example>\n[c](https://c.example)")
	f.Add("1. a.example;\"")
	f.Add("<<>>,,\t|")
	f.Fuzz(func(t *testing.T, text string) {
		first := map[string]int{}
		for _, p := range split(t, text) {
			if p.Line < 1 || p.Line > strings.Count(text, "\n")+1 || !utf8.ValidString(p.Text) || utf8.RuneCountInString(p.Text) > 200 {
				t.Errorf("%q: %+v", text, p)
			}
			at, seen := first[p.Name.Registrable]
			switch p.State {
			case catalog.PastedRefused:
				if p.Reason == "" || p.Name != (catalog.Name{}) {
					t.Errorf("%q: refused without a reason: %+v", text, p)
				}
			case catalog.PastedDuplicate:
				if !seen || at != p.First {
					t.Errorf("%q: no duplicate of line %d: %+v", text, at, p)
				}
			case catalog.PastedName:
				if seen || p.Name.Registrable == "" {
					t.Errorf("%q: %+v", text, p)
				}
				first[p.Name.Registrable] = p.Line
			}
		}
	})
}
