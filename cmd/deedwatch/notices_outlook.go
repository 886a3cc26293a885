package main

import (
	"context"
	"errors"
	"fmt"
	"net/mail"
	"strings"
	"time"

	"github.com/krestmarketing/deedwatch/configs"
	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/notify"
	"github.com/krestmarketing/deedwatch/store"
)

// newForecaster foresees by the configured policy.
func newForecaster(c configs.Config, st *store.Store, r *notify.Renderer, m notify.Mailer, now func() time.Time) *notify.Forecaster {
	return &notify.Forecaster{Store: st, Renderer: r, Mailer: m, Policy: policy(c), Clock: now, NoServer: c.SMTP.Address == ""}
}

// withForecaster opens the store and gives a forecaster over it.
func withForecaster(ctx context.Context, root *cli, s streams, f func(*notify.Forecaster, *store.Store) error) error {
	cfg, log, err := root.load(s)
	if err != nil {
		return err
	}
	r, err := newRenderer(cfg)
	if err != nil {
		return err
	}
	m, err := newMailer(cfg)
	if err != nil {
		return err
	}
	defer closeMailer(m)
	st, err := store.Open(ctx, storeOptions(cfg, log))
	if err != nil {
		return fmt.Errorf("open the database: %w", err)
	}
	return errors.Join(f(newForecaster(cfg, st, r, m, time.Now), st), st.Close())
}

type noticesForecastCmd struct {
	Days   int    `help:"How many days, today included; 60 at most." default:"30"`
	Client string `help:"Only this client: its name, or its number." placeholder:"NAME"`
	Text   bool   `help:"With the full text of each message."`
	JSON   bool   `name:"json" help:"Print one JSON document."`
}

// forecastDoc is what forecast prints.
type forecastDoc struct {
	At         time.Time       `json:"at"`
	Until      time.Time       `json:"until"`
	Days       int             `json:"days"`
	MailServer bool            `json:"mail_server"`
	Brake      *string         `json:"brake"`
	Letters    []letterDoc     `json:"letters"`
	Nobody     []foreseenDoc   `json:"nobody"`
	Tasks      []foreseenDoc   `json:"tasks"`
	Unknown    []unforeseenDoc `json:"unknown"`
}

type letterDoc struct {
	At        time.Time     `json:"at"`
	Day       string        `json:"day"`
	Kind      string        `json:"kind"`
	State     string        `json:"state"`
	Client    string        `json:"client"`
	ContactID int64         `json:"contact_id"`
	Recipient string        `json:"recipient"`
	Notices   []foreseenDoc `json:"notices"`
	Subject   *string       `json:"subject"`
	Text      *string       `json:"text"`
}

type foreseenDoc struct {
	ID     *int64    `json:"id"`
	Domain *string   `json:"domain"`
	Client string    `json:"client"`
	Stage  string    `json:"stage"`
	Reason string    `json:"reason"`
	DueAt  time.Time `json:"due_at"`
	Held   bool      `json:"held"`
}

type unforeseenDoc struct {
	Domain string     `json:"domain"`
	Client string     `json:"client"`
	Reason string     `json:"reason"`
	SeenAt *time.Time `json:"seen_at"`
}

// Run says what goes out if nothing changes. It writes nothing.
func (c *noticesForecastCmd) Run(ctx context.Context, root *cli, s streams) error {
	return withForecaster(ctx, root, s, func(f *notify.Forecaster, st *store.Store) error {
		var client int64
		if c.Client != "" {
			var err error
			if client, err = clientID(ctx, st, c.Client); err != nil {
				return err
			}
		}
		fc, err := f.Forecast(ctx, c.Days)
		if err != nil {
			return err
		}
		doc, err := c.doc(ctx, f, &fc, client)
		if err != nil {
			return err
		}
		if c.JSON {
			return printJSON(s.out, doc)
		}
		return printForecast(s, &doc)
	})
}

func (c *noticesForecastCmd) doc(ctx context.Context, f *notify.Forecaster, fc *models.Forecast, client int64) (forecastDoc, error) {
	doc := forecastDoc{
		At: fc.At.UTC(), Until: fc.Until.UTC(), Days: fc.Days, MailServer: !fc.NoServer,
		Letters: []letterDoc{}, Nobody: []foreseenDoc{}, Tasks: []foreseenDoc{}, Unknown: []unforeseenDoc{},
	}
	if fc.Brake != nil {
		doc.Brake = &fc.Brake.Reason
	}
	mine := func(id int64) bool { return client == 0 || id == client }
	for i := range fc.Letters {
		l := &fc.Letters[i]
		if !mine(l.Client.ID) {
			continue
		}
		d := letterDoc{
			At: l.At.UTC(), Day: l.Key.Day, Kind: string(l.Key.Kind), State: string(l.State), Client: l.Client.Name, ContactID: l.Key.ContactID,
			Recipient: l.Contact.Email, Notices: foreseenDocs(l.Items, mine),
		}
		if c.Text {
			p, err := f.Show(ctx, l)
			if err != nil {
				return doc, err
			}
			d.Subject, d.Text = &p.Subject, &p.Text
		}
		doc.Letters = append(doc.Letters, d)
	}
	doc.Nobody, doc.Tasks = foreseenDocs(fc.Nobody, mine), foreseenDocs(fc.Tasks, mine)
	for _, u := range fc.Unknown {
		if mine(u.ClientID) {
			doc.Unknown = append(doc.Unknown, unforeseenDoc{u.Name, u.Client, string(u.LifecycleWhy), u.SeenAt})
		}
	}
	return doc, nil
}

func foreseenDocs(items []models.ForecastItem, mine func(int64) bool) []foreseenDoc {
	docs := []foreseenDoc{}
	for _, it := range items {
		n := it.Notice
		if !mine(n.ClientID) {
			continue
		}
		d := foreseenDoc{Client: it.Client, Stage: string(n.Stage), Reason: n.Reason, DueAt: n.DueAt.UTC(), Held: it.Held}
		if n.ID != 0 {
			d.ID = &n.ID
		}
		if it.Domain != "" {
			d.Domain = &it.Domain
		}
		docs = append(docs, d)
	}
	return docs
}

func printForecast(s streams, doc *forecastDoc) error {
	say := printer{w: s.out}
	say.line("If nothing changes, until %s:", doc.Until.Format(time.DateOnly))
	if !doc.MailServer {
		say.line("no mail server is set up (smtp.address): nothing goes out")
	}
	if doc.Brake != nil {
		say.line("the storm brake is on: nothing goes out (%s)", *doc.Brake)
	}
	for i := range doc.Letters {
		l := &doc.Letters[i]
		var what []string
		for _, n := range l.Notices {
			what = append(what, foreseenWords(&n))
		}
		say.line("%s  %-12s %-32s %-28s %s", l.Day, l.State, l.Recipient, l.Client, strings.Join(what, ", "))
		if l.Text != nil {
			say.line("\nSubject: %s\n\n%s", *l.Subject, *l.Text)
		}
	}
	for _, group := range []struct {
		label string
		list  []foreseenDoc
	}{{"goes to nobody", doc.Nobody}, {"comes up for us", doc.Tasks}} {
		for _, n := range group.list {
			say.line("%s  %-45s %-28s %s", n.DueAt.Format(time.DateOnly), group.label, n.Client, foreseenWords(&n))
		}
	}
	for _, u := range doc.Unknown {
		say.line("%-10s  %-45s %-28s %s", "not known", u.Reason, u.Client, u.Domain)
	}
	return say.err
}

func foreseenWords(n *foreseenDoc) string {
	words := n.Stage
	if n.Domain != nil {
		words = *n.Domain + " " + words
	}
	if n.Held {
		words += " (held)"
	}
	return words
}

// letterArgs name a foreseen message on the command line.
type letterArgs struct {
	Contact int64  `help:"The contact's number, as forecast prints it." placeholder:"ID"`
	Day     string `help:"The day on which it goes out." placeholder:"2006-01-02"`
	Kind    string `help:"notice or access." enum:"notice,access" default:"notice"`
}

func (a letterArgs) key() models.LetterKey {
	return models.LetterKey{ContactID: a.Contact, Day: a.Day, Kind: models.MailKind(a.Kind)}
}

func (a letterArgs) given() error {
	if a.Contact == 0 || a.Day == "" {
		return usage("name the message: --contact and --day, as `deedwatch notices forecast --json` gives them")
	}
	return nil
}

type noticesHoldCmd struct {
	letterArgs
	ID     int64  `arg:"" optional:"" help:"A notice that waits, by its number."`
	Domain string `help:"Of a notice that is only foreseen: the name." placeholder:"NAME"`
	Stage  string `help:"Of a notice that is only foreseen: its stage." placeholder:"STAGE"`
	Client string `help:"All notices of a client: its name, or its number." placeholder:"NAME"`
	Why    string `help:"With --client: why nothing is to go out."`
	By     string `help:"Who does it; it stays in the ledger." default:"command line"`
}

// Run holds one notice, a foreseen one, or all of a client.
func (c *noticesHoldCmd) Run(ctx context.Context, root *cli, s streams) error {
	if c.Client != "" && (c.ID != 0 || c.Contact != 0 || c.Domain != "") {
		return usage("name a notice, or all of a client with --client, not both")
	}
	return withForecaster(ctx, root, s, func(f *notify.Forecaster, st *store.Store) error {
		say := printer{w: s.out}
		switch {
		case c.Client != "":
			id, err := clientID(ctx, st, c.Client)
			if err != nil {
				return err
			}
			if strings.TrimSpace(c.Why) == "" {
				return usage("say why with --why: whoever comes next wants to know")
			}
			if err := st.HoldClient(ctx, id, c.Why, c.By, time.Now()); err != nil {
				return notDone(err)
			}
			say.line("nothing goes out to client %d until it is released", id)
		case c.ID != 0:
			if err := st.HoldNotice(ctx, c.ID, c.By, time.Now()); err != nil {
				return notDone(err)
			}
			say.line("notice %d is held until it is released", c.ID)
		default:
			return c.holdForeseen(ctx, f, st, s)
		}
		return say.err
	})
}

func (c *noticesHoldCmd) holdForeseen(ctx context.Context, f *notify.Forecaster, st *store.Store, s streams) error {
	if err := c.given(); err != nil {
		return err
	}
	if c.Domain == "" || c.Stage == "" {
		return usage("name the notice: a number, or --contact, --day, --domain and --stage; or --client for all of a client")
	}
	w, err := st.WatchedByName(ctx, strings.ToLower(c.Domain))
	if err != nil {
		return notDone(err)
	}
	n, err := f.Hold(ctx, c.key(), w.Domain.ID, models.Stage(c.Stage), c.By)
	if err != nil {
		return notDone(err)
	}
	say := printer{w: s.out}
	say.line("notice %d is held until it is released", n.ID)
	return say.err
}

type noticesReleaseCmd struct {
	ID     int64  `arg:"" optional:"" help:"A notice that is held, by its number."`
	Client string `help:"All notices of a client: its name, or its number." placeholder:"NAME"`
	By     string `help:"Who does it; it stays in the ledger." default:"command line"`
}

// Run releases one notice, or a client.
func (c *noticesReleaseCmd) Run(ctx context.Context, root *cli, s streams) error {
	if (c.ID == 0) == (c.Client == "") {
		return usage("name a notice by its number, or a client with --client")
	}
	return withStore(ctx, root, s, func(st *store.Store) error {
		say := printer{w: s.out}
		if c.Client == "" {
			if err := st.ReleaseNotice(ctx, c.ID, c.By, time.Now()); err != nil {
				return notDone(err)
			}
			say.line("notice %d is released", c.ID)
			return say.err
		}
		id, err := clientID(ctx, st, c.Client)
		if err != nil {
			return err
		}
		if err := st.ReleaseClient(ctx, id, c.By, time.Now()); err != nil {
			return notDone(err)
		}
		say.line("notices go out to client %d again", id)
		return say.err
	})
}

// notDone says why nothing was changed.
func notDone(err error) error {
	switch {
	case errors.Is(err, models.ErrNotFound):
		return usage("there is no such thing (any more): %v", err)
	case errors.Is(err, models.ErrConflict):
		return &exitError{code: exitProblems, msg: "it is not in a state in which this can be done; look at it again: " + err.Error()}
	}
	return err
}

type noticesSendTestCmd struct {
	letterArgs
	To   string `required:"" help:"Where the test goes: an address of your own." placeholder:"ADDRESS"`
	By   string `help:"Who does it; it stays in the ledger." default:"command line"`
	JSON bool   `name:"json" help:"Print one JSON document."`
}

// testDoc is what send-test prints.
type testDoc struct {
	To      string `json:"to"`
	Outcome string `json:"outcome"`
	Reply   string `json:"smtp_reply"`
}

// Run sends a foreseen message to an address of ours, marked as a test. It exits 1 when the server did not take it.
func (c *noticesSendTestCmd) Run(ctx context.Context, root *cli, s streams) error {
	if err := c.given(); err != nil {
		return err
	}
	to, err := mail.ParseAddress(c.To)
	if err != nil {
		return usage("--to: give one address such as you@agency.example")
	}
	return withForecaster(ctx, root, s, func(f *notify.Forecaster, _ *store.Store) error {
		outcome, reply, err := f.SendTest(ctx, c.key(), *to, c.By)
		if err != nil {
			return notDone(err)
		}
		if c.JSON {
			err = printJSON(s.out, testDoc{to.Address, string(outcome), reply})
		} else {
			say := printer{w: s.out}
			say.line("%s: %s (%s)", to.Address, outcome, reply)
			err = say.err
		}
		if err == nil && outcome != models.DeliverySent {
			return &exitError{code: exitProblems}
		}
		return err
	})
}
