package monitor

import (
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

// renewedBy is the least by which a confirmed later date ends a cycle. A smaller move stays in it, so that no warning is sent twice.
const renewedBy = 60 * day

// The reasons of cycle steps; the first two are close reasons.
const (
	cycleRenewed     = "renewed"
	cycleReleased    = "released"
	cycleFirst       = "first_date"
	cycleMoved       = "date_moved"
	cycleSame        = "same_date"
	cycleNoDate      = "no_date"
	cycleUnconfirmed = "unconfirmed_renewal"
)

// CycleStep says what becomes of a domain's expiry cycle. Nothing is to be done when all three are nil.
type CycleStep struct {
	Close  *models.CycleClose // the open cycle ends
	Open   *models.Cycle      // a new one begins
	Move   *models.Cycle      // the open one with another date
	Reason string
}

// DecideCycle decides what becomes of the open cycle (nil: none is open). A later date by 60 days or more is a renewal: the cycle closes and
// the next opens. Smaller moves, and moves back, stay in the cycle. While a renewal is unconfirmed the cycle stays as it is.
func DecideCycle(open *models.Cycle, domainID int64, e models.Expiry, l models.Lifecycle, now time.Time) CycleStep {
	switch {
	case l == models.LifecycleReleased && open != nil:
		return CycleStep{Close: &models.CycleClose{ID: open.ID, At: now, Reason: cycleReleased}, Reason: cycleReleased}
	case l == models.LifecycleReleased:
		return CycleStep{Reason: cycleReleased}
	case e.At == nil:
		return CycleStep{Reason: cycleNoDate}
	case open == nil:
		return CycleStep{Open: newCycle(domainID, *e.At, now), Reason: cycleFirst}
	case e.At.Equal(open.ExpiresAt):
		return CycleStep{Reason: cycleSame}
	case e.Unconfirmed && e.At.After(open.ExpiresAt):
		return CycleStep{Reason: cycleUnconfirmed}
	case e.At.Sub(open.ExpiresAt) >= renewedBy:
		return CycleStep{
			Close:  &models.CycleClose{ID: open.ID, At: now, Reason: cycleRenewed},
			Open:   newCycle(domainID, *e.At, now),
			Reason: cycleRenewed,
		}
	}
	move := *open
	move.ExpiresAt = *e.At
	return CycleStep{Move: &move, Reason: cycleMoved}
}

func newCycle(domainID int64, expires, now time.Time) *models.Cycle {
	return &models.Cycle{DomainID: domainID, ExpiresAt: expires, OpenedAt: now}
}
