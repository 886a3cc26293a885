package dns

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/krestmarketing/deedwatch/models"
)

// failingServers names each server that does not serve the zone, and says when none does.
func failingServers(v view) []models.DelegationProblem {
	var found []models.DelegationProblem
	useless, skipped := 0, 0
	for _, n := range v.zone.servers {
		p, known := v.failing(n)
		switch {
		case n.serves():
			continue
		case !known:
			skipped++
			continue
		case n.kind != AnswerTimeout && n.kind != AnswerUnreachable && n.kind != AnswerServfail:
			useless++
		}
		if v.zone.sets[n.name].gone == "" { // told with its cause
			found = append(found, p)
		}
	}
	if len(v.zone.serving()) > 0 || skipped > 0 || len(v.zone.servers) == 0 {
		return found
	}
	side := sideProvider
	if useless == len(v.zone.servers) {
		side = sideParent
	}
	return append(found, v.one("all_servers_failing", side, "No server that the domain is delegated to answers for it: "+v.kinds()+".")...)
}

// failing words the problem of a server that does not serve the zone; known is false when it was not asked.
func (v view) failing(n *nsServer) (p models.DelegationProblem, known bool) {
	p = models.DelegationProblem{Subject: n.label(), Side: sideProvider, Detail: "The server " + n.label() + " " + n.detail + "."}
	switch n.kind {
	case AnswerLame, AnswerRefused, AnswerServfail, AnswerMalformed:
		p.Code = "ns_lame"
	case AnswerNotAuth:
		p.Code = "ns_not_authoritative"
	case AnswerTimeout, AnswerUnreachable:
		p.Code, p.Detail = "ns_timeout", "The server "+n.label()+" cannot be reached: "+n.detail+"."
	case AnswerUnresolved:
		p.Code, p.Side = "ns_unresolvable", v.sideOf(n.name)
		p.Detail = "The server name " + n.label() + " leads to no address: " + n.detail + "."
	case AnswerForbidden:
		p.Code, p.Side = "ns_private_address", v.sideOf(n.name)
		p.Detail = "The server " + n.label() + " has no address of the public internet: " + n.detail + "."
	case AnswerData, AnswerNotAsked, AnswerNoData, AnswerNXDomain, AnswerReferral:
		return p, false
	}
	return p, true
}

// kinds lists the servers with why they do not answer.
func (v view) kinds() string {
	parts := make([]string, 0, len(v.zone.servers))
	for _, n := range v.zone.servers {
		parts = append(parts, n.label()+" "+noAnswer(n.kind))
	}
	return strings.Join(parts, ", ")
}

func fewServers(v view) []models.DelegationProblem {
	if len(v.parent.cut.ns) != 1 {
		return nil
	}
	return v.one("single_ns", sideClient, "The domain is delegated to one name server only; when it fails, everything under the domain does.")
}

// sameAddresses finds server names that are one server.
func sameAddresses(v view) []models.DelegationProblem {
	by := map[string][]string{}
	for _, n := range v.zone.servers {
		if n.addr.IsValid() {
			by[n.addr.String()] = append(by[n.addr.String()], shown(lowerName(n.name)))
		}
	}
	var found []models.DelegationProblem
	for addr, names := range by {
		if len(names) > 1 {
			slices.Sort(names)
			found = append(found, models.DelegationProblem{
				Code: "same_address", Subject: addr, Side: sideProvider,
				Detail: "The name servers " + strings.Join(names, " and ") + " share the address " + addr + ".",
			})
		}
	}
	return found
}

// sameNetwork says when all addresses lie in one network that is announced as a whole: /24 for IPv4, /48 for IPv6. Servers on loopback are
// a test network's.
func sameNetwork(v view) []models.DelegationProblem {
	var networks []string
	var addrs []netip.Addr
	for _, n := range v.zone.servers {
		if !n.addr.IsValid() || n.addr.IsLoopback() || slices.Contains(addrs, n.addr) {
			continue
		}
		bits := 24
		if n.addr.Is6() {
			bits = 48
		}
		network := netip.PrefixFrom(n.addr, bits).Masked().String()
		addrs = append(addrs, n.addr)
		if !slices.Contains(networks, network) {
			networks = append(networks, network)
		}
	}
	if len(addrs) < 2 || len(networks) != 1 {
		return nil
	}
	return v.one("same_network", sideProvider, fmt.Sprintf("All %d server addresses lie in the network %s; when it fails, all of them do.", len(addrs), networks[0]))
}

// driftingSerials finds servers that hold different versions of the zone. Some hosts number their servers apart, so it only informs.
func driftingSerials(v view) []models.DelegationProblem {
	by := map[uint32][]string{}
	for _, n := range v.zone.serving() {
		if n.serial != nil {
			by[*n.serial] = append(by[*n.serial], n.label())
		}
	}
	if len(by) < 2 {
		return nil
	}
	var parts []string
	for serial, servers := range by {
		parts = append(parts, fmt.Sprintf("%d at %s", serial, strings.Join(servers, " and ")))
	}
	slices.Sort(parts)
	return v.one("serial_drift", sideProvider, "For information: the servers hold different versions of the zone: serial "+strings.Join(parts, "; ")+".")
}

// missingSOA finds servers that have the zone's NS records and no SOA (RFC 1035 section 5.2 asks for one at the top of every zone).
func missingSOA(v view) []models.DelegationProblem {
	var without []string
	for _, n := range v.zone.serving() {
		if n.noSOA {
			without = append(without, n.label())
		}
	}
	if len(without) == 0 {
		return nil
	}
	return v.one("soa_missing", sideProvider, "The zone has no SOA record at "+list(without)+": resolvers and other servers may treat it as no zone at all.")
}

// silentStreams names servers that answer over UDP only: long answers never arrive from them (RFC 7766).
func silentStreams(v view) []models.DelegationProblem {
	return v.streams("ns_no_tcp", func(c streamCheck) string {
		if c.kind != AnswerTimeout && c.kind != AnswerUnreachable && c.kind != AnswerMalformed {
			return ""
		}
		return "answers over UDP, but not over TCP: " + c.detail
	})
}

func openTransfers(v view) []models.DelegationProblem {
	return v.streams("axfr_open", func(c streamCheck) string {
		if !c.open {
			return ""
		}
		return "gives the list of all names in the zone to anybody (zone transfer)"
	})
}

func brokenEDNS(v view) []models.DelegationProblem {
	return v.streams("edns_broken", func(c streamCheck) string {
		if c.edns == "" {
			return ""
		}
		return "answers " + c.edns + " to questions with EDNS, which all resolvers ask"
	})
}

// streams states a problem of each server for which wrong has words.
func (v view) streams(code string, wrong func(streamCheck) string) []models.DelegationProblem {
	var found []models.DelegationProblem
	for _, n := range v.zone.serving() {
		if words := wrong(n.stream); words != "" {
			found = append(found, models.DelegationProblem{
				Code: code, Subject: n.label(), Side: sideProvider, Detail: "The server " + n.label() + " " + words + ".",
			})
		}
	}
	return found
}
