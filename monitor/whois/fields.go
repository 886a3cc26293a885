package whois

import "strings"

// field is one statement of an answer: a label with a value, or one value of a block under a label.
type field struct {
	kind  kind
	label string // as in the table
	value string
	block kind // of the block that the field stands in; kindOther outside the blocks that matter
	line  int
}

// scanner walks the lines and remembers the block it is in.
type scanner struct {
	out    []field
	block  kind
	title  string
	indent int
	values int // lines taken into the block
	blanks int // blank lines since its header
	last   kind
}

// scan finds the fields of an answer.
func scan(lines []line) []field {
	s := &scanner{block: kindOther}
	for i, l := range lines {
		s.line(i, l)
	}
	return s.out
}

// line takes one line: a field of its own, the head of a block, or a value of the block around it.
func (s *scanner) line(i int, l line) {
	switch {
	case l.text == "":
		s.blank()
		return
	case l.comment, l.prose:
		return
	}
	label, value, ok := cutLabel(l.text)
	k := kindOf(label)
	if head := header(l.text); !ok && head != kindOther {
		k = head
		label, value, ok = l.text, "", true
	}
	switch {
	case ok && value == "" && s.isHead(k, l):
		s.open(k, label, l.indent)
	case ok && (k != kindOther || (s.block != kindNameserver && s.block != kindOther)):
		s.field(i, label, k, value, l)
	case s.block != kindOther && l.indent < s.indent:
		s.close()
	case s.block != kindOther:
		s.value(i, value, ok, l)
	case s.last == kindNameserver && l.indent > 0:
		s.out = append(s.out, field{kind: kindNameserver, value: l.text, line: i})
	default:
		s.last = kindOther
	}
}

// isHead reports whether a label without a value opens a block. An empty status or an unknown word inside a block does not close it
// unless it stands as far left as the head did.
func (s *scanner) isHead(k kind, l line) bool {
	return k != kindOther || s.block == kindOther || l.indent <= s.indent
}

func (s *scanner) open(k kind, label string, indent int) {
	s.block, s.title, s.indent, s.values, s.blanks, s.last = k, normLabel(label), indent, 0, 0, kindOther
}

func (s *scanner) close() { s.open(kindOther, "", 0) }

// blank ends a block that has values; a blank line right under the head does not.
func (s *scanner) blank() {
	s.last = kindOther
	s.blanks++
	if s.block != kindOther && (s.values > 0 || s.blanks > 1) {
		s.close()
	}
}

// field takes "label: value". Inside a block, "name" means what the block is about, and a host stands behind any label.
func (s *scanner) field(i int, label string, k kind, value string, l line) {
	if s.block != kindOther && l.indent <= s.indent && s.values > 0 && k != kindName {
		s.close()
	}
	switch {
	case k == kindName && (s.block == kindRegistrar || s.block == kindDomain || s.block == kindNameserver):
		k = s.block
	case k == kindName:
		k = kindOther
	}
	if k == kindOther {
		return
	}
	s.out = append(s.out, field{kind: k, label: normLabel(label), value: value, block: s.block, line: i})
	if until := dateInStatus(value); k == kindStatus && until != "" {
		s.out = append(s.out, field{kind: kindExpiry, label: normLabel(label), value: until, block: s.block, line: i})
	}
	s.last = k
	s.values++
}

// dateInStatus returns the date that some registries print only inside the status: "OK-UNTIL 20131218000000" (in.ua). The one in JPRS's
// "Connected (2018/05/31)" is the end of a contract year that renews itself, not an expiry, and stays in the status.
func dateInStatus(value string) string {
	low := strings.ToLower(value)
	for _, lead := range []string{"ok-until ", "registered until ", "active until "} {
		if rest, ok := strings.CutPrefix(low, lead); ok && beginsLikeDate(rest) {
			return rest
		}
	}
	return ""
}

// value takes a line of a block that is not a field.
func (s *scanner) value(i int, value string, ok bool, l line) {
	text := l.text
	first, _, _ := strings.Cut(l.low, " ") // a host may be followed by an IPv6 address, whose colons end no label
	if ok && s.block == kindNameserver && hostName(first) == "" {
		text = value
	}
	s.values++
	if s.block == kindRegistrar && s.values > 1 {
		return // the first line is the name, the rest its address
	}
	s.out = append(s.out, field{kind: s.block, label: s.title, value: text, block: s.block, line: i})
}

// header recognises the heads of blocks that are printed without a colon.
func header(text string) kind {
	switch normLabel(text) {
	case "registrar", "nameservers", "name servers", "nameserver", "domain nameservers", "dns servers", "name server information",
		"domain servers in listed order", "registrar information", "domain name servers":
		return kindOf(text)
	}
	return kindOther
}

// cutLabel splits a line into label and value: "label: value", "label....: value", "[label] value", "a. [label] value",
// "label      value", or prose before a date.
func cutLabel(text string) (label, value string, ok bool) {
	if label, value, ok = bracketed(text); ok {
		return label, value, true
	}
	if label, value, ok = colon(text); ok && (kindOf(label) != kindOther || value == "") {
		return label, value, true
	}
	if l, v, found := leader(text); found && kindOf(l) != kindOther {
		return l, v, true
	}
	if l, v, found := columns(text); found && kindOf(l) != kindOther {
		return l, v, true
	}
	if l, v, found := prose(text); found {
		return l, v, true
	}
	return label, value, ok
}

// bracketed reads "[label] value" with up to two characters before the bracket, as JPRS and MYNIC print it.
func bracketed(text string) (string, string, bool) {
	i := strings.IndexByte(text, '[')
	if i < 0 || i > 3 {
		return "", "", false
	}
	j := strings.IndexByte(text, ']')
	if j < i || len(strings.TrimSpace(text[i+1:j])) == 0 {
		return "", "", false
	}
	return text[i+1 : j], strings.TrimSpace(strings.TrimLeft(text[j+1:], " :.\t")), true
}

// colon splits at the first colon that ends a label; the one in an address does not.
func colon(text string) (string, string, bool) {
	i := strings.IndexByte(text, ':')
	if i <= 0 || i > 80 || strings.HasPrefix(text[i:], "://") {
		if w := strings.Index(text, "："); w > 0 && w < 80 {
			return text[:w], strings.TrimSpace(text[w+len("："):]), true
		}
		return "", "", false
	}
	return text[:i], strings.TrimSpace(strings.TrimLeft(text[i+1:], ". \t")), true
}

// leader splits at a run of dots: "Expiry Date.......... 2014-11-24".
func leader(text string) (string, string, bool) {
	i := strings.Index(text, "..")
	if i <= 0 {
		return "", "", false
	}
	return text[:i], strings.TrimSpace(strings.TrimLeft(text[i:], ".: \t")), true
}

// columns splits at the first run of two blanks or a tab: "Valid-date          2011-04-03".
func columns(text string) (string, string, bool) {
	i := strings.Index(text, "  ")
	if i > 0 && text[i-1] == '.' {
		return "", "", false // the end of a sentence
	}
	if t := strings.IndexByte(text, '\t'); t > 0 && (i < 0 || t < i) {
		i = t
	}
	if i <= 0 {
		return "", "", false
	}
	return text[:i], strings.TrimSpace(text[i:]), true
}

// prose splits "Record expires on 2020-05-23"; the value must begin like a date.
func prose(text string) (string, string, bool) {
	for _, p := range prosePrefixes {
		if len(text) > len(p.prefix) && strings.EqualFold(text[:len(p.prefix)], p.prefix) {
			if v := strings.TrimSpace(text[len(p.prefix):]); beginsLikeDate(v) {
				return p.prefix, v, true
			}
		}
	}
	return "", "", false
}
