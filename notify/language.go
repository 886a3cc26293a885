package notify

import (
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

// dateWords say how a language writes dates, times and the few words that come from tables; the patterns name their parts in braces.
type dateWords struct {
	Weekdays      [7]string         `json:"weekdays"`
	WeekdaysShort [7]string         `json:"weekdays_short"`
	Months        [12]string        `json:"months"`
	Long          string            `json:"long"`
	Short         string            `json:"short"`
	Day           string            `json:"day"`
	Moment        string            `json:"moment"`
	DayRun        string            `json:"day_run"` // office days from {first} to {last}
	Hours         string            `json:"hours"`   // office hours: {days}, {open}, {close}, {zone}
	Zones         map[string]string `json:"zones"`
	ZoneCity      string            `json:"zone_city"`
	// Labels translate words that reach a letter from tables: field names of DNS forms, and platforms that are no brand. English has none.
	Labels map[string]string `json:"labels"`
	// Purposes say what stops with the records of the services in the catalogue, by the English sentence there. English has none.
	Purposes map[string]string `json:"purposes"`
}

// complete names the first word that is missing, empty when none is.
func (w *dateWords) complete() string {
	for name, list := range map[string][]string{"weekdays": w.Weekdays[:], "weekdays_short": w.WeekdaysShort[:], "months": w.Months[:]} {
		if slices.Contains(list, "") {
			return name
		}
	}
	for _, p := range []struct{ name, pattern, parts string }{
		{"long", w.Long, "{weekday} {day} {month} {year}"},
		{"short", w.Short, "{weekday_short} {day} {month} {year}"},
		{"day", w.Day, "{day} {month}"},
		{"moment", w.Moment, "{weekday_short} {day} {month} {year} {time} {zone}"},
		{"day_run", w.DayRun, "{first} {last}"},
		{"hours", w.Hours, "{days} {open} {close} {zone}"},
		{"zone_city", w.ZoneCity, "{city}"},
	} {
		for part := range strings.FieldsSeq(p.parts) {
			if !strings.Contains(p.pattern, part) {
				return p.name + " (" + part + ")"
			}
		}
	}
	return ""
}

// date writes a calendar day (midnight UTC) by a pattern.
func (w *dateWords) date(pattern string, day time.Time) string {
	return strings.NewReplacer(
		"{weekday}", w.Weekdays[day.Weekday()], "{weekday_short}", w.WeekdaysShort[day.Weekday()],
		"{day}", strconv.Itoa(day.Day()), "{month}", w.Months[day.Month()-1], "{year}", strconv.Itoa(day.Year()),
	).Replace(pattern)
}

// moment writes an instant for a reader in loc, with the zone's name.
func (w *dateWords) moment(t time.Time, loc *time.Location) string {
	t = t.In(loc)
	day := time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
	return strings.NewReplacer("{time}", t.Format("15:04"), "{zone}", w.zone(loc)).Replace(w.date(w.Moment, day))
}

// zone names a time zone as people do: by its usual name, else by the city of its IANA name.
func (w *dateWords) zone(loc *time.Location) string {
	if name, ok := w.Zones[loc.String()]; ok {
		return name
	}
	city := strings.ReplaceAll(path.Base(loc.String()), "_", " ")
	return strings.ReplaceAll(w.ZoneCity, "{city}", city)
}

// hours words when somebody answers the phone.
func (w *dateWords) hours(o models.Office) string {
	var open []int
	for i := 1; i <= 7; i++ { // Monday first
		if o.Days[i%7] {
			open = append(open, i)
		}
	}
	names := make([]string, len(open))
	for i, d := range open {
		names[i] = w.Weekdays[d%7]
	}
	days := strings.Join(names, ", ")
	if n := len(open); n > 2 && open[n-1]-open[0] == n-1 {
		days = strings.NewReplacer("{first}", names[0], "{last}", names[n-1]).Replace(w.DayRun)
	}
	clock := func(c models.ClockTime) string {
		return strconv.Itoa(c.Hour) + ":" + strconv.Itoa(100 + c.Minute)[1:]
	}
	return strings.NewReplacer("{days}", days, "{open}", clock(o.Open), "{close}", clock(o.Close), "{zone}", w.zone(o.Location())).Replace(w.Hours)
}

// purpose says what stops with a record; empty where there are no words for it in this language.
func (w *wording) purpose(english string) string {
	if w.lang == defaultLanguage {
		return english
	}
	return w.words.Purposes[english]
}

// label translates a word from a table; one that is not known stays as it is.
func (w *dateWords) label(word string) string {
	if s, ok := w.Labels[word]; ok {
		return s
	}
	return word
}
