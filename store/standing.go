package store

import (
	"context"
	"slices"
	"time"

	"gorm.io/gorm"

	"github.com/krestmarketing/deedwatch/models"
)

// StandingDue lists the domains whose DNS is due and was right in every respect when it was last looked at whole, which must have been
// after wholeSince: those that wait longest first. The others are left to DNSDue.
func (s *Store) StandingDue(ctx context.Context, now, wholeSince time.Time, limit int) ([]models.Standing, error) {
	var list []models.Standing
	err := s.read(ctx, "standing domains due", func(tx *gorm.DB) error {
		var rows []struct {
			models.Delegation
			Name string
		}
		q := tx.Model(&models.Delegation{}).Select("delegations.*, domains.name").Joins("JOIN domains ON domains.id = delegations.domain_id").Scopes(watched).
			Where("domains.next_dns_at <= ? AND domains.dns_failures = 0", now).
			Where("delegations.outcome = ? AND delegations.problems = 0 AND delegations.signed <> ? AND delegations.looked_at > ?", models.OutcomeOK, models.DNSSECSigned, wholeSince)
		if err := q.Order("domains.next_dns_at, domains.id").Limit(limit).Scan(&rows).Error; err != nil {
			return err
		}
		at := map[int64]int{}
		for _, r := range rows {
			if len(r.ParentNS) > 0 && slices.Equal(r.ParentNS, r.ChildNS) {
				at[r.DomainID] = len(list)
				list = append(list, models.Standing{DomainID: r.DomainID, Domain: r.Name, NS: r.ParentNS})
			}
		}
		return addRecords(tx, list, at)
	})
	return list, err
}

// addRecords loads what is expected of the listed domains.
func addRecords(tx *gorm.DB, list []models.Standing, at map[int64]int) error {
	ids := make([]int64, len(list))
	for i := range list {
		ids[i] = list[i].DomainID
	}
	return inBatches(ids, func(batch []int64) error {
		var records []models.ExpectedRecord
		if err := tx.Where("domain_id IN ?", batch).Order("domain_id, id").Find(&records).Error; err != nil {
			return err
		}
		for _, r := range records {
			s := &list[at[r.DomainID]]
			s.Records = append(s.Records, r)
		}
		return nil
	})
}

// TouchDNS notes that the DNS of domains was seen at an instant to be as it stood, and when it is due again. Nothing else changes.
func (s *Store) TouchDNS(ctx context.Context, ids []int64, at, next time.Time) error {
	return s.write(ctx, "touch DNS", at, func(tx *gorm.DB) error {
		return inBatches(ids, func(batch []int64) error {
			seen := map[string]any{"dns_checked_at": at, "next_dns_at": next}
			if err := tx.Model(&models.Domain{}).Where("id IN ?", batch).UpdateColumns(seen).Error; err != nil {
				return err
			}
			return tx.Model(&models.ExpectedRecord{}).Where("domain_id IN ?", batch).UpdateColumn("looked_at", at).Error
		})
	})
}
