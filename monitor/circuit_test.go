package monitor_test

import (
	"testing"
	"time"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/monitor"
)

func TestAServerThatDoesNotAnswerIsLeftAlone(t *testing.T) {
	t.Parallel()
	now := *date("2026-11-01T20:00:00Z")
	past, soon, far := date("2026-11-01T19:00:00Z"), date("2026-11-01T21:00:00Z"), date("2027-11-01T20:00:00Z")
	row := func(failures int, until *time.Time) models.RegistryServer {
		return models.RegistryServer{Failures: failures, BlockedUntil: until, TrialUntil: until}
	}
	look := func(o models.Outcome, asks time.Duration) models.Look {
		return models.Look{Outcome: o, RetryAfter: asks}
	}
	for name, c := range map[string]struct {
		before models.RegistryServer
		look   models.Look
		pause  time.Duration // zero: may be asked
		fails  int
		why    string
	}{
		"answers":                       {row(4, nil), look(models.OutcomeOK, 0), 0, 0, ""},
		"no such name":                  {row(4, nil), look(models.OutcomeAbsent, 0), 0, 0, "that is an answer"},
		"fourth failure":                {row(3, nil), look(models.OutcomeTimeout, 0), 0, 4, ""},
		"fifth failure":                 {row(4, nil), look(models.OutcomeUnreachable, 0), 5 * time.Minute, 5, "the circuit opens"},
		"sixth failure":                 {row(5, past), look(models.OutcomeUnreachable, 0), 10 * time.Minute, 6, "doubling"},
		"hundredth failure":             {row(99, past), look(models.OutcomeRefused, 0), 6 * time.Hour, 100, "six hours at most"},
		"throttled":                     {row(0, nil), look(models.OutcomeThrottled, 0), 5 * time.Minute, 1, "at once"},
		"throttled, told when":          {row(0, nil), look(models.OutcomeThrottled, time.Hour), time.Hour, 1, "Retry-After is obeyed"},
		"told a century":                {row(0, nil), look(models.OutcomeThrottled, 876000*time.Hour), day, 1, "a broken header silences nobody for good"},
		"the trial answers":             {row(7, past), look(models.OutcomeOK, 0), 0, 0, "the rest may come"},
		"the trial fails":               {row(1, past), look(models.OutcomeTimeout, 0), 5 * time.Minute, 2, "one look is the trial, not five"},
		"blocked meanwhile":             {models.RegistryServer{BlockedUntil: soon, Failures: 1}, look(models.OutcomeOK, 0), time.Hour, 0, "an answer that was under way ends no block"},
		"told less than before":         {models.RegistryServer{BlockedUntil: soon, Failures: 1}, look(models.OutcomeThrottled, time.Minute), time.Hour, 2, "the longer wish holds"},
		"before the clock was set back": {models.RegistryServer{BlockedUntil: far, Failures: 1}, look(models.OutcomeOK, 0), 0, 0, "no block reaches a year ahead"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			row := monitor.ServerAfter(c.before, c.look, now)
			if row.Failures != c.fails || row.LastOutcome != c.look.Outcome {
				t.Errorf("failures = %d, want %d", row.Failures, c.fails)
			}
			var pause time.Duration
			if row.BlockedUntil != nil {
				pause = row.BlockedUntil.Sub(now)
			}
			if pause != c.pause || row.TrialUntil != nil {
				t.Errorf("left alone for %v, want %v: %s", pause, c.pause, c.why)
			}
		})
	}
}

func TestTheStormBrake(t *testing.T) {
	t.Parallel()
	defaults := monitor.BrakeThresholds{}
	for _, c := range []struct {
		bad, total int
		t          monitor.BrakeThresholds
		want       bool
		why        string
	}{
		{0, 0, defaults, false, "an empty portfolio"},
		{5, 30, defaults, false, "a small agency may have five lapses in a bad week"},
		{9, 30, defaults, false, "fewer than ten never"},
		{10, 200, defaults, true, "one in twenty at once"},
		{10, 201, defaults, false, "just under the share"},
		{400, 5000, defaults, true, "a parser broke"},
		{3, 10, monitor.BrakeThresholds{MinBad: 3, Share: 0.3}, true, "as configured"},
	} {
		reason, got := monitor.BrakeNeeded(c.bad, c.total, c.t)
		if got != c.want || (reason != "") != got {
			t.Errorf("BrakeNeeded(%d, %d) = %q, %v: %s", c.bad, c.total, reason, got, c.why)
		}
	}
}
