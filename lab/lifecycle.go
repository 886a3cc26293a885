package lab

import (
	"slices"
	"time"
)

// Lifecycle says how long a registration passes through each state after its
// expiry. When all three durations are zero the usual gTLD ones stand
// (45, 30 and 5 days).
type Lifecycle struct {
	AutoRenewGrace time.Duration
	Redemption     time.Duration
	PendingDelete  time.Duration
	// AutoRenewTrap makes the published registry date jump forward by a year one
	// day after expiry, with the status "auto renew period", although nobody
	// paid; the registrar goes on publishing the old date.
	AutoRenewTrap bool
}

// Day is 24 hours.
const Day = 24 * time.Hour

// GTLDLifecycle returns the usual periods of generic top-level domains.
func GTLDLifecycle() Lifecycle {
	return Lifecycle{AutoRenewGrace: 45 * Day, Redemption: 30 * Day, PendingDelete: 5 * Day}
}

func (l Lifecycle) orDefault() Lifecycle {
	if l.AutoRenewGrace == 0 && l.Redemption == 0 && l.PendingDelete == 0 {
		d := GTLDLifecycle()
		d.AutoRenewTrap = l.AutoRenewTrap
		return d
	}
	return l
}

// State is what has become of a registration.
type State string

// The states, in the order in which time passes through them.
const (
	StateActive         State = "active"
	StateAutoRenewGrace State = "autoRenewPeriod"
	StateRedemption     State = "redemptionPeriod"
	StatePendingDelete  State = "pendingDelete"
	StateAbsent         State = "absent"
)

// At returns the state at now of a registration that is paid until expires.
// The state changes at the very instant of expiry.
func (l Lifecycle) At(expires, now time.Time) State {
	l = l.orDefault()
	over := now.Sub(expires)
	switch {
	case over < 0:
		return StateActive
	case over < l.AutoRenewGrace:
		return StateAutoRenewGrace
	case over < l.AutoRenewGrace+l.Redemption:
		return StateRedemption
	case over < l.AutoRenewGrace+l.Redemption+l.PendingDelete:
		return StatePendingDelete
	}
	return StateAbsent
}

// published is the registration as the registry tells it at one instant.
type published struct {
	state    State
	expires  time.Time // the registry's date, with the trap applied
	statuses []string  // EPP names, never empty
}

func publish(d *Domain, t *TLD, now time.Time) published {
	p := published{state: t.Lifecycle.At(d.Expires, now), expires: d.Expires}
	trap := t.Lifecycle.AutoRenewTrap || d.AutoRenewTrap
	if trap && p.state == StateAutoRenewGrace && now.Sub(d.Expires) >= Day {
		p.expires = d.Expires.AddDate(1, 0, 0)
	}
	p.statuses = append(p.statuses, d.Statuses...)
	switch p.state {
	case StateAutoRenewGrace:
		p.statuses = append(p.statuses, "autoRenewPeriod")
	case StateRedemption:
		p.statuses = append(p.statuses, "pendingDelete", "redemptionPeriod")
	case StatePendingDelete:
		p.statuses = append(p.statuses, "pendingDelete")
	case StateActive, StateAbsent:
	}
	if len(p.statuses) == 0 {
		p.statuses = []string{"ok"}
	}
	return p
}

// delegated tells whether the parent zone has NS records for the domain.
func (p published) delegated() bool {
	switch p.state {
	case StateActive, StateAutoRenewGrace:
		return !slices.Contains(p.statuses, "clientHold") && !slices.Contains(p.statuses, "serverHold")
	case StateRedemption, StatePendingDelete, StateAbsent:
	}
	return false
}
