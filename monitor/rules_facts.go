package monitor

import (
	"fmt"
	"slices"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

// changeStands is for how long a change stays a finding, so that somebody sees it although nothing is broken.
const changeStands = 14 * day

func onHoldClient(s *Situation) []hit {
	if !has(s.Registration, statusClientHold) {
		return nil
	}
	return []hit{{
		cause:  s.lapseCode(),
		detail: fmt.Sprintf("%s has taken the name out of service%s. Site and mail do not work.", capital(s.registrar()), s.asStated(statusClientHold)),
		next:   "The client asks the registrar why: an unpaid invoice, an e-mail address that was never verified, or a complaint.",
	}}
}

func onHoldServer(s *Situation) []hit {
	if !has(s.Registration, statusServerHold) {
		return nil
	}
	return []hit{{
		cause:  s.lapseCode(),
		detail: fmt.Sprintf("The registry has taken the name out of service%s. Site and mail do not work.", s.asStated(statusServerHold)),
		next:   "The client asks its registrar why; only the registrar can speak to the registry.",
	}}
}

// lapseCode is the finding on a lapsed lifecycle that explains others; empty: none.
func (s *Situation) lapseCode() string {
	switch l := s.Judgement.Lifecycle; l {
	case models.LifecycleExpired:
		if s.Judgement.Expiry.Unconfirmed {
			return CodeRenewalUnconfirmed
		}
		return CodeExpired
	case models.LifecycleRedemption:
		if s.Registration != nil && has(s.Registration, statusPendingRestore) {
			return CodePendingRestore
		}
		return CodeRedemption
	case models.LifecyclePendingDelete, models.LifecycleReleased:
		return string(l) // the codes are named after the lifecycles
	case models.LifecycleUnknown, models.LifecycleRegistered, models.LifecycleExpiring, models.LifecycleOnHold:
	}
	return ""
}

// asStated names a status in brackets, with the registry's own word where that is another one.
func (s *Situation) asStated(status string) string {
	from := models.Stated(s.Statements, s.statusesFrom())
	if from.States() {
		for _, word := range from.Facts.Statuses {
			if word != status && slices.Contains(inEPP([]string{word}, s.Domain.Suffix), status) {
				return fmt.Sprintf(" (status “%s”)", word)
			}
		}
	}
	if s.Registration == nil || !has(s.Registration, status) || status == statusLapsed {
		return ""
	}
	return " (status " + status + ")"
}

// statusesFrom is the source of the merged statuses.
func (s *Situation) statusesFrom() models.LookKind {
	if s.Registration == nil {
		return ""
	}
	return s.Registration.Sources[models.FactStatuses].Source
}

func pendingTransfer(s *Situation) []hit {
	if !has(s.Registration, statusPendingTransfer) {
		return nil
	}
	return []hit{{
		detail: "The registry shows that the name is being moved to another registrar. It takes up to five days.",
		next:   "Ask the owner whether they asked for it. If not, the client stops it at its registrar at once.",
	}}
}

// recent states a change when it is seen, and goes on stating it in the same words for as long as changes stand.
func (s *Situation) recent(field, code string, h func(c *models.Change) hit) []hit {
	if c := s.changed(field); c != nil {
		return []hit{h(c)}
	}
	if f := s.stood(code, changeStands); f != nil {
		return []hit{{severity: f.Severity, title: f.Title, detail: f.Detail, next: f.NextStep, reason: f.Reason, cause: f.CauseCode}}
	}
	return nil
}

func registrarChanged(s *Situation) []hit {
	return s.recent(models.FactRegistrar, CodeRegistrarChanged, func(c *models.Change) hit {
		return hit{
			detail: fmt.Sprintf("The registrar was %s and is %s since %s.", c.Before, c.After, s.day(c.At)),
			next:   "Ask the owner whether they moved the name. Auto-renew and our access at the old registrar do not move with it.",
		}
	})
}

func nameserversChanged(s *Situation) []hit {
	return s.recent(models.FactNameservers, CodeNameserversChanged, func(c *models.Change) hit {
		h := hit{
			detail: fmt.Sprintf("The name servers were %s and are %s since %s.", c.Before, c.After, s.day(c.At)),
			next:   "Ask the owner whether they moved the DNS, and whether our records were taken along.",
		}
		if len(s.Records) > 0 {
			h.severity = models.SeverityMajor
		}
		return h
	})
}

func registeredAnew(s *Situation) []hit {
	if c := s.changed(models.FactCreated); c != nil && !laterBy(c, sameDate) {
		return nil // a correction, or a day's difference between two sources
	}
	return s.recent(models.FactCreated, CodeRegisteredAnew, func(c *models.Change) hit {
		return hit{
			detail: fmt.Sprintf("The registration was from %s and is from %s now: it was deleted in between, and somebody registered it again.", dayOf(c.Before), dayOf(c.After)),
			next:   "Ask the owner whether the client holds the name. If not, stop our services on it today.",
		}
	})
}

// laterBy reports whether a changed date moved forward by more than a duration.
func laterBy(c *models.Change, by time.Duration) bool {
	before, err1 := time.Parse(time.RFC3339, c.Before)
	after, err2 := time.Parse(time.RFC3339, c.After)
	return err1 == nil && err2 == nil && after.Sub(before) > by
}

func dayOf(rfc3339 string) string {
	t, err := time.Parse(time.RFC3339, rfc3339)
	if err != nil {
		return "an unknown date"
	}
	return t.UTC().Format("2 Jan 2006")
}

func transferLockMissing(s *Situation) []hit {
	if !speaksEPP(s.Registration) || has(s.Registration, statusClientLock, statusServerLock, statusPendingTransfer) || s.lapseCode() != "" {
		return nil
	}
	return []hit{{
		detail: "Nothing stops a transfer to another registrar: the status clientTransferProhibited is not set.",
		next:   fmt.Sprintf("The client can switch the lock on at %s.", s.registrar()),
	}}
}
