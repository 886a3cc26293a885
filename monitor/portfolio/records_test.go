package portfolio_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/monitor/dns"
	"github.com/krestmarketing/deedwatch/monitor/portfolio"
)

var canonical = portfolio.Options{Canonical: dns.Canonical, Secret: func(s string) bool { return strings.HasPrefix(s, "hunter2") }}

func TestReadRecords(t *testing.T) {
	const in = `domain,host,type,match,value,purpose,service,essential
Example.lab,www,cname,,Landing.Agency.lab.,Landing pages,google_ads,
example.lab,@,txt,contains,"agency-site-verification=hunter2abc",Proves the site,google_ads,no
example.lab,example.lab.,TXT,contains,v=spf1 include:_spf.agency.lab -all,Mail,,
example.lab,s1._domainkey.example.lab,TXT,prefix,"v=DKIM1; k=rsa; p=MIGf",Signs mail,,
other.lab,app,A,one_of,192.0.2.1,App,,
other.lab,app,A,one_of,192.0.2.2,App,,
other.lab,bücher,A,prefix,192.0.2.,Reads,,
other.lab,k,CNAME,pattern,\S+\.Vendor\.lab.,Signs,,
`
	sheet, err := portfolio.ReadRecords(strings.NewReader(in), canonical)
	if err != nil || len(sheet.Errors) > 0 {
		t.Fatal(err, sheet.Errors)
	}
	rec := func(host, rrtype string, match models.Match, purpose, service string, essential bool, values ...string) models.ExpectedRecord {
		return models.ExpectedRecord{Host: host, Type: rrtype, Match: match, Values: values, Purpose: purpose, Service: service, Essential: essential, State: models.RecordUnknown}
	}
	want := []portfolio.DomainRecords{
		{Domain: "example.lab", Line: 2, Records: []models.ExpectedRecord{
			rec("www.example.lab", "CNAME", models.MatchExact, "Landing pages", "google_ads", true, "landing.agency.lab"),
			rec("example.lab", "TXT", models.MatchContains, "Proves the site", "google_ads", false, "agency-site-verification=hunter2abc"),
			rec("example.lab", "TXT", models.MatchContains, "Mail", "", true, "v=spf1 include:_spf.agency.lab -all"),
			rec("s1._domainkey.example.lab", "TXT", models.MatchPrefix, "Signs mail", "", true, "v=DKIM1; k=rsa; p=MIGf"),
		}},
		{Domain: "other.lab", Line: 6, Records: []models.ExpectedRecord{
			rec("app.other.lab", "A", models.MatchOneOf, "App", "", true, "192.0.2.1", "192.0.2.2"),
			rec("xn--bcher-kva.other.lab", "A", models.MatchPrefix, "Reads", "", true, "192.0.2."),
			rec("k.other.lab", "CNAME", models.MatchPattern, "Signs", "", true, `\S+\.Vendor\.lab.`),
		}},
	}
	if diff := cmp.Diff(want, sheet.Groups, cmpopts.IgnoreUnexported(portfolio.DomainRecords{})); diff != "" {
		t.Error(diff)
	}
}

func TestBadRecordRowsSayWhatToDo(t *testing.T) {
	for why, tt := range map[string]struct{ row, column string }{
		"no domain":         {",www,A,exact,192.0.2.1,", "domain"},
		"a host of spaces":  {"example.lab,a b,A,exact,192.0.2.1,", "host"},
		"an empty label":    {"example.lab,a..b,A,exact,192.0.2.1,", "host"},
		"no address":        {"example.lab,www,A,exact,landing.lab,", "value"},
		"an unknown type":   {"example.lab,www,NOPE,exact,x,", "value"},
		"an unknown match":  {"example.lab,www,A,like,192.0.2.1,", "value"},
		"no pattern":        {"example.lab,www,A,pattern,[0-9,", "value"},
		"only the root":     {"example.lab,www,CNAME,suffix,.,", "value"},
		"an empty prefix":   {"example.lab,www,TXT,prefix,,", "value"},
		"a secret in words": {"example.lab,www,A,exact,192.0.2.1,hunter2hunter2", "purpose"},
		"a control char":    {"example.lab,www,A,exact,192.0.2.1,a\x07b", "purpose"},
	} {
		sheet, err := portfolio.ReadRecords(strings.NewReader("domain,host,type,match,value,purpose\n"+tt.row+"\nfine.lab,www,A,,192.0.2.1,x\n"), canonical)
		if err != nil || len(sheet.Groups) != 1 || sheet.Groups[0].Domain != "fine.lab" {
			t.Errorf("%s: the good row was lost: %v %v", why, sheet.Groups, err)
		}
		if len(sheet.Errors) == 0 || sheet.Errors[0].Column != tt.column || sheet.Errors[0].Line != 2 {
			t.Errorf("%s: %v", why, sheet.Errors)
		}
	}
	if _, err := portfolio.ReadRecords(strings.NewReader("domain,value\n"), canonical); !errors.Is(err, models.ErrInvalid) {
		t.Errorf("a file without the column type: %v", err)
	}
}
