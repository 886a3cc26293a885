package store_test

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/store"
)

// refused is the record of an attempt that was refused for good, with all that follows.
func refused(l models.Letter, at time.Time) models.AttemptRecord {
	rec := delivered(l, at)
	rec.Attempt.Outcome, rec.Attempt.Code, rec.Attempt.Enhanced, rec.Attempt.Reply = models.DeliveryPermanent, 550, "5.1.1", "no such user"
	rec.Mail.State, rec.Mail.SentAt, rec.Mail.LastError = models.MailFailed, nil, "550 no such user"
	for i := range rec.Notices {
		rec.Notices[i].To, rec.Notices[i].Reason = models.NoticeFailed, "address_refused"
	}
	c := l.Contact
	c.EmailState, c.EmailReason, c.EmailStateAt = models.EmailBad, "no such user", &at
	rec.Contact = &c
	f := finding(l.Items[0].Domain.ID, "contact_unreachable")
	rec.Finding = &models.FindingChange{Kind: models.FindingOpened, Finding: f}
	return rec
}

// mailed gives a domain with one notice in a message.
func mailed(tb testing.TB, s *store.Store) (models.Watched, models.Notice, int64) {
	tb.Helper()
	imported(tb, s, row("a.lab", "Amber Bakery"))
	w := expiring(tb, s, "a.lab", at(5*day))
	n := queued(tb, s, owed(w, models.StageD7))[0]
	return w, n, collected(tb, s, now, "2026-11-22")[0]
}

func TestMailsDueByUrgency(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		imported(t, s, row("far.lab", "Amber Bakery"), row("near.lab", "Birch Studio"), row("later.lab", "Cedar"), row("done.lab", "Dogwood"))
		for name, left := range map[string]time.Duration{"far.lab": 30 * day, "near.lab": 2 * day, "later.lab": day, "done.lab": day} {
			queued(t, s, owed(expiring(t, s, name, at(left)), models.StageD30))
		}
		by := map[string]int64{}
		for _, id := range collected(t, s, now, "2026-11-22") {
			by[must[models.Letter](t)(s.Letter(t.Context(), id)).Items[0].Domain.Name] = id
		}
		sent(t, s, by["done.lab"], now)
		ok(t, s.PostponeMail(t.Context(), by["later.lab"], at(time.Minute), "no_fresh_look", now))
		want := []int64{by["near.lab"], by["far.lab"]}
		if diff := cmp.Diff(want, must[[]int64](t)(s.MailsDue(t.Context(), now, 10))); diff != "" {
			t.Errorf("due (-want +got):\n%s", diff)
		}
		if got := must[[]int64](t)(s.MailsDue(t.Context(), at(time.Minute), 1)); len(got) != 1 || got[0] != by["later.lab"] {
			t.Errorf("a minute later: %v, want the postponed and most urgent one", got)
		}
		m := must[models.Letter](t)(s.Letter(t.Context(), by["later.lab"])).Mail
		if m.Attempts != 0 || m.State != models.MailWaiting || m.LastError != "no_fresh_look" {
			t.Errorf("postponed: %+v", m)
		}
		if err := s.PostponeMail(t.Context(), by["done.lab"], at(day), "x", now); !errors.Is(err, models.ErrConflict) {
			t.Errorf("postponing what was sent: %v", err)
		}
	})
}

func TestOneOfManyBeginsAnAttempt(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		_, _, mail := mailed(t, s)
		var begun, conflicts atomic.Int32
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				switch err := s.BeginAttempt(t.Context(), models.Mail{ID: mail}, now, at(time.Minute)); {
				case err == nil:
					begun.Add(1)
				case errors.Is(err, models.ErrConflict):
					conflicts.Add(1)
				default:
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if begun.Load() != 1 || conflicts.Load() != 7 {
			t.Errorf("%d began, %d conflicts; want 1 and 7", begun.Load(), conflicts.Load())
		}
		ok(t, s.BeginAttempt(t.Context(), models.Mail{ID: mail}, at(time.Minute), at(2*time.Minute))) // the process has died: again
		m := must[models.Letter](t)(s.Letter(t.Context(), mail)).Mail
		if m.Attempts != 2 || m.State != models.MailSending || !m.NextAttemptAt.Equal(at(2*time.Minute)) {
			t.Errorf("mail: %+v", m)
		}
		if err := s.BeginAttempt(t.Context(), models.Mail{ID: 4711}, now, now); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("a mail that does not exist: %v", err)
		}
	})
}

func TestSentMeansSent(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		w, n, mail := mailed(t, s)
		words := models.Mail{ID: mail, Subject: "Your domain", Text: "Dear Bo", TextHash: "hash", References: "root@x"}
		ok(t, s.BeginAttempt(t.Context(), words, now, at(time.Minute)))
		words.Text = "Dear Al"
		if err := s.BeginAttempt(t.Context(), words, now, at(time.Minute)); !errors.Is(err, models.ErrConflict) {
			t.Errorf("a second worker's attempt: %v, want ErrConflict", err)
		}
		l := must[models.Letter](t)(s.Letter(t.Context(), mail))
		ok(t, s.RecordAttempt(t.Context(), delivered(l, now)))

		v := must[[]models.NoticeView](t)(s.NoticesOf(t.Context(), w.Domain.ID))[0]
		if v.Notice.State != models.NoticeSent || !v.Notice.SentAt.Equal(at(time.Second)) || v.Mail.State != models.MailSent || v.Mail.Text != "Dear Bo" || v.Mail.References != "root@x" {
			t.Errorf("sent: %+v of %+v", v.Notice, v.Mail)
		}
		if len(v.Attempts) != 1 || v.Attempts[0].Code != 250 || v.Attempts[0].MailID != mail {
			t.Errorf("attempts: %+v", v.Attempts)
		}
		if err := s.BeginAttempt(t.Context(), models.Mail{ID: mail}, at(day), at(2*day)); !errors.Is(err, models.ErrConflict) {
			t.Errorf("attempt of a sent mail: %v, want ErrConflict", err)
		}
		// Another process's attempt, begun before, ends badly: the mail stays sent, the attempt is kept.
		late := refused(l, at(time.Minute))
		late.Contact, late.Finding = nil, nil
		ok(t, s.RecordAttempt(t.Context(), late))
		v = must[[]models.NoticeView](t)(s.NoticesOf(t.Context(), n.DomainID))[0]
		if v.Mail.State != models.MailSent || v.Notice.State != models.NoticeSent || len(v.Attempts) != 2 {
			t.Errorf("after a late failure: mail %s, notice %s, %d attempts", v.Mail.State, v.Notice.State, len(v.Attempts))
		}
	})
}

func TestAcceptedAlthoughCancelledMeanwhile(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		w, n, mail := mailed(t, s)
		ok(t, s.BeginAttempt(t.Context(), models.Mail{ID: mail}, now, at(time.Minute)))
		l := must[models.Letter](t)(s.Letter(t.Context(), mail))
		judged(t, s, "a.lab", func(rec *models.RegistrationRecord) {
			rec.CloseCycle = &models.CycleClose{ID: w.Cycle.ID, At: now, Reason: "renewed"}
		})
		if got := noticeState(t, s, n); got != models.NoticeCancelled {
			t.Fatalf("notice is %s", got)
		}
		ok(t, s.RecordAttempt(t.Context(), delivered(l, at(time.Second))))
		if got := noticeState(t, s, n); got != models.NoticeSent {
			t.Errorf("the server said 250, but the notice is %s", got)
		}
	})
}

func TestRefusedForGood(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		_, n, mail := mailed(t, s)
		ok(t, s.BeginAttempt(t.Context(), models.Mail{ID: mail}, now, at(time.Minute)))
		ok(t, s.RecordAttempt(t.Context(), refused(must[models.Letter](t)(s.Letter(t.Context(), mail)), now)))
		w := watched(t, s, "a.lab")
		if c := w.Contacts[0]; c.EmailState != models.EmailBad || c.EmailReason != "no such user" || !c.EmailStateAt.Equal(now) {
			t.Errorf("contact: %+v", c)
		}
		if len(w.Findings) != 1 || w.Findings[0].Code != "contact_unreachable" || noticeState(t, s, n) != models.NoticeFailed {
			t.Errorf("findings %+v, notice %s", w.Findings, noticeState(t, s, n))
		}
		if r := ask(t, s, models.BoardQuery{}).Rows[0]; !r.Bounced || r.LastNotice.State != models.NoticeFailed {
			t.Errorf("board row: %+v", r)
		}
		if lines := must[[]models.Entry](t)(s.Ledger(t.Context(), w.Client.ID, 9)); len(lines) != 1 {
			t.Errorf("ledger: %+v", lines)
		}
	})
}

// TestARefusalIsOfTheAddressThatWasWrittenTo: staff corrects the contact while the old address refuses the message.
func TestARefusalIsOfTheAddressThatWasWrittenTo(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		w, n, mail := mailed(t, s)
		ok(t, s.BeginAttempt(t.Context(), models.Mail{ID: mail}, now, at(time.Minute)))
		rec := refused(must[models.Letter](t)(s.Letter(t.Context(), mail)), now)
		c := w.Contacts[0]
		c.Email = "new@amberbakery.example"
		ok(t, s.CorrectContact(t.Context(), c, "ops@agency.example", now))
		ok(t, s.RecordAttempt(t.Context(), rec))
		w = watched(t, s, "a.lab")
		if c := w.Contacts[0]; c.EmailState != models.EmailOK || len(w.Findings) != 0 {
			t.Errorf("the corrected contact: %+v, findings %+v", c, w.Findings)
		}
		if got := noticeState(t, s, n); got != models.NoticeFailed {
			t.Errorf("the notice is %s", got)
		}
	})
}

func TestTemporaryFailureWaits(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		_, n, mail := mailed(t, s)
		ok(t, s.BeginAttempt(t.Context(), models.Mail{ID: mail}, now, at(time.Minute)))
		rec := delivered(must[models.Letter](t)(s.Letter(t.Context(), mail)), now)
		rec.Attempt.Outcome, rec.Mail.State, rec.Mail.SentAt, rec.Mail.NextAttemptAt, rec.Notices = models.DeliveryTemporary, models.MailWaiting, nil, at(15*time.Minute), nil
		ok(t, s.RecordAttempt(t.Context(), rec))
		if got := must[[]int64](t)(s.MailsDue(t.Context(), at(14*time.Minute), 9)); len(got) != 0 {
			t.Errorf("due too early: %v", got)
		}
		if got := must[[]int64](t)(s.MailsDue(t.Context(), at(15*time.Minute), 9)); len(got) != 1 || noticeState(t, s, n) != models.NoticeMailed {
			t.Errorf("due again: %v", got)
		}
	})
}

func TestDropFromMail(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		w, first, mail := mailed(t, s)
		second := queued(t, s, owed(w, models.StageD14))[0]
		collected(t, s, now, "2026-11-22")
		drop := func(n models.Notice) models.NoticeChange {
			return models.NoticeChange{ID: n.ID, From: models.NoticeMailed, To: models.NoticeCancelled, Reason: "renewed"}
		}
		if left := must[int](t)(s.DropFromMail(t.Context(), mail, []models.NoticeChange{drop(first)}, nil, now)); left != 1 {
			t.Errorf("%d left, want 1", left)
		}
		l := must[models.Letter](t)(s.Letter(t.Context(), mail))
		if len(l.Items) != 1 || l.Items[0].Notice.ID != second.ID || noticeNow(t, s, first).MailID != nil {
			t.Errorf("left: %+v, dropped: %+v", l.Items, noticeNow(t, s, first))
		}
		// The first is not in it any more: what is said of it did not happen, and is not written down.
		lines := []models.Entry{{At: now, Kind: "second_dropped", Actor: "system", Body: "{}"}, {At: now, Kind: "first_dropped", Actor: "system", Body: "{}"}}
		if left := must[int](t)(s.DropFromMail(t.Context(), mail, []models.NoticeChange{drop(second), drop(first)}, lines, now)); left != 0 {
			t.Errorf("%d left, want 0", left)
		}
		if m := must[models.Letter](t)(s.Letter(t.Context(), mail)).Mail; m.State != models.MailCancelled {
			t.Errorf("the empty mail is %s", m.State)
		}
		if k := kinds(t, s); k["second_dropped"] != 1 || k["first_dropped"] != 0 {
			t.Errorf("ledger: %v", k)
		}
		if _, err := s.DropFromMail(t.Context(), mail, nil, nil, now); !errors.Is(err, models.ErrConflict) {
			t.Errorf("dropping from a cancelled mail: %v", err)
		}
	})
}

func TestLetterKnowsTheThread(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		r := row("a.lab", "Amber Bakery")
		r.Contacts = append(r.Contacts, models.Contact{Name: "Dee", Email: "dee@amber.example", Role: models.RoleDeputy})
		imported(t, s, r)
		w := expiring(t, s, "a.lab", at(20*day))
		ok(t, s.UpsertRecords(t.Context(), w.Domain.ID, []models.ExpectedRecord{{Host: "a.lab", Type: "TXT", Match: models.MatchExact, Values: []string{"v"}, Purpose: "Mail stops."}}, now))
		toDeputy := owed(w, models.StageD30)
		toDeputy.ContactID, toDeputy.Recipient = &w.Contacts[1].ID, w.Contacts[1].Email
		queued(t, s, owed(w, models.StageD30), toDeputy)
		var root string
		for _, id := range collected(t, s, now, "2026-11-22") {
			l := must[models.Letter](t)(s.Letter(t.Context(), id))
			// The second of the two is read after the first was sent, and still says what it said when it was made.
			if l.Items[0].PriorSentAt != nil || l.Items[0].ThreadRoot != "" || len(l.Copies) != 0 {
				t.Errorf("the first letter: %+v", l)
			}
			if l.Contact.ID == w.Contacts[0].ID {
				root = l.Mail.MessageID
			}
			sent(t, s, id, now)
		}
		queued(t, s, owed(w, models.StageD14))
		sent(t, s, collected(t, s, at(day), "2026-11-23")[0], at(day))
		queued(t, s, owed(w, models.StageD7))
		l := must[models.Letter](t)(s.Letter(t.Context(), collected(t, s, at(2*day), "2026-11-24")[0]))
		item := l.Items[0]
		if item.ThreadRoot != root || !item.PriorSentAt.Equal(at(day+time.Second)) || item.Records[0].Purpose != "Mail stops." || item.Cycle.ID != w.Cycle.ID {
			t.Errorf("item: %+v, want the thread of %s", item, root)
		}
		if len(l.Copies) != 1 || l.Copies[0].Name != "Dee" || l.Client.Name != "Amber Bakery" || l.Link != nil {
			t.Errorf("letter: copies %+v, link %+v", l.Copies, l.Link)
		}
		if _, err := s.Letter(t.Context(), 4711); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("a letter that does not exist: %v", err)
		}
	})
}
