package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"math"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/krestmarketing/deedwatch/configs"
	"github.com/krestmarketing/deedwatch/internal/pgtest"
	"github.com/krestmarketing/deedwatch/lab"
	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/monitor"
)

// benchStreams are surroundings in which the program can start itself again.
func benchStreams(out io.Writer) streams {
	return streams{out: out, err: os.Stderr, environ: append(os.Environ(), envProgram+"=1", configs.EnvPrefix+"LISTEN=nowhere")}
}

func TestSpread(t *testing.T) {
	tests := []struct {
		values []float64
		want   spread
		text   string
		why    string
	}{
		{nil, spread{}, "0.00", "nothing was measured"},
		{[]float64{1234.4}, spread{1234.4, 1234.4, 1234.4}, "1234", "one repetition has no spread"},
		{[]float64{30, 10, 20}, spread{20, 10, 30}, "20 (10–30)", "the middle one, whatever the order"},
		{[]float64{4, 1, 2, 3}, spread{2.5, 1, 4}, "2.50 (1.00–4.00)", "between the two middle ones; small figures keep their decimals"},
	}
	for _, tt := range tests {
		if got := spreadOf(tt.values); got != tt.want || got.String() != tt.text {
			t.Errorf("%v: %+v, %q (%s)", tt.values, got, got, tt.why)
		}
	}
}

func TestMeasureCountsThisProcess(t *testing.T) {
	var kept [][]byte
	c, err := measure(100, func() error {
		for range 100 {
			kept = append(kept, make([]byte, 10_000))
		}
		for end := processCPU() + 5*time.Millisecond; processCPU() < end; { // work
		}
		return nil
	})
	if err != nil || len(kept) != 100 {
		t.Fatal(err)
	}
	if perPiece := c.each(float64(c.bytes)); perPiece < 10_000 || perPiece > 20_000 {
		t.Errorf("%.0f bytes a piece", perPiece)
	}
	if c.cpuMicros() < 50 || c.cpu > c.wall*time.Duration(2*thisMachine().CPUs) {
		t.Errorf("%v of CPU in %v", c.cpu, c.wall)
	}
	failure := errors.New("broken")
	if _, err := measure(1, func() error { return failure }); !errors.Is(err, failure) {
		t.Error(err)
	}
}

func TestWatchMemorySeesWhatIsHeld(t *testing.T) {
	var kept []byte
	m, err := watchMemory(t.Context(), func() error {
		kept = bytes.Repeat([]byte("x"), 64<<20)
		sleep(t.Context(), 5*memoryEvery)
		return nil
	})
	if err != nil || len(kept) == 0 {
		t.Fatal(err)
	}
	if m.PeakHeap < 64<<20 || m.PeakRSS != 0 && m.PeakRSS < 64<<20 {
		t.Errorf("%+v", m)
	}
}

// The truth that is compared with is that of the lab, which computes its states by itself.
func TestPlantedTruthIsTheLabs(t *testing.T) {
	now := time.Date(2027, 3, 1, 17, 0, 0, 0, time.UTC)
	w, truth := plantRegistrations(2000, now)
	again, _ := plantRegistrations(2000, now)
	if diff := cmp.Diff(w, again); diff != "" {
		t.Error("two worlds of the same instant differ")
	}
	seen := map[models.Lifecycle]int{}
	for i, p := range truth {
		seen[p.lifecycle]++
		state := lab.GTLDLifecycle().At(w.Domains[i].Expires, now)
		want := map[models.Lifecycle]lab.State{
			models.LifecycleRegistered: lab.StateActive, models.LifecycleExpiring: lab.StateActive,
			models.LifecycleExpired: lab.StateAutoRenewGrace, models.LifecycleRedemption: lab.StateRedemption,
		}[p.lifecycle]
		near := p.expires.Sub(now) < 60*lab.Day
		if state != want || (p.lifecycle == models.LifecycleRegistered) == near || w.Domains[i].Name != p.name {
			t.Errorf("%s, expires %s, is planted as %s, and %s at the lab", p.name, p.expires, p.lifecycle, state)
		}
	}
	for _, l := range []models.Lifecycle{models.LifecycleRegistered, models.LifecycleExpiring, models.LifecycleExpired, models.LifecycleRedemption} {
		if seen[l] == 0 {
			t.Errorf("no name is %s", l)
		}
	}
}

func TestWrongLooksFailTheBench(t *testing.T) {
	expires := time.Date(2027, 5, 1, 11, 0, 0, 0, time.UTC)
	later := expires.Add(time.Second)
	b := &registrationBench{truth: map[string]planted{"a.alpha": {"a.alpha", expires, models.LifecycleExpiring}}}
	tests := []struct {
		look  models.Look
		wrong bool
		why   string
	}{
		{models.Look{Domain: "a.alpha", Outcome: models.OutcomeOK, Facts: &models.Facts{ExpiresAt: &expires}}, false, "the planted date"},
		{models.Look{Domain: "a.alpha", Outcome: models.OutcomeOK, Facts: &models.Facts{ExpiresAt: &later}}, true, "another date"},
		{models.Look{Domain: "a.alpha", Outcome: models.OutcomeOK, Facts: &models.Facts{}}, true, "no date"},
		{models.Look{Domain: "a.alpha", Outcome: models.OutcomeTimeout}, true, "no answer"},
	}
	for _, tt := range tests {
		err := b.right(&tt.look)
		if (err != nil) != tt.wrong || err != nil && exitCode(err, io.Discard) != exitProblems {
			t.Errorf("%s: %v", tt.why, err)
		}
	}
}

func TestBenchRefusesWhatItCannotMeasure(t *testing.T) {
	for _, args := range [][]string{
		{"--domains=1"},
		{"--domains=3000000"},
		{"--looks=-1"},
		{"--reps=0"},
		{"--reps=1000"},
		{"--postgres=mysql://x", "--domains=8", "--looks=4", "--reps=1"},
		{"--profile=" + t.TempDir(), "--domains=8", "--looks=4", "--reps=1"},
	} {
		var out bytes.Buffer
		s := benchStreams(&out)
		s.err = &bytes.Buffer{}
		if code := runContext(t.Context(), append([]string{"bench", "registration"}, args...), s); code != exitUsage || out.Len() > 0 {
			t.Errorf("%v: exit %d, printed %q", args, code, &out)
		}
	}
}

func TestWorldEndsWithWhoStartedIt(t *testing.T) {
	s := benchStreams(io.Discard)
	start := func(ctx context.Context) *benchWorld {
		w, err := startWorld(ctx, s, "registration", "--domains=16", "--now=2027-03-01T17:00:00Z")
		if err != nil {
			t.Fatal(err)
		}
		return w
	}
	w := start(t.Context())
	if len(w.Endpoints.RDAPOverrides) != 4 || len(w.Endpoints.WHOISServers) != 4 || w.PID == os.Getpid() {
		t.Errorf("%+v", w.benchWorldDoc)
	}
	if c, err := w.counters(t.Context()); err != nil || c.RDAPRequests != 0 || c.CPUMicros <= 0 {
		t.Errorf("%+v %v", c, err)
	}
	if err := w.close(); err != nil || w.cmd.ProcessState == nil {
		t.Errorf("asked to end: %v", err)
	}
	if _, err := w.counters(t.Context()); err == nil {
		t.Error("the world still answers after its end")
	}
	ctx, cancel := context.WithCancel(t.Context())
	w = start(ctx)
	cancel()
	if err := w.close(); err != nil || w.cmd.ProcessState == nil {
		t.Errorf("given up: %v", err)
	}
	if _, err := startWorld(t.Context(), s, "nothing"); err == nil {
		t.Error("a world that does not exist came up")
	}
}

func TestBenchRegistration(t *testing.T) {
	server := pgtest.DSN(t)
	var out bytes.Buffer
	args := []string{"bench", "registration", "--domains=400", "--looks=80", "--reps=2", "--json", "--postgres=" + server, "--profile=" + t.TempDir() + "/cpu"}
	if code := runContext(t.Context(), args, benchStreams(&out)); code != exitFine {
		t.Fatalf("exit %d", code)
	}
	var doc benchRegistrationDoc
	dec := json.NewDecoder(&out)
	dec.DisallowUnknownFields()
	if err := dec.Decode(&doc); err != nil || dec.More() {
		t.Fatal("not one document: ", err)
	}
	if doc.Domains != 400 || doc.Looked != 160 || doc.Verified != 2*160 || !strings.Contains(doc.Pace, "lifted for the lab's own servers alone") {
		t.Errorf("%+v", doc)
	}
	kinds := map[string]bool{}
	for _, l := range doc.Looks {
		kinds[strings.TrimSpace(l.Kind+" "+l.Store+" "+l.Stored)] = true
		if l.Count != 80 || !plausible(l.benchCost) {
			t.Errorf("%+v", l)
		}
	}
	for _, want := range []string{
		"rdap", "rdap_tls", "whois", "rdap sqlite first", "rdap sqlite again", "whois sqlite first", "whois sqlite again",
		"rdap postgres first", "rdap postgres again", "whois postgres first", "whois postgres again",
	} {
		if !kinds[want] {
			t.Errorf("nothing was measured for %q: %v", want, kinds)
		}
	}
	// Four servers, and each may keep two connections.
	if doc.KeptOpen.Looks != 2*80 || doc.KeptOpen.Opened < 1 || doc.KeptOpen.Opened > 8 {
		t.Errorf("%+v", doc.KeptOpen)
	}
	for _, p := range doc.Parse {
		if p.Size < 100 || p.Bodies == 0 || !plausible(p.benchCost) {
			t.Errorf("%+v", p)
		}
	}
	if len(doc.Memory) != 2 || len(doc.Parse) != 2 {
		t.Errorf("%d memories, %d parses", len(doc.Memory), len(doc.Parse))
	}
	var text bytes.Buffer
	if err := doc.print(&text); err != nil || strings.Count(text.String(), "\n") < 18 {
		t.Errorf("%v\n%s", err, &text)
	}
	if n := throwAways(t, server); n != 0 {
		t.Errorf("%d databases were left behind", n)
	}
}

func plausible(c benchCost) bool {
	for _, s := range []spread{c.PerSecond, c.CPUMicros, c.Allocs, c.Bytes} {
		if s.Median <= 0 || s.Min > s.Median || s.Max < s.Median || math.IsInf(s.Max, 0) {
			return false
		}
	}
	return true
}

func throwAways(t *testing.T, server string) (n int) {
	t.Helper()
	c, err := pgx.Connect(t.Context(), server)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close(context.WithoutCancel(t.Context())) }()
	if err := c.QueryRow(t.Context(), `SELECT count(*) FROM pg_database WHERE datname LIKE 'deedwatch\_bench\_%'`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestPlanWords(t *testing.T) {
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567"} {
		if got := count(n); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
	for seconds, want := range map[float64]string{0: "0 s", 119: "119 s", 120: "2.0 min", 7199: "120.0 min", 7200: "2.0 h", 172800: "2.0 days", 1e9: "31.7 years"} {
		if got := span(seconds); got != want {
			t.Errorf("%g s: %s, want %s", seconds, got, want)
		}
	}
}

func TestPlanOfTheShippedConfiguration(t *testing.T) {
	var out, text bytes.Buffer
	s := streams{out: &out, err: os.Stderr, environ: []string{}}
	if code := runContext(t.Context(), []string{"bench", "registration", "--plan", "--json"}, s); code != exitFine {
		t.Fatalf("exit %d", code)
	}
	var doc planDoc
	if err := json.Unmarshal(out.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	if len(doc.Plans) != len(plannedSizes) || len(doc.Mix) == 0 {
		t.Fatalf("%d plans of %d suffixes", len(doc.Plans), len(doc.Mix))
	}
	for i, p := range doc.Plans {
		names, looks, short := p.Unsupported, 0.0, 0
		for _, s := range p.Servers {
			names, looks = names+s.Domains, looks+s.LooksPerDay
			if s.Server == monitor.ServerUnsupported || s.AllowedPerDay <= 0 || s.FullSweepSeconds < 0 {
				t.Errorf("%+v", s)
			}
			if s.Load > 1 {
				short++
			}
			if (s.Load > 1) != (s.FarEverySeconds == nil || *s.FarEverySeconds > 7*86400+1) {
				t.Errorf("%s bears %.2f of the looks it allows, and far-off names are looked at every %v s", s.Server, s.Load, s.FarEverySeconds)
			}
		}
		if names != plannedSizes[i] || math.Abs(looks-p.LooksPerDay) > 1 || short != len(p.Short) {
			t.Errorf("of %d names: %d names, %.0f of %.0f looks, %d of %d short servers are accounted for", plannedSizes[i], names, looks, p.LooksPerDay, short, len(p.Short))
		}
	}
	if err := doc.print(&text); err != nil || !strings.Contains(text.String(), "1,000,000 names: ") {
		t.Errorf("%v\n%s", err, &text)
	}
}
