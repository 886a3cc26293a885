package notify

import (
	"fmt"
	"time"

	ics "github.com/arran4/golang-ical"

	"github.com/krestmarketing/deedwatch/models"
)

// calendar gives the letter's dates as all-day events (RFC 5545), lines ended by CRLF and folded: the expiry while it lies ahead, else the
// last day to renew or to recover the name. The UIDs are the same in every notice of a cycle and the sequence grows with the messages, so
// that a later one moves the entry, and a renewal takes it out. Of many dates it has the most urgent. Empty: no date lies ahead.
func (v *letterView) calendar(most int, now time.Time) ([]byte, error) {
	s := &sayer{w: v.w}
	cal := ics.NewCalendarFor("Deedwatch")
	cal.SetMethod(ics.MethodPublish)
	today := models.DayOf(now, v.loc)
	seen := map[string]bool{}
	for _, item := range v.items {
		e := item.event(today)
		uid := fmt.Sprintf("%s-%d-%d@%s", e.uid, item.domainID, item.cycleID, v.host)
		if e.day.IsZero() || seen[uid] || len(seen) == most {
			continue
		}
		seen[uid] = true
		event := cal.AddEvent(uid)
		event.SetDtStampTime(now.UTC())
		event.SetSequence(v.serial)
		event.SetAllDayStartAt(e.day)
		event.SetAllDayEndAt(e.day.AddDate(0, 0, 1))
		event.SetSummary(s.line(e.text, item))
		event.SetDescription(s.line("ics_note", item))
		event.SetTimeTransparency(ics.TransparencyTransparent)
		event.SetStatus(ics.ObjectStatusConfirmed)
		if e.gone {
			event.SetStatus(ics.ObjectStatusCancelled)
		}
	}
	if len(seen) == 0 || s.err != nil {
		return nil, s.err
	}
	return []byte(cal.Serialize(ics.WithNewLineWindows)), nil
}

// entryOf is one date of a notice in the calendar.
type entryOf struct {
	day       time.Time // zero: none
	text, uid string
	gone      bool // the entry of an earlier notice is taken out
}

func (v *itemView) event(today time.Time) entryOf {
	switch {
	case v.kind == kindRenewed || v.kind == kindRetraction && v.WasRenewed:
		return entryOf{v.old, "ics_expires", "expiry", true}
	case !v.kind.dated() || v.Gone || v.expiry.IsZero():
	case !v.expiry.Before(today):
		return entryOf{v.expiry, "ics_expires", "expiry", false}
	case !v.safe.IsZero() && !v.safe.Before(today) && v.kind != kindRedemption && v.kind != kindPendingDelete:
		return entryOf{v.safe, "ics_safe", "safe", false}
	case !v.recover.IsZero() && !v.recover.Before(today):
		return entryOf{v.recover, "ics_recover", "recover", false}
	}
	return entryOf{}
}
