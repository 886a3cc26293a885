package lab_test

import (
	"bytes"
	"crypto/tls"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/krestmarketing/deedwatch/lab"
)

// event finds the date of an event in a decoded RDAP answer.
func event(v map[string]any, action string) string {
	events, _ := v["events"].([]any)
	for _, e := range events {
		if m := e.(map[string]any); m["eventAction"] == action {
			return m["eventDate"].(string)
		}
	}
	return ""
}

func TestRDAPDomain(t *testing.T) {
	w := smallWorld()
	w.Domains[0].DS = []string{"12345 13 2 " + strings.Repeat("ab", 32)}
	w.Domains[0].Unicode = "bäckerei.lab"
	l, _ := startLab(t, w)
	status, v := getJSON(t, l.Endpoints().RDAPOverrides["lab"]+"domain/BAKERY.lab")
	if status != http.StatusOK {
		t.Fatal(status)
	}
	for key, want := range map[string]any{"objectClassName": "domain", "ldhName": "bakery.lab", "unicodeName": "bäckerei.lab"} {
		if v[key] != want {
			t.Errorf("%s = %v, want %v", key, v[key], want)
		}
	}
	if diff := cmp.Diff([]any{"client transfer prohibited"}, v["status"]); diff != "" {
		t.Error(diff)
	}
	for action, want := range map[string]string{
		"registration": "2023-11-21T18:42:00Z", "expiration": "2026-12-01T18:42:00Z", "last changed": "2026-10-21T18:42:00Z",
		"last update of RDAP database": "2026-11-21T18:42:00Z", "registrar expiration": "",
	} {
		if got := event(v, action); got != want {
			t.Errorf("event %s = %q, want %q", action, got, want)
		}
	}
	text := string(must1(json.Marshal(v)))
	for _, part := range []string{`"IANA Registrar ID"`, `"9001"`, `"Harbor Names"`, `"registrar"`, `"delegationSigned":true`, `"keyTag":12345`, `"ns1.labdns.lab"`, `"rel":"related"`, `"abuse@harbor.example"`} {
		if !strings.Contains(text, part) {
			t.Errorf("no %s in %s", part, text)
		}
	}
}

func must1[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func TestRDAPRegistrarIsLinkedAndHasItsOwnDate(t *testing.T) {
	l, _ := startLab(t, smallWorld())
	must(t, l.SetRegistrarExpiry("bakery.lab", start.Add(5*lab.Day)))
	_, v := getJSON(t, l.Endpoints().RDAPOverrides["lab"]+"domain/bakery.lab")
	related := ""
	for _, link := range v["links"].([]any) {
		if m := link.(map[string]any); m["rel"] == "related" {
			related = m["href"].(string)
		}
	}
	_, v = getJSON(t, related)
	if got := event(v, "registrar expiration"); got != "2026-11-26T18:42:00Z" {
		t.Errorf("registrar expiration %q", got)
	}
	if status, _ := getJSON(t, strings.Replace(related, "harbor-names", "somebody", 1)); status != http.StatusNotFound {
		t.Errorf("another registrar answers %d", status)
	}
}

func TestRDAPErrorsHelpAndHEAD(t *testing.T) {
	l, _ := startLab(t, smallWorld())
	base := l.Endpoints().RDAPOverrides["lab"]
	for path, want := range map[string]int{"domain/free.lab": 404, "domain/bakery.shoplab": 404, "domain/bakery.landlab": 404, "help": 200, "ip/192.0.2.1": 400} {
		status, v := getJSON(t, base+path)
		if status != want || want != 200 && v["errorCode"] != float64(want) {
			t.Errorf("%s: %d %v", path, status, v)
		}
	}
	resp, body, err := get(t, http.MethodHead, base+"domain/bakery.lab")
	must(t, err)
	if resp.StatusCode != 200 || len(body) != 0 || resp.Header.Get("Content-Type") != "application/rdap+json" {
		t.Errorf("HEAD: %d %d bytes %v", resp.StatusCode, len(body), resp.Header)
	}
}

func TestRDAPBootstrap(t *testing.T) {
	l, _ := startLab(t, smallWorld())
	url := l.Endpoints().RDAPBootstrapURL
	_, v := getJSON(t, url)
	want := []any{[]any{[]any{"lab"}, []any{l.Endpoints().RDAPOverrides["lab"]}}}
	if diff := cmp.Diff(want, v["services"]); diff != "" {
		t.Error(diff)
	}
	resp, _, err := get(t, http.MethodGet, url)
	must(t, err)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	must(t, err)
	req.Header.Set("If-None-Match", resp.Header.Get("ETag"))
	again, err := http.DefaultClient.Do(req)
	must(t, err)
	_ = again.Body.Close()
	if again.StatusCode != http.StatusNotModified {
		t.Errorf("with the ETag %q: %d", resp.Header.Get("ETag"), again.StatusCode)
	}
	l.SetRDAPFault(lab.RDAPBootstrapService, lab.RDAPFault{Kind: lab.RDAPStatus, Status: 503})
	if resp, _, _ := get(t, http.MethodGet, url); resp == nil || resp.StatusCode != 503 {
		t.Errorf("bootstrap fault: %v", resp)
	}
}

func TestRDAPOverTLS(t *testing.T) {
	l, _ := startLab(t, smallWorld())
	c := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{RootCAs: l.Endpoints().RDAPRootCAs}}}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, l.Endpoints().RDAPTLSBaseURL+"domain/bakery.lab", nil)
	must(t, err)
	resp, err := c.Do(req)
	must(t, err)
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	must(t, err)
	if resp.StatusCode != 200 || !bytes.Contains(body, []byte(`"ldhName":"bakery.lab"`)) {
		t.Errorf("%d %s", resp.StatusCode, body)
	}
	if _, _, err := get(t, http.MethodGet, l.Endpoints().RDAPTLSBaseURL+"help"); err == nil {
		t.Error("a client that does not know the certificate is satisfied")
	}
}

func TestRDAPFaults(t *testing.T) {
	l, _ := startLab(t, smallWorld())
	type result struct {
		resp *page
		body []byte
		err  error
		took time.Duration
	}
	tests := []struct {
		fault lab.RDAPFault
		right func(r result) bool
	}{
		{lab.RDAPFault{Kind: lab.RDAPStatus, Status: 429, RetryAfter: "120"}, func(r result) bool {
			return r.resp.StatusCode == 429 && r.resp.Header.Get("Retry-After") == "120" && json.Valid(r.body)
		}},
		{lab.RDAPFault{Kind: lab.RDAPStatus, Status: 503, RetryAfter: "Wed, 25 Nov 2026 07:28:00 GMT"}, func(r result) bool {
			return r.resp.StatusCode == 503 && strings.HasPrefix(r.resp.Header.Get("Retry-After"), "Wed")
		}},
		{lab.RDAPFault{Kind: lab.RDAPHTML}, func(r result) bool {
			return r.resp.StatusCode == 200 && r.resp.Header.Get("Content-Type") == "text/html" && bytes.HasPrefix(r.body, []byte("<!doctype"))
		}},
		{lab.RDAPFault{Kind: lab.RDAPCut}, func(r result) bool {
			return r.resp.StatusCode == 200 && len(r.body) > 100 && !json.Valid(r.body)
		}},
		{lab.RDAPFault{Kind: lab.RDAPOtherName}, func(r result) bool {
			return r.resp.StatusCode == 200 && json.Valid(r.body) && !bytes.Contains(r.body, []byte("bakery"))
		}},
		{lab.RDAPFault{Kind: lab.RDAPRedirect, RedirectTo: "http://127.0.0.1:9/domain/x"}, func(r result) bool {
			return r.resp.StatusCode == 302 && r.resp.Header.Get("Location") == "http://127.0.0.1:9/domain/x"
		}},
		{lab.RDAPFault{Kind: lab.RDAPBig, Bytes: 1 << 20}, func(r result) bool { return len(r.body) > 1<<20 && json.Valid(r.body) }},
		{lab.RDAPFault{Kind: lab.RDAPBig}, func(r result) bool { return len(r.body) > 10<<20 }},
		{lab.RDAPFault{Kind: lab.RDAPEndless}, func(r result) bool { return len(r.body) == 40<<20 }},
		{lab.RDAPFault{Kind: lab.RDAPReset}, func(r result) bool { return r.err != nil && r.resp != nil && r.resp.StatusCode == 200 }},
		{lab.RDAPFault{Kind: lab.RDAPOutage}, func(r result) bool { return r.err != nil && r.resp == nil }},
		{lab.RDAPFault{Kind: lab.RDAPHostile}, func(r result) bool {
			var v map[string]any
			return json.Unmarshal(r.body, &v) == nil && v["ldhName"] == "bakery.lab" && strings.Contains(v["handle"].(string), lab.Hostile)
		}},
		{lab.RDAPFault{Delay: 80 * time.Millisecond}, func(r result) bool {
			return r.took >= 80*time.Millisecond && r.resp.StatusCode == 200 && json.Valid(r.body)
		}},
	}
	for _, tt := range tests {
		t.Run(string(tt.fault.Kind), func(t *testing.T) {
			l.SetRDAPFault("lab", tt.fault)
			before := time.Now()
			resp, body, err := get(t, http.MethodGet, l.Endpoints().RDAPOverrides["lab"]+"domain/bakery.lab")
			if r := (result{resp, body, err, time.Since(before)}); !tt.right(r) {
				t.Errorf("%+v: resp %v, %d bytes %.200q, err %v", tt.fault, resp, len(body), body, err)
			}
		})
	}
	l.SetRDAPFault("lab", lab.RDAPFault{})
	must(t, l.SetDomainRDAPFault("bakery.lab", lab.RDAPFault{Kind: lab.RDAPStatus, Status: 500, Times: 2}))
	for i, want := range []int{500, 500, 200} {
		if status, _ := getJSON(t, l.Endpoints().RDAPOverrides["lab"]+"domain/bakery.lab"); status != want {
			t.Errorf("question %d: %d, want %d", i, status, want)
		}
	}
}
