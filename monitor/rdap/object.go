package rdap

import (
	"encoding/json"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/net/idna"
)

// object is a JSON object of an answer. Its accessors never fail: a member that is missing, null or of another type reads as empty, so
// that one broken member does not cost the others.
type object map[string]any

// missing reports whether a member is absent or null.
func missing(o object, key string) bool { return o[key] == nil }

// str returns a string member; numbers are accepted since registries send IANA ids and handles unquoted.
func (o object) str(key string) string { return text(o[key]) }

func text(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return ""
}

// number returns an integer member, quoted or not; zero when there is none.
func (o object) number(key string) int {
	n, err := strconv.Atoi(strings.TrimSpace(o.str(key)))
	if err != nil {
		return 0
	}
	return n
}

// truth returns a boolean member and whether it was stated; quoted booleans are accepted.
func (o object) truth(key string) (value, stated bool) {
	switch v := o[key].(type) {
	case bool:
		return v, true
	case string:
		b, err := strconv.ParseBool(strings.ToLower(strings.TrimSpace(v)))
		return b, err == nil
	}
	return false, false
}

// maxList is the most that is looked at of any list; no registration has so many of anything.
const maxList = 1000

// list returns the members of an array, at most maxList; a single value stands for a list of one.
func (o object) list(key string) []any {
	switch v := o[key].(type) {
	case nil:
		return nil
	case []any:
		return v[:min(len(v), maxList)]
	default:
		return []any{v}
	}
}

// objects returns the objects of an array member.
func (o object) objects(key string) []object {
	var out []object
	for _, v := range o.list(key) {
		if m, ok := v.(map[string]any); ok {
			out = append(out, m)
		}
	}
	return out
}

// words returns the strings of an array member.
func (o object) words(key string) []string {
	var out []string
	for _, v := range o.list(key) {
		if s := text(v); s != "" {
			out = append(out, s)
		}
	}
	return out
}

// name returns the A-label form of the name an object is about, or "" when it states none.
func (o object) name() string {
	if n := normalName(o.str("ldhName")); n != "" {
		return n
	}
	return normalName(o.str("unicodeName"))
}

// UnmarshalJSON accepts an object only; null and arrays are errors.
func (o *object) UnmarshalJSON(b []byte) error {
	var m map[string]any
	if err := json.Unmarshal(b, &m); err != nil {
		return err
	}
	*o = m
	return nil
}

var profile = idna.New(idna.MapForLookup(), idna.BidiRule(), idna.CheckJoiners(true), idna.StrictDomainName(true), idna.VerifyDNSLength(true))

// normalName returns a host or domain name as A-label, lower case, without the root's dot, or "" when it is not one.
func normalName(s string) string {
	s = strings.TrimSuffix(strings.TrimSpace(s), ".")
	if s == "" || len(s) > 1000 {
		return ""
	}
	a, err := profile.ToASCII(s)
	if err != nil {
		return ""
	}
	return a
}

// clean makes foreign text printable on one line and at most limit runes long.
func clean(s string, limit int) string {
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
	if r := []rune(s); len(r) > limit {
		s = string(r[:limit])
	}
	return s
}
