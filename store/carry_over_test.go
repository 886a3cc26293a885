package store_test

import (
	"testing"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

// TestWhatWaitsFromYesterdayIsTodaysMessage: a contact gets one message a day, also when that of the day before did not get away.
func TestWhatWaitsFromYesterdayIsTodaysMessage(t *testing.T) {
	t.Parallel()
	attempt := func(code int, reply string) *models.Attempt {
		return &models.Attempt{At: now, EndedAt: now, Outcome: models.DeliveryTemporary, Code: code, Reply: reply}
	}
	for _, c := range []struct {
		why      string
		begun    bool
		ended    *models.Attempt
		messages int
	}{
		{"it was not tried", false, nil, 1},
		{"it was refused for now", true, attempt(451, "later"), 1},
		{"the server could not be reached", true, attempt(0, models.NotConnected+"connection refused"), 1},
		{"the connection broke, and it may have been taken", true, attempt(0, "connection lost: EOF"), 2},
		{"the worker died, and it may have been taken", true, nil, 2},
	} {
		t.Run(c.why, func(t *testing.T) {
			t.Parallel()
			onBoth(t, func(on engine) {
				t, s := on.t, on.s
				w, n, mail := mailed(t, s)
				if c.begun {
					ok(t, s.BeginAttempt(t.Context(), models.Mail{ID: mail}, now, at(time.Minute)))
				}
				if c.ended != nil {
					rec := models.AttemptRecord{Attempt: *c.ended, Mail: must[models.Letter](t)(s.Letter(t.Context(), mail)).Mail}
					rec.Mail.State, rec.Mail.NextAttemptAt = models.MailWaiting, now.Add(time.Hour)
					ok(t, s.RecordAttempt(t.Context(), rec))
				}
				other := row("b.lab", "Amber Bakery")
				imported(t, s, other)
				late := owed(expiring(t, s, "b.lab", at(3*day)), models.StageD3)
				late.ContactID, late.DueAt = &w.Contacts[0].ID, at(day)
				late = queued(t, s, late)[0]
				ids := collected(t, s, at(day), "2026-11-23")
				if len(ids) != 1 || (ids[0] == mail) != (c.messages == 1) {
					t.Errorf("collected %v, yesterday's is %d", ids, mail)
				}
				first, second := noticeNow(t, s, n), noticeNow(t, s, late)
				if (*first.MailID == *second.MailID) != (c.messages == 1) || second.State != models.NoticeMailed {
					t.Errorf("yesterday's notice is in message %d, today's in %d (%s)", *first.MailID, *second.MailID, second.State)
				}
			})
		})
	}
}
