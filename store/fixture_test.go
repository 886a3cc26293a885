package store_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/store"
)

// row is one line of a portfolio: a domain of a client with an owner.
func row(domain, client string) models.PortfolioRow {
	return models.PortfolioRow{
		Domain: domain, Suffix: "lab", Client: client,
		Contacts: []models.Contact{{Name: "Owner of " + client, Email: "owner@" + slug(client) + ".example", Role: models.RoleOwner}},
	}
}

func slug(name string) string {
	out := []rune{}
	for _, r := range name {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			out = append(out, r)
		} else if r >= 'A' && r <= 'Z' {
			out = append(out, r+32)
		}
	}
	return string(out)
}

func imported(tb testing.TB, s *store.Store, rows ...models.PortfolioRow) {
	tb.Helper()
	if _, err := s.ImportPortfolio(tb.Context(), rows, now, false); err != nil {
		tb.Fatal(err)
	}
}

func watched(tb testing.TB, s *store.Store, name string) models.Watched {
	tb.Helper()
	return must[models.Watched](tb)(s.WatchedByName(tb.Context(), name))
}

// judged records a judgement of a domain after the change that fn makes to the record.
func judged(tb testing.TB, s *store.Store, name string, fn func(rec *models.RegistrationRecord)) {
	tb.Helper()
	rec := models.RegistrationRecord{Domain: watched(tb, s, name).Domain}
	fn(&rec)
	ok(tb, s.RecordRegistration(tb.Context(), rec))
}

// expiring gives a domain an expiry and an open cycle up to it.
func expiring(tb testing.TB, s *store.Store, name string, expiry time.Time) models.Watched {
	tb.Helper()
	judged(tb, s, name, func(rec *models.RegistrationRecord) {
		rec.Domain.Lifecycle, rec.Domain.LifecycleWhy = models.LifecycleExpiring, models.WhyDate
		rec.Domain.ExpiresAt, rec.Domain.ExpirySource = &expiry, models.ExpiryRegistry
		rec.Domain.CheckedAt, rec.Domain.SeenAt = new(now), new(now)
		rec.OpenCycle = &models.Cycle{ExpiresAt: expiry, OpenedAt: now}
	})
	return watched(tb, s, name)
}

// owed is a notice to the first contact about the open cycle of a domain, due at now.
func owed(w models.Watched, stage models.Stage) models.Notice {
	c := w.Contacts[0]
	return models.Notice{
		DomainID: w.Domain.ID, CycleID: w.Cycle.ID, Stage: stage, Recipient: c.Email, Channel: models.ChannelEmail,
		ClientID: w.Client.ID, ContactID: &c.ID, State: models.NoticeQueued, DueAt: now, Reason: "window", ExpiresAt: w.Cycle.ExpiresAt,
	}
}

// queued queues notices of one domain and gives them as stored, the first first.
func queued(tb testing.TB, s *store.Store, notices ...models.Notice) []models.Notice {
	tb.Helper()
	added, err := s.QueueNotices(tb.Context(), models.NoticePlan{DomainID: notices[0].DomainID, Add: notices}, now)
	if err != nil || added != len(notices) {
		tb.Fatalf("queued %d of %d notices: %v", added, len(notices), err)
	}
	views := must[[]models.NoticeView](tb)(s.NoticesOf(tb.Context(), notices[0].DomainID))
	stored := make([]models.Notice, 0, len(notices))
	for i := range slices.Backward(notices) {
		stored = append(stored, views[i].Notice)
	}
	return stored
}

func messageID(contactID int64, day string, first models.Notice) string {
	return fmt.Sprintf("%d.%s.%d.%s@deedwatch.example", contactID, day, first.CycleID, first.Stage)
}

// collected binds what is due at now to the messages of a day.
func collected(tb testing.TB, s *store.Store, at time.Time, day string) []int64 {
	tb.Helper()
	ids, _, err := s.CollectMails(tb.Context(), collection(at, day, 100))
	ok(tb, err)
	return ids
}

// collection collects at an instant for a day, without a cap.
func collection(at time.Time, day string, limit int) models.Collection {
	return models.Collection{Now: at, Day: day, Since: at.Add(-12 * time.Hour), Later: at.Add(24 * time.Hour), Limit: limit, MessageID: messageID}
}

// sent hands a message over with success at an instant.
func sent(tb testing.TB, s *store.Store, mailID int64, at time.Time) {
	tb.Helper()
	sentAs(tb, s, models.Mail{ID: mailID}, at)
}

// sentAs hands a message over with success in given words.
func sentAs(tb testing.TB, s *store.Store, m models.Mail, at time.Time) {
	tb.Helper()
	ok(tb, s.BeginAttempt(tb.Context(), m, at, at.Add(time.Minute)))
	ok(tb, s.RecordAttempt(tb.Context(), delivered(must[models.Letter](tb)(s.Letter(tb.Context(), m.ID)), at)))
}

// delivered is the record of a successful attempt.
func delivered(l models.Letter, at time.Time) models.AttemptRecord {
	rec := models.AttemptRecord{
		Attempt: models.Attempt{At: at, EndedAt: at.Add(time.Second), Outcome: models.DeliverySent, Code: 250, Reply: "2.0.0 Ok"}, Mail: l.Mail,
	}
	rec.Mail.State, rec.Mail.SentAt = models.MailSent, new(at.Add(time.Second))
	for _, i := range l.Items {
		rec.Notices = append(rec.Notices, models.NoticeChange{ID: i.Notice.ID, From: models.NoticeMailed, To: models.NoticeSent, Reason: "accepted"})
		rec.Ledger = append(rec.Ledger, sentLine(l, i, rec.Attempt))
	}
	return rec
}

// sentLine is the ledger's line on a notice that was sent.
func sentLine(l models.Letter, i models.LetterItem, a models.Attempt) models.Entry {
	facts := map[string]any{
		"mail_id": l.Mail.ID, "message_id": l.Mail.MessageID, "recipient": l.Mail.Recipient, "subject": l.Mail.Subject, "text_sha256": l.Mail.TextHash,
		"smtp_reply": a.Answered(), "stage": i.Notice.Stage, "notice_id": i.Notice.ID, "domain": i.Domain.Name,
	}
	if o := i.Observation; o != nil {
		facts["observation"] = map[string]any{"id": o.ID, "kind": o.Kind, "outcome": o.Outcome, "server": o.Server, "at": o.At, "evidence_sha256": o.EvidenceHash}
	}
	body, err := json.Marshal(facts)
	if err != nil {
		panic(err)
	}
	return models.Entry{At: a.EndedAt, Kind: "mail_sent", ClientID: &l.Client.ID, DomainID: &i.Domain.ID, Actor: "system", Body: string(body)}
}

func noticeState(tb testing.TB, s *store.Store, n models.Notice) models.NoticeState {
	tb.Helper()
	return noticeNow(tb, s, n).State
}

func noticeNow(tb testing.TB, s *store.Store, n models.Notice) models.Notice {
	tb.Helper()
	for _, v := range must[[]models.NoticeView](tb)(s.NoticesOf(tb.Context(), n.DomainID)) {
		if v.Notice.ID == n.ID {
			return v.Notice
		}
	}
	tb.Fatalf("notice %d is gone", n.ID)
	return models.Notice{}
}
