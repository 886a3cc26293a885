package ops_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/notify/ops"
)

// Each kind of the ledger's lines is told, or it is said why not.
func TestEveryKindOfTheLedgerIsDecided(t *testing.T) {
	known := models.LedgerKinds()
	for _, kind := range known {
		if told, why := ops.Told(kind), ops.Untold(kind); (told == "") == (why == "") {
			t.Errorf("lines %s: told as %q, untold because %q; want one of the two", kind, told, why)
		}
	}
	for _, kind := range ops.Decided() {
		if !slices.Contains(known, kind) {
			t.Errorf("no line of the ledger is of the kind %s, or models.LedgerKinds does not list it", kind)
		}
	}
}

// What the product writes into the ledger is what models lists: looked up in the source, so that no new kind is forgotten.
func TestModelsListEveryKindThatIsWritten(t *testing.T) {
	written := map[string]string{}
	for _, dir := range []string{"store", "notify", "monitor", "access", "dashboard", "engine", "cmd", "catalog"} {
		maps.Copy(written, kindsWritten(t, filepath.Join("..", "..", dir)))
	}
	known := models.LedgerKinds()
	for kind, at := range written {
		if !slices.Contains(known, kind) {
			t.Errorf("%s writes lines of the kind %q, which models.LedgerKinds does not list", at, kind)
		}
	}
	for _, kind := range known {
		if _, ok := written[kind]; !ok && !planned(kind) {
			t.Errorf("nobody writes lines of the kind %q", kind)
		}
	}
}

// planned reports whether a kind is made of a notice's state, by the planner.
func planned(kind string) bool {
	for _, state := range []models.NoticeState{models.NoticeQueued, models.NoticeHeld, models.NoticeSuperseded, models.NoticeCancelled, models.NoticeBlocked} {
		if kind == "notice_"+string(state) || kind == "task_"+string(state) {
			return true
		}
	}
	return false
}

// kindAt says which argument of the functions that write lines is the kind.
var kindAt = map[string]int{
	"entry": 1, "addEntry": 2, "feedEntry": 1, "suppressionEntries": 1, "reportEntries": 2, "setHold": 2, "setOnDomain": 2, "moveNotice": 5,
}

var kindShape = regexp.MustCompile(`^[a-z]+(_[a-z]+)*$`)

// kindsWritten gives the kinds in the source under a folder, each with a place.
func kindsWritten(t *testing.T, dir string) map[string]string {
	t.Helper()
	kinds, files := map[string]string{}, token.NewFileSet()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(files, path, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			for _, expr := range kindsIn(n) {
				if kind := word(expr); kind != "" {
					kinds[kind] = files.Position(expr.Pos()).String()
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return kinds
}

// kindsIn gives the expressions that a node hands on as the kind of a line: an argument, a field of an Entry, or what a variable kind is set to.
func kindsIn(n ast.Node) (found []ast.Expr) {
	switch n := n.(type) {
	case *ast.CallExpr:
		name := ""
		switch f := n.Fun.(type) {
		case *ast.Ident:
			name = f.Name
		case *ast.SelectorExpr:
			name = f.Sel.Name
		}
		if i, ok := kindAt[name]; ok && i < len(n.Args) {
			found = append(found, n.Args[i])
		}
	case *ast.CompositeLit:
		if s, ok := n.Type.(*ast.SelectorExpr); !ok || s.Sel.Name != "Entry" {
			return nil
		}
		for _, e := range n.Elts {
			if kv, ok := e.(*ast.KeyValueExpr); ok {
				if key, ok := kv.Key.(*ast.Ident); ok && key.Name == "Kind" {
					found = append(found, kv.Value)
				}
			}
		}
	case *ast.AssignStmt:
		for i, left := range n.Lhs {
			if id, ok := left.(*ast.Ident); ok && id.Name == "kind" && len(n.Rhs) == len(n.Lhs) && strings.HasPrefix(word(n.Rhs[i]), "mail_") {
				found = append(found, n.Rhs[i])
			}
		}
	}
	return found
}

// word gives the kind that an expression is, empty for one that is put together elsewhere.
func word(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.BasicLit:
		if s, err := strconv.Unquote(e.Value); err == nil && kindShape.MatchString(s) {
			return s
		}
	case *ast.SelectorExpr:
		return map[string]string{"EntryErased": models.EntryErased, "EntryAnswer": models.EntryAnswer, "EntryWithdrawn": models.EntryWithdrawn}[e.Sel.Name]
	}
	return ""
}
