package mailauth

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// Qualifier is what a match of a mechanism comes to (RFC 7208 section 4.6.2).
type Qualifier byte

// The qualifiers.
const (
	QualifierPass     Qualifier = '+'
	QualifierFail     Qualifier = '-'
	QualifierSoftfail Qualifier = '~'
	QualifierNeutral  Qualifier = '?'
)

// Term is one mechanism of an SPF record, or one modifier.
type Term struct {
	Text      string // as written
	Name      string // lower case: "include", "all", "redirect", or the name of an unknown modifier
	Modifier  bool
	Qualifier Qualifier // of a mechanism
	Spec      string    // the domain-spec as written; empty: the record's own domain
	Net       netip.Prefix
	Bits4     int // of a and mx
	Bits6     int

	macros []macro
}

// Record is a parsed SPF record. Mechanisms are in their order; of the modifiers only these two mean something.
type Record struct {
	Mechanisms []Term
	Redirect   *Term
	Exp        *Term
	Unknown    []Term // modifiers that receivers ignore
}

// SyntaxError says which term of a record cannot be read. Receivers give up on the whole record then (permerror).
type SyntaxError struct {
	Term   string // printable, bounded
	Reason string
}

// Error says what is wrong.
func (e *SyntaxError) Error() string { return fmt.Sprintf("%q cannot be read: %s", e.Term, e.Reason) }

// IsSPF reports whether a text is an SPF record (RFC 7208 section 4.5): it begins with exactly the version, before a space or the end.
func IsSPF(text string) bool {
	const version = "v=spf1"
	return len(text) >= len(version) && strings.EqualFold(text[:len(version)], version) && (len(text) == len(version) || text[len(version)] == ' ')
}

// ParseSPF reads an SPF record (RFC 7208 section 12). The error is a *SyntaxError.
func ParseSPF(text string) (*Record, error) {
	if !IsSPF(text) {
		return nil, &SyntaxError{Shown(text, 40), "it does not begin with v=spf1 and a space"}
	}
	r := &Record{}
	for word := range strings.SplitSeq(text[len("v=spf1"):], " ") {
		if word == "" {
			continue
		}
		t, err := parseTerm(word)
		if err != nil {
			return nil, &SyntaxError{Shown(word, 80), err.Error()}
		}
		if err := r.add(t); err != nil {
			return nil, &SyntaxError{Shown(word, 80), err.Error()}
		}
	}
	return r, nil
}

func (r *Record) add(t Term) error {
	switch {
	case !t.Modifier:
		r.Mechanisms = append(r.Mechanisms, t)
	case t.Name == "redirect" && r.Redirect == nil:
		r.Redirect = &t
	case t.Name == "exp" && r.Exp == nil:
		r.Exp = &t
	case t.Name == "redirect" || t.Name == "exp":
		return fmt.Errorf("%s= stands there twice", t.Name)
	default:
		r.Unknown = append(r.Unknown, t)
	}
	return nil
}

// All gives the record's all mechanism, nil when there is none.
func (r *Record) All() *Term {
	for i := range r.Mechanisms {
		if r.Mechanisms[i].Name == "all" {
			return &r.Mechanisms[i]
		}
	}
	return nil
}

func parseTerm(word string) (Term, error) {
	for i := range len(word) {
		if word[i] < '!' || word[i] > '~' {
			return Term{}, fmt.Errorf("it holds a character that is not printable ASCII")
		}
	}
	if name, value, ok := strings.Cut(word, "="); ok && isName(name) {
		return parseModifier(word, lowerASCII(name), value)
	}
	t := Term{Text: word, Qualifier: QualifierPass, Bits4: 32, Bits6: 128}
	body := word
	if strings.IndexByte("+-~?", body[0]) >= 0 {
		t.Qualifier, body = Qualifier(body[0]), body[1:]
	}
	end := strings.IndexAny(body, ":/")
	if end < 0 {
		end = len(body)
	}
	t.Name = lowerASCII(body[:end])
	return t, t.arguments(body[end:])
}

func parseModifier(word, name, value string) (Term, error) {
	t := Term{Text: word, Name: name, Modifier: true, Spec: value}
	var err error
	if name == "redirect" || name == "exp" {
		t.macros, err = parseDomainSpec(value)
	} else {
		t.macros, err = parseMacros(value, false)
	}
	return t, err
}

// arguments reads what follows the name of a mechanism, from its colon or slash on.
func (t *Term) arguments(rest string) error {
	value, given := strings.CutPrefix(rest, ":")
	var err error
	switch t.Name {
	case "all":
		if rest != "" {
			return fmt.Errorf("all takes nothing behind it")
		}
	case "include", "exists":
		if !given {
			return fmt.Errorf("%s needs a domain behind a colon", t.Name)
		}
		t.Spec = value
		t.macros, err = parseDomainSpec(value)
	case "ptr":
		err = t.optionalSpec(value, given, rest)
	case "a", "mx":
		host, bits := "", rest
		if given {
			host, bits = value, ""
			if cut := lastCIDR(value); cut >= 0 {
				host, bits = value[:cut], value[cut:]
			}
		}
		if err := t.dualCIDR(bits); err != nil {
			return err
		}
		err = t.optionalSpec(host, given, "")
	case "ip4", "ip6":
		if !given {
			return fmt.Errorf("%s needs an address behind a colon", t.Name)
		}
		return t.network(value)
	default:
		return fmt.Errorf("there is no mechanism of that name")
	}
	return err
}

// optionalSpec reads a domain-spec that may be left out, together with its colon.
func (t *Term) optionalSpec(value string, given bool, rest string) error {
	if !given {
		if rest != "" {
			return fmt.Errorf("%s takes no prefix length", t.Name)
		}
		return nil
	}
	t.Spec = value
	var err error
	t.macros, err = parseDomainSpec(value)
	return err
}

// lastCIDR finds where the prefix lengths begin at the end of a domain-spec, which may hold slashes of its own inside macros; -1: nowhere.
func lastCIDR(s string) int {
	i := len(s)
	for i > 0 && isDigit(s[i-1]) {
		i--
	}
	if i == 0 || s[i-1] != '/' {
		return -1
	}
	i--
	if i == 0 || s[i-1] != '/' {
		return i
	}
	i-- // the IPv6 length; an IPv4 length may stand before it
	at := i
	for at > 0 && isDigit(s[at-1]) {
		at--
	}
	if at < i && at > 0 && s[at-1] == '/' {
		return at - 1
	}
	return i
}

// dualCIDR reads "/24", "//64" or "/24//64".
func (t *Term) dualCIDR(s string) error {
	if s == "" {
		return nil
	}
	v4, v6, both := strings.Cut(s, "//")
	var err error
	if v4 != "" {
		if t.Bits4, err = prefixLength(strings.TrimPrefix(v4, "/"), 32); err != nil {
			return err
		}
	}
	if both {
		t.Bits6, err = prefixLength(v6, 128)
	}
	return err
}

func prefixLength(s string, most int) (int, error) {
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 || n > most || len(s) > 3 || s[0] == '+' || s[0] == '0' && len(s) > 1 {
		return 0, fmt.Errorf("a prefix length goes from 0 to %d", most)
	}
	return n, nil
}

func (t *Term) network(value string) error {
	most := 32
	if t.Name == "ip6" {
		most = 128
	}
	host, length, cut := strings.Cut(value, "/")
	addr, err := netip.ParseAddr(host)
	if err != nil || addr.Zone() != "" || addr.Is4() != (t.Name == "ip4") {
		return fmt.Errorf("%s needs an address of its family", t.Name)
	}
	bits := most
	if cut {
		if bits, err = prefixLength(length, most); err != nil {
			return err
		}
	}
	t.Net = netip.PrefixFrom(addr, bits)
	return nil
}

// isName reports whether s is the name of a modifier.
func isName(s string) bool {
	for i := range len(s) {
		c := lowerASCII(s[i : i+1])[0]
		if 'a' <= c && c <= 'z' || i > 0 && (isDigit(c) || strings.IndexByte("-_.", c) >= 0) {
			continue
		}
		return false
	}
	return s != ""
}

// parseDomainSpec reads a macro-string that ends in a top label or in a macro.
func parseDomainSpec(s string) ([]macro, error) {
	if s == "" {
		return nil, fmt.Errorf("the domain is left out")
	}
	ms, err := parseMacros(s, false)
	if err != nil {
		return nil, err
	}
	last := ms[len(ms)-1]
	if last.letter != 0 {
		return ms, nil
	}
	if strings.HasSuffix(s, "%%") || strings.HasSuffix(s, "%_") || strings.HasSuffix(s, "%-") {
		return nil, fmt.Errorf("it does not end like a domain name")
	}
	_, top, dot := cutLast(strings.TrimSuffix(last.literal, "."), ".")
	if !dot || !isTopLabel(top) {
		return nil, fmt.Errorf("%q does not end like a domain name", Shown(s, 80))
	}
	return ms, nil
}

// isTopLabel reports whether a label can be the last one of a name (RFC 7208 section 12): letters, digits and inner hyphens, not only digits.
func isTopLabel(s string) bool {
	other := false
	for i := range len(s) {
		c := lowerASCII(s[i : i+1])[0]
		switch {
		case isDigit(c):
		case 'a' <= c && c <= 'z':
			other = true
		case c == '-' && i > 0 && i < len(s)-1:
			other = true
		default:
			return false
		}
	}
	return other
}
