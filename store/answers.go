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
// answer's cycle is closed or another answer is in force than r.InForce says, ErrNotFound when its link was revoked meanwhile.
func (s *Store) RecordAnswer(ctx context.Context, r models.AnswerRecord) (models.Answer, error) {
	a := r.Answer
	err := s.write(ctx, "record an answer", a.At, func(tx *gorm.DB) error {
		if err := stillLinked(tx, a.LinkID); err != nil {
			return err
		}
		if err := stillOpen(tx, &a); err != nil {
			return err
		}
		if err := stillInForce(tx, &a, r.InForce); err != nil {
			return err
		}
		a.ID = 0
		if err := tx.Clauses(clause.Returning{}).Create(&a).Error; err != nil {
			return err
		}
		set := map[string]any{"quiet_until": r.QuietUntil, "quiet_reason": r.QuietReason}
		if a.Kind == models.AnswerAutoRenew {
			set["auto_renew"], set["auto_renew_by"], set["auto_renew_at"] = models.AutoRenewOn, a.By, a.At
		}
		if r.Look {
			set["next_look_at"] = a.At
		}
		if err := touchDomain(tx, a.DomainID, a.At, set); err != nil {
			return err
		}
		if err := changeNotices(tx, r.Changes, a.At); err != nil {
			return err
		}
		if r.Finding != nil {
			if err := applyFindings(tx, []models.FindingChange{*r.Finding}, nil); err != nil {
				return err
			}
		}
		if r.Proposal != nil {
			if err := propose(tx, *r.Proposal); err != nil {
				return err
			}
		}
		return appendLedger(tx, r.Ledger)
	})
	return a, err
}

// stillLinked refuses what comes through a link that was revoked since it was read.
func stillLinked(tx *gorm.DB, linkID *int64) error {
	if linkID == nil {
		return nil
	}
	_, err := one[models.Link](tx.Where("revoked_at IS NULL"), *linkID)
	return err
}

func stillOpen(tx *gorm.DB, a *models.Answer) error {
	open, err := first[models.Cycle](tx.Where("id = ? AND domain_id = ? AND closed_at IS NULL", a.CycleID, a.DomainID))
	if err != nil {
		return err
	}
	if open == nil {
		return models.ErrConflict
	}
	return nil
}

// stillInForce refuses an answer that was given without knowing of the latest one: two taps on a button arrive at the same moment.
func stillInForce(tx *gorm.DB, a *models.Answer, known *int64) error {
	if known == nil {
		return nil
	}
	if _, err := one[models.Domain](tx.Clauses(clause.Locking{Strength: "NO KEY UPDATE"}).Select("id"), a.DomainID); err != nil {
		return err
	}
	latest, err := latestAnswers(tx, []int64{a.CycleID})
	if err != nil {
		return err
	}
	if latest[a.CycleID].ID != *known {
		return models.ErrConflict
	}
	return nil
}

// touchDomain sets columns of a domain that a judgement reads, so that one made from the row as it was is refused.
func touchDomain(tx *gorm.DB, id int64, at time.Time, set map[string]any) error {
	set["version"], set["updated_at"] = gorm.Expr("version + 1"), at
	return changedOne(tx.Model(&models.Domain{}).Where("id = ?", id).UpdateColumns(set), models.ErrNotFound)
}

// WithdrawAnswer takes an answer back, with those of the cycle that it took the place of: reminders go on, that auto-renew is on counts as not stated if this answer said so, and whom it
// named in place of the contact is not asked any more. byContact is who changed their mind, of the same client. It does nothing when the
// answer was withdrawn before.
func (s *Store) WithdrawAnswer(ctx context.Context, answerID, byContact int64, now time.Time) error {
	return s.write(ctx, "withdraw an answer", now, func(tx *gorm.DB) error {
		a, err := one[models.Answer](tx, answerID)
		if err != nil {
			return err
		}
		if a.Withdrawn != nil {
			return nil
		}
		q := tx.Model(&models.Answer{}).Where("cycle_id = ? AND id <= ? AND withdrawn IS NULL", a.CycleID, answerID).UpdateColumn("withdrawn", now)
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
		actor := fmt.Sprintf("contact:%d", byContact)
		if a.Kind == models.AnswerWrongPerson {
			if err := rightAfterAll(tx, &a, actor, now); err != nil {
				return err
			}
		}
		return addEntry(tx, now, "answer_withdrawn", actor, d.ClientID, d.ID, map[string]any{"answer": a.ID, "kind": a.Kind, "domain": d.Name})
	})
}

// rightAfterAll ends what a contact's word set off that somebody else is to be asked: the task, the finding and the open proposal.
func rightAfterAll(tx *gorm.DB, a *models.Answer, actor string, now time.Time) error {
	stage := models.WrongPersonPrefix + fmt.Sprint(a.ContactID)
	err := tx.Model(&models.Notice{}).Where("cycle_id = ? AND stage = ? AND channel = ?", a.CycleID, stage, models.ChannelTask).
		UpdateColumns(map[string]any{"state": models.NoticeCancelled, "reason": models.ReasonWithdrawn, "updated_at": now}).Error
	if err != nil {
		return err
	}
	if err := endWrongPerson(tx, a.DomainID, a.ContactID, now); err != nil {
		return err
	}
	return tx.Model(&models.Proposal{}).Where("contact_id = ? AND domain_id = ? AND state = ?", a.ContactID, a.DomainID, models.ProposalOpen).
		UpdateColumns(map[string]any{"state": models.ProposalRefused, "decided_at": now, "decided_by": actor}).Error
}

// endWrongPerson resolves the finding that a contact is not the one to ask about a domain.
func endWrongPerson(tx *gorm.DB, domainID, contactID int64, now time.Time) error {
	c, err := one[models.Contact](tx, contactID)
	if err != nil {
		return err
	}
	return tx.Model(&models.Finding{}).
		Where("domain_id = ? AND code = ? AND subject = ? AND state = ?", domainID, models.CodeWrongPerson, c.Email, models.FindingOpen).
		UpdateColumns(map[string]any{"state": models.FindingResolved, "resolved_at": now}).Error
}
