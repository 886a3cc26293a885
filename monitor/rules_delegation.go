package monitor

import (
	"slices"

	"github.com/krestmarketing/deedwatch/models"
)

// The sides on which a delegation can be wrong, as the prober names them.
const (
	SideParent   = "parent"   // what the registrar has entered at the registry
	SideClient   = "client"   // the content of the client's zone
	SideAgency   = "agency"   // our own servers and zones
	SideProvider = "provider" // the servers of the DNS host, or of whoever runs what the zone points to
)

// DelegationCheck is one kind of thing that can be wrong with a delegation. Pages, API, mail and the documentation take their words from it.
type DelegationCheck struct {
	Code     string // of the finding
	Title    string
	Severity models.Severity
	Means    string // what it means, for somebody who runs a bakery: a sentence
	Repairs  []SideRepair
}

// SideRepair says what to change where, when a side is wrong.
type SideRepair struct {
	Side string
	Text string
}

// repair gives the words for a side; those of the first stand for sides that are not listed.
func (c DelegationCheck) repair(side string) string {
	i := slices.IndexFunc(c.Repairs, func(r SideRepair) bool { return r.Side == side })
	return c.Repairs[max(i, 0)].Text
}

// DelegationChecks lists what is checked of every delegation.
func DelegationChecks() []DelegationCheck { return slices.Clone(delegationChecks) }

const (
	removeServer = "At the registrar, under Name servers, the client takes this server out, or puts in the one that the DNS host names today."
	askHost      = "The client forwards this text to its DNS host, who must put the server right; if the host says that the server is not theirs, it goes out of the list at the registrar."
	renewSigning = "The client asks its DNS host today to sign the zone anew. If the host can't, the DS record must go at the registrar; a day later the host may turn signing off."
	removeDS     = "At the registrar, under DNSSEC, the client deletes the DS record, or enters the one that the DNS host shows today. After a move to another DNS host, delete it."
)

var delegationChecks = []DelegationCheck{
	{
		codeNoDelegation, "The name is not delegated", models.SeverityCritical, "The registry sends nobody to the client's DNS host: website and mail do not work.",
		[]SideRepair{{SideParent, "At the registrar, under Name servers, the client enters the servers that its DNS host names."}},
	},
	{
		codeAllFailing, "No name server serves the zone", models.SeverityCritical, "Nobody answers for the name: website and mail do not work.",
		[]SideRepair{
			{SideParent, "The client asks its DNS host whether the zone is still there and which servers it has, and enters those at the registrar under Name servers."},
			{SideProvider, "The client asks its DNS host when its servers are back. Nothing has to be changed at the registrar."},
		},
	},
	{
		problemPrefix + "ns_domain_gone", "A name server's domain does not exist", models.SeverityCritical,
		"If it is free, whoever registers it decides where website and mail of the client lead.",
		[]SideRepair{
			{SideParent, "Today, at the registrar, under Name servers, the client takes this server out."},
			{SideClient, "Today, in its zone at the DNS host, the client deletes the NS record that names this server."},
		},
	},
	{
		problemPrefix + "mx_domain_gone", "A mail server's domain does not exist", models.SeverityCritical,
		"If it is free, whoever registers it receives mail that is meant for the client.",
		[]SideRepair{{SideClient, "Today, in its zone at the DNS host, the client deletes the MX record that names this server."}},
	},
	{
		problemPrefix + "ds_without_dnskey", "DNSSEC is broken: the keys do not fit", models.SeverityCritical,
		"Many resolvers refuse the name altogether; for their users website and mail are gone.",
		[]SideRepair{{SideParent, removeDS}},
	},
	{
		problemPrefix + "signature_expired", "DNSSEC is broken: the signatures have expired", models.SeverityCritical,
		"Many resolvers refuse the name altogether; for their users website and mail are gone.",
		[]SideRepair{{SideProvider, renewSigning}},
	},
	{
		problemPrefix + "signature_invalid", "DNSSEC is broken: the signatures do not hold", models.SeverityCritical,
		"Many resolvers refuse the name altogether; for their users website and mail are gone.",
		[]SideRepair{{SideProvider, renewSigning}},
	},
	{
		problemPrefix + "signature_expiring", "The DNSSEC signatures are about to expire", models.SeverityMajor,
		"They should have been renewed by now. When they end, many resolvers refuse the name altogether.",
		[]SideRepair{{SideProvider, renewSigning}},
	},
	{
		problemPrefix + "cname_at_apex", "The name itself is an alias", models.SeverityMajor,
		"An alias must stand alone; mail and verification records of the name get lost.",
		[]SideRepair{{SideClient, "In its zone at the DNS host, the client replaces the CNAME of the name itself by A records, or by the host's ALIAS or flattening."}},
	},
	{
		problemPrefix + "private_address", "A name leads to an address inside a private network", models.SeverityMajor,
		"Nobody outside that network reaches it.",
		[]SideRepair{{SideClient, "In its zone at the DNS host, the client puts the public address of the web host in place of this one."}},
	},
	{
		problemPrefix + "ns_private_address", "A name server has no public address", models.SeverityMajor, "Nobody can ask it.",
		[]SideRepair{{SideParent, removeServer}, {SideClient, "In its zone at the DNS host, the client corrects the address of this name server."}},
	},
	{
		problemPrefix + "ns_unresolvable", "A name server's name leads nowhere", models.SeverityMajor, "Nobody can ask it; every such try costs visitors time.",
		[]SideRepair{{SideParent, removeServer}, {SideClient, "In its zone at the DNS host, the client deletes the NS record that names this server."}},
	},
	{
		problemPrefix + "soa_missing", "The zone lacks its head record", models.SeverityMajor, "Without an SOA record, resolvers may treat the zone as none.",
		[]SideRepair{{SideProvider, "The client asks its DNS host to create the SOA record; hosts do so by themselves when the zone is set up anew."}},
	},
	{
		problemPrefix + "glue_missing", "The registry does not know a server's address", models.SeverityMajor,
		"The server lies in the client's own domain, so it can only be found with an address at the registry.",
		[]SideRepair{{SideParent, "At the registrar, under Host names (glue records), the client enters the address of this name server."}},
	},
	{
		problemPrefix + "mx_unresolvable", "A mail server's name leads nowhere", models.SeverityMinor, "Mail for the client may come back or come late.",
		[]SideRepair{{SideClient, "In its zone at the DNS host, the client corrects or deletes the MX record that names this server. We host no e-mail: the mail provider knows the right names."}},
	},
	{
		problemPrefix + "ns_lame", "A name server does not serve the zone", models.SeverityMinor, "It sends visitors away; the other servers carry the load.",
		[]SideRepair{{SideProvider, askHost}, {SideParent, removeServer}},
	},
	{
		problemPrefix + "ns_not_authoritative", "A name server only repeats what others say", models.SeverityMinor, "What it answers may be old, or made up.",
		[]SideRepair{{SideProvider, askHost}, {SideParent, removeServer}},
	},
	{
		problemPrefix + "ns_timeout", "A name server does not answer", models.SeverityMinor, "Visitors wait until another one does.",
		[]SideRepair{{SideProvider, "Nothing to do while the others answer. If it stays so, the client asks its DNS host."}},
	},
	{
		problemPrefix + "ns_no_tcp", "A name server does not answer over TCP", models.SeverityMinor, "Long answers, such as those of mail records, do not arrive from it.",
		[]SideRepair{{SideProvider, "The client asks its DNS host to let TCP to port 53 of this server through its firewall."}},
	},
	{
		problemPrefix + "ns_mismatch", "Registrar and zone name different servers", models.SeverityMinor, "Some visitors get answers from servers that nobody looks after.",
		[]SideRepair{
			{SideParent, "The client asks its DNS host which list is right, and enters that one at the registrar under Name servers, and as NS records in its zone."},
			{SideProvider, "The client asks its DNS host to bring all its servers to the same version of the zone."},
		},
	},
	{
		problemPrefix + "glue_mismatch", "The registrar hands out old server addresses", models.SeverityMinor, "Visitors are sent to a machine that may not be the client's any more.",
		[]SideRepair{{SideParent, "At the registrar, under Host names (glue records), the client corrects the addresses of its name servers."}},
	},
	{
		problemPrefix + "ns_cname", "A name server's name is an alias", models.SeverityMinor, "Some resolvers do not find the zone that way.",
		[]SideRepair{
			{SideClient, "In its zone at the DNS host, the client replaces the CNAME of this server name by A records."},
			{SideProvider, "The client asks its DNS host for the proper name of this server, and enters that at the registrar."},
		},
	},
	{
		problemPrefix + "dnssec_algorithm", "DNSSEC does not protect the name", models.SeverityMinor, "It is signed in a way that resolvers do not check; nothing is broken.",
		[]SideRepair{{SideProvider, "The client asks its DNS host to sign with algorithm 13 (ECDSA P-256), and to have the new DS record entered at the registrar."}},
	},
	{
		problemPrefix + "single_ns", "There is only one name server", models.SeverityInfo, "When it fails, website and mail do.",
		[]SideRepair{{SideClient, "Suggest a DNS host with at least two servers."}},
	},
	{
		problemPrefix + "same_address", "Two name servers are one machine", models.SeverityInfo, "When it fails, both do.",
		[]SideRepair{{SideProvider, "Suggest a DNS host with at least two servers."}},
	},
	{
		problemPrefix + "same_network", "All name servers are in one network", models.SeverityInfo, "When that network fails, all of them do.",
		[]SideRepair{{SideProvider, "Nothing to do today. When the client chooses a DNS host anew, suggest one with servers in several places."}},
	},
	{
		problemPrefix + "serial_drift", "Name servers hold different versions of the zone", models.SeverityInfo, "A change may not have reached all of them. Some hosts number their servers apart.",
		[]SideRepair{{SideProvider, "Look again in a day; if it stays so, and answers differ too, the client asks its DNS host."}},
	},
	{
		problemPrefix + "axfr_open", "Anybody can list the whole zone", models.SeverityInfo, "All names in it are public, those of test systems too.",
		[]SideRepair{{SideProvider, "The client asks its DNS host to allow zone transfers (AXFR) to its own servers only."}},
	},
	{
		problemPrefix + "edns_broken", "A name server refuses present-day questions", models.SeverityInfo, "Resolvers have to ask it twice, and some give up.",
		[]SideRepair{{SideProvider, "The client asks its DNS host to bring this server up to date (EDNS, RFC 6891)."}},
	},
}

// checkOf gives the check that the prober's code belongs to; nil: none is known.
func checkOf(problem string) *DelegationCheck {
	i := slices.IndexFunc(delegationChecks, func(c DelegationCheck) bool { return c.Code == problemPrefix+problem })
	if i < 0 {
		return nil
	}
	return &delegationChecks[i]
}
