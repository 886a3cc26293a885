package store

import (
	"context"
	"time"

	"gorm.io/gorm"

	"github.com/krestmarketing/deedwatch/models"
)

// Exports read everything that a question finds, however much it is: first the ids in their order, eight bytes a row, then the rows in
// batches, all from one snapshot of the database. While fn works the snapshot stays open, so fn must not wait for long; an error that it
// gives ends the export and comes back.

// EachBoardRow hands over the rows of the board that a query asks for, those of all pages, in its order.
func (s *Store) EachBoardRow(ctx context.Context, q models.BoardQuery, fn func([]models.BoardRow) error) error {
	if q.Loc == nil {
		q.Loc = time.UTC
	}
	return s.export(ctx, "export the board", func(tx *gorm.DB) error {
		rank := bandRank(q.Now, q.Loc)
		var b models.Board
		if q.Text != "" { // which is looked for among the names of clients and registrars as well
			var err error
			if b, err = boardCounts(tx, rank); err != nil {
				return err
			}
		}
		var ids []int64
		if err := boardFilter(tx, &q, &b, rank).Order(boardOrder(&q, rank)).Pluck("domains.id", &ids).Error; err != nil {
			return err
		}
		return eachOf(tx, ids, func(d *models.Domain) int64 { return d.ID }, func(domains []models.Domain) error {
			rows, err := boardRows(tx, domains, q.Now, q.Loc)
			if err != nil {
				return err
			}
			return fn(rows)
		})
	})
}

// EachPortfolioRow hands over the domains under watch by name, as rows that an import takes for unchanged: of each client the first owner
// and the first deputy. A client of zero means all.
func (s *Store) EachPortfolioRow(ctx context.Context, clientID int64, fn func([]models.PortfolioRow) error) error {
	return s.export(ctx, "export the portfolio", func(tx *gorm.DB) error {
		var ids []int64
		if err := watchedOf(tx, clientID).Order("domains.name, domains.id").Pluck("domains.id", &ids).Error; err != nil {
			return err
		}
		return eachOf(tx, ids, func(d *models.Domain) int64 { return d.ID }, func(domains []models.Domain) error {
			clientIDs := pick(domains, func(d *models.Domain) int64 { return d.ClientID })
			clients, err := where[models.Client](tx, "id", clientIDs, "id")
			if err != nil {
				return err
			}
			contacts, err := contactsOf(tx, distinct(clientIDs))
			if err != nil {
				return err
			}
			by := index(clients, func(c *models.Client) int64 { return c.ID })
			rows := make([]models.PortfolioRow, len(domains))
			for i := range domains {
				d := &domains[i]
				rows[i] = portfolioRow(d, by[d.ClientID], contacts[d.ClientID])
			}
			return fn(rows)
		})
	})
}

// portfolioRow is what an import would say of a domain.
func portfolioRow(d *models.Domain, c models.Client, contacts []models.Contact) models.PortfolioRow {
	row := models.PortfolioRow{
		Domain: d.Name, Suffix: d.Suffix, Client: c.Name, Services: d.Services, AutoRenew: d.AutoRenew, AttestedExpiry: d.AttestedExpiry,
		TimeZone: c.TimeZone, Language: c.Language,
	}
	for _, role := range []models.ContactRole{models.RoleOwner, models.RoleDeputy} {
		for i := range contacts {
			if contacts[i].Role == role {
				row.Contacts = append(row.Contacts, contacts[i])
				break
			}
		}
	}
	return row
}

// EachRecord hands over the expected records of the domains under watch, by domain and host. A client of zero means all.
func (s *Store) EachRecord(ctx context.Context, clientID int64, fn func([]models.ExportedRecord) error) error {
	return s.export(ctx, "export the records", func(tx *gorm.DB) error {
		var ids []int64
		q := watchedOf(tx, clientID).Joins("JOIN expected_records r ON r.domain_id = domains.id").Order("domains.name, r.host, r.type, r.id")
		if err := q.Pluck("r.id", &ids).Error; err != nil {
			return err
		}
		return eachOf(tx, ids, func(r *models.ExpectedRecord) int64 { return r.ID }, func(records []models.ExpectedRecord) error {
			names, err := namesOf(tx, pick(records, func(r *models.ExpectedRecord) int64 { return r.DomainID }))
			if err != nil {
				return err
			}
			rows := make([]models.ExportedRecord, len(records))
			for i, r := range records {
				n := names[r.DomainID]
				rows[i] = models.ExportedRecord{Domain: n.Name, Client: n.Client, Record: r}
			}
			return fn(rows)
		})
	})
}

// EachChange hands over the changes of the registrations of the domains under watch, by domain, the first change first. A client of zero
// means all.
func (s *Store) EachChange(ctx context.Context, clientID int64, fn func([]models.ExportedChange) error) error {
	return s.export(ctx, "export the changes", func(tx *gorm.DB) error {
		var ids []int64
		q := watchedOf(tx, clientID).Joins("JOIN changes c ON c.domain_id = domains.id").Order("domains.name, c.at, c.id")
		if err := q.Pluck("c.id", &ids).Error; err != nil {
			return err
		}
		return eachOf(tx, ids, func(c *models.Change) int64 { return c.ID }, func(changes []models.Change) error {
			names, err := namesOf(tx, pick(changes, func(c *models.Change) int64 { return c.DomainID }))
			if err != nil {
				return err
			}
			rows := make([]models.ExportedChange, len(changes))
			for i, c := range changes {
				n := names[c.DomainID]
				rows[i] = models.ExportedChange{Domain: n.Name, Client: n.Client, Change: c}
			}
			return fn(rows)
		})
	})
}

// export runs fn on one snapshot of the database.
func (s *Store) export(ctx context.Context, op string, fn func(tx *gorm.DB) error) error {
	return s.read(ctx, op, func(tx *gorm.DB) error {
		if err := s.planAnew(tx); err != nil {
			return err
		}
		return fn(tx)
	})
}

// watchedOf are the domains under watch of one client, or of all.
func watchedOf(tx *gorm.DB, clientID int64) *gorm.DB {
	q := tx.Model(&models.Domain{}).Scopes(watched)
	if clientID != 0 {
		q = q.Where("domains.client_id = ?", clientID)
	}
	return q
}

// domainName is what people call a domain, and whose it is.
type domainName struct {
	ID     int64
	Name   string
	Client string
}

func namesOf(tx *gorm.DB, domainIDs []int64) (map[int64]domainName, error) {
	var all []domainName
	err := inBatches(distinct(domainIDs), func(ids []int64) error {
		var part []domainName
		err := tx.Model(&models.Domain{}).Joins("JOIN clients ON clients.id = domains.client_id").
			Where("domains.id IN ?", ids).Select("domains.id, domains.name, clients.name AS client").Scan(&part).Error
		all = append(all, part...)
		return err
	})
	return index(all, func(n *domainName) int64 { return n.ID }), err
}

// eachOf hands over rows in the order of their ids, in batches.
func eachOf[T any](tx *gorm.DB, ids []int64, id func(*T) int64, fn func([]T) error) error {
	return inBatches(ids, func(batch []int64) error {
		found, err := where[T](tx, "id", batch, "id")
		if err != nil {
			return err
		}
		by := index(found, id)
		rows := make([]T, 0, len(batch))
		for _, want := range batch {
			rows = append(rows, by[want])
		}
		return fn(rows)
	})
}
