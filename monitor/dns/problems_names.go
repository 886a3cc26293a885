package dns

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/krestmarketing/deedwatch/models"
)

// confirmGone asks further servers of the zone above about each domain that one of them did not know: a stale server must not make a domain
// look free.
func (s *session) confirmGone(ctx context.Context, v *view) {
	confirmed := map[string]bool{"": false}
	gone := func(domain string) bool {
		is, asked := confirmed[domain]
		if !asked {
			is = s.askParent(ctx, fqdn(domain)).outcome == models.OutcomeAbsent
			confirmed[domain] = is
		}
		return is
	}
	for name, set := range v.zone.sets {
		if !gone(set.gone) {
			set.gone = ""
			v.zone.sets[name] = set
		}
	}
	for i := range v.mail {
		if !gone(v.mail[i].gone) {
			v.mail[i].gone = ""
		}
	}
}

// goneServerDomains names server names whose own domain does not exist: whoever registers it answers for the client's zone.
func goneServerDomains(v view) []models.DelegationProblem {
	var found []models.DelegationProblem
	for name, set := range v.zone.sets {
		if set.gone == "" {
			continue
		}
		found = append(found, models.DelegationProblem{
			Code: "ns_domain_gone", Subject: shown(lowerName(name)), Side: v.sideOf(name),
			Detail: "The name server " + shown(lowerName(name)) + " lies in the domain " + shown(set.gone) +
				", which the zone above it does not know. Whoever registers it answers for this domain: website, mail and all.",
		})
	}
	return found
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
			Code: "ns_cname", Subject: shown(lowerName(name)), Side: v.sideOfHost(name),
			Detail: "The server name " + shown(lowerName(name)) + " is an alias (CNAME), which a name server's name must not be; some resolvers do not find the zone.",
		})
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
	if len(sets) > 1 {
		return v.one("ns_mismatch", sideProvider,
			fmt.Sprintf("The zone's own servers state %d different NS sets: %s and %s.", len(sets), list(plainNames(sets[0])), list(plainNames(sets[1]))))
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
	return v.one("ns_mismatch", sideParent, "The delegation at the registrar and the zone name different servers: "+strings.Join(parts, "; ")+".")
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

// missingGlue finds servers inside the domain whose address the parent does not hand out: the domain's own servers would have to be asked
// for it (RFC 9471). Only a referral shows that: a server of both zones has no need of glue.
func missingGlue(v view) []models.DelegationProblem {
	if v.parent.finding.kind != AnswerReferral {
		return nil
	}
	var found []models.DelegationProblem
	for _, name := range v.parent.cut.ns {
		if !within(v.domain, name) || len(v.parent.cut.glue[name]) > 0 {
			continue
		}
		found = append(found, models.DelegationProblem{
			Code: "glue_missing", Subject: shown(lowerName(name)), Side: sideParent,
			Detail: "The name server " + shown(lowerName(name)) + " lies in the domain itself, and the parent does not hand out its address.",
		})
	}
	return found
}
