package store

import (
	"context"
	"errors"
	"time"

	"gorm.io/gorm"

	"github.com/krestmarketing/deedwatch/models"
)

// collectLock is the PostgreSQL advisory lock under which one process at a time binds notices to messages.
const collectLock = 727003

// CollectMails binds the queued e-mail notices that are due at now to one message per contact and day, and gives the IDs of the messages
// that got notices, at most limit, the most urgent contact first. A message that was not tried yet takes further notices; when that day's
// message has been tried, the contact's notices stay queued for the next day. Notices to an address that is bad stay queued. A new message is
// named (RFC 5322 msg-id without angle brackets) by messageID after the most urgent notice it carries.
func (s *Store) CollectMails(ctx context.Context, now time.Time, day string, limit int, messageID func(contactID int64, day string, first models.Notice) string) ([]int64, error) {
	var ids []int64
	err := s.write(ctx, "collect mails", now, func(tx *gorm.DB) error {
		ids = nil
		if tx.Name() == EnginePostgres {
			if err := tx.Exec("SELECT pg_advisory_xact_lock(?)", collectLock).Error; err != nil {
				return err
			}
		}
		contacts, err := contactsToWrite(tx, now, day, limit)
		if err != nil {
			return err
		}
		notices, err := where[models.Notice](tx, "contact_id", pick(contacts, func(c *models.Contact) int64 { return c.ID }),
			"expires_at, id", "state = ? AND channel = ? AND due_at <= ?", models.NoticeQueued, models.ChannelEmail, now)
		if err != nil {
			return err
		}
		by := group(notices, func(n *models.Notice) int64 { return *n.ContactID })
		for i := range contacts {
			id, err := collectFor(tx, &contacts[i], by[contacts[i].ID], now, day, messageID)
			if err != nil {
				return err
			}
			if id != 0 {
				ids = append(ids, id)
			}
		}
		return nil
	})
	return ids, err
}

// contactsToWrite gives the contacts with due notices who can be written to that day, the most urgent expiry first.
func contactsToWrite(tx *gorm.DB, now time.Time, day string, limit int) ([]models.Contact, error) {
	var ids []int64
	err := tx.Model(&models.Notice{}).Joins("JOIN contacts ON contacts.id = notices.contact_id").
		Where("notices.state = ? AND notices.channel = ? AND notices.due_at <= ?", models.NoticeQueued, models.ChannelEmail, now).
		Where("contacts.email_state <> ?", models.EmailBad).
		Where(`NOT EXISTS (SELECT 1 FROM mails WHERE mails.contact_id = notices.contact_id AND mails.day = ?
			AND NOT (mails.state = ? AND mails.attempts = 0))`, day, models.MailWaiting).
		Group("notices.contact_id").Order("MIN(notices.expires_at), notices.contact_id").Limit(limit).
		Pluck("notices.contact_id", &ids).Error
	if err != nil {
		return nil, err
	}
	contacts, err := where[models.Contact](tx, "id", ids, "id")
	by := index(contacts, func(c *models.Contact) int64 { return c.ID })
	ordered := make([]models.Contact, 0, len(ids))
	for _, id := range ids {
		if c, ok := by[id]; ok {
			ordered = append(ordered, c)
		}
	}
	return ordered, err
}

// collectFor binds one contact's notices to the message of the day, and gives its ID; 0: there was nothing left to bind, or the message
// has been tried by now.
func collectFor(tx *gorm.DB, c *models.Contact, notices []models.Notice, now time.Time, day string, messageID func(contactID int64, day string, first models.Notice) string) (int64, error) {
	if len(notices) == 0 {
		return 0, nil
	}
	mail, err := first[models.Mail](tx.Where("contact_id = ? AND day = ?", c.ID, day))
	if err != nil {
		return 0, err
	}
	if mail == nil {
		mail = &models.Mail{
			ContactID: c.ID, Day: day, ClientID: c.ClientID, Recipient: c.Email, State: models.MailWaiting, NextAttemptAt: now,
			MessageID: messageID(c.ID, day, notices[0]),
		}
		if err := tx.Create(mail).Error; err != nil {
			return 0, err
		}
	} else {
		// The update also waits for an attempt that is being begun, and finds the message tried then.
		q := tx.Model(&models.Mail{}).Where("id = ? AND state = ? AND attempts = 0", mail.ID, models.MailWaiting).UpdateColumn("updated_at", now)
		if err := changedOne(q, models.ErrConflict); errors.Is(err, models.ErrConflict) {
			return 0, nil
		} else if err != nil {
			return 0, err
		}
	}
	ids := pick(notices, func(n *models.Notice) int64 { return n.ID })
	bound := 0
	err = inBatches(ids, func(batch []int64) error {
		q := tx.Model(&models.Notice{}).Where("id IN ? AND state = ?", batch, models.NoticeQueued).
			UpdateColumns(map[string]any{"state": models.NoticeMailed, "mail_id": mail.ID, "updated_at": now})
		bound += int(q.RowsAffected)
		return q.Error
	})
	if bound == 0 {
		return 0, err
	}
	return mail.ID, err
}
