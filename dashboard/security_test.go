package dashboard_test

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/krestmarketing/deedwatch/dashboard"
	"github.com/krestmarketing/deedwatch/models"
)

func TestFormsFromElsewhereAreRefused(t *testing.T) {
	s := newSite(t)
	fillSample(s.store)
	s.as(models.UserAdmin)
	for why, h := range map[string]http.Header{
		"another site says so":             {"Sec-Fetch-Site": {"cross-site"}},
		"a sibling host":                   {"Sec-Fetch-Site": {"same-site"}},
		"an old browser, another origin":   {"Sec-Fetch-Site": {""}, "Origin": {"https://evil.example"}},
		"an old browser, a hidden origin":  {"Sec-Fetch-Site": {""}, "Origin": {"null"}},
		"another site with our own origin": {"Sec-Fetch-Site": {"cross-site"}, "Origin": {s.web.URL}},
	} {
		for _, path := range []string{"/domains/recheck", "/brake/release", "/login", "/logout", "/c/link-1/answer"} {
			before := len(s.store.written())
			p := s.do(http.MethodPost, path, url.Values{"d": {"1"}}, h)
			p.want(t, http.StatusForbidden, "not sent from our own page")
			if len(s.store.written()) != before || len(s.answers.said) > 0 {
				t.Errorf("%s to %s was refused and still wrote", why, path)
			}
		}
	}
	s.post("/domains/recheck", url.Values{"d": {"1"}})
	if w := s.store.written(); w[len(w)-1] != "recheck [1]" {
		t.Errorf("our own form did nothing: %v", w)
	}
}

func TestAPanicBecomesAPageWithAReference(t *testing.T) {
	s := newSite(t)
	s.store.panics = true
	p := s.as(models.UserOps).get("/domains")
	p.want(t, http.StatusInternalServerError, "Something went wrong on our side", "Reference for support: DW-")
	p.lacks(t, "on fire")
	if !strings.Contains(s.log.String(), "on fire") {
		t.Error("the log does not tell what happened")
	}
}

func TestAFailingStoreBecomesAPageWithAReference(t *testing.T) {
	s := newSite(t)
	s.as(models.UserOps)
	s.store.broken = errors.New("dial tcp 192.0.2.1: connection refused")
	for _, path := range []string{"/", "/domains", "/clients", "/notices"} {
		p := s.get(path)
		p.want(t, http.StatusServiceUnavailable, "Nothing is lost", "Reference for support: DW-", "Try again")
		p.lacks(t, "192.0.2.1")
	}
	p := s.get("/c/link-1")
	p.want(t, http.StatusServiceUnavailable, "went wrong on our side", "(555) 010-0199")
	p.lacks(t, "192.0.2.1")
}

func TestBodiesAreBounded(t *testing.T) {
	s := newSite(t)
	s.as(models.UserOps)
	p := s.post("/domains/recheck", url.Values{"d": {strings.Repeat("1", 300<<10)}})
	p.want(t, http.StatusRequestEntityTooLarge, "too big")
}

func TestTheLogHoldsNoSecrets(t *testing.T) {
	s := newSite(t)
	fillSample(s.store)
	link, _, err := s.server.SetupLink(t.Context())
	if err != nil || link != "" {
		t.Fatalf("setup link %q, %v", link, err)
	}
	s.get("/c/link-1?said=renewed")
	s.get("/c/link-1/elsewhere")
	s.post("/c/link-1/answer", url.Values{"domain": {"harborlinedental.example"}, "answer": {"renewed"}})
	s.get("/setup?token=top-secret-token")
	s.as(models.UserOps).get("/domains?q=query-string")
	s.post("/login", url.Values{"email": {"ops@northwind.example"}, "password": {"wrong-password-here"}})
	log := s.log.String()
	for _, secret := range []string{"link-1", "top-secret-token", "query-string", staffPassword, "wrong-password-here", "deedwatch="} {
		if strings.Contains(log, secret) {
			t.Errorf("the log tells %q", secret)
		}
	}
	for _, fact := range []string{`route="GET /c/{token}"`, `route="GET /domains"`, "status=200", "user=3"} {
		if !strings.Contains(log, fact) {
			t.Errorf("the log lacks %s\n%s", fact, log)
		}
	}
}

func TestSecureCookiesAndHSTS(t *testing.T) {
	s := newSite(t)
	if got := s.get("/login").Header.Get("Strict-Transport-Security"); got != "" {
		t.Errorf("HSTS over plain http: %q", got)
	}
	s = newSite(t, func(o *dashboard.Options) { o.Secure = true })
	p := s.post("/login", url.Values{"email": {"ops@northwind.example"}, "password": {staffPassword}})
	if c := p.Header.Get("Set-Cookie"); !strings.HasPrefix(c, "__Host-deedwatch=") || !strings.Contains(c, "Secure") {
		t.Errorf("cookie %q", c)
	}
	if p.Header.Get("Strict-Transport-Security") == "" {
		t.Error("no HSTS")
	}
}

func TestAssets(t *testing.T) {
	s := newSite(t)
	body := s.get("/login").Body
	_, rest, ok := strings.Cut(body, `rel="stylesheet" href="`)
	if !ok {
		t.Fatal("no stylesheet")
	}
	path, _, _ := strings.Cut(rest, `"`)
	p := s.get(path)
	p.want(t, 200, "Deedwatch: the one stylesheet")
	if got := p.Header.Get("Cache-Control"); !strings.Contains(got, "immutable") {
		t.Errorf("Cache-Control %q", got)
	}
	if got := p.Header.Get("Content-Type"); got != "text/css; charset=utf-8" {
		t.Errorf("Content-Type %q", got)
	}
	p = s.do(http.MethodGet, path, nil, http.Header{"If-None-Match": {p.Header.Get("Etag")}})
	if p.Status != http.StatusNotModified {
		t.Errorf("asked again with its ETag: status %d", p.Status)
	}
	if p := s.get("/assets/deedwatch.css"); p.Status != http.StatusNotFound {
		t.Errorf("a file without its hash: status %d", p.Status)
	}
	if p := s.get("/login"); p.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("a page may be kept: %q", p.Header.Get("Cache-Control"))
	}
	if strings.Contains(body, "<script") || strings.Contains(body, "style=") {
		t.Error("the page has a script or a style attribute")
	}
}

func TestLimiterForgetsTheLeastLatelyUsed(t *testing.T) {
	l := dashboard.NewLimiter(time.Minute, 1, 3)
	for _, key := range []string{"a", "b", "c"} {
		if !l.Allow(key, noon) {
			t.Errorf("the first try of %s was refused", key)
		}
	}
	if l.Allow("a", noon) {
		t.Error("the second try of a was allowed")
	}
	l.Allow("d", noon) // b is forgotten
	if l.Len() != 3 {
		t.Errorf("%d keys are remembered, want 3", l.Len())
	}
	if l.Allow("a", noon) || !l.Allow("b", noon) {
		t.Error("the wrong key was forgotten")
	}
	l.Forget("a")
	if !l.Allow("a", noon) {
		t.Error("a forgotten key has no tries")
	}
	if !l.Allow("d", noon.Add(time.Minute)) {
		t.Error("tries do not come back with time")
	}
}

func TestAddressKeys(t *testing.T) {
	for in, want := range map[string]string{"192.0.2.7": "192.0.2.7", "::ffff:192.0.2.7": "192.0.2.7", "2001:db8:1:2:3::9": "2001:db8:1:2::/64", "fe80::1%eth0": "fe80::/64", "odd": "odd"} {
		if got := dashboard.AddressKey(in); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
}
