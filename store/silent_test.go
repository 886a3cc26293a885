package store_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/krestmarketing/deedwatch/models"
)

func TestSilentZonesAndWhoAnswersBesideThem(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		open := func(code string) func(*models.DelegationRecord) {
			return func(rec *models.DelegationRecord) {
				rec.Domain.DNSFailures = 3
				f := models.Finding{
					DomainID: rec.Domain.ID, Code: code, Subject: rec.Domain.Name, Severity: models.SeverityMajor, State: models.FindingOpen,
					FirstSeen: now, OpenedAt: now, LastSeen: now,
				}
				rec.Findings = []models.FindingChange{{Kind: models.FindingOpened, Finding: f}}
			}
		}
		standingDomain(t, s, "silent.lab", open("zone_unreachable"))
		standingDomain(t, s, "other.lab", open("record_missing"))
		standingDomain(t, s, "archived.lab", open("zone_unreachable"))
		ok(t, s.ArchiveDomain(t.Context(), ids(t, s, "archived.lab")[0], "kim", now))
		standingDomain(t, s, "well.lab", func(rec *models.DelegationRecord) { rec.Delegation.ParentNS = []string{"ns1.dnshost.lab"} })

		zones := must[[]models.SilentZone](t)(s.SilentZones(t.Context(), []string{"zone_unreachable", "dns_all_servers_failing"}))
		if len(zones) != 1 || zones[0].Domain != "silent.lab" || len(zones[0].Findings) != 1 || !cmp.Equal(zones[0].NS, []string{"ns1.lab", "ns2.lab"}) {
			t.Fatalf("%+v", zones)
		}
		sets := must[[][]string](t)(s.AnsweringNS(t.Context(), "dnshost", at(-2*time.Hour)))
		if diff := cmp.Diff([][]string{{"ns1.dnshost.lab"}}, sets); diff != "" {
			t.Error(diff)
		}
		if sets = must[[][]string](t)(s.AnsweringNS(t.Context(), "dnshost", now)); len(sets) != 0 {
			t.Errorf("answered before: %v", sets)
		}
		if sets = must[[][]string](t)(s.AnsweringNS(t.Context(), "ns2", at(-2*time.Hour))); len(sets) != 0 {
			t.Errorf("failing and archived: %v", sets)
		}

		f := zones[0].Findings[0]
		f.CauseCode = "dnshost_failing"
		host := models.Finding{
			DomainID: f.DomainID, Code: "dnshost_failing", Subject: "dnshost.lab", Severity: models.SeverityCritical, State: models.FindingOpen, FirstSeen: now, OpenedAt: now, LastSeen: now,
		}
		ok(t, s.RecordFindings(t.Context(), []models.FindingChange{{Kind: models.FindingOpened, Finding: host}, {Kind: models.FindingSeen, Finding: f}}, now))
		view := must[models.TodayView](t)(s.Today(t.Context(), now, time.UTC))
		if len(view.Findings) != 2 || view.Findings[0].Finding.Code != "dnshost_failing" || view.Findings[0].Children != 1 {
			t.Errorf("Today shows %+v", view.Findings)
		}
	})
}
