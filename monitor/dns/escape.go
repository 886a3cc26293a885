package dns

import "strings"

const hexDigits = "0123456789abcdef"

// escape returns text with everything but printable ASCII written as \xNN, and at most limit bytes of the result (0: unbounded).
func escape(text string, limit int) string {
	var b strings.Builder
	for i := range len(text) {
		if limit > 0 && b.Len() >= limit {
			b.WriteString("...")
			break
		}
		c := text[i]
		if c >= ' ' && c <= '~' {
			b.WriteByte(c)
			continue
		}
		b.WriteString(`\x`)
		b.WriteByte(hexDigits[c>>4])
		b.WriteByte(hexDigits[c&15])
	}
	return b.String()
}
