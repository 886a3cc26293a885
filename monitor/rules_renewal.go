package monitor

import (
	"fmt"
	"strings"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

const (
	// restoreReport is how long the registrar has to report on a restoration before the name falls back into redemption (RFC 3915 section 1).
	restoreReport = 7
	// graceEnds is from how many days before the last safe day on an unconfirmed renewal is as severe as an expiry.
	graceEnds = 7
	// addGrace is how long after its registration a name can be given back (RFC 3915 section 3.1), as the gTLD contracts set it.
	addGrace = 5
	// notRestated is how much older than the last answer a date may be before its absence is told.
	notRestated = 2 * day
)

func pendingRestore(s *Situation) []hit {
	if s.lapseCode() != CodePendingRestore {
		return nil
	}
	return []hit{{
		reason: string(s.Judgement.Why),
		detail: fmt.Sprintf("The name was deleted, and somebody has ordered it back%s. The registrar reports to the registry within %s; if it does not, the name falls back into redemption.",
			s.asStated(statusPendingRestore), daysWord(restoreReport)),
		next: fmt.Sprintf("Ask the owner whether they ordered it at %s. Until the status is gone, site and mail may not work.", s.registrar()),
	}}
}

func renewalUnconfirmed(s *Situation) []hit {
	r := s.Registration
	if r.RenewalOf == nil || r.RegistryExpiry == nil {
		return nil
	}
	h := hit{
		detail: fmt.Sprintf("The registry shows a new date, %s, which registries set by themselves when a name reaches its date; before it was %s. %s The registrar can still take the renewal back.",
			s.dayOf(*r.RegistryExpiry), s.dayOf(*r.RenewalOf), s.registrarSays()),
		next: fmt.Sprintf("Ask the owner to look at %s whether the renewal is paid.", s.registrar()),
	}
	if cause := s.lapseCode(); cause != CodeRenewalUnconfirmed {
		h.cause = cause
	}
	if last := s.Judgement.LastSafeDay; last != nil && last.After(s.Now) {
		h.next = fmt.Sprintf("Ask the owner to look at %s whether the renewal is paid. At the normal price it can be until about %s.", s.registrar(), s.day(*last))
		if last.Sub(s.Now) <= graceEnds*day {
			h.severity = models.SeverityCritical
		}
	}
	return []hit{h}
}

// registrarSays words what the registrar states beside an unconfirmed renewal.
func (s *Situation) registrarSays() string {
	r := s.Registration
	if r.RegistrarExpiry == nil {
		return "Neither the registrar nor the client has confirmed it."
	}
	asOf := ""
	if r.RegistrarExpiryAt != nil {
		asOf = ", as of " + s.day(*r.RegistrarExpiryAt)
	}
	return fmt.Sprintf("The registrar's own date is %s%s, and the client has not confirmed it either.", s.dayOf(*r.RegistrarExpiry), asOf)
}

// renewalUndoneAgain holds for a while after the registry's date moved back by a renewal.
func renewalUndoneAgain(s *Situation) []hit {
	if s.lapseCode() != "" {
		return nil // the name is being taken away, which says it all
	}
	if c := s.changed(models.FactRegistryExpiry); c != nil && !laterBy(&models.Change{Before: c.After, After: c.Before}, renewalJump) {
		return nil
	}
	return s.recent(models.FactRegistryExpiry, CodeRenewalUndone, func(c *models.Change) hit {
		return hit{
			detail: fmt.Sprintf("The registry's date was %s and is %s since %s: a renewal was taken back, or a payment was.", dayOf(c.Before), dayOf(c.After), s.day(c.At)),
			next:   fmt.Sprintf("Ask the owner to look at %s whether the invoice is open.", s.registrar()),
		}
	})
}

// renewalBlocked holds near the date for a name that can't be renewed. Some registrars set their own lock on every name and lift it when
// they renew; the registry's lock is lifted by nobody but the registry.
func renewalBlocked(s *Situation) []hit {
	switch s.Judgement.Lifecycle {
	case models.LifecycleExpiring, models.LifecycleExpired:
	case models.LifecycleUnknown, models.LifecycleRegistered, models.LifecycleRedemption, models.LifecyclePendingDelete, models.LifecycleReleased,
		models.LifecycleOnHold:
		return nil
	}
	switch {
	case has(s.Registration, statusServerNoRenew):
		return []hit{{
			severity: models.SeverityMajor, reason: statusServerNoRenew,
			detail: "The registry has locked the name against renewal" + s.asStated(statusServerNoRenew) + ", often because of a dispute or a registry lock.",
			next:   fmt.Sprintf("The client asks %s to have the lock lifted before the date.", s.registrar()),
		}}
	case has(s.Registration, statusClientNoRenew):
		return []hit{{
			reason: statusClientNoRenew,
			detail: "The registrar has locked the name against renewal" + s.asStated(statusClientNoRenew) + ". Some registrars do so with every name, and lift it themselves when the client renews.",
			next:   fmt.Sprintf("Nothing to do, unless the renewal at %s fails.", s.registrar()),
		}}
	}
	return nil
}

func noNameservers(s *Situation) []hit {
	if !has(s.Registration, statusInactive) || len(s.Registration.Nameservers) > 0 || has(s.Registration, statusClientHold, statusServerHold) {
		return nil
	}
	return []hit{{
		cause:  s.lapseCode(),
		detail: "The registration names no name servers" + s.asStated(statusInactive) + ", so nothing under the name works.",
		next:   fmt.Sprintf("The client enters the name servers of its DNS host at %s.", s.registrar()),
	}}
}

func newlyRegistered(s *Situation) []hit {
	r := s.Registration
	recent := r.CreatedOn != nil && s.Now.Sub(*r.CreatedOn) >= 0 && s.Now.Sub(*r.CreatedOn) <= addGrace*day
	if !recent && !has(r, statusAdded) {
		return nil
	}
	when := "in the last days"
	if r.CreatedOn != nil {
		when = "on " + s.dayOf(*r.CreatedOn)
	}
	h := hit{
		detail: fmt.Sprintf("The name was registered %s%s. Until about %s after that the registrar can give it back.", when, s.asStated(statusAdded), daysWord(addGrace)),
		next:   "If the client has had the name for longer, ask who registered it.",
	}
	if s.changed(models.FactCreated) != nil || s.stood(CodeRegisteredAnew, changeStands) != nil {
		h.cause = CodeRegisteredAnew
	}
	return []hit{h}
}

// expiryDisagreement holds while sources state expiry dates that differ. Which one counts is EffectiveExpiry's to say.
func expiryDisagreement(s *Situation) []hit {
	for _, d := range models.Disagreements(s.Statements) {
		if d.Fact != models.FactExpiry || s.Judgement.Expiry.Reason == models.ExpiryRegistrarStale {
			continue
		}
		said := make([]string, 0, len(d.Stated))
		for _, v := range d.Stated {
			said = append(said, fmt.Sprintf("%s %s, as of %s", sourceWords(v), s.dayOf(*v.Date), s.day(v.At)))
		}
		h := hit{
			detail: strings.Join(said, "; ") + ". " + s.whichCounts(),
			next:   fmt.Sprintf("Ask the owner which date %s shows.", s.registrar()),
		}
		if s.Registration.RenewalOf != nil {
			h.cause = CodeRenewalUnconfirmed
		}
		return []hit{h}
	}
	return nil
}

func (s *Situation) whichCounts() string {
	switch s.Judgement.Expiry.Reason {
	case models.ExpiryConfirmed:
		return "The registry's date counts: the renewal was confirmed."
	case models.ExpiryOutlived:
		return "The registry's date counts: it has kept the name long past the other one."
	case models.ExpiryUnconfirmed:
		return "The earlier one counts until the renewal is confirmed."
	case models.ExpiryOnlyRegistry, models.ExpiryOnlyRegistrar, models.ExpiryEarlier, models.ExpiryRegistrarStale, models.ExpiryByAttestation,
		models.ExpiryUnknown:
	}
	return fmt.Sprintf("The date that counts is %s.", s.expiryDay())
}

// sourceWords names who states a date.
func sourceWords(v models.StatedValue) string {
	whose := "the registry's date"
	if v.By == models.ExpiryRegistrar {
		whose = "the registrar's date"
	}
	switch v.Source {
	case models.LookRDAP:
		return capital(whose) + " by the registry's RDAP is"
	case models.LookRegistrarRDAP:
		return capital(whose) + " by its own RDAP is"
	case models.LookWHOIS, models.LookDNS:
	}
	return capital(whose) + " by WHOIS is"
}

// expiryNotRestated holds when the registry's answers carry no date any more: the last one is gone on with, and its age is said.
func expiryNotRestated(s *Situation) []hit {
	r := s.Registration
	if r.RegistryExpiry == nil || r.RegistryExpiryAt == nil || r.FactsAt.Sub(*r.RegistryExpiryAt) < notRestated || s.lapseCode() != "" ||
		s.Judgement.Why == models.WhyNoPublicExpiry {
		return nil
	}
	return []hit{{
		detail: fmt.Sprintf("The registry last stated the date, %s, on %s. Its answers since then carry none that can be read. We go on with that date.",
			s.dayOf(*r.RegistryExpiry), s.day(*r.RegistryExpiryAt)),
		next: fmt.Sprintf("Ask the owner which date %s shows, and record it here.", s.registrar()),
	}}
}

// dayOf words a date that a source states: a calendar day is the same everywhere.
func (s *Situation) dayOf(t time.Time) string {
	if models.IsCalendarDay(t) {
		return t.UTC().Format("2 Jan 2006")
	}
	return s.day(t)
}

// daysWord words a number of days; zero stands for the usual five.
func daysWord(n int) string {
	small := []string{"five", "one", "two", "three", "four", "five", "six", "seven"}
	switch {
	case n == 1:
		return "one day"
	case n < len(small):
		return small[n] + " days"
	}
	return fmt.Sprintf("%d days", n)
}
