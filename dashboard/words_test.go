package dashboard_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/krestmarketing/deedwatch/dashboard"
)

func TestNames(t *testing.T) {
	for _, c := range []struct{ in, text, title, why string }{
		{"example.com", "example.com", "", "nothing to decode"},
		{"xn--kessler-tren-llb.de", "kessler-türen.de", "xn--kessler-tren-llb.de", "the stored form stands beside it"},
		{"xn--a.example", "xn--a.example", "", "a label that does not decode stays as it is"},
	} {
		if text, title := dashboard.U(c.in); text != c.text || title != c.title {
			t.Errorf("%s: %q %q, want %q %q (%s)", c.in, text, title, c.text, c.title, c.why)
		}
	}
	for in, want := range map[string]string{
		" Example.COM. ": "example.com", "https://example.com/path?x": "example.com", "example.com:8443": "example.com", "kessler-türen.de": "xn--kessler-tren-llb.de",
		"harborline": "", "two words.example": "", "": "", "a..b": "", "<script>.example": "",
	} {
		if got := dashboard.ASCIIName(in); got != want {
			t.Errorf("typed %q: %q, want %q", in, got, want)
		}
	}
}

func TestVisible(t *testing.T) {
	for _, c := range []struct{ in, want, why string }{
		{"plain\n\ttext", "plain\n\ttext", "line ends and tabs stay"},
		{"a\r\nb", "a\nb", "one line end, not two"},
		{"a\rb", "a␍b", "a bare return would overwrite the line"},
		{"a\x00b\x1b[31m\x7f", "a␀b␛[31m␡", "control characters become their pictures"},
		{"moc\u202eevil", "moc⟨U+202E⟩evil", "text that turns its direction"},
		{"zero\u200bwidth\u00ad", "zero⟨U+200B⟩width⟨U+00AD⟩", "what has no width"},
		{"\xff\xfe", "⟨xFF⟩⟨xFE⟩", "bytes that are no text"},
		{"\u0085", "⟨U+0085⟩", "the second set of control characters"},
	} {
		if got := dashboard.Visible(c.in); got != c.want {
			t.Errorf("%q: %q, want %q (%s)", c.in, got, c.want, c.why)
		}
	}
}

func FuzzVisible(f *testing.F) {
	f.Add("a\x00\u202e\xff\r\n")
	f.Add("<script>")
	f.Fuzz(func(t *testing.T, s string) {
		got := dashboard.Visible(s)
		if !utf8.ValidString(got) {
			t.Fatalf("%q became invalid text %q", s, got)
		}
		if strings.ContainsFunc(got, func(r rune) bool {
			return r < 0x20 && r != '\n' && r != '\t' || r == 0x7f || r >= 0x202a && r <= 0x202e
		}) {
			t.Fatalf("%q still hides something: %q", s, got)
		}
	})
}

func TestSmallWords(t *testing.T) {
	for in, want := range map[string]string{"(888) 839-4640": "+18888394640", "+44 20 7946 0000": "+442079460000", "call us": "", "": "", "112": "112"} {
		if got := dashboard.TelURI(in); got != want {
			t.Errorf("to dial %q: %q, want %q", in, got, want)
		}
	}
	for in, want := range map[string]string{"Dana Whitfield": "DW", "inés": "I", "": "?", "a b c": "AC"} {
		if got := dashboard.Initials(in); got != want {
			t.Errorf("initials of %q: %q, want %q", in, got, want)
		}
	}
	for in, want := range map[string]string{"Rosa Delgado": "Rosa", "Dr. Maya Okafor": "Dr. Maya Okafor", "": ""} {
		if got := dashboard.FirstName(in); got != want {
			t.Errorf("greeting %q: %q, want %q", in, got, want)
		}
	}
	for in, want := range map[string]string{"d14": "14-day", "followup_d14": "No answer to the 14-day notice: call", "wrong_person_7": "Find the right person", "x\x00": "x␀"} {
		if got := dashboard.StageWords(stage(in)); got != want {
			t.Errorf("stage %q: %q, want %q", in, got, want)
		}
	}
	for in, want := range map[string]string{"/domains?x=1": "/domains?x=1", "//evil.example": "/", "https://evil.example": "/", `/\evil`: "/", "": "/", "/a\r\nb": "/", "domains": "/"} {
		if got := dashboard.LocalPath(in); got != want {
			t.Errorf("path %q: %q, want %q", in, got, want)
		}
	}
}
