package dns

import (
	"context"
	"net/netip"
	"slices"
	"sync"

	"github.com/miekg/dns"

	"github.com/krestmarketing/deedwatch/models"
)

// maxMailServers bounds how many names of the MX set are looked up.
const maxMailServers = 10

// apex is what the top of the zone shows beside its servers.
type apex struct {
	alias string // the top is an alias for this one, lower case with trailing dot
	mx    []string
	addrs []string // addresses of the top
	known bool     // some server answered for all of these
}

// hostAddress is an address that a name of the domain leads to.
type hostAddress struct{ host, address string }

// mailServer is one name of the MX set.
type mailServer struct {
	name string // lower case with trailing dot
	gone string // its registrable domain, when that does not exist
	why  string // it leads to no address; empty: it does, or that could not be learnt
}

// lookApex asks the first server that answers for the addresses and mail servers of the domain itself.
func (s *session) lookApex(ctx context.Context, v *view) {
	for _, n := range v.zone.serving() {
		complete := true
		for _, t := range []uint16{dns.TypeA, dns.TypeAAAA, dns.TypeMX} {
			f := s.ask(ctx, v.zone.name, n.server, question{v.zone.name, t})
			complete = complete && f.answered()
			if f.alias != "" {
				v.apex.alias = f.alias
			}
			for _, rr := range f.rrs {
				if addr, ok := addressOf(rr); ok {
					v.hosts = append(v.hosts, hostAddress{lowerName(v.domain), addr.String()})
					v.apex.addrs = append(v.apex.addrs, addr.String())
				} else if mx, ok := rr.(*dns.MX); ok && mx.Mx != "." {
					v.apex.mx = append(v.apex.mx, fqdn(mx.Mx))
				}
			}
		}
		if complete {
			v.apex.known = true
			break
		}
	}
	slices.Sort(v.apex.addrs)
	v.apex.addrs = slices.Compact(v.apex.addrs)
	slices.Sort(v.apex.mx)
	v.apex.mx = slices.Compact(v.apex.mx)
	v.mail = make([]mailServer, min(len(v.apex.mx), maxMailServers))
	var wg sync.WaitGroup
	for i := range v.mail {
		wg.Go(func() { v.mail[i] = s.lookMailServer(ctx, v.apex.mx[i]) })
	}
	wg.Wait()
}

func (s *session) lookMailServer(ctx context.Context, name string) mailServer {
	m := mailServer{name: name}
	if checkName(name) != nil {
		m.why = "it is no host name"
		return m
	}
	v4 := s.resolve(ctx, question{name, dns.TypeA}, nil)
	if v4.kind == AnswerNXDomain {
		m.why, m.gone = "the name does not exist", v4.goneDomain()
	}
	if v4.kind == AnswerNoData && s.resolve(ctx, question{name, dns.TypeAAAA}, nil).kind == AnswerNoData {
		m.why = "the name has no address"
	}
	return m
}

// seenHosts adds the addresses that the servers gave for expected records, except those that are expected.
func (v *view) seenHosts(expected []models.ExpectedRecord, looks []models.RecordLook) {
	for i, l := range looks {
		if l.Type != "A" && l.Type != "AAAA" && l.Type != "CNAME" {
			continue
		}
		for _, values := range l.Seen {
			for _, value := range values {
				if _, err := netip.ParseAddr(value); err == nil && !slices.Contains(expected[i].Values, value) {
					v.hosts = append(v.hosts, hostAddress{l.Host, value})
				}
			}
		}
	}
}

func aliasAtTop(v view) []models.DelegationProblem {
	alias := v.apex.alias
	for _, n := range v.zone.serving() {
		if n.soa.alias != "" {
			alias = n.soa.alias
		}
	}
	if alias == "" {
		return nil
	}
	return v.one("cname_at_apex", sideClient, "The domain itself is an alias (CNAME) for "+shown(lowerName(alias))+
		". An alias must stand alone, and a domain has name servers beside it: mail and other records of the domain get lost at many resolvers.")
}

// privateAddresses names hosts of the domain that lead to addresses which nobody outside can reach.
func privateAddresses(v view) []models.DelegationProblem {
	by := map[string][]string{}
	for _, h := range v.hosts {
		if v.private(h.address) && !slices.Contains(by[h.host], h.address) {
			by[h.host] = append(by[h.host], h.address)
		}
	}
	var found []models.DelegationProblem
	for host, addrs := range by {
		slices.Sort(addrs)
		found = append(found, models.DelegationProblem{
			Code: "private_address", Subject: shown(host), Side: sideClient,
			Detail: "The name " + shown(host) + " leads to " + list(addrs) + ", which is no address of the public internet: visitors cannot reach it.",
		})
	}
	return found
}

func goneMailServers(v view) []models.DelegationProblem {
	var found []models.DelegationProblem
	for _, m := range v.mail {
		name := shown(lowerName(m.name))
		p := models.DelegationProblem{Code: "mx_unresolvable", Subject: name, Side: sideClient}
		switch {
		case m.gone != "":
			p.Code = "mx_domain_gone"
			p.Detail = "The mail server " + name + " lies in the domain " + shown(m.gone) + ", which the zone above it does not know. Whoever registers it receives the domain's mail."
		case m.why != "":
			p.Detail = "The mail server " + name + " leads to no address: " + m.why + ". Mail that is meant for it does not arrive there."
		default:
			continue
		}
		found = append(found, p)
	}
	return found
}
