package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/notify"
)

// benchNoticesCmd measures a day of notices: planning, collecting, handing over.
type benchNoticesCmd struct {
	benchFlags
	Domains     int `help:"Names in the store, twelve to a client." default:"100000" placeholder:"N"`
	Mails       int `help:"Messages that are handed over to a mail server on loopback in each repetition; 0: none." default:"2000" placeholder:"N"`
	Connections int `help:"Connections to it." default:"10" placeholder:"N"`
}

func (c *benchNoticesCmd) check() error {
	switch {
	case c.Domains < 1 || c.Domains > mostDomains:
		return usage("--domains must be 1 to %d", mostDomains)
	case c.Mails < 0 || c.Mails > mostDomains:
		return usage("--mails must be 0 to %d", mostDomains)
	case c.Connections < 1 || c.Connections > 100:
		return usage("--connections must be 1 to 100")
	}
	return c.benchFlags.check()
}

// benchNoticesDoc is what was measured.
type benchNoticesDoc struct {
	Bench    string           `json:"bench"`
	Machine  benchMachine     `json:"machine"`
	Domains  int              `json:"domains"`
	Reps     int              `json:"reps"`
	Steps    []benchStep      `json:"steps"`
	Delivery []benchDelivered `json:"delivery"`
	Verified int              `json:"verified"` // counts of notices and messages that were compared with the planted ones; all were right
}

// benchStep is one step of a day over all names.
type benchStep struct {
	Store   string `json:"store"`
	Step    string `json:"step"` // first: all that is owed on the first day; day: what one day brings; again: nothing new; collect: messages of it
	Count   int    `json:"count"`
	Seconds spread `json:"seconds"`
	CPU     spread `json:"cpu_seconds"`
	benchMemory
}

// benchDelivered is how fast messages were handed over.
type benchDelivered struct {
	Store       string `json:"store"`
	Mails       int    `json:"mails"`
	Connections int    `json:"connections"`
	PerSecond   spread `json:"per_second"`
	CPUMicros   spread `json:"cpu_us"`                  // a message, of this process, the taking server included
	Alone       spread `json:"mailer_alone_per_second"` // without the store
}

// Run measures, and exits 1 when anything came out wrong.
func (c *benchNoticesCmd) Run(ctx context.Context, s streams) error {
	if err := c.check(); err != nil {
		return err
	}
	doc := benchNoticesDoc{Bench: "notices", Machine: thisMachine(), Domains: c.Domains, Reps: c.Reps, Delivery: []benchDelivered{}}
	err := c.profiled(func() error { return errors.Join(c.days(ctx, &doc), c.delivery(ctx, &doc)) })
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(s.out, doc)
	}
	return doc.print(s.out)
}

// days measures the days on each engine.
func (c *benchNoticesCmd) days(ctx context.Context, doc *benchNoticesDoc) (err error) {
	stores, err := openBenchStores(ctx, c.Postgres)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeBenchStores(context.WithoutCancel(ctx), stores)) }()
	for _, st := range stores {
		d := &noticeDays{cmd: c, store: st, doc: doc, now: deliveryDay}
		if err := d.run(ctx); err != nil {
			return err
		}
	}
	return nil
}

// delivery measures handing over, each repetition into stores of its own.
func (c *benchNoticesCmd) delivery(ctx context.Context, doc *benchNoticesDoc) error {
	if c.Mails == 0 {
		return nil
	}
	figures := map[string][]deliveryFigures{}
	var order []string
	for range c.Reps {
		stores, err := openBenchStores(ctx, c.Postgres)
		if err != nil {
			return err
		}
		for _, st := range stores {
			f, e := deliveryBench{Mails: c.Mails, Connections: c.Connections}.run(ctx, st.Store)
			if err = errors.Join(err, e); e == nil {
				if figures[f.Engine] == nil {
					order = append(order, f.Engine)
				}
				figures[f.Engine] = append(figures[f.Engine], f)
			}
		}
		if err = errors.Join(err, closeBenchStores(context.WithoutCancel(ctx), stores)); err != nil {
			return err
		}
	}
	for _, engine := range order {
		of := func(figure func(deliveryFigures) float64) spread {
			var values []float64
			for _, f := range figures[engine] {
				values = append(values, figure(f))
			}
			return spreadOf(values)
		}
		doc.Delivery = append(doc.Delivery, benchDelivered{
			Store: engine, Mails: c.Mails, Connections: c.Connections,
			PerSecond: of(func(f deliveryFigures) float64 { return f.PerSecond }),
			CPUMicros: of(func(f deliveryFigures) float64 { return float64(f.CPU.Microseconds()) }),
			Alone:     of(func(f deliveryFigures) float64 { return f.MailerAt }),
		})
	}
	return nil
}

// noticeDays is one engine's measurement in progress.
type noticeDays struct {
	cmd   *benchNoticesCmd
	store *benchStore
	doc   *benchNoticesDoc
	now   time.Time
	steps map[string]*stepRuns
}

type stepRuns struct {
	count int
	runs  series
	benchMemory
}

// run plans the first day, what the next days bring, each day again, and collects what is due on the last.
func (d *noticeDays) run(ctx context.Context) error {
	deliver, err := deliveryBench{}.deliverer(d.store.Store, noMail{})
	if err != nil {
		return err
	}
	deliver.Policy.Office.Days = [7]bool{true, true, true, true, true, true, true} // every day brings its share
	deliver.Clock = func() time.Time { return d.now }
	if err := d.fill(ctx); err != nil {
		return err
	}
	d.steps = map[string]*stepRuns{}
	plan := func() (int, error) { return deliver.SweepPlan(ctx, d.now) }
	if err := d.step(ctx, "first", d.owedFirst(), plan); err != nil {
		return err
	}
	for day := range d.cmd.Reps {
		if err := d.step(ctx, "again", 0, plan); err != nil {
			return err
		}
		d.now = deliveryDay.AddDate(0, 0, day+1)
		if err := d.step(ctx, "day", d.owedOn(day+1), plan); err != nil {
			return err
		}
	}
	if err := d.step(ctx, "collect", d.mailsOn(d.cmd.Reps), func() (int, error) { return deliver.Collect(ctx, d.now) }); err != nil {
		return err
	}
	for _, name := range []string{"first", "day", "again", "collect"} {
		s := d.steps[name]
		d.doc.Steps = append(d.doc.Steps, benchStep{
			Store: d.store.Engine(), Step: name, Count: s.count, benchMemory: s.benchMemory,
			Seconds: s.runs.of(func(c cost) float64 { return c.wall.Seconds() }), CPU: s.runs.of(func(c cost) float64 { return c.cpu.Seconds() }),
		})
	}
	return nil
}

// step measures one step, and compares what it came to with what was planted.
func (d *noticeDays) step(ctx context.Context, name string, want int, work func() (int, error)) error {
	var got int
	var c cost
	held, err := watchMemory(ctx, func() (err error) {
		c, err = measure(1, func() (err error) {
			got, err = work()
			return err
		})
		return err
	})
	if err != nil {
		return err
	}
	if got != want {
		return wrong("%s on %s (%s): %d, planted were %d", name, d.store.Engine(), d.now.Format(time.DateOnly), got, want)
	}
	d.doc.Verified++
	s := d.steps[name]
	if s == nil {
		s = &stepRuns{}
		d.steps[name] = s
	}
	s.count, s.runs = got, append(s.runs, c)
	s.PeakRSS, s.PeakHeap = max(s.PeakRSS, held.PeakRSS), max(s.PeakHeap, held.PeakHeap)
	return nil
}

// perClient is how many names a client has.
const perClient = 12

// daysLeft is how far from its expiry the i-th name (from 0) is on the first day.
func daysLeft(i int) int { return i*7919%430 - 10 }

// noticesOf gives how many e-mail notices a stage so many days before expiry makes: to the owner, and from seven days on to the deputy; sixty
// days are a task.
func noticesOf(days int) int {
	if days <= 7 {
		return 2
	}
	return 1
}

// owedFirst counts what the first day owes: of each name the tightest stage that is due, and a record of each looser one.
func (d *noticeDays) owedFirst() (n int) {
	for i := range d.cmd.Domains {
		due := 0
		for _, r := range notify.DefaultLadder() {
			if daysLeft(i) <= r.Days {
				due++
			}
		}
		if due > 0 {
			n += due - 1 + noticesOf(notify.DefaultLadder()[due-1].Days)
		}
	}
	return n
}

// owedOn counts what a later day brings: the stages whose day it is.
func (d *noticeDays) owedOn(day int) (n int) {
	for i := range d.cmd.Domains {
		for _, r := range notify.DefaultLadder() {
			if daysLeft(i)-day == r.Days {
				n += noticesOf(r.Days)
			}
		}
	}
	return n
}

// mailsOn counts the messages that all that is owed by a day makes: one to each owner who is owed something, and to each deputy.
func (d *noticeDays) mailsOn(day int) (n int) {
	owners, deputies := map[int]bool{}, map[int]bool{}
	for i := range d.cmd.Domains {
		left := daysLeft(i) - day
		if left <= 30 {
			owners[i/perClient] = true
		}
		if left <= 7 {
			deputies[i/perClient] = true
		}
	}
	return len(owners) + len(deputies)
}

// fill imports the clients and names, and has all of them looked at this morning.
func (d *noticeDays) fill(ctx context.Context) error {
	run := d.store.BeginImport(d.now, false)
	rows := make([]models.PortfolioRow, 0, perClient*40)
	for i := range d.cmd.Domains {
		client := i / perClient
		rows = append(rows, models.PortfolioRow{
			Line: i + 1, Domain: fmt.Sprintf("name%d.lab", i), Suffix: "lab", Client: fmt.Sprintf("Client %d", client),
			Contacts: []models.Contact{
				{Name: "Zoë Berg", Email: fmt.Sprintf("owner@client%d.lab", client), Role: models.RoleOwner},
				{Name: "Ola Winter", Email: fmt.Sprintf("deputy@client%d.lab", client), Role: models.RoleDeputy},
			},
		})
		if len(rows) == cap(rows) || i == d.cmd.Domains-1 {
			if _, err := run.Add(ctx, rows); err != nil {
				return err
			}
			rows = rows[:0]
		}
	}
	return d.looked(ctx)
}
