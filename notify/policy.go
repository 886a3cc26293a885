package notify

import (
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

// Policy is the agency's will about notices. Start from DefaultPolicy.
type Policy struct {
	Office            models.Office    // business days and hours; its zone is the one in which days are counted for planning
	SendFrom          models.ClockTime // sending window, every day of the week, in the office's zone
	SendUntil         models.ClockTime // the first moment at which nothing goes out any more
	Ladder            []Rung           // earliest first
	AnyDayWithin      int              // rungs up to so many days before expiry, and all after it, go out on closed days too
	DeputyWithin      int              // rungs up to so many days before expiry, and all after it, go to the deputy too
	LastChance        int              // the pending-delete notice goes out so many days before recovery ends
	Lead              time.Duration    // a notice is queued so long before it is due, so that ops can see and hold it
	FollowUpAfter     time.Duration    // business-aware time without an answer after which ops get a task
	RenewedQuiet      int              // days for which "renewed" is believed before the registry shows it
	MaxObservationAge time.Duration    // a notice never rests on facts older than this
}

// DefaultPolicy gives the ladder of design section 8 for an office that works Monday to Friday, 9 to 5.
func DefaultPolicy(zone *time.Location) Policy {
	nine, five := models.ClockTime{Hour: 9}, models.ClockTime{Hour: 17}
	return Policy{
		Office:   models.Office{Zone: zone, Days: models.WorkingWeek(), Open: nine, Close: five},
		SendFrom: nine, SendUntil: five,
		Ladder:       DefaultLadder(),
		AnyDayWithin: 3, DeputyWithin: 7, LastChance: 5,
		Lead:          16 * time.Hour,
		FollowUpAfter: 48 * time.Hour,
		RenewedQuiet:  7, MaxObservationAge: 48 * time.Hour,
	}
}

// Validate says what in the policy can't work.
func (p Policy) Validate() error {
	switch {
	case p.Office.Days == [7]bool{}:
		return models.Invalid("office days", "name at least one business day")
	case p.SendUntil.Minutes() <= p.SendFrom.Minutes():
		return models.Invalid("sending window", "let it end later than it begins, on the same day")
	case len(p.Ladder) == 0:
		return models.Invalid("ladder", "name at least one stage")
	case p.MaxObservationAge <= 0:
		return models.Invalid("max observation age", "give a duration above zero")
	case p.FollowUpAfter <= 0:
		return models.Invalid("follow-up", "give a duration above zero")
	case p.Lead < 0 || p.Lead > 24*time.Hour:
		return models.Invalid("lead", "give a duration between 0 and 24h")
	}
	seen := map[models.Stage]bool{}
	for i, r := range p.Ladder {
		if i > 0 && r.Days >= p.Ladder[i-1].Days {
			return models.Invalid("ladder", "order the stages from the earliest to the latest, each on a day of its own")
		}
		if r.Stage == "" || seen[r.Stage] || r.Stage == models.StageRedemption || r.Stage == models.StagePendingDelete {
			return models.Invalid("ladder", "give each day stage a name of its own")
		}
		seen[r.Stage] = true
	}
	return nil
}

// InWindow reports whether mail may go out at now.
func (p Policy) InWindow(now time.Time) bool {
	day := p.Office.Day(now)
	return !now.Before(p.Office.At(day, p.SendFrom)) && now.Before(p.Office.At(day, p.SendUntil))
}

// NextWindow gives the beginning of the sending window on the day after now's.
func (p Policy) NextWindow(now time.Time) time.Time {
	return p.Office.At(p.Office.Day(now).AddDate(0, 0, 1), p.SendFrom)
}

// Horizon gives the latest expiry that anything can be owed about at now.
func (p Policy) Horizon(now time.Time) time.Time {
	days := 0
	if len(p.Ladder) > 0 {
		days = p.Ladder[0].Days
	}
	const closed = 14 // a stage moves forward over closed days
	return now.AddDate(0, 0, days+closed)
}
