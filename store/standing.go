package store

import (
	"context"
	"slices"
	"time"

	"gorm.io/gorm"

	"github.com/krestmarketing/deedwatch/models"
)

// stands narrows a question on domains to those whose DNS is due at an instant and was right in every respect when it was last looked at:
// no failing look, no problem, no record that is not right or waits to be confirmed, no signatures that age.
func stands(now time.Time) func(*gorm.DB) *gorm.DB {
	return func(q *gorm.DB) *gorm.DB {
		return q.Scopes(watched).Where("domains.next_dns_at <= ? AND domains.dns_failures = 0", now).
			Where(`EXISTS (SELECT 1 FROM delegations WHERE delegations.domain_id = domains.id AND delegations.outcome = ? AND delegations.problems = 0
				AND delegations.signed <> ?)`, models.OutcomeOK, models.DNSSECSigned).
			Where("NOT EXISTS (SELECT 1 FROM expected_records r WHERE r.domain_id = domains.id AND (r.state <> ? OR r.pending <> ''))", models.RecordOK)
	}
}

// StandingDue lists domains beyond the id after, by their ids, whose DNS is due and was right in every respect when it was last looked at
// whole, which must have been after wholeSince. The others are left to DNSDue.
func (s *Store) StandingDue(ctx context.Context, now, wholeSince time.Time, after int64, limit int) ([]models.Standing, error) {
	var list []models.Standing
	err := s.read(ctx, "standing domains due", func(tx *gorm.DB) error {
		var rows []struct {
			models.Delegation
			Name string
		}
		q := tx.Model(&models.Delegation{}).Select("delegations.*, domains.name").Joins("JOIN domains ON domains.id = delegations.domain_id").
			Scopes(stands(now)).Where("delegations.looked_at > ? AND domains.id > ?", wholeSince, after)
		if err := q.Order("domains.id").Limit(limit).Scan(&rows).Error; err != nil {
			return err
		}
		at := map[int64]int{}
		for _, r := range rows {
			ns := r.ParentNS
			if !slices.Equal(ns, r.ChildNS) {
				ns = nil // listed all the same: the next question goes on behind it
			}
			at[r.DomainID] = len(list)
			list = append(list, models.Standing{DomainID: r.DomainID, Domain: r.Name, NS: ns})
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

// TouchDNS notes that the DNS of domains, which StandingDue listed at the instant at, was seen to be as it stood, and when it is due again.
// Nothing else changes. A domain that was looked at whole since, or of which more is expected, is left alone.
func (s *Store) TouchDNS(ctx context.Context, ids []int64, at, next time.Time) error {
	return s.write(ctx, "touch DNS", at, func(tx *gorm.DB) error {
		return inBatches(ids, func(batch []int64) error {
			seen := map[string]any{"dns_checked_at": at, "next_dns_at": next}
			if err := tx.Model(&models.Domain{}).Scopes(stands(at)).Where("domains.id IN ?", batch).UpdateColumns(seen).Error; err != nil {
				return err
			}
			touched := tx.Model(&models.Domain{}).Select("id").Where("id IN ? AND dns_checked_at = ?", batch, at)
			return tx.Model(&models.ExpectedRecord{}).Where("domain_id IN (?)", touched).UpdateColumn("looked_at", at).Error
		})
	})
}
