package lab

import (
	"bytes"
	"encoding/csv"
	"time"
)

// DemoPortfolio is the demo's portfolio as a file to import, with a header.
func DemoPortfolio(now time.Time) []byte {
	rows := [][]string{{
		"domain", "client", "owner_name", "owner_email", "owner_phone", "deputy_name", "deputy_email",
		"services", "auto_renew", "attested_expiry", "time_zone", "language",
	}}
	for _, d := range demoDomains() {
		c := demoClients[d.client]
		attested := ""
		if d.attested {
			attested = d.expires(now).Format(time.DateOnly)
		}
		rows = append(rows, []string{
			d.name, c.name, c.owner.name, c.owner.email, c.owner.phone, c.deputy.name, c.deputy.email,
			c.services, d.autoRenew, attested, c.zone, c.lang,
		})
	}
	var b bytes.Buffer
	if err := csv.NewWriter(&b).WriteAll(rows); err != nil {
		panic(err) // a buffer takes everything
	}
	return b.Bytes()
}
