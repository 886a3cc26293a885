package notify_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	ical "github.com/arran4/golang-ical"

	"github.com/krestmarketing/deedwatch/models"
)

// TestCalendarFiles holds RFC 5545: lines end by CRLF (3.1) and are folded at 75 octets, days without a time or a zone, one method.
func TestCalendarFiles(t *testing.T) {
	none := []string{ // letters without a date that lies ahead
		"p1-attested", "pending_delete-released", "redemption-undated", "pending_delete-undated", "pending_delete-undated-released", "hold", "hold-registry", "transfer", "attest", "attest-again", "retraction-wrong", "records", "records-one", "records-many",
		"access_request", "access_review", "access_request-several", "access_review-several",
	}
	eachSample(t, func(t *testing.T, w worded) {
		t.Helper()
		if len(w.ICS) == 0 || slices.Contains(none, w.Name) {
			if (len(w.ICS) == 0) != slices.Contains(none, w.Name) {
				t.Errorf("a calendar file of %d bytes", len(w.ICS))
			}
			return
		}
		s := string(w.ICS)
		if strings.Count(s, "\n") != strings.Count(s, "\r\n") || strings.Count(s, "\r") != strings.Count(s, "\r\n") {
			t.Error("a line does not end by CRLF")
		}
		for line := range strings.SplitSeq(s, "\r\n") {
			if len(line) > 75 {
				t.Errorf("a line has %d octets: %s", len(line), line)
			}
		}
		if strings.Contains(s, "VTIMEZONE") || strings.Contains(s, "TZID") || strings.Count(s, "METHOD:PUBLISH") != 1 {
			t.Errorf("a zone, or not the one method:\n%s", s)
		}
		checkEvents(t, &w)
	})
}

func checkEvents(t *testing.T, w *worded) {
	t.Helper()
	cal, err := ical.ParseCalendar(strings.NewReader(string(w.ICS)))
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, e := range cal.Events() {
		start, err := e.GetAllDayStartAt()
		if err != nil {
			t.Fatal(err)
		}
		end, err := e.GetAllDayEndAt()
		if err != nil || end.Sub(start) != 24*time.Hour {
			t.Errorf("the event lasts from %s to %s: %v", start, end, err)
		}
		if start.Before(models.DayOf(w.Now, pacific(t)).AddDate(0, 0, -1)) {
			t.Errorf("the event lies in the past: %s", start)
		}
		if e.Id() == "" || seen[e.Id()] {
			t.Errorf("the UID %q is empty or twice", e.Id())
		}
		seen[e.Id()] = true
	}
}

// TestCalendarEntriesMove holds that the notices of one cycle speak of one entry, and that a renewal takes it out.
func TestCalendarEntriesMove(t *testing.T) {
	exp := at(t, "2026-11-28 06:00")
	event := func(stage models.Stage, now string, mail int64, change func(*models.LetterItem)) *ical.VEvent {
		t.Helper()
		l := letter(exp, at(t, now), stage)
		l.Mail.ID = mail
		if change != nil {
			change(&l.Items[0])
		}
		cal, err := ical.ParseCalendar(strings.NewReader(string(render(t, &l, at(t, now)).ICS)))
		if err != nil || len(cal.Events()) != 1 {
			t.Fatalf("%v, %d events", err, len(cal.Events()))
		}
		return cal.Events()[0]
	}
	value := func(e *ical.VEvent, p ical.ComponentProperty) string { return e.GetProperty(p).Value }
	first, later := event(models.StageD30, "2026-10-29 09:00", 20, nil), event(models.StageD7, "2026-11-20 09:00", 31, nil)
	gone := event(models.StageRenewed, "2026-11-22 09:00", 44, func(i *models.LetterItem) {
		i.Cycle.CloseReason, i.Domain.ExpiresAt = "renewed", new(exp.AddDate(1, 0, 0))
	})
	if first.Id() != later.Id() || later.Id() != gone.Id() {
		t.Errorf("three UIDs for one date: %s, %s, %s", first.Id(), later.Id(), gone.Id())
	}
	if value(first, ical.ComponentPropertySequence) != "20" || value(later, ical.ComponentPropertySequence) != "31" {
		t.Error("the sequence does not grow with the messages: a calendar program may keep the older entry")
	}
	if value(later, ical.ComponentPropertyStatus) != "CONFIRMED" || value(gone, ical.ComponentPropertyStatus) != "CANCELLED" {
		t.Error("the renewal does not take the entry out")
	}
	if got := value(gone, ical.ComponentPropertyDtStart); got != "20261128" {
		t.Errorf("the entry that is taken out is of %s", got)
	}
}
