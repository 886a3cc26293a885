package notify

import (
	"context"
	"fmt"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

// attestYears is how far ahead a date may lie that a client states: the longest registration there is (RFC 5731 section 3.2.3: ten years),
// and some days.
const attestYears = 10

// Attestable reports whether a client is to state when a domain expires: its registry publishes no date, or the date that counts is one
// that was stated.
func Attestable(d *models.Domain) bool {
	return d.ArchivedAt == nil && (d.ExpirySource == models.ExpiryAttested || d.ExpiresAt == nil && d.LifecycleWhy == models.WhyNoPublicExpiry)
}

// Attest records the day on which, as the holder of a link states, a domain expires whose registry publishes no date, and gives the
// domain's ID. The same day, stated by the same contact within ten minutes, counts once.
//
// The error wraps ErrLinkExpired or ErrLinkInvalid for a link that is over or was revoked, models.ErrNotFound for a domain that is not the
// client's, models.ErrConflict for one whose date is published, and *models.InvalidError for a day that can't be right.
func (a *Answers) Attest(ctx context.Context, linkID int64, domainName string, date, now time.Time) (domainID int64, err error) {
	view, err := a.view(ctx, linkID, now)
	if err != nil {
		return 0, fmt.Errorf("attest an expiry: %w", err)
	}
	pd, err := domainOf(&view, domainName)
	if err != nil {
		return 0, fmt.Errorf("attest an expiry: %w", err)
	}
	d := &pd.Domain
	if !Attestable(d) {
		return 0, fmt.Errorf("attest an expiry: the registry publishes the date: %w", models.ErrConflict)
	}
	day, err := attestedDay(date, models.DayOf(now, a.policy.Office.Location()))
	if err != nil {
		return 0, err
	}
	by := contactName(&view.Contact)
	err = a.store.AttestExpiry(ctx, models.Attested{DomainID: d.ID, Date: day, By: by, Actor: actorOf(&view.Contact), At: now, Within: doubleTap})
	if err != nil {
		return 0, fmt.Errorf("attest an expiry: %w", err)
	}
	return d.ID, nil
}

// attestedDay checks a day that a client states: not past, since then it says nothing of when to renew, and not beyond any registration.
func attestedDay(date, today time.Time) (time.Time, error) {
	day := models.DayOf(date, time.UTC)
	switch {
	case day.Before(today.AddDate(0, 0, -1)): // a reader west of the agency may still have yesterday
		return day, models.Invalid("attested", "give the next expiry, a day that is not in the past")
	case day.After(today.AddDate(attestYears, 0, 7)):
		return day, models.Invalid("attested", "give a day within the next %d years", attestYears)
	}
	return day, nil
}
