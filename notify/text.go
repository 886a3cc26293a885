package notify

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// clean makes outside text fit for one line of a mail: no control or formatting characters (line breaks and direction overrides among
// them), single spaces, at most limit characters.
func clean(s string, limit int) string {
	return short(strings.Join(strings.Fields(printable(s)), " "), limit)
}

// exact makes outside text fit for one line as clean does, and keeps the spaces in it: it is to be copied.
func exact(s string, limit int) string { return short(strings.TrimSpace(printable(s)), limit) }

var scheme = regexp.MustCompile(`(?i)\b[a-z][a-z0-9+.-]*:/+|\b(?:mailto|tel|sms|javascript|data):`)

// named makes a name from outside fit for a sentence as clean does, and takes out of it what makes an address a link: the client's own page
// is the only one in a letter.
func named(s string, limit int) string {
	s = strings.Join(strings.Fields(printable(first(s, 8*limit))), " ")
	for scheme.MatchString(s) { // one can hide in another
		s = scheme.ReplaceAllString(s, "")
	}
	return short(strings.Join(strings.Fields(s), " "), limit)
}

// first gives so many bytes of a text.
func first(s string, n int) string {
	if len(s) > n {
		s = s[:n]
	}
	return s
}

func printable(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r), r == '\u2028', r == '\u2029':
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r), unicode.Is(unicode.Co, r):
			return -1
		}
		return r
	}, s)
}

// short cuts a text visibly to so many characters, and to twice as many bytes.
func short(s string, limit int) string {
	if utf8.RuneCountInString(s) <= limit && len(s) <= 2*limit {
		return s
	}
	size, n := 0, 0
	for i, r := range s {
		if n++; n == limit || i+utf8.RuneLen(r) > 2*limit-len("…") {
			break
		}
		size = i + utf8.RuneLen(r)
	}
	return strings.TrimSpace(s[:size]) + "…"
}

// unicodeName gives a domain name as people read it; a name that can't be shown safely stays an A-label.
func unicodeName(name string) string {
	name = named(name, 260)
	u, err := idna.ToUnicode(name)
	if err != nil || clean(u, 260) != u {
		return name
	}
	return u
}

// fullName gives a domain name as people read it, with the A-label beside it when that reads differently.
func fullName(name string) string {
	u := unicodeName(name)
	if a := named(name, 260); a != u {
		return u + " (" + a + ")"
	}
	return u
}

// wrap breaks text into lines of at most width characters, where it can; further lines begin with indent, which does not count.
func wrap(s string, width int, indent string) string {
	var b strings.Builder
	column := 0
	for i, word := range strings.Fields(s) {
		n := utf8.RuneCountInString(word)
		switch {
		case i == 0:
		case column+1+n > width:
			b.WriteString("\n" + indent)
			column = 0
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

// Wrap breaks text into lines of at most width characters, where it can; further lines begin with indent.
func Wrap(s string, width int, indent string) string { return wrap(s, width, indent) }

// ShownName gives a domain name as people read it, with the A-label beside it when that reads differently.
func ShownName(name string) string { return fullName(name) }
