package notify_test

import (
	"slices"
	"testing"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/notify"
)

// How old the look right before sending may be, and when it is waited for.
func TestAgeOfTheLookRightBeforeSending(t *testing.T) {
	for _, c := range []struct {
		why                           string
		created, tried, checked, next string // the message, its next attempt, the last look, the next one
		now                           string
		wait, ask                     bool
	}{
		{why: "looked at in the same sweep", created: "2027-01-08 09:00", tried: "2027-01-08 09:00", checked: "2027-01-08 09:00", next: "2027-01-09 08:00", now: "2027-01-08 09:00"},
		{why: "looked at a little before", created: "2027-01-08 09:00", tried: "2027-01-08 09:00", checked: "2027-01-08 08:50", next: "2027-01-09 08:00", now: "2027-01-08 09:01"},
		{why: "looked at in the night: a look is asked for", created: "2027-01-08 09:00", tried: "2027-01-08 09:00", checked: "2027-01-08 02:00", next: "2027-01-09 08:00", now: "2027-01-08 09:00", wait: true, ask: true},
		{why: "asked for, and on its way", created: "2027-01-08 09:00", tried: "2027-01-08 09:01", checked: "2027-01-08 02:00", next: "2027-01-08 09:00", now: "2027-01-08 09:10", wait: true},
		{why: "asked for, and nobody came for an hour: the answer there is will do", created: "2027-01-08 09:00", tried: "2027-01-08 10:00", checked: "2027-01-08 02:00", next: "2027-01-08 09:00", now: "2027-01-08 10:01"},
		{why: "no mail server yesterday, and no look since: a look of today is asked for", created: "2027-01-07 10:00", tried: "2027-01-07 10:07", checked: "2027-01-07 10:00", next: "2027-01-08 12:00", now: "2027-01-08 10:00", wait: true, ask: true},
		{why: "put off over the night, looked at in the evening", created: "2027-01-07 10:00", tried: "2027-01-07 19:22", checked: "2027-01-07 19:30", next: "2027-01-08 18:00", now: "2027-01-08 09:00", wait: true, ask: true},
		{why: "put off over the night, looked at this morning", created: "2027-01-07 10:00", tried: "2027-01-07 19:22", checked: "2027-01-08 08:30", next: "2027-01-09 08:00", now: "2027-01-08 09:00"},
	} {
		exp := at(t, expiry)
		checked := at(t, c.checked)
		o := owedFor(exp)
		o.Domain.CheckedAt, o.Domain.SeenAt, o.Domain.NextLookAt = &checked, &checked, at(t, c.next)
		l := models.Letter{
			Mail: models.Mail{ID: 1, CreatedAt: at(t, c.created), NextAttemptAt: at(t, c.tried), State: models.MailWaiting}, Contact: owner, Client: o.Client,
			Items: []models.LetterItem{{Notice: row(1, models.StageD7, owner, models.NoticeMailed, nil), Domain: o.Domain, Cycle: o.Cycle}},
		}
		r := notify.ReviewLetter(&l, policy(t), at(t, c.now))
		if r.Wait != c.wait || slices.Equal(r.Recheck, []int64{7}) != c.ask || (len(r.Keep) == 1) == c.wait {
			t.Errorf("%s: wait %v, recheck %v, keep %d, drop %v", c.why, r.Wait, r.Recheck, len(r.Keep), r.Drop)
		}
	}
}

// A date that passed while nobody could look makes no letter: the name may have been renewed since.
func TestADatePassedSinceTheLastAnswerWaits(t *testing.T) {
	exp := at(t, "2027-01-10 06:00")
	for _, c := range []struct {
		why  string
		seen string
		want string // the reason for which it waits; empty: it goes out
	}{
		{"answered after the date", "2027-01-10 06:30", ""},
		{"answered an hour before the date, and no look since", "2027-01-10 05:00", notify.ReasonNoFreshLook},
	} {
		o := owedFor(exp)
		seen := at(t, c.seen)
		o.Domain.CheckedAt, o.Domain.SeenAt, o.Domain.NextLookAt = new(at(t, "2027-01-11 08:55")), &seen, at(t, "2027-01-11 14:00")
		l := models.Letter{
			Mail:    models.Mail{ID: 1, CreatedAt: at(t, "2027-01-11 09:00"), NextAttemptAt: at(t, "2027-01-11 09:00"), State: models.MailWaiting},
			Contact: owner, Client: o.Client,
			Items: []models.LetterItem{{Notice: row(1, models.StageP1, owner, models.NoticeMailed, nil), Domain: o.Domain, Cycle: o.Cycle}},
		}
		r := notify.ReviewLetter(&l, policy(t), at(t, "2027-01-11 09:01"))
		got := ""
		if len(r.Drop) == 1 {
			got = r.Drop[0].Reason
		}
		if got != c.want || (len(r.Keep) == 1) != (c.want == "") {
			t.Errorf("%s: keep %d, drop %+v", c.why, len(r.Keep), r.Drop)
		}
	}
}
