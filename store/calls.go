package store

import (
	"context"

	"gorm.io/gorm"

	"github.com/krestmarketing/deedwatch/models"
)

// LogCall keeps a word with a client by phone, and closes the task it was made for when that is done with it. ErrConflict when the task is to be
// closed and is not open; ErrNotFound when the call names a task, a domain or a contact that is not the client's.
func (s *Store) LogCall(ctx context.Context, c models.Call, done bool) (models.Call, error) {
	err := s.write(ctx, "log a call", c.At, func(tx *gorm.DB) error {
		c.ID = 0
		if err := ofClient(tx, &c); err != nil {
			return err
		}
		if err := tx.Create(&c).Error; err != nil {
			return err
		}
		var domainID int64
		if c.DomainID != nil {
			domainID = *c.DomainID
		}
		line, err := entry(c.At, "call_logged", c.By, c.ClientID, domainID, map[string]any{
			"call": c.ID, "contact": c.ContactID, "notice": c.NoticeID, "outcome": c.Outcome, "note": c.Note,
		})
		if err != nil {
			return err
		}
		lines := []models.Entry{line}
		if done && c.NoticeID != nil {
			closed, err := finishTask(tx, *c.NoticeID, c.By, c.At)
			if err != nil {
				return err
			}
			lines = append(lines, closed)
		}
		return appendLedger(tx, lines)
	})
	return c, err
}

// ofClient makes sure that what a call names belongs to its client. A call for a task is about the task's domain.
func ofClient(tx *gorm.DB, c *models.Call) error {
	if c.NoticeID != nil {
		n, err := one[models.Notice](tx.Where("client_id = ? AND channel = ?", c.ClientID, models.ChannelTask), *c.NoticeID)
		if err != nil {
			return err
		}
		if c.DomainID == nil && n.DomainID != 0 {
			c.DomainID = &n.DomainID
		}
	}
	if c.ContactID != nil {
		if _, err := one[models.Contact](tx.Where("client_id = ?", c.ClientID), *c.ContactID); err != nil {
			return err
		}
	}
	if c.DomainID != nil {
		if _, err := one[models.Domain](tx.Where("client_id = ?", c.ClientID), *c.DomainID); err != nil {
			return err
		}
	}
	return nil
}

func callsOf(tx *gorm.DB, clientID int64, limit int) (calls []models.Call, err error) {
	err = tx.Where("client_id = ?", clientID).Order("id DESC").Limit(limit).Find(&calls).Error
	return calls, err
}
