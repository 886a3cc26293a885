package services

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// Found is a service that a zone points to, with what shows it.
type Found struct {
	Service   Service
	Host      string            // where it is connected, relative to the domain; "@": the domain itself
	Records   []ZoneRecord      // what shows it
	Variables map[string]string // as far as the records tell
	// Missing is what the service needs beside, as far as it is known; a variable without a value stays as %name%. Records that may go after
	// verification are not missed.
	Missing []ZoneRecord
	// Unsure is what the service needs too, where any record might be the one: the name and the value are both the account's own.
	Unsure []ZoneRecord
	Also   []string // codes of services that have the same records
	used   []int    // indices of Records
}

// Complete reports whether nothing that the service needs is known to be missing.
func (f *Found) Complete() bool { return len(f.Missing) == 0 }

// Discover tells which services of the catalogue the records of a zone point to. It sees only what it is given: records of other names that
// the zone may hold are not missed by it but counted as missing.
func Discover(c *Catalogue, domain string, records []ZoneRecord) []Found {
	at, err := newPlace(domain, "")
	if err != nil {
		return nil
	}
	zone := make([]ZoneRecord, len(records))
	for i, r := range records {
		zone[i] = r.normal(at.domain)
	}
	var found []Found
	for i := range c.services {
		if s := &c.services[i]; !s.Notes.Example && s.Notes.SameAs == "" {
			found = append(found, c.search(s, at.domain, zone)...)
		}
	}
	found = slices.DeleteFunc(slices.Clone(found), func(f Found) bool {
		return slices.ContainsFunc(found, func(g Found) bool { return f.explainedBy(&g) })
	})
	slices.SortFunc(found, func(a, b Found) int {
		return cmp.Or(strings.Compare(a.Service.Notes.Code, b.Service.Notes.Code), strings.Compare(a.Host, b.Host))
	})
	return found
}

// explainedBy reports whether there is no evidence for f beside that for g: less of it, or the same while only g is complete. Of two
// incomplete ones of one provider with the same evidence the first in the order of the codes counts, which is the current form of a
// service and not its older one.
func (f *Found) explainedBy(g *Found) bool {
	for _, i := range f.used {
		if !slices.Contains(g.used, i) {
			return false
		}
	}
	if len(g.used) > len(f.used) || f.Complete() {
		return len(g.used) > len(f.used)
	}
	return g.Complete() || (strings.EqualFold(g.Service.ProviderID, f.Service.ProviderID) && g.Service.Notes.Code < f.Service.Notes.Code)
}

// search finds the instances of one service, each with the record that tells of it first.
func (c *Catalogue) search(s *Service, domain string, zone []ZoneRecord) []Found {
	signs := s.signs()
	taken := make([]bool, len(zone))
	var found []Found
	for i := range signs {
		if !signs[i].tells {
			continue
		}
		for j := range zone {
			if taken[j] {
				continue
			}
			host, _, ok := signs[i].place(zone[j].Name)
			if !ok || (s.HostRequired && host == "") {
				continue
			}
			first, vars, ok := recognise(signs, i, &zone[j], domain, host)
			if !ok {
				continue
			}
			f := Found{Service: *s, Host: cmp.Or(host, apex), used: []int{j}, Also: c.also(s.Notes.Code)}
			f.gather(signs, first, zone, domain, host, vars)
			for _, u := range f.used {
				taken[u] = true
				f.Records = append(f.Records, zone[u])
			}
			found = append(found, f)
		}
	}
	return found
}

// recognise reads a record of the zone by a sign. Where a pattern tells the service by a record that the template has as well, the
// template's own counts.
func recognise(signs []sign, i int, z *ZoneRecord, domain, host string) (first int, vars variables, ok bool) {
	if vars, ok = signs[i].match(z, domain, host, nil); !ok || signs[i].own {
		return i, vars, ok
	}
	for k := range signs {
		if own, ok := signs[k].match(z, domain, host, nil); ok && signs[k].own {
			return k, own, true
		}
	}
	return i, vars, true
}

// gather adds the other records of an instance, and names those that are not there.
func (f *Found) gather(signs []sign, first int, zone []ZoneRecord, domain, host string, vars variables) {
	var missing, unsure []int
	for i := range signs {
		if i == first {
			continue
		}
		if signs[i].open(vars) {
			unsure = append(unsure, i)
			continue
		}
		there := false
		for j := range zone {
			// An SPF record serves several rules; any other record of the zone is one record of the template.
			if shared := strings.EqualFold(signs[i].rec.Type, "SPFM"); !shared && slices.Contains(f.used, j) {
				continue
			}
			if more, ok := signs[i].match(&zone[j], domain, host, vars); ok {
				vars, there = more, true
				if !slices.Contains(f.used, j) {
					f.used = append(f.used, j)
				}
				break
			}
		}
		if !there && signs[i].own && signs[i].rec.essential() == Always {
			missing = append(missing, i)
		}
	}
	f.Variables = maps.Clone(map[string]string(vars))
	all := newVariables(vars, place{domain: domain, host: host})
	for _, i := range missing {
		if !signs[first].own && signs[i].kind == signs[first].kind && signs[i].rec.Host == signs[first].rec.Host {
			continue // the pattern stands for another value of this very record
		}
		f.Missing = append(f.Missing, signs[i].wanted(all, host))
	}
	for _, i := range unsure {
		f.Unsure = append(f.Unsure, signs[i].wanted(all, host))
	}
}

// open reports whether neither the name nor the value of a record tells it from others.
func (s *sign) open(known variables) bool {
	return s.own && !s.tells && strings.Contains(known.fill(s.rec.Host), "%") && strings.Contains(known.fill(s.rec.value()), "%")
}

// wanted is a record that is not there, as far as it is known.
func (s *sign) wanted(vars variables, host string) ZoneRecord {
	name := vars.fill(s.rec.Host)
	switch {
	case name == "" || name == apex:
		name = cmp.Or(host, apex)
	case host != "":
		name += "." + host
	}
	r := ZoneRecord{Type: s.kind, Name: strings.ToLower(name), Data: vars.fill(s.rec.value())}
	if s.rec.Priority != "" {
		r.Priority = &s.rec.Priority
	}
	return r
}

// signs are what a service is recognised by: its own records first.
func (s *Service) signs() []sign {
	signs := make([]sign, 0, len(s.Records)+len(s.Notes.Discover))
	for i := range s.Records {
		signs = append(signs, newSign(&s.Records[i], true))
	}
	for i := range s.Notes.Discover {
		r := s.Notes.Discover[i].record()
		signs = append(signs, newSign(&r, false))
	}
	return signs
}

// Discoverable reports whether anything in a zone tells of the service. It does not when all values are the client's own.
func (s *Service) Discoverable() bool {
	return s.Notes.SameAs == "" && slices.ContainsFunc(s.signs(), func(x sign) bool { return x.tells && x.at != nil })
}

// also lists the services that have the same records.
func (c *Catalogue) also(code string) []string {
	var codes []string
	for i := range c.services {
		if c.services[i].Notes.SameAs == code {
			codes = append(codes, c.services[i].Notes.Code)
		}
	}
	slices.Sort(codes)
	return codes
}

// Question is a name, relative to the domain, and a type to ask a zone for.
type Question struct{ Name, Type string }

// Questions lists what to ask a zone for to discover the services in it: their records' names at the domain itself, at the hosts where each
// is commonly connected, and at the further hosts given. A name with a variable in it can't be asked for.
func (c *Catalogue) Questions(hosts ...string) []Question {
	asked := map[Question]bool{}
	for i := range c.services {
		s := &c.services[i]
		if s.Notes.Example || s.Notes.SameAs != "" {
			continue
		}
		places := append(slices.Clone(s.Notes.Hosts), hosts...)
		if !s.HostRequired {
			places = append(places, apex)
		}
		for _, x := range s.signs() {
			if x.at == nil || strings.Contains(x.rec.Host, "%") || x.kind == "APEXCNAME" || strings.HasPrefix(x.kind, "REDIR") {
				continue
			}
			for _, p := range places {
				at := place{host: strings.ToLower(strings.TrimPrefix(p, apex))}
				asked[Question{Name: x.wanted(nil, at.host).Name, Type: x.kind}] = true
			}
		}
	}
	return slices.SortedFunc(maps.Keys(asked), func(a, b Question) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.Type, b.Type))
	})
}
