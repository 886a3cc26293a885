package models

import "time"

// Expiry is the effective expiry of a domain: the one date that notices, pages, exports and the judge use.
type Expiry struct {
	At          *time.Time   // nil: no date is known
	DateOnly    bool         // At is a calendar day, midnight UTC
	Source      ExpirySource // who stated At; empty without a date
	AsOf        *time.Time   // when the source last said so
	Unconfirmed bool         // the registry shows a later date that nobody confirmed; At is the one before
	Reason      ExpiryReason // why this date counts
}

// ExpiryReason names why a date is the effective one, or why there is none.
type ExpiryReason string

// The reasons behind an effective expiry.
const (
	ExpiryOnlyRegistry   ExpiryReason = "only_registry"    // the registrar states no date
	ExpiryOnlyRegistrar  ExpiryReason = "only_registrar"   // the registry states no date
	ExpiryEarlier        ExpiryReason = "earlier_of_two"   // both state one, the earlier counts
	ExpiryRegistrarStale ExpiryReason = "registrar_stale"  // the registrar's date is from before the registry's renewal
	ExpiryOutlived       ExpiryReason = "registrar_behind" // the registry kept the name long after the registrar's date
	ExpiryConfirmed      ExpiryReason = "confirmed"        // somebody who can know confirmed the registry's date, and the registrar's is of before
	ExpiryUnconfirmed    ExpiryReason = "unconfirmed"      // the date before an unconfirmed renewal
	ExpiryByAttestation  ExpiryReason = "attested"         // no public date, the client stated one
	ExpiryUnknown        ExpiryReason = "unknown"          // nobody stated a date
)

const (
	// renewalJump is the least by which a renewal moves a date. Registries renew by whole years; 300 days leaves room for their rounding.
	renewalJump = 300 * 24 * time.Hour
	// longestGrace is the longest auto-renew grace of any registry: a name kept for longer past a date was renewed.
	longestGrace = 45 * 24 * time.Hour
	// correction is the most by which a date moves without being another one.
	correction = 30 * 24 * time.Hour
	// calendarDay is how long a date without a time lasts.
	calendarDay = 24 * time.Hour
)

// PassesAt gives the instant at which an expiry has passed: the instant itself, or the end of the calendar day (UTC) for a date without a
// time.
func PassesAt(at time.Time, dateOnly bool) time.Time {
	if dateOnly {
		return at.Add(calendarDay)
	}
	return at
}

// PassesAt gives the instant at which the expiry has passed; ok is false when no date is known.
func (e Expiry) PassesAt() (at time.Time, ok bool) {
	if e.At == nil {
		return time.Time{}, false
	}
	return PassesAt(*e.At, e.DateOnly), true
}

// EffectiveExpiry gives the one expiry of a domain. The earlier of the registry's and the registrar's date counts; a registrar's date that
// is older than the registry's renewal does not. While a renewal is unconfirmed the date before it counts. What the client attested counts
// only when there is no public date. Either argument may be nil.
func EffectiveExpiry(d *Domain, r *Registration) Expiry {
	if r != nil {
		if e := publicExpiry(r); e.At != nil {
			return e
		}
	}
	if d != nil && d.AttestedExpiry != nil {
		return Expiry{At: d.AttestedExpiry, DateOnly: true, Source: ExpiryAttested, AsOf: d.AttestedAt, Reason: ExpiryByAttestation}
	}
	return Expiry{Reason: ExpiryUnknown}
}

func publicExpiry(r *Registration) Expiry {
	registry := dated(r.RegistryExpiry, ExpiryRegistry, r.RegistryExpiryAt, ExpiryOnlyRegistry)
	registrar := dated(r.RegistrarExpiry, ExpiryRegistrar, r.RegistrarExpiryAt, ExpiryOnlyRegistrar)
	switch {
	case r.RenewalOf != nil:
		e := dated(r.RenewalOf, ExpiryRegistry, r.RegistryExpiryAt, ExpiryUnconfirmed)
		if r.RegistrarExpiry != nil && r.RegistrarExpiry.Equal(*r.RenewalOf) {
			e.At, e.Source, e.AsOf = r.RegistrarExpiry, ExpiryRegistrar, r.RegistrarExpiryAt
		}
		e.Unconfirmed = true
		return e
	case registry.At == nil:
		return registrar
	case registrar.At == nil:
		return registry
	}
	if why := registrarBehind(r); why != "" {
		registry.Reason = why
		return registry
	}
	if registrar.At.Before(*registry.At) {
		registrar.Reason = ExpiryEarlier
		return registrar
	}
	registry.Reason = ExpiryEarlier
	return registry
}

func dated(at *time.Time, source ExpirySource, asOf *time.Time, why ExpiryReason) Expiry {
	return Expiry{At: at, DateOnly: at != nil && IsCalendarDay(*at), Source: source, AsOf: asOf, Reason: why}
}

// registrarBehind says why the registrar's date, a renewal earlier than the registry's, does not count; empty: it does.
func registrarBehind(r *Registration) ExpiryReason {
	if r.RegistryExpiry.Sub(*r.RegistrarExpiry) < renewalJump {
		return ""
	}
	if r.Confirmed() {
		return ExpiryConfirmed
	}
	if r.RegistrarExpiryAt != nil && r.RegistryChangedAt != nil && r.RegistrarExpiryAt.Before(*r.RegistryChangedAt) {
		return ExpiryRegistrarStale
	}
	if r.RegistryExpiryAt != nil && r.RegistryExpiryAt.Sub(*r.RegistrarExpiry) > longestGrace {
		return ExpiryOutlived
	}
	return ""
}

// Confirmed reports whether the registry still states the date that somebody confirmed after it had moved by itself; a correction by some days
// changes nothing.
func (r *Registration) Confirmed() bool {
	return r.ConfirmedExpiry != nil && r.RegistryExpiry != nil && r.RegistryExpiry.Sub(*r.ConfirmedExpiry).Abs() <= correction
}

// IsCalendarDay reports whether an instant stands for a day without a time: midnight UTC, to the nanosecond. Attested dates are written so,
// and so are the dates of registries that state no time, in WHOIS as a bare date and in RDAP as T00:00:00Z, since an RDAP date must have one
// (RFC 9083 section 4.5, RFC 3339). It is one rule for all sources: a real expiry at that very instant is taken to pass a day late, never early.
func IsCalendarDay(t time.Time) bool {
	h, m, s := t.UTC().Clock()
	return h == 0 && m == 0 && s == 0 && t.Nanosecond() == 0
}
