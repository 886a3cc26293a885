package rdap_test

import (
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/krestmarketing/deedwatch/monitor/guard"
	"github.com/krestmarketing/deedwatch/monitor/rdap"
)

func bootstrapClient(t *testing.T, o rdap.Options) *rdap.Client {
	t.Helper()
	o.HTTP = guard.New(true).HTTPClient(guard.HTTPOptions{})
	t.Cleanup(o.HTTP.CloseIdleConnections)
	c, err := rdap.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestSeedCoversTheMainSuffixes(t *testing.T) {
	c := bootstrapClient(t, rdap.Options{})
	if n := len(c.Directory().Suffixes()); n < 60 {
		t.Errorf("only %d suffixes", n)
	}
	for _, name := range []string{"a.com", "a.net", "a.org", "a.info", "a.co.uk", "a.fr", "a.nl", "a.cz", "a.br", "a.ca", "a.com.au", "a.app", "a.xyz", "a.de"} {
		if base, ok := c.Server(name); !ok || !strings.HasPrefix(base, "https://") || !strings.HasSuffix(base, "/") {
			t.Errorf("%s: %q %v", name, base, ok)
		}
	}
}

func TestLongestSuffixAndOverridesWin(t *testing.T) {
	file := filepath.Join(t.TempDir(), "dns.json")
	write(t, file, `{"services":[[["lab","shop.lab"],["http://plain.example","https://lab.example"]],[["UK."],["https://uk.example/"]],[["bad"],["ftp://x"]],[["odd"]]]}`)
	c := bootstrapClient(t, rdap.Options{Bootstrap: file, Overrides: map[string]string{"co.uk": "http://127.0.0.1:1/x"}})
	for name, want := range map[string]string{
		"a.lab": "https://lab.example/", "a.b.lab": "https://lab.example/", "a.uk": "https://uk.example/", "a.co.uk": "http://127.0.0.1:1/x/",
		"a.bad": "", "a.com": "", "lab": "https://lab.example/", "": "", "xlab": "",
	} {
		if got, ok := c.Server(name); got != want || ok != (want != "") {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}

// Names sold below com and org have a registry of their own: the servers of com and org know nothing of them.
func TestRegistriesBelowAnother(t *testing.T) {
	src := &source{status: 200, body: strings.Replace(registryOf(700, "https://x.example/"), `"s0"`, `"com","org","in"`, 1)}
	srv := httptest.NewServer(src)
	t.Cleanup(srv.Close)
	seeded := rdap.Options{Apart: []string{"eu.org", "UK.com.", "mine.in"}, Overrides: map[string]string{"in": "https://in.example/", "deep.mine.in": "https://deep.example/"}}
	c := bootstrapClient(t, seeded)
	for name, want := range map[string]string{
		"a.uk.com": "https://rdap.centralnic.com/uk.com/", "a.com": "https://rdap.verisign.com/com/v1/",
		"a.eu.org": "", "b.a.eu.org": "", "aeu.org": "https://rdap.publicinterestregistry.org/rdap/",
		"a.mine.in": "", "a.deep.mine.in": "https://deep.example/", "a.in": "https://in.example/",
	} {
		if got, ok := c.Server(name); (ok && got != want) || ok != (want != "") {
			t.Errorf("%s: %q %v, want %q", name, got, ok, want)
		}
	}
	fetched := bootstrapClient(t, rdap.Options{Bootstrap: srv.URL, Apart: []string{"uk.com"}})
	if err := fetched.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got, ok := fetched.Server("a.uk.com"); ok {
		t.Errorf("without the seed: %q", got)
	}
	if got, ok := fetched.Server("a.com"); !ok || got != "https://x.example/" {
		t.Errorf("com: %q", got)
	}
}

// The fetched registry wins for a suffix that both know, and does not hide a longer one of the seed.
func TestTheFetchedRegistryAndTheSeed(t *testing.T) {
	cache := filepath.Join(t.TempDir(), "rdap.json")
	write(t, cache, fmt.Sprintf(`{"source":%q,"checked_at":%q,"registry":{"services":[[["com","lab"],["https://new.example/"]]]}}`, rdap.IANABootstrap, now.Format(time.RFC3339)))
	c := bootstrapClient(t, rdap.Options{CachePath: cache})
	for name, want := range map[string]string{
		"a.com": "https://new.example/", "a.lab": "https://new.example/", "a.uk.com": "https://rdap.centralnic.com/uk.com/", "a.org": "https://rdap.publicinterestregistry.org/rdap/",
	} {
		if got, _ := c.Server(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

func TestBadOptionsAreNamed(t *testing.T) {
	for _, o := range []rdap.Options{
		{Overrides: map[string]string{"com": "ftp://x"}},
		{Overrides: map[string]string{"c om": "https://x"}},
		{Overrides: map[string]string{"com": "https://x/?q=1"}},
		{Bootstrap: filepath.Join(t.TempDir(), "missing.json")},
	} {
		if _, err := rdap.New(o); err == nil {
			t.Errorf("%+v was accepted", o)
		}
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// source is a registry file on the network that counts what it is asked.
type source struct {
	full, unchanged atomic.Int32
	mu              sync.Mutex
	body            string
	status          int
}

func (s *source) set(status int, body string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.status, s.body = status, body
}

func (s *source) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	tag := fmt.Sprintf(`"%x"`, sha256.Sum256([]byte(s.body)))
	if r.Header.Get("If-None-Match") == tag && s.status == http.StatusOK {
		s.unchanged.Add(1)
		w.WriteHeader(http.StatusNotModified)
		return
	}
	s.full.Add(1)
	w.Header().Set("ETag", tag)
	w.WriteHeader(s.status)
	_, _ = io.WriteString(w, s.body)
}

const smallRegistry = `{"services":[[["lab"],["https://one.example/"]]]}`

func TestRefreshDailyAndKeepTheLastGood(t *testing.T) {
	src := &source{status: 200, body: smallRegistry}
	srv := httptest.NewServer(src)
	t.Cleanup(srv.Close)
	clock := now
	cache := filepath.Join(t.TempDir(), "deep", "rdap.json")
	options := rdap.Options{Bootstrap: srv.URL, CachePath: cache, Clock: func() time.Time { return clock }}
	c := bootstrapClient(t, options)
	refresh := func(wantErr bool) {
		t.Helper()
		if err := c.Refresh(t.Context()); (err != nil) != wantErr {
			t.Fatalf("refresh: %v", err)
		}
	}
	counts := func(full, unchanged int32) {
		t.Helper()
		if src.full.Load() != full || src.unchanged.Load() != unchanged {
			t.Fatalf("fetched %d times and confirmed %d times, want %d and %d", src.full.Load(), src.unchanged.Load(), full, unchanged)
		}
	}
	known := func(want string) {
		t.Helper()
		if got, _ := c.Server("a.lab"); got != want {
			t.Fatalf("server %q, want %q", got, want)
		}
	}
	known("")
	refresh(false)
	known("https://one.example/")
	clock = clock.Add(23 * time.Hour)
	refresh(false)
	counts(1, 0) // not before a day has passed

	clock = clock.Add(2 * time.Hour)
	refresh(false)
	counts(1, 1)

	c = bootstrapClient(t, options) // another process finds the copy on disk
	known("https://one.example/")
	refresh(false)
	counts(1, 1)

	for _, broken := range []struct {
		status int
		body   string
	}{{200, "<html>"}, {200, `{"services":[]}`}, {500, "x"}} {
		src.set(broken.status, broken.body)
		clock = clock.Add(25 * time.Hour)
		refresh(true)
		known("https://one.example/")
		refresh(false) // not again within the hour
	}
	src.set(200, `{"services":[[["lab"],["https://two.example/"]]]}`)
	clock = clock.Add(2 * time.Hour)
	refresh(false)
	known("https://two.example/")
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(cache), ".rdap-*")); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestABrokenCopyOnDiskIsIgnored(t *testing.T) {
	cache := filepath.Join(t.TempDir(), "rdap.json")
	write(t, cache, `{"source":"https://data.iana.org/rdap/dns.json","registry":{"services":`)
	c := bootstrapClient(t, rdap.Options{CachePath: cache})
	if _, ok := c.Server("a.com"); !ok {
		t.Error("the seed is not used")
	}
}

func TestLookupAndRefreshTogether(t *testing.T) {
	src := &source{status: 200, body: smallRegistry}
	srv := httptest.NewServer(src)
	t.Cleanup(srv.Close)
	var ticks atomic.Int64
	c := bootstrapClient(t, rdap.Options{Bootstrap: srv.URL, Clock: func() time.Time { return now.Add(time.Duration(ticks.Add(1)) * 25 * time.Hour) }})
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 20 {
				if err := c.Refresh(t.Context()); err != nil {
					t.Error(err)
				}
				c.Server("a.lab")
				c.Directory().Suffixes()
			}
		})
	}
	wg.Wait()
}
