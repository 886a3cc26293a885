package lab

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/miekg/dns"
)

// ErrNoDomain is returned for a domain or zone that the lab does not have.
var ErrNoDomain = errors.New("lab: no such domain")

// ErrTooLate is returned when a registration can no longer be renewed.
var ErrTooLate = errors.New("lab: the registration can no longer be renewed")

func (l *Lab) edit(name string, change func(r *registration) error) error {
	l.state.mu.Lock()
	defer l.state.mu.Unlock()
	r := l.state.domains[toASCII(name)]
	if r == nil {
		return fmt.Errorf("%w: %s", ErrNoDomain, name)
	}
	return change(r)
}

// Renew pays for more years, counted from the date paid until now. It repairs
// any state before pendingDelete; later it returns ErrTooLate.
func (l *Lab) Renew(domain string, years int) error {
	return l.edit(domain, func(r *registration) error {
		now := l.now()
		t := l.state.tlds[l.state.suffixOf(r.Name)]
		switch t.Lifecycle.At(r.Expires, now) {
		case StatePendingDelete, StateAbsent:
			return fmt.Errorf("%w: %s", ErrTooLate, domain)
		case StateActive, StateAutoRenewGrace, StateRedemption:
		}
		r.Expires = r.Expires.AddDate(years, 0, 0)
		r.RegistrarExpires = time.Time{}
		r.Updated = now
		return nil
	})
}

// SetExpiry sets the date until which the registration is paid. The
// registrar's date follows unless it was set on its own.
func (l *Lab) SetExpiry(domain string, t time.Time) error {
	return l.edit(domain, func(r *registration) error { r.Expires, r.Updated = t, l.now(); return nil })
}

// SetRegistrarExpiry sets the registrar's own date; zero makes it follow.
func (l *Lab) SetRegistrarExpiry(domain string, t time.Time) error {
	return l.edit(domain, func(r *registration) error { r.RegistrarExpires = t; return nil })
}

// SetStatuses replaces the EPP statuses beside those of the lifecycle.
func (l *Lab) SetStatuses(domain string, statuses ...string) error {
	return l.edit(domain, func(r *registration) error { r.Statuses, r.Updated = statuses, l.now(); return nil })
}

// SetRegistrar moves the domain to another registrar.
func (l *Lab) SetRegistrar(domain, registrar string) error {
	return l.edit(domain, func(r *registration) error {
		l.state.registrar(registrar)
		r.Registrar, r.Updated = registrar, l.now()
		return nil
	})
}

// SetNameServers changes the delegation in the parent zone, not the zone itself.
func (l *Lab) SetNameServers(domain string, names ...string) error {
	return l.edit(domain, func(r *registration) error {
		r.NameServers, r.Updated = append([]string{}, names...), l.now()
		return nil
	})
}

// RemoveDomain takes a registration and its zone away.
func (l *Lab) RemoveDomain(domain string) error {
	return l.edit(domain, func(r *registration) error {
		delete(l.state.domains, r.Name)
		delete(l.state.zones, fqdn(r.Name))
		return nil
	})
}

// AddDomain registers one more domain on servers the world has already.
func (l *Lab) AddDomain(d Domain) error {
	l.state.mu.Lock()
	defer l.state.mu.Unlock()
	return l.state.addDomain(d)
}

// Domain returns a copy of a domain with the records its zone has now.
func (l *Lab) Domain(name string) (Domain, bool) {
	l.state.mu.Lock()
	defer l.state.mu.Unlock()
	r := l.state.domains[toASCII(name)]
	if r == nil {
		return Domain{}, false
	}
	return l.state.copyOf(r), true
}

func (s *state) copyOf(r *registration) Domain {
	d := cloneDomain(r.Domain)
	if z := s.zones[fqdn(d.Name)]; z != nil {
		d.Records = slices.Clone(z.source)
	}
	return d
}

// Domains returns copies of all domains, sorted by name, without those that
// only carry name servers.
func (l *Lab) Domains() []Domain {
	l.state.mu.Lock()
	defer l.state.mu.Unlock()
	var out []Domain
	for _, r := range l.state.domains {
		if !r.Infrastructure {
			out = append(out, l.state.copyOf(r))
		}
	}
	slices.SortFunc(out, func(a, b Domain) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// State returns what has become of a registration by the lab's clock.
func (l *Lab) State(domain string) State {
	l.state.mu.Lock()
	defer l.state.mu.Unlock()
	_, _, p := l.state.look(toASCII(domain), l.now())
	return p.state
}

// SetRecord replaces the record set of a host and type in a zone.
func (l *Lab) SetRecord(zoneName, host, rrtype string, values ...string) error {
	return l.editZone(zoneName, func(z *zone) {
		z.remove(host, rrtype)
		for _, v := range values {
			z.source = append(z.source, Record{Host: host, Type: rrtype, Value: v})
		}
	})
}

// RemoveRecord takes a record set out of a zone; it need not be there.
func (l *Lab) RemoveRecord(zoneName, host, rrtype string) error {
	return l.editZone(zoneName, func(z *zone) { z.remove(host, rrtype) })
}

// SetChildNS replaces the NS records at the apex of the zone itself.
func (l *Lab) SetChildNS(zoneName string, names ...string) error {
	return l.editZone(zoneName, func(z *zone) { z.nsNames = fqdns(names) })
}

func (l *Lab) editZone(name string, change func(z *zone)) error {
	l.state.mu.Lock()
	defer l.state.mu.Unlock()
	return l.state.editZone(name, change)
}

// editZone changes a zone or, when a record does not parse, leaves it as it was.
func (s *state) editZone(name string, change func(z *zone)) error {
	z := s.zones[fqdn(name)]
	if z == nil || z.registry {
		return fmt.Errorf("%w: zone %s", ErrNoDomain, name)
	}
	before := *z
	z.source, z.nsNames = slices.Clone(z.source), slices.Clone(z.nsNames)
	change(z)
	if err := s.build(z); err != nil {
		*z = before
		return err
	}
	return nil
}

func (z *zone) remove(host, rrtype string) {
	z.source = slices.DeleteFunc(z.source, func(r Record) bool {
		return ownerName(z.name, r.Host) == ownerName(z.name, host) && strings.EqualFold(r.Type, rrtype)
	})
}

// SetServerBehaviour makes a name server, given by name or address, behave.
func (l *Lab) SetServerBehaviour(server string, b Behaviour) error {
	l.state.mu.Lock()
	defer l.state.mu.Unlock()
	address := server
	if a := l.state.hosts[fqdn(server)]; a != "" {
		address = a
	}
	if l.state.servers[address] == nil {
		return fmt.Errorf("lab: no name server %s", server)
	}
	for _, r := range b.Override {
		if _, err := newRR(".", r); err != nil {
			return err
		}
	}
	*l.state.servers[address] = b
	return nil
}

// ServerAddress returns the address of a name server by its name, "" if the
// world has none of that name.
func (l *Lab) ServerAddress(name string) string {
	l.state.mu.Lock()
	defer l.state.mu.Unlock()
	return l.state.hosts[dns.Fqdn(strings.ToLower(name))]
}
