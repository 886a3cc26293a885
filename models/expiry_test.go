package models_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/krestmarketing/deedwatch/models"
)

func date(s string) *time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		if t, err = time.Parse(time.DateOnly, s); err != nil {
			panic(err)
		}
	}
	return &t
}

func TestEffectiveExpiryIsTheOneDateThatCounts(t *testing.T) {
	t.Parallel()
	attested := &models.Domain{AttestedExpiry: date("2027-02-01"), AttestedAt: date("2026-05-01"), AttestedBy: "Jonas Kessler"}
	for name, c := range map[string]struct {
		domain      *models.Domain
		reg         *models.Registration
		want        string // empty: none
		source      models.ExpirySource
		reason      models.ExpiryReason
		unconfirmed bool
		why         string
	}{
		"nothing is known": {nil, nil, "", models.ExpiryNone, models.ExpiryUnknown, false, "never a zero date"},
		"registry alone": {
			nil, &models.Registration{RegistryExpiry: date("2027-01-10T08:00:00Z")},
			"2027-01-10T08:00:00Z", models.ExpiryRegistry, models.ExpiryOnlyRegistry, false, "most ccTLDs",
		},
		"registrar alone": {
			nil, &models.Registration{RegistrarExpiry: date("2027-01-10T08:00:00Z")},
			"2027-01-10T08:00:00Z", models.ExpiryRegistrar, models.ExpiryOnlyRegistrar, false, "a registry without dates, a registrar with",
		},
		"registrar earlier": {
			nil, &models.Registration{RegistryExpiry: date("2027-01-10T08:00:00Z"), RegistrarExpiry: date("2027-01-02T08:00:00Z")},
			"2027-01-02T08:00:00Z", models.ExpiryRegistrar, models.ExpiryEarlier, false, "the earlier one is when it stops",
		},
		"registry earlier": {
			nil, &models.Registration{RegistryExpiry: date("2027-01-02T08:00:00Z"), RegistrarExpiry: date("2027-01-10T08:00:00Z")},
			"2027-01-02T08:00:00Z", models.ExpiryRegistry, models.ExpiryEarlier, false, "the earlier one is when it stops",
		},
		"registrar's date is from before the renewal": {
			nil, &models.Registration{
				RegistryExpiry: date("2028-01-10T08:00:00Z"), RegistryExpiryAt: date("2026-12-02"), RegistryChangedAt: date("2026-12-01"),
				RegistrarExpiry: date("2027-01-10T08:00:00Z"), RegistrarExpiryAt: date("2026-11-20"),
			},
			"2028-01-10T08:00:00Z", models.ExpiryRegistry, models.ExpiryRegistrarStale, false, "the client renewed, the registrar was not asked since",
		},
		"registrar states the old date after the registry's move": {
			nil, &models.Registration{
				RegistryExpiry: date("2028-01-10T08:00:00Z"), RegistryExpiryAt: date("2027-01-12"), RegistryChangedAt: date("2027-01-11"),
				RegistrarExpiry: date("2027-01-10T08:00:00Z"), RegistrarExpiryAt: date("2027-01-12"),
			},
			"2027-01-10T08:00:00Z", models.ExpiryRegistrar, models.ExpiryEarlier, false, "the registrar knows of no renewal",
		},
		"registrar never brings its date up to date": {
			nil, &models.Registration{
				RegistryExpiry: date("2028-01-10T08:00:00Z"), RegistryExpiryAt: date("2027-04-12"), RegistryChangedAt: date("2027-01-11"),
				RegistrarExpiry: date("2027-01-10T08:00:00Z"), RegistrarExpiryAt: date("2027-04-12"),
			},
			"2028-01-10T08:00:00Z", models.ExpiryRegistry, models.ExpiryOutlived, false, "no grace lasts three months: somebody paid",
		},
		"unconfirmed renewal": {
			nil, &models.Registration{
				RegistryExpiry: date("2028-01-10T08:00:00Z"), RegistryExpiryAt: date("2027-01-12"), RenewalOf: date("2027-01-10T08:00:00Z"),
			},
			"2027-01-10T08:00:00Z", models.ExpiryRegistry, models.ExpiryUnconfirmed, true, "registries renew by themselves on the day",
		},
		"attested": {
			attested, &models.Registration{NoPublicExpiry: true},
			"2027-02-01", models.ExpiryAttested, models.ExpiryByAttestation, false, "the registry publishes none",
		},
		"attested before any look": {
			attested, nil, "2027-02-01", models.ExpiryAttested, models.ExpiryByAttestation, false, "it is known all the same",
		},
		"attested against a public date": {
			attested, &models.Registration{RegistryExpiry: date("2027-01-10T08:00:00Z")},
			"2027-01-10T08:00:00Z", models.ExpiryRegistry, models.ExpiryOnlyRegistry, false, "people err, and registries decide",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := models.EffectiveExpiry(c.domain, c.reg)
			var want *time.Time
			if c.want != "" {
				want = date(c.want)
			}
			if (got.At == nil) != (want == nil) || (want != nil && !got.At.Equal(*want)) {
				t.Errorf("At = %v, want %v: %s", got.At, want, c.why)
			}
			if got.Source != c.source || got.Reason != c.reason || got.Unconfirmed != c.unconfirmed {
				t.Errorf("= %s, %s, unconfirmed %v; want %s, %s, %v: %s", got.Source, got.Reason, got.Unconfirmed, c.source, c.reason, c.unconfirmed, c.why)
			}
		})
	}
}

func TestADateWithoutATimeLastsItsWholeDay(t *testing.T) {
	t.Parallel()
	d := date("2027-02-01")
	if got := models.PassesAt(*d, true); !got.Equal(*date("2027-02-02")) {
		t.Errorf("a calendar day passes at %v", got)
	}
	if got := models.PassesAt(*d, false); !got.Equal(*d) {
		t.Errorf("an instant passes at %v", got)
	}
	if _, ok := (models.Expiry{}).PassesAt(); ok {
		t.Error("no date passes")
	}
	dom := &models.Domain{Lifecycle: models.LifecycleExpiring, ExpiresAt: d}
	if got := models.BandOf(dom, d.Add(12*time.Hour), time.UTC); got != models.BandD1 {
		t.Errorf("at noon of the day the band is %s, want d1: the day is not over", got)
	}
	if got := models.BandOf(dom, d.Add(25*time.Hour), time.UTC); got != models.BandD1 {
		t.Errorf("after the day the band is %s, want d1: only an answer from after the date makes a name expired", got)
	}
	dom.Lifecycle = models.LifecycleExpired
	if got := models.BandOf(dom, d.Add(25*time.Hour), time.UTC); got != models.BandExpired {
		t.Errorf("once judged so the band is %s, want expired", got)
	}
}

func TestEffectiveExpiryIsAlwaysADateSomebodyStated(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		some := func(label string) *time.Time {
			if rapid.Bool().Draw(t, label+" is known") {
				return nil
			}
			at := time.Unix(rapid.Int64Range(1.6e9, 2e9).Draw(t, label), 0).UTC()
			return &at
		}
		d := &models.Domain{AttestedExpiry: some("attested")}
		r := &models.Registration{
			RegistryExpiry: some("registry"), RegistryExpiryAt: some("registry at"), RegistryChangedAt: some("changed"),
			RegistrarExpiry: some("registrar"), RegistrarExpiryAt: some("registrar at"), RenewalOf: some("renewal of"),
		}
		got := models.EffectiveExpiry(d, r)
		stated := map[models.ExpirySource][]*time.Time{
			models.ExpiryNone: {nil}, models.ExpiryRegistry: {r.RegistryExpiry, r.RenewalOf},
			models.ExpiryRegistrar: {r.RegistrarExpiry}, models.ExpiryAttested: {d.AttestedExpiry},
		}[got.Source]
		found := false
		for _, s := range stated {
			found = found || s == got.At
		}
		if !found {
			t.Fatalf("%v is not what the %s stated", got.At, got.Source)
		}
		if got.At == nil && (r.RegistryExpiry != nil || r.RegistrarExpiry != nil || d.AttestedExpiry != nil) {
			t.Fatal("a date is known and none counts")
		}
	})
}
