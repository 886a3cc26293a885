package store

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
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
// whole, which must have been after wholeSince. The others are left to DNSDue. Of the records it reads what tells whether they are as they
// were: their hosts, types and matches, and the values that were expected or, where these do not say it all, seen.
func (s *Store) StandingDue(ctx context.Context, now, wholeSince time.Time, after int64, limit int) ([]models.Standing, error) {
	list := make([]models.Standing, 0, min(limit, 4*batchSize))
	err := s.read(ctx, "standing domains due", func(tx *gorm.DB) error {
		q := tx.Table("delegations").Select("domains.id, domains.name, parent_ns, child_ns").Joins("JOIN domains ON domains.id = delegations.domain_id").
			Scopes(stands(now)).Where("delegations.looked_at > ? AND domains.id > ?", wholeSince, after).Order("domains.id").Limit(limit)
		var st models.Standing
		var parent, child sql.RawBytes
		if err := scanEach(q, []any{&st.DomainID, &st.Domain, &parent, &child}, func() (err error) {
			st.NS = nil // listed all the same: the next question goes on behind it
			if bytes.Equal(parent, child) {
				st.NS, err = texts(parent)
			}
			list = append(list, st)
			return err
		}); err != nil {
			return err
		}
		return addRecords(tx, list)
	})
	return list, err
}

// addRecords loads what is expected of the listed domains, which are in the order of their ids. All of it is right: see stands.
func addRecords(tx *gorm.DB, list []models.Standing) error {
	var domain int64
	r := models.ExpectedRecord{State: models.RecordOK}
	var values, seen sql.RawBytes
	return inBatches(list, func(batch []models.Standing) error {
		at := 0
		q := tx.Table("expected_records").Where("domain_id IN ?", pick(batch, func(st *models.Standing) int64 { return st.DomainID })).Order("domain_id, id").
			Select(`domain_id, host, "type", "match", "values", CASE WHEN "match" = ? THEN NULL ELSE seen END`, models.MatchExact)
		return scanEach(q, []any{&domain, &r.Host, &r.Type, &r.Match, &values, &seen}, func() (err error) {
			for batch[at].DomainID < domain {
				at++
			}
			if r.Values, err = texts(values); err != nil {
				return err
			}
			if r.DomainID, r.Seen = domain, nil; len(seen) > 0 {
				if err = json.Unmarshal(seen, &r.Seen); err != nil {
					return err
				}
			}
			batch[at].Records = append(batch[at].Records, r)
			return nil
		})
	})
}

// scanEach reads the rows of a question one by one into the same places. It is for very many rows: gorm finds the places anew for each.
func scanEach(q *gorm.DB, into []any, row func() error) error {
	rows, err := q.Rows()
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		if err := row(); err != nil {
			return err
		}
	}
	return rows.Err()
}

// texts reads a list of texts as the column keeps it, in JSON.
func texts(column []byte) (list []string, err error) {
	err = json.Unmarshal(column, &list)
	return list, err
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
