package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/krestmarketing/deedwatch/access"
	"github.com/krestmarketing/deedwatch/configs"
	"github.com/krestmarketing/deedwatch/dashboard"
	"github.com/krestmarketing/deedwatch/lab"
	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/store"
)

type demoCmd struct {
	Listen    string        `help:"Address to serve on; port 0 picks a free one." default:"127.0.0.1:8080" placeholder:"HOST:PORT"`
	Speed     float64       `help:"How many times faster than real the demo's clock runs." default:"60"`
	FillAfter time.Duration `help:"Import the portfolio so long after the start." default:"0s" hidden:""`
}

// demoEvery is how often the demo does what is due, in real time.
const demoEvery = 500 * time.Millisecond

const demoUser = "ops@krest.lab"

// demo is the product and its small internet in one process.
type demo struct {
	clock *clock
	lab   *lab.Lab
	app   *app
	dir   string
	log   *slog.Logger
	ahead lab.DemoOutreach // what is still to happen beside the notices
}

// Run serves the demo until it is told to stop; nothing is left behind.
func (c *demoCmd) Run(ctx context.Context, s streams) (err error) {
	if c.Speed <= 0 || c.Speed > 100_000 {
		return usage("--speed must be above 0 and at most 100000")
	}
	log := newLogger(configs.Log{Level: "error", Format: "text"}, s.err) // refused mail is part of the demo
	l, err := listen(c.Listen)
	if err != nil {
		return err
	}
	d, err := newDemo(ctx, l, c.Speed, log)
	if err != nil {
		return errors.Join(err, l.Close())
	}
	defer func() { err = errors.Join(err, d.close()) }() //nolint:contextcheck // it ends when the context has ended; it has a deadline of its own
	password, err := d.addUser(ctx)
	if err != nil {
		return err
	}
	if err := d.app.start(ctx, l); err != nil {
		return err
	}
	say := printer{w: s.err}
	say.line("Deedwatch demo: http://%s", l.Addr())
	say.line("  sign in as %s with the password %s", demoUser, password)
	say.line("  inbox and clock: http://%s/demo/", l.Addr())
	if say.err != nil {
		return say.err
	}
	return d.live(ctx, c.FillAfter)
}

// newDemo starts the lab and wires the product to it. Nothing runs by itself yet.
func newDemo(ctx context.Context, l net.Listener, speed float64, log *slog.Logger) (d *demo, err error) {
	d = &demo{clock: newClock(demoStart(time.Now(), location(demoZone)), speed), log: log, ahead: lab.DemoLetters()}
	defer func() { //nolint:contextcheck // it ends when the context has ended; it has a deadline of its own
		if err != nil {
			err = errors.Join(err, d.close())
		}
	}()
	if d.dir, err = os.MkdirTemp("", "deedwatch-demo-"); err != nil {
		return d, fmt.Errorf("make a folder for the demo: %w", err)
	}
	if d.lab, err = lab.Start(ctx, lab.DemoWorld(d.clock.Now()), lab.Options{Now: d.clock.Now, Logger: log}); err != nil {
		return d, fmt.Errorf("start the lab: %w", err)
	}
	base := "http://" + l.Addr().String()
	cfg := demoConfig(d.lab.Endpoints(), base, filepath.Join(d.dir, "deedwatch.db"))
	cfg.Ops.Webhooks = []configs.Webhook{{
		Name: "crm", URL: base + "/demo/hook", Secret: configs.NewSecret("whsec_" + base64.StdEncoding.EncodeToString([]byte(rand.Text()+rand.Text()))),
		Events: []string{"finding.opened", "notice.*", "answer.*", "contact.*", "task.*", "client.*", "brake.*"},
	}}
	cfg.Bounces.Maildir = filepath.Join(d.dir, bouncesDir)
	if err = makeMailbox(cfg.Bounces.Maildir); err != nil {
		return d, err
	}
	if err = store.Migrate(ctx, storeOptions(cfg, log)); err != nil {
		return d, fmt.Errorf("migrate the demo's database: %w", err)
	}
	d.app, err = newApp(ctx, cfg, appOptions{
		now: d.clock.Now, log: log, pages: true, work: true,
		banner: dashboard.Banner{Text: "Demo: an invented world with a clock of its own.", Link: dashboard.Link{Text: "Inbox and clock", URL: "/demo/"}},
		extra:  dashboard.Link{Text: "Demo inbox", URL: "/demo/"},
		mount: func(stylesheet, icon string) map[string]http.Handler {
			return map[string]http.Handler{"/demo/": d.lab.Console(lab.ConsoleOptions{
				BasePath: "/demo", StylesheetURL: stylesheet, IconURL: icon, Advance: d.advance, ProductURL: base,
				Speed: func() string { return fmt.Sprintf("%g times faster than real", speed) },
			})}
		},
	})
	return d, err
}

const demoZone = "America/Los_Angeles"

// demoStart is ten in the morning of the last business day: notices go out at once, whenever somebody tries the demo.
func demoStart(now time.Time, zone *time.Location) time.Time {
	y, m, day := now.In(zone).Date()
	t := time.Date(y, m, day, 10, 0, 0, 0, zone)
	for t.After(now) || t.Weekday() == time.Saturday || t.Weekday() == time.Sunday {
		t = t.AddDate(0, 0, -1)
	}
	return t
}

// demoConfig points the product at a lab, with the agency's policy.
func demoConfig(e lab.Endpoints, base, database string) configs.Config {
	c := labConfig(e)
	c.BaseURL, c.Database = base, configs.NewSecret(database)
	c.Agency = configs.Agency{
		Name: "Krest Marketing", FromName: "Krest Marketing domain notices", FromAddress: "domains@krest.lab", Phone: "(888) 555-0100",
		SupportURL: "https://krest.lab/support/", TimeZone: demoZone, ZoneLabel: "Pacific", Language: "en",
		OpenDays: []string{"mon", "tue", "wed", "thu", "fri"}, Opens: "09:00", Closes: "17:00",
	}
	return c
}

// labConfig points the looks and the mail at a lab on loopback, without politeness: it is ours.
func labConfig(e lab.Endpoints) configs.Config {
	c := configs.Default()
	c.Network.AllowPrivate = true
	c.RDAP.Bootstrap, c.RDAP.Overrides, c.RDAP.PerSecond = e.RDAPBootstrapURL, e.RDAPOverrides, 50
	c.WHOIS.Servers, c.WHOIS.PerSecond = e.WHOISServers, 50
	c.DNS.RootHints, c.DNS.Port, c.DNS.AddressMap = strings.Join(e.RootHints, ","), e.DNSPort, e.AddressMap
	c.DNS.IPv6, c.DNS.Timeout, c.DNS.PerSecond = false, 400*time.Millisecond, 1000
	c.SMTP.Address, c.SMTP.TLS = e.SMTPAddr, "none"
	return c
}

// advance moves the clock to ten in the morning, so many days on: within office hours, whenever the button is pressed.
func (d *demo) advance(by time.Duration) {
	now := d.clock.Now()
	y, m, day := now.In(location(demoZone)).Date()
	target := time.Date(y, m, day+int(by/(24*time.Hour)), 10, 0, 0, 0, location(demoZone))
	d.clock.Advance(max(target.Sub(now), 0))
}

// addUser makes the one login, with a password of its own for each run.
func (d *demo) addUser(ctx context.Context) (password string, err error) {
	password = strings.ToLower(rand.Text()[:14])
	hash, err := dashboard.NewPasswords(dashboard.PasswordParams{}, 1).Hash(ctx, password)
	if err != nil {
		return "", fmt.Errorf("make the demo's login: %w", err)
	}
	now := d.clock.Now()
	_, err = d.app.store.CreateUser(ctx, models.User{Email: demoUser, Name: "Dana Demo", Role: models.UserAdmin, PasswordHash: hash, CreatedAt: now, UpdatedAt: now})
	if err != nil {
		return "", fmt.Errorf("make the demo's login: %w", err)
	}
	return password, nil
}

// live fills the board and does what is due until ctx ends. It steps in order instead of ticking, so that a jump of the clock is looked at
// before it is written about.
func (d *demo) live(ctx context.Context, fillAfter time.Duration) error {
	if !sleep(ctx, fillAfter) {
		return nil
	}
	if err := d.fill(ctx); err != nil {
		return err
	}
	for sleep(ctx, demoEvery) {
		if err := d.app.step(ctx); err != nil && ctx.Err() == nil {
			d.log.Error("a step of the demo failed", "error", err)
		}
		if err := d.react(ctx); err != nil && ctx.Err() == nil {
			d.log.Error("something did not happen in the demo", "error", err)
		}
	}
	return nil
}

// sleep waits, and reports whether it may go on.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// fill imports the portfolio and the expected records the way everybody does: as CSV.
func (d *demo) fill(ctx context.Context) error {
	now := d.clock.Now()
	doc, err := importPortfolio(ctx, d.app.store, bytes.NewReader(lab.DemoPortfolio(now)), false, now)
	if err != nil || len(doc.Errors) > 0 {
		return fmt.Errorf("import the demo's portfolio: %v %w", doc.Errors, err)
	}
	doc, err = importRecords(ctx, d.app.store, demoRecords(), recordsMode{}, now)
	if err != nil || len(doc.Errors) > 0 {
		return fmt.Errorf("import the demo's records: %v %w", doc.Errors, err)
	}
	clients, err := d.app.store.Clients(ctx)
	if err != nil {
		return fmt.Errorf("read the demo's clients: %w", err)
	}
	if err := d.restrain(ctx, clients, now); err != nil {
		return err
	}
	return d.grant(ctx, clients, now)
}

// grant records the access that clients were asked for, and takes it as far as it has come.
func (d *demo) grant(ctx context.Context, clients []models.Client, now time.Time) error {
	for _, g := range lab.DemoGrants() {
		draft := access.Draft{
			Platform: g.Platform, Asset: g.Asset, Role: g.Role, Method: models.GrantMethod(g.Method), HolderKind: models.HolderTeam, Holder: g.Team,
			Purpose: g.Purpose, State: models.GrantRequested, AskedAt: new(now.AddDate(0, 0, -g.AskedAgo)), GrantedBy: g.Granted,
		}
		if g.Granted != "" {
			draft.State = models.GrantGranted
		}
		for _, c := range clients {
			if c.Name == g.Client {
				draft.ClientID = c.ID
			}
		}
		grant, err := d.app.register.Record(ctx, draft, demoUser)
		if err == nil && g.Verified != "" {
			err = d.app.register.Move(ctx, grant.ID, grant.Version, access.Step{Action: access.ActionVerify, Note: g.Verified}, demoUser)
		}
		if err != nil {
			return fmt.Errorf("record the demo's access to %s: %w", g.Platform, err)
		}
	}
	return nil
}

func demoRecords() io.Reader {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	_ = w.Write([]string{"domain", "host", "type", "match", "value", "purpose", "service"})
	for _, r := range lab.DemoRecords() {
		_ = w.Write([]string{r.Domain, r.Host, r.Type, r.Match, r.Value, r.Purpose, r.Service})
	}
	w.Flush()
	return &b
}

func (d *demo) close() error {
	var errs []error
	if d.app != nil {
		errs = append(errs, d.app.stop())
	}
	if d.lab != nil {
		errs = append(errs, d.lab.Close())
	}
	if d.dir != "" {
		errs = append(errs, os.RemoveAll(d.dir))
	}
	return errors.Join(errs...)
}
