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
	Wait    bool                  // some domain was not looked at yet: try again in a minute, or when Until says
	Until   time.Time             // with Wait: when to try again; zero: in a minute
	Recheck []int64               // domains that must be looked at first
	Drop    []models.NoticeChange // notices that must not go out with this message
	Keep    []models.LetterItem   // those that do
}

// ReviewLetter decides, right before a message goes out, what of it is still true. A domain that was not looked at since the message came
// up is looked at first; when nobody gets to it within an hour, or the look fails, an answer not older than Policy.MaxObservationAge is
// enough, unless the date has passed since: what became of the name is not known then. What is too old waits under its named reason for the
// next look; where it would be overtaken by tomorrow, the others wait with it until the middle of the window. It makes no look itself:
// politeness to registries is the server's business.
func ReviewLetter(l *models.Letter, p Policy, now time.Time) Review {
	var r Review
	p = p.For(&l.Client)
	for i := range l.Items {
		item := &l.Items[i]
		n := &item.Notice
		if n.State != models.NoticeMailed {
			continue
		}
		switch {
		case l.Client.HeldAt != nil:
			r.drop(item, models.NoticeQueued, nil, ReasonClientHeld)
		case !usable(&l.Contact):
			r.drop(item, models.NoticeCancelled, nil, unusableWhy(&l.Contact))
		case n.Recipient != address(l.Contact): // the address was corrected since: Plan owes the notice to the new one
			r.drop(item, models.NoticeCancelled, nil, ReasonOtherContact)
		default:
			r.reviewItem(item, &l.Mail, p, now)
		}
	}
	if r.Wait || len(r.Keep) == 0 || !now.Before(p.middle(now)) {
		r.Until = time.Time{}
	}
	if !r.Until.IsZero() {
		return Review{Wait: true, Until: r.Until}
	}
	return r
}

func unusableWhy(c *models.Contact) string {
	if c.OptedOutAt != nil && c.EmailState != models.EmailBad {
		return ReasonOptedOut
	}
	return ReasonRefused
}

// reviewItem decides on one notice that may be sent to its recipient.
func (r *Review) reviewItem(item *models.LetterItem, m *models.Mail, p Policy, now time.Time) {
	d, stage := &item.Domain, item.Notice.Stage
	switch stage {
	case models.StageAccessRequest:
		if g := item.Grant; g != nil && g.State != models.GrantRequested {
			r.drop(item, models.NoticeCancelled, nil, ReasonAnswered)
			return
		}
		r.Keep = append(r.Keep, *item)
		return
	case models.StageAccessReview:
		r.Keep = append(r.Keep, *item)
		return
	default:
	}
	over := overWhy(item, p, now)
	switch {
	case over != "":
		r.drop(item, models.NoticeCancelled, nil, over)
		return
	case stage == models.StageRetraction && item.Notice.Reason == ReasonByHand:
		r.Keep = append(r.Keep, *item)
		return
	case stage == models.StageRecords || stage == models.StageAttest: // no look at the registration would show anything else
	default:
		if wait, ask := mustLook(d, m, now); wait {
			r.Wait = true
			if ask {
				r.Recheck = append(r.Recheck, d.ID)
			}
			return
		}
	}
	r.judge(item, p, now)
}

// overWhy says why a notice has nothing to say any more, as far as that can be told without a look; empty: it has.
func overWhy(item *models.LetterItem, p Policy, now time.Time) string {
	d, n := &item.Domain, &item.Notice
	if n.Stage == models.StageRetraction && n.Reason == ReasonByHand {
		return ""
	}
	if d.ArchivedAt != nil {
		return ReasonClosed
	}
	switch n.Stage {
	case models.StageRenewed, models.StageRetraction:
		if c := &item.Cycle; c.ClosedAt != nil && c.ClosedAt.AddDate(0, 0, 2*p.ThanksWithin).Before(now) {
			return ReasonTooLate
		}
		return ""
	case models.StageHold, models.StageTransfer, models.StageAttest, models.StageRecords:
		return ""
	default:
		if ended(d, &item.Cycle) {
			return ReasonClosed
		}
		return ""
	}
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
	if why := wantsFacts(item, p, now); why != "" {
		again := p.NextWindow(now)
		if item.Notice.Stage != models.StageRecords {
			again = p.afterLook(&item.Domain, now)
		}
		if again.Before(p.NextWindow(now)) && overtaken(item, p, now) {
			r.Until = again
		}
		r.drop(item, models.NoticeQueued, &again, why)
		return
	}
	to, why := models.NoticeCancelled, ""
	if p.laddered(&item.Notice) {
		to, why = judgeStep(item, p, now)
	} else {
		why = besideOver(item, now)
	}
	if why != "" {
		r.drop(item, to, nil, why)
		return
	}
	r.Keep = append(r.Keep, *item)
}

// wantsFacts says why a notice waits because too little is known; empty: enough is.
func wantsFacts(item *models.LetterItem, p Policy, now time.Time) string {
	d := &item.Domain
	old := func(t *time.Time) bool { return t == nil || now.Sub(*t) > p.MaxObservationAge }
	ladder := p.laddered(&item.Notice)
	switch {
	case unseen(d) || ladder && waits(d):
		return ReasonUnknown
	case lapsed(d) && d.LookOutcome == models.OutcomeAbsent: // gone by one word, which a later look confirms
		return ReasonUnknown
	case item.Notice.Stage == models.StageAttest:
		return ""
	case item.Notice.Stage == models.StageRecords:
		if d.DNSFailures > 0 || old(d.DNSCheckedAt) {
			return ReasonNoFreshLook
		}
		return ""
	case old(d.SeenAt) || ladder && passedUnseen(d, now):
		return ReasonNoFreshLook
	}
	return ""
}

// overtaken reports whether a tighter stage is due by tomorrow morning: put off until then, a notice is never sent.
func overtaken(item *models.LetterItem, p Policy, now time.Time) bool {
	if !p.laddered(&item.Notice) || item.Domain.ExpiresAt == nil {
		return false
	}
	steps := p.steps(&item.Domain, now)
	i := slices.IndexFunc(steps, func(s step) bool { return s.stage == item.Notice.Stage })
	return i >= 0 && i+1 < len(steps) && !steps[i+1].due.After(p.NextWindow(now))
}

// judgeStep says what becomes of a notice of the ladder that has nothing to say any more, and why; no reason: it goes out.
func judgeStep(item *models.LetterItem, p Policy, now time.Time) (to models.NoticeState, why string) {
	d := &item.Domain
	if rests(d, now) {
		return models.NoticeCancelled, d.QuietReason
	}
	steps := p.steps(d, now)
	i := slices.IndexFunc(steps, func(s step) bool { return s.stage == item.Notice.Stage })
	tightest := current(steps, now)
	switch {
	case tightest >= 0 && steps[tightest].off:
		return models.NoticeCancelled, ReasonLadderOver
	case i < 0 || steps[i].due.After(now):
		return models.NoticeCancelled, ReasonDateMoved
	case i < tightest:
		return models.NoticeSuperseded, ReasonTighter
	}
	return "", ""
}

// besideOver says why a notice beside the ladder has nothing to say any more; empty: it goes out.
func besideOver(item *models.LetterItem, now time.Time) string {
	d := &item.Domain
	switch item.Notice.Stage {
	case models.StageHold:
		if d.Lifecycle != models.LifecycleOnHold {
			return ReasonHoldOver
		}
	case models.StageRedemption, models.StagePendingDelete:
		switch {
		case d.ExpiresAt != nil:
			return ReasonDateStated
		case !lapsed(d):
			return ReasonLapseOver
		}
	case models.StageTransfer:
		if item.Registration == nil || !slices.Contains(item.Registration.Statuses, statusPendingTransfer) {
			return ReasonTransferOver
		}
	case models.StageAttest:
		if lapsed(d) || d.Lifecycle == models.LifecycleReleased {
			return ReasonClosed
		}
		if d.LifecycleWhy != models.WhyNoPublicExpiry && (d.ExpirySource != models.ExpiryAttested || d.AttestedAt == nil ||
			d.AttestedAt.After(now.AddDate(-attestationLasts, 0, 0))) {
			return ReasonDateStated
		}
	case models.StageRecords:
		if explains(d.Lifecycle) {
			return ReasonExplained
		}
		if len(item.Findings) == 0 {
			return ReasonRepaired
		}
	case models.StageRenewed, models.StageRetraction:
		if !stillRenewed(d, &item.Cycle) {
			return ReasonUndone
		}
	default:
	}
	return ""
}

// statusPendingTransfer is the EPP status of a name that is being moved (RFC 5731 section 2.3).
const statusPendingTransfer = "pendingTransfer"

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
