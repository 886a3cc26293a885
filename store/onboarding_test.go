package store_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/krestmarketing/deedwatch/models"
)

func TestOnboarding(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		imported(t, s, row("b.lab", "Amber Bakery"), row("a.lab", "Amber Bakery"), row("gone.lab", "Amber Bakery"), row("other.lab", "Birch Studio"))
		ok(t, s.ArchiveDomain(t.Context(), ids(t, s, "gone.lab")[0], "kim", now))
		for _, name := range []string{"a.lab", "gone.lab", "other.lab"} {
			ok(t, s.UpsertRecords(t.Context(), watched(t, s, name).Domain.ID, []models.ExpectedRecord{
				{Host: "www." + name, Type: "CNAME", Match: models.MatchExact, Values: []string{"sites.lab"}, Service: "mailchimp"},
				{Host: "news." + name, Type: "CNAME", Match: models.MatchExact, Values: []string{"mail.lab"}},
			}, now))
		}
		judged(t, s, "a.lab", func(rec *models.RegistrationRecord) {
			rec.Registration = &models.Registration{DomainID: rec.Domain.ID, Registrar: "Harbor Names"}
		})
		d := watched(t, s, "a.lab").Domain
		ok(t, s.RecordDelegation(t.Context(), models.DelegationRecord{Domain: d, Delegation: &models.Delegation{DomainID: d.ID, ParentNS: []string{"ns1.host.lab"}, LookedAt: now}}))
		granted(t, s, d.ClientID, models.GrantRequested)
		granted(t, s, watched(t, s, "other.lab").Domain.ClientID, models.GrantVerified)

		v := must[models.OnboardingView](t)(s.Onboarding(t.Context(), d.ClientID))
		var got []string
		for _, od := range v.Domains {
			got = append(got, od.Domain.Name, od.Registrar)
			if od.Delegation != nil {
				got = append(got, od.Delegation.ParentNS...)
			}
			for _, r := range od.Records {
				got = append(got, r.Host+" "+r.Service)
			}
		}
		want := []string{"a.lab", "Harbor Names", "ns1.host.lab", "news.a.lab ", "www.a.lab mailchimp", "b.lab", ""}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("domains (-want +got):\n%s", diff)
		}
		if v.Client.Name != "Amber Bakery" || len(v.Grants) != 1 || v.Grants[0].State != models.GrantRequested {
			t.Errorf("client %q with %+v", v.Client.Name, v.Grants)
		}
		if _, err := s.Onboarding(t.Context(), 4711); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("no such client: %v", err)
		}
	})
}

// A dead DNS host is one line on Today, which counts what it explains at every name, through whatever lies between.
func TestACauseCountsWhatItExplains(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		imported(t, s, row("a.lab", "Amber Bakery"), row("b.lab", "Birch Studio"), row("c.lab", "Cedar Cafe"))
		at := func(name, code, subject, cause string) {
			t.Helper()
			d := watched(t, s, name).Domain
			f := finding(d.ID, code)
			f.Subject, f.CauseCode = subject, cause
			ok(t, s.RecordDelegation(t.Context(), models.DelegationRecord{Domain: d, Findings: opened(f)}))
		}
		at("a.lab", "host_down", "host.lab", "")
		at("a.lab", "silent", "a.lab", "host_down")
		at("a.lab", "record", "www.a.lab", "silent")
		at("a.lab", "record", "news.a.lab", "silent")
		at("a.lab", "child_of_another", "a.lab", "lapsed")
		at("b.lab", "host_down", "host.lab", "host_down")
		at("b.lab", "silent", "b.lab", "host_down")
		at("c.lab", "host_down", "another-host.lab", "host_down")
		at("c.lab", "silent", "c.lab", "host_down")

		v := must[models.TodayView](t)(s.Today(t.Context(), now, time.UTC))
		if len(v.Findings) != 1 || v.OpenCount != 1 || v.Findings[0].Children != 4 {
			t.Errorf("%d open, %+v", v.OpenCount, v.Findings)
		}
	})
}
