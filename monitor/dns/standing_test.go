package dns_test

import (
	"slices"
	"strings"
	"sync"
	"testing"

	mdns "github.com/miekg/dns"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/monitor/dns"
)

// standing is what a whole look at the example world finds, as it is stored.
func standing(records ...models.ExpectedRecord) models.Standing {
	for i := range records {
		records[i].State = models.RecordOK
	}
	return models.Standing{Domain: "example.lab", NS: []string{"ns1.example.lab", "ns2.example.lab"}, Records: records}
}

// lotSize is small, so that sweeps are of several lots.
const lotSize = 7

func still(t *testing.T, p *dns.Prober, list ...models.Standing) []models.Still {
	t.Helper()
	var mu sync.Mutex
	out := make([]models.Still, len(list))
	reported := 0
	err := p.Unchanged(t.Context(), slices.Chunk(list, lotSize), func(lot, i int, s models.Still) {
		mu.Lock()
		defer mu.Unlock()
		out[lot*lotSize+i] = s
		reported++
	})
	if err != nil {
		t.Fatal(err)
	}
	if reported != len(list) {
		t.Fatalf("%d of %d domains were reported", reported, len(list))
	}
	return out
}

func TestWhatStandsIsStillSo(t *testing.T) {
	w := newWorld(t, "", exampleZone, exampleZone)
	seen := want("example.lab", "TXT", models.MatchContains, "v=spf1")
	seen.Seen = models.Seen{"ns1.example.lab 192.0.2.11": {"v=spf1 include:_spf.other.lab -all"}, "ns2.example.lab 203.0.113.12": {"v=spf1 include:_spf.other.lab -all"}}
	s := standing(want("example.lab", "A", models.MatchExact, "192.0.2.80"), want("example.lab", "MX", models.MatchExact, "10 mail.example.lab"), seen)
	got := still(t, w.prober(), s)
	if got[0].Why != "" || got[0].Queries != 1+2*5 {
		t.Errorf("%+v", got[0])
	}
}

func TestWhatDiffersIsNeverStillSo(t *testing.T) {
	change := func(from, to string) string { return strings.Replace(exampleZone, from, to, 1) }
	a, mx := want("example.lab", "A", models.MatchExact, "192.0.2.80"), want("example.lab", "MX", models.MatchExact, "10 mail.example.lab")
	for _, c := range []struct {
		why    string
		second string // the zone at the second server
		s      models.Standing
		hook   func(network string, query, answer *mdns.Msg) *mdns.Msg
		want   string
	}{
		{"another address at one server", change("192.0.2.80", "192.0.2.81"), standing(a, mx), nil, "example.lab A"},
		{"another serial at one server", change("h 7 ", "h 8 "), standing(a), nil, "serial"},
		{"another expected value", exampleZone, standing(want("example.lab", "A", models.MatchExact, "192.0.2.99")), nil, "example.lab A"},
		{"a record that is not there", exampleZone, standing(want("nothing.example.lab", "A", models.MatchExact, "192.0.2.80")), nil, "nothing.example.lab A"},
		{"a name server more in what stands", exampleZone, func() models.Standing {
			s := standing(a)
			s.NS = s.NS[:1]
			return s
		}(), nil, "delegation"},
		{"a refusal at one server", exampleZone, standing(a), func(_ string, _, answer *mdns.Msg) *mdns.Msg {
			answer.Rcode, answer.Answer, answer.Ns = mdns.RcodeRefused, nil, nil
			return answer
		}, "another answer"},
		{"silence at one server", exampleZone, standing(a), func(string, *mdns.Msg, *mdns.Msg) *mdns.Msg { return nil }, "no answer in time"},
		{"an answer without authority", exampleZone, standing(a), func(_ string, _, answer *mdns.Msg) *mdns.Msg {
			answer.Authoritative = false
			return answer
		}, "another answer"},
		{"a record that was never right", exampleZone, models.Standing{Domain: "example.lab", NS: standing().NS, Records: []models.ExpectedRecord{a}}, nil, "looked at whole"},
		{"nothing is known yet", exampleZone, models.Standing{Domain: "example.lab"}, nil, "not known yet"},
		{"a name that is none", exampleZone, models.Standing{Domain: "a..lab", NS: standing().NS}, nil, "parent"},
	} {
		t.Run(c.why, func(t *testing.T) {
			w := newWorld(t, "", exampleZone, c.second)
			if c.hook != nil {
				w.ns2.behave(c.hook)
			}
			got := still(t, w.prober(), c.s, standing(a))
			if !strings.Contains(got[0].Why, c.want) {
				t.Errorf("%q, want %q", got[0].Why, c.want)
			}
		})
	}
}
