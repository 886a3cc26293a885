package whois_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/krestmarketing/deedwatch/internal/corpora"
	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/monitor/whois"
)

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

func (y *tally) count(c corpora.WHOIS, look models.Look) {
	var got *time.Time
	if look.Facts != nil {
		got = look.Facts.ExpiresAt
	}
	y.date(c, got, look)
	y.availability(c, look)
}

func (y *tally) date(c corpora.WHOIS, got *time.Time, look models.Look) {
	switch {
	case c.Expected.ExpiresOn != "":
		switch {
		case got == nil:
			y.unknown++
			y.note("no date   %s %s want %s: %s", c.ID, c.Domain, c.Expected.ExpiresOn, look.Detail)
		case isRight(c, *got):
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
func isRight(c corpora.WHOIS, got time.Time) bool {
	for _, s := range append([]string{c.Expected.ExpiresOn}, c.Expected.ExpiresAll...) {
		want, err := time.Parse(time.RFC3339, s)
		if err == nil && got.Sub(want).Abs() <= corpora.Tolerance {
			return true
		}
	}
	return false
}

func (y *tally) availability(c corpora.WHOIS, look models.Look) {
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

// TestCorpus reads every recorded answer with and without knowing who gave it, and prints its figures on one line each. What must never
// happen is asserted as zero.
func TestCorpus(t *testing.T) {
	cases := corpora.LoadWHOIS(t)
	for _, known := range []bool{true, false} {
		name := "server known"
		if !known {
			name = "server unknown"
		}
		t.Run(name, func(t *testing.T) {
			var y tally
			for _, c := range cases {
				server := ""
				if known {
					server = c.Server
				}
				y.count(c, whois.Parse(c.Domain, server, corpora.Text(t, "whois", c.File), now))
			}
			dates := y.right + y.wrong + y.unknown
			t.Logf("%s: dates right %d of %d (%.1f %%), wrong %d, unknown %d; invented %d of %d without a date", name, y.right, dates,
				100*float64(y.right)/float64(dates), y.wrong, y.unknown, y.invented, y.noDate)
			t.Logf("%s: availability right %d of %d (%.1f %%); registered read as free %d, free read as registered %d, non-answers read as an answer %d",
				name, y.availRight, y.availTotal, 100*float64(y.availRight)/float64(y.availTotal), y.registeredAsFree, y.freeAsRegistered, y.nonAnswerAsAnswer)
			for _, n := range y.notes {
				t.Log(n)
			}
			if y.wrong+y.invented+y.registeredAsFree+y.nonAnswerAsAnswer > 0 {
				t.Errorf("wrong dates %d, invented %d, registered read as free %d, non-answers read as answers %d; all must be 0",
					y.wrong, y.invented, y.registeredAsFree, y.nonAnswerAsAnswer)
			}
			if share := float64(y.right) / float64(dates); share < 0.99 {
				t.Errorf("only %.3f of the dates are right", share)
			}
			if share := float64(y.availRight) / float64(y.availTotal); share < 0.98 {
				t.Errorf("only %.3f of the availabilities are right", share)
			}
		})
	}
}

// TestTheServerOnlySharpens compares what is read with and without the server's name: it may settle a date that is otherwise open, and
// change nothing else.
func TestTheServerOnlySharpens(t *testing.T) {
	for _, c := range corpora.LoadWHOIS(t) {
		text := corpora.Text(t, "whois", c.File)
		with, without := whois.Parse(c.Domain, c.Server, text, now), whois.Parse(c.Domain, "", text, now)
		if with.Outcome != without.Outcome || (without.Facts != nil && without.Facts.ExpiresAt != nil && !without.Facts.ExpiresAt.Equal(*with.Facts.ExpiresAt)) {
			t.Errorf("%s: %s %s with the server, %s %s without", c.ID, with.Outcome, with.Detail, without.Outcome, without.Detail)
		}
	}
}
