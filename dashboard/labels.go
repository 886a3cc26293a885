package dashboard

import (
	"strings"

	"github.com/krestmarketing/deedwatch/models"
)

// stageWords names a rung of the notice ladder.
func stageWords(s models.Stage) string {
	switch s {
	case models.StageD60:
		return "60-day"
	case models.StageD30:
		return "30-day"
	case models.StageD14:
		return "14-day"
	case models.StageD7:
		return "7-day"
	case models.StageD3:
		return "3-day"
	case models.StageD1:
		return "1-day"
	case models.StageD0:
		return "Expiry day"
	case models.StageP1:
		return "1 day after"
	case models.StageP4:
		return "4 days after"
	case models.StageRedemption:
		return "Redemption"
	case models.StagePendingDelete:
		return "Pending delete"
	case models.StageHold:
		return "On hold"
	case models.StageTransfer:
		return "Transfer begun"
	case models.StageAttest:
		return "Asks for the date"
	case models.StageRenewed:
		return "Thanks for renewing"
	case models.StageRetraction:
		return "Takes a message back"
	case models.StageRecords:
		return "Broken records"
	case models.StageAccessRequest:
		return "Asks for access"
	case models.StageAccessReview:
		return "Access statement"
	case models.StageLettingGo:
		return "Lets the name go: move what depends on it"
	case models.StageNobodyLeft:
		return "Nobody can be written to: call"
	case models.StageOptedOut:
		return "Asked not to be written to: call"
	}
	if of, ok := strings.CutPrefix(string(s), models.FollowUpPrefix); ok {
		return followUpWords(models.Stage(of))
	}
	if strings.HasPrefix(string(s), models.WrongPersonPrefix) {
		return "Find the right person"
	}
	return visible(string(s))
}

// followUpWords names the task that follows a notice which nobody answered.
func followUpWords(of models.Stage) string {
	if of == models.StageAttest {
		return "No answer on the date: call"
	}
	return "No answer to the " + strings.ToLower(stageWords(of)) + " notice: call"
}

// noticeMark words where a notice stands.
func noticeMark(s models.NoticeState) markView {
	switch s {
	case models.NoticeQueued:
		return markView{"none", "u-ring", "Waits to go out"}
	case models.NoticeHeld:
		return markView{"wait", "s-hold", "Held"}
	case models.NoticeMailed:
		return markView{"part", "u-mail", "On its way"}
	case models.NoticeSent:
		return markView{"ok", "u-check", "Accepted by their server"}
	case models.NoticeSuperseded:
		return markView{"none", "u-dash", "Skipped: a tighter one was due"}
	case models.NoticeCancelled:
		return markView{"none", "u-dash", "Cancelled"}
	case models.NoticeBlocked:
		return markView{"bad", "s-7", "No usable address"}
	case models.NoticeFailed:
		return markView{"bad", "s-7", "Refused"}
	case models.NoticeBounced:
		return markView{"bad", "s-7", "Came back"}
	case models.NoticeDone:
		return markView{"ok", "u-check", "Done"}
	}
	return markView{"unk", "s-unk", "Not known"}
}

// answerWords says in the third person what a client answered.
func answerWords(a *models.Answer) string {
	switch a.Kind {
	case models.AnswerRenewed:
		return "Says renewed"
	case models.AnswerWillRenew:
		if a.RenewOn != nil {
			return "Will renew on " + calendarDay(*a.RenewOn)
		}
		return "Will renew"
	case models.AnswerAutoRenew:
		return "Auto-renew is on"
	case models.AnswerLettingGo:
		return "Lets it go"
	case models.AnswerWrongPerson:
		return "Not the right person"
	}
	return visible(string(a.Kind))
}

// lookWords names a protocol.
func lookWords(k models.LookKind) string {
	switch k {
	case models.LookRDAP:
		return "RDAP"
	case models.LookRegistrarRDAP:
		return "registrar’s RDAP"
	case models.LookWHOIS:
		return "WHOIS"
	case models.LookDNS:
		return "DNS"
	}
	return visible(string(k))
}

// lookMark words how a look of a kind ended: to DNS, an absent name is not one that nobody registered.
func lookMark(k models.LookKind, o models.Outcome) markView {
	if k == models.LookDNS && o == models.OutcomeAbsent {
		return markView{"bad", "u-x", "Not delegated"}
	}
	return outcomeMark(o)
}

// outcomeMark words how a look at a registration ended.
func outcomeMark(o models.Outcome) markView {
	switch o {
	case models.OutcomeOK:
		return markView{"ok", "u-check", "Answered"}
	case models.OutcomeAbsent:
		return markView{"bad", "u-x", "No such registration"}
	case models.OutcomeReserved:
		return markView{"unk", "s-unk", "Reserved name"}
	case models.OutcomeInvalid:
		return markView{"unk", "s-unk", "Name not possible there"}
	case models.OutcomeThrottled:
		return markView{"unk", "s-stale", "Told to come back later"}
	case models.OutcomeRefused:
		return markView{"unk", "s-stale", "Refused"}
	case models.OutcomeTimeout:
		return markView{"unk", "s-stale", "Timed out"}
	case models.OutcomeUnreachable:
		return markView{"unk", "s-stale", "No connection"}
	case models.OutcomeUnparsed:
		return markView{"unk", "s-stale", "Not readable"}
	case models.OutcomeUnsupported:
		return markView{"unk", "s-unk", "No server known"}
	}
	return markView{"unk", "s-unk", "Not asked yet"}
}

// whyWords explains a lifecycle in one clause; empty where the state says it all.
func whyWords(w models.LifecycleReason) string {
	switch w {
	case models.WhyNeverLooked:
		return "No look has given an answer yet"
	case models.WhyLookFailing:
		return "The last answer is too old to rely on"
	case models.WhyNoPublicExpiry:
		return "The registry publishes no date, and nobody has told us one"
	case models.WhyUnparsedExpiry:
		return "Registered, but the date in the answer can’t be read or believed"
	case models.WhyAbsentOnce:
		return "One source said “no such name”; a second one and a later look must say so too"
	case models.WhyAbsentConfirmed:
		return "Two sources and a later look said “no such name”"
	case models.WhyPastLifecycle:
		return "By its date it should be gone, but the registry still shows it"
	case models.WhyUnconfirmed:
		return "The registry shows a renewal that nobody has confirmed yet"
	case models.WhyStatus:
		return "By the registry’s status"
	case models.WhyDate:
	}
	return ""
}

// sourceWords says whose date the effective expiry is.
func sourceWords(s models.ExpirySource) string {
	switch s {
	case models.ExpiryRegistry:
		return "registry"
	case models.ExpiryRegistrar:
		return "registrar"
	case models.ExpiryAttested:
		return "stated by the client"
	case models.ExpiryNone:
	}
	return "no source"
}

// roleWords names a contact's role.
func roleWords(r models.ContactRole) string {
	switch r {
	case models.RoleOwner:
		return "Owner"
	case models.RoleBilling:
		return "Billing"
	case models.RoleTechnical:
		return "Technical"
	case models.RoleDeputy:
		return "Deputy"
	}
	return visible(string(r))
}

// methodWords names how access was delegated.
func methodWords(m models.GrantMethod) string {
	switch m {
	case models.MethodPartnerAccess:
		return "Partner access"
	case models.MethodManagerAccount:
		return "Manager account"
	case models.MethodUserInvitation:
		return "User invitation"
	case models.MethodRegistrarDelegate:
		return "Delegate access at the registrar"
	case models.MethodDNSZoneDelegation:
		return "DNS zone delegation"
	case models.MethodOAuth:
		return "App connection (OAuth)"
	case models.MethodVaultShare:
		return "Password-manager share"
	}
	return visible(string(m))
}

// fieldWords names a fact whose change is kept.
func fieldWords(field string) string {
	switch field {
	case models.FactRegistrar:
		return "Registrar"
	case models.FactNameservers:
		return "Name servers"
	case models.FactParentNS:
		return "Name servers in the parent zone"
	case models.FactStatuses:
		return "Status"
	case models.FactTransferLock:
		return "Transfer lock"
	case models.FactRegistryExpiry:
		return "Expiry at the registry"
	case models.FactRegistrarExpiry:
		return "Expiry at the registrar"
	case models.FactEffectiveExpiry:
		return "Expiry that counts"
	case models.FactDNSSEC:
		return "DNSSEC"
	case models.FactDS:
		return "DS records"
	case models.FactCreated:
		return "Date of registration"
	case models.FactLifecycle:
		return "State"
	}
	return visible(field)
}

// lifecycleWords names a state of a registration within a line of text.
func lifecycleWords(l models.Lifecycle) string {
	switch l {
	case models.LifecycleRegistered:
		return "registered"
	case models.LifecycleExpiring:
		return "expiring"
	case models.LifecycleExpired:
		return "expired, in grace"
	case models.LifecycleRedemption:
		return "in redemption"
	case models.LifecyclePendingDelete:
		return "pending delete"
	case models.LifecycleReleased:
		return "not registered"
	case models.LifecycleOnHold:
		return "on hold"
	case models.LifecycleUnknown:
		return "not known"
	}
	return visible(string(l))
}
