package store

import (
	"context"

	"gorm.io/gorm"

	"github.com/krestmarketing/deedwatch/models"
)

var (
	// dnsColumns are the columns of a domain that a DNS look decides.
	dnsColumns = []string{"next_dns_at", "dns_failures", "records_total", "records_right", "records_unknown", "dns_checked_at"}
	// recordColumns are the columns of an expected record that a DNS look decides.
	recordColumns = []string{"state", "state_at", "detail", "seen", "pending", "pending_at", "confirm_at", "looked_at", "updated_at"}
)

// RecordDelegation stores what a DNS look came to, in one transaction. Of the domain it writes the DNS columns alone, of the expected
// records their state. A record that was removed meanwhile is passed over.
func (s *Store) RecordDelegation(ctx context.Context, rec models.DelegationRecord) error {
	at := rec.Domain.NextDNSAt
	if rec.Domain.DNSCheckedAt != nil {
		at = *rec.Domain.DNSCheckedAt
	}
	return s.write(ctx, "record a delegation", at, func(tx *gorm.DB) error {
		d := rec.Domain
		if err := changedOne(tx.Model(&models.Domain{}).Where("id = ?", d.ID).Select(dnsColumns).UpdateColumns(&d), models.ErrNotFound); err != nil {
			return err
		}
		var seenIn []models.Observation
		if rec.Observation != nil {
			var err error
			if seenIn, err = addObservations(tx, d.ID, []models.Observation{*rec.Observation}); err != nil {
				return err
			}
		}
		if rec.Delegation != nil {
			row := *rec.Delegation
			row.DomainID = d.ID
			if err := upsert(tx, &row); err != nil {
				return err
			}
		}
		for _, r := range rec.Records {
			if err := tx.Where("domain_id = ?", d.ID).Select(recordColumns).Updates(&r).Error; err != nil {
				return err
			}
		}
		if err := addChanges(tx, d.ID, rec.Changes, seenIn); err != nil {
			return err
		}
		return applyFindings(tx, rec.Findings, basis(seenIn))
	})
}
