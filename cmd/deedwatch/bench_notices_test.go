package main

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/krestmarketing/deedwatch/internal/pgtest"
)

// TestBenchNotices runs the measurement small, on both engines: every count must be the planted one.
func TestBenchNotices(t *testing.T) {
	var out bytes.Buffer
	args := []string{"bench", "notices", "--domains=900", "--reps=2", "--mails=20", "--connections=4", "--json", "--postgres=" + pgtest.DSN(t)}
	if code := runContext(t.Context(), args, benchStreams(&out)); code != exitFine {
		t.Fatalf("exit %d", code)
	}
	var doc benchNoticesDoc
	dec := json.NewDecoder(&out)
	dec.DisallowUnknownFields()
	if err := dec.Decode(&doc); err != nil || dec.More() {
		t.Fatal("not one document: ", err)
	}
	if doc.Bench != "notices" || doc.Domains != 900 || len(doc.Steps) != 8 || len(doc.Delivery) != 2 || doc.Verified != 12 {
		t.Errorf("%+v", doc)
	}
	for _, s := range doc.Steps {
		if s.Seconds.Median <= 0 || s.Count == 0 != (s.Step == "again") {
			t.Errorf("%+v", s)
		}
	}
	for _, d := range doc.Delivery {
		if d.PerSecond.Median <= 0 || d.Alone.Median <= 0 || d.Mails != 20 {
			t.Errorf("%+v", d)
		}
	}
}
