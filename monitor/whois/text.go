package whois

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// The bounds on what is taken from a text.
const (
	maxLines = 4000
	maxLine  = 2000 // bytes
)

// line is one line of an answer.
type line struct {
	text    string // trimmed, printable
	low     string // text without leading decoration, lower case, blanks collapsed: what phrases are compared with
	indent  int    // leading blanks, a tab counts for eight
	comment bool   // starts with % or #
	prose   bool   // part of a paragraph: terms of use, not a statement
	opens   bool   // the line above it is blank
}

// decode returns the text as UTF-8. Bytes that are not UTF-8 are read as Latin-1, which is what the registries that do not speak UTF-8
// send; a wrong guess costs the look of a name, never a date.
func decode(text []byte) string {
	if len(text) > maxParsed {
		text = text[:maxParsed]
	}
	s := strings.TrimPrefix(string(text), "\ufeff")
	if utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s) + len(s)/8)
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && n == 1 {
			r = rune(s[i])
		}
		b.WriteRune(r)
		i += n
	}
	return b.String()
}

// split cuts a text into lines at LF, CR or CRLF.
func split(s, domain string) []line {
	s = strings.ReplaceAll(s, "\r\n", "\n")
	s = strings.ReplaceAll(s, "\r", "\n")
	var out []line
	for raw := range strings.SplitSeq(s, "\n") {
		if len(out) == maxLines {
			break
		}
		if len(raw) > maxLine {
			raw = strings.ToValidUTF8(raw[:maxLine], "")
		}
		out = append(out, newLine(raw))
	}
	markProse(out, domain)
	return out
}

// markProse marks the lines of running text. Registries wrap their terms of use, so that any phrase may come to stand on a line of its
// own: a line that continues a long one above it, or that is continued below, is none of the answer unless it names the domain.
func markProse(lines []line, domain string) {
	for i := range lines {
		l := &lines[i]
		l.opens = i == 0 || lines[i-1].low == ""
		if l.low == "" || short(*l) || containsName(l.low, domain) {
			continue
		}
		if i > 0 && running(lines[i-1]) && (len(lines[i-1].low) >= 45 || startsLower(l.text)) {
			l.prose = true
		}
		if i+1 < len(lines) && running(*l) && len(l.low) >= 45 && lines[i+1].low != "" && startsLower(lines[i+1].text) {
			l.prose = true
		}
	}
}

// running reports whether a line looks cut off in the middle of a sentence.
func running(l line) bool {
	return len(l.low) >= 30 && !strings.ContainsAny(l.low[len(l.low)-1:], ".!?:<-=*#") && !short(l) && !endsInAddress(l.low)
}

// endsInAddress reports whether the last word of a line is a web address, which ends a sentence without a full stop.
func endsInAddress(low string) bool {
	last := low[strings.LastIndexByte(low, ' ')+1:]
	return strings.Contains(last, "://") || strings.HasPrefix(last, "www.")
}

// short reports whether a line is a statement of its own: "label: value" with a value of few words, or one that begins with a host's name.
func short(l line) bool {
	first, _, _ := strings.Cut(l.low, " ")
	if strings.Contains(first, ".") && !strings.HasSuffix(first, ".") && hostName(first) != "" {
		return true
	}
	label, value, ok := cutLabel(l.text)
	if !ok {
		return false
	}
	return kindOf(label) != kindOther || (len(strings.Fields(label)) <= 4 && len(strings.Fields(value)) <= 4)
}

// startsLower reports whether the first letter of a line is a small one.
func startsLower(s string) bool {
	r, _ := utf8.DecodeRuneInString(strings.TrimLeft(s, "%#* \t"))
	return unicode.IsLower(r)
}

func newLine(raw string) line {
	var l line
	for i := 0; i < len(raw); i++ {
		if raw[i] == '\t' {
			l.indent += 7
		} else if raw[i] != ' ' {
			break
		}
		l.indent++
	}
	l.text = strings.TrimSpace(printable(raw))
	l.comment = strings.HasPrefix(l.text, "%") || strings.HasPrefix(l.text, "#")
	l.low = strings.ToLower(strings.Join(strings.Fields(strings.TrimLeft(l.text, "%#*>;-. \t")), " "))
	return l
}

// printable drops control and format characters; tabs stay since they separate columns.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t':
			return r
		case r == '\u00a0', r == '\u3000':
			return ' '
		case !unicode.IsPrint(r):
			return -1
		}
		return r
	}, s)
}

// clean makes foreign text printable on one line and at most limit runes long.
func clean(s string, limit int) string {
	if len(s) > 8*limit {
		s = s[:8*limit]
	}
	s = strings.Join(strings.Fields(printable(strings.ToValidUTF8(s, ""))), " ")
	if r := []rune(s); len(r) > limit {
		s = string(r[:limit])
	}
	return s
}

var profile = idna.New(idna.MapForLookup(), idna.BidiRule(), idna.CheckJoiners(true), idna.StrictDomainName(true), idna.VerifyDNSLength(true))

// normalName returns a domain or host name as A-label, lower case, without the root's dot, or "" when it is not one. No control
// character survives it, so a query can't be given a second line.
func normalName(s string) string {
	s = strings.TrimSuffix(strings.TrimSpace(s), ".")
	if s == "" || len(s) > 1000 {
		return ""
	}
	a, err := profile.ToASCII(s)
	if err != nil {
		return ""
	}
	return a
}

// hostName returns a name server's name, or "" when a word is not one: at least two labels, the last of them not a number.
func hostName(s string) string {
	s = strings.Trim(s, ".,;()[]<>\"'")
	if !strings.Contains(s, ".") || strings.ContainsAny(s, "@/:\\") || len(s) > 253 {
		return ""
	}
	name := normalName(s)
	last := name[strings.LastIndexByte(name, '.')+1:]
	if last == "" || len(last) < 2 || strings.Trim(last, "0123456789") == "" {
		return ""
	}
	return name
}
