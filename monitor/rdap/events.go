package rdap

import (
	"strings"
	"time"
	"unicode"

	"github.com/krestmarketing/deedwatch/models"
)

// maxEvents is the most further dates that are kept of one answer.
const maxEvents = 16

// clockSkew is how far ahead of ours a registry's clock may be.
const clockSkew = 48 * time.Hour

// readEvents reads the dates (RFC 9083 section 4.5, RFC 8056, and the actions that IANA registered since). The earlier of two expirations
// counts; what can't be read or believed is noted, never guessed.
func readEvents(f *models.Facts, o object, now time.Time) {
	hidden := hiddenDates(o)
	registry, registrar := dated{hidden: hidden.registry}, dated{hidden: hidden.registrar}
	for _, e := range o.objects("events") {
		raw := clean(e.str("eventDate"), 60)
		at, dateOnly, ok := parseDate(raw)
		switch action := folded(e.str("eventAction")); action {
		case "registration":
			if ok && at.After(now.Add(clockSkew)) {
				skip(f, "a registration in the future: "+raw)
			} else if ok && (f.CreatedAt == nil || at.Before(*f.CreatedAt)) {
				f.CreatedAt = &at
			}
		case "lastchanged":
			if ok && (f.UpdatedAt == nil || at.After(*f.UpdatedAt)) {
				f.UpdatedAt = &at
			}
		case "expiration":
			registry.take(f, "expiration", at, dateOnly, ok, raw)
		case "registrarexpiration":
			registrar.take(f, "registrar expiration", at, dateOnly, ok, raw)
		default:
			further(f, action, e.str("eventAction"), at, dateOnly, ok)
		}
	}
	registry.settle(f, "expiration")
	registrar.settle(f, "registrar expiration")
	f.ExpiresAt, f.DateOnly = registry.at, registry.at != nil && registry.dateOnly
	f.RegistrarExpiresAt = registrar.at
	f.ExpiryStated = registry.stated
	f.ExpiryRedacted = f.ExpiresAt == nil && (registry.redacted || hidden.registry != shown)
}

// otherActions are the actions that say more on a registration than its dates, by their letters alone (RFC 9083 section 10.2.3, RFC 8056
// section 2.2, and what registries use besides).
var otherActions = map[string]string{
	"reregistration": "reregistration", "deletion": "deletion", "reinstantiation": "reinstantiation", "transfer": "transfer",
	"locked": "locked", "unlocked": "unlocked", "softexpiration": "soft expiration", "enumvalidationexpiration": "enum validation expiration",
	"lastupdateofrdapdatabase": "last update of RDAP database",
}

// further keeps a date that counts for nothing but is shown: by its registered name where it has one, else as stated.
func further(f *models.Facts, action, stated string, at time.Time, dateOnly, ok bool) {
	name, known := otherActions[action]
	if !known {
		name = clean(stated, 60)
	}
	if ok && name != "" && len(f.Events) < maxEvents {
		f.Events = append(f.Events, models.Event{Action: name, At: at, DateOnly: dateOnly})
	}
}

// folded is an event's action in small letters only: servers write "last changed", "lastChanged" and "LAST_CHANGED".
func folded(action string) string {
	return strings.Map(func(r rune) rune {
		if r = unicode.ToLower(r); r < 'a' || r > 'z' {
			return -1
		}
		return r
	}, clean(action, 60))
}

// dated collects one kind of expiry.
type dated struct {
	hidden   redaction // what the answer says that it left out
	at       *time.Time
	dateOnly bool
	stated   bool // there is a field, readable or not
	redacted bool // the field holds a word in place of the date
}

// take keeps the earlier of several dates.
func (d *dated) take(f *models.Facts, what string, at time.Time, dateOnly, ok bool, raw string) {
	d.stated = true
	switch {
	case d.hidden == replaced:
		skip(f, what+" that is not the true one (RFC 9537): "+raw)
	case !ok && (d.hidden == removed || redactedText(raw)):
		d.redacted = true
	case !ok:
		skip(f, what+" that can't be read: "+raw)
	case d.at == nil:
		d.at, d.dateOnly = &at, dateOnly
	case d.at.Equal(at):
		d.dateOnly = d.dateOnly && dateOnly
	default:
		skip(f, "a second "+what+", the earlier one counts: "+raw)
		if at.Before(*d.at) {
			d.at, d.dateOnly = &at, dateOnly
		}
	}
}

// settle drops a date that lies before the registration.
func (d *dated) settle(f *models.Facts, what string) {
	if d.at != nil && f.CreatedAt != nil && d.at.Before(f.CreatedAt.Add(-24*time.Hour)) {
		skip(f, what+" before the registration: "+d.at.Format(time.RFC3339))
		d.at = nil
	}
}
