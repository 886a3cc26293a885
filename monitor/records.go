package monitor

import (
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

// DefaultConfirmAfter is the least time after which a second look confirms that a record is not right.
const DefaultConfirmAfter = 10 * time.Minute

// ConfirmRecord takes one look at an expected record into its row. A state that is not right must be seen twice, the second time when the
// negative answers of the first have left the caches and after has passed (DefaultConfirmAfter when zero); right again counts at once. A
// look that states nothing changes no state.
func ConfirmRecord(stored models.ExpectedRecord, look models.RecordLook, now time.Time, after time.Duration) models.ExpectedRecord {
	next := stored
	if next.State == "" {
		next.State = models.RecordUnknown
	}
	if !look.State.Judged() {
		return next
	}
	next.LookedAt = new(now)
	switch {
	case look.State.Right() || look.State == next.State:
		return settle(next, look, now)
	case next.Pending != look.State && !bothBad(next.Pending, look.State):
		next.Pending, next.PendingAt = look.State, new(now)
		next.ConfirmAt = new(now.Add(confirmAfter(look, after)))
		next.Seen = look.Seen
		return next
	case next.ConfirmAt != nil && now.Before(*next.ConfirmAt):
		next.Pending = look.State
		return next
	}
	return settle(next, look, now)
}

// bothBad reports whether a look that differs from the pending one still confirms that the record is not right.
func bothBad(pending, seen models.RecordState) bool {
	return pending != "" && !pending.Right() && !seen.Right()
}

func settle(r models.ExpectedRecord, look models.RecordLook, now time.Time) models.ExpectedRecord {
	if r.State != look.State {
		r.State, r.StateAt = look.State, new(now)
	}
	r.Detail, r.Seen = look.Detail, look.Seen
	r.Pending, r.PendingAt, r.ConfirmAt = "", nil, nil
	return r
}

func confirmAfter(look models.RecordLook, after time.Duration) time.Duration {
	if after <= 0 {
		after = DefaultConfirmAfter
	}
	return max(after, min(look.NegativeTTL, day))
}
