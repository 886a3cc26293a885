package lab_test

import (
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/miekg/dns"

	"github.com/krestmarketing/deedwatch/internal/corpora"
	"github.com/krestmarketing/deedwatch/lab"
)

// recordings writes a small folder of recordings of our own making.
func recordings(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		must(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o750))
		must(t, os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600))
	}
	return dir
}

func startReplay(t *testing.T, dir string) *lab.Replay {
	t.Helper()
	r, err := lab.StartReplay(t.Context(), dir, lab.Options{Now: newClock().Now})
	must(t, err)
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

func small(t *testing.T) string {
	t.Helper()
	return recordings(t, map[string]string{
		"whois/expected.jsonl": `{"id":"one","server":"whois.nic.test","tld":"test","domain":"shop.co.test","file":"raw/1.txt","expected":{"availability":"registered"}}
{"id":"two","server":null,"tld":"test","domain":"Shop.co.test","file":"raw/2.txt","expected":{"availability":"throttled"}}

{"id":"idn","server":null,"tld":"test","domain":"bücher.test","file":"raw/3.txt","expected":{}}
`,
		"whois/raw/1.txt": "first\r\n", "whois/raw/2.txt": "second\n", "whois/raw/3.txt": "third, no line break",
		"rdap/cases.jsonl": `{"name":"good","source":"somewhere","domain":"shop.example","http":{"status":200,"headers":{"Content-Type":"application/rdap+json"},"body_file":"bodies/good.json"},"expect":{"registered":true}}
{"name":"slow down","domain":"shop.example","http":{"status":429,"headers":{"Retry-After":"7"},"body_file":null},"expect":{}}
{"name":"shared","domain":"mail.test","http":{"status":404,"headers":{},"body_file":"bodies/good.json"},"expect":{}}
`,
		"rdap/bodies/good.json": `{"objectClassName":"domain"}`,
	})
}

func TestReplayServesEveryRecordedText(t *testing.T) {
	r := startReplay(t, small(t))
	e := r.Endpoints()
	if e.WHOISServers["co.test"] == "" || e.WHOISServers["co.test"] != e.WHOISServers["test"] {
		t.Errorf("%v", e.WHOISServers)
	}
	for question, want := range map[string]string{
		"SHOP.co.test": "first\r\n", "bücher.test": "third, no line break", "xn--bcher-kva.test": "third, no line break",
		"free.test": "% nothing was recorded for this question\n",
	} {
		if text, err := whois(t, e.WHOISServers["test"], question); err != nil || text != want {
			t.Errorf("%s: %q %v", question, text, err)
		}
	}
	want := []string{"first\r\n", "second\n", "third, no line break"}
	for i, c := range r.Cases()[:3] {
		if text, err := whois(t, c.Endpoint, c.Domain); err != nil || text != want[i] || c.Kind != lab.KindWHOIS || len(c.Expected) == 0 {
			t.Errorf("%+v: %q %v", c, text, err)
		}
	}
}

func TestReplayServesEveryRecordedHTTPAnswer(t *testing.T) {
	r := startReplay(t, small(t))
	e := r.Endpoints()
	for i, want := range []int{200, 429, 404} {
		c := r.Cases()[3+i]
		resp, body, err := get(t, http.MethodGet, c.Endpoint)
		must(t, err)
		if resp.StatusCode != want || c.Kind != lab.KindRDAP || (c.File == "") != (len(body) == 0) {
			t.Errorf("%+v: %d %q", c, resp.StatusCode, body)
		}
		if want == 429 && resp.Header.Get("Retry-After") != "7" {
			t.Errorf("%v", resp.Header)
		}
	}
	resp, _, err := get(t, http.MethodGet, e.RDAPOverrides["shop.example"]+"domain/shop.example")
	must(t, err)
	if resp.StatusCode != 200 || e.RDAPOverrides["example"] == "" || e.RDAPOverrides["mail.test"] == "" || e.RDAPOverrides["test"] != "" {
		t.Errorf("%d %v", resp.StatusCode, e.RDAPOverrides)
	}
	if status, _ := getJSON(t, e.RDAPOverrides["example"]+"domain/other.example"); status != http.StatusNotImplemented {
		t.Errorf("what was not recorded answers %d", status)
	}
	_, v := getJSON(t, e.RDAPBootstrapURL)
	if services := v["services"].([]any); len(services) != 3 {
		t.Errorf("%v", services)
	}
}

func TestReplayKeepsMailAndHasNoDNS(t *testing.T) {
	r := startReplay(t, small(t))
	must(t, send(r.Lab(), "a@mailhost.lab"))
	if len(r.Lab().Mails()) != 1 {
		t.Error("the mail is lost")
	}
	for _, root := range r.Endpoints().RootHints {
		if m := ask(t, r.Lab(), root, "shop.co.test", dns.TypeNS); m.Rcode != dns.RcodeServerFailure {
			t.Errorf("%v", m)
		}
	}
}

func TestReplayRefusesBrokenRecordings(t *testing.T) {
	for why, files := range map[string]map[string]string{
		"nothing there":         {"README.md": "empty"},
		"no JSON":               {"whois/expected.jsonl": "{"},
		"text missing":          {"whois/expected.jsonl": `{"domain":"a.test","file":"raw/1.txt"}`},
		"text outside":          {"whois/expected.jsonl": `{"domain":"a.test","file":"../../../../../../etc/passwd"}`},
		"no JSON in RDAP":       {"rdap/cases.jsonl": "x"},
		"RDAP status is no one": {"rdap/cases.jsonl": `{"name":"n","domain":"a.test","http":{"status":0}}`},
		"body missing":          {"rdap/cases.jsonl": `{"name":"n","domain":"a.test","http":{"status":200,"body_file":"b"}}`},
	} {
		if r, err := lab.StartReplay(t.Context(), recordings(t, files), lab.Options{Now: newClock().Now}); err == nil {
			_ = r.Close()
			t.Errorf("%s: started", why)
		}
	}
	if _, err := lab.StartReplay(t.Context(), filepath.Join(t.TempDir(), "none"), lab.Options{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a folder that is not there: %v", err)
	}
}

// TestReplayOfTheOutsideMaterial asks for each of the recordings kept beside
// the project, where they are.
func TestReplayOfTheOutsideMaterial(t *testing.T) {
	dir := corpora.Dir(t)
	r := startReplay(t, dir)
	if len(r.Cases()) < 500 {
		t.Errorf("%d cases", len(r.Cases()))
	}
	endpoints := map[string]bool{}
	for _, c := range r.Cases() {
		var got []byte
		if c.Kind == lab.KindWHOIS {
			text, err := whois(t, c.Endpoint, c.Domain)
			must(t, err)
			got = []byte(text)
		} else {
			_, body, err := get(t, http.MethodGet, c.Endpoint)
			must(t, err)
			got = body
		}
		var want []byte
		if c.File != "" {
			want = must1(os.ReadFile(filepath.Join(dir, c.File)))
		}
		if string(got) != string(want) {
			t.Errorf("%s %s: %d bytes, recorded are %d", c.Kind, c.Name, len(got), len(want))
		}
		if key := c.Endpoint + " " + c.Domain; endpoints[key] {
			t.Errorf("%s: two cases share an endpoint", key)
		} else {
			endpoints[key] = true
		}
	}
}
