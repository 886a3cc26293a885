package store_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

func answerOf(w models.Watched, kind models.AnswerKind, at time.Time) models.Answer {
	return models.Answer{DomainID: w.Domain.ID, CycleID: w.Cycle.ID, ContactID: w.Contacts[0].ID, Kind: kind, At: at, By: "Bo"}
}

func TestAnAnswerQuietsAndIsWithdrawn(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		imported(t, s, row("a.lab", "Amber Bakery"))
		w := expiring(t, s, "a.lab", at(20*day))
		n := queued(t, s, owed(w, models.StageD14))[0]
		link := must[models.Link](t)(s.CreateLink(t.Context(), models.Link{ContactID: w.Contacts[0].ID, ExpiresAt: at(30 * day), CreatedAt: now}))
		given := answerOf(w, models.AnswerAutoRenew, now)
		given.LinkID, given.RenewOn = &link.ID, new(at(day))
		a, err := s.RecordAnswer(t.Context(), models.AnswerRecord{
			Answer: given, QuietUntil: new(at(10 * day)), QuietReason: "auto_renew",
			Changes: []models.NoticeChange{{ID: n.ID, From: models.NoticeQueued, To: models.NoticeCancelled, Reason: "answered"}},
			Ledger:  []models.Entry{{At: now, Kind: "answer", ClientID: &w.Client.ID, DomainID: &w.Domain.ID, Actor: fmt.Sprintf("contact:%d", given.ContactID), Body: "{}"}},
		})
		ok(t, err)
		got := watched(t, s, "a.lab")
		d := got.Domain
		if a.ID == 0 || got.Answer.ID != a.ID || a.At != now.UTC() || !d.QuietUntil.Equal(at(10*day)) || d.QuietReason != "auto_renew" {
			t.Errorf("answer %+v on %+v", a, d)
		}
		if d.AutoRenew != models.AutoRenewOn || d.AutoRenewBy != "Bo" || d.Version != w.Domain.Version+1 || noticeState(t, s, n) != models.NoticeCancelled {
			t.Errorf("domain %+v", d)
		}
		// A judgement made before the answer must not undo it.
		if err := s.RecordRegistration(t.Context(), models.RegistrationRecord{Domain: w.Domain}); !errors.Is(err, models.ErrConflict) {
			t.Errorf("a judgement from before the answer: %v", err)
		}
		for range 2 { // the second does nothing
			ok(t, s.WithdrawAnswer(t.Context(), a.ID, a.ContactID, at(time.Hour)))
		}
		got = watched(t, s, "a.lab")
		if got.Answer != nil || got.Domain.QuietUntil != nil || got.Domain.AutoRenew != models.AutoRenewUnknown {
			t.Errorf("withdrawn, but %+v on %+v", got.Answer, got.Domain)
		}
		if n := must[int](t)(s.VerifyLedger(t.Context())); n != 2 {
			t.Errorf("%d ledger lines, want 2", n)
		}
	})
}

func TestTheLatestAnswerCounts(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		imported(t, s, row("a.lab", "Amber Bakery"))
		w := expiring(t, s, "a.lab", at(20*day))
		must[models.Answer](t)(s.RecordAnswer(t.Context(), models.AnswerRecord{Answer: answerOf(w, models.AnswerWillRenew, now), QuietUntil: new(at(day)), QuietReason: "will_renew"}))
		f := finding(w.Domain.ID, "wrong_person")
		wrong := must[models.Answer](t)(s.RecordAnswer(t.Context(), models.AnswerRecord{
			Answer: answerOf(w, models.AnswerWrongPerson, at(time.Hour)), Finding: &models.FindingChange{Kind: models.FindingOpened, Finding: f},
		}))
		got := watched(t, s, "a.lab")
		if got.Answer.ID != wrong.ID || got.Domain.QuietUntil != nil || len(got.Findings) != 1 || got.Domain.AutoRenew != models.AutoRenewUnknown {
			t.Errorf("after the second answer: %+v on %+v", got.Answer, got.Domain)
		}
		ok(t, s.WithdrawAnswer(t.Context(), wrong.ID, wrong.ContactID, at(2*time.Hour)))
		if got := watched(t, s, "a.lab").Answer; got != nil {
			t.Errorf("after withdrawing it, what it took the place of counts again: %+v", got)
		}
		judged(t, s, "a.lab", func(rec *models.RegistrationRecord) {
			rec.CloseCycle = &models.CycleClose{ID: w.Cycle.ID, At: now, Reason: "renewed"}
		})
		if _, err := s.RecordAnswer(t.Context(), models.AnswerRecord{Answer: answerOf(w, models.AnswerRenewed, now)}); !errors.Is(err, models.ErrConflict) {
			t.Errorf("an answer on a closed cycle: %v", err)
		}
		if err := s.WithdrawAnswer(t.Context(), 4711, 1, now); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("an answer that does not exist: %v", err)
		}
	})
}

func TestLinks(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		w, _, mail := mailed(t, s)
		want := models.Link{ContactID: w.Contacts[0].ID, MailID: &mail, ExpiresAt: at(60 * day), CreatedAt: now}
		first := must[models.Link](t)(s.CreateLink(t.Context(), want))
		want.ExpiresAt = at(90 * day)
		if again := must[models.Link](t)(s.CreateLink(t.Context(), want)); again.ID != first.ID || !again.ExpiresAt.Equal(at(60*day)) {
			t.Errorf("a second link for one mail: %+v", again)
		}
		want.MailID = nil
		if other := must[models.Link](t)(s.CreateLink(t.Context(), want)); other.ID == first.ID || other.CreatedAt != now.UTC() {
			t.Errorf("a link without a mail: %+v", other)
		}
		if l := must[models.Letter](t)(s.Letter(t.Context(), mail)); l.Link == nil || l.Link.ID != first.ID {
			t.Errorf("the letter's link: %+v", l.Link)
		}
		ok(t, s.TouchLink(t.Context(), first.ID, at(time.Hour)))
		ok(t, s.RevokeLink(t.Context(), first.ID, at(2*time.Hour)))
		ok(t, s.RevokeLink(t.Context(), first.ID, at(3*time.Hour)))
		got := must[models.Link](t)(s.LinkByID(t.Context(), first.ID))
		if !got.LastUsedAt.Equal(at(time.Hour)) || !got.RevokedAt.Equal(at(2*time.Hour)) {
			t.Errorf("link: %+v", got)
		}
		_, unknown := s.LinkByID(t.Context(), 4711)
		_, revoked := s.Portal(t.Context(), first.ID, now, time.UTC)
		for what, err := range map[string]error{
			"unknown": unknown, "portal of a revoked one": revoked, "touch": s.TouchLink(t.Context(), 4711, now), "revoke": s.RevokeLink(t.Context(), 4711, now),
		} {
			if !errors.Is(err, models.ErrNotFound) {
				t.Errorf("%s: %v, want ErrNotFound", what, err)
			}
		}
	})
}

func TestPortal(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		imported(t, s, row("z-soon.lab", "Amber Bakery"), row("a-far.lab", "Amber Bakery"), row("gone.lab", "Amber Bakery"), row("other.lab", "Birch Studio"))
		soon := expiring(t, s, "z-soon.lab", at(2*day))
		expiring(t, s, "a-far.lab", at(50*day))
		must[models.Answer](t)(s.RecordAnswer(t.Context(), models.AnswerRecord{Answer: answerOf(soon, models.AnswerWillRenew, now)}))
		ok(t, s.ArchiveDomain(t.Context(), ids(t, s, "gone.lab")[0], "kim", now))
		ok(t, s.UpsertRecords(t.Context(), soon.Domain.ID, []models.ExpectedRecord{{Host: "h", Type: "A", Match: models.MatchExact, Values: []string{"192.0.2.1"}}}, now))
		granted(t, s, soon.Client.ID, models.GrantVerified)
		granted(t, s, soon.Client.ID, models.GrantRevoked)
		link := must[models.Link](t)(s.CreateLink(t.Context(), models.Link{ContactID: soon.Contacts[0].ID, ExpiresAt: at(day), CreatedAt: now}))
		v := must[models.PortalView](t)(s.Portal(t.Context(), link.ID, now, time.UTC))
		if len(v.Domains) != 2 || v.Domains[0].Domain.Name != "z-soon.lab" || v.Domains[0].Answer == nil || len(v.Domains[0].Records) != 1 || v.Domains[1].Answer != nil {
			t.Errorf("domains: %+v", v.Domains)
		}
		if v.Client.Name != "Amber Bakery" || v.Contact.ID != soon.Contacts[0].ID || len(v.Grants) != 1 || v.Domains[0].Cycle.ID != soon.Cycle.ID {
			t.Errorf("portal: %+v", v)
		}
	})
}
