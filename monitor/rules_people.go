package monitor

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/krestmarketing/deedwatch/models"
)

// failuresTold is from how many failed looks on a name that never gave an answer is a finding.
const failuresTold = 3

func expiryNotPublic(s *Situation) []hit {
	d := s.Domain
	switch {
	case s.Judgement.Why == models.WhyNoPublicExpiry && d.AttestedExpiry != nil:
		return []hit{{
			severity: models.SeverityMajor, reason: "attested_date_passed",
			detail: fmt.Sprintf("The date that %s stated, %s, has passed, and the registry still shows the name without publishing a date.",
				s.attestedBy(), dateOnly(d)),
			next: "Ask the owner whether the name was renewed, and for the next date.",
		}}
	case s.Judgement.Why == models.WhyNoPublicExpiry:
		return []hit{{
			reason: "not_attested",
			detail: fmt.Sprintf("The registry of .%s publishes no expiry date, and nobody has told us one.", d.Suffix),
			next:   "Ask the owner for the date on the registrar's invoice, and record it here.",
		}}
	case s.Judgement.Expiry.Source == models.ExpiryAttested && d.AttestedAt != nil && s.Now.Sub(*d.AttestedAt) >= attestationLasts:
		return []hit{{
			reason: "attestation_old",
			detail: fmt.Sprintf("The date %s was stated by %s more than a year ago.", dateOnly(d), s.attestedBy()),
			next:   "Ask the owner whether the date still stands, and record the answer.",
		}}
	}
	return nil
}

func (s *Situation) attestedBy() string {
	if s.Domain.AttestedBy == "" {
		return "the client"
	}
	return s.Domain.AttestedBy
}

func dateOnly(d models.Domain) string { return d.AttestedExpiry.UTC().Format("2 Jan 2006") }

func lookFailing(s *Situation) []hit {
	if s.Domain.RegistryServer == ServerUnsupported {
		return nil
	}
	r := s.Registration
	if r == nil || r.FactsAt == nil {
		if s.Domain.LookFailures < failuresTold || s.Now.Sub(s.Domain.CreatedAt) < day || s.Judgement.Lifecycle == models.LifecycleReleased {
			return nil
		}
		return []hit{{
			reason: "never_answered",
			detail: fmt.Sprintf("The registry has not answered yet; %d checks failed. The last one: %s.", s.Domain.LookFailures, outcomeWords(s.Domain.LookOutcome)),
			next:   "Nothing is known of this name. Look at the raw answers, or at the registry's own web page.",
		}}
	}
	if s.Judgement.Lifecycle == models.LifecycleReleased {
		return nil
	}
	if !s.Judgement.Stale {
		return s.registrarSilent()
	}
	h := hit{
		reason: string(models.WhyLookFailing),
		detail: fmt.Sprintf("The last answer is from %s. Since then: %s. What is shown is as of that day.", s.day(*r.FactsAt), outcomeWords(s.Domain.LookOutcome)),
		next:   "Look the name up at the registrar by hand, and check whether the registry's server is down.",
	}
	if r.AbsentSince != nil {
		h.reason = string(models.WhyAbsentOnce)
		h.detail = fmt.Sprintf("The last answer is from %s. Since then one source says that there is no such name, and no second kind of source does.", s.day(*r.FactsAt))
	}
	if left, ok := s.daysLeft(); ok && left <= int(expiringWindow/day) {
		h.severity = models.SeverityMajor
	}
	return []hit{h}
}

// registrarSilent holds when the date that counts is the registrar's, it has passed, and only the registry answers.
func (s *Situation) registrarSilent() []hit {
	if s.Judgement.Why != models.WhyLookFailing || s.Judgement.Expiry.Source != models.ExpiryRegistrar {
		return nil
	}
	asOf := "earlier"
	if at := s.Judgement.Expiry.AsOf; at != nil {
		asOf = "on " + s.day(*at)
	}
	return []hit{{
		severity: models.SeverityMajor, reason: "registrar_silent",
		detail: fmt.Sprintf("The registrar's date, %s, has passed. It was stated %s, and the registrar's own server has not answered since; the registry's date is later.", s.expiryDay(), asOf),
		next:   fmt.Sprintf("Look the name up at %s by hand.", s.registrar()),
	}}
}

func outcomeWords(o models.Outcome) string {
	switch o {
	case models.OutcomeThrottled:
		return "the registry asked us to come back later"
	case models.OutcomeRefused:
		return "the registry refused to answer us"
	case models.OutcomeTimeout:
		return "the registry did not answer in time"
	case models.OutcomeUnreachable:
		return "the registry's server could not be reached"
	case models.OutcomeUnparsed:
		return "the answer could not be read"
	case models.OutcomeReserved:
		return "the registry says that the name is reserved"
	case models.OutcomeInvalid:
		return "the registry says that such a name cannot exist"
	case models.OutcomeUnsupported:
		return "no server is known for this ending"
	case models.OutcomeAbsent:
		return "the registry says that there is no such name"
	case models.OutcomeOK:
		return "an answer without usable facts"
	}
	return "no check yet"
}

func autoRenewOff(s *Situation) []hit {
	if s.Domain.AutoRenew != models.AutoRenewOff || s.lapseCode() != "" {
		return nil
	}
	h := hit{
		detail: "The client stated that the name does not renew by itself. It lapses unless somebody renews it by hand.",
		next:   fmt.Sprintf("Suggest to the owner to switch auto-renew on at %s, with a card that is valid.", s.registrar()),
	}
	if s.Judgement.Lifecycle == models.LifecycleExpiring {
		h.severity = models.SeverityMinor
	}
	return []hit{h}
}

// addressRefused holds for each contact whose address refused mail for good, until somebody who can be written to is recorded after that.
func addressRefused(s *Situation) []hit {
	var hits []hit
	for i := range s.Contacts {
		c := &s.Contacts[i]
		if c.EmailState != models.EmailBad || s.replaced(c) {
			continue
		}
		h := hit{
			subject: c.Email,
			detail:  fmt.Sprintf("Nothing is sent to %s any more (%s).", c.Email, c.EmailReason),
			next:    "Call the client, and record the right address. Until then the next contact is written to.",
		}
		if s.lapseCode() != "" {
			h.severity = models.SeverityCritical
		}
		hits = append(hits, h)
	}
	return hits
}

// replaced reports whether a contact who can be written to came after another's address was found bad.
func (s *Situation) replaced(bad *models.Contact) bool {
	for i := range s.Contacts {
		if c := &s.Contacts[i]; c.Usable() && bad.EmailStateAt != nil && c.CreatedAt.After(*bad.EmailStateAt) {
			return true
		}
	}
	return false
}

func contactMissing(s *Situation) []hit {
	for i := range s.Contacts {
		if s.Contacts[i].Usable() {
			return nil
		}
	}
	h := hit{
		detail: "No contact of this client has an address that takes mail, so no notice can be sent.",
		next:   "Call the client and record an address.",
	}
	switch s.Judgement.Lifecycle {
	case models.LifecycleExpiring, models.LifecycleExpired, models.LifecycleRedemption, models.LifecycleOnHold:
		h.severity = models.SeverityMajor
	case models.LifecycleUnknown, models.LifecycleRegistered, models.LifecyclePendingDelete, models.LifecycleReleased:
	}
	return []hit{h}
}

func contactOnName(s *Situation) []hit {
	var hits []hit
	elsewhere := false
	for i := range s.Contacts {
		c := &s.Contacts[i]
		if !c.Usable() {
			continue
		}
		if !addressOn(c.Email, s.Domain.Name) {
			elsewhere = true
			continue
		}
		hits = append(hits, hit{
			subject: c.Email,
			detail:  fmt.Sprintf("The address of %s lies on %s. When the name lapses, our notices and the registrar's do not arrive.", c.Name, s.Domain.Name),
			next:    "Ask for a second address that does not depend on this name.",
		})
	}
	severity := models.SeverityInfo
	switch {
	case !elsewhere && s.Judgement.Lifecycle != models.LifecycleRegistered && s.Judgement.Lifecycle != models.LifecycleUnknown:
		severity = models.SeverityMajor
	case !elsewhere || s.Judgement.Lifecycle == models.LifecycleExpiring:
		severity = models.SeverityMinor
	}
	for i := range hits {
		hits[i].severity = severity
	}
	return hits
}

// addressOn reports whether mail to an address depends on a name.
func addressOn(email, name string) bool {
	_, host, ok := strings.Cut(strings.ToLower(email), "@")
	return ok && (host == name || strings.HasSuffix(host, "."+name))
}

// capital writes the first letter of a sentence in upper case.
func capital(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + s[n:]
}
