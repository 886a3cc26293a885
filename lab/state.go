package lab

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/miekg/dns"
)

// registration is a domain with its faults as they still strike.
type registration struct {
	Domain
	rdap  *counted[RDAPFault]
	whois *counted[WHOISFault]
}

// state is the world as it is at the moment. Its methods expect mu to be held.
type state struct {
	mu          sync.Mutex
	tlds        map[string]*TLD
	registrars  []Registrar
	domains     map[string]*registration
	zones       map[string]*zone      // by lower-case name with a dot at the end
	hosts       map[string]string     // name server (lower-case, dot) -> address
	servers     map[string]*Behaviour // by address
	addresses   []string              // in the order they were given out
	defaultNS   []string
	rdapFaults  map[string]*counted[RDAPFault]
	whoisFaults map[string]*counted[WHOISFault]
	broken      map[string]brokenRecord
	quotas      map[serverKey]*quota
}

const defaultServerDomain = "labdns"

func newState(w World) (*state, error) {
	s := &state{
		tlds: map[string]*TLD{}, domains: map[string]*registration{}, zones: map[string]*zone{},
		hosts: map[string]string{}, servers: map[string]*Behaviour{}, registrars: slices.Clone(w.Registrars),
		rdapFaults: map[string]*counted[RDAPFault]{}, whoisFaults: map[string]*counted[WHOISFault]{},
		broken: map[string]brokenRecord{}, quotas: map[serverKey]*quota{},
	}
	rootNS := []string{"a.root.", "b.root."}
	for i, name := range rootNS {
		s.addHost(name, fmt.Sprintf("127.77.0.%d", i+1), Behaviour{})
	}
	if err := s.addRegistryZone(".", rootNS); err != nil {
		return nil, err
	}
	for i, t := range w.TLDs {
		if err := s.addTLD(t, i); err != nil {
			return nil, err
		}
	}
	if err := s.addServers(w); err != nil {
		return nil, err
	}
	for _, d := range w.Domains {
		if err := s.addDomain(d); err != nil {
			return nil, err
		}
	}
	for _, z := range w.Zones {
		serving := z.ServedBy
		if serving == nil {
			serving = z.Servers
		}
		if err := s.putZone(&zone{name: fqdn(z.Name), nsNames: fqdns(z.Servers), source: slices.Clone(z.Records)}, serving); err != nil {
			return nil, err
		}
	}
	return s, s.addServerDomains(w)
}

func (s *state) addTLD(t TLD, i int) error {
	t.Name = toASCII(t.Name)
	if t.Name == "" || s.tlds[t.Name] != nil {
		return fmt.Errorf("lab: suffix %q is empty or given twice", t.Name)
	}
	if t.Dialect == "" {
		t.Dialect = DialectGeneric
	}
	t.Lifecycle = t.Lifecycle.orDefault()
	s.tlds[t.Name] = &t
	if t.RDAPFault != nil {
		s.rdapFaults[t.Name] = newCounted(*t.RDAPFault, t.RDAPFault.Times)
	}
	if t.WHOISFault != nil {
		s.whoisFaults[t.Name] = newCounted(*t.WHOISFault, t.WHOISFault.Times)
	}
	ns := []string{"a.nic." + t.Name + ".", "b.nic." + t.Name + "."}
	for n, name := range ns {
		s.addHost(name, fmt.Sprintf("127.77.1.%d", 2*i+n+1), Behaviour{})
	}
	return s.addRegistryZone(t.Name+".", ns)
}

func (s *state) addHost(name, address string, b Behaviour) {
	s.hosts[fqdn(name)] = address
	if s.servers[address] == nil {
		s.servers[address] = &b
		s.addresses = append(s.addresses, address)
	}
}

// addServers gives every server of the world its address and adds the two
// default servers under the first suffix.
func (s *state) addServers(w World) error {
	servers := slices.Clone(w.Servers)
	if len(w.TLDs) > 0 {
		for _, n := range []string{"ns1.", "ns2."} {
			name := n + defaultServerDomain + "." + toASCII(w.TLDs[0].Name)
			s.defaultNS = append(s.defaultNS, name)
			servers = append(servers, Server{Name: name})
		}
	}
	taken := map[string]bool{}
	for _, srv := range servers {
		taken[srv.Address] = true
	}
	prefix := netip.MustParsePrefix("127.77.0.0/16")
	n := 0
	for _, srv := range servers {
		address := srv.Address
		if ip, err := netip.ParseAddr(address); address != "" && (err != nil || !prefix.Contains(ip)) {
			return fmt.Errorf("lab: name server %s: address %q is not in %s", srv.Name, address, prefix)
		}
		for address == "" || srv.Address == "" && taken[address] {
			address = fmt.Sprintf("127.77.%d.%d", 2+n/250, n%250+1)
			n++
		}
		s.addHost(srv.Name, address, srv.Behaviour)
	}
	return nil
}

// addServerDomains registers the domains that only hold name servers and that
// the world does not mention, so that those servers can be found.
func (s *state) addServerDomains(w World) error {
	for _, srv := range append(slices.Clone(w.Servers), namesOnly(s.defaultNS)...) {
		name := toASCII(srv.Name)
		suffix := s.suffixOf(name)
		if suffix == "" || s.zoneAbove(fqdn(name)) != s.zones[suffix+"."] {
			continue
		}
		labels := strings.Split(strings.TrimSuffix(name, "."+suffix), ".")
		domain := labels[len(labels)-1] + "." + suffix
		var ns []string
		for host := range s.hosts {
			if dns.IsSubDomain(domain+".", host) {
				ns = append(ns, strings.TrimSuffix(host, "."))
			}
		}
		slices.Sort(ns)
		err := s.addDomain(Domain{
			Name: domain, Registrar: "Lab Registrar", NameServers: ns, Infrastructure: true,
			Created: time.Date(2015, 1, 1, 0, 0, 0, 0, time.UTC), Expires: time.Date(2120, 1, 1, 0, 0, 0, 0, time.UTC),
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func namesOnly(names []string) []Server {
	var out []Server
	for _, n := range names {
		out = append(out, Server{Name: n})
	}
	return out
}

// addDomain registers a domain and puts its zone on its servers.
func (s *state) addDomain(d Domain) error {
	d.Name = toASCII(d.Name)
	suffix := s.suffixOf(d.Name)
	if suffix == "" || suffix == d.Name {
		return fmt.Errorf("lab: domain %q is not under any suffix of this world", d.Name)
	}
	if s.domains[d.Name] != nil {
		return fmt.Errorf("lab: domain %s is given twice", d.Name)
	}
	if d.NameServers == nil {
		d.NameServers = slices.Clone(s.defaultNS)
	}
	if d.Registrar == "" {
		d.Registrar = "Lab Registrar"
	}
	if d.Created.IsZero() {
		d.Created = d.Expires.AddDate(-3, 0, 0)
	}
	s.registrar(d.Registrar)
	r := &registration{Domain: cloneDomain(d)}
	if d.RDAPFault != nil {
		r.rdap = newCounted(*d.RDAPFault, d.RDAPFault.Times)
	}
	if d.WHOISFault != nil {
		r.whois = newCounted(*d.WHOISFault, d.WHOISFault.Times)
	}
	child := d.ChildNS
	if child == nil {
		child = d.NameServers
	}
	serving := d.ServedBy
	if serving == nil {
		serving = append(slices.Clone(d.NameServers), child...)
	}
	z := &zone{name: fqdn(d.Name), nsNames: fqdns(child), source: slices.Clone(d.Records)}
	if d.Signing != nil {
		var err error
		if z.signer, err = newSigner(z.name, *d.Signing); err != nil {
			return err
		}
		r.DS = append(r.DS, z.signer.ds())
	}
	if err := s.putZone(z, serving); err != nil {
		return err
	}
	s.domains[d.Name] = r
	return nil
}

// registrar finds a registrar by name and invents the ones it does not know.
func (s *state) registrar(name string) Registrar {
	for _, r := range s.registrars {
		if r.Name == name {
			return r
		}
	}
	host := slug(name) + ".example"
	r := Registrar{
		Name: name, IANAID: 9100 + len(s.registrars), URL: "https://www." + host,
		AbuseEmail: "abuse@" + host, AbusePhone: "+1.5550100",
	}
	s.registrars = append(s.registrars, r)
	return r
}

// suffixOf returns the longest suffix of the world that encloses the name.
func (s *state) suffixOf(name string) string {
	for rest := name; rest != ""; {
		if s.tlds[rest] != nil {
			return rest
		}
		_, after, found := strings.Cut(rest, ".")
		if !found {
			return ""
		}
		rest = after
	}
	return ""
}

// look returns the registration of a domain as it is told at now. A domain
// that the lifecycle has run out for is as absent as one never registered.
func (s *state) look(name string, now time.Time) (*registration, *TLD, published) {
	t := s.tlds[s.suffixOf(name)]
	r := s.domains[name]
	if t == nil || r == nil {
		return nil, t, published{state: StateAbsent}
	}
	p := publish(&r.Domain, t, now)
	if p.state == StateAbsent {
		return nil, t, p
	}
	return r, t, p
}

func cloneDomain(d Domain) Domain {
	d.Statuses = slices.Clone(d.Statuses)
	d.NameServers = slices.Clone(d.NameServers)
	d.ChildNS = slices.Clone(d.ChildNS)
	d.ServedBy = slices.Clone(d.ServedBy)
	d.DS = slices.Clone(d.DS)
	d.Glue = maps.Clone(d.Glue)
	d.Records = slices.Clone(d.Records)
	return d
}

// slug makes a name fit for a host label or a path segment.
func slug(name string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(name) {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	return strings.Trim(b.String(), "-")
}

func fqdn(name string) string { return dns.Fqdn(toASCII(name)) }

func fqdns(names []string) []string {
	out := make([]string, 0, len(names))
	for _, n := range names {
		out = append(out, fqdn(n))
	}
	return out
}
