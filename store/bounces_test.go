package store_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/store"
)

const owner = "owner@amberbakery.example"

// contact gives the first contact of a client's domain as it is stored.
func contact(tb testing.TB, s *store.Store, domain string) models.Contact {
	tb.Helper()
	return watched(tb, s, domain).Contacts[0]
}

// kinds counts the ledger's lines by kind, and verifies the chain.
func kinds(tb testing.TB, s *store.Store) map[string]int {
	tb.Helper()
	out := map[string]int{}
	for _, e := range must[[]models.Entry](tb)(s.Ledger(tb.Context(), 0, 1000)) {
		out[e.Kind]++
	}
	if _, err := s.VerifyLedger(tb.Context()); err != nil {
		tb.Error(err)
	}
	return out
}

func TestWhichMessageIsReported(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		_, _, mail := mailed(t, s)
		messageID := must[models.Letter](t)(s.Letter(t.Context(), mail)).Mail.MessageID
		find := func(b models.Bounce) int64 { return must[int64](t)(s.MailReported(t.Context(), b)) }
		if got := find(models.Bounce{MessageID: messageID, Recipient: owner}); got != 0 {
			t.Errorf("a message that was never handed over is found: %d", got)
		}
		ok(t, s.BeginAttempt(t.Context(), models.Mail{ID: mail}, now, at(time.Minute)))
		l := must[models.Letter](t)(s.Letter(t.Context(), mail))
		rec := delivered(l, now)
		rec.Attempt.Reply = "2.0.0 Ok: queued as 883953f4-6105-42a2-a16a-77a8eac79483"
		ok(t, s.RecordAttempt(t.Context(), rec))
		for _, c := range []struct {
			why  string
			b    models.Bounce
			want int64
		}{
			{"by our identifier and the recipient", models.Bounce{MessageID: messageID, Recipient: owner}, mail},
			{"the recipient forwards its mail", models.Bounce{MessageID: messageID, Recipient: "else@other.example", Others: []string{owner}}, mail},
			{"never sent to that recipient", models.Bounce{MessageID: messageID, Recipient: "else@other.example"}, 0},
			{"an identifier that is not ours", models.Bounce{MessageID: "x@y.example", Recipient: owner}, 0},
			{"by what the server called it", models.Bounce{QueueID: "883953f4-6105-42a2-a16a-77a8eac79483", Recipient: owner}, mail},
			{"a part of what the server called it", models.Bounce{QueueID: "883953f4-6105", Recipient: owner}, 0},
			{"too short to be told from chance", models.Bounce{QueueID: "queued", Recipient: owner}, 0},
			{"what the server called it, to another recipient", models.Bounce{QueueID: "883953f4-6105-42a2-a16a-77a8eac79483", Recipient: "else@other.example"}, 0},
			{"nothing to go by", models.Bounce{Recipient: owner}, 0},
		} {
			if got := find(c.b); got != c.want {
				t.Errorf("%s: mail %d, want %d", c.why, got, c.want)
			}
		}
	})
}

func TestAReportCountsOnce(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		w, n, mail := mailed(t, s)
		sent(t, s, mail, now)
		m := must[models.Letter](t)(s.Letter(t.Context(), mail)).Mail
		m.BouncedAt, m.BounceReason = new(at(time.Hour)), "5.1.1 no such user"
		f := finding(w.Domain.ID, models.CodeAddressRefused)
		rec := models.BounceRecord{
			Bounce:   models.Bounce{EventID: "mailbox:1", At: at(time.Hour), MailID: &mail, Recipient: owner, Kind: models.BouncePermanent, Status: "5.1.1", Source: "mailbox", Evidence: []byte("x\x00"), CreatedAt: at(time.Hour)},
			Mail:     &m,
			Notices:  []models.NoticeChange{{ID: n.ID, From: models.NoticeSent, To: models.NoticeBounced, Reason: "bounced"}},
			Suppress: &models.Suppression{Address: owner, Reason: models.SuppressedBounced, Detail: "5.1.1 no such user", By: "mailbox", At: at(time.Hour)},
			Finding:  &models.FindingChange{Kind: models.FindingOpened, Finding: f},
			Ledger:   []models.Entry{{At: at(time.Hour), Kind: "mail_bounced", ClientID: &w.Client.ID, Actor: "system", Body: fmt.Sprintf(`{"mail_id":%d,"status":"5.1.1"}`, mail)}},
		}
		if !must[bool](t)(s.RecordBounce(t.Context(), rec)) {
			t.Error("the first time does not count")
		}
		rec.Bounce.CreatedAt = at(2 * time.Hour)
		if must[bool](t)(s.RecordBounce(t.Context(), rec)) {
			t.Error("the second time counts")
		}
		v := must[[]models.NoticeView](t)(s.NoticesOf(t.Context(), w.Domain.ID))[0]
		if v.Notice.State != models.NoticeBounced || v.Notice.SentAt == nil || v.Mail.State != models.MailSent || !v.Mail.BouncedAt.Equal(at(time.Hour)) || v.Mail.BounceReason != "5.1.1 no such user" {
			t.Errorf("%+v of %+v", v.Notice, v.Mail)
		}
		if c := contact(t, s, "a.lab"); c.EmailState != models.EmailBad || c.EmailReason != "5.1.1 no such user" || c.OptedOutAt != nil {
			t.Errorf("contact: %+v", c)
		}
		if got := watched(t, s, "a.lab").Findings; len(got) != 1 {
			t.Errorf("findings: %+v", got)
		}
		if got := kinds(t, s); got["mail_bounced"] != 1 || got["address_suppressed"] != 1 {
			t.Errorf("ledger: %v", got)
		}
		if got := must[[]models.Bounce](t)(s.BouncesOf(t.Context(), mail)); len(got) != 1 || got[0].Status != "5.1.1" || got[0].Evidence != nil {
			t.Errorf("bounces: %+v", got)
		}
		// It is counted on Today and listed while the contact has the address.
		returned := func() (mails, listed int) {
			v := must[models.TodayView](t)(s.Today(t.Context(), at(2*time.Hour), time.UTC))
			return v.Returned, len(must[[]models.NoticeView](t)(s.ReturnedNotices(t.Context(), at(2*time.Hour), 10)))
		}
		if mails, listed := returned(); mails != 1 || listed != 1 {
			t.Errorf("%d messages came back by Today, %d notices are listed; want 1 each", mails, listed)
		}
		was := contact(t, s, "a.lab")
		mended := was
		mended.Email = "mended@a.lab"
		ok(t, s.CorrectContact(t.Context(), mended, "dana@agency.example", at(2*time.Hour)))
		if mails, listed := returned(); mails != 0 || listed != 0 {
			t.Errorf("%d messages came back by Today, %d notices are listed, although the address is another one now", mails, listed)
		}
		// Another report on the same message leaves the first reason.
		m.BouncedAt, m.BounceReason = new(at(3*time.Hour)), "another"
		rec.Bounce.EventID = "webhook:2"
		must[bool](t)(s.RecordBounce(t.Context(), rec))
		if got := must[models.Letter](t)(s.Letter(t.Context(), mail)).Mail; got.BounceReason != "5.1.1 no such user" {
			t.Errorf("the reason changed: %+v", got)
		}
		if _, err := s.VerifyLedger(t.Context()); err != nil {
			t.Error(err)
		}
		raw(t, s, `UPDATE mails SET bounced_at = NULL, bounce_reason = ''; DELETE FROM bounces`)
		if _, err := s.VerifyLedger(t.Context()); err == nil || !strings.Contains(err.Error(), "came back") {
			t.Errorf("the return of a message was hidden, and the ledger says %v", err)
		}
	})
}

func TestAMessageThatCameBackIsNotTriedAgain(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		_, n, mail := mailed(t, s)
		ok(t, s.BeginAttempt(t.Context(), models.Mail{ID: mail}, now, at(time.Minute))) // and nobody saw the answer
		m := must[models.Letter](t)(s.Letter(t.Context(), mail)).Mail
		m.State, m.LastError, m.BouncedAt = models.MailFailed, "5.1.1", new(at(time.Second))
		must[bool](t)(s.RecordBounce(t.Context(), models.BounceRecord{
			Bounce: models.Bounce{EventID: "1", At: now, MailID: &mail, Recipient: owner, Kind: models.BouncePermanent, Source: "mailbox", CreatedAt: now},
			Mail:   &m, Notices: []models.NoticeChange{{ID: n.ID, From: models.NoticeMailed, To: models.NoticeBounced, Reason: "bounced"}},
			Ledger: []models.Entry{{
				At: now, Kind: "mail_bounced", ClientID: &n.ClientID, DomainID: &n.DomainID, Actor: "system",
				Body: fmt.Sprintf(`{"stage":%q,"mail_id":%d,"status":"5.1.1"}`, n.Stage, mail),
			}},
		}))
		if due := must[[]int64](t)(s.MailsDue(t.Context(), at(day), 10)); len(due) != 0 {
			t.Errorf("due: %v", due)
		}
		if got := noticeState(t, s, n); got != models.NoticeBounced {
			t.Errorf("notice: %s", got)
		}
		if _, err := s.VerifyLedger(t.Context()); err != nil {
			t.Errorf("nobody changed anything, and the ledger does not hold: %v", err)
		}
	})
}

func TestAReportOnNothingOfOursIsKept(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		mailed(t, s)
		before := kinds(t, s)
		b := models.Bounce{EventID: "forged", At: now, Recipient: owner, Kind: models.BouncePermanent, Source: "mailbox", CreatedAt: now}
		must[bool](t)(s.RecordBounce(t.Context(), models.BounceRecord{Bounce: b}))
		if diff := cmp.Diff(before, kinds(t, s)); diff != "" {
			t.Errorf("ledger: %s", diff)
		}
		if c := contact(t, s, "a.lab"); c.EmailState != models.EmailOK {
			t.Errorf("contact: %+v", c)
		}
		if got := must[[]models.Bounce](t)(s.LatestBounces(t.Context(), 5)); len(got) != 1 || got[0].MailID != nil || got[0].EventID != "forged" {
			t.Errorf("shown: %+v", got)
		}
	})
}

func TestSuppressingAndLifting(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		shared := row("b.lab", "Birch Studio")
		shared.Contacts[0].Email = owner // the same person looks after two firms
		imported(t, s, row("a.lab", "Amber Bakery"), shared, row("c.lab", "Cedar"))
		for _, name := range []string{"a.lab", "b.lab", "c.lab"} {
			queued(t, s, owed(expiring(t, s, name, at(5*day)), models.StageD7))
		}
		mails := collected(t, s, now, "2026-11-22")
		held := queued(t, s, owed(watched(t, s, "a.lab"), models.StageD3))[0]
		ok(t, s.HoldNotice(t.Context(), held.ID, "dana@agency.example", now))

		ok(t, s.Suppress(t.Context(), models.Suppression{Address: owner, Reason: models.SuppressedBounced, Detail: "5.1.1 gone", By: "mailbox", At: now}))
		for name, want := range map[string]models.EmailState{"a.lab": models.EmailBad, "b.lab": models.EmailBad, "c.lab": models.EmailOK} {
			if c := contact(t, s, name); c.EmailState != want || c.OptedOutAt != nil {
				t.Errorf("%s: %+v", name, c)
			}
		}
		if got := noticeState(t, s, held); got != models.NoticeCancelled {
			t.Errorf("what was held: %s", got)
		}
		if due := must[[]int64](t)(s.MailsDue(t.Context(), now, 10)); len(due) != len(mails)-2 {
			t.Errorf("due: %v of %v", due, mails)
		}
		// What a person asks for weighs more, and takes the place of it; a further bounce changes nothing.
		ok(t, s.Suppress(t.Context(), models.Suppression{Address: owner, Reason: models.SuppressedComplaint, Detail: "abuse", By: "webhook:relay", At: at(time.Hour)}))
		ok(t, s.Suppress(t.Context(), models.Suppression{Address: owner, Reason: models.SuppressedBounced, Detail: "again", By: "mailbox", At: at(2 * time.Hour)}))
		list := must[[]models.Suppression](t)(s.Suppressions(t.Context(), false, 10))
		if len(list) != 1 || list[0].Reason != models.SuppressedComplaint || len(must[[]models.Suppression](t)(s.Suppressions(t.Context(), true, 10))) != 2 {
			t.Fatalf("list: %+v", list)
		}
		if c := contact(t, s, "b.lab"); c.OptedOutAt == nil || !c.OptedOutAt.Equal(at(time.Hour)) || c.EmailReason != "5.1.1 gone" {
			t.Errorf("contact: %+v", c)
		}
		ok(t, s.LiftSuppression(t.Context(), list[0].ID, "dana@agency.example", at(day)))
		for _, name := range []string{"a.lab", "b.lab"} {
			if c := contact(t, s, name); c.EmailState != models.EmailOK || c.OptedOutAt != nil || c.EmailReason != "" {
				t.Errorf("%s after lifting: %+v", name, c)
			}
		}
		if err := s.LiftSuppression(t.Context(), list[0].ID, "dana@agency.example", at(day)); !errors.Is(err, models.ErrConflict) {
			t.Errorf("lifted twice: %v", err)
		}
		if got := kinds(t, s); got["address_suppressed"] != 4 || got["suppression_lifted"] != 2 { // one line for each client
			t.Errorf("ledger: %v", got)
		}
	})
}

func TestAnImportedContactIsMarkedWhenItsAddressIsSuppressed(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		for address, why := range map[string]models.SuppressionReason{owner: models.SuppressedByHand, "owner@birchstudio.example": models.SuppressedOptedOut} {
			ok(t, s.Suppress(t.Context(), models.Suppression{Address: address, Reason: why, Detail: "asked by phone", By: "dana@agency.example", At: now}))
		}
		imported(t, s, row("a.lab", "Amber Bakery"), row("b.lab", "Birch Studio"), row("c.lab", "Cedar"))
		if c := contact(t, s, "a.lab"); c.EmailState != models.EmailBad || c.EmailReason != "asked by phone" || c.OptedOutAt != nil {
			t.Errorf("by hand: %+v", c)
		}
		if c := contact(t, s, "b.lab"); c.EmailState != models.EmailOK || c.OptedOutAt == nil {
			t.Errorf("opted out: %+v", c)
		}
		if c := contact(t, s, "c.lab"); c.EmailState != models.EmailOK || c.OptedOutAt != nil {
			t.Errorf("another: %+v", c)
		}
	})
}

func TestOptingOut(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		_, n, mail := mailed(t, s)
		c := contact(t, s, "a.lab")
		link := func(p models.LinkPurpose) models.Link {
			return must[models.Link](t)(s.CreateLink(t.Context(), models.Link{Purpose: p, ContactID: c.ID, MailID: &mail, ExpiresAt: at(day), CreatedAt: now}))
		}
		answer, leave := link(models.LinkAnswer), link(models.LinkUnsubscribe)
		if answer.ID == leave.ID || link(models.LinkUnsubscribe).ID != leave.ID || link("").ID != answer.ID {
			t.Errorf("links: %+v %+v", answer, leave)
		}
		if l := must[models.Letter](t)(s.Letter(t.Context(), mail)); l.Link == nil || l.Link.ID != answer.ID {
			t.Errorf("the letter's link: %+v", l.Link)
		}
		for _, id := range []int64{answer.ID, 4711} {
			if _, err := s.OptOut(t.Context(), id, now); !errors.Is(err, models.ErrNotFound) {
				t.Errorf("by link %d: %v", id, err)
			}
		}
		for range 2 {
			if got := must[models.Contact](t)(s.OptOut(t.Context(), leave.ID, now)); got.ID != c.ID {
				t.Errorf("contact %d", got.ID)
			}
		}
		if got := contact(t, s, "a.lab"); got.OptedOutAt == nil || got.EmailState != models.EmailOK {
			t.Errorf("%+v", got)
		}
		if got := noticeNow(t, s, n); got.State != models.NoticeCancelled || got.Reason != "address_suppressed" {
			t.Errorf("%+v", got)
		}
		if got := kinds(t, s); got["address_suppressed"] != 1 {
			t.Errorf("ledger: %v", got)
		}
		ok(t, s.RevokeLink(t.Context(), leave.ID, now))
		if _, err := s.OptOut(t.Context(), leave.ID, now); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("by a revoked link: %v", err)
		}
	})
}
