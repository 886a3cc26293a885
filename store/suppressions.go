package store

import (
	"context"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/krestmarketing/deedwatch/models"
)

// suppressionWeight says which reason takes the place of another: what a person asked for stays when mail to the address comes back too.
var suppressionWeight = map[models.SuppressionReason]int{
	models.SuppressedBounced: 0, models.SuppressedByHand: 1, models.SuppressedOptedOut: 2, models.SuppressedComplaint: 3,
}

// reasonSuppressed is why notices end that waited for a suppressed address.
const reasonSuppressed = "address_suppressed"

// Suppress keeps an address (lower case) from being written to: in one transaction all contacts with it are marked, and what waits for them
// is cancelled, so that planning turns to the next contact. An address that is suppressed already stays as it is, unless the new reason
// weighs more.
func (s *Store) Suppress(ctx context.Context, sup models.Suppression) error {
	return s.write(ctx, "suppress an address", sup.At, func(tx *gorm.DB) error {
		entries, err := suppress(tx, sup)
		if err != nil {
			return err
		}
		return appendLedger(tx, entries)
	})
}

// OptOut suppresses the address of the contact for whom a link was made, by that contact's own wish, and gives the contact. A second call
// changes nothing. ErrNotFound when the link is not there, was revoked, or was made for something else than unsubscribing.
func (s *Store) OptOut(ctx context.Context, linkID int64, now time.Time) (contact models.Contact, err error) {
	err = s.write(ctx, "opt out", now, func(tx *gorm.DB) error {
		link, err := one[models.Link](tx, linkID)
		if err != nil {
			return err
		}
		if link.Purpose != models.LinkUnsubscribe || link.RevokedAt != nil {
			return models.ErrNotFound
		}
		if contact, err = one[models.Contact](tx, link.ContactID); err != nil || contact.Email == "" {
			return err
		}
		entries, err := suppress(tx, models.Suppression{
			Address: contact.Email, Reason: models.SuppressedOptedOut, Detail: "by the link in a notice", By: "contact:" + idText(&contact.ID), At: now,
		})
		if err != nil {
			return err
		}
		return appendLedger(tx, entries)
	})
	return contact, err
}

// LiftSuppression lets an address be written to again, and restores the contacts with it. ErrConflict when it was lifted before.
func (s *Store) LiftSuppression(ctx context.Context, id int64, by string, now time.Time) error {
	return s.write(ctx, "lift a suppression", now, func(tx *gorm.DB) error {
		sup, err := one[models.Suppression](tx, id)
		if err != nil {
			return err
		}
		q := tx.Model(&models.Suppression{}).Where("id = ? AND lifted_at IS NULL", id).UpdateColumns(map[string]any{"lifted_at": now, "lifted_by": by})
		if err := changedOne(q, models.ErrConflict); err != nil {
			return err
		}
		return lifted(tx, &sup, by, now)
	})
}

// lifted restores the contacts with an address that is written to again, with the ledger's lines.
func lifted(tx *gorm.DB, sup *models.Suppression, by string, now time.Time) error {
	contacts, err := contactsWith(tx, sup.Address)
	if err != nil {
		return err
	}
	err = tx.Model(&models.Contact{}).Where("email = ?", sup.Address).UpdateColumns(map[string]any{
		"email_state": models.EmailOK, "email_reason": "", "email_state_at": now, "opted_out_at": nil, "updated_at": now,
	}).Error
	if err != nil {
		return err
	}
	entries, err := suppressionEntries(now, "suppression_lifted", by, contacts, map[string]any{"address": sup.Address, "reason": sup.Reason, "since": sup.At})
	if err != nil {
		return err
	}
	return appendLedger(tx, entries)
}

// Suppressions gives the latest suppressions, those that are lifted only when asked for.
func (s *Store) Suppressions(ctx context.Context, lifted bool, limit int) ([]models.Suppression, error) {
	q := s.ask(ctx).Order(clause.OrderByColumn{Column: clause.Column{Name: "id"}, Desc: true}).Limit(limit)
	if !lifted {
		q = q.Where("lifted_at IS NULL")
	}
	var list []models.Suppression
	return list, failed("suppressions", q.Find(&list).Error)
}

// suppress does in the caller's transaction what Suppress says, and gives the ledger's lines.
func suppress(tx *gorm.DB, sup models.Suppression) ([]models.Entry, error) {
	on, err := first[models.Suppression](tx.Where("address = ? AND lifted_at IS NULL", sup.Address))
	if err != nil {
		return nil, err
	}
	if on != nil {
		if suppressionWeight[on.Reason] >= suppressionWeight[sup.Reason] {
			return nil, nil
		}
		err := tx.Model(on).UpdateColumns(map[string]any{"lifted_at": sup.At, "lifted_by": "replaced by " + string(sup.Reason)}).Error
		if err != nil {
			return nil, err
		}
	}
	sup.ID = 0
	added := tx.Clauses(clause.OnConflict{DoNothing: true}).Create(&sup)
	if added.Error != nil || added.RowsAffected == 0 { // somebody else does the same at this moment
		return nil, added.Error
	}
	contacts, err := contactsWith(tx, sup.Address)
	if err != nil {
		return nil, err
	}
	if err := markContacts(tx, &sup); err != nil {
		return nil, err
	}
	cancelled, err := cancelWaiting(tx, pick(contacts, func(c *models.Contact) int64 { return c.ID }), sup.At)
	if err != nil {
		return nil, err
	}
	facts := map[string]any{"address": sup.Address, "reason": sup.Reason, "detail": sup.Detail, "cancelled": cancelled}
	return suppressionEntries(sup.At, "address_suppressed", sup.By, contacts, facts)
}

// markContacts sets on every contact with a suppressed address what reading code goes by.
func markContacts(tx *gorm.DB, sup *models.Suppression) error {
	set := map[string]any{"updated_at": sup.At}
	switch sup.Reason {
	case models.SuppressedComplaint, models.SuppressedOptedOut:
		set["opted_out_at"] = gorm.Expr("COALESCE(opted_out_at, ?)", sup.At)
	case models.SuppressedBounced, models.SuppressedByHand:
		set["email_state"], set["email_reason"], set["email_state_at"] = models.EmailBad, sup.Detail, sup.At
	}
	return tx.Model(&models.Contact{}).Where("email = ?", sup.Address).UpdateColumns(set).Error
}

// honourSuppressions marks the contacts with any of the addresses that are suppressed: whoever adds contacts or changes their addresses
// calls it in the same transaction.
func honourSuppressions(tx *gorm.DB, addresses []string) error {
	return inBatches(addresses, func(batch []string) error {
		var on []models.Suppression
		if err := tx.Where("address IN ? AND lifted_at IS NULL", batch).Find(&on).Error; err != nil {
			return err
		}
		erased, err := erasedSuppressions(tx, batch)
		if err != nil {
			return err
		}
		on = append(on, erased...)
		for i := range on {
			if err := markContacts(tx, &on[i]); err != nil {
				return err
			}
		}
		return nil
	})
}

// cancelWaiting ends the e-mail notices of contacts that have not gone out, with the messages that were made for them, and counts them. A
// message that is being handed over is left alone.
func cancelWaiting(tx *gorm.DB, contactIDs []int64, at time.Time) (cancelled int64, err error) {
	err = inBatches(contactIDs, func(batch []int64) error {
		waiting := tx.Model(&models.Mail{}).Select("id").Where("contact_id IN ? AND state = ?", batch, models.MailWaiting)
		q := tx.Model(&models.Notice{}).Where("contact_id IN ? AND channel = ?", batch, models.ChannelEmail).
			Where("state IN ? OR (state = ? AND mail_id IN (?))", []models.NoticeState{models.NoticeQueued, models.NoticeHeld}, models.NoticeMailed, waiting).
			UpdateColumns(map[string]any{"state": models.NoticeCancelled, "reason": reasonSuppressed, "updated_at": at})
		if q.Error != nil {
			return q.Error
		}
		cancelled += q.RowsAffected
		return tx.Model(&models.Mail{}).Where("contact_id IN ? AND state = ?", batch, models.MailWaiting).
			UpdateColumns(map[string]any{"state": models.MailCancelled, "last_error": reasonSuppressed, "updated_at": at}).Error
	})
	return cancelled, err
}

func contactsWith(tx *gorm.DB, address string) ([]models.Contact, error) {
	var contacts []models.Contact
	return contacts, tx.Where("email = ?", address).Order("id").Find(&contacts).Error
}

// suppressionEntries gives one line for each client who has a contact with the address, or one without a client when nobody has.
func suppressionEntries(at time.Time, kind, by string, contacts []models.Contact, facts map[string]any) ([]models.Entry, error) {
	clients := []int64{0}
	if len(contacts) > 0 {
		clients = pick(contacts, func(c *models.Contact) int64 { return c.ClientID })
	}
	entries := make([]models.Entry, 0, len(clients))
	for _, id := range clients {
		e, err := entry(at, kind, by, id, 0, facts)
		if err != nil {
			return nil, err
		}
		entries = append(entries, e)
	}
	return entries, nil
}
