package store

import (
	"context"
	"time"

	"gorm.io/gorm"

	"github.com/krestmarketing/deedwatch/models"
)

// Clients gives all clients, sorted by name.
func (s *Store) Clients(ctx context.Context) ([]models.Client, error) {
	var clients []models.Client
	err := s.ask(ctx).Find(&clients).Error
	sortClients(clients)
	return clients, failed("clients", err)
}

// ClientView gives one client's page. Its domains are those under watch, the nearest expiry first.
func (s *Store) ClientView(ctx context.Context, id int64) (v models.ClientView, err error) {
	err = s.read(ctx, "client", func(tx *gorm.DB) error {
		if v.Client, err = one[models.Client](tx, id); err != nil {
			return err
		}
		contacts, err := contactsOf(tx, []int64{id})
		if err != nil {
			return err
		}
		v.Contacts = contacts[id]
		if v.Domains, err = domainsOf(tx, id); err != nil {
			return err
		}
		return tx.Where("client_id = ?", id).Order("platform, asset, id").Find(&v.Grants).Error
	})
	return v, err
}

// domainsOf gives a client's domains under watch, the nearest expiry first and names without a date last.
func domainsOf(tx *gorm.DB, clientID int64) (domains []models.Domain, err error) {
	err = tx.Scopes(watched).Where("client_id = ?", clientID).Order("expires_at IS NULL, expires_at, name").Find(&domains).Error
	return domains, err
}

// currentGrants are the states in which access exists, or may.
var currentGrants = []models.GrantState{
	models.GrantGranted, models.GrantVerified, models.GrantReviewDue, models.GrantToRevoke, models.GrantAtRisk,
}

// Portal gives what a client sees behind a link, at now for a reader in loc: the most urgent domain first. A link that
// was revoked is not found; whether it has expired is the caller's to decide.
func (s *Store) Portal(ctx context.Context, linkID int64, now time.Time, loc *time.Location) (v models.PortalView, err error) {
	err = s.read(ctx, "portal", func(tx *gorm.DB) error {
		if v.Link, err = one[models.Link](tx.Where("revoked_at IS NULL"), linkID); err != nil {
			return err
		}
		if v.Contact, err = one[models.Contact](tx, v.Link.ContactID); err != nil {
			return err
		}
		if v.Client, err = one[models.Client](tx, v.Contact.ClientID); err != nil {
			return err
		}
		if v.Domains, err = portalDomains(tx, v.Client.ID, now, loc); err != nil {
			return err
		}
		return tx.Where("client_id = ? AND state IN ?", v.Client.ID, currentGrants).Order("platform, asset, id").Find(&v.Grants).Error
	})
	return v, err
}

func portalDomains(tx *gorm.DB, clientID int64, now time.Time, loc *time.Location) ([]models.PortalDomain, error) {
	q := models.BoardQuery{Now: now, Loc: loc, ClientID: clientID}
	rank := bandRank(now, loc)
	var domains []models.Domain
	if err := boardFilter(tx, &q, nil, rank).Select("domains.*").Order(boardOrder(&q, rank)).Find(&domains).Error; err != nil {
		return nil, err
	}
	ids := pick(domains, func(d *models.Domain) int64 { return d.ID })
	cycles, err := openCycles(tx, ids)
	if err != nil {
		return nil, err
	}
	cycleIDs := make([]int64, 0, len(cycles))
	for _, c := range cycles {
		cycleIDs = append(cycleIDs, c.ID)
	}
	answers, err := latestAnswers(tx, cycleIDs)
	if err != nil {
		return nil, err
	}
	records, err := where[models.ExpectedRecord](tx, "domain_id", ids, "host, type, id")
	if err != nil {
		return nil, err
	}
	recordsBy := group(records, func(r *models.ExpectedRecord) int64 { return r.DomainID })
	out := make([]models.PortalDomain, len(domains))
	for i, d := range domains {
		out[i] = models.PortalDomain{Domain: d, Cycle: ref(cycles, d.ID), Records: recordsBy[d.ID]}
		if c := out[i].Cycle; c != nil {
			out[i].Answer = ref(answers, c.ID)
		}
	}
	return out, nil
}
