package models

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

const (
	// DatesAgree is by how much two statements of one date may differ and still agree: zones, and sources that state a day without a time.
	DatesAgree = 2 * calendarDay
	// sameTime is how far apart in time two statements may be made to speak of the same state of a registration.
	sameTime = 14 * calendarDay
)

// StatedValue is what one source states on one fact.
type StatedValue struct {
	Source        LookKind
	Server        string
	At            time.Time    // when it last stated it
	By            ExpirySource // of dates: whose date it is, the registry's or the registrar's
	Value         string       // for people and for comparing: instants in RFC 3339, lists sorted and joined by ", "
	Date          *time.Time   // of dates: Value
	ObservationID *int64       // the look, with its raw answer
}

// Disagreement is a fact on which sources state different things at about the same time.
type Disagreement struct {
	Fact   string        // FactRegistered, FactExpiry, FactCreated, FactRegistrar, FactNameservers, FactStatuses or FactDNSSEC
	Stated []StatedValue // what each source states, two or more, in the order of Sources
}

// Disagreements compares what the sources state on one registration, as of their last answers. A statement made 14 days before another's is
// history, not a disagreement; a fact that a source does not state is none either; dates that can't be true are not compared. Dates agree
// within DatesAgree, name servers and statuses are sets, registrars are compared by SameRegistrar.
func Disagreements(statements []Statement) []Disagreement {
	current := sameTimeStatements(statements)
	var out []Disagreement
	note := func(fact string, agree func(a, b *StatedValue) bool, values []StatedValue) {
		for i := range values {
			if slices.ContainsFunc(values[:i], func(v StatedValue) bool { return !agree(&v, &values[i]) }) {
				out = append(out, Disagreement{Fact: fact, Stated: values})
				return
			}
		}
	}
	note(FactRegistered, sameValue, each(current, statedRegistered))
	note(FactExpiry, sameDate, each(current, statedExpiries))
	note(FactCreated, sameDate, each(current, statedCreated))
	note(FactRegistrar, sameRegistrarValue(current), each(current, statedRegistrar))
	note(FactNameservers, sameValue, each(current, statedNameservers))
	note(FactStatuses, sameValue, statedStatuses(current))
	note(FactDNSSEC, sameDNSSEC, each(current, statedDNSSEC))
	return out
}

// sameTimeStatements gives the statements that speak of the state of now: those made at most 14 days before the latest.
func sameTimeStatements(statements []Statement) []*Statement {
	var latest time.Time
	for i := range statements {
		if at := statements[i].At; at != nil && at.After(latest) {
			latest = *at
		}
	}
	var out []*Statement
	for _, source := range Sources() {
		if s := Stated(statements, source); s != nil && s.At != nil && latest.Sub(*s.At) <= sameTime {
			out = append(out, s)
		}
	}
	return out
}

func each(statements []*Statement, values func(*Statement) []StatedValue) []StatedValue {
	var out []StatedValue
	for _, s := range statements {
		out = append(out, values(s)...)
	}
	return out
}

func (s *Statement) value(text string) StatedValue {
	return StatedValue{Source: s.Source, Server: s.Server, At: *s.At, Value: text, ObservationID: s.ObservationID}
}

func (s *Statement) date(at *time.Time, by ExpirySource) []StatedValue {
	if !s.States() || !Believable(at, nil) {
		return nil
	}
	v := s.value(at.UTC().Format(time.RFC3339))
	v.Date, v.By = at, by
	return []StatedValue{v}
}

func statedRegistered(s *Statement) []StatedValue {
	switch {
	case s.Source == LookRegistrarRDAP && !s.States():
		return nil // a registrar knows only its own names
	case s.States():
		return []StatedValue{s.value("yes")}
	}
	return []StatedValue{s.value("no")}
}

func statedExpiries(s *Statement) []StatedValue {
	if !s.States() {
		return nil
	}
	return append(s.date(s.Facts.ExpiresAt, ExpiryRegistry), s.date(s.Facts.RegistrarExpiresAt, ExpiryRegistrar)...)
}

func statedCreated(s *Statement) []StatedValue {
	if !s.States() || s.Source == LookRegistrarRDAP {
		return nil // a registrar may count from when the name came to it
	}
	return s.date(s.Facts.CreatedAt, "")
}

func statedRegistrar(s *Statement) []StatedValue {
	if !s.States() || s.Facts.Registrar == "" {
		return nil
	}
	return []StatedValue{s.value(s.Facts.Registrar)}
}

func statedNameservers(s *Statement) []StatedValue {
	if !s.States() || len(s.Facts.Nameservers) == 0 {
		return nil
	}
	return []StatedValue{s.value(NameSet(s.Facts.Nameservers))}
}

func statedDNSSEC(s *Statement) []StatedValue {
	if !s.States() || (s.Facts.DNSSEC != DNSSECSigned && s.Facts.DNSSEC != DNSSECUnsigned) {
		return nil
	}
	text := string(s.Facts.DNSSEC)
	if len(s.Facts.DS) > 0 {
		text += ", DS " + DSSet(s.Facts.DS)
	}
	return []StatedValue{s.value(text)}
}

// weighty are the statuses on which a disagreement matters. Grace periods are known to the registry alone, and other locks to nobody's harm.
var weighty = []string{
	"clientHold", "serverHold", "pendingTransfer", "redemptionPeriod", "pendingRestore", "pendingDelete", "clientTransferProhibited",
	"serverTransferProhibited",
}

// statedStatuses gives the weighty statuses of the sources that state statuses in EPP's words. What a registry's own words come to is not
// for this comparison.
func statedStatuses(statements []*Statement) []StatedValue {
	var out []StatedValue
	for _, s := range statements {
		if !s.States() || len(s.Facts.Statuses) == 0 {
			continue
		}
		text, epp := weightySet(s.Facts.Statuses)
		if !epp {
			continue
		}
		if text == "" {
			text = "none"
		}
		out = append(out, s.value(text))
	}
	return out
}

// weightySet gives the weighty ones of statuses; epp is false when some word is not EPP's.
func weightySet(statuses []string) (set string, epp bool) {
	var kept []string
	for _, w := range statuses {
		status, ok := EPPStatus(w)
		switch {
		case !ok && !strings.EqualFold(w, "active"):
			return "", false
		case slices.Contains(weighty, status):
			kept = append(kept, status)
		}
	}
	return WordSet(kept), true
}

func sameValue(a, b *StatedValue) bool { return a.Value == b.Value }

func sameDate(a, b *StatedValue) bool { return a.Date.Sub(*b.Date).Abs() <= DatesAgree }

// sameDNSSEC compares DS sets only where both state one.
func sameDNSSEC(a, b *StatedValue) bool {
	stateA, dsA, _ := strings.Cut(a.Value, ", ")
	stateB, dsB, _ := strings.Cut(b.Value, ", ")
	return stateA == stateB && (dsA == "" || dsB == "" || dsA == dsB)
}

func sameRegistrarValue(statements []*Statement) func(a, b *StatedValue) bool {
	id := func(v *StatedValue) string {
		for _, s := range statements {
			if s.Source == v.Source {
				return s.Facts.RegistrarID
			}
		}
		return ""
	}
	return func(a, b *StatedValue) bool { return SameRegistrar(a.Value, id(a), b.Value, id(b)) }
}

// WordSet writes words as a set: each once, sorted, joined by ", ".
func WordSet(words []string) string {
	sorted := slices.Clone(words)
	slices.Sort(sorted)
	return strings.Join(slices.Compact(sorted), ", ")
}

// NameSet writes host names as a set, whatever their case and trailing dots.
func NameSet(names []string) string {
	plain := make([]string, 0, len(names))
	for _, n := range names {
		if n = strings.ToLower(strings.TrimSuffix(strings.TrimSpace(n), ".")); n != "" {
			plain = append(plain, n)
		}
	}
	return WordSet(plain)
}

// DSSet writes DS records as a set, in presentation form (RFC 4034 section 5.3) with the digest in lower case.
func DSSet(set []DS) string {
	words := make([]string, 0, len(set))
	for _, d := range set {
		words = append(words, fmt.Sprintf("%d %d %d %s", d.KeyTag, d.Algorithm, d.DigestType, strings.ToLower(d.Digest)))
	}
	return WordSet(words)
}
