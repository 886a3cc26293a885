package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/krestmarketing/deedwatch/monitor/guard"
	"github.com/krestmarketing/deedwatch/monitor/rdap"
)

// doctor runs the command and gives what it found by name.
func doctor(t *testing.T, config string, more ...string) map[string]examination {
	t.Helper()
	_, out, errs := command(t, nil, append([]string{"--config", config, "doctor", "--json"}, more...)...)
	var found []examination
	if err := json.Unmarshal([]byte(out), &found); err != nil {
		t.Fatalf("%v: %s %s", err, out, errs)
	}
	byName := map[string]examination{}
	for _, f := range found {
		f.Detail += byName[f.Name].Detail // a suffix may have two servers
		byName[f.Name] = f
	}
	return byName
}

// expect compares one examination's state and a part of its words.
func expect(t *testing.T, found map[string]examination, name, state, words string) {
	t.Helper()
	if f := found[name]; f.State != state || !strings.Contains(f.Detail, words) {
		t.Errorf("%s: %q %q, want %q %q", name, f.State, f.Detail, state, words)
	}
}

func TestDoctorNamesTheSourceOfEverySuffix(t *testing.T) {
	config := settings(t, "whois: {servers: {test: 127.0.0.1:9}}\n")
	content, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	content = []byte(strings.Replace(string(content), "rdap: {", "rdap: {overrides: {mine.lab: 'http://127.0.0.1:9/mine'}, ", 1))
	if err := os.WriteFile(config, content, 0o600); err != nil {
		t.Fatal(err)
	}
	portfolio := "domain,client\none.lab,A\ntwo.lab,A\nx.mine.lab,B\nthree.test,A\nfour.example,A\n"
	for _, args := range [][]string{{"migrate"}, {"import", "-"}} {
		if code, out, errs := command(t, []byte(portfolio), append([]string{"--config", config}, args...)...); code != exitFine {
			t.Fatalf("%v: exit %d: %s %s", args, code, out, errs)
		}
	}
	found := doctor(t, config, "--offline")
	expect(t, found, "servers", "ok", "no name waits too long")
	expect(t, found, ".lab", "ok", "RDAP http://127.0.0.1:9/, names: 2")
	expect(t, found, ".lab", "ok", "RDAP http://127.0.0.1:9/mine/ (rdap.overrides), names: 1")
	expect(t, found, ".test", "ok", "WHOIS 127.0.0.1:9, names: 1")
	expect(t, found, ".example", "warning", "none")
	expect(t, found, "coverage", "warning", "suffix not covered: example;")
	expect(t, found, "rdap", "ok", "the list is the file "+filepath.Join(filepath.Dir(config), "none.json")+", published on 2026-01-01")
	expect(t, found, "rdap", "ok", "1 of them by rdap.overrides")
}

// examined gives what the doctor says of a client's list of servers.
func examined(t *testing.T, o rdap.Options, at time.Time, offline bool) examination {
	t.Helper()
	o.HTTP = guard.New(true).HTTPClient(guard.HTTPOptions{})
	t.Cleanup(o.HTTP.CloseIdleConnections)
	c, err := rdap.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return examineBootstrap(t.Context(), c, at, offline)
}

func TestDoctorTellsTheAgeOfTheBootstrap(t *testing.T) {
	status := http.StatusOK
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = fmt.Fprint(w, `{"publication":"2026-11-01T00:00:00Z","services":[[["lab"],["https://one.example/"]]]}`)
	}))
	t.Cleanup(srv.Close)
	start := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	clock := start
	kept := filepath.Join(t.TempDir(), "rdap.json")
	options := rdap.Options{Bootstrap: srv.URL, CachePath: kept, Clock: func() time.Time { return clock }}
	check := func(got examination, state, words string) {
		t.Helper()
		expect(t, map[string]examination{got.Name: got}, "rdap", state, words)
	}
	check(examined(t, options, clock, true), "warning", "was not fetched yet, and there is no list without it")
	check(examined(t, options, clock, false), "ok", "1 suffixes have a server; the list is "+srv.URL+", published on 2026-11-01, confirmed on 2026-11-22, 0s ago")
	clock = start.Add(3 * time.Hour)
	check(examined(t, options, clock, true), "ok", "the copy on disk of "+srv.URL+", published on 2026-11-01, confirmed on 2026-11-22, 3h0m0s ago")
	clock = start.Add(8 * 24 * time.Hour)
	check(examined(t, options, clock, true), "warning", "check that the source can be reached")
	status = http.StatusInternalServerError
	check(examined(t, options, clock, false), "warning", "it could not be refreshed: ")
	check(examined(t, rdap.Options{Clock: options.Clock}, clock, true), "ok", "the list is the one that the program carries, published on ")
}

func TestDoctorSaysWhatIsWrongWithTheSettingsOfLooks(t *testing.T) {
	config := file(t, "deedwatch.yaml", "database: "+filepath.Join(t.TempDir(), "d.db")+"\nrdap: {bootstrap: /nowhere/dns.json}\n")
	expect(t, doctor(t, config, "--offline"), "looks", "bad", "/nowhere/dns.json")
}
