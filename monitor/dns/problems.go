package dns

import (
	"fmt"
	"slices"
	"strings"
	"time"

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
	apex      apex
	hosts     []hostAddress // what the names of the domain lead to
	mail      []mailServer
	private   func(address string) bool // not of the public internet
	now       time.Time
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
		failingServers, goneServerDomains, unusableNames, fewServers, sameAddresses, sameNetwork, mismatchedNS, driftingSerials, missingSOA,
		wrongGlue, missingGlue, silentStreams, openTransfers, brokenEDNS, brokenChain, brokenSignatures, aliasAtTop, privateAddresses, goneMailServers,
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

// one is a problem of the domain as a whole.
func (v view) one(code, side, detail string) []models.DelegationProblem {
	return []models.DelegationProblem{{Code: code, Subject: lowerName(v.domain), Side: side, Detail: detail}}
}

// sideOf says who names a server: the parent's delegation, or only the zone.
func (v view) sideOf(name string) string {
	if slices.Contains(v.parent.cut.ns, name) {
		return sideParent
	}
	return sideClient
}

// sideOfHost says who keeps the records of a name: the client in the domain itself, else somebody else's DNS host.
func (v view) sideOfHost(name string) string {
	if within(v.domain, name) {
		return sideClient
	}
	return sideProvider
}

func without(names, other []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(n string) bool { return slices.Contains(other, n) })
}

// summary is the sentence on a look that found a delegation.
func summary(v view) string {
	if v.parent.cut == nil {
		return v.parent.detail
	}
	return fmt.Sprintf("Delegated to %d name server(s); %d of %d server address(es) answer for the zone.",
		len(v.parent.cut.ns)+v.parent.cut.more, len(v.zone.serving()), len(v.zone.servers))
}
