package store_test

import (
	"errors"
	"testing"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

// TestWhatIsBeingHandedOverIsNotTakenApart is a second worker, or the planner, that decides on a message while the first worker talks to the mail
// server: what the server then takes must not be owed once more.
func TestWhatIsBeingHandedOverIsNotTakenApart(t *testing.T) {
	t.Parallel()
	for why, tc := range map[string]struct {
		to      models.NoticeState
		planner bool
	}{
		"held back by another worker":                 {models.NoticeQueued, false},
		"cancelled by another worker":                 {models.NoticeCancelled, false},
		"the planner finds nobody to write to":        {models.NoticeBlocked, true},
		"the planner cancels it: the name is renewed": {models.NoticeCancelled, true},
	} {
		t.Run(why, func(t *testing.T) {
			t.Parallel()
			onBoth(t, func(on engine) {
				t, s := on.t, on.s
				_, n, mail := mailed(t, s)
				ok(t, s.BeginAttempt(t.Context(), models.Mail{ID: mail}, now, at(10*time.Minute)))
				l := must[models.Letter](t)(s.Letter(t.Context(), mail))
				change := []models.NoticeChange{{ID: n.ID, From: models.NoticeMailed, To: tc.to, Reason: "another_contact"}}
				if tc.planner {
					must[int](t)(s.QueuePlans(t.Context(), []models.NoticePlan{{DomainID: n.DomainID, Change: change}}, at(time.Second)))
				} else if _, err := s.DropFromMail(t.Context(), mail, change, nil, at(time.Second)); err != nil && !errors.Is(err, models.ErrConflict) {
					t.Fatal(err)
				}
				ok(t, s.RecordAttempt(t.Context(), delivered(l, at(2*time.Second))))
				if got := noticeState(t, s, n); got != models.NoticeSent {
					t.Errorf("the server took it, and the notice is %s: it goes out again", got)
				}
				if _, err := s.VerifyLedger(t.Context()); err != nil {
					t.Error(err)
				}
			})
		})
	}
}
