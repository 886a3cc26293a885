package rdap

import (
	"bytes"
	"encoding/json"
	"strings"
)

// The most that is kept of an answer's structure; what lies beyond is passed over.
const (
	maxDepth   = 32     // objects and lists inside each other
	maxList    = 1000   // values of one list; no registration has so many of anything
	maxMembers = 256    // members of one object
	maxValues  = 50_000 // values of the whole answer
)

// kind is the type of a value.
type kind uint8

const (
	null      kind = iota // also: absent, too deep, too much
	boolean               // text is true or false
	textual               // text
	numeric               // text, as it is written
	listed                // in, without keys
	composite             // in
	ambiguous             // stated twice with different values: nobody can know which one counts (RFC 8259 section 4)
)

type (
	// value is a JSON value of an answer. Its texts are parts of the answer's, and not copies.
	value struct {
		kind kind
		text string
		in   []member
	}
	member struct {
		key string
		value
	}
	// object is a JSON object of an answer, its members in their order.
	object []member
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
		keys[strings.ToLower(k)] = k
	}
	return keys
}()

// decode reads the one JSON object that a body must be; ok is false when it is not, or when anything but white space follows it.
func decode(body []byte) (o object, ok bool) {
	body = bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf")))
	if len(body) == 0 || body[0] != '{' || !json.Valid(body) {
		return nil, false
	}
	d := decoder{text: string(body), left: maxValues}
	return d.object(0), true
}

// decoder walks over JSON that is known to be valid.
type decoder struct {
	text string
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

// value reads one value; what is too deep or too much reads as null.
func (d *decoder) value(depth int) value {
	d.left--
	c := d.next()
	if d.left < 0 || depth > maxDepth {
		d.skip()
		return value{}
	}
	switch c {
	case '{':
		return value{kind: composite, in: d.object(depth)}
	case '[':
		return value{kind: listed, in: d.list(depth)}
	case '"':
		return value{kind: textual, text: unquote(d.quoted())}
	}
	switch raw := d.scalar(); raw[0] {
	case 't', 'f':
		return value{kind: boolean, text: raw}
	case 'n':
		return value{}
	default:
		return value{kind: numeric, text: raw}
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
			o = make(object, 0, 6)
		}
		o = append(o, member{key, v})
	}
	d.at++
	return o
}

// list reads a list whose bracket is next.
func (d *decoder) list(depth int) []member {
	d.at++
	var l []member
	for d.next() != ']' {
		if len(l) >= maxList {
			d.skip()
			continue
		}
		if l == nil {
			l = make([]member, 0, 4)
		}
		l = append(l, member{value: d.value(depth + 1)})
	}
	d.at++
	return l
}

// key reads a member's name, in the spelling of RFC 9083 where it is one that is read.
func (d *decoder) key() string {
	raw := d.quoted()
	var low [16]byte
	if inner := raw[1 : len(raw)-1]; len(inner) <= len(low) {
		for i := range len(inner) {
			c := inner[i]
			if 'A' <= c && c <= 'Z' {
				c += 'a' - 'A'
			}
			low[i] = c
		}
		if k, ok := knownKeys[string(low[:len(inner)])]; ok {
			return k
		}
	}
	return unquote(raw)
}

// quoted moves over a string and returns it with its quotes.
func (d *decoder) quoted() string {
	start := d.at
	for d.at++; d.text[d.at] != '"'; d.at++ {
		if d.text[d.at] == '\\' {
			d.at++
		}
	}
	d.at++
	return d.text[start:d.at]
}

// unquote takes a string out of its quotes. Bytes that are no UTF-8 stay as they are; whoever prints them cleans them.
func unquote(raw string) string {
	if strings.IndexByte(raw, '\\') < 0 {
		return raw[1 : len(raw)-1]
	}
	var s string
	if json.Unmarshal([]byte(raw), &s) != nil {
		return ""
	}
	return s
}

// scalar moves over a number, true, false or null and returns it.
func (d *decoder) scalar() string {
	start := d.at
	for d.at < len(d.text) && strings.IndexByte(" \t\r\n,:]}", d.text[d.at]) < 0 {
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
func both(a, b value) value {
	compoundA, compoundB := a.kind == composite || a.kind == listed, b.kind == composite || b.kind == listed
	switch {
	case a.kind == null:
		return b
	case b.kind == null, a.kind == listed && len(a.in) >= maxList:
		return a
	case compoundA && compoundB:
		joined := append(append([]member{}, a.list()...), b.list()...)
		return value{kind: listed, in: joined[:min(len(joined), maxList)]}
	case !compoundA && !compoundB && a.kind == b.kind && a.text == b.text:
		return a
	}
	return value{kind: ambiguous}
}
