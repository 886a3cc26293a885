package notify_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/notify"
)

// told writes a plan as "stage state recipient", its changes with the state they come from.
func told(owed models.Owed, plan models.NoticePlan) []string {
	var out []string
	for _, n := range plan.Add {
		out = append(out, fmt.Sprintf("%s %s %s", n.Stage, n.State, who(n.Recipient)))
	}
	for _, c := range plan.Change {
		i := slices.IndexFunc(owed.Notices, func(n models.Notice) bool { return n.ID == c.ID })
		n := owed.Notices[i]
		out = append(out, fmt.Sprintf("%s %s->%s %s (%s)", n.Stage, c.From, c.To, who(n.Recipient), c.Reason))
	}
	slices.Sort(out)
	return out
}

func who(address string) string { name, _, _ := strings.Cut(address, "@"); return name }

// expiry is a Friday: d14 and d7 are Fridays too, d30 a Wednesday, d60 a Monday.
const expiry = "2027-01-15 14:00"

func row(id int64, stage models.Stage, c models.Contact, state models.NoticeState, sent *time.Time) models.Notice {
	return models.Notice{
		ID: id, DomainID: 7, CycleID: 11, ClientID: 1, Stage: stage, Recipient: c.Email, ContactID: new(c.ID),
		Channel: models.ChannelEmail, State: state, SentAt: sent,
	}
}

func TestPlanLadder(t *testing.T) {
	for _, c := range []struct {
		why, now string
		change   func(o *models.Owed)
		want     []string
	}{
		{"long before anything", "2026-11-10 12:00", nil, nil},
		{"60 days: a task for ops, nothing to the client", "2026-11-16 09:00", nil, []string{"d60 queued ops"}},
		{
			"the afternoon before 30 days it is queued, so that ops can see it", "2026-12-15 17:30", withRows(
				models.Notice{ID: 1, DomainID: 7, CycleID: 11, Stage: models.StageD60, Recipient: "ops", Channel: models.ChannelTask, State: models.NoticeQueued}),
			[]string{"d30 queued rosa"},
		},
		{"30 days", "2026-12-16 09:00", nil, []string{"d30 queued rosa", "d60 superseded ops"}},
		{
			"a worker that was down since: one notice, the tightest", "2027-01-11 10:00", nil,
			[]string{"d14 superseded rosa", "d30 superseded rosa", "d60 superseded ops", "d7 queued ben", "d7 queued rosa"},
		},
		{
			"what was sent before is left alone", "2027-01-08 10:00", withRows(row(1, models.StageD14, owner, models.NoticeSent, new(time.Time{}))),
			[]string{"d30 superseded rosa", "d60 superseded ops", "d7 queued ben", "d7 queued rosa"},
		},
		{
			"what waited, held or in back-off, gives way to the tighter stage", "2027-01-12 10:00", withRows(
				row(1, models.StageD30, owner, models.NoticeHeld, nil), row(2, models.StageD7, owner, models.NoticeMailed, nil),
				row(3, models.StageD14, owner, models.NoticeQueued, nil)),
			[]string{
				"d14 queued->superseded rosa (tighter_stage_due)", "d3 queued ben", "d3 queued rosa", "d30 held->superseded rosa (tighter_stage_due)",
				"d60 superseded ops", "d7 mailed->superseded rosa (tighter_stage_due)",
			},
		},
		{"the day after expiry", "2027-01-16 09:00", late(models.LifecycleExpired, expiry, nil), []string{"p1 queued ben", "p1 queued rosa"}},
		{"redemption begins", "2027-03-01 12:00", late(models.LifecycleRedemption, "2027-03-01 11:30", nil), []string{"redemption queued ben", "redemption queued rosa"}},
		{
			"redemption ends in five days", "2027-03-26 10:00", late(models.LifecycleRedemption, "2027-03-01 11:30", new("2027-03-31 11:30")),
			[]string{"pending_delete queued ben", "pending_delete queued rosa"},
		},
		{
			"pending delete, and nobody was told", "2027-04-02 10:00", late(models.LifecyclePendingDelete, "2027-04-01 11:30", nil),
			[]string{"pending_delete queued ben", "pending_delete queued rosa"},
		},
	} {
		t.Run(c.why, func(t *testing.T) {
			o := owedFor(at(t, expiry))
			if c.change != nil {
				c.change(&o)
			}
			for i := range o.Notices {
				if o.Notices[i].SentAt != nil {
					o.Notices[i].SentAt = new(at(t, c.now).AddDate(0, 0, -7))
				}
			}
			plan := notify.Plan(o, policy(t), at(t, c.now))
			got := slices.DeleteFunc(told(o, plan), func(s string) bool {
				return strings.Contains(s, " superseded ") && o.Domain.Lifecycle != models.LifecycleExpiring || strings.HasPrefix(s, "followup")
			})
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if len(plan.Ledger) != len(plan.Add)+len(plan.Change) {
				t.Errorf("%d lines in the ledger for %d additions and %d changes", len(plan.Ledger), len(plan.Add), len(plan.Change))
			}
			apply(t, &o, plan)
			if again := told(o, notify.Plan(o, policy(t), at(t, c.now))); len(again) != 0 {
				t.Errorf("planning again at the same instant: %v", again)
			}
		})
	}
}

func withRows(rows ...models.Notice) func(*models.Owed) {
	return func(o *models.Owed) { o.Notices = rows }
}

func late(state models.Lifecycle, since string, until *string) func(*models.Owed) {
	return func(o *models.Owed) {
		o.Domain.Lifecycle = state
		read := func(s string) *time.Time {
			v, err := time.ParseInLocation("2006-01-02 15:04", s, time.UTC)
			if err != nil {
				panic(err)
			}
			v = v.Add(8 * time.Hour)
			return &v
		}
		o.Domain.LifecycleSince = read(since)
		if until != nil {
			o.Domain.RecoverUntil = read(*until)
		}
	}
}

func TestClosedDays(t *testing.T) {
	p := policy(t)
	p.Office.Holidays = []time.Time{time.Date(2027, 1, 8, 0, 0, 0, 0, time.UTC)}
	for _, c := range []struct{ why, expires, stage, due string }{
		{"seven days before is a holiday: the business day before", expiry, "d7", "2027-01-07 09:00"},
		{"seven days before is a Sunday: over the weekend and the holiday", "2027-01-17 14:00", "d7", "2027-01-07 09:00"},
		{"three days before goes out on a Sunday", "2027-01-20 14:00", "d3", "2027-01-17 09:00"},
		{"the change of clocks moves no hour", "2027-03-21 14:00", "d7", "2027-03-12 09:00"},
	} {
		o := owedFor(at(t, c.expires))
		due := at(t, c.due)
		find := func(now time.Time) *models.Notice {
			for _, n := range notify.Plan(o, p, now).Add {
				if string(n.Stage) == c.stage && n.State == models.NoticeQueued {
					return &n
				}
			}
			return nil
		}
		if n := find(due.Add(-p.Lead - time.Minute)); n != nil {
			t.Errorf("%s: queued more than the lead ahead", c.why)
		}
		if n := find(due); n == nil || !n.DueAt.Equal(due) {
			t.Errorf("%s: got %+v, want it due at %s", c.why, n, due)
		}
	}
}

func TestNothingIsOwedOnWhatIsNotKnown(t *testing.T) {
	now := at(t, "2027-01-14 12:00")
	for why, change := range map[string]func(*models.Owed){
		"the lifecycle is unknown":       func(o *models.Owed) { o.Domain.Lifecycle = models.LifecycleUnknown },
		"it was never judged":            func(o *models.Owed) { o.Domain.Lifecycle = "" },
		"looks fail":                     func(o *models.Owed) { o.Domain.LifecycleWhy = models.WhyLookFailing },
		"no date is known":               func(o *models.Owed) { o.Domain.ExpiresAt = nil },
		"the date is the zero date":      func(o *models.Owed) { o.Domain.ExpiresAt = &time.Time{} },
		"the name was released":          func(o *models.Owed) { o.Domain.Lifecycle = models.LifecycleReleased },
		"it was renewed: closed":         func(o *models.Owed) { o.Cycle.ClosedAt = new(now.Add(-time.Hour)) },
		"the domain is no longer ours":   func(o *models.Owed) { o.Domain.ArchivedAt = &now },
		"the client lets it go":          answered(models.AnswerLettingGo, now.AddDate(0, 0, -20)),
		"the client renewed it just now": answered(models.AnswerRenewed, now.Add(-time.Hour)),
	} {
		o := owedFor(at(t, expiry))
		change(&o)
		got := slices.DeleteFunc(told(o, notify.Plan(o, policy(t), now)), func(s string) bool { return s == "letting_go queued ops" })
		if len(got) != 0 {
			t.Errorf("%s: %v", why, got)
		}
	}
}

func answered(kind models.AnswerKind, when time.Time) func(*models.Owed) {
	return func(o *models.Owed) {
		o.Answer = &models.Answer{ID: 1, DomainID: 7, CycleID: 11, ContactID: owner.ID, Kind: kind, At: when}
		o.Domain.QuietUntil = new(when.AddDate(1, 0, 0))
		if kind == models.AnswerWrongPerson {
			o.Wrong = []int64{owner.ID}
		}
	}
}

func TestWhatWaitsDuringAnUnknownKeepsWaiting(t *testing.T) {
	o := owedFor(at(t, expiry))
	o.Notices = []models.Notice{row(1, models.StageD7, owner, models.NoticeQueued, nil)}
	o.Domain.LifecycleWhy = models.WhyLookFailing
	if got := told(o, notify.Plan(o, policy(t), at(t, "2027-01-14 12:00"))); len(got) != 0 {
		t.Errorf("looks fail, and the plan changed what waits: %v", got)
	}
}

func TestRecipients(t *testing.T) {
	bad := func(c models.Contact) models.Contact { c.EmailState = models.EmailBad; return c }
	now, seven := at(t, "2027-01-01 10:00"), at(t, "2027-01-08 10:00")
	for _, c := range []struct {
		why    string
		now    time.Time
		change func(*models.Owed)
		want   []string
	}{
		{"the owner", now, nil, []string{"d14 queued rosa"}},
		{"no owner: billing", now, func(o *models.Owed) { o.Contacts = []models.Contact{deputy, bill} }, []string{"d14 queued ola"}},
		{"the owner's address is bad: billing", now, func(o *models.Owed) { o.Contacts[0] = bad(owner) }, []string{"d14 queued ola"}},
		{"refused for good: the next contact gets the same stage", now, func(o *models.Owed) {
			o.Contacts[0] = bad(owner)
			o.Notices = []models.Notice{row(1, models.StageD14, owner, models.NoticeFailed, nil)}
		}, []string{"d14 queued ola"}},
		{"gone bad while it waited: taken back, and to the next", now, func(o *models.Owed) {
			o.Contacts[0] = bad(owner)
			o.Notices = []models.Notice{row(1, models.StageD14, owner, models.NoticeQueued, nil)}
		}, []string{"d14 queued ola", "d14 queued->cancelled rosa (another_contact)"}},
		{"nobody: one blocked row", now, func(o *models.Owed) { o.Contacts = []models.Contact{bad(owner), bad(bill)} }, []string{"d14 blocked rosa", "nobody_left queued ops"}},
		{"no contact at all: one blocked row", now, func(o *models.Owed) { o.Contacts = nil }, []string{"d14 blocked ", "nobody_left queued ops"}},
		{"blocked, and an address came in", now, func(o *models.Owed) {
			o.Contacts = []models.Contact{bill}
			o.Notices = []models.Notice{row(1, models.StageD14, owner, models.NoticeBlocked, nil)}
		}, []string{"d14 blocked->cancelled rosa (another_contact)", "d14 queued ola"}},
		{"blocked, and the address takes mail again", now, func(o *models.Owed) {
			o.Contacts = []models.Contact{owner}
			o.Notices = []models.Notice{row(1, models.StageD14, owner, models.NoticeBlocked, nil)}
		}, []string{"d14 blocked->queued rosa (date_near)"}},
		{"from seven days on the deputy too", seven, nil, []string{"d7 queued ben", "d7 queued rosa"}},
		{"the deputy is the only one: once", seven, func(o *models.Owed) { o.Contacts = []models.Contact{deputy} }, []string{"d7 queued ben"}},
		{"the owner says to be the wrong person: the next, and a task", now, func(o *models.Owed) {
			answered(models.AnswerWrongPerson, now.Add(-time.Hour))(o)
			o.Notices = []models.Notice{row(1, models.StageD14, owner, models.NoticeSent, new(now.Add(-3*time.Hour)))}
		}, []string{"d14 queued ola", "wrong_person_1 queued ops"}},
		{"then billing says so too: not back to the owner", now, func(o *models.Owed) {
			answered(models.AnswerWrongPerson, now.Add(-time.Hour))(o)
			o.Answer.ContactID, o.Wrong = bill.ID, []int64{bill.ID}
			o.Notices = []models.Notice{
				row(1, models.StageD30, owner, models.NoticeSent, new(now.AddDate(0, 0, -16))),
				{ID: 2, DomainID: 7, CycleID: 11, Stage: "wrong_person_1", Recipient: "ops", Channel: models.ChannelTask, State: models.NoticeQueued, ContactID: new(owner.ID)},
			}
		}, []string{"d14 queued ben", "wrong_person_2 queued ops"}},
		{"said about the cycle that was renewed: asked again about this one", now, func(o *models.Owed) {
			o.Notices = []models.Notice{
				{ID: 2, DomainID: 7, CycleID: 10, Stage: "wrong_person_1", Recipient: "ops", Channel: models.ChannelTask, State: models.NoticeCancelled, ContactID: new(owner.ID)},
			}
		}, []string{"d14 queued rosa"}},
		{"everybody says so: blocked under its own reason", now, func(o *models.Owed) {
			answered(models.AnswerWrongPerson, now.Add(-time.Hour))(o)
			o.Contacts = []models.Contact{owner}
		}, []string{"d14 blocked rosa", "nobody_left queued ops", "wrong_person_1 queued ops"}},
	} {
		o := owedFor(at(t, expiry))
		if c.change != nil {
			c.change(&o)
		}
		plan := notify.Plan(o, policy(t), c.now)
		got := slices.DeleteFunc(told(o, plan), func(s string) bool { return strings.Contains(s, " superseded ") })
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.why, diff)
		}
		apply(t, &o, plan)
		if again := told(o, notify.Plan(o, policy(t), c.now)); len(again) != 0 {
			t.Errorf("%s: planning again: %v", c.why, again)
		}
	}
}

// TestWhoIsTheWrongPersonIsKept: also while the date is not known, or the next answer makes it forgotten.
func TestWhoIsTheWrongPersonIsKept(t *testing.T) {
	now := at(t, "2027-01-20 10:00")
	o := owedFor(at(t, expiry))
	o.Domain.ExpiresAt, o.Domain.Lifecycle, o.Domain.LifecycleWhy = nil, models.LifecycleUnknown, models.WhyNoPublicExpiry
	answered(models.AnswerWrongPerson, now.AddDate(0, 0, -6))(&o)
	plan := notify.Plan(o, policy(t), now)
	if !slices.Contains(told(o, plan), "wrong_person_1 queued ops") {
		t.Fatalf("planned: %v", told(o, plan))
	}
	apply(t, &o, plan)
	o.Answer, o.Wrong = &models.Answer{ID: 2, CycleID: 11, ContactID: bill.ID, Kind: models.AnswerRenewed, At: now}, nil
	for _, line := range told(o, notify.Plan(o, policy(t), now.AddDate(0, 0, 3))) {
		if strings.HasSuffix(line, "queued rosa") {
			t.Errorf("the wrong person: %s", line)
		}
	}
}

// TestTwoAnswersBetweenTwoSweeps: who is the wrong person is not forgotten because somebody else answers before anything was planned.
func TestTwoAnswersBetweenTwoSweeps(t *testing.T) {
	o := owedFor(at(t, expiry))
	now := at(t, "2027-01-08 10:00")
	o.Wrong = []int64{deputy.ID}
	o.Answer = &models.Answer{ID: 2, CycleID: 11, ContactID: owner.ID, Kind: models.AnswerWillRenew, RenewOn: new(now.AddDate(0, 0, -2)), At: now.AddDate(0, 0, -3)}
	got := slices.DeleteFunc(told(o, notify.Plan(o, policy(t), now)), func(s string) bool { return strings.Contains(s, "superseded") })
	same(t, "planned", []string{"d7 queued rosa", "wrong_person_3 queued ops"}, got)
}

func TestADateThatMoves(t *testing.T) {
	now := at(t, "2027-01-08 10:00")
	o := owedFor(at(t, expiry).AddDate(0, 0, 12)) // moved out: d14 is not due yet, d30 is current
	o.Notices = []models.Notice{
		row(1, models.StageD7, owner, models.NoticeQueued, nil), row(2, models.StageD14, owner, models.NoticeSuperseded, nil),
		row(3, models.StageD30, owner, models.NoticeSent, new(now.AddDate(0, 0, -20))),
	}
	plan := notify.Plan(o, policy(t), now)
	got := slices.DeleteFunc(told(o, plan), func(s string) bool { return !strings.HasPrefix(s, "d") || strings.HasPrefix(s, "d60") })
	want := []string{"d30 queued ben", "d7 queued->cancelled rosa (date_moved)"} // ben: d30 has not been answered for 20 days
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("(-want +got):\n%s", diff)
	}
	apply(t, &o, plan)
	later := at(t, "2027-01-20 10:00") // d7 of the moved date is due: the same key, once
	got = slices.DeleteFunc(told(o, notify.Plan(o, policy(t), later)), func(s string) bool { return !strings.HasPrefix(s, "d7") })
	if diff := cmp.Diff([]string{"d7 cancelled->queued rosa (date_near)", "d7 queued ben"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}

	o = owedFor(at(t, expiry).AddDate(0, 0, 5)) // moved out after d7 was sent: no looser stage after a tighter one
	o.Notices = []models.Notice{row(1, models.StageD7, owner, models.NoticeSent, new(now.Add(-time.Hour)))}
	for _, n := range notify.Plan(o, policy(t), now.AddDate(0, 0, 1)).Add {
		if n.State == models.NoticeQueued && n.Channel == models.ChannelEmail && n.Recipient == owner.Email {
			t.Errorf("%s is owed after d7 was sent", n.Stage)
		}
	}
}

func TestOneStageADay(t *testing.T) {
	now := at(t, "2027-03-01 12:00")
	o := owedFor(at(t, expiry))
	late(models.LifecycleRedemption, "2027-03-01 11:30", nil)(&o)
	o.Notices = []models.Notice{row(1, models.StageP4, owner, models.NoticeSent, new(at(t, "2027-03-01 09:01")))}
	for _, n := range notify.Plan(o, policy(t), now).Add {
		if n.Stage == models.StageRedemption && !n.DueAt.Equal(at(t, "2027-03-02 09:00")) {
			t.Errorf("redemption is due at %s although another stage went out this morning", n.DueAt)
		}
	}
}

func TestCaughtUpOnAClosedDay(t *testing.T) {
	for _, c := range []struct{ why, expires, now, due string }{
		{"14 days and more wait for Monday", "2027-01-15 14:00", "2027-01-02 10:00", "2027-01-04 09:00"},
		{"from three days on any day will do", "2027-01-05 14:00", "2027-01-02 10:00", "2027-01-02 09:00"},
	} {
		for _, n := range notify.Plan(owedFor(at(t, c.expires)), policy(t), at(t, c.now)).Add {
			if n.State == models.NoticeQueued && !n.DueAt.Equal(at(t, c.due)) {
				t.Errorf("%s: %s is due at %s, want %s", c.why, n.Stage, n.DueAt, c.due)
			}
		}
	}
}

func TestFollowUp(t *testing.T) {
	sent := at(t, "2027-01-01 09:05") // a Friday
	due := at(t, "2027-01-05 09:05")
	o := owedFor(at(t, expiry))
	o.Notices = []models.Notice{
		row(1, models.StageD14, owner, models.NoticeSent, &sent),
		{ID: 2, DomainID: 7, CycleID: 11, Stage: models.StageD30.FollowUp(), Recipient: "ops", Channel: models.ChannelTask, State: models.NoticeQueued},
	}
	followUps := func(now time.Time) []string {
		return slices.DeleteFunc(told(o, notify.Plan(o, policy(t), now)), func(s string) bool { return !strings.HasPrefix(s, "followup") })
	}
	if got := followUps(due.Add(-time.Minute)); len(got) != 0 {
		t.Errorf("asked before two business days were over: %v", got)
	}
	want := []string{"followup_d14 queued ops", "followup_d30 queued->superseded ops (newer_task)"}
	if diff := cmp.Diff(want, followUps(due)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	answered(models.AnswerAutoRenew, sent.Add(time.Hour))(&o)
	if diff := cmp.Diff([]string{"followup_d30 queued->cancelled ops (answered)"}, followUps(due)); diff != "" {
		t.Errorf("answered (-want +got):\n%s", diff)
	}
	answered(models.AnswerAutoRenew, sent.AddDate(0, 0, -10))(&o)
	o.Domain.QuietUntil = nil
	if diff := cmp.Diff(want, followUps(due)); diff != "" {
		t.Errorf("answered an earlier notice, not this one (-want +got):\n%s", diff)
	}
}

func TestReasons(t *testing.T) {
	now := at(t, "2027-01-12 10:00")
	for want, change := range map[string]func(*models.Owed){
		notify.ReasonDateNear:       func(*models.Owed) {},
		notify.ReasonDatePassed:     func(o *models.Owed) { o.Domain.ExpiresAt = new(now.AddDate(0, 0, -2)) },
		notify.ReasonUnconfirmed:    func(o *models.Owed) { o.Domain.Unconfirmed = true },
		notify.ReasonAttested:       func(o *models.Owed) { o.Domain.ExpirySource = models.ExpiryAttested },
		notify.ReasonRenewalNotSeen: answered(models.AnswerRenewed, now.AddDate(0, 0, -9)),
		notify.ReasonAutoRenewNotSeen: func(o *models.Owed) {
			answered(models.AnswerAutoRenew, now.AddDate(0, 0, -9))(o)
			o.Domain.QuietUntil = nil
		},
		notify.ReasonPromisedDay: func(o *models.Owed) {
			answered(models.AnswerWillRenew, now.AddDate(0, 0, -9))(o)
			o.Answer.RenewOn = new(time.Date(2027, 1, 11, 0, 0, 0, 0, time.UTC))
		},
		notify.ReasonRedemption:    late(models.LifecycleRedemption, "2027-01-11 10:00", nil),
		notify.ReasonPendingDelete: late(models.LifecyclePendingDelete, "2027-01-11 10:00", nil),
	} {
		o := owedFor(at(t, expiry))
		change(&o)
		var got []string
		for _, n := range notify.Plan(o, policy(t), now).Add {
			if n.State == models.NoticeQueued {
				got = append(got, n.Reason)
			}
		}
		if !slices.Equal(got, []string{want, want}) {
			t.Errorf("got reasons %v, want %s to the owner and the deputy", got, want)
		}
	}
}

func TestPolicyIsChecked(t *testing.T) {
	if err := policy(t).Validate(); err != nil {
		t.Fatal(err)
	}
	for why, change := range map[string]func(*notify.Policy){
		"never open":             func(p *notify.Policy) { p.Office.Days = [7]bool{} },
		"window backwards":       func(p *notify.Policy) { p.SendUntil = p.SendFrom },
		"no ladder":              func(p *notify.Policy) { p.Ladder = nil },
		"ladder out of order":    func(p *notify.Policy) { p.Ladder = []notify.Rung{{"d7", 7, false}, {"d14", 14, false}} },
		"one stage twice":        func(p *notify.Policy) { p.Ladder = []notify.Rung{{"d7", 7, false}, {"d7", 3, false}} },
		"a stage of the late":    func(p *notify.Policy) { p.Ladder = []notify.Rung{{models.StageRedemption, 7, false}} },
		"facts of any age":       func(p *notify.Policy) { p.MaxObservationAge = 0 },
		"follow-up at once":      func(p *notify.Policy) { p.FollowUpAfter = 0 },
		"a lead of several days": func(p *notify.Policy) { p.Lead = 72 * time.Hour },
	} {
		p := policy(t)
		change(&p)
		if p.Validate() == nil {
			t.Errorf("%s was accepted", why)
		}
	}
}
