package notify

import (
	"fmt"
	"time"

	ics "github.com/arran4/golang-ical"

	"github.com/krestmarketing/deedwatch/models"
)

// calendar gives the letter's dates as all-day events (RFC 5545), lines ended by CRLF: the expiry while it lies ahead, else the last day to
// renew or to recover the name. The UIDs are the same in every notice of a cycle, so that a later one moves the entry. Empty: no date
// lies ahead.
func (v *letterView) calendar(w *wording, now time.Time) ([]byte, error) {
	s := &sayer{w: w}
	cal := ics.NewCalendarFor("Deedwatch")
	cal.SetMethod(ics.MethodPublish)
	today := models.DayOf(now, v.loc)
	events := 0
	for i := range v.items {
		item := &v.items[i]
		day, text, uid := item.calendarDay(today)
		if day.IsZero() {
			continue
		}
		e := cal.AddEvent(fmt.Sprintf("%s-%d-%d@%s", uid, item.domainID, item.cycleID, v.host))
		e.SetDtStampTime(now.UTC())
		e.SetAllDayStartAt(day)
		e.SetAllDayEndAt(day.AddDate(0, 0, 1))
		e.SetSummary(s.line(text, item))
		e.SetDescription(s.line("ics_note", item))
		e.SetTimeTransparency(ics.TransparencyTransparent)
		events++
	}
	if events == 0 || s.err != nil {
		return nil, s.err
	}
	return []byte(cal.Serialize(ics.WithNewLineWindows)), nil
}

func (v *itemView) calendarDay(today time.Time) (day time.Time, text, uid string) {
	switch {
	case v.Gone:
	case !v.expiry.Before(today):
		return v.expiry, "ics_expires", "expiry"
	case !v.safe.IsZero() && !v.safe.Before(today) && v.Kind != kindRedemption && v.Kind != kindPendingDelete:
		return v.safe, "ics_safe", "safe"
	case !v.recover.IsZero() && !v.recover.Before(today):
		return v.recover, "ics_recover", "recover"
	}
	return time.Time{}, "", ""
}
