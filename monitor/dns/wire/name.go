package wire

import (
	"errors"
	"strings"
)

// The bounds of names (RFC 1035 section 3.1).
const (
	maxName  = 255 // octets in wire form, the root's included
	maxLabel = 63
)

// ErrName says that a text is not a name that can be asked for.
var ErrName = errors.New("not a domain name in plain labels")

// AppendName appends a name in wire form: length-prefixed labels and the root. The name is in presentation form without escapes, with or
// without the root's dot; letters become small.
func AppendName(dst []byte, name string) ([]byte, error) {
	name = strings.TrimSuffix(name, ".")
	start := len(dst)
	for name != "" {
		label, rest, more := strings.Cut(name, ".")
		if label == "" || len(label) > maxLabel || strings.ContainsAny(label, "\\\"() ;@") || (more && rest == "") {
			return dst[:start], ErrName
		}
		dst = append(dst, byte(len(label))) //nolint:gosec // at most maxLabel
		for i := range len(label) {
			dst = append(dst, lower(label[i]))
		}
		name = rest
	}
	dst = append(dst, 0)
	if len(dst)-start > maxName {
		return dst[:start], ErrName
	}
	return dst, nil
}

// Text gives a name in wire form as text, with the root's dot. Bytes that are no part of a host name are written as \DDD.
func Text(name []byte) string {
	var b strings.Builder
	for len(name) > 0 && name[0] > 0 && int(name[0]) < len(name) {
		for _, c := range name[1 : 1+name[0]] {
			if c == '.' || c == '\\' || c <= ' ' || c >= 0x7f {
				b.WriteByte('\\')
				b.WriteByte('0' + c/100)
				b.WriteByte('0' + c/10%10)
				b.WriteByte('0' + c%10)
			} else {
				b.WriteByte(c)
			}
		}
		b.WriteByte('.')
		name = name[1+name[0]:]
	}
	if b.Len() == 0 {
		return "."
	}
	return b.String()
}

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// expand appends the name at off of a message, decompressed and in small letters, and returns the offset behind it. A pointer must lead
// backwards, so that no message sends the reader in circles.
func expand(dst, msg []byte, off int) (name []byte, next int, ok bool) {
	start, limit := len(dst), off
	next = -1
	for {
		if off >= len(msg) {
			return dst[:start], 0, false
		}
		c := int(msg[off])
		switch {
		case c == 0:
			dst = append(dst, 0)
			if next < 0 {
				next = off + 1
			}
			return dst, next, len(dst)-start <= maxName
		case c <= maxLabel:
			if off+1+c > len(msg) || len(dst)-start+1+c > maxName {
				return dst[:start], 0, false
			}
			dst = append(dst, byte(c))
			for _, b := range msg[off+1 : off+1+c] {
				dst = append(dst, lower(b))
			}
			off += 1 + c
		case c&0xc0 == 0xc0:
			if off+1 >= len(msg) {
				return dst[:start], 0, false
			}
			to := (c&0x3f)<<8 | int(msg[off+1])
			if next < 0 {
				next = off + 2
			}
			if to >= limit {
				return dst[:start], 0, false
			}
			off, limit = to, to
		default:
			return dst[:start], 0, false
		}
	}
}

// Within reports whether a name lies at or below another; both are in wire form and small letters.
func Within(zone, name []byte) bool {
	for len(name) > len(zone) && name[0] > 0 && int(name[0]) < len(name) {
		name = name[1+name[0]:]
	}
	return string(name) == string(zone)
}
