package whois

import "strings"

// field is one statement of an answer: a label with a value, or one value of a block under a label.
type field struct {
	kind  kind
	label string // as printed
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
	first  bool // the next label opens a paragraph
	object bool // the paragraph is about a contact, a host or a key: its dates and statuses are not the domain's
}

// scan finds the fields of an answer.
func scan(lines []line) []field {
	s := &scanner{block: kindOther, first: true, out: make([]field, 0, min(len(lines), 48))}
	for i := range lines {
		s.line(i, &lines[i])
	}
	return s.out
}

// line takes one line: a field of its own, the head of a block, or a value of the block around it.
func (s *scanner) line(i int, l *line) {
	switch {
	case l.text == "":
		s.blank()
		return
	case l.comment, l.prose:
		return
	}
	if l.cut && s.first {
		s.first, s.object = false, l.value != "" && objectLabels[normLabel(l.label)]
	}
	label, value, k, ok := l.label, l.value, l.kind, l.cut
	if !ok {
		if head := header(l.low); head != kindOther {
			label, value, k, ok = l.text, "", head, true
		}
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
func (s *scanner) isHead(k kind, l *line) bool {
	return k != kindOther || s.block == kindOther || l.indent <= s.indent
}

func (s *scanner) open(k kind, label string, indent int) {
	if k == kindHolder {
		k = kindOther // a contact's block is of no interest
	}
	s.block, s.title, s.indent, s.values, s.blanks, s.last = k, label, indent, 0, 0, kindOther
}

func (s *scanner) close() { s.open(kindOther, "", 0) }

// blank ends a block that has values; a blank line right under the head does not.
func (s *scanner) blank() {
	s.last, s.first, s.object = kindOther, true, false
	s.blanks++
	if s.block != kindOther && (s.values > 0 || s.blanks > 1) {
		s.close()
	}
}

// field takes "label: value". Inside a block, "name" means what the block is about, and a host stands behind any label.
func (s *scanner) field(i int, label string, k kind, value string, l *line) {
	if s.block != kindOther && l.indent <= s.indent && s.values > 0 && k != kindName {
		s.close()
	}
	switch {
	case k == kindName && (s.block == kindRegistrar || s.block == kindNameserver || (s.block == kindDomain && strings.EqualFold(label, "name"))):
		k = s.block
	case k == kindName:
		k = kindOther
	}
	if k == kindOther || (s.object && (k.isDate() || k == kindStatus)) {
		return
	}
	s.out = append(s.out, field{kind: k, label: label, value: value, block: s.block, line: i})
	if k == kindStatus {
		if until := dateInStatus(value); until != "" {
			s.out = append(s.out, field{kind: kindExpiry, label: label, value: until, block: s.block, line: i})
		}
	}
	s.last = k
	s.values++
}

// objectLabels begin the paragraph of another object than the domain, in the manner of RPSL (RFC 2622).
var objectLabels = labelSet("person", "role", "contact", "contact id", "contact handle", "nic hdl", "nic hdl br", "nic handle", "nsset", "keyset", "mntner",
	"contact type", "personid")

// dateInStatus returns the date that some registries print only inside the status: "OK-UNTIL 20131218000000" (in.ua). The one in JPRS's
// "Connected (2018/05/31)" is the end of a contract year that renews itself, not an expiry, and stays in the status.
func dateInStatus(value string) string {
	word, rest, ok := strings.Cut(value, " ")
	for ok && len(word) < 24 {
		low := strings.ToLower(word)
		if rest = strings.TrimSpace(rest); (strings.HasSuffix(low, "-until") || low == "until") && beginsLikeDate(rest) {
			return rest
		}
		word, rest, ok = strings.Cut(rest, " ")
	}
	return ""
}

// value takes a line of a block that is not a field.
func (s *scanner) value(i int, value string, ok bool, l *line) {
	text := l.text
	if ok && s.block == kindNameserver {
		first, _, _ := strings.Cut(l.low, " ") // a host may be followed by an IPv6 address, whose colons end no label
		if hostName(first) == "" {
			text = value
		}
	}
	if blank(text) {
		return // a line drawn under the head
	}
	s.values++
	if s.block == kindRegistrar && s.values > 1 {
		return // the first line is the name, the rest its address
	}
	s.out = append(s.out, field{kind: s.block, label: s.title, value: text, block: s.block, line: i})
}

// header recognises the heads of blocks that are printed without a colon.
func header(low string) kind {
	switch strings.TrimRight(low, " .") {
	case "registrar", "registrar information":
		return kindRegistrar
	case "nameservers", "name servers", "nameserver", "domain nameservers", "dns servers", "name server information", "domain servers in listed order",
		"domain name servers":
		return kindNameserver
	}
	return kindOther
}

// bareHosts adds the name servers of answers that have no labels at all: "quill ns1.example.net", the name and a host (Tonic).
func (a *answer) bareHosts(fields []field) []field {
	own, _, _ := strings.Cut(a.domain, ".")
	for i := range a.lines {
		l := &a.lines[i]
		name, host, two := strings.Cut(l.low, " ")
		if l.comment || !two || (name != own && name != a.domain) || strings.Contains(host, " ") || hostName(host) == "" {
			continue
		}
		fields = append(fields, field{kind: kindDomain, value: a.domain, line: i}, field{kind: kindNameserver, value: host, line: i})
	}
	return fields
}

// labelSet makes a set of labels in the form of normLabel.
func labelSet(labels ...string) map[string]bool {
	m := map[string]bool{}
	for _, l := range labels {
		m[l] = true
	}
	return m
}
