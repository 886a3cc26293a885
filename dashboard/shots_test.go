//go:build shots

package dashboard_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

// TestShots takes a picture of every page at the width of a desk and of a phone. It is no test but a tool: with the build tag shots, into the folder that DEEDWATCH_SHOTS names;
// DEEDWATCH_CHROMIUM may name the browser.
func TestShots(t *testing.T) {
	dir := os.Getenv("DEEDWATCH_SHOTS")
	if dir == "" {
		t.Fatal("set DEEDWATCH_SHOTS to a folder to take pictures of the pages")
	}
	if err := os.MkdirAll(dir, 0o750); err != nil {
		t.Fatal(err)
	}
	s := newSite(t)
	fillSample(s.store)
	s.as(models.UserAdmin)
	at, err := url.Parse(s.web.URL)
	if err != nil {
		t.Fatal(err)
	}
	cookie := s.client.Jar.Cookies(at)[0]

	// The browser has no session: a proxy in front of the server adds the cookie.
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(at)
		r.Out.AddCookie(&http.Cookie{Name: cookie.Name, Value: cookie.Value})
	}}
	front := httptest.NewServer(proxy)
	t.Cleanup(front.Close)

	for name, address := range map[string]string{
		"today": front.URL + "/", "domains": front.URL + "/domains", "domains-picked": front.URL + "/domains?select=all&group=soon",
		"nomatch": front.URL + "/domains?q=zzz&state=redemption&client=1", "domain": front.URL + "/domains/harborlinedental.example",
		"domain-lapsed": front.URL + "/domains/brightwaterspa.example", "domain-unknown": front.URL + "/domains/xn--kessler-tren-llb.example",
		"observation": front.URL + "/observations/1", "clients": front.URL + "/clients", "client": front.URL + "/clients/1", "notices": front.URL + "/notices",
		"access": front.URL + "/access", "notfound": front.URL + "/nothing", "login": s.web.URL + "/login",
		"portal": s.web.URL + "/c/link-1", "portal-confirm": s.web.URL + "/c/link-1/confirm?domain=harborlinedental.example", "portal-bad": s.web.URL + "/c/nonsense",
	} {
		for width, suffix := range map[int]string{1440: "d", 390: "v"} {
			shoot(t, address, filepath.Join(dir, name+"-"+suffix+".png"), width)
		}
	}
}

// shoot has a headless browser take a picture of an address.
func shoot(t *testing.T, address, file string, width int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	browser := os.Getenv("DEEDWATCH_CHROMIUM")
	if browser == "" {
		browser = "chromium"
	}
	cmd := exec.CommandContext(ctx, browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--user-data-dir="+t.TempDir(),
		"--screenshot="+file, fmt.Sprintf("--window-size=%d,%d", width, 2400), address)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("take a picture of %s: %v\n%s", address, err, out)
	}
}
