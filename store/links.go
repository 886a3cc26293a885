package store

import (
	"context"
	"database/sql"
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

// CreateLinks stores several as CreateLink does, and gives them in the same order. Those of a message that has none yet take one statement.
func (s *Store) CreateLinks(ctx context.Context, links ...models.Link) (made []models.Link, err error) {
	made = slices.Clone(links)
	for i := range made {
		l := &made[i]
		l.ID, l.ExpiresAt, l.CreatedAt = 0, instant(l.ExpiresAt), instant(l.CreatedAt)
		if l.Purpose == "" {
			l.Purpose = models.LinkAnswer
		}
	}
	if err := insertLinks(s.writer.WithContext(ctx), made); err != nil {
		return nil, failed("create links", err)
	}
	had := func(l models.Link) bool { return l.ID == 0 }
	if !slices.ContainsFunc(made, had) {
		return made, nil
	}
	err = s.write(ctx, "create links", made[0].CreatedAt, func(tx *gorm.DB) error {
		for i := range made {
			if had(made[i]) {
				if err := knownLink(tx, &made[i]); err != nil {
					return err
				}
			}
		}
		return nil
	})
	return made, err
}

// insertLinks adds the links whose message has none of their purpose, and gives those their IDs.
func insertLinks(tx *gorm.DB, links []models.Link) error {
	b := bulk{
		table:   "links",
		columns: []string{"contact_id", "purpose", "mail_id", "expires_at", "revoked_at", "last_used_at", "created_at"},
		tail:    " ON CONFLICT DO NOTHING RETURNING id, purpose, mail_id",
		scan: func(rows *sql.Rows) error {
			var id int64
			var purpose models.LinkPurpose
			var mail *int64
			err := rows.Scan(&id, &purpose, &mail)
			same := func(l models.Link) bool {
				return l.ID == 0 && l.Purpose == purpose && (mail == nil) == (l.MailID == nil) && (mail == nil || *mail == *l.MailID)
			}
			if i := slices.IndexFunc(links, same); i >= 0 {
				links[i].ID = id
			}
			return err
		},
	}
	return b.insert(tx, len(links), func(args []any, i int) []any {
		l := &links[i]
		return append(args, l.ContactID, string(l.Purpose), l.MailID, l.ExpiresAt, l.RevokedAt, l.LastUsedAt, l.CreatedAt)
	})
}

// knownLink gives the link that a message has of a purpose. In the place of one that was revoked, a message that is tried again gets one that
// works.
func knownLink(tx *gorm.DB, l *models.Link) error {
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
