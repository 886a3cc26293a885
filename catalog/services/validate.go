package services

import (
	"errors"
	"regexp"
	"slices"
	"strings"
)

// Validate says everything that keeps a service from being used. The error is made of *Error values.
func (s *Service) Validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fail(InvalidTemplate, format, args...)) }
	for _, m := range []struct{ name, value string }{{"providerId", s.ProviderID}, {"serviceId", s.ServiceID}} {
		if m.value == "" {
			bad("%s is missing", m.name)
		}
	}
	switch n := &s.Notes; {
	case len(s.Records) == 0 && n.NoRecords == "":
		bad("there are no records")
	case len(s.Records) > 0 && n.NoRecords != "":
		bad("deedwatch: noRecords is said of a template that has records")
	}
	errs = append(errs, s.Notes.validate())
	for i := range s.Records {
		if err := s.Records[i].validate(s); err != nil {
			errs = append(errs, fail(InvalidTemplate, "record %d: %s", i+1, err.Error()))
		}
	}
	return errors.Join(errs...)
}

// code is what a code of ours looks like.
var code = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

func (n *Notes) validate() error {
	if n.Code == "" {
		return nil
	}
	var errs []error
	bad := func(format string, args ...any) {
		errs = append(errs, fail(InvalidTemplate, "deedwatch: "+format, args...))
	}
	if !code.MatchString(n.Code) {
		bad("the code %q is to be small letters, digits and hyphens", n.Code)
	}
	if n.Breaks == "" || n.Source == "" || n.Name == "" {
		bad("name, breaks and source are all needed beside a code")
	}
	for _, h := range n.Hosts {
		if h != strings.ToLower(h) || !validName(h, false) {
			bad("hosts: %q is not a host name in small letters", h)
		}
	}
	for i := range n.Discover {
		if err := n.Discover[i].validate(); err != nil {
			bad("discover: %s", err)
		}
	}
	return errors.Join(errs...)
}

func (r *Record) validate(s *Service) error {
	kind := strings.ToUpper(r.Type)
	if !rrType.MatchString(kind) {
		return fail(UnknownType, "%q is not a record type", r.Type)
	}
	if err := r.validConflictMode(); err != nil {
		return err
	}
	if strings.Contains(r.GroupID, "%") || strings.Contains(r.TXTConflictPrefix, "%") {
		return fail(InvalidTemplate, "groupId and txtConflictMatchingPrefix hold no variables")
	}
	if (kind == "CNAME" || kind == "NS") && (r.Host == "" || r.Host == apex) && !s.HostRequired {
		return fail(InvalidTemplate, "%s at the host itself needs hostRequired: it can't stand at the apex", kind)
	}
	for _, text := range []string{r.Host, r.Name, r.PointsTo, r.Data, r.Target, r.SPFRules, r.Service, r.Protocol} {
		if strings.Count(text, "%")%2 != 0 {
			return fail(InvalidTemplate, "a variable in %q is not closed; write it as %%name%%", text)
		}
	}
	return nil
}

// validConflictMode says what keeps the rule for other texts from being followed. A prefix that is missing would be one that every text has.
func (r *Record) validConflictMode() error {
	switch mode := strings.ToLower(r.TXTConflictMode); {
	case mode == "prefix" && r.TXTConflictPrefix == "":
		return fail(InvalidTemplate, "txtConflictMatchingMode Prefix needs a txtConflictMatchingPrefix; without one every text would go")
	case !slices.Contains([]string{"", "none", "all", "prefix"}, mode):
		return fail(InvalidTemplate, "txtConflictMatchingMode is None, All or Prefix, not %q", r.TXTConflictMode)
	}
	return nil
}

// Variables lists the names of the variables that a template needs values for, in the order in which they appear.
func (t *Template) Variables() []string {
	var names []string
	for i := range t.Records {
		r := &t.Records[i]
		for _, text := range []string{
			r.Host, r.Name, r.PointsTo, r.Data, r.Target, r.SPFRules, r.Service, r.Protocol,
			string(r.TTL), string(r.Priority), string(r.Weight), string(r.Port),
		} {
			parts := strings.Split(text, "%")
			for j := 1; j < len(parts)-1; j += 2 {
				name := parts[j]
				if builtin := slices.Contains([]string{"domain", "host", "fqdn"}, strings.ToLower(name)); !builtin && !slices.ContainsFunc(names,
					func(n string) bool { return strings.EqualFold(n, name) }) {
					names = append(names, name)
				}
			}
		}
	}
	return names
}
