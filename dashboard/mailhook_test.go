package dashboard_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/krestmarketing/deedwatch/dashboard"
)

// fakeHooks remembers what it was given.
type fakeHooks struct {
	got    []string
	status int
}

func (f *fakeHooks) Receive(_ context.Context, name string, header http.Header, body []byte) int {
	f.got = append(f.got, name+" "+header.Get("Webhook-Id")+" "+string(body[:min(len(body), 20)]))
	return f.status
}

func postHook(t *testing.T, s *site, path, body string) (status int, text string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.web.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Webhook-Id", "e1")
	resp, err := s.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(b)
}

func TestMailServicesPostWithoutASession(t *testing.T) {
	hooks := &fakeHooks{status: http.StatusOK}
	s := newSite(t, func(o *dashboard.Options) { o.MailHooks = hooks })
	if status, text := postHook(t, s, "/hooks/mail/relay", `{"a":1}`); status != http.StatusOK || text != "OK\n" {
		t.Errorf("got %d %q", status, text)
	}
	if len(hooks.got) != 1 || hooks.got[0] != `relay e1 {"a":1}` {
		t.Errorf("handed over: %q", hooks.got)
	}
	hooks.status = http.StatusUnauthorized
	if status, _ := postHook(t, s, "/hooks/mail/relay", "forged"); status != http.StatusUnauthorized {
		t.Errorf("a forged request: %d", status)
	}
	if status, _ := postHook(t, s, "/hooks/mail/relay", strings.Repeat("x", 512<<10)); status != http.StatusUnauthorized {
		t.Errorf("half a megabyte is more than a form may send and less than a service may: %d", status)
	}
	if status, _ := postHook(t, s, "/hooks/mail/relay", strings.Repeat("x", 1<<20+1)); status != http.StatusRequestEntityTooLarge {
		t.Errorf("too much: %d", status)
	}
	if len(s.store.written()) != 0 {
		t.Errorf("written: %v", s.store.written())
	}
}

func TestMailHooksAreBounded(t *testing.T) {
	hooks := &fakeHooks{status: http.StatusOK}
	s := newSite(t, func(o *dashboard.Options) { o.MailHooks = hooks })
	for range 300 {
		postHook(t, s, "/hooks/mail/relay", "{}")
	}
	if status, _ := postHook(t, s, "/hooks/mail/relay", "{}"); status != http.StatusTooManyRequests || len(hooks.got) != 300 {
		t.Errorf("the 301st at once: %d, %d handed over", status, len(hooks.got))
	}
	plain := newSite(t)
	if status, _ := postHook(t, plain, "/hooks/mail/relay", "{}"); status != http.StatusNotFound {
		t.Errorf("without any mail service: %d", status)
	}
}
