package store

import (
	"context"
	"hash/maphash"
	"slices"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/krestmarketing/deedwatch/models"
)

// ImportPortfolio imports rows that are all at hand, as a PortfolioImport does; with dryRun nothing is written, and the result is the same.
func (s *Store) ImportPortfolio(ctx context.Context, rows []models.PortfolioRow, now time.Time, dryRun bool) (models.ImportResult, error) {
	result := models.ImportResult{Actions: make([]models.ImportAction, 0, len(rows))}
	run := s.BeginImport(now, dryRun)
	for part := range slices.Chunk(rows, ImportBatch) {
		done, err := run.Add(ctx, part)
		if err != nil {
			return models.ImportResult{}, err
		}
		for i := range done {
			result.Actions = append(result.Actions, done[i].Action)
		}
	}
	result.Clients = run.Clients()
	return result, nil
}

// ImportBatch is how many rows are best given to PortfolioImport.Add at once.
const ImportBatch = batchSize

// PortfolioImport brings clients (by name), their contacts (by address) and domains (by name) in line with rows that come in batches: what
// a row does not state stays as it is, what is not in the rows is left alone, and the same rows again change nothing. A domain that was
// archived is watched again. Each domain stands in one row only, and no row contradicts another of its client. Not safe for concurrent use.
type PortfolioImport struct {
	store   *Store
	dryRun  bool
	held    *portfolio
	clients int
}

// BeginImport begins an import at now; with dryRun it only says what it would do. Nothing is open between the batches.
func (s *Store) BeginImport(now time.Time, dryRun bool) *PortfolioImport {
	held := newPortfolio(instant(now))
	if dryRun {
		held.told = &toldOnce{maphash.MakeSeed(), map[uint64]struct{}{}}
	}
	return &PortfolioImport{store: s, dryRun: dryRun, held: held}
}

// Add imports a batch in one transaction, or not at all, and says what became of each row. It remembers nothing of the batch, but in a dry
// run what it said of clients and contacts.
func (i *PortfolioImport) Add(ctx context.Context, rows []models.PortfolioRow) ([]models.ImportedRow, error) {
	const op = "import a portfolio"
	p, done := i.held, make([]models.ImportedRow, 0, len(rows))
	p.added = 0
	merge := func(tx *gorm.DB) error {
		if err := i.store.planAnew(tx); err != nil {
			return err
		}
		if err := p.load(tx, rows, !i.dryRun); err != nil {
			return err
		}
		for k := range rows {
			done = append(done, p.apply(&rows[k]))
		}
		if i.dryRun {
			return nil
		}
		return p.save(tx)
	}
	var err error
	if i.dryRun {
		err = i.store.read(ctx, op, merge)
	} else {
		err = i.store.write(ctx, op, p.now, merge)
	}
	p.forget()
	if err != nil {
		return nil, err
	}
	i.clients += p.added
	return done, nil
}

// Clients is how many clients were added so far, or would have been.
func (i *PortfolioImport) Clients() int { return i.clients }

// portfolio is what is stored of the clients and domains that rows speak of, and what the rows have changed of it.
type portfolio struct {
	now     time.Time
	clients map[string]*heldClient
	domains map[string]*heldDomain
	added   int       // clients, in this batch
	told    *toldOnce // in a dry run
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
	row        models.Domain
	of         *heldClient // nil: a client that no row speaks of
	clientName string      // of that one
	dirty      bool
	moved      bool // to another client
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
	if err := p.hold(tx, clients); err != nil {
		return err
	}
	return p.holdDomains(tx, domains)
}

// hold keeps clients with their contacts.
func (p *portfolio) hold(tx *gorm.DB, clients []models.Client) error {
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
	return nil
}

// holdDomains keeps domains with their clients, those that no row speaks of by name only.
func (p *portfolio) holdDomains(tx *gorm.DB, domains []models.Domain) error {
	byID := make(map[int64]*heldClient, len(p.clients))
	for _, c := range p.clients {
		if c.row.ID != 0 {
			byID[c.row.ID] = c
		}
	}
	var others []int64
	for i := range domains {
		if byID[domains[i].ClientID] == nil {
			others = append(others, domains[i].ClientID)
		}
	}
	clients, err := where[models.Client](tx, "id", others, "id")
	if err != nil {
		return err
	}
	names := index(clients, func(c *models.Client) int64 { return c.ID })
	for i := range domains {
		d := &domains[i]
		p.domains[d.Name] = &heldDomain{row: *d, of: byID[d.ClientID], clientName: names[d.ClientID].Name}
	}
	return nil
}

// forget drops what is held: it can be read again.
func (p *portfolio) forget() {
	p.clients, p.domains = map[string]*heldClient{}, map[string]*heldDomain{}
	p.dirtyClients, p.dirtyPeople, p.dirtyDomains = nil, nil, nil
}
