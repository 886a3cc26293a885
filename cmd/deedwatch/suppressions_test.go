package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestSuppressionsOnTheCommandLine(t *testing.T) {
	config := settings(t, "")
	csv := filepath.Join(t.TempDir(), "portfolio.csv")
	if err := os.WriteFile(csv, []byte("domain,client,owner_name,owner_email\namber.com,Amber Bakery,Rosa,rosa@amber.example\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	run := func(want int, args ...string) string {
		t.Helper()
		code, out, errs := command(t, nil, append([]string{"--config", config}, args...)...)
		if code != want {
			t.Fatalf("%v: exit code %d, want %d\n%s%s", args, code, want, out, errs)
		}
		return out
	}
	run(exitFine, "migrate")
	run(exitFine, "import", csv)
	list := func(args ...string) (docs []suppressionDoc) {
		t.Helper()
		if err := json.Unmarshal([]byte(run(exitFine, append([]string{"suppressions", "list", "--json"}, args...)...)), &docs); err != nil || docs == nil {
			t.Fatalf("the list is no list: %v", err)
		}
		return docs
	}
	if got := list(); len(got) != 0 {
		t.Errorf("at first: %+v", got)
	}
	var added suppressionDoc
	out := run(exitFine, "suppressions", "add", "Rosa@Amber.example", "--why", "left the firm", "--json")
	if err := json.Unmarshal([]byte(out), &added); err != nil || added.Address != "rosa@amber.example" || added.Reason != "by_hand" || added.Detail != "left the firm" || added.By != "command line" || added.LiftedBy != nil {
		t.Errorf("added: %v %s", err, out)
	}
	if again := run(exitFine, "suppressions", "add", "rosa@amber.example", "--why", "twice"); !strings.Contains(again, "left the firm") {
		t.Errorf("what is suppressed already changed: %s", again)
	}
	if got := list(); len(got) != 1 || got[0].ID != added.ID {
		t.Errorf("listed: %+v", got)
	}
	for _, args := range [][]string{
		{"add", "Rosa <rosa@amber.example>", "--why", "x"},
		{"add", "rosa", "--why", "x"},
		{"add", "x@amber.example", "--why", " "},
		{"add", "x@amber.example"},
		{"lift", "else@amber.example"},
		{"lift", "99"},
		{"list", "--limit", "0"},
	} {
		run(exitUsage, append([]string{"suppressions"}, args...)...)
	}
	if out := run(exitFine, "suppressions", "lift", "rosa@amber.example", "--by", "dana"); !strings.Contains(out, "lifted") || !strings.Contains(out, "by dana") {
		t.Errorf("lifted: %s", out)
	}
	if out := run(exitFine, "suppressions", "list"); !strings.Contains(out, "no address is suppressed") {
		t.Errorf("after it was lifted: %s", out)
	}
	if got := list("--all"); len(got) != 1 || got[0].LiftedAt == nil || got[0].LiftedBy == nil || *got[0].LiftedBy != "dana" {
		t.Errorf("all: %+v", got)
	}
	run(exitUsage, "suppressions", "lift", "rosa@amber.example")
}
