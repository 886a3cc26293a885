package monitor

import (
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

const (
	everyFar        = 7 * day
	everyNear       = day
	everyClose      = 6 * hour
	everyRedemption = 75 * time.Minute // with the jitter never twice within an hour
	everyAbsence    = 75 * time.Minute // the run that confirms an absence
	closeWindow     = 7 * day
	firstRetry      = 15 * time.Minute
	slowestRetry    = 24 * hour
	troubleShare    = 20
)

// LookPlan is what the time of the next registration look follows from.
type LookPlan struct {
	Judgement    Judgement
	Failures     int           // consecutive looks without an answer, this one included
	RetryAfter   time.Duration // asked for by the server; zero: not
	BlockedUntil *time.Time    // until when the server must be left alone
	AbsentOnce   bool          // an absence waits for its confirming run
	Unsupported  bool          // no server is known for the suffix
	PerDay       float64       // how often its server may be asked a day; zero: as often as one likes
}

// NextLook gives the time of the next registration look and why then. roll is a number in [0, 1) that spreads looks by 20 % either way, so
// that names imported together do not stay together. A failed look is tried again soon and then less and less often, but never less often
// than an answered one would be; what a server asked for goes before both.
func NextLook(p LookPlan, now time.Time, roll float64) (next time.Time, reason string) {
	every, reason := cadence(p, now)
	wait := spread(every, roll)
	next = now.Add(wait)
	if edge, ok := nextEdge(p.Judgement.Expiry, now); ok && next.After(edge) {
		next, reason = edge.Add(time.Duration(roll*float64(30*time.Minute))), "window_edge"
	}
	if p.Failures > 0 {
		if retry := now.Add(min(spread(doubling(firstRetry, p.Failures-1, slowestRetry), roll), wait)); retry.Before(next) {
			next, reason = retry, "retry"
		}
	}
	if p.RetryAfter > 0 {
		if asked := now.Add(min(p.RetryAfter, slowestRetry)); asked.After(next) {
			next, reason = asked, "retry_after"
		}
	}
	if p.BlockedUntil != nil && p.BlockedUntil.After(next) {
		next, reason = p.BlockedUntil.Add(time.Duration(roll*float64(time.Minute))), "server_blocked"
	}
	return next, reason
}

// cadence is how often a registration is looked at when all goes well.
func cadence(p LookPlan, now time.Time) (every time.Duration, reason string) {
	j := p.Judgement
	switch {
	case p.Unsupported:
		return everyFar, "unsupported"
	case p.AbsentOnce && j.Lifecycle != models.LifecycleReleased:
		return everyAbsence, "absence_unconfirmed"
	}
	switch j.Lifecycle {
	case models.LifecycleRedemption, models.LifecyclePendingDelete:
		return troubled(p.PerDay), string(j.Lifecycle)
	case models.LifecycleExpired, models.LifecycleOnHold:
		return everyClose, string(j.Lifecycle)
	case models.LifecycleReleased:
		return everyNear, string(j.Lifecycle)
	case models.LifecycleUnknown, models.LifecycleRegistered, models.LifecycleExpiring:
	}
	passes, known := j.Expiry.PassesAt()
	switch {
	case !known && j.Why == models.WhyNoPublicExpiry:
		return everyFar, "no_date"
	case !known:
		return everyNear, "date_unknown"
	case now.After(passes) && j.Why == models.WhyNoPublicExpiry:
		return everyNear, "date_passed"
	case !now.Before(passes.Add(-closeWindow)):
		return everyClose, "last_week"
	case !now.Before(j.Expiry.At.Add(-expiringWindow)):
		return everyNear, "within_60_days"
	case j.Revocable:
		return everyNear, "auto_renew_grace"
	}
	return everyFar, "far"
}

// troubled is how often a name in redemption is looked at: about hourly, and where a server allows few questions a day, so seldom that one
// such name takes no more than a twentieth of them, every six hours at least.
func troubled(perDay float64) time.Duration {
	every := everyRedemption
	if perDay > 0 {
		every = max(every, time.Duration(float64(day)*troubleShare/perDay))
	}
	return min(every, everyClose)
}

// nextEdge is the next instant at which the cadence quickens: a look planned before it must not leap over it.
func nextEdge(e models.Expiry, now time.Time) (time.Time, bool) {
	passes, ok := e.PassesAt()
	if !ok {
		return time.Time{}, false
	}
	for _, edge := range []time.Time{e.At.Add(-expiringWindow), passes.Add(-closeWindow), passes} {
		if edge.After(now) {
			return edge, true
		}
	}
	return time.Time{}, false
}

// DNSPlan is what the time of the next DNS look follows from.
type DNSPlan struct {
	Records  []models.ExpectedRecord
	Problems int                  // with the delegation itself
	Failures int                  // consecutive looks that stated nothing, this one included
	Stands   bool                 // everything is right and can be compared: the next look only asks whether it still is
	Mail     []models.MailPending // seen once, and to be confirmed
}

// NextDNS gives the time of the next DNS look and why then: when a pending state can be confirmed, every six hours while something is
// broken, or while everything is right and a look that only compares will do, daily otherwise.
func NextDNS(p DNSPlan, now time.Time, roll float64) (next time.Time, reason string) {
	every, reason := everyNear, "far"
	broken := p.Problems > 0 || len(p.Mail) > 0
	var confirm []time.Time
	for i := range p.Records {
		r := &p.Records[i]
		broken = broken || (r.State.Judged() && !r.State.Right())
		if r.Pending != "" && r.ConfirmAt != nil {
			confirm = append(confirm, *r.ConfirmAt)
		}
	}
	for _, p := range p.Mail { // what was due and could not be confirmed waits for the next look
		if p.ConfirmAt.After(now) {
			confirm = append(confirm, p.ConfirmAt)
		}
	}
	switch {
	case broken:
		every, reason = everyClose, "broken"
	case p.Stands:
		every, reason = everyStanding, "stands"
	}
	if p.Failures > 0 {
		every, reason = min(every, doubling(firstRetry, p.Failures-1, everyClose)), "retry"
	}
	next = now.Add(spread(every, roll))
	if first := earliest(confirm...); first != nil && first.Before(next) {
		next, reason = *first, "confirm"
		if next.Before(now.Add(time.Minute)) {
			next = now.Add(time.Minute)
		}
	}
	return next, reason
}

// spread moves a duration by up to 20 % either way.
func spread(d time.Duration, roll float64) time.Duration {
	return time.Duration(float64(d) * (0.8 + 0.4*roll))
}

// doubling is the n-th wait (from 0) of a back-off that begins with first and never exceeds most.
func doubling(first time.Duration, n int, most time.Duration) time.Duration {
	wait := first
	for range max(n, 0) {
		if wait >= most/2 {
			return most
		}
		wait *= 2
	}
	return min(wait, most)
}
