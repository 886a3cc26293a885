package dashboard

import (
	"fmt"
	"strings"
	"time"

	ics "github.com/arran4/golang-ical"

	"github.com/krestmarketing/deedwatch/models"
)

// The bounds of a calendar feed.
const (
	maxFeedDomains = 5000
	feedPast       = 90 // days before today of which dates are still shown
	feedRefresh    = "PT6H"
)

// feedDay is one day of a domain that a calendar shows.
type feedDay struct {
	uid  string
	at   *time.Time
	said string // completes the name
	note string
}

// feedDays lists the days of a domain that are known. None is made up.
func feedDays(d *models.Domain) []feedDay {
	if d.Lifecycle == models.LifecycleReleased {
		return nil
	}
	renew := "Renew it before this day, at the registrar." // it expires at some hour of it
	if d.ExpiresAt != nil && models.IsCalendarDay(*d.ExpiresAt) {
		renew = "Renew it before this day ends, at the registrar."
	}
	all := []feedDay{
		{"expiry", d.ExpiresAt, "expires", renew},
		{"safe", d.LastSafeDay, "last day to renew at the normal price", "After this day the registrar charges extra to recover it."},
		{"recover", d.RecoverUntil, "last day to recover it", "After this day nobody can save it."},
	}
	var known []feedDay
	for _, day := range all {
		if day.at != nil {
			known = append(known, day)
		}
	}
	return known
}

// buildFeed gives a calendar (RFC 5545), lines ended by CRLF, for a reader in a zone. host makes the identifiers of its events the
// installation's own; an event keeps its identifier when its day moves.
func buildFeed(v *models.FeedView, agency, host string, d dates) string {
	cal := ics.NewCalendarFor("Deedwatch")
	cal.SetMethod(ics.MethodPublish)
	name := "Domain dates: " + agency
	if v.Client != nil {
		name = "Domain dates: " + oneLine(v.Client.Name)
	}
	about := "Names without a known date are not in it."
	if v.More {
		about += fmt.Sprintf(" Only the %s nearest names are in it.", thousands(maxFeedDomains))
	}
	cal.SetXWRCalName(name)
	cal.SetName(name)
	cal.SetXWRCalDesc(about)
	cal.SetRefreshInterval(feedRefresh) // the library names the type of the value itself
	cal.SetXPublishedTTL(feedRefresh)
	from := d.now.AddDate(0, 0, -feedPast)
	for i := range v.Domains {
		dom := &v.Domains[i]
		for _, day := range feedDays(dom) {
			if !day.at.Before(from) {
				addFeedDay(cal, dom, day, v, agency, host, d)
			}
		}
	}
	return cal.Serialize(ics.WithNewLineWindows)
}

func addFeedDay(cal *ics.Calendar, dom *models.Domain, day feedDay, v *models.FeedView, agency, host string, d dates) {
	e := cal.AddEvent(fmt.Sprintf("%s-%d@%s", day.uid, dom.ID, host))
	stated := dom.UpdatedAt
	if dom.ExpiryAsOf != nil {
		stated = *dom.ExpiryAsOf
	}
	y, m, date := d.local(*day.at).Date()
	first := time.Date(y, m, date, 0, 0, 0, 0, time.UTC)
	name := nameOf(dom.Name).Text
	summary, lines := name+": "+day.said, []string{}
	if v.Client == nil {
		summary += " (" + oneLine(v.Names[dom.ClientID]) + ")"
		lines = append(lines, "Client: "+oneLine(v.Names[dom.ClientID]))
	}
	if dom.Registrar != "" {
		lines = append(lines, "Registrar: "+oneLine(dom.Registrar))
	}
	source := "Date: " + sourceWords(dom.ExpirySource) + ", as of " + d.weekday(stated) + ", " + relDays(d.days(stated))
	switch {
	case dom.ExpiresAt == nil: // in redemption the last day is known without it
		source = "Reckoned from when it was seen to be in redemption. No expiry is known."
	case day.uid != "expiry":
		source = "Reckoned from the expiry on " + d.weekday(*dom.ExpiresAt) + ". " + source
	}
	lines = append(lines, source)
	if dom.Unconfirmed {
		lines = append(lines, "The registry shows a renewal that nobody has confirmed.")
	}
	lines = append(lines, day.note, "Its owner renews it; "+oneLine(agency)+" watches and tells.")
	e.SetDtStampTime(stated.UTC())
	e.SetLastModifiedAt(stated.UTC())
	e.SetSequence(dom.Version)
	e.SetAllDayStartAt(first)
	e.SetAllDayEndAt(first.AddDate(0, 0, 1))
	e.SetSummary(summary)
	e.SetDescription(strings.Join(lines, "\n"))
	e.SetTimeTransparency(ics.TransparencyTransparent)
}

// oneLine gives a text from outside as it may stand in a calendar: what can't be seen is drawn, line ends are blanks.
func oneLine(s string) string { return strings.Join(strings.Fields(visible(s)), " ") }
