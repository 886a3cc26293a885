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

// BeginAttempt marks a message as being handed over, and keeps the words in which it goes out: its Subject, Text, TextHash and References. It has
// one more attempt, and is tried again at retryAt if this process dies. ErrConflict when it is not due at now, or not on its way any more; then
// the words that were kept stay.
func (s *Store) BeginAttempt(ctx context.Context, m models.Mail, now, retryAt time.Time) error {
	tx := s.writer.WithContext(ctx)
	q := tx.Model(&models.Mail{}).Where("id = ? AND state IN ? AND next_attempt_at <= ?", m.ID, onItsWay, now).
		UpdateColumns(map[string]any{
			"state": models.MailSending, "attempts": gorm.Expr("attempts + 1"), "next_attempt_at": retryAt, "updated_at": now,
			"subject": m.Subject, "text": m.Text, "text_hash": m.TextHash, "thread_refs": m.References,
		})
	return failed("begin an attempt", changedOrConflict(tx, q, &models.Mail{}, m.ID))
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
