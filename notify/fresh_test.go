package notify_test

import (
	"slices"
	"testing"
	"time"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/notify"
)

// run lets the engine work minute by minute until an instant.
func (w *world) run(until string) {
	w.t.Helper()
	for end := at(w.t, until); w.now.Before(end); w.now = w.now.Add(time.Minute) {
		w.tick()
	}
}

// TestARegistryThatComesBackInTheMorning: a stage that could not be looked at goes out as soon as it can, on the same day.
func TestARegistryThatComesBackInTheMorning(t *testing.T) {
	w := newWorld(t, "2027-01-12 08:00", nil)
	w.add("Bright Pools", "pools.example", at(t, expiry), owner)
	w.now = at(t, "2027-01-15 09:00") // expires at two in the afternoon, and the registry has been down for days
	w.tick()
	w.look("pools.example", false)
	w.run("2027-01-15 10:00")
	same(t, "while nothing is known", []string{"d0 queued rosa"}, w.states("pools.example"))
	w.look("pools.example", true)
	w.run("2027-01-15 11:10")
	same(t, "once it is", []string{"d0 sent rosa"}, w.states("pools.example"))
	same(t, "mails", 1, len(w.post.got))
}

// TestAMessageWaitsForItsUrgentNotice: what would be overtaken by tomorrow is waited for with the others, until the middle of the window.
func TestAMessageWaitsForItsUrgentNotice(t *testing.T) {
	for _, c := range []struct {
		why, back    string
		first, later []string // the day's notices on the name that could not be looked at, at one o'clock and at half past four
	}{
		{"the look comes at half past ten: one message", "2027-01-15 10:30", []string{"d0 sent rosa"}, []string{"d0 sent rosa"}},
		{"it comes at three: the other one was not kept waiting for it", "2027-01-15 15:00", []string{"d0 mailed rosa"}, []string{"d0 queued rosa"}},
	} {
		t.Run(c.why, func(t *testing.T) {
			w := newWorld(t, "2027-01-12 08:00", nil)
			w.add("Bright Pools", "pools.example", at(t, expiry), owner)
			w.add("Bright Pools", "water.example", at(t, expiry), owner)
			w.now = at(t, "2027-01-15 09:00")
			w.tick()
			for until := at(t, "2027-01-15 16:30"); w.now.Before(until); w.now = w.now.Add(time.Minute) {
				for name, answered := range map[string]bool{"water.example": true, "pools.example": !w.now.Before(at(t, c.back))} {
					if d := w.watched(name).Domain; !d.NextLookAt.After(w.now) {
						w.look(name, answered)
					}
				}
				w.tick()
				if w.now.Equal(at(t, "2027-01-15 12:50")) {
					same(t, "before one", c.first, w.states("pools.example"))
				}
			}
			same(t, "in the end", c.later, w.states("pools.example"))
			same(t, "the other name", []string{"d0 sent rosa"}, w.states("water.example"))
			same(t, "messages", 1, len(w.post.got))
		})
	}
}

// TestWhenAnUnlookedNoticeIsTriedAgain: with the next look, within a quarter of an hour and an hour, and inside the sending window.
func TestWhenAnUnlookedNoticeIsTriedAgain(t *testing.T) {
	for _, c := range []struct{ why, now, look, want string }{
		{"the next look is in half an hour", "2027-01-08 09:00", "2027-01-08 09:30", "2027-01-08 09:30"},
		{"it is due: in a quarter of an hour", "2027-01-08 09:00", "2027-01-08 08:59", "2027-01-08 09:15"},
		{"it is far: in an hour a look is asked for", "2027-01-08 09:00", "2027-01-08 15:00", "2027-01-08 10:00"},
		{"the window closes before: in the morning", "2027-01-08 16:40", "2027-01-08 17:10", "2027-01-09 09:00"},
	} {
		now := at(t, c.now)
		l := letter(at(t, expiry), now, models.StageD7)
		l.Items[0].Domain.SeenAt, l.Items[0].Domain.NextLookAt = new(now.Add(-72*time.Hour)), at(t, c.look)
		r := notify.ReviewLetter(&l, policy(t), now)
		if len(r.Drop) != 1 || r.Drop[0].DueAt == nil || !r.Drop[0].DueAt.Equal(at(t, c.want)) {
			t.Errorf("%s: %+v, want due at %s", c.why, r.Drop, c.want)
		}
	}
}

// TestOneMessageADayAlsoAfterAnOutage: what did not get away yesterday is told with what is new today.
func TestOneMessageADayAlsoAfterAnOutage(t *testing.T) {
	w := newWorld(t, "2027-01-08 16:50", nil)
	w.add("Bright Pools", "pools.example", at(t, expiry), owner)
	w.add("Bright Pools", "water.example", at(t, "2027-01-09 14:00"), owner)
	w.post.answer = func(notify.Message) notify.Result {
		return notify.Result{Outcome: models.DeliveryTemporary, Reply: models.NotConnected + "connection refused"}
	}
	w.tick()
	w.post.answer, w.post.got = nil, nil
	w.now = at(t, "2027-01-09 09:00")
	w.look("pools.example", true)
	w.look("water.example", true)
	w.run("2027-01-09 10:10")
	same(t, "messages", 1, len(w.post.got))
	same(t, "yesterday's", []string{"d7 sent rosa"}, w.states("pools.example"))
	same(t, "today's", []string{"d0 sent rosa"}, slices.DeleteFunc(w.states("water.example"), func(s string) bool { return s != "d0 sent rosa" }))
}
