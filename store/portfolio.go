package store

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/krestmarketing/deedwatch/models"
)

// ImportPortfolio brings clients (by name), their contacts (by address) and domains (by name) in line with the rows: what a row does not
// state stays as it is, what is not in the rows is left alone, and the same rows again change nothing. A domain that was archived is
// watched again. Each 500 rows are one transaction; with dryRun nothing is written, and the result is the same.
func (s *Store) ImportPortfolio(ctx context.Context, rows []models.PortfolioRow, now time.Time, dryRun bool) (models.ImportResult, error) {
	result := models.ImportResult{Actions: make([]models.ImportAction, 0, len(rows))}
	p := newPortfolio(instant(now))
	for part := range slices.Chunk(rows, batchSize) {
		merge := func(tx *gorm.DB) error {
			if err := p.load(tx, part, !dryRun); err != nil {
				return err
			}
			for i := range part {
				result.Actions = append(result.Actions, p.apply(&part[i]))
			}
			if dryRun {
				return nil
			}
			return p.save(tx)
		}
		const op = "import a portfolio"
		var err error
		if dryRun {
			err = s.read(ctx, op, merge)
		} else {
			err = s.write(ctx, op, now, merge)
		}
		if err != nil {
			return models.ImportResult{}, err
		}
	}
	result.Clients = p.added
	return result, nil
}

// portfolio is what is stored of the clients and domains that rows speak of, and what the rows have changed of it.
type portfolio struct {
	now     time.Time
	clients map[string]*heldClient
	domains map[string]*heldDomain
	added   int // clients
	// What has to be saved, each in the order of its first change.
	dirtyClients []*heldClient
	dirtyPeople  []*heldContact
	dirtyDomains []*heldDomain
}

type heldClient struct {
	row      models.Client
	contacts map[string]*heldContact
	dirty    bool
}

type heldContact struct {
	row   models.Contact
	of    *heldClient
	dirty bool
}

type heldDomain struct {
	row   models.Domain
	of    *heldClient
	dirty bool
	moved bool // to another client
}

func newPortfolio(now time.Time) *portfolio {
	return &portfolio{now: now, clients: map[string]*heldClient{}, domains: map[string]*heldDomain{}}
}

// load reads what rows speak of and is not held yet. Domains to be written are locked, so that nobody judges them from what they were.
func (p *portfolio) load(tx *gorm.DB, rows []models.PortfolioRow, lock bool) error {
	var names []string
	for i := range rows {
		if p.domains[rows[i].Domain] == nil {
			names = append(names, rows[i].Domain)
		}
	}
	q := tx
	if lock {
		q = tx.Clauses(clause.Locking{Strength: "NO KEY UPDATE"}).Session(&gorm.Session{})
	}
	domains, err := where[models.Domain](q, "name", names, "id")
	if err != nil {
		return err
	}
	var clientNames []string
	for i := range rows {
		if p.clients[rows[i].Client] == nil {
			clientNames = append(clientNames, rows[i].Client)
		}
	}
	clients, err := where[models.Client](tx, "name", clientNames, "id")
	if err != nil {
		return err
	}
	contacts, err := contactsOf(tx, pick(clients, func(c *models.Client) int64 { return c.ID }))
	if err != nil {
		return err
	}
	for _, c := range clients {
		held := &heldClient{row: c, contacts: map[string]*heldContact{}}
		for _, person := range contacts[c.ID] {
			held.contacts[person.Email] = &heldContact{row: person, of: held}
		}
		p.clients[c.Name] = held
	}
	for _, d := range domains {
		p.domains[d.Name] = &heldDomain{row: d}
	}
	return nil
}

// apply brings what is held in line with one row.
func (p *portfolio) apply(row *models.PortfolioRow) models.ImportAction {
	client, isNew := p.clients[row.Client], false
	if client == nil {
		client, isNew = &heldClient{row: models.Client{Name: row.Client}, contacts: map[string]*heldContact{}}, true
		p.clients[row.Client] = client
		p.added++
	}
	changed := applyClient(&client.row, row) || isNew
	p.markClient(client, changed)
	for i := range row.Contacts {
		if p.applyContact(client, &row.Contacts[i]) {
			changed = true
		}
	}
	domain := p.domains[row.Domain]
	if domain == nil {
		domain = &heldDomain{row: newDomain(row, p.now), of: client}
		applyDomain(&domain.row, row, p.now)
		p.domains[row.Domain] = domain
		p.markDomain(domain, true)
		return models.ImportNew
	}
	moved := p.moveDomain(domain, client)
	touched := applyDomain(&domain.row, row, p.now) || moved
	p.markDomain(domain, touched)
	if touched || changed {
		return models.ImportChanged
	}
	return models.ImportSame
}

// moveDomain puts a domain under a client, and says whether it was under another one.
func (p *portfolio) moveDomain(d *heldDomain, to *heldClient) bool {
	same := d.of == to
	if d.of == nil {
		same = to.row.ID != 0 && to.row.ID == d.row.ClientID
	}
	d.of = to
	if !same {
		d.moved = true
	}
	return !same
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

func (p *portfolio) applyContact(client *heldClient, given *models.Contact) (changed bool) {
	email := strings.ToLower(given.Email)
	held := client.contacts[email]
	if held == nil {
		held = &heldContact{of: client, row: models.Contact{Email: email, Role: models.RoleOwner, EmailState: models.EmailOK}}
		client.contacts[email] = held
		changed = true
	}
	c := &held.row
	changed = take(&c.Name, given.Name) || changed
	changed = take(&c.Phone, given.Phone) || changed
	changed = take(&c.Role, given.Role) || changed
	changed = take(&c.TimeZone, given.TimeZone) || changed
	changed = take(&c.Language, given.Language) || changed
	if changed && !held.dirty {
		held.dirty = true
		p.dirtyPeople = append(p.dirtyPeople, held)
	}
	return changed
}

// take sets what is stated and different, and says whether it did.
func take[T ~string](to *T, stated T) bool {
	if stated == "" || *to == stated {
		return false
	}
	*to = stated
	return true
}

// applyClient brings a client in line with a row. Its services are those of all its rows together.
func applyClient(c *models.Client, row *models.PortfolioRow) bool {
	changed := take(&c.TimeZone, row.TimeZone)
	changed = take(&c.Language, row.Language) || changed
	all := make(map[string]bool)
	for _, code := range slices.Concat(c.Services, row.Services) {
		all[code] = true
	}
	if len(all) != len(c.Services) {
		c.Services = slices.Sorted(maps.Keys(all))
		changed = true
	}
	return changed
}

// newDomain is a domain that nobody has looked at: due at once.
func newDomain(row *models.PortfolioRow, now time.Time) models.Domain {
	return models.Domain{
		Name: row.Domain, Suffix: row.Suffix, AutoRenew: models.AutoRenewUnknown, NextLookAt: now, NextDNSAt: now,
		Lifecycle: models.LifecycleUnknown, LifecycleWhy: models.WhyNeverLooked, LifecycleSince: &now, Version: 1,
	}
}

// applyDomain brings a domain in line with a row.
func applyDomain(d *models.Domain, row *models.PortfolioRow, now time.Time) bool {
	changed := take(&d.Suffix, row.Suffix)
	if len(row.Services) > 0 && !slices.Equal(d.Services, row.Services) {
		d.Services, changed = slices.Clone(row.Services), true
	}
	if take(&d.AutoRenew, row.AutoRenew) {
		d.AutoRenewBy, d.AutoRenewAt, changed = importer, &now, true
	}
	if stated := instantOrNil(row.AttestedExpiry); stated != nil && (d.AttestedExpiry == nil || !d.AttestedExpiry.Equal(*stated)) {
		d.AttestedExpiry, d.AttestedBy, d.AttestedAt, d.NextJudgeAt, changed = stated, importer, &now, &now, true
	}
	if d.ArchivedAt != nil {
		d.ArchivedAt, d.NextLookAt, d.NextDNSAt, changed = nil, now, now, true
	}
	return changed
}

// importer is who said what an imported row states.
const importer = "import"
