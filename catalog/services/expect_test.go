package services_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/krestmarketing/deedwatch/catalog/services"
	"github.com/krestmarketing/deedwatch/models"
)

func TestExpect(t *testing.T) {
	all := services.Service{
		Template: services.Template{ProviderID: "p.example", ServiceID: "s", ServiceName: "S", Records: []services.Record{
			{Type: "A", Host: "@", PointsTo: "192.0.2.1"},
			{Type: "A", Host: "@", PointsTo: "192.0.2.2"},
			{Type: "AAAA", Host: "@", PointsTo: "2001:DB8::1", Essential: services.OnApply},
			{Type: "MX", Host: "@", PointsTo: "mx1.p.example", Priority: "5"},
			{Type: "MX", Host: "@", PointsTo: "mx2.p.example", Priority: "%second%"},
			{Type: "CNAME", Host: "www", PointsTo: "@"},
			{Type: "TXT", Host: "@", Data: "p=%token%", Essential: services.OnApply},
			{Type: "TXT", Host: "@", Data: "other"},
			{Type: "SPFM", Host: "@", SPFRules: "include:a.p.example ip4:192.0.2.9"},
			{Type: "SRV", Name: "_x._tcp", Target: "x.p.example", Protocol: "tcp", Service: "_x", Priority: "1", Weight: "2", Port: "443"},
			{Type: "CAA", Host: "@", Data: `0 issue "ca.example"`},
			{Type: "REDIR301", Host: "old", Target: "https://new.example/"},
			{Type: "NS", Host: "sub", PointsTo: "ns1.p.example"},
			{Type: "NS", Host: "sub", PointsTo: "ns2.p.example"},
		}},
		Notes: services.Notes{Code: "s", Breaks: "It stops."},
	}
	got, unchecked, err := services.Expect(all, "Bakery.example", "shop", map[string]string{"token": "T", "second": "7"})
	if err != nil {
		t.Fatal(err)
	}
	rec := func(host, kind string, match models.Match, essential bool, values ...string) models.ExpectedRecord {
		return models.ExpectedRecord{Host: host, Type: kind, Match: match, Values: values, Service: "s", Purpose: "It stops.", Essential: essential, State: models.RecordUnknown}
	}
	const at = "shop.bakery.example"
	want := []models.ExpectedRecord{
		rec(at, "A", models.MatchExact, true, "192.0.2.1", "192.0.2.2"),
		rec(at, "AAAA", models.MatchExact, false, "2001:db8::1"),
		rec(at, "MX", models.MatchExact, true, "5 mx1.p.example", "7 mx2.p.example"),
		rec("www."+at, "CNAME", models.MatchExact, true, at),
		rec(at, "TXT", models.MatchContains, false, "p=T"),
		rec(at, "TXT", models.MatchContains, true, "other"),
		rec(at, "TXT", models.MatchContains, true, "include:a.p.example"),
		rec(at, "TXT", models.MatchContains, true, "ip4:192.0.2.9"),
		rec("_x._tcp."+at, "SRV", models.MatchExact, true, "1 2 443 x.p.example"),
		rec(at, "CAA", models.MatchContains, true, `0 issue "ca.example"`),
		rec("sub."+at, "NS", models.MatchExact, true, "ns1.p.example", "ns2.p.example"),
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	if len(unchecked) != 1 || !strings.HasPrefix(unchecked[0], "old.shop.bakery.example redirects to https://new.example/") {
		t.Errorf("unchecked: %v", unchecked)
	}
}

func TestApexCNAMEIsExpectedAsOneThatMayBeFlattened(t *testing.T) {
	s := services.Service{Template: services.Template{Records: []services.Record{{Type: "APEXCNAME", PointsTo: "edge.p.example"}}}}
	got, _, err := services.Expect(s, "bakery.example", "@", nil)
	if err != nil || len(got) != 1 || got[0].Type != "CNAME" || got[0].Host != "bakery.example" || got[0].Values[0] != "edge.p.example" {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestExpectSaysWhatIsWrong(t *testing.T) {
	klaviyo, _ := services.Shipped().ByCode("klaviyo")
	hubspot, _ := services.Shipped().ByCode("hubspot-site")
	for _, tt := range []struct {
		why          string
		s            services.Service
		domain, host string
		want         services.Reason
	}{
		{"a host is needed", klaviyo, "bakery.example", "", services.HostRequired},
		{"a variable is missing", hubspot, "bakery.example", "www", services.MissingParameter},
		{"the domain is none", klaviyo, "bakery", "send", services.InvalidData},
		{"the host is none", klaviyo, "bakery.example", "a b", services.InvalidData},
	} {
		_, _, err := services.Expect(tt.s, tt.domain, tt.host, nil)
		if e, ok := errors.AsType[*services.Error](err); !ok || e.Reason != tt.want {
			t.Errorf("%s: %v", tt.why, err)
		}
	}
}

// What is expected of a connection is what applying its template makes: no more hosts, no other types.
func TestEveryShippedServiceIsExpectedAsItIsApplied(t *testing.T) {
	for _, s := range services.Shipped().Services() {
		records, unchecked, err := services.Expect(s, "bakery.example", sampleHost(&s), sampleVariables(&s))
		if err != nil || len(unchecked) > 0 {
			t.Errorf("%s: %v, %v", s.Notes.Code, err, unchecked)
			continue
		}
		values := 0
		for _, r := range records {
			values += len(r.Values)
			if r.Purpose != s.Notes.Breaks || r.Service != s.Notes.Code {
				t.Errorf("%s: %+v", s.Notes.Code, r)
			}
		}
		if made := connected(t, &s).New; values != len(made) {
			t.Errorf("%s: %d values for %d records", s.Notes.Code, values, len(made))
		}
	}
}
