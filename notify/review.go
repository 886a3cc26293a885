package notify

import (
	"slices"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

const (
	lookMargin = 15 * time.Minute // a look so long before the attempt counts as made right before it
	lookWait   = time.Hour        // how long a message waits for the look right before sending, and how old that look may be
)

// Review is what the look right before sending comes to.
type Review struct {
	Wait    bool                  // some domain was not looked at yet: try again in a minute
	Recheck []int64               // domains that must be looked at first
	Drop    []models.NoticeChange // notices that must not go out with this message
	Keep    []models.LetterItem   // those that do
}

// ReviewLetter decides, right before a message goes out, what of it is still true. A domain that was not looked at since the message came
// up is looked at first; when nobody gets to it within an hour, or the look fails, an answer not older than Policy.MaxObservationAge is
// enough, unless the date has passed since: what became of the name is not known then. What is too old waits under its named reason. It makes no look itself: politeness to registries is the server's business.
func ReviewLetter(l *models.Letter, p Policy, now time.Time) Review {
	var r Review
	for i := range l.Items {
		item := &l.Items[i]
		if item.Notice.State != models.NoticeMailed {
			continue
		}
		if !usable(&l.Contact) {
			r.drop(item, models.NoticeCancelled, nil, ReasonRefused)
			continue
		}
		if item.Notice.Recipient != address(l.Contact) { // the address was corrected since: Plan owes the notice to the new one
			r.drop(item, models.NoticeCancelled, nil, ReasonOtherContact)
			continue
		}
		if ended(&item.Domain, &item.Cycle) {
			r.drop(item, models.NoticeCancelled, nil, ReasonClosed)
			continue
		}
		if wait, ask := mustLook(&item.Domain, &l.Mail, now); wait {
			r.Wait = true
			if ask {
				r.Recheck = append(r.Recheck, item.Domain.ID)
			}
			continue
		}
		r.judge(item, p, now)
	}
	return r
}

// passedUnseen reports whether the date passed after the last answer, so that nothing says whether it was renewed.
func passedUnseen(d *models.Domain, now time.Time) bool {
	if d.ExpiresAt == nil || d.SeenAt == nil {
		return false
	}
	passes := models.PassesAt(*d.ExpiresAt, models.IsCalendarDay(*d.ExpiresAt))
	return !now.Before(passes) && d.SeenAt.Before(passes)
}

func (r *Review) judge(item *models.LetterItem, p Policy, now time.Time) {
	d := &item.Domain
	next := p.NextWindow(now)
	switch {
	case waits(d):
		r.drop(item, models.NoticeQueued, &next, ReasonUnknown)
		return
	case d.SeenAt == nil || now.Sub(*d.SeenAt) > p.MaxObservationAge || passedUnseen(d, now):
		r.drop(item, models.NoticeQueued, &next, ReasonNoFreshLook)
		return
	case rests(d, now):
		r.drop(item, models.NoticeCancelled, nil, d.QuietReason)
		return
	}
	steps := p.steps(d, now)
	i := slices.IndexFunc(steps, func(s step) bool { return s.stage == item.Notice.Stage })
	switch {
	case i < 0 || steps[i].due.After(now):
		r.drop(item, models.NoticeCancelled, nil, ReasonDateMoved)
	case i < current(steps, now):
		r.drop(item, models.NoticeSuperseded, nil, ReasonTighter)
	default:
		r.Keep = append(r.Keep, *item)
	}
}

func (r *Review) drop(item *models.LetterItem, to models.NoticeState, due *time.Time, reason string) {
	r.Drop = append(r.Drop, models.NoticeChange{ID: item.Notice.ID, From: item.Notice.State, To: to, DueAt: due, Reason: reason})
}

// mustLook reports whether a domain waits for a look, and whether that look must still be asked for. A message that was put off over a
// night, or while no worker ran, asks for a look of now. A look that is due and was not made for an hour is not waited for.
func mustLook(d *models.Domain, m *models.Mail, now time.Time) (wait, ask bool) {
	since := later(later(m.CreatedAt, m.NextAttemptAt).Add(-lookMargin), now.Add(-lookWait))
	if d.CheckedAt != nil && !d.CheckedAt.Before(since) {
		return false, false
	}
	if d.NextLookAt.After(now) {
		return true, true
	}
	return now.Sub(d.NextLookAt) < lookWait, false
}

// rests reports whether an answer, recorded since the notice was planned, rests the reminders. A name that lapsed is not rested, except
// one that the client lets go: whether the answer knew of the lapse is for Plan to say.
func rests(d *models.Domain, now time.Time) bool {
	if d.QuietUntil == nil || !now.Before(*d.QuietUntil) {
		return false
	}
	return !worsenedSince(d, time.Time{}) || d.QuietReason == ReasonAnswered+":"+string(models.AnswerLettingGo)
}
