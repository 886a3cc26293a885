package monitor

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

// The fields under which changes are kept.
const (
	fieldRegistrar       = "registrar"
	fieldNameservers     = "nameservers"
	fieldStatuses        = "statuses"
	fieldRegistryExpiry  = "registry_expiry"
	fieldRegistrarExpiry = "registrar_expiry"
	fieldDS              = "ds"
	fieldCreated         = "created"
	fieldLifecycle       = "lifecycle"
	fieldParentNS        = "parent_nameservers"
)

// changesBetween lists the facts that took another value. A fact stated for the first time is no change, except statuses and DS, whose
// absence states something too once the registry has answered.
func changesBetween(prev, next *models.Registration, now time.Time) []models.Change {
	var out []models.Change
	note := func(field, before, after string, known bool) {
		if known && before != after {
			out = append(out, models.Change{DomainID: next.DomainID, At: now, Field: field, Before: before, After: after, Source: next.FactsSource})
		}
	}
	known := prev.FactsAt != nil
	note(fieldRegistrar, prev.Registrar, next.Registrar, prev.Registrar != "")
	note(fieldNameservers, list(prev.Nameservers), list(next.Nameservers), len(prev.Nameservers) > 0)
	note(fieldStatuses, list(prev.Statuses), list(next.Statuses), known)
	note(fieldRegistryExpiry, stamp(prev.RegistryExpiry), stamp(next.RegistryExpiry), prev.RegistryExpiry != nil)
	note(fieldRegistrarExpiry, stamp(prev.RegistrarExpiry), stamp(next.RegistrarExpiry), prev.RegistrarExpiry != nil)
	note(fieldDS, dsList(prev.DS), dsList(next.DS), known)
	note(fieldCreated, stamp(prev.CreatedOn), stamp(next.CreatedOn), prev.CreatedOn != nil)
	return out
}

func list(words []string) string {
	sorted := slices.Clone(words)
	slices.Sort(sorted)
	return strings.Join(sorted, ", ")
}

func stamp(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

func dsList(set []models.DS) string {
	words := make([]string, 0, len(set))
	for _, d := range set {
		words = append(words, fmt.Sprintf("%d %d %d %s", d.KeyTag, d.Algorithm, d.DigestType, strings.ToLower(d.Digest)))
	}
	return list(words)
}
