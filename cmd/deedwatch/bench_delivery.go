package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/krestmarketing/deedwatch/configs"
	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/notify"
	"github.com/krestmarketing/deedwatch/notify/email"
	"github.com/krestmarketing/deedwatch/store"
)

// deliveryBench measures how fast messages are handed over: the product's real deliverer, store and mailer against a mail server on loopback
// that takes everything.
type deliveryBench struct {
	Mails       int
	Connections int
}

// deliveryFigures are what it came to.
type deliveryFigures struct {
	Engine    string        `json:"engine"`
	Mails     int           `json:"mails"`
	Took      time.Duration `json:"took"`
	PerSecond float64       `json:"per_second"`
	CPU       time.Duration `json:"cpu_per_mail"` // of this process, the taking server included
	Opened    int           `json:"connections_opened"`
	MailerAt  float64       `json:"mailer_alone_per_second"` // the same messages without the store
}

// deliveryDay is a business morning, in the clock of the measurement.
var deliveryDay = time.Date(2026, time.November, 23, 10, 0, 0, 0, time.UTC)

// run fills the store with one domain a client, plans and collects, and times handing the messages over.
func (b deliveryBench) run(ctx context.Context, st *store.Store) (figures deliveryFigures, err error) {
	sink, err := newMailSink()
	if err != nil {
		return figures, err
	}
	defer func() { err = errors.Join(err, sink.close()) }()
	sender, err := email.New(email.Options{Addr: sink.addr(), TLS: email.TLSNone, HELO: "bench.lab", Connections: b.Connections})
	if err != nil {
		return figures, err
	}
	defer sender.Close() //nolint:contextcheck // saying goodbye has a time of its own
	d, err := b.deliverer(st, sender)
	if err != nil {
		return figures, err
	}
	if err := b.fill(ctx, st, d); err != nil {
		return figures, err
	}
	last := &lastMessage{Mailer: sender}
	d.Mailer = last
	began, busy := time.Now(), processCPU()
	if err := b.deliverAll(ctx, d); err != nil {
		return figures, err
	}
	took, cpu := time.Since(began), processCPU()-busy
	if got := int(sink.taken.Load()); got != b.Mails {
		return figures, fmt.Errorf("the mail server took %d messages of %d", got, b.Mails)
	}
	alone, err := b.mailerAlone(ctx, sender, last.message())
	return deliveryFigures{
		Engine: st.Engine(), Mails: b.Mails, Took: took, PerSecond: float64(b.Mails) / took.Seconds(), CPU: cpu / time.Duration(b.Mails),
		Opened: int(sink.opened.Load()), MailerAt: alone,
	}, err
}

func (b deliveryBench) deliverer(st *store.Store, m notify.Mailer) (*notify.Deliverer, error) {
	renderer, err := notify.NewRenderer(notify.Agency{
		Name: "Bench Agency", FromName: "Bench Agency notices", FromAddress: "domains@bench.lab", Phone: "(555) 010-4640", Hours: "Monday to Friday, 9 to 5",
		SupportURL: "https://bench.lab/support", BaseURL: "https://watch.bench.lab",
	}, notify.Words{})
	if err != nil {
		return nil, err
	}
	signer, err := notify.NewSigner(make([]byte, configs.MinLinkKey))
	if err != nil {
		return nil, err
	}
	return notify.NewDeliverer(notify.Options{
		Store: st, Mailer: m, Renderer: renderer, Signer: signer, Policy: notify.DefaultPolicy(time.UTC), Clock: func() time.Time { return deliveryDay },
		Logger: slog.New(slog.DiscardHandler),
	})
}

// fill brings domains that expire in a week under watch, looked at now, and binds what is owed to messages.
func (b deliveryBench) fill(ctx context.Context, st *store.Store, d *notify.Deliverer) error {
	rows := make([]models.PortfolioRow, b.Mails)
	for i := range rows {
		rows[i] = models.PortfolioRow{
			Line: i + 1, Domain: fmt.Sprintf("d%d.lab", i), Suffix: "lab", Client: fmt.Sprintf("Client %d", i),
			Contacts: []models.Contact{{Name: "Zoë Berg", Email: fmt.Sprintf("zoe@client%d.lab", i), Role: models.RoleOwner, EmailState: models.EmailOK}},
		}
	}
	if _, err := st.ImportPortfolio(ctx, rows, deliveryDay, false); err != nil {
		return err
	}
	for i := range rows {
		v, err := st.WatchedByName(ctx, rows[i].Domain)
		if err != nil {
			return err
		}
		now, expires := deliveryDay, deliveryDay.AddDate(0, 0, 7)
		w := v.Domain
		w.Lifecycle, w.LifecycleWhy, w.LifecycleSince, w.LookOutcome = models.LifecycleExpiring, models.WhyDate, &now, models.OutcomeOK
		w.ExpiresAt, w.ExpirySource, w.ExpiryAsOf, w.Registrar = &expires, models.ExpiryRegistry, &now, "Harbor Names"
		w.CheckedAt, w.SeenAt, w.NextLookAt = &now, &now, now.Add(24*time.Hour)
		if err := st.RecordRegistration(ctx, models.RegistrationRecord{Domain: w, OpenCycle: &models.Cycle{ExpiresAt: expires, OpenedAt: now}}); err != nil {
			return err
		}
	}
	if _, err := d.SweepPlan(ctx, deliveryDay); err != nil {
		return err
	}
	made, err := d.Collect(ctx, deliveryDay)
	if err == nil && made != b.Mails {
		err = fmt.Errorf("%d messages were made of %d", made, b.Mails)
	}
	return err
}

// deliverAll does what the engine does with its workers, until nothing is due.
func (b deliveryBench) deliverAll(ctx context.Context, d *notify.Deliverer) error {
	for {
		ids, err := d.SweepMails(ctx, deliveryDay)
		if err != nil || len(ids) == 0 {
			return err
		}
		work := make(chan int64)
		errs := make([]error, b.Connections)
		var wg sync.WaitGroup
		for i := range errs {
			wg.Go(func() {
				for id := range work {
					errs[i] = errors.Join(errs[i], d.Deliver(ctx, id))
				}
			})
		}
		for _, id := range ids {
			work <- id
		}
		close(work)
		wg.Wait()
		if err := errors.Join(errs...); err != nil {
			return err
		}
	}
}

// mailerAlone hands one message over as often, without a store, and gives how many a second: what is missing to it is the store's part.
func (b deliveryBench) mailerAlone(ctx context.Context, m notify.Mailer, msg notify.Message) (perSecond float64, err error) {
	var next, failed atomic.Int64
	var wg sync.WaitGroup
	began := time.Now()
	for range b.Connections {
		wg.Go(func() {
			for next.Add(1) <= int64(b.Mails) {
				if m.Send(ctx, msg).Outcome != models.DeliverySent {
					failed.Add(1)
				}
			}
		})
	}
	wg.Wait()
	if n := failed.Load(); n > 0 {
		return 0, fmt.Errorf("%d messages were not taken", n)
	}
	return float64(b.Mails) / time.Since(began).Seconds(), nil
}

// lastMessage remembers what went through it last.
type lastMessage struct {
	notify.Mailer
	mu  sync.Mutex
	msg notify.Message
}

// Send hands over.
func (l *lastMessage) Send(ctx context.Context, m notify.Message) notify.Result {
	l.mu.Lock()
	l.msg = m
	l.mu.Unlock()
	return l.Mailer.Send(ctx, m)
}

func (l *lastMessage) message() notify.Message {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.msg
}
