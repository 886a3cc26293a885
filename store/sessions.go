package store

import (
	"context"
	"time"

	"gorm.io/gorm"

	"github.com/krestmarketing/deedwatch/models"
)

// SessionStore keeps the sessions of signed-in browsers; it satisfies scs.CtxStore. It is safe for concurrent use.
type SessionStore struct {
	store *Store
	now   func() time.Time
}

// Sessions gives the session store, which finds no session that has expired by the given clock.
func (s *Store) Sessions(now func() time.Time) *SessionStore {
	return &SessionStore{store: s, now: now}
}

// FindCtx gives the data of a session; found is false when it is unknown or has expired.
func (s *SessionStore) FindCtx(ctx context.Context, token string) (data []byte, found bool, err error) {
	row, err := first[models.Session](s.store.ask(ctx).Where("token = ? AND expires_at > ?", token, s.now()))
	if err != nil || row == nil {
		return nil, false, failed("find a session", err)
	}
	return row.Data, true, nil
}

// CommitCtx stores a session, replacing the one with its token.
func (s *SessionStore) CommitCtx(ctx context.Context, token string, data []byte, expiry time.Time) error {
	row := models.Session{Token: token, Data: data, ExpiresAt: expiry}
	return s.store.write(ctx, "commit a session", expiry, func(tx *gorm.DB) error { return upsert(tx, &row) })
}

// DeleteCtx forgets a session; one that is unknown is no error.
func (s *SessionStore) DeleteCtx(ctx context.Context, token string) error {
	q := s.store.writer.WithContext(ctx).Where("token = ?", token).Delete(&models.Session{})
	return failed("delete a session", q.Error)
}

// DeleteExpired forgets the sessions that have expired at now.
func (s *SessionStore) DeleteExpired(ctx context.Context, now time.Time) error {
	q := s.store.writer.WithContext(ctx).Where("expires_at <= ?", now).Delete(&models.Session{})
	return failed("delete expired sessions", q.Error)
}

// Find is FindCtx without a context, which scs asks for and does not call.
func (s *SessionStore) Find(token string) (data []byte, found bool, err error) {
	return s.FindCtx(context.Background(), token)
}

// Commit is CommitCtx without a context, which scs asks for and does not call.
func (s *SessionStore) Commit(token string, data []byte, expiry time.Time) error {
	return s.CommitCtx(context.Background(), token, data, expiry)
}

// Delete is DeleteCtx without a context, which scs asks for and does not call.
func (s *SessionStore) Delete(token string) error { return s.DeleteCtx(context.Background(), token) }
