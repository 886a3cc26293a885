package monitor

import (
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

const (
	// whoisFar and whoisNear are the least time between two looks at the WHOIS beside the RDAP, a little less than the cadence so that its
	// jitter leaves no look out.
	whoisFar  = 5 * day
	whoisNear = 19 * hour
)

// The reasons for asking the WHOIS beside an RDAP that answered.
const (
	whoisForDate      = "no_date_in_rdap"     // the RDAP states no date that can be read
	whoisForRegistrar = "renewal_unconfirmed" // the WHOIS may repeat the registrar's date, which would settle it
)

// whoisWanted says why the WHOIS is to be asked beside an RDAP that stated facts; empty: it need not be. It is not asked at every look, and
// not for a date that the registry does not publish.
func whoisWanted(w *models.Watched, f *models.Facts, days LifecycleDays, now time.Time) (reason string) {
	switch r := w.Registration; {
	case days.NoPublicExpiry:
		return ""
	case !models.Believable(f.ExpiresAt, f.CreatedAt):
		reason = whoisForDate
	case r != nil && r.RenewalOf != nil && r.RegistrarExpiry == nil:
		reason = whoisForRegistrar
	default:
		return ""
	}
	asked := models.Stated(w.Statements, models.LookWHOIS)
	if asked == nil || !now.Before(asked.AskedAt.Add(whoisEvery(w, asked, now))) {
		return reason
	}
	if at := w.Domain.ExpiresAt; at != nil {
		if passes := models.PassesAt(*at, models.IsCalendarDay(*at)); asked.AskedAt.Before(passes) && !now.Before(passes) {
			return reason // what it said before the date passed says nothing on what became of it
		}
	}
	return ""
}

// whoisEvery is the least time between two looks at the WHOIS: the cadence's far from the date, and its near one when the date is near or
// the last look brought no answer.
func whoisEvery(w *models.Watched, last *models.Statement, now time.Time) time.Duration {
	near := w.Domain.ExpiresAt != nil && !now.Before(w.Domain.ExpiresAt.Add(-expiringWindow))
	if near || !last.AskedOutcome.Answered() {
		return whoisNear
	}
	return whoisFar
}
