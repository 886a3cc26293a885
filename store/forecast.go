package store

import (
	"context"
	"strings"
	"time"

	"gorm.io/gorm"

	"github.com/krestmarketing/deedwatch/models"
)

// Beforehand gives what foreseeing needs beside the domains' own rows, at now on a calendar day that began at since: the messages of the day,
// what waits, the names of which too little is known, and the storm brake.
func (s *Store) Beforehand(ctx context.Context, day string, since, now time.Time) (b models.Beforehand, err error) {
	err = s.read(ctx, "beforehand", func(tx *gorm.DB) error {
		b = models.Beforehand{}
		err := tx.Select("id", "contact_id", "day", "kind", "client_id", "recipient", "state", "attempts", "next_attempt_at", "sent_at").
			Where(`"day" = ? OR state IN ? OR sent_at >= ?`, day, onItsWay, since).Order("id").Find(&b.Today).Error
		if err != nil {
			return err
		}
		waiting := []models.NoticeState{models.NoticeQueued, models.NoticeHeld, models.NoticeMailed}
		if err := tx.Where("state IN ? AND channel = ?", waiting, models.ChannelEmail).Order("id").Find(&b.Waiting).Error; err != nil {
			return err
		}
		if b.Clients, err = where[models.Client](tx, "id", pick(b.Waiting, func(n *models.Notice) int64 { return n.ClientID }), "id"); err != nil {
			return err
		}
		if b.Contacts, err = where[models.Contact](tx, "id", contactIDs(b.Waiting), "id"); err != nil {
			return err
		}
		if b.Domains, err = where[models.Domain](tx.Select("id", "name").Session(&gorm.Session{}), "id", domainIDs(b.Waiting), "id"); err != nil {
			return err
		}
		if b.Unknown, err = unforeseen(tx); err != nil {
			return err
		}
		b.Brake, err = first[models.Brake](tx.Where("released_at IS NULL"))
		return err
	})
	return b, err
}

// ClientCircle gives the domains under watch of a client and of all clients who have a contact with an address of the client's: what goes to
// one of them counts for the others.
func (s *Store) ClientCircle(ctx context.Context, clientID int64) (domainIDs []int64, err error) {
	err = s.ask(ctx).Model(&models.Domain{}).Scopes(watched).Where(`domains.client_id = ? OR domains.client_id IN (
		SELECT client_id FROM contacts WHERE email IN (SELECT email FROM contacts WHERE client_id = ? AND email <> ''))`, clientID, clientID).
		Order("domains.id").Pluck("domains.id", &domainIDs).Error
	return domainIDs, failed("client circle", err)
}

// ClientOf gives whose contact somebody is; ErrNotFound.
func (s *Store) ClientOf(ctx context.Context, contactID int64) (int64, error) {
	c, err := one[models.Contact](s.ask(ctx), contactID)
	return c.ClientID, failed("client of a contact", err)
}

// OutsiderByAddress gives a contact of an address, in any case of its letters, who is no user of ours; ErrNotFound.
func (s *Store) OutsiderByAddress(ctx context.Context, address string) (c models.Contact, err error) {
	address = strings.ToLower(address)
	ours := s.ask(ctx).Model(&models.User{}).Select("1").Where("LOWER(email) = ?", address)
	err = s.ask(ctx).Where("LOWER(email) = ? AND NOT EXISTS (?)", address, ours).Order("id").Take(&c).Error
	return c, failed("outsider by address", err)
}

func contactIDs(notices []models.Notice) []int64 {
	var ids []int64
	for i := range notices {
		if id := notices[i].ContactID; id != nil {
			ids = append(ids, *id)
		}
	}
	return ids
}

func domainIDs(notices []models.Notice) []int64 {
	var ids []int64
	for i := range notices {
		if id := notices[i].DomainID; id != 0 {
			ids = append(ids, id)
		}
	}
	return ids
}

// unforeseen gives the names under watch whose state or date is not known, by name.
func unforeseen(tx *gorm.DB) (list []models.Unforeseen, err error) {
	err = tx.Model(&models.Domain{}).Scopes(watched).Joins("JOIN clients ON clients.id = domains.client_id").
		Select("domains.id AS domain_id, domains.name, domains.client_id, clients.name AS client, domains.lifecycle, domains.lifecycle_why, domains.seen_at").
		Where("domains.lifecycle IN ('', 'unknown') OR domains.expires_at IS NULL OR domains.lifecycle_why IN ?", []models.LifecycleReason{
			models.WhyLookFailing, models.WhyNeverLooked, models.WhyAbsentOnce,
		}).
		Where("domains.lifecycle <> ?", models.LifecycleReleased).
		Order("domains.name").Scan(&list).Error
	return list, err
}

// PlannedLetter gives a message to a contact that need not exist, carrying notices that need not exist either, with all that wording it needs.
// Contact, client and domains are as they are stored.
func (s *Store) PlannedLetter(ctx context.Context, contactID int64, notices []models.Notice, at time.Time) (l models.Letter, err error) {
	err = s.read(ctx, "planned letter", func(tx *gorm.DB) error {
		if l.Contact, err = one[models.Contact](tx, contactID); err != nil {
			return err
		}
		if l.Client, err = one[models.Client](tx, l.Contact.ClientID); err != nil {
			return err
		}
		l.Mail = models.Mail{ContactID: contactID, ClientID: l.Client.ID, Recipient: l.Contact.Email, State: models.MailWaiting, CreatedAt: at, NextAttemptAt: at}
		if len(notices) > 0 {
			l.Mail.Kind = notices[0].Stage.MailKind()
		}
		l.Items, l.Copies, err = itemsOf(tx, notices, &l.Mail)
		return err
	})
	return l, err
}

// Notice gives a notice with the message that carried it, and the attempts to hand that over.
func (s *Store) Notice(ctx context.Context, id int64) (v models.NoticePage, err error) {
	err = s.read(ctx, "notice", func(tx *gorm.DB) error {
		n, err := one[models.Notice](tx, id)
		if err != nil {
			return err
		}
		if v, err = noticePage(tx, &n); err != nil {
			return err
		}
		return nil
	})
	return v, err
}

func noticePage(tx *gorm.DB, n *models.Notice) (v models.NoticePage, err error) {
	views, err := noticeViews(tx, tx.Where("id = ?", n.ID))
	if err != nil || len(views) == 0 {
		return v, err
	}
	v.View = views[0]
	if v.Client, err = one[models.Client](tx, n.ClientID); err != nil {
		return v, err
	}
	contacts, err := contactsOf(tx, []int64{n.ClientID})
	if err != nil {
		return v, err
	}
	v.Contacts = contacts[n.ClientID]
	if n.DomainID != 0 {
		if v.Domain, err = first[models.Domain](tx.Where("id = ?", n.DomainID)); err != nil {
			return v, err
		}
	}
	if n.CycleID != 0 {
		if v.Ladder, err = noticeViews(tx, tx.Where("cycle_id = ?", n.CycleID).Order("due_at, id")); err != nil {
			return v, err
		}
		answer, err := first[models.Answer](tx.Where("cycle_id = ? AND withdrawn IS NULL", n.CycleID).Order("id DESC"))
		if err != nil {
			return v, err
		}
		v.Answer = answer
	}
	if n.MailID == nil {
		return v, nil
	}
	if err := tx.Where("mail_id = ?", *n.MailID).Order(`"at", id`).Find(&v.Bounces).Error; err != nil {
		return v, err
	}
	if v.Carried, err = noticeViews(tx, tx.Where("mail_id = ?", *n.MailID).Order("expires_at, id")); err != nil {
		return v, err
	}
	var back []models.Notice
	err = tx.Where("stage = ? AND episode = ?", models.StageRetraction, idText(n.MailID)).Limit(1).Find(&back).Error
	v.TakenBack = len(back) > 0
	return v, err
}

// WaitingForBrake gives the e-mail notices that the storm brake keeps back at now: those that would go out by an instant. Total counts them
// all; of them the most urgent are listed.
func (s *Store) WaitingForBrake(ctx context.Context, until time.Time, limit int) (views []models.NoticeView, total int, err error) {
	err = s.read(ctx, "waiting for the brake", func(tx *gorm.DB) error {
		waiting := func() *gorm.DB {
			return tx.Model(&models.Notice{}).Where("channel = ? AND (state = ? OR state = ? AND due_at <= ?)", models.ChannelEmail, models.NoticeMailed, models.NoticeQueued, until)
		}
		var count int64
		if err := waiting().Count(&count).Error; err != nil {
			return err
		}
		if total = int(count); limit == 0 || total == 0 {
			return nil
		}
		views, err = noticeViews(tx, waiting().Order("expires_at, id").Limit(limit))
		return err
	})
	return views, total, err
}
