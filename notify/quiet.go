package notify

import (
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

// QuietUntil gives until when an answer rests the reminders to the client, and the reason that is shown; the zero time: it rests nothing.
//
//   - renewed: for Policy.RenewedQuiet days; the registry shows a renewal within a day or two, and then the cycle closes anyway.
//   - will_renew: until the end of the day that the client named.
//   - auto_renew_on: until the day before expiry; told later, until the day after expiry; told after that, like renewed.
//   - letting_go: for the rest of the cycle.
//   - wrong_person: not at all; somebody else is written to.
func QuietUntil(a *models.Answer, expiresAt time.Time, p Policy) (until time.Time, reason string) {
	if a == nil || a.Withdrawn != nil {
		return time.Time{}, ""
	}
	midnight := models.ClockTime{}
	believed := p.Office.At(p.Office.Day(a.At).AddDate(0, 0, p.RenewedQuiet), midnight)
	expiry := ExpiryDay(expiresAt, p.Office.Location())
	switch a.Kind {
	case models.AnswerRenewed:
		until = believed
	case models.AnswerWillRenew:
		if a.RenewOn == nil {
			return time.Time{}, ""
		}
		until = p.Office.At(a.RenewOn.AddDate(0, 0, 1), midnight)
	case models.AnswerAutoRenew:
		until = autoRenewQuiet(a.At, believed, expiry, p.Office)
	case models.AnswerLettingGo:
		until = later(expiresAt, a.At).AddDate(1, 0, 0)
	case models.AnswerWrongPerson:
		return time.Time{}, ""
	default:
		return time.Time{}, ""
	}
	return until, ReasonAnswered + ":" + string(a.Kind)
}

func autoRenewQuiet(said, believed, expiry time.Time, office models.Office) time.Time {
	for _, days := range []int{-1, 1} {
		if until := office.At(expiry.AddDate(0, 0, days), models.ClockTime{}); said.Before(until) {
			return until
		}
	}
	return believed
}

// Quiet reports whether reminders about a domain rest at now because of an answer. An answer never hides that things got worse: a
// lifecycle reached after it, or a judge who cleared Domain.QuietUntil, ends the rest, except for a name that the client lets go.
func Quiet(a *models.Answer, d *models.Domain, p Policy, now time.Time) (quiet bool, reason string) {
	if a == nil || d.ExpiresAt == nil {
		return false, ""
	}
	until, reason := QuietUntil(a, *d.ExpiresAt, p)
	if !now.Before(until) {
		return false, ""
	}
	if a.Kind == models.AnswerLettingGo {
		return true, reason
	}
	if d.QuietUntil == nil || worsenedSince(d, a.At) {
		return false, ""
	}
	return true, reason
}

func worsenedSince(d *models.Domain, t time.Time) bool {
	if d.LifecycleSince == nil || !d.LifecycleSince.After(t) {
		return false
	}
	switch d.Lifecycle {
	case models.LifecycleOnHold, models.LifecycleExpired, models.LifecycleRedemption, models.LifecyclePendingDelete:
		return true
	case models.LifecycleUnknown, models.LifecycleRegistered, models.LifecycleExpiring, models.LifecycleReleased:
	}
	return false
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
