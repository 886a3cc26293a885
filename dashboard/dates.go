package dashboard

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

// whenView is a date as pages show it: absolute in ink, relative beside it.
type whenView struct {
	ISO string // for <time datetime>
	Day string // 12 Dec 2026
	Rel string // in 21 days
	Ago bool   // the day has passed
}

// Verb says of a day of expiry whether it is still to come.
func (w *whenView) Verb() string {
	if w.Ago {
		return "Expired"
	}
	return "Expires"
}

// dates words instants for one reader at one instant. Days are calendar days in the reader's zone.
type dates struct {
	now time.Time
	loc *time.Location
}

// when gives both forms of the day t falls on; nil stays nil.
func (d dates) when(t *time.Time) *whenView {
	if t == nil {
		return nil
	}
	return &whenView{ISO: d.iso(*t), Day: d.day(*t), Rel: relDays(d.days(*t)), Ago: d.days(*t) < 0}
}

// iso is the form for <time datetime>.
func (d dates) iso(t time.Time) string {
	if models.IsCalendarDay(t) {
		return t.UTC().Format(time.DateOnly)
	}
	return t.In(d.loc).Format(time.RFC3339)
}

// local is t on the reader's clock. A calendar day, kept as midnight UTC, is the same day for every reader.
func (d dates) local(t time.Time) time.Time {
	if models.IsCalendarDay(t) {
		return t.UTC()
	}
	return t.In(d.loc)
}

// day is the absolute form: 12 Dec 2026.
func (d dates) day(t time.Time) string { return d.local(t).Format("2 Jan 2006") }

// calendarDay words a day that is kept as midnight UTC: the same day for every reader.
func calendarDay(t time.Time) string { return t.UTC().Format("2 Jan 2006") }

// weekday is the absolute form with its weekday: Sat 28 Nov 2026.
func (d dates) weekday(t time.Time) string { return d.local(t).Format("Mon 2 Jan 2006") }

// stamp is a short date with its time: "20 Nov 22:40" within half a year, else the day alone.
func (d dates) stamp(t time.Time) string {
	if days := d.days(t); days < -180 || days > 180 {
		return d.day(t)
	}
	return t.In(d.loc).Format("2 Jan 15:04")
}

// short is a day without its year, within half a year of now.
func (d dates) short(t time.Time) string {
	if days := d.days(t); days < -180 || days > 180 {
		return d.day(t)
	}
	return d.local(t).Format("2 Jan")
}

// moment is an instant in full.
func (d dates) moment(t time.Time) string { return t.In(d.loc).Format("Mon 2 Jan 2006, 15:04:05") }

// days counts calendar days to t.
func (d dates) days(t time.Time) int {
	y, m, day := d.local(t).Date()
	return models.DaysBetween(d.now, time.Date(y, m, day, 12, 0, 0, 0, d.loc), d.loc)
}

// age is how long ago t was: "3 h ago"; nil: "never".
func (d dates) age(t *time.Time) string {
	if t == nil {
		return "never"
	}
	return ago(d.now.Sub(*t))
}

// old reports whether what was learned at t is more than a day old, or was never learned.
func (d dates) old(t *time.Time) bool { return t == nil || d.now.Sub(*t) > 24*time.Hour }

// relDays words a distance in calendar days: days up to 90, then months, then years with one decimal.
func relDays(n int) string {
	if n == 0 {
		return "today"
	}
	a := n
	if a < 0 {
		a = -a
	}
	var s string
	switch {
	case a <= 90:
		s = plural(a, "day")
	case a < 700:
		s = plural(int(math.Round(float64(a)/30.44)), "month")
	default:
		s = strings.TrimSuffix(strconv.FormatFloat(float64(a)/365.25, 'f', 1, 64), ".0") + " years"
	}
	if n > 0 {
		return "in " + s
	}
	return s + " ago"
}

// ago words the age of a fact: minutes, hours up to 48, then days.
func ago(d time.Duration) string {
	switch {
	case d < -time.Minute:
		return "in the future"
	case d < time.Minute:
		return "just now"
	case d < time.Hour:
		return fmt.Sprintf("%d min ago", int(d/time.Minute))
	case d <= 48*time.Hour:
		return fmt.Sprintf("%d h ago", int(d/time.Hour))
	}
	return fmt.Sprintf("%d d ago", int(d/(24*time.Hour)))
}

// waiting words how long somebody has been waited for: hours up to 48, then days.
func waiting(d time.Duration) string {
	switch {
	case d < time.Hour:
		return "under 1 h"
	case d <= 48*time.Hour:
		return fmt.Sprintf("%d h", int(d/time.Hour))
	}
	return plural(int(d/(24*time.Hour)), "day")
}

// plural counts a thing: "1 day", "2 days".
func plural(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return thousands(n) + " " + thing + "s"
}

// thousands writes a number with commas between its thousands.
func thousands(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
