package main

import (
	"encoding/json"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/krestmarketing/deedwatch/"

// imports says which of our packages a package may import, and why not others. A package inherits the row of its parent folder.
var imports = []struct {
	pkg string
	may []string
	why string
}{
	{"models", nil, "nouns depend on nothing"},
	{"configs", nil, "what values mean to a package is translated in cmd"},
	{"lab", nil, "the lab is an independent witness: it shares no parser or encoder with the product"},
	{"catalog", []string{"models"}, "data and its validator"},
	{"store", []string{"models"}, "the store keeps rows and decides nothing"},
	{"engine", []string{"models"}, "jobs are nudges; business rules are handed in as handlers"},
	{"access", []string{"models", "catalog"}, "work is handed over as rows, not calls"},
	{"monitor", []string{"models", "catalog", "monitor"}, "the loops state the looks they need as interfaces; a look may use its parent's helpers"},
	{"notify", []string{"models", "catalog", "notify"}, "work is handed over as rows, not calls"},
	{"dashboard", []string{"models", "catalog", "access"}, "pages show rows; of the rules they use only the register's pure ones"},
	{"cmd", []string{"models", "configs", "lab", "catalog", "store", "engine", "access", "monitor", "notify", "dashboard", "internal"}, "wires everything; of internal the bench command takes what it measures against"},
	{"internal", []string{"models", "internal"}, "support for tests and measurements"},
}

// only says which packages below monitor may be imported from where; the loops and the protocols never import each other.
var siblings = map[string][]string{
	"monitor":           nil, // the loops take looks as interfaces
	"monitor/guard":     nil,
	"monitor/rdap":      {"monitor/guard"},
	"monitor/whois":     {"monitor/guard"},
	"monitor/dns":       {"monitor/guard", "monitor/mailauth", "monitor/dns/batch", "monitor/dns/wire"},
	"monitor/dns/batch": {"monitor/dns/wire"},
	"monitor/dns/wire":  nil,
	"monitor/mailauth":  nil, // reads what it is given
	"monitor/portfolio": nil,
	"notify/email":      {"notify"}, // for the message it hands over
	"notify/bounce":     {"notify"}, // for what makes outside text printable
	"notify/ops":        {"notify"}, // for the message that the digest is, and for what makes outside text printable
}

func TestImportTable(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Imports", module+"...").Output()
	if err != nil {
		t.Fatal(err)
	}
	dec, seen := json.NewDecoder(strings.NewReader(string(out))), 0
	for dec.More() {
		var p struct {
			ImportPath string
			Imports    []string
		}
		if err := dec.Decode(&p); err != nil {
			t.Fatal(err)
		}
		seen++
		pkg := strings.TrimPrefix(p.ImportPath, module)
		top, _, _ := strings.Cut(pkg, "/")
		i := slices.IndexFunc(imports, func(r struct {
			pkg string
			may []string
			why string
		},
		) bool {
			return r.pkg == top
		})
		if i < 0 {
			t.Errorf("%s has no row in the import table: add one, with a decision record", pkg)
			continue
		}
		for _, imp := range p.Imports {
			target, ours := strings.CutPrefix(imp, module)
			if !ours {
				continue
			}
			targetTop, _, _ := strings.Cut(target, "/")
			if !slices.Contains(imports[i].may, targetTop) {
				t.Errorf("%s imports %s: %s", pkg, target, imports[i].why)
			}
			if targetTop == "internal" && top == "cmd" && target != "internal/dnsbench" {
				t.Errorf("%s imports %s: tests alone need it", pkg, target)
			}
			if may, held := siblings[pkg]; held && targetTop == top && !slices.Contains(may, target) {
				t.Errorf("%s imports %s: siblings stay apart", pkg, target)
			}
		}
	}
	if seen < 15 {
		t.Errorf("only %d packages were looked at", seen)
	}
}
