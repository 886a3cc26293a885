// Package corpora finds and reads the recorded answers of real registries that lie beside the repository, in ../shared/corpora. They are
// made by others and never copied into the project; the package is support for tests.
package corpora

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// Env names another folder with the same layout to read instead.
const Env = "DEEDWATCH_CORPORA"

// Tolerance is how far a date may be from the recorded one: registries print dates without a zone.
const Tolerance = 26 * time.Hour

// WHOIS is one recorded WHOIS answer and what its author expects.
type WHOIS struct {
	ID       string   `json:"id"`
	Server   string   `json:"server"`
	TLD      string   `json:"tld"`
	Domain   string   `json:"domain"`
	File     string   `json:"file"` // below the folder "whois"
	Expected Expected `json:"expected"`
}

// Expected is what must come out of a recorded answer.
type Expected struct {
	Availability string   `json:"availability"` // registered, available, or a non-answer
	ExpiresOn    string   `json:"expires_on"`
	ExpiresNone  bool     `json:"expires_none"` // no date is stated
	ExpiresAll   []string `json:"expires_all"`  // several recordings disagree: any of them
	Accept       []string `json:"accept"`       // other right availabilities
	Nameservers  []string `json:"nameservers"`
	Registrar    string   `json:"registrar"`
}

// RDAP is one recorded HTTP answer and what must come out.
type RDAP struct {
	Name   string `json:"name"`
	Domain string `json:"domain"`
	HTTP   struct {
		Status   int               `json:"status"`
		Headers  map[string]string `json:"headers"`
		BodyFile string            `json:"body_file"` // below the folder "rdap"
	} `json:"http"`
	Expect struct {
		Registered  *bool    `json:"registered"`
		ExpiresOn   string   `json:"expires_on"`
		ExpiryKnown *bool    `json:"expiry_known"` // false: no date is stated
		Nameservers []string `json:"nameservers"`
		Statuses    []string `json:"statuses"`
		Reason      string   `json:"reason"`
		Retry       bool     `json:"retry"`
	} `json:"expect"`
}

// Expected gives what must come out in the form of the WHOIS answers.
func (r RDAP) Expected() Expected {
	e := Expected{ExpiresOn: r.Expect.ExpiresOn, ExpiresNone: r.Expect.ExpiryKnown != nil && !*r.Expect.ExpiryKnown, Nameservers: r.Expect.Nameservers}
	if r.Expect.Registered != nil && *r.Expect.Registered {
		e.Availability = "registered"
	}
	return e
}

// Dir returns the folder of recorded answers. Without it the test is skipped, except in CI, which has it.
func Dir(tb testing.TB) string {
	tb.Helper()
	if dir := os.Getenv(Env); dir != "" {
		return dir
	}
	dir, err := os.Getwd()
	if err != nil {
		tb.Fatal(err)
	}
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err != nil {
			continue
		}
		found := filepath.Join(filepath.Dir(dir), "shared", "corpora")
		if _, err := os.Stat(found); err == nil {
			return found
		}
		break
	}
	if os.Getenv("CI") != "" {
		tb.Fatal("../shared/corpora is missing; CI always has it")
	}
	tb.Skip("../shared/corpora is not there; set " + Env + " to run against recorded answers")
	return ""
}

// LoadWHOIS reads every recorded WHOIS answer's line.
func LoadWHOIS(tb testing.TB) []WHOIS {
	tb.Helper()
	return load[WHOIS](tb, filepath.Join(Dir(tb), "whois", "expected.jsonl"))
}

// LoadRDAP reads every recorded RDAP answer's line.
func LoadRDAP(tb testing.TB) []RDAP {
	tb.Helper()
	return load[RDAP](tb, filepath.Join(Dir(tb), "rdap", "cases.jsonl"))
}

// DomainConnect is one case of the reference suite of the Domain Connect format: a request, and what must come out.
type DomainConnect struct {
	ID          string          `json:"id"`
	Description string          `json:"description"`
	Suite       string          `json:"suite"`
	Input       json.RawMessage `json:"input"`
	Expect      struct {
		NewCount    *int            `json:"new_count"`
		DeleteCount *int            `json:"delete_count"`
		Records     json.RawMessage `json:"records"` // the zone afterwards
		Exception   string          `json:"exception"`
	} `json:"expect"`
}

// LoadDomainConnect reads the reference suite.
func LoadDomainConnect(tb testing.TB) []DomainConnect {
	tb.Helper()
	content, err := os.ReadFile(filepath.Join(Dir(tb), "domain-connect", "tests.json"))
	if err != nil {
		tb.Fatal(err)
	}
	var cases []DomainConnect
	if err := json.Unmarshal(content, &cases); err != nil {
		tb.Fatal(err)
	}
	return cases
}

func load[T any](tb testing.TB, path string) []T {
	tb.Helper()
	content, err := os.ReadFile(path) //nolint:gosec // a recorded file that the test names
	if err != nil {
		tb.Fatal(err)
	}
	var out []T
	for line := range bytes.Lines(content) {
		var v T
		if err := json.Unmarshal(line, &v); err != nil {
			tb.Fatalf("%s: %v", path, err)
		}
		out = append(out, v)
	}
	return out
}

// Text reads a recorded file below the folder of the kind, "whois" or "rdap".
func Text(tb testing.TB, kind, file string) []byte {
	tb.Helper()
	content, err := os.ReadFile(filepath.Join(Dir(tb), kind, file)) //nolint:gosec // a recorded file that the test names
	if err != nil {
		tb.Fatal(err)
	}
	return content
}

// Verdict is how a stated date compares with the recorded one.
type Verdict string

// The verdicts. Unknown is a date that was not read; Invented is one where none is stated.
const (
	Right    Verdict = "right"
	Wrong    Verdict = "wrong"
	Unknown  Verdict = "unknown"
	Invented Verdict = "invented"
	NoDate   Verdict = "no date" // none is stated, and none was read
)

// Date judges a date against the recorded ones.
func (e Expected) Date(got *time.Time) Verdict {
	wanted := append([]string{e.ExpiresOn}, e.ExpiresAll...)
	wanted = slices.DeleteFunc(wanted, func(s string) bool { return s == "" })
	switch {
	case len(wanted) == 0 && got == nil:
		return NoDate
	case len(wanted) == 0 && e.ExpiresNone:
		return Invented
	case len(wanted) == 0: // the author says nothing on the date
		return NoDate
	case got == nil:
		return Unknown
	}
	for _, w := range wanted {
		if t, ok := parse(w); ok && got.Sub(t).Abs() <= Tolerance {
			return Right
		}
	}
	return Wrong
}

func parse(s string) (time.Time, bool) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05", time.DateTime, time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}
