package authns

// ExampleWorld is a stage for whole looks: a root (NSD, 127.77.0.1) and the TLD "lab" (Knot, 127.77.0.2), which delegates example.lab to
// ns1 (NSD, 127.77.0.11), ns2 (Knot, 127.77.0.12) and ns3 (NSD, 127.77.0.13, lame: it refuses every question).
//
// In example.lab the name www is an alias for shop.hoster.lab, which exists; old is an alias for gone.hoster.lab, which does not; promo
// serves the addresses of shop.hoster.lab in place of an alias; _dmarc, the apex TXT and a DKIM key of two strings are in order; drift
// has another address at ns2; *.wild answers every TXT question; app is delegated to ns1 and ns2, of which only ns2 serves it; news is
// delegated to ns3 and so to nobody. hoster.lab is served by ns1 alone; nobody.lab is delegated to ns3 only; gone.lab does not exist.
func ExampleWorld() []Server {
	hoster := Zone{Origin: "hoster.lab.", Text: hosterZone}
	return []Server{
		{Make: NSD, Addr: "127.77.0.1", Zones: []Zone{{Origin: ".", Text: worldRoot}}},
		{Make: Knot, Addr: "127.77.0.2", Zones: []Zone{{Origin: "lab.", Text: worldTLD}}},
		{Make: NSD, Addr: "127.77.0.11", Zones: []Zone{{Origin: "example.lab.", Text: exampleZone + "drift A 127.77.0.80\n"}, hoster}},
		{Make: Knot, Addr: "127.77.0.12", Zones: []Zone{
			{Origin: "example.lab.", Text: exampleZone + "drift A 127.77.0.81\n"},
			{Origin: "app.example.lab.", Text: appZone},
		}},
		{Make: NSD, Addr: "127.77.0.13"},
	}
}

const worldRoot = `
@ SOA a.root. hostmaster.root. 1 3600 600 86400 60
@ NS a.root.
a.root. A 127.77.0.1
lab. NS ns.nic.lab.
ns.nic.lab. A 127.77.0.2
`

const worldTLD = `
@ SOA ns.nic hostmaster.nic 1 3600 600 86400 60
@ NS ns.nic
ns.nic A 127.77.0.2
example NS ns1.example
example NS ns2.example
example NS ns3.example
ns1.example A 127.77.0.11
ns2.example A 127.77.0.12
ns3.example A 127.77.0.13
hoster NS ns1.example
nobody NS ns3.example
`

const exampleZone = `
@ SOA ns1 hostmaster 2026010101 3600 600 86400 120
@ NS ns1
@ NS ns2
@ NS ns3
ns1 A 127.77.0.11
ns2 A 127.77.0.12
ns3 A 127.77.0.13
@ A 127.77.0.80
@ MX 10 mail
@ TXT "v=spf1 include:_spf.hoster.lab -all"
mail A 127.77.0.25
_dmarc TXT "v=DMARC1; p=reject"
s1._domainkey TXT "v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3" "DQEBAQUAA4GNADCBiQKBgQ"
www CNAME shop.hoster.lab.
old CNAME gone.hoster.lab.
promo A 127.77.0.90
*.wild TXT "anything"
app NS ns1
app NS ns2
news NS ns3
`

const hosterZone = `
@ SOA ns1.example.lab. hostmaster 1 3600 600 86400 60
@ NS ns1.example.lab.
shop A 127.77.0.90
shop A 127.77.0.91
_spf TXT "v=spf1 ip4:127.77.0.0/24 -all"
`

const appZone = `
@ SOA ns2.example.lab. hostmaster 1 3600 600 86400 60
@ NS ns1.example.lab.
@ NS ns2.example.lab.
@ A 127.77.0.95
landing TXT "campaign"
`
