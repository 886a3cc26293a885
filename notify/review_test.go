package notify_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/notify"
)

// reviewCase is a change to a letter that could go out, and what the review of it says; the items of a wanted Keep are filled in.
type reviewCase struct {
	why    string
	change func(l *models.Letter, it *models.LetterItem, d *models.Domain)
	want   notify.Review
}

func drop(to models.NoticeState, due *time.Time, reason string) notify.Review {
	return notify.Review{Drop: []models.NoticeChange{{ID: 1, From: models.NoticeMailed, To: to, DueAt: due, Reason: reason}}}
}

func review(t *testing.T, now time.Time, cases []reviewCase) {
	t.Helper()
	for _, c := range cases {
		l := letter(at(t, expiry), now, models.StageD7)
		c.change(&l, &l.Items[0], &l.Items[0].Domain)
		for i := range c.want.Keep {
			c.want.Keep[i] = l.Items[i]
		}
		if diff := cmp.Diff(c.want, notify.ReviewLetter(&l, policy(t), now)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.why, diff)
		}
	}
}

func TestReviewWantsFreshFacts(t *testing.T) {
	now := at(t, "2027-01-08 09:00")
	soon := now.Add(15 * time.Minute)
	old := now.Add(-20 * time.Hour)
	review(t, now, []reviewCase{
		{
			"looked at since: it goes out",
			func(*models.Letter, *models.LetterItem, *models.Domain) {},
			notify.Review{Keep: []models.LetterItem{{}}},
		},
		{
			"looked at yesterday, the next look is far: ask for one",
			func(_ *models.Letter, _ *models.LetterItem, d *models.Domain) {
				d.CheckedAt, d.NextLookAt = &old, now.Add(time.Hour)
			},
			notify.Review{Wait: true, Recheck: []int64{7}},
		},
		{
			"asked for already: wait, and do not ask again",
			func(_ *models.Letter, _ *models.LetterItem, d *models.Domain) {
				d.CheckedAt, d.NextLookAt = &old, now.Add(-time.Minute)
			},
			notify.Review{Wait: true},
		},
		{
			"nobody came for an hour: the old answer will do",
			func(_ *models.Letter, _ *models.LetterItem, d *models.Domain) {
				d.CheckedAt, d.SeenAt, d.NextLookAt = &old, &old, now.Add(-time.Hour)
			},
			notify.Review{Keep: []models.LetterItem{{}}},
		},
		{
			"looked at before an earlier attempt: looked at again before this one",
			func(l *models.Letter, _ *models.LetterItem, d *models.Domain) {
				l.Mail.CreatedAt, d.CheckedAt, d.NextLookAt = old, new(old.Add(time.Minute)), now.Add(time.Hour)
			},
			notify.Review{Wait: true, Recheck: []int64{7}},
		},
		{
			"the last answer is too old",
			func(_ *models.Letter, _ *models.LetterItem, d *models.Domain) {
				d.SeenAt = new(now.Add(-49 * time.Hour))
			},
			drop(models.NoticeQueued, &soon, notify.ReasonNoFreshLook),
		},
		{
			"there never was an answer",
			func(_ *models.Letter, _ *models.LetterItem, d *models.Domain) { d.SeenAt = nil },
			drop(models.NoticeQueued, &soon, notify.ReasonNoFreshLook),
		},
		{
			"in pending delete, and gone by the word of one look: it waits for the next one",
			func(_ *models.Letter, _ *models.LetterItem, d *models.Domain) {
				d.Lifecycle, d.LookOutcome = models.LifecyclePendingDelete, models.OutcomeAbsent
			},
			drop(models.NoticeQueued, &soon, notify.ReasonUnknown),
		},
		{
			"in redemption when it was last seen, and gone by the word of one look",
			func(_ *models.Letter, _ *models.LetterItem, d *models.Domain) {
				d.Lifecycle, d.LookOutcome = models.LifecycleRedemption, models.OutcomeAbsent
			},
			drop(models.NoticeQueued, &soon, notify.ReasonUnknown),
		},
		{
			"the state became unknown: it waits, nobody is written to",
			func(_ *models.Letter, _ *models.LetterItem, d *models.Domain) { d.Lifecycle = models.LifecycleUnknown },
			drop(models.NoticeQueued, &soon, notify.ReasonUnknown),
		},
	})
}

func TestReviewTakesBackWhatIsNoLongerTrue(t *testing.T) {
	now := at(t, "2027-01-08 09:00")
	review(t, now, []reviewCase{
		{
			"renewed",
			func(_ *models.Letter, it *models.LetterItem, _ *models.Domain) { it.Cycle.ClosedAt = &now },
			drop(models.NoticeCancelled, nil, notify.ReasonClosed),
		},
		{
			"renewed, and not looked at: no look is needed to say nothing",
			func(_ *models.Letter, it *models.LetterItem, d *models.Domain) {
				it.Cycle.ClosedAt, d.CheckedAt = &now, nil
			},
			drop(models.NoticeCancelled, nil, notify.ReasonClosed),
		},
		{
			"released",
			func(_ *models.Letter, _ *models.LetterItem, d *models.Domain) { d.Lifecycle = models.LifecycleReleased },
			drop(models.NoticeCancelled, nil, notify.ReasonClosed),
		},
		{
			"no longer watched",
			func(_ *models.Letter, _ *models.LetterItem, d *models.Domain) { d.ArchivedAt = &now },
			drop(models.NoticeCancelled, nil, notify.ReasonClosed),
		},
		{
			"the address went bad",
			func(l *models.Letter, _ *models.LetterItem, _ *models.Domain) { l.Contact.EmailState = models.EmailBad },
			drop(models.NoticeCancelled, nil, notify.ReasonRefused),
		},
		{
			"the address was corrected: not to the old one",
			func(l *models.Letter, _ *models.LetterItem, _ *models.Domain) {
				l.Contact.Email = "rosa.delgado@mailhost.example"
			},
			drop(models.NoticeCancelled, nil, notify.ReasonOtherContact),
		},
		{
			"the client answered meanwhile",
			func(_ *models.Letter, _ *models.LetterItem, d *models.Domain) {
				d.QuietUntil, d.QuietReason = new(now.AddDate(0, 0, 3)), "answered:renewed"
			},
			drop(models.NoticeCancelled, nil, "answered:renewed"),
		},
		{
			"the rest is over",
			func(_ *models.Letter, _ *models.LetterItem, d *models.Domain) { d.QuietUntil = &now },
			notify.Review{Keep: []models.LetterItem{{}}},
		},
		{
			"the date moved out",
			func(_ *models.Letter, _ *models.LetterItem, d *models.Domain) {
				d.ExpiresAt = new(d.ExpiresAt.AddDate(0, 0, 9))
			},
			drop(models.NoticeCancelled, nil, notify.ReasonDateMoved),
		},
		{
			"a tighter stage is due",
			func(_ *models.Letter, _ *models.LetterItem, d *models.Domain) {
				d.ExpiresAt = new(d.ExpiresAt.AddDate(0, 0, -5))
			},
			drop(models.NoticeSuperseded, nil, notify.ReasonTighter),
		},
		{
			"sent already by an attempt that outlived its worker",
			func(_ *models.Letter, it *models.LetterItem, _ *models.Domain) { it.Notice.State = models.NoticeSent },
			notify.Review{},
		},
	})
}

// TestWhatTheServerSaidIsRecordedWhileStopping: a process that is told to stop while the server answers still writes the answer down.
func TestWhatTheServerSaidIsRecordedWhileStopping(t *testing.T) {
	w := newWorld(t, "2027-01-08 09:00", nil)
	w.add("Bright Pools", "pools.example", at(t, expiry), owner)
	w.tick0()
	ctx, stop := context.WithCancel(t.Context())
	w.post.answer = func(notify.Message) notify.Result {
		stop()
		return notify.Result{Outcome: models.DeliverySent, Code: 250}
	}
	for _, id := range w.due() {
		if err := w.deliver.Deliver(ctx, id); err != nil {
			t.Fatal(err)
		}
	}
	same(t, "notices", []string{"d7 sent rosa"}, w.states("pools.example"))
}

func TestDelivererNeedsItsParts(t *testing.T) {
	if _, err := notify.NewDeliverer(notify.Options{}); err == nil {
		t.Error("a deliverer of nothing was made")
	}
	w := newWorld(t, "2027-01-08 09:00", nil)
	o := w.deliver.Options
	o.Policy.Ladder = nil
	if _, err := notify.NewDeliverer(o); err == nil {
		t.Error("a policy that can't work was accepted")
	}
}
