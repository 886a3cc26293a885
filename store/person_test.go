package store_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/krestmarketing/deedwatch/store"
)

func TestWhatNamesAPerson(t *testing.T) {
	t.Parallel()
	p := store.NewPerson([]string{"ada@x.example", "erased:1"}, []string{"Ada  Žižková", "Al"}, []string{"+1 (555) 010-0134", "110"})
	for in, want := range map[string]string{
		"":                                   "",
		"write to ADA@x.example.":            "write to [erased].",
		"<ada@x.example>: full":              "<[erased]>: full",
		"canada@x.example":                   "canada@x.example",
		"ada@x.example.org":                  "[erased].org", // more is taken rather than less
		"ada@x.examples":                     "ada@x.examples",
		"Dear Ada Žižková,":                  "Dear [erased],",
		"ada\n\u00a0žižková, ADA ŽIŽKOVÁ":    "[erased], [erased]",
		"Ada Žižkovás":                       "Ada Žižkovás",
		"Ada":                                "Ada",
		"All and Al":                         "All and Al",
		"call 1.555.010.0134 or 15550100134": "call [erased] or [erased]",
		"+1 (555) 010-0134!":                 "[erased]!",
		"1555010013":                         "1555010013",
		"155501001345":                       "155501001345",
		"call (555) 010-0134":                "call [erased]",
		"ring 0555 010 0134":                 "ring [erased]",
		"dial 110":                           "dial 110",
		"erased:1":                           "erased:1",
	} {
		if got := p.Out(in); got != want {
			t.Errorf("Out(%q) = %q, want %q", in, got, want)
		}
	}
	if got := store.NewPerson(nil, nil, nil).Out("anybody"); got != "anybody" {
		t.Errorf("nobody: %q", got)
	}
}

func FuzzWhatNamesAPerson(f *testing.F) {
	for _, s := range []string{"ada@x.example", "Ada Birch Ada Birch", "+1 555 010 0134", "\xff", "Ada\tBirch"} {
		f.Add(s)
	}
	p := store.NewPerson([]string{"ada@x.example"}, []string{"Ada Birch"}, []string{"+1 555 010 0134"})
	f.Fuzz(func(t *testing.T, s string) {
		out := p.Out(s)
		if p.Out(out) != out {
			t.Errorf("Out(%q) = %q, and again %q", s, out, p.Out(out))
		}
		if utf8.ValidString(s) && !utf8.ValidString(out) {
			t.Errorf("Out(%q) = %q", s, out)
		}
		if strings.Contains(" "+out+" ", " ada@x.example ") {
			t.Errorf("left in %q", out)
		}
	})
}
