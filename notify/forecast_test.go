package notify_test

import (
	"errors"
	"fmt"
	"net/mail"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/notify"
)

func (w *world) forecaster() *notify.Forecaster {
	return &notify.Forecaster{Store: w.s, Renderer: renderer(w.t), Mailer: w.post, Policy: policy(w.t), Clock: func() time.Time { return w.now }}
}

// TestTheForecastComesTrue foresees three weeks and lives them: what goes out on which day to whom is what was foreseen, and foreseeing wrote
// nothing.
func TestTheForecastComesTrue(t *testing.T) {
	w := newWorld(t, "2026-11-20 08:00", nil)
	people := func(i int) []models.Contact {
		return []models.Contact{
			{Name: "Rosa", Email: fmt.Sprintf("rosa%d@mailhost.example", i), Role: models.RoleOwner}, {Name: "Ben", Email: fmt.Sprintf("ben%d@mailhost.example", i), Role: models.RoleDeputy},
		}
	}
	shared := []models.Contact{{Name: "Agent", Email: "agent@mailhost.example", Role: models.RoleOwner}}
	for i, days := range []int{2, 9, 9, 16, 31, 45, -3} {
		w.add(fmt.Sprintf("Client %d", i/2), fmt.Sprintf("name%d.example", i), w.now.AddDate(0, 0, days).Add(6*time.Hour), people(i/2)...)
	}
	for i := range 4 { // four clients of one agent, on one day: over the cap of two
		w.add(fmt.Sprintf("Agent's client %d", i), fmt.Sprintf("agent%d.example", i), w.now.AddDate(0, 0, 14).Add(6*time.Hour), shared...)
	}
	names := func() (list []string) {
		for i := range 7 {
			list = append(list, fmt.Sprintf("name%d.example", i))
		}
		for i := range 4 {
			list = append(list, fmt.Sprintf("agent%d.example", i))
		}
		return list
	}()
	ledger := w.ledger()
	fc, err := w.forecaster().Forecast(t.Context(), 21)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(ledger, w.ledger()); diff != "" {
		t.Errorf("foreseeing wrote to the ledger:\n%s", diff)
	}
	for _, name := range names {
		if s := w.states(name); len(s) > 0 {
			t.Errorf("foreseeing wrote notices of %s: %v", name, s)
		}
	}
	var foreseen []string
	over := 0
	for _, l := range fc.Letters {
		if l.State == models.ForecastOverCap {
			over++
		}
		if !l.Goes() {
			continue
		}
		for _, it := range l.Items {
			foreseen = append(foreseen, fmt.Sprintf("%s %s %s %s", l.Key.Day, l.Contact.Email, it.Domain, it.Notice.Stage))
		}
	}
	if over < 3 { // two on the first day, one on the second …
		t.Errorf("%d messages are over the cap, want at least 3", over)
	}
	for range 21 {
		w.now = w.now.Add(61 * time.Minute) // 9:01
		for _, name := range names {
			w.look(name, true)
		}
		w.tick()
		w.now = w.now.Add(-61*time.Minute).AddDate(0, 0, 1)
	}
	var lived []string
	for _, name := range names {
		views, err := w.s.NoticesOf(t.Context(), w.watched(name).Domain.ID)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range views {
			if n := v.Notice; n.SentAt != nil {
				lived = append(lived, fmt.Sprintf("%s %s %s %s", policy(t).Office.Day(*n.SentAt).Format(time.DateOnly), n.Recipient, name, n.Stage))
			}
		}
	}
	slices.Sort(foreseen)
	slices.Sort(lived)
	if len(lived) < 40 {
		t.Errorf("only %d notices were sent", len(lived))
	}
	if diff := cmp.Diff(lived, foreseen); diff != "" {
		t.Errorf("lived (-) and foreseen (+):\n%s", diff)
	}
}

// TestForeseeHoldsAndGaps says what a forecast shows of what does not go out.
func TestForeseeHoldsAndGaps(t *testing.T) {
	now, p := at(t, "2026-11-20 10:00"), policy(t)
	exp := at(t, "2026-12-04 12:00")
	states := func(fc models.Forecast) (list []string) {
		for _, l := range fc.Letters {
			for _, it := range l.Items {
				list = append(list, fmt.Sprintf("%s %s %s", l.Key.Day, l.State, it.Notice.Stage))
			}
		}
		return list
	}
	for name, c := range map[string]struct {
		change func(*models.Owed)
		want   []string
		nobody int
		why    string
	}{
		"goes": {func(*models.Owed) {}, []string{"2026-11-20 goes d14"}, 0, "the tightest stage, at once inside the window"},
		"held": {func(o *models.Owed) {
			o.Notices = []models.Notice{{ID: 3, DomainID: 7, CycleID: 11, ClientID: 1, ContactID: new(owner.ID), Stage: models.StageD14, Recipient: owner.Email, Channel: models.ChannelEmail, State: models.NoticeHeld, DueAt: now.Add(-time.Hour)}}
		}, []string{"2026-11-20 held d14"}, 0, "what a person holds is told once, and goes nowhere"},
		"client held":  {func(o *models.Owed) { o.Client.HeldAt = &now }, []string{"2026-11-20 client_held d14"}, 0, "told once, not every day"},
		"unusable":     {func(o *models.Owed) { o.Contacts[0].EmailState = models.EmailBad }, []string{"2026-11-20 goes d14"}, 0, "the next contact is written to"},
		"nobody":       {func(o *models.Owed) { o.Contacts = nil }, nil, 1, "owed, and sent to nobody"},
		"not known":    {func(o *models.Owed) { o.Domain.LifecycleWhy = models.WhyLookFailing }, nil, 0, "never on an unknown"},
		"letting go":   {func(o *models.Owed) { o.Answer = &models.Answer{Kind: models.AnswerLettingGo, At: now, ContactID: 1} }, nil, 0, "an answer rests it"},
		"own settings": {func(o *models.Owed) { o.Client.Notices.Stages = []models.Stage{models.StageD7} }, nil, 0, "the client's own ladder counts"},
	} {
		o := owedFor(exp)
		o.Contacts = slices.Clone(o.Contacts)
		c.change(&o)
		fc := notify.Foresee([]models.Owed{o}, models.Beforehand{}, p, now, 5)
		if diff := cmp.Diff(c.want, states(fc)); diff != "" || len(fc.Nobody) != c.nobody {
			t.Errorf("%s (%s): %d to nobody\n%s", name, c.why, len(fc.Nobody), diff)
		}
	}
}

func TestPreviewIsWordedForItsDay(t *testing.T) {
	w := newWorld(t, "2026-11-20 08:00", nil)
	w.add("Bright Pools", "pools.example", at(t, "2026-11-25 12:00"), models.Contact{Name: "Rosa", Email: "rosa@mailhost.example", Role: models.RoleOwner})
	f := w.forecaster()
	fc, err := f.Forecast(t.Context(), 14)
	if err != nil {
		t.Fatal(err)
	}
	last := fc.Letters[len(fc.Letters)-1]
	p, err := f.Preview(t.Context(), last.Key)
	if err != nil {
		t.Fatal(err)
	}
	if last.Items[0].Notice.Stage != models.StageP4 || !strings.Contains(p.Text, "4 days ago") || !strings.Contains(p.Text, "26 November 2026") || !strings.Contains(p.Subject, "pools.example has not been renewed") {
		t.Errorf("%s: %q\n%s", last.Items[0].Notice.Stage, p.Subject, p.Text)
	}
	if !strings.Contains(p.Text, "/c/not-a-working-link") || !strings.Contains(p.HTML, "not-a-working-link") {
		t.Error("the preview has another link than the one that opens nothing")
	}
	if _, err := f.Preview(t.Context(), models.LetterKey{ContactID: 99, Day: last.Key.Day, Kind: models.MailNotice}); !errors.Is(err, models.ErrNotFound) {
		t.Errorf("a message that is not foreseen: %v", err)
	}
	for _, days := range []int{0, -1, notify.MaxForecast + 1} {
		if _, err := f.Forecast(t.Context(), days); !errors.Is(err, models.ErrInvalid) {
			t.Errorf("%d days: %v", days, err)
		}
	}
}

func TestHoldAheadAndRelease(t *testing.T) {
	w := newWorld(t, "2026-11-20 08:00", nil)
	w.add("Bright Pools", "pools.example", at(t, "2026-12-04 12:00"), models.Contact{Name: "Rosa", Email: "rosa@mailhost.example", Role: models.RoleOwner})
	f := w.forecaster()
	id := w.watched("pools.example").Domain.ID
	fc, err := f.Forecast(t.Context(), 10)
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(fc.Letters, func(l models.ForecastLetter) bool { return l.Items[0].Notice.Stage == models.StageD7 })
	if i < 0 {
		t.Fatalf("no 7-day notice among %+v", fc.Letters)
	}
	key := fc.Letters[i].Key
	n, err := f.Hold(t.Context(), key, id, models.StageD7, "dana@tidewater.example")
	if err != nil || n.State != models.NoticeHeld {
		t.Fatalf("held: %+v %v", n, err)
	}
	again, err := f.Forecast(t.Context(), 10)
	if err != nil {
		t.Fatal(err)
	}
	j := slices.IndexFunc(again.Letters, func(l models.ForecastLetter) bool { return l.Key == key })
	if j < 0 || again.Letters[j].State != models.ForecastHeld || again.Letters[j].Items[0].Notice.ID != n.ID {
		t.Errorf("after holding: %+v", again.Letters)
	}
	if _, err := f.Hold(t.Context(), key, id, models.StageD7, "dana@tidewater.example"); !errors.Is(err, models.ErrNotFound) {
		t.Errorf("held twice: %v", err)
	}
	if err := w.s.ReleaseNotice(t.Context(), n.ID, "dana@tidewater.example", w.now); err != nil {
		t.Fatal(err)
	}
	back, err := f.Forecast(t.Context(), 10)
	if err != nil {
		t.Fatal(err)
	}
	if j = slices.IndexFunc(back.Letters, func(l models.ForecastLetter) bool { return l.Key == key }); j < 0 || !back.Letters[j].Goes() {
		t.Errorf("after the release: %+v", back.Letters)
	}
}

func TestATestIsNoNotice(t *testing.T) {
	w := newWorld(t, "2026-11-20 10:00", nil)
	w.add("Bright Pools", "pools.example", at(t, "2026-11-25 12:00"), models.Contact{Name: "Rosa", Email: "rosa@mailhost.example", Role: models.RoleOwner})
	f := w.forecaster()
	fc, err := f.Forecast(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	outcome, reply, err := f.SendTest(t.Context(), fc.Letters[0].Key, mail.Address{Name: "Dana", Address: "dana@tidewater.example"}, "dana@tidewater.example")
	if err != nil || outcome != models.DeliverySent || reply != "taken" {
		t.Fatalf("%s %q %v", outcome, reply, err)
	}
	m := w.post.got[0]
	if len(w.post.got) != 1 || m.To.Address != "dana@tidewater.example" || !strings.HasPrefix(m.Subject, "[Test] ") || !strings.HasPrefix(m.Text, "This is a test for staff.") ||
		m.Unsubscribe != "" || !strings.Contains(m.Text, "/c/not-a-working-link") || !strings.HasPrefix(m.MessageID, "test.") {
		t.Errorf("%+v", m)
	}
	body := strings.Index(m.HTML, "<body")
	if say := strings.Index(m.HTML, "This is a test for staff."); say < body || say > body+400 {
		t.Errorf("the HTML part says that it is a test at %d, its body begins at %d", say, body)
	}
	if _, _, err := w.signer.VerifyFor(models.LinkAnswer, "not-a-working-link", w.now); err == nil {
		t.Error("the link of a test opens something")
	}
	if s := w.states("pools.example"); len(s) != 0 {
		t.Errorf("a test made notices: %v", s)
	}
	if kinds := w.ledger(); kinds["test_sent"] != 1 || kinds["mail_sent"] != 0 {
		t.Errorf("ledger: %v", kinds)
	}
	f.NoServer = true
	if _, _, err := f.SendTest(t.Context(), fc.Letters[0].Key, mail.Address{Address: "dana@tidewater.example"}, "d"); !errors.Is(err, models.ErrInvalid) {
		t.Errorf("without a mail server: %v", err)
	}
}

// TestTheForecastOfOneClientIsThatOfAll foresees for each client by itself: the same letters, tasks and people, the cap of shared addresses included.
func TestTheForecastOfOneClientIsThatOfAll(t *testing.T) {
	w := newWorld(t, "2026-11-20 08:00", nil)
	shared := models.Contact{Name: "Agent", Email: "agent@mailhost.example", Role: models.RoleOwner}
	for i := range 6 {
		people := []models.Contact{{Name: "Rosa", Email: fmt.Sprintf("rosa%d@mailhost.example", i), Role: models.RoleDeputy}}
		if i < 4 {
			people = append(people, shared)
		} else {
			people[0].Role = models.RoleOwner
		}
		w.add(fmt.Sprintf("Client %d", i), fmt.Sprintf("name%d.example", i), w.now.AddDate(0, 0, 14).Add(6*time.Hour), people...)
		w.add(fmt.Sprintf("Client %d", i), fmt.Sprintf("late%d.example", i), w.now.AddDate(0, 0, 3*i-6).Add(6*time.Hour), people...)
	}
	f := w.forecaster()
	all, err := f.Forecast(t.Context(), 25)
	if err != nil {
		t.Fatal(err)
	}
	clients := map[int64]bool{}
	capped := 0
	for i := range all.Letters {
		clients[all.Letters[i].Client.ID] = true
		if all.Letters[i].State == models.ForecastOverCap {
			capped++
		}
	}
	if len(clients) != 6 || capped == 0 {
		t.Fatalf("the world shows too little: %d clients, %d letters over the cap", len(clients), capped)
	}
	told := func(fc *models.Forecast, client int64) (list []string) {
		for i := range fc.Letters {
			if l := &fc.Letters[i]; l.Client.ID == client {
				line := fmt.Sprintf("%s %s %d %s", l.At.Format(time.DateTime), l.State, l.Key.ContactID, l.Contact.Email)
				for _, it := range l.Items {
					line += " " + it.Domain + " " + string(it.Notice.Stage)
				}
				list = append(list, line)
			}
		}
		for _, it := range fc.Tasks {
			if it.Notice.ClientID == client {
				list = append(list, fmt.Sprintf("task %s %s %s", it.Notice.DueAt.Format(time.DateTime), it.Domain, it.Notice.Stage))
			}
		}
		return list
	}
	for client := range clients {
		one, err := f.ForecastClient(t.Context(), client, 25)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(told(&all, client), told(&one, client)); diff != "" {
			t.Errorf("client %d: in the forecast of all (-), in its own (+):\n%s", client, diff)
		}
		for i := range one.Letters {
			if one.Letters[i].Client.ID != client {
				t.Errorf("the forecast of client %d has a letter to client %d", client, one.Letters[i].Client.ID)
			}
		}
	}
}

// TestTheForecastGoesOnAfterTheGrace foresees what a name that is not renewed comes to by the calendar of its suffix.
func TestTheForecastGoesOnAfterTheGrace(t *testing.T) {
	now := at(t, "2026-11-20 08:00")
	expired := now.AddDate(0, 0, -10)
	stages := func(safe, lost *time.Time) (list []string) {
		o := owedFor(expired)
		o.Domain.Lifecycle, o.Domain.LifecycleSince, o.Domain.LastSafeDay, o.Domain.RecoverUntil = models.LifecycleExpired, &expired, safe, lost
		fc := notify.Foresee([]models.Owed{o}, models.Beforehand{}, policy(t), now, 55)
		for i := range fc.Letters {
			for _, it := range fc.Letters[i].Items {
				if s := fmt.Sprintf("%s on %s", it.Notice.Stage, fc.Letters[i].Key.Day); !slices.Contains(list, s) {
					list = append(list, s)
				}
			}
		}
		return list
	}
	for _, c := range []struct {
		why        string
		safe, lost *time.Time
		want       []string
	}{
		{"the whole way", new(now.AddDate(0, 0, 15)), new(now.AddDate(0, 0, 45)), []string{"p4 on 2026-11-20", "redemption on 2026-12-05", "pending_delete on 2026-12-30"}},
		{"no grace is known", new(expired), new(now.AddDate(0, 0, 45)), []string{"p4 on 2026-11-20"}},
		{"no redemption is known", new(now.AddDate(0, 0, 15)), nil, []string{"p4 on 2026-11-20"}},
	} {
		if diff := cmp.Diff(c.want, stages(c.safe, c.lost)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.why, diff)
		}
	}
}
