package notify_test

import (
	"context"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/notify"
	"github.com/krestmarketing/deedwatch/store"
)

// postbox is a mail server that answers as told and keeps what it was given.
type postbox struct {
	mu     sync.Mutex
	answer func(m notify.Message) notify.Result // nil: takes everything
	got    []notify.Message
}

func (p *postbox) Send(_ context.Context, m notify.Message) notify.Result {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.got = append(p.got, m)
	if p.answer != nil {
		return p.answer(m)
	}
	return notify.Result{Outcome: models.DeliverySent, Code: 250, Enhanced: "2.0.0", Reply: "taken"}
}

func (p *postbox) to() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []string
	for _, m := range p.got {
		out = append(out, m.To.Address)
	}
	return out
}

// world is the real store on SQLite with a deliverer over it, and a clock that the test moves.
type world struct {
	t       *testing.T
	s       *store.Store
	post    *postbox
	signer  *notify.Signer
	now     time.Time
	deliver *notify.Deliverer
	answers *notify.Answers
}

func newWorld(t *testing.T, now string, change func(*notify.Options)) *world {
	t.Helper()
	options := store.Options{DSN: filepath.Join(t.TempDir(), "deedwatch.db")}
	if err := store.Migrate(t.Context(), options); err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	signer, err := notify.NewSigner([]byte("an example key of thirty-two byte"))
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, s: s, post: &postbox{}, signer: signer, now: at(t, now)}
	o := notify.Options{
		Store: s, Mailer: w.post, Renderer: renderer(t), Signer: signer, Policy: policy(t), Clock: func() time.Time { return w.now },
	}
	if change != nil {
		change(&o)
	}
	if w.deliver, err = notify.NewDeliverer(o); err != nil {
		t.Fatal(err)
	}
	w.answers = notify.NewAnswers(s, o.Policy)
	return w
}

// add brings a domain of a client with contacts under watch, and has it looked at now.
func (w *world) add(client, domain string, expires time.Time, contacts ...models.Contact) {
	w.t.Helper()
	row := models.PortfolioRow{Line: 1, Domain: domain, Suffix: "example", Client: client, Contacts: contacts}
	if _, err := w.s.ImportPortfolio(w.t.Context(), []models.PortfolioRow{row}, w.now, false); err != nil {
		w.t.Fatal(err)
	}
	d := w.watched(domain).Domain
	d.Lifecycle, d.LifecycleWhy, d.LifecycleSince = models.LifecycleExpiring, models.WhyDate, &w.now
	d.ExpiresAt, d.ExpirySource, d.ExpiryAsOf, d.Registrar = &expires, models.ExpiryRegistry, &w.now, "Harbor Names"
	w.looked(&d, true)
	w.record(models.RegistrationRecord{Domain: d, OpenCycle: &models.Cycle{ExpiresAt: expires, OpenedAt: w.now}})
}

// look records that the registry was asked now.
func (w *world) look(domain string, answered bool) {
	w.t.Helper()
	d := w.watched(domain).Domain
	w.looked(&d, answered)
	w.record(models.RegistrationRecord{Domain: d})
}

func (w *world) looked(d *models.Domain, answered bool) {
	d.CheckedAt, d.NextLookAt, d.LookOutcome = &w.now, w.now.Add(24*time.Hour), models.OutcomeTimeout
	if answered {
		d.SeenAt, d.LookOutcome = &w.now, models.OutcomeOK
	}
}

func (w *world) record(r models.RegistrationRecord) {
	w.t.Helper()
	if err := w.s.RecordRegistration(w.t.Context(), r); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) watched(domain string) models.Watched {
	w.t.Helper()
	v, err := w.s.WatchedByName(w.t.Context(), domain)
	if err != nil {
		w.t.Fatal(err)
	}
	return v
}

// tick does what one round of the engine does.
func (w *world) tick() {
	w.t.Helper()
	if _, err := w.deliver.SweepPlan(w.t.Context(), w.now); err != nil {
		w.t.Fatal(err)
	}
	if _, err := w.deliver.Collect(w.t.Context(), w.now); err != nil {
		w.t.Fatal(err)
	}
	for _, id := range w.due() {
		if err := w.deliver.Deliver(w.t.Context(), id); err != nil {
			w.t.Fatal(err)
		}
	}
}

func (w *world) due() []int64 {
	w.t.Helper()
	ids, err := w.deliver.SweepMails(w.t.Context(), w.now)
	if err != nil {
		w.t.Fatal(err)
	}
	return ids
}

// states gives the e-mail notices of a domain as "stage state recipient", in alphabetical order.
func (w *world) states(domain string) []string {
	w.t.Helper()
	views, err := w.s.NoticesOf(w.t.Context(), w.watched(domain).Domain.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	var out []string
	for _, v := range views {
		if n := v.Notice; n.Channel == models.ChannelEmail && n.State != models.NoticeSuperseded {
			out = append(out, string(n.Stage)+" "+string(n.State)+" "+who(n.Recipient))
		}
	}
	slices.Sort(out)
	return out
}

// kept gives the words that are kept of the first message about a domain.
func (w *world) kept(domain string) string {
	w.t.Helper()
	views, err := w.s.NoticesOf(w.t.Context(), w.watched(domain).Domain.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, v := range views {
		if v.Mail != nil {
			return v.Mail.Text
		}
	}
	return ""
}

func (w *world) ledger() map[string]int {
	w.t.Helper()
	entries, err := w.s.Ledger(w.t.Context(), 0, 1000)
	if err != nil {
		w.t.Fatal(err)
	}
	kinds := map[string]int{}
	for _, e := range entries {
		kinds[e.Kind]++
	}
	if _, err := w.s.VerifyLedger(w.t.Context()); err != nil {
		w.t.Error(err)
	}
	return kinds
}
