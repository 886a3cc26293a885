package catalog_test

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/krestmarketing/deedwatch/catalog"
)

func TestShippedVendorsAreValid(t *testing.T) {
	data, err := os.ReadFile("takeover.json")
	if err != nil {
		t.Fatal(err)
	}
	rows, err := catalog.LoadVendors(data)
	if err != nil || len(rows) < 30 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	if diff := cmp.Diff(rows, catalog.Vendors()); diff != "" {
		t.Errorf("the table in the program is another one:\n%s", diff)
	}
}

func TestFindVendor(t *testing.T) {
	for _, tt := range []struct {
		why, target, want string
		absence           catalog.Absence
	}{
		{"claimable once it is gone", "promo-site.azurewebsites.net", "azure_app", catalog.AbsenceUnclaimed},
		{"in capitals with a final dot", "Promo.TrafficManager.net.", "azure_traffic", catalog.AbsenceUnclaimed},
		{"with a region between", "promo.us-east-1.elasticbeanstalk.com", "elastic_beanstalk", catalog.AbsenceUnclaimed},
		{"a pattern inside the suffix", "promo.s3-website-us-east-1.amazonaws.com", "s3", catalog.AbsenceNothing},
		{"a name that is not given out again", "a-1.us-east-1.elb.amazonaws.com", "elb", catalog.AbsenceGone},
		{"the vendor's own site is no customer's name", "azurewebsites.net", "", ""},
		{"not at a label", "notazurewebsites.net", "", ""},
		{"somebody else", "shop.other.lab", "", ""},
	} {
		v, ok := catalog.FindVendor(tt.target)
		if v.Code != tt.want || ok != (tt.want != "") || v.Absence != tt.absence {
			t.Errorf("%s: %q %q %v", tt.why, v.Code, v.Absence, ok)
		}
	}
}

func TestVendorsThatAreRefused(t *testing.T) {
	const good = `"code":"x","name":"X","suffixes":["x.test"],"absence":"unclaimed","presence":"claimed","source":"S, https://x.test","seen":"2026-11"`
	if _, err := catalog.LoadVendors([]byte("[{" + good + "}]")); err != nil {
		t.Fatalf("the row that the others differ from: %v", err)
	}
	for why, tt := range map[string]struct{ from, to, want string }{
		"code":             {`"code":"x"`, `"code":""`, "code in lower-case"},
		"name":             {`"X"`, `""`, "needs a name"},
		"no suffixes":      {`["x.test"]`, `[]`, "at least one end"},
		"suffix":           {`"x.test"]`, `"X"]`, "no end of a host name"},
		"absence":          {`"unclaimed"`, `"maybe"`, "absence"},
		"presence":         {`"claimed"`, `""`, "presence"},
		"contradiction":    {`"seen"`, `"verifies":true,"seen"`, "proof"},
		"note":             {`"seen"`, `"note":"x","seen"`, "note"},
		"source":           {`https://`, ``, "source"},
		"unknown key":      {`"seen"`, `"found":1,"seen"`, "found"},
		"one suffix twice": {`["x.test"]`, `["x.test","x.test"]`, "stands already"},
	} {
		if _, err := catalog.LoadVendors([]byte("[{" + strings.Replace(good, tt.from, tt.to, 1) + "}]")); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q in it", why, err, tt.want)
		}
	}
}
