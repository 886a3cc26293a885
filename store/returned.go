package store

import (
	"context"
	"time"

	"gorm.io/gorm"

	"github.com/krestmarketing/deedwatch/models"
)

// returnedFor is how long a message that belongs to no expiry stands as refused or returned; the others stand while their cycle is open.
const returnedFor = 30 * 24 * time.Hour

// returned narrows a question on notices to those that were refused or came back, and still say something: their cycle is open, or they are
// young, and the contact has the address still.
func returned(tx *gorm.DB, now time.Time) func(*gorm.DB) *gorm.DB {
	open := tx.Session(&gorm.Session{NewDB: true}).Model(&models.Cycle{}).Select("id").Where("closed_at IS NULL")
	return func(q *gorm.DB) *gorm.DB {
		return q.Where("notices.channel = ? AND notices.state IN ?", models.ChannelEmail, []models.NoticeState{models.NoticeFailed, models.NoticeBounced}).
			Where("notices.cycle_id IN (?) OR (notices.cycle_id IS NULL AND notices.updated_at >= ?)", open, now.Add(-returnedFor)).
			Where("EXISTS (SELECT 1 FROM contacts WHERE contacts.id = notices.contact_id AND contacts.email = notices.recipient)")
	}
}

// ReturnedNotices gives the notices whose message was refused or came back, as far as they still say something, the latest first.
func (s *Store) ReturnedNotices(ctx context.Context, now time.Time, limit int) (views []models.NoticeView, err error) {
	err = s.read(ctx, "returned notices", func(tx *gorm.DB) error {
		views, err = noticeViews(tx, tx.Scopes(returned(tx, now)).Order("notices.updated_at DESC, notices.id DESC").Limit(limit))
		return err
	})
	return views, err
}

// returnedMails counts the messages of such notices.
func returnedMails(tx *gorm.DB, now time.Time) (int, error) {
	var n int64
	err := tx.Model(&models.Notice{}).Scopes(returned(tx, now)).Distinct("notices.mail_id").Count(&n).Error
	return int(n), err
}
