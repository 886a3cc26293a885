package store

import (
	"context"
	"strconv"
	"time"

	"gorm.io/gorm"

	"github.com/krestmarketing/deedwatch/models"
)

// Unsubscribing gives what the page behind a List-Unsubscribe header shows. A link that was revoked, or made for something else, is not
// found; whether it has expired is the caller's to decide.
func (s *Store) Unsubscribing(ctx context.Context, linkID int64) (v models.Unsubscribing, err error) {
	err = s.read(ctx, "unsubscribing", func(tx *gorm.DB) error {
		if v.Link, v.Contact, err = unsubscribeLink(tx, linkID); err != nil {
			return err
		}
		if v.Client, err = one[models.Client](tx, v.Contact.ClientID); err != nil {
			return err
		}
		on, err := suppressionOn(tx, v.Contact.Email)
		if err != nil {
			return err
		}
		v.OwnWish = on != nil && ownWish(on)
		contacts, err := contactsOf(tx, []int64{v.Client.ID})
		if err != nil {
			return err
		}
		for _, c := range contacts[v.Client.ID] {
			if c.ID != v.Contact.ID && c.Usable() {
				v.Next = &c
				break
			}
		}
		return nil
	})
	return v, err
}

// OptIn takes back, by the same link, what OptOut did: the contact's address is written to again, and the task that opting out gave to ops
// ends. A second call changes nothing. ErrNotFound as for OptOut; ErrConflict when the address is not written to for another reason, such
// as mail that comes back.
func (s *Store) OptIn(ctx context.Context, linkID int64, now time.Time) error {
	return s.write(ctx, "opt in", now, func(tx *gorm.DB) error {
		_, contact, err := unsubscribeLink(tx, linkID)
		if err != nil {
			return err
		}
		on, err := suppressionOn(tx, contact.Email)
		switch {
		case err != nil || on == nil:
			return err
		case !ownWish(on):
			return models.ErrConflict
		}
		by := "contact:" + strconv.FormatInt(contact.ID, 10)
		q := tx.Model(&models.Suppression{}).Where("id = ? AND lifted_at IS NULL", on.ID).UpdateColumns(map[string]any{"lifted_at": now, "lifted_by": by})
		if q.Error != nil || q.RowsAffected == 0 {
			return q.Error
		}
		contacts, err := contactsWith(tx, contact.Email)
		if err != nil {
			return err
		}
		err = tx.Model(&models.Notice{}).
			Where("stage = ? AND channel = ? AND state IN ?", models.StageOptedOut, models.ChannelTask, unsentStates).
			Where("contact_id IN ?", pick(contacts, func(c *models.Contact) int64 { return c.ID })).
			UpdateColumns(map[string]any{"state": models.NoticeCancelled, "reason": models.ReasonWithdrawn, "updated_at": now}).Error
		if err != nil {
			return err
		}
		return lifted(tx, on, by, now)
	})
}

// unsubscribeLink gives a link for unsubscribing that was not revoked, and whose it is.
func unsubscribeLink(tx *gorm.DB, linkID int64) (l models.Link, c models.Contact, err error) {
	if l, err = one[models.Link](tx.Where("revoked_at IS NULL AND purpose = ?", models.LinkUnsubscribe), linkID); err != nil {
		return l, c, err
	}
	c, err = one[models.Contact](tx, l.ContactID)
	return l, c, err
}

func suppressionOn(tx *gorm.DB, address string) (*models.Suppression, error) {
	return first[models.Suppression](tx.Where("address = ? AND lifted_at IS NULL", address))
}

// ownWish reports whether it was the person who asked not to be written to.
func ownWish(s *models.Suppression) bool {
	return s.Reason == models.SuppressedOptedOut || s.Reason == models.SuppressedComplaint
}
