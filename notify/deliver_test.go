package notify_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/notify"
)

func same(t *testing.T, why string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", why, diff)
	}
}

func TestANoticeGoesOutOnce(t *testing.T) {
	w := newWorld(t, "2027-01-08 09:00", nil)
	w.add("Bright Pools", "pools.example", at(t, expiry), owner)
	for range 5 {
		w.tick()
		w.now = w.now.Add(time.Minute)
	}
	same(t, "mails", []string{owner.Email}, w.post.to())
	same(t, "notices", []string{"d7 sent rosa"}, w.states("pools.example"))
	m := w.post.got[0]
	if m.Subject == "" || !strings.Contains(m.Text, "pools.example") || len(m.ICS) == 0 || m.ReplyTo != "help@tidewater.example" {
		t.Errorf("the message is not whole: %+v", m)
	}
	_, token, _ := strings.Cut(m.Text, "https://watch.tidewater.example/c/")
	token, _, _ = strings.Cut(token, "\n")
	if _, contact, err := w.signer.Verify(token, w.now); err != nil || contact == 0 {
		t.Errorf("the link in the mail is not ours: %q, %v", token, err)
	}
	if kept := w.kept("pools.example"); kept != strings.ReplaceAll(m.Text, token, notify.TokenShown) || strings.Contains(kept, token) {
		t.Errorf("the words are kept as %q", kept)
	}
	if n := w.ledger(); n["mail_sent"] != 1 || n["notice_queued"] != 1 {
		t.Errorf("ledger: %v", n)
	}
	entries, err := w.s.Ledger(t.Context(), 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"smtp_reply":"250 2.0.0 taken"`, `"text_sha256":"`, `"observed_at":"2027-01-08T17:00:00Z"`, m.MessageID} {
		if !strings.Contains(entries[0].Body, want) {
			t.Errorf("the proof lacks %s: %s", want, entries[0].Body)
		}
	}
}

func TestOneMailForAllDomainsOfAContactAndItsThread(t *testing.T) {
	w := newWorld(t, "2027-01-08 09:00", nil)
	w.add("Bright Pools", "pools.example", at(t, expiry), owner)
	w.add("Bright Pools", "spa.example", at(t, expiry).AddDate(0, 0, 3), owner)
	w.tick()
	same(t, "mails", []string{owner.Email}, w.post.to())
	if text := w.post.got[0].Text; !strings.Contains(text, "pools.example") || !strings.Contains(text, "spa.example") {
		t.Error("the mail does not list both domains")
	}
	w.now = at(t, "2027-01-12 09:00")
	w.look("pools.example", true)
	w.look("spa.example", true)
	w.tick()
	if len(w.post.got) != 2 || w.post.got[1].References != w.post.got[0].MessageID || w.post.got[1].MessageID == w.post.got[0].MessageID {
		t.Errorf("the next notice does not go on with the thread: %+v", w.post.to())
	}
}

func TestOutsideTheWindowAndUnderTheBrakeNothingGoesOut(t *testing.T) {
	w := newWorld(t, "2027-01-08 08:00", nil)
	w.add("Bright Pools", "pools.example", at(t, expiry), owner)
	w.tick()
	same(t, "before the window", []string{"d14 queued rosa", "d7 queued rosa"}, w.states("pools.example"))
	w.now = at(t, "2027-01-08 09:30")
	w.look("pools.example", true)
	if err := w.s.PullBrake(t.Context(), models.Brake{PulledAt: w.now, Reason: "a test"}); err != nil {
		t.Fatal(err)
	}
	w.tick()
	same(t, "under the brake", 0, len(w.post.got))
	if err := w.s.ReleaseBrake(t.Context(), "ops@tidewater.example", w.now); err != nil {
		t.Fatal(err)
	}
	w.tick()
	same(t, "after it, the tightest", []string{"d7 sent rosa"}, w.states("pools.example"))
	same(t, "mails", 1, len(w.post.got))
}

func TestTheBrakeStopsWhatIsOnItsWay(t *testing.T) {
	w := newWorld(t, "2027-01-08 09:00", nil)
	w.add("Bright Pools", "pools.example", at(t, expiry), owner)
	w.post.answer = func(notify.Message) notify.Result { return notify.Result{Outcome: models.DeliveryTemporary, Code: 451} }
	w.tick()
	w.now = w.now.Add(time.Hour)
	ids := w.due()
	if err := w.s.PullBrake(t.Context(), models.Brake{PulledAt: w.now, Reason: "a test"}); err != nil {
		t.Fatal(err)
	}
	if err := w.deliver.Deliver(t.Context(), ids[0]); err != nil || len(w.post.got) != 1 {
		t.Errorf("a job that was handed out before the brake sent its mail: %d, %v", len(w.post.got), err)
	}
}

func TestTheLookRightBeforeSending(t *testing.T) {
	t.Run("old facts are looked at first, then it goes out", func(t *testing.T) {
		w := newWorld(t, "2027-01-07 09:00", nil)
		w.add("Bright Pools", "pools.example", at(t, expiry), owner)
		w.now = at(t, "2027-01-08 09:00")
		w.tick()
		same(t, "asked for a look and waits", 0, len(w.post.got))
		if next := w.watched("pools.example").Domain.NextLookAt; !next.Equal(w.now) {
			t.Errorf("the look is due at %s, want now", next)
		}
		w.now = w.now.Add(2 * time.Minute)
		w.look("pools.example", true)
		w.tick()
		same(t, "after the look", 1, len(w.post.got))
	})
	t.Run("the look fails: the answer of yesterday will do", func(t *testing.T) {
		w := newWorld(t, "2027-01-07 09:00", nil)
		w.add("Bright Pools", "pools.example", at(t, expiry), owner)
		w.now = at(t, "2027-01-08 09:00")
		w.tick()
		w.now = w.now.Add(2 * time.Minute)
		w.look("pools.example", false)
		w.tick()
		same(t, "mails", 1, len(w.post.got))
	})
	t.Run("nobody looks for an hour: the answer of yesterday will do", func(t *testing.T) {
		w := newWorld(t, "2027-01-07 09:00", nil)
		w.add("Bright Pools", "pools.example", at(t, expiry), owner)
		w.now = at(t, "2027-01-08 09:00")
		for range 59 {
			w.tick()
			w.now = w.now.Add(time.Minute)
		}
		same(t, "inside the hour", 0, len(w.post.got))
		for range 5 {
			w.tick()
			w.now = w.now.Add(time.Minute)
		}
		same(t, "after it", 1, len(w.post.got))
	})
	t.Run("the answer is too old: it waits under its reason, and goes out once there is one", func(t *testing.T) {
		w := newWorld(t, "2027-01-05 09:00", nil)
		w.add("Bright Pools", "pools.example", at(t, expiry), owner)
		w.now = at(t, "2027-01-08 09:00")
		w.tick()
		w.now = w.now.Add(2 * time.Minute)
		w.look("pools.example", false)
		w.tick()
		w.tick()
		same(t, "mails", 0, len(w.post.got))
		same(t, "the notice stays", []string{"d7 queued rosa"}, w.states("pools.example"))
		views, err := w.s.NoticesOf(t.Context(), w.watched("pools.example").Domain.ID)
		if err != nil || views[0].Notice.Reason != notify.ReasonNoFreshLook {
			t.Errorf("reason %q, %v", views[0].Notice.Reason, err)
		}
		w.now = at(t, "2027-01-09 09:00")
		w.look("pools.example", true)
		w.tick()
		same(t, "the day after", []string{"d7 sent rosa"}, w.states("pools.example"))
	})
}

func TestARenewalBeforeTheLookCancels(t *testing.T) {
	w := newWorld(t, "2027-01-07 09:00", nil)
	w.add("Bright Pools", "pools.example", at(t, expiry), owner)
	w.now = at(t, "2027-01-08 09:00")
	w.tick()
	w.now = w.now.Add(2 * time.Minute)
	v := w.watched("pools.example")
	d := v.Domain
	renewed := at(t, expiry).AddDate(1, 0, 0)
	d.ExpiresAt, d.Lifecycle = &renewed, models.LifecycleRegistered
	w.looked(&d, true)
	w.record(models.RegistrationRecord{
		Domain: d, CloseCycle: &models.CycleClose{ID: v.Cycle.ID, At: w.now, Reason: "renewed"},
		OpenCycle: &models.Cycle{ExpiresAt: renewed, OpenedAt: w.now},
	})
	for range 3 {
		w.tick()
		w.now = w.now.Add(time.Minute)
	}
	same(t, "mails", 0, len(w.post.got))
	same(t, "notices", []string{"d7 cancelled rosa"}, w.states("pools.example"))
	same(t, "the message is not due any more", 0, len(w.due()))
}

func TestTemporaryFailuresBackOffAndEnd(t *testing.T) {
	w := newWorld(t, "2027-01-08 09:00", func(o *notify.Options) {
		o.Policy.SendFrom, o.Policy.SendUntil = models.ClockTime{}, models.ClockTime{Hour: 24}
		o.Policy.Ladder = []notify.Rung{{Stage: models.StageD7, Days: 7}}
	})
	w.add("Bright Pools", "pools.example", at(t, expiry), owner)
	w.post.answer = func(notify.Message) notify.Result {
		return notify.Result{Outcome: models.DeliveryTemporary, Code: 451, Enhanced: "4.7.1", Reply: "later"}
	}
	began := w.now
	var tries []time.Duration
	for w.now.Before(began.AddDate(0, 0, 5)) {
		before := len(w.post.got)
		w.look("pools.example", true)
		w.tick()
		if len(w.post.got) > before {
			tries = append(tries, w.now.Sub(began).Round(time.Minute))
		}
		pauses := []time.Duration{time.Minute, time.Minute, 5 * time.Minute, 15 * time.Minute, 30 * time.Minute}
		w.now = w.now.Add(pauses[min(len(tries), len(pauses)-1)])
	}
	want := []time.Duration{0, time.Minute, 6 * time.Minute, 21 * time.Minute, 81 * time.Minute, 321 * time.Minute}
	if len(tries) < len(want) || !cmp.Equal(want, tries[:len(want)]) {
		t.Errorf("tried after %v, want %v and so on", tries, want)
	}
	if last := tries[len(tries)-1]; last < 71*time.Hour || last > 77*time.Hour {
		t.Errorf("given up after %s, want about three days", last)
	}
	for _, m := range w.post.got {
		if m.MessageID != w.post.got[0].MessageID {
			t.Fatal("a repeat has another Message-ID")
		}
	}
	same(t, "notices", []string{"d7 failed rosa"}, w.states("pools.example"))
	v := w.watched("pools.example")
	if c := v.Contacts[0]; c.EmailState == models.EmailBad {
		t.Error("a temporary failure marked the address bad")
	}
	if !hasFinding(v, notify.CodeUndeliverable) {
		t.Errorf("no task for ops: %+v", v.Findings)
	}
}

func hasFinding(v models.Watched, code string) bool {
	for _, f := range v.Findings {
		if f.Code == code && f.State == models.FindingOpen {
			return true
		}
	}
	return false
}

func TestARefusalOfOursBlamesNobody(t *testing.T) {
	w := newWorld(t, "2027-01-08 09:00", nil)
	w.add("Bright Pools", "pools.example", at(t, expiry), owner, bill)
	w.post.answer = func(notify.Message) notify.Result {
		return notify.Result{Outcome: models.DeliveryRejected, Code: 535, Enhanced: "5.7.8", Reply: "wrong login"}
	}
	w.tick()
	v := w.watched("pools.example")
	if v.Contacts[0].EmailState == models.EmailBad || len(v.Findings) != 0 {
		t.Errorf("the contact was blamed: %+v", v.Contacts[0])
	}
	w.post.answer = nil
	w.now = w.now.Add(time.Hour)
	w.tick()
	same(t, "once the login is right", []string{"d7 sent rosa"}, w.states("pools.example"))
}

// stopped is the store of a process that dies between the server's 250 and the record of it.
type stopped struct{ notify.Store }

var errKilled = errors.New("killed")

func (stopped) RecordAttempt(context.Context, models.AttemptRecord) error { return errKilled }

func TestACrashBetweenSendingAndRecordingRepeatsTheSameMail(t *testing.T) {
	w := newWorld(t, "2027-01-08 09:00", nil)
	w.add("Bright Pools", "pools.example", at(t, expiry), owner)
	w.tick0()
	dying, err := notify.NewDeliverer(func() notify.Options { o := w.deliver.Options; o.Store = stopped{w.s}; return o }())
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range w.due() {
		if err := dying.Deliver(t.Context(), id); !errors.Is(err, errKilled) {
			t.Fatal(err)
		}
	}
	same(t, "handed over once", 1, len(w.post.got))
	w.tick()
	same(t, "not again while the first attempt may still run", 1, len(w.post.got))
	w.now = w.now.Add(10 * time.Minute)
	w.tick()
	w.now = w.now.Add(10 * time.Minute)
	w.tick()
	same(t, "handed over again, once", 2, len(w.post.got))
	if a, b := w.post.got[0], w.post.got[1]; a.MessageID != b.MessageID || a.Text != b.Text {
		t.Errorf("the repeat is another mail: %s and %s", a.MessageID, b.MessageID)
	}
	same(t, "notices", []string{"d7 sent rosa"}, w.states("pools.example"))
}

// tick0 plans and collects without delivering.
func (w *world) tick0() {
	w.t.Helper()
	if _, err := w.deliver.SweepPlan(w.t.Context(), w.now); err != nil {
		w.t.Fatal(err)
	}
	if _, err := w.deliver.Collect(w.t.Context(), w.now); err != nil {
		w.t.Fatal(err)
	}
}

func TestRefusedAndBlockedRowsStarveNobody(t *testing.T) {
	w := newWorld(t, "2027-01-08 09:00", nil)
	for i := range 30 {
		c := models.Contact{Name: "Nobody", Email: fmt.Sprintf("gone%d@mailhost.example", i), Role: models.RoleOwner}
		w.add(fmt.Sprintf("Client %d", i), fmt.Sprintf("gone%d.example", i), at(t, expiry).AddDate(0, 0, -5), c)
	}
	w.add("No contact", "nobody.example", at(t, expiry).AddDate(0, 0, -6))
	w.add("Bright Pools", "pools.example", at(t, expiry), owner)
	w.post.answer = func(m notify.Message) notify.Result {
		if strings.HasPrefix(m.To.Address, "gone") {
			return notify.Result{Outcome: models.DeliveryPermanent, Code: 550, Enhanced: "5.1.1", Reply: "no such user"}
		}
		return notify.Result{Outcome: models.DeliverySent, Code: 250, Reply: "taken"}
	}
	for range 3 {
		w.tick()
		w.now = w.now.Add(time.Minute)
	}
	same(t, "the one who can be reached", []string{"d7 sent rosa"}, w.states("pools.example"))
	same(t, "each refused one was tried once", 31, len(w.post.got))
	same(t, "nothing stays in the queue", 0, len(w.due()))
	got := w.states("gone7.example")
	if len(got) != 1 || !strings.Contains(got[0], " failed ") && !strings.Contains(got[0], " blocked ") {
		t.Errorf("a refused one: %v", got)
	}
}
