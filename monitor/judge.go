package monitor

import (
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

const (
	// expiringWindow is how long before its expiry a registration counts as expiring.
	expiringWindow = 60 * day
	// factsLastFar and factsLastNear are for how long an answer is relied upon, far from expiry and from expiringWindow before it on.
	factsLastFar  = 14 * day
	factsLastNear = 2 * day
	// attestationLasts is how long a stated date is relied upon before it is asked for again.
	attestationLasts = 365 * day
)

// Judgement is what a registration comes to at one instant.
type Judgement struct {
	Lifecycle    models.Lifecycle
	Why          models.LifecycleReason
	Expiry       models.Expiry
	LastSafeDay  *time.Time // last instant of renewal at the normal price; nil: not known, or gone
	RecoverUntil *time.Time // end of redemption; nil: not known, or nobody can save it
	NextJudgeAt  *time.Time // when the verdict changes although no fact does; nil: not by time alone
	Stale        bool       // the last answer is too old to rely on
}

// JudgeLifecycle judges a registration at now. EPP statuses win over arithmetic on the date, and a date that passed while nobody could look
// is unknown. The domain gives what was judged before; reg is nil before the first look.
func JudgeLifecycle(d *models.Domain, reg *models.Registration, e models.Expiry, days LifecycleDays, now time.Time) Judgement {
	j := Judgement{Expiry: e}
	if reg == nil {
		reg = &models.Registration{}
	}
	stale := staleAt(reg, e)
	j.Stale = stale != nil && !now.Before(*stale)
	j.Lifecycle, j.Why = lifecycleOf(reg, e, days, j.Stale, now)
	j.LastSafeDay = lastSafeDay(j.Lifecycle, e, days, now)
	j.RecoverUntil = recoverUntil(d, j.Lifecycle, e, days, now)
	j.NextJudgeAt = nextJudgeAt(reg, e, days, stale, now)
	return j
}

func lifecycleOf(r *models.Registration, e models.Expiry, days LifecycleDays, stale bool, now time.Time) (models.Lifecycle, models.LifecycleReason) {
	switch {
	case confirmedAbsent(r):
		return models.LifecycleReleased, models.WhyAbsentConfirmed
	case r.FactsAt == nil && r.AbsentSince != nil:
		return models.LifecycleUnknown, models.WhyAbsentOnce
	case r.FactsAt == nil:
		return models.LifecycleUnknown, models.WhyNeverLooked
	case has(r, statusRedemption, statusPendingRestore):
		return models.LifecycleRedemption, models.WhyStatus
	case has(r, statusPendingDelete):
		return models.LifecyclePendingDelete, models.WhyStatus
	}
	passes, known := e.PassesAt()
	passed := known && !now.Before(passes)
	switch {
	case passed && stale && r.FactsAt.Before(passes):
		return models.LifecycleUnknown, whyUnsupported(r)
	case passed && !restated(r, e, passes):
		return models.LifecycleUnknown, whyNoDate(r)
	case passed:
		return afterExpiry(r, e, days, now.Sub(passes))
	case has(r, statusClientHold, statusServerHold):
		return models.LifecycleOnHold, models.WhyStatus
	case !known:
		return models.LifecycleUnknown, whyNoDate(r)
	}
	why := models.WhyDate
	if e.Unconfirmed {
		why = models.WhyUnconfirmed
	}
	if !now.Before(e.At.Add(-expiringWindow)) {
		return models.LifecycleExpiring, why
	}
	return models.LifecycleRegistered, why
}

// whyUnsupported says why nothing supports a verdict on a date that has passed.
func whyUnsupported(r *models.Registration) models.LifecycleReason {
	if r.AbsentSince != nil {
		return models.WhyAbsentOnce
	}
	return models.WhyLookFailing
}

func whyNoDate(r *models.Registration) models.LifecycleReason {
	if r.NoPublicExpiry || r.RegistryExpiry != nil {
		return models.WhyNoPublicExpiry
	}
	return models.WhyUnparsedExpiry
}

// restated reports whether a date that passed can be held against the name. A date that the client stated can't: the registry still shows
// the name, and nobody said what became of it. Nor can a date that the registry no longer states.
func restated(r *models.Registration, e models.Expiry, passes time.Time) bool {
	switch e.Source {
	case models.ExpiryAttested:
		return false
	case models.ExpiryRegistry:
		dropped := e.AsOf != nil && e.AsOf.Before(passes) && e.AsOf.Before(*r.FactsAt) && !r.FactsAt.Before(passes)
		return e.Unconfirmed || !dropped
	case models.ExpiryRegistrar, models.ExpiryNone:
	}
	return true
}

// afterExpiry places a registration whose date passed so long ago. Where the registry speaks EPP, redemption and deletion are statuses, and
// their silence means that the name still stands; elsewhere the calendar decides.
func afterExpiry(r *models.Registration, e models.Expiry, days LifecycleDays, over time.Duration) (models.Lifecycle, models.LifecycleReason) {
	why := models.WhyDate
	switch {
	case e.Unconfirmed:
		why = models.WhyUnconfirmed
	case has(r, statusAutoRenew):
		why = models.WhyStatus
	}
	switch {
	case days.whole() == 0 || over < days.grace():
		return models.LifecycleExpired, why
	case speaksEPP(r) || over >= days.whole():
		return models.LifecycleExpired, models.WhyPastLifecycle
	case over < days.recoverable():
		return models.LifecycleRedemption, models.WhyDate
	}
	return models.LifecyclePendingDelete, models.WhyDate
}
