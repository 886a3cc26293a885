package notify_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/notify"
)

const ladderDoc = "../docs/ladder.md"

// TestTheDocumentedLadder holds the tables of docs/ladder.md against the policy and the reasons; -update writes them anew.
func TestTheDocumentedLadder(t *testing.T) {
	content, err := os.ReadFile(ladderDoc)
	if err != nil {
		t.Fatal(err)
	}
	doc := string(content)
	for _, part := range []struct{ name, want string }{{"ladder", ladderTable(t)}, {"reasons", reasonsTable(t)}} {
		begin, end := "<!-- "+part.name+": begin (checked by a test) -->\n", "<!-- "+part.name+": end -->"
		before, rest, found := strings.Cut(doc, begin)
		got, after, closed := strings.Cut(rest, end)
		if !found || !closed {
			t.Fatalf("%s has no part %q", ladderDoc, part.name)
		}
		if got != part.want && !*update {
			t.Errorf("the %s in %s is not as it is; run this test with -update, and look at what it changes.\nIt should be:\n%s", part.name, ladderDoc, part.want)
		}
		doc = before + begin + part.want + end + after
	}
	if *update {
		if err := os.WriteFile(ladderDoc, []byte(doc), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func ladderTable(t *testing.T) string {
	t.Helper()
	p := policy(t)
	var b strings.Builder
	b.WriteString("| stage | days | to | on closed days |\n|---|---|---|---|\n")
	for _, r := range p.Ladder {
		days, to, closed := "the day itself", "the client", "goes out"
		switch {
		case r.Days > 0:
			days = fmt.Sprintf("%d before", r.Days)
		case r.Days < 0:
			days = fmt.Sprintf("%d after", -r.Days)
		}
		if r.Days <= p.DeputyWithin {
			to += " and the deputy"
		}
		if r.Ops {
			to = "your own people: a task"
		}
		if r.Days > p.AnyDayWithin {
			closed = "the business day before"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", r.Stage, days, to, closed)
	}
	when := map[models.Stage]string{
		models.StageRedemption: "when redemption begins", models.StagePendingDelete: fmt.Sprintf("%d before recovery ends", p.LastChance),
	}
	for _, s := range p.Late {
		fmt.Fprintf(&b, "| `%s` | %s | the client and the deputy | goes out |\n", s, when[s])
	}
	return b.String()
}

// reasonsTable gives the named reasons with the comments beside them.
func reasonsTable(t *testing.T) string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "reasons.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	elsewhere := map[string]string{"ReasonByHand": notify.ReasonByHand, "ReasonOverCap": notify.ReasonOverCap}
	var lines []string
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		word := elsewhere[spec.Names[0].Name]
		if lit, ok := spec.Values[0].(*ast.BasicLit); ok {
			if word, err = strconv.Unquote(lit.Value); err != nil {
				t.Fatal(err)
			}
		}
		meaning := strings.TrimSpace(spec.Comment.Text())
		if word == "" || meaning == "" {
			t.Errorf("%s has no word or no meaning", spec.Names[0].Name)
		}
		lines = append(lines, fmt.Sprintf("| `%s` | %s |\n", word, meaning))
		return true
	})
	slices.Sort(lines)
	return "| reason | meaning |\n|---|---|\n" + strings.Join(lines, "")
}
