package models

import "time"

var (
	// domainNamesBegan is the year of the first registrations; an earlier date is a zero value or a misread one.
	domainNamesBegan = time.Date(1985, 1, 1, 0, 0, 0, 0, time.UTC)
	// beyondBelief ends the dates that are taken for real; registries write 2999 or 9999 for "never".
	beyondBelief = time.Date(2127, 1, 1, 0, 0, 0, 0, time.UTC)
)

// Believable reports whether a stated date can be true: after 1984, before 2127, and not before the registration was created, when that is
// known.
func Believable(t, created *time.Time) bool {
	if t == nil || t.Before(domainNamesBegan) || !t.Before(beyondBelief) {
		return false
	}
	return created == nil || !t.Before(*created)
}
