package monitor

import (
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

const (
	// renewalJump is the least by which a renewal moves a registry's date.
	renewalJump = 300 * day
	// orderedJump is the least by which a renewal for more than a year moves it. Registries renew by one year; more was ordered.
	orderedJump = 640 * day
	// sameDate is by how much two statements of one expiry may differ: zones, clocks, and registrars that count from the payment.
	sameDate = 30 * day
	// renewalLead is how long before expiry a status autoRenewPeriod can belong to the coming expiry rather than to the last one.
	renewalLead = 60 * day
)

// noteRenewal sees the registry's date stand a renewal later than the date that counted. Registries renew by themselves when the date passes
// and let the registrar take it back during the auto-renew grace, so a date that jumped at or after its passing or under the status
// autoRenewPeriod, or that stands beside a registrar's date which has passed, proves nothing on who paid: the date before it stays effective
// until settleRenewal finds a confirmation. A jump clearly before the date is the client's; one that only an order brings about is too.
func noteRenewal(prev, next *models.Registration, left bool, mc MergeContext) {
	if c := next.ConfirmedExpiry; c != nil && next.RegistryExpiry != nil && c.Sub(*next.RegistryExpiry) > sameDate {
		next.ConfirmedExpiry = nil // taken back since
	}
	if next.RegistryExpiry == nil || next.Confirmed() {
		return
	}
	if left && next.RenewalOf != nil {
		confirm(next) // another registrar took the name over: a transfer is paid for
		return
	}
	jump := time.Duration(0)
	if prev.RegistryExpiry != nil {
		jump = next.RegistryExpiry.Sub(*prev.RegistryExpiry)
	}
	switch {
	case jump >= renewalJump && prev.RenewalOf != nil:
		confirm(next) // a registry renews by itself once; the second year was ordered
	case jump >= renewalJump && (mc.Days.NoAutoRenew || ordered(prev, next, left, jump)):
		confirm(next)
	case jump >= renewalJump:
		noteJump(prev, next, mc)
	case prev.RegistryExpiry == nil:
		noteFirstSight(next, mc)
	}
	noteRegistrarPast(next, mc)
	noteRegistrarEarlier(next)
}

// ordered reports whether a jump can't be the registry's own: it is of several years though the date was seen not long before, it came with
// another registrar, or the registry says that it renewed or transferred to order (RFC 3915 section 3.1).
func ordered(prev, next *models.Registration, left bool, jump time.Duration) bool {
	if left {
		return true
	}
	if seen := prev.RegistryExpiryAt; jump >= orderedJump && seen != nil && next.RegistryExpiryAt.Sub(*seen) < renewalJump {
		return true
	}
	return has(next, statusRenewed, statusTransferred) && !has(prev, statusRenewed, statusTransferred) && !has(next, statusAutoRenew)
}

func noteJump(prev, next *models.Registration, mc MergeContext) {
	old := models.EffectiveExpiry(nil, prev)
	if old.At == nil {
		return
	}
	atExpiry := !mc.Now.Before(old.At.Add(-day))
	auto := has(next, statusAutoRenew) && old.At.Sub(mc.Now) <= renewalLead
	if atExpiry || auto {
		doubt(next, *old.At)
	}
}

// noteFirstSight recognises a name that is in its auto-renew grace when it is first seen: the registry's date is already next year's, so
// the date that passed is the one a year before.
func noteFirstSight(next *models.Registration, mc MergeContext) {
	if has(next, statusAutoRenew) && next.RenewalOf == nil {
		if old := next.RegistryExpiry.AddDate(-1, 0, 0); inGrace(old, next, mc) {
			doubt(next, old)
		}
	}
}

// noteRegistrarEarlier takes the registrar's date before an unconfirmed renewal where that is some days ahead of the registry's, though the
// registrar was heard later: of two dates the earlier counts.
func noteRegistrarEarlier(next *models.Registration) {
	old, registrar := next.RenewalOf, next.RegistrarExpiry
	if old != nil && registrar != nil && registrar.Before(*old) && old.Sub(*registrar) <= sameDate {
		next.RenewalOf = new(*registrar)
	}
}

// noteRegistrarPast recognises the registry's own renewal by the registrar's date: it has passed, stands a renewal behind the registry's,
// and was stated after that moved.
func noteRegistrarPast(next *models.Registration, mc MergeContext) {
	registrar := next.RegistrarExpiry
	if next.RenewalOf != nil || registrar == nil || mc.Days.NoAutoRenew || next.RegistryExpiry.Sub(*registrar) < renewalJump {
		return
	}
	if changed := next.RegistryChangedAt; changed != nil && next.RegistrarExpiryAt.Before(*changed) {
		return
	}
	if inGrace(*registrar, next, mc) {
		doubt(next, *registrar)
	}
}

// inGrace reports whether a date passed so recently that the registrar can still take back a renewal of it.
func inGrace(old time.Time, r *models.Registration, mc MergeContext) bool {
	return !mc.Now.Before(old.Add(-day)) && !mc.Now.After(outlived(old, r, mc.Days))
}

// revocable reports whether the auto-renew grace runs (RFC 3915 section 3.1) and the registrar does not state the registry's date: whoever
// said that the name is renewed, it can still be taken back.
func revocable(r *models.Registration) bool {
	return has(r, statusAutoRenew) && r.RegistryExpiry != nil && (r.RegistrarExpiry == nil || r.RegistryExpiry.Sub(*r.RegistrarExpiry) > sameDate)
}

// outlived is when nobody can take back a renewal any more. The registry counts the grace from its own date before it, which a registrar's is
// some days ahead of.
func outlived(old time.Time, r *models.Registration, days LifecycleDays) time.Time {
	if own := r.RegistryExpiry.AddDate(-1, 0, 0); own.After(old) && own.Sub(old) <= sameDate {
		old = own
	}
	return old.Add(days.grace())
}

// doubt holds a renewal unconfirmed: the date before it stays effective.
func doubt(r *models.Registration, old time.Time) {
	r.RenewalOf, r.RenewalSeenAt = new(old), r.RegistryExpiryAt
}

// confirm takes the registry's date for true.
func confirm(r *models.Registration) {
	r.RenewalOf, r.RenewalSeenAt, r.ConfirmedExpiry = nil, nil, r.RegistryExpiry
}

// settleRenewal ends an unconfirmed renewal when somebody who can know confirmed it, or when the registry took it back.
func settleRenewal(r *models.Registration, mc MergeContext) {
	switch {
	case r.RenewalOf == nil:
	case renewalUndone(r):
		r.RenewalOf, r.RenewalSeenAt, r.ConfirmedExpiry = nil, nil, nil
	case renewalConfirmed(r, mc):
		confirm(r)
	}
}

func renewalUndone(r *models.Registration) bool {
	return r.RegistryExpiry == nil || r.RegistryExpiry.Sub(*r.RenewalOf) <= sameDate
}

// renewalConfirmed reports whether the registrar's date, the client or the registry's patience shows that the renewal was paid.
func renewalConfirmed(r *models.Registration, mc MergeContext) bool {
	later := func(t *time.Time) bool { return t != nil && t.Sub(*r.RenewalOf) > sameDate }
	since := func(t *time.Time) bool { return t != nil && (r.RenewalSeenAt == nil || !t.Before(*r.RenewalSeenAt)) }
	switch {
	case lapsing(r):
		return false // the registry is taking the name away, whatever was said
	case r.RegistrarExpiry != nil && r.RegistrarExpiry.Sub(*r.RenewalOf) >= renewalJump:
		return true // by less a registrar says until when it keeps the name, unpaid
	case mc.Answer != nil && mc.Answer.Kind == models.AnswerRenewed && mc.Answer.Withdrawn == nil && since(&mc.Answer.At):
		return true
	case mc.Domain != nil && since(mc.Domain.AttestedAt) && later(mc.Domain.AttestedExpiry):
		return true
	case has(r, statusRenewed, statusTransferred) && !has(r, statusAutoRenew):
		return true // the registry itself says that it was ordered
	}
	return later(r.RegistryExpiry) && r.RegistryExpiryAt != nil && r.RegistryExpiryAt.After(outlived(*r.RenewalOf, r, mc.Days))
}
