package services_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/krestmarketing/deedwatch/catalog/services"
)

type suiteCase struct {
	ID          string
	Description string
	Suite       string
	Input       json.RawMessage
	Expect      struct {
		NewCount    *int                  `json:"new_count"`
		DeleteCount *int                  `json:"delete_count"`
		Records     []services.ZoneRecord `json:"records"`
		Exception   services.Reason       `json:"exception"`
	}
}

func TestReferenceSuite(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(os.Getenv("DEEDWATCH_CORPORA"), "domain-connect", "tests.json"))
	if err != nil {
		t.Fatal(err)
	}
	var cases []suiteCase
	if err := json.Unmarshal(data, &cases); err != nil {
		t.Fatal(err)
	}
	passed := 0
	for _, c := range cases {
		ok := t.Run(c.ID, func(t *testing.T) {
			q, err := services.ReadRequest(strings.NewReader(string(c.Input)))
			if err != nil {
				t.Fatal(err)
			}
			got := q.Answer(services.Shipped())
			if got.Exception != c.Expect.Exception {
				t.Fatalf("%s: exception %q (%s), want %q", c.Description, got.Exception, got.Detail, c.Expect.Exception)
			}
			if c.Expect.Exception != "" {
				return
			}
			if got.NewCount != *c.Expect.NewCount || got.DeleteCount != *c.Expect.DeleteCount {
				t.Errorf("%s: %d new, %d deleted; want %d and %d", c.Description, got.NewCount, got.DeleteCount, *c.Expect.NewCount, *c.Expect.DeleteCount)
			}
			sorted := cmpopts.SortSlices(func(a, b services.ZoneRecord) bool { return a.String() < b.String() })
			if d := cmp.Diff(c.Expect.Records, got.Records, sorted, cmpopts.EquateEmpty(), randomID()); d != "" {
				t.Errorf("%s: (-want +got)\n%s", c.Description, d)
			}
		})
		if ok {
			passed++
		}
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
