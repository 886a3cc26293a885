package notify

import (
	"slices"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

// owedReasons are those for which a stage of the ladder is owed; with any other it has waited, or was held.
var owedReasons = []string{
	ReasonDateNear, ReasonDatePassed, ReasonRedemption, ReasonPendingDelete, ReasonUnconfirmed, ReasonAttested, ReasonRenewalNotSeen, ReasonPromisedDay,
	ReasonAutoRenewNotSeen,
}

// owedWhy names why a stage of the ladder is owed about a domain with a date, or one that lapsed.
func owedWhy(d *models.Domain, a *models.Answer, stage models.Stage, now time.Time) string {
	switch {
	case d.Unconfirmed:
		return ReasonUnconfirmed
	case stage == models.StagePendingDelete:
		return ReasonPendingDelete
	case stage == models.StageRedemption:
		return ReasonRedemption
	case a != nil && a.Kind == models.AnswerRenewed:
		return ReasonRenewalNotSeen
	case a != nil && a.Kind == models.AnswerWillRenew:
		return ReasonPromisedDay
	case a != nil && a.Kind == models.AnswerAutoRenew:
		return ReasonAutoRenewNotSeen
	case d.ExpirySource == models.ExpiryAttested:
		return ReasonAttested
	case d.ExpiresAt == nil || d.ExpiresAt.After(now):
		return ReasonDateNear
	}
	return ReasonDatePassed
}

// saidWhy names why a notice is owed by what it says when it goes out: one that waited has the reason for that by then.
func saidWhy(item *models.LetterItem, p Policy, now time.Time) string {
	n := &item.Notice
	_, ladder := p.rankOf(n.Stage)
	if !ladder || slices.Contains(owedReasons, n.Reason) && !item.Domain.Unconfirmed {
		return n.Reason
	}
	return owedWhy(&item.Domain, item.Answer, n.Stage, now)
}
