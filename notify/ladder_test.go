package notify_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/notify"
)

// queuedOnly gives what a plan queues or holds by e-mail, as "stage state recipient".
func queuedOnly(o models.Owed, plan models.NoticePlan) []string {
	return slices.DeleteFunc(told(o, plan), func(s string) bool {
		return strings.Contains(s, " superseded ") || strings.HasSuffix(s, " ops") || strings.Contains(s, " ops (")
	})
}

func TestAClientsOwnLadder(t *testing.T) {
	for _, c := range []struct {
		why, now string
		settings models.NoticeSettings
		change   func(*models.Owed)
		want     []string
	}{
		{"the agency's", "2027-01-08 10:00", models.NoticeSettings{}, nil, []string{"d7 queued ben", "d7 queued rosa"}},
		{"without d7: d14 is the tightest that is due", "2027-01-08 10:00", models.NoticeSettings{Stages: []models.Stage{"d30", "d14", "d3"}}, nil, []string{"d14 queued rosa"}},
		{"in any order, and words that are no stages are passed over", "2027-01-12 10:00", models.NoticeSettings{Stages: []models.Stage{"d3", "x", "d30"}}, nil, []string{"d3 queued ben", "d3 queued rosa"}},
		{"the deputy from 14 days on", "2027-01-01 10:00", models.NoticeSettings{DeputyFrom: new(14)}, nil, []string{"d14 queued ben", "d14 queued rosa"}},
		{"the deputy never before expiry", "2027-01-14 10:00", models.NoticeSettings{DeputyFrom: new(-1)}, nil, []string{"d1 queued rosa"}},
		{"redemption is not in use: nothing, nor the looser ones in its place", "2027-03-02 12:00", models.NoticeSettings{Stages: []models.Stage{"d7", "p4"}}, late(models.LifecycleRedemption, "2027-03-01 11:30", nil), nil},
		{
			"without a last chance redemption is told to its end", "2027-03-02 12:00",
			models.NoticeSettings{Stages: []models.Stage{"d7", "redemption"}},
			late(models.LifecycleRedemption, "2027-03-01 11:30", new("2027-03-03 00:00")),
			[]string{"redemption queued ben", "redemption queued rosa"},
		},
		{
			"and nothing once nobody can recover the name", "2027-03-02 12:00",
			models.NoticeSettings{Stages: []models.Stage{"d7", "redemption"}},
			late(models.LifecyclePendingDelete, "2027-03-01 11:30", nil), nil,
		},
		{"a stage that was taken out of use while it waited", "2027-01-08 10:00", models.NoticeSettings{Stages: []models.Stage{"d30"}}, withRows(
			row(1, models.StageD30, owner, models.NoticeSent, new(time.Time{})), row(2, models.StageD7, owner, models.NoticeQueued, nil)), []string{"d7 queued->cancelled rosa (stage_not_in_use)"}},
		{"what waits when a stage that is not in use is due is not sent", "2027-03-02 12:00", models.NoticeSettings{Stages: []models.Stage{"d7", "p4"}}, func(o *models.Owed) {
			late(models.LifecycleRedemption, "2027-03-01 11:30", nil)(o)
			o.Notices = []models.Notice{row(2, models.StageP4, owner, models.NoticeQueued, nil)}
		}, []string{"p4 queued->cancelled rosa (ladder_is_over)"}},
	} {
		t.Run(c.why, func(t *testing.T) {
			o := owedFor(at(t, expiry))
			o.Client.Notices = c.settings
			if c.change != nil {
				c.change(&o)
			}
			now := at(t, c.now)
			for i := range o.Notices {
				if o.Notices[i].SentAt != nil {
					o.Notices[i].SentAt = new(now.AddDate(0, 0, -1))
				}
			}
			plan := notify.Plan(o, policy(t), now)
			if diff := cmp.Diff(c.want, queuedOnly(o, plan)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			apply(t, &o, plan)
			if again := told(o, notify.Plan(o, policy(t), now)); len(again) != 0 {
				t.Errorf("planning again: %v", again)
			}
		})
	}
}

func TestAClientsOwnTimeToAnswer(t *testing.T) {
	sent := at(t, "2027-01-04 09:05") // a Monday
	o := owedFor(at(t, expiry))
	o.Notices = []models.Notice{row(1, models.StageD14, owner, models.NoticeSent, &sent)}
	o.Client.Notices.AnswerHours = new(24)
	plan := notify.Plan(o, policy(t), at(t, "2027-01-05 09:05"))
	i := slices.IndexFunc(plan.Add, func(n models.Notice) bool { return n.Stage == models.StageD14.FollowUp() })
	if i < 0 {
		t.Fatalf("no task after the client's 24 hours: %v", told(o, plan))
	}
	if n := plan.Add[i]; n.WantedBy == nil || !n.WantedBy.Equal(time.Date(2027, 1, 5, 0, 0, 0, 0, time.UTC)) || n.ContactID == nil || *n.ContactID != owner.ID {
		t.Errorf("the task is wanted by %v, about contact %v", n.WantedBy, n.ContactID)
	}
}

func TestTheStagesInUse(t *testing.T) {
	p := policy(t).Use([]models.Stage{"d14", "d60", "d14", "pending_delete", "nothing"})
	var got []models.Stage
	for _, r := range p.Ladder {
		got = append(got, r.Stage)
	}
	if diff := cmp.Diff([]models.Stage{"d60", "d14"}, got); diff != "" {
		t.Errorf("ladder (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]models.Stage{"pending_delete"}, p.Late); diff != "" {
		t.Errorf("late (-want +got):\n%s", diff)
	}
	o := owedFor(at(t, expiry))
	late(models.LifecycleRedemption, "2027-03-01 11:30", new("2027-03-31 11:30"))(&o)
	if got := queuedOnly(o, notify.Plan(o, p, at(t, "2027-03-02 10:00"))); len(got) != 0 {
		t.Errorf("redemption is not in use: %v", got)
	}
	if diff := cmp.Diff([]string{"pending_delete queued ben", "pending_delete queued rosa"}, queuedOnly(o, notify.Plan(o, p, at(t, "2027-03-26 10:00")))); diff != "" {
		t.Errorf("before pending delete (-want +got):\n%s", diff)
	}
	if p.Horizon(at(t, expiry)).Before(at(t, expiry).AddDate(0, 0, 60)) {
		t.Error("a client's own d60 lies beyond the horizon")
	}
}

func TestTheDeputyAfterDaysWithoutAnAnswer(t *testing.T) {
	sent := at(t, "2026-12-16 09:05") // d30, a Wednesday
	o := owedFor(at(t, expiry))
	o.Notices = []models.Notice{row(1, models.StageD30, owner, models.NoticeSent, &sent)}
	seventh := at(t, "2026-12-23 09:00")
	if got := queuedOnly(o, notify.Plan(o, policy(t), seventh.Add(-time.Minute))); len(got) != 0 {
		t.Errorf("before seven days are over: %v", got)
	}
	plan := notify.Plan(o, policy(t), seventh)
	if diff := cmp.Diff([]string{"d30 queued ben"}, queuedOnly(o, plan)); diff != "" {
		t.Errorf("on the seventh day (-want +got):\n%s", diff)
	}
	for _, n := range plan.Add {
		if n.Channel == models.ChannelEmail && n.State == models.NoticeQueued && !n.DueAt.Equal(seventh) {
			t.Errorf("the deputy's is due at %s, want %s", n.DueAt, seventh)
		}
	}
	if got := queuedOnly(o, notify.Plan(o, policy(t), at(t, "2026-12-31 17:30"))); !slices.Contains(got, "d14 queued ben") {
		t.Errorf("d14 still goes to the deputy too: %v", got)
	}
	o.Answer = &models.Answer{ContactID: owner.ID, Kind: models.AnswerAutoRenew, At: sent.Add(time.Hour)}
	if got := queuedOnly(o, notify.Plan(o, policy(t), seventh)); len(got) != 0 {
		t.Errorf("answered, and then the facts worsened: %v", got)
	}
	p := policy(t)
	p.DeputyAfter = 0
	o.Answer = nil
	if got := queuedOnly(o, notify.Plan(o, p, seventh)); len(got) != 0 {
		t.Errorf("switched off: %v", got)
	}
}

func TestAHoldOfAFutureStageSurvives(t *testing.T) {
	o := owedFor(at(t, expiry))
	o.Notices = []models.Notice{
		row(1, models.StageD30, owner, models.NoticeSent, new(at(t, "2026-12-16 09:05"))),
		row(2, models.StageD7, owner, models.NoticeHeld, nil),
	}
	o.Contacts = []models.Contact{owner, bill}
	for _, c := range []struct {
		why, now string
		change   func(*models.Owed)
		want     []string
	}{
		{"weeks ahead", "2026-12-20 10:00", nil, nil},
		{"ahead, while an answer rests the reminders", "2026-12-20 10:00", answered(models.AnswerRenewed, at(t, "2026-12-19 10:00")), nil},
		{"its day: it stays held, and nothing goes out in its place", "2027-01-08 09:00", nil, nil},
		{"the contact's address goes bad: the hold moves on", "2027-01-08 09:00", func(o *models.Owed) {
			o.Contacts = []models.Contact{owner, bill}
			o.Contacts[0].EmailState = models.EmailBad
		}, []string{"d7 held ola", "d7 held->cancelled rosa (another_contact)"}},
		{"a tighter stage takes its place", "2027-01-12 09:00", nil, []string{"d3 queued rosa", "d7 held->superseded rosa (tighter_stage_due)"}},
		{"renewed", "2026-12-20 10:00", func(o *models.Owed) { o.Cycle.ClosedAt = new(at(t, "2026-12-20 09:00")) }, []string{"d7 held->cancelled rosa (cycle_closed)"}},
	} {
		w := o
		w.Notices = slices.Clone(o.Notices)
		if c.change != nil {
			c.change(&w)
		}
		got := slices.DeleteFunc(queuedOnly(w, notify.Plan(w, policy(t), at(t, c.now))), func(s string) bool { return strings.HasPrefix(s, "d14") })
		if diff := cmp.Diff(c.want, got, cmp.Transformer("empty", func(s []string) []string { return append([]string{}, s...) })); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.why, diff)
		}
	}
}
