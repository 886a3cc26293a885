package mailauth

import (
	"context"
	"net/netip"
	"strings"
)

// Type is the record type of a question.
type Type string

// The types that are asked for.
const (
	TypeA    Type = "A"
	TypeAAAA Type = "AAAA"
	TypeMX   Type = "MX"
	TypePTR  Type = "PTR"
	TypeTXT  Type = "TXT"
)

// Status says what became of a question.
type Status int

// The statuses. Failed is no statement on the name: no usable answer was had.
const (
	Failed   Status = iota
	Found           // there are records of the type
	NoData          // the name is there, the type is not
	NXDomain        // the name does not exist
)

// MX is one mail exchanger (RFC 5321 section 5); Host "." is the null MX (RFC 7505).
type MX struct {
	Preference uint16
	Host       string
}

// Answer is what is known of one name and type. Only the field of the asked type is filled.
type Answer struct {
	Status Status
	Addrs  []netip.Addr // A, AAAA
	MX     []MX
	Names  []string   // PTR
	Texts  [][]string // TXT: the character strings of each record, as bytes
	Alias  string     // where the name's chain of aliases ends; empty: the name is no alias
	Detail string     // of a failure: why, for people
}

// Resolver answers questions. Names are lower case without trailing dot. It is asked by one goroutine at a time.
type Resolver interface {
	Resolve(ctx context.Context, name string, t Type) Answer
}

// memo remembers the answers of one examination, so that what several parts of it ask for is asked once.
type memo struct {
	from  Resolver
	known map[memoKey]Answer
}

type memoKey struct {
	name string
	t    Type
}

func newMemo(from Resolver) *memo { return &memo{from: from, known: map[memoKey]Answer{}} }

// Resolve answers from memory, or asks.
func (m *memo) Resolve(ctx context.Context, name string, t Type) Answer {
	key := memoKey{lowerName(name), t}
	if a, ok := m.known[key]; ok {
		return a
	}
	a := m.from.Resolve(ctx, key.name, t)
	m.known[key] = a
	return a
}

// lowerName writes a name in lower case (ASCII) without its trailing dot.
func lowerName(name string) string {
	return strings.TrimSuffix(lowerASCII(name), ".")
}

func lowerASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}

// within reports whether name is zone or lies below it.
func within(zone, name string) bool {
	return name == zone || strings.HasSuffix(name, "."+zone)
}

// Shown makes a text from outside fit for people: printable ASCII only, at most limit bytes of it.
func Shown(text string, limit int) string {
	var b strings.Builder
	for i := range len(text) {
		if b.Len() >= limit {
			b.WriteString("...")
			break
		}
		if c := text[i]; c >= ' ' && c <= '~' {
			b.WriteByte(c)
		} else {
			b.WriteByte('?')
		}
	}
	return b.String()
}
