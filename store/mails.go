package store

import (
	"context"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/krestmarketing/deedwatch/models"
)

// onItsWay are the states of a message that may still be handed over.
var onItsWay = []models.MailState{models.MailWaiting, models.MailSending}

// MailsDue lists the messages to be tried at now, the most urgent expiry first.
func (s *Store) MailsDue(ctx context.Context, now time.Time, limit int) ([]int64, error) {
	var ids []int64
	urgency := s.ask(ctx).Model(&models.Notice{}).Select("mail_id, MIN(expires_at) AS urgency").
		Where("state = ?", models.NoticeMailed).Group("mail_id")
	err := s.ask(ctx).Model(&models.Mail{}).Joins("LEFT JOIN (?) AS carried ON carried.mail_id = mails.id", urgency).
		Where("mails.state IN ? AND mails.next_attempt_at <= ?", onItsWay, now).
		Order("carried.urgency IS NULL, carried.urgency, mails.id").Limit(limit).Pluck("mails.id", &ids).Error
	return ids, failed("mails due", err)
}

// BeginAttempt marks a message as being handed over: one more attempt, tried again at retryAt if this process dies. ErrConflict when it
// is not due at now, or not on its way any more.
func (s *Store) BeginAttempt(ctx context.Context, mailID int64, now, retryAt time.Time) error {
	return s.write(ctx, "begin an attempt", now, func(tx *gorm.DB) error {
		q := tx.Model(&models.Mail{}).Where("id = ? AND state IN ? AND next_attempt_at <= ?", mailID, onItsWay, now).
			UpdateColumns(map[string]any{
				"state": models.MailSending, "attempts": gorm.Expr("attempts + 1"), "next_attempt_at": retryAt, "updated_at": now,
			})
		return changedOrConflict(tx, q, &models.Mail{}, mailID)
	})
}

// PostponeMail lets a message wait until an instant, for a named reason, without counting an attempt; ErrConflict when it is not on its
// way any more.
func (s *Store) PostponeMail(ctx context.Context, mailID int64, until time.Time, reason string, now time.Time) error {
	return s.write(ctx, "postpone a mail", now, func(tx *gorm.DB) error {
		q := tx.Model(&models.Mail{}).Where("id = ? AND state IN ?", mailID, onItsWay).
			UpdateColumns(map[string]any{"next_attempt_at": until, "last_error": reason, "updated_at": now})
		return changedOrConflict(tx, q, &models.Mail{}, mailID)
	})
}

// SaveRendering keeps the words of a message before they go out; ErrConflict when the message is not on its way any more.
func (s *Store) SaveRendering(ctx context.Context, mailID int64, subject, text, textHash, references string) error {
	return s.write(ctx, "save a rendering", time.Time{}, func(tx *gorm.DB) error {
		q := tx.Model(&models.Mail{}).Where("id = ? AND state IN ?", mailID, onItsWay).
			UpdateColumns(map[string]any{"subject": subject, "text": text, "text_hash": textHash, "thread_refs": references})
		return changedOrConflict(tx, q, &models.Mail{}, mailID)
	})
}

// RecordAttempt stores what one attempt came to, in one transaction. An attempt is a fact and is always kept; a message that another
// attempt has settled stays as it is, except that a server's acceptance always counts: then a notice that was cancelled or superseded
// while the message was under way is sent all the same.
func (s *Store) RecordAttempt(ctx context.Context, rec models.AttemptRecord) error {
	at := rec.Attempt.EndedAt
	return s.write(ctx, "record an attempt", at, func(tx *gorm.DB) error {
		attempt := rec.Attempt
		attempt.ID, attempt.MailID = 0, rec.Mail.ID
		if err := tx.Create(&attempt).Error; err != nil {
			return err
		}
		if err := settleMail(tx, &rec.Mail, at); err != nil {
			return err
		}
		if err := settleNotices(tx, &rec, at); err != nil {
			return err
		}
		refused, err := markRefused(tx, &rec)
		if err != nil {
			return err
		}
		if rec.Finding != nil && (refused || rec.Contact == nil) {
			if err := applyFindings(tx, []models.FindingChange{*rec.Finding}, nil); err != nil {
				return err
			}
		}
		return appendLedger(tx, rec.Ledger)
	})
}

// markRefused marks the contact whose address a message was refused for, and reports whether that is still its address.
func markRefused(tx *gorm.DB, rec *models.AttemptRecord) (bool, error) {
	c := rec.Contact
	if c == nil {
		return false, nil
	}
	q := tx.Model(&models.Contact{}).Where("id = ? AND LOWER(email) = LOWER(?)", c.ID, rec.Mail.Recipient).
		Select("email_state", "email_reason", "email_state_at", "updated_at").Updates(c)
	return q.RowsAffected > 0, q.Error
}

func settleMail(tx *gorm.DB, m *models.Mail, at time.Time) error {
	stored, err := one[models.Mail](tx.Clauses(clause.Locking{Strength: "NO KEY UPDATE"}), m.ID)
	if err != nil {
		return err
	}
	settled := stored.State != models.MailWaiting && stored.State != models.MailSending
	if stored.State == models.MailSent || (settled && m.State != models.MailSent) {
		return nil
	}
	return tx.Model(&models.Mail{}).Where("id = ?", m.ID).UpdateColumns(map[string]any{
		"state": m.State, "attempts": max(stored.Attempts, m.Attempts), "next_attempt_at": m.NextAttemptAt, "last_error": m.LastError,
		"sent_at": m.SentAt, "updated_at": at,
	}).Error
}

// unsentOrEnded are the states of a notice that its message's acceptance makes a sent one.
var unsentOrEnded = []models.NoticeState{models.NoticeMailed, models.NoticeBlocked, models.NoticeCancelled, models.NoticeSuperseded, models.NoticeFailed}

func settleNotices(tx *gorm.DB, rec *models.AttemptRecord, at time.Time) error {
	var others []models.NoticeChange
	for _, c := range rec.Notices {
		if c.To != models.NoticeSent {
			others = append(others, c)
			continue
		}
		sentAt := at
		if rec.Mail.SentAt != nil {
			sentAt = *rec.Mail.SentAt
		}
		set := map[string]any{"state": models.NoticeSent, "reason": c.Reason, "sent_at": sentAt, "updated_at": at}
		if c.ExpiresAt != nil {
			set["expires_at"] = *c.ExpiresAt
		}
		err := tx.Model(&models.Notice{}).Where("id = ? AND mail_id = ? AND state IN ?", c.ID, rec.Mail.ID, unsentOrEnded).UpdateColumns(set).Error
		if err != nil {
			return err
		}
	}
	return changeNotices(tx, others, at)
}

// DropFromMail takes notices out of a message that is about to go out, and says how many are left; the message is cancelled when none is. lines
// are the ledger's, one for each change; that of a change which took no effect is not written. ErrConflict when the message is settled, or is
// being handed over by somebody else.
func (s *Store) DropFromMail(ctx context.Context, mailID int64, changes []models.NoticeChange, lines []models.Entry, now time.Time) (left int, err error) {
	err = s.write(ctx, "drop notices from a mail", now, func(tx *gorm.DB) error {
		mail, err := one[models.Mail](tx.Clauses(clause.Locking{Strength: "NO KEY UPDATE"}), mailID)
		if err != nil {
			return err
		}
		handedOver := mail.State == models.MailSending && mail.NextAttemptAt.After(now) // by somebody else, at this moment
		if mail.State != models.MailWaiting && mail.State != models.MailSending || handedOver {
			return models.ErrConflict
		}
		moved, err := moveNotices(tx, changes, now)
		if err != nil {
			return err
		}
		plan := models.NoticePlan{Change: changes, Ledger: lines}
		if err := appendLedger(tx, effective([]models.NoticePlan{plan}, nil, moved)); err != nil {
			return err
		}
		ids := pick(changes, func(c *models.NoticeChange) int64 { return c.ID })
		unbind := func(batch []int64) error {
			return tx.Model(&models.Notice{}).Where("id IN ? AND mail_id = ? AND state <> ?", batch, mailID, models.NoticeMailed).UpdateColumn("mail_id", nil).Error
		}
		if err := inBatches(ids, unbind); err != nil {
			return err
		}
		var count int64
		if err := tx.Model(&models.Notice{}).Where("mail_id = ? AND state = ?", mailID, models.NoticeMailed).Count(&count).Error; err != nil {
			return err
		}
		left = int(count)
		if left > 0 {
			return nil
		}
		return tx.Model(&mail).UpdateColumns(map[string]any{"state": models.MailCancelled, "updated_at": now}).Error
	})
	return left, err
}
