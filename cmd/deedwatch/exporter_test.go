package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/krestmarketing/deedwatch/dashboard"
	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/store"
)

const boardCSV = `domain,client,owner_email,services
kessler-türen.example,"'=Kessler; Söhne",jana@kessler.example,seo
juniper.example,Juniper Row Bakery,ada@juniper.example,website
other.example,Juniper Row Bakery,ada@juniper.example,
`

// The page and the command write the same bytes for the same question at the same instant, on both engines.
func TestPageAndCommandExportAlike(t *testing.T) {
	for name, dsn := range engines(t) {
		t.Run(name, func(t *testing.T) {
			ctx, now := t.Context(), time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)
			o := store.Options{DSN: dsn}
			if err := store.Migrate(ctx, o); err != nil {
				t.Fatal(err)
			}
			st, err := store.Open(ctx, o)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = st.Close() })
			if _, err := importPortfolio(ctx, st, strings.NewReader(boardCSV), false, now); err != nil {
				t.Fatal(err)
			}
			get := signedIn(t, st, now)
			zone := location("America/Los_Angeles")
			run := exportRun{store: st, format: "csv", now: now, zone: zone}
			for _, filter := range []string{"", "sort=domain&dir=desc", "q=juniper", "group=unsure&sort=client", "q=nothing"} {
				write, err := run.writer(ctx, &exportCmd{What: "domains", Filter: filter})
				if err != nil {
					t.Fatal(err)
				}
				var ours bytes.Buffer
				if err := write(&ours); err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(get("/domains.csv?"+filter), ours.String()); diff != "" {
					t.Errorf("%q (-page +command):\n%s", filter, diff)
				}
				noFormulas(t, ours.String())
			}
			write, err := run.writer(ctx, &exportCmd{What: "domains", Client: "juniper row bakery"})
			if err != nil {
				t.Fatal(err)
			}
			var ours bytes.Buffer
			if err := write(&ours); err != nil || strings.Count(ours.String(), "\r\n") != 3 {
				t.Errorf("one client's: %v\n%s", err, ours.String())
			}
		})
	}
}

// signedIn gives a reader of the pages over a store.
func signedIn(t *testing.T, st *store.Store, now time.Time) func(path string) string {
	t.Helper()
	pages, err := dashboard.New(dashboard.Options{
		Store: st, Sessions: st.Sessions(time.Now), Links: noLinks{}, Answers: noLinks{}, Now: func() time.Time { return now },
		Agency: dashboard.Agency{Name: "A", Zone: location("America/Los_Angeles")}, Passwords: dashboard.NewPasswords(dashboard.PasswordParams{MemoryKiB: 64, Iterations: 1, Lanes: 1}, 0),
	})
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(pages)
	t.Cleanup(web.Close)
	link, _, err := pages.SetupLink(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Jar: jar}
	visit := func(method, path string, form url.Values) string {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), method, web.URL+path, strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		res, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		if err != nil || res.StatusCode != http.StatusOK {
			t.Fatalf("status %d, %v: %s", res.StatusCode, err, body)
		}
		return string(body)
	}
	_, query, _ := strings.Cut(link, "?")
	visit(http.MethodGet, "/setup?"+query, nil)
	visit(http.MethodPost, "/setup", url.Values{"name": {"Joy"}, "email": {"joy@a.example"}, "password": {"seven quiet otters paint"}, "again": {"seven quiet otters paint"}})
	return func(path string) string { return visit(http.MethodGet, path, nil) }
}

// noLinks stands for the clients' pages, which nobody visits here.
type noLinks struct{}

func (noLinks) VerifyFor(models.LinkPurpose, string, time.Time) (int64, int64, error) {
	return 0, 0, errors.New("no links")
}
func (noLinks) FormToken(models.LinkPurpose, int64, int64) string      { return "" }
func (noLinks) FormFits(models.LinkPurpose, int64, int64, string) bool { return false }

// The rest is never asked.
func (noLinks) Record(context.Context, int64, models.Reply, time.Time) error      { return nil }
func (noLinks) Withdraw(context.Context, int64, string, time.Time) error          { return nil }
func (noLinks) Attest(context.Context, int64, string, time.Time, time.Time) error { return nil }

func TestExportCommand(t *testing.T) {
	onBothEngines(t, func(on configured) {
		t, config := on.t, on.config
		importing(t, config, boardCSV, exitFine)
		records := "domain,host,type,match,value,purpose,service,essential\n" +
			"juniper.example,www,CNAME,exact,shop.lab,Shop,website,yes\njuniper.example,app,A,one_of,192.0.2.1,'=App,,no\njuniper.example,app,A,one_of,192.0.2.2,'=App,,no\n" +
			"other.example,@,TXT,contains,v=spf1 -all,,,\n"
		if doc := importing(t, config, records, exitFine, "--records"); doc.New != 3 {
			t.Fatalf("%+v", doc)
		}
		export := func(want int, args ...string) string {
			t.Helper()
			code, out, errs := command(t, nil, append([]string{"--config", config, "export"}, args...)...)
			if code != want {
				t.Fatalf("%v: exit %d: %s", args, code, errs)
			}
			return out + errs
		}
		out := export(exitFine, "records")
		noFormulas(t, out)
		if doc := importing(t, config, out, exitFine, "--records", "--replace"); doc.Same != 3 || doc.New+doc.Changed+doc.Removed > 0 {
			t.Errorf("what was exported is imported as %+v", doc)
		}
		if one := export(exitFine, "records", "--client", "=KESSLER; SÖHNE"); strings.Count(one, "\n") != 1 {
			t.Errorf("records of a client without any: %s", one)
		}
		var doc struct {
			Kind  string
			Rows  []map[string]*string
			Count int
		}
		for what, rows := range map[string]int{"domains": 3, "portfolio": 3, "records": 4, "changes": 0} {
			if err := json.Unmarshal([]byte(export(exitFine, what, "--format", "json")), &doc); err != nil || doc.Kind != what || doc.Count != rows || len(doc.Rows) != rows {
				t.Errorf("%s: %v, %+v", what, err, doc)
			}
		}
		file := filepath.Join(t.TempDir(), "out.csv")
		if said := export(exitFine, "portfolio", "-o", file, "--client", "Juniper Row Bakery"); said != "" {
			t.Errorf("beside the file it said %q", said)
		}
		content, err := os.ReadFile(file)
		if err != nil || strings.Count(string(content), "\r\n") != 3 {
			t.Errorf("the file holds %q, %v", content, err)
		}
	})
}

func TestExportsThatCannotBe(t *testing.T) {
	config, dir := settings(t, ""), t.TempDir()
	importing(t, config, boardCSV, exitFine)
	for _, tt := range []struct {
		args []string
		want string
	}{
		{[]string{"notices"}, "must be one of"},
		{[]string{"domains", "--filter", "group=lapse"}, `filter: has "group"`},
		{[]string{"domains", "--filter", "colour=red"}, `filter: has "colour"`},
		{[]string{"portfolio", "--filter", "group=soon"}, "--filter is for domains"},
		{[]string{"records", "--client", "Nobody"}, "0 clients are called"},
		{[]string{"domains", "--format", "xlsx"}, "must be one of"},
		{[]string{"domains", "-o", filepath.Join(dir, "none", "x.csv")}, "--output: "},
		{[]string{"domains", "-o", dir}, "--output: "},
	} {
		code, out, errs := command(t, nil, append([]string{"--config", config, "export"}, tt.args...)...)
		if code != exitUsage || out != "" || !strings.Contains(errs, tt.want) {
			t.Errorf("%v: exit %d: %q %q", tt.args, code, out, errs)
		}
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestAClientCalledByTheNumberOfAnother(t *testing.T) {
	config := settings(t, "")
	const portfolio = "domain,client,owner_email\nfirst.example,2,ada@first.example\nsecond.example,Second,bo@second.example\n"
	if code, _, errs := command(t, []byte(portfolio), "--config", config, "import", "-"); code != exitFine {
		t.Fatalf("exit %d: %s", code, errs)
	}
	for named, want := range map[string]int{"1": exitFine, "Second": exitFine, "second": exitFine, "2": exitUsage} {
		code, _, errs := command(t, nil, "--config", config, "ledger", "export", "--client", named)
		if code != want || want == exitUsage && !strings.Contains(errs, "2 clients are called") {
			t.Errorf("%q: exit %d, want %d: %s", named, code, want, errs)
		}
	}
}
