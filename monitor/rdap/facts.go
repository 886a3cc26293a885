package rdap

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

// The most that is taken of a list from outside.
const (
	maxStatuses    = 32
	maxNameservers = 64
	maxDS          = 32
	maxSkipped     = 16
)

// facts reads what a domain object states (RFC 9083 section 5.3).
func facts(o object) *models.Facts {
	registered := true
	f := &models.Facts{Registered: &registered, DNSSEC: models.DNSSECUnknown, Statuses: []string{}, Nameservers: []string{}, Skipped: []string{}}
	readEvents(f, o)
	readStatuses(f, o)
	readNameservers(f, o)
	readRegistrar(f, o)
	readSecureDNS(f, o)
	readRedacted(f, o)
	f.RelatedURL = relatedURL(o)
	return f
}

// skip notes what was seen and not used, bounded and printable.
func skip(f *models.Facts, what string) {
	if what = clean(what, 120); len(f.Skipped) < maxSkipped && !slices.Contains(f.Skipped, what) {
		f.Skipped = append(f.Skipped, what)
	}
}

// readStatuses maps the RDAP spelling to the EPP one (RFC 8056 section 2).
func readStatuses(f *models.Facts, o object) {
	for _, s := range o.words("status") {
		if s = eppStatus(clean(s, 80)); s != "" && !slices.Contains(f.Statuses, s) && len(f.Statuses) < maxStatuses {
			f.Statuses = append(f.Statuses, s)
		}
	}
}

// readNameservers takes names only: sorted, each once.
func readNameservers(f *models.Facts, o object) {
	for _, v := range o.list("nameservers") {
		name := normalName(text(v))
		if m, ok := v.(map[string]any); ok {
			name = object(m).name()
		}
		switch {
		case name == "":
			skip(f, "a name server without a readable name")
		case !slices.Contains(f.Nameservers, name) && len(f.Nameservers) < maxNameservers:
			f.Nameservers = append(f.Nameservers, name)
		}
	}
	slices.Sort(f.Nameservers)
}

// readRegistrar takes the entity whose role is registrar: its name from the vCard (RFC 7095), its IANA id from publicIds.
func readRegistrar(f *models.Facts, o object) {
	for _, e := range o.objects("entities") {
		if !slices.ContainsFunc(e.words("roles"), func(r string) bool { return strings.EqualFold(strings.TrimSpace(r), "registrar") }) {
			continue
		}
		if f.Registrar == "" {
			f.Registrar = entityName(e)
		}
		for _, id := range e.objects("publicIds") {
			if f.RegistrarID == "" && strings.Contains(strings.ToLower(id.str("type")), "iana") {
				f.RegistrarID = clean(id.str("identifier"), 20)
			}
		}
	}
}

// entityName prefers the formatted name, then the organisation, then the handle.
func entityName(e object) string {
	var org string
	for _, outer := range e.list("vcardArray") {
		props, ok := outer.([]any)
		if !ok {
			continue
		}
		for _, p := range props {
			prop, ok := p.([]any)
			if !ok || len(prop) < 4 {
				continue
			}
			value := clean(text(prop[3]), 120)
			switch strings.ToLower(text(prop[0])) {
			case "fn":
				if value != "" {
					return value
				}
			case "org":
				org = value
			}
		}
	}
	if org != "" {
		return org
	}
	return clean(e.str("handle"), 120)
}

// readSecureDNS reads whether the delegation is signed, and its DS records (RFC 9083 section 5.3).
func readSecureDNS(f *models.Facts, o object) {
	s, ok := o["secureDNS"].(map[string]any)
	if !ok {
		return
	}
	sec := object(s)
	for _, d := range sec.objects("dsData") {
		ds := models.DS{
			KeyTag: d.number("keyTag"), Algorithm: d.number("algorithm"), DigestType: d.number("digestType"),
			Digest: strings.ToLower(strings.Join(strings.Fields(clean(d.str("digest"), 256)), "")),
		}
		if ds.Digest != "" && len(f.DS) < maxDS {
			f.DS = append(f.DS, ds)
		}
	}
	signed, stated := sec.truth("delegationSigned")
	switch {
	case signed, !stated && len(f.DS) > 0:
		f.DNSSEC = models.DNSSECSigned
	case stated:
		f.DNSSEC = models.DNSSECUnsigned
	}
}

// readRedacted notes that the expiry was left out on purpose (RFC 9537).
func readRedacted(f *models.Facts, o object) {
	if f.ExpiresAt != nil {
		return
	}
	for _, r := range o.objects("redacted") {
		words := r.str("prePath") + " " + r.str("postPath")
		if name, ok := r["name"].(map[string]any); ok {
			words += " " + object(name).str("type") + " " + object(name).str("description")
		}
		words = strings.ToLower(words)
		if strings.Contains(words, "expir") && !strings.Contains(words, "registrar expir") {
			f.ExpiryRedacted = true
		}
	}
}

// relatedURL returns the registrar's RDAP address for this name: the "related" link of the RDAP media type.
func relatedURL(o object) string {
	for _, l := range o.objects("links") {
		if !strings.EqualFold(l.str("rel"), "related") {
			continue
		}
		media := strings.ToLower(strings.TrimSpace(l.str("type")))
		u, err := url.Parse(strings.TrimSpace(l.str("href")))
		if err != nil || u.Host == "" || u.User != nil || (u.Scheme != "https" && u.Scheme != "http") || len(l.str("href")) > 1024 {
			continue
		}
		if media == MediaType || (media == "" && strings.Contains(strings.ToLower(u.Path), "/domain/")) {
			return u.String()
		}
	}
	return ""
}

// readEvents reads the dates. The earlier of two expirations counts; what can't be read or believed is noted, never guessed.
func readEvents(f *models.Facts, o object) {
	var registry, registrar dated
	for _, e := range o.objects("events") {
		action, raw := strings.ToLower(clean(e.str("eventAction"), 60)), clean(e.str("eventDate"), 60)
		if raw == "" && action != "expiration" {
			continue
		}
		at, dateOnly, ok := parseDate(raw)
		switch action {
		case "registration":
			if ok && (f.CreatedAt == nil || at.Before(*f.CreatedAt)) {
				f.CreatedAt = &at
			}
		case "last changed":
			if ok && (f.UpdatedAt == nil || at.After(*f.UpdatedAt)) {
				f.UpdatedAt = &at
			}
		case "expiration":
			f.ExpiryStated = true
			registry.take(f, "expiration", at, dateOnly, ok, raw)
		case "registrar expiration":
			registrar.take(f, "registrar expiration", at, dateOnly, ok, raw)
		case "soft expiration":
			skip(f, "soft expiration "+raw)
		}
	}
	registry.settle(f, "expiration")
	registrar.settle(f, "registrar expiration")
	if f.ExpiresAt, f.DateOnly = registry.at, registry.dateOnly; f.ExpiresAt == nil {
		f.DateOnly = false
	}
	f.RegistrarExpiresAt = registrar.at
}

// dated collects one kind of expiry.
type dated struct {
	at       *time.Time
	dateOnly bool
}

// take keeps the earlier of several dates.
func (d *dated) take(f *models.Facts, what string, at time.Time, dateOnly, ok bool, raw string) {
	switch {
	case !ok:
		skip(f, what+" that can't be read: "+raw)
	case d.at == nil:
		d.at, d.dateOnly = &at, dateOnly
	case d.at.Equal(at):
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
