package monitor

import (
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

const (
	// renewalJump is the least by which a renewal moves a registry's date.
	renewalJump = 300 * day
	// sameDate is by how much two statements of one expiry may differ: zones, clocks, and registrars that count from the payment.
	sameDate = 30 * day
	// renewalLead is how long before expiry a status autoRenewPeriod can belong to the coming expiry rather than to the last one.
	renewalLead = 60 * day
)

// noteRenewal sees the registry's date jump forward by a renewal. Registries renew by themselves when the date passes and let the registrar
// take it back during the auto-renew grace, so a jump at or after the date, or under the status autoRenewPeriod, proves nothing on who
// paid: the date before it stays effective until settleRenewal finds a confirmation. A jump clearly before the date is the client's.
func noteRenewal(prev, next *models.Registration, mc MergeContext) {
	if next.RegistryExpiry == nil {
		return
	}
	if prev.RegistryExpiry == nil {
		noteFirstSight(next, mc)
		return
	}
	if next.RegistryExpiry.Sub(*prev.RegistryExpiry) < renewalJump {
		return
	}
	if prev.RenewalOf != nil {
		next.RenewalOf, next.RenewalSeenAt = nil, nil // a registry renews by itself once; the second year was ordered
		return
	}
	old := models.EffectiveExpiry(nil, prev)
	if old.At == nil {
		return
	}
	atExpiry := !mc.Now.Before(old.At.Add(-day))
	auto := has(next, statusAutoRenew) && old.At.Sub(mc.Now) <= renewalLead
	if atExpiry || auto {
		next.RenewalOf, next.RenewalSeenAt = old.At, next.RegistryExpiryAt
	}
}

// noteFirstSight recognises a name that is in its auto-renew grace when it is first seen: the registry's date is already next year's, so
// the date that passed is the one a year before.
func noteFirstSight(next *models.Registration, mc MergeContext) {
	if !has(next, statusAutoRenew) || next.RenewalOf != nil {
		return
	}
	old := next.RegistryExpiry.AddDate(-1, 0, 0)
	if since := mc.Now.Sub(old); since >= -day && since <= mc.Days.grace() {
		next.RenewalOf, next.RenewalSeenAt = new(old), next.RegistryExpiryAt
	}
}

// settleRenewal ends an unconfirmed renewal when somebody who can know confirmed it, or when the registry took it back.
func settleRenewal(r *models.Registration, mc MergeContext) {
	if r.RenewalOf == nil {
		return
	}
	if renewalConfirmed(r, mc) || renewalUndone(r) {
		r.RenewalOf, r.RenewalSeenAt = nil, nil
	}
}

func renewalUndone(r *models.Registration) bool {
	return r.RegistryExpiry == nil || r.RegistryExpiry.Sub(*r.RenewalOf) <= sameDate
}

func renewalConfirmed(r *models.Registration, mc MergeContext) bool {
	later := func(t *time.Time) bool { return t != nil && t.Sub(*r.RenewalOf) > sameDate }
	since := func(t *time.Time) bool { return t != nil && (r.RenewalSeenAt == nil || !t.Before(*r.RenewalSeenAt)) }
	switch {
	case since(r.RegistrarExpiryAt) && later(r.RegistrarExpiry):
		return true
	case mc.Answer != nil && mc.Answer.Kind == models.AnswerRenewed && mc.Answer.Withdrawn == nil && since(&mc.Answer.At):
		return true
	case mc.Domain != nil && since(mc.Domain.AttestedAt) && later(mc.Domain.AttestedExpiry):
		return true
	}
	outlived := r.RenewalOf.Add(mc.Days.grace())
	return r.RegistryExpiryAt != nil && r.RegistryExpiryAt.After(outlived) && later(r.RegistryExpiry) && !lapsing(r)
}
