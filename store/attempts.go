package store

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/krestmarketing/deedwatch/models"
)

// RecordAttempt stores what one attempt came to, in one transaction, which those that end at the same moment share. An attempt is a fact and is
// always kept; a message that another attempt has settled stays as it is, except that a server's acceptance always counts: then a notice that
// was cancelled or superseded while the message was under way is sent all the same.
func (s *Store) RecordAttempt(ctx context.Context, rec models.AttemptRecord) error {
	return s.attempts.record(s, &recording{ctx: ctx, rec: &rec})
}

// recordings lets the attempts that end while a transaction records others wait for it and share the next one: the chain of the ledger, and
// SQLite as a whole, take one transaction after the other, so that many small ones would stand in line.
type recordings struct {
	turn    sync.Mutex // whoever has it writes for all who wait
	mu      sync.Mutex
	waiting []*recording
}

type recording struct {
	ctx  context.Context //nolint:containedctx // lives as long as one call
	rec  *models.AttemptRecord
	done bool
	err  error
}

// errUnrecorded stands until the transaction has ended, for one that panics.
var errUnrecorded = errors.New("the attempt was not recorded")

// record gives a record to whoever writes next, which may be the caller, and waits until it is written.
func (r *recordings) record(s *Store, own *recording) error {
	r.mu.Lock()
	r.waiting = append(r.waiting, own)
	r.mu.Unlock()
	r.turn.Lock()
	defer r.turn.Unlock()
	if own.done {
		return own.err
	}
	r.mu.Lock()
	all := r.waiting
	r.waiting = nil
	r.mu.Unlock()
	for _, w := range all {
		w.done, w.err = true, errUnrecorded
	}
	err := s.recordAttempts(own.ctx, all)
	for _, w := range all {
		w.err = err
		if err != nil && len(all) > 1 { // each by itself, so that one keeps no other back
			w.err = s.recordAttempts(w.ctx, []*recording{w})
		}
	}
	return own.err
}

// recordAttempts stores what attempts came to, in one transaction.
func (s *Store) recordAttempts(ctx context.Context, all []*recording) error {
	records := make([]*models.AttemptRecord, len(all))
	for i, w := range all {
		records[i] = w.rec
	}
	slices.SortStableFunc(records, func(a, b *models.AttemptRecord) int { return cmp.Compare(a.Mail.ID, b.Mail.ID) }) // two processes lock in one order
	at := records[0].Attempt.EndedAt
	return s.write(ctx, "record an attempt", at, func(tx *gorm.DB) error {
		attempts := make([]models.Attempt, len(records))
		var lines []models.Entry
		for i, rec := range records {
			attempts[i] = rec.Attempt
			attempts[i].ID, attempts[i].MailID = 0, rec.Mail.ID
			lines = append(lines, rec.Ledger...)
		}
		if err := tx.Create(&attempts).Error; err != nil {
			return err
		}
		stored, err := lockMails(tx, attempts)
		if err != nil {
			return err
		}
		for _, rec := range records {
			if err := settle(tx, rec, stored[rec.Mail.ID]); err != nil {
				return err
			}
		}
		return appendLedger(tx, lines)
	})
}

// lockMails gives the messages of attempts as they are, and keeps others from settling them meanwhile.
func lockMails(tx *gorm.DB, attempts []models.Attempt) (map[int64]*models.Mail, error) {
	var mails []models.Mail
	set := idSet(tx, pick(attempts, func(a *models.Attempt) int64 { return a.MailID }))
	err := tx.Clauses(clause.Locking{Strength: "NO KEY UPDATE"}).Select("id", "state", "attempts").Where("id IN "+set.sql, set.args...).Order("id").Find(&mails).Error
	by := make(map[int64]*models.Mail, len(mails))
	for i := range mails {
		by[mails[i].ID] = &mails[i]
	}
	return by, err
}

// settle stores what an attempt came to for its message and all that hangs on it.
func settle(tx *gorm.DB, rec *models.AttemptRecord, stored *models.Mail) error {
	at := rec.Attempt.EndedAt
	if err := settleMail(tx, &rec.Mail, stored, at); err != nil {
		return err
	}
	if err := settleNotices(tx, rec, at); err != nil {
		return err
	}
	refused, err := markRefused(tx, rec)
	if err != nil || rec.Finding == nil || !refused && rec.Contact != nil {
		return err
	}
	return applyFindings(tx, []models.FindingChange{*rec.Finding}, nil)
}

// markRefused marks the contact whose address a message was refused for, and reports whether that is still its address.
func markRefused(tx *gorm.DB, rec *models.AttemptRecord) (bool, error) {
	c := rec.Contact
	if c == nil {
		return false, nil
	}
	q := tx.Model(&models.Contact{}).Where("id = ? AND LOWER(email) = LOWER(?)", c.ID, rec.Mail.Recipient).
		Select("email_state", "email_reason", "email_state_at", "updated_at").Updates(c)
	return q.RowsAffected > 0, q.Error
}

// settleMail moves a message to what an attempt made of it. stored is how it is, and is kept up with.
func settleMail(tx *gorm.DB, m, stored *models.Mail, at time.Time) error {
	settled := stored.State != models.MailWaiting && stored.State != models.MailSending
	if stored.State == models.MailSent || (settled && m.State != models.MailSent) {
		return nil
	}
	stored.State, stored.Attempts = m.State, max(stored.Attempts, m.Attempts)
	return tx.Model(&models.Mail{}).Where("id = ?", m.ID).UpdateColumns(map[string]any{
		"state": m.State, "attempts": stored.Attempts, "next_attempt_at": m.NextAttemptAt, "last_error": m.LastError,
		"sent_at": m.SentAt, "updated_at": at,
	}).Error
}

// unsentOrEnded are the states of a notice that its message's acceptance makes a sent one.
var unsentOrEnded = []models.NoticeState{models.NoticeMailed, models.NoticeBlocked, models.NoticeCancelled, models.NoticeSuperseded, models.NoticeFailed}

func settleNotices(tx *gorm.DB, rec *models.AttemptRecord, at time.Time) error {
	var others []models.NoticeChange
	for _, c := range rec.Notices {
		if c.To != models.NoticeSent {
			others = append(others, c)
			continue
		}
		sentAt := at
		if rec.Mail.SentAt != nil {
			sentAt = *rec.Mail.SentAt
		}
		set := map[string]any{"state": models.NoticeSent, "reason": c.Reason, "sent_at": sentAt, "updated_at": at}
		err := tx.Model(&models.Notice{}).Where("id = ? AND mail_id = ? AND state IN ?", c.ID, rec.Mail.ID, unsentOrEnded).UpdateColumns(set).Error
		if err != nil {
			return err
		}
	}
	return changeNotices(tx, others, at)
}
