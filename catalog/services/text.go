package services

import (
	"strconv"
	"strings"
)

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
		default:
			octet, length := escaped(s[i+1:])
			out.WriteByte(octet)
			i += length
		}
	}
	return 0
}

// escaped reads what follows a backslash: the three digits of a byte, or the byte itself.
func escaped(s string) (octet byte, length int) {
	if len(s) >= 3 {
		if n, err := strconv.ParseUint(s[:3], 10, 8); err == nil {
			return byte(n), 3
		}
	}
	return s[0], 1
}
