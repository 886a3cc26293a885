package monitor_test

import (
	"strings"
	"testing"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/monitor"
)

func TestZonesThatAreMissingAtTheirHost(t *testing.T) {
	t.Parallel()
	azure, agency := one("ns1-04.azure-dns.com", "ns2-04.azure-dns.net"), one("ns1.agency.example", "ns2.agency.example")
	sub := func(values []string, state models.RecordState, seen []string) models.ExpectedRecord {
		r := broken("promo.shop.lab", "NS", state, values, seen)
		r.Detail = "The servers do not serve it."
		return r
	}
	failing := func(side string) []models.DelegationProblem {
		return []models.DelegationProblem{{Code: "all_servers_failing", Subject: "shop.lab", Side: side, Detail: "No server answers."}}
	}
	const broke = models.RecordDelegationBroken
	for name, c := range map[string]struct {
		parent   []string
		problems []models.DelegationProblem
		record   *models.ExpectedRecord
		want     string // subject; empty: no finding
		says     string
	}{
		"the domain's own zone":               {azure, failing("parent"), nil, "shop.lab", "by the client"},
		"servers that were merely silent":     {azure, failing("provider"), nil, "", ""},
		"a host of whom nothing is known":     {agency, failing("parent"), nil, "", ""},
		"a host that asks for proof":          {one("ada.ns.cloudflare.com"), failing("parent"), nil, "", ""},
		"one server is somebody else's":       {append(one("ns1.agency.example"), azure...), failing("parent"), nil, "", ""},
		"a sub-delegation to us":              {agency, nil, new(sub(azure, broke, azure)), "promo.shop.lab", "on our side"},
		"which is served":                     {agency, nil, new(sub(azure, models.RecordOK, azure)), "", ""},
		"which the client's zone does not do": {agency, nil, new(sub(azure, broke, one("ns1.elsewhere.example"))), "", ""},
		"to servers of our own":               {agency, nil, new(sub(agency, broke, agency)), "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			look := models.DelegationLook{Outcome: models.OutcomeOK, ParentNS: c.parent, Problems: c.problems}
			var records []models.ExpectedRecord
			if c.record != nil {
				records = append(records, *c.record)
			}
			got := ""
			for _, v := range monitor.DNSVerdicts(dnsSituation(nil, look, records...)) {
				if v.Code != monitor.CodeTakeoverZone {
					continue
				}
				got = v.Subject
				wellWorded(t, v)
				if v.Severity != models.SeverityMajor || v.CauseCode != "" || !strings.Contains(v.Detail, c.says) || !strings.Contains(v.Detail, "suspected, not certain") {
					t.Errorf("%+v", v)
				}
			}
			if got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}
