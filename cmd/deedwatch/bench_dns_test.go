package main

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"strings"
	"testing"

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
	for _, args := range [][]string{{"--zones=9"}, {"--zones=2000000"}, {"--naive=-1"}, {"--stored=-1"}, {"--reps=0"}} {
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
	if doc.Verified < 6*doc.Zones {
		t.Errorf("%d verdicts", doc.Verified)
	}
	var text bytes.Buffer
	if err := doc.print(&text); err != nil || !strings.Contains(text.String(), "all right") {
		t.Errorf("%v\n%s", err, &text)
	}
	t.Log(text.String())
}
