package catalog

import (
	"net/netip"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxPaste is the longest text, in bytes, that is read as one name with its trimmings.
const maxPaste = 4096

const (
	isAddress = "that is an IP address; give the domain's name, like example.com"
	noName    = "no name was given; write it like example.com"
)

// wide are the signs of other scripts that people type for the dot, colon, slash and at of an address (UTS 46 maps the dots alone).
var wide = strings.NewReplacer("。", ".", "．", ".", "｡", ".", "：", ":", "／", "/", "＠", "@", "\\", "/")

// hostIn finds the host in what was pasted, or says why there is none.
func hostIn(input string) (host, refused string) {
	if len(input) > maxPaste || !utf8.ValidString(input) {
		return "", "that is not a domain name; write it like example.com"
	}
	s := unwrap(wide.Replace(input))
	if i := strings.Index(s, "://"); i >= 0 {
		s = s[i+3:]
	} else if len(s) > 7 && strings.EqualFold(s[:7], "mailto:") {
		s = s[7:]
	}
	s = strings.TrimPrefix(s, "//")
	if i := strings.IndexAny(s, "/?#"); i >= 0 {
		s = s[:i]
	}
	if strings.ContainsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || r == ',' || r == ';' }) {
		return "", "that is more than one name, or has blanks in it; give one name without any, like example.com"
	}
	s = s[strings.LastIndex(s, "@")+1:]
	if strings.HasPrefix(s, "[") || strings.Count(s, ":") > 1 {
		if looksLikeAddress(strings.Trim(strings.TrimRight(s, ":0123456789"), "[]")) || looksLikeAddress(strings.Trim(s, "[]")) {
			return "", isAddress
		}
	}
	if i := strings.LastIndex(s, ":"); i >= 0 && strings.Trim(s[i+1:], "0123456789") == "" {
		s = s[:i]
	}
	s = strings.TrimRight(s, ".")
	for strings.HasPrefix(s, "*.") {
		s = s[2:]
	}
	return s, refuseHost(s)
}

// refuseHost says what is wrong with a host before its letters are looked at.
func refuseHost(s string) string {
	switch {
	case s == "" || s == "*":
		return noName
	case strings.HasPrefix(s, "."):
		return "a name does not begin with a dot; write it like example.com"
	case looksLikeAddress(s):
		return isAddress
	}
	return ""
}

// unwrap takes off what stands around an address when it is copied: blanks and invisible characters, quotes and brackets, the punctuation
// of the sentence, the owner's name before an e-mail address, the text of a Markdown link.
func unwrap(s string) string {
	for range 4 { // one within another
		before := s
		s = strings.TrimFunc(s, func(r rune) bool { return unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) })
		if open, end := strings.Index(s, "]("), strings.LastIndex(s, ")"); open >= 0 && end > open {
			s = s[open+2 : end]
			s, _, _ = strings.Cut(s, " ") // a title
		}
		if open, end := strings.LastIndex(s, "<"), strings.LastIndex(s, ">"); open >= 0 && end > open {
			s = s[open+1 : end]
		}
		if !strings.HasPrefix(s, "[") { // the bracket of an IPv6 address
			s = strings.TrimLeft(s, "\"'`“”„‘’«»‹›({<,;")
			s = strings.TrimRight(s, ".\"'`“”„‘’«»‹›)]}>,;:!?…")
		}
		if s == before {
			break
		}
	}
	return s
}

// looksLikeAddress reports whether a text is an IP address, or a number that programs take for one: no top level is a number (RFC 3696
// section 2), so nothing that ends in one is a name.
func looksLikeAddress(s string) bool {
	if _, err := netip.ParseAddr(s); err == nil {
		return true
	}
	if _, err := netip.ParsePrefix(s); err == nil {
		return true
	}
	last := s[strings.LastIndex(s, ".")+1:]
	if hex, ok := strings.CutPrefix(strings.ToLower(last), "0x"); ok && hex != "" {
		return strings.Trim(hex, "0123456789abcdef") == ""
	}
	return last != "" && strings.Trim(last, "0123456789") == ""
}

func isASCII(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r > unicode.MaxASCII }) < 0
}
