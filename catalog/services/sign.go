package services

import (
	"cmp"
	"maps"
	"net/netip"
	"regexp"
	"strings"
)

// Pattern is a sign of a service: a record whose host and value are written as in a template. Where a template has a variable, any text may
// stand.
type Pattern struct {
	Host  string `json:"host"` // relative to where the service is connected; "@": there
	Type  string `json:"type"`
	Value string `json:"value"` // a text, an address or a name that is pointed to
}

func (p *Pattern) record() Record {
	r := Record{Type: p.Type, Host: p.Host, PointsTo: p.Value}
	if strings.EqualFold(p.Type, "TXT") {
		r.PointsTo, r.Data = "", p.Value
	}
	return r
}

func (p *Pattern) validate() error {
	r := p.record()
	if p.Host == "" || p.Value == "" {
		return fail(InvalidTemplate, "a pattern needs host, type and value")
	}
	return r.validate(&Service{Template: Template{HostRequired: true}})
}

// sign is a record of a template or a pattern, ready to be recognised in a zone.
type sign struct {
	rec   Record
	kind  string         // in the zone: the template's type, TXT for SPFM
	at    *regexp.Regexp // the name: one group for each variable, the last one for the host; nil: it can't be recognised
	names []string       // of the variables in at
	tells bool           // the record names the service; others merely go with it
	own   bool           // the template's, not a pattern
}

// wordless are values of texts that any sender of mail may have.
var wordless = regexp.MustCompile(`^(v=|k=|p=|t=|s=)`)

func newSign(r *Record, own bool) sign {
	s := sign{rec: *r, kind: strings.ToUpper(r.Type), own: own, tells: !own || telling(r)}
	if s.kind == "SRV" {
		s.rec.Host = serviceOwner(cmp.Or(r.Host, r.Name), r.Service, r.Protocol)
	}
	host := s.rec.Host
	switch {
	case strings.HasSuffix(host, "."): // absolute: only with the name of one domain in it
		return s
	case host == "" || host == apex:
		s.at = regexp.MustCompile(`^(?:@|(.+))$`)
	default:
		text, names := regexpOf(host, `([^.@]+?)`)
		s.at, s.names = regexp.MustCompile(`(?i)^`+text+`(?:\.(.+))?$`), names
	}
	if s.kind == "SPFM" {
		s.kind = "TXT"
	}
	return s
}

// telling reports whether the constant parts of a record's value name the service.
func telling(r *Record) bool {
	switch kind, value := strings.ToUpper(r.Type), r.value(); kind {
	case "SPFM":
		return !strings.Contains(value, "%") && strings.Contains(value, ".")
	case "A", "AAAA":
		return !strings.Contains(value, "%")
	case "CNAME", "MX", "NS", "SRV", "APEXCNAME":
		if i := strings.LastIndex(value, "%"); i >= 0 { // the labels behind the last variable
			_, value, _ = strings.Cut(value[i+1:], ".")
		}
		return strings.Contains(strings.TrimSuffix(value, "."), ".")
	case "TXT":
		constant := 0
		for i, part := range strings.Split(value, "%") {
			if i%2 == 0 {
				constant += len(strings.TrimSpace(part))
			}
		}
		return constant >= 6 && !wordless.MatchString(value)
	}
	return false
}

// value is the member of a record that counts as its value.
func (r *Record) value() string {
	switch strings.ToUpper(r.Type) {
	case "SPFM":
		return r.SPFRules
	case "SRV", "REDIR301", "REDIR302":
		return r.Target
	case "A", "AAAA", "CNAME", "MX", "NS", "APEXCNAME":
		return r.PointsTo
	}
	return r.Data
}

// regexpOf writes a template's text as an expression with a group for every variable.
func regexpOf(text, group string) (expression string, names []string) {
	var b strings.Builder
	for i, part := range strings.Split(text, "%") {
		if i%2 == 0 {
			b.WriteString(regexp.QuoteMeta(part))
			continue
		}
		b.WriteString(group)
		names = append(names, strings.ToLower(part))
	}
	return b.String(), names
}

// place tells where the service would be connected if a record of this name were its own, and what the name tells of the variables.
func (s *sign) place(name string) (host string, vars variables, ok bool) {
	if s.at == nil {
		return "", nil, false
	}
	groups := s.at.FindStringSubmatch(name)
	if groups == nil {
		return "", nil, false
	}
	vars = variables{}
	for i, n := range s.names {
		vars[n] = groups[i+1]
	}
	return strings.ToLower(groups[len(groups)-1]), vars, true
}

// match reports whether a record of the zone is this one, at a place whose variables are known so far; it returns them with what the record
// adds.
func (s *sign) match(z *ZoneRecord, domain, host string, known variables) (variables, bool) {
	if z.Type != s.kind && (s.kind != "APEXCNAME" || z.Type != "CNAME") {
		return nil, false
	}
	at, vars, ok := s.place(z.Name)
	if !ok || at != host || !vars.agree(known) {
		return nil, false
	}
	maps.Copy(vars, known)
	all := newVariables(vars, place{domain: domain, host: host})
	if strings.EqualFold(s.rec.Type, "SPFM") {
		return vars, all.permitted(s.rec.SPFRules, z.Data)
	}
	found, ok := all.read(s.kind, s.rec.value(), z.Data)
	maps.Copy(vars, found)
	return vars, ok
}

// agree reports whether no variable has two values.
func (v variables) agree(other variables) bool {
	for name, value := range v {
		if o, ok := other[name]; ok && !strings.EqualFold(o, value) {
			return false
		}
	}
	return true
}

// permitted reports whether an SPF record holds every rule.
func (v variables) permitted(rules, record string) bool {
	terms := strings.Fields(textOf(record))
	if len(terms) == 0 || !strings.EqualFold(terms[0], "v=spf1") {
		return false
	}
	for _, rule := range spfRules(rules) {
		held := false
		for _, t := range terms[1:] {
			_, ok := v.read("", rule, strings.TrimLeft(t, "+?~"))
			held = held || ok
		}
		if !held {
			return false
		}
	}
	return true
}

// read compares a template's text with a value, and gives what stands in the place of the variables that are not known yet.
func (v variables) read(kind, text, value string) (found variables, ok bool) {
	text, value = v.fill(text), strings.TrimSpace(value)
	if hostData[kind] {
		text, value = strings.TrimSuffix(text, "."), strings.TrimSuffix(value, ".")
		if text == apex {
			text = v["fqdn"]
		}
	}
	if kind == "TXT" {
		text, value = textOf(text), textOf(value)
	}
	if !strings.Contains(text, "%") {
		return nil, text == value || (kind != "TXT" && strings.EqualFold(text, value)) || sameAddress(text, value)
	}
	expression, names := regexpOf(text, `(.+?)`)
	if kind != "TXT" {
		expression = `(?i)` + expression
	}
	re, err := regexp.Compile(`^` + expression + `$`)
	if err != nil {
		return nil, false
	}
	groups := re.FindStringSubmatch(value)
	if groups == nil {
		return nil, false
	}
	found = variables{}
	for i, n := range names {
		if old, twice := found[n]; twice && !strings.EqualFold(old, groups[i+1]) {
			return nil, false
		}
		found[n] = groups[i+1]
	}
	return found, true
}

// fill puts the values that are known into a text; other variables stay.
func (v variables) fill(text string) string {
	parts := strings.Split(text, "%")
	for i := 1; i < len(parts); i += 2 {
		value, ok := v[strings.ToLower(parts[i])]
		if parts[i] = value; !ok {
			parts[i] = "%" + strings.Split(text, "%")[i] + "%"
		}
	}
	return strings.Join(parts, "")
}

func sameAddress(a, b string) bool {
	x, errX := netip.ParseAddr(a)
	y, errY := netip.ParseAddr(b)
	return errX == nil && errY == nil && x == y
}
