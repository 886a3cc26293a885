package monitor

import (
	"slices"
	"strings"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

const (
	// turnsFor is how long a fact that took another value must hold to be believed to stay. What goes to and fro faster, as the servers of
	// one registry do that are not of one mind, is shown there and back once.
	turnsFor   = 2 * day
	turnsShown = 2
)

// The values of FactTransferLock.
const (
	lockOn  = "on"
	lockOff = "off"
)

// changesBetween lists the facts that took another value, each with who stated it, and keeps in next which of them go to and fro. A fact
// stated for the first time is no change, except statuses and DS, whose absence states something too once the registry has answered. What
// differs only in order, case or spelling is the same.
func changesBetween(prev, next *models.Registration, now time.Time) []models.Change {
	var out []models.Change
	note := func(fact, before, after string, known bool) {
		if _, turned := next.Turns[fact]; !known && !turned {
			return
		}
		if shown, changed := turn(next, fact, before, after, now); changed {
			out = append(out, models.Change{
				DomainID: next.DomainID, At: now, Field: fact, Before: shown, After: after, Source: statedBy(next, fact),
			})
		}
	}
	known := prev.FactsAt != nil
	note(models.FactRegistrar, prev.Registrar, next.Registrar, prev.Registrar != "")
	note(models.FactNameservers, models.NameSet(prev.Nameservers), models.NameSet(next.Nameservers), len(prev.Nameservers) > 0)
	note(models.FactStatuses, telling(prev.Statuses), telling(next.Statuses), known)
	note(models.FactTransferLock, transferLock(prev), transferLock(next), known && transferLock(prev) != "" && transferLock(next) != "")
	note(models.FactRegistryExpiry, stamp(prev.RegistryExpiry), stamp(next.RegistryExpiry), prev.RegistryExpiry != nil)
	note(models.FactRegistrarExpiry, stamp(prev.RegistrarExpiry), stamp(next.RegistrarExpiry), prev.RegistrarExpiry != nil)
	note(models.FactDNSSEC, string(prev.DNSSEC), string(next.DNSSEC), known && prev.DNSSEC != models.DNSSECUnknown)
	note(models.FactDS, models.DSSet(prev.DS), models.DSSet(next.DS), known)
	note(models.FactCreated, stamp(prev.CreatedOn), stamp(next.CreatedOn), prev.CreatedOn != nil)
	return out
}

// turn decides whether a fact's change from before to after is shown, and which value the history showed until then. A value that was kept
// from the history is shown once it has held.
func turn(r *models.Registration, fact, before, after string, now time.Time) (shown string, changed bool) {
	t, turned := r.Turns[fact]
	recent := turned && now.Sub(t.At) <= turnsFor
	switch {
	case before == after && (!turned || recent):
		return before, false
	case before == after:
		delete(r.Turns, fact)
		return t.Shown, t.Shown != after
	case !recent:
		shown = before
		if turned {
			shown = t.Shown
		}
		t = models.Turn{}
	default:
		shown = t.Shown
	}
	t.At, t.Count = now, t.Count+1
	changed = t.Count <= turnsShown && shown != after
	if t.Shown = shown; changed {
		t.Shown = after
	}
	if r.Turns == nil {
		r.Turns = map[string]models.Turn{}
	}
	r.Turns[fact] = t
	return shown, changed
}

// statedBy names the source of a fact's value.
func statedBy(r *models.Registration, fact string) models.LookKind {
	switch fact {
	case models.FactTransferLock:
		fact = models.FactStatuses
	case models.FactRegistrarExpiry: // it ended with the registrar
		if _, stated := r.Sources[fact]; !stated {
			fact = models.FactRegistrar
		}
	case models.FactDS:
		if _, stated := r.Sources[fact]; !stated {
			fact = models.FactDNSSEC
		}
	}
	return r.Sources[fact].Source
}

// sayNothing are statuses that come and go with others, or say only that there is a registration.
var sayNothing = []string{"ok", "active", "registered", "associated", "linked"}

// telling writes the statuses that say something, as a set.
func telling(statuses []string) string {
	kept := make([]string, 0, len(statuses))
	for _, s := range statuses {
		if !slices.ContainsFunc(sayNothing, func(w string) bool { return strings.EqualFold(s, w) }) {
			kept = append(kept, s)
		}
	}
	return models.WordSet(kept)
}

// transferLock says whether a transfer to another registrar is locked; empty: the registry has no such status.
func transferLock(r *models.Registration) string {
	switch {
	case has(r, statusClientLock, statusServerLock):
		return lockOn
	case speaksEPP(r):
		return lockOff
	}
	return ""
}

func stamp(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
