package monitor

import (
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

// staleAt gives the instant from which the last answer is too old to rely on; nil before the first answer. Near the expiry an answer lasts
// for a shorter time, counted from the beginning of the window at the earliest.
func staleAt(r *models.Registration, e models.Expiry) *time.Time {
	if r.FactsAt == nil {
		return nil
	}
	stale := r.FactsAt.Add(factsLastFar)
	if e.At == nil {
		return &stale
	}
	from := e.At.Add(-expiringWindow)
	if r.FactsAt.After(from) {
		from = *r.FactsAt
	}
	return earliest(stale, from.Add(factsLastNear))
}

// lastSafeDay is the last instant of renewal at the normal price: the end of the auto-renew grace, or the expiry itself where the registry
// deletes or charges at once.
func lastSafeDay(l models.Lifecycle, e models.Expiry, days LifecycleDays, now time.Time) *time.Time {
	if e.At == nil {
		return nil
	}
	last := e.At.Add(days.grace())
	if e.DateOnly {
		last = last.Add(day - time.Second) // the day itself still counts
	}
	switch l {
	case models.LifecycleRedemption, models.LifecyclePendingDelete, models.LifecycleReleased:
		if last.After(now) {
			return nil // it ended earlier than the calendar says, at a time that nobody told
		}
	case models.LifecycleUnknown, models.LifecycleRegistered, models.LifecycleExpiring, models.LifecycleExpired, models.LifecycleOnHold:
	}
	return &last
}

// recoverUntil is the end of redemption. A redemption that began before the grace ended by the calendar ends so much earlier.
func recoverUntil(d *models.Domain, l models.Lifecycle, e models.Expiry, days LifecycleDays, now time.Time) *time.Time {
	if l == models.LifecyclePendingDelete || l == models.LifecycleReleased || days.recoverable() == 0 {
		return nil
	}
	var byDate *time.Time
	if passes, ok := e.PassesAt(); ok {
		byDate = new(passes.Add(days.recoverable()))
	}
	if l != models.LifecycleRedemption {
		return byDate
	}
	began := now
	if d != nil && d.Lifecycle == models.LifecycleRedemption && d.LifecycleSince != nil {
		began = *d.LifecycleSince
	}
	end := began.Add(time.Duration(days.Redemption) * day)
	if byDate != nil && byDate.After(began) {
		return earliest(end, *byDate)
	}
	return &end
}

// nextJudgeAt is the next instant at which time alone changes the verdict.
func nextJudgeAt(r *models.Registration, e models.Expiry, days LifecycleDays, stale *time.Time, now time.Time) *time.Time {
	var moments []time.Time
	if stale != nil {
		moments = append(moments, *stale)
	}
	if passes, ok := e.PassesAt(); ok && r.FactsAt != nil {
		moments = append(moments, e.At.Add(-expiringWindow), passes,
			passes.Add(days.grace()), passes.Add(days.recoverable()), passes.Add(days.whole()))
	}
	if r.FactsAt != nil && lapsing(r) {
		moments = append(moments, lapseEnds(r, days))
	}
	if e.Source == models.ExpiryAttested && e.AsOf != nil {
		moments = append(moments, e.AsOf.Add(attestationLasts))
	}
	var coming []time.Time
	for _, m := range moments {
		if m.After(now) {
			coming = append(coming, m)
		}
	}
	return earliest(coming...)
}

func earliest(times ...time.Time) *time.Time {
	var first *time.Time
	for i := range times {
		if first == nil || times[i].Before(*first) {
			first = &times[i]
		}
	}
	return first
}
