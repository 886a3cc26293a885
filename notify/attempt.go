package notify

import (
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

// giveUpAfter is how long a message is tried; RFC 5321 section 4.5.4.1 names four to five days for a queue, and a notice is of use sooner.
const giveUpAfter = 72 * time.Hour

// fewestTries is how often a message is tried at least: one that waited for days, behind the storm brake or for a worker, meets its first
// greylisting late.
const fewestTries = 6

// backOff is the retry ladder: the pauses between attempts, of which the last one repeats.
var backOff = []time.Duration{
	time.Minute, // greylisting mostly asks for one to five minutes
	5 * time.Minute,
	15 * time.Minute,
	time.Hour,
	4 * time.Hour,
}

// NextTry gives the pause after so many attempts.
func NextTry(attempts int) time.Duration {
	return backOff[min(max(attempts-1, 0), len(backOff)-1)]
}

// settle decides what an attempt comes to: sent only with the server's acceptance; a temporary failure, or one that is ours, is tried again
// for giveUpAfter; a refusal of the address for good marks the contact, so that Plan turns to the next one.
func settle(l *models.Letter, res Result, began, ended time.Time) models.AttemptRecord {
	m := l.Mail
	m.Attempts++
	rec := models.AttemptRecord{Attempt: models.Attempt{
		MailID: m.ID, At: began, EndedAt: ended, Outcome: res.Outcome, Code: res.Code, Enhanced: clean(res.Enhanced, 20), Reply: clean(res.Reply, 500),
	}}
	reply := rec.Attempt.Reply
	kind, to, reason := "mail_sent", models.NoticeSent, ""
	switch res.Outcome {
	case models.DeliverySent:
		m.State, m.SentAt, m.LastError = models.MailSent, &ended, ""
	case models.DeliveryPermanent:
		m.State, m.LastError = models.MailFailed, reply
		kind, to, reason = "mail_refused", models.NoticeFailed, ReasonRefused
		c := l.Contact
		c.EmailState, c.EmailReason, c.EmailStateAt, c.UpdatedAt = models.EmailBad, reply, &ended, ended
		rec.Contact = &c
		if d := firstDomain(l); d != nil {
			rec.Finding = refusedFinding(d, &c, reply, ended)
		}
	case models.DeliveryTemporary, models.DeliveryRejected:
		m.LastError = reply
		if ended.Sub(m.CreatedAt) < giveUpAfter || m.Attempts < fewestTries {
			m.State, m.NextAttemptAt = models.MailWaiting, ended.Add(NextTry(m.Attempts))
			rec.Mail = m
			return rec
		}
		m.State = models.MailFailed
		kind, to, reason = "mail_failed", models.NoticeFailed, ReasonTooLong
		if res.Outcome == models.DeliveryRejected || res.Code == 0 {
			reason = ReasonServerDown
		}
		if d := firstDomain(l); d != nil {
			rec.Finding = undeliverableFinding(d, &l.Contact, reply, ended)
		}
	}
	rec.Mail = m
	for i := range l.Items {
		item := &l.Items[i]
		change := models.NoticeChange{ID: item.Notice.ID, From: models.NoticeMailed, To: to, Reason: reason}
		if to == models.NoticeSent {
			change.Reason = item.Notice.Reason
		}
		rec.Notices = append(rec.Notices, change)
		rec.Ledger = append(rec.Ledger, attemptEntry(l, item, &m, &rec.Attempt, kind))
	}
	return rec
}

// attemptEntry gives the ledger's proof for one domain: what was said to whom, what the server answered, and on which observation it rests.
func attemptEntry(l *models.Letter, item *models.LetterItem, m *models.Mail, a *models.Attempt, kind string) models.Entry {
	return entry(a.EndedAt, kind, ActorSystem, l.Client.ID, item.Domain.ID, struct {
		Domain     string             `json:"domain"`
		CycleID    int64              `json:"cycle_id"`
		Stage      string             `json:"stage"`
		Reason     string             `json:"reason"`
		ExpiresAt  *time.Time         `json:"expires_at"`
		Source     string             `json:"expiry_source"`
		ObservedAt *time.Time         `json:"observed_at"`
		MailID     int64              `json:"mail_id"`
		MessageID  string             `json:"message_id"`
		Recipient  string             `json:"recipient"`
		Subject    string             `json:"subject"`
		TextHash   string             `json:"text_sha256"`
		Reply      string             `json:"smtp_reply"`
		Attempt    int                `json:"attempt"`
		NoticeID   int64              `json:"notice_id"`
		MailKind   string             `json:"mail_kind"`
		Look       *models.LedgerLook `json:"observation"`
	}{
		item.Domain.Name, item.Cycle.ID, string(item.Notice.Stage), item.Notice.Reason, item.Domain.ExpiresAt, string(item.Domain.ExpirySource),
		item.Domain.SeenAt, m.ID, m.MessageID, m.Recipient, m.Subject, m.TextHash, a.Answered(), m.Attempts,
		item.Notice.ID, string(m.Kind), lookOf(item.Observation),
	})
}

// lookOf names the observation on which a notice rests.
func lookOf(o *models.Observation) *models.LedgerLook {
	if o == nil {
		return nil
	}
	return &models.LedgerLook{ID: o.ID, Kind: o.Kind, Outcome: o.Outcome, Server: o.Server, At: o.At.UTC(), EvidenceHash: o.EvidenceHash}
}
