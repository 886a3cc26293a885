package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"

	"github.com/krestmarketing/deedwatch/configs"
	"github.com/krestmarketing/deedwatch/store"
)

// load reads the configuration that the command line names.
func (c *cli) load(s streams) (configs.Config, *slog.Logger, error) {
	cfg, err := configs.Load(c.Config, s.environ)
	if err != nil {
		return configs.Config{}, nil, err
	}
	return cfg, newLogger(cfg.Log, s.err), nil
}

// secure reports whether the pages are reached through HTTPS only.
func secure(baseURL string) bool { return strings.HasPrefix(baseURL, "https://") }

type serveCmd struct {
	Listen string `help:"Address to serve on; port 0 picks a free one." placeholder:"HOST:PORT"`
	Work   bool   `help:"Also look, judge and send. Always so on SQLite."`
}

// Run serves the pages until it is told to stop.
func (c *serveCmd) Run(ctx context.Context, root *cli, s streams) error {
	cfg, log, err := root.load(s)
	if err != nil {
		return err
	}
	if c.Listen != "" {
		cfg.Listen = c.Listen
	}
	l, err := listen(cfg.Listen)
	if err != nil {
		return err
	}
	embedded := !cfg.Postgres()
	if embedded { // one process, one file: nobody else could migrate it
		if err := store.Migrate(ctx, storeOptions(cfg, log)); err != nil {
			return errors.Join(fmt.Errorf("migrate the database: %w", err), l.Close())
		}
	}
	if cfg.BaseURL == configs.Default().BaseURL { // nobody said how clients reach it
		cfg.BaseURL = "http://" + l.Addr().String()
	}
	work := embedded || c.Work
	a, err := newApp(ctx, cfg, appOptions{log: log, pages: true, work: work, ticking: work})
	if err != nil {
		return errors.Join(err, l.Close())
	}
	if err := a.announce(ctx, l, s.err); err != nil {
		return errors.Join(err, l.Close(), a.store.Close())
	}
	return a.runUntilDone(ctx, l)
}

// announce prints the address, and on the first run the link with which the first administrator sets a password.
func (a *app) announce(ctx context.Context, l net.Listener, w io.Writer) error {
	say := printer{w: w}
	say.line("deedwatch serves on http://%s", l.Addr())
	link, first, err := a.pages.SetupLink(ctx)
	if err != nil {
		return fmt.Errorf("make the setup link: %w", err)
	}
	if first {
		say.line("nobody can sign in yet: open %s once to set up the first administrator", link)
	}
	return say.err
}

// runUntilDone starts the app and stops it when ctx ends or the server fails.
func (a *app) runUntilDone(ctx context.Context, l net.Listener) error {
	if err := a.start(ctx, l); err != nil {
		return errors.Join(err, a.stop()) //nolint:contextcheck // it ends when the context has ended; it has a deadline of its own
	}
	var err error
	select {
	case <-ctx.Done():
	case err = <-a.served: // nil channel without pages: waits for ctx alone
		a.served <- err
	}
	a.log.Info("stopping")
	return a.stop() //nolint:contextcheck // it ends when the context has ended; it has a deadline of its own
}

type workCmd struct{}

// Run looks, judges and sends until it is told to stop.
func (c *workCmd) Run(ctx context.Context, root *cli, s streams) error {
	cfg, log, err := root.load(s)
	if err != nil {
		return err
	}
	if !cfg.Postgres() {
		if err := store.Migrate(ctx, storeOptions(cfg, log)); err != nil {
			return fmt.Errorf("migrate the database: %w", err)
		}
	}
	a, err := newApp(ctx, cfg, appOptions{log: log, work: true, ticking: true})
	if err != nil {
		return err
	}
	log.Info("working", "engine", a.store.Engine(), "worker", workerName())
	return a.runUntilDone(ctx, nil)
}

type migrateCmd struct{}

// Run brings the schema up to date. Any number may run at once.
func (c *migrateCmd) Run(ctx context.Context, root *cli, s streams) error {
	cfg, log, err := root.load(s)
	if err != nil {
		return err
	}
	if err := store.Migrate(ctx, storeOptions(cfg, log)); err != nil {
		return fmt.Errorf("migrate the database: %w", err)
	}
	a, err := newApp(ctx, cfg, appOptions{log: log}) // also prepares the job tables
	if err != nil {
		return err
	}
	version, err := a.store.SchemaVersion(ctx)
	say := printer{w: s.out}
	say.line("schema is at %s", version)
	return errors.Join(err, a.store.Close(), say.err)
}
