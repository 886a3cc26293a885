package main

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/krestmarketing/deedwatch/internal/pgtest"
)

func TestBenchDNSPlan(t *testing.T) {
	var out bytes.Buffer
	if code := runContext(t.Context(), []string{"bench", "dns", "--plan", "--json"}, benchStreams(&out)); code != exitFine {
		t.Fatalf("exit %d", code)
	}
	var doc dnsPlanDoc
	dec := json.NewDecoder(&out)
	dec.DisallowUnknownFields()
	if err := dec.Decode(&doc); err != nil || dec.More() {
		t.Fatal("not one document: ", err)
	}
	if len(doc.Portfolios) != 2 || doc.UnknownRate != 20 || doc.LargeRate != 50 {
		t.Fatalf("%+v", doc)
	}
	for _, p := range doc.Portfolios {
		share := 0.0
		for _, o := range p.Operators {
			share += o.Share
		}
		if p.Assumed == "" || share > 1.01 || len(p.Sizes) != 3 {
			t.Errorf("%s: assumed %q, shares of %v, %d sizes", p.Name, p.Assumed, share, len(p.Sizes))
		}
		for i, s := range p.Sizes {
			if s.Domains != plannedSizes[i] || s.Seconds <= 0 || i > 0 && s.Seconds < 9*p.Sizes[i-1].Seconds {
				t.Errorf("%s: %+v", p.Name, s)
			}
		}
	}
	var text bytes.Buffer
	if err := doc.print(&text); err != nil || !strings.Contains(text.String(), "1,000,000 names") {
		t.Errorf("%v\n%s", err, &text)
	}
}

func TestBenchDNSRefusesWhatItCannotMeasure(t *testing.T) {
	for _, args := range [][]string{
		{"--zones=9"},
		{"--zones=2000000"},
		{"--naive=-1"},
		{"--stored=-1"},
		{"--reps=0"},
		{"--rtt=-1ms"},
		{"--rtt=1m"},
		{"--rtt=20"},
		{"--loss=-0.1"},
		{"--loss=0.6"},
		{"--zdns=/no/such/program"},
		{"--zdns=/bin/sh"},
		{"--sick", "--rtt=20ms"},
		{"--sick", "--dnsperf"},
		{"--sick", "--zdns=/bin/sh"},
	} {
		s := benchStreams(io.Discard)
		s.err = &bytes.Buffer{}
		if code := runContext(t.Context(), append([]string{"bench", "dns"}, args...), s); code != exitUsage {
			t.Errorf("%v: exit %d", args, code)
		}
	}
}

func TestBenchDNS(t *testing.T) {
	zones := "--zones=300"
	if n := os.Getenv("DEEDWATCH_BENCH_ZONES"); n != "" {
		zones = "--zones=" + n
	}
	var out bytes.Buffer
	args := []string{"bench", "dns", zones, "--reps=2", "--naive=20", "--json", "--postgres=" + pgtest.DSN(t)}
	if code := runContext(t.Context(), args, benchStreams(&out)); code != exitFine {
		t.Fatalf("exit %d", code)
	}
	var doc benchDNSDoc
	dec := json.NewDecoder(&out)
	dec.DisallowUnknownFields()
	if err := dec.Decode(&doc); err != nil || dec.More() {
		t.Fatal("not one document: ", err)
	}
	rows := map[string]benchDNSRow{}
	for _, r := range doc.Rows {
		rows[r.Name] = r
	}
	for _, name := range []string{askSweep, askStored + ", sqlite", askStored + ", postgres", askWhole, askNaive} {
		if rows[name].Domains.Median <= 0 || rows[name].DomainCPU.Median <= 0 {
			t.Errorf("nothing was measured for %q: %+v", name, doc.Rows)
		}
	}
	if q := rows[askSweep].PerDomain.Median; q < 17 || q > 21.2 {
		t.Errorf("%v queries for a name", q)
	}
	if m := doc.Memory; m.PeakHeap == 0 || m.PeakRSS < m.BeforeRSS {
		t.Errorf("memory: %+v", m)
	}
	if doc.Verified < 6*doc.Zones {
		t.Errorf("%d verdicts", doc.Verified)
	}
	var text bytes.Buffer
	if err := doc.print(&text); err != nil || !strings.Contains(text.String(), "all right") {
		t.Errorf("%v\n%s", err, &text)
	}
	t.Log(text.String())
}

// TestBenchDNSWithoutNSDAndAWayOff: the same world by our own servers, with relays before them.
func TestBenchDNSWithoutNSDAndAWayOff(t *testing.T) {
	var out bytes.Buffer
	args := []string{"bench", "dns", "--own-servers", "--zones=200", "--reps=1", "--naive=10", "--stored=0", "--rtt=5ms", "--json"}
	if code := runContext(t.Context(), args, benchStreams(&out)); code != exitFine {
		t.Fatalf("exit %d", code)
	}
	var doc benchDNSDoc
	if err := json.Unmarshal(out.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	if strings.HasPrefix(doc.Server, "NSD") || doc.RTT != 5 || doc.Verified < doc.Zones {
		t.Errorf("%+v", doc)
	}
	var text bytes.Buffer
	if err := doc.print(&text); err != nil || !strings.Contains(text.String(), "5 ms late") || !strings.Contains(text.String(), doc.Server) {
		t.Errorf("%v\n%s", err, &text)
	}
}

// TestBenchDNSWithSickServers: so few names at no pace are asked about sooner than a question times out, which is more than is allowed.
func TestBenchDNSWithSickServers(t *testing.T) {
	var out bytes.Buffer
	args := []string{"bench", "dns", "--sick", "--zones=100", "--reps=1", "--rate=-1", "--json"}
	if code := runContext(t.Context(), args, benchStreams(&out)); code != exitProblems {
		t.Errorf("exit %d", code)
	}
	var doc sickDoc
	if err := json.Unmarshal(out.Bytes(), &doc); err != nil || doc.Struck == 0 || doc.Verified != 200 || doc.Ratio.Median <= mostSick {
		t.Errorf("%+v, %v", doc, err)
	}
}

func TestRowsAndRatios(t *testing.T) {
	ran := func(n int, wall, cpu time.Duration, queries int) asking {
		return asking{cost: cost{n: n, wall: wall, cpu: cpu, allocs: 100}, queries: queries}
	}
	b := &dnsBench{benchDNSCmd: &benchDNSCmd{}, runs: map[string][]asking{
		askSweep:   {ran(1000, time.Second, 200*time.Millisecond, 20_000), ran(1000, time.Second, 300*time.Millisecond, 20_000)},
		askZDNS:    {ran(100, time.Second, 300*time.Millisecond, 2000), ran(50, time.Second, 300*time.Millisecond, 1000)},
		askDnsperf: {ran(100_000, time.Second, time.Second, 100_000), ran(100_000, time.Second, time.Second, 100_000)},
	}}
	got := map[string]spread{}
	for _, p := range b.ratios() {
		got[p.What] = p.Ratio
	}
	want := map[string]spread{
		"CPU of a query, ours to dnsperf's": {1.25, 1, 1.5},
		"names a second, ours to zdns'":     {15, 10, 20},
		"CPU of a name, ours to zdns'":      {(0.2/3 + 0.05) / 2, 0.05, 0.2 / 3},
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateApprox(0, 1e-9)); diff != "" {
		t.Error(diff)
	}
	for _, r := range b.rows() {
		if (r.PerDomain != spread{}) != (r.Name == askSweep) || (r.Domains == spread{}) != (r.Name == askDnsperf) {
			t.Errorf("%+v", r)
		}
	}
}
