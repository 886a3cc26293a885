package notify

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

// The reasons of notices that came back.
const (
	ReasonBounced   = "bounced"   // accepted, and came back: the address is of no use
	ReasonReturned  = "returned"  // accepted, and came back for a reason that is not the address
	ReasonComplaint = "complaint" // the recipient called the message unwanted
)

// ReturnStore is what taking reports needs of the store.
type ReturnStore interface {
	MailReported(ctx context.Context, b models.Bounce) (mailID int64, err error)
	Letter(ctx context.Context, mailID int64) (models.Letter, error)
	RecordBounce(ctx context.Context, rec models.BounceRecord) (counted bool, err error)
}

// Returns takes what mailboxes and mail services report of messages that were handed over. It holds no state and is safe for concurrent use.
type Returns struct {
	Store  ReturnStore
	Logger *slog.Logger // nil: discards
}

// Take records reports and what they come to, and says how many counted: the same report counts once. A report on a message that was never
// handed over for its recipient is kept and changes nothing else. The error names the reports that could not be recorded; they may be taken
// again.
func (r Returns) Take(ctx context.Context, reports []models.Bounce, now time.Time) (counted int, err error) {
	log := r.Logger
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	var failed []error
	for _, b := range reports {
		rec, err := r.record(ctx, b, now)
		if err == nil {
			var first bool
			if first, err = r.Store.RecordBounce(ctx, rec); first {
				counted++
				logReport(ctx, log, &rec.Bounce)
			}
		}
		if err != nil {
			failed = append(failed, fmt.Errorf("take report %s: %w", b.EventID, err))
		}
	}
	return counted, errors.Join(failed...)
}

func (r Returns) record(ctx context.Context, b models.Bounce, now time.Time) (models.BounceRecord, error) {
	mailID, err := r.Store.MailReported(ctx, b)
	if err != nil {
		return models.BounceRecord{}, err
	}
	b.CreatedAt = now
	if mailID == 0 {
		return models.BounceRecord{Bounce: b}, nil
	}
	l, err := r.Store.Letter(ctx, mailID)
	if err != nil {
		return models.BounceRecord{}, err
	}
	return Returned(&l, b, now), nil
}

func logReport(ctx context.Context, log *slog.Logger, b *models.Bounce) {
	level, text, id := slog.LevelInfo, "mail was reported on", int64(0)
	switch {
	case b.MailID == nil:
		level, text = slog.LevelWarn, "a report on mail that was never sent to that recipient; nothing follows from it"
	case b.Kind == models.BouncePermanent || b.Kind == models.BounceComplaint:
		level, text = slog.LevelWarn, "mail came back"
	}
	if b.MailID != nil {
		id = *b.MailID
	}
	log.Log(ctx, level, text, "mail", id, "recipient", clean(b.Recipient, 254), "kind", b.Kind, "status", clean(b.Status, 20), "diagnostic", clean(b.Diagnostic, 500), "source", b.Source)
}

// Returned decides what a report on a message comes to. A permanent failure ends the notices as bounced; it makes the address bad, so that
// Plan turns to the next contact, unless the reason is not the address. A complaint takes the contact off. A delay changes nothing, and a
// delivery is evidence for the ledger.
func Returned(l *models.Letter, b models.Bounce, now time.Time) models.BounceRecord {
	b.MailID = &l.Mail.ID
	rec := models.BounceRecord{Bounce: b}
	words := clean(strings.TrimSpace(b.Status+" "+b.Diagnostic), 500)
	switch b.Kind {
	case models.BouncePermanent:
		rec.Mail, rec.Notices = bounced(l, &b, words, now)
		if b.BlamesAddress() {
			rec.Suppress = suppression(l, models.SuppressedBounced, words, &b, now)
		}
		rec.Finding = returnedFinding(l, &b, words, now)
		rec.Ledger = reportEntries(l, &b, "mail_bounced", now)
	case models.BounceComplaint:
		rec.Suppress = suppression(l, models.SuppressedComplaint, words, &b, now)
		rec.Ledger = reportEntries(l, &b, "mail_complaint", now)
	case models.BounceDelivered:
		rec.Ledger = reportEntries(l, &b, "mail_delivered", now)
	case models.BounceTemporary:
	}
	return rec
}

// bounced ends a message and what it carries. One that was still being tried, since nobody had seen the server's answer, is not tried again.
func bounced(l *models.Letter, b *models.Bounce, words string, now time.Time) (*models.Mail, []models.NoticeChange) {
	m := l.Mail
	m.BouncedAt, m.BounceReason = &now, words
	if m.State == models.MailWaiting || m.State == models.MailSending {
		m.State, m.LastError = models.MailFailed, words
	}
	reason := ReasonReturned
	if b.BlamesAddress() {
		reason = ReasonBounced
	}
	var changes []models.NoticeChange
	for i := range l.Items {
		if n := &l.Items[i].Notice; n.State == models.NoticeSent || n.State == models.NoticeMailed {
			changes = append(changes, models.NoticeChange{ID: n.ID, From: n.State, To: models.NoticeBounced, Reason: reason})
		}
	}
	return &m, changes
}

func suppression(l *models.Letter, why models.SuppressionReason, words string, b *models.Bounce, now time.Time) *models.Suppression {
	return &models.Suppression{Address: l.Mail.Recipient, Reason: why, Detail: words, By: b.Source, At: now}
}

// returnedFinding tells ops, on the most urgent domain of the message; nil when it speaks of none, or the contact has another address by now.
func returnedFinding(l *models.Letter, b *models.Bounce, words string, now time.Time) *models.FindingChange {
	d := firstDomain(l)
	if d == nil || !strings.EqualFold(l.Contact.Email, l.Mail.Recipient) {
		return nil
	}
	if b.BlamesAddress() {
		return refusedFinding(d, &l.Contact, words, now)
	}
	return contactFinding(d, CodeUndeliverable, l.Contact.Email,
		"A notice came back",
		fmt.Sprintf("Mail to %s was taken by our mail server and not delivered: %s", clean(l.Contact.Email, 120), words),
		"Call the client. The reason is not the address: see what it says about our mail, and mend that.", ReasonReturned, now)
}

// firstDomain gives the most urgent domain that a message speaks of, nil when it speaks of none.
func firstDomain(l *models.Letter) *models.Domain {
	for i := range l.Items {
		if d := &l.Items[i].Domain; d.ID != 0 {
			return d
		}
	}
	return nil
}

// reportEntries gives the ledger's lines on a report, one for each notice that the message carries.
func reportEntries(l *models.Letter, b *models.Bounce, kind string, now time.Time) []models.Entry {
	var entries []models.Entry
	for i := range l.Items {
		item := &l.Items[i]
		entries = append(entries, entry(now, kind, ActorSystem, l.Client.ID, item.Domain.ID, struct {
			Domain     string    `json:"domain"`
			CycleID    int64     `json:"cycle_id"`
			Stage      string    `json:"stage"`
			MailID     int64     `json:"mail_id"`
			MessageID  string    `json:"message_id"`
			Recipient  string    `json:"recipient"`
			Status     string    `json:"status"`
			Diagnostic string    `json:"diagnostic"`
			Source     string    `json:"source"`
			EventID    string    `json:"event_id"`
			ReportedAt time.Time `json:"reported_at"`
		}{
			item.Domain.Name, item.Cycle.ID, string(item.Notice.Stage), l.Mail.ID, l.Mail.MessageID, l.Mail.Recipient, clean(b.Status, 20),
			clean(b.Diagnostic, 500), b.Source, b.EventID, b.At.UTC(),
		}))
	}
	return entries
}
