package store

import (
	"context"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/krestmarketing/deedwatch/models"
)

// CreateLink stores a signed way in, for answering unless it says otherwise. A message has one link of each purpose: a second call for the
// same gives the first one.
func (s *Store) CreateLink(ctx context.Context, l models.Link) (models.Link, error) {
	err := s.write(ctx, "create a link", l.CreatedAt, func(tx *gorm.DB) error {
		l.ID = 0
		if l.Purpose == "" {
			l.Purpose = models.LinkAnswer
		}
		if l.MailID == nil {
			return tx.Clauses(clause.Returning{}).Create(&l).Error
		}
		row := l
		if err := tx.Clauses(clause.OnConflict{DoNothing: true}).Create(&row).Error; err != nil {
			return err
		}
		return tx.Where("mail_id = ? AND purpose = ?", *l.MailID, row.Purpose).Take(&l).Error
	})
	return l, err
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
