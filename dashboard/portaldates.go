package dashboard

import (
	"cmp"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

// spoken words instants for one client, in its language and zone.
type spoken struct {
	dates
	*phrases
}

// day is the absolute form: 12 Dec 2026.
func (s spoken) day(t time.Time) string { return s.date("date.day", s.local(t)) }

// weekday is the absolute form with its weekday: Sat 28 Nov 2026.
func (s spoken) weekday(t time.Time) string { return s.date("date.weekday", s.local(t)) }

// calendarDay words a day that is kept as midnight UTC: the same day for every reader.
func (s spoken) calendarDay(t time.Time) string { return s.date("date.day", t.UTC()) }

func (s spoken) date(form string, t time.Time) string {
	return s.text(form, "weekday", s.Weekdays[t.Weekday()], "day", t.Day(), "month", s.Months[t.Month()-1], "year", t.Year())
}

// rel words a distance in calendar days, as relDays does for staff.
func (s spoken) rel(n int) string {
	if n == 0 {
		return s.text("rel.today")
	}
	a := max(n, -n)
	var span string
	switch {
	case a == 1:
		span = s.text("span.day")
	case a <= 90:
		span = s.text("span.days", "n", a)
	case a < 700:
		span = s.text("span.months", "n", int(math.Round(float64(a)/30.44)))
	default:
		span = s.text("span.years", "n", strings.TrimSuffix(strconv.FormatFloat(float64(a)/365.25, 'f', 1, 64), ".0"))
	}
	if n > 0 {
		return s.text("rel.in", "span", span)
	}
	return s.text("rel.ago", "span", span)
}

// age is how long ago t was.
func (s spoken) age(t *time.Time) string {
	if t == nil {
		return s.text("age.never")
	}
	switch d := s.now.Sub(*t); {
	case d < time.Minute:
		return s.text("age.now")
	case d < time.Hour:
		return s.text("age.minutes", "n", int(d/time.Minute))
	case d <= 48*time.Hour:
		return s.text("age.hours", "n", int(d/time.Hour))
	default:
		return s.text("age.days", "n", int(d/(24*time.Hour)))
	}
}

// hours says when somebody answers the telephone: the agency's own words, or for another language what the office's hours are.
func (s *Server) hours(p *phrases) string {
	a := &s.opt.Agency
	first, last := -1, -1
	run := true
	for d, open := range a.Office.Days {
		switch {
		case open && first < 0:
			first, last = d, d
		case open && d == last+1:
			last = d
		case open:
			run = false
		}
	}
	if p == s.speak() || first < 0 || !run || a.Hours == "" {
		return a.Hours
	}
	return p.text("hours", "first", p.WeekdaysLong[first], "last", p.WeekdaysLong[last],
		"open", clockWords(a.Office.Open), "close", clockWords(a.Office.Close), "zone", cmp.Or(p.Zones[a.Office.Zone.String()], a.ZoneName))
}

func clockWords(c models.ClockTime) string { return fmt.Sprintf("%d:%02d", c.Hour, c.Minute) }
