package store

import (
	"context"
	"errors"
	"strings"
	"time"

	"gorm.io/gorm"

	"github.com/krestmarketing/deedwatch/models"
)

// collectLock is the PostgreSQL advisory lock under which one process at a time binds notices to messages.
const collectLock = 727003

// parcel is all that is due to one contact in messages of one kind.
type parcel struct {
	ContactID int64
	Kind      models.MailKind
}

// reusable are the states in which the day's message can take notices for as long as it was not tried: it waits, or all that it carried was
// taken out of it before it went out.
var reusable = []models.MailState{models.MailWaiting, models.MailCancelled}

// kindOfStage gives the kind of message in which a notice travels, as models.Stage.MailKind does.
const kindOfStage = "CASE WHEN notices.stage IN ('access_request', 'access_review') THEN 'access' ELSE 'notice' END"

// CollectMails binds the queued e-mail notices that are due to one message of a kind per contact and day, and gives the IDs of the messages
// that got notices, the most urgent contact first; more: there may be others, beyond the limit. A message that was not tried yet takes further
// notices, and goes to the contact's address as it is now; when that day's message has been tried, the contact's notices stay queued for the
// next day. Notices to a contact who may not be written to, or of a client that is held, stay
// queued. An address that has its messages for the day gets no further one: what is over the cap is put off to the next day, under its own
// reason. Messages on their way and those handed over that day count, whichever day and client they were made for.
func (s *Store) CollectMails(ctx context.Context, c models.Collection) (ids []int64, more bool, err error) {
	err = s.write(ctx, "collect mails", c.Now, func(tx *gorm.DB) error {
		ids = nil
		if tx.Name() == EnginePostgres {
			if err := tx.Exec("SELECT pg_advisory_xact_lock(?)", collectLock).Error; err != nil {
				return err
			}
		}
		ids, more, err = collectIn(tx, &c)
		return err
	})
	return ids, more, err
}

func collectIn(tx *gorm.DB, c *models.Collection) (ids []int64, more bool, err error) {
	parcels, err := parcelsDue(tx, c)
	if err != nil || len(parcels) == 0 {
		return nil, false, err
	}
	contactIDs := pick(parcels, func(p *parcel) int64 { return p.ContactID })
	contacts, err := where[models.Contact](tx, "id", contactIDs, "id")
	if err != nil {
		return nil, false, err
	}
	notices, err := where[models.Notice](tx, "contact_id", contactIDs, "expires_at, id",
		"state = ? AND channel = ? AND due_at <= ?", models.NoticeQueued, models.ChannelEmail, c.Now)
	if err != nil {
		return nil, false, err
	}
	counts, err := mailsToday(tx, contacts, c)
	if err != nil {
		return nil, false, err
	}
	moved := false
	contactBy := index(contacts, func(c *models.Contact) int64 { return c.ID })
	noticesBy := group(notices, func(n *models.Notice) parcel { return parcel{*n.ContactID, n.Stage.MailKind()} })
	for _, p := range parcels {
		contact := contactBy[p.ContactID]
		id, off, err := collectParcel(tx, &contact, p.Kind, noticesBy[p], counts, c)
		if err != nil {
			return ids, false, err
		}
		if id != 0 {
			ids = append(ids, id)
		}
		moved = moved || id != 0 || off
	}
	return ids, moved && len(parcels) == c.Limit, nil
}

// parcelsDue gives the contacts with due notices who can be written to that day, by kind of message, the most urgent first.
func parcelsDue(tx *gorm.DB, c *models.Collection) (parcels []parcel, err error) {
	err = tx.Model(&models.Notice{}).Joins("JOIN contacts ON contacts.id = notices.contact_id").
		Joins("JOIN clients ON clients.id = notices.client_id AND clients.held_at IS NULL").
		Select("notices.contact_id, "+kindOfStage+" AS kind").Scopes(writable).
		Where("notices.state = ? AND notices.channel = ? AND notices.due_at <= ?", models.NoticeQueued, models.ChannelEmail, c.Now).
		Where(`NOT EXISTS (SELECT 1 FROM mails WHERE mails.contact_id = notices.contact_id AND mails.day = ? AND mails.kind = `+kindOfStage+`
			AND NOT (mails.state IN ? AND mails.attempts = 0))`, c.Day, reusable).
		Group("notices.contact_id, " + kindOfStage).Order("MIN(notices.expires_at), notices.contact_id, 2").Limit(c.Limit).Scan(&parcels).Error
	return parcels, err
}

// mailsToday counts, by address, the messages that were handed over on the day, were made for it, or are on their way. One that waits and
// carries nothing any more will not go out.
func mailsToday(tx *gorm.DB, contacts []models.Contact, c *models.Collection) (map[string]int, error) {
	counts := map[string]int{}
	addresses := distinct(pick(contacts, func(c *models.Contact) string { return strings.ToLower(c.Email) }))
	err := inBatches(addresses, func(batch []string) error {
		var rows []struct {
			Recipient string
			Mails     int
		}
		err := tx.Model(&models.Mail{}).Select("LOWER(recipient) AS recipient, COUNT(*) AS mails").
			Where("LOWER(recipient) IN ? AND state <> ?", batch, models.MailCancelled).
			Where(`"day" = ? OR state IN ? OR sent_at >= ?`, c.Day, onItsWay, c.Since).
			Where("state <> ? OR EXISTS (SELECT 1 FROM notices WHERE notices.mail_id = mails.id AND notices.state = ?)", models.MailWaiting, models.NoticeMailed).
			Group("LOWER(recipient)").Scan(&rows).Error
		for _, r := range rows {
			counts[r.Recipient] = r.Mails
		}
		return err
	})
	return counts, err
}

// collectParcel binds one contact's notices to the message of their kind of the day, and gives its ID; 0: there was nothing left to bind, the
// message has been tried by now, or, with off, the address has its messages for the day.
func collectParcel(tx *gorm.DB, contact *models.Contact, kind models.MailKind, notices []models.Notice, counts map[string]int, c *models.Collection) (id int64, off bool, err error) {
	if len(notices) == 0 {
		return 0, false, nil
	}
	mail, err := first[models.Mail](tx.Where(`contact_id = ? AND "day" = ? AND kind = ?`, contact.ID, c.Day, kind))
	if err != nil {
		return 0, false, err
	}
	address := strings.ToLower(contact.Email)
	if mail == nil || mail.State == models.MailCancelled || strings.ToLower(mail.Recipient) != address {
		if c.Cap > 0 && counts[address] >= c.Cap {
			return 0, true, putOff(tx, contact, notices, c)
		}
		counts[address]++
	}
	if mail == nil {
		mail = &models.Mail{
			ContactID: contact.ID, Day: c.Day, Kind: kind, ClientID: contact.ClientID, Recipient: contact.Email, State: models.MailWaiting, NextAttemptAt: c.Now,
			MessageID: c.MessageID(contact.ID, c.Day, notices[0]),
		}
		err = tx.Create(mail).Error
	} else {
		err = reuse(tx, mail, contact, c.Now)
	}
	if errors.Is(err, models.ErrConflict) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, err
	}
	id, err = bind(tx, mail, notices, c.Now)
	return id, false, err
}

// reuse lets a message that was not tried yet take further notices, to the contact's address as it is now; ErrConflict when it was tried by
// now. The update also waits for an attempt that is being begun.
func reuse(tx *gorm.DB, mail *models.Mail, contact *models.Contact, now time.Time) error {
	set := map[string]any{"updated_at": now, "recipient": contact.Email, "state": models.MailWaiting}
	if mail.State == models.MailCancelled {
		set["next_attempt_at"], set["last_error"] = now, ""
	}
	q := tx.Model(&models.Mail{}).Where("id = ? AND state = ? AND attempts = 0", mail.ID, mail.State).UpdateColumns(set)
	return changedOne(q, models.ErrConflict)
}

// bind makes a message carry notices, and gives its ID; 0: none of them was left to be carried.
func bind(tx *gorm.DB, mail *models.Mail, notices []models.Notice, now time.Time) (int64, error) {
	ids := pick(notices, func(n *models.Notice) int64 { return n.ID })
	bound := 0
	err := inBatches(ids, func(batch []int64) error {
		q := tx.Model(&models.Notice{}).Where("id IN ? AND state = ?", batch, models.NoticeQueued).
			UpdateColumns(map[string]any{"state": models.NoticeMailed, "mail_id": mail.ID, "updated_at": now})
		bound += int(q.RowsAffected)
		return q.Error
	})
	if bound == 0 {
		return 0, err
	}
	return mail.ID, err
}

// putOff lets notices over the daily cap wait for the next day.
func putOff(tx *gorm.DB, contact *models.Contact, notices []models.Notice, c *models.Collection) error {
	ids := pick(notices, func(n *models.Notice) int64 { return n.ID })
	changes := make([]models.NoticeChange, len(notices))
	for i := range notices {
		changes[i] = models.NoticeChange{ID: ids[i], From: models.NoticeQueued, To: models.NoticeQueued, DueAt: &c.Later, Reason: models.ReasonOverCap}
	}
	if _, err := moveNotices(tx, changes, c.Now); err != nil {
		return err
	}
	return addEntry(tx, c.Now, "notices_over_cap", "system", contact.ClientID, 0,
		map[string]any{"recipient": contact.Email, "day": c.Day, "cap": c.Cap, "notices": ids, "due_at": c.Later.UTC()})
}
