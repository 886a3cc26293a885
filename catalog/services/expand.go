package services

import (
	"regexp"
	"slices"
	"strings"
)

// The largest numbers that the wire has room for, and the lifetime of records whose template states none.
const (
	maxTTL     = 1<<31 - 1 // RFC 2181 section 8
	max16      = 1<<16 - 1
	defaultTTL = 3600
	spfTTL     = 6000
)

// rrType is what a type's mnemonic looks like, TYPE12 of RFC 3597 included.
var rrType = regexp.MustCompile(`^[A-Z][A-Z0-9-]{0,19}$`)

// fresh is a record that a template asks for, with what decides over its conflicts.
type fresh struct {
	record    ZoneRecord
	txtMode   string
	txtPrefix string
	rules     []string // of SPFM: to be merged
	essential Essential
	group     string // of the template's record
}

// expander makes records of template records at one place.
type expander struct {
	at        place
	vars      variables
	redirects []Record // what a redirect needs beside itself: the addresses of the redirecting server
}

// expand gives the records that one template record asks for.
func (x *expander) expand(t *Record) ([]fresh, error) {
	kind := strings.ToUpper(strings.TrimSpace(t.Type))
	if !rrType.MatchString(kind) {
		return nil, fail(UnknownType, "%q is not a record type", t.Type)
	}
	switch kind {
	case "REDIR301", "REDIR302":
		return x.redirect(kind, t)
	}
	f := fresh{essential: t.essential(), record: ZoneRecord{Type: kind}}
	var err error
	if f.record.Name, err = x.name(kind, t); err != nil {
		return nil, err
	}
	switch kind {
	case "SPFM":
		err = x.spf(&f, t)
	case "TXT":
		if err := t.validConflictMode(); err != nil {
			return nil, err
		}
		f.txtMode, f.txtPrefix = t.TXTConflictMode, t.TXTConflictPrefix
		f.record.Data, err = x.vars.expand(t.Data)
	case "SRV":
		err = x.srv(&f.record, t)
	case "A", "AAAA", "CNAME", "MX", "NS", "APEXCNAME":
		err = x.pointing(&f.record, t)
	default:
		err = x.custom(&f.record, t)
	}
	if err != nil {
		return nil, err
	}
	if kind == "SPFM" {
		return []fresh{f}, nil
	}
	return []fresh{f}, x.ttl(&f.record, t.TTL, defaultTTL)
}

func (x *expander) ttl(r *ZoneRecord, n Number, fallback uint64) error {
	seconds, err := x.vars.number("the TTL", n, fallback, maxTTL)
	r.TTL = numberOf(seconds)
	return err
}

// name resolves a record's host.
func (x *expander) name(kind string, t *Record) (string, error) {
	host := t.Host
	if kind == "SRV" && host == "" {
		host = t.Name
	}
	host, err := x.vars.expand(host)
	if err != nil {
		return "", err
	}
	if kind == "APEXCNAME" && host != "" && host != apex {
		return "", fail(InvalidData, "APEXCNAME stands at the apex only; use CNAME for %q", host)
	}
	name, err := x.at.resolve(host)
	// Most public templates write a service record as "@" and name the service beside it, whose labels come in front.
	if err == nil && name == apex && (kind == "CNAME" || kind == "SRV" && !strings.HasPrefix(t.Service, "_")) {
		err = fail(InvalidData, "a %s can't stand at the apex of %s; apply the template to a host below it", kind, x.at.domain)
	}
	return name, err
}

// pointing reads the types whose data is an address or one name.
func (x *expander) pointing(r *ZoneRecord, t *Record) error {
	value, err := x.vars.expand(t.PointsTo)
	if err != nil {
		return err
	}
	switch r.Type {
	case "A", "AAAA":
		r.Data = strings.ToLower(strings.TrimSpace(value))
		if (r.Type == "A" && !ipv4(r.Data)) || (r.Type == "AAAA" && !ipv6(r.Data)) {
			return fail(InvalidData, "pointsTo of %s must be an address, not %q", r.Type, value)
		}
		return nil
	case "NS":
		if strings.TrimSpace(value) == apex {
			return fail(InvalidData, "a name server can't be the delegated name itself; name the server")
		}
	}
	if r.Data, err = x.at.target("pointsTo of "+r.Type, value); err != nil || r.Type != "MX" {
		return err
	}
	priority, err := x.vars.number("the priority", t.Priority, 0, max16)
	r.Priority = numberOf(priority)
	return err
}

// srv reads a service record (RFC 2782). Templates write service and protocol into its name, or into the two members alone: see owner.
func (x *expander) srv(r *ZoneRecord, t *Record) error {
	target, err := x.vars.expand(t.Target)
	if err != nil {
		return err
	}
	if r.Data, err = x.at.target(srvTarget, target); err != nil {
		return err
	}
	protocol, err := x.vars.expand(t.Protocol)
	if err != nil {
		return err
	}
	r.Protocol = strings.ToLower(strings.TrimPrefix(protocol, "_"))
	if !slices.Contains([]string{"tcp", "udp", "tls"}, r.Protocol) {
		return fail(InvalidData, "the protocol of SRV is tcp, udp or tls, not %q", protocol)
	}
	if r.Service, err = x.vars.expand(t.Service); err != nil {
		return err
	}
	if !validName(strings.TrimSuffix(r.Service, "."), false) {
		return fail(InvalidData, "the service of SRV is a name, not %q", r.Service)
	}
	for _, n := range []struct {
		what string
		from Number
		to   **Number
	}{{"the priority", t.Priority, &r.Priority}, {"the weight", t.Weight, &r.Weight}, {"the port", t.Port, &r.Port}} {
		value, err := x.vars.number(n.what, n.from, 0, max16)
		if err != nil {
			return err
		}
		*n.to = numberOf(value)
	}
	return nil
}

// custom reads every other type: its data is taken as it is written.
func (x *expander) custom(r *ZoneRecord, t *Record) error {
	var err error
	if r.Data, err = x.vars.expand(t.Data); err != nil {
		return err
	}
	if strings.TrimSpace(r.Data) == "" || r.Data == apex {
		return fail(InvalidData, "%s needs its data written out", r.Type)
	}
	return nil
}

// redirect gives the addresses of the redirecting server and the redirect itself.
func (x *expander) redirect(kind string, t *Record) ([]fresh, error) {
	if len(x.redirects) == 0 {
		return nil, fail(InvalidTemplate, "%s needs the addresses of the redirecting server; give them as redirect_records", kind)
	}
	name, err := x.name(kind, t)
	if err != nil {
		return nil, err
	}
	target, err := x.vars.expand(t.Target)
	if err != nil {
		return nil, err
	}
	if !webAddress(target) {
		return nil, fail(InvalidData, "a redirect leads to a web address, not to %q", target)
	}
	var out []fresh
	for _, r := range x.redirects {
		f := fresh{essential: t.essential(), record: ZoneRecord{Type: strings.ToUpper(r.Type), Name: name}}
		if err := x.pointing(&f.record, &r); err != nil {
			return nil, err
		}
		if err := x.ttl(&f.record, r.TTL, defaultTTL); err != nil {
			return nil, err
		}
		out = append(out, f)
	}
	return append(out, fresh{essential: t.essential(), record: ZoneRecord{Type: kind, Name: name, Data: target}}), nil
}

// spf reads the rules to merge; the record they end up in is a TXT.
func (x *expander) spf(f *fresh, t *Record) error {
	rules, err := x.vars.expand(t.SPFRules)
	if err != nil {
		return err
	}
	if f.rules = spfRules(rules); len(f.rules) == 0 {
		return fail(InvalidData, "SPFM needs rules, like include:spf.example.com")
	}
	f.record.Type = "TXT"
	return x.ttl(&f.record, t.TTL, spfTTL)
}
