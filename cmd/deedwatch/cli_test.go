package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/krestmarketing/deedwatch/configs"
)

// settings is a configuration file over a fresh SQLite file.
func settings(t *testing.T, more string) string {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "deedwatch.yaml")
	content := "database: " + filepath.Join(dir, "deedwatch.db") + "\nnetwork: {allow_private: true}\nrdap: {bootstrap: " + filepath.Join(dir, "none.json") + "}\ndns: {root_hints: 127.0.0.1}\n" + more
	for name, text := range map[string]string{path: content, filepath.Join(dir, "none.json"): `{"version":"1.0","publication":"2026-01-01T00:00:00Z","services":[[["lab"],["http://127.0.0.1:9/"]]]}`} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return path
}

const portfolioCSV = `domain,client,owner_name,owner_email,auto_renew
juniper.example,Juniper Row Bakery,Ada Juniper,ada@mailhost.example,off
kessler.example,Kessler Fenster,Jana Kessler,jana@mailhost.example,on
co.uk,Nobody,,,
`

func TestImportIsTriedOutIdempotentAndNamesBadRows(t *testing.T) {
	config, errs := settings(t, ""), filepath.Join(t.TempDir(), "errors.csv")
	run := func(want importDoc, args ...string) {
		t.Helper()
		code, out, stderr := command(t, []byte(portfolioCSV), append([]string{"--config", config, "import", "-", "--json", "--errors", errs}, args...)...)
		var doc importDoc
		if err := json.Unmarshal([]byte(out), &doc); err != nil || code != exitUsage {
			t.Fatalf("exit %d, %v: %s", code, err, stderr)
		}
		want.Rows, want.Rejected, want.Changes, want.Notes = 2, 1, []importChange{}, []importDocLine{}
		want.Errors = []importDocLine{{4, "domain", "that is a suffix, nobody's own name; give the name registered below it, like example.com"}}
		for name := range strings.SplitSeq("domain,client,owner_name,owner_email,auto_renew", ",") {
			want.Columns = append(want.Columns, importColumn{name, &name})
		}
		if diff := cmp.Diff(want, doc); diff != "" {
			t.Error(diff)
		}
	}
	run(importDoc{DryRun: true, New: 2, Clients: 2}, "--dry-run")
	run(importDoc{New: 2, Clients: 2}) // the dry run wrote nothing
	run(importDoc{Same: 2})
	content, err := os.ReadFile(errs)
	if err != nil || !strings.HasSuffix(string(content), "auto_renew,import_line,import_error\r\nco.uk,Nobody,,,,4,\"domain: that is a suffix, nobody's own name; give the name registered below it, like example.com\"\r\n") {
		t.Errorf("the error file holds %q, %v", content, err)
	}
	changed := strings.Replace(portfolioCSV, "Ada Juniper", "Ada J. Juniper", 1)
	code, out, _ := command(t, []byte(changed), "--config", config, "import", "-")
	if code != exitUsage || !strings.Contains(out, "0 new, 1 changed, 1 the same") {
		t.Errorf("exit %d: %s", code, out)
	}
}

func TestImportRecords(t *testing.T) {
	config := settings(t, "")
	if code, _, errs := command(t, []byte(portfolioCSV), "--config", config, "import", "-"); code != exitUsage {
		t.Fatal(code, errs)
	}
	records := []byte("domain,host,type,match,value\njuniper.example,www,CNAME,exact,shop.lab\nnobody.example,www,A,exact,192.0.2.1\n")
	other := bytes.ReplaceAll(records, []byte("www"), []byte("shop"))
	for _, tt := range []struct {
		in   []byte
		more string
		want string
	}{
		{records, "--dry-run", "1 new, 0 changed, 0 the same"},
		{records, "", "1 new, 0 changed, 0 the same"},
		{records, "", "0 new, 0 changed, 1 the same"},
		{other, "", "1 new, 0 changed, 0 the same"},
		{records, "", "0 new, 0 changed, 1 the same"}, // what is not in the file stays
		{records, "--replace", "0 new, 0 changed, 1 the same, 1 removed"},
		{records, "--replace", "0 new, 0 changed, 1 the same"},
	} {
		args := []string{"--config", config, "import", "-", "--records"}
		if tt.more != "" {
			args = append(args, tt.more)
		}
		want := tt.want
		code, out, errs := command(t, tt.in, args...)
		if code != exitUsage || !strings.Contains(out, want) || !strings.Contains(out, "nobody.example is not under watch") {
			t.Errorf("exit %d, want %q: %s %s", code, want, out, errs)
		}
	}
}

func TestImportRefusesSecretsAndDoesNotRepeatThem(t *testing.T) {
	config := settings(t, "")
	for _, in := range []string{"domain,client,owner_password\na.example,A,Tr0ub4dor&3\n", "domain,client,owner_name,owner_email\na.example,A,Tr0ub4dor&3,a@b.example\n"} {
		code, out, errs := command(t, []byte(in), "--config", config, "import", "-")
		if code != exitUsage || strings.Contains(out+errs, "Tr0ub4dor") {
			t.Errorf("exit %d: %s %s", code, out, errs)
		}
	}
}

func TestMigrateAndDoctor(t *testing.T) {
	config := settings(t, "")
	if code, out, _ := command(t, nil, "--config", config, "doctor", "--offline"); code != exitProblems || !strings.Contains(out, "run deedwatch migrate") {
		t.Errorf("an empty database: exit %d: %s", code, out)
	}
	for _, args := range [][]string{{"notices", "list"}, {"notices", "forecast"}, {"ledger", "export", "--client", "x"}} {
		if code, _, errs := command(t, nil, append([]string{"--config", config}, args...)...); code != exitUsage || !strings.Contains(errs, "deedwatch migrate") {
			t.Errorf("%v before the first migration: exit %d: %s", args, code, errs)
		}
	}
	for range 2 {
		if code, out, errs := command(t, nil, "--config", config, "migrate"); code != exitFine || !strings.Contains(out, "schema is at") {
			t.Fatalf("exit %d: %s %s", code, out, errs)
		}
	}
	code, out, errs := command(t, nil, "--config", config, "doctor", "--offline", "--json")
	var found []examination
	if err := json.Unmarshal([]byte(out), &found); err != nil || code != exitFine || len(found) < 5 {
		t.Errorf("exit %d, %v: %s %s", code, err, out, errs)
	}
	if code, out, _ := command(t, nil, "doctor", "--settings"); code != exitFine || !strings.Contains(out, "smtp.password                      DEEDWATCH_SMTP_PASSWORD") {
		t.Errorf("exit %d: %s", code, out)
	}
	for _, args := range [][]string{{"user", "list", "--json"}, {"access", "list", "--json"}, {"notices", "list", "--json"}} {
		if code, out, errs := command(t, nil, append([]string{"--config", config}, args...)...); code != exitFine || strings.TrimSpace(out) != "[]" {
			t.Errorf("%v: exit %d: %s %s", args, code, out, errs)
		}
	}
	code, out, errs = command(t, nil, "--config", config, "user", "invite", "Kyle@Agency.example", "--role", "onboarding")
	if code != exitFine || !strings.HasPrefix(out, "http://127.0.0.1:8080/setup?token=") {
		t.Errorf("exit %d: %s %s", code, out, errs)
	}
	for _, args := range [][]string{{"kyle"}, {"kyle@agency.example", "--role", "king"}} {
		if code, _, _ := command(t, nil, append([]string{"--config", config, "user", "invite"}, args...)...); code != exitUsage {
			t.Errorf("%v: exit %d", args, code)
		}
	}
	if code, out, _ := command(t, nil, "--config", config, "ledger", "verify"); code != exitFine || !strings.Contains(out, "the chain holds") {
		t.Errorf("exit %d: %s", code, out)
	}
}

func TestBadConfigurationIsExitCodeTwo(t *testing.T) {
	for _, args := range [][]string{
		{"--config", "/nowhere.yaml", "serve"}, {"--config", file(t, "c.yaml", "listne: x"), "doctor"}, {"serve", "--listen", "nowhere"}, {"demo", "--speed", "-1"}, {"demo", "--listen", "nowhere"}, {"lab", "--replay", "/nowhere"},
	} {
		if code, out, errs := command(t, nil, args...); code != exitUsage || out != "" || !strings.HasPrefix(errs, "deedwatch: ") {
			t.Errorf("%v: exit %d: %q %q", args, code, out, errs)
		}
	}
}

// lineBuffer lets a test read what a running program has printed so far.
type lineBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lineBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lineBuffer) await(t *testing.T, re *regexp.Regexp) []string {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		l.mu.Lock()
		m := re.FindStringSubmatch(l.b.String())
		l.mu.Unlock()
		if m != nil {
			return m
		}
	}
	t.Fatalf("%s was not printed:\n%s", re, l.b.String())
	return nil
}

// Serving for the first time: it migrates, prints its address and the setup link, says that it is up, and ends when told to.
func TestServeForTheFirstTime(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var said lineBuffer
	done := make(chan int, 1)
	go func() {
		done <- runContext(ctx, []string{"--config", settings(t, ""), "serve", "--listen", "127.0.0.1:0"}, streams{in: strings.NewReader(""), out: &said, err: &said})
	}()
	base := said.await(t, regexp.MustCompile(`serves on (http://\S+)`))[1]
	link := said.await(t, regexp.MustCompile(`open (\S+) once`))[1]
	if !strings.Contains(link, "/setup?token=") {
		t.Errorf("the setup link is %s", link)
	}
	if code, _, errs := command(t, nil, "health", "--url", base+"/healthz"); code != exitFine {
		t.Errorf("health: exit %d: %s", code, errs)
	}
	resp, err := http.Get(base + "/domains")
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.Request.URL.Path != "/login" {
		t.Errorf("the board is open to everybody: %s", resp.Request.URL)
	}
	cancel()
	if code := <-done; code != exitFine {
		t.Errorf("exit %d:\n%s", code, said.b.String())
	}
	if code, _, _ := command(t, nil, "health", "--url", base+"/healthz"); code != exitProblems {
		t.Errorf("health of what has ended: exit %d", code)
	}
}

// The lab prints the configuration that points the product at it; with it, check looks at the lab's world.
func TestLabPrintsASettingThatWorks(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var out, errs lineBuffer
	done := make(chan int, 1)
	go func() { done <- runContext(ctx, []string{"lab"}, streams{out: &out, err: &errs}) }()
	errs.await(t, regexp.MustCompile(`inbox: http://\S+`))
	config := file(t, "lab.yaml", out.b.String())
	code, doc := runCheck(t, "--config", config, "check", "goldencrust.lab", "--json")
	if code != exitFine || doc.Domains[0].Registration.Lifecycle != "registered" || len(doc.Domains[0].Delegation.ParentNS) == 0 {
		t.Errorf("exit %d: %+v", code, doc)
	}
	cancel()
	if code := <-done; code != exitFine {
		t.Errorf("exit %d: %s", code, errs.b.String())
	}
}

func TestHoursAsPeopleSayThem(t *testing.T) {
	for want, a := range map[string]configs.Agency{
		"Monday to Friday, 9 to 5 Pacific":      {OpenDays: []string{"fri", "mon", "tue", "wed", "thu"}, Opens: "09:00", Closes: "17:00", ZoneLabel: "Pacific"},
		"Monday, Wednesday, 8:30 to 12 UTC":     {OpenDays: []string{"mon", "wed"}, Opens: "08:30", Closes: "12:00", ZoneLabel: "UTC"},
		"Friday to Sunday, 12 to 11 Central":    {OpenDays: []string{"fri", "sat", "sun"}, Opens: "00:00", Closes: "23:00", ZoneLabel: "Central"},
		"Monday to Sunday, 9 to 5 Eastern":      {OpenDays: configs.Weekdays, Opens: "09:00", Closes: "17:00", ZoneLabel: "Eastern"},
		"Saturday, Sunday, 10 to 4 Berlin time": {OpenDays: []string{"sat", "sun"}, Opens: "10:00", Closes: "16:00", ZoneLabel: "Berlin time"},
	} {
		if got := hoursText(a); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

// TestThePagesKnowWhenTheAgencyIsOpen: pages in another language word the hours themselves.
func TestThePagesKnowWhenTheAgencyIsOpen(t *testing.T) {
	c := configs.Config{Agency: configs.Agency{OpenDays: []string{"mon", "tue"}, Opens: "08:30", Closes: "12:00", TimeZone: "Europe/Madrid"}}
	if got, want := dashboardAgency(c).Office, office(c.Agency); !cmp.Equal(got.Days, want.Days) || got.Open != want.Open || got.Close != want.Close || got.Zone.String() != "Europe/Madrid" {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestDemoBeginsOnABusinessMorning(t *testing.T) {
	zone := location(demoZone)
	for now, want := range map[string]string{
		"2026-11-22T04:00:00Z": "2026-11-20T10:00:00-08:00", // Saturday evening there
		"2026-11-20T17:00:00Z": "2026-11-19T10:00:00-08:00", // Friday, nine there: the morning before
		"2026-11-20T19:00:00Z": "2026-11-20T10:00:00-08:00",
		"2026-11-23T12:00:00Z": "2026-11-20T10:00:00-08:00", // Monday, four in the morning there
	} {
		at, err := time.Parse(time.RFC3339, now)
		if err != nil {
			t.Fatal(err)
		}
		if got := demoStart(at, zone).Format(time.RFC3339); got != want {
			t.Errorf("at %s: %s, want %s", now, got, want)
		}
	}
}

func TestKeyBesideTheDatabaseIsMadeOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "deedwatch.db")
	var wg sync.WaitGroup
	keys := make([]string, 8)
	for i := range keys {
		wg.Go(func() {
			key, err := keyBeside(path)
			if err != nil {
				t.Error(err)
			}
			keys[i] = string(key)
		})
	}
	wg.Wait()
	for _, k := range keys {
		if k != keys[0] || len(k) < configs.MinLinkKey {
			t.Errorf("keys differ or are short: %d characters", len(k))
		}
	}
	info, err := os.Stat(path + ".linkkey")
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), ".linkkey-*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}
