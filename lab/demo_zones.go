package lab

import (
	"strings"
	"time"
)

// Where the demo's agency services live.
const (
	demoLanding  = "sites.agencyhost.lab"
	demoShop     = "shops.agencyhost.lab" // announced and never set up: a dangling target
	demoLandedAt = "192.0.2.80"
	demoDKIM     = "news.dkim.mailservice.lab"
	demoMX       = "mx.mailhost.lab"
)

// DemoRecord is a record that the agency's services expect in a client's zone.
type DemoRecord struct {
	Domain  string // as in the portfolio
	Host    string // "@" is the apex
	Type    string
	Match   string // "exact", "contains" or "prefix"
	Value   string
	Purpose string
	Service string
}

// DemoRecords lists what the agency expects to find in its clients' zones.
func DemoRecords() []DemoRecord {
	var out []DemoRecord
	for _, row := range demoDomains() {
		out = append(out, demoExpected(row.name)...)
	}
	return out
}

// demoExpected is what one domain's zone should hold.
func demoExpected(name string) []DemoRecord {
	landing := demoLanding
	if name == "redlineauto.shoplab" {
		landing = demoShop
	}
	return []DemoRecord{
		{name, "www", "CNAME", "exact", landing, "Visitors reach the landing pages of your ads by it.", "Website Development"},
		{name, "@", "TXT", "contains", "agency-site-verification=" + demoToken(name), "The ad platform knows by it that the site is yours.", "Google Ads"},
		{name, "news._domainkey", "CNAME", "exact", demoDKIM, "Newsletters are signed with it.", "Email Marketing"},
		{name, "@", "TXT", "prefix", "v=spf1 ", "It allows the newsletter service to send in your name.", "Email Marketing"},
	}
}

func demoToken(name string) string {
	return strings.ToLower(strings.TrimPrefix(handle(toASCII(name)), "D"))
}

// demoZone is a zone as it should be.
func demoZone(name string) []Record {
	records := []Record{
		{Host: "@", Type: "A", Value: "192.0.2.20"},
		{Host: "@", Type: "MX", Value: "10 " + demoMX},
		{Host: "_dmarc", Type: "TXT", Value: "v=DMARC1; p=quarantine; rua=mailto:reports@mailhost.lab"},
	}
	for _, e := range demoExpected(name) {
		value := e.Value
		if e.Match == "prefix" {
			value += "include:spf.mailservice.lab -all"
		}
		records = append(records, Record{Host: e.Host, Type: e.Type, Value: value})
	}
	return records
}

// withoutRecord takes what the agency needs out of the zone: all records of a
// host, or with "@ TXT" the verification text at the apex.
func withoutRecord(host string) func(d *Domain) {
	return func(d *Domain) {
		d.Records = without(d.Records, func(r Record) bool {
			if host == "@ TXT" {
				return strings.HasPrefix(r.Value, "agency-site-verification=")
			}
			return r.Host == host
		})
	}
}

func without(records []Record, drop func(Record) bool) []Record {
	var out []Record
	for _, r := range records {
		if !drop(r) {
			out = append(out, r)
		}
	}
	return out
}

func replaceWWW(d *Domain, by Record) {
	by.Host = "www"
	d.Records = append(without(d.Records, func(r Record) bool { return r.Host == "www" }), by)
}

// wrongWWW leads visitors to somebody else.
func wrongWWW(d *Domain) { replaceWWW(d, Record{Type: "CNAME", Value: "old-site.oldhost.lab"}) }

// flattenedWWW has the right addresses in place of the alias.
func flattenedWWW(d *Domain) { replaceWWW(d, Record{Type: "A", Value: demoLandedAt}) }

// danglingWWW has the alias as asked for, to a name that does not exist.
func danglingWWW(d *Domain) { replaceWWW(d, Record{Type: "CNAME", Value: demoShop}) }

// demoServers are the name servers, each second of a pair with its own trouble.
func demoServers() []Server {
	const drifting = "stillwater-retreat.lab"
	return []Server{
		{Name: "ns1.dnshost.lab"},
		{Name: "ns2.dnshost.lab"},
		{Name: "ns1.harbordns.lab"},
		{Name: "ns2.harbordns.lab", Behaviour: Behaviour{Delay: 700 * time.Millisecond}},
		{Name: "ns1.oldhost.lab"},
		{Name: "ns2.oldhost.lab", Behaviour: Behaviour{Mode: ModeTruncate}},
		{Name: "ns1.quietdns.lab"},
		{Name: "ns2.quietdns.lab", Behaviour: Behaviour{Mode: ModeSilent}},
		{Name: "ns1.driftdns.lab"},
		{Name: "ns2.driftdns.lab", Behaviour: Behaviour{
			SerialOffset: -3,
			Override:     []Record{{Host: "www." + drifting, Type: "CNAME", Value: "old-site.oldhost.lab"}},
			Missing:      []Record{{Host: "news._domainkey." + drifting, Type: "CNAME"}},
		}},
	}
}

// demoInfrastructure are the domains that carry the services themselves.
func demoInfrastructure(now time.Time) []Domain {
	carrier := func(name string, records ...Record) Domain {
		return Domain{
			Name: name, Registrar: demoHarbor, Created: now.AddDate(-9, 0, 0), Expires: now.AddDate(5, 0, 0),
			NameServers: demoGood, Infrastructure: true, Records: records,
		}
	}
	return []Domain{
		carrier("agencyhost.lab", Record{Host: "sites", Type: "A", Value: demoLandedAt}),
		carrier("mailhost.lab",
			Record{Host: "mx", Type: "A", Value: "192.0.2.25"},
			Record{Host: "*._report._dmarc", Type: "TXT", Value: "v=DMARC1"}, // it takes reports on everybody's mail
		),
		carrier("mailservice.lab",
			Record{Host: "spf", Type: "TXT", Value: "v=spf1 ip4:192.0.2.25 -all"},
			Record{Host: "news.dkim", Type: "TXT", Value: "v=DKIM1; k=rsa; p=" + demoKey},
		),
		carrier("dnshost.lab"),
		carrier("oldhost.lab", Record{Host: "old-site", Type: "A", Value: "192.0.2.99"}),
	}
}

// demoKey is a public RSA key whose private half was thrown away.
const demoKey = "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEArq+Maa8byJKCJxXHNiGpyYwn8PBcfyug7Qngy2BhO97AhaNmSyxwXerR1jpH6Y9R2k9Hn24kQERIwv7CaR17RMdpkhdtPrK7JzQXOrLECU4IFGFVsObJgmVn6bJBGWEu8jvZVne/O+OBDJdnSvtkRHyn8PFcF+ZgvZxuIwvoEczM47y/wJc5a2ab4wnKy3EOVzO802rtk3rKlfy8gcwm7beWqJlbybDHtPpT/mdSeWgAAO4uCfiOtWXXcYH3kSVMdUUElMPvGr+JK43byDkYhmJ4KVV9+NZ5/+VJ6Eunwuc1/Sja+zfcZZgQlLLRAGDB98Od6aroWfTw7F12itXMeQIDAQAB"
