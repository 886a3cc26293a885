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
	// trialLasts is how long everybody waits for the outcome of a trial look; a process that dies with it is no longer waited for then.
	trialLasts = 2 * time.Minute
)

// ServerAfter is what is remembered of a server after a look that ended at now. A throttled answer blocks it for as long as it asked, or
// with doubling pauses; five looks in a row without an answer open the circuit, five minutes at first and doubling to six hours. A look
// without an answer that was the trial after such a pause begins the next one. An answer ends what is over, and never a block that came
// meanwhile.
func ServerAfter(row models.RegistryServer, look models.Look, now time.Time) models.RegistryServer {
	row.LastOutcome, row.UpdatedAt = look.Outcome, now
	trial := row.BlockedUntil != nil
	switch look.Outcome {
	case models.OutcomeThrottled:
		row.Failures++
		pause := doubling(firstPause, row.Failures-1, longestPause)
		if look.RetryAfter > 0 {
			pause = min(look.RetryAfter, longestAsked)
		}
		return block(row, now, pause)
	case models.OutcomeRefused, models.OutcomeTimeout, models.OutcomeUnreachable, models.OutcomeUnparsed:
		row.Failures++
		if trial || row.Failures >= circuitOpens {
			return block(row, now, doubling(firstPause, row.Failures-circuitOpens, longestPause))
		}
	case models.OutcomeOK, models.OutcomeAbsent, models.OutcomeReserved, models.OutcomeInvalid:
		row.Failures, row.TrialUntil = 0, nil
		if !blocked(&row, now) {
			row.BlockedUntil = nil
		}
	case models.OutcomeUnsupported: // nobody was asked
	}
	return row
}

// block has a server left alone for a while, and not for less than somebody else has found meanwhile.
func block(row models.RegistryServer, now time.Time, pause time.Duration) models.RegistryServer {
	until := now.Add(pause)
	if !blocked(&row, now) || row.BlockedUntil == nil || row.BlockedUntil.Before(until) {
		row.BlockedUntil = &until
	}
	row.TrialUntil = nil
	return row
}

// blocked reports whether a server must be left alone at now: it asked for that, its circuit is open, or a trial look is under way. What is
// further ahead than any pause was written before the clock was set back; it holds nobody up.
func blocked(row *models.RegistryServer, now time.Time) bool {
	holds := func(until *time.Time, most time.Duration) bool {
		return until != nil && until.After(now) && !until.After(now.Add(most))
	}
	return holds(row.BlockedUntil, models.LongestBlock) || holds(row.TrialUntil, trialLasts+longestWait+time.Minute)
}

// admit decides whether a server may be asked, and takes the turn. After a pause one trial look goes first, and all others wait for its
// outcome.
func admit(row models.RegistryServer, limit Limit, now time.Time, t Turn) (models.RegistryServer, Slot, bool) {
	if blocked(&row, now) {
		return row, Slot{}, false
	}
	pace, slot := TakeTurn(row.Pace, limit, t)
	if !slot.Taken {
		return row, slot, true
	}
	row.Pace = pace
	if row.BlockedUntil != nil {
		wait := slot.At.Sub(t.Now.Add(slot.Ahead))
		row.TrialUntil = new(now.Add(wait + trialLasts))
	}
	if today := now.UTC().Format(time.DateOnly); row.Day != today {
		row.Day, row.DayCount = today, 0
	}
	row.DayCount++
	row.UpdatedAt = now
	return row, slot, true
}
