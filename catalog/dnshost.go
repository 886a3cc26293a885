package catalog

import (
	"path"
	"slices"
	"strings"
)

// ApexAlias says what a DNS host offers in place of a CNAME for the domain itself, where the protocol allows none (RFC 1034 section 3.6.2).
type ApexAlias string

// What DNS hosts offer for the domain itself.
const (
	ApexNone      ApexAlias = ""          // nothing, or nothing that is known: addresses only
	ApexFlattened ApexAlias = "flattened" // a CNAME may be entered there and is served as its target's addresses
	ApexALIAS     ApexAlias = "ALIAS"     // a record type of the host's own
	ApexANAME     ApexAlias = "ANAME"     // a record type of the host's own
	ApexTarget    ApexAlias = "target"    // an A record may be pointed to a target of the host's own cloud instead of an address
)

// NameStyle says how a DNS host wants a record's name written.
type NameStyle string

// The styles of names.
const (
	NameRelative NameStyle = "relative" // "www": the host adds the domain
	NameFull     NameStyle = "full"     // "www.example.com"
)

// The ways of writing the domain itself in a field for names, beside any text that has to be entered there as it stands.
const (
	ApexBlank = "blank" // the field stays empty
	ApexFull  = "full"  // the domain in full
)

// DNSHost is a place where people edit the records of a zone, recognised by its name servers, and the ways of its forms.
type DNSHost struct {
	Code      string    `json:"code"`
	Name      string    `json:"name"`                 // as its customers call it
	Servers   []string  `json:"servers"`              // ends of its name servers' names, label by label; * stands for any text in a label
	Backend   bool      `json:"backend,omitempty"`    // lends its servers to other hosts: beside one of these, that one is meant
	Path      []string  `json:"path"`                 // what to open after signing in, outermost first; "the domain" is chosen from a list
	Names     NameStyle `json:"names"`                // how a record's name is written
	Apex      string    `json:"apex"`                 // what stands for the domain itself: "@", ApexBlank, ApexFull or another text
	ApexAlias ApexAlias `json:"apex_alias,omitempty"` // what there is in place of a CNAME for the domain itself
	Joined    bool      `json:"joined,omitempty"`     // numbers and target of MX and SRV stand in one field
	Quotes    bool      `json:"quotes,omitempty"`     // texts are entered in quotation marks
	Dot       bool      `json:"dot,omitempty"`        // a target that is not in the domain must end with a dot
	TTL       string    `json:"ttl,omitempty"`        // what to choose as TTL, as the form shows it; empty: its default
	Proxy     string    `json:"proxy,omitempty"`      // the switch that hides a record behind the host's own servers, and how it must stand
	Note      string    `json:"note,omitempty"`       // what else to know, one sentence
	Claimable string    `json:"claimable,omitempty"`  // source of the fact that any customer may create a zone which is not there, without proof; empty: not known
	Source    string    `json:"source"`               // the document on the form, and its address
	Seen      string    `json:"seen"`                 // month in which the row was written, 2006-01
	Assumed   bool      `json:"assumed,omitempty"`    // the way through the menus is from memory; the document was not at hand
}

// Where words the way through the host's pages: "Domains > the domain > DNS".
func (h DNSHost) Where() string { return strings.Join(h.Path, " > ") }

// serves reports whether the name of a name server is one of the host's.
func (h DNSHost) serves(server string) bool {
	return slices.ContainsFunc(h.Servers, func(p string) bool { return matchesEnd(p, server) })
}

// matchesEnd compares the labels of a pattern with the last ones of a name.
func matchesEnd(pattern, name string) bool {
	want, have := strings.Split(pattern, "."), strings.Split(name, ".")
	if len(have) < len(want) {
		return false
	}
	have = have[len(have)-len(want):]
	for i := range want {
		if ok, err := path.Match(want[i], have[i]); err != nil || !ok {
			return false
		}
	}
	return true
}

// RecogniseDNSHosts says who runs a set of name servers: the hosts that are known, the one with the most servers first, and the servers
// of whom nobody knows.
func RecogniseDNSHosts(servers []string) (hosts []DNSHost, unknown []string) {
	count := map[string]int{}
	for _, s := range servers {
		name := strings.TrimSuffix(strings.ToLower(strings.TrimSpace(s)), ".")
		i := slices.IndexFunc(dnsHostTable(), func(h DNSHost) bool { return h.serves(name) })
		if i < 0 {
			unknown = append(unknown, name)
			continue
		}
		h := dnsHostTable()[i]
		if count[h.Code] == 0 {
			hosts = append(hosts, h)
		}
		count[h.Code]++
	}
	if slices.ContainsFunc(hosts, func(h DNSHost) bool { return !h.Backend }) {
		hosts = slices.DeleteFunc(hosts, func(h DNSHost) bool { return h.Backend })
	}
	slices.SortStableFunc(hosts, func(a, b DNSHost) int { return count[b.Code] - count[a.Code] })
	return hosts, unknown
}

// FindDNSHost gives the one host that runs all the name servers of a zone; ok is false when somebody else runs one too, since a record must
// then be edited where the zone is kept, which the names do not tell.
func FindDNSHost(servers []string) (host DNSHost, ok bool) {
	hosts, unknown := RecogniseDNSHosts(servers)
	if len(hosts) != 1 || len(unknown) > 0 {
		return DNSHost{}, false
	}
	return hosts[0], true
}

// DNSHosts lists the known hosts by name.
func DNSHosts() []DNSHost { return slices.Clone(dnsHostTable()) }
