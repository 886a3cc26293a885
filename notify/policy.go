package notify

import (
	"slices"
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
	DeputyAfter       int              // the deputy is written to as well when a notice was not answered for so many days; 0: never for that
	Late              []models.Stage   // of redemption and pending_delete, those in use
	LastChance        int              // the pending-delete notice goes out so many days before recovery ends
	Thanks            bool             // thank for a renewal
	ThanksWithin      int              // days after a renewal within which it is thanked for
	Attest            bool             // ask for the date where the registry publishes none
	Records           bool             // tell of broken records
	RecordsAgain      int              // days after which broken records are told of again
	DailyCap          int              // messages a day to one address, of all kinds and clients; 0: any number
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
		AnyDayWithin: 3, DeputyWithin: 7, DeputyAfter: 7,
		Late:   []models.Stage{models.StageRedemption, models.StagePendingDelete},
		Thanks: true, Attest: true, Records: true,
		LastChance: 5, ThanksWithin: 14, RecordsAgain: 14, DailyCap: 2,
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
	case p.DeputyAfter < 0 || p.DailyCap < 0:
		return models.Invalid("notices", "give no negative numbers")
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

// afterLook gives when a notice on a domain of which too little is known is tried anew: with the next look, which is asked for in an hour at
// the latest, and within the sending window.
func (p Policy) afterLook(d *models.Domain, now time.Time) time.Time {
	at := later(d.NextLookAt, now.Add(lookMargin))
	if most := now.Add(lookWait); at.After(most) {
		at = most
	}
	if !at.Before(p.Office.At(p.Office.Day(now), p.SendUntil)) {
		return p.NextWindow(now)
	}
	return at
}

// middle gives the middle of the sending window on now's day.
func (p Policy) middle(now time.Time) time.Time {
	day := p.Office.Day(now)
	opens, closes := p.Office.At(day, p.SendFrom), p.Office.At(day, p.SendUntil)
	return opens.Add(closes.Sub(opens) / 2)
}

// attestationLasts is for how many years a date that the client stated stands before it is asked for again.
const attestationLasts = 1

// Query says which domains planning has to look at, now.
func (p Policy) Query(now time.Time) models.PlanQuery {
	return models.PlanQuery{
		Horizon: p.Horizon(now), RenewedSince: now.AddDate(0, 0, -p.ThanksWithin), AttestedBefore: now.AddDate(-attestationLasts, 0, 0),
	}
}

// Horizon gives the latest expiry that a stage of the ladder, or of any client's own, can be due for at now.
func (p Policy) Horizon(now time.Time) time.Time {
	days := 0
	for _, ladder := range [][]Rung{p.Ladder, defaultLadder} {
		if len(ladder) > 0 {
			days = max(days, ladder[0].Days)
		}
	}
	const closed = 14 // a stage moves forward over closed days
	return now.AddDate(0, 0, days+closed)
}

// For gives the policy for one client: its own settings where it has any.
func (p Policy) For(c *models.Client) Policy {
	s := c.Notices
	if len(s.Stages) > 0 {
		p.Ladder, p.Late = p.stages(s.Stages)
	}
	if s.DeputyFrom != nil {
		p.DeputyWithin = *s.DeputyFrom
	}
	if s.AnswerHours != nil && *s.AnswerHours > 0 {
		p.FollowUpAfter = time.Duration(*s.AnswerHours) * time.Hour
	}
	return p
}

// Use leaves only the named stages in use; a name that is no stage of the ladder is passed over.
func (p Policy) Use(stages []models.Stage) Policy {
	p.Ladder, p.Late = p.stages(stages)
	return p
}

// stages sorts names into the day stages, earliest first, and those that the lifecycle brings.
func (p Policy) stages(names []models.Stage) (ladder []Rung, late []models.Stage) {
	for _, name := range names {
		if name == models.StageRedemption || name == models.StagePendingDelete {
			late = append(late, name)
		} else if r, ok := p.rung(name); ok {
			ladder = append(ladder, r)
		}
	}
	slices.SortStableFunc(ladder, func(a, b Rung) int { return b.Days - a.Days })
	return slices.Compact(ladder), late
}

// rung finds a day stage on the policy's ladder, or else among those that design section 8 knows.
func (p Policy) rung(s models.Stage) (Rung, bool) {
	for _, ladder := range [][]Rung{p.Ladder, defaultLadder} {
		if i := slices.IndexFunc(ladder, func(r Rung) bool { return r.Stage == s }); i >= 0 {
			return ladder[i], true
		}
	}
	return Rung{}, false
}
