package monitor_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/krestmarketing/deedwatch/models"
)

// TestANameWithoutAPublicDateIsAskedForAgainYearly walks a name like those under .de, .nl and .eu through what its client states, over the
// real store: the date is asked for, relied upon, asked for again after a year, and again when it has passed.
func TestANameWithoutAPublicDateIsAskedForAgainYearly(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := openStore(t)
	b.m = b.monitor(t, s)
	b.rdap.suffix = map[string]string{}
	b.whois.answer["cafe.old"] = func() models.Look { return said(models.LookWHOIS, "2026-11-01", "", "connect") }
	if _, err := s.ImportPortfolio(t.Context(), []models.PortfolioRow{{
		Domain: "cafe.old", Suffix: "old", Client: "Harborline Dental",
		Contacts: []models.Contact{{Name: "Maya Okafor", Email: "maya@elsewhere.example", Role: models.RoleOwner}},
	}}, b.clock.Now(), false); err != nil {
		t.Fatal(err)
	}
	state := func() (models.Domain, []string) {
		w, err := s.WatchedByName(t.Context(), "cafe.old")
		if err != nil {
			t.Fatal(err)
		}
		open := []string{}
		for _, f := range w.Findings {
			if f.State == models.FindingOpen {
				open = append(open, f.Code+" "+f.Reason)
			}
		}
		slices.Sort(open)
		return w.Domain, open
	}
	attest := func(day string) {
		d, _ := state()
		if err := s.AttestExpiry(t.Context(), models.Attested{DomainID: d.ID, Date: *date(day), By: "Maya Okafor", Actor: "ops@agency.example", At: b.clock.Now()}); err != nil {
			t.Fatal(err)
		}
		tick(t, b.m)
	}
	until := func(day string) {
		for b.clock.Now().Before(*date(day)) {
			b.clock.add(24 * hour)
			tick(t, b.m)
		}
	}
	check := func(when string, lifecycle models.Lifecycle, findings ...string) {
		t.Helper()
		d, open := state()
		if d.Lifecycle != lifecycle {
			t.Errorf("%s: %s (%s), want %s", when, d.Lifecycle, d.LifecycleWhy, lifecycle)
		}
		if lifecycle == models.LifecycleUnknown && models.BandOf(&d, b.clock.Now(), b.clock.Now().Location()) != models.BandNoDate {
			t.Errorf("%s: shown as %s, want a name whose date is not known", when, models.BandOf(&d, b.clock.Now(), b.clock.Now().Location()))
		}
		if diff := cmp.Diff(append([]string{}, findings...), open); diff != "" {
			t.Errorf("%s:\n%s", when, diff)
		}
	}
	tick(t, b.m)
	check("never attested", models.LifecycleUnknown, "expiry_not_public not_attested")
	attest("2028-03-01")
	check("attested", models.LifecycleRegistered)
	until("2027-10-30")
	check("a year less a day later", models.LifecycleRegistered)
	until("2027-11-02")
	check("a year later", models.LifecycleRegistered, "expiry_not_public attestation_old")
	attest("2028-03-01")
	check("stated again", models.LifecycleRegistered)
	until("2028-01-05")
	check("near the stated date", models.LifecycleExpiring, "expiring date")
	until("2028-03-03")
	check("past it", models.LifecycleUnknown, "expiry_not_public attested_date_passed")
	attest("2029-03-01")
	check("stated anew", models.LifecycleRegistered)
}
