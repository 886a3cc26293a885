package notify_test

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/notify"
)

// linkOf gives the ID of the link in the latest mail.
func (w *world) linkOf(i int) int64 {
	w.t.Helper()
	_, token, _ := strings.Cut(w.post.got[i].Text, "/c/")
	token, _, _ = strings.Cut(token, "\n")
	id, _, err := w.signer.Verify(token, w.now)
	if err != nil {
		w.t.Fatal(err)
	}
	return id
}

func (w *world) answer(link int64, kind models.AnswerKind, on *time.Time) models.Answer {
	w.t.Helper()
	a, err := w.answers.Record(w.t.Context(), link, models.Reply{Domain: "pools.example", Kind: kind, RenewOn: on}, w.now)
	if err != nil {
		w.t.Fatal(err)
	}
	return a
}

func day(s string) *time.Time {
	d, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return &d
}

// answerable gives a world in which the owner got a notice 14 days ahead, and the link in it.
func answerable(t *testing.T) (*world, int64) {
	t.Helper()
	w := newWorld(t, "2027-01-01 09:00", nil)
	w.add("Bright Pools", "pools.example", at(t, expiry), owner, bill, deputy)
	w.tick()
	w.now = at(t, "2027-01-02 20:00")
	return w, w.linkOf(0)
}

func TestAnAnswerRestsTheReminders(t *testing.T) {
	for _, c := range []struct {
		why  string
		kind models.AnswerKind
		on   *time.Time
		want []string // sent after the answer, by 2027-01-20
	}{
		{
			"no answer: all of it, from 7 days on to the deputy too", "", nil,
			[]string{"d7 ben", "d7 rosa", "d3 ben", "d3 rosa", "d1 ben", "d1 rosa", "d0 ben", "d0 rosa", "p1 ben", "p1 rosa", "p4 ben", "p4 rosa"},
		},
		{
			"renewed, and the registry does not show it: asked again after a week", models.AnswerRenewed, nil,
			[]string{"d7 ben", "d7 rosa", "d3 ben", "d3 rosa", "d1 ben", "d1 rosa", "d0 ben", "d0 rosa", "p1 ben", "p1 rosa", "p4 ben", "p4 rosa"},
		},
		{
			"will renew on the 13th, and did not", models.AnswerWillRenew, day("2027-01-13"),
			[]string{"d1 ben", "d1 rosa", "d0 ben", "d0 rosa", "p1 ben", "p1 rosa", "p4 ben", "p4 rosa"},
		},
		{
			"auto-renew is on: only when it is late", models.AnswerAutoRenew, nil,
			[]string{"d1 ben", "d1 rosa", "d0 ben", "d0 rosa", "p1 ben", "p1 rosa", "p4 ben", "p4 rosa"},
		},
		{"letting it go: nothing more", models.AnswerLettingGo, nil, nil},
		{
			"the wrong person: the next one, at once, and no more to this one", models.AnswerWrongPerson, nil,
			[]string{"d14 ola", "d7 ben", "d7 ola", "d3 ben", "d3 ola", "d1 ben", "d1 ola", "d0 ben", "d0 ola", "p1 ben", "p1 ola", "p4 ben", "p4 ola"},
		},
	} {
		t.Run(c.why, func(t *testing.T) {
			w, link := answerable(t)
			if c.kind != "" {
				w.answer(link, c.kind, c.on)
			}
			for w.now = at(t, "2027-01-03 09:00"); w.now.Before(at(t, "2027-01-21 00:00")); w.now = w.now.AddDate(0, 0, 1) {
				d := w.watched("pools.example").Domain
				w.looked(&d, true)
				if since := at(t, expiry); w.now.After(since) {
					d.Lifecycle, d.LifecycleSince = models.LifecycleExpired, &since
				}
				w.record(models.RegistrationRecord{Domain: d})
				w.tick()
			}
			views, err := w.s.NoticesOf(t.Context(), w.watched("pools.example").Domain.ID)
			if err != nil {
				t.Fatal(err)
			}
			stage := map[string]models.Stage{}
			for _, v := range views {
				if v.Mail != nil && v.Notice.State == models.NoticeSent {
					stage[v.Mail.MessageID] = v.Notice.Stage
				}
			}
			var got []string
			for _, m := range w.post.got[1:] {
				got = append(got, string(stage[m.MessageID])+" "+who(m.To.Address))
			}
			same(t, c.why, sortedPairs(c.want), sortedPairs(got))
		})
	}
}

// sortedPairs sorts neighbours with the same stage, whose order says nothing.
func sortedPairs(s []string) []string {
	out := append([]string(nil), s...)
	for i := 1; i < len(out); i++ {
		a, _, _ := strings.Cut(out[i-1], " ")
		b, _, _ := strings.Cut(out[i], " ")
		if a == b && out[i-1] > out[i] {
			out[i-1], out[i] = out[i], out[i-1]
		}
	}
	return out
}

func TestAnAnswerTakesBackWhatWaits(t *testing.T) {
	w, link := answerable(t)
	w.now = at(t, "2027-01-07 18:00")
	w.tick0() // d7 is queued ahead, to the owner and the deputy
	before := w.states("pools.example")
	w.answer(link, models.AnswerWillRenew, day("2027-01-11"))
	same(t, "queued ahead", []string{"d14 sent rosa", "d7 queued ben", "d7 queued rosa"}, before)
	same(t, "after the answer", []string{"d14 sent rosa", "d7 cancelled ben", "d7 cancelled rosa"}, w.states("pools.example"))
	if d := w.watched("pools.example").Domain; d.QuietUntil == nil || !d.QuietUntil.Equal(at(t, "2027-01-12 00:00")) {
		t.Errorf("rests until %v, want the end of the day that was named", d.QuietUntil)
	}
}

func TestADoubleTapIsOneAnswer(t *testing.T) {
	w, link := answerable(t)
	first := w.answer(link, models.AnswerRenewed, nil)
	w.now = w.now.Add(time.Hour)
	if again := w.answer(link, models.AnswerRenewed, nil); again.ID != first.ID {
		t.Errorf("the same answer again made a second one: %d, %d", first.ID, again.ID)
	}
	if other := w.answer(link, models.AnswerAutoRenew, nil); other.ID == first.ID {
		t.Error("another answer was taken for the same")
	}
	if d := w.watched("pools.example").Domain; d.AutoRenew != models.AutoRenewOn {
		t.Errorf("auto-renew reads %s", d.AutoRenew)
	}
	w.now = w.now.AddDate(0, 0, 1)
	back := w.answer(link, models.AnswerRenewed, nil)
	w.now = w.now.AddDate(0, 0, 8)
	if again := w.answer(link, models.AnswerRenewed, nil); again.ID == back.ID {
		t.Error("renewed, said anew after the reminders went on, is a new answer")
	}
	if n := w.ledger()["answer"]; n != 4 {
		t.Errorf("%d answers in the ledger, want 4", n)
	}
}

// Who said so before the registry showed a renewal confirms it by saying so again, although the first answer still rests the reminders.
func TestRenewedSaidAgainConfirmsARenewal(t *testing.T) {
	w, link := answerable(t)
	first := w.answer(link, models.AnswerRenewed, nil)
	w.now = w.now.Add(time.Hour)
	d := w.watched("pools.example").Domain
	d.Unconfirmed = true
	w.looked(&d, true)
	w.record(models.RegistrationRecord{Domain: d})
	second := w.answer(link, models.AnswerRenewed, nil)
	if second.ID == first.ID {
		t.Error("the client confirmed the renewal, and nothing was recorded")
	}
	w.now = w.now.Add(time.Minute)
	if third := w.answer(link, models.AnswerRenewed, nil); third.ID != second.ID {
		t.Error("a double tap made an answer more")
	}
}

// TestTapsAtTheSameMoment is a form that a browser, or an impatient finger, sends several times at once: none has seen what the others said.
func TestTapsAtTheSameMoment(t *testing.T) {
	for _, reply := range []models.Reply{
		{Domain: "pools.example", Kind: models.AnswerRenewed},
		{Domain: "pools.example", Kind: models.AnswerWrongPerson, Instead: &models.Named{Name: "Dee Fox", Email: "dee@pools.example"}},
	} {
		w, link := answerable(t)
		ids := make([]int64, 12)
		var taps sync.WaitGroup
		for i := range ids {
			taps.Go(func() {
				got, err := w.answers.Record(t.Context(), link, reply, w.now)
				if err != nil {
					t.Error(err)
				}
				ids[i] = got.ID
			})
		}
		taps.Wait()
		if slices.Sort(ids); ids[0] != ids[len(ids)-1] {
			t.Errorf("%s: one answer became several: %v", reply.Kind, ids)
		}
		if n := w.ledger()["answer"]; n != 1 {
			t.Errorf("%s: %d lines in the ledger for one answer", reply.Kind, n)
		}
	}
}

func TestAnswersThatAreRefused(t *testing.T) {
	w, link := answerable(t)
	w.add("Other client", "other.example", at(t, expiry), deputy)
	for _, c := range []struct {
		why, domain string
		kind        models.AnswerKind
		on          *time.Time
		want        error
	}{
		{"somebody else's domain", "other.example", models.AnswerRenewed, nil, models.ErrNotFound},
		{"a domain that does not exist", "nowhere.example", models.AnswerRenewed, nil, models.ErrNotFound},
		{"no answer at all", "pools.example", "maybe", nil, models.ErrInvalid},
		{"will renew, without a day", "pools.example", models.AnswerWillRenew, nil, models.ErrInvalid},
		{"will renew in the past", "pools.example", models.AnswerWillRenew, day("2026-12-31"), models.ErrInvalid},
		{"will renew after the expiry", "pools.example", models.AnswerWillRenew, day("2027-01-16"), models.ErrInvalid},
	} {
		if _, err := w.answers.Record(t.Context(), link, models.Reply{Domain: c.domain, Kind: c.kind, RenewOn: c.on}, w.now); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", c.why, err, c.want)
		}
	}
	if _, err := w.answers.Record(t.Context(), 999, models.Reply{Domain: "pools.example", Kind: models.AnswerRenewed}, w.now); !errors.Is(err, models.ErrNotFound) {
		t.Errorf("a link that does not exist: %v", err)
	}
	if _, err := w.answers.Record(t.Context(), link, models.Reply{Domain: "pools.example", Kind: models.AnswerRenewed}, w.now.AddDate(1, 0, 0)); !errors.Is(err, notify.ErrLinkExpired) {
		t.Errorf("a link that is over: %v", err)
	}
	if err := w.s.RevokeLink(t.Context(), link, w.now); err != nil {
		t.Fatal(err)
	}
	if _, err := w.answers.Record(t.Context(), link, models.Reply{Domain: "pools.example", Kind: models.AnswerRenewed}, w.now); !errors.Is(err, notify.ErrLinkInvalid) {
		t.Errorf("a link that was revoked: %v", err)
	}
	if n := w.ledger()["answer"]; n != 0 {
		t.Errorf("%d refused answers reached the ledger", n)
	}
}

func TestAnAnswerToAClosedCycle(t *testing.T) {
	w, link := answerable(t)
	v := w.watched("pools.example")
	d := v.Domain
	w.record(models.RegistrationRecord{Domain: d, CloseCycle: &models.CycleClose{ID: v.Cycle.ID, At: w.now, Reason: "renewed"}})
	if _, err := w.answers.Record(t.Context(), link, models.Reply{Domain: "pools.example", Kind: models.AnswerRenewed}, w.now); !errors.Is(err, models.ErrConflict) {
		t.Errorf("got %v, want a conflict", err)
	}
}

func TestQuietUntil(t *testing.T) {
	exp := at(t, expiry)
	for _, c := range []struct {
		why  string
		kind models.AnswerKind
		on   *time.Time
		said string
		want string
	}{
		{"renewed: a week", models.AnswerRenewed, nil, "2027-01-02 20:00", "2027-01-09 00:00"},
		{"will renew: the end of that day", models.AnswerWillRenew, day("2027-01-10"), "2027-01-02 20:00", "2027-01-11 00:00"},
		{"auto-renew: the day before expiry", models.AnswerAutoRenew, nil, "2027-01-02 20:00", "2027-01-14 00:00"},
		{"auto-renew, said on the day before expiry: the day after it", models.AnswerAutoRenew, nil, "2027-01-14 10:00", "2027-01-16 00:00"},
		{"auto-renew, said after it", models.AnswerAutoRenew, nil, "2027-01-18 10:00", "2027-01-25 00:00"},
		{"letting go: beyond any cycle", models.AnswerLettingGo, nil, "2027-01-02 20:00", "2028-01-15 14:00"},
		{"the wrong person rests nothing", models.AnswerWrongPerson, nil, "2027-01-02 20:00", ""},
		{"a day that is missing rests nothing", models.AnswerWillRenew, nil, "2027-01-02 20:00", ""},
	} {
		got, reason := notify.QuietUntil(&models.Answer{Kind: c.kind, RenewOn: c.on, At: at(t, c.said)}, exp, policy(t))
		if c.want == "" {
			if !got.IsZero() || reason != "" {
				t.Errorf("%s: %s, %s", c.why, got, reason)
			}
			continue
		}
		if !got.Equal(at(t, c.want)) || reason != "answered:"+string(c.kind) {
			t.Errorf("%s: got %s for %q, want %s", c.why, got.In(pacific(t)), reason, c.want)
		}
	}
	if got, _ := notify.QuietUntil(&models.Answer{Kind: models.AnswerRenewed, At: exp, Withdrawn: &exp}, exp, policy(t)); !got.IsZero() {
		t.Error("a withdrawn answer rests the reminders")
	}
}

func TestWorseningEndsTheRest(t *testing.T) {
	said := at(t, "2027-01-14 10:00")
	now := at(t, "2027-01-16 10:00")
	for _, c := range []struct {
		why    string
		kind   models.AnswerKind
		change func(*models.Domain)
		want   bool
	}{
		{"nothing changed", models.AnswerRenewed, func(*models.Domain) {}, true},
		{"expired since", models.AnswerRenewed, func(d *models.Domain) { d.Lifecycle, d.LifecycleSince = models.LifecycleExpired, new(at(t, expiry)) }, false},
		{"expired, and it was when they said so", models.AnswerRenewed, func(d *models.Domain) {
			d.Lifecycle, d.LifecycleSince = models.LifecycleExpired, new(said.Add(-time.Hour))
		}, true},
		{"put on hold since", models.AnswerRenewed, func(d *models.Domain) { d.Lifecycle, d.LifecycleSince = models.LifecycleOnHold, new(now) }, false},
		{"the judge ended it, e.g. because the date moved", models.AnswerRenewed, func(d *models.Domain) { d.QuietUntil = nil }, false},
		{"a name that is let go may lapse", models.AnswerLettingGo, func(d *models.Domain) {
			d.Lifecycle, d.LifecycleSince, d.QuietUntil = models.LifecycleRedemption, new(now), nil
		}, true},
	} {
		o := owedFor(at(t, expiry))
		o.Domain.QuietUntil = new(now.AddDate(0, 1, 0))
		c.change(&o.Domain)
		got, _ := notify.Quiet(&models.Answer{Kind: c.kind, At: said}, &o.Domain, policy(t), now)
		if got != c.want {
			t.Errorf("%s: quiet %t, want %t", c.why, got, c.want)
		}
	}
}

// TestALinkAnswersForItsOwnCycle replays the link of one year in the next.
func TestALinkAnswersForItsOwnCycle(t *testing.T) {
	w, link := answerable(t)
	v := w.watched("pools.example")
	d, next := v.Domain, at(t, expiry).AddDate(1, 0, 0)
	d.ExpiresAt = &next
	w.now = w.now.Add(time.Hour)
	w.record(models.RegistrationRecord{
		Domain: d, CloseCycle: &models.CycleClose{ID: v.Cycle.ID, At: w.now, Reason: "renewed"}, OpenCycle: &models.Cycle{ExpiresAt: next, OpenedAt: w.now},
	})
	before := w.ledger()
	for _, kind := range []models.AnswerKind{models.AnswerRenewed, models.AnswerLettingGo, models.AnswerWrongPerson, models.AnswerAutoRenew} {
		if _, err := w.answers.Record(t.Context(), link, models.Reply{Domain: "pools.example", Kind: kind}, w.now); !errors.Is(err, models.ErrConflict) {
			t.Errorf("%s through a link of the cycle before: %v", kind, err)
		}
	}
	if _, err := w.answers.Withdraw(t.Context(), link, "pools.example", w.now); !errors.Is(err, models.ErrConflict) {
		t.Errorf("withdrawing through it: %v", err)
	}
	if got := w.watched("pools.example"); got.Answer != nil || w.ledger()["answer"] != before["answer"] {
		t.Errorf("it was recorded: %+v", got.Answer)
	}
}

func TestAnAnswerIsTakenBack(t *testing.T) {
	w, link := answerable(t)
	w.answer(link, models.AnswerWillRenew, day("2027-01-13"))
	w.now = w.now.Add(time.Hour)
	w.answer(link, models.AnswerLettingGo, nil)
	w.now = w.now.Add(time.Hour)
	w.tick0()
	for range 2 { // a second tap does nothing
		if id, err := w.answers.Withdraw(t.Context(), link, "pools.example", w.now); err != nil || id != w.watched("pools.example").Domain.ID {
			t.Fatalf("domain %d, %v", id, err)
		}
	}
	if v := w.watched("pools.example"); v.Answer != nil || v.Domain.QuietUntil != nil {
		t.Errorf("still in force: %+v on %+v", v.Answer, v.Domain.QuietUntil)
	}
	w.now = at(t, "2027-01-08 09:00")
	w.look("pools.example", true)
	w.tick()
	same(t, "reminders go on", []string{"d14 sent rosa", "d7 sent ben", "d7 sent rosa"}, w.states("pools.example"))
	if n := w.ledger()["answer_withdrawn"]; n != 1 {
		t.Errorf("%d withdrawals in the ledger", n)
	}
}

func TestNamingSomebodyElse(t *testing.T) {
	w, link := answerable(t)
	say := func(n *models.Named) error {
		_, err := w.answers.Record(t.Context(), link, models.Reply{Domain: "pools.example", Kind: models.AnswerWrongPerson, Instead: n}, w.now)
		return err
	}
	for _, c := range []struct {
		why  string
		n    models.Named
		want string // the field that is refused
	}{
		{"no name", models.Named{Email: "ana@pools.example"}, "instead_name"},
		{"a name of two lines", models.Named{Name: "Ana\r\nBcc: victim@example.com", Email: "ana@pools.example"}, "instead_name"},
		{"a name that turns the text around", models.Named{Name: "Ana\u202e", Email: "ana@pools.example"}, "instead_name"},
		{"a name without end", models.Named{Name: strings.Repeat("a", 101), Email: "ana@pools.example"}, "instead_name"},
		{"no way to reach them", models.Named{Name: "Ana"}, "instead_email"},
		{"two addresses", models.Named{Name: "Ana", Email: "ana@pools.example, victim@example.com"}, "instead_email"},
		{"an address with a header", models.Named{Name: "Ana", Email: "ana@pools.example\nBcc: victim@example.com"}, "instead_email"},
		{"an address with a name", models.Named{Name: "Ana", Email: "Ana <ana@pools.example>"}, "instead_email"},
		{"an address of this machine", models.Named{Name: "Ana", Email: "root@localhost"}, "instead_email"},
		{"an address by number", models.Named{Name: "Ana", Email: "root@[127.0.0.1]"}, "instead_email"},
		{"a phone number that is none", models.Named{Name: "Ana", Phone: "call me"}, "instead_phone"},
		{"a phone number without end", models.Named{Name: "Ana", Phone: strings.Repeat("5", 30)}, "instead_phone"},
	} {
		var invalid *models.InvalidError
		if err := say(&c.n); !errors.As(err, &invalid) || invalid.Field != c.want {
			t.Errorf("%s: %v, want %s to be refused", c.why, err, c.want)
		}
	}
	good := models.Named{Name: " Ana  Díaz ", Email: "Ana@Pools.example", Phone: "+1 (555) 010-0123 ext. 4"}
	for range 3 {
		if err := say(&good); err != nil {
			t.Fatal(err)
		}
	}
	open, err := w.s.Proposals(t.Context(), 0)
	if err != nil || len(open) != 1 || open[0].Proposal.Name != "Ana Díaz" || open[0].Proposal.Email != "ana@pools.example" || open[0].ContactName != owner.Name {
		t.Errorf("proposals: %+v, %v", open, err)
	}
	if n := w.ledger(); n["contact_proposed"] != 1 || n["answer"] != 1 {
		t.Errorf("ledger: %v", n)
	}
	w.now = at(t, "2027-01-08 09:00")
	w.look("pools.example", true)
	w.tick()
	for _, to := range w.post.to() {
		if strings.HasPrefix(to, "ana@") {
			t.Error("somebody was written to before staff confirmed them")
		}
	}
}

func TestWrongPersonTakenBackAndSaidAgain(t *testing.T) {
	w, link := answerable(t)
	open := func() (n int) {
		views, err := w.s.NoticesOf(t.Context(), w.watched("pools.example").Domain.ID)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range views {
			if strings.HasPrefix(string(v.Notice.Stage), models.WrongPersonPrefix) && v.Notice.State == models.NoticeQueued {
				n++
			}
		}
		return n
	}
	for range 2 {
		w.answer(link, models.AnswerWrongPerson, nil)
		w.tick0()
		if n := open(); n != 1 {
			t.Errorf("%d tasks are open, want 1", n)
		}
		w.now = w.now.Add(time.Hour)
		if _, err := w.answers.Withdraw(t.Context(), link, "pools.example", w.now); err != nil {
			t.Fatal(err)
		}
		w.tick0()
		if n := open(); n != 0 {
			t.Errorf("%d tasks are open after it was taken back", n)
		}
		w.now = w.now.Add(time.Hour)
	}
	w.now = at(t, "2027-01-08 09:00")
	w.look("pools.example", true)
	w.tick()
	if got := w.states("pools.example"); !slices.Contains(got, "d7 sent rosa") {
		t.Errorf("the owner is not written to again: %v", got)
	}
}

func TestStatingADate(t *testing.T) {
	w, link := answerable(t)
	if _, err := w.answers.Attest(t.Context(), link, "pools.example", *day("2028-01-15"), w.now); !errors.Is(err, models.ErrConflict) {
		t.Errorf("a date that the registry publishes: %v", err)
	}
	d := w.watched("pools.example").Domain
	d.Lifecycle, d.LifecycleWhy, d.ExpiresAt, d.ExpirySource = models.LifecycleUnknown, models.WhyNoPublicExpiry, nil, models.ExpiryNone
	w.record(models.RegistrationRecord{Domain: d})
	for why, date := range map[string]string{"past": "2026-12-30", "eleven years ahead": "2038-01-02", "a typing error": "2207-01-15"} {
		if _, err := w.answers.Attest(t.Context(), link, "pools.example", *day(date), w.now); !errors.Is(err, models.ErrInvalid) {
			t.Errorf("%s: %v", why, err)
		}
	}
	var taps sync.WaitGroup
	for range 6 {
		taps.Go(func() {
			if _, err := w.answers.Attest(t.Context(), link, "pools.example", *day("2028-01-15"), w.now); err != nil {
				t.Error(err)
			}
		})
	}
	taps.Wait()
	d = w.watched("pools.example").Domain
	if d.AttestedExpiry == nil || !d.AttestedExpiry.Equal(*day("2028-01-15")) || d.AttestedBy != owner.Name || !d.AttestedAt.Equal(w.now) {
		t.Errorf("stated: %v by %q", d.AttestedExpiry, d.AttestedBy)
	}
	if n := w.ledger()["expiry_attested"]; n != 1 {
		t.Errorf("%d lines in the ledger for one date", n)
	}
	if _, err := w.answers.Attest(t.Context(), link, "nowhere.example", *day("2028-01-15"), w.now); !errors.Is(err, models.ErrNotFound) {
		t.Errorf("somebody else's domain: %v", err)
	}
}
