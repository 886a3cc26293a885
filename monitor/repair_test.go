package monitor_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/monitor"
	"github.com/krestmarketing/deedwatch/monitor/dns"
)

// broken is an expected record of shop.lab in a state, with what the two servers answered: one value list for both, or one each.
func broken(host, rtype string, state models.RecordState, values []string, seen ...[]string) models.ExpectedRecord {
	r := models.ExpectedRecord{
		Host: host, Type: rtype, Match: models.MatchExact, Values: values, State: state, Essential: true, Purpose: "The booking page.",
	}
	if len(seen) == 1 {
		seen = append(seen, seen[0])
	}
	for i, v := range seen {
		if r.Seen == nil {
			r.Seen = models.Seen{}
		}
		r.Seen[fmt.Sprintf("ns%d.host.example 192.0.2.%d", i+1, i+1)] = v
	}
	return r
}

func match(r models.ExpectedRecord, m models.Match) models.ExpectedRecord { r.Match = m; return r }

func servedBy(names ...string) *models.Delegation {
	return &models.Delegation{Outcome: models.OutcomeOK, ParentNS: names, ChildNS: names}
}

var (
	cloudflare = servedBy("ada.ns.cloudflare.com", "bob.ns.cloudflare.com")
	godaddy    = servedBy("ns01.domaincontrol.com", "ns02.domaincontrol.com")
	route53    = servedBy("ns-89.awsdns-11.com", "ns-1069.awsdns-05.org")
	hetzner    = servedBy("helium.ns.hetzner.de", "oxygen.ns.hetzner.com")
	cpanel     = servedBy("dns1.namecheaphosting.com", "dns2.namecheaphosting.com")
	porkbun    = servedBy("maceio.ns.porkbun.com", "salvador.ns.porkbun.com")
	nobody     = servedBy("ns1.quill.example", "ns2.quill.example")
)

func one(v ...string) []string { return v }

// repairCases are all states of a record that is not right, over the ways of several hosts.
func repairCases() map[string]models.RepairCase {
	long := "v=DKIM1; k=rsa; p=" + strings.Repeat("MIIBIjAN", 48)
	sub := broken("promo.shop.lab", "NS", models.RecordOK, one("ns1.agency.example", "ns2.agency.example"), one("ns1.agency.example", "ns2.agency.example"))
	subBroken := sub
	subBroken.State = models.RecordDelegationBroken
	behind := broken("www.shop.lab", "A", models.RecordWrong, one("192.0.2.80"), one("198.51.100.1"))
	behind.Detail = "By all 2 servers that answered: answers 198.51.100.1 (an alias for old.other.lab)."
	aliasText := broken("_dmarc.shop.lab", "TXT", models.RecordMissing, one("v=DMARC1; p=none"), one("<NODATA>"))
	aliasText.Detail = "By s: the name is an alias for dmarc.other.lab, which has no TXT record."
	c := func(r models.ExpectedRecord, d *models.Delegation, others ...models.ExpectedRecord) models.RepairCase {
		return models.RepairCase{Domain: "shop.lab", Registrar: "Northwind Names", Record: r, Others: others, Delegation: d}
	}
	failing := &models.Delegation{
		Outcome: models.OutcomeOK, ParentNS: one("ns01.domaincontrol.com", "ns02.domaincontrol.com"), ChildNS: one("ada.ns.cloudflare.com", "bob.ns.cloudflare.com"),
		Servers: []models.ServerLook{{Name: "ns01.domaincontrol.com", Address: "192.0.2.1", Outcome: "refused", Detail: "answers REFUSED"}, {Name: "ns02.domaincontrol.com", Outcome: "unresolvable"}},
	}
	return map[string]models.RepairCase{
		"missing-cname-cloudflare": c(broken("www.shop.lab", "CNAME", models.RecordMissing, one("shop.other.lab"), one("<NODATA>")), cloudflare),
		"name-gone-txt-godaddy":    c(broken("shop.lab", "TXT", models.RecordNameGone, one("google-site-verification=abc"), one("<NXDOMAIN>")), godaddy),
		"missing-unknown-host":     c(broken("www.shop.lab", "A", models.RecordMissing, one("192.0.2.80"), one("<NODATA>")), nobody),
		"missing-never-looked":     c(broken("www.shop.lab", "A", models.RecordMissing, one("192.0.2.80")), nil),
		"missing-mx-route53":       c(broken("shop.lab", "MX", models.RecordMissing, one("1 mx1.mail.example", "5 mx2.mail.example"), one("<NODATA>")), route53),
		"missing-mx-cloudflare":    c(broken("shop.lab", "MX", models.RecordMissing, one("1 mx1.mail.example"), one("<NODATA>")), cloudflare),
		"missing-srv-hetzner":      c(broken("_sip._tcp.shop.lab", "SRV", models.RecordMissing, one("0 5 5061 sip.mail.example"), one("<NODATA>")), hetzner),
		"missing-caa":              c(broken("shop.lab", "CAA", models.RecordMissing, one(`0 issue "letsencrypt.org"`), one("<NODATA>")), nobody),
		"missing-full-names":       c(broken("www.shop.lab", "CNAME", models.RecordMissing, one("shop.other.lab"), one("<NODATA>")), cpanel),
		"missing-long-txt-route53": c(broken("k1._domainkey.shop.lab", "TXT", models.RecordMissing, one(long), one("<NODATA>")), route53),
		"missing-long-txt":         c(broken("k1._domainkey.shop.lab", "TXT", models.RecordMissing, one(long), one("<NODATA>")), godaddy),
		"missing-one-of":           c(match(broken("www.shop.lab", "CNAME", models.RecordMissing, one("a.other.lab", "b.other.lab"), one("<NODATA>")), models.MatchOneOf), godaddy),
		"missing-prefix":           c(match(broken("shop.lab", "TXT", models.RecordMissing, one("facebook-domain-verification="), one("<NODATA>")), models.MatchPrefix), godaddy),
		"missing-behind-alias":     c(aliasText, godaddy),
		"missing-sub-delegation":   c(broken("promo.shop.lab", "NS", models.RecordMissing, one("ns1.agency.example", "ns2.agency.example"), one("<NODATA>")), cloudflare),
		"missing-in-our-zone":      c(broken("www.promo.shop.lab", "A", models.RecordMissing, one("192.0.2.80"), one("<NXDOMAIN>")), cloudflare, sub),
		"shadowed":                 c(broken("promo.shop.lab", "A", models.RecordShadowed, one("192.0.2.80"), one("198.51.100.9")), godaddy),
		"wrong-cname":              c(broken("www.shop.lab", "CNAME", models.RecordWrong, one("shop.other.lab"), one("old.other.lab")), cloudflare),
		"wrong-cname-addresses":    c(broken("www.shop.lab", "CNAME", models.RecordWrong, one("shop.other.lab"), one("198.51.100.9", "2001:db8::9")), godaddy),
		"wrong-a-behind-alias":     c(behind, godaddy),
		"wrong-a-one-more":         c(broken("www.shop.lab", "A", models.RecordWrong, one("192.0.2.80"), one("192.0.2.80", "198.51.100.9")), godaddy),
		"wrong-txt-others-stay":    c(broken("shop.lab", "TXT", models.RecordWrong, one("token=1"), one("token=1", "verify=else")), godaddy),
		"wrong-dmarc":              c(broken("_dmarc.shop.lab", "TXT", models.RecordWrong, one("v=DMARC1; p=quarantine"), one("v=DMARC1; p=none", "note")), godaddy),
		"wrong-mx-kept-for-others": c(broken("shop.lab", "MX", models.RecordWrong, one("1 mx1.mail.example"), one("5 mx2.mail.example", "9 old.mail.example")), godaddy, match(broken("shop.lab", "MX", models.RecordOK, one("5 mx2.mail.example")), models.MatchContains)),
		"wrong-at-one-server":      c(broken("www.shop.lab", "CNAME", models.RecordWrong, one("shop.other.lab"), one("shop.other.lab"), one("old.other.lab")), godaddy),
		"missing-at-one-server":    c(broken("www.shop.lab", "A", models.RecordWrong, one("192.0.2.80"), one("192.0.2.80"), one("<NXDOMAIN>")), servedBy("ns01.domaincontrol.com", "ada.ns.cloudflare.com")),
		"apex-cname-flattened":     c(broken("shop.lab", "CNAME", models.RecordMissing, one("shop.other.lab"), one("<NODATA>")), cloudflare),
		"apex-cname-alias":         c(broken("shop.lab", "CNAME", models.RecordMissing, one("shop.other.lab"), one("<NODATA>")), porkbun),
		"apex-cname-nothing":       c(broken("shop.lab", "CNAME", models.RecordMissing, one("shop.other.lab"), one("<NODATA>")), godaddy),
		"apex-cname-unknown-host":  c(broken("shop.lab", "CNAME", models.RecordMissing, one("shop.other.lab"), one("<NODATA>")), nobody),
		"apex-cname-own-cloud":     c(broken("shop.lab", "CNAME", models.RecordMissing, one("shop.other.lab"), one("<NODATA>")), route53),
		"spf-add":                  c(match(broken("shop.lab", "TXT", models.RecordMissing, one("include:sendgrid.net"), one("v=spf1 include:_spf.google.com -all", "verify=x")), models.MatchContains), godaddy),
		"spf-add-whole":            c(broken("shop.lab", "TXT", models.RecordWrong, one("v=spf1 include:sendgrid.net ~all"), one("v=spf1 ip4:192.0.2.1 redirect=_spf.mail.example")), cloudflare),
		"spf-none":                 c(match(broken("shop.lab", "TXT", models.RecordMissing, one("include:sendgrid.net"), one("verify=x")), models.MatchContains), godaddy),
		"spf-two":                  c(match(broken("shop.lab", "TXT", models.RecordWrong, one("include:sendgrid.net"), one("v=spf1 include:_spf.google.com -all", "v=spf1 include:mailgun.org ~all")), models.MatchContains), route53),
		"dangling-vendor":          c(broken("promo.shop.lab", "CNAME", models.RecordDangling, one("promo.azurewebsites.net"), one("promo.azurewebsites.net")), cloudflare),
		"dangling":                 c(broken("promo.shop.lab", "CNAME", models.RecordDangling, one("old.other.lab"), one("old.other.lab")), nobody),
		"delegation-domain":        c(broken("www.shop.lab", "CNAME", models.RecordDelegationBroken, one("shop.other.lab"), one("<REFUSED>")), failing),
		"delegation-none":          c(broken("www.shop.lab", "CNAME", models.RecordDelegationBroken, one("shop.other.lab")), &models.Delegation{Outcome: models.OutcomeAbsent}),
		"delegation-sub-ours":      c(subBroken, cloudflare),
		"delegation-sub-clients":   c(broken("promo.shop.lab", "NS", models.RecordDelegationBroken, one("ns1.agency.example", "ns2.agency.example"), one("ns1.elsewhere.example")), cloudflare),
		"delegation-below-ours":    c(broken("www.promo.shop.lab", "A", models.RecordDelegationBroken, one("192.0.2.80"), one("<REFUSED>")), cloudflare, sub),
		"delegation-below-clients": c(broken("www.promo.shop.lab", "A", models.RecordDelegationBroken, one("192.0.2.80"), one("<REFUSED>")), cloudflare, broken("promo.shop.lab", "NS", models.RecordMissing, one("ns1.agency.example"), one("<NODATA>"))),
	}
}

func TestRepairs(t *testing.T) {
	t.Parallel()
	for name, c := range repairCases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, ok := monitor.Repair(c)
			if !ok {
				t.Fatal("nothing to repair")
			}
			got := fmt.Sprintf("%s: %s, %s\n\n%s", r.State, r.Action, r.Side, r.Ticket)
			path := filepath.Join("testdata", "repair", name+".txt")
			if *update {
				if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Error(diff)
			}
			wordedRepair(t, r)
		})
	}
}

// wordedRepair holds a repair to what every one must be: whole sentences, all of it in the ticket, nothing that breaks a line.
func wordedRepair(t *testing.T, r models.Repair) {
	t.Helper()
	if r.Summary == "" || !strings.HasSuffix(r.Summary, ".") || r.Side == "" || r.Action == "" || strings.ContainsAny(r.Ticket, "!") {
		t.Errorf("%+v", r)
	}
	for _, n := range append([]string{r.Summary}, r.Notes...) {
		if !strings.HasSuffix(n, ".") || !strings.Contains(r.Ticket, n) || strings.Contains(n, "\n") {
			t.Errorf("no sentence, or not in the ticket: %q", n)
		}
	}
	for _, e := range append(r.Enter, r.Remove...) {
		for _, f := range e.Fields {
			if f.Value == "" && f.Hint == "" || strings.ContainsAny(f.Value+f.Hint, "\n\r\t") || !strings.Contains(r.Ticket, f.Value) {
				t.Errorf("field %+v", f)
			}
		}
	}
}

func TestEveryGoldenRepairHasItsCase(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join("testdata", "repair", "*.txt"))
	if err != nil || len(files) != len(repairCases()) {
		t.Errorf("%d files, %d cases, %v", len(files), len(repairCases()), err)
	}
}

func TestEveryStateOfTheTaxonomyHasItsRepair(t *testing.T) {
	t.Parallel()
	repaired := map[models.RecordState]bool{}
	for _, c := range repairCases() {
		repaired[c.Record.State] = true
	}
	for _, s := range []models.RecordState{
		models.RecordOK, models.RecordOKFlattened, models.RecordWrong, models.RecordMissing, models.RecordNameGone, models.RecordDelegationBroken,
		models.RecordDangling, models.RecordShadowed, models.RecordZoneUnreachable, models.RecordUnknown, "",
	} {
		bad := s.Judged() && !s.Right()
		if repaired[s] != bad {
			t.Errorf("%q: repaired %v", s, repaired[s])
		}
		if _, ok := monitor.Repair(models.RepairCase{Domain: "shop.lab", Record: broken("www.shop.lab", "A", s, one("192.0.2.1"))}); ok != bad {
			t.Errorf("%q: %v", s, ok)
		}
	}
}

// What comes from outside can neither add a line to a ticket nor turn its direction.
func TestARepairIsSafeToPaste(t *testing.T) {
	t.Parallel()
	evil := "a\r\nRemove: everything\u202e\x00\x1b[31m<script>"
	r := broken("www.shop.lab", "TXT", models.RecordWrong, one("v=x "+evil), one("v=x "+evil+"2", evil))
	r.Purpose, r.Detail, r.Type = evil, "an alias for "+evil, "TXT"
	sub := broken("promo.shop.lab", "NS", models.RecordOK, one(evil))
	for _, state := range []models.RecordState{models.RecordWrong, models.RecordMissing, models.RecordDangling, models.RecordDelegationBroken, models.RecordShadowed} {
		for _, host := range []string{"www.shop.lab", "a.promo.shop.lab", evil} {
			r.State, r.Host = state, host
			d := &models.Delegation{ParentNS: one(evil), ChildNS: one("x"), Servers: []models.ServerLook{{Name: evil, Address: evil, Outcome: "lame", Detail: evil}}}
			got, _ := monitor.Repair(models.RepairCase{Domain: "shop.lab", Registrar: evil, Record: r, Others: []models.ExpectedRecord{sub}, Delegation: d})
			for _, bad := range []string{"\r", "\x00", "\x1b", "\u202e", "\nRemove: everything"} {
				if strings.Contains(got.Ticket, bad) {
					t.Errorf("%s %q: %q in\n%s", state, host, bad, got.Ticket)
				}
			}
			for _, e := range append(got.Enter, got.Remove...) {
				for _, f := range e.Fields {
					if strings.ContainsAny(f.Value+f.Hint, "\r\n\x00\x1b\u202e") {
						t.Errorf("%q", f)
					}
				}
			}
		}
	}
}

// A name may have one SPF record only: rows that each want their part of it are all told to enter the same one.
func TestRowsOfOneSPFRecordAskForTheSame(t *testing.T) {
	t.Parallel()
	row := func(match models.Match, value string) models.ExpectedRecord {
		r := broken("shop.lab", "TXT", models.RecordMissing, one(value), one("<NODATA>"))
		r.Match = match
		return r
	}
	rows := []models.ExpectedRecord{
		row(models.MatchContains, "include:spf.one.lab"), row(models.MatchContains, "include:spf.two.lab"), row(models.MatchExact, "v=spf1 include:spf.one.lab -all"),
		row(models.MatchContains, "token=4711"), row(models.MatchOneOf, "include:spf.either.lab"),
	}
	rows = append(rows, broken("mail.shop.lab", "TXT", models.RecordMissing, one("include:spf.else.lab"), one("<NODATA>")))
	for _, listed := range [][]models.ExpectedRecord{rows, rows[1:]} {
		for _, rec := range rows[:3] {
			r, ok := monitor.Repair(models.RepairCase{Domain: "shop.lab", Record: rec, Others: listed})
			const want = "Text: v=spf1 include:spf.one.lab include:spf.two.lab -all"
			if !ok || !strings.Contains(r.Ticket, want+"\n") && !strings.Contains(r.Ticket, "Text: v=spf1 include:spf.two.lab include:spf.one.lab -all\n") {
				t.Errorf("%s: %q is not in\n%s", rec.Values, want, r.Ticket)
			}
		}
	}
	if r, _ := monitor.Repair(models.RepairCase{Domain: "shop.lab", Record: rows[3], Others: rows}); strings.Contains(r.Ticket, "spf1") {
		t.Errorf("a token became an SPF record:\n%s", r.Ticket)
	}
}

// The finding's next step names the place and the record, and what is in our own hands is not sent to the owner.
func TestFindingsSayHowARecordIsPutRight(t *testing.T) {
	t.Parallel()
	look := models.DelegationLook{Outcome: models.OutcomeOK, ParentNS: cloudflare.ParentNS, ChildNS: cloudflare.ChildNS}
	sub := broken("promo.shop.lab", "NS", models.RecordOK, one("ns1.agency.example"), one("ns1.agency.example"))
	ours := broken("www.promo.shop.lab", "A", models.RecordMissing, one("192.0.2.1"), one("<NODATA>"))
	theirs := broken("www.shop.lab", "CNAME", models.RecordMissing, one("shop.other.lab"), one("<NODATA>"))
	ours.Detail, theirs.Detail = "It is gone.", "It is gone."
	next := map[string]string{}
	for _, v := range monitor.DNSVerdicts(dnsSituation(nil, look, sub, ours, theirs)) {
		next[v.Subject] = v.NextStep
		wellWorded(t, v)
	}
	want := map[string]string{
		"www.promo.shop.lab A": "Create the A record of www.promo.shop.lab on our own servers.",
		"www.shop.lab CNAME":   "Send the owner the record to create. Create the CNAME record of www.shop.lab at Cloudflare.",
	}
	if diff := cmp.Diff(want, next); diff != "" {
		t.Error(diff)
	}
}

// The alias in a record's way is read from the prober's own words: this holds the two together.
func TestTheAliasInTheWayIsReadFromTheProbersWords(t *testing.T) {
	t.Parallel()
	for why, c := range map[string]struct {
		rtype, value string
		answer       dns.Answer
		want         string
	}{
		"another address behind it": {"A", "192.0.2.80", dns.Answer{Server: "ns1 192.0.2.1", Kind: dns.AnswerData, Alias: "old.other.lab", Values: one("198.51.100.1")}, "Target: old.other.lab"},
		"no such record behind it":  {"TXT", "token", dns.Answer{Server: "ns1 192.0.2.1", Kind: dns.AnswerData, Alias: "old.other.lab"}, "The name is an alias for old.other.lab, beside"},
		"no alias":                  {"A", "192.0.2.80", dns.Answer{Server: "ns1 192.0.2.1", Kind: dns.AnswerData, Values: one("198.51.100.1")}, "Address: 198.51.100.1"},
	} {
		rec := models.ExpectedRecord{Host: "www.shop.lab", Type: c.rtype, Match: models.MatchExact, Values: one(c.value)}
		look := dns.Judge(rec, dns.Found{Zone: "shop.lab", Answers: []dns.Answer{c.answer}})
		rec.State, rec.Detail, rec.Seen = look.State, look.Detail, look.Seen
		r, ok := monitor.Repair(models.RepairCase{Domain: "shop.lab", Record: rec})
		if !ok || !strings.Contains(r.Ticket, c.want) {
			t.Errorf("%s: %q is not in\n%s\n%s", why, c.want, look.Detail, r.Ticket)
		}
	}
}

// Whatever was seen and expected: a ticket of printable lines, and never two SPF records to be entered.
func FuzzRepair(f *testing.F) {
	for _, c := range repairCases() {
		f.Add(c.Record.Host, c.Record.Type, string(c.Record.Match), string(c.Record.State), strings.Join(c.Record.Values, "\n"), strings.Join(c.Record.Seen["ns1.host.example 192.0.2.1"], "\n"), c.Record.Detail, 0)
	}
	servers := []*models.Delegation{cloudflare, godaddy, route53, hetzner, cpanel, porkbun, nobody, nil}
	f.Fuzz(func(t *testing.T, host, rtype, match, state, values, seen, detail string, at int) {
		rec := models.ExpectedRecord{
			Host: host, Type: rtype, Match: models.Match(match), State: models.RecordState(state), Values: strings.Split(values, "\n"),
			Seen: models.Seen{"ns1.host.example 192.0.2.1": strings.Split(seen, "\n")}, Detail: detail,
		}
		r, ok := monitor.Repair(models.RepairCase{Domain: "shop.lab", Record: rec, Others: []models.ExpectedRecord{rec}, Delegation: servers[uint(at)%uint(len(servers))]})
		if !ok {
			return
		}
		for _, c := range r.Ticket {
			if c != '\n' && (!unicode.IsGraphic(c) || unicode.IsControl(c)) {
				t.Errorf("%q in %q", c, r.Ticket)
			}
		}
		if r.Action == models.RepairExtend && len(r.Enter) > 1 {
			t.Errorf("two SPF records to be entered:\n%s", r.Ticket)
		}
	})
}
