package models_test

import (
	"testing"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

func office(t *testing.T) models.Office {
	t.Helper()
	loc, err := time.LoadLocation("America/Los_Angeles")
	if err != nil {
		t.Fatal(err)
	}
	return models.Office{
		Zone: loc, Days: models.WorkingWeek(), Open: models.ClockTime{Hour: 9}, Close: models.ClockTime{Hour: 17},
		Holidays: []time.Time{time.Date(2026, 11, 26, 0, 0, 0, 0, time.UTC), time.Date(2026, 11, 27, 0, 0, 0, 0, time.UTC)},
	}
}

func local(t *testing.T, s string) time.Time {
	t.Helper()
	v, err := time.ParseInLocation("2006-01-02 15:04", s, office(t).Zone)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestOfficeOpens(t *testing.T) {
	o := office(t)
	for _, c := range []struct {
		why, now string
		open     bool
		next     string
	}{
		{"in the middle of a day", "2026-11-24 12:00", true, "2026-11-24 12:00"},
		{"the opening minute is open", "2026-11-24 09:00", true, "2026-11-24 09:00"},
		{"the closing minute is closed", "2026-11-24 17:00", false, "2026-11-25 09:00"},
		{"before opening", "2026-11-24 06:00", false, "2026-11-24 09:00"},
		{"over holidays and the weekend", "2026-11-25 18:00", false, "2026-11-30 09:00"},
		{"on a Sunday", "2026-11-22 12:00", false, "2026-11-23 09:00"},
	} {
		now := local(t, c.now)
		if got := o.IsOpen(now); got != c.open {
			t.Errorf("%s: open %t", c.why, got)
		}
		if got := o.NextOpen(now.UTC()); !got.Equal(local(t, c.next)) {
			t.Errorf("%s: next open %s, want %s", c.why, got.In(o.Zone), c.next)
		}
	}
}

func TestBusinessDayBefore(t *testing.T) {
	o := office(t)
	day := func(s string) time.Time {
		d, err := time.Parse(time.DateOnly, s)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	for _, c := range []struct{ why, day, onOrBefore, before string }{
		{"a business day is its own", "2026-11-25", "2026-11-25", "2026-11-24"},
		{"a Sunday after two holidays", "2026-11-29", "2026-11-25", "2026-11-25"},
		{"a holiday", "2026-11-26", "2026-11-25", "2026-11-25"},
		{"a Monday", "2026-11-30", "2026-11-30", "2026-11-25"},
	} {
		if got := o.BusinessDayOnOrBefore(day(c.day)); !got.Equal(day(c.onOrBefore)) {
			t.Errorf("%s: on or before %s", c.why, got)
		}
		if got := o.PreviousBusinessDay(day(c.day)); !got.Equal(day(c.before)) {
			t.Errorf("%s: before %s", c.why, got)
		}
	}
	var never models.Office
	if d := day("2026-11-25"); !never.BusinessDayOnOrBefore(d).Equal(d) || !never.PreviousBusinessDay(d).Equal(d.AddDate(0, 0, -1)) {
		t.Error("an office that never opens must still give a day")
	}
}

func TestBusinessHoursBetween(t *testing.T) {
	o := office(t)
	for _, c := range []struct {
		why, a, b string
		want      time.Duration
	}{
		{"inside a day", "2026-11-24 10:00", "2026-11-24 12:30", 150 * time.Minute},
		{"over a night", "2026-11-23 16:00", "2026-11-24 10:00", 2 * time.Hour},
		{"over a weekend", "2026-11-20 16:30", "2026-11-23 09:30", time.Hour},
		{"closed all along", "2026-11-26 09:00", "2026-11-29 17:00", 0},
		{"backwards", "2026-11-24 12:00", "2026-11-24 10:00", 0},
		{"over the end of summer time: opening hours do not change", "2026-10-30 16:00", "2026-11-02 10:00", 2 * time.Hour},
	} {
		if got := o.BusinessHoursBetween(local(t, c.a), local(t, c.b)); got != c.want {
			t.Errorf("%s: got %s, want %s", c.why, got, c.want)
		}
	}
}

func TestDeadline(t *testing.T) {
	o := office(t)
	for _, c := range []struct{ why, from, want string }{
		{"two plain days", "2026-11-16 09:05", "2026-11-18 09:05"},
		{"Friday morning: the weekend does not count", "2026-11-20 09:05", "2026-11-24 09:05"},
		{"Saturday counts from Monday", "2026-11-21 11:00", "2026-11-25 09:00"},
		{"in the evening: the next opening", "2026-11-16 20:00", "2026-11-19 09:00"},
		{"over holidays", "2026-11-25 10:00", "2026-12-01 10:00"},
	} {
		if got := o.Deadline(local(t, c.from), 48*time.Hour); !got.Equal(local(t, c.want)) {
			t.Errorf("%s: got %s, want %s", c.why, got.In(o.Zone), c.want)
		}
	}
	var never models.Office
	if got, want := never.Deadline(local(t, "2026-11-16 09:00"), time.Hour), local(t, "2026-11-16 10:00"); !got.Equal(want) {
		t.Errorf("an office that never opens: got %s, want plain hours", got)
	}
}

func TestOfficeClockOverTheChangeOfClocks(t *testing.T) {
	o := office(t)
	day := time.Date(2026, 3, 8, 0, 0, 0, 0, time.UTC) // 02:00 to 03:00 does not exist
	if got, want := o.At(day, models.ClockTime{Hour: 9}), local(t, "2026-03-08 09:00"); !got.Equal(want) {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := o.Day(o.At(day, models.ClockTime{Hour: 2, Minute: 30})); !got.Equal(day) {
		t.Errorf("a time that does not exist moved to %s", got)
	}
	if got := models.DayOf(time.Date(2026, 3, 8, 5, 0, 0, 0, time.UTC), o.Location()); !got.Equal(day.AddDate(0, 0, -1)) {
		t.Errorf("05:00 UTC is still the day before in California, got %s", got)
	}
}

// TestTimesThatAChangeOfClocksLeavesOut: in some zones midnight itself does not exist on one day of the year.
func TestTimesThatAChangeOfClocksLeavesOut(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		zone, day string
		clock     models.ClockTime
		want      string
	}{
		{"America/Santiago", "2026-09-06", models.ClockTime{}, "2026-09-06T01:00:00-03:00"},
		{"America/Santiago", "2026-09-05", models.ClockTime{Hour: 24}, "2026-09-06T01:00:00-03:00"},
		{"America/Santiago", "2026-09-07", models.ClockTime{}, "2026-09-07T00:00:00-03:00"},
		{"Asia/Beirut", "2026-03-29", models.ClockTime{}, "2026-03-29T01:00:00+03:00"},
		{"America/New_York", "2026-03-08", models.ClockTime{Hour: 2, Minute: 30}, "2026-03-08T03:30:00-04:00"},
		{"Europe/Berlin", "2026-03-29", models.ClockTime{Hour: 2, Minute: 30}, "2026-03-29T03:30:00+02:00"},
		{"Australia/Lord_Howe", "2026-10-04", models.ClockTime{Hour: 2, Minute: 15}, "2026-10-04T02:45:00+11:00"},
	} {
		loc, err := time.LoadLocation(c.zone)
		if err != nil {
			t.Fatal(err)
		}
		day, err := time.Parse(time.DateOnly, c.day)
		if err != nil {
			t.Fatal(err)
		}
		if got := (models.Office{Zone: loc}).At(day, c.clock).Format(time.RFC3339); got != c.want {
			t.Errorf("%s %s %v: %s, want %s", c.zone, c.day, c.clock, got, c.want)
		}
	}
	loc, err := time.LoadLocation("America/Santiago")
	if err != nil {
		t.Fatal(err)
	}
	o := models.Office{Zone: loc, Days: models.WorkingWeek(), Open: models.ClockTime{Hour: 9}, Close: models.ClockTime{Hour: 17}}
	from := time.Date(2026, 9, 4, 9, 5, 0, 0, loc) // a Friday
	if got, want := o.Deadline(from, 48*time.Hour), time.Date(2026, 9, 8, 9, 5, 0, 0, loc); !got.Equal(want) {
		t.Errorf("48 hours from Friday are over on %s, want %s", got, want)
	}
}
