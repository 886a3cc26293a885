package dns

import (
	"net/netip"
	"regexp"
	"strings"
	"sync"

	"golang.org/x/net/publicsuffix"
)

// Rates of questions to one server address, in queries per second. An operator as a whole, and a network of addresses, gets operatorFactor
// times that: a domain's two servers are usually the same operator's.
const (
	UnknownRate    = 20
	LargeRate      = 50
	operatorFactor = 2
)

// largeOperator is one operator of name servers that serve very many domains, as its server names tell. The source is where the operator
// states them; that it is large is what studies of zone files agree on (OpenINTEL; zdns' authors in github.com/zmap/zdns/pull/601). None
// publishes a limit for authoritative servers: LargeRate is far below what any is known to mind.
type largeOperator struct {
	domains string // of the server names, a regular expression
	source  string
}

var largeOperators = []largeOperator{
	{`cloudflare\.com`, "developers.cloudflare.com/dns"},
	{`awsdns-\d+\.(com|net|org|co\.uk)`, "docs.aws.amazon.com/Route53"},
	{`(googledomains|google)\.com`, "cloud.google.com/dns/docs"},
	{`azure-dns\.(com|net|org|info)`, "learn.microsoft.com/azure/dns"},
	{`domaincontrol\.com`, "godaddy.com/help"},
	{`registrar-servers\.com`, "namecheap.com/support/knowledgebase"},
	{`ui-dns\.(com|org|de|biz)`, "ionos.com/help/domains"},
	{`wixdns\.net`, "support.wix.com"},
	{`squarespacedns\.com`, "support.squarespace.com"},
	{`nsone\.net`, "help.ns1.com"},
	{`worldnic\.com`, "networksolutions.com/help"},
	{`name-services\.com`, "enom.com/kb"},
	{`(ovh\.net|anycast\.me)`, "help.ovhcloud.com"},
	{`gandi\.net`, "docs.gandi.net"},
	{`digitalocean\.com`, "docs.digitalocean.com/products/networking/dns"},
	{`vercel-dns\.com`, "vercel.com/docs/domains"},
	{`(bluehost|hostgator)\.com`, "bluehost.com/help; hostgator.com/help"},
	{`akam\.net`, "techdocs.akamai.com/edge-dns"},
	{`ultradns\.(com|net|org|biz|info|co\.uk)`, "docs.ultradns.com"},
	{`dynect\.net`, "help.dyn.com"},
	{`(root-servers|gtld-servers)\.net`, "iana.org: root servers, and the delegation of com"},
}

var largeOperatorNames = sync.OnceValue(func() *regexp.Regexp {
	alternatives := make([]string, len(largeOperators))
	for i, o := range largeOperators {
		alternatives[i] = o.domains
	}
	return regexp.MustCompile(`^(` + strings.Join(alternatives, "|") + `)$`)
})

// operatorOf gives whose a server is, as its name tells: the registered domain of the name, and whether that is a large operator's. A name
// without one has no operator.
func operatorOf(serverName string) (operator string, large bool) {
	operator, err := publicsuffix.EffectiveTLDPlusOne(lowerName(serverName))
	if err != nil {
		return "", false
	}
	return operator, largeOperatorNames().MatchString(operator)
}

// networkOf gives the network that an address is counted with where limits are counted on prefixes: /24, or /48 of IPv6.
func networkOf(addr netip.Addr) netip.Prefix {
	bits := 48
	if addr = addr.Unmap(); addr.Is4() {
		bits = 24
	}
	network, err := addr.Prefix(bits)
	if err != nil {
		return netip.Prefix{}
	}
	return network
}
