package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/krestmarketing/deedwatch/access"
	"github.com/krestmarketing/deedwatch/configs"
	"github.com/krestmarketing/deedwatch/dashboard"
	"github.com/krestmarketing/deedwatch/engine"
	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/monitor"
	"github.com/krestmarketing/deedwatch/notify"
	"github.com/krestmarketing/deedwatch/notify/ops"
	"github.com/krestmarketing/deedwatch/store"
)

// app is the program as a value: everything wired, nothing running. Start it, stop it; tests build the same one on port 0.
type app struct {
	cfg      configs.Config
	now      func() time.Time
	log      *slog.Logger
	store    *store.Store
	looks    looks
	monitor  *monitor.Monitor
	mailer   notify.Mailer
	deliver  *notify.Deliverer
	ops      *ops.Desk
	opsHTTP  *http.Client
	register *access.Register
	runner   engine.Runner
	ticker   *engine.Ticker
	pages    *dashboard.Server
	http     *http.Server
	listener net.Listener
	served   chan error
}

// appOptions say which parts of the program this process is.
type appOptions struct {
	now     func() time.Time // nil: the wall clock
	log     *slog.Logger
	pages   bool // serve the pages
	work    bool // look, judge and send
	ticking bool // let time do the work; without it only step does
	banner  dashboard.Banner
	extra   dashboard.Link
	mount   func(stylesheet, icon string) map[string]http.Handler // further handlers beside the pages, by path prefix; may be nil
	runner  engine.Runner                                         // nil: by the database
}

// newApp opens the store and wires the parts. The schema must be current.
func newApp(ctx context.Context, c configs.Config, o appOptions) (*app, error) {
	if o.now == nil {
		o.now = time.Now
	}
	st, err := store.Open(ctx, storeOptions(c, o.log))
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	if c.RDAP.CacheDir == "" && !c.Postgres() {
		c.RDAP.CacheDir = filepath.Dir(sqlitePath(c.Database.Reveal()))
	}
	a := &app{cfg: c, now: o.now, log: o.log, store: st, runner: o.runner, register: access.NewRegister(st, o.now)}
	if err := a.wire(ctx, o); err != nil {
		return nil, errors.Join(err, st.Close())
	}
	return a, nil
}

func storeOptions(c configs.Config, log *slog.Logger) store.Options {
	return store.Options{DSN: c.Database.Reveal(), Logger: log}
}

func (a *app) wire(ctx context.Context, o appOptions) error {
	var err error
	if a.looks, err = newLooks(a.cfg, a.now, a.log); err != nil {
		return err
	}
	if a.monitor, err = newMonitor(a.cfg, a.looks, a.store, a.now, workerName(), a.log); err != nil {
		return err
	}
	signer, err := a.newSigner()
	if err != nil {
		return err
	}
	if a.deliver, err = a.newDeliverer(signer); err != nil {
		return err
	}
	if a.ops, err = a.newDesk(); err != nil {
		return err
	}
	if err := a.wireEngine(ctx, o); err != nil {
		return err
	}
	if o.pages {
		return a.wirePages(o, signer)
	}
	return nil
}

// workerName tells processes apart in observations and sweeps.
func workerName() string {
	host, err := os.Hostname()
	if err != nil {
		host = "worker"
	}
	return fmt.Sprintf("%s:%d", host, os.Getpid())
}

func (a *app) newDeliverer(signer *notify.Signer) (*notify.Deliverer, error) {
	var err error
	if a.mailer, err = newMailer(a.cfg); err != nil {
		return nil, err
	}
	renderer, err := newRenderer(a.cfg)
	if err != nil {
		return nil, err
	}
	return notify.NewDeliverer(notify.Options{
		Store: a.store, Mailer: a.mailer, Renderer: renderer, Signer: signer, Policy: policy(a.cfg), Clock: a.now, Logger: a.log,
		AttemptTimeout: min(a.cfg.SMTP.Timeout, jobTimeout(a.cfg)*3/4), LinkLife: a.cfg.Links.ValidFor,
		CrashPause: a.cfg.Engine.RescueAfter, // by then the job that handed a message over has ended, or its worker
	})
}

// wireEngine chooses the runner by the database and gives it the handlers, when this process works.
func (a *app) wireEngine(ctx context.Context, o appOptions) error {
	if a.runner == nil {
		if err := a.chooseRunner(ctx); err != nil {
			return err
		}
	}
	if !o.work {
		return nil
	}
	a.handle()
	if !o.ticking {
		return nil
	}
	t, err := engine.NewTicker(a.runner, ticks(a.cfg), engine.TickerOptions{Logger: a.log})
	if err != nil {
		return fmt.Errorf("schedule the sweeps: %w", err)
	}
	a.ticker = t
	return nil
}

func (a *app) chooseRunner(ctx context.Context) error {
	if a.store.Engine() == store.EngineSQLite {
		a.runner = engine.NewPool(engine.PoolOptions{Logger: a.log})
		return nil
	}
	if err := engine.MigrateRiver(ctx, a.store.Pool()); err != nil {
		return fmt.Errorf("prepare the job tables: %w", err)
	}
	r, err := engine.NewRiver(a.store.Pool(), engine.RiverOptions{RescueAfter: a.cfg.Engine.RescueAfter, Logger: a.log})
	if err != nil {
		return fmt.Errorf("set up the job runner: %w", err)
	}
	a.runner = r
	return nil
}

// clientAnswers records what a client says, and has the domain judged anew by it at once.
type clientAnswers struct {
	answers *notify.Answers
	monitor *monitor.Monitor
	log     *slog.Logger
}

// Record keeps the answer; that the judgement follows later, at the next look, is no reason to refuse it.
func (c clientAnswers) Record(ctx context.Context, linkID int64, reply models.Reply, now time.Time) error {
	answer, err := c.answers.Record(ctx, linkID, reply, now)
	return c.judged(ctx, answer.DomainID, err)
}

// Withdraw takes the answer in force back.
func (c clientAnswers) Withdraw(ctx context.Context, linkID int64, domain string, now time.Time) error {
	id, err := c.answers.Withdraw(ctx, linkID, domain, now)
	return c.judged(ctx, id, err)
}

// Attest keeps the date that a client states.
func (c clientAnswers) Attest(ctx context.Context, linkID int64, domain string, date, now time.Time) error {
	id, err := c.answers.Attest(ctx, linkID, domain, date, now)
	return c.judged(ctx, id, err)
}

func (c clientAnswers) judged(ctx context.Context, domainID int64, err error) error {
	if err != nil {
		return err
	}
	if err := c.monitor.Rejudge(ctx, domainID); err != nil {
		c.log.WarnContext(ctx, "not judged anew after an answer", "domain", domainID, "error", err)
	}
	return nil
}

// accessDesk is the register with its stored side, for the pages.
type accessDesk struct {
	*store.Store
	*access.Register
}

func (a *app) wirePages(o appOptions, signer *notify.Signer) error {
	known, err := loadCatalogue(a.cfg)
	if err != nil {
		return err
	}
	options := dashboard.Options{
		Store: a.store, Sessions: a.store.Sessions(time.Now), Links: signer, Answers: clientAnswers{notify.NewAnswers(a.store, policy(a.cfg)), a.monitor, a.log},
		Access: accessDesk{a.store, a.register}, Deliveries: a.store, Outlook: newForecaster(a.cfg, a.store, a.deliver.Renderer, a.mailer, a.now), Repair: monitor.Repair, Services: known, Now: a.now, Agency: dashboardAgency(a.cfg), BaseURL: a.cfg.BaseURL, Secure: secure(a.cfg.BaseURL),
		Logger: a.log, Banner: o.banner, Extra: o.extra, IdleTimeout: a.cfg.Sessions.Idle, Lifetime: a.cfg.Sessions.Absolute,
		SweepMaxAge: sweepMaxAge(a.cfg),
	}
	if hooks := a.newMailHooks(); hooks != nil {
		options.MailHooks = hooks
	}
	pages, err := dashboard.New(options)
	if err != nil {
		return fmt.Errorf("set up the pages: %w", err)
	}
	a.pages = pages
	mux := http.NewServeMux()
	if o.mount != nil {
		for prefix, h := range o.mount(pages.StylesheetURL(), pages.IconURL()) {
			mux.Handle(prefix, h)
		}
	}
	mux.Handle("/", pages)
	a.http = newHTTPServer(mux, a.log)
	return nil
}

// start begins to work and to serve. The listener is taken over.
func (a *app) start(ctx context.Context, l net.Listener) error {
	if err := a.runner.Start(ctx); err != nil {
		return fmt.Errorf("start the job runner: %w", err)
	}
	if a.ticker != nil {
		if err := a.ticker.Start(ctx); err != nil {
			return fmt.Errorf("start the sweeps: %w", err)
		}
	}
	if a.http != nil && l != nil {
		a.listener, a.served = l, make(chan error, 1)
		go func() { a.served <- a.http.Serve(l) }()
	}
	return nil
}

// stop ends everything in reverse order, inside the configured time.
func (a *app) stop() error {
	ctx, cancel := context.WithTimeout(context.Background(), a.cfg.Engine.StopWithin)
	defer cancel()
	var errs []error
	if a.served != nil {
		errs = append(errs, a.http.Shutdown(ctx))
		if err := <-a.served; !errors.Is(err, http.ErrServerClosed) {
			errs = append(errs, err)
		}
	}
	if a.ticker != nil {
		errs = append(errs, a.ticker.Stop(ctx))
	}
	errs = append(errs, a.runner.Stop(ctx))
	closeMailer(a.mailer)
	a.opsHTTP.CloseIdleConnections()
	errs = append(errs, a.store.Close())
	return errors.Join(errs...)
}
