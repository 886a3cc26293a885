package services

import (
	"fmt"
	"slices"
	"strings"

	"github.com/krestmarketing/deedwatch/models"
)

// Expect gives the records that a connection asks of a zone in the form in which they are watched, and names those that no answer of DNS
// shows. Values are as the template writes them; whoever compares them brings them into canonical form. The error is an *Error.
func Expect(s Service, domain, host string, vars map[string]string) (records []models.ExpectedRecord, unchecked []string, err error) {
	// Whatever keeps the template from being applied keeps its records from being there.
	if _, err := Apply(Application{Template: s.Template, Domain: domain, Host: host, Variables: vars, Redirects: placeholder()}); err != nil {
		return nil, nil, err
	}
	at, err := newPlace(domain, host)
	if err != nil {
		return nil, nil, err
	}
	x := expander{at: at, vars: newVariables(vars, at), redirects: placeholder()}
	for i := range s.Records {
		made, err := x.expand(&s.Records[i])
		if err != nil {
			return nil, nil, err
		}
		if last := made[len(made)-1]; strings.HasPrefix(last.record.Type, "REDIR") {
			unchecked = append(unchecked, fmt.Sprintf("%s redirects to %s, which DNS does not show", at.absolute(last.record.Name), last.record.Data))
			continue
		}
		for _, f := range made {
			for _, e := range f.expected() {
				e.Host, e.Service, e.Purpose = at.absolute(f.record.owner()), s.Notes.Code, s.Notes.Breaks
				records = merge(records, e)
			}
		}
	}
	return records, unchecked, nil
}

// absolute gives the whole name of one that is relative to the domain.
func (p place) absolute(name string) string {
	if name == apex {
		return p.domain
	}
	return name + "." + p.domain
}

// owner is the name that is asked for.
func (r *ZoneRecord) owner() string {
	if r.Type != "SRV" {
		return r.Name
	}
	return serviceOwner(r.Name, r.Service, r.Protocol)
}

// serviceOwner is the name of a service record. It begins with the labels of service and protocol (RFC 2782), which a template may have written
// beside the name.
func serviceOwner(name, service, protocol string) string {
	if strings.HasPrefix(name, "_") || service == "" || strings.Contains(service, ".") {
		return name
	}
	owner := "_" + strings.ToLower(strings.TrimPrefix(service, "_")) + "._" + strings.ToLower(strings.TrimPrefix(protocol, "_"))
	if name != "" && name != apex {
		owner += "." + name
	}
	return owner
}

// expected gives what must be seen of a record. Texts and SPF rules stand beside others; of every other type the whole set is the service's.
func (f *fresh) expected() []models.ExpectedRecord {
	e := models.ExpectedRecord{Type: f.record.Type, Match: models.MatchExact, Essential: f.essential == Always, State: models.RecordUnknown}
	switch e.Type {
	case "TXT":
		e.Match = models.MatchContains
		if f.rules == nil {
			break
		}
		var all []models.ExpectedRecord
		for _, rule := range f.rules {
			e.Values = []string{rule}
			all = append(all, e)
		}
		return all
	case "APEXCNAME": // the host publishes the target's addresses in its place, which counts as flattened
		e.Type = "CNAME"
	case "A", "AAAA", "CNAME", "NS", "MX", "SRV":
	default:
		e.Match = models.MatchContains
	}
	e.Values = []string{f.record.presentation()}
	if e.Type == "TXT" {
		e.Values[0] = textOf(f.record.Data)
	}
	return []models.ExpectedRecord{e}
}

// presentation writes a record's data as a zone file does.
func (r *ZoneRecord) presentation() string {
	switch r.Type {
	case "MX":
		return string(*r.Priority) + " " + r.Data
	case "SRV":
		return strings.Join([]string{string(*r.Priority), string(*r.Weight), string(*r.Port), r.Data}, " ")
	}
	return r.Data
}

// merge adds one record; those of a type that is compared as a set become one.
func merge(records []models.ExpectedRecord, e models.ExpectedRecord) []models.ExpectedRecord {
	i := slices.IndexFunc(records, func(o models.ExpectedRecord) bool { return o.Host == e.Host && o.Type == e.Type && o.Match == e.Match })
	if i < 0 || e.Match != models.MatchExact {
		return append(records, e)
	}
	if !slices.Contains(records[i].Values, e.Values[0]) {
		records[i].Values = append(records[i].Values, e.Values[0])
	}
	records[i].Essential = records[i].Essential || e.Essential
	return records
}
