package monitor

import (
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

const (
	// circuitOpens is after how many consecutive looks without an answer a server is left alone.
	circuitOpens = 5
	firstPause   = 5 * time.Minute
	longestPause = 6 * time.Hour
	// longestAsked bounds what a server may ask for, so that a broken Retry-After does not silence a name for good.
	longestAsked = 24 * time.Hour
)

// ServerAfter is what is remembered of a server after a look at now. A throttled answer blocks it for as long as it asked, or with doubling
// pauses; five looks in a row without an answer open the circuit, five minutes at first and doubling to six hours; a used-up day blocks it
// until the next one begins (UTC).
func ServerAfter(row models.RegistryServer, look models.Look, limit Limit, now time.Time) models.RegistryServer {
	row.LastOutcome, row.UpdatedAt = look.Outcome, now
	if today := now.UTC().Format(time.DateOnly); row.Day != today {
		row.Day, row.DayCount = today, 0
	}
	row.DayCount++
	row.BlockedUntil = nil
	switch look.Outcome {
	case models.OutcomeThrottled:
		row.Failures++
		pause := doubling(firstPause, row.Failures-1, longestPause)
		if look.RetryAfter > 0 {
			pause = min(look.RetryAfter, longestAsked)
		}
		row.BlockedUntil = new(now.Add(pause))
	case models.OutcomeRefused, models.OutcomeTimeout, models.OutcomeUnreachable, models.OutcomeUnparsed:
		row.Failures++
		if row.Failures >= circuitOpens {
			row.BlockedUntil = new(now.Add(doubling(firstPause, row.Failures-circuitOpens, longestPause)))
		}
	case models.OutcomeOK, models.OutcomeAbsent, models.OutcomeReserved, models.OutcomeInvalid:
		row.Failures = 0
	case models.OutcomeUnsupported: // nobody was asked
		row.DayCount--
	}
	if limit.PerDay > 0 && row.DayCount >= limit.PerDay {
		midnight := now.UTC().Truncate(day).Add(day)
		if row.BlockedUntil == nil || row.BlockedUntil.Before(midnight) {
			row.BlockedUntil = &midnight
		}
	}
	return row
}

// blocked reports whether a server must be left alone at now.
func blocked(row *models.RegistryServer, now time.Time) bool {
	return row.BlockedUntil != nil && row.BlockedUntil.After(now)
}
