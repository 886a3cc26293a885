package rdap_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/monitor/guard"
	"github.com/krestmarketing/deedwatch/monitor/rdap"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// registry starts an RDAP server and a client that asks it about *.lab.
func registry(t *testing.T, allowPrivate bool, h http.HandlerFunc) (*rdap.Client, *httptest.Server) {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	hc := guard.New(allowPrivate).HTTPClient(guard.HTTPOptions{Timeout: 10 * time.Second})
	t.Cleanup(hc.CloseIdleConnections)
	c, err := rdap.New(rdap.Options{HTTP: hc, Overrides: map[string]string{"lab": srv.URL + "/rdap"}, Timeout: 10 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	return c, srv
}

func answer(name string) string {
	return fmt.Sprintf(`{"objectClassName":"domain","ldhName":%q,"events":[{"eventAction":"expiration","eventDate":"2027-05-06T00:00:00Z"}]}`, name)
}

func TestLookAsksTheRegistry(t *testing.T) {
	c, srv := registry(t, true, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/rdap/domain/xn--bckerei-5wa.lab" || !strings.HasPrefix(r.Header.Get("Accept"), rdap.MediaType) || r.Header.Get("User-Agent") == "" {
			t.Errorf("asked %s with %v", r.URL, r.Header)
		}
		w.Header().Set("Content-Type", rdap.MediaType)
		_, _ = io.WriteString(w, answer("xn--bckerei-5wa.lab"))
	})
	look := c.Look(t.Context(), "Bäckerei.lab.")
	if look.Outcome != models.OutcomeOK || look.Facts.ExpiresAt == nil || look.Kind != models.LookRDAP || look.Took <= 0 {
		t.Fatalf("%+v", look)
	}
	if want := srv.URL + "/rdap/domain/xn--bckerei-5wa.lab"; look.Server != want || look.ContentType != rdap.MediaType || len(look.Evidence) == 0 {
		t.Errorf("server %q, content type %q", look.Server, look.ContentType)
	}
}

func TestLookWithoutAServerIsUnsupported(t *testing.T) {
	c, _ := registry(t, true, func(http.ResponseWriter, *http.Request) { t.Error("asked") })
	if look := c.Look(t.Context(), "a.nowhere-test"); look.Outcome != models.OutcomeUnsupported {
		t.Errorf("%+v", look)
	}
	for _, bad := range []string{"", "a..lab", "a.lab\r\nHost: x", strings.Repeat("x", 300) + ".lab"} {
		if look := c.Look(t.Context(), bad); look.Outcome != models.OutcomeInvalid || strings.ContainsAny(look.Domain, "\r\n") {
			t.Errorf("%q: %+v", bad, look)
		}
	}
}

func TestHostileServers(t *testing.T) {
	release := make(chan struct{})
	t.Cleanup(func() { close(release) })
	for _, c := range []struct {
		why    string
		serve  http.HandlerFunc
		want   models.Outcome
		detail string
	}{
		{"10 MB of JSON", func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, `{"objectClassName":"domain","ldhName":"a.lab","remarks":"`+strings.Repeat("x", 10<<20)+`"}`)
		}, models.OutcomeUnparsed, "longer than"},
		{"an endless body", func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				if _, err := io.WriteString(w, strings.Repeat("x", 4096)); err != nil {
					return
				}
			}
		}, models.OutcomeUnparsed, "longer than"},
		{"a body that never ends in time", func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, "{")
			w.(http.Flusher).Flush()
			select {
			case <-r.Context().Done():
			case <-release:
			}
		}, models.OutcomeTimeout, "deadline"},
		{"a redirect loop", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/rdap/domain/again", http.StatusFound)
		}, models.OutcomeRefused, "redirects"},
		{"a redirect to a file", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "file:///etc/passwd")
			w.WriteHeader(http.StatusFound)
		}, models.OutcomeRefused, "scheme"},
		{"a connection that breaks", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, models.OutcomeUnreachable, ""},
		{"HTML and control characters", func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "<script>\x00\x1b[31m\r\n</script>")
		}, models.OutcomeUnparsed, "not JSON"},
	} {
		t.Run(c.why, func(t *testing.T) {
			client, _ := registry(t, true, c.serve)
			ctx := t.Context()
			if c.want == models.OutcomeTimeout {
				var cancel context.CancelFunc
				ctx, cancel = context.WithTimeout(ctx, 300*time.Millisecond)
				defer cancel()
			}
			look := client.Look(ctx, "a.lab")
			if look.Outcome != c.want || !strings.Contains(look.Detail, c.detail) || look.Facts != nil {
				t.Errorf("%s: %s", look.Outcome, look.Detail)
			}
			if len(look.Evidence) > models.MaxEvidence || strings.ContainsAny(look.Detail, "\r\n\x00\x1b") {
				t.Errorf("%d bytes kept, detail %q", len(look.Evidence), look.Detail)
			}
		})
	}
}

func TestPrivateAddressesAreRefused(t *testing.T) {
	c, _ := registry(t, false, func(http.ResponseWriter, *http.Request) { t.Error("the loopback server was reached") })
	look := c.Look(t.Context(), "a.lab")
	if look.Outcome != models.OutcomeRefused || !strings.Contains(look.Detail, guard.Setting) {
		t.Errorf("%s: %s", look.Outcome, look.Detail)
	}
	for _, address := range []string{"http://169.254.169.254/latest/meta-data/", "http://[::1]/domain/a.lab", "http://10.0.0.1/domain/a.lab"} {
		if look := c.LookRelated(t.Context(), "a.lab", address); look.Outcome != models.OutcomeRefused || look.Kind != models.LookRegistrarRDAP {
			t.Errorf("%s: %s %s", address, look.Outcome, look.Detail)
		}
	}
}

func TestRelatedLookStatesTheRegistrarsDate(t *testing.T) {
	c, srv := registry(t, true, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, answer("a.lab")) })
	look := c.LookRelated(t.Context(), "a.lab", srv.URL+"/domain/a.lab")
	if look.Outcome != models.OutcomeOK || look.Facts.ExpiresAt != nil || look.Facts.RegistrarExpiresAt == nil {
		t.Errorf("%+v", look.Facts)
	}
	for _, bad := range []string{"", "javascript:1", "https://u:p@x.lab/", "//x"} {
		if look := c.LookRelated(t.Context(), "a.lab", bad); look.Outcome != models.OutcomeUnsupported {
			t.Errorf("%q: %s", bad, look.Outcome)
		}
	}
}

func TestCancelledLookIsNoAnswer(t *testing.T) {
	c, _ := registry(t, true, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if look := c.Look(ctx, "a.lab"); look.Outcome != models.OutcomeTimeout {
		t.Errorf("%s: %s", look.Outcome, look.Detail)
	}
}
