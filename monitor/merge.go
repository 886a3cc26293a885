package monitor

import (
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

// MergeContext is what merging needs beside the looks.
type MergeContext struct {
	Domain *models.Domain // for what the client attested; may be nil
	Answer *models.Answer // latest of the open cycle; may be nil
	Days   LifecycleDays
	Now    time.Time
}

// Merge takes what the looks state into what is known of one registration, and returns the new row with the facts that took another
// value. The registry's RDAP is believed before its WHOIS; of the registrar's RDAP only the registrar's own facts are taken. Looks without
// an answer change nothing. Without looks only an unconfirmed renewal may be settled, by what people said meanwhile.
func Merge(prev models.Registration, looks []models.Look, mc MergeContext) (models.Registration, []models.Change) {
	next := prev
	if next.DNSSEC == "" {
		next.DNSSEC = models.DNSSECUnknown
	}
	registry := registryFacts(looks)
	if registry != nil {
		takeRegistry(&next, registry)
		forgetAbsence(&next)
	} else {
		countAbsence(&next, looks)
	}
	for i := range looks {
		if l := &looks[i]; l.Kind == models.LookRegistrarRDAP && positive(l) {
			takeRegistrar(&next, l.Facts, l.At)
		}
	}
	forgetFormerRegistrar(&prev, &next)
	if moved(prev.RegistryExpiry, next.RegistryExpiry) {
		next.RegistryChangedAt = next.RegistryExpiryAt
	}
	noteRenewal(&prev, &next, mc)
	settleRenewal(&next, mc)
	if len(looks) > 0 {
		next.UpdatedAt = mc.Now
	}
	return next, changesBetween(&prev, &next, mc.Now)
}

// statement is what one merge has from the registry: the facts of the best answer, gaps filled from the next best.
type statement struct {
	models.Facts
	kind   models.LookKind
	server string
	at     time.Time
}

// positive reports whether a look states that the name is registered.
func positive(l *models.Look) bool {
	return l.Outcome == models.OutcomeOK && l.Facts != nil && (l.Facts.Registered == nil || *l.Facts.Registered)
}

func registryFacts(looks []models.Look) *statement {
	var s *statement
	for _, kind := range []models.LookKind{models.LookRDAP, models.LookWHOIS} {
		for i := range looks {
			l := &looks[i]
			if l.Kind != kind || !positive(l) {
				continue
			}
			if s == nil {
				s = &statement{Facts: *l.Facts, kind: l.Kind, server: l.Server, at: l.At}
				continue
			}
			s.fill(l.Facts)
		}
	}
	return s
}

func (s *statement) fill(f *models.Facts) {
	if s.ExpiresAt == nil && f.ExpiresAt != nil {
		s.ExpiresAt, s.DateOnly = f.ExpiresAt, f.DateOnly
	}
	s.ExpiryStated = s.ExpiryStated || f.ExpiryStated
	if s.RegistrarExpiresAt == nil {
		s.RegistrarExpiresAt = f.RegistrarExpiresAt
	}
	if s.CreatedAt == nil {
		s.CreatedAt = f.CreatedAt
	}
	if s.Registrar == "" {
		s.Registrar, s.RegistrarID = f.Registrar, f.RegistrarID
	}
	if len(s.Statuses) == 0 {
		s.Statuses = f.Statuses
	}
	if len(s.Nameservers) == 0 {
		s.Nameservers = f.Nameservers
	}
}

// takeRegistry replaces facts by those that were stated. Statuses are replaced even by none: one that the registry no longer states must
// not live on. Everything else that was not stated stays.
func takeRegistry(r *models.Registration, s *statement) {
	r.FactsAt, r.FactsSource, r.FactsServer = new(s.at), s.kind, s.server
	r.Statuses = s.Statuses
	if believable(s.CreatedAt, nil) {
		r.CreatedOn = s.CreatedAt
	}
	if believable(s.UpdatedAt, nil) {
		r.ChangedOn = s.UpdatedAt
	}
	if s.Registrar != "" {
		r.Registrar, r.RegistrarID = s.Registrar, s.RegistrarID
	}
	if len(s.Nameservers) > 0 {
		r.Nameservers = s.Nameservers
	}
	if s.DNSSEC != "" && s.DNSSEC != models.DNSSECUnknown {
		r.DNSSEC, r.DS = s.DNSSEC, s.DS
	}
	r.NoPublicExpiry = s.ExpiresAt == nil && (!s.ExpiryStated || s.ExpiryRedacted)
	if believable(s.ExpiresAt, r.CreatedOn) {
		r.RegistryExpiry, r.RegistryExpiryAt = s.ExpiresAt, new(s.at)
		r.RegistrySource, r.DateOnly = s.kind, s.DateOnly
	}
	if believable(s.RegistrarExpiresAt, r.CreatedOn) {
		r.RegistrarExpiry, r.RegistrarExpiryAt = s.RegistrarExpiresAt, new(s.at)
	}
}

func takeRegistrar(r *models.Registration, f *models.Facts, seen time.Time) {
	if believable(f.RegistrarExpiresAt, r.CreatedOn) {
		r.RegistrarExpiry, r.RegistrarExpiryAt = f.RegistrarExpiresAt, new(seen)
	}
	if r.Registrar == "" {
		r.Registrar, r.RegistrarID = f.Registrar, f.RegistrarID
	}
}

// forgetFormerRegistrar drops the date of a registrar that the name has left, unless the new one has stated its own.
func forgetFormerRegistrar(prev, next *models.Registration) {
	left := prev.Registrar != "" && prev.Registrar != next.Registrar
	if prev.RegistrarID != "" && next.RegistrarID != "" {
		left = prev.RegistrarID != next.RegistrarID
	}
	if left && next.RegistrarExpiryAt == prev.RegistrarExpiryAt {
		next.RegistrarExpiry, next.RegistrarExpiryAt = nil, nil
	}
}

var (
	// domainNamesBegan is the year of the first registrations; an earlier date is a zero value or a misread one.
	domainNamesBegan = time.Date(1985, 1, 1, 0, 0, 0, 0, time.UTC)
	// beyondBelief ends the dates that are taken for real; registries write 2999 or 9999 for "never".
	beyondBelief = time.Date(2127, 1, 1, 0, 0, 0, 0, time.UTC)
)

// believable reports whether a stated date can be true: after 1984, before 2127, and not before the registration was created.
func believable(t, created *time.Time) bool {
	if t == nil || t.Before(domainNamesBegan) || !t.Before(beyondBelief) {
		return false
	}
	return created == nil || !t.Before(*created)
}

func moved(before, after *time.Time) bool {
	return before != nil && after != nil && !before.Equal(*after)
}
