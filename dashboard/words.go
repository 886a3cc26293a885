package dashboard

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// nameView is a domain name as people read it, with the form that machines use beside it where the two differ.
type nameView struct {
	Text  string // U-label
	ASCII string // A-label, used in addresses
	Title string // the A-label where it differs from Text
}

// nameOf gives both forms of a stored name. A label that does not decode cleanly stays as it is.
func nameOf(ascii string) nameView {
	n := nameView{Text: ascii, ASCII: ascii}
	if u, err := idna.Display.ToUnicode(ascii); err == nil && u != ascii {
		n.Text, n.Title = visible(u), ascii
	}
	return n
}

// strict is what a typed name must fit: the look-up rules of UTS 46 and RFC 5891, and the lengths of the DNS.
var strict = idna.New(idna.MapForLookup(), idna.BidiRule(), idna.CheckJoiners(true), idna.StrictDomainName(true), idna.VerifyDNSLength(true))

// asciiName gives the stored form of a name that a person typed, or "" when it can't be a domain name. Addresses are fine too: scheme, path
// and port are dropped.
func asciiName(typed string) string {
	s := strings.TrimSpace(typed)
	if _, rest, ok := strings.Cut(s, "://"); ok {
		s = rest
	}
	if i := strings.IndexAny(s, "/?#:"); i >= 0 {
		s = s[:i]
	}
	a, err := strict.ToASCII(strings.TrimSuffix(s, "."))
	if err != nil || !strings.Contains(a, ".") {
		return ""
	}
	return strings.ToLower(a)
}

// visible makes what can't be seen, or would rearrange its neighbours, seen: control characters become their pictures (U+2400…), marks that
// turn the direction of text or have no width become ⟨U+202E⟩, bytes that are no UTF-8 become ⟨x9F⟩. Tabs and line ends stay.
func visible(s string) string {
	if !strings.ContainsFunc(s, hidden) && utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, "⟨x%02X⟩", s[i])
		case !hidden(r):
			b.WriteRune(r)
		case r == '\r' && strings.HasPrefix(s[i+1:], "\n"): // one half of a line end
		case r < 0x20:
			b.WriteRune(0x2400 + r)
		case r == 0x7f:
			b.WriteRune('␡')
		default:
			fmt.Fprintf(&b, "⟨U+%04X⟩", r)
		}
		i += size
	}
	return b.String()
}

func hidden(r rune) bool {
	if r == '\n' || r == '\t' {
		return false
	}
	return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == 0x2028 || r == 0x2029
}

// initials are the first letters of the first and the last word of a name, for the round mark in the header.
func initials(name string) string {
	words := strings.Fields(name)
	if len(words) == 0 {
		return "?"
	}
	first, _ := utf8.DecodeRuneInString(words[0])
	if len(words) == 1 {
		return string(unicode.ToUpper(first))
	}
	last, _ := utf8.DecodeRuneInString(words[len(words)-1])
	return string(unicode.ToUpper(first)) + string(unicode.ToUpper(last))
}

// telURI is the number to dial behind a phone number as people write it; empty when there is none.
func telURI(phone string) string {
	var b strings.Builder
	for i, r := range strings.TrimSpace(phone) {
		if r >= '0' && r <= '9' || r == '+' && i == 0 {
			b.WriteRune(r)
		}
	}
	digits := b.String()
	if len(digits) < 3 {
		return ""
	}
	if len(digits) == 10 && digits[0] != '+' { // a national number of the North American plan
		digits = "+1" + digits
	}
	return digits
}

// joinAnd lists words as a sentence does: "a, b and c".
func joinAnd(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}

// sentence ends s with a full stop and begins it with a capital.
func sentence(s string) string {
	s = strings.TrimSpace(s)
	if s == "" {
		return ""
	}
	r, size := utf8.DecodeRuneInString(s)
	s = string(unicode.ToUpper(r)) + s[size:]
	if last := s[len(s)-1]; last != '.' && last != '?' && last != '!' {
		s += "."
	}
	return s
}
