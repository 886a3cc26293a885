package models_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/krestmarketing/deedwatch/models"
)

// statement is what a source stated at a time.
func statement(source models.LookKind, at string, f models.Facts) models.Statement {
	return models.Statement{Source: source, Server: string(source) + ".lab", Outcome: models.OutcomeOK, Facts: &f, At: date(at), AskedAt: *date(at)}
}

// told lists disagreements as "fact: source value | source value".
func told(disagreements []models.Disagreement) []string {
	out := []string{}
	for _, d := range disagreements {
		var said []string
		for _, v := range d.Stated {
			said = append(said, string(v.Source)+" "+v.Value)
		}
		out = append(out, d.Fact+": "+strings.Join(said, " | "))
	}
	return out
}

func TestDisagreementsBetweenSources(t *testing.T) {
	t.Parallel()
	const now, before = "2026-11-20T08:00:00Z", "2026-11-05T08:00:00Z"
	rdap, own, whois := models.LookRDAP, models.LookRegistrarRDAP, models.LookWHOIS
	expires := func(s string) models.Facts { return models.Facts{ExpiresAt: date(s)} }
	registrar := func(s string) models.Facts { return models.Facts{RegistrarExpiresAt: date(s)} }
	absent := models.Statement{Source: rdap, Outcome: models.OutcomeAbsent, At: date(now)}
	never := models.Statement{Source: whois, AskedAt: *date(now), AskedOutcome: models.OutcomeTimeout}
	ds := func(tag int) []models.DS {
		return []models.DS{{KeyTag: tag, Algorithm: 13, DigestType: 2, Digest: "AB"}}
	}
	for name, c := range map[string]struct {
		statements []models.Statement
		want       []string
		why        string
	}{
		"one source":     {[]models.Statement{statement(rdap, now, expires("2027-01-10"))}, nil, "nobody to disagree with"},
		"same date":      {[]models.Statement{statement(rdap, now, expires("2027-01-10T08:00:00Z")), statement(whois, now, expires("2027-01-10"))}, nil, "a day without a time"},
		"a day of zones": {[]models.Statement{statement(rdap, now, expires("2027-01-10T23:00:00Z")), statement(whois, now, expires("2027-01-11T08:00:00Z"))}, nil, "zones and rounding"},
		"registry against registrar": {
			[]models.Statement{statement(rdap, now, expires("2028-01-10T08:00:00Z")), statement(own, now, registrar("2027-01-10T08:00:00Z"))},
			[]string{"expiry: rdap 2028-01-10T08:00:00Z | registrar_rdap 2027-01-10T08:00:00Z"},
			"the auto-renew trap looks so",
		},
		"three dates, WHOIS with two of them": {
			[]models.Statement{
				statement(whois, now, models.Facts{ExpiresAt: date("2027-01-10"), RegistrarExpiresAt: date("2027-01-05")}),
				statement(rdap, now, expires("2027-01-10")),
			},
			[]string{"expiry: rdap 2027-01-10T00:00:00Z | whois 2027-01-10T00:00:00Z | whois 2027-01-05T00:00:00Z"},
			"in the order of the sources, whatever that of the rows",
		},
		"a date that can't be true": {[]models.Statement{statement(rdap, now, expires("2027-01-10")), statement(whois, now, expires("2999-12-31"))}, nil, "it is no date"},
		"of two weeks before":       {[]models.Statement{statement(rdap, now, expires("2028-01-10")), statement(whois, before, expires("2027-01-10"))}, nil, "it speaks of another time"},
		"registrars": {
			[]models.Statement{statement(rdap, now, models.Facts{Registrar: "Northwind Names"}), statement(whois, now, models.Facts{Registrar: "Contoso Domains"})},
			[]string{"registrar: rdap Northwind Names | whois Contoso Domains"},
			"",
		},
		"a registrar spelled in two ways": {
			[]models.Statement{statement(rdap, now, models.Facts{Registrar: "Northwind Names, Inc."}), statement(whois, now, models.Facts{Registrar: "NORTHWIND NAMES INC"})}, nil, "",
		},
		"a registrar by its number": {
			[]models.Statement{statement(rdap, now, models.Facts{Registrar: "Northwind", RegistrarID: "9001"}), statement(whois, now, models.Facts{Registrar: "NW Brands", RegistrarID: "9001"})}, nil, "",
		},
		"name servers in another order": {
			[]models.Statement{statement(rdap, now, models.Facts{Nameservers: []string{"ns1.a.example", "ns2.a.example"}}), statement(whois, now, models.Facts{Nameservers: []string{"NS2.A.EXAMPLE.", "ns1.a.example"}})},
			nil, "a set, in any case",
		},
		"name servers": {
			[]models.Statement{statement(rdap, now, models.Facts{Nameservers: []string{"ns1.a.example", "ns2.a.example"}}), statement(whois, now, models.Facts{Nameservers: []string{"ns1.b.example"}})},
			[]string{"nameservers: rdap ns1.a.example, ns2.a.example | whois ns1.b.example"},
			"",
		},
		"name servers that one does not state": {
			[]models.Statement{statement(rdap, now, models.Facts{Nameservers: []string{"ns1.a.example"}}), statement(whois, now, models.Facts{})}, nil, "not stated is not none",
		},
		"a hold": {
			[]models.Statement{statement(rdap, now, models.Facts{Statuses: []string{"clientHold", "clientUpdateProhibited"}}), statement(whois, now, models.Facts{Statuses: []string{"ok"}})},
			[]string{"statuses: rdap clientHold | whois none"},
			"a lock against updates does not matter, a hold does",
		},
		"grace periods": {
			[]models.Statement{statement(rdap, now, models.Facts{Statuses: []string{"active", "autoRenewPeriod"}}), statement(own, now, models.Facts{Statuses: []string{"active"}})},
			nil, "only the registry knows them",
		},
		"words that are not EPP's": {
			[]models.Statement{statement(rdap, now, models.Facts{Statuses: []string{"redemptionPeriod"}}), statement(whois, now, models.Facts{Statuses: []string{"REDEMPTION"}})}, nil, "the same in other words, for all we know",
		},
		"signed or not": {
			[]models.Statement{statement(rdap, now, models.Facts{DNSSEC: models.DNSSECSigned, DS: ds(7)}), statement(whois, now, models.Facts{DNSSEC: models.DNSSECUnsigned})},
			[]string{"dnssec: rdap signed, DS 7 13 2 ab | whois unsigned"},
			"",
		},
		"DS of one source":    {[]models.Statement{statement(rdap, now, models.Facts{DNSSEC: models.DNSSECSigned, DS: ds(7)}), statement(whois, now, models.Facts{DNSSEC: models.DNSSECSigned})}, nil, "WHOIS often shows none"},
		"other DS":            {[]models.Statement{statement(rdap, now, models.Facts{DNSSEC: models.DNSSECSigned, DS: ds(7)}), statement(whois, now, models.Facts{DNSSEC: models.DNSSECSigned, DS: ds(8)})}, []string{"dnssec: rdap signed, DS 7 13 2 ab | whois signed, DS 8 13 2 ab"}, ""},
		"DNSSEC not stated":   {[]models.Statement{statement(rdap, now, models.Facts{DNSSEC: models.DNSSECSigned}), statement(whois, now, models.Facts{DNSSEC: models.DNSSECUnknown})}, nil, ""},
		"gone, or registered": {[]models.Statement{absent, statement(whois, now, expires("2027-01-10"))}, []string{"registered: rdap no | whois yes"}, "a 404 beside a registration"},
		"never answered":      {[]models.Statement{statement(rdap, now, expires("2027-01-10")), never}, nil, "silence is no statement"},
		"created": {
			[]models.Statement{statement(rdap, now, models.Facts{CreatedAt: date("2015-01-10")}), statement(own, now, models.Facts{CreatedAt: date("2019-01-10")}), statement(whois, now, models.Facts{CreatedAt: date("2026-10-01")})},
			[]string{"created: rdap 2015-01-10T00:00:00Z | whois 2026-10-01T00:00:00Z"},
			"a registrar counts from when the name came to it",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want := c.want
			if want == nil {
				want = []string{}
			}
			got := models.Disagreements(c.statements)
			if diff := cmp.Diff(want, told(got)); diff != "" {
				t.Errorf("%s\n%s", c.why, diff)
			}
			for _, d := range got {
				for _, v := range d.Stated {
					if v.At.IsZero() || v.Source == "" {
						t.Errorf("%s is stated by nobody, at no time: %+v", d.Fact, v)
					}
				}
			}
		})
	}
}

func TestSameRegistrarWhateverTheSpelling(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, id, other, otherID string
		want                     bool
		why                      string
	}{
		{"Example, Inc.", "", "Example Inc", "", true, "punctuation and the form of the company"},
		{"EXAMPLE LLC", "", "Example", "", true, "case, and a form that one leaves out"},
		{"Éxample S.A.", "", "éxample sa", "", true, "letters of any language"},
		{"Example Domains", "", "Example Hosting", "", false, "other words"},
		{"Example", "1", "Example", "2", false, "the number decides"},
		{"Example", "1", "Something Else", "1", true, "the number decides"},
		{"Example", "1", "Example GmbH", "", true, "one number alone says nothing"},
		{"", "", "", "", false, "nobody is nobody"},
		{"Example", "", "", "", false, "nobody is not somebody"},
		{"The Company Inc", "", "Limited", "", false, "names made of such words alone are compared by them"},
		{"日本レジストラ株式会社", "", "日本レジストラ株式会社", "", true, ""},
	} {
		if got := models.SameRegistrar(c.name, c.id, c.other, c.otherID); got != c.want {
			t.Errorf("SameRegistrar(%q %s, %q %s) = %v: %s", c.name, c.id, c.other, c.otherID, got, c.why)
		}
		if models.SameRegistrar(c.other, c.otherID, c.name, c.id) != c.want {
			t.Errorf("%q and %q: not the same both ways", c.name, c.other)
		}
	}
}

func TestAMidnightIsACalendarDayForEverySource(t *testing.T) {
	t.Parallel()
	day := date("2027-01-10T00:00:00Z")
	for name, r := range map[string]*models.Registration{
		"registry":    {RegistryExpiry: day},
		"registrar":   {RegistrarExpiry: day},
		"unconfirmed": {RegistryExpiry: date("2028-01-10T00:00:00Z"), RenewalOf: day},
	} {
		passes, ok := models.EffectiveExpiry(nil, r).PassesAt()
		if !ok || !passes.Equal(day.Add(24*time.Hour)) {
			t.Errorf("%s: passes at %v, want the end of that day", name, passes)
		}
	}
	instant := date("2027-01-10T00:00:01Z")
	if passes, _ := models.EffectiveExpiry(nil, &models.Registration{RegistryExpiry: instant, DateOnly: true}).PassesAt(); !passes.Equal(*instant) {
		t.Errorf("an instant passes at %v", passes)
	}
}
