package whois

import (
	"strings"
	"unicode"
	"unicode/utf8"
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
	label   string // as printed, when the line is cut
	value   string // what stands behind the label
	kind    kind   // what the label announces
	indent  int    // leading blanks, a tab counts for eight
	cut     bool   // the line has a label
	comment bool   // starts with %, # or >>>, the last around the age of a database
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
func split(s, domain string, d *dialect) []line {
	out := make([]line, 0, min(strings.Count(s, "\n")+1, maxLines))
	var low strings.Builder
	low.Grow(len(s))
	for s != "" && len(out) < maxLines {
		raw, rest := s, ""
		if end := strings.IndexAny(s, "\r\n"); end >= 0 {
			raw, rest = s[:end], s[end+1:]
			if s[end] == '\r' {
				rest = strings.TrimPrefix(strings.TrimLeft(rest, "\r"), "\n")
			}
		}
		out = append(out, newLine(raw, &low, d))
		s = rest
	}
	markProse(out, domain)
	return out
}

// newLine takes one line apart; low collects the small letters of all lines.
func newLine(raw string, low *strings.Builder, d *dialect) line {
	if len(raw) > maxLine {
		raw = strings.ToValidUTF8(raw[:maxLine], "")
	}
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
	if l.text == "" {
		return l
	}
	l.comment = l.text[0] == '%' || l.text[0] == '#' || strings.HasPrefix(l.text, ">>>")
	start := low.Len()
	writeLow(low, strings.TrimLeft(l.text, "%#*>;-. \t"))
	l.low = low.String()[start:]
	l.label, l.value, l.kind, l.cut = d.cutLabel(l.text)
	return l
}

// writeLow writes a text in small letters with single blanks.
func writeLow(b *strings.Builder, s string) {
	blank := false
	for i := 0; i < len(s); {
		c := s[i]
		if c == ' ' || c == '\t' {
			blank = true
			i++
			continue
		}
		if blank {
			b.WriteByte(' ')
			blank = false
		}
		if c < utf8.RuneSelf {
			if c >= 'A' && c <= 'Z' {
				c += 'a' - 'A'
			}
			b.WriteByte(c)
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		b.WriteRune(unicode.ToLower(r))
		i += n
	}
}

// markProse marks the lines of running text. Registries wrap their terms of use, so that any phrase may come to stand on a line of its
// own: a line that continues a long one above it, or that is continued below, is none of the answer unless it names the domain.
func markProse(lines []line, domain string) {
	wasRunning := false
	for i := range lines {
		l := &lines[i]
		l.opens = i == 0 || lines[i-1].low == ""
		if l.low == "" {
			wasRunning = false
			continue
		}
		statement := short(l)
		runs := !statement && running(l)
		if !statement && (wasRunning || runs) && !containsName(l.low, domain) {
			if wasRunning && (len(lines[i-1].low) >= 45 || startsLower(l.text)) {
				l.prose = true
			}
			if runs && i+1 < len(lines) && len(l.low) >= 45 && lines[i+1].low != "" && startsLower(lines[i+1].text) {
				l.prose = true
			}
		}
		wasRunning = runs
	}
}

// running reports whether a line that is no statement looks cut off in the middle of a sentence.
func running(l *line) bool {
	return len(l.low) >= 30 && !strings.ContainsRune(".!?:<-=*#", rune(l.low[len(l.low)-1])) && !endsInAddress(l.low)
}

// endsInAddress reports whether the last word of a line is a web address, which ends a sentence without a full stop.
func endsInAddress(low string) bool {
	last := low[strings.LastIndexByte(low, ' ')+1:]
	return strings.Contains(last, "://") || strings.HasPrefix(last, "www.")
}

// short reports whether a line is a statement of its own: "label: value" with a value of few words, or one that begins with a host's name.
func short(l *line) bool {
	if l.cut && (l.kind != kindOther || (!manyWords(l.label) && !manyWords(l.value))) {
		return true
	}
	first, _, _ := strings.Cut(l.low, " ")
	return strings.Contains(first, ".") && !strings.HasSuffix(first, ".") && hostName(first) != ""
}

// manyWords reports whether a text has more than four words.
func manyWords(s string) bool {
	words, inside := 0, false
	for i := 0; i < len(s); i++ {
		blank := s[i] == ' ' || s[i] == '\t'
		if !blank && !inside {
			words++
		}
		inside = !blank
	}
	return words > 4
}

// startsLower reports whether the first letter of a line is a small one.
func startsLower(s string) bool {
	r, _ := utf8.DecodeRuneInString(strings.TrimLeft(s, "%#* \t"))
	return unicode.IsLower(r)
}

// printable drops control and format characters; tabs stay since they separate columns.
func printable(s string) string {
	plain := true
	for i := 0; i < len(s) && plain; i++ {
		plain = s[i] == '\t' || (s[i] >= ' ' && s[i] < 0x7f)
	}
	if plain {
		return s
	}
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
	s = strings.TrimSpace(printable(strings.ToValidUTF8(s, "")))
	if strings.Contains(s, "  ") || strings.IndexByte(s, '\t') >= 0 {
		s = strings.Join(strings.Fields(s), " ")
	}
	if len(s) > limit {
		if r := []rune(s); len(r) > limit {
			s = string(r[:limit])
		}
	}
	return s
}
