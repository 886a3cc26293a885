package whois

import (
	"strings"

	"golang.org/x/net/idna"
)

var profile = idna.New(idna.MapForLookup(), idna.BidiRule(), idna.CheckJoiners(true), idna.StrictDomainName(true), idna.VerifyDNSLength(true))

// normalName returns a domain or host name as A-label, lower case, without the root's dot, or "" when it is not one. No control
// character survives it, so a query can't be given a second line.
func normalName(s string) string {
	s = strings.TrimSuffix(strings.TrimSpace(s), ".")
	if s == "" || len(s) > 1000 {
		return ""
	}
	if plainName(s) {
		return strings.ToLower(s)
	}
	a, err := profile.ToASCII(s)
	if err != nil {
		return ""
	}
	return a
}

// plainName reports whether a name is letters, digits and hyphens in labels and lengths that IDNA leaves as they are, so that it need not
// be asked. Names with two hyphens in the third place are not plain.
func plainName(s string) bool {
	if len(s) > 253 {
		return false
	}
	start := 0
	for i := 0; i <= len(s); i++ {
		if i < len(s) && s[i] != '.' {
			c := s[i] | 0x20
			if (c < 'a' || c > 'z') && !isDigit(s[i]) && s[i] != '-' {
				return false
			}
			continue
		}
		label := s[start:i]
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' || (len(label) > 3 && label[2] == '-' && label[3] == '-') {
			return false
		}
		start = i + 1
	}
	return true
}

// hostName returns a name server's name, or "" when a word is not one: at least two labels, the last of them not a number.
func hostName(s string) string {
	s = strings.Trim(s, ".,;()[]<>\"'")
	if len(s) > 253 || strings.IndexByte(s, '.') < 0 || strings.ContainsAny(s, "@/:\\") {
		return ""
	}
	name := normalName(s)
	last := name[strings.LastIndexByte(name, '.')+1:]
	if len(last) < 2 || strings.Trim(last, "0123456789") == "" {
		return ""
	}
	return name
}

// containsName finds a name that is not a part of a longer one.
func containsName(low, name string) bool {
	for from := 0; ; {
		i := strings.Index(low[from:], name)
		if i < 0 {
			return false
		}
		start, end := from+i, from+i+len(name)
		before := start == 0 || !nameByte(low[start-1])
		after := end == len(low) || !nameByte(low[end]) || (low[end] == '.' && (end+1 == len(low) || !nameByte(low[end+1])))
		if before && after {
			return true
		}
		from = start + 1
	}
}

func nameByte(b byte) bool {
	return b == '-' || b == '.' || b == '_' || (b >= 'a' && b <= 'z') || isDigit(b) || b >= 0x80
}

// wordTLD reports whether a name ends in letters, as every top-level domain does; a number with a fraction does not.
func wordTLD(n string) bool {
	last := n[strings.LastIndexByte(n, '.')+1:]
	return strings.HasPrefix(last, "xn--") || strings.Trim(last, "abcdefghijklmnopqrstuvwxyz") == ""
}

// sameSuffix tells a registrable name from a web address in the same line: it ends like the name that was asked for, or in a suffix
// that can be registered under.
func sameSuffix(n, domain string) bool {
	_, suffix, _ := strings.Cut(domain, ".")
	return strings.HasSuffix(n, "."+suffix) || strings.Count(n, ".") == 1
}
