package ops_test

import (
	"context"
	"fmt"
	"html"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/notify/ops"
)

// memory is an outbox without a database, for the many days of a year.
type memory struct {
	ops.Store // what a digest does not need
	mu        sync.Mutex
	rows      []models.Dispatch
	lost      int // so many records are lost, as when the process dies
}

func (m *memory) Tell(context.Context, time.Time, int, func(models.Untold) ([]models.Dispatch, error)) (int, bool, error) {
	return 0, false, nil
}
func (m *memory) Sweeps(context.Context) ([]models.Sweep, error)              { return nil, nil }
func (m *memory) TargetsOff(context.Context) ([]models.DispatchTarget, error) { return nil, nil }
func (m *memory) Today(context.Context, time.Time, *time.Location) (models.TodayView, error) {
	return models.TodayView{}, nil
}

func (m *memory) MissingDispatches(_ context.Context, id string, targets []string) ([]string, error) {
	return targets, nil // the other process asked at the same time
}

func (m *memory) AddDispatches(_ context.Context, rows []models.Dispatch, _ time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, d := range rows {
		if !slices.ContainsFunc(m.rows, func(o models.Dispatch) bool { return o.EventID == d.EventID && o.Target == d.Target }) {
			d.ID, d.State = int64(len(m.rows)+1), models.DispatchWaiting
			m.rows = append(m.rows, d)
		}
	}
	return nil
}

func open(d *models.Dispatch, now time.Time) bool {
	return (d.State == models.DispatchWaiting || d.State == models.DispatchSending) && !d.NextAttemptAt.After(now)
}

func (m *memory) DispatchTargets(_ context.Context, now time.Time) (names []string, _ error) {
	for i := range m.rows {
		if open(&m.rows[i], now) && !slices.Contains(names, m.rows[i].Target) {
			names = append(names, m.rows[i].Target)
		}
	}
	return names, nil
}

func (m *memory) ClaimDispatches(_ context.Context, target string, now, until time.Time, _ int) ([]models.Dispatch, error) {
	for i := range m.rows {
		if d := &m.rows[i]; d.Target == target && open(d, now) {
			d.State, d.NextAttemptAt = models.DispatchSending, until
			d.Attempts++
			return []models.Dispatch{*d}, nil
		}
	}
	return nil, nil
}

func (m *memory) RecordDispatches(_ context.Context, results []models.DispatchResult, _ time.Time) error {
	if m.lost > 0 {
		m.lost--
		return nil
	}
	for _, r := range results {
		m.rows[r.Dispatch.ID-1] = r.Dispatch
	}
	return nil
}

// TestOneDigestABusinessDay runs two processes through a year in four zones, with holidays and the changes of the clocks.
func TestOneDigestABusinessDay(t *testing.T) {
	for _, zone := range []string{"America/Los_Angeles", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kolkata"} {
		t.Run(zone, func(t *testing.T) {
			loc, err := time.LoadLocation(zone)
			if err != nil {
				t.Fatal(err)
			}
			w := &world{t: t, now: time.Date(2027, 1, 1, 0, 0, 0, 0, loc)}
			o := office(loc)
			o.Holidays = []time.Time{time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2027, 7, 5, 0, 0, 0, 0, time.UTC)}
			outbox := &memory{}
			desks := make([]*ops.Desk, 2)
			for i := range desks {
				desks[i], err = ops.New(ops.Options{
					Store: outbox, HTTP: http.DefaultClient, Mailer: w, Clock: w.clock, Office: o, DigestAt: models.ClockTime{Hour: 8, Minute: 15},
					DigestTo: []string{"ops@northwind.example", "Boss@northwind.example"},
				})
				if err != nil {
					t.Fatal(err)
				}
			}
			for w.now.Before(time.Date(2028, 1, 1, 0, 0, 0, 0, loc)) {
				for _, d := range desks {
					w.sweep(d)
				}
				w.pass(20 * time.Minute)
			}
			got, ids := map[string]int{}, map[string]bool{}
			for _, m := range w.mails {
				got[m.Date.In(loc).Format(time.DateOnly)+" "+m.To.Address]++
				ids[m.MessageID] = true
				if h := m.Date.In(loc); h.Hour() != 8 || h.Minute() < 15 || h.Minute() > 40 {
					t.Errorf("sent at %s", h)
				}
			}
			days := 0
			for day := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC); day.Year() == 2027; day = day.AddDate(0, 0, 1) {
				want := 0
				if o.BusinessDay(day) {
					want = 1
					days++
				}
				for _, to := range []string{"ops@northwind.example", "boss@northwind.example"} {
					if n := got[day.Format(time.DateOnly)+" "+to]; n != want {
						t.Errorf("%s to %s: %d digests, want %d", day.Format("Mon 2006-01-02"), to, n, want)
					}
				}
			}
			if days != 259 || len(ids) != 2*days {
				t.Errorf("%d business days, %d messages", days, len(ids))
			}
		})
	}
}

func TestWhenADigestIsDue(t *testing.T) {
	loc, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	at := func(day, hour, minute int) time.Time { return time.Date(2026, 11, day, hour, minute, 0, 0, loc) }
	for _, c := range []struct {
		why  string
		now  time.Time
		at   models.ClockTime
		want bool
	}{
		{"before its time", at(23, 7, 59), models.ClockTime{Hour: 8}, false},
		{"at its time", at(23, 8, 0), models.ClockTime{Hour: 8}, true},
		{"a late start", at(23, 16, 59), models.ClockTime{Hour: 8}, true},
		{"the office is closed", at(23, 17, 0), models.ClockTime{Hour: 8}, false},
		{"a Sunday", at(22, 9, 0), models.ClockTime{Hour: 8}, false},
		{"in the evening on purpose", at(23, 19, 0), models.ClockTime{Hour: 18}, true},
		{"until midnight", at(24, 0, 0), models.ClockTime{Hour: 18}, false},
	} {
		if _, _, due := ops.DigestDue(office(loc), c.at, c.now); due != c.want {
			t.Errorf("%s: due %v", c.why, due)
		}
	}
}

// TestADigestThroughTrouble has the mail server down, and a process die after the server took the message.
func TestADigestThroughTrouble(t *testing.T) {
	w, outbox := newWorld(t), &memory{}
	d, err := ops.New(ops.Options{
		Store: outbox, HTTP: http.DefaultClient, Mailer: w, Clock: w.clock, Office: office(time.UTC), DigestAt: models.ClockTime{Hour: 8}, DigestTo: []string{"ops@northwind.example"},
	})
	if err != nil {
		t.Fatal(err)
	}
	run := func(hours int) {
		for range 4 * hours {
			w.sweep(d)
			w.pass(15 * time.Minute)
		}
	}
	w.fail = true
	run(2)
	w.fail = false
	outbox.lost = 1
	run(3)
	if len(w.mails) != 2 || w.mails[0].MessageID != w.mails[1].MessageID || w.mails[0].Text != w.mails[1].Text {
		t.Errorf("%d mails: a repeat must be the same message", len(w.mails))
	}
	w.mails = nil
	w.fail = true
	run(19 + 24) // to Wednesday morning, through all of Tuesday
	w.fail = false
	run(12)
	if len(w.mails) != 1 || w.mails[0].Date.Weekday() != time.Wednesday {
		t.Errorf("%d mails after a day without a server", len(w.mails))
	}
	if row := outbox.rows[1]; row.State != models.DispatchFailed {
		t.Errorf("the digest of the day without a server: %+v", row)
	}
}

// TestADigestAnswersTheFourQuestions over the real store, in both parts.
func TestADigestAnswersTheFourQuestions(t *testing.T) {
	w := newWorld(t)
	d := w.desk(func(o *ops.Options) { o.DigestTo = []string{"ops@northwind.example"} })
	calm := digestOf(t, w, d)
	if !strings.Contains(calm.Text, "Nothing is open.") || !strings.Contains(calm.Subject, "nothing is open") || !strings.Contains(calm.Text, "IS EVERYTHING IN ORDER?") {
		t.Errorf("a calm day:\n%s\n%s", calm.Subject, calm.Text)
	}
	w.find("amber.lab", 12, models.SeverityCritical, "x")
	w.brake("2 of 2 <b>names</b> turned bad")
	busy := digestOf(t, w, d)
	for _, want := range []string{
		"IS EVERYTHING IN ORDER?", "WHAT IS OPEN?", "DOES IT WORK?", "HOW CAN WE DO BETTER?", "12 findings.", "4 more findings.", "Storm brake", "Amber <!channel> Bakery",
		"https://watch.northwind.example/domains/amber.lab", "2 names of 2 clients", "Mon 23 Nov",
	} {
		if !strings.Contains(unwrapped(busy.Text)+busy.Subject, want) {
			t.Errorf("the text does not say %q:\n%s", want, busy.Text)
		}
	}
	for line := range strings.Lines(busy.Text) {
		if len([]rune(line)) > 73 && !strings.Contains(line, "https://") {
			t.Errorf("a long line: %q", line)
		}
	}
	if strings.Contains(busy.HTML, "<b>names") || strings.Contains(busy.HTML, "<!channel>") {
		t.Error("text from outside is markup")
	}
	if plainWords(busy.Text) != htmlWords(busy.HTML) {
		t.Errorf("the parts differ:\n%s\n\n%s", plainWords(busy.Text), htmlWords(busy.HTML))
	}
	if dir := os.Getenv("DEEDWATCH_SHOTS"); dir != "" {
		if err := os.WriteFile(dir+"/digest.html", []byte(busy.HTML), 0o600); err != nil {
			t.Error(err)
		}
	}
}

// returning is a store in which so many messages were refused or came back.
type returning struct {
	memory
	messages int
}

func (r *returning) Today(context.Context, time.Time, *time.Location) (models.TodayView, error) {
	return models.TodayView{Returned: r.messages}, nil
}

func TestADigestCountsWhatCameBack(t *testing.T) {
	w := newWorld(t)
	for messages, want := range map[int]string{0: "Nothing is open.", 1: "1 message refused or come back.", 2: "2 messages refused or come back."} {
		d, err := ops.New(ops.Options{Store: &returning{messages: messages}, HTTP: http.DefaultClient, Mailer: w, Clock: w.clock, Office: office(time.UTC)})
		if err != nil {
			t.Fatal(err)
		}
		if r := digestOf(t, w, d); !strings.Contains(unwrapped(r.Text), want) {
			t.Errorf("the digest does not say %q:\n%s", want, r.Text)
		}
	}
}

func TestADigestOfNothingSaysSo(t *testing.T) {
	w := newWorld(t)
	d, err := ops.New(ops.Options{Store: &returning{}, HTTP: http.DefaultClient, Mailer: w, Clock: w.clock, Office: office(time.UTC)})
	if err != nil {
		t.Fatal(err)
	}
	r := digestOf(t, w, d)
	if !strings.Contains(unwrapped(r.Text), "Not known: nothing is watched yet.") || strings.Contains(r.Text, "Yes.") || !strings.Contains(r.Subject, "nothing is watched yet") {
		t.Errorf("%s\n%s", r.Subject, r.Text)
	}
}

func digestOf(t *testing.T, w *world, d *ops.Desk) ops.Rendered {
	t.Helper()
	r, err := d.Digest(t.Context(), w.clock())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func unwrapped(s string) string { return strings.Join(strings.Fields(s), " ") }

var (
	headOfHTML = regexp.MustCompile(`(?s)^.*?<div role="article"[^>]*>`)
	agencyLine = regexp.MustCompile(`(?s)<tr><td class="px tx ln".*?</td></tr>`)
	tags       = regexp.MustCompile(`<[^>]*>`)
	addresses  = regexp.MustCompile(`https://watch\S+`)
	marks      = regexp.MustCompile(`(?m)^(- |--$)`)
)

// plainWords are the words of the text part, without the addresses that the other part has behind its links.
func plainWords(s string) string {
	s = strings.ReplaceAll(addresses.ReplaceAllString(marks.ReplaceAllString(s, ""), ""), "Open Today:", "Open Today")
	return strings.ToLower(unwrapped(s))
}

func htmlWords(s string) string {
	s = agencyLine.ReplaceAllString(headOfHTML.ReplaceAllString(s, ""), "")
	return strings.ToLower(unwrapped(html.UnescapeString(tags.ReplaceAllString(s, " "))))
}

func TestNewRefusesWhatCantWork(t *testing.T) {
	w := newWorld(t)
	for i, fn := range []func(*ops.Options){
		func(o *ops.Options) { o.Store = nil },
		func(o *ops.Options) { o.DigestTo = []string{"Ops <ops@northwind.example>"} },
		func(o *ops.Options) { o.DigestTo, o.Mailer = []string{"ops@northwind.example"}, nil },
		func(o *ops.Options) { o.Webhooks = []ops.Webhook{{Name: "a", URL: "http://x.test"}} },
		func(o *ops.Options) {
			o.Webhooks = []ops.Webhook{{Name: "a", URL: "http://x.test", Secrets: []string{"whsec_c2hvcnQ="}}}
		},
	} {
		o := ops.Options{Store: w.db, HTTP: http.DefaultClient, Mailer: w, Clock: w.clock}
		fn(&o)
		if _, err := ops.New(o); err == nil {
			t.Error(fmt.Sprint("option ", i, " is accepted"))
		}
	}
}
