package notify_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/notify"
)

// corrected gives a contact another address, as staff does.
func (w *world) corrected(domain, email string) {
	w.t.Helper()
	c := w.watched(domain).Contacts[0]
	c.Email, c.UpdatedAt = email, w.now
	if err := w.s.CorrectContact(w.t.Context(), c, "ops@tidewater.example", w.now); err != nil {
		w.t.Fatal(err)
	}
}

func TestAMessageGoesToTheAddressAsItIsNow(t *testing.T) {
	w := newWorld(t, "2027-01-07 09:00", nil)
	w.add("Bright Pools", "pools.example", at(t, expiry), owner)
	w.now = at(t, "2027-01-08 09:00")
	w.tick()
	same(t, "it waits for the look", 0, len(w.post.got))
	w.corrected("pools.example", "rosa.new@brightpools.example")
	w.now = w.now.Add(2 * time.Minute)
	w.look("pools.example", true)
	w.tick()
	same(t, "to", []string{"rosa.new@brightpools.example"}, w.post.to())
	same(t, "notices", []string{"d7 cancelled rosa", "d7 sent rosa.new"}, w.states("pools.example"))
}

func TestAClientThatIsReleasedHearsTheSameDay(t *testing.T) {
	w := newWorld(t, "2027-01-08 09:00", nil)
	w.add("Bright Pools", "pools.example", at(t, expiry), owner)
	if _, err := w.deliver.SweepPlan(t.Context(), w.now); err != nil {
		t.Fatal(err)
	}
	if _, err := w.deliver.Collect(t.Context(), w.now); err != nil {
		t.Fatal(err)
	}
	client := w.watched("pools.example").Client.ID
	if err := w.s.HoldClient(t.Context(), client, "they call back", "ops@tidewater.example", w.now); err != nil {
		t.Fatal(err)
	}
	w.tick()
	same(t, "held", []string{"d7 queued rosa"}, w.states("pools.example"))
	w.now = w.now.Add(30 * time.Minute)
	if err := w.s.ReleaseClient(t.Context(), client, "ops@tidewater.example", w.now); err != nil {
		t.Fatal(err)
	}
	w.look("pools.example", true)
	w.tick()
	same(t, "released", []string{"d7 sent rosa"}, w.states("pools.example"))
	same(t, "mails", 1, len(w.post.got))
}

func TestWhatWaitedLongIsNotGivenUpAtItsFirstFailure(t *testing.T) {
	w := newWorld(t, "2027-01-08 09:00", nil)
	w.add("Bright Pools", "pools.example", at(t, expiry), owner)
	if _, err := w.deliver.SweepPlan(t.Context(), w.now); err != nil {
		t.Fatal(err)
	}
	if _, err := w.deliver.Collect(t.Context(), w.now); err != nil {
		t.Fatal(err)
	}
	w.now = at(t, "2027-01-11 10:00") // the storm brake was on over the weekend
	w.look("pools.example", true)
	w.post.answer = func(notify.Message) notify.Result {
		return notify.Result{Outcome: models.DeliveryTemporary, Code: 451, Reply: "greylisted"}
	}
	w.tick()
	same(t, "greylisted once", []string{"d7 mailed rosa"}, w.states("pools.example"))
	w.post.answer = nil
	w.now = w.now.Add(2 * time.Minute)
	w.tick()
	same(t, "then taken", []string{"d7 sent rosa"}, w.states("pools.example"))
}

func TestAJobThatComesLateSendsNothingAtNight(t *testing.T) {
	w := newWorld(t, "2027-01-08 16:59", nil)
	w.add("Bright Pools", "pools.example", at(t, expiry), owner)
	if _, err := w.deliver.SweepPlan(t.Context(), w.now); err != nil {
		t.Fatal(err)
	}
	if _, err := w.deliver.Collect(t.Context(), w.now); err != nil {
		t.Fatal(err)
	}
	ids := w.due()
	w.now = at(t, "2027-01-09 03:00") // the worker was down
	w.look("pools.example", true)
	if err := w.deliver.Deliver(t.Context(), ids[0]); err != nil {
		t.Fatal(err)
	}
	same(t, "at night", 0, len(w.post.got))
	w.now = at(t, "2027-01-09 09:00")
	w.look("pools.example", true)
	w.tick()
	same(t, "in the morning", 1, len(w.post.got))
}

// TestAnAcceptedNoticeIsSentWhateverItBecame: the server's word comes back after a tighter stage has taken the notice's place.
func TestAnAcceptedNoticeIsSentWhateverItBecame(t *testing.T) {
	w := newWorld(t, "2027-01-11 23:58", func(o *notify.Options) {
		o.Policy.SendFrom, o.Policy.SendUntil = models.ClockTime{}, models.ClockTime{Hour: 23, Minute: 59}
	})
	w.add("Bright Pools", "pools.example", at(t, expiry), owner)
	w.post.answer = func(notify.Message) notify.Result {
		w.now = at(t, "2027-01-12 00:00")
		if _, err := w.deliver.SweepPlan(t.Context(), w.now); err != nil {
			t.Error(err)
		}
		return notify.Result{Outcome: models.DeliverySent, Code: 250}
	}
	w.tick()
	w.post.answer = nil
	got := w.states("pools.example")
	same(t, "notices", []string{"d3 queued rosa", "d7 sent rosa"}, got)
}

func TestAStageIsTriedAgainAfterALongOutage(t *testing.T) {
	w := newWorld(t, "2026-12-16 09:00", nil)
	w.add("Bright Pools", "pools.example", at(t, expiry), owner)
	w.post.answer = func(notify.Message) notify.Result {
		return notify.Result{Outcome: models.DeliveryRejected, Code: 535, Reply: "bad login"}
	}
	for w.now.Before(at(t, "2026-12-20 16:00")) {
		w.look("pools.example", true)
		w.tick()
		w.now = w.now.Add(time.Hour)
	}
	w.post.answer, w.post.got = nil, nil
	for w.now.Before(at(t, "2026-12-23 16:00")) {
		w.look("pools.example", true)
		w.tick()
		w.now = w.now.Add(time.Hour)
	}
	same(t, "notices", []string{"d30 sent rosa"}, w.states("pools.example"))
	same(t, "mails", 1, len(w.post.got))
}

// TestOneLastWordOfACycle: the registration's own dates go on moving after a renewal, and so would the verdict on what was sent too late.
func TestOneLastWordOfACycle(t *testing.T) {
	now := at(t, "2027-01-06 10:00")
	sent := now.Add(-20 * time.Hour)
	closing := func(stage models.Stage, episode string, state models.NoticeState) models.Notice {
		n := row(101, stage, owner, state, nil)
		n.CycleID, n.Episode = 10, episode
		return n
	}
	renewedAt := sent.Add(-time.Hour)
	for _, c := range []struct {
		why     string
		changed time.Time
		said    models.Notice
		want    []string
	}{
		{"taken back, and the registrar changed the name again", now, closing(models.StageRetraction, "55", models.NoticeSent), nil},
		{"to be taken back, and the registrar changed the name again", now, closing(models.StageRetraction, "55", models.NoticeQueued), nil},
		{"thanked, and the day of the renewal is learnt", renewedAt, closing(models.StageRenewed, "", models.NoticeSent), nil},
		{
			"to be thanked, and the day of the renewal is learnt", renewedAt, closing(models.StageRenewed, "", models.NoticeQueued),
			[]string{"renewed queued->cancelled rosa (sent_after_renewal)", "retraction queued rosa"},
		},
		{"another message was taken back by hand", renewedAt, closing(models.StageRetraction, "44", models.NoticeSent), nil},
	} {
		o := owedFor(now.AddDate(1, 0, 0))
		o.Domain.Lifecycle = models.LifecycleRegistered
		renewed(&o, now, &sent)
		o.ChangedOn = &c.changed
		o.Notices = append(o.Notices, c.said)
		same(t, c.why, c.want, told(o, notify.Plan(o, policy(t), now)))
	}
}

func TestATaskOpensAgainWhenTheAnswerIsTakenBack(t *testing.T) {
	sent, now := at(t, "2027-01-01 09:05"), at(t, "2027-01-06 10:00")
	o := owedFor(at(t, expiry))
	o.Notices = []models.Notice{
		row(1, models.StageD14, owner, models.NoticeSent, &sent),
		{
			ID: 2, DomainID: 7, CycleID: 11, Stage: models.StageD14.FollowUp(), Recipient: "ops", Channel: models.ChannelTask,
			State: models.NoticeCancelled, Reason: "answered:renewed",
		},
	}
	tasks := func() []string {
		return slices.DeleteFunc(told(o, notify.Plan(o, policy(t), now)), func(s string) bool { return !strings.HasPrefix(s, "followup") })
	}
	same(t, "asked again", []string{"followup_d14 cancelled->queued ops (no_answer)"}, tasks())
	o.Notices[1].State = models.NoticeDone
	same(t, "staff saw to it", []string{}, tasks())
}
