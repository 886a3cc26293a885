package catalog_test

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/krestmarketing/deedwatch/catalog"
)

func TestShippedDNSHostsAreValid(t *testing.T) {
	data, err := os.ReadFile("dnshost.json")
	if err != nil {
		t.Fatal(err)
	}
	rows, err := catalog.LoadDNSHosts(data)
	if err != nil || len(rows) < 40 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	if diff := cmp.Diff(rows, catalog.DNSHosts()); diff != "" {
		t.Errorf("the table in the program is another one:\n%s", diff)
	}
}

func TestFindDNSHost(t *testing.T) {
	for _, tt := range []struct {
		why     string
		servers []string
		want    string // empty: not certain
	}{
		{"plain", []string{"ada.ns.cloudflare.com", "bob.ns.cloudflare.com"}, "cloudflare"},
		{"capitals and final dots", []string{"NS01.DOMAINCONTROL.COM.", "ns02.domaincontrol.com"}, "godaddy"},
		{"a pattern inside a label, over four suffixes", []string{"ns-89.awsdns-11.com", "ns-1069.awsdns-05.org", "ns-971.awsdns-57.net", "ns-1574.awsdns-04.co.uk"}, "route53"},
		{"the pattern's own label must be there", []string{"ns-89.awsdns.com"}, ""},
		{"Azure over its suffixes", []string{"ns1-04.azure-dns.com", "ns2-04.azure-dns.net", "ns3-04.azure-dns.org"}, "azure"},
		{"Google", []string{"ns-cloud-a1.googledomains.com", "ns-cloud-a2.googledomains.com"}, "squarespace_google"},
		{"not the end of a label", []string{"ns1.notdomaincontrol.com"}, ""},
		{"not the company's own name servers in the middle", []string{"domaincontrol.com.evil.test"}, ""},
		{"a host that lends its servers yields to the one who uses them", []string{"dns1.p04.nsone.net", "ns01.netlifydns.com"}, "netlify"},
		{"and stands for itself alone", []string{"dns1.p04.nsone.net", "dns2.p04.nsone.net"}, "ns1"},
		{"two hosts: where the zone is kept is not told", []string{"ns01.domaincontrol.com", "ada.ns.cloudflare.com"}, ""},
		{"one known, one not", []string{"ns01.domaincontrol.com", "ns1.unknown.test"}, ""},
		{"unknown", []string{"ns1.unknown.test"}, ""},
		{"none", nil, ""},
		{"the pattern itself is no server below it, but the name of one", []string{"hover.com"}, "hover"},
	} {
		h, ok := catalog.FindDNSHost(tt.servers)
		if h.Code != tt.want || ok != (tt.want != "") {
			t.Errorf("%s: %q, %v", tt.why, h.Code, ok)
		}
	}
}

func TestRecogniseDNSHostsNamesAll(t *testing.T) {
	hosts, unknown := catalog.RecogniseDNSHosts([]string{"ns1.unknown.test", "ns01.domaincontrol.com", "ada.ns.cloudflare.com", "bob.ns.cloudflare.com"})
	var codes []string
	for _, h := range hosts {
		codes = append(codes, h.Code)
	}
	if diff := cmp.Diff([]string{"cloudflare", "godaddy"}, codes); diff != "" {
		t.Errorf("most servers first:\n%s", diff)
	}
	if diff := cmp.Diff([]string{"ns1.unknown.test"}, unknown); diff != "" {
		t.Error(diff)
	}
}

func TestEveryDNSHostIsFoundByItsOwnServers(t *testing.T) {
	for _, h := range catalog.DNSHosts() {
		for _, p := range h.Servers {
			name := "ns1." + strings.ReplaceAll(p, "*", "01")
			if got, ok := catalog.FindDNSHost([]string{name}); !ok || got.Code != h.Code {
				t.Errorf("%s: %s is taken for %q", h.Code, name, got.Code)
			}
		}
		if !strings.Contains(h.Where(), h.Path[0]) {
			t.Errorf("%s: %q", h.Code, h.Where())
		}
	}
}

func TestDNSHostsThatAreRefused(t *testing.T) {
	const good = `"code":"x","name":"X","servers":["x.test"],"path":["the domain"],"names":"relative","apex":"@","source":"S, https://x.test","seen":"2026-11"`
	if _, err := catalog.LoadDNSHosts([]byte("[{" + good + "}]")); err != nil {
		t.Fatalf("the row that the others differ from: %v", err)
	}
	for why, tt := range map[string]struct{ rows, want string }{
		"no list":              {`{}`, "read the table"},
		"unknown key":          {`[{` + good + `,"colour":"red"}]`, "colour"},
		"code":                 {`[{` + strings.Replace(good, `"code":"x"`, `"code":"X y"`, 1) + `}]`, "code in lower-case"},
		"no name":              {`[{` + strings.Replace(good, `"X"`, `" "`, 1) + `}]`, "needs a name"},
		"no servers":           {`[{` + strings.Replace(good, `["x.test"]`, `[]`, 1) + `}]`, "at least one end"},
		"a whole top level":    {`[{` + strings.Replace(good, `x.test"]`, `*.test"]`, 1) + `}]`, "pattern"},
		"one label":            {`[{` + strings.Replace(good, `"x.test"]`, `"test"]`, 1) + `}]`, "pattern"},
		"capitals":             {`[{` + strings.Replace(good, `"x.test"]`, `"X.test"]`, 1) + `}]`, "lower case"},
		"no path":              {`[{` + strings.Replace(good, `["the domain"]`, `[]`, 1) + `}]`, "the way"},
		"steps in one":         {`[{` + strings.Replace(good, `"the domain"`, `"the domain > DNS"`, 1) + `}]`, "step of the path"},
		"names":                {`[{` + strings.Replace(good, `"relative"`, `"short"`, 1) + `}]`, "names"},
		"apex":                 {`[{` + strings.Replace(good, `"@"`, `""`, 1) + `}]`, "domain itself"},
		"apex alias":           {`[{` + good + `,"apex_alias":"CNAME"}]`, "apex_alias"},
		"note":                 {`[{` + good + `,"note":"no full stop"}]`, "note"},
		"claimable":            {`[{` + good + `,"claimable":"yes"}]`, "claimable"},
		"no source":            {`[{` + strings.Replace(good, `https://`, ``, 1) + `}]`, "source"},
		"no month":             {`[{` + strings.Replace(good, `2026-11`, `lately`, 1) + `}]`, "source"},
		"twice":                {`[{` + good + `},{` + strings.Replace(good, `"code":"x","name":"X"`, `"code":"y","name":"Y"`, 1) + `}]`, "stands already"},
		"covered by another":   {`[{` + good + `},{` + strings.NewReplacer(`"code":"x","name":"X"`, `"code":"y","name":"Y"`, `x.test"]`, `ns-*.x.test"]`).Replace(good) + `}]`, "cover"},
		"TTL on several lines": {`[{` + good + `,"ttl":"a\nb"}]`, "one line"},
	} {
		if _, err := catalog.LoadDNSHosts([]byte(tt.rows)); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q in it", why, err, tt.want)
		}
	}
}
