package services_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/krestmarketing/deedwatch/catalog/services"
	"github.com/krestmarketing/deedwatch/internal/corpora"
)

func TestReferenceSuite(t *testing.T) {
	cases := corpora.LoadDomainConnect(t)
	passed := 0
	for _, c := range cases {
		ok := t.Run(c.ID, func(t *testing.T) {
			q, err := services.ReadRequest(strings.NewReader(string(c.Input)))
			if err != nil {
				t.Fatal(err)
			}
			got := q.Answer(services.Shipped())
			if string(got.Exception) != c.Expect.Exception {
				t.Fatalf("%s: exception %q (%s), want %q", c.Description, got.Exception, got.Detail, c.Expect.Exception)
			}
			if c.Expect.Exception != "" {
				return
			}
			if got.NewCount != *c.Expect.NewCount || got.DeleteCount != *c.Expect.DeleteCount {
				t.Errorf("%s: %d new, %d deleted; want %d and %d", c.Description, got.NewCount, got.DeleteCount, *c.Expect.NewCount, *c.Expect.DeleteCount)
			}
			var want []services.ZoneRecord
			if err := json.Unmarshal(c.Expect.Records, &want); err != nil {
				t.Fatal(err)
			}
			sorted := cmpopts.SortSlices(func(a, b services.ZoneRecord) bool { return a.String() < b.String() })
			if d := cmp.Diff(want, got.Records, sorted, cmpopts.EquateEmpty(), randomID()); d != "" {
				t.Errorf("%s: (-want +got)\n%s", c.Description, d)
			}
		})
		if ok {
			passed++
		}
	}
	if len(cases) < 200 {
		t.Errorf("only %d cases were read", len(cases))
	}
	t.Logf("FIGURE Domain Connect reference suite: %d of %d passed", passed, len(cases))
}

// randomID lets a random instance stand for the suite's mark of one.
func randomID() cmp.Option {
	return cmp.FilterValues(func(a, b services.Origin) bool {
		return a["id"] == "<test only: random>" || b["id"] == "<test only: random>"
	},
		cmp.Comparer(func(a, b services.Origin) bool {
			without := func(o services.Origin) map[string]any {
				m := map[string]any{}
				for k, v := range o {
					if k != "id" {
						m[k] = v
					}
				}
				return m
			}
			return a["id"] != nil && b["id"] != nil && cmp.Equal(without(a), without(b))
		}))
}
