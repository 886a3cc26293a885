package mailauth

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// macro is one piece of a macro-string (RFC 7208 section 7.1): a literal, or an expansion.
type macro struct {
	literal string
	letter  byte // lower case; zero: a literal
	escape  bool // the letter was a capital: the result is URL-escaped
	digits  int  // zero: all parts
	reverse bool
	delims  string // empty: "."
}

const macroDelimiters = ".-+,/_="

// parseMacros splits a macro-string. The letters c, r and t are for explanations only (section 7.2).
func parseMacros(s string, explanation bool) ([]macro, error) {
	var out []macro
	var literal strings.Builder
	flush := func() {
		if literal.Len() > 0 {
			out = append(out, macro{literal: literal.String()})
			literal.Reset()
		}
	}
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '%':
			i++
			if i == len(s) {
				return nil, errors.New("a percent sign stands alone at the end")
			}
			switch s[i] {
			case '%':
				literal.WriteByte('%')
			case '_':
				literal.WriteByte(' ')
			case '-':
				literal.WriteString("%20")
			case '{':
				end := strings.IndexByte(s[i:], '}')
				if end < 0 {
					return nil, errors.New("a macro is not closed with }")
				}
				m, err := parseExpansion(s[i+1:i+end], explanation)
				if err != nil {
					return nil, err
				}
				flush()
				out = append(out, m)
				i += end
			default:
				return nil, fmt.Errorf("%q is no macro", "%"+Shown(s[i:i+1], 4))
			}
		case c > ' ' && c <= '~', c == ' ' && explanation:
			literal.WriteByte(c)
		default:
			return nil, errors.New("only printable ASCII is allowed")
		}
	}
	flush()
	return out, nil
}

// parseExpansion reads what stands between the braces: a letter, how many parts from the right, "r" for reversed, delimiters.
func parseExpansion(s string, explanation bool) (macro, error) {
	letters := "slodiphv"
	if explanation {
		letters += "crt"
	}
	if s == "" {
		return macro{}, errors.New("a macro is empty")
	}
	m := macro{letter: lowerASCII(s[:1])[0], escape: 'A' <= s[0] && s[0] <= 'Z'}
	if strings.IndexByte(letters, m.letter) < 0 {
		return m, fmt.Errorf("there is no macro %q here", "%{"+Shown(s, 20)+"}")
	}
	rest := s[1:]
	n := 0
	for n < len(rest) && isDigit(rest[n]) {
		n++
	}
	if n > 0 {
		parts, err := strconv.Atoi(rest[:n])
		if err != nil || parts == 0 || parts > 1<<16 {
			return m, fmt.Errorf("a macro cannot keep %s parts", Shown(rest[:n], 20))
		}
		m.digits = parts
	}
	rest = rest[n:]
	if rest != "" && (rest[0] == 'r' || rest[0] == 'R') {
		m.reverse, rest = true, rest[1:]
	}
	if strings.Trim(rest, macroDelimiters) != "" {
		return m, fmt.Errorf("the macro %q cannot be read", "%{"+Shown(s, 20)+"}")
	}
	m.delims = rest
	return m, nil
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// macroValues are what the letters stand for while a record is evaluated.
type macroValues struct {
	sender    string // with local part
	domain    string
	helo      string
	addr      netip.Addr
	receiver  string
	at        time.Time
	validated func() string // %{p}, which has to be looked up
}

func (v macroValues) of(letter byte) string {
	local, domain, _ := cutLast(v.sender, "@")
	switch letter {
	case 's':
		return v.sender
	case 'l':
		return local
	case 'o':
		return domain
	case 'd':
		return v.domain
	case 'i':
		return dotted(v.addr)
	case 'p':
		return v.validated()
	case 'h':
		return v.helo
	case 'c':
		return v.addr.String()
	case 'r':
		return v.receiver
	case 't':
		return strconv.FormatInt(v.at.Unix(), 10)
	default: // 'v'
		if v.addr.Is4() {
			return "in-addr"
		}
		return "ip6"
	}
}

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return "", s, false
	}
	return s[:i], s[i+len(sep):], true
}

// dotted writes an address as the i macro does: IPv6 as 32 nibbles, in capitals as the common test suite of the RFC wants them. In names
// that makes no difference.
func dotted(a netip.Addr) string {
	if a.Is4() {
		return a.String()
	}
	const hexDigits = "0123456789ABCDEF"
	raw := a.As16()
	b := make([]byte, 0, 64)
	for _, o := range raw {
		b = append(b, hexDigits[o>>4], '.', hexDigits[o&15], '.')
	}
	return string(b[:len(b)-1])
}

// expand puts the values in (section 7.3).
func expand(ms []macro, v macroValues) string {
	var b strings.Builder
	for _, m := range ms {
		if m.letter == 0 {
			b.WriteString(m.literal)
			continue
		}
		value := v.of(m.letter)
		if m.reverse || m.digits > 0 || m.delims != "" {
			delims := m.delims
			if delims == "" {
				delims = "."
			}
			parts := split(value, delims)
			if m.reverse {
				slices.Reverse(parts)
			}
			if m.digits > 0 && len(parts) > m.digits {
				parts = parts[len(parts)-m.digits:]
			}
			value = strings.Join(parts, ".")
		}
		if m.escape {
			value = urlEscape(value)
		}
		b.WriteString(value)
	}
	return b.String()
}

// split cuts at any of the delimiters; empty parts stay.
func split(s, delims string) []string {
	var parts []string
	for {
		i := strings.IndexAny(s, delims)
		if i < 0 {
			return append(parts, s)
		}
		parts, s = append(parts, s[:i]), s[i+1:]
	}
}

// urlEscape escapes everything outside the unreserved set (RFC 3986 section 2.3).
func urlEscape(s string) string {
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		if isDigit(c) || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || strings.IndexByte("-._~", c) >= 0 {
			b.WriteByte(c)
			continue
		}
		fmt.Fprintf(&b, "%%%02X", c)
	}
	return b.String()
}

// depends reports whether a macro-string needs more than the domain under evaluation, which only a message gives.
func depends(ms []macro) bool {
	return slices.ContainsFunc(ms, func(m macro) bool { return m.letter != 0 && m.letter != 'd' })
}
