package monitor

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

// takeStatements gives what each source states after the looks, in the order of models.Sources, and the sources that were asked and that
// answered now. A look without an answer changes only how its source was last asked. The looks of one run may be given in any order.
func takeStatements(prev []models.Statement, looks []models.Look) (next []models.Statement, asked, heard []models.LookKind) {
	next = slices.Clone(prev)
	for _, l := range inOrder(looks) {
		if !slices.Contains(models.Sources(), l.Kind) {
			continue
		}
		s := models.Stated(next, l.Kind)
		if s == nil {
			next = append(next, models.Statement{Source: l.Kind})
			s = &next[len(next)-1]
		}
		s.AskedAt, s.AskedOutcome = l.At, l.Outcome
		asked = append(asked, l.Kind)
		switch {
		case positive(&l):
			s.Outcome, s.Facts = models.OutcomeOK, l.Facts
		case deniesName(&l):
			s.Outcome, s.Facts = models.OutcomeAbsent, nil
		default:
			continue
		}
		s.Server, s.At, s.ObservationID = l.Server, new(l.At), nil
		if !slices.Contains(heard, l.Kind) {
			heard = append(heard, l.Kind)
		}
	}
	slices.SortFunc(next, func(a, b models.Statement) int {
		return cmp.Compare(slices.Index(models.Sources(), a.Source), slices.Index(models.Sources(), b.Source))
	})
	return next, asked, heard
}

// inOrder gives looks in an order that follows from what they are: by time, the failed before the answered, then by what they state.
func inOrder(looks []models.Look) []models.Look {
	sorted := slices.Clone(looks)
	rank := func(l *models.Look) int {
		switch {
		case positive(l):
			return 2
		case deniesName(l):
			return 1
		}
		return 0
	}
	slices.SortStableFunc(sorted, func(a, b models.Look) int {
		if by := cmp.Or(a.At.Compare(b.At), cmp.Compare(rank(&a), rank(&b)), cmp.Compare(a.Kind, b.Kind)); by != 0 {
			return by
		}
		return cmp.Or(cmp.Compare(a.Outcome, b.Outcome), cmp.Compare(a.Server, b.Server), bytes.Compare(factsKey(&a), factsKey(&b)))
	})
	return sorted
}

func factsKey(l *models.Look) []byte {
	key, err := json.Marshal(l.Facts)
	if err != nil {
		return nil // plain values always marshal
	}
	return key
}

// positive reports whether a look states that the name is registered.
func positive(l *models.Look) bool {
	return l.Outcome == models.OutcomeOK && l.Facts != nil && (l.Facts.Registered == nil || *l.Facts.Registered)
}

// deniesName reports whether a look states that the name is not registered, or not known to the one that was asked.
func deniesName(l *models.Look) bool {
	if l.Outcome == models.OutcomeOK {
		return l.Facts != nil && l.Facts.Registered != nil && !*l.Facts.Registered
	}
	return l.Outcome == models.OutcomeAbsent
}

// view is what the registry states: its sources in the order in which they are believed.
type view []*models.Statement

// registryView gives the registry's sources that state a registration: those heard now before those heard earlier, RDAP before WHOIS. A
// statement that is much older than the latest is history.
func registryView(statements []models.Statement, heard []models.LookKind) view {
	var v view
	for _, now := range []bool{true, false} {
		for _, source := range []models.LookKind{models.LookRDAP, models.LookWHOIS} {
			s := models.Stated(statements, source)
			if s.States() && slices.Contains(heard, source) == now {
				v = append(v, s)
			}
		}
	}
	return slices.DeleteFunc(v, func(s *models.Statement) bool { return v[0].At.Sub(*s.At) > factsLastFar })
}

// first gives the first statement that states a fact; nil: none does.
func (v view) first(states func(*models.Facts) bool) *models.Statement {
	for _, s := range v {
		if states(s.Facts) {
			return s
		}
	}
	return nil
}

// source says who stated a fact, and when.
func source(s *models.Statement) models.FactSource {
	return models.FactSource{Source: s.Source, Server: s.Server, At: s.At.UTC().Truncate(time.Microsecond)}
}
