package store_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/krestmarketing/deedwatch/models"
)

// task queues an open task about a domain, wanted until so many days from today.
func task(on engine, w models.Watched, stage models.Stage, wanted int) models.Notice {
	n := owed(w, stage)
	n.Channel, n.Recipient, n.WantedBy = models.ChannelTask, "ops", new(models.DayOf(now, time.UTC).AddDate(0, 0, wanted))
	return queued(on.t, on.s, n)[0]
}

func TestTasksArePlannedCalledAndDone(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s, ctx := on.t, on.s, on.t.Context()
		imported(t, s, row("a.lab", "Amber Bakery"), row("b.lab", "Birch Studio"))
		a, b := expiring(t, s, "a.lab", at(10*day)), expiring(t, s, "b.lab", at(10*day))
		late, soon := task(on, a, "followup_d14", -1), task(on, b, "followup_d14", 2)
		q := models.TaskQuery{Now: now, Today: models.DayOf(now, time.UTC), Limit: 10}
		list := must[models.TaskList](t)(s.Tasks(ctx, q))
		if list.Total != 2 || list.Overdue != 1 || list.Match != 2 || list.Rows[0].Notice.ID != late.ID || list.Rows[0].Client.Name != "Amber Bakery" || list.Rows[0].Domain.Name != "a.lab" || list.Rows[0].Contact.Email != a.Contacts[0].Email {
			t.Fatalf("tasks: %+v", list)
		}
		nameless := owed(b, "opted_out")
		nameless.Channel, nameless.Recipient, nameless.ContactID = models.ChannelTask, "ops", nil
		nameless = queued(t, s, nameless)[0]
		if c := must[models.TaskPage](t)(s.Task(ctx, nameless.ID)).Task.Contact; c == nil || c.Email != b.Contacts[0].Email {
			t.Errorf("a task about nobody names %+v, want the contact who is written to first", c)
		}
		ok(t, s.FinishTask(ctx, nameless.ID, "dana@agency.example", now))
		plan := models.TaskPlan{ID: soon.ID, Assignee: "dana@agency.example", Note: "after lunch", WantedBy: new(models.DayOf(now, time.UTC).AddDate(0, 0, 5)), By: "dana@agency.example", At: now}
		ok(t, s.PlanTask(ctx, plan))
		for name, c := range map[string]struct {
			change func(*models.TaskQuery)
			want   []int64
		}{
			"mine":     {func(q *models.TaskQuery) { q.Assignee = "dana@agency.example" }, []int64{soon.ID}},
			"nobody's": {func(q *models.TaskQuery) { q.Nobody = true }, []int64{late.ID}},
			"overdue":  {func(q *models.TaskQuery) { q.Overdue = true }, []int64{late.ID}},
			"client's": {func(q *models.TaskQuery) { q.ClientID = b.Client.ID }, []int64{soon.ID}},
		} {
			q := q
			c.change(&q)
			var got []int64
			for _, v := range must[models.TaskList](t)(s.Tasks(ctx, q)).Rows {
				got = append(got, v.Notice.ID)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("%s:\n%s", name, diff)
			}
		}
		call := models.Call{ClientID: b.Client.ID, ContactID: &b.Contacts[0].ID, NoticeID: &soon.ID, Outcome: models.CallNoAnswer, Note: "rang", By: "dana@agency.example", At: now}
		kept := must[models.Call](t)(s.LogCall(ctx, call, false))
		if kept.DomainID == nil || *kept.DomainID != b.Domain.ID {
			t.Errorf("a call for a task is about %v", kept.DomainID)
		}
		call.Outcome = models.CallReached
		must[models.Call](t)(s.LogCall(ctx, call, true))
		p := must[models.TaskPage](t)(s.Task(ctx, soon.ID))
		if p.Task.Notice.State != models.NoticeDone || p.Task.Notice.ClosedBy != "dana@agency.example" || p.Task.Notice.Note != "after lunch" || len(p.Calls) != 2 || p.Calls[0].Outcome != models.CallReached || len(p.Contacts) != 1 {
			t.Errorf("the task after the call: %+v", p)
		}
		if _, err := s.LogCall(ctx, call, true); !errors.Is(err, models.ErrConflict) {
			t.Errorf("closed twice: %v", err)
		}
		if n := len(must[models.TaskPage](t)(s.Task(ctx, soon.ID)).Calls); n != 2 {
			t.Errorf("a call that closed nothing was kept: %d", n)
		}
		stranger := call
		stranger.NoticeID, stranger.ContactID = nil, &a.Contacts[0].ID
		if _, err := s.LogCall(ctx, stranger, false); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("a call with another client's contact: %v", err)
		}
		for what, err := range map[string]error{"plan": s.PlanTask(ctx, plan), "finish": s.FinishTask(ctx, soon.ID, "dana", now)} {
			if !errors.Is(err, models.ErrConflict) {
				t.Errorf("%s a task that is done: %v", what, err)
			}
		}
		ok(t, s.FinishTask(ctx, late.ID, "dana@agency.example", now))
		mail := queued(t, s, owed(a, models.StageD7))[0]
		if _, err := s.Task(ctx, mail.ID); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("a mail as a task: %v", err)
		}
		if err := s.FinishTask(ctx, mail.ID, "dana", now); !errors.Is(err, models.ErrConflict) {
			t.Errorf("a mail was finished as a task: %v", err)
		}
		must[int](t)(s.VerifyLedger(ctx))
	})
}

func TestContactsAreAddedAndCorrected(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s, ctx := on.t, on.s, on.t.Context()
		imported(t, s, row("a.lab", "Amber Bakery"))
		w := watched(t, s, "a.lab")
		ok(t, s.Suppress(ctx, models.Suppression{Address: "bo@mailhost.example", Reason: models.SuppressedBounced, Detail: "5.1.1", By: "mailbox", At: now}))
		c := models.Contact{ClientID: w.Client.ID, Name: "Bo", Email: "Bo@mailhost.example", Role: models.RoleDeputy}
		c = must[models.Contact](t)(s.AddContact(ctx, c, "dana@agency.example", now))
		o := must[models.ClientOutreach](t)(s.ClientOutreach(ctx, w.Client.ID, now))
		if len(o.Contacts) != 2 || o.Contacts[1].EmailState != models.EmailBad || len(o.Suppressions) != 1 {
			t.Fatalf("a suppressed address was added as usable: %+v", o)
		}
		dup := models.Contact{ClientID: w.Client.ID, Name: "Copy", Email: w.Contacts[0].Email, Role: models.RoleDeputy}
		if _, err := s.AddContact(ctx, dup, "dana", now); !errors.Is(err, models.ErrConflict) {
			t.Errorf("one address twice: %v", err)
		}
		c.Email, c.Phone, c.Role = "bo@elsewhere.example", "555 0100", models.RoleBilling
		ok(t, s.CorrectContact(ctx, c, "dana@agency.example", at(time.Minute)))
		o = must[models.ClientOutreach](t)(s.ClientOutreach(ctx, w.Client.ID, now))
		got := o.Contacts[1]
		if !got.Usable() || got.Email != "bo@elsewhere.example" || got.Role != models.RoleBilling || got.EmailReason != "" || len(o.Suppressions) != 0 {
			t.Errorf("after the correction: %+v", got)
		}
		got.Email = "bo@mailhost.example"
		ok(t, s.CorrectContact(ctx, got, "dana@agency.example", at(2*time.Minute)))
		if o = must[models.ClientOutreach](t)(s.ClientOutreach(ctx, w.Client.ID, now)); o.Contacts[1].Usable() {
			t.Error("the suppressed address is usable again by a correction")
		}
		if c := must[models.Contact](t)(s.OutsiderByAddress(ctx, "BO@mailhost.example")); c.ID != got.ID {
			t.Errorf("by address: %+v", c)
		}
		must[models.User](t)(s.CreateUser(ctx, models.User{Email: "bo@mailhost.example", Role: models.UserOps, CreatedAt: now}))
		if _, err := s.OutsiderByAddress(ctx, "bo@mailhost.example"); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("a contact who is one of us: %v", err)
		}
		stranger := got
		stranger.ClientID = 999
		if err := s.CorrectContact(ctx, stranger, "dana", now); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("another client's contact: %v", err)
		}
		must[int](t)(s.VerifyLedger(ctx))
	})
}

func TestAClientsOwnNotices(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s, ctx := on.t, on.s, on.t.Context()
		imported(t, s, row("a.lab", "Amber Bakery"))
		w := expiring(t, s, "a.lab", at(10*day))
		to := models.NoticeSettings{Stages: []models.Stage{models.StageD7}, AnswerHours: new(24)}
		ok(t, s.SetNoticeSettings(ctx, w.Client.ID, to, "dana@agency.example", now))
		if diff := cmp.Diff(to, must[models.ClientOutreach](t)(s.ClientOutreach(ctx, w.Client.ID, now)).Client.Notices); diff != "" {
			t.Error(diff)
		}
		owedNow := must[[]models.Owed](t)(s.Owed(ctx, []int64{w.Domain.ID}, models.PlanQuery{}, now))
		if diff := cmp.Diff(to, owedNow[0].Client.Notices); diff != "" {
			t.Error("planning does not see them", diff)
		}
		ok(t, s.SetNoticeSettings(ctx, w.Client.ID, models.NoticeSettings{}, "dana@agency.example", now))
		if err := s.SetNoticeSettings(ctx, 999, to, "dana", now); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("nobody's settings: %v", err)
		}

		grant := models.Grant{ClientID: w.Client.ID, Platform: "google_ads", Asset: "1", Role: "Manager", Method: models.MethodManagerAccount, HolderKind: models.HolderTeam, Holder: "Ads", State: models.GrantRequested, StateAt: now, RecordedAt: now}
		grant = must[models.Grant](t)(s.CreateGrant(ctx, grant, models.GrantEvent{At: now, To: models.GrantRequested}, models.Entry{At: now, Kind: "grant_requested", Actor: "dana", Body: "{}"}))
		ask := func(stage models.Stage, id int64) error {
			return s.QueueAccess(ctx, stage, w.Client.ID, id, "2026-11-22", "dana@agency.example", now)
		}
		if err := ask(models.StageAccessReview, 0); !errors.Is(err, models.ErrInvalid) {
			t.Errorf("a statement of nothing: %v", err)
		}
		ok(t, ask(models.StageAccessRequest, grant.ID))
		if err := ask(models.StageAccessRequest, grant.ID); !errors.Is(err, models.ErrConflict) {
			t.Errorf("asked twice on one day: %v", err)
		}
		b := must[models.Beforehand](t)(s.Beforehand(ctx, "2026-11-22", at(-day), now))
		if len(b.Waiting) != 1 || b.Waiting[0].GrantID != grant.ID || len(b.Clients) != 1 || len(b.Contacts) != 1 || len(b.Unknown) != 0 {
			t.Errorf("beforehand: %+v", b)
		}
		l := must[models.Letter](t)(s.PlannedLetter(ctx, w.Contacts[0].ID, b.Waiting, at(day)))
		if l.Mail.Kind != models.MailAccess || len(l.Items) != 1 || l.Items[0].Grant == nil || l.Items[0].Grant.ID != grant.ID {
			t.Errorf("planned letter: %+v", l)
		}
		bad := w.Contacts[0]
		ok(t, s.Suppress(ctx, models.Suppression{Address: bad.Email, Reason: models.SuppressedOptedOut, By: "contact:1", At: now}))
		if err := s.QueueAccess(ctx, models.StageAccessRequest, w.Client.ID, grant.ID, "2026-11-23", "dana", now); !errors.Is(err, models.ErrInvalid) || !strings.Contains(err.Error(), "may be written to") {
			t.Errorf("asking nobody: %v", err)
		}
	})
}

func TestANoticesPageAndWhatTheBrakeHolds(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s, ctx := on.t, on.s, on.t.Context()
		imported(t, s, row("a.lab", "Amber Bakery"), row("b.lab", "Birch Studio"), row("dark.lab", "Birch Studio"))
		a, b := expiring(t, s, "a.lab", at(10*day)), expiring(t, s, "b.lab", at(5*day))
		first := queued(t, s, owed(a, models.StageD14))[0]
		mailID := collected(t, s, now, "2026-11-22")[0]
		sent(t, s, mailID, now)
		tasked := task(on, a, "followup_d14", 1)
		later := owed(b, models.StageD3)
		later.DueAt = at(20 * time.Hour)
		queued(t, s, later)
		views, total, err := s.WaitingForBrake(ctx, at(day), 10)
		if err != nil || total != 1 || len(views) != 1 || views[0].DomainName != "b.lab" || views[0].ClientName != "Birch Studio" {
			t.Errorf("the brake holds %d: %+v %v", total, views, err)
		}
		if _, total, _ := s.WaitingForBrake(ctx, now, 0); total != 0 {
			t.Errorf("the brake holds %d now", total)
		}
		p := must[models.NoticePage](t)(s.Notice(ctx, first.ID))
		if p.View.Mail == nil || len(p.View.Attempts) != 1 || p.Domain.Name != "a.lab" || len(p.Ladder) != 2 || len(p.Carried) != 1 || p.TakenBack || len(p.Contacts) != 1 {
			t.Errorf("the page: %+v", p)
		}
		ok(t, s.QueueRetraction(ctx, mailID, "dana@agency.example", at(time.Hour)))
		if p = must[models.NoticePage](t)(s.Notice(ctx, first.ID)); !p.TakenBack {
			t.Error("the page does not say that the message is taken back")
		}
		if p = must[models.NoticePage](t)(s.Notice(ctx, tasked.ID)); p.View.Notice.Channel != models.ChannelTask || p.View.Mail != nil {
			t.Errorf("the page of a task: %+v", p.View)
		}
		if _, err := s.Notice(ctx, 999); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("no such notice: %v", err)
		}
		un := must[models.Beforehand](t)(s.Beforehand(ctx, "2026-11-22", at(-day), now))
		if len(un.Unknown) != 1 || un.Unknown[0].Name != "dark.lab" || un.Unknown[0].Client != "Birch Studio" || len(un.Today) != 1 {
			t.Errorf("beforehand: %+v", un)
		}
	})
}
