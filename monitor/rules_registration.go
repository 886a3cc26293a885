package monitor

import (
	"fmt"
	"strings"

	"github.com/krestmarketing/deedwatch/models"
)

// The codes of findings on registrations. They are stored: they never change.
const (
	CodeExpiring              = "expiring"
	CodeExpired               = "expired"
	CodeRedemption            = "redemption"
	CodePendingDelete         = "pending_delete"
	CodeReleased              = "released"
	CodeOnHoldClient          = "on_hold_client"
	CodeOnHoldServer          = "on_hold_server"
	CodePendingTransfer       = models.CodePendingTransfer
	CodePendingRestore        = "pending_restore"
	CodeRenewalUnconfirmed    = "renewal_unconfirmed"
	CodeRenewalUndone         = "renewal_undone"
	CodeRenewalBlocked        = "renewal_blocked"
	CodeNoNameservers         = "no_nameservers"
	CodeNewlyRegistered       = "newly_registered"
	CodeExpiryDisagreement    = "expiry_disagreement"
	CodeExpiryNotRestated     = "expiry_not_restated"
	CodeExpiryNotPublic       = "expiry_not_public"
	CodeExpiryUnparsed        = "expiry_unparsed"
	CodeLookFailing           = "look_failing"
	CodeSuffixUnsupported     = "suffix_unsupported"
	CodeRegistrarChanged      = "registrar_changed"
	CodeNameserversChanged    = "nameservers_changed"
	CodeRegisteredAnew        = "registered_anew"
	CodeTransferLockMissing   = "transfer_lock_missing"
	CodeAutoRenewOff          = "auto_renew_off"
	CodeContactMissing        = "contact_missing"
	CodeAddressRefused        = models.CodeAddressRefused // opened where mail is delivered, resolved here
	CodeContactOnExpiringName = "contact_on_expiring_domain"
)

var registrationRules = []Rule{
	{CodeExpiring, "Registration expires soon", models.SeverityInfo, NeedLifecycle, false, expiring},
	{CodeExpired, "Registration has expired", models.SeverityCritical, NeedLifecycle, false, expired},
	{CodeRedemption, "Registration is in redemption", models.SeverityCritical, NeedLifecycle, false, redemption},
	{CodePendingRestore, "A restoration is under way", models.SeverityMajor, NeedLifecycle, false, pendingRestore},
	{CodePendingDelete, "Registration is about to be deleted", models.SeverityCritical, NeedLifecycle, false, pendingDelete},
	{CodeReleased, "The name is no longer registered", models.SeverityCritical, NeedLifecycle, false, released},
	{CodeOnHoldClient, "Registrar put the name on hold", models.SeverityCritical, NeedFacts, false, onHoldClient},
	{CodeOnHoldServer, "Registry put the name on hold", models.SeverityCritical, NeedFacts, false, onHoldServer},
	{CodePendingTransfer, "A transfer to another registrar is under way", models.SeverityMajor, NeedFacts, false, pendingTransfer},
	{CodeRenewalUnconfirmed, "A renewal shows that nobody has confirmed", models.SeverityMajor, NeedFacts, false, renewalUnconfirmed},
	{CodeRenewalUndone, "A renewal was taken back", models.SeverityMajor, NeedFacts, false, renewalUndoneAgain},
	{CodeRenewalBlocked, "The name is locked against renewal", models.SeverityInfo, NeedFacts, false, renewalBlocked},
	{CodeNoNameservers, "The registry has no name servers for the name", models.SeverityMajor, NeedFacts, false, noNameservers},
	{CodeNewlyRegistered, "The name has just been registered", models.SeverityInfo, NeedFacts, false, newlyRegistered},
	{CodeRegisteredAnew, "The name was deleted and registered again", models.SeverityCritical, NeedFacts, false, registeredAnew},
	{CodeRegistrarChanged, "The registrar has changed", models.SeverityMajor, NeedFacts, false, registrarChanged},
	{CodeNameserversChanged, "The name servers have changed", models.SeverityMinor, NeedFacts, false, nameserversChanged},
	{CodeExpiryNotPublic, "The registry publishes no expiry date", models.SeverityMinor, NeedLifecycle, true, expiryNotPublic},
	{CodeExpiryDisagreement, "The sources state different expiry dates", models.SeverityInfo, NeedFacts, false, expiryDisagreement},
	{CodeExpiryNotRestated, "The registry no longer states the expiry date", models.SeverityMinor, NeedFacts, false, expiryNotRestated},
	{CodeExpiryUnparsed, "The registry's expiry date could not be read", models.SeverityMinor, NeedLifecycle, false, expiryUnparsed},
	{CodeLookFailing, "Checks of the registration fail", models.SeverityMinor, NeedNothing, true, lookFailing},
	{CodeSuffixUnsupported, "No registry server is known for this ending", models.SeverityMinor, NeedNothing, false, suffixUnsupported},
	{CodeTransferLockMissing, "Transfer lock is off", models.SeverityInfo, NeedFacts, false, transferLockMissing},
	{CodeAutoRenewOff, "Auto-renew is off", models.SeverityInfo, NeedNothing, true, autoRenewOff},
	{CodeAddressRefused, "The contact's address refuses mail", models.SeverityMajor, NeedNothing, true, addressRefused},
	{CodeContactMissing, "Nobody can be written to", models.SeverityMinor, NeedNothing, true, contactMissing},
	{CodeContactOnExpiringName, "A contact's address lies on this very name", models.SeverityInfo, NeedNothing, true, contactOnName},
}

func expiring(s *Situation) []hit {
	left, ok := s.daysLeft()
	if !ok || s.Judgement.Lifecycle != models.LifecycleExpiring {
		return nil
	}
	if passes, ok := s.Judgement.Expiry.PassesAt(); ok && !s.Now.Before(passes) {
		return []hit{{
			severity: models.SeverityCritical, reason: "date_passed_unseen",
			detail: fmt.Sprintf("The date, %s%s, has passed. No answer has come since that says what became of the name; the next look is due.", s.expiryDay(), s.saidBy()),
			next:   fmt.Sprintf("Ask the owner whether it was renewed at %s.", s.registrar()),
		}}
	}
	detail := fmt.Sprintf("The registration ends on %s%s.", s.expiryDay(), s.saidBy())
	if last := s.Judgement.LastSafeDay; last != nil && last.After(*s.Judgement.Expiry.At) && s.Judgement.Expiry.Source != models.ExpiryAttested {
		detail += fmt.Sprintf(" After that, site and mail may stop, and it can be renewed at the normal price until about %s.", s.day(*last))
	}
	return []hit{{
		severity: nearness(left), detail: detail, reason: string(s.Judgement.Why),
		next: fmt.Sprintf("The client renews it at %s. Make sure that the owner has answered.", s.registrar()),
	}}
}

// nearness is how severe an expiry is that lies so many calendar days ahead.
func nearness(days int) models.Severity {
	switch {
	case days <= 3:
		return models.SeverityCritical
	case days <= 14:
		return models.SeverityMajor
	case days <= 30:
		return models.SeverityMinor
	}
	return models.SeverityInfo
}

func (s *Situation) saidBy() string {
	e := s.Judgement.Expiry
	switch e.Source {
	case models.ExpiryAttested:
		who := s.Domain.AttestedBy
		if who == "" {
			who = "the client"
		}
		return ", as stated by " + who + "; the registry publishes no date"
	case models.ExpiryRegistrar:
		return ", by the registrar's date"
	case models.ExpiryRegistry, models.ExpiryNone:
	}
	return ""
}

func expired(s *Situation) []hit {
	j := s.Judgement
	if j.Lifecycle != models.LifecycleExpired || j.Expiry.Unconfirmed {
		return nil // of a renewal that nobody confirmed, renewal_unconfirmed speaks
	}
	h := hit{reason: string(j.Why), detail: fmt.Sprintf("The registration ended on %s%s.", s.expiryDay(), s.saidBy())}
	if j.Expiry.At == nil {
		h.detail = "The registry says that the registration has ended and can still be renewed" + s.asStated(statusLapsed) + "."
	}
	switch j.Why {
	case models.WhyPastLifecycle:
		h.detail += " By the calendar it would be deleted, but the registry still shows it."
	default:
	}
	h.next = fmt.Sprintf("Call the owner. The client can still renew it at %s.", s.registrar())
	if j.LastSafeDay != nil && j.LastSafeDay.After(s.Now) {
		h.next = fmt.Sprintf("Call the owner. The client can renew it at %s at the normal price until about %s.", s.registrar(), s.day(*j.LastSafeDay))
	}
	return []hit{h}
}

func redemption(s *Situation) []hit {
	if s.Judgement.Lifecycle != models.LifecycleRedemption || s.lapseCode() == CodePendingRestore {
		return nil
	}
	until := ""
	if r := s.Judgement.RecoverUntil; r != nil {
		until = fmt.Sprintf(" until about %s", s.day(*r))
	}
	return []hit{{
		reason: string(s.Judgement.Why),
		detail: fmt.Sprintf("The registration has been deleted and can be had back%s, for an extra fee%s. Site and mail do not work.", until, s.asStated(statusRedemption)),
		next:   fmt.Sprintf("Call the owner. The client asks %s to restore the name.", s.registrar()),
	}}
}

func pendingDelete(s *Situation) []hit {
	if s.Judgement.Lifecycle != models.LifecyclePendingDelete {
		return nil
	}
	return []hit{{
		reason: string(s.Judgement.Why),
		detail: fmt.Sprintf("The registry deletes the name within about %s%s. Nobody can save it now; after that anyone can register it.",
			daysWord(s.Judgement.Days.PendingDelete), s.asStated(statusPendingDelete)),
		next: "Tell the owner, and agree whether the client registers the name again once it is free.",
	}}
}

func released(s *Situation) []hit {
	if s.Judgement.Lifecycle != models.LifecycleReleased {
		return nil
	}
	by := ""
	if s.Registration != nil {
		by = " (" + strings.Join(s.Registration.AbsentSources, ", ") + ")"
	}
	return []hit{{
		reason: string(s.Judgement.Why),
		detail: fmt.Sprintf("Two kinds of sources say, twice, that there is no such registration%s. Anyone can register the name.", by),
		next:   "Tell the owner today, and stop what our services send to this name. Archive it when the client lets it go.",
	}}
}

func expiryUnparsed(s *Situation) []hit {
	if s.Judgement.Why != models.WhyUnparsedExpiry {
		return nil
	}
	return []hit{{
		detail: "The registry answers that the name is registered, but its expiry date is missing, can't be read or can't be true.",
		next:   "Look at the raw answer below. Ask the owner for the date until the registry's can be read.",
	}}
}

func suffixUnsupported(s *Situation) []hit {
	if s.Domain.RegistryServer != ServerUnsupported {
		return nil
	}
	return []hit{{
		detail: fmt.Sprintf("Neither an RDAP nor a WHOIS server is known for .%s, so the registration can't be watched.", s.Domain.Suffix),
		next:   "Ask the owner for the expiry date, or name a server in the configuration.",
	}}
}
