package rdap

import (
	"strconv"
	"strings"
)

// The accessors of an object never fail: a member that is missing, null or of another type reads as empty, so that one broken member does
// not cost the others.

// find gives the place of a member, or -1.
func (o object) find(key string) int {
	for i := range o {
		if o[i].key == key {
			return i
		}
	}
	return -1
}

// get returns a member's value; nil when it is absent or null.
func (o object) get(key string) any {
	if i := o.find(key); i >= 0 {
		return o[i].value
	}
	return nil
}

// has reports whether a member is there and not null.
func (o object) has(key string) bool { return o.get(key) != nil }

// str returns a string member; numbers are accepted since registries send IANA ids and handles unquoted.
func (o object) str(key string) string { return text(o.get(key)) }

// text returns a string or number, and "" for anything else.
func text(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case number:
		return string(v)
	}
	return ""
}

// number returns an integer member, quoted or not; zero when there is none.
func (o object) number(key string) int {
	s := strings.TrimSpace(o.str(key))
	if n, err := strconv.Atoi(s); err == nil {
		return n
	}
	if f, err := strconv.ParseFloat(s, 64); err == nil && f == float64(int32(f)) {
		return int(f)
	}
	return 0
}

// truth returns a boolean member and whether it was stated; quoted booleans and 0 and 1 are accepted.
func (o object) truth(key string) (value, stated bool) {
	switch v := o.get(key).(type) {
	case bool:
		return v, true
	case string, number:
		b, err := strconv.ParseBool(strings.ToLower(strings.TrimSpace(text(v))))
		return b, err == nil
	}
	return false, false
}

// list returns the values of an array member; a single value stands for a list of one.
func (o object) list(key string) []any { return asList(o.get(key)) }

// objects returns the objects of an array member.
func (o object) objects(key string) []object {
	values := o.list(key)
	out := make([]object, 0, len(values))
	for _, v := range values {
		if m, ok := v.(object); ok {
			out = append(out, m)
		}
	}
	return out
}

// words returns the strings and numbers of an array member.
func (o object) words(key string) []string {
	values := o.list(key)
	out := make([]string, 0, len(values))
	for _, v := range values {
		if s := text(v); s != "" {
			out = append(out, s)
		}
	}
	return out
}

// name returns the A-label form of the name an object is about, or "" when it states none, or two.
func (o object) name() string {
	if _, two := o.get("ldhName").(ambiguous); two {
		return ""
	}
	if n := normalName(o.str("ldhName")); n != "" {
		return n
	}
	return normalName(o.str("unicodeName"))
}
