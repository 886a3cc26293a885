package services

import "strings"

// textOf gives what a TXT record says. Data may be written as in a zone file (RFC 1035 section 5.1): quoted strings, which are put together
// without a space. Anything else is the text itself.
func textOf(data string) string {
	rest := strings.TrimSpace(data)
	if !strings.HasPrefix(rest, `"`) {
		return data
	}
	var out strings.Builder
	for rest != "" {
		if rest[0] != '"' {
			return data
		}
		length := unquote(&out, rest)
		if length == 0 {
			return data
		}
		rest = strings.TrimLeft(rest[length:], " \t")
	}
	return out.String()
}

// unquote writes the first quoted string of s and returns its length with the quotes; 0: it has no end.
func unquote(out *strings.Builder, s string) int {
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			return i + 1
		case c != '\\':
			out.WriteByte(c)
		case i+1 == len(s):
			return 0
		case decimal(s[i+1:]) >= 0:
			out.WriteByte(byte(decimal(s[i+1:])))
			i += 3
		default:
			i++
			out.WriteByte(s[i])
		}
	}
	return 0
}

// decimal reads the three digits of an escaped byte; -1: there are none.
func decimal(s string) int {
	if len(s) < 3 {
		return -1
	}
	n := 0
	for _, c := range []byte(s[:3]) {
		if c < '0' || c > '9' {
			return -1
		}
		n = 10*n + int(c-'0')
	}
	if n > 255 {
		return -1
	}
	return n
}
