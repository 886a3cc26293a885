package store

import (
	"context"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/krestmarketing/deedwatch/models"
)

// PlanCandidates gives the domains under watch, after a domain ID, whose open cycle expires at horizon or before, in the order of their
// IDs, each with all that planning its notices needs.
func (s *Store) PlanCandidates(ctx context.Context, horizon time.Time, afterDomainID int64, limit int) ([]models.Owed, error) {
	var owed []models.Owed
	err := s.read(ctx, "plan candidates", func(tx *gorm.DB) error {
		var cycles []models.Cycle
		err := tx.Joins("JOIN domains ON domains.id = cycles.domain_id").Scopes(watched).
			Where("cycles.closed_at IS NULL AND cycles.expires_at <= ? AND cycles.domain_id > ?", horizon, afterDomainID).
			Order("cycles.domain_id").Limit(limit).Find(&cycles).Error
		if err != nil {
			return err
		}
		owed, err = owedFor(tx, cycles)
		return err
	})
	return owed, err
}

func owedFor(tx *gorm.DB, cycles []models.Cycle) ([]models.Owed, error) {
	domains, err := where[models.Domain](tx, "id", pick(cycles, func(c *models.Cycle) int64 { return c.DomainID }), "id")
	if err != nil {
		return nil, err
	}
	clientIDs := pick(domains, func(d *models.Domain) int64 { return d.ClientID })
	clients, err := where[models.Client](tx, "id", clientIDs, "id")
	if err != nil {
		return nil, err
	}
	contacts, err := contactsOf(tx, clientIDs)
	if err != nil {
		return nil, err
	}
	cycleIDs := pick(cycles, func(c *models.Cycle) int64 { return c.ID })
	notices, err := where[models.Notice](tx, "cycle_id", cycleIDs, "id")
	if err != nil {
		return nil, err
	}
	answers, err := latestAnswers(tx, cycleIDs)
	if err != nil {
		return nil, err
	}
	domainBy := index(domains, func(d *models.Domain) int64 { return d.ID })
	clientBy := index(clients, func(c *models.Client) int64 { return c.ID })
	noticesBy := group(notices, func(n *models.Notice) int64 { return n.CycleID })
	owed := make([]models.Owed, len(cycles))
	for i, c := range cycles {
		d := domainBy[c.DomainID]
		owed[i] = models.Owed{
			Domain: d, Client: clientBy[d.ClientID], Contacts: contacts[d.ClientID], Cycle: c,
			Notices: noticesBy[c.ID], Answer: ref(answers, c.ID), LastSent: lastSent(noticesBy[c.ID]),
		}
	}
	return owed, nil
}

// lastSent is when the latest of the notices was sent; nil: none was.
func lastSent(notices []models.Notice) *time.Time {
	var last *time.Time
	for i := range notices {
		if t := notices[i].SentAt; t != nil && (last == nil || t.After(*last)) {
			last = t
		}
	}
	return last
}

// QueueNotices stores what planning one domain came to, in one transaction, and says how many notices were added. A notice whose key
// exists is left as it is; the ledger's lines are written only when something was added or changed.
func (s *Store) QueueNotices(ctx context.Context, plan models.NoticePlan, now time.Time) (added int, err error) {
	err = s.write(ctx, "queue notices", now, func(tx *gorm.DB) error {
		added = 0
		if len(plan.Add) > 0 {
			rows := make([]models.Notice, len(plan.Add))
			for i, n := range plan.Add {
				n.ID = 0
				rows[i] = n
			}
			q := tx.Clauses(clause.OnConflict{DoNothing: true}).CreateInBatches(rows, batchSize)
			if q.Error != nil {
				return q.Error
			}
			added = int(q.RowsAffected)
		}
		changed, err := changeNotices(tx, plan.Change, now)
		if err != nil || added+changed == 0 {
			return err
		}
		return appendLedger(tx, plan.Ledger)
	})
	return added, err
}

// changeNotices moves notices that are still in the state they were seen in, and says how many moved.
func changeNotices(tx *gorm.DB, changes []models.NoticeChange, now time.Time) (changed int, err error) {
	for _, c := range changes {
		set := map[string]any{"state": c.To, "reason": c.Reason, "updated_at": now}
		if c.DueAt != nil {
			set["due_at"] = *c.DueAt
		}
		if c.To == models.NoticeQueued || c.To == models.NoticeHeld {
			set["mail_id"] = nil
		}
		q := tx.Model(&models.Notice{}).Where("id = ? AND state = ?", c.ID, c.From).UpdateColumns(set)
		if q.Error != nil {
			return changed, q.Error
		}
		changed += int(q.RowsAffected)
	}
	return changed, nil
}

// NoticesOf gives all notices of a domain with the messages that carried them, latest first.
func (s *Store) NoticesOf(ctx context.Context, domainID int64) (views []models.NoticeView, err error) {
	err = s.read(ctx, "notices of a domain", func(tx *gorm.DB) error {
		views, err = noticeViews(tx, tx.Where("domain_id = ?", domainID).Order("id DESC"))
		return err
	})
	return views, err
}

// QueuedNotices gives the notices that wait to go out or are held, the first due first.
func (s *Store) QueuedNotices(ctx context.Context, limit int) (views []models.NoticeView, err error) {
	err = s.read(ctx, "queued notices", func(tx *gorm.DB) error {
		states := []models.NoticeState{models.NoticeQueued, models.NoticeHeld, models.NoticeMailed, models.NoticeBlocked, models.NoticeFailed}
		open := tx.Session(&gorm.Session{NewDB: true}).Model(&models.Cycle{}).Select("id").Where("closed_at IS NULL")
		q := tx.Where("state IN ? AND cycle_id IN (?)", states, open).Order("due_at, id").Limit(limit)
		views, err = noticeViews(tx, q)
		return err
	})
	return views, err
}

// noticeViews gives the notices that a question finds, each with its message and the attempts to hand it over, the first first.
func noticeViews(tx, q *gorm.DB) ([]models.NoticeView, error) {
	var notices []models.Notice
	if err := q.Find(&notices).Error; err != nil {
		return nil, err
	}
	var mailIDs []int64
	for i := range notices {
		if id := notices[i].MailID; id != nil {
			mailIDs = append(mailIDs, *id)
		}
	}
	mails, err := where[models.Mail](tx, "id", mailIDs, "id")
	if err != nil {
		return nil, err
	}
	attempts, err := where[models.Attempt](tx, "mail_id", mailIDs, "id")
	if err != nil {
		return nil, err
	}
	mailBy := index(mails, func(m *models.Mail) int64 { return m.ID })
	attemptsBy := group(attempts, func(a *models.Attempt) int64 { return a.MailID })
	views := make([]models.NoticeView, len(notices))
	for i, n := range notices {
		views[i].Notice = n
		if n.MailID != nil {
			views[i].Mail, views[i].Attempts = ref(mailBy, *n.MailID), attemptsBy[*n.MailID]
		}
	}
	return views, nil
}

// HoldNotice keeps a queued notice from going out until it is released; ErrConflict when it is not queued.
func (s *Store) HoldNotice(ctx context.Context, id int64, by string, now time.Time) error {
	return s.moveNotice(ctx, "hold a notice", id, models.NoticeQueued, models.NoticeHeld, "notice_held", by, now)
}

// ReleaseNotice lets a held notice go out; ErrConflict when it is not held.
func (s *Store) ReleaseNotice(ctx context.Context, id int64, by string, now time.Time) error {
	return s.moveNotice(ctx, "release a notice", id, models.NoticeHeld, models.NoticeQueued, "notice_released", by, now)
}

func (s *Store) moveNotice(ctx context.Context, op string, id int64, from, to models.NoticeState, kind, by string, now time.Time) error {
	return s.write(ctx, op, now, func(tx *gorm.DB) error {
		n, err := one[models.Notice](tx, id)
		if err != nil {
			return err
		}
		moved, err := changeNotices(tx, []models.NoticeChange{{ID: id, From: from, To: to, Reason: kind}}, now)
		if err != nil {
			return err
		}
		if moved == 0 {
			return models.ErrConflict
		}
		return addEntry(tx, now, kind, by, n.ClientID, n.DomainID, map[string]any{"notice": id, "stage": n.Stage, "recipient": n.Recipient})
	})
}
