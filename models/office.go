package models

import (
	"slices"
	"time"
)

// ClockTime is a time of day on the wall, in whatever zone the reader of it names.
type ClockTime struct {
	Hour, Minute int
}

// Minutes gives the minutes since midnight.
func (c ClockTime) Minutes() int { return c.Hour*60 + c.Minute }

// Office is a business calendar: on which weekdays, between which times and in which zone somebody is there.
//
// Calendar days are given and returned as midnight UTC of that day, like every calendar day in this package; instants are instants. The
// zero Office never opens.
type Office struct {
	Zone     *time.Location // nil: UTC
	Days     [7]bool        // by time.Weekday
	Open     ClockTime
	Close    ClockTime // the first moment at which it is closed again
	Holidays []time.Time
}

// WorkingWeek marks Monday to Friday.
func WorkingWeek() [7]bool { return [7]bool{false, true, true, true, true, true, false} }

// searchDays bounds every search for a business day, so that an office that never opens can't hang its caller.
const searchDays = 400

// DayOf gives the calendar day of an instant in a zone.
func DayOf(t time.Time, loc *time.Location) time.Time {
	y, m, d := t.In(loc).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// Location gives the office's zone, never nil.
func (o Office) Location() *time.Location {
	if o.Zone == nil {
		return time.UTC
	}
	return o.Zone
}

// Day gives the calendar day of an instant in the office's zone.
func (o Office) Day(t time.Time) time.Time { return DayOf(t, o.Location()) }

// At gives the instant at which the office's clock shows c on a calendar day. A time that a change of clocks leaves out is moved on by
// the length of the gap.
func (o Office) At(day time.Time, c ClockTime) time.Time {
	y, m, d := day.Date()
	loc := o.Location()
	at, wall := time.Date(y, m, d, c.Hour, c.Minute, 0, 0, loc), time.Date(y, m, d, c.Hour, c.Minute, 0, 0, time.UTC)
	if at.Hour() == wall.Hour() && at.Minute() == wall.Minute() {
		return at
	}
	// time.Date goes by the offset from before or after the change, as it falls: that from before is the one that never gives the day before.
	_, before := at.Add(-12 * time.Hour).Zone()
	return wall.Add(-time.Duration(before) * time.Second).In(loc)
}

// BusinessDay reports whether the office opens on a calendar day.
func (o Office) BusinessDay(day time.Time) bool {
	if !o.Days[day.Weekday()] {
		return false
	}
	return !slices.ContainsFunc(o.Holidays, func(h time.Time) bool { return h.Equal(day) })
}

// IsOpen reports whether somebody is there at now.
func (o Office) IsOpen(now time.Time) bool {
	day := o.Day(now)
	return o.BusinessDay(day) && !now.Before(o.At(day, o.Open)) && now.Before(o.At(day, o.Close))
}

// NextOpen gives now when the office is open, and otherwise the instant at which it opens next. An office that never opens gives now.
func (o Office) NextOpen(now time.Time) time.Time {
	if o.IsOpen(now) {
		return now
	}
	day := o.Day(now)
	for range searchDays {
		if opens := o.At(day, o.Open); o.BusinessDay(day) && !opens.Before(now) {
			return opens
		}
		day = day.AddDate(0, 0, 1)
	}
	return now
}

// PreviousBusinessDay gives the last business day before a calendar day; the day before it when the office never opens.
func (o Office) PreviousBusinessDay(day time.Time) time.Time {
	before := day.AddDate(0, 0, -1)
	for d, n := before, 0; n < searchDays; d, n = d.AddDate(0, 0, -1), n+1 {
		if o.BusinessDay(d) {
			return d
		}
	}
	return before
}

// BusinessDayOnOrBefore gives the day itself when the office opens on it, and otherwise the business day before it. When the office never
// opens it gives the day itself.
func (o Office) BusinessDayOnOrBefore(day time.Time) time.Time {
	if o.BusinessDay(day) {
		return day
	}
	if d := o.PreviousBusinessDay(day); o.BusinessDay(d) {
		return d
	}
	return day
}

// BusinessHoursBetween counts the opening hours between two instants; zero when b is not after a. The span counted is bounded to 400 days.
func (o Office) BusinessHoursBetween(a, b time.Time) time.Duration {
	var total time.Duration
	day := o.Day(a)
	for n := 0; n < searchDays && o.At(day, ClockTime{}).Before(b); n++ {
		if o.BusinessDay(day) {
			from, until := later(a, o.At(day, o.Open)), earlier(b, o.At(day, o.Close))
			if until.After(from) {
				total += until.Sub(from)
			}
		}
		day = day.AddDate(0, 0, 1)
	}
	return total
}

// Deadline gives the opening hour by which an answer to something said at from is due, when people are given d to answer and closed days
// do not count: the clock runs round on business days, stands on the others, and what falls outside opening hours counts for the next opening.
func (o Office) Deadline(from time.Time, d time.Duration) time.Time {
	at, left := from, d
	for range searchDays {
		day := o.Day(at)
		end := o.At(day.AddDate(0, 0, 1), ClockTime{})
		if o.BusinessDay(day) {
			if at.Add(left).Before(end) {
				return o.NextOpen(at.Add(left))
			}
			left -= end.Sub(at)
		}
		at = end
	}
	return from.Add(d)
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
