package store_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/store"
)

// wrongPerson has the first contact of a domain say that somebody else is to be asked.
func wrongPerson(tb testing.TB, s *store.Store, w models.Watched, named models.Named, when time.Time) models.Answer {
	tb.Helper()
	f := finding(w.Domain.ID, models.CodeWrongPerson)
	f.Subject = w.Contacts[0].Email
	task := owed(w, models.Stage(models.WrongPersonPrefix+fmt.Sprint(w.Contacts[0].ID)))
	task.Channel, task.Recipient = models.ChannelTask, "ops"
	_, err := s.QueueNotices(tb.Context(), models.NoticePlan{DomainID: w.Domain.ID, Add: []models.Notice{task}}, when)
	ok(tb, err)
	return must[models.Answer](tb)(s.RecordAnswer(tb.Context(), models.AnswerRecord{
		Answer: answerOf(w, models.AnswerWrongPerson, when), Finding: &models.FindingChange{Kind: models.FindingOpened, Finding: f},
		Proposal: &models.Proposal{
			ClientID: w.Client.ID, DomainID: &w.Domain.ID, ContactID: w.Contacts[0].ID, Name: named.Name, Email: named.Email, Phone: named.Phone, At: when,
		},
		Ledger: []models.Entry{{
			At: when, Kind: "answer", ClientID: &w.Client.ID, DomainID: &w.Domain.ID, Actor: fmt.Sprintf("contact:%d", w.Contacts[0].ID),
			Body: fmt.Sprintf(`{"domain":"a.lab","cycle_id":%d,"kind":"wrong_person","by":"Bo"}`, w.Cycle.ID),
		}},
	}))
}

func openTasks(tb testing.TB, s *store.Store, domainID int64) (open int) {
	tb.Helper()
	for _, v := range must[[]models.NoticeView](tb)(s.NoticesOf(tb.Context(), domainID)) {
		if v.Notice.Channel == models.ChannelTask && v.Notice.State == models.NoticeQueued {
			open++
		}
	}
	return open
}

func TestAProposalIsDecidedOnce(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		imported(t, s, row("a.lab", "Amber Bakery"))
		w := expiring(t, s, "a.lab", at(20*day))
		wrongPerson(t, s, w, models.Named{Name: "Ana", Phone: "555 010 0199"}, now)
		wrongPerson(t, s, w, models.Named{Name: "Ana Díaz", Email: "ana@amberbakery.example"}, at(time.Minute)) // takes the first one's place
		open := must[[]models.ProposalView](t)(s.Proposals(t.Context(), 0))
		if len(open) != 1 || open[0].Proposal.Name != "Ana Díaz" || open[0].DomainName != "a.lab" || open[0].ClientName != "Amber Bakery" || open[0].Known != nil {
			t.Fatalf("proposals: %+v", open)
		}
		if got := watched(t, s, "a.lab"); len(got.Contacts) != 1 {
			t.Errorf("somebody was added before staff decided: %+v", got.Contacts)
		}
		id := open[0].Proposal.ID
		for why, d := range map[string]models.ProposalDecision{
			"no role": {ID: id, By: "kim@agency.example", At: at(time.Hour)}, "an unknown role": {ID: id, Role: "king", At: at(time.Hour)},
			"an unknown former role": {ID: id, Role: models.RoleOwner, Former: "king", At: at(time.Hour)},
		} {
			if _, err := s.AcceptProposal(t.Context(), d); !errors.Is(err, models.ErrInvalid) {
				t.Errorf("%s: %v", why, err)
			}
		}
		decision := models.ProposalDecision{ID: id, Role: models.RoleOwner, Former: models.RoleTechnical, By: "kim@agency.example", At: at(time.Hour)}
		c := must[models.Contact](t)(s.AcceptProposal(t.Context(), decision))
		if c.ID == 0 || c.Email != "ana@amberbakery.example" || c.Role != models.RoleOwner || !c.Usable() {
			t.Errorf("contact: %+v", c)
		}
		got := watched(t, s, "a.lab")
		if len(got.Contacts) != 2 || got.Contacts[0].ID != c.ID || got.Contacts[1].Role != models.RoleTechnical || got.Findings[0].State != models.FindingResolved || openTasks(t, s, w.Domain.ID) != 0 {
			t.Errorf("accepted: %+v, %d tasks open", got, openTasks(t, s, w.Domain.ID))
		}
		_, again := s.AcceptProposal(t.Context(), decision)
		if refused := s.RefuseProposal(t.Context(), id, "", "kim", at(time.Hour)); !errors.Is(again, models.ErrConflict) || !errors.Is(refused, models.ErrConflict) {
			t.Errorf("decided twice: %v, %v", again, refused)
		}
		wrongPerson(t, s, watched(t, s, "a.lab"), models.Named{Name: "Somebody", Phone: "555 010 0111"}, at(2*time.Hour))
		second := must[[]models.ProposalView](t)(s.Proposals(t.Context(), w.Client.ID))[0].Proposal.ID
		if _, err := s.AcceptProposal(t.Context(), models.ProposalDecision{ID: second, Role: models.RoleOwner, At: at(3 * time.Hour)}); !errors.Is(err, models.ErrInvalid) {
			t.Errorf("a person without an address was accepted: %v", err)
		}
		ok(t, s.RefuseProposal(t.Context(), second, "nobody knows them", "kim@agency.example", at(3*time.Hour)))
		if left := must[[]models.ProposalView](t)(s.Proposals(t.Context(), 0)); len(left) != 0 {
			t.Errorf("open: %+v", left)
		}
		must[int](t)(s.VerifyLedger(t.Context()))
	})
}

func TestAnAcceptedAddressStaysSuppressed(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		imported(t, s, row("a.lab", "Amber Bakery"))
		w := expiring(t, s, "a.lab", at(20*day))
		ok(t, s.Suppress(t.Context(), models.Suppression{Address: "ana@amberbakery.example", Reason: models.SuppressedOptedOut, By: "contact:9", At: now}))
		wrongPerson(t, s, w, models.Named{Name: "Ana Díaz", Email: "ana@amberbakery.example"}, now)
		id := must[[]models.ProposalView](t)(s.Proposals(t.Context(), 0))[0].Proposal.ID
		c := must[models.Contact](t)(s.AcceptProposal(t.Context(), models.ProposalDecision{ID: id, Role: models.RoleDeputy, By: "kim", At: now}))
		if c.Usable() {
			t.Errorf("who asked not to be written to is written to again: %+v", c)
		}
	})
}

func TestTheRightPersonAfterAll(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		imported(t, s, row("a.lab", "Amber Bakery"))
		w := expiring(t, s, "a.lab", at(20*day))
		a := wrongPerson(t, s, w, models.Named{Name: "Ana Díaz", Phone: "555 010 0199"}, now)
		ok(t, s.WithdrawAnswer(t.Context(), a.ID, a.ContactID, at(time.Hour)))
		got := watched(t, s, "a.lab")
		left := must[[]models.ProposalView](t)(s.Proposals(t.Context(), 0))
		if got.Answer != nil || got.Findings[0].State != models.FindingResolved || openTasks(t, s, w.Domain.ID) != 0 || len(left) != 0 {
			t.Errorf("withdrawn, but %+v with %d tasks and %+v", got, openTasks(t, s, w.Domain.ID), left)
		}
	})
}

func TestRevokingAClientsLinks(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		imported(t, s, row("a.lab", "Amber Bakery"), row("b.lab", "Birch Studio"))
		w, other := expiring(t, s, "a.lab", at(20*day)), watched(t, s, "b.lab")
		link := func(contact int64, purpose models.LinkPurpose, ends time.Time) models.Link {
			return must[models.Link](t)(s.CreateLink(t.Context(), models.Link{ContactID: contact, Purpose: purpose, ExpiresAt: ends, CreatedAt: now}))
		}
		answer, stop := link(w.Contacts[0].ID, models.LinkAnswer, at(30*day)), link(w.Contacts[0].ID, models.LinkUnsubscribe, at(30*day))
		link(w.Contacts[0].ID, models.LinkAnswer, at(-day)) // over already
		theirs := link(other.Contacts[0].ID, models.LinkAnswer, at(30*day))
		if n := must[int](t)(s.RevokeLinks(t.Context(), w.Client.ID, "a phone was lost", "kim@agency.example", at(time.Hour))); n != 2 {
			t.Errorf("%d links were revoked, want 2", n)
		}
		if n := must[int](t)(s.RevokeLinks(t.Context(), w.Client.ID, "", "kim@agency.example", at(2*time.Hour))); n != 0 {
			t.Errorf("%d links were revoked twice", n)
		}
		_, portal := s.Portal(t.Context(), answer.ID, now, time.UTC)
		_, unsubscribing := s.Unsubscribing(t.Context(), stop.ID)
		_, out := s.OptOut(t.Context(), stop.ID, now)
		given := answerOf(w, models.AnswerRenewed, at(2*time.Hour))
		given.LinkID = &answer.ID
		_, recorded := s.RecordAnswer(t.Context(), models.AnswerRecord{Answer: given})
		_, nobody := s.RevokeLinks(t.Context(), 4711, "", "kim", now)
		for what, err := range map[string]error{"the page": portal, "unsubscribing": unsubscribing, "opting out": out, "an answer": recorded, "no such client": nobody} {
			if !errors.Is(err, models.ErrNotFound) {
				t.Errorf("%s: %v", what, err)
			}
		}
		must[models.PortalView](t)(s.Portal(t.Context(), theirs.ID, now, time.UTC))
	})
}

func TestOptingOutAndInAgain(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		r := row("a.lab", "Amber Bakery")
		r.Contacts = append(r.Contacts, models.Contact{Name: "Ana Díaz", Email: "ana@amberbakery.example", Role: models.RoleDeputy})
		imported(t, s, r)
		w := expiring(t, s, "a.lab", at(20*day))
		link := must[models.Link](t)(s.CreateLink(t.Context(), models.Link{ContactID: w.Contacts[0].ID, Purpose: models.LinkUnsubscribe, ExpiresAt: at(30 * day), CreatedAt: now}))
		seen := func() models.Unsubscribing {
			return must[models.Unsubscribing](t)(s.Unsubscribing(t.Context(), link.ID))
		}
		if v := seen(); v.OwnWish || v.Next == nil || v.Next.Name != "Ana Díaz" || v.Client.Name != "Amber Bakery" {
			t.Errorf("before: %+v", v)
		}
		for range 2 {
			must[models.Contact](t)(s.OptOut(t.Context(), link.ID, at(time.Hour)))
		}
		if v := seen(); !v.OwnWish || v.Contact.Usable() {
			t.Errorf("opted out: %+v", v)
		}
		task := owed(w, models.StageOptedOut)
		task.Channel, task.Recipient, task.CycleID, task.Episode = models.ChannelTask, "ops", 0, "1 2026-11-22"
		queuedTask := queued(t, s, task)[0]
		for range 2 {
			ok(t, s.OptIn(t.Context(), link.ID, at(2*time.Hour)))
		}
		if v := seen(); v.OwnWish || !v.Contact.Usable() || noticeState(t, s, queuedTask) != models.NoticeCancelled {
			t.Errorf("opted in: %+v", v)
		}
		ok(t, s.Suppress(t.Context(), models.Suppression{Address: w.Contacts[0].Email, Reason: models.SuppressedBounced, By: "system", At: at(3 * time.Hour)}))
		if err := s.OptIn(t.Context(), link.ID, at(4*time.Hour)); !errors.Is(err, models.ErrConflict) || seen().OwnWish {
			t.Errorf("an address that bounces was taken on by its owner: %v", err)
		}
		answer := must[models.Link](t)(s.CreateLink(t.Context(), models.Link{ContactID: w.Contacts[0].ID, ExpiresAt: at(30 * day), CreatedAt: now}))
		_, wrong := s.Unsubscribing(t.Context(), answer.ID)
		if err := s.OptIn(t.Context(), answer.ID, now); !errors.Is(err, models.ErrNotFound) || !errors.Is(wrong, models.ErrNotFound) {
			t.Errorf("a link for answering: %v, %v", err, wrong)
		}
	})
}

func TestThePortalTellsWhatWasSent(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		w, _, mail := mailed(t, s)
		link := must[models.Link](t)(s.CreateLink(t.Context(), models.Link{ContactID: w.Contacts[0].ID, ExpiresAt: at(day), CreatedAt: now}))
		if v := must[models.PortalView](t)(s.Portal(t.Context(), link.ID, now, time.UTC)); len(v.Mails) != 0 {
			t.Errorf("told before it was sent: %+v", v.Mails)
		}
		sent(t, s, mail, now)
		wrongPerson(t, s, w, models.Named{Name: "Ana Díaz", Phone: "555 010 0199"}, now)
		v := must[models.PortalView](t)(s.Portal(t.Context(), link.ID, now, time.UTC))
		if len(v.Mails) != 1 || v.Mails[0].Mail.ID != mail || v.Mails[0].Mail.Text != "" || len(v.Named) != 1 {
			t.Fatalf("portal: %+v, %+v", v.Mails, v.Named)
		}
		if diff := cmp.Diff([]string{"a.lab"}, v.Mails[0].Domains); diff != "" {
			t.Errorf("names (-want +got):\n%s", diff)
		}
	})
}

func TestRenewedIsLookedAtSoon(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		imported(t, s, row("a.lab", "Amber Bakery"))
		w := expiring(t, s, "a.lab", at(20*day))
		must[models.Answer](t)(s.RecordAnswer(t.Context(), models.AnswerRecord{Answer: answerOf(w, models.AnswerRenewed, at(time.Hour)), Look: true}))
		if d := watched(t, s, "a.lab").Domain; !d.NextLookAt.Equal(at(time.Hour)) {
			t.Errorf("the next look is at %v", d.NextLookAt)
		}
	})
}
