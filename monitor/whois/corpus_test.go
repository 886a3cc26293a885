package whois_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/monitor/whois"
)

// corpusCase is one recorded answer and what its author expects.
type corpusCase struct {
	ID       string `json:"id"`
	Server   string `json:"server"`
	Domain   string `json:"domain"`
	File     string `json:"file"`
	Expected struct {
		Availability string   `json:"availability"`
		ExpiresOn    string   `json:"expires_on"`
		ExpiresNone  bool     `json:"expires_none"`
		ExpiresAll   []string `json:"expires_all"`
		Accept       []string `json:"accept"`
		Nameservers  []string `json:"nameservers"`
		Registrar    string   `json:"registrar"`
	} `json:"expected"`
}

// corpora returns the folder of recorded answers beside the repository. Without it the test is skipped, except in CI, which has it.
func corpora(t *testing.T) string {
	t.Helper()
	if dir := os.Getenv("DEEDWATCH_CORPORA"); dir != "" {
		return dir
	}
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			found := filepath.Join(filepath.Dir(dir), "shared", "corpora")
			if _, err := os.Stat(found); err == nil {
				return found
			}
			break
		}
	}
	if os.Getenv("CI") != "" {
		t.Fatal("../shared/corpora is missing; CI always has it")
	}
	t.Skip("../shared/corpora is not there; set DEEDWATCH_CORPORA to run against recorded answers")
	return ""
}

func loadCorpus(t *testing.T) (dir string, cases []corpusCase) {
	t.Helper()
	dir = filepath.Join(corpora(t), "whois")
	data, err := os.ReadFile(filepath.Join(dir, "expected.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	for row := range strings.Lines(string(data)) {
		var c corpusCase
		if err := json.Unmarshal([]byte(row), &c); err != nil {
			t.Fatal(err)
		}
		cases = append(cases, c)
	}
	return dir, cases
}

// tally counts how the parser did.
type tally struct {
	right, wrong, unknown  int // of the stated dates
	invented, noDate       int // dates where none is stated
	availRight, availTotal int
	registeredAsFree       int
	nonAnswerAsAnswer      int
	freeAsRegistered       int
	notes                  []string
}

func (y *tally) note(format string, args ...any) {
	y.notes = append(y.notes, fmt.Sprintf(format, args...))
}

func (y *tally) count(c corpusCase, look models.Look) {
	var got *time.Time
	if look.Facts != nil {
		got = look.Facts.ExpiresAt
	}
	y.date(c, got, look)
	y.availability(c, look)
}

func (y *tally) date(c corpusCase, got *time.Time, look models.Look) {
	switch {
	case c.Expected.ExpiresOn != "":
		switch {
		case got == nil:
			y.unknown++
			y.note("no date   %s %s want %s: %s", c.ID, c.Domain, c.Expected.ExpiresOn, look.Detail)
		case c.isRight(*got):
			y.right++
		default:
			y.wrong++
			y.note("WRONG     %s %s want %s got %s", c.ID, c.Domain, c.Expected.ExpiresOn, got.Format(time.RFC3339))
		}
	case c.Expected.ExpiresNone:
		y.noDate++
		if got != nil {
			y.invented++
			y.note("INVENTED  %s %s got %s", c.ID, c.Domain, got.Format(time.RFC3339))
		}
	}
}

// isRight allows 26 hours: registries print dates without a zone.
func (c corpusCase) isRight(got time.Time) bool {
	for _, s := range append([]string{c.Expected.ExpiresOn}, c.Expected.ExpiresAll...) {
		want, err := time.Parse(time.RFC3339, s)
		if err == nil && got.Sub(want).Abs() <= 26*time.Hour {
			return true
		}
	}
	return false
}

func (y *tally) availability(c corpusCase, look models.Look) {
	want := append([]string{c.Expected.Availability}, c.Expected.Accept...)
	if c.Expected.Availability == "" {
		return
	}
	y.availTotal++
	wantAnswer := slices.Contains(want, "registered") || slices.Contains(want, "available")
	got, answered := map[models.Outcome]string{models.OutcomeOK: "registered", models.OutcomeAbsent: "available"}[look.Outcome]
	if !answered {
		got = "no answer"
	}
	switch {
	case slices.Contains(want, got), got == "no answer" && (!wantAnswer || len(want) > 1 && !onlyAnswers(want)):
		y.availRight++
		return
	case got == "available" && want[0] == "registered":
		y.registeredAsFree++
		y.note("REG->FREE %s %s: %s", c.ID, c.Domain, look.Detail)
	case got != "no answer" && !wantAnswer:
		y.nonAnswerAsAnswer++
		y.note("NON->ANS  %s %s want %s got %s: %s", c.ID, c.Domain, want[0], got, look.Detail)
	case got == "registered":
		y.freeAsRegistered++
		y.note("FREE->REG %s %s: %s", c.ID, c.Domain, look.Detail)
	default:
		y.note("unclear   %s %s want %s got %s: %s", c.ID, c.Domain, want[0], look.Outcome, look.Detail)
	}
}

func onlyAnswers(want []string) bool {
	return !slices.ContainsFunc(want, func(s string) bool { return s != "registered" && s != "available" })
}

// TestCorpus reads every recorded answer with and without knowing who gave it. What must never happen is asserted as zero; the shares
// are asserted a little under what is reached.
func TestCorpus(t *testing.T) {
	dir, cases := loadCorpus(t)
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	for _, known := range []bool{true, false} {
		name := "server known"
		if !known {
			name = "server unknown"
		}
		t.Run(name, func(t *testing.T) {
			var y tally
			for _, c := range cases {
				text, err := os.ReadFile(filepath.Join(dir, c.File))
				if err != nil {
					t.Fatal(err)
				}
				server := ""
				if known {
					server = c.Server
				}
				y.count(c, whois.Parse(c.Domain, server, text, now))
			}
			dates := y.right + y.wrong + y.unknown
			t.Logf("dates: %d right, %d wrong, %d unknown of %d (%.1f %%); invented %d of %d; availability %d of %d (%.1f %%)",
				y.right, y.wrong, y.unknown, dates, 100*float64(y.right)/float64(dates), y.invented, y.noDate,
				y.availRight, y.availTotal, 100*float64(y.availRight)/float64(y.availTotal))
			for _, n := range y.notes {
				t.Log(n)
			}
			if y.wrong+y.invented+y.registeredAsFree+y.nonAnswerAsAnswer > 0 {
				t.Errorf("wrong dates %d, invented %d, registered read as free %d, non-answers read as answers %d; all must be 0",
					y.wrong, y.invented, y.registeredAsFree, y.nonAnswerAsAnswer)
			}
			if share := float64(y.right) / float64(dates); share < 0.985 {
				t.Errorf("only %.3f of the dates are right", share)
			}
			if share := float64(y.availRight) / float64(y.availTotal); share < 0.975 {
				t.Errorf("only %.3f of the availabilities are right", share)
			}
		})
	}
}
