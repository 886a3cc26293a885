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
	for name, c := range map[string]struct {
		before models.RegistryServer
		look   models.Look
		limit  monitor.Limit
		pause  time.Duration // zero: may be asked
		fails  int
		why    string
	}{
		"answers":              {models.RegistryServer{Failures: 4}, models.Look{Outcome: models.OutcomeOK}, monitor.Limit{}, 0, 0, ""},
		"no such name":         {models.RegistryServer{Failures: 4}, models.Look{Outcome: models.OutcomeAbsent}, monitor.Limit{}, 0, 0, "that is an answer"},
		"fourth failure":       {models.RegistryServer{Failures: 3}, models.Look{Outcome: models.OutcomeTimeout}, monitor.Limit{}, 0, 4, ""},
		"fifth failure":        {models.RegistryServer{Failures: 4}, models.Look{Outcome: models.OutcomeUnreachable}, monitor.Limit{}, 5 * time.Minute, 5, "the circuit opens"},
		"sixth failure":        {models.RegistryServer{Failures: 5}, models.Look{Outcome: models.OutcomeUnreachable}, monitor.Limit{}, 10 * time.Minute, 6, "doubling"},
		"hundredth failure":    {models.RegistryServer{Failures: 99}, models.Look{Outcome: models.OutcomeRefused}, monitor.Limit{}, 6 * time.Hour, 100, "six hours at most"},
		"throttled":            {models.RegistryServer{}, models.Look{Outcome: models.OutcomeThrottled}, monitor.Limit{}, 5 * time.Minute, 1, "at once"},
		"throttled, told when": {models.RegistryServer{}, models.Look{Outcome: models.OutcomeThrottled, RetryAfter: time.Hour}, monitor.Limit{}, time.Hour, 1, "Retry-After is obeyed"},
		"told a century":       {models.RegistryServer{}, models.Look{Outcome: models.OutcomeThrottled, RetryAfter: 876000 * time.Hour}, monitor.Limit{}, day, 1, "a broken header silences nobody for good"},
		"day used up":          {models.RegistryServer{Day: "2026-11-01", DayCount: 99}, models.Look{Outcome: models.OutcomeOK}, monitor.Limit{PerDay: 100}, 4 * time.Hour, 0, "until midnight UTC"},
		"a new day":            {models.RegistryServer{Day: "2026-10-31", DayCount: 100}, models.Look{Outcome: models.OutcomeOK}, monitor.Limit{PerDay: 100}, 0, 0, "the count begins anew"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			row := monitor.ServerAfter(c.before, c.look, c.limit, now)
			if row.Failures != c.fails {
				t.Errorf("failures = %d, want %d", row.Failures, c.fails)
			}
			var pause time.Duration
			if row.BlockedUntil != nil {
				pause = row.BlockedUntil.Sub(now)
			}
			if pause != c.pause {
				t.Errorf("left alone for %v, want %v: %s", pause, c.pause, c.why)
			}
			if row.Day != "2026-11-01" || row.DayCount < 1 {
				t.Errorf("day %s, count %d", row.Day, row.DayCount)
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
