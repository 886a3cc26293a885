package store_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/store"
)

// proven is a client whose history the ledger proves: a look, a message that rests on it, and answers.
type proven struct {
	w       models.Watched
	mail    models.Mail
	answer  models.Answer // it stands
	revoked models.Answer // it was taken back
	look    int64
}

const provenText = "Dear Ada Birch,\n\na.lab expires on Friday. Open https://watch.example/c/abc or write to owner@amberbakery.example.\n"

// provenWorld makes the history of one client, at now and later; another client's lines stand between.
func provenWorld(tb testing.TB, s *store.Store) proven {
	tb.Helper()
	r := row("a.lab", "Amber Bakery")
	r.Contacts[0].Name, r.Contacts[0].Phone = "Ada Birch", "+1 (555) 010-0134"
	r.Contacts = append(r.Contacts, models.Contact{Name: "Cy Dale", Email: "cy@amberbakery.example", Role: models.RoleDeputy})
	imported(tb, s, r, row("b.lab", "Cedar"))
	expiry := at(5 * day)
	judged(tb, s, "a.lab", func(rec *models.RegistrationRecord) {
		rec.Domain.Lifecycle, rec.Domain.LifecycleWhy = models.LifecycleExpiring, models.WhyDate
		rec.Domain.ExpiresAt, rec.Domain.ExpirySource = &expiry, models.ExpiryRegistry
		rec.Domain.CheckedAt, rec.Domain.SeenAt = new(now), new(now)
		rec.OpenCycle = &models.Cycle{ExpiresAt: expiry, OpenedAt: now}
		rec.Observations = []models.Observation{{
			Kind: models.LookRDAP, Outcome: models.OutcomeOK, Server: "https://rdap.lab", At: now, Evidence: []byte(`{"a":1}`), EvidenceHash: sha(`{"a":1}`),
		}}
		rec.Registration = &models.Registration{
			RegistryExpiry: &expiry, RegistryExpiryAt: new(now), RegistrySource: models.LookRDAP, DNSSEC: models.DNSSECUnsigned, FactsAt: new(now),
			FactsSource: models.LookRDAP, Sources: map[string]models.FactSource{models.FactRegistryExpiry: {Source: models.LookRDAP, Server: "https://rdap.lab", At: now}},
		}
		rec.Statements = []models.Statement{{Source: models.LookRDAP, Server: "https://rdap.lab", Outcome: models.OutcomeOK, Facts: &models.Facts{ExpiresAt: &expiry}, At: new(now), AskedAt: now, AskedOutcome: models.OutcomeOK}}
	})
	w := watched(tb, s, "a.lab")
	n := queued(tb, s, owed(w, models.StageD7))[0]
	ok(tb, s.AddLedger(tb.Context(), entries(2)))
	id := collected(tb, s, now, "2026-11-22")[0]
	sentAs(tb, s, models.Mail{ID: id, Subject: "a.lab expires on Friday", Text: provenText, TextHash: sha(provenText)}, at(time.Minute))
	ok(tb, s.AddLedger(tb.Context(), entries(1)))
	p := proven{w: w, mail: *must[[]models.NoticeView](tb)(s.NoticesOf(tb.Context(), n.DomainID))[0].Mail}
	p.revoked = answered(tb, s, w, models.AnswerAutoRenew, at(time.Hour))
	ok(tb, s.WithdrawAnswer(tb.Context(), p.revoked.ID, p.revoked.ContactID, at(2*time.Hour)))
	p.answer = answered(tb, s, w, models.AnswerRenewed, at(3*time.Hour))
	p.look = must[models.Letter](tb)(s.Letter(tb.Context(), id)).Items[0].Observation.ID
	return p
}

// answered records an answer of the first contact, with the line that tells of it.
func answered(tb testing.TB, s *store.Store, w models.Watched, kind models.AnswerKind, when time.Time) models.Answer {
	tb.Helper()
	a := answerOf(w, kind, when)
	a.By = w.Contacts[0].Name
	line := models.Entry{
		At: when, Kind: "answer", ClientID: &w.Client.ID, DomainID: &w.Domain.ID, Actor: fmt.Sprintf("contact:%d", a.ContactID),
		Body: fmt.Sprintf(`{"domain":"a.lab","cycle_id":%d,"kind":"%s","by":"%s"}`, a.CycleID, kind, a.By),
	}
	got, err := s.RecordAnswer(tb.Context(), models.AnswerRecord{Answer: a, Ledger: []models.Entry{line}})
	ok(tb, err)
	return got
}

// The lines of provenWorld.
const (
	lineOther   = 1
	lineSent    = 3
	lineRevoked = 5
	lineTaken   = 6
	lineAnswer  = 7
)

func TestTheLedgerVouchesForWhatItTellsOf(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		sql  string
		line int64 // 0: no line is there to be named
		says string
	}{
		"words":                     {`UPDATE mails SET text = replace(text, 'Friday', 'Monday')`, lineSent, "words"},
		"words and their hash":      {`UPDATE mails SET text = 'x', text_hash = '` + sha("x") + `'`, lineSent, "words"},
		"no words":                  {`UPDATE mails SET text = ''`, lineSent, "words"},
		"words said to be erased":   {`UPDATE mails SET text = '` + models.ErasedText + `'`, lineSent, "words"},
		"subject":                   {`UPDATE mails SET subject = 'Hello'`, lineSent, "subject"},
		"recipient":                 {`UPDATE mails SET recipient = 'other@amberbakery.example'`, lineSent, "recipient"},
		"Message-ID":                {`UPDATE mails SET message_id = 'x@y'`, lineSent, "Message-ID"},
		"message of another":        {`UPDATE mails SET client_id = 2`, lineSent, "another client"},
		"message not sent":          {`UPDATE mails SET state = 'failed'`, lineSent, "accepted"},
		"notice gone":               {`DELETE FROM notices`, lineSent, "notice"},
		"notice of another stage":   {`UPDATE notices SET stage = 'd14'`, lineSent, "notice"},
		"notice of another message": {`UPDATE notices SET mail_id = NULL`, lineSent, "another message"},
		"notice to another":         {`UPDATE notices SET recipient = 'other@amberbakery.example'`, lineSent, "its notice has another recipient"},
		"server's words":            {`UPDATE attempts SET reply = '2.0.0 queued'`, lineSent, "answer"},
		"server's code":             {`UPDATE attempts SET code = 251`, lineSent, "answer"},
		"attempt that failed":       {`UPDATE attempts SET outcome = 'temporary'`, lineSent, "answer"},
		"notice not sent":           {`UPDATE notices SET state = 'queued', sent_at = NULL`, lineSent, "sent and does not say so"},
		"message came back":         {`UPDATE mails SET bounced_at = sent_at, bounce_reason = 'x'`, 0, "come back"},
		"attempt gone":              {`DELETE FROM attempts`, lineSent, "attempt"},
		"attempt at another time":   {`UPDATE attempts SET ended_at = at`, lineSent, "attempt"},
		"evidence":                  {`UPDATE observations SET evidence = NULL`, lineSent, "evidence"},
		"evidence and its hash":     {`UPDATE observations SET evidence = NULL, evidence_hash = '` + sha("") + `'`, lineSent, "evidence"},
		"server that was asked":     {`UPDATE observations SET server = 'https://other.lab'`, lineSent, "another one"},
		"what the look gave":        {`UPDATE observations SET outcome = 'absent'`, lineSent, "another one"},
		"answer's kind":             {`UPDATE answers SET kind = 'letting_go' WHERE withdrawn IS NULL`, lineAnswer, "answer"},
		"who answered":              {`UPDATE answers SET "by" = 'Somebody' WHERE withdrawn IS NULL`, lineAnswer, "answer"},
		"answer of another":         {`UPDATE answers SET contact_id = 2 WHERE withdrawn IS NULL`, lineAnswer, "answer"},
		"answer gone":               {`DELETE FROM answers WHERE withdrawn IS NULL`, lineAnswer, "answer"},
		"answer stands again":       {`UPDATE answers SET withdrawn = NULL`, lineTaken, "answer"},
		"answer taken back":         {`UPDATE answers SET withdrawn = at WHERE withdrawn IS NULL`, 0, "taken back"},
		"two answers exchanged":     {`UPDATE answers SET kind = CASE kind WHEN 'renewed' THEN 'auto_renew_on' ELSE 'renewed' END`, lineRevoked, "answer"},
		"message that was not":      {`INSERT INTO mails SELECT 900, contact_id, '2026-11-23', client_id, recipient, state, next_attempt_at, attempts, 'z', thread_refs, subject, text_hash, text, last_error, created_at, updated_at, sent_at, kind, bounced_at, bounce_reason FROM mails`, 0, "message 900"},
		"notice that was not":       {`INSERT INTO notices (id, domain_id, cycle_id, stage, recipient, channel, client_id, state, due_at, reason, mail_id, expires_at, created_at, updated_at, sent_at) SELECT 900, domain_id, cycle_id, 'd1', recipient, channel, client_id, state, due_at, reason, mail_id, expires_at, created_at, updated_at, sent_at FROM notices`, 0, "notice 900"},
		"attempt that was not":      {`INSERT INTO attempts SELECT 900, mail_id, at, at, outcome, code, enhanced, reply FROM attempts`, 0, "attempt 900"},
		"answer that was not":       {`INSERT INTO answers SELECT 900, domain_id, cycle_id, contact_id, link_id, kind, renew_on, created_at, "by", withdrawn FROM answers JOIN (SELECT created_at FROM mails) m ON true WHERE withdrawn IS NULL`, 0, "answer 900"},
		"line without its message":  {`DELETE FROM notices; DELETE FROM attempts; DELETE FROM mails`, lineSent, "not there"},
		"the first is named":        {`UPDATE mails SET text = 'x'; UPDATE entries SET actor = 'x' WHERE id = 7; DELETE FROM answers`, lineSent, "words"},
		"the chain first":           {`UPDATE mails SET text = 'x'; UPDATE entries SET actor = 'x' WHERE id = 1`, lineOther, "content"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			onBoth(t, func(on engine) {
				t, s := on.t, on.s
				provenWorld(t, s)
				raw(t, s, tc.sql)
				_, err := s.AuditLedger(t.Context(), nil)
				var broken *store.LedgerError
				if !errors.As(err, &broken) || broken.EntryID != tc.line || !strings.Contains(err.Error(), tc.says) {
					t.Errorf("err = %v, want line %d, %q", err, tc.line, tc.says)
				}
			})
		})
	}
}

func TestAnUntouchedLedgerHolds(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		provenWorld(t, s)
		got := must[models.LedgerState](t)(s.AuditLedger(t.Context(), nil))
		if got.Entries != 7 || got.Messages != 1 || got.Looks != 1 || got.Answers != 3 || got.Erased != 0 || got.Head == "" {
			t.Errorf("state %+v", got)
		}
	})
}

// TestALedgerWrittenAnew is what nobody can see from the database alone.
func TestALedgerWrittenAnew(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		ok(t, s.AddLedger(t.Context(), entries(3)))
		kept := must[models.LedgerState](t)(s.AuditLedger(t.Context(), nil)).Head
		ok(t, s.AddLedger(t.Context(), entries(2)))
		got := must[models.LedgerState](t)(s.AuditLedger(t.Context(), []string{kept}))
		if len(got.Kept) != 1 || got.Kept[0] != (models.KeptHead{Hash: kept, Line: 3, Since: 2}) {
			t.Errorf("kept heads %+v", got.Kept)
		}
		// Somebody takes the third line and all after it out and lets the program write others.
		second := must[[]models.Entry](t)(s.Ledger(t.Context(), 0, 9))[3].Hash
		raw(t, s, `DELETE FROM entries WHERE id >= 3; UPDATE ledger_heads SET entries = 2, hash = '`+second+`'`)
		ok(t, s.AddLedger(t.Context(), entries(3)))
		must[models.LedgerState](t)(s.AuditLedger(t.Context(), nil))
		_, err := s.AuditLedger(t.Context(), []string{second, kept})
		var broken *store.LedgerError
		if !errors.As(err, &broken) || !strings.Contains(err.Error(), kept) {
			t.Errorf("err = %v, want the kept head to be missed", err)
		}
	})
}

// TestTwoWordingsOfOneMessage is a message that two workers handed over: the words of the one whose process was slower are lost.
func TestTwoWordingsOfOneMessage(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		_, _, id := mailed(t, s)
		word := func(text string) models.Letter {
			ok(t, s.BeginAttempt(t.Context(), models.Mail{ID: id, Subject: text, Text: text, TextHash: sha(text)}, now, now))
			return must[models.Letter](t)(s.Letter(t.Context(), id))
		}
		slow := word("one")
		ok(t, s.RecordAttempt(t.Context(), delivered(word("two"), at(time.Minute))))
		ok(t, s.RecordAttempt(t.Context(), delivered(slow, at(2*time.Minute))))
		must[models.LedgerState](t)(s.AuditLedger(t.Context(), nil))
		raw(t, s, `UPDATE mails SET text = 'one'`)
		if _, err := s.AuditLedger(t.Context(), nil); err == nil {
			t.Error("words that were not kept hold")
		}
	})
}
