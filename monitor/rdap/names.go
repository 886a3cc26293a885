package rdap

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

var profile = idna.New(idna.MapForLookup(), idna.BidiRule(), idna.CheckJoiners(true), idna.StrictDomainName(true), idna.VerifyDNSLength(true))

// normalName returns a host or domain name as A-label, lower case, without the root's dot, or "" when it is not one.
func normalName(s string) string {
	s = strings.TrimSuffix(strings.TrimSpace(s), ".")
	if s == "" || len(s) > 1000 {
		return ""
	}
	if low := strings.ToLower(s); plainName(low, false) {
		return low
	}
	a, err := profile.ToASCII(s)
	if err != nil {
		return ""
	}
	return a
}

// hostName is normalName for hosts, among which there are names that no registry would take today: with underscores or odd hyphens.
func hostName(s string) string {
	if n := normalName(s); n != "" {
		return n
	}
	if low := strings.ToLower(strings.TrimSuffix(strings.TrimSpace(s), ".")); plainName(low, true) {
		return low
	}
	return ""
}

// plainName reports whether a name needs no mapping: labels of letters, digits and inner hyphens. A host may also hold underscores and
// hyphens anywhere.
func plainName(s string, host bool) bool {
	if len(s) > 253 {
		return false
	}
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > 63 {
			return false
		}
		if !host && (label[0] == '-' || label[len(label)-1] == '-' || (len(label) > 3 && label[2:4] == "--")) {
			return false
		}
		for i := range len(label) {
			c := label[i]
			if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && (!host || c != '_') {
				return false
			}
		}
	}
	return true
}

// clean makes foreign text printable on one line and at most limit runes long.
func clean(s string, limit int) string {
	if printable(s) && len(s) <= limit {
		return s
	}
	if len(s) > 8*limit {
		s = s[:8*limit]
	}
	s = strings.ToValidUTF8(s, "")
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case !unicode.IsPrint(r):
			return -1
		}
		return r
	}, s)
	s = strings.Join(strings.Fields(s), " ")
	if utf8.RuneCountInString(s) > limit {
		s = strings.TrimSpace(string([]rune(s)[:limit]))
	}
	return s
}

// printable reports whether a text is ASCII on one line with single spaces inside: most are, and need no copy.
func printable(s string) bool {
	space := true
	for i := range len(s) {
		c := s[i]
		if c < ' ' || c > '~' || (c == ' ' && space) {
			return false
		}
		space = c == ' '
	}
	return s == "" || !space
}
