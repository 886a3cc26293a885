package store

import (
	"context"
	"slices"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/krestmarketing/deedwatch/models"
)

// CreateLink stores a signed way in, for answering unless it says otherwise. A message has one link of each purpose: a second call for the
// same gives the first one, unless that was revoked.
func (s *Store) CreateLink(ctx context.Context, l models.Link) (models.Link, error) {
	made, err := s.CreateLinks(ctx, l)
	if err != nil {
		return l, err
	}
	return made[0], nil
}

// CreateLinks stores several as CreateLink does, in one transaction, and gives them in the same order.
func (s *Store) CreateLinks(ctx context.Context, links ...models.Link) (made []models.Link, err error) {
	if len(links) == 0 {
		return nil, nil
	}
	err = s.write(ctx, "create links", links[0].CreatedAt, func(tx *gorm.DB) error {
		made = slices.Clone(links)
		for i := range made {
			if err := createLink(tx, &made[i]); err != nil {
				return err
			}
		}
		return nil
	})
	return made, err
}

func createLink(tx *gorm.DB, l *models.Link) error {
	l.ID = 0
	if l.Purpose == "" {
		l.Purpose = models.LinkAnswer
	}
	if l.MailID == nil {
		return tx.Clauses(clause.Returning{}).Create(l).Error
	}
	// A message that is tried again after its link was revoked gets one that works.
	err := tx.Model(&models.Link{}).Where("mail_id = ? AND purpose = ? AND revoked_at IS NOT NULL", *l.MailID, l.Purpose).UpdateColumn("mail_id", nil).Error
	if err != nil {
		return err
	}
	row := *l
	if err := tx.Clauses(clause.OnConflict{DoNothing: true}).Create(&row).Error; err != nil {
		return err
	}
	return tx.Where("mail_id = ? AND purpose = ?", *l.MailID, l.Purpose).Take(l).Error
}

// LinkByID gives a link, expired and revoked ones included.
func (s *Store) LinkByID(ctx context.Context, id int64) (models.Link, error) {
	l, err := one[models.Link](s.ask(ctx), id)
	return l, failed("link", err)
}

// TouchLink notes that a link was used.
func (s *Store) TouchLink(ctx context.Context, id int64, now time.Time) error {
	q := s.writer.WithContext(ctx).Model(&models.Link{}).Where("id = ?", id).UpdateColumn("last_used_at", now)
	return failed("touch a link", changedOne(q, models.ErrNotFound))
}

// RevokeLink makes a link of no use; a link that was revoked before keeps its instant.
func (s *Store) RevokeLink(ctx context.Context, id int64, now time.Time) error {
	q := s.writer.WithContext(ctx).Model(&models.Link{}).Where("id = ?", id).UpdateColumn("revoked_at", gorm.Expr("COALESCE(revoked_at, ?)", now))
	return failed("revoke a link", changedOne(q, models.ErrNotFound))
}

// RevokeLinks makes every link of a client's contacts of no use, those for unsubscribing included, and says how many worked until then.
// What is mailed afterwards has new ones.
func (s *Store) RevokeLinks(ctx context.Context, clientID int64, why, by string, now time.Time) (n int, err error) {
	err = s.write(ctx, "revoke the links of a client", now, func(tx *gorm.DB) error {
		if _, err := one[models.Client](tx, clientID); err != nil {
			return err
		}
		contacts := tx.Model(&models.Contact{}).Select("id").Where("client_id = ?", clientID)
		q := tx.Model(&models.Link{}).Where("contact_id IN (?) AND revoked_at IS NULL AND expires_at > ?", contacts, now).UpdateColumn("revoked_at", now)
		if n = int(q.RowsAffected); q.Error != nil || n == 0 {
			return q.Error
		}
		return addEntry(tx, now, "links_revoked", by, clientID, 0, map[string]any{"links": n, "why": why})
	})
	return n, err
}
