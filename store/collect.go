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

// parcelKey tells parcels apart: all that is due to one contact goes in one message of a kind.
type parcelKey struct {
	contactID int64
	kind      models.MailKind
}

// parcel is all that is due to one contact in messages of one kind.
type parcel struct {
	ContactID int64
	Kind      models.MailKind
	ClientID  int64
	Email     string          // the contact's address as it is now
	Notices   []models.Notice `gorm:"-"` // the most urgent first
}

func (p *parcel) key() parcelKey { return parcelKey{p.ContactID, p.Kind} }

func (p *parcel) noticeIDs() []int64 {
	return pick(p.Notices, func(n *models.Notice) int64 { return n.ID })
}

// untaken holds for a message that no server can have taken: it was not tried, or each attempt ended by a refusal or without a session. One of
// which that is not known is repeated as it is, or not at all.
const untaken = "(mails.attempts = 0 OR mails.attempts = (SELECT COUNT(*) FROM attempts WHERE attempts.mail_id = mails.id AND (attempts.code >= 400 OR attempts.reply LIKE '" +
	models.NotConnected + "%')))"

// reusable holds for a message of the day that can take notices: it waits and was not taken, or all that it carried was taken out of it before
// it was tried.
const reusable = "(mails.state = 'waiting' AND " + untaken + " OR mails.state = 'cancelled' AND mails.attempts = 0)"

// kindOfStage gives the kind of message in which a notice travels, as models.Stage.MailKind does.
const kindOfStage = "CASE WHEN notices.stage IN ('access_request', 'access_review') THEN 'access' ELSE 'notice' END"

// CollectMails binds the queued e-mail notices that are due to one message of a kind per contact and day, and gives the IDs of the messages
// that got notices, the most urgent contact first; more: there may be others, beyond the limit. A message that no server has taken yet takes
// further notices, and goes to the contact's address as it is now; one that waits from a day before is the day's from then on. When that day's
// message may have been taken, the contact's notices stay queued for the next day. Notices to a contact who may not be written to, or of a client that is held, stay
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

// collectIn decides on each parcel in turn, and then writes what was decided for all of them at once.
func collectIn(tx *gorm.DB, c *models.Collection) (ids []int64, more bool, err error) {
	if !c.Next {
		if err := carryOver(tx, c); err != nil {
			return nil, false, err
		}
	}
	parcels, err := parcelsDue(tx, c)
	if err != nil || len(parcels) == 0 {
		return nil, false, err
	}
	if err := addDue(tx, parcels, c); err != nil {
		return nil, false, err
	}
	mails, err := mailsOfDay(tx, parcels, c.Day)
	if err != nil {
		return nil, false, err
	}
	counts, err := mailsToday(tx, parcels, c)
	if err != nil {
		return nil, false, err
	}
	var fresh, packed, over []parcel
	for _, p := range parcels {
		if len(p.Notices) == 0 {
			continue
		}
		mail, made := mails[p.key()]
		address := strings.ToLower(p.Email)
		if !made || mail.State == models.MailCancelled || strings.ToLower(mail.Recipient) != address {
			if c.Cap > 0 && counts[address] >= c.Cap {
				over = append(over, p)
				continue
			}
			counts[address]++
		}
		if !made {
			fresh = append(fresh, p)
		} else if err := reuse(tx, &mail, p.Email, c.Now); errors.Is(err, models.ErrConflict) {
			continue
		} else if err != nil {
			return nil, false, err
		}
		packed = append(packed, p)
	}
	if err := makeMails(tx, fresh, c); err != nil {
		return nil, false, err
	}
	if ids, err = bind(tx, packed, c); err != nil {
		return nil, false, err
	}
	return ids, len(ids)+len(over) > 0 && len(parcels) == c.Limit, putOff(tx, over, c)
}

// carryOver makes what waits from a day before the message of the day, so that a contact gets one: the oldest, where there are several.
func carryOver(tx *gorm.DB, c *models.Collection) error {
	return tx.Exec(`UPDATE mails SET "day" = ?, updated_at = ? WHERE state = 'waiting' AND "day" < ? AND `+untaken+`
		AND EXISTS (SELECT 1 FROM notices WHERE notices.mail_id = mails.id AND notices.state = 'mailed')
		AND NOT EXISTS (SELECT 1 FROM mails AS other WHERE other.contact_id = mails.contact_id AND other.kind = mails.kind AND other.id <> mails.id
			AND (other.day = ? OR other.id < mails.id AND other.state = 'waiting'))`, c.Day, c.Now, c.Day, c.Day).Error
}

// parcelsDue gives the contacts with due notices who can be written to that day, by kind of message, the most urgent first.
func parcelsDue(tx *gorm.DB, c *models.Collection) (parcels []parcel, err error) {
	err = tx.Model(&models.Notice{}).Joins("JOIN contacts ON contacts.id = notices.contact_id").
		Joins("JOIN clients ON clients.id = notices.client_id AND clients.held_at IS NULL").
		Select("contacts.id AS contact_id, "+kindOfStage+" AS kind, contacts.client_id, contacts.email").Scopes(writable).
		Where("notices.state = ? AND notices.channel = ? AND notices.due_at <= ?", models.NoticeQueued, models.ChannelEmail, c.Now).
		Where(`NOT EXISTS (SELECT 1 FROM mails WHERE mails.contact_id = notices.contact_id AND mails.day = ? AND mails.kind = `+kindOfStage+`
			AND NOT `+reusable+`)`, c.Day).
		Group("contacts.id, " + kindOfStage).Order("MIN(notices.expires_at), contacts.id, 2").Limit(c.Limit).Scan(&parcels).Error
	return parcels, err
}

func recipientIDs(parcels []parcel) []int64 {
	return pick(parcels, func(p *parcel) int64 { return p.ContactID })
}

// addDue puts what is due into its parcels.
func addDue(tx *gorm.DB, parcels []parcel, c *models.Collection) error {
	q := tx.Select("id", "domain_id", "cycle_id", "stage", "recipient", "channel", "contact_id").Session(&gorm.Session{})
	notices, err := where[models.Notice](q, "contact_id", recipientIDs(parcels), "expires_at, id",
		"state = ? AND channel = ? AND due_at <= ?", models.NoticeQueued, models.ChannelEmail, c.Now)
	of := group(notices, func(n *models.Notice) parcelKey { return parcelKey{*n.ContactID, n.Stage.MailKind()} })
	for i := range parcels {
		parcels[i].Notices = of[parcels[i].key()]
	}
	return err
}

// mailsOfDay gives the day's messages to the contacts of parcels.
func mailsOfDay(tx *gorm.DB, parcels []parcel, day string) (map[parcelKey]models.Mail, error) {
	q := tx.Select("id", "contact_id", "kind", "state", "recipient").Session(&gorm.Session{})
	mails, err := where[models.Mail](q, "contact_id", recipientIDs(parcels), "id", `"day" = ?`, day)
	return index(mails, func(m *models.Mail) parcelKey { return parcelKey{m.ContactID, m.Kind} }), err
}

// mailsToday counts, by address, the messages that were handed over on the day, were made for it, or are on their way. One that waits and
// carries nothing any more will not go out.
func mailsToday(tx *gorm.DB, parcels []parcel, c *models.Collection) (map[string]int, error) {
	addresses, err := textSet(tx, distinct(pick(parcels, func(p *parcel) string { return strings.ToLower(p.Email) })))
	if err != nil {
		return nil, err
	}
	var rows []struct {
		Recipient string
		Mails     int
	}
	err = tx.Model(&models.Mail{}).Select("LOWER(recipient) AS recipient, COUNT(*) AS mails").
		Where("LOWER(recipient) IN "+addresses.sql+" AND state <> ?", addresses.args[0], models.MailCancelled).
		Where(`"day" = ? OR state IN ? OR sent_at >= ?`, c.Day, onItsWay, c.Since).
		Where("state <> ? OR EXISTS (SELECT 1 FROM notices WHERE notices.mail_id = mails.id AND notices.state = ?)", models.MailWaiting, models.NoticeMailed).
		Group("LOWER(recipient)").Scan(&rows).Error
	counts := make(map[string]int, len(rows))
	for _, r := range rows {
		counts[r.Recipient] = r.Mails
	}
	return counts, err
}

// reuse lets a message that was not taken yet take further notices, to the contact's address as it is now; ErrConflict when it may have been by
// now. The update also waits for an attempt that is being begun.
func reuse(tx *gorm.DB, mail *models.Mail, address string, now time.Time) error {
	set := map[string]any{"updated_at": now, "recipient": address, "state": models.MailWaiting}
	if mail.State == models.MailCancelled {
		set["next_attempt_at"], set["last_error"] = now, ""
	}
	q := tx.Model(&models.Mail{}).Where("id = ? AND state = ? AND "+reusable, mail.ID, mail.State).UpdateColumns(set)
	return changedOne(q, models.ErrConflict)
}

var mailRows = bulk{
	table: "mails",
	columns: []string{
		"contact_id", `"day"`, "kind", "client_id", "recipient", "state", "next_attempt_at", "attempts", "message_id", "thread_refs", "subject", "text_hash",
		"text", "last_error", "bounce_reason", "created_at", "updated_at",
	},
}

// makeMails makes the day's messages for parcels that have none.
func makeMails(tx *gorm.DB, parcels []parcel, c *models.Collection) error {
	return mailRows.insert(tx, len(parcels), func(args []any, i int) []any {
		p := &parcels[i]
		return append(args, p.ContactID, c.Day, string(p.Kind), p.ClientID, p.Email, string(models.MailWaiting), c.Now, 0, c.MessageID(p.ContactID, c.Day, p.Notices[0]), "", "", "",
			"", "", "", c.Now, c.Now)
	})
}

// bind makes the day's messages carry the notices of their parcels that are still queued, and gives the IDs of those that got any, in the order
// of the parcels.
func bind(tx *gorm.DB, parcels []parcel, c *models.Collection) (ids []int64, err error) {
	var noticeIDs []int64
	for i := range parcels {
		noticeIDs = append(noticeIDs, parcels[i].noticeIDs()...)
	}
	var bound []struct {
		ContactID, MailID int64
		Stage             models.Stage
	}
	set := idSet(tx, noticeIDs)
	err = tx.Raw(`UPDATE notices SET state = ?, updated_at = ?, mail_id = (SELECT mails.id FROM mails
			WHERE mails.contact_id = notices.contact_id AND mails.day = ? AND mails.kind = `+kindOfStage+`)
		WHERE id IN `+set.sql+` AND state = ? RETURNING contact_id, mail_id, stage`,
		models.NoticeMailed, c.Now, c.Day, set.args[0], models.NoticeQueued).Scan(&bound).Error
	carrier := map[parcelKey]int64{}
	for _, n := range bound {
		carrier[parcelKey{n.ContactID, n.Stage.MailKind()}] = n.MailID
	}
	for i := range parcels {
		if id, some := carrier[parcels[i].key()]; some {
			ids = append(ids, id)
		}
	}
	return ids, err
}

// putOff lets notices over the daily cap wait for the next day.
func putOff(tx *gorm.DB, parcels []parcel, c *models.Collection) error {
	var changes []models.NoticeChange
	var lines []models.Entry
	for i := range parcels {
		p := &parcels[i]
		ids := p.noticeIDs()
		for _, id := range ids {
			changes = append(changes, models.NoticeChange{ID: id, From: models.NoticeQueued, To: models.NoticeQueued, DueAt: &c.Later, Reason: models.ReasonOverCap})
		}
		line, err := entry(c.Now, "notices_over_cap", "system", p.ClientID, 0,
			map[string]any{"recipient": p.Email, "day": c.Day, "cap": c.Cap, "notices": ids, "due_at": c.Later.UTC()})
		if err != nil {
			return err
		}
		lines = append(lines, line)
	}
	if err := changeNotices(tx, changes, c.Now); err != nil {
		return err
	}
	return appendLedger(tx, lines)
}
