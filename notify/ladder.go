package notify

import (
	"slices"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

// Rung is a day stage of the ladder.
type Rung struct {
	Stage models.Stage
	Days  int  // calendar days before expiry; negative: after it
	Ops   bool // a task for ops, nothing goes to the client
}

// DefaultLadder gives the day stages of design section 8; p1 and p4 lie inside the five days that ICANN's Expired Registration Recovery
// Policy allows for the notice after expiry.
func DefaultLadder() []Rung {
	return []Rung{
		{models.StageD60, 60, true},
		{models.StageD30, 30, false},
		{models.StageD14, 14, false},
		{models.StageD7, 7, false},
		{models.StageD3, 3, false},
		{models.StageD1, 1, false},
		{models.StageD0, 0, false},
		{models.StageP1, -1, false},
		{models.StageP4, -4, false},
	}
}

// step is a rung at its instant for one domain.
type step struct {
	stage  models.Stage
	rank   int // position on the whole ladder; tighter stages have higher ranks
	due    time.Time
	ops    bool
	deputy bool // the deputy is written to as well
	desk   bool // goes out on business days only
}

// ExpiryDay gives the calendar day on which an expiry falls for a reader in loc, as midnight UTC. An expiry at midnight UTC is a calendar
// day without a time, and that day everywhere.
func ExpiryDay(at time.Time, loc *time.Location) time.Time {
	at = at.UTC()
	if day := models.DayOf(at, time.UTC); day.Equal(at) {
		return day
	}
	return models.DayOf(at, loc)
}

// rankOf gives a stage's position on the ladder; ok is false for stages beside it, such as follow-ups.
func (p Policy) rankOf(s models.Stage) (rank int, ok bool) {
	if s == models.StageRedemption {
		return len(p.Ladder), true
	}
	if s == models.StagePendingDelete {
		return len(p.Ladder) + 1, true
	}
	i := slices.IndexFunc(p.Ladder, func(r Rung) bool { return r.Stage == s })
	return i, i >= 0
}

// steps gives the stages of a domain with a known expiry, loosest first. In redemption and pending delete no day stage is still to come.
func (p Policy) steps(d *models.Domain, now time.Time) []step {
	late := d.Lifecycle == models.LifecycleRedemption || d.Lifecycle == models.LifecyclePendingDelete
	day := ExpiryDay(*d.ExpiresAt, p.Office.Location())
	var steps []step
	for i, r := range p.Ladder {
		s := step{stage: r.Stage, rank: i, due: p.dueAt(r, day), ops: r.Ops, deputy: r.Days <= p.DeputyWithin, desk: r.Days > p.AnyDayWithin}
		if late && s.due.After(now) {
			break
		}
		steps = append(steps, s)
	}
	if late {
		steps = append(steps, p.lateSteps(d, now)...)
	}
	return steps
}

func (p Policy) dueAt(r Rung, expiryDay time.Time) time.Time {
	day := expiryDay.AddDate(0, 0, -r.Days)
	if r.Days > p.AnyDayWithin {
		day = p.Office.BusinessDayOnOrBefore(day)
	}
	return p.Office.At(day, p.SendFrom)
}

// lateSteps gives the stages that the lifecycle brings, not the date: the start of redemption, and the last chance before pending delete.
// Who was never told before pending delete began is told then that nobody can save the name.
func (p Policy) lateSteps(d *models.Domain, now time.Time) []step {
	since := now
	if d.LifecycleSince != nil {
		since = *d.LifecycleSince
	}
	redemption := step{stage: models.StageRedemption, rank: len(p.Ladder), due: since, deputy: true}
	final := step{stage: models.StagePendingDelete, rank: len(p.Ladder) + 1, due: since, deputy: true}
	if d.Lifecycle == models.LifecyclePendingDelete {
		return []step{redemption, final}
	}
	if d.RecoverUntil == nil {
		return []step{redemption}
	}
	day := ExpiryDay(*d.RecoverUntil, p.Office.Location()).AddDate(0, 0, -p.LastChance)
	if final.due = p.Office.At(day, p.SendFrom); final.due.Before(since) {
		final.due = since
	}
	return []step{redemption, final}
}

// current gives the index of the tightest step that is due at now, -1 when none is.
func current(steps []step, now time.Time) int {
	for i, s := range slices.Backward(steps) {
		if !s.due.After(now) {
			return i
		}
	}
	return -1
}

// upcoming gives the index of the step that becomes due inside lead, the tightest of those that fall together; -1 when none does.
func upcoming(steps []step, now time.Time, lead time.Duration) int {
	next := current(steps, now) + 1
	if next >= len(steps) || steps[next].due.After(now.Add(lead)) {
		return -1
	}
	for next+1 < len(steps) && steps[next+1].due.Equal(steps[next].due) {
		next++
	}
	return next
}
