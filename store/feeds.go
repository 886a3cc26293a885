package store

import (
	"context"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/krestmarketing/deedwatch/models"
)

// CreateFeed keeps a calendar feed, of which only the hash of its address's secret part is known here. Each has its line in the ledger.
func (s *Store) CreateFeed(ctx context.Context, f models.Feed) (models.Feed, error) {
	err := s.write(ctx, "create a feed", f.CreatedAt, func(tx *gorm.DB) error {
		f.ID = 0
		if err := tx.Clauses(clause.Returning{}).Create(&f).Error; err != nil {
			return err
		}
		return feedEntry(tx, "feed_created", &f, f.CreatedBy, f.CreatedAt)
	})
	return f, err
}

// RevokeFeed makes a feed's address of no use, with its line in the ledger; ErrConflict when it was revoked before.
func (s *Store) RevokeFeed(ctx context.Context, id int64, by string, now time.Time) error {
	return s.write(ctx, "revoke a feed", now, func(tx *gorm.DB) error {
		f, err := one[models.Feed](tx, id)
		if err != nil {
			return err
		}
		q := tx.Model(&models.Feed{}).Where("id = ? AND revoked_at IS NULL", id).UpdateColumns(map[string]any{"revoked_at": now, "revoked_by": by})
		if err := changedOne(q, models.ErrConflict); err != nil {
			return err
		}
		return feedEntry(tx, "feed_revoked", &f, by, now)
	})
}

func feedEntry(tx *gorm.DB, kind string, f *models.Feed, by string, at time.Time) error {
	client := int64(0)
	if f.ClientID != nil {
		client = *f.ClientID
	}
	return addEntry(tx, at, kind, by, client, 0, map[string]any{"feed": f.ID, "label": f.Label})
}

// Feeds gives the feeds of a client that are not revoked, or with nil those of the team, the first made first.
func (s *Store) Feeds(ctx context.Context, clientID *int64) ([]models.Feed, error) {
	q := s.ask(ctx).Where("revoked_at IS NULL").Order("id")
	if clientID == nil {
		q = q.Where("client_id IS NULL")
	} else {
		q = q.Where("client_id = ?", *clientID)
	}
	var feeds []models.Feed
	return feeds, failed("feeds", q.Find(&feeds).Error)
}

// FeedView gives what the feed with that hash shows: at most limit domains under watch, the nearest dates first, with dates from an instant
// on. ErrNotFound when there is no such feed, or it is revoked.
func (s *Store) FeedView(ctx context.Context, hash string, from time.Time, limit int) (v models.FeedView, err error) {
	err = s.read(ctx, "feed", func(tx *gorm.DB) error {
		if v.Feed, err = takeFeed(tx, hash); err != nil {
			return err
		}
		client := int64(0)
		if v.Feed.ClientID != nil {
			client = *v.Feed.ClientID
			c, err := one[models.Client](tx, client)
			if err != nil {
				return err
			}
			v.Client = &c
		}
		q := watchedOf(tx, client).Where("expires_at >= ? OR last_safe_day >= ? OR recover_until >= ?", from, from, from).
			Order("expires_at IS NULL, expires_at, domains.id").Limit(limit + 1)
		if err := q.Find(&v.Domains).Error; err != nil {
			return err
		}
		if v.More = len(v.Domains) > limit; v.More {
			v.Domains = v.Domains[:limit]
		}
		v.Names, err = namedClients(tx, v.Domains)
		return err
	})
	return v, err
}

func takeFeed(tx *gorm.DB, hash string) (f models.Feed, err error) {
	err = tx.Where("hash = ? AND revoked_at IS NULL", hash).Take(&f).Error
	return f, err
}

// namedClients gives the names of the clients of domains.
func namedClients(tx *gorm.DB, domains []models.Domain) (map[int64]string, error) {
	clients, err := where[models.Client](tx, "id", pick(domains, func(d *models.Domain) int64 { return d.ClientID }), "id")
	names := make(map[int64]string, len(clients))
	for i := range clients {
		names[clients[i].ID] = clients[i].Name
	}
	return names, err
}

// TouchFeed notes that a feed was asked for.
func (s *Store) TouchFeed(ctx context.Context, id int64, now time.Time) error {
	return failed("touch a feed", s.writer.WithContext(ctx).Model(&models.Feed{}).Where("id = ?", id).UpdateColumn("last_used_at", now).Error)
}
