package monitor

import (
	"maps"
	"slices"
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

// suffix is the public suffix of the name, as far as it is known.
func (mc *MergeContext) suffix() string {
	if mc.Domain == nil {
		return ""
	}
	return mc.Domain.Suffix
}

// aboutName leaves out the looks at other names, where it is known which one is meant.
func (mc *MergeContext) aboutName(looks []models.Look) []models.Look {
	if mc.Domain == nil || mc.Domain.Name == "" {
		return looks
	}
	return slices.DeleteFunc(slices.Clone(looks), func(l models.Look) bool { return l.Domain != "" && l.Domain != mc.Domain.Name })
}

// Known is what is known of one registration: the merged facts, and what each source last stated.
type Known struct {
	Registration models.Registration
	Statements   []models.Statement
}

// Merge takes what the looks of one run state into what is known of one registration, and returns it with the facts that took another
// value. Who answered now is believed before who answered earlier, the registry's RDAP before its WHOIS; of the registrar's RDAP only the
// registrar's own facts are taken. What nobody states any more keeps its last good value and its age. Looks without an answer change
// nothing, and so do answers about another name. Without looks only an unconfirmed renewal may be settled, by what people said meanwhile.
func Merge(prev Known, looks []models.Look, mc MergeContext) (Known, []models.Change) {
	before := &prev.Registration
	next := Known{Registration: prev.Registration}
	reg := &next.Registration
	reg.Sources, reg.Turns = maps.Clone(before.Sources), maps.Clone(before.Turns)
	if reg.DNSSEC == "" {
		reg.DNSSEC = models.DNSSECUnknown
	}
	looks = mc.aboutName(looks)
	var asked, heard []models.LookKind
	next.Statements, asked, heard = takeStatements(prev.Statements, looks)
	v := registryView(next.Statements, heard)
	registryHeard := len(v) > 0 && slices.Contains(heard, v[0].Source)
	left := false
	if registryHeard {
		left = takeRegistry(reg, v, mc.suffix())
		forgetAbsence(reg)
	} else {
		countAbsence(reg, looks)
	}
	if left {
		forgetFormerRegistrar(&next, asked, heard)
	}
	if len(heard) > 0 {
		takeRegistrar(&next)
	}
	if moved(before.RegistryExpiry, reg.RegistryExpiry) {
		reg.RegistryChangedAt = reg.RegistryExpiryAt
	}
	noteRenewal(before, reg, left, mc)
	settleRenewal(reg, mc)
	if len(looks) > 0 {
		reg.UpdatedAt = mc.Now
	}
	return next, changesBetween(before, reg, mc.Now)
}

// takeRegistry replaces facts by those that the registry states, and reports whether the name has another registrar. Statuses are replaced
// even by none: one that the registry no longer states must not live on. Everything else that was not stated stays.
func takeRegistry(r *models.Registration, v view, suffix string) (left bool) {
	main := v[0]
	r.FactsAt, r.FactsSource, r.FactsServer = new(*main.At), main.Source, main.Server
	from := map[string]*models.Statement{}
	from[models.FactStatuses] = takeStatuses(r, v, suffix)
	from[models.FactNameservers] = takeNameservers(r, v)
	from[models.FactDNSSEC] = takeDNSSEC(r, v)
	from[models.FactCreated] = takeDate(&r.CreatedOn, v, func(f *models.Facts) *time.Time { return f.CreatedAt })
	from[models.FactUpdated] = takeDate(&r.ChangedOn, v, func(f *models.Facts) *time.Time { return f.UpdatedAt })
	from[models.FactRegistryExpiry] = takeExpiry(r, v)
	from[models.FactRegistrar], left = takeRegistrarName(r, v)
	for fact, s := range from {
		noteSource(r, fact, s)
	}
	return left
}

// noteSource keeps who stated a fact; nil: nobody did now.
func noteSource(r *models.Registration, fact string, s *models.Statement) {
	if s == nil {
		return
	}
	if r.Sources == nil {
		r.Sources = map[string]models.FactSource{}
	}
	r.Sources[fact] = source(s)
}

// takeStatuses takes the statuses in EPP's words, as far as the registry's own have a meaning there; the statement keeps them as stated.
func takeStatuses(r *models.Registration, v view, suffix string) *models.Statement {
	s := v.first(func(f *models.Facts) bool { return len(f.Statuses) > 0 })
	if s == nil {
		r.Statuses = nil
		return v[0]
	}
	r.Statuses = inEPP(s.Facts.Statuses, suffix)
	return s
}

// takeNameservers takes the name servers; a registry that states the status inactive (RFC 5731 section 2.3) and none has none.
func takeNameservers(r *models.Registration, v view) *models.Statement {
	if s := v.first(func(f *models.Facts) bool { return len(f.Nameservers) > 0 }); s != nil {
		r.Nameservers = s.Facts.Nameservers
		return s
	}
	if has(r, statusInactive) {
		r.Nameservers = nil
		return v[0]
	}
	return nil
}

// takeDNSSEC takes whether the name is signed. A source may say so without its DS records; then those of another one, or of before, stay.
func takeDNSSEC(r *models.Registration, v view) *models.Statement {
	s := v.first(func(f *models.Facts) bool {
		return f.DNSSEC == models.DNSSECSigned || f.DNSSEC == models.DNSSECUnsigned
	})
	if s == nil {
		return nil
	}
	r.DNSSEC = s.Facts.DNSSEC
	if r.DNSSEC == models.DNSSECUnsigned {
		r.DS = nil
		return s
	}
	if with := v.first(func(f *models.Facts) bool { return f.DNSSEC == models.DNSSECSigned && len(f.DS) > 0 }); with != nil {
		r.DS = with.Facts.DS
		noteSource(r, models.FactDS, with)
	}
	return s
}

func takeDate(date **time.Time, v view, stated func(*models.Facts) *time.Time) *models.Statement {
	s := v.first(func(f *models.Facts) bool { return models.Believable(stated(f), nil) })
	if s != nil {
		*date = sameOr(*date, stated(s.Facts))
	}
	return s
}

// sameOr gives the date that is known when the stated one is the same day without a time, or the stated one. Sources differ in how exactly
// they state one date; that is no news.
func sameOr(known, stated *time.Time) *time.Time {
	if known != nil && models.IsCalendarDay(*stated) && stated.Equal(known.UTC().Truncate(day)) {
		return known
	}
	return stated
}

// takeExpiry takes the registry's date. One source's date gives way to another source's only when they differ by more than zones and
// rounding do.
func takeExpiry(r *models.Registration, v view) *models.Statement {
	s := v.first(func(f *models.Facts) bool { return models.Believable(f.ExpiresAt, r.CreatedOn) })
	readable := v.first(func(f *models.Facts) bool { return f.ExpiresAt != nil || f.ExpiryStated && !f.ExpiryRedacted })
	r.NoPublicExpiry = readable == nil
	if s == nil {
		return nil
	}
	stated := s.Facts.ExpiresAt
	if known := r.RegistryExpiry; known != nil && r.RegistrySource != s.Source && known.Sub(*stated).Abs() <= models.DatesAgree {
		stated = known
	} else {
		stated = sameOr(known, stated)
		r.RegistrySource = s.Source
	}
	r.RegistryExpiry, r.RegistryExpiryAt, r.DateOnly = stated, new(*s.At), models.IsCalendarDay(*stated)
	return s
}

// takeRegistrarName takes the registrar and reports whether it is another one. A registrar that is spelled in another way is the same.
func takeRegistrarName(r *models.Registration, v view) (s *models.Statement, left bool) {
	if s = v.first(func(f *models.Facts) bool { return f.Registrar != "" }); s == nil {
		return nil, false
	}
	f := s.Facts
	same := models.SameRegistrar(r.Registrar, r.RegistrarID, f.Registrar, f.RegistrarID)
	left = r.Registrar != "" && !same
	if !same {
		r.Registrar = f.Registrar
	}
	if !same || f.RegistrarID != "" {
		r.RegistrarID = f.RegistrarID
	}
	return s, left
}

// takeRegistrar takes the registrar's own date: from the registrar itself, else as the registry or WHOIS repeats it.
func takeRegistrar(k *Known) {
	r := &k.Registration
	var latest time.Time
	for i := range k.Statements {
		if at := k.Statements[i].At; at != nil && at.After(latest) {
			latest = *at
		}
	}
	for _, from := range []models.LookKind{models.LookRegistrarRDAP, models.LookRDAP, models.LookWHOIS} {
		s := models.Stated(k.Statements, from)
		if !s.States() || latest.Sub(*s.At) > factsLastFar || !ofRegistrar(r, s.Facts) {
			continue
		}
		if r.Registrar == "" && s.Facts.Registrar != "" {
			r.Registrar, r.RegistrarID = s.Facts.Registrar, s.Facts.RegistrarID
			noteSource(r, models.FactRegistrar, s)
		}
		if models.Believable(s.Facts.RegistrarExpiresAt, r.CreatedOn) {
			r.RegistrarExpiry, r.RegistrarExpiryAt = sameOr(r.RegistrarExpiry, s.Facts.RegistrarExpiresAt), new(*s.At)
			noteSource(r, models.FactRegistrarExpiry, s)
			return
		}
	}
}

// ofRegistrar reports whether facts speak of the registrar that the name is with, as far as they say.
func ofRegistrar(r *models.Registration, f *models.Facts) bool {
	return f.Registrar == "" || r.Registrar == "" || models.SameRegistrar(r.Registrar, r.RegistrarID, f.Registrar, f.RegistrarID)
}

// forgetFormerRegistrar drops what a registrar stated that the name has left; the new one states its own.
func forgetFormerRegistrar(k *Known, asked, heard []models.LookKind) {
	k.Registration.RegistrarExpiry, k.Registration.RegistrarExpiryAt = nil, nil
	delete(k.Registration.Sources, models.FactRegistrarExpiry)
	const own = models.LookRegistrarRDAP
	s := models.Stated(k.Statements, own)
	switch {
	case s == nil || slices.Contains(heard, own):
	case slices.Contains(asked, own):
		*s = models.Statement{DomainID: s.DomainID, Source: own, AskedAt: s.AskedAt, AskedOutcome: s.AskedOutcome}
	default:
		k.Statements = slices.DeleteFunc(k.Statements, func(s models.Statement) bool { return s.Source == own })
	}
}

func moved(before, after *time.Time) bool {
	return before != nil && after != nil && !before.Equal(*after)
}
