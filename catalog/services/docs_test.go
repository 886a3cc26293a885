package services_test

import (
	"encoding/json"
	"flag"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/krestmarketing/deedwatch/catalog/services"
)

var update = flag.Bool("update", false, "write the table of docs/connections.md")

const docFile = "../../docs/connections.md"

const beginTable, endTable = "<!-- table: begin -->\n", "<!-- table: end -->\n"

// The documentation's table is what is shipped.
func TestDocumentationHoldsTheCatalogue(t *testing.T) {
	content, err := os.ReadFile(docFile)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, begins := strings.Cut(string(content), beginTable)
	table, after, ends := strings.Cut(rest, endTable)
	if !begins || !ends {
		t.Fatalf("%s has lost the marks of its table", docFile)
	}
	want := services.Table(services.Shipped())
	if *update {
		if err := os.WriteFile(docFile, []byte(before+beginTable+want+endTable+after), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if d := cmp.Diff(want, table); d != "" {
		t.Errorf("%s is not up to date; run go test ./catalog/services -update\n%s", docFile, d)
	}
}

// The documented request gives the documented answer, and the documented template can be used.
func TestDocumentedExamplesHold(t *testing.T) {
	content, err := os.ReadFile(docFile)
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```json\n(.*?)```").FindAllStringSubmatch(string(content), -1)
	if len(blocks) != 4 {
		t.Fatalf("%d examples", len(blocks))
	}
	q, err := services.ReadRequest(strings.NewReader(blocks[0][1]))
	if err != nil {
		t.Fatal(err)
	}
	var want services.Response
	if err := json.Unmarshal([]byte(blocks[1][1]), &want); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, q.Answer(services.Shipped())); d != "" {
		t.Errorf("apply: (-documented +is)\n%s", d)
	}
	found := services.Discover(services.Shipped(), "juniper-row.example", []services.ZoneRecord{{Type: "CNAME", Name: "k2._domainkey", Data: "dkim2.mcsv.net"}})
	var doc struct {
		Services []struct {
			Code             string
			Breaks           string
			Records, Missing []services.ZoneRecord
		}
	}
	if err := json.Unmarshal([]byte(blocks[2][1]), &doc); err != nil {
		t.Fatal(err)
	}
	d := doc.Services[0]
	if len(found) != 1 || d.Code != found[0].Service.Notes.Code || d.Breaks != found[0].Service.Notes.Breaks || !cmp.Equal(d.Records, found[0].Records) || !cmp.Equal(d.Missing, found[0].Missing) {
		t.Errorf("discover: %+v", found)
	}
	if _, err := services.Load(folder(t, map[string]string{"our-landing-pages.json": blocks[3][1]})); err != nil {
		t.Errorf("template: %v", err)
	}
}
