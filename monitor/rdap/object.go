package rdap

import (
	"strconv"
	"strings"
)

// The accessors never fail: a member that is missing, null or of another type reads as empty, so that one broken member does not cost the
// others.

// string returns a text or number, and "" for anything else; numbers are accepted since registries send IANA ids and handles unquoted.
func (v value) string() string {
	if v.kind == textual || v.kind == numeric {
		return v.text
	}
	return ""
}

// list returns the values of an array; a single value stands for a list of one.
func (v value) list() []member {
	switch v.kind {
	case listed:
		return v.in
	case null, ambiguous:
		return nil
	default:
		return []member{{value: v}}
	}
}

// object returns the members of an object; of anything else none.
func (v value) object() object {
	if v.kind == composite {
		return v.in
	}
	return nil
}

// find gives the place of a member, or -1.
func (o object) find(key string) int {
	for i := range o {
		if o[i].key == key {
			return i
		}
	}
	return -1
}

// get returns a member's value; null when it is absent.
func (o object) get(key string) value {
	if i := o.find(key); i >= 0 {
		return o[i].value
	}
	return value{}
}

// has reports whether a member is there and not null.
func (o object) has(key string) bool { return o.get(key).kind != null }

// str returns a text or number member.
func (o object) str(key string) string { return o.get(key).string() }

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
	v := o.get(key)
	if v.kind != boolean && v.string() == "" {
		return false, false
	}
	b, err := strconv.ParseBool(strings.ToLower(strings.TrimSpace(v.text)))
	return b, err == nil
}

// list returns the values of an array member; a single value stands for a list of one.
func (o object) list(key string) []member { return o.get(key).list() }

// objects returns the objects of an array member.
func (o object) objects(key string) []object {
	v := o.get(key)
	if v.kind == composite {
		return []object{v.in}
	}
	values := v.list()
	if len(values) == 0 {
		return nil
	}
	out := make([]object, 0, len(values))
	for i := range values {
		if values[i].kind == composite {
			out = append(out, values[i].in)
		}
	}
	return out
}

// words returns the texts and numbers of an array member.
func (o object) words(key string) []string {
	values := o.list(key)
	if len(values) == 0 {
		return nil
	}
	out := make([]string, 0, len(values))
	for i := range values {
		if s := values[i].string(); s != "" {
			out = append(out, s)
		}
	}
	return out
}

// name returns the A-label form of the name an object is about, or "" when it states none, or two.
func (o object) name() string {
	if o.get("ldhName").kind == ambiguous {
		return ""
	}
	if n := normalName(o.str("ldhName")); n != "" {
		return n
	}
	return normalName(o.str("unicodeName"))
}
