package notify

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// clean makes outside text fit for one line of a mail: no control or formatting characters (line breaks and direction overrides among
// them), single spaces, at most limit characters.
func clean(s string, limit int) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r), r == '\u2028', r == '\u2029':
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r), unicode.Is(unicode.Co, r):
			return -1
		}
		return r
	}, s)
	s = strings.Join(strings.Fields(s), " ")
	if utf8.RuneCountInString(s) <= limit {
		return s
	}
	return strings.TrimSpace(string([]rune(s)[:limit-1])) + "…"
}

// unicodeName gives a domain name as people read it; a name that can't be shown safely stays an A-label.
func unicodeName(name string) string {
	name = clean(name, 260)
	u, err := idna.ToUnicode(name)
	if err != nil || clean(u, 260) != u {
		return name
	}
	return u
}

// fullName gives a domain name as people read it, with the A-label beside it when that reads differently.
func fullName(name string) string {
	u := unicodeName(name)
	if a := clean(name, 260); a != u {
		return u + " (" + a + ")"
	}
	return u
}

// wrap breaks text into lines of at most width characters, where it can; further lines begin with indent.
func wrap(s string, width int, indent string) string {
	var b strings.Builder
	column := 0
	for i, word := range strings.Fields(s) {
		n := utf8.RuneCountInString(word)
		switch {
		case i == 0:
		case column+1+n > width:
			b.WriteString("\n" + indent)
			column = utf8.RuneCountInString(indent)
		default:
			b.WriteByte(' ')
			column++
		}
		b.WriteString(word)
		column += n
	}
	return b.String()
}

// Printable makes outside text fit for logs, rows and one line of a mail: no control or formatting characters, single spaces, at most limit
// characters.
func Printable(s string, limit int) string { return clean(s, limit) }
