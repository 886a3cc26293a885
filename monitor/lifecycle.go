package monitor

import "time"

const (
	hour = time.Hour
	day  = 24 * time.Hour
)

// LifecycleDays are the periods, in days, through which a registry takes a registration after its expiry.
type LifecycleDays struct {
	AutoRenewGrace int // renewal at the normal price; zero: the registry deletes or charges at once
	Redemption     int // recoverable for a fee (RFC 3915)
	PendingDelete  int // nobody can save it
	// NoAutoRenew says that the registry never moves a date by itself, so that a later one was ordered.
	NoAutoRenew bool
	// NoPublicExpiry says that the registry publishes no date, so that none is asked for.
	NoPublicExpiry bool
}

// GTLDDays are the periods that ICANN's contracts allow: up to 45 days of grace (the registrar chooses), 30 of redemption, 5 of pending delete.
func GTLDDays() LifecycleDays {
	return LifecycleDays{AutoRenewGrace: 45, Redemption: 30, PendingDelete: 5}
}

func (l LifecycleDays) grace() time.Duration { return time.Duration(l.AutoRenewGrace) * day }

// recoverable is how long after its expiry a registration can be had back at all.
func (l LifecycleDays) recoverable() time.Duration {
	return time.Duration(l.AutoRenewGrace+l.Redemption) * day
}

// whole is how long after its expiry a registration that nobody renews still exists.
func (l LifecycleDays) whole() time.Duration {
	return time.Duration(l.AutoRenewGrace+l.Redemption+l.PendingDelete) * day
}
