package lab_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/krestmarketing/deedwatch/lab"
)

// A quota refuses what is too much, goes on refusing for as long as it said, and then answers again.
func TestQuota(t *testing.T) {
	steps := []struct {
		advance time.Duration
		refused string // Retry-After of the refusal; empty: answered
		why     string
	}{
		{0, "", "the first of three"},
		{time.Second, "", "the second"},
		{time.Second, "", "the third"},
		{8 * time.Second, "", "the first one is ten seconds old"},
		{0, "10", "three within ten seconds"},
		{9500 * time.Millisecond, "1", "half a second is left, which is told as a whole one"},
		{500 * time.Millisecond, "", "the time is over"},
		{0, "", "and nothing of it counts any more"},
	}
	l, clock := startLab(t, smallWorld())
	l.SetRDAPFault("lab", lab.RDAPFault{Kind: lab.RDAPQuota, Allow: 3, Within: 10 * time.Second})
	l.SetWHOISFault("shoplab", lab.WHOISFault{Kind: lab.WHOISQuota, Allow: 3, Within: 10 * time.Second})
	for _, s := range steps {
		clock.Advance(s.advance)
		want := http.StatusOK
		if s.refused != "" {
			want = http.StatusTooManyRequests
		}
		resp, _, err := get(t, http.MethodGet, l.Endpoints().RDAPOverrides["lab"]+"domain/bakery.lab")
		must(t, err)
		if resp.StatusCode != want || resp.Header.Get("Retry-After") != s.refused {
			t.Errorf("%s: %d, Retry-After %q; want %d, %q", s.why, resp.StatusCode, resp.Header.Get("Retry-After"), want, s.refused)
		}
		text, err := whois(t, l.Endpoints().WHOISServers["shoplab"], "bakery.shoplab")
		must(t, err)
		if refused := strings.Contains(text, "Query limit exceeded"); refused != (s.refused != "") {
			t.Errorf("%s: WHOIS said %q", s.why, text)
		}
	}
}

func TestJournalCountsConnections(t *testing.T) {
	c := newClock()
	l, err := lab.Start(t.Context(), smallWorld(), lab.Options{Now: c.Now, Journal: 3})
	must(t, err)
	defer func() { must(t, l.Close()) }()
	kept := &http.Client{Transport: &http.Transport{}}
	defer kept.CloseIdleConnections()
	const questions = 5
	for range questions {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodHead, l.Endpoints().RDAPOverrides["lab"]+"domain/bakery.lab", nil)
		must(t, err)
		resp, err := kept.Do(req)
		must(t, err)
		must(t, resp.Body.Close())
	}
	if got := l.Counter(lab.KindRDAP, "lab"); got.Requests != questions || got.Connections != 1 {
		t.Errorf("over one connection: %+v", got)
	}
	if _, _, err := get(t, http.MethodGet, l.Endpoints().RDAPOverrides["lab"]+"help"); err != nil {
		t.Fatal(err)
	}
	if got := l.Counter(lab.KindRDAP, "lab"); got.Connections != 2 {
		t.Errorf("with another connection: %+v", got)
	}
	if n := len(l.Journal()); n != 3 {
		t.Errorf("the journal keeps %d entries", n)
	}
}
