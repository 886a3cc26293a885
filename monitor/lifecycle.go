package monitor

import (
	"slices"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

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

// The EPP statuses (RFC 5731 section 2.3, RFC 3915 section 3.1) that the judge reads.
const (
	statusAutoRenew       = "autoRenewPeriod"
	statusRedemption      = "redemptionPeriod"
	statusPendingDelete   = "pendingDelete"
	statusPendingRestore  = "pendingRestore"
	statusPendingTransfer = "pendingTransfer"
	statusClientHold      = "clientHold"
	statusServerHold      = "serverHold"
	statusClientLock      = "clientTransferProhibited"
	statusServerLock      = "serverTransferProhibited"
	statusClientNoRenew   = "clientRenewProhibited"
	statusServerNoRenew   = "serverRenewProhibited"
	statusRenewed         = "renewPeriod"
	statusTransferred     = "transferPeriod"
	statusAdded           = "addPeriod"
	statusInactive        = "inactive"
)

// eppStatuses are the statuses that only a registry which speaks EPP states; a bare "ok" or "active" may be the wording of any registry.
var eppStatuses = []string{
	"addPeriod", statusAutoRenew, "renewPeriod", "transferPeriod", statusRedemption, statusPendingRestore, statusPendingDelete,
	statusPendingTransfer, "pendingCreate", "pendingRenew", "pendingUpdate", statusClientHold, statusServerHold, statusClientLock,
	statusServerLock, "clientDeleteProhibited", "clientRenewProhibited", "clientUpdateProhibited", "serverDeleteProhibited",
	"serverRenewProhibited", "serverUpdateProhibited", "inactive", "ok",
}

func has(r *models.Registration, statuses ...string) bool {
	return slices.ContainsFunc(statuses, func(s string) bool { return slices.Contains(r.Statuses, s) })
}

// speaksEPP reports whether the registration's statuses are those of EPP, so that their silence means something.
func speaksEPP(r *models.Registration) bool { return has(r, eppStatuses...) }

// lapsing reports whether the registry is on its way to delete the name.
func lapsing(r *models.Registration) bool {
	return has(r, statusRedemption, statusPendingDelete, statusPendingRestore)
}
