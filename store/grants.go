package store

import (
	"context"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/krestmarketing/deedwatch/models"
)

// CreateGrant stores a grant with the first line of its history and its line in the ledger, in one transaction.
func (s *Store) CreateGrant(ctx context.Context, g models.Grant, e models.GrantEvent, line models.Entry) (models.Grant, error) {
	err := s.write(ctx, "create a grant", e.At, func(tx *gorm.DB) error {
		g.ID = 0
		if err := tx.Clauses(clause.Returning{}).Create(&g).Error; err != nil {
			return err
		}
		return addEvent(tx, g.ID, e, line)
	})
	return g, err
}

func addEvent(tx *gorm.DB, grantID int64, e models.GrantEvent, line models.Entry) error {
	e.ID, e.GrantID = 0, grantID
	if err := tx.Create(&e).Error; err != nil {
		return err
	}
	return appendLedger(tx, []models.Entry{line})
}

// TransitionGrant stores a grant in its new state with a line of its history and of the ledger, in one transaction. Version is the one
// the transition was decided on: ErrConflict when the row has another one by now. The stored version is one higher.
func (s *Store) TransitionGrant(ctx context.Context, g models.Grant, e models.GrantEvent, line models.Entry) error {
	return s.write(ctx, "move a grant", e.At, func(tx *gorm.DB) error {
		seen := g.Version
		row := g
		row.Version++
		q := tx.Where("version = ?", seen).Select("*").Omit("id", "client_id", "created_at").Updates(&row)
		if err := changedOrConflict(tx, q, &models.Grant{}, g.ID); err != nil {
			return err
		}
		return addEvent(tx, g.ID, e, line)
	})
}

// Grant gives a grant with the names around it.
func (s *Store) Grant(ctx context.Context, id int64) (v models.GrantView, err error) {
	err = s.read(ctx, "grant", func(tx *gorm.DB) error {
		g, err := one[models.Grant](tx, id)
		if err != nil {
			return err
		}
		views, err := grantViews(tx, []models.Grant{g})
		if err == nil {
			v = views[0]
		}
		return err
	})
	return v, err
}

// Grants gives the grants that a query asks for, by client, platform and asset.
func (s *Store) Grants(ctx context.Context, q models.GrantQuery) (views []models.GrantView, err error) {
	err = s.read(ctx, "grants", func(tx *gorm.DB) error {
		m := tx.Select("grants.*").Joins("JOIN clients ON clients.id = grants.client_id").
			Order("LOWER(clients.name), clients.id, grants.platform, grants.asset, grants.id")
		if q.ClientID != 0 {
			m = m.Where("grants.client_id = ?", q.ClientID)
		}
		if q.DomainID != 0 {
			m = m.Where("grants.domain_id = ?", q.DomainID)
		}
		if q.Holder != "" {
			m = m.Where("grants.holder = ?", q.Holder)
		}
		if q.Platform != "" {
			m = m.Where("grants.platform = ?", q.Platform)
		}
		if len(q.States) > 0 {
			m = m.Where("grants.state IN ?", q.States)
		}
		var grants []models.Grant
		if err := m.Find(&grants).Error; err != nil {
			return err
		}
		views, err = grantViews(tx, grants)
		return err
	})
	return views, err
}

func grantViews(tx *gorm.DB, grants []models.Grant) ([]models.GrantView, error) {
	clients, err := where[models.Client](tx, "id", pick(grants, func(g *models.Grant) int64 { return g.ClientID }), "id")
	if err != nil {
		return nil, err
	}
	var domainIDs []int64
	for i := range grants {
		if id := grants[i].DomainID; id != nil {
			domainIDs = append(domainIDs, *id)
		}
	}
	domains, err := where[models.Domain](tx, "id", domainIDs, "id")
	if err != nil {
		return nil, err
	}
	clientBy := index(clients, func(c *models.Client) int64 { return c.ID })
	domainBy := index(domains, func(d *models.Domain) int64 { return d.ID })
	views := make([]models.GrantView, len(grants))
	for i, g := range grants {
		views[i] = models.GrantView{Grant: g, ClientName: clientBy[g.ClientID].Name}
		if g.DomainID != nil {
			views[i].DomainName = domainBy[*g.DomainID].Name
		}
	}
	return views, nil
}

// GrantEvents gives the history of a grant, the first line first.
func (s *Store) GrantEvents(ctx context.Context, grantID int64) ([]models.GrantEvent, error) {
	var events []models.GrantEvent
	err := s.ask(ctx).Where("grant_id = ?", grantID).Order("id").Find(&events).Error
	return events, failed("grant events", err)
}

// GrantsReviewDue gives the verified and granted accesses whose review is due at now, those due longest first.
func (s *Store) GrantsReviewDue(ctx context.Context, now time.Time) ([]models.Grant, error) {
	var grants []models.Grant
	err := s.ask(ctx).Where("state IN ? AND review_due <= ?", []models.GrantState{models.GrantVerified, models.GrantGranted}, now).
		Order("review_due, id").Find(&grants).Error
	return grants, failed("grants due for review", err)
}
