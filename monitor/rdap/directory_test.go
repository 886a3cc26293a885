package rdap_test

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/krestmarketing/deedwatch/monitor/rdap"
)

// registryOf is a registry of n suffixes with one server.
func registryOf(n int, base string) string {
	var suffixes []string
	for i := range n {
		suffixes = append(suffixes, fmt.Sprintf("%q", fmt.Sprintf("s%d", i)))
	}
	return fmt.Sprintf(`{"publication":"2026-11-01T00:00:00Z","services":[[[%s],[%q]]]}`, strings.Join(suffixes, ","), base)
}

func TestAShrunkenRegistryIsNotBelieved(t *testing.T) {
	src := &source{status: 200, body: registryOf(100, "https://one.example/")}
	srv := httptest.NewServer(src)
	t.Cleanup(srv.Close)
	clock := now
	c := bootstrapClient(t, rdap.Options{Bootstrap: srv.URL, Clock: func() time.Time { return clock }})
	for _, step := range []struct {
		why, body string
		refused   bool
		want      string
	}{
		{"the first", registryOf(100, "https://one.example/"), false, "https://one.example/"},
		{"half as many and one less", registryOf(49, "https://two.example/"), true, "https://one.example/"},
		{"half as many", registryOf(50, "https://three.example/"), false, "https://three.example/"},
		{"cut off", registryOf(100, "https://four.example/")[:200], true, "https://three.example/"},
		{"no servers", `{"services":[[["s1"],["ftp://x"]]]}`, true, "https://three.example/"},
		{"longer than can be", registryOf(100, "https://four.example/") + strings.Repeat(" ", 1<<20), true, "https://three.example/"},
	} {
		src.set(200, step.body)
		clock = clock.Add(25 * time.Hour)
		if err := c.Refresh(t.Context()); (err != nil) != step.refused {
			t.Errorf("%s: %v", step.why, err)
		}
		if got, _ := c.Server("a.s1"); got != step.want {
			t.Errorf("%s: server %q, want %q", step.why, got, step.want)
		}
	}
}

func TestAnotherProcessHasFetchedAlready(t *testing.T) {
	src := &source{status: 200, body: smallRegistry}
	srv := httptest.NewServer(src)
	t.Cleanup(srv.Close)
	clock := now
	options := rdap.Options{Bootstrap: srv.URL, CachePath: filepath.Join(t.TempDir(), "rdap.json"), Clock: func() time.Time { return clock }}
	one, two := bootstrapClient(t, options), bootstrapClient(t, options)
	for i := range 5 {
		for _, c := range []*rdap.Client{one, two} {
			if err := c.Refresh(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got, _ := c.Server("a.lab"); got != "https://one.example/" {
				t.Fatalf("server %q", got)
			}
		}
		if asked := src.full.Load() + src.unchanged.Load(); asked != int32(i+1) {
			t.Fatalf("asked %d times in %d days", asked, i+1)
		}
		clock = clock.Add(25 * time.Hour)
	}
	if one.Directory().State().Origin != rdap.FromNetwork || two.Directory().State().Origin != rdap.FromDisk {
		t.Errorf("%+v, %+v", one.Directory().State(), two.Directory().State())
	}
}

// A copy with a time ahead of ours was written before the clock was set back: it serves, and is fetched anew.
func TestTheClockWasSetBack(t *testing.T) {
	src := &source{status: 200, body: `{"services":[[["lab"],["https://two.example/"]]]}`}
	srv := httptest.NewServer(src)
	t.Cleanup(srv.Close)
	cache := filepath.Join(t.TempDir(), "rdap.json")
	write(t, cache, fmt.Sprintf(`{"source":%q,"checked_at":"2030-01-01T00:00:00Z","registry":%s}`, srv.URL, smallRegistry))
	c := bootstrapClient(t, rdap.Options{Bootstrap: srv.URL, CachePath: cache, Clock: func() time.Time { return now }})
	if got, _ := c.Server("a.lab"); got != "https://one.example/" {
		t.Errorf("before: %q", got)
	}
	if err := c.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got, _ := c.Server("a.lab"); got != "https://two.example/" {
		t.Errorf("after: %q", got)
	}
	content, err := os.ReadFile(cache)
	var kept struct {
		CheckedAt time.Time `json:"checked_at"`
	}
	if err != nil || json.Unmarshal(content, &kept) != nil || !kept.CheckedAt.Equal(now) {
		t.Errorf("%v: %s", err, content)
	}
}

func TestStateTellsWhereTheListCameFrom(t *testing.T) {
	src := &source{status: 200, body: registryOf(3, "https://one.example/")}
	srv := httptest.NewServer(src)
	t.Cleanup(srv.Close)
	dir := t.TempDir()
	file, cache := filepath.Join(dir, "dns.json"), filepath.Join(dir, "kept.json")
	write(t, file, registryOf(5, "https://file.example/"))
	clock := func() time.Time { return now }
	check := func(why string, c *rdap.Client, want rdap.State) {
		t.Helper()
		if got := c.Directory().State(); got != want {
			t.Errorf("%s: %+v, want %+v", why, got, want)
		}
	}
	seeded := bootstrapClient(t, rdap.Options{Clock: clock, Overrides: map[string]string{"com": "https://x.example/", "mine.com": "https://y.example/"}})
	state := seeded.Directory().State()
	if state.Origin != rdap.FromSeed || state.Source != rdap.IANABootstrap || state.Published == "" || !state.CheckedAt.IsZero() || state.Suffixes < 1100 || state.Overrides != 2 {
		t.Errorf("the seed: %+v", state)
	}
	if d := seeded.Directory(); !d.Overridden("a.mine.com") || !d.Overridden("com") || d.Overridden("a.org") || d.Overridden("") {
		t.Error("overridden names")
	}
	check("a file", bootstrapClient(t, rdap.Options{Bootstrap: file, Clock: clock}), rdap.State{Origin: rdap.FromFile, Source: file, Published: "2026-11-01", CheckedAt: now, Suffixes: 5})
	options := rdap.Options{Bootstrap: srv.URL, CachePath: cache, Clock: clock}
	fetching := bootstrapClient(t, options)
	check("never reached", fetching, rdap.State{Origin: rdap.FromNothing, Source: srv.URL})
	if err := fetching.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	check("fetched", fetching, rdap.State{Origin: rdap.FromNetwork, Source: srv.URL, Published: "2026-11-01", CheckedAt: now, Suffixes: 3})
	check("from disk", bootstrapClient(t, options), rdap.State{Origin: rdap.FromDisk, Source: srv.URL, Published: "2026-11-01", CheckedAt: now, Suffixes: 3})
}
