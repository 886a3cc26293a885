package lab_test

import (
	"net/http"
	"net/http/httptest"
	"net/smtp"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/krestmarketing/deedwatch/lab"
)

// visit asks the console as a browser on the same site would.
func visit(h http.Handler, method, path, site string, form url.Values) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", site)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func deliver(t *testing.T, l *lab.Lab, raw string) {
	t.Helper()
	c, err := smtp.Dial(l.Endpoints().SMTPAddr)
	must(t, err)
	must(t, c.Mail("x@mailhost.lab"))
	must(t, c.Rcpt("owner@mailhost.lab"))
	w, err := c.Data()
	must(t, err)
	_, err = w.Write([]byte(strings.ReplaceAll(raw, "\n", "\r\n")))
	must(t, err)
	must(t, w.Close())
	must(t, c.Quit())
}

const hostileMail = `From: x@mailhost.lab
To: owner@mailhost.lab
Subject: =?utf-8?q?<script>alert(1)</script>_"q"?=
Message-ID: <img src=x onerror=alert(2)>
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/plain

<script>alert(3)</script> see http://127.0.0.1:8080/c/abc. and
http://127.0.0.1:8080.evil.example/c/abc and javascript:alert(4) and http://evil.example/
--b
Content-Type: text/html

<script>alert(5)</script><p style="color:red">Hello</p>
--b
Content-Type: application/x; name="<b>bold</b>"
Content-Disposition: attachment

x
--b--
`

func TestConsoleShowsHostileMailHarmlessly(t *testing.T) {
	l, _ := startLab(t, smallWorld())
	deliver(t, l, hostileMail)
	h := l.Console(lab.ConsoleOptions{BasePath: "/demo", StylesheetURL: "/static/deedwatch.css", ProductURL: "http://127.0.0.1:8080"})
	for _, path := range []string{"/demo/", "/demo/mail/1"} {
		w := visit(h, http.MethodGet, path, "none", nil)
		body := w.Body.String()
		if w.Code != http.StatusOK || strings.Contains(body, "<script") || strings.Contains(body, "<img") || strings.Contains(body, "<b>bold") {
			t.Errorf("%s: %d\n%s", path, w.Code, body)
		}
		if csp := w.Header().Get("Content-Security-Policy"); !strings.HasPrefix(csp, "default-src 'none'; style-src 'self'; img-src 'self'; frame-src 'self'; form-action 'self'") {
			t.Errorf("%s: policy %q", path, csp)
		}
		for _, part := range []string{"&lt;script&gt;alert(1)&lt;/script&gt;", "<h1>", `<main`, `href="/static/deedwatch.css"`, `lang="en"`} {
			if !strings.Contains(body, part) {
				t.Errorf("%s: no %s", path, part)
			}
		}
		if strings.Count(body, "<h1") != 1 {
			t.Errorf("%s: more than one h1", path)
		}
	}
	body := visit(h, http.MethodGet, "/demo/mail/1", "none", nil).Body.String()
	if !strings.Contains(body, `<a href="http://127.0.0.1:8080/c/abc">http://127.0.0.1:8080/c/abc</a>. and`) {
		t.Errorf("the product's link is not clickable:\n%s", body)
	}
	if strings.Contains(body, `href="http://127.0.0.1:8080.evil`) || strings.Contains(body, `href="http://evil`) || strings.Contains(body, `href="javascript`) {
		t.Errorf("a foreign link is clickable:\n%s", body)
	}
	if !strings.Contains(body, `src="/demo/mail/1/html"`) || !strings.Contains(body, " sandbox></iframe>") {
		t.Error("the HTML part is not framed in a sandbox")
	}
	w := visit(h, http.MethodGet, "/demo/mail/1/html", "same-origin", nil)
	if got := w.Header().Get("Content-Security-Policy"); got != "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; sandbox" {
		t.Errorf("policy of the HTML part: %q", got)
	}
	for path, want := range map[string]int{"/demo/mail/2": 404, "/demo/mail/x": 404, "/demo/mail/2/html": 404, "/demo": 303, "/demo/nothing": 404} {
		if w := visit(h, http.MethodGet, path, "none", nil); w.Code != want {
			t.Errorf("%s: %d, want %d", path, w.Code, want)
		}
	}
}

func TestConsoleMovesTheClockAndTheWorld(t *testing.T) {
	l, clock := startLab(t, smallWorld())
	h := l.Console(lab.ConsoleOptions{BasePath: "/demo", Advance: clock.Advance, Speed: func() string { return "1 day a minute" }})
	post := func(path, site string, form url.Values) int {
		return visit(h, http.MethodPost, path, site, form).Code
	}
	if got := post("/demo/advance", "cross-site", url.Values{"days": {"1"}}); got != http.StatusForbidden || !clock.Now().Equal(start) {
		t.Errorf("another site moves the clock: %d", got)
	}
	for _, days := range []string{"0", "-1", "x", "1000"} {
		if got := post("/demo/advance", "same-origin", url.Values{"days": {days}}); got != http.StatusBadRequest {
			t.Errorf("days=%s: %d", days, got)
		}
	}
	if got := post("/demo/advance", "same-origin", url.Values{"days": {"30"}}); got != http.StatusSeeOther || clock.Now().Sub(start) != 30*24*time.Hour {
		t.Errorf("%d, %s", got, clock.Now())
	}
	page := func() string { return visit(h, http.MethodGet, "/demo/domains", "none", nil).Body.String() }
	if body := page(); !strings.Contains(body, "autoRenewPeriod") || !strings.Contains(body, "1 day a minute") || strings.Contains(body, "labdns") {
		t.Errorf("\n%s", body)
	}
	for _, step := range []struct {
		action string
		code   int
		shows  string
	}{{"renew", 303, "1 Dec 2027"}, {"break", 303, "/domains/bakery.lab/repair"}, {"repair", 303, "/domains/bakery.lab/break"}, {"burn", 404, ""}} {
		got := post("/demo/domains/bakery.lab/"+step.action, "same-origin", nil)
		if got != step.code || !strings.Contains(page(), step.shows) {
			t.Errorf("%s: %d\n%s", step.action, got, page())
		}
	}
	if got := post("/demo/domains/nobody.lab/renew", "same-origin", nil); got != http.StatusConflict {
		t.Errorf("renewing nobody: %d", got)
	}
	still := l.Console(lab.ConsoleOptions{})
	if w := visit(still, http.MethodPost, "/advance", "same-origin", url.Values{"days": {"1"}}); w.Code != http.StatusNotImplemented {
		t.Errorf("a clock that cannot be moved: %d", w.Code)
	}
	if w := visit(still, http.MethodGet, "/", "none", nil); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "No mail yet") {
		t.Errorf("empty inbox: %d", w.Code)
	}
}
