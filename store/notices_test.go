package store_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/store"
)

func TestPlanCandidates(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		deputy := row("a.lab", "Amber Bakery")
		deputy.Contacts = append([]models.Contact{
			{Name: "D", Email: "deputy@amber.example", Role: models.RoleDeputy}, {Name: "B", Email: "billing@amber.example", Role: models.RoleBilling},
		}, deputy.Contacts...)
		imported(t, s, deputy, row("b.lab", "Birch Studio"), row("c.lab", "Birch Studio"), row("far.lab", "Birch Studio"), row("gone.lab", "Birch Studio"))
		for name, left := range map[string]time.Duration{"a.lab": 60 * day, "b.lab": 10 * day, "c.lab": -day, "far.lab": 60*day + time.Microsecond, "gone.lab": day} {
			expiring(t, s, name, at(left))
		}
		ok(t, s.ArchiveDomain(t.Context(), ids(t, s, "gone.lab")[0], "kim", now))
		b := watched(t, s, "b.lab")
		queued(t, s, owed(b, models.StageD30))
		sent(t, s, collected(t, s, now, "2026-11-22")[0], now)
		queued(t, s, owed(b, models.StageD14))
		answer := models.Answer{DomainID: b.Domain.ID, CycleID: b.Cycle.ID, ContactID: b.Contacts[0].ID, Kind: models.AnswerWillRenew, At: now, By: "Bo"}
		must[models.Answer](t)(s.RecordAnswer(t.Context(), models.AnswerRecord{Answer: answer}))
		answer.Kind, answer.At = models.AnswerLettingGo, at(time.Minute)
		must[models.Answer](t)(s.RecordAnswer(t.Context(), models.AnswerRecord{Answer: answer}))

		q := models.PlanQuery{Horizon: at(60 * day), RenewedSince: at(-14 * day), AttestedBefore: at(-365 * day)}
		seen := must[[]int64](t)(s.PlanCandidates(t.Context(), q, now))
		want := ids(t, s, "a.lab", "b.lab", "c.lab")
		if diff := cmp.Diff(want, seen); diff != "" {
			t.Fatalf("domains (-want +got):\n%s", diff)
		}
		got := must[[]models.Owed](t)(s.Owed(t.Context(), seen, q, now))
		roles := []models.ContactRole{got[0].Contacts[0].Role, got[0].Contacts[1].Role, got[0].Contacts[2].Role}
		if diff := cmp.Diff([]models.ContactRole{models.RoleOwner, models.RoleBilling, models.RoleDeputy}, roles); diff != "" {
			t.Errorf("contacts (-want +got):\n%s", diff)
		}
		o := got[1]
		if len(o.Notices) != 2 || o.Answer.Kind != models.AnswerLettingGo || !o.Notices[0].SentAt.Equal(at(time.Second)) || o.Client.Name != "Birch Studio" || o.Cycle.ID != b.Cycle.ID {
			t.Errorf("b.lab: %+v", o)
		}
		if got[2].Notices != nil || got[2].Answer != nil {
			t.Errorf("c.lab has what is not its own: %+v", got[2])
		}
	})
}

func TestANoticeIsQueuedOnce(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		imported(t, s, row("a.lab", "Amber Bakery"))
		w := expiring(t, s, "a.lab", at(5*day))
		plan := models.NoticePlan{
			DomainID: w.Domain.ID, Add: []models.Notice{owed(w, models.StageD7), owed(w, models.StageD14.FollowUp())},
			Ledger: []models.Entry{
				{At: now, Kind: "notice_queued", DomainID: &w.Domain.ID, Actor: "system", Body: "{}"},
				{At: now, Kind: "notice_queued", DomainID: &w.Domain.ID, Actor: "system", Body: "{}"},
				{At: now, Kind: "task_queued", DomainID: &w.Domain.ID, Actor: "system", Body: "{}"},
			},
		}
		for i, want := range []int{2, 0} {
			if added := must[int](t)(s.QueueNotices(t.Context(), plan, now)); added != want {
				t.Errorf("call %d added %d, want %d", i, added, want)
			}
		}
		task := owed(w, models.StageD7)
		task.Channel, task.Recipient, task.ContactID = models.ChannelTask, "ops", nil
		plan.Add = append(plan.Add, task)
		if added := must[int](t)(s.QueueNotices(t.Context(), plan, now)); added != 1 {
			t.Errorf("with another channel: added %d, want 1", added)
		}
		if n := must[int](t)(s.VerifyLedger(t.Context())); n != 3 {
			t.Errorf("%d ledger lines, want one for each notice that was added", n)
		}
		views := must[[]models.NoticeView](t)(s.QueuedNotices(t.Context(), 10))
		if len(views) != 3 || views[0].Notice.Stage != models.StageD7 || !views[0].Notice.CreatedAt.Equal(now) || views[2].Notice.Channel != models.ChannelTask {
			t.Errorf("queued e-mails and tasks: %+v", views)
		}
	})
}

func TestNoticeChangesAreOfTheStateThatWasSeen(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		imported(t, s, row("a.lab", "Amber Bakery"))
		w := expiring(t, s, "a.lab", at(5*day))
		n := queued(t, s, owed(w, models.StageD7))[0]
		line := []models.Entry{{At: now, Kind: "notice_cancelled", Actor: "system", Body: "{}"}}
		change := models.NoticeChange{ID: n.ID, From: models.NoticeHeld, To: models.NoticeCancelled, Reason: "answered"}
		must[int](t)(s.QueueNotices(t.Context(), models.NoticePlan{DomainID: w.Domain.ID, Change: []models.NoticeChange{change}, Ledger: line}, now))
		if got := noticeState(t, s, n); got != models.NoticeQueued || must[int](t)(s.VerifyLedger(t.Context())) != 0 {
			t.Errorf("a change of a held notice moved a queued one to %s, or wrote to the ledger", got)
		}
		change.From, change.To, change.DueAt = models.NoticeQueued, models.NoticeQueued, new(at(day))
		must[int](t)(s.QueueNotices(t.Context(), models.NoticePlan{DomainID: w.Domain.ID, Change: []models.NoticeChange{change}, Ledger: line}, at(time.Hour)))
		if got := noticeNow(t, s, n); !got.DueAt.Equal(at(day)) || got.Reason != "answered" || !got.UpdatedAt.Equal(at(time.Hour)) {
			t.Errorf("re-planned: %+v", got)
		}
		if must[int](t)(s.VerifyLedger(t.Context())) != 1 {
			t.Error("the change has no line in the ledger")
		}
	})
}

func TestHoldAndRelease(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		imported(t, s, row("a.lab", "Amber Bakery"))
		w := expiring(t, s, "a.lab", at(5*day))
		n := queued(t, s, owed(w, models.StageD7))[0]
		if err := s.ReleaseNotice(t.Context(), n.ID, "pat@agency.example", now); !errors.Is(err, models.ErrConflict) {
			t.Errorf("releasing what is not held: %v", err)
		}
		ok(t, s.HoldNotice(t.Context(), n.ID, "pat@agency.example", now))
		if got := collected(t, s, now, "2026-11-22"); len(got) != 0 || noticeState(t, s, n) != models.NoticeHeld {
			t.Errorf("a held notice was collected into %v", got)
		}
		ok(t, s.ReleaseNotice(t.Context(), n.ID, "pat@agency.example", now))
		if got := collected(t, s, now, "2026-11-22"); len(got) != 1 {
			t.Errorf("a released notice was collected into %v", got)
		}
		if err := s.HoldNotice(t.Context(), n.ID, "pat@agency.example", now); !errors.Is(err, models.ErrConflict) {
			t.Errorf("holding what is on its way: %v", err)
		}
		task := owed(w, models.StageD60)
		task.Channel, task.Recipient = models.ChannelTask, "ops"
		if err := s.HoldNotice(t.Context(), queued(t, s, task)[0].ID, "pat@agency.example", now); !errors.Is(err, models.ErrInvalid) {
			t.Errorf("holding a task, which nobody would see any more: %v", err)
		}
		if err := s.HoldNotice(t.Context(), 4711, "pat@agency.example", now); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("holding what does not exist: %v", err)
		}
		lines := must[[]models.Entry](t)(s.Ledger(t.Context(), w.Client.ID, 10))
		if len(lines) != 2 || lines[0].Kind != "notice_released" || lines[1].Actor != "pat@agency.example" || *lines[1].DomainID != w.Domain.ID {
			t.Errorf("ledger: %+v", lines)
		}
	})
}

func TestCollectMails(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		imported(t, s, row("a.lab", "Amber Bakery"), row("a2.lab", "Amber Bakery"), row("b.lab", "Birch Studio"), row("later.lab", "Cedar"), row("bad.lab", "Dogwood"))
		a, a2 := expiring(t, s, "a.lab", at(9*day)), expiring(t, s, "a2.lab", at(3*day))
		b, later, bad := expiring(t, s, "b.lab", at(5*day)), expiring(t, s, "later.lab", at(day)), expiring(t, s, "bad.lab", at(day))
		first, second, third := queued(t, s, owed(a, models.StageD14))[0], queued(t, s, owed(a2, models.StageD3))[0], queued(t, s, owed(b, models.StageD7))[0]
		notYet := owed(later, models.StageD1)
		notYet.DueAt = at(time.Microsecond)
		queued(t, s, notYet)
		queued(t, s, owed(bad, models.StageD1))
		refuse(t, s, bad)
		task := owed(a, models.StageD60)
		task.Channel = models.ChannelTask
		queued(t, s, task)

		mails := collected(t, s, now, "2026-11-22")
		if len(mails) != 2 {
			t.Fatalf("mails %v, want one each for Amber and Birch", mails)
		}
		l := must[models.Letter](t)(s.Letter(t.Context(), mails[0]))
		if len(l.Items) != 2 || l.Items[0].Notice.ID != second.ID || l.Items[1].Notice.ID != first.ID {
			t.Errorf("the most urgent contact's mail carries %+v", l.Items)
		}
		m := l.Mail
		want := models.Mail{
			ID: m.ID, ContactID: a.Contacts[0].ID, Day: "2026-11-22", ClientID: a.Client.ID, Recipient: "owner@amberbakery.example", Kind: models.MailNotice,
			State: models.MailWaiting, NextAttemptAt: now.UTC(), MessageID: messageID(a.Contacts[0].ID, "2026-11-22", second),
			CreatedAt: now.UTC(), UpdatedAt: now.UTC(),
		}
		if diff := cmp.Diff(want, m); diff != "" {
			t.Errorf("mail (-want +got):\n%s", diff)
		}
		if got := noticeNow(t, s, third); got.State != models.NoticeMailed || *got.MailID != mails[1] {
			t.Errorf("Birch's notice: %+v", got)
		}
		if again := collected(t, s, now, "2026-11-22"); len(again) != 0 {
			t.Errorf("collected again: %v", again)
		}
	})
}

// refuse makes the address of a domain's first contact bad by a mail of another day that was refused for good.
func refuse(tb testing.TB, s *store.Store, w models.Watched) {
	tb.Helper()
	n := owed(w, models.StageD30)
	n.DueAt = at(-day)
	queued(tb, s, n)
	id := collected(tb, s, at(-day), "2026-11-21")[0]
	ok(tb, s.BeginAttempt(tb.Context(), models.Mail{ID: id}, at(-day), now))
	l := must[models.Letter](tb)(s.Letter(tb.Context(), id))
	ok(tb, s.RecordAttempt(tb.Context(), refused(l, at(-day))))
}

func TestLateNoticesJoinAMailThatWasNotTried(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		imported(t, s, row("a.lab", "Amber Bakery"))
		w := expiring(t, s, "a.lab", at(9*day))
		queued(t, s, owed(w, models.StageD30))
		mail := collected(t, s, now, "2026-11-22")[0]
		queued(t, s, owed(w, models.StageD14))
		if got := collected(t, s, now, "2026-11-22"); len(got) != 1 || got[0] != mail {
			t.Errorf("a late notice went to %v, want to join mail %d", got, mail)
		}
		for _, stage := range []struct {
			name string
			to   func()
		}{
			{"sending", func() { ok(t, s.BeginAttempt(t.Context(), models.Mail{ID: mail}, now, at(time.Minute))) }},
			{"waiting after an attempt", func() {
				rec := delivered(must[models.Letter](t)(s.Letter(t.Context(), mail)), now)
				rec.Attempt.Outcome, rec.Mail.State, rec.Mail.SentAt, rec.Notices = models.DeliveryTemporary, models.MailWaiting, nil, nil
				ok(t, s.RecordAttempt(t.Context(), rec))
			}},
			{"sent", func() { sent(t, s, mail, at(time.Hour)) }},
		} {
			stage.to()
			added, err := s.QueueNotices(t.Context(), models.NoticePlan{DomainID: w.Domain.ID, Add: []models.Notice{owed(w, models.StageD7)}}, now)
			if err != nil || (stage.name == "sending") != (added == 1) {
				t.Fatal(added, err)
			}
			if got := collected(t, s, now, "2026-11-22"); len(got) != 0 {
				t.Errorf("a notice joined a mail that is %s", stage.name)
			}
		}
		if got := collected(t, s, at(day), "2026-11-23"); len(got) != 1 || got[0] == mail {
			t.Errorf("the next day: %v, want a mail of its own", got)
		}
	})
}

// TestTwoProcessesCollectNothingTwice runs two stores on one PostgreSQL database, as two workers do.
func TestTwoProcessesCollectNothingTwice(t *testing.T) {
	t.Parallel()
	for engine, fresh := range engines {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			dsn := fresh(t)
			stores := []*store.Store{open(t, dsn), open(t, dsn)}
			var plans []models.NoticePlan
			for _, name := range []string{"a", "b", "c", "d", "e"} {
				for _, n := range []string{"1", "2"} {
					imported(t, stores[0], row(name+n+".lab", "Client "+name))
					w := expiring(t, stores[0], name+n+".lab", at(5*day))
					plans = append(plans, models.NoticePlan{DomainID: w.Domain.ID, Add: []models.Notice{owed(w, models.StageD7), owed(w, models.StageD14)}})
				}
			}
			var wg sync.WaitGroup
			var mu sync.Mutex
			added, errs := 0, []error{}
			for i := range 8 {
				wg.Go(func() {
					s := stores[i%2]
					for _, p := range plans {
						n, err := s.QueueNotices(t.Context(), p, now)
						_, _, collectErr := s.CollectMails(t.Context(), collection(now, "2026-11-22", 3))
						mu.Lock()
						added += n
						errs = append(errs, err, collectErr)
						mu.Unlock()
					}
				})
			}
			wg.Wait()
			ok(t, errors.Join(errs...))
			collected(t, stores[0], now, "2026-11-22")
			if added != 20 {
				t.Errorf("%d notices were added, want 20", added)
			}
			mails := must[[]int64](t)(stores[1].MailsDue(t.Context(), now, 100))
			carried := map[int64]bool{}
			for _, id := range mails {
				for _, item := range must[models.Letter](t)(stores[1].Letter(t.Context(), id)).Items {
					if carried[item.Notice.ID] {
						t.Errorf("notice %d is in two mails", item.Notice.ID)
					}
					carried[item.Notice.ID] = true
				}
			}
			if len(mails) != 5 || len(carried) != 20 {
				t.Errorf("%d mails carry %d notices, want 5 and 20", len(mails), len(carried))
			}
		})
	}
}
