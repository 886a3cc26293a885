package monitor

import (
	"slices"

	"github.com/krestmarketing/deedwatch/catalog"
	"github.com/krestmarketing/deedwatch/models"
)

// CodeTakeoverZone says that a zone is missing at a DNS host where any customer may create it.
const CodeTakeoverZone = takeoverPrefix + "zone"

const reasonZone = "suspected_zone" // the host's servers do not serve the zone, and its customers need no proof to create one

var takeoverZoneRule = Rule{CodeTakeoverZone, "A zone is missing where anybody can create it", models.SeverityMajor, NeedZone, false, missingZones}

// missingZones states the zones, the domain's own and those of expected sub-delegations, that none of their servers serves, at hosts that let
// any customer create a zone.
func missingZones(s *Situation) []hit {
	var hits []hit
	for _, p := range s.DNS.Problems {
		if p.Code == allServersFailing && toldNow(s, p) {
			hits = append(hits, missingZone(s.Domain.Name, s.DNS.ParentNS, "It is to be put right by the client, at its DNS host or at the registrar.")...)
		}
	}
	for i := range s.Records {
		r := &s.Records[i]
		if r.Type != "NS" || r.Host == s.Domain.Name || r.State != models.RecordDelegationBroken {
			continue
		}
		w := repairer{rec: r}
		if seen := w.distinct(); len(seen) > 0 && fits(r, seen) {
			hits = append(hits, missingZone(r.Host, r.Values, "It is on our side.")...)
		}
	}
	return hits
}

func missingZone(zone string, servers []string, side string) []hit {
	hosts, unknown := catalog.RecogniseDNSHosts(servers)
	i := slices.IndexFunc(hosts, func(h catalog.DNSHost) bool { return h.Claimable != "" })
	if i < 0 || len(unknown) > 0 {
		return nil
	}
	return []hit{{
		subject: zone, reason: reasonZone,
		detail: "The servers of " + hosts[i].Name + " do not serve " + zone + ", which is handed to them. Another customer of that host may be able to create the zone and decide what it says. " +
			"This is suspected, not certain: DNS does not tell whether the host keeps the name for its last holder. " + side,
		next: "Have the zone created there again today, or the NS records that hand it over removed.",
	}}
}
