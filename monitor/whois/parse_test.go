package whois_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/monitor/whois"
)

var now = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func at(y int, m time.Month, d, hour, minute, second int) *time.Time {
	t := time.Date(y, m, d, hour, minute, second, 0, time.UTC)
	return &t
}

func TestParseReadsTheCommonForm(t *testing.T) {
	text := "Domain Name: HARBOUR-BAKERY.EXAMPLE\r\n" +
		"Registry Domain ID: 1_DOMAIN\r\nRegistrar WHOIS Server: whois.registrar.example\r\nUpdated Date: 2026-01-02T03:04:05Z\r\n" +
		"Creation Date: 2009-03-01T10:00:00Z\r\nRegistry Expiry Date: 2027-03-01T10:00:00Z\r\n" +
		"Registrar Registration Expiration Date: 2026-12-31T00:00:00+0100\r\nRegistrar: Invented Names\x1b[31m Ltd\r\nRegistrar IANA ID: 9999\r\n" +
		"Domain Status: clientTransferProhibited https://icann.org/epp#clientTransferProhibited\r\nDomain Status: ok (https://icann.org/epp#ok)\r\n" +
		"Name Server: NS2.EXAMPLE.NET\r\nName Server: NS1.EXAMPLE.NET.\r\nDNSSEC: signedDelegation\r\n" +
		"DNSSEC DS Data: 1 13 2 AB\r\n>>> Last update of WHOIS database: 2026-11-22T00:00:00Z <<<\r\n"
	look := whois.Parse("harbour-bakery.example", "whois.example", []byte(text), now)
	if look.Outcome != models.OutcomeOK {
		t.Fatalf("%s: %s", look.Outcome, look.Detail)
	}
	yes := true
	want := &models.Facts{
		Registered: &yes, ExpiresAt: at(2027, 3, 1, 10, 0, 0), RegistrarExpiresAt: at(2026, 12, 30, 23, 0, 0), CreatedAt: at(2009, 3, 1, 10, 0, 0),
		UpdatedAt: at(2026, 1, 2, 3, 4, 5), Registrar: "Invented Names[31m Ltd", RegistrarID: "9999",
		Statuses: []string{"clientTransferProhibited", "ok"}, Nameservers: []string{"ns1.example.net", "ns2.example.net"},
		DNSSEC: models.DNSSECSigned, ExpiryStated: true, Skipped: []string{},
	}
	if diff := cmp.Diff(want, look.Facts); diff != "" {
		t.Error(diff)
	}
}

// layouts are short texts, one for each family of layouts. The firms are invented; the layouts are the registries' own.
var layouts = []struct {
	why, domain, text string
	expires           *time.Time
	dateOnly          bool
	registrar         string
	nameservers       []string
}{
	{
		"blocks under a head, closed by a blank line (uk)", "quill.co.uk",
		"\n    Domain name:\n        quill.co.uk\n\n    Registrar:\n        Invented Names Ltd t/a Quill [Tag = QUILL]\n        URL: http://quill.example\n\n    Relevant dates:\n" +
			"        Registered on: before Aug-1996\n        Expiry date:  20-Aug-2027\n\n    Name servers:\n        ns1.quill.example    192.0.2.1\n        ns2.quill.example    192.0.2.2  2001:db8::2\n",
		at(2027, 8, 20, 0, 0, 0), true, "Invented Names Ltd t/a Quill",
		[]string{"ns1.quill.example", "ns2.quill.example"},
	},
	{
		"a date with its weekday under a head (ac.uk)", "college.ac.uk",
		"\nDomain:\n\tcollege.ac.uk\n\nServers:\n\tns1.college.example\n\nRenewal date:\n\tMonday 18th Oct 2027\n",
		at(2027, 10, 18, 0, 0, 0), true, "",
		[]string{"ns1.college.example"},
	},
	{
		"labels in brackets (jp)", "quill.jp",
		"[Domain Name]                   QUILL.JP\n[Name Server]                   ns1.quill.example\n[Name Server]                   ns2.quill.example\n[Created on]                    2001/02/03\n[Expires on]                    2027/05/31\n[Status]                        Active\n",
		at(2027, 5, 31, 0, 0, 0), true, "",
		[]string{"ns1.quill.example", "ns2.quill.example"},
	},
	{
		"the contract year of an organisation's name is no expiry (co.jp)", "quill.co.jp",
		"a. [Domain Name]                QUILL.CO.JP\np. [Name Server]                ns1.quill.example\n[State]                         Connected (2027/03/31)\n",
		nil, false, "",
		[]string{"ns1.quill.example"},
	},
	{
		"dots before the colon, month as word (tr)", "quill.com.tr",
		"** Domain Name: quill.com.tr\n\n** Domain Servers:\nns1.quill.example\n\n** Additional Info:\nCreated on..............: 2001-Aug-23.\nExpires on..............: 2027-Aug-22.\n",
		at(2027, 8, 22, 0, 0, 0), true, "",
		[]string{"ns1.quill.example"},
	},
	{
		"columns without a colon (old sk)", "quill.sk", "Domain-name         quill.sk\nRegistrar           QUIL-0001\ndns_name            ns1.quill.example\nValid-date          2027-04-03\n",
		at(2027, 4, 3, 0, 0, 0), true, "QUIL-0001",
		[]string{"ns1.quill.example"},
	},
	{
		"prose before the date (tw)", "quill.com.tw",
		"Domain Name: quill.com.tw\n   Record expires on 2027-05-23 (YYYY-MM-DD)\n   Record created on 2000-05-23 (YYYY-MM-DD)\n\n   Domain servers in listed order:\n      ns1.quill.example\n      ns2.quill.example      192.0.2.5\n",
		at(2027, 5, 23, 0, 0, 0), true, "",
		[]string{"ns1.quill.example", "ns2.quill.example"},
	},
	{
		"a zone in parentheses (tw)", "quill.tw", "Domain Name: quill.tw\nRecord expires on 2027-11-09 04:00:00 (UTC+8)\n",
		at(2027, 11, 8, 20, 0, 0), false, "", nil,
	},
	{
		"dotted day first (fi)", "quill.fi", "domain.............: quill.fi\nstatus.............: Registered\nexpires............: 4.7.2027 09:37:54\nnserver............: ns1.quill.example [OK]\n",
		at(2027, 7, 4, 6, 37, 54), false, "",
		[]string{"ns1.quill.example"},
	},
	{"day first because the label says so (pt)", "quill.pt", "Nome de domínio / Domain Name: quill.pt\nData de expiração / Expiration Date (dd/mm/yyyy): 05/02/2027\n", at(2027, 2, 5, 0, 0, 0), true, "", nil},
	{"day first because the suffix does so, latin-1, two-digit year (es)", "quill.es", "Domain Name: quill.es\nTitular: Pa\xf1uelos\nExpiration Date: 05/02/27\n", at(2027, 2, 5, 0, 0, 0), true, "", nil},
	{"month first because the suffix does so (tk)", "quill.tk", "Domain name:\n   QUILL.TK\n\nRecord will expire on: 05/02/2027\n", at(2027, 5, 2, 0, 0, 0), true, "", nil},
	{"another date of the answer shows the order", "quill.test", "domain: quill.test\ncreated: 25/12/2010\nexpires: 05/02/2027\n", at(2027, 2, 5, 0, 0, 0), true, "", nil},
	{"nothing shows the order", "quill.test", "domain: quill.test\nexpires: 05/02/2027\nnserver: ns1.quill.example\n", nil, false, "", []string{"ns1.quill.example"}},
	{"a date in the status (in.ua)", "quill.in.ua", "domain: quill.in.ua\nstatus: OK-UNTIL 20271218000000\nnserver: NS1.QUILL.EXAMPLE\n", at(2027, 12, 18, 0, 0, 0), true, "", []string{"ns1.quill.example"}},
	{"a numbered form (gov.za)", "quill.gov.za", "1a.        Domain Name : quill.gov.za\n5a.        Primary NS : ns1.quill.example\n", nil, false, "", []string{"ns1.quill.example"}},
	{"the renewal gone by is no expiry (th)", "quill.co.th", "Domain: QUILL.CO.TH\nRenew date: 8 Oct 2026\nExp date: 7 Oct 2027\n", at(2027, 10, 7, 0, 0, 0), true, "", nil},
	{"an option's date is no expiry (pl)", "quill.pl", "DOMAIN NAME: quill.pl\noption expiration date: 2026.12.01\nrenewal date: 2027.03.05 13:00:00\n", at(2027, 3, 5, 12, 0, 0), false, "", nil},
	{"a registrar's own date, alone", "quill.test", "Domain Name: quill.test\nRegistrar Registration Expiration Date: 2027-03-05T00:00:00-0800\n", at(2027, 3, 5, 8, 0, 0), false, "", nil},
	{"two stages: the earlier of two dates", "quill.com", "Expiry Date.......... 2027-11-24\n\n   Domain Name: QUILL.COM\n   Expiration Date: 23-nov-2027\n", at(2027, 11, 23, 0, 0, 0), true, "", nil},
	{"a U-label for the name", "xn--bckerei-5wa.test", "domain: Bäckerei.test\nexpires: 2027-01-02\n", at(2027, 1, 2, 0, 0, 0), true, "", nil},
}

// TestDialects reads each of the layouts.
func TestDialects(t *testing.T) {
	for _, c := range layouts {
		t.Run(c.why, func(t *testing.T) {
			look := whois.Parse(c.domain, "", []byte(c.text), now)
			if look.Outcome != models.OutcomeOK {
				t.Fatalf("%s: %s", look.Outcome, look.Detail)
			}
			f := look.Facts
			if diff := cmp.Diff(c.expires, f.ExpiresAt); diff != "" {
				t.Error(diff)
			}
			if f.DateOnly != c.dateOnly || f.Registrar != c.registrar {
				t.Errorf("date only %v, registrar %q", f.DateOnly, f.Registrar)
			}
			if diff := cmp.Diff(append([]string{}, c.nameservers...), f.Nameservers); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestOutcomesWithoutARegistration(t *testing.T) {
	terms := "% The service may be limited; too many requests from one address are blocked, and a name that\n% is not found here may still be reserved. A name that\n% was not found is available for registration only if the registry says so.\n"
	for _, c := range []struct {
		why, text string
		want      models.Outcome
	}{
		{"empty", "\r\n \r\n", models.OutcomeUnparsed},
		{"no match, quoted", `No match for "QUILL.TEST".`, models.OutcomeAbsent},
		{"no match after terms of use", terms + "\n% No entries found for quill.test\n", models.OutcomeAbsent},
		{"terms of use alone", terms, models.OutcomeUnparsed},
		{"a status", "Domain: quill.test\nStatus: AVAILABLE\n", models.OutcomeAbsent},
		{"no object, with the name echoed", "Domain Name: quill.test\nDomain Status: No Object Found\n", models.OutcomeAbsent},
		{"not found under a label", "domain: quill.test\n%% NOT FOUND", models.OutcomeAbsent},
		{"in Spanish", "quill.test: no existe", models.OutcomeAbsent},
		{"no match for another name", "No match for OTHER.TEST", models.OutcomeUnparsed},
		{"another domain's registration", "Domain Name: other.test\nExpires: 2027-01-01\n", models.OutcomeUnparsed},
		{"a registration without a name", "Registrar: Invented Names\nExpires: 2027-01-01\n", models.OutcomeUnparsed},
		{"a longer name is another name", "Registrar: Invented Names\nExpires: 2027-01-01\nSee www.xquill.test and quill.test.example\n", models.OutcomeUnparsed},
		{"a limit", "WHOIS LIMIT EXCEEDED - SEE THE TERMS", models.OutcomeThrottled},
		{"a limit beside the name", "Domain Name: quill.test\nquery limit exceeded\n", models.OutcomeThrottled},
		{"a limit outweighs not found", "%% Too many requests from your address\n%%\n%% No entries found in the database.\n", models.OutcomeThrottled},
		{"come back later", "rate limit, try again later", models.OutcomeThrottled},
		{"one request a second", "whois.test: only 1 request per second allowed, try again later", models.OutcomeThrottled},
		{"blocked", "-3: IP address blocked", models.OutcomeRefused},
		{"denied by code", "domain_name: quill.test\nquery_status: 440 Request Denied\n", models.OutcomeRefused},
		{"reserved", "Reserved by Registry", models.OutcomeReserved},
		{"reserved by status", "Domain: quill.test\nStatus: NOT ALLOWED\n", models.OutcomeReserved},
		{"prohibited", "The domain you requested is prohibited.", models.OutcomeReserved},
		{"invalid", "The domain quill.test\nis not valid!", models.OutcomeInvalid},
		{"a refusal that runs over two lines", "    This domain cannot be registered because it contravenes the registry's\n    naming rules.\n", models.OutcomeReserved},
		{"excluded", "quill.test is excluded from registration", models.OutcomeReserved},
		{"the suffix is left out", "Domain: quill\nStatus: REGISTERED\nRegistered: Tue Dec 12 2000\n", models.OutcomeOK},
		{"the suffix is left out, of another name", "Domain: other\nStatus: REGISTERED\nRegistered: Tue Dec 12 2000\n", models.OutcomeUnparsed},
		{"unassignable", "Domain: quill.test\nStatus: UNASSIGNABLE\n", models.OutcomeInvalid},
		{"the server failed", "Service temporarily unavailable.", models.OutcomeUnreachable},
		{"a web page", "<html><head><title>Welcome</title></head></html>", models.OutcomeUnparsed},
		{"connect is a registration (de)", "Domain: quill.test\nStatus: connect\n", models.OutcomeOK},
		{"not available alone may mean anything", "Domain:\tquill.test\nStatus:\tNOT AVAILABLE\n", models.OutcomeReserved},
		{"a status that nobody knows proves nothing", "Domain:\tquill.test\nStatus:\tsomehow special\n", models.OutcomeUnparsed},
		{"what a registrant has not is not about the name", "Domain: quill.test\nStatus: active\nRegistrant: not found\n", models.OutcomeOK},
		{"a negation under another label proves nothing", "Abuse contact: not found\n", models.OutcomeUnparsed},
		{"a denial that no table knows", "Sorry! The name quill.test has never been delegated.", models.OutcomeAbsent},
		{"a denial in German", "Kein Eintrag gefunden.", models.OutcomeAbsent},
		{"a condition is no denial", "if the name was not found it may be free", models.OutcomeUnparsed},
		{"terms of use do not outweigh a registration", terms + "\ndomain: quill.test\nexpires: 2027-01-01\n", models.OutcomeOK},
		{"a registration says that it is not for sale", "Domain: quill.test\nRegistrar: Invented Names\nRemark: not available for registration\n", models.OutcomeOK},
	} {
		t.Run(c.why, func(t *testing.T) {
			look := whois.Parse("quill.test", "", []byte(c.text), now)
			if look.Outcome != c.want || (look.Facts != nil) != (c.want == models.OutcomeOK) {
				t.Errorf("%s: %s, want %s", look.Outcome, look.Detail, c.want)
			}
			if look.Detail == "" {
				t.Error("no reason is given")
			}
		})
	}
}

func TestUnbelievableDatesAreSkipped(t *testing.T) {
	for _, c := range []struct{ why, lines string }{
		{"the zero date", "expires: 0000-00-00"},
		{"year one", "expires: 0001-01-01T00:00:00Z"},
		{"before the net", "expires: 1970-01-01"},
		{"beyond belief", "expires: 2999-12-31"},
		{"before the registration", "created: 2020-01-01\nexpires: 2019-01-01"},
		{"not a day", "expires: 2027-02-30"},
		{"an unknown zone", "expires: 2027-02-03 10:00:00 XYZT"},
		{"a vague date", "expires: before Aug-2027"},
		{"a distance", "expires: in 30 days"},
		{"a number", "expires: 1795273600"},
		{"control characters only", "expires: \x00\x01"},
	} {
		look := whois.Parse("quill.test", "", []byte("domain: quill.test\nregistrar: X\n"+c.lines+"\n"), now)
		switch {
		case look.Facts == nil:
			t.Errorf("%s: %s %s", c.why, look.Outcome, look.Detail)
		case look.Facts.ExpiresAt != nil:
			t.Errorf("%s: read as %s", c.why, look.Facts.ExpiresAt)
		case !strings.Contains(c.why, "control") && (!look.Facts.ExpiryStated || len(look.Facts.Skipped) == 0):
			t.Errorf("%s: stated %v, skipped %q", c.why, look.Facts.ExpiryStated, look.Facts.Skipped)
		}
	}
}

func TestHostileTextIsBounded(t *testing.T) {
	for _, c := range []struct{ why, text string }{
		{"one endless line", strings.Repeat("x", 1<<20)},
		{"lines without end", strings.Repeat("domain: quill.test\n", 1<<16)},
		{"labels without end", strings.Repeat("name server: ns.quill.example\nexpires: 01/02/2027\nstatus: a,b,c,d\n", 16000)},
		{"colons", strings.Repeat(":", 1<<20)},
		{"blank lines", strings.Repeat("\n", 1<<20)},
		{"brackets", strings.Repeat("[[", 1<<19)},
		{"dots and blanks", strings.Repeat(". . ", 1<<18)},
		{"zero bytes", string(make([]byte, 1<<20))},
		{"invalid UTF-8", strings.Repeat("\xff\xfe", 1<<19)},
		{"half a referral", "domain: quill.test\nrefer: x"},
	} {
		t.Run(c.why, func(t *testing.T) {
			look := whois.Parse("quill.test", "", []byte(c.text), now)
			if len(look.Evidence) > models.MaxEvidence || (look.Facts != nil && (len(look.Facts.Nameservers) > 64 || len(look.Facts.Statuses) > 32 || len(look.Facts.Skipped) > 16)) {
				t.Errorf("%d bytes kept, facts %+v", len(look.Evidence), look.Facts)
			}
		})
	}
}

func TestKeptValuesArePrintable(t *testing.T) {
	text := "domain: quill.test\nregistrar: <b>\x00\x1b]0;x\x07\u202eevil\u2066 </b>\nstatus: a\vb\nexpires: soon\x1b[2J\nnserver: ns1.quill.example\x00\n"
	look := whois.Parse("quill.test", "evil\r\nserver", []byte(text), now)
	f := look.Facts
	if f == nil {
		t.Fatal(look.Detail)
	}
	all := strings.Join(append(append([]string{f.Registrar, look.Detail, look.Server}, f.Statuses...), f.Skipped...), "|")
	if strings.ContainsAny(all, "\x00\x1b\x07\v\r\n\u202e\u2066") {
		t.Errorf("%q", all)
	}
	if f.Registrar != "<b>]0;xevil </b>" { // printable markup is the page's to escape, not ours to hide
		t.Errorf("registrar %q", f.Registrar)
	}
}
