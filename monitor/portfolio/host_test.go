package portfolio_test

import (
	"strings"
	"testing"

	"github.com/krestmarketing/deedwatch/monitor/portfolio"
)

// DNS checks of a sub-domain belong to the registered domain, under the host that was given.
func TestRecordsOfASubDomainBelongToTheRegisteredOne(t *testing.T) {
	for _, tt := range []struct{ domain, host, want string }{
		{"shop.client.co.uk", "", "shop.client.co.uk"},
		{"shop.client.co.uk", "@", "shop.client.co.uk"},
		{"https://Shop.Client.co.uk/cart", "WWW", "www.shop.client.co.uk"},
		{"shop.client.co.uk", "www.shop.client.co.uk.", "www.shop.client.co.uk"},
		{"shop.client.co.uk", "mail.client.co.uk", "mail.client.co.uk"},
		{"shop.client.co.uk", "client.co.uk", "client.co.uk"},
		{"www.client.co.uk", "", "client.co.uk"},
		{"www.client.co.uk", "www", "www.client.co.uk"},
		{"www.shop.client.co.uk", "a", "a.shop.client.co.uk"},
		{"_dmarc.client.co.uk", "", "_dmarc.client.co.uk"},
		{"client.co.uk", "a", "a.client.co.uk"},
	} {
		in := "domain,host,type,value\n" + tt.domain + "," + tt.host + ",A,192.0.2.1\n"
		sheet, err := portfolio.ReadRecords(strings.NewReader(in), canonical)
		if err != nil || len(sheet.Errors) > 0 || len(sheet.Groups) != 1 {
			t.Errorf("%s, %q: %v, %v", tt.domain, tt.host, err, sheet.Errors)
			continue
		}
		if g := sheet.Groups[0]; g.Domain != "client.co.uk" || g.Records[0].Host != tt.want {
			t.Errorf("%s, %q: %s of %s, want %s", tt.domain, tt.host, g.Records[0].Host, g.Domain, tt.want)
		}
	}
}
