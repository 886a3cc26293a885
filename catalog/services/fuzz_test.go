package services_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/krestmarketing/deedwatch/catalog/services"
)

// Whatever is asked, nothing panics, what is new stands in no conflict with what is there, and a second application changes nothing more.
func FuzzApply(f *testing.F) {
	f.Add([]byte(`{"domain":"a.example","host":"","zone_records":[{"type":"CNAME","name":"www","data":"x.example"}],"template_records":[{"type":"A","host":"www","pointsTo":"192.0.2.1"}]}`))
	f.Add([]byte(`{"domain":"a.example","zone_records":[{"type":"TXT","name":"@","data":"v=spf1 -all"}],"template_records":[{"type":"SPFM","host":"@","spfRules":"include:%x%"}],"params":{"x":"b.example"}}`))
	f.Add([]byte(`{"domain":"a.example","zone_records":[{"type":"A","name":"b.c","data":"192.0.2.1"}],"template_records":[{"type":"NS","host":"c","pointsTo":"ns.example"}],"multi_aware":true,"unique_id":"1"}`))
	for _, s := range services.Shipped().Services() {
		seed, err := json.Marshal(map[string]any{
			"domain": "bakery.example", "host": sampleHost(&s), "provider_id": s.ProviderID, "service_id": s.ServiceID, "params": sampleVariables(&s), "zone_records": unrelated,
		})
		if err != nil {
			f.Fatal(err)
		}
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, input []byte) {
		q, err := services.ReadRequest(strings.NewReader(string(input)))
		if err != nil {
			return
		}
		got := q.Answer(services.Shipped())
		if (got.Exception == "") != (got.Detail == "") {
			t.Errorf("exception %q with detail %q", got.Exception, got.Detail)
		}
		if _, err := json.Marshal(got); err != nil {
			t.Fatal(err)
		}
		if got.Exception != "" {
			return
		}
		if got.NewCount != len(got.New) || got.DeleteCount != len(got.Deleted) || len(got.Records) != len(q.ZoneRecords)-len(got.Deleted)+len(got.New) {
			t.Errorf("%d records, %d new and %d deleted make %d", len(q.ZoneRecords), len(got.New), len(got.Deleted), len(got.Records))
		}
		fresh := got.Records[len(got.Records)-len(got.New):]
		for i, n := range fresh {
			for j, o := range got.Records {
				if j != len(got.Records)-len(got.New)+i && clash(n, o) {
					t.Errorf("%v stands beside %v", n, o)
				}
			}
		}
		services.Discover(services.Shipped(), q.Domain, got.Records)
	})
}

// clash states independently of the product which records of one zone can't stand together (RFC 1034 sections 3.6.2 and 4.2.1).
func clash(a, b services.ZoneRecord) bool {
	ruled := []string{"A", "AAAA", "CNAME", "MX", "NS", "TXT", "SRV", "APEXCNAME", "REDIR301", "REDIR302"}
	if !slices.Contains(ruled, a.Type) || !slices.Contains(ruled, b.Type) {
		return false // other types stand beside what is there
	}
	if a.Name != b.Name {
		under := func(n, p services.ZoneRecord) bool {
			return p.Type == "NS" && p.Name != "@" && strings.HasSuffix(n.Name, "."+p.Name)
		}
		return under(a, b) || under(b, a)
	}
	switch {
	case a.Type == "CNAME" || b.Type == "CNAME":
		return true
	case (a.Type == "NS") != (b.Type == "NS"):
		return a.Name != "@"
	}
	return false
}

func FuzzDiscover(f *testing.F) {
	for _, s := range services.Shipped().Services() {
		r, err := services.Apply(services.Application{Template: s.Template, Domain: "bakery.example", Host: sampleHost(&s), Variables: sampleVariables(&s)})
		if err != nil {
			f.Fatal(err)
		}
		for _, n := range r.New {
			f.Add("bakery.example", n.Type, n.Name, n.Data)
		}
	}
	f.Add("bakery.example", "TXT", "%x%.@", "v=spf1 include:%x% %")
	f.Fuzz(func(t *testing.T, domain, kind, name, data string) {
		zone := []services.ZoneRecord{{Type: kind, Name: name, Data: data}, {Type: "TXT", Name: "@", Data: data}}
		for _, found := range services.Discover(services.Shipped(), domain, zone) {
			if len(found.Records) == 0 || found.Host == "" {
				t.Errorf("%s without evidence or place: %+v", found.Service.Notes.Code, found)
			}
		}
	})
}
