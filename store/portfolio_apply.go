package store

import (
	"hash/maphash"
	"slices"
	"strings"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

// importer is who said what an imported row states.
const importer = "import"

// differences gathers what a row changes.
type differences struct {
	list  []models.ValueChange
	told  *toldOnce
	about string // whom the changes are about
}

// note adds a change, unless an earlier batch of a dry run would have made it.
func (d *differences) note(field, before, after string) {
	if d.told == nil || d.told.first(d.about, field, after) {
		d.list = append(d.list, models.ValueChange{Field: field, Before: before, After: after})
	}
}

// toldOnce remembers, in eight bytes each, what a dry run said that it would change of clients and contacts: later rows are compared with
// what is stored, where it has not changed.
type toldOnce struct {
	seed maphash.Seed
	said map[uint64]struct{}
}

// first reports whether a change was not told before, and remembers it.
func (t *toldOnce) first(about, field, after string) bool {
	var h maphash.Hash
	h.SetSeed(t.seed)
	for _, part := range []string{about, field, after} {
		_, _ = h.WriteString(part) // never fails
		_ = h.WriteByte(0)
	}
	before := len(t.said)
	t.said[h.Sum64()] = struct{}{}
	return len(t.said) > before
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
	of := differences{told: p.told, about: row.Client}
	client := p.clients[row.Client]
	added := client == nil && (p.told == nil || p.told.first(row.Client, "", ""))
	if client == nil {
		client = &heldClient{row: models.Client{Name: row.Client}, contacts: map[string]*heldContact{}}
		p.clients[row.Client] = client
		p.markClient(client, true)
	}
	p.markClient(client, applyClient(&of, &client.row, row))
	for i := range row.Contacts {
		p.applyContact(&of, client, &row.Contacts[i])
	}
	if added {
		p.added++
		of.list = nil // all of it is new
	}
	domain := p.domains[row.Domain]
	if domain == nil {
		domain = &heldDomain{row: newDomain(row, p.now), of: client}
		applyDomain(&differences{}, &domain.row, row, p.now)
		p.domains[row.Domain] = domain
		p.markDomain(domain, true)
		return models.ImportedRow{Action: models.ImportNew, Changes: of.list}
	}
	var its differences
	p.moveDomain(&its, domain, client)
	applyDomain(&its, &domain.row, row, p.now)
	p.markDomain(domain, len(its.list) > 0)
	all := slices.Concat(its.list, of.list)
	if len(all) > 0 || added {
		return models.ImportedRow{Action: models.ImportChanged, Changes: all}
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
	email, prefix := strings.ToLower(given.Email), string(given.Role)
	diff := differences{told: all.told, about: client.row.Name + "\x00" + email}
	held := client.contacts[email]
	isNew := held == nil
	if isNew {
		held = &heldContact{of: client, row: models.Contact{Name: email, Email: email, Role: models.RoleOwner, EmailState: models.EmailOK}}
		if given.Role != "" {
			held.row.Role = given.Role
		}
		client.contacts[email] = held
		diff.note(prefix+"_email", "", email)
	}
	c := &held.row
	before := *c
	take(&diff, prefix+"_name", &c.Name, given.Name)
	take(&diff, prefix+"_phone", &c.Phone, given.Phone)
	take(&diff, "contact_role", &c.Role, given.Role)
	take(&diff, prefix+"_time_zone", &c.TimeZone, given.TimeZone)
	take(&diff, prefix+"_language", &c.Language, given.Language)
	if (isNew || *c != before) && !held.dirty {
		held.dirty = true
		p.dirtyPeople = append(p.dirtyPeople, held)
	}
	all.list = append(all.list, diff.list...)
}

// applyClient brings a client in line with a row, and says whether that changed it. Its services are those of all its rows together.
func applyClient(diff *differences, c *models.Client, row *models.PortfolioRow) bool {
	zone, language, services := c.TimeZone, c.Language, len(c.Services)
	take(diff, "time_zone", &c.TimeZone, row.TimeZone)
	take(diff, "language", &c.Language, row.Language)
	for _, code := range row.Services {
		if !slices.Contains(c.Services, code) {
			diff.note("client_services", "", code)
			c.Services = append(slices.Clip(c.Services), code)
		}
	}
	slices.Sort(c.Services)
	return c.TimeZone != zone || c.Language != language || len(c.Services) != services
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
