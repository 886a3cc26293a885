package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/krestmarketing/deedwatch/configs"
	"github.com/krestmarketing/deedwatch/engine"
	"github.com/krestmarketing/deedwatch/internal/pgtest"
	"github.com/krestmarketing/deedwatch/lab"
	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/store"
)

// The crash test's measures. A kill that finds a message on its way costs that message the pause after which it is tried again:
// rescue_after and the timeout of the attempt.
const (
	crashClients     = 40
	crashPlanKills   = 10 // while names are looked at and notices planned
	crashSendKills   = 26 // while messages go out
	crashMailWorkers = 2
	crashSettle      = 150 * time.Second // for what is left after the last kill: a lost sweep is found by age, by a new leader, and then what was in flight rests
	crashSMTPLatency = 100 * time.Millisecond
	crashRescueAfter = "10s" // the least that is allowed
	crashSMTPTimeout = "2s"
)

// crashNotice is what the test, by its own reckoning, wants to be sent.
type crashNotice struct {
	domain, recipient string
	stage             models.Stage
}

// crashWorld is a portfolio in which each name owes one notice today, and nothing else comes due while the test runs.
type crashWorld struct {
	lab   lab.World
	csv   bytes.Buffer
	wants []crashNotice
}

// newCrashWorld gives 40 clients with one to four names each. The days lie clear of the ladder's rungs: 25 days owe the one of 30, 10 that
// of 14, and 5 that of 7, which goes to the deputy too.
func newCrashWorld(now time.Time) *crashWorld {
	w := &crashWorld{lab: lab.World{TLDs: []lab.TLD{
		{Name: "alpha", RDAP: true, PublishesExpiry: true, Lifecycle: lab.GTLDLifecycle()},
		{Name: "gamma", WHOIS: true, PublishesExpiry: true, Lifecycle: lab.GTLDLifecycle()},
	}, SMTP: []lab.SMTPFault{
		{Delay: crashSMTPLatency / 4}, {AtData: true, Delay: crashSMTPLatency},
	}}}
	w.csv.WriteString("domain,client,owner_name,owner_email,deputy_name,deputy_email\n")
	n := 0
	for c := range crashClients {
		owner, deputy := fmt.Sprintf("owner%02d@mail.example", c), fmt.Sprintf("deputy%02d@mail.example", c)
		for range 1 + c%4 {
			rung := []struct {
				days  int
				stage models.Stage
				to    []string
			}{{25, models.StageD30, []string{owner}}, {10, models.StageD14, []string{owner}}, {5, models.StageD7, []string{owner, deputy}}}[n%3]
			name := fmt.Sprintf("name%03d.%s", n, []string{"alpha", "gamma"}[n%2])
			w.lab.Domains = append(w.lab.Domains, lab.Domain{Name: name, Registrar: "Harbor Names", Expires: now.Add(time.Duration(rung.days) * lab.Day)})
			fmt.Fprintf(&w.csv, "%s,Client %02d,Olive Owner %02d,%s,Dee Deputy %02d,%s\n", name, c, c, owner, c, deputy)
			for _, to := range rung.to {
				w.wants = append(w.wants, crashNotice{name, to, rung.stage})
			}
			n++
		}
	}
	return w
}

// crashRun is one run of the program through many deaths.
type crashRun struct {
	*testing.T
	world            *crashWorld
	lab              *lab.Lab
	store            *store.Store
	looking, mailing []string // settings without and with a mail server
	dice             *rand.Rand
	kills, inFlight  int // inFlight: kills that found a message on its way
}

// Whatever instant the process is killed at: no notice is lost, and none is sent twice but the one in flight, which is then visibly the
// same message. This test takes one to two minutes: most of it is the pause after which a message in flight is tried again.
func TestKilledAtAnyMoment(t *testing.T) {
	pgtest.DSN(t) // the server's own goroutines are not ours to account for
	leftover := goleak.IgnoreCurrent()
	t.Run("engines", func(t *testing.T) {
		t.Run(store.EngineSQLite, func(t *testing.T) {
			t.Parallel()
			newCrashRun(t, sqliteFile(t)).run()
		})
		t.Run(store.EnginePostgres, func(t *testing.T) {
			t.Parallel()
			newCrashRun(t, pgtest.NewDatabase(t)).run()
		})
	})
	goleak.VerifyNone(t, leftover)
}

func newCrashRun(t *testing.T, database string) *crashRun {
	t.Helper()
	now, seed := time.Now(), uint64(time.Now().UnixNano())
	r := &crashRun{T: t, world: newCrashWorld(now), dice: rand.New(rand.NewPCG(seed, 0))}
	t.Logf("seed %d", seed)
	var err error
	if r.lab, err = lab.Start(t.Context(), r.world.lab, lab.Options{Now: time.Now, PlainSMTP: true}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.lab.Close(); err != nil {
			t.Error(err)
		}
	})
	r.store = openedStore(t, database)
	doc, err := importPortfolio(t.Context(), r.store, &r.world.csv, false, now)
	if err != nil || len(doc.Errors) > 0 {
		t.Fatal(err, doc.Errors)
	}
	e := r.lab.Endpoints()
	r.looking = append(openAllDay(e, database, now), "DEEDWATCH_ENGINE_RESCUE_AFTER="+crashRescueAfter)
	r.mailing = append(slices.Clone(r.looking), "DEEDWATCH_SMTP_ADDRESS="+e.SMTPAddr, "DEEDWATCH_SMTP_TLS=none", "DEEDWATCH_SMTP_TIMEOUT="+crashSMTPTimeout,
		fmt.Sprintf("DEEDWATCH_ENGINE_MAIL_WORKERS=%d", crashMailWorkers))
	return r
}

// openedStore migrates a database and opens it.
func openedStore(t *testing.T, database string) *store.Store {
	t.Helper()
	o := storeOptions(configs.Config{Database: configs.NewSecret(database)}, nil)
	if err := store.Migrate(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	if s.Engine() == store.EnginePostgres {
		if err := engine.MigrateRiver(t.Context(), s.Pool()); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func (r *crashRun) run() {
	began := time.Now()
	planKills, sendKills := crashPlanKills, crashSendKills
	if testing.Short() {
		planKills, sendKills = 2, 4
	}
	// A message takes no more notices once it was tried: so that the test knows what is owed, all of it is planned before mail goes out.
	for range planKills {
		p := startProgram(r.T, r.looking, "work")
		r.pause(1500 * time.Millisecond)
		r.killed(p)
	}
	r.finish(r.looking, "every notice planned", func() bool { return r.count(models.NoticeQueued) == len(r.world.wants) })
	planned := time.Now()
	for range sendKills {
		r.killWhileSending()
	}
	last := time.Now()
	r.finish(r.mailing, "every notice sent", func() bool { return r.count(models.NoticeSent) == len(r.world.wants) })
	r.verify()
	r.Logf("FIGURE %s: planning %.0f s, sending %.0f s, %.0f s after the last kill until all was sent", r.store.Engine(), planned.Sub(began).Seconds(), last.Sub(planned).Seconds(), time.Since(last).Seconds())
}

// pause waits at random, at most so long.
func (r *crashRun) pause(most time.Duration) { time.Sleep(time.Duration(r.dice.Int64N(int64(most)))) }

// killWhileSending starts the program and kills it: at any moment, or while a message is being handed over, or right after one was taken,
// which is between the server's 250 and our record of it.
func (r *crashRun) killWhileSending() {
	p := startProgram(r.T, r.mailing, "work")
	const patience = 5 * time.Second // the program takes a second or two to start where the race detector is on; now and then nothing is due: what was in flight rests
	switch taken := len(r.lab.Mails()); r.dice.IntN(3) {
	case 0:
		r.pause(1500 * time.Millisecond)
	case 1:
		within(patience, time.Millisecond, func() bool { return r.lab.Counter(lab.KindSMTP, lab.InboxServer).InFlight > 0 })
		r.pause(2 * crashSMTPLatency)
	default:
		within(patience, time.Millisecond, func() bool { return len(r.lab.Mails()) > taken })
		r.pause(crashSMTPLatency / 8)
	}
	r.killed(p)
}

func (r *crashRun) killed(p *process) {
	if r.lab.Counter(lab.KindSMTP, lab.InboxServer).InFlight > 0 {
		r.inFlight++
	}
	if !p.kill() {
		r.Fatalf("the program ended by itself:\n%s", p.tail())
	}
	r.kills++
}

// finish lets the program work in peace until all is done, and then stops it.
func (r *crashRun) finish(settings []string, what string, done func() bool) {
	r.Helper()
	p := startProgram(r.T, settings, "work")
	if !within(crashSettle, 200*time.Millisecond, done) {
		r.Fatalf("after %d kills and %s of peace not yet: %s (%d planned, %d sent, want %d)", r.kills, crashSettle, what,
			r.count(models.NoticeQueued), r.count(models.NoticeSent), len(r.world.wants))
	}
	if err := p.stop(); err != nil {
		r.Errorf("the program did not end well: %v", err)
	}
}

// count counts the notices by mail in a state.
func (r *crashRun) count(state models.NoticeState) int {
	r.Helper()
	n := 0
	for _, v := range r.notices() {
		if v.Notice.State == state {
			n++
		}
	}
	return n
}

// notices gives the rows of what is wanted, and of everything else that ever left.
func (r *crashRun) notices() map[crashNotice]models.NoticeView {
	r.Helper()
	rows := map[crashNotice]models.NoticeView{}
	for _, d := range r.world.lab.Domains {
		w, err := r.store.WatchedByName(r.Context(), d.Name)
		if err != nil {
			r.Fatal(err)
		}
		views, err := r.store.NoticesOf(r.Context(), w.Domain.ID)
		if err != nil {
			r.Fatal(err)
		}
		for _, v := range views {
			key := crashNotice{d.Name, v.Notice.Recipient, v.Notice.Stage}
			if slices.Contains(r.world.wants, key) || v.Mail != nil {
				rows[key] = v
			}
		}
	}
	return rows
}

// verify holds what the server took against what was wanted and what is recorded.
func (r *crashRun) verify() {
	got, rows := r.received(), r.notices()
	attempts, recorded, repeats, lost := 0, 0, 0, 0
	mails := map[string]models.NoticeView{}
	for _, want := range r.world.wants {
		v, ok := rows[want]
		if !ok || v.Notice.State != models.NoticeSent || v.Mail == nil {
			lost++
			r.Errorf("%+v: lost: it is %q", want, v.Notice.State)
			continue
		}
		mails[v.Mail.MessageID] = v
		if ids := got.ids[want]; !slices.Equal(ids, []string{"<" + v.Mail.MessageID + ">"}) {
			r.Errorf("%+v: recorded as sent in %s, received in %v", want, v.Mail.MessageID, ids)
		}
	}
	if len(rows) != len(r.world.wants) {
		r.Errorf("%d notices were bound to messages, want %d", len(rows), len(r.world.wants))
	}
	for id, n := range got.times {
		v, ok := mails[strings.Trim(id, "<>")]
		if !ok {
			r.Errorf("the server took %s, which no sent notice knows of", id)
			continue
		}
		sent := slices.DeleteFunc(slices.Clone(v.Attempts), func(a models.Attempt) bool { return a.Outcome != models.DeliverySent })
		// An attempt without a record is one that a kill cut off: only such a one may have left a copy.
		if cut := v.Mail.Attempts - len(v.Attempts); len(sent) != 1 || n > cut+1 {
			r.Errorf("%s: received %d times, in %d attempts of which %d were cut off and %d recorded as sent", id, n, v.Mail.Attempts, cut, len(sent))
		}
		attempts, recorded, repeats = attempts+v.Mail.Attempts, recorded+len(v.Attempts), repeats+n-1
	}
	if most := r.kills * crashMailWorkers; attempts-recorded > most || repeats > most {
		r.Errorf("%d attempts cut off, %d messages repeated: more than %d kills with %d messages in flight each", attempts-recorded, repeats, r.kills, crashMailWorkers)
	}
	if !testing.Short() && (r.kills < 30 || repeats == 0) {
		r.Errorf("%d kills, %d repeats: the test has not met the case it is about", r.kills, repeats)
	}
	if _, err := r.store.VerifyLedger(r.Context()); err != nil {
		r.Errorf("the ledger: %v", err)
	}
	r.Logf("FIGURE %s: %d kills with SIGKILL, %d of them with a message in flight; %d notices in %d mails, %d attempts cut off, %d mails received again under their Message-ID, %d notices lost",
		r.store.Engine(), r.kills, r.inFlight, len(r.world.wants), len(mails), attempts-recorded, repeats, lost)
}

var crashLink = regexp.MustCompile(`https://watch\.agency\.example/c/\S+`)

// crashReceived is what the mail server took.
type crashReceived struct {
	ids   map[crashNotice][]string // the Message-IDs, each once, under which a notice came
	times map[string]int           // how often each Message-ID came
}

func (r *crashRun) received() crashReceived {
	r.Helper()
	got := crashReceived{ids: map[crashNotice][]string{}, times: map[string]int{}}
	seen := map[string]string{}
	for _, m := range r.lab.Mails() {
		p, err := m.Parse()
		if err != nil || len(m.To) != 1 || p.MessageID == "" {
			r.Errorf("mail %d to %v: %v", m.ID, m.To, err)
			continue
		}
		got.times[p.MessageID]++
		// The text may say more at the second attempt: who was written to as well by then.
		visible := strings.Join([]string{m.To[0], p.Subject, crashLink.FindString(p.Text)}, "\n")
		if before, again := seen[p.MessageID]; again && before != visible || !strings.Contains(visible, "/c/") {
			r.Errorf("under %s came two different messages, or one without a link (-first +again):\n%s", p.MessageID, cmp.Diff(before, visible))
		}
		seen[p.MessageID] = visible
		for _, want := range r.world.wants {
			if strings.EqualFold(want.recipient, m.To[0]) && strings.Contains(p.Text, want.domain) && !slices.Contains(got.ids[want], p.MessageID) {
				got.ids[want] = append(got.ids[want], p.MessageID)
			}
		}
	}
	return got
}
