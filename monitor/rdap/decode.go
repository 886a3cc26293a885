package rdap

import (
	"bytes"
	"encoding/json"
)

// The most that is kept of an answer's structure; what lies beyond is passed over.
const (
	maxDepth   = 32     // objects and lists inside each other
	maxList    = 1000   // values of one list; no registration has so many of anything
	maxMembers = 256    // members of one object
	maxValues  = 50_000 // values of the whole answer
)

type (
	// object is a JSON object of an answer, its members in their order. A value is nil, a bool, a string, a number, an object, a []any, or
	// ambiguous.
	object []member
	member struct {
		key   string
		value any
	}
	// number is a JSON number as it is written.
	number string
	// ambiguous stands for a member that was stated twice with different values: nobody can know which one counts (RFC 8259 section 4).
	ambiguous struct{}
)

// passedOver are members that state nothing on a registration and are often the longest.
var passedOver = map[string]bool{"notices": true, "remarks": true}

// knownKeys maps the members that are read, in lower case, to their spelling: some servers write them in another one.
var knownKeys = func() map[string]string {
	keys := map[string]string{}
	for _, k := range []string{
		"@type", "algorithm", "delegationSigned", "description", "digest", "digestType", "dsData", "entities", "error", "errorCode", "eventAction",
		"eventActor", "eventDate", "events", "full", "handle", "href", "identifier", "jscard", "jscontact_card", "keyData", "keyTag", "kind",
		"lang", "ldhName", "links", "message", "method", "name", "nameservers", "notices", "objectClassName", "organizations", "postPath",
		"prePath", "publicIds", "rdapConformance", "redacted", "rel", "remarks", "roles", "secureDNS", "status", "title", "type",
		"unicodeName", "value", "vcardArray", "zoneSigned",
	} {
		keys[string(bytes.ToLower([]byte(k)))] = k
	}
	return keys
}()

// decode reads the one JSON object that a body must be; ok is false when it is not, or when anything but white space follows it.
func decode(body []byte) (o object, ok bool) {
	body = bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf")))
	if len(body) == 0 || body[0] != '{' || !json.Valid(body) {
		return nil, false
	}
	d := decoder{text: body, left: maxValues}
	return d.object(0), true
}

// decoder walks over JSON that is known to be valid.
type decoder struct {
	text []byte
	at   int
	left int // values that may still be kept
}

// next moves over white space, commas and colons to the next byte that counts.
func (d *decoder) next() byte {
	for {
		switch c := d.text[d.at]; c {
		case ' ', '\t', '\r', '\n', ',', ':':
			d.at++
		default:
			return c
		}
	}
}

// value reads one value; what is too deep or too much reads as nil.
func (d *decoder) value(depth int) any {
	d.left--
	c := d.next()
	if d.left < 0 || depth > maxDepth {
		d.skip()
		return nil
	}
	switch c {
	case '{':
		return d.object(depth)
	case '[':
		return d.list(depth)
	case '"':
		return d.string()
	}
	switch raw := d.scalar(); raw[0] {
	case 't', 'f':
		return raw[0] == 't'
	case 'n':
		return nil
	default:
		return number(raw)
	}
}

// object reads an object whose brace is next.
func (d *decoder) object(depth int) object {
	d.at++
	var o object
	for d.next() != '}' {
		key := d.key()
		d.next()
		if passedOver[key] || len(o) >= maxMembers {
			d.skip()
			continue
		}
		v := d.value(depth + 1)
		if before := o.find(key); before >= 0 {
			o[before].value = both(o[before].value, v)
			continue
		}
		if o == nil {
			o = make(object, 0, 8)
		}
		o = append(o, member{key, v})
	}
	d.at++
	return o
}

// list reads a list whose bracket is next.
func (d *decoder) list(depth int) []any {
	d.at++
	l := []any{}
	for d.next() != ']' {
		if len(l) >= maxList {
			d.skip()
			continue
		}
		l = append(l, d.value(depth+1))
	}
	d.at++
	return l
}

// key reads a member's name, in the spelling of RFC 9083 where it is one that is read.
func (d *decoder) key() string {
	raw := d.quoted()
	var low [16]byte
	if inner := raw[1 : len(raw)-1]; len(inner) <= len(low) {
		n := 0
		for _, c := range inner {
			if 'A' <= c && c <= 'Z' {
				c += 'a' - 'A'
			}
			low[n] = c
			n++
		}
		if k, ok := knownKeys[string(low[:n])]; ok {
			return k
		}
	}
	return unquote(raw)
}

// string reads a string whose quote is next.
func (d *decoder) string() string { return unquote(d.quoted()) }

// quoted moves over a string and returns it with its quotes.
func (d *decoder) quoted() []byte {
	start := d.at
	for d.at++; d.text[d.at] != '"'; d.at++ {
		if d.text[d.at] == '\\' {
			d.at++
		}
	}
	d.at++
	return d.text[start:d.at]
}

// unquote copies a string out of its quotes. Bytes that are no UTF-8 stay as they are; whoever prints them cleans them.
func unquote(raw []byte) string {
	if bytes.IndexByte(raw, '\\') < 0 {
		return string(raw[1 : len(raw)-1])
	}
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}

// scalar moves over a number, true, false or null and returns it.
func (d *decoder) scalar() []byte {
	start := d.at
	for d.at < len(d.text) && bytes.IndexByte([]byte(" \t\r\n,:]}"), d.text[d.at]) < 0 {
		d.at++
	}
	return d.text[start:d.at]
}

// skip moves over one value and everything in it.
func (d *decoder) skip() {
	for depth := 0; ; {
		switch d.next() {
		case '{', '[':
			depth++
			d.at++
		case '}', ']':
			depth--
			d.at++
		case '"':
			d.quoted()
		default:
			d.scalar()
		}
		if depth == 0 {
			return
		}
	}
}

// both joins the two values of a member that is stated twice: lists and objects are taken together, null gives way, and of two different
// scalars neither counts.
func both(a, b any) any {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	}
	if compound(a) && compound(b) {
		joined := append(append([]any{}, asList(a)...), asList(b)...)
		return joined[:min(len(joined), maxList)]
	}
	if !compound(a) && !compound(b) && a == b {
		return a
	}
	return ambiguous{}
}

func compound(v any) bool {
	switch v.(type) {
	case object, []any:
		return true
	}
	return false
}

// asList gives a list as it is, and anything else but nil as a list of one.
func asList(v any) []any {
	switch v := v.(type) {
	case nil, ambiguous:
		return nil
	case []any:
		return v
	default:
		return []any{v}
	}
}
