package main

import (
	"fmt"
	"slices"
	"time"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/notify"
)

// The ladder as the design states it, by hand: days before the expiry, the tighter the later.
var yearLadder = []struct {
	stage models.Stage
	days  int
}{
	{models.StageD30, 30},
	{models.StageD14, 14},
	{models.StageD7, 7},
	{models.StageD3, 3},
	{models.StageD1, 1},
	{models.StageD0, 0},
	{models.StageP1, -1},
	{models.StageP4, -4},
}

// yearRank orders the stages that are about a date; zero: the stage is not one of them.
func yearRank(s models.Stage) int {
	for i, r := range yearLadder {
		if r.stage == s {
			return i + 1
		}
	}
	late := []models.Stage{models.StageRedemption, models.StagePendingDelete}
	if i := slices.Index(late, s); i >= 0 {
		return len(yearLadder) + 1 + i
	}
	return 0
}

// fail keeps what is wrong with a name; nil: with the year as a whole.
func (y *year) fail(d *yearDomain, format string, args ...any) {
	y.broken[d] = append(y.broken[d], y.now.In(y.zone).Format("2006-01-02 15:04 ")+fmt.Sprintf(format, args...))
}

// dueOf is when a stage is due for a date: at nine on its day, on the business day before where the stage is one for business days.
func (y *year) dueOf(at time.Time, days int) time.Time {
	day := yearDayOf(at, y.zone).AddDate(0, 0, -days)
	for days > 3 && (day.Weekday() == time.Saturday || day.Weekday() == time.Sunday || slices.ContainsFunc(y.holidays, day.Equal)) {
		day = day.AddDate(0, 0, -1)
	}
	return time.Date(day.Year(), day.Month(), day.Day(), 9, 0, 0, 0, y.zone)
}

// checkWindows looks at the windows in which a stage was the tightest that was due. A system that could work for a whole stretch of one
// must have served it by the end of that stretch.
func (y *year) checkWindows() {
	for _, d := range y.domains {
		t := d.at(y.now)
		if t.due == nil || !t.exists || t.lapsing() || !d.archived.IsZero() || y.now.Before(t.due.AddDate(0, 0, -50)) {
			continue
		}
		ladder := d.client.ladder()
		for k, i := range ladder {
			from := y.dueOf(*t.due, yearLadder[i].days)
			until := from.Add(6 * yearDay)
			if k+1 < len(ladder) {
				until = y.dueOf(*t.due, yearLadder[ladder[k+1]].days)
			}
			if !from.Before(until) || !until.After(y.checked) || from.After(y.now) {
				continue
			}
			since := y.clearSince(d, t, from)
			end := since.Add(y.patience(i, since))
			if end.After(until) && since.Equal(from) {
				end = until // all of a short one
			}
			if !end.After(until) && !end.After(y.now) && end.After(y.checked) {
				y.checkWindow(d, t, i, since, end)
			}
		}
	}
	y.checked = y.now
}

// ladder gives the day stages at which a client is written to, by their place.
func (c *yearClient) ladder() (in []int) {
	for i, r := range yearLadder {
		if c.uses(r.stage) {
			in = append(in, i)
		}
	}
	return in
}

// patience is how long a system that can work may take: over one day of work. What goes out on business days only may wait over some closed
// ones.
func (y *year) patience(rung int, from time.Time) time.Duration {
	most := 50 * time.Hour
	if yearLadder[rung].days > 3 {
		day := models.DayOf(from, y.zone).AddDate(0, 0, 1)
		for !y.policy.Office.BusinessDay(day) {
			day = day.AddDate(0, 0, 1)
		}
		most = y.policy.Office.At(day.AddDate(0, 0, 1), models.ClockTime{}).Sub(from) + 10*time.Hour
		for !y.policy.Office.BusinessDay(day.AddDate(0, 0, 1)) {
			day, most = day.AddDate(0, 0, 1), most+yearDay
		}
	}
	return most
}

// clearSince is from when on, at the earliest within a window that began at an instant, the system could work and the name stood still until now.
func (y *year) clearSince(d *yearDomain, t *yearTruth, from time.Time) time.Time {
	if still := t.from.Add(3 * yearDay); still.After(from) {
		from = still
	}
	return y.able(d.client, d, from)
}

// able is from when on, after an instant at the earliest, nothing kept the system from writing to a client, about a name if there is one,
// until now.
func (y *year) able(c *yearClient, d *yearDomain, from time.Time) time.Time {
	later := func(at time.Time) {
		if at.After(from) {
			from = at
		}
	}
	after := func(spans []yearSpan, margin time.Duration) {
		for _, s := range spans {
			if s.from.Before(y.now) {
				later(s.until.Add(margin))
			}
		}
	}
	after(y.downtime, 0)
	after(y.smtpDown, 5*time.Hour)
	after(y.brakes, time.Hour)
	after(c.holds, 0)
	for _, s := range y.skew {
		after([]yearSpan{s.yearSpan}, 3*time.Hour)
	}
	later(c.changed.Add(yearDay))
	if d == nil {
		return from
	}
	after(y.outages[d.server], 30*time.Hour)
	if d.registrar {
		after(y.outages["registrar"], 30*time.Hour)
	}
	later(d.changed.Add(yearDay))
	for _, a := range d.answers {
		later(a.at.Add(yearDay))
		later(a.quiet)
	}
	if d.firstAt.IsZero() {
		return y.now
	}
	later(d.firstAt.Add(2 * yearDay))
	return from
}

// checkWindow holds a stretch of a window against what was sent.
func (y *year) checkWindow(d *yearDomain, t *yearTruth, rung int, from, until time.Time) {
	for _, s := range d.sends {
		for _, it := range s.items {
			other := it.domain == d && yearRank(it.stage) > 0 && it.stage != yearLadder[rung].stage
			if other && s.at.After(from.Add(-20*time.Hour)) && s.at.Before(until) {
				return // another stage went out that day: this one comes the day after
			}
		}
	}
	for _, c := range y.recipients(d, t, d.client.deputyAt(yearLadder[rung].days)) {
		if y.capped(c.email, from, until) {
			continue
		}
		y.count.windows++
		if !y.windowServed(d, c, t, rung+1, until) && !y.gaveUp(d, c, yearLadder[rung].stage) {
			y.fail(d, "%s was due to %s on %s, the system could work from %s to %s, and nothing came", yearLadder[rung].stage, c.email,
				y.dueOf(*t.due, yearLadder[rung].days).Format(time.DateTime), from.In(y.zone).Format(time.DateTime), until.In(y.zone).Format(time.DateTime))
		}
	}
}

// gaveUp reports whether a stage was tried for a contact for as long as any message is, while the mail server put it off, and somebody else was
// told instead: the next contact, or ops where nobody is left. Then the next stage is the next word.
func (y *year) gaveUp(d *yearDomain, c *yearContact, stage models.Stage) bool {
	views, err := y.store.NoticesOf(y.ctx, d.id)
	y.must(err)
	given, instead := map[int64]bool{}, map[int64]bool{}
	for i := range views {
		switch n := &views[i].Notice; {
		case n.Stage == stage && n.Recipient == c.email && n.State == models.NoticeFailed && n.Reason == notify.ReasonTooLong:
			given[n.CycleID] = true
		case n.Stage == stage && n.State == models.NoticeSent, n.Stage == models.StageNobodyLeft:
			instead[n.CycleID] = true
		}
	}
	for cycle := range given {
		if instead[cycle] {
			return true
		}
	}
	return false
}

// yearRoles is the order in which the people of a client are written to.
var yearRoles = []models.ContactRole{models.RoleOwner, models.RoleBilling, models.RoleTechnical, models.RoleDeputy}

// inOrder gives who must be written to about a name, by role.
func (y *year) inOrder(d *yearDomain, t *yearTruth) (to []*yearContact) {
	for _, role := range yearRoles {
		for _, c := range d.client.contacts {
			wrong, doubtful := d.wrong(c, t.cycle, t.due)
			if doubtful {
				return nil
			}
			if c.role == role && !c.off && !wrong {
				to = append(to, c)
			}
		}
	}
	return to
}

// wrong reports whether a contact said in a cycle to be the wrong person. It is doubtful whether that still stands when it said something else
// later, or when somebody said later that the name is renewed, as the registry showed, or the date was restated: that may have begun another
// cycle.
func (d *yearDomain) wrong(c *yearContact, cycle int, due *time.Time) (wrong, doubtful bool) {
	for _, a := range d.answers {
		switch {
		case a.cycle != cycle || a.contact != c:
		case a.kind == models.AnswerWrongPerson:
			restated := yearItem{due: a.due}
			wrong, doubtful = true, d.believed.After(a.at) || restated.restated(due)
		case wrong:
			doubtful = true
		}
	}
	return wrong, doubtful
}

// recipients are who must be written to: the first who can be, by role, and the deputy.
func (y *year) recipients(d *yearDomain, t *yearTruth, deputy bool) (to []*yearContact) {
	for i, c := range y.inOrder(d, t) {
		if i == 0 || deputy && c.role == models.RoleDeputy {
			to = append(to, c)
		}
	}
	return to
}

// windowServed reports whether a contact was sent a stage of a cycle, or a tighter one, about a date that is not earlier by more than a week
// than the one that is true now: one that moves a little brings no stage twice.
func (y *year) windowServed(d *yearDomain, c *yearContact, t *yearTruth, rank int, until time.Time) bool {
	for _, s := range d.sends {
		if s.contact != c || s.bounced && s.address != c.email || !s.at.Before(until) {
			continue
		}
		for _, it := range s.items {
			if it.domain == d && it.cycle == t.cycle && yearRank(it.stage) >= rank && !it.restated(t.due) {
				return true
			}
		}
	}
	return false
}

// capped reports whether an address had all its messages on some day of a window.
func (y *year) capped(address string, from, until time.Time) bool {
	days := map[string]int{}
	for _, s := range y.mailed[address] {
		if !s.at.Before(from.Add(-yearDay)) && s.at.Before(until) {
			days[models.DayOf(s.wall, y.zone).Format(time.DateOnly)]++
		}
	}
	for _, n := range days {
		if n >= y.policy.DailyCap {
			return true
		}
	}
	return false
}
