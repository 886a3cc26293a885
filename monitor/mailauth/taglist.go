package mailauth

import (
	"fmt"
	"strings"
)

// tag is one name and value of a tag list (RFC 6376 section 3.2).
type tag struct{ name, value string }

// tagList is a parsed list with everything in it that is not as the grammar wants it.
type tagList struct {
	tags   []tag
	faults []string // for people
}

// parseTags reads "name=value; name=value". It keeps what it can read and names the rest.
func parseTags(text string) tagList {
	var l tagList
	pieces := strings.Split(text, ";")
	for i, piece := range pieces {
		piece = trimSpace(piece)
		if piece == "" {
			if i < len(pieces)-1 {
				l.faults = append(l.faults, "there is nothing between two semicolons")
			}
			continue
		}
		name, value, ok := strings.Cut(piece, "=")
		name, value = trimSpace(name), trimSpace(value)
		switch {
		case !ok:
			l.faults = append(l.faults, fmt.Sprintf("%q has no equals sign", Shown(piece, 60)))
		case !isTagName(name):
			l.faults = append(l.faults, fmt.Sprintf("%q is no name of a tag", Shown(name, 40)))
		case l.has(name):
			l.faults = append(l.faults, fmt.Sprintf("%s= stands there twice", name))
		default:
			l.tags = append(l.tags, tag{name, value})
		}
	}
	return l
}

// get returns the value of a tag; ok is false when it is not there.
func (l tagList) get(name string) (value string, ok bool) {
	for _, t := range l.tags {
		if t.name == name {
			return t.value, true
		}
	}
	return "", false
}

func (l tagList) has(name string) bool {
	_, ok := l.get(name)
	return ok
}

// words splits the value of a tag at colons or commas.
func words(value string, sep string) []string {
	var out []string
	for w := range strings.SplitSeq(value, sep) {
		out = append(out, trimSpace(w))
	}
	return out
}

// trimSpace takes off the folding white space of RFC 6376.
func trimSpace(s string) string { return strings.Trim(s, " \t\r\n") }

func isTagName(s string) bool {
	for i := range len(s) {
		c := lowerASCII(s[i : i+1])[0]
		if 'a' <= c && c <= 'z' || i > 0 && (isDigit(c) || c == '_') {
			continue
		}
		return false
	}
	return s != ""
}
