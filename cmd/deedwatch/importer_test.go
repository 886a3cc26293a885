package main

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/krestmarketing/deedwatch/configs"
	"github.com/krestmarketing/deedwatch/models/sheet"
)

// configured is a test with the configuration of a fresh database.
type configured struct {
	t      *testing.T
	config string
}

// onBothEngines runs a test with the configuration of a fresh database of each engine.
func onBothEngines(t *testing.T, test func(on configured)) {
	t.Helper()
	for name, dsn := range engines(t) {
		t.Run(name, func(t *testing.T) {
			config := settings(t, "")
			content, err := os.ReadFile(config)
			if err != nil {
				t.Fatal(err)
			}
			_, rest, _ := strings.Cut(string(content), "\n")
			if err := os.WriteFile(config, []byte("database: "+dsn+"\nlinks: {key: "+strings.Repeat("k", configs.MinLinkKey)+"}\n"+rest), 0o600); err != nil {
				t.Fatal(err)
			}
			if code, _, errs := command(t, nil, "--config", config, "migrate"); code != exitFine {
				t.Fatal(errs)
			}
			test(configured{t, config})
		})
	}
}

// importing runs an import and gives its document.
func importing(t *testing.T, config, in string, wantCode int, args ...string) importDoc {
	t.Helper()
	code, out, errs := command(t, []byte(in), append([]string{"--config", config, "import", "-", "--json"}, args...)...)
	if code != wantCode {
		t.Fatalf("exit %d, want %d: %s %s", code, wantCode, out, errs)
	}
	var doc importDoc
	if code == exitFine || out != "" {
		if err := json.Unmarshal([]byte(out), &doc); err != nil {
			t.Fatal(err, out)
		}
	}
	return doc
}

const hostileCSV = `Domain Name;Client;Contact;E-Mail;Phone;Backup contact;backup email;Services;Auto-Renew;Attested;Time zone;Language;Notes
bücher.example;"'=HYPERLINK(""http://evil.example"";""Click"")";'@da;ada@books.example;'+49 555 1;'t Hart;ben@books.example;seo|google_ads;on;2027-05-31;Europe/Berlin;de;x
b.example;<script> & Co;-;c@b.example;-;;;;unknown;;;;=1+1
c.example;x;=1;＝full & －width;d@c.example;;;;;;;;;
d.example;"Line ""quoted"", with; all";'''=Quote;e@d.example;+1 (555) 0100;;;website;off;;America/Los_Angeles;en;
shop.e.example;<script> & Co;;c@b.example;;;;;;;;;
`

// What is exported is imported without a change, on both engines, whatever stands in it.
func TestExportedPortfolioIsImportedUnchanged(t *testing.T) {
	onBothEngines(t, func(on configured) {
		t, config := on.t, on.config
		in := strings.Replace(hostileCSV, "c.example;x;=1;＝full", "c.example;\"x;=1\";＝full", 1)
		doc := importing(t, config, in, exitFine)
		if doc.New != 5 || doc.Clients != 4 || len(doc.Notes) != 1 || doc.Notes[0].Error != "shop.e.example is watched as e.example" {
			t.Fatalf("%+v", doc)
		}
		code, out, errs := command(t, nil, "--config", config, "export", "portfolio")
		if code != exitFine {
			t.Fatal(errs)
		}
		noFormulas(t, out)
		for _, want := range []string{`,'@da,ada@books.example,'+49 555 1,'t Hart,ben@books.example,,seo;google_ads,on,2027-05-31,Europe/Berlin,de`, `,x;'=1,`, "'＝full", "''=Quote"} {
			if !strings.Contains(out, want) {
				t.Errorf("the export has no %s:\n%s", want, out)
			}
		}
		for _, args := range [][]string{{"--dry-run"}, nil} {
			if again := importing(t, config, out, exitFine, args...); again.Same != 5 || again.New+again.Changed+again.Clients > 0 {
				t.Errorf("what was exported is imported as %+v", again)
			}
		}
		code, second, _ := command(t, nil, "--config", config, "export", "portfolio")
		if code != exitFine || second != out {
			t.Errorf("the export after it differs:\n%s", cmp.Diff(out, second))
		}
		if again := importing(t, config, in, exitFine); again.Same != 5 {
			t.Errorf("the first file again: %+v", again)
		}
	})
}

// noFormulas holds that no cell of a table could be taken for a formula.
func noFormulas(t *testing.T, table string) [][]string {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(table, "\ufeff"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for i, row := range rows {
		for _, cell := range row {
			for part := range strings.SplitSeq(cell, ";") {
				if s := strings.TrimLeft(part, " \t\u00a0\""); s != "" && strings.ContainsRune("=+-@＝＋－＠", []rune(s)[0]) || sheet.Safe(sheet.Plain(cell)) != cell {
					t.Errorf("line %d has the cell %q", i+1, cell)
				}
			}
		}
	}
	return rows
}

func TestRejectedRowsAreCorrectedAndImportedAgain(t *testing.T) {
	config, dir := settings(t, ""), t.TempDir()
	in := filepath.Join(dir, "in.csv")
	errs, preview := filepath.Join(dir, "errors.csv"), filepath.Join(dir, "preview.csv")
	content := "Domain Name,Client,E-Mail,Notes\na.example,Amber,a@amber.example,\nco.uk,'=Birch,b@birch.example,\"two\nlines\"\nc.example,Cedar,nobody,\"x, y\"\nd.example,Hx7#kQ9!zLm2,,\n"
	if err := os.WriteFile(in, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	code, out, stderr := command(t, nil, "--config", config, "import", in, "--errors", errs, "--preview", preview)
	if code != exitUsage || stderr != "" || !strings.HasPrefix(out, "1 new, 0 changed, 0 the same, 1 new clients; 3 rows can't be used\n  columns: \"Domain Name\" as domain, \"Client\" as client, \"E-Mail\" as owner_email\n  not used: \"Notes\"\ncan't be used:\n  line 3, domain: ") {
		t.Errorf("exit %d: %s %s", code, out, stderr)
	}
	rejected, err := os.ReadFile(errs)
	if err != nil {
		t.Fatal(err)
	}
	rows := noFormulas(t, string(rejected))
	want := [][]string{
		{"Domain Name", "Client", "E-Mail", "Notes", "import_line", "import_error"},
		{"co.uk", "'=Birch", "b@birch.example", "two lines", "3", "domain: that is a suffix, nobody's own name; give the name registered below it, like example.com"},
		{"c.example", "Cedar", "nobody", "x, y", "5", "owner_email: must be an e-mail address, like ada@example.com"},
		{"d.example", "", "", "", "6", "client: looks like a password or a key; remove it: Deedwatch never takes any"},
	}
	if diff := cmp.Diff(want, rows); diff != "" {
		t.Errorf("the rejected rows (-want +got):\n%s", diff)
	}
	shown, err := os.ReadFile(preview)
	if err != nil || strings.Contains(string(shown)+out, "Hx7#kQ9") || !strings.Contains(string(shown), "\r\n2,a.example,new,,,\r\n3,,error,domain,,") {
		t.Errorf("the preview: %s, %v", shown, err)
	}
	corrected := strings.NewReplacer("co.uk", "b.example", "nobody", "c@cedar.example", "d.example,,", "d.example,Dogwood,").Replace(string(rejected))
	if doc := importing(t, config, corrected, exitFine); doc.New != 3 || doc.Clients != 3 {
		t.Errorf("the corrected rows: %+v", doc)
	}
}

func TestAPreviewSaysWhatWouldChange(t *testing.T) {
	config := settings(t, "")
	importing(t, config, portfolioCSV, exitUsage)
	changed := strings.NewReplacer("ada@mailhost.example,off", "ada@mailhost.example,on", "Kessler Fenster", "Kessler GmbH").Replace(portfolioCSV)
	code, out, _ := command(t, []byte(changed), "--config", config, "import", "-", "--dry-run")
	for _, want := range []string{
		"A dry run: nothing was written.\nwould be 0 new, 2 changed, 0 the same, 1 new clients; 1 rows can't be used\n",
		"changes:\n  line 2, juniper.example: auto_renew \"off\" → \"on\"\n  line 3, kessler.example: client \"Kessler Fenster\" → \"Kessler GmbH\"\n",
	} {
		if code != exitUsage || !strings.Contains(out, want) {
			t.Errorf("exit %d, no %q in:\n%s", code, want, out)
		}
	}
	if doc := importing(t, config, portfolioCSV, exitUsage); doc.Same != 2 {
		t.Errorf("the dry run changed something: %+v", doc)
	}
}

// Many errors and changes are counted, told in part, and written in full.
func TestALongListIsCutShort(t *testing.T) {
	config, errs := settings(t, ""), filepath.Join(t.TempDir(), "errors.csv")
	var b strings.Builder
	b.WriteString("domain,client\n")
	for i := range 1500 {
		fmt.Fprintf(&b, "not a name %d,C\n", i)
	}
	doc := importing(t, config, b.String(), exitUsage, "--errors", errs)
	if doc.Rejected != 1500 || len(doc.Errors) != 1000 || doc.MoreErrors != 500 {
		t.Errorf("%d rejected, %d told, %d more", doc.Rejected, len(doc.Errors), doc.MoreErrors)
	}
	if rows, err := os.ReadFile(errs); err != nil || strings.Count(string(rows), "\r\n") != 1501 {
		t.Errorf("%d lines, %v", strings.Count(string(rows), "\r\n"), err)
	}
	if _, out, _ := command(t, []byte(b.String()), "--config", config, "import", "-"); strings.Count(out, "\n") > 30 || !strings.Contains(out, "and 1480 more errors") {
		t.Errorf("told:\n%s", out)
	}
}

func TestFilesThatCannotBeImportedChangeNothing(t *testing.T) {
	config, dir := settings(t, ""), t.TempDir()
	good := filepath.Join(dir, "good.csv")
	unreadable := filepath.Join(dir, "unreadable.csv")
	write := func(path, content string, mode os.FileMode) string {
		t.Helper()
		if err := os.WriteFile(path, []byte(content), mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	write(good, portfolioCSV, 0o600)
	write(unreadable, portfolioCSV, 0o000)
	cases := []struct {
		why  string
		args []string
		want string
	}{
		{"no such file", []string{filepath.Join(dir, "none.csv")}, "no such file"},
		{"a directory", []string{dir}, "is a directory; name a CSV file"},
		{"empty", []string{write(filepath.Join(dir, "empty"), "", 0o600)}, "is empty"},
		{"the names of the columns alone", []string{write(filepath.Join(dir, "head"), "domain,client\n", 0o600)}, "no rows below"},
		{"other columns", []string{write(filepath.Join(dir, "other"), "name,owner\na,b\n", 0o600)}, "no column named \"domain\""},
		{"a column twice", []string{write(filepath.Join(dir, "twice"), "domain,client,Client\na.example,b,c\n", 0o600)}, "stands twice"},
		{"a program", []string{write(filepath.Join(dir, "binary"), "\x7fELF\x02\x01\x01\x00\x00\x00\n\x00", 0o600)}, "no text"},
		{"a workbook", []string{write(filepath.Join(dir, "xlsx"), "PK\x03\x04\x14", 0o600)}, "spreadsheet's own format"},
		{"UTF-16", []string{write(filepath.Join(dir, "utf16"), "\xff\xfed\x00", 0o600)}, "UTF-16"},
		{"secrets", []string{write(filepath.Join(dir, "secrets"), "domain,client,Passwort\na.example,A,x\n", 0o600)}, "column 3"},
		{"errors into the file itself", []string{good, "--errors", good}, "used already"},
		{"errors and preview into one", []string{good, "--errors", filepath.Join(dir, "x"), "--preview", filepath.Join(dir, "x")}, "used already"},
		{"errors into nowhere", []string{good, "--errors", filepath.Join(dir, "none", "x")}, "--errors: "},
	}
	if os.Geteuid() != 0 { // root reads everything
		cases = append(cases, struct {
			why  string
			args []string
			want string
		}{"unreadable", []string{unreadable}, "permission denied"})
	}
	for _, tt := range cases {
		code, out, errs := command(t, nil, slices.Concat([]string{"--config", config, "import"}, tt.args)...)
		if code != exitUsage || out != "" || !strings.Contains(errs, tt.want) {
			t.Errorf("%s: exit %d: %q %q, want %q", tt.why, code, out, errs, tt.want)
		}
	}
	if content, err := os.ReadFile(good); err != nil || string(content) != portfolioCSV {
		t.Errorf("the file that was read is now %q", content)
	}
	if code, out, errs := command(t, nil, "--config", config, "import", good); code != exitUsage || !strings.HasPrefix(out, "2 new") {
		t.Errorf("something was written before: exit %d: %s %s", code, out, errs)
	}
}
