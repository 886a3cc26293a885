package store

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/krestmarketing/deedwatch/models"
)

// minQueueID is the least length of a server's own ID by which a message is found; shorter ones are too easily met by chance.
const minQueueID = 8

// MailReported gives the ID of the message that a report speaks of: by our Message-ID, or by the ID that the server gave it when it took it.
// 0: the report names no message that was handed over for that recipient.
func (s *Store) MailReported(ctx context.Context, b models.Bounce) (int64, error) {
	addresses := append([]string{b.Recipient}, b.Others...)
	if b.MessageID != "" {
		mail, err := first[models.Mail](s.ask(ctx).Where("message_id = ? AND attempts > 0", b.MessageID))
		if err != nil {
			return 0, failed("mail reported", err)
		}
		if mail != nil && slices.Contains(addresses, mail.Recipient) {
			return mail.ID, nil
		}
	}
	if len(b.QueueID) < minQueueID {
		return 0, nil
	}
	var attempts []models.Attempt
	err := s.ask(ctx).Joins("JOIN mails ON mails.id = attempts.mail_id").
		Where("mails.recipient IN ? AND attempts.outcome = ?", addresses, models.DeliverySent).
		Order("attempts.id DESC").Limit(batchSize).Find(&attempts).Error
	for _, a := range attempts {
		if namesWord(a.Reply, b.QueueID) {
			return a.MailID, failed("mail reported", err)
		}
	}
	return 0, failed("mail reported", err)
}

// namesWord reports whether a text has a word of letters, digits, dots, hyphens and underscores in it.
func namesWord(text, word string) bool {
	return slices.ContainsFunc(strings.FieldsFunc(text, func(r rune) bool {
		return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_@", r)
	}), func(w string) bool { return strings.Trim(w, ".") == strings.Trim(word, ".") })
}

// RecordBounce stores a report and what it comes to, in one transaction. The same report (by its EventID) counts once: counted says whether
// this was the first time.
func (s *Store) RecordBounce(ctx context.Context, rec models.BounceRecord) (counted bool, err error) {
	at := rec.Bounce.CreatedAt
	err = s.write(ctx, "record a bounce", at, func(tx *gorm.DB) error {
		row := rec.Bounce
		row.ID = 0
		added := tx.Clauses(clause.OnConflict{DoNothing: true}).Create(&row)
		if counted = added.Error == nil && added.RowsAffected > 0; !counted {
			return added.Error
		}
		if err := bounceMail(tx, rec.Mail, at); err != nil {
			return err
		}
		if err := changeNotices(tx, rec.Notices, at); err != nil {
			return err
		}
		lines := rec.Ledger
		if rec.Suppress != nil {
			entries, err := suppress(tx, *rec.Suppress)
			if err != nil {
				return err
			}
			lines = append(slices.Clone(lines), entries...)
		}
		if rec.Finding != nil {
			if err := applyFindings(tx, []models.FindingChange{*rec.Finding}, nil); err != nil {
				return err
			}
		}
		return appendLedger(tx, lines)
	})
	return counted, err
}

// bounceMail marks a message as having come back. One that came back before keeps its instant and reason; one that was still on its way is
// settled.
func bounceMail(tx *gorm.DB, m *models.Mail, at time.Time) error {
	if m == nil {
		return nil
	}
	q := tx.Model(&models.Mail{}).Where("id = ? AND bounced_at IS NULL", m.ID).
		UpdateColumns(map[string]any{"bounced_at": m.BouncedAt, "bounce_reason": m.BounceReason, "updated_at": at})
	if err := changedOrConflict(tx, q, &models.Mail{}, m.ID); err != nil && !errors.Is(err, models.ErrConflict) {
		return err
	}
	return tx.Model(&models.Mail{}).Where("id = ? AND state IN ?", m.ID, onItsWay).
		UpdateColumns(map[string]any{"state": m.State, "last_error": m.LastError}).Error
}

// BouncesOf gives what was reported of a message, the first first, without the evidence.
func (s *Store) BouncesOf(ctx context.Context, mailID int64) ([]models.Bounce, error) {
	var list []models.Bounce
	return list, failed("bounces of a mail", s.ask(ctx).Omit("evidence").Where("mail_id = ?", mailID).Order("id").Find(&list).Error)
}

// LatestBounces gives the latest reports with their evidence, those too that speak of no message of ours.
func (s *Store) LatestBounces(ctx context.Context, limit int) ([]models.Bounce, error) {
	var list []models.Bounce
	q := s.ask(ctx).Order(clause.OrderByColumn{Column: clause.Column{Name: "id"}, Desc: true}).Limit(limit)
	return list, failed("latest bounces", q.Find(&list).Error)
}
