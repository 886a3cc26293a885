package monitor_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/krestmarketing/deedwatch/lab"
	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/monitor"
)

// TestOneFaultOfMailIsOneFinding looks at the lab with everything that looks at mail: what is wrong in one place is shown once, and what
// else speaks of it is folded under that. What is for information only stands beside it.
func TestOneFaultOfMailIsOneFinding(t *testing.T) {
	t.Parallel()
	mx := lab.Record{Type: "MX", Value: "10 mail.case.lab"}
	host := lab.Record{Host: "mail", Type: "A", Value: "203.0.114.25"}
	spf := func(rule string) lab.Record { return lab.Record{Type: "TXT", Value: "v=spf1 " + rule + " ~all"} }
	dmarc := lab.Record{Host: "_dmarc", Type: "TXT", Value: "v=DMARC1; p=reject"}
	expect := func(host, rrtype string, match models.Match, value string) models.ExpectedRecord {
		return models.ExpectedRecord{Host: host, Type: rrtype, Match: match, Values: []string{value}, Essential: true, Purpose: "Newsletters."}
	}
	sender := expect("case.lab", "TXT", models.MatchContains, "include:spf.labdns.lab")
	key := expect("k1._domainkey.case.lab", "CNAME", models.MatchExact, "dkim.labdns.lab")
	for name, c := range map[string]struct {
		records  []lab.Record
		expected []models.ExpectedRecord
		d        lab.Domain
		visible  string
		folded   []string // that must be among what is folded under it
	}{
		"all is right":                      {records: []lab.Record{mx, host, dmarc, spf("include:spf.labdns.lab")}},
		"a mail server of a free domain":    {records: []lab.Record{{Type: "MX", Value: "10 mx.free.lab"}, dmarc, spf("include:spf.labdns.lab")}, visible: "takeover_mx case.lab MX mx.free.lab", folded: []string{"dns_mx_domain_gone", "mail_mx_gone"}},
		"a mail server of one's own":        {records: []lab.Record{{Type: "MX", Value: "10 post.case.lab"}, dmarc, spf("include:spf.labdns.lab")}, visible: "dns_mx_unresolvable post.case.lab", folded: []string{"mail_mx_gone"}},
		"a sender of a free domain":         {records: []lab.Record{mx, host, dmarc, spf("include:spf.labdns.lab include:spf.free.lab")}, visible: "takeover_spf case.lab TXT spf.free.lab", folded: []string{"mail_spf_include_gone"}},
		"the rule of the sender is missing": {records: []lab.Record{mx, host, dmarc, spf("ip4:203.0.114.77")}, expected: []models.ExpectedRecord{sender}, visible: "record_wrong case.lab TXT", folded: []string{"mail_spf_service_missing"}},
		"the key of the sender is missing":  {records: []lab.Record{mx, host, dmarc, spf("include:spf.labdns.lab")}, expected: []models.ExpectedRecord{key}, visible: "record_name_gone k1._domainkey.case.lab CNAME", folded: []string{"mail_dkim_gone"}},
		"no name servers":                   {d: lab.Domain{NameServers: []string{}}, records: []lab.Record{mx, host, dmarc}, expected: []models.ExpectedRecord{key}, visible: "dns_no_delegation case.lab", folded: []string{"record_delegation_broken"}},
		"servers without the zone":          {d: lab.Domain{ServedBy: []string{}}, records: []lab.Record{mx, host, dmarc}, expected: []models.ExpectedRecord{key}, visible: "dns_all_servers_failing case.lab", folded: []string{"dns_ns_lame", "record_delegation_broken"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			now := func() time.Time { return *date("2027-01-20T08:00:00Z") }
			c.d.Name, c.d.Expires, c.d.Records = "case.lab", *date("2030-01-01"), c.records
			hosts := lab.Domain{Name: "labdns.lab", NameServers: []string{labNS1, labNS2}, Expires: c.d.Expires, Infrastructure: true, Records: []lab.Record{
				{Host: "spf", Type: "TXT", Value: "v=spf1 ip4:203.0.114.9 -all"}, {Host: "dkim", Type: "TXT", Value: "v=DKIM1; k=rsa; p="},
			}}
			m := onLab(t, lab.World{TLDs: []lab.TLD{{Name: "lab", WHOIS: true, PublishesExpiry: true}}, Domains: []lab.Domain{hosts, c.d}}, now, nil)
			if c.expected == nil {
				c.expected = []models.ExpectedRecord{sender}
			}
			got := m.CheckOnce(t.Context(), monitor.CheckRequest{Domain: "case.lab", Expected: c.expected, SkipRegistration: true})
			var visible, folded []string
			for _, v := range got.Verdicts {
				switch {
				case v.CauseCode != "":
					folded = append(folded, v.Code+" <"+v.CauseCode)
				case v.Severity != models.SeverityInfo:
					visible = append(visible, v.Code+" "+v.Subject)
				}
			}
			var want []string
			if c.visible != "" {
				want = []string{c.visible}
			}
			if diff := cmp.Diff(want, visible); diff != "" {
				t.Errorf("shown (-want +got):\n%s\nfolded %v\n%s", diff, folded, got.Delegation.Evidence)
			}
			root, _, _ := strings.Cut(c.visible, " ")
			for _, code := range c.folded {
				if !slices.Contains(folded, code+" <"+root) {
					t.Errorf("%s is not folded under %s: %v", code, root, folded)
				}
			}
		})
	}
}
