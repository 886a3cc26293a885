package models

import "time"

// Band is the state of a domain as the board words it: the lifecycle, refined by the days left and by what we do not know.
type Band string

// The bands, in the board's order of attention.
const (
	BandPendingDelete Band = "pending_delete"
	BandRedemption    Band = "redemption"
	BandExpired       Band = "expired"
	BandReleased      Band = "released"
	BandD1            Band = "d1" // today or tomorrow
	BandD3            Band = "d3"
	BandD7            Band = "d7"
	BandD14           Band = "d14"
	BandOnHold        Band = "on_hold"
	BandFailing       Band = "failing"   // looks give no answer
	BandNoDate        Band = "no_date"   // registered, but no date is known
	BandUnchecked     Band = "unchecked" // never looked
	BandD30           Band = "d30"
	BandD60           Band = "d60"
	BandRegistered    Band = "registered"
)

// Bands lists every band in the order of attention.
func Bands() []Band {
	return []Band{
		BandPendingDelete, BandRedemption, BandExpired, BandReleased, BandD1, BandD3, BandD7, BandD14,
		BandOnHold, BandFailing, BandNoDate, BandUnchecked, BandD30, BandD60, BandRegistered,
	}
}

// Group is a quick view of the board: neighbouring bands.
type Group string

// The groups of bands, in the board's order.
const (
	GroupLapsed Group = "lapsed"
	GroupSoon   Group = "soon"
	GroupUnsure Group = "unsure"
	GroupDue    Group = "due"
	GroupFine   Group = "ok"
)

// Group gives the quick view a band belongs to.
func (b Band) Group() Group {
	switch b {
	case BandPendingDelete, BandRedemption, BandExpired, BandReleased:
		return GroupLapsed
	case BandD1, BandD3, BandD7, BandD14:
		return GroupSoon
	case BandD30, BandD60:
		return GroupDue
	case BandRegistered:
		return GroupFine
	case BandOnHold, BandFailing, BandNoDate, BandUnchecked:
		return GroupUnsure
	}
	return GroupUnsure
}

// BandDays are the widths of the day bands, narrowest first.
var bandDays = []struct {
	days int
	band Band
}{{1, BandD1}, {3, BandD3}, {7, BandD7}, {14, BandD14}, {30, BandD30}, {60, BandD60}}

// BandEdge says that an expiry before Before lies in Band, if it lies in no narrower one.
type BandEdge struct {
	Before time.Time
	Band   Band
}

// BandEdges gives the instants that bound the day bands, seen at now by a reader in loc: days are calendar days there.
func BandEdges(now time.Time, loc *time.Location) []BandEdge {
	y, m, d := now.In(loc).Date()
	edges := make([]BandEdge, 0, len(bandDays))
	for _, b := range bandDays {
		edges = append(edges, BandEdge{Before: time.Date(y, m, d+b.days+1, 0, 0, 0, 0, loc), Band: b.band})
	}
	return edges
}

// BandOf words a domain's state at now for a reader in loc. A date that passed since the last answer makes no name expired: it stays in the
// narrowest day band until an answer from after it says what became of the name.
func BandOf(d *Domain, now time.Time, loc *time.Location) Band {
	switch d.Lifecycle {
	case LifecyclePendingDelete:
		return BandPendingDelete
	case LifecycleRedemption:
		return BandRedemption
	case LifecycleExpired:
		return BandExpired
	case LifecycleReleased:
		return BandReleased
	case LifecycleOnHold:
		return BandOnHold
	case LifecycleUnknown:
		return unknownBand(d)
	case LifecycleRegistered, LifecycleExpiring:
	}
	if d.ExpiresAt == nil {
		return unknownBand(d)
	}
	for _, e := range BandEdges(now, loc) {
		if d.ExpiresAt.Before(e.Before) {
			return e.Band
		}
	}
	return BandRegistered
}

func unknownBand(d *Domain) Band {
	switch {
	case d.LifecycleWhy == WhyNoPublicExpiry || d.LifecycleWhy == WhyUnparsedExpiry:
		return BandNoDate
	case d.CheckedAt == nil:
		return BandUnchecked
	}
	return BandFailing
}

// Stale reports whether less is known of a registration than should be: it never answered, or it gave no answer for a day although a look
// was due. Names far from their expiry are looked at weekly, and a week-old answer is no fault.
func Stale(d *Domain, now time.Time) bool {
	const day = 24 * time.Hour
	return d.SeenAt == nil || (now.Sub(*d.SeenAt) > day && (d.LookFailures > 0 || now.Sub(d.NextLookAt) > day))
}

// DaysBetween counts calendar days in loc from now to t: 0 today, 1 tomorrow, negative in the past.
func DaysBetween(now, t time.Time, loc *time.Location) int {
	y1, m1, d1 := now.In(loc).Date()
	y2, m2, d2 := t.In(loc).Date()
	return int(time.Date(y2, m2, d2, 0, 0, 0, 0, time.UTC).Sub(time.Date(y1, m1, d1, 0, 0, 0, 0, time.UTC)) / (24 * time.Hour))
}
