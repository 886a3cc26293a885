package store_test

import (
	"errors"
	"testing"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

// TestTheAnswerOfAFormerClientRestsNothing: who lets a name go, to another client of ours, says so for itself only.
func TestTheAnswerOfAFormerClientRestsNothing(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		imported(t, s, row("a.lab", "Amber Bakery"))
		w := expiring(t, s, "a.lab", at(20*day))
		must[models.Answer](t)(s.RecordAnswer(t.Context(), models.AnswerRecord{
			Answer: answerOf(w, models.AnswerLettingGo, now), QuietUntil: new(at(400 * day)), QuietReason: "answered:letting_go",
			Ledger: []models.Entry{{At: now, Kind: models.EntryAnswer, ClientID: &w.Client.ID, DomainID: &w.Domain.ID, Actor: "contact:1", Body: `{"kind":"letting_go"}`}},
		}))
		imported(t, s, row("a.lab", "Birch Studio"))
		got := watched(t, s, "a.lab")
		if got.Answer != nil || got.Domain.QuietUntil != nil || got.Domain.QuietReason != "" || owedOf(t, s, "a.lab").Answer != nil {
			t.Errorf("the new client is not reminded because of %+v, until %v", got.Answer, got.Domain.QuietUntil)
		}
		if _, err := s.VerifyLedger(t.Context()); err != nil {
			t.Errorf("the move is taken for tampering: %v", err)
		}
	})
}

// TestAnErasureLeavesTheFormerClientsAnswers: somebody of the same name, at the client that a domain came from.
func TestAnErasureLeavesTheFormerClientsAnswers(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		imported(t, s, row("a.lab", "Amber Bakery"))
		w := expiring(t, s, "a.lab", at(20*day))
		said := answerOf(w, models.AnswerRenewed, now)
		said.By = "Robin Amber"
		must[models.Answer](t)(s.RecordAnswer(t.Context(), models.AnswerRecord{
			Answer: said,
			Ledger: []models.Entry{{At: now, Kind: models.EntryAnswer, ClientID: &w.Client.ID, DomainID: &w.Domain.ID, Actor: "contact:1", Body: `{"by":"Robin Amber"}`}},
		}))
		moved := row("a.lab", "Birch Studio")
		moved.Contacts[0].Name = said.By
		imported(t, s, moved)
		_, err := s.EraseContact(t.Context(), models.Erasure{ContactID: watched(t, s, "a.lab").Contacts[0].ID, By: "kim@agency.example", At: at(time.Hour), Force: true})
		ok(t, err)
		if _, err := s.VerifyLedger(t.Context()); err != nil {
			t.Errorf("the erasure is taken for tampering: %v", err)
		}
	})
}

// TestAnArchivedDomainGoesOnWithItsCycle: archived by mistake and imported again, it owes nobody what was sent.
func TestAnArchivedDomainGoesOnWithItsCycle(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		again := func(name string, to time.Time) (before, after int64) {
			imported(t, s, row(name, "Client "+name))
			w := expiring(t, s, name, at(20*day))
			queued(t, s, owed(w, models.StageD30))
			ok(t, s.ArchiveDomain(t.Context(), w.Domain.ID, "pat@agency.example", now))
			imported(t, s, row(name, "Client "+name))
			judged(t, s, name, func(rec *models.RegistrationRecord) {
				rec.OpenCycle = &models.Cycle{ExpiresAt: to, OpenedAt: at(time.Hour)}
			})
			return w.Cycle.ID, watched(t, s, name).Cycle.ID
		}
		if before, after := again("same.lab", at(21*day)); before != after {
			t.Errorf("cycle %d began anew as %d", before, after)
		}
		if c := watched(t, s, "same.lab").Cycle; c.ClosedAt != nil || c.CloseReason != "" || !c.ExpiresAt.Equal(at(21*day)) {
			t.Errorf("the cycle: %+v", c)
		}
		if o := owedOf(t, s, "same.lab"); len(o.Notices) != 1 || o.Notices[0].State != models.NoticeCancelled {
			t.Errorf("what it owed: %+v", o.Notices)
		}
		if before, after := again("renewed.lab", at(385*day)); before == after {
			t.Error("a cycle went on that was renewed while nobody watched")
		}
	})
}

// TestTheLaterWordCountsWhateverTheClock: a change of mind after the clock was set back.
func TestTheLaterWordCountsWhateverTheClock(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		imported(t, s, row("a.lab", "Amber Bakery"))
		w := expiring(t, s, "a.lab", at(20*day))
		for i, kind := range []models.AnswerKind{models.AnswerLettingGo, models.AnswerRenewed} {
			must[models.Answer](t)(s.RecordAnswer(t.Context(), models.AnswerRecord{Answer: answerOf(w, kind, at(-time.Duration(i)*50*time.Minute))}))
		}
		if a, o := watched(t, s, "a.lab").Answer, owedOf(t, s, "a.lab").Answer; a.Kind != models.AnswerRenewed || o.Kind != models.AnswerRenewed {
			t.Errorf("said last: %s, planned by: %s", a.Kind, o.Kind)
		}
	})
}

// TestLinksOfAnOldAddress: whoever reads it neither answers nor unsubscribes the person who has a new one.
func TestLinksOfAnOldAddress(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		_, _, mail := mailed(t, s)
		c := contact(t, s, "a.lab")
		link := models.Link{Purpose: models.LinkUnsubscribe, ContactID: c.ID, MailID: &mail, ExpiresAt: at(day), CreatedAt: now}
		old := must[models.Link](t)(s.CreateLink(t.Context(), link))
		c.Phone = "+1 555 0100"
		ok(t, s.CorrectContact(t.Context(), c, "pat@agency.example", now))
		if l := must[models.Link](t)(s.LinkByID(t.Context(), old.ID)); l.RevokedAt != nil {
			t.Error("another phone number revoked the links")
		}
		c.Email = "new@amber.example"
		ok(t, s.CorrectContact(t.Context(), c, "pat@agency.example", now))
		if _, err := s.OptOut(t.Context(), old.ID, now); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("unsubscribed by the old address: %v", err)
		}
		if got := contact(t, s, "a.lab"); !got.Usable() {
			t.Errorf("the new address: %+v", got)
		}
		made := must[models.Link](t)(s.CreateLink(t.Context(), link))
		if made.ID == old.ID || made.RevokedAt != nil || made.MailID == nil {
			t.Errorf("the message is tried again with the link %+v", made)
		}
		if again := must[models.Link](t)(s.CreateLink(t.Context(), link)); again.ID != made.ID {
			t.Errorf("a second one: %+v", again)
		}
	})
}

// TestWhatIsTakenBackByHandStaysSo: over the cap, held and released, it is still a person's word, which no look at the registry undoes.
func TestWhatIsTakenBackByHandStaysSo(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		w, _, mail := mailed(t, s)
		sent(t, s, mail, now)
		ok(t, s.QueueRetraction(t.Context(), mail, "pat@agency.example", now))
		c := collection(at(day), "2026-11-23", 10)
		c.Cap, c.Later = 1, at(2*day)
		raw(t, s, `INSERT INTO mails (contact_id, "day", kind, client_id, recipient, state, next_attempt_at, attempts, message_id, thread_refs, subject, text_hash, text, last_error, bounce_reason, created_at, updated_at)
			SELECT contact_id, '2026-11-23', 'access', client_id, recipient, 'sent', next_attempt_at, 1, 'other@x', '', '', '', '', '', '', created_at, updated_at FROM mails`)
		_, _, err := s.CollectMails(t.Context(), c)
		ok(t, err)
		back := owedOf(t, s, "a.lab").Notices
		n := back[len(back)-1]
		if n.Stage != models.StageRetraction || !n.DueAt.Equal(at(2*day)) || n.Reason != models.ReasonTakenBack {
			t.Fatalf("over the cap: %+v", n)
		}
		ok(t, s.HoldNotice(t.Context(), n.ID, "pat@agency.example", at(2*day)))
		ok(t, s.ReleaseNotice(t.Context(), n.ID, "pat@agency.example", at(2*day)))
		if got := noticeNow(t, s, n); got.State != models.NoticeQueued || got.Reason != models.ReasonTakenBack {
			t.Errorf("held and released: %+v of %s", got, w.Domain.Name)
		}
	})
}

// TestAnEmptyMessageDoesNotCount: one that waits and lost all that it carried keeps nothing urgent back.
func TestAnEmptyMessageDoesNotCount(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		w, n, mail := mailed(t, s)
		ok(t, s.BeginAttempt(t.Context(), models.Mail{ID: mail}, now, at(time.Hour)))
		rec := delivered(must[models.Letter](t)(s.Letter(t.Context(), mail)), now)
		rec.Attempt.Outcome, rec.Mail.State, rec.Mail.SentAt, rec.Mail.NextAttemptAt, rec.Notices, rec.Ledger = models.DeliveryTemporary, models.MailWaiting, nil, at(30*day), nil, nil
		ok(t, s.RecordAttempt(t.Context(), rec))
		d3 := queued(t, s, owed(w, models.StageD3))[0]
		must[int](t)(s.QueueNotices(t.Context(), models.NoticePlan{
			Change: []models.NoticeChange{{ID: n.ID, From: models.NoticeMailed, To: models.NoticeSuperseded, Reason: "tighter_stage_due"}},
		}, at(day)))
		c := collection(at(day), "2026-11-23", 10)
		c.Cap, c.Later = 1, at(2*day)
		_, _, err := s.CollectMails(t.Context(), c)
		ok(t, err)
		if got := noticeState(t, s, d3); got != models.NoticeMailed {
			t.Errorf("the tighter one is %s", got)
		}
	})
}
