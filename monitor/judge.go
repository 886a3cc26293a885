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
	Revocable    bool       // the registry renewed by itself, and no date of the registrar's own says that it was paid: it can be taken back yet
	Days         LifecycleDays
}

// JudgeLifecycle judges a registration at now. EPP statuses win over arithmetic on the date. A date that passed makes no name expired: an
// answer from after it does. Until one comes the name is about to expire, and unknown once the last answer is too old. The domain gives what was judged before; reg is nil before the first look.
func JudgeLifecycle(d *models.Domain, reg *models.Registration, e models.Expiry, days LifecycleDays, now time.Time) Judgement {
	j := Judgement{Expiry: e, Days: days}
	if reg == nil {
		reg = &models.Registration{}
	}
	stale := staleAt(reg, e)
	j.Stale = stale != nil && !now.Before(*stale)
	j.Lifecycle, j.Why = lifecycleOf(reg, e, days, j.Stale, now)
	j.LastSafeDay = lastSafeDay(j.Lifecycle, e, days, now)
	j.RecoverUntil = recoverUntil(d, j.Lifecycle, e, days, now)
	j.NextJudgeAt = nextJudgeAt(reg, e, days, stale, now)
	j.Revocable = revocable(reg)
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
	case lapsing(r) && !now.Before(lapseEnds(r, days)):
		return models.LifecycleUnknown, whyUnsupported(r)
	case lapsing(r):
		return lapseOf(r, days), models.WhyStatus
	}
	passes, known := e.PassesAt()
	passed := known && !now.Before(passes)
	seen := passed && !r.FactsAt.Before(passes) // an answer from after the date
	switch {
	case passed && !seen && stale:
		return models.LifecycleUnknown, whyUnsupported(r)
	case seen && !restated(r, e, passes):
		return models.LifecycleUnknown, whyNotRestated(r, e)
	case seen:
		return afterExpiry(r, e, days, now.Sub(passes))
	case has(r, statusLapsed) && !known:
		return models.LifecycleExpired, models.WhyStatus
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

// lapseOf places a name that the registry is taking away. EPP states pendingDelete throughout, and says with a status of RFC 3915 that the
// name can still be restored; a registry that has a redemption and no deletion after it means the redemption.
func lapseOf(r *models.Registration, days LifecycleDays) models.Lifecycle {
	if has(r, statusRedemption, statusPendingRestore) || days.PendingDelete == 0 && days.Redemption > 0 {
		return models.LifecycleRedemption
	}
	return models.LifecyclePendingDelete
}

// lapseEnds is until when an answer that a name is being taken away can be relied upon: for as long as that takes.
func lapseEnds(r *models.Registration, days LifecycleDays) time.Time {
	last, usual := days.Redemption, GTLDDays().Redemption
	if lapseOf(r, days) == models.LifecyclePendingDelete {
		last, usual = days.PendingDelete, GTLDDays().PendingDelete
	}
	if last == 0 {
		last = usual
	}
	return r.FactsAt.Add(time.Duration(last) * day)
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
// the name, and nobody said what became of it. Nor can a date that its source has not stated again since it passed.
func restated(r *models.Registration, e models.Expiry, passes time.Time) bool {
	if e.Source == models.ExpiryAttested {
		return false
	}
	dropped := e.AsOf != nil && e.AsOf.Before(passes) && e.AsOf.Before(*r.FactsAt)
	return e.Unconfirmed || !dropped
}

// whyNotRestated says why a date that passed is not held against the name.
func whyNotRestated(r *models.Registration, e models.Expiry) models.LifecycleReason {
	if e.Source == models.ExpiryRegistrar {
		return models.WhyLookFailing // the registrar's own RDAP is silent
	}
	return whyNoDate(r)
}

// afterExpiry places a registration whose date passed so long ago. Where the registry speaks EPP, redemption and deletion are statuses, and
// their silence means that the name still stands; elsewhere the calendar decides.
func afterExpiry(r *models.Registration, e models.Expiry, days LifecycleDays, over time.Duration) (models.Lifecycle, models.LifecycleReason) {
	why := models.WhyDate
	switch {
	case e.Unconfirmed:
		why = models.WhyUnconfirmed
	case has(r, statusAutoRenew, statusLapsed):
		why = models.WhyStatus
	}
	switch {
	case days.whole() == 0 || over < days.grace() || has(r, statusLapsed):
		return models.LifecycleExpired, why
	case speaksEPP(r) || over >= days.whole():
		return models.LifecycleExpired, models.WhyPastLifecycle
	case over < days.recoverable():
		return models.LifecycleRedemption, models.WhyDate
	}
	return models.LifecyclePendingDelete, models.WhyDate
}
