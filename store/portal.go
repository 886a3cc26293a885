package store

import (
	"context"
	"slices"
	"time"

	"gorm.io/gorm"

	"github.com/krestmarketing/deedwatch/models"
)

// shownMails is how many messages the client's page tells of.
const shownMails = 20

// Portal gives what a client sees behind a link, at now for a reader in loc: the most urgent domain first. A link that
// was revoked is not found; whether it has expired is the caller's to decide.
func (s *Store) Portal(ctx context.Context, linkID int64, now time.Time, loc *time.Location) (v models.PortalView, err error) {
	err = s.read(ctx, "portal", func(tx *gorm.DB) error {
		if v.Link, err = one[models.Link](tx.Where("revoked_at IS NULL"), linkID); err != nil {
			return err
		}
		if v.Contact, err = one[models.Contact](tx, v.Link.ContactID); err != nil {
			return err
		}
		if v.Client, err = one[models.Client](tx, v.Contact.ClientID); err != nil {
			return err
		}
		if v.Domains, err = portalDomains(tx, v.Client.ID, now, loc); err != nil {
			return err
		}
		if v.Mails, err = portalMails(tx, v.Contact.ID); err != nil {
			return err
		}
		err := tx.Where("contact_id = ? AND state = ?", v.Contact.ID, models.ProposalOpen).Order("id").Find(&v.Named).Error
		if err != nil {
			return err
		}
		return tx.Where("client_id = ? AND state IN ?", v.Client.ID, currentGrants).Order("platform, asset, id").Find(&v.Grants).Error
	})
	return v, err
}

func portalDomains(tx *gorm.DB, clientID int64, now time.Time, loc *time.Location) ([]models.PortalDomain, error) {
	q := models.BoardQuery{Now: now, Loc: loc, ClientID: clientID}
	rank := bandRank(now, loc)
	var domains []models.Domain
	if err := boardFilter(tx, &q, nil, rank).Select("domains.*").Order(boardOrder(&q, rank)).Find(&domains).Error; err != nil {
		return nil, err
	}
	ids := pick(domains, func(d *models.Domain) int64 { return d.ID })
	cycles, err := openCycles(tx, ids)
	if err != nil {
		return nil, err
	}
	cycleIDs := make([]int64, 0, len(cycles))
	for _, c := range cycles {
		cycleIDs = append(cycleIDs, c.ID)
	}
	answers, err := latestAnswers(tx, cycleIDs)
	if err != nil {
		return nil, err
	}
	records, err := where[models.ExpectedRecord](tx, "domain_id", ids, "host, type, id")
	if err != nil {
		return nil, err
	}
	recordsBy := group(records, func(r *models.ExpectedRecord) int64 { return r.DomainID })
	out := make([]models.PortalDomain, len(domains))
	for i, d := range domains {
		out[i] = models.PortalDomain{Domain: d, Cycle: ref(cycles, d.ID), Records: recordsBy[d.ID]}
		if c := out[i].Cycle; c != nil {
			out[i].Answer = ref(answers, c.ID)
		}
	}
	return out, nil
}

// portalMails gives the messages that were sent to a contact, without their words, and the names they spoke of.
func portalMails(tx *gorm.DB, contactID int64) ([]models.PortalMail, error) {
	var mails []models.Mail
	err := tx.Omit("text", "thread_refs").Where("contact_id = ? AND state = ?", contactID, models.MailSent).
		Order("sent_at DESC, id DESC").Limit(shownMails).Find(&mails).Error
	if err != nil {
		return nil, err
	}
	carried, err := where[models.Notice](tx.Select("mail_id", "domain_id").Session(&gorm.Session{}), "mail_id",
		pick(mails, func(m *models.Mail) int64 { return m.ID }), "id", "domain_id IS NOT NULL")
	if err != nil {
		return nil, err
	}
	// Joined with the notices, the names would be read first, all of them, as long as SQLite has not counted its tables.
	domains, err := where[models.Domain](tx.Select("id", "name").Session(&gorm.Session{}), "id", domainIDs(carried), "id")
	if err != nil {
		return nil, err
	}
	nameOf := index(domains, func(d *models.Domain) int64 { return d.ID })
	of := map[int64][]string{}
	for i := range carried {
		n := &carried[i]
		of[*n.MailID] = append(of[*n.MailID], nameOf[n.DomainID].Name)
	}
	out := make([]models.PortalMail, len(mails))
	for i, m := range mails {
		slices.Sort(of[m.ID])
		out[i] = models.PortalMail{Mail: m, Domains: slices.Compact(of[m.ID])}
	}
	return out, nil
}
