package main

import (
	"time"

	"github.com/krestmarketing/deedwatch/lab"
	"github.com/krestmarketing/deedwatch/models"
)

// The texts that must not get anywhere as they are, beside lab.Hostile.
const (
	hostileMarkup  = `"> <script> alert() </script> <img src=x onerror=alert()> {{.}} ${}`
	hostileFormula = `=SUM(A:A) <script> alert() </script>`
	hostilePhone   = `javascript:alert()`
	hostileBidi    = "invoice\u202efdp.exe\u2066"
)

// attack is one hostile server: a suffix with one name, which answered well before.
type attack struct {
	suffix, why string
	rdap        lab.RDAPFault
	whois       lab.WHOISFault
	want        models.Outcome
	spoils      bool // the answer is one, with hostile texts in it: facts are taken from it
}

func (a *attack) domain() string { return "shop." + a.suffix }

// attacks are what registries may send. Each has a suffix of its own, so that none is spared because of another.
func attacks() []attack {
	return []attack{
		{suffix: "rdaptext", why: "markup, escapes, line breaks and NUL in every text", rdap: lab.RDAPFault{Kind: lab.RDAPHostile}, want: models.OutcomeOK, spoils: true},
		{suffix: "rdaphtml", why: "a web page with status 200", rdap: lab.RDAPFault{Kind: lab.RDAPHTML}, want: models.OutcomeUnparsed},
		{suffix: "rdapcut", why: "half of the JSON", rdap: lab.RDAPFault{Kind: lab.RDAPCut}, want: models.OutcomeUnparsed},
		{suffix: "rdapother", why: "an answer about another name", rdap: lab.RDAPFault{Kind: lab.RDAPOtherName}, want: models.OutcomeUnparsed},
		{suffix: "rdapbig", why: "10 MB", rdap: lab.RDAPFault{Kind: lab.RDAPBig}, want: models.OutcomeUnparsed},
		{suffix: "rdapendless", why: "JSON without end", rdap: lab.RDAPFault{Kind: lab.RDAPEndless}, want: models.OutcomeUnparsed},
		{suffix: "rdapslow", why: "no answer inside the deadline", rdap: lab.RDAPFault{Delay: time.Minute}, want: models.OutcomeTimeout},
		{suffix: "rdapreset", why: "a connection reset in the middle", rdap: lab.RDAPFault{Kind: lab.RDAPReset}, want: models.OutcomeUnreachable},
		{suffix: "rdapfile", why: "a redirect to a file", rdap: lab.RDAPFault{Kind: lab.RDAPRedirect, RedirectTo: "file:///etc/passwd"}, want: models.OutcomeRefused},
		{suffix: "rdaplogin", why: "a redirect with credentials", rdap: lab.RDAPFault{Kind: lab.RDAPRedirect, RedirectTo: "http://u:p@127.0.0.1:1/"}, want: models.OutcomeRefused},
		{suffix: "rdapwait", why: "come back in a thousand years", rdap: lab.RDAPFault{Kind: lab.RDAPStatus, Status: 429, RetryAfter: "31536000000"}, want: models.OutcomeThrottled},
		{suffix: "rdapgone", why: "not found, for a name that is there", rdap: lab.RDAPFault{Kind: lab.RDAPStatus, Status: 404}, want: models.OutcomeAbsent},

		{suffix: "whoistext", why: "markup, escapes, line breaks and NUL in the answer", whois: lab.WHOISFault{Kind: lab.WHOISHostile}, want: models.OutcomeOK, spoils: true},
		{suffix: "whoisbytes", why: "bytes that are no text in any encoding", whois: lab.WHOISFault{Kind: lab.WHOISText, Text: hostileBytes("whoisbytes")}, want: models.OutcomeOK, spoils: true},
		{suffix: "whoisother", why: "an answer about another name", whois: lab.WHOISFault{Kind: lab.WHOISOtherName}, want: models.OutcomeUnparsed},
		{suffix: "whoisnomatch", why: "another name is free", whois: lab.WHOISFault{Kind: lab.WHOISText, Text: "No match for domain \"SOMEBODY-ELSE.WHOISNOMATCH\".\r\n"}, want: models.OutcomeUnparsed},
		{suffix: "whoisbig", why: "10 MB before the answer", whois: lab.WHOISFault{Kind: lab.WHOISBig}, want: models.OutcomeUnparsed},
		{suffix: "whoisendless", why: "comment without end", whois: lab.WHOISFault{Kind: lab.WHOISEndless}, want: models.OutcomeUnparsed},
		{suffix: "whoissilent", why: "no answer inside the deadline", whois: lab.WHOISFault{Kind: lab.WHOISSilent}, want: models.OutcomeTimeout},
		{suffix: "whoisempty", why: "nothing", whois: lab.WHOISFault{Kind: lab.WHOISEmpty}, want: models.OutcomeUnparsed},
		{suffix: "whoisrefer", why: "a referral to somebody's inside", whois: lab.WHOISFault{Kind: lab.WHOISReferral}, want: models.OutcomeUnparsed},
		{suffix: "whoisquota", why: "a query limit", whois: lab.WHOISFault{Kind: lab.WHOISThrottled}, want: models.OutcomeThrottled},
	}
}

// hostileBytes is a registration whose registrar is no text, and whose date is right.
func hostileBytes(suffix string) string {
	return "Domain Name: SHOP." + suffix + "\r\nRegistrar: \xff\xfe\x00\x9b31m<script>alert(5)</script>\x1b]0;owned\x07\xc2\x9b31m\r\n" +
		"Registry Expiry Date: 2028-06-01T11:00:00Z\r\nCreation Date: 2020-06-01T11:00:00Z\r\nDomain Status: ok\x1b[2J https://icann.org/epp#ok\r\nName Server: NS1.\x1b[31mEVIL.LAB\r\n"
}

// hostileExpiry is the date of the names that are attacked.
var hostileExpiry = time.Date(2028, 6, 1, 11, 0, 0, 0, time.UTC)

// The zone of records.lab holds what a client, or whoever got at its DNS, may put into it.
var hostileRecords = []lab.Record{
	{Host: "@", Type: "TXT", Value: `"<script>alert('txt')</script>\027[31m\013\010Bcc: victim@mailhost.lab\000\155\255\254=cmd|'/C calc'!A0"`},
	{Host: "www", Type: "CNAME", Value: `\060script\062alert\0401\041\060/script\062\013\010.evil.lab.`},
	{Host: "shop", Type: "CNAME", Value: `\226\128\174\027[31m.evil.lab.`},
}

// hostileWorld has the attacked names as they are before the attack, a name whose notice is due, and names whose DNS is hostile.
func hostileWorld(list []attack) lab.World {
	w := lab.World{
		TLDs:    []lab.TLD{{Name: "lab", RDAP: true, PublishesExpiry: true}},
		Servers: []lab.Server{{Name: "ns1.other.lab"}, {Name: "ns2.other.lab"}},
	}
	for _, a := range list {
		rdap := a.rdap != lab.RDAPFault{}
		w.TLDs = append(w.TLDs, lab.TLD{Name: a.suffix, RDAP: rdap, WHOIS: !rdap, PublishesExpiry: true})
		w.Domains = append(w.Domains, lab.Domain{Name: a.domain(), Registrar: "Harbor Names", Expires: hostileExpiry, Statuses: []string{"clientTransferProhibited"}})
	}
	due := time.Date(2027, 3, 15, 11, 0, 0, 0, time.UTC) // 14 days after the test's day
	good := []lab.Record{{Host: "www", Type: "CNAME", Value: "sites.agency.lab."}, {Host: "@", Type: "TXT", Value: `"fine"`}}
	w.Domains = append(w.Domains,
		lab.Domain{Name: "due.lab", Registrar: `Eve's "Names" <script>alert(6)</script>`, Expires: due, RDAPFault: &lab.RDAPFault{Kind: lab.RDAPHostile}},
		lab.Domain{Name: "bounce.lab", Registrar: "Harbor Names", Expires: due},
		lab.Domain{Name: "later.lab", Registrar: "Harbor Names", Expires: due},
		lab.Domain{Name: "records.lab", Registrar: "Harbor Names", Expires: hostileExpiry, Records: good},
		lab.Domain{Name: "other.lab", Infrastructure: true, NameServers: []string{"ns1.other.lab", "ns2.other.lab"}, Expires: hostileExpiry},
		lab.Domain{Name: "othername.lab", Registrar: "Harbor Names", Expires: hostileExpiry, NameServers: []string{"ns1.other.lab", "ns2.other.lab"}, Records: good},
		lab.Domain{Name: "agency.lab", Infrastructure: true, Expires: hostileExpiry, Records: []lab.Record{{Host: "sites", Type: "A", Value: "192.0.2.80"}}},
	)
	return w
}
