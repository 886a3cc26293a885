package rdap_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/monitor/guard"
	"github.com/krestmarketing/deedwatch/monitor/rdap"
)

func serve(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	return srv.URL
}

func TestAnotherServerMayAnswer(t *testing.T) {
	for _, c := range []struct {
		why    string
		target http.HandlerFunc
		want   models.Outcome
		detail string
	}{
		{"it knows the name", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, answer("a.lab")) }, models.OutcomeOK, "registered; answered by 127.0.0.1:"},
		{"it knows another", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, answer("b.lab")) }, models.OutcomeUnparsed, "another domain: b.lab; answered by"},
		{"it says in RDAP that there is none", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusNotFound)
			_, _ = io.WriteString(w, `{"errorCode":404}`)
		}, models.OutcomeAbsent, "answered by"},
		{"it has a bare 404", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) }, models.OutcomeUnparsed, "bare 404"},
		{"it is a web page", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>log in</html>") }, models.OutcomeUnparsed, "not JSON"},
	} {
		t.Run(c.why, func(t *testing.T) {
			target := serve(t, c.target)
			client, srv := registry(t, true, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, target+r.URL.Path, http.StatusFound) })
			look := client.Look(t.Context(), "a.lab")
			if look.Outcome != c.want || !strings.Contains(look.Detail, c.detail) {
				t.Errorf("%s: %s", look.Outcome, look.Detail)
			}
			if want := srv.URL + "/rdap/domain/a.lab"; look.Server != want {
				t.Errorf("server %q, want the one that was asked, %q", look.Server, want)
			}
		})
	}
}

func TestARedirectThatAsksToWaitIsNotFollowed(t *testing.T) {
	for _, c := range []struct {
		why, wait string
		want      models.Outcome
	}{{"a minute", "60", models.OutcomeThrottled}, {"at once", "0", models.OutcomeOK}, {"nonsense", "soon", models.OutcomeOK}} {
		target := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			if c.want == models.OutcomeThrottled {
				t.Error("followed")
			}
			_, _ = io.WriteString(w, answer("a.lab"))
		})
		client, _ := registry(t, true, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Retry-After", c.wait)
			http.Redirect(w, r, target, http.StatusTemporaryRedirect)
		})
		look := client.Look(t.Context(), "a.lab")
		if look.Outcome != c.want || (look.RetryAfter == time.Minute) != (c.want == models.OutcomeThrottled) {
			t.Errorf("%s: %s %s %s", c.why, look.Outcome, look.RetryAfter, look.Detail)
		}
	}
}

func TestRedirectsThatLeadNowhere(t *testing.T) {
	var hops atomic.Int32
	for _, c := range []struct {
		why, location string
		want          models.Outcome
		most          int32
	}{
		{"to itself", "/rdap/domain/a.lab", models.OutcomeRefused, 5},
		{"without an address", "", models.OutcomeUnparsed, 1},
		{"to credentials", "http://u:p@127.0.0.1:1/", models.OutcomeRefused, 1},
		{"to another protocol", "ftp://127.0.0.1/a", models.OutcomeRefused, 1},
		{"to no host", "http:///domain/a.lab", models.OutcomeRefused, 1},
		{"to an address that is none", "http://[::1/", models.OutcomeUnreachable, 1},
	} {
		hops.Store(0)
		client, _ := registry(t, true, func(w http.ResponseWriter, _ *http.Request) {
			hops.Add(1)
			if c.location != "" {
				w.Header().Set("Location", c.location)
			}
			w.WriteHeader(http.StatusFound)
		})
		if look := client.Look(t.Context(), "a.lab"); look.Outcome != c.want || hops.Load() > c.most || look.Facts != nil {
			t.Errorf("%s: %s after %d requests: %s", c.why, look.Outcome, hops.Load(), look.Detail)
		}
	}
}

// scripted plays the network: the first request is redirected, everything else is noted and answered.
type scripted struct {
	location string
	asked    []*url.URL
}

func (s *scripted) RoundTrip(r *http.Request) (*http.Response, error) {
	s.asked = append(s.asked, r.URL)
	resp := &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Request: r, Body: io.NopCloser(strings.NewReader(answer("a.lab")))}
	if len(s.asked) == 1 {
		resp.StatusCode = http.StatusFound
		resp.Header["Location"] = []string{s.location}
	}
	return resp, nil
}

// Whatever a server redirects to: nothing but https is asked after https, never with credentials, and the look ends.
func FuzzRedirect(f *testing.F) {
	for _, s := range []string{"/x", "https://b.lab/domain/a.lab", "http://b.lab/", "//b.lab", "https://u:p@b.lab/", "file:///etc/passwd", "https://b.lab:99999/", "?x", "", "https://%00/", "javascript:1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, location string) {
		script := &scripted{location: location}
		hc := guard.New(false).HTTPClient(guard.HTTPOptions{})
		hc.Transport = script
		c, err := rdap.New(rdap.Options{HTTP: hc, Bootstrap: "https://servers.lab/", Overrides: map[string]string{"lab": "https://a.lab/"}})
		if err != nil {
			t.Fatal(err)
		}
		look := c.Look(t.Context(), "a.lab")
		for _, u := range script.asked {
			if u.Scheme != "https" || u.User != nil || u.Hostname() == "" {
				t.Errorf("asked %s", u)
			}
		}
		if len(script.asked) > 6 || strings.ContainsAny(look.Detail, "\r\n\x00") || look.Server != "https://a.lab/domain/a.lab" {
			t.Errorf("%d requests, server %q, %q", len(script.asked), look.Server, look.Detail)
		}
	})
}

func TestCompressedAnswers(t *testing.T) {
	zipped := func(text string, times int) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
				t.Error("gzip is not asked for")
			}
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			for range times {
				_, _ = io.WriteString(z, text)
			}
			_ = z.Close()
		}
	}
	for _, c := range []struct {
		why    string
		serve  http.HandlerFunc
		want   models.Outcome
		detail string
	}{
		{"an answer", zipped(answer("a.lab"), 1), models.OutcomeOK, ""},
		{"a bomb of 64 MB", zipped(strings.Repeat(" ", 1<<20), 64), models.OutcomeUnparsed, "longer than"},
		{"not compressed though it says so", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = io.WriteString(w, answer("a.lab"))
		}, models.OutcomeUnreachable, "gzip"},
		{"a whole mebibyte", func(w http.ResponseWriter, _ *http.Request) {
			text := answer("a.lab")
			_, _ = io.WriteString(w, text+strings.Repeat(" ", 1<<20-len(text)))
		}, models.OutcomeOK, ""},
		{"a byte more", func(w http.ResponseWriter, _ *http.Request) {
			text := answer("a.lab")
			_, _ = io.WriteString(w, text+strings.Repeat(" ", 1<<20-len(text)+1))
		}, models.OutcomeUnparsed, "longer than"},
	} {
		t.Run(c.why, func(t *testing.T) {
			client, _ := registry(t, true, c.serve)
			if look := client.Look(t.Context(), "a.lab"); look.Outcome != c.want || !strings.Contains(look.Detail, c.detail) {
				t.Errorf("%s: %s", look.Outcome, look.Detail)
			}
		})
	}
}
