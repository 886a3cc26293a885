package store

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"gorm.io/gorm"

	"github.com/krestmarketing/deedwatch/models"
)

// QueueNotices stores what planning one domain came to, and says how many notices were added; see QueuePlans.
func (s *Store) QueueNotices(ctx context.Context, plan models.NoticePlan, now time.Time) (added int, err error) {
	return s.QueuePlans(ctx, []models.NoticePlan{plan}, now)
}

// QueuePlans stores what planning domains came to, in one transaction, and says how many notices were added. A notice whose key exists is left
// as it is, and so is one that is not in the state it was seen in; a line of the ledger is written only when what it tells took effect. When
// the plans can't be stored together, each is stored by itself, so that one keeps no other back; the error names those that could not be.
func (s *Store) QueuePlans(ctx context.Context, plans []models.NoticePlan, now time.Time) (added int, err error) {
	added, err = s.queue(ctx, plans, now)
	if err == nil || len(plans) == 1 || ctx.Err() != nil {
		return added, err
	}
	var failed []error
	added = 0
	for i := range plans {
		n, err := s.queue(ctx, plans[i:i+1], now)
		added += n
		if err != nil {
			failed = append(failed, fmt.Errorf("domain %d: %w", plans[i].DomainID, err))
		}
	}
	return added, errors.Join(failed...)
}

func (s *Store) queue(ctx context.Context, plans []models.NoticePlan, now time.Time) (added int, err error) {
	var add []models.Notice
	var change []models.NoticeChange
	for i := range plans {
		add, change = append(add, plans[i].Add...), append(change, plans[i].Change...)
	}
	if len(add)+len(change) == 0 {
		return 0, nil
	}
	err = s.write(ctx, "queue notices", now, func(tx *gorm.DB) error {
		fresh, err := insertNotices(tx, add, now)
		if err != nil {
			return err
		}
		added = len(fresh)
		moved, err := moveNotices(tx, change, now)
		if err != nil {
			return err
		}
		return appendLedger(tx, effective(plans, fresh, moved))
	})
	if err != nil {
		return 0, err
	}
	return added, nil
}

// effective gives the lines of the ledger on what took effect.
func effective(plans []models.NoticePlan, added map[noticeKey]int64, moved map[int64]bool) []models.Entry {
	var lines []models.Entry
	for i := range plans {
		p := &plans[i]
		for j, line := range p.Ledger {
			if j < len(p.Add) {
				k := keyOfNotice(&p.Add[j])
				if added[k] != 0 {
					lines = append(lines, line)
					delete(added, k)
				}
			} else if j -= len(p.Add); j < len(p.Change) && moved[p.Change[j].ID] {
				lines = append(lines, line)
			}
		}
	}
	return lines
}

// changeNotices moves notices that are still in the state they were seen in.
func changeNotices(tx *gorm.DB, changes []models.NoticeChange, now time.Time) error {
	_, err := moveNotices(tx, changes, now)
	return err
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
		open := tx.Session(&gorm.Session{NewDB: true}).Model(&models.Cycle{}).Select("id").Where("closed_at IS NULL")
		q := tx.Where("state IN ? OR (state = ? AND (cycle_id IS NULL OR cycle_id IN (?)))", unsentStates, models.NoticeFailed, open).Order("due_at, id").Limit(limit)
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
	domains, err := where[models.Domain](tx.Select("id", "name").Session(&gorm.Session{}), "id", domainIDs(notices), "id")
	if err != nil {
		return nil, err
	}
	clients, err := where[models.Client](tx.Select("id", "name").Session(&gorm.Session{}), "id", pick(notices, func(n *models.Notice) int64 { return n.ClientID }), "id")
	if err != nil {
		return nil, err
	}
	domainBy := index(domains, func(d *models.Domain) int64 { return d.ID })
	clientBy := index(clients, func(c *models.Client) int64 { return c.ID })
	mailBy := index(mails, func(m *models.Mail) int64 { return m.ID })
	attemptsBy := group(attempts, func(a *models.Attempt) int64 { return a.MailID })
	views := make([]models.NoticeView, len(notices))
	for i, n := range notices {
		views[i].Notice, views[i].DomainName, views[i].ClientName = n, domainBy[n.DomainID].Name, clientBy[n.ClientID].Name
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

// ReleaseNotice lets a held notice go out at its time; ErrConflict when it is not held. One that is due later goes back to planning, which
// queues it when its stage comes.
func (s *Store) ReleaseNotice(ctx context.Context, id int64, by string, now time.Time) error {
	return s.moveNotice(ctx, "release a notice", id, models.NoticeHeld, models.NoticeQueued, "notice_released", by, now)
}

func (s *Store) moveNotice(ctx context.Context, op string, id int64, from, to models.NoticeState, kind, by string, now time.Time) error {
	return s.write(ctx, op, now, func(tx *gorm.DB) error {
		n, err := one[models.Notice](tx, id)
		if err != nil {
			return err
		}
		switch {
		case to == models.NoticeHeld && n.Channel == models.ChannelTask:
			return models.Invalid("notice", "%d is a task of yours: nothing of it goes out", id)
		case to == models.NoticeQueued && n.DueAt.After(now):
			to = models.NoticeCancelled
		}
		moved, err := moveNotices(tx, []models.NoticeChange{{ID: id, From: from, To: to, Reason: kind}}, now)
		if err != nil {
			return err
		}
		if len(moved) == 0 {
			return models.ErrConflict
		}
		return addEntry(tx, now, kind, by, n.ClientID, n.DomainID, map[string]any{"notice": id, "stage": n.Stage, "recipient": n.Recipient})
	})
}

// HoldPlanned holds a notice that planning will come to later, as a forecast gives it: it is kept as held, and stays so until it is released or
// a tighter stage takes its place. One that exists by now is held if it can still be kept from going out; ErrConflict when it can't.
func (s *Store) HoldPlanned(ctx context.Context, n models.Notice, by string, now time.Time) (held models.Notice, err error) {
	err = s.write(ctx, "hold a planned notice", now, func(tx *gorm.DB) error {
		n.ID, n.State, n.Reason, n.MailID, n.SentAt = 0, models.NoticeHeld, "notice_held", nil, nil
		added, err := insertNotices(tx, []models.Notice{n}, now)
		if err != nil {
			return err
		}
		id := added[keyOfNotice(&n)]
		if id == 0 {
			if id, err = holdExisting(tx, &n, now); err != nil {
				return err
			}
		}
		if held, err = one[models.Notice](tx, id); err != nil {
			return err
		}
		return addEntry(tx, now, "notice_held", by, n.ClientID, n.DomainID, map[string]any{"notice": id, "stage": n.Stage, "recipient": n.Recipient})
	})
	return held, err
}

// holdExisting holds the notice with the key of another one.
func holdExisting(tx *gorm.DB, n *models.Notice, now time.Time) (int64, error) {
	stored, err := first[models.Notice](tx.Where(`COALESCE(domain_id, 0) = ? AND COALESCE(cycle_id, 0) = ? AND COALESCE(grant_id, 0) = ?
		AND stage = ? AND episode = ? AND recipient = ? AND channel = ?`, n.DomainID, n.CycleID, n.GrantID, n.Stage, n.Episode, n.Recipient, n.Channel))
	if err != nil || stored == nil {
		return 0, errors.Join(err, models.ErrConflict)
	}
	switch stored.State {
	case models.NoticeQueued, models.NoticeBlocked, models.NoticeCancelled, models.NoticeSuperseded:
	case models.NoticeHeld, models.NoticeMailed, models.NoticeSent, models.NoticeFailed, models.NoticeBounced, models.NoticeDone:
		return 0, models.ErrConflict
	}
	moved, err := moveNotices(tx, []models.NoticeChange{{ID: stored.ID, From: stored.State, To: models.NoticeHeld, DueAt: &n.DueAt, Reason: "notice_held"}}, now)
	if err == nil && len(moved) == 0 {
		err = models.ErrConflict
	}
	return stored.ID, err
}

// QueueRetraction owes the recipient of a message that was sent the word that it was wrong, once for each domain it spoke of. ErrConflict when
// the message was not sent, or is taken back already.
func (s *Store) QueueRetraction(ctx context.Context, mailID int64, by string, now time.Time) error {
	return s.write(ctx, "take a message back", now, func(tx *gorm.DB) error {
		mail, err := one[models.Mail](tx, mailID)
		if err != nil {
			return err
		}
		if mail.State != models.MailSent {
			return models.ErrConflict
		}
		var carried []models.Notice
		states := []models.NoticeState{models.NoticeSent, models.NoticeBounced}
		if err := tx.Where("mail_id = ? AND state IN ?", mailID, states).Order("id").Find(&carried).Error; err != nil {
			return err
		}
		rows := make([]models.Notice, len(carried))
		for i, n := range carried {
			rows[i] = models.Notice{
				DomainID: n.DomainID, CycleID: n.CycleID, GrantID: n.GrantID, ClientID: n.ClientID, ContactID: n.ContactID, Recipient: n.Recipient,
				Stage: models.StageRetraction, Episode: strconv.FormatInt(mailID, 10), Channel: models.ChannelEmail, State: models.NoticeQueued,
				Reason: models.ReasonTakenBack, DueAt: now, ExpiresAt: now,
			}
		}
		added, err := insertNotices(tx, rows, now)
		if err != nil {
			return err
		}
		if len(added) == 0 {
			return models.ErrConflict
		}
		return addEntry(tx, now, "mail_taken_back", by, mail.ClientID, 0, map[string]any{"mail": mailID, "message_id": mail.MessageID, "recipient": mail.Recipient})
	})
}

// HoldClient lets nothing go out to a client until it is released; ErrConflict when it is held already.
func (s *Store) HoldClient(ctx context.Context, id int64, why, by string, now time.Time) error {
	set := map[string]any{"held_at": now, "held_by": by, "held_why": why}
	return s.setHold(ctx, "hold a client", "client_held", "held_at IS NULL", id, set, by, now)
}

// ReleaseClient lets notices go out to a client again; ErrConflict when it is not held.
func (s *Store) ReleaseClient(ctx context.Context, id int64, by string, now time.Time) error {
	set := map[string]any{"held_at": nil, "held_by": "", "held_why": ""}
	return s.setHold(ctx, "release a client", "client_released", "held_at IS NOT NULL", id, set, by, now)
}

func (s *Store) setHold(ctx context.Context, op, kind, condition string, id int64, set map[string]any, by string, now time.Time) error {
	return s.write(ctx, op, now, func(tx *gorm.DB) error {
		set["updated_at"] = now
		if err := changedOrConflict(tx, tx.Model(&models.Client{}).Where("id = ?", id).Where(condition).UpdateColumns(set), &models.Client{}, id); err != nil {
			return err
		}
		return addEntry(tx, now, kind, by, id, 0, map[string]any{"why": set["held_why"]})
	})
}

// CapOverflow gives the notices that wait because their address has been sent enough messages for one day, the most urgent first.
func (s *Store) CapOverflow(ctx context.Context) (views []models.NoticeView, err error) {
	err = s.read(ctx, "notices over the daily cap", func(tx *gorm.DB) error {
		views, err = noticeViews(tx, tx.Where("state = ? AND reason = ?", models.NoticeQueued, models.ReasonOverCap).Order("expires_at, id"))
		return err
	})
	return views, err
}
