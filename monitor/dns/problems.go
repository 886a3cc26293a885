package dns

import (
	"fmt"
	"slices"
	"strings"

	"github.com/miekg/dns"

	"github.com/krestmarketing/deedwatch/models"
)

// Whose side a problem is on.
const (
	sideParent   = "parent"   // the delegation as the registrar has it
	sideClient   = "client"   // the content of the zone
	sideProvider = "provider" // the servers of the DNS host
)

// view is what a look learnt of both sides of the delegation.
type view struct {
	domain    string
	parent    parentView
	zone      *zone
	glue      []glueCheck
	keys      []*dns.DNSKEY
	keysKnown bool
}

// problems names everything that is wrong with the delegation itself. It is a pure function of the view; what could not be looked at is
// no problem of the domain.
func problems(v view) []models.DelegationProblem {
	domain := lowerName(v.domain)
	if v.parent.cut == nil {
		return []models.DelegationProblem{{Code: "no_delegation", Subject: domain, Side: sideParent, Detail: v.parent.detail}}
	}
	var found []models.DelegationProblem
	for _, check := range []func(view) []models.DelegationProblem{
		failingServers, unusableNames, fewServers, sameAddresses, mismatchedNS, driftingSerials, wrongGlue, keylessDS,
	} {
		found = append(found, check(v)...)
	}
	slices.SortStableFunc(found, func(a, b models.DelegationProblem) int {
		if c := strings.Compare(a.Code, b.Code); c != 0 {
			return c
		}
		return strings.Compare(a.Subject, b.Subject)
	})
	return found
}

// failingServers names each server that does not serve the zone, and says when none does.
func failingServers(v view) []models.DelegationProblem {
	var found []models.DelegationProblem
	useless, skipped := 0, 0
	for _, n := range v.zone.servers {
		p := models.DelegationProblem{Subject: n.label(), Side: sideProvider, Detail: "The server " + n.label() + " " + n.detail + "."}
		switch n.kind {
		case AnswerData:
			continue
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
			p.Code, p.Side = "ns_unresolvable", v.sideOf(n.name)
			p.Detail = "The server " + n.label() + " has no address of the public internet: " + n.detail + "."
		case AnswerNotAsked, AnswerNoData, AnswerNXDomain, AnswerReferral:
			skipped++
			continue
		}
		if n.kind != AnswerTimeout && n.kind != AnswerUnreachable && n.kind != AnswerServfail {
			useless++
		}
		found = append(found, p)
	}
	if len(v.zone.serving()) > 0 || skipped > 0 || len(found) == 0 {
		return found
	}
	all := models.DelegationProblem{
		Code: "all_servers_failing", Subject: lowerName(v.domain), Side: sideProvider,
		Detail: "No server that the domain is delegated to answers for it: " + v.kinds() + ".",
	}
	if useless == len(v.zone.servers) {
		all.Side = sideParent
	}
	return append(found, all)
}

// kinds lists the servers with why they do not answer.
func (v view) kinds() string {
	parts := make([]string, 0, len(v.zone.servers))
	for _, n := range v.zone.servers {
		parts = append(parts, n.label()+" "+noAnswer(n.kind))
	}
	return strings.Join(parts, ", ")
}

// sideOf says who names a server: the parent's delegation, or only the zone.
func (v view) sideOf(name string) string {
	if slices.Contains(v.parent.cut.ns, name) {
		return sideParent
	}
	return sideClient
}

// unusableNames finds server names that are aliases (RFC 2181 section 10.3).
func unusableNames(v view) []models.DelegationProblem {
	var names []string
	for name, set := range v.zone.sets {
		if set.alias != "" {
			names = append(names, name)
		}
	}
	for _, g := range v.glue {
		if g.alias {
			names = append(names, g.name)
		}
	}
	slices.Sort(names)
	var found []models.DelegationProblem
	for _, name := range slices.Compact(names) {
		found = append(found, models.DelegationProblem{
			Code: "ns_cname", Subject: shown(lowerName(name)), Side: sideClient,
			Detail: "The server name " + shown(lowerName(name)) + " is an alias (CNAME), which a name server's name must not be; some resolvers do not find the zone.",
		})
	}
	return found
}

func fewServers(v view) []models.DelegationProblem {
	if len(v.parent.cut.ns) != 1 {
		return nil
	}
	return []models.DelegationProblem{{
		Code: "single_ns", Subject: lowerName(v.domain), Side: sideClient,
		Detail: "The domain is delegated to one name server only; when it fails, everything under the domain does.",
	}}
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

// mismatchedNS compares the parent's NS set with each server's.
func mismatchedNS(v view) []models.DelegationProblem {
	var sets [][]string
	for _, n := range v.zone.servers {
		if names := n.nsNames(); len(names) > 0 && !slices.ContainsFunc(sets, func(s []string) bool { return slices.Equal(s, names) }) {
			sets = append(sets, names)
		}
	}
	domain := lowerName(v.domain)
	if len(sets) > 1 {
		return []models.DelegationProblem{{
			Code: "ns_mismatch", Subject: domain, Side: sideProvider,
			Detail: fmt.Sprintf("The zone's own servers state %d different NS sets: %s and %s.", len(sets), list(plainNames(sets[0])), list(plainNames(sets[1]))),
		}}
	}
	if len(sets) == 0 || v.parent.cut.more > 0 || slices.Equal(sets[0], v.parent.cut.ns) {
		return nil
	}
	var parts []string
	if only := without(v.parent.cut.ns, sets[0]); len(only) > 0 {
		parts = append(parts, "only the parent names "+list(plainNames(only)))
	}
	if only := without(sets[0], v.parent.cut.ns); len(only) > 0 {
		parts = append(parts, "only the zone itself names "+list(plainNames(only)))
	}
	return []models.DelegationProblem{{
		Code: "ns_mismatch", Subject: domain, Side: sideParent,
		Detail: "The delegation at the registrar and the zone name different servers: " + strings.Join(parts, "; ") + ".",
	}}
}

func without(names, other []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(n string) bool { return slices.Contains(other, n) })
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
	return []models.DelegationProblem{{
		Code: "serial_drift", Subject: lowerName(v.domain), Side: sideProvider,
		Detail: "For information: the servers hold different versions of the zone: serial " + strings.Join(parts, "; ") + ".",
	}}
}

func wrongGlue(v view) []models.DelegationProblem {
	var found []models.DelegationProblem
	for _, g := range v.glue {
		if g.alias {
			continue
		}
		parent, child := addressTexts(g.parent), addressTexts(g.child)
		if len(without(parent, child)) == 0 { // an address that only the zone has is merely not handed out by the parent
			continue
		}
		stated := "no address"
		if len(child) > 0 {
			stated = strings.Join(child, ", ")
		}
		found = append(found, models.DelegationProblem{
			Code: "glue_mismatch", Subject: shown(lowerName(g.name)), Side: sideParent,
			Detail: "The parent gives " + strings.Join(parent, ", ") + " for " + shown(lowerName(g.name)) + ", the zone itself " + stated + ".",
		})
	}
	return found
}

// keylessDS finds a DS set that no key of the zone fits: validating resolvers then treat the whole domain as broken (RFC 4035 section 5).
func keylessDS(v view) []models.DelegationProblem {
	if len(v.parent.ds) == 0 || !v.keysKnown || keysFit(v.keys, v.domain, v.parent.ds) {
		return nil
	}
	detail := "The parent has DS records, and the zone has no DNSKEY: validating resolvers treat the domain as broken."
	if len(v.keys) > 0 {
		detail = "The parent has DS records, and none of the zone's keys fits them: validating resolvers treat the domain as broken."
	}
	return []models.DelegationProblem{{Code: "ds_without_dnskey", Subject: lowerName(v.domain), Side: sideParent, Detail: detail}}
}

// summary is the sentence on a look that found a delegation.
func summary(v view) string {
	if v.parent.cut == nil {
		return v.parent.detail
	}
	return fmt.Sprintf("Delegated to %d name server(s); %d of %d server address(es) answer for the zone.",
		len(v.parent.cut.ns)+v.parent.cut.more, len(v.zone.serving()), len(v.zone.servers))
}
