package models

import (
	"cmp"
	"time"
)

// Stretch is how near a name is to being lost. While a server has more names due than it may be asked for, those of an earlier stretch go
// first, so a shortage is borne by the far-off ones.
type Stretch int

// The stretches, the most urgent first. StretchClose is in trouble, expired, or in its last week, or near and waiting for a day or longer;
// StretchNear expires within 60 days; StretchNew was never looked at, so it may be any of these; StretchFar is the rest.
const (
	StretchClose Stretch = iota
	StretchNear
	StretchNew
	StretchFar
)

// The borders of the stretches.
const (
	CloseWithin = 7 * 24 * time.Hour
	NearWithin  = 60 * 24 * time.Hour
	NearLate    = 24 * time.Hour // a near name that is due for longer joins the close ones, so that it is never starved by them
)

// StretchOf says where a name stands at now. The store sorts by the same rule (Store.DomainsDue).
func StretchOf(d *Domain, now time.Time) Stretch {
	trouble := d.Lifecycle.Trouble()
	switch {
	case d.Lifecycle == LifecycleReleased:
	case trouble, d.ExpiresAt != nil && !d.ExpiresAt.After(now.Add(CloseWithin)):
		return StretchClose
	case d.LookOutcome == OutcomeAbsent, d.ExpiresAt != nil && !d.ExpiresAt.After(now.Add(NearWithin)):
		if !d.NextLookAt.After(now.Add(-NearLate)) {
			return StretchClose
		}
		return StretchNear
	}
	if d.CheckedAt == nil {
		return StretchNew
	}
	return StretchFar
}

// CompareDue orders names that are due: by stretch, then by how long they wait, then by ID. It is negative when a goes before b.
func CompareDue(a, b *Domain, now time.Time) int {
	return cmp.Or(cmp.Compare(StretchOf(a, now), StretchOf(b, now)), a.NextLookAt.Compare(b.NextLookAt), cmp.Compare(a.ID, b.ID))
}

// Trouble reports whether a registration is past its expiry or out of service: those that are looked at most often.
func (l Lifecycle) Trouble() bool {
	switch l {
	case LifecycleExpired, LifecycleRedemption, LifecyclePendingDelete, LifecycleOnHold:
		return true
	case LifecycleUnknown, LifecycleRegistered, LifecycleExpiring, LifecycleReleased:
	}
	return false
}
