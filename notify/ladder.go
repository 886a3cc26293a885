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

// defaultLadder is that of design section 8; p1 and p4 lie inside the five days that ICANN's Expired Registration Recovery Policy allows for
// the notice after expiry.
var defaultLadder = []Rung{
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

// DefaultLadder gives the day stages of design section 8.
func DefaultLadder() []Rung { return slices.Clone(defaultLadder) }

// The ranks of the stages that the lifecycle brings; those of day stages are their days, counted from the expiry on.
const (
	rankRedemption = 1 << 20
	rankFinal      = rankRedemption + 1
)

// step is a rung at its instant for one domain.
type step struct {
	stage  models.Stage
	rank   int // tighter stages have higher ranks
	due    time.Time
	ops    bool
	deputy bool // the deputy is written to as well
	desk   bool // goes out on business days only
	off    bool // not in use: nothing is sent, and nothing looser either once it is due
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

// rankOf gives a stage's position on the ladder, in use or not; ok is false for stages beside it, such as follow-ups.
func (p Policy) rankOf(s models.Stage) (rank int, ok bool) {
	switch s {
	case models.StageRedemption:
		return rankRedemption, true
	case models.StagePendingDelete:
		return rankFinal, true
	default:
		r, ok := p.rung(s)
		return -r.Days, ok
	}
}

// laddered reports whether a notice is of the ladder of a cycle, which goes by a date.
func (p Policy) laddered(n *models.Notice) bool {
	_, ok := p.rankOf(n.Stage)
	return ok && n.CycleID != 0
}

// steps gives the stages of a domain with a known expiry, loosest first. In redemption and pending delete no day stage is still to come.
func (p Policy) steps(d *models.Domain, now time.Time) []step {
	return p.stepsFrom(d, p.daySteps(ExpiryDay(*d.ExpiresAt, p.Office.Location())), now)
}

// stepsFrom gives the stages of a domain from the day stages of its expiry.
func (p Policy) stepsFrom(d *models.Domain, days []step, now time.Time) []step {
	if d.Lifecycle != models.LifecycleRedemption && d.Lifecycle != models.LifecyclePendingDelete {
		return days
	}
	past := current(days, now) + 1
	return append(slices.Clone(days[:past]), p.lateSteps(d, now)...)
}

// daySteps gives the day stages for an expiry day.
func (p Policy) daySteps(day time.Time) []step {
	steps := make([]step, len(p.Ladder))
	for i, r := range p.Ladder {
		steps[i] = step{
			stage: r.Stage, rank: -r.Days, due: p.dueAt(r, day), ops: r.Ops,
			deputy: r.Days <= p.DeputyWithin, desk: r.Days > p.AnyDayWithin,
		}
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
// Who was never told before pending delete began is told then that nobody can save the name. A last chance that is not in use takes nothing from
// redemption: as long as the name can be recovered, its owner is told so.
func (p Policy) lateSteps(d *models.Domain, now time.Time) []step {
	since := now
	if d.LifecycleSince != nil {
		since = *d.LifecycleSince
	}
	redemption := p.lateStep(models.StageRedemption, rankRedemption, since)
	final := p.lateStep(models.StagePendingDelete, rankFinal, since)
	if d.Lifecycle == models.LifecyclePendingDelete {
		return []step{redemption, final}
	}
	if d.RecoverUntil == nil || final.off {
		return []step{redemption}
	}
	day := ExpiryDay(*d.RecoverUntil, p.Office.Location()).AddDate(0, 0, -p.LastChance)
	if final.due = p.Office.At(day, p.SendFrom); final.due.Before(since) {
		final.due = since
	}
	return []step{redemption, final}
}

func (p Policy) lateStep(s models.Stage, rank int, due time.Time) step {
	return step{stage: s, rank: rank, due: due, deputy: true, off: !slices.Contains(p.Late, s)}
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
