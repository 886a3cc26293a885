package monitor_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/krestmarketing/deedwatch/monitor"
)

var update = flag.Bool("update", false, "write the golden files, and the tables of the guide, anew")

const guide = "../docs/guide.md"

// between returns the part of the guide that lies between two comments, and what is around it.
func between(t *testing.T, text, name string) (before, part, after string) {
	t.Helper()
	begin, end := "<!-- "+name+": written from the rules, go test ./monitor -update -->\n", "<!-- end of "+name+" -->"
	before, rest, ok := strings.Cut(text, begin)
	part, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("%s has no part %q", guide, name)
	}
	return before + begin, part, end + after
}

func findingsTable() string {
	var b strings.Builder
	b.WriteString("| code | title | usual severity |\n|---|---|---|\n")
	for _, rules := range [][]monitor.Rule{monitor.RegistrationRules(), monitor.DNSRules()} {
		for _, r := range rules {
			fmt.Fprintf(&b, "| `%s` | %s | %s |\n", r.Code, r.Title, r.Severity)
		}
	}
	return b.String()
}

// sides are the words of the guide on whose side a thing is wrong.
var sides = map[string]string{
	monitor.SideParent: "registrar", monitor.SideClient: "client's zone", monitor.SideAgency: "our side", monitor.SideProvider: "DNS host",
}

func checksTable() string {
	var b strings.Builder
	b.WriteString("| code | severity | what it means | whose side: what to change |\n|---|---|---|---|\n")
	for _, c := range monitor.DelegationChecks() {
		repairs := make([]string, len(c.Repairs))
		for i, r := range c.Repairs {
			repairs[i] = "**" + sides[r.Side] + "**: " + r.Text
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s. %s | %s |\n", c.Code, c.Severity, c.Title, c.Means, strings.Join(repairs, "<br>"))
	}
	return b.String()
}

// TestTheGuideListsTheRules holds the tables of the guide to the rules that they tell of.
func TestTheGuideListsTheRules(t *testing.T) {
	raw, err := os.ReadFile(guide)
	if err != nil {
		t.Fatal(err)
	}
	text := string(raw)
	for _, table := range []struct{ name, want string }{{"findings", findingsTable()}, {"delegation checks", checksTable()}} {
		before, got, after := between(t, text, table.name)
		if diff := cmp.Diff(table.want, got); diff != "" && !*update {
			t.Errorf("the table of %s is not what the rules say; run go test ./monitor -run TheGuide -update (-rules +guide):\n%s", table.name, diff)
		}
		text = before + table.want + after
	}
	if *update && text != string(raw) {
		if err := os.WriteFile(guide, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
