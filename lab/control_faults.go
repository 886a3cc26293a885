package lab

import "time"

// The services that are not of one suffix, as SetRDAPFault names them.
const (
	RDAPBootstrapService = "bootstrap"
	RDAPRegistrars       = "registrars" // all registrars' own RDAP
)

// SetRDAPFault spoils the RDAP answers of a suffix, of the bootstrap file
// (RDAPBootstrapService) or of the registrars (RDAPRegistrars). The zero fault
// repairs it.
func (l *Lab) SetRDAPFault(suffix string, f RDAPFault) {
	l.state.mu.Lock()
	defer l.state.mu.Unlock()
	l.state.rdapFaults[toASCII(suffix)] = newCounted(f, f.Times)
}

// SetWHOISFault spoils the WHOIS answers of a suffix. The zero fault repairs it.
func (l *Lab) SetWHOISFault(suffix string, f WHOISFault) {
	l.state.mu.Lock()
	defer l.state.mu.Unlock()
	l.state.whoisFaults[toASCII(suffix)] = newCounted(f, f.Times)
}

// SetDomainRDAPFault spoils the registry's RDAP answers about one domain; it
// comes before a fault of the suffix. The zero fault repairs it.
func (l *Lab) SetDomainRDAPFault(domain string, f RDAPFault) error {
	return l.edit(domain, func(r *registration) error { r.rdap = newCounted(f, f.Times); return nil })
}

// SetDomainWHOISFault spoils the WHOIS answers about one domain; it comes
// before a fault of the suffix. The zero fault repairs it.
func (l *Lab) SetDomainWHOISFault(domain string, f WHOISFault) error {
	return l.edit(domain, func(r *registration) error { r.whois = newCounted(f, f.Times); return nil })
}

// takeRDAP uses the fault that strikes a question, the domain's own first. An
// outage strikes before the question is read, so it is the service's alone.
func (s *state) takeRDAP(service, domain string, now time.Time) RDAPFault {
	if r := s.domains[domain]; r != nil && s.tlds[service] != nil {
		if f, ok := r.rdap.take(); ok && f != (RDAPFault{}) {
			return f
		}
	}
	f, _ := s.rdapFaults[service].take()
	return s.withinQuotaRDAP(f, service, now)
}

func (s *state) takeWHOIS(suffix, domain string, now time.Time) WHOISFault {
	if r := s.domains[domain]; r != nil {
		if f, ok := r.whois.take(); ok && f != (WHOISFault{}) {
			return f
		}
	}
	f, _ := s.whoisFaults[suffix].take()
	return s.withinQuotaWHOIS(f, suffix, now)
}

// whoisShut tells whether a suffix has an outage, which needs no question.
func (s *state) whoisShut(suffix string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.whoisFaults[suffix]
	if c == nil || c.left == 0 || c.fault.Kind != WHOISOutage {
		return false
	}
	c.take()
	return true
}

// brokenRecord remembers a record set that BreakRecord took away.
type brokenRecord struct{ records []Record }

// BreakRecord takes one record away that services depend on: the alias at www
// or, without one, the first record of the zone. It returns what it took.
// RepairRecord puts it back.
func (l *Lab) BreakRecord(domain string) (Record, error) {
	l.state.mu.Lock()
	defer l.state.mu.Unlock()
	name := toASCII(domain)
	z := l.state.zones[fqdn(name)]
	if z == nil || len(z.source) == 0 {
		return Record{}, ErrNoDomain
	}
	victim := z.source[0]
	for _, r := range z.source {
		if r.Host == "www" {
			victim = r
			break
		}
	}
	before := brokenRecord{records: z.source}
	err := l.state.editZone(name, func(z *zone) { z.remove(victim.Host, victim.Type) })
	if _, again := l.state.broken[name]; err == nil && !again {
		l.state.broken[name] = before
	}
	return victim, err
}

// RepairRecord undoes every BreakRecord of a domain; without one it does nothing.
func (l *Lab) RepairRecord(domain string) error {
	l.state.mu.Lock()
	defer l.state.mu.Unlock()
	name := toASCII(domain)
	b, ok := l.state.broken[name]
	if !ok {
		return nil
	}
	delete(l.state.broken, name)
	return l.state.editZone(name, func(z *zone) { z.source = b.records })
}

// Broken tells whether BreakRecord took a record of the domain away.
func (l *Lab) Broken(domain string) bool {
	l.state.mu.Lock()
	defer l.state.mu.Unlock()
	_, ok := l.state.broken[toASCII(domain)]
	return ok
}
