package dashboard_test

import (
	"context"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

func (f *fakeStore) CreateFeed(_ context.Context, feed models.Feed) (models.Feed, error) {
	feed.ID = int64(len(f.feeds) + 1)
	f.feeds = append(f.feeds, feed)
	f.wrote("create feed %s", feed.Label)
	return feed, f.broken
}

func (f *fakeStore) RevokeFeed(_ context.Context, id int64, by string, now time.Time) error {
	for i := range f.feeds {
		if f.feeds[i].ID == id && f.feeds[i].RevokedAt == nil {
			f.feeds[i].RevokedAt = &now
			f.wrote("revoke feed %d %s", id, by)
			return f.broken
		}
	}
	return models.ErrNotFound
}

func (f *fakeStore) Feeds(_ context.Context, clientID *int64) (list []models.Feed, err error) {
	for _, feed := range f.feeds {
		if feed.RevokedAt == nil && (clientID == nil) == (feed.ClientID == nil) && (clientID == nil || *clientID == *feed.ClientID) {
			list = append(list, feed)
		}
	}
	return list, f.broken
}

func (f *fakeStore) FeedView(_ context.Context, hash string, _ time.Time, limit int) (v models.FeedView, err error) {
	for _, feed := range f.feeds {
		if feed.Hash != hash || feed.RevokedAt != nil {
			continue
		}
		v = models.FeedView{Feed: feed, Names: map[int64]string{}}
		for _, r := range f.domains {
			if feed.ClientID == nil || *feed.ClientID == r.Domain.ClientID {
				v.Domains = append(v.Domains, r.Domain)
				v.Names[r.Domain.ClientID] = f.clients[r.Domain.ClientID].Name
			}
		}
		if feed.ClientID != nil {
			v.Client = new(f.clients[*feed.ClientID])
		}
		if v.More = len(v.Domains) > limit; v.More {
			v.Domains = v.Domains[:limit]
		}
		return v, f.broken
	}
	return v, models.ErrNotFound
}

func (f *fakeStore) TouchFeed(_ context.Context, id int64, now time.Time) error {
	f.feeds[id-1].LastUsedAt = &now
	f.wrote("touch feed %d", id)
	return nil
}

func (f *fakeStore) EraseContact(_ context.Context, e models.Erasure) (models.ErasureResult, error) {
	if !e.Force {
		return models.ErasureResult{}, models.Invalid("contact", "this is the last person who can be written to")
	}
	f.wrote("erase %d %s %s", e.ContactID, e.By, e.Reason)
	return models.ErasureResult{Lines: 3, Messages: 1}, f.broken
}
