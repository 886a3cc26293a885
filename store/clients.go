package store

import (
	"context"

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
