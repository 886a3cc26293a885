package monitor

import (
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

const (
	// renewedBy is the least by which a confirmed later date is a renewal. Registrars state the end of a grace, 30 to 45 days, as a date too.
	renewedBy = 60 * day
	// restatedBy is by how much a date must move for it to be another one to whoever was told of it: about as much as lies between two stages.
	restatedBy = 7 * day
)

// The reasons of cycle steps; the first three are close reasons.
const (
	cycleRenewed     = "renewed"
	cycleReleased    = "released"
	cycleRestated    = models.CycleRestated
	cycleFirst       = "first_date"
	cycleMoved       = "date_moved"
	cycleSame        = "same_date"
	cycleNoDate      = "no_date"
	cycleUnconfirmed = "unconfirmed_renewal"
)

// CycleStep says what becomes of a domain's expiry cycle. Nothing is to be done when all three are nil.
type CycleStep struct {
	Close  *models.CycleClose // the open cycle ends
	Open   *models.Cycle      // a new one begins, or with an ID one that ended by a restated date goes on
	Move   *models.Cycle      // the open one with another date
	Reason string
}

// DecideCycle decides what becomes of the open cycle (nil: none is open). A cycle is of one date, give or take a week. A later date by 60 days
// or more is a renewal: the cycle closes and the next opens. One that is later by more than a week is a date that was restated: the cycle ends
// as such and the next begins, since the notices of the one say nothing of the other. A date that comes back goes on with the cycle that it had
// (restated: those of the domain that ended so), and nothing of it is told again. Smaller moves, and other moves to an earlier date, stay in
// the cycle; so does any while the registry takes the name away, which is not told of by the date. While a renewal is unconfirmed the cycle
// stays as it is.
func DecideCycle(open *models.Cycle, restated []models.Cycle, domainID int64, e models.Expiry, l models.Lifecycle, now time.Time) CycleStep {
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
	}
	lapsing := l == models.LifecycleRedemption || l == models.LifecyclePendingDelete
	by := e.At.Sub(open.ExpiresAt)
	next, why := newCycle(domainID, *e.At, now), ""
	switch known := ofDate(restated, *e.At); {
	case by.Abs() > restatedBy && known != nil && !lapsing:
		next, why = known, cycleRestated
	case by >= renewedBy:
		why = cycleRenewed
	case by > restatedBy && !lapsing:
		why = cycleRestated
	}
	if why != "" {
		return CycleStep{Close: &models.CycleClose{ID: open.ID, At: now, Reason: why}, Open: next, Reason: why}
	}
	move := *open
	move.ExpiresAt = *e.At
	return CycleStep{Move: &move, Reason: cycleMoved}
}

// ofDate gives the cycle that was of a date, with that date; nil: none was.
func ofDate(cycles []models.Cycle, date time.Time) *models.Cycle {
	var nearest *models.Cycle
	for i := range cycles {
		off := cycles[i].ExpiresAt.Sub(date).Abs()
		if off <= restatedBy && (nearest == nil || off < nearest.ExpiresAt.Sub(date).Abs()) {
			nearest = &cycles[i]
		}
	}
	if nearest == nil {
		return nil
	}
	again := *nearest
	again.ExpiresAt, again.ClosedAt, again.CloseReason = date, nil, ""
	return &again
}

func newCycle(domainID int64, expires, now time.Time) *models.Cycle {
	return &models.Cycle{DomainID: domainID, ExpiresAt: expires, OpenedAt: now}
}
