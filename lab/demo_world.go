package lab

import "time"

// The demo's registrars.
const (
	demoHarbor  = "Harbor Names"
	demoMeadow  = "Meadow Domains"
	demoKontor  = "Namenskontor"
	tomorrowish = -1 // stands for "within the coming day" in demoDomain.days
)

// demoDomain is one row of the demo's portfolio.
type demoDomain struct {
	name      string // U-label form
	client    string
	registrar string
	days      int // from today until the expiry
	autoRenew string
	attested  bool // the client told its expiry
	servers   []string
	change    func(d *Domain) // what is special about it
}

var (
	demoGood     = []string{"ns1.dnshost.lab", "ns2.dnshost.lab"}
	demoSlow     = []string{"ns1.harbordns.lab", "ns2.harbordns.lab"}
	demoTruncate = []string{"ns1.oldhost.lab", "ns2.oldhost.lab"}
	demoSilent   = []string{"ns1.quietdns.lab", "ns2.quietdns.lab"}
	demoDrifting = []string{"ns1.driftdns.lab", "ns2.driftdns.lab"}
)

// demoDomains is the portfolio: every state a registration can be in, and most
// of the ways in which agency records break.
func demoDomains() []demoDomain {
	return []demoDomain{
		{"goldencrust.lab", "bakery", demoHarbor, 300, "yes", false, demoGood, nil},
		{"goldencrust.shoplab", "bakery", demoMeadow, 50, "no", false, demoGood, nil},
		{"goldencrust-catering.lab", "bakery", demoHarbor, 13, "no", false, demoGood, withoutRecord("news._domainkey")},
		{"brightsmile-dental.lab", "dentist", demoHarbor, 410, "yes", false, demoTruncate, nil},
		{"brightsmile.lab", "dentist", demoHarbor, -6, "no", false, demoTruncate, nil},
		{"petalandstem.lab", "florist", demoMeadow, 6, "", false, demoGood, withoutRecord("@ TXT")},
		{"petalandstem.shoplab", "florist", demoMeadow, 240, "no", false, demoGood, nil},
		{"halemorrow.lab", "law", demoHarbor, 520, "yes", false, demoSilent, nil},
		{"halemorrow-law.lab", "law", demoHarbor, -77, "no", false, demoSilent, nil},
		{"halemorrow.landlab", "law", demoKontor, 120, "", true, demoSilent, nil},
		{"bluelagoonpools.lab", "pools", demoHarbor, 28, "no", false, demoGood, wrongWWW},
		{"bluelagoon.shoplab", "pools", demoMeadow, 200, "", false, demoGood, func(d *Domain) {
			d.WHOISFault = &WHOISFault{Kind: WHOISThrottled}
		}},
		{"stillwateryoga.lab", "yoga", demoMeadow, tomorrowish, "no", false, demoGood, nil},
		{"stillwater-retreat.lab", "yoga", demoMeadow, 330, "yes", false, demoDrifting, nil},
		{"willowvet.lab", "vet", demoHarbor, 2, "no", false, demoGood, flattenedWWW},
		{"willowvet-emergency.lab", "vet", demoHarbor, 190, "yes", false, demoGood, func(d *Domain) {
			d.Statuses = append(d.Statuses, "clientHold")
		}},
		{"summitroofing.lab", "roofing", demoHarbor, -3, "yes", false, demoGood, func(d *Domain) { d.AutoRenewTrap = true }},
		{"summitroofing.shoplab", "roofing", demoMeadow, 515, "no", false, demoGood, nil},
		{"summit-gutters.lab", "roofing", demoHarbor, -55, "no", false, demoGood, nil},
		{"redlineauto.lab", "auto", demoMeadow, 260, "", false, demoGood, func(d *Domain) {
			d.RDAPFault = &RDAPFault{Kind: RDAPStatus, Status: 429, RetryAfter: "600", Times: 2}
		}},
		{"redline-tires.lab", "auto", demoMeadow, -200, "no", false, demoGood, nil},
		{"redlineauto.shoplab", "auto", demoMeadow, 205, "no", false, demoGood, danglingWWW},
		{"crestviewhomes.lab", "property", demoHarbor, 365, "yes", false, []string{"ns1.dnshost.lab", "ns1.oldhost.lab"}, func(d *Domain) {
			d.ServedBy = []string{"ns1.dnshost.lab"}
		}},
		{"crestview.landlab", "property", demoKontor, 90, "", false, demoGood, nil},
		{"crestview-rentals.lab", "property", demoHarbor, 275, "no", false, demoGood, func(d *Domain) {
			d.ChildNS = []string{"ns1.dnshost.lab", "ns1.driftdns.lab"}
		}},
		{"fensterbau-möller.lab", "windows", demoKontor, 210, "yes", false, demoGood, nil},
		{"fenstermoeller.shoplab", "windows", demoKontor, 51, "no", false, demoGood, nil},
		{"harborlighthotel.lab", "hotel", demoHarbor, 450, "yes", false, demoSlow, nil},
		{"harborlight-weddings.lab", "hotel", demoHarbor, 340, "yes", false, demoSlow, nil},
		{"harborlight.shoplab", "hotel", demoMeadow, 225, "no", false, demoSlow, nil},
	}
}

// DemoWorld describes a world in which every state of the product's board
// occurs, relative to now.
func DemoWorld(now time.Time) World {
	w := World{
		TLDs: []TLD{
			{Name: "lab", RDAP: true, PublishesExpiry: true, Lifecycle: GTLDLifecycle()},
			{Name: "shoplab", WHOIS: true, PublishesExpiry: true, Dialect: DialectCountry, Lifecycle: Lifecycle{AutoRenewGrace: 30 * Day, Redemption: 30 * Day, PendingDelete: 5 * Day}},
			{Name: "landlab", WHOIS: true, Dialect: DialectMinimal, Lifecycle: Lifecycle{AutoRenewGrace: 30 * Day, Redemption: 30 * Day, PendingDelete: 5 * Day}},
		},
		Registrars: []Registrar{
			{Name: demoHarbor, IANAID: 9101, URL: "https://www.harbor-names.example", AbuseEmail: "abuse@harbor-names.example", AbusePhone: "+1.5550191"},
			{Name: demoMeadow, IANAID: 9102, URL: "https://www.meadow-domains.example", AbuseEmail: "abuse@meadow-domains.example", AbusePhone: "+1.5550192"},
			{Name: demoKontor, IANAID: 9103, URL: "https://www.namenskontor.example", AbuseEmail: "abuse@namenskontor.example", AbusePhone: "+49.3023125099"},
		},
		Servers: demoServers(),
		Domains: demoInfrastructure(now),
		SMTP:    demoRefusals(),
	}
	for _, row := range demoDomains() {
		w.Domains = append(w.Domains, row.domain(now))
	}
	return w
}

// domain makes the registration and its zone from a row.
func (row demoDomain) domain(now time.Time) Domain {
	expires := row.expires(now)
	d := Domain{
		Name: toASCII(row.name), Registrar: row.registrar, Expires: expires,
		Created: expires.AddDate(-4, 0, 0), Updated: expires.AddDate(-1, 0, -2),
		Statuses: []string{"clientTransferProhibited"}, RegistrarRDAP: true,
		NameServers: row.servers, Records: demoZone(row.name),
	}
	if d.Name != row.name {
		d.Unicode = row.name
	}
	if d.Updated.After(now) {
		d.Updated = now.AddDate(0, -1, 0)
	}
	if row.change != nil {
		row.change(&d)
	}
	return d
}

// expires is a natural-looking hour of the day, days from today.
func (row demoDomain) expires(now time.Time) time.Time {
	today := now.UTC().Truncate(Day)
	if row.days == tomorrowish {
		next := today.Add(Day + 3*time.Hour)
		if next.Sub(now) > 23*time.Hour {
			next = now.UTC().Truncate(time.Minute).Add(12 * time.Hour)
		}
		return next
	}
	return today.Add(time.Duration(row.days)*Day + 17*time.Hour + 4*time.Minute)
}
