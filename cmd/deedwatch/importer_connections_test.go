package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const connectionsCSV = `domain,host,connection,variables,purpose
b.example,@,mailchimp,,
b.example,@,google-workspace,"dkim=v=DKIM1; k=rsa; p=MIGf",The firm's mail
b.example,promo,agency-subdomain,ns1=ns1.agency.example|ns2=ns2.agency.example,
`

// A connection is imported as its records, with the catalogue's words, and importing it again changes nothing.
func TestConnectionsAreImportedAsTheirRecords(t *testing.T) {
	onBothEngines(t, func(on configured) {
		t, config := on.t, on.config
		importing(t, config, "domain,client\nb.example,B\n", exitFine)
		first := importing(t, config, connectionsCSV, exitFine, "--records")
		if first.New == 0 || first.Same != 0 || first.New != first.Rows || len(first.Errors) > 0 {
			t.Errorf("first: %+v", first)
		}
		again := importing(t, config, connectionsCSV, exitFine, "--records", "--replace")
		if again.New != 0 || again.Changed != 0 || again.Same != first.New || again.Removed != 0 {
			t.Errorf("again: %+v", again)
		}
		code, out, errs := command(t, nil, "--config", config, "export", "records")
		if code != exitFine {
			t.Fatal(errs)
		}
		for _, want := range []string{
			"k2._domainkey.b.example,CNAME,exact,dkim2.mcsv.net,", "mailchimp,yes", "b.example,MX,exact,1 smtp.google.com,The firm's mail,google-workspace,yes",
			"google._domainkey.b.example,TXT,contains,v=DKIM1; k=rsa; p=MIGf,The firm's mail,google-workspace,", "promo.b.example,NS,exact,ns1.agency.example,",
		} {
			if !strings.Contains(strings.ReplaceAll(out, `"`, ""), want) {
				t.Errorf("no %q in\n%s", want, out)
			}
		}
		if back := importing(t, config, out, exitFine, "--records", "--replace"); back.New != 0 || back.Changed != 0 || back.Removed != 0 || back.Same != first.New {
			t.Errorf("what was exported: %+v", back)
		}
	})
}

func TestConnectionsThatCannotBeImported(t *testing.T) {
	config := settings(t, "")
	if code, _, errs := command(t, nil, "--config", config, "migrate"); code != exitFine {
		t.Fatal(errs)
	}
	importing(t, config, "domain,client\nb.example,B\n", exitFine)
	doc := importing(t, config, `domain,host,connection,variables
b.example,@,nosuch,
b.example,@,google-search-console,
b.example,@,google-search-console,tokn=AbC
b.example,@,klaviyo,
b.example,@,callrail,
b.example,@,google-search-console,token=AbC
other.example,@,mailchimp,
`, exitUsage, "--records")
	var got []string
	for _, e := range doc.Errors {
		got = append(got, e.Column+": "+e.Error)
	}
	want := []string{
		"connection: is not known; `deedwatch connections list` names those that are",
		`variables: the variable "token" has no value; give it one; write it as name=value, with | between two of them`,
		`variables: hold "tokn", which Google Search Console does not have; it has: token`,
		"host: ", "connection: needs no record that could be watched: ", "domain: other.example is not under watch; import the portfolio first",
	}
	if doc.Rejected != len(want) || doc.New != 1 || len(got) != len(want) {
		t.Fatalf("%d rejected, %d new: %q", doc.Rejected, doc.New, got)
	}
	for i := range want {
		if !strings.HasPrefix(got[i], want[i]) {
			t.Error(cmp.Diff(want[i], got[i]))
		}
	}
}
