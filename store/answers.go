package store

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/krestmarketing/deedwatch/models"
)

// RecordAnswer stores what a contact said about a domain, with all that follows from it, in one transaction. The answer counts from now
// on: its quiet time replaces that of an earlier one, and none ends it. That auto-renew is on is noted on the domain. ErrConflict when the
// answer's cycle is closed.
func (s *Store) RecordAnswer(ctx context.Context, a models.Answer, quietUntil *time.Time, quietReason string,
	changes []models.NoticeChange, finding *models.FindingChange, ledger []models.Entry,
) (models.Answer, error) {
	err := s.write(ctx, "record an answer", a.At, func(tx *gorm.DB) error {
		open, err := first[models.Cycle](tx.Where("id = ? AND domain_id = ? AND closed_at IS NULL", a.CycleID, a.DomainID))
		if err != nil {
			return err
		}
		if open == nil {
			return models.ErrConflict
		}
		a.ID = 0
		if err := tx.Clauses(clause.Returning{}).Create(&a).Error; err != nil {
			return err
		}
		set := map[string]any{"quiet_until": quietUntil, "quiet_reason": quietReason}
		if a.Kind == models.AnswerAutoRenew {
			set["auto_renew"], set["auto_renew_by"], set["auto_renew_at"] = models.AutoRenewOn, a.By, a.At
		}
		if err := touchDomain(tx, a.DomainID, a.At, set); err != nil {
			return err
		}
		if _, err := changeNotices(tx, changes, a.At); err != nil {
			return err
		}
		if finding != nil {
			if err := applyFindings(tx, []models.FindingChange{*finding}, nil); err != nil {
				return err
			}
		}
		return appendLedger(tx, ledger)
	})
	return a, err
}

// touchDomain sets columns of a domain that a judgement reads, so that one made from the row as it was is refused.
func touchDomain(tx *gorm.DB, id int64, at time.Time, set map[string]any) error {
	set["version"], set["updated_at"] = gorm.Expr("version + 1"), at
	return changedOne(tx.Model(&models.Domain{}).Where("id = ?", id).UpdateColumns(set), models.ErrNotFound)
}

// WithdrawAnswer takes an answer back: reminders go on, and that auto-renew is on counts as not stated if this answer said so. It does
// nothing when the answer was withdrawn before.
func (s *Store) WithdrawAnswer(ctx context.Context, answerID int64, now time.Time) error {
	return s.write(ctx, "withdraw an answer", now, func(tx *gorm.DB) error {
		a, err := one[models.Answer](tx, answerID)
		if err != nil {
			return err
		}
		q := tx.Model(&models.Answer{}).Where("id = ? AND withdrawn IS NULL", answerID).UpdateColumn("withdrawn", now)
		if q.Error != nil || q.RowsAffected == 0 {
			return q.Error
		}
		d, err := one[models.Domain](tx, a.DomainID)
		if err != nil {
			return err
		}
		set := map[string]any{"quiet_until": nil, "quiet_reason": ""}
		if a.Kind == models.AnswerAutoRenew && d.AutoRenewAt != nil && d.AutoRenewAt.Equal(a.At) {
			set["auto_renew"], set["auto_renew_by"], set["auto_renew_at"] = models.AutoRenewUnknown, "", nil
		}
		if err := touchDomain(tx, a.DomainID, now, set); err != nil {
			return err
		}
		actor := fmt.Sprintf("contact:%d", a.ContactID)
		return addEntry(tx, now, "answer_withdrawn", actor, d.ClientID, d.ID, map[string]any{"answer": a.ID, "kind": a.Kind})
	})
}
