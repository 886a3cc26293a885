package store

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

// importer is who said what an imported row states.
const importer = "import"

// differences gathers what a row changes.
type differences []models.ValueChange

func (d *differences) note(field, before, after string) {
	*d = append(*d, models.ValueChange{Field: field, Before: before, After: after})
}

// take sets what is stated and different, and notes it.
func take[T ~string](d *differences, field string, to *T, stated T) {
	if stated == "" || *to == stated {
		return
	}
	d.note(field, string(*to), string(stated))
	*to = stated
}

// apply brings what is held in line with one row.
func (p *portfolio) apply(row *models.PortfolioRow) models.ImportedRow {
	var diff differences
	client, isNew := p.clients[row.Client], false
	if client == nil {
		client, isNew = &heldClient{row: models.Client{Name: row.Client}, contacts: map[string]*heldContact{}}, true
		p.clients[row.Client] = client
		p.added++
	}
	applyClient(&diff, &client.row, row)
	p.markClient(client, isNew || len(diff) > 0)
	for i := range row.Contacts {
		p.applyContact(&diff, client, &row.Contacts[i])
	}
	if isNew {
		diff = nil // all of it is new
	}
	domain := p.domains[row.Domain]
	if domain == nil {
		domain = &heldDomain{row: newDomain(row, p.now), of: client}
		applyDomain(&differences{}, &domain.row, row, p.now)
		p.domains[row.Domain] = domain
		p.markDomain(domain, true)
		return models.ImportedRow{Action: models.ImportNew, Changes: diff}
	}
	others := len(diff)
	p.moveDomain(&diff, domain, client)
	applyDomain(&diff, &domain.row, row, p.now)
	p.markDomain(domain, len(diff) > others)
	if len(diff) > 0 || isNew {
		return models.ImportedRow{Action: models.ImportChanged, Changes: diff}
	}
	return models.ImportedRow{Action: models.ImportSame}
}

// moveDomain puts a domain under a client.
func (p *portfolio) moveDomain(diff *differences, d *heldDomain, to *heldClient) {
	if d.of != to {
		before := d.clientName
		if d.of != nil {
			before = d.of.row.Name
		}
		diff.note("client", before, to.row.Name)
		d.of, d.moved = to, true
	}
}

func (p *portfolio) markClient(c *heldClient, changed bool) {
	c.changed = c.changed || changed
	if changed && !c.dirty {
		c.dirty = true
		p.dirtyClients = append(p.dirtyClients, c)
	}
}

func (p *portfolio) markDomain(d *heldDomain, changed bool) {
	if changed && !d.dirty {
		d.dirty = true
		p.dirtyDomains = append(p.dirtyDomains, d)
	}
}

func (p *portfolio) applyContact(all *differences, client *heldClient, given *models.Contact) {
	var diff differences
	email, prefix := strings.ToLower(given.Email), string(given.Role)
	held := client.contacts[email]
	if held == nil {
		held = &heldContact{of: client, row: models.Contact{Name: email, Email: email, Role: models.RoleOwner, EmailState: models.EmailOK}}
		if given.Role != "" {
			held.row.Role = given.Role
		}
		client.contacts[email] = held
		diff.note(prefix+"_email", "", email)
	}
	c := &held.row
	take(&diff, prefix+"_name", &c.Name, given.Name)
	take(&diff, prefix+"_phone", &c.Phone, given.Phone)
	take(&diff, "contact_role", &c.Role, given.Role)
	take(&diff, prefix+"_time_zone", &c.TimeZone, given.TimeZone)
	take(&diff, prefix+"_language", &c.Language, given.Language)
	if len(diff) > 0 && !held.dirty {
		held.dirty, client.changed = true, true
		p.dirtyPeople = append(p.dirtyPeople, held)
	}
	*all = append(*all, diff...)
}

// applyClient brings a client in line with a row. Its services are those of all its rows together.
func applyClient(diff *differences, c *models.Client, row *models.PortfolioRow) {
	take(diff, "time_zone", &c.TimeZone, row.TimeZone)
	take(diff, "language", &c.Language, row.Language)
	all := make(map[string]bool)
	for _, code := range slices.Concat(c.Services, row.Services) {
		all[code] = true
	}
	if len(all) != len(c.Services) {
		services := slices.Sorted(maps.Keys(all))
		diff.note("client_services", strings.Join(c.Services, ";"), strings.Join(services, ";"))
		c.Services = services
	}
}

// newDomain is a domain that nobody has looked at: due at once.
func newDomain(row *models.PortfolioRow, now time.Time) models.Domain {
	return models.Domain{
		Name: row.Domain, Suffix: row.Suffix, AutoRenew: models.AutoRenewUnknown, NextLookAt: now, NextDNSAt: now,
		Lifecycle: models.LifecycleUnknown, LifecycleWhy: models.WhyNeverLooked, LifecycleSince: &now, Version: 1,
	}
}

// applyDomain brings a domain in line with a row.
func applyDomain(diff *differences, d *models.Domain, row *models.PortfolioRow, now time.Time) {
	take(diff, "suffix", &d.Suffix, row.Suffix)
	if len(row.Services) > 0 && !slices.Equal(d.Services, row.Services) {
		diff.note("services", strings.Join(d.Services, ";"), strings.Join(row.Services, ";"))
		d.Services = slices.Clone(row.Services)
	}
	if row.AutoRenew != "" && d.AutoRenew != row.AutoRenew {
		take(diff, "auto_renew", &d.AutoRenew, row.AutoRenew)
		d.AutoRenewBy, d.AutoRenewAt = importer, &now
	}
	if stated := instantOrNil(row.AttestedExpiry); stated != nil && (d.AttestedExpiry == nil || !d.AttestedExpiry.Equal(*stated)) {
		diff.note("attested_expiry", day(d.AttestedExpiry), day(stated))
		d.AttestedExpiry, d.AttestedBy, d.AttestedAt, d.NextJudgeAt = stated, importer, &now, &now
	}
	if d.ArchivedAt != nil {
		diff.note("archived", day(d.ArchivedAt), "")
		d.ArchivedAt, d.NextLookAt, d.NextDNSAt = nil, now, now
	}
}

// day gives the calendar day of an instant in UTC, and nothing for none.
func day(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.UTC().Format(time.DateOnly)
}
