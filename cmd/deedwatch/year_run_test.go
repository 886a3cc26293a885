package main

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/monitor"
	"github.com/krestmarketing/deedwatch/notify"
	"github.com/krestmarketing/deedwatch/store"
)

// year is one simulated year: what is true, what the program knows of it, and what it did.
type year struct {
	t          testing.TB
	ctx        context.Context
	seed       uint64
	dice       *rand.Rand // the world and its events
	mailDice   *rand.Rand
	looksDice  *rand.Rand
	changeDice *rand.Rand // what staff and clients change

	begin, end time.Time
	now        time.Time // the true time
	skew       []yearSkew
	zone       *time.Location
	holidays   []time.Time
	policy     notify.Policy

	store      *store.Store
	onTheirWay *sql.Stmt // of the names that messages on their way speak of
	book       *yearBook
	monitor    *monitor.Monitor
	renderer   *notify.Renderer
	signer     *notify.Signer
	answers    *notify.Answers
	servers    map[string]models.RegistryServer

	clients []*yearClient
	domains []*yearDomain
	byName  map[string]*yearDomain
	byID    map[int64]*yearDomain
	persons map[int64]*yearContact
	events  []yearEvent

	outages  map[string][]yearSpan // by registry
	smtpDown []yearSpan
	downtime []yearSpan // of the worker
	brakes   []yearSpan

	sends    []*yearSend
	mailed   map[string][]*yearSend // by address
	unsure   map[int64]bool         // messages whose last attempt ended without a word of the server's that was written down
	settled  map[yearWindow]bool
	served   map[models.Stage]int // beside the day stages
	accesses []*yearAccess
	zones    []*yearDomain // whose records are looked at
	heads    []string      // of the ledger, as they were kept elsewhere
	checked  time.Time     // windows up to here were held against what was sent
	broken   map[*yearDomain][]string
	again    bool      // something is to be tried again soon, so the next sweep of notices is not left out
	againAt  time.Time // by the machine's clock, until when
	died     int       // of count.crashes, those after which a process was started again
	log      []string  // what happened to the system as a whole
	count    struct{ looks, sends, windows, crashes, doubles, answers, bounces, erased, full int }
}

// yearSkew is a stretch in which the machine's clock is wrong.
type yearSkew struct {
	yearSpan
	by time.Duration
}

// yearEvent is something that happens at an instant of the true time.
type yearEvent struct {
	at   time.Time
	what func()
}

// wall is what the machine's clock shows.
func (y *year) wall() time.Time {
	for _, s := range y.skew {
		if s.holds(y.now) {
			return y.now.Add(s.by)
		}
	}
	return y.now
}

// rough reports whether things still go wrong; in the last two weeks they do not.
func (y *year) rough() bool { return y.now.Before(y.end) }

func (y *year) down(server string) bool {
	return slices.ContainsFunc(y.outages[server], func(s yearSpan) bool { return s.holds(y.now) })
}

func (y *year) must(err error) {
	y.t.Helper()
	if err != nil {
		y.t.Fatalf("%s: %v", y.now.Format(time.RFC3339), err)
	}
}

func (y *year) note(d *yearDomain, format string, args ...any) {
	d.history = append(d.history, y.now.In(y.zone).Format("2006-01-02 15:04:05 ")+fmt.Sprintf(format, args...))
}

// tell notes what happened to the system as a whole.
func (y *year) tell(format string, args ...any) {
	y.log = append(y.log, y.now.In(y.zone).Format("2006-01-02 15:04:05 ")+fmt.Sprintf(format, args...))
}

func (y *year) noteAll(s *yearSend, what string) {
	for _, it := range s.items {
		if it.domain != nil {
			y.note(it.domain, "%s to %s (mail %d): %s", it.stage, s.address, s.mailID, what)
		}
	}
}

func newYear(t *testing.T, rows yearRows, seed uint64) *year {
	t.Helper()
	dice := func(stream uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, stream)) }
	y := &year{
		t: t, ctx: context.Background(), seed: seed, dice: dice(1), mailDice: dice(2), looksDice: dice(3), changeDice: dice(4), store: rows.Store, onTheirWay: rows.onTheirWay,
		servers: map[string]models.RegistryServer{}, byName: map[string]*yearDomain{}, byID: map[int64]*yearDomain{}, persons: map[int64]*yearContact{},
		outages: map[string][]yearSpan{}, broken: map[*yearDomain][]string{}, mailed: map[string][]*yearSend{}, unsure: map[int64]bool{},
		settled: map[yearWindow]bool{}, served: map[models.Stage]int{},
	}
	y.zone = location(yearZones[seed%uint64(len(yearZones))])
	y.begin = time.Date(2027, time.Month(1+y.dice.IntN(12)), 1+y.dice.IntN(28), 9, 0, 0, 0, y.zone)
	y.end = y.begin.AddDate(1, 0, 0)
	y.now, y.checked = y.begin, y.begin
	y.policy = notify.DefaultPolicy(y.zone)
	for range 9 {
		day := models.DayOf(y.begin.AddDate(0, 0, y.dice.IntN(365)), y.zone)
		y.holidays = append(y.holidays, day)
		if y.dice.IntN(3) == 0 {
			y.holidays = append(y.holidays, day.AddDate(0, 0, 1))
		}
	}
	y.policy.Office.Holidays = y.holidays
	y.yearPortfolio()
	y.trouble()
	y.changes()
	y.wire()
	y.enter()
	return y
}

// wire builds the parts as the program does.
func (y *year) wire() {
	var err error
	y.book = &yearBook{Store: y.store, y: y, rows: map[int64]*models.Watched{}, put: map[int64]*models.RegistrationRecord{}}
	y.monitor, err = monitor.New(monitor.Options{
		Store: y.book, RDAP: yearRegistry{y, models.LookRDAP}, WHOIS: yearRegistry{y, models.LookWHOIS}, DNS: yearDNS{y}, Now: y.wall, Wall: time.Now,
		Limit: func(string) monitor.Limit { return monitor.Limit{PerSecond: 1e6} }, Roll: y.looksDice.Float64, Worker: "year", Loc: y.zone,
		Lifecycle: func(name string) monitor.LifecycleDays {
			days := monitor.GTLDDays()
			days.NoPublicExpiry = strings.HasSuffix(name, ".nodate")
			return days
		},
	})
	y.must(err)
	y.renderer, err = notify.NewRenderer(notify.Agency{
		Name: "Tidewater Marketing", FromName: "Tidewater Marketing domain notices", FromAddress: "domains@tidewater.example", ReplyTo: "help@tidewater.example",
		Phone: "(555) 010-4640", Hours: "Monday to Friday, 9 to 5", SupportURL: "https://tidewater.example/support/", BaseURL: "https://watch.tidewater.example",
	}, notify.Words{})
	y.must(err)
	y.signer, err = notify.NewSigner([]byte("an example key of thirty-two byte"))
	y.must(err)
	y.answers = notify.NewAnswers(y.store, y.policy)
}

// enter imports the portfolio.
func (y *year) enter() {
	var rows []models.PortfolioRow
	for i, d := range y.domains {
		y.byName[d.name] = d
		row := models.PortfolioRow{Line: i + 1, Domain: d.name, Suffix: d.server, Client: d.client.name, TimeZone: d.client.zone, Language: d.client.language}
		for _, c := range d.client.contacts {
			row.Contacts = append(row.Contacts, c.row())
		}
		if d.noDate && y.dice.IntN(100) < 60 {
			at := models.DayOf(y.now.Add(time.Duration(10+y.dice.IntN(350))*yearDay), time.UTC)
			row.AttestedExpiry = &at
			y.attested(d, at)
		}
		rows = append(rows, row)
	}
	_, err := y.store.ImportPortfolio(y.ctx, rows, y.wall(), false)
	y.must(err)
	ids := map[string][]int64{}
	for _, d := range y.domains {
		w, err := y.store.WatchedByName(y.ctx, d.name)
		y.must(err)
		d.id, d.client.id = w.Domain.ID, w.Client.ID
		y.byID[d.id] = d
		server := y.monitor.Route(d.name)
		ids[server] = append(ids[server], d.id)
		y.book.order = append(y.book.order, d.id)
		y.meet(d.client, w.Contacts)
	}
	for server, list := range ids {
		y.must(y.store.RouteDomains(y.ctx, server, list))
	}
	for _, d := range y.domains {
		y.must(y.book.load(y.ctx, d.id))
	}
	y.must(y.store.Analyze(y.ctx))
}

func (c *yearContact) row() models.Contact {
	return models.Contact{Name: c.name, Email: c.email, Phone: "555-0100", Role: c.role, TimeZone: c.zone, Language: c.language}
}

// meet notes the IDs of a client's contacts.
func (y *year) meet(c *yearClient, stored []models.Contact) {
	for _, s := range stored {
		for _, p := range c.contacts {
			if p.email == s.Email {
				p.id = s.ID
				y.persons[s.ID] = p
			}
		}
	}
}

// reload reads a client's names again, after somebody else wrote to their rows.
func (y *year) reload(clientID int64) {
	for _, d := range y.domains {
		if d.client.id == clientID {
			y.must(y.book.flush(y.ctx, []int64{d.id}))
			y.must(y.book.load(y.ctx, d.id))
		}
	}
}

func (y *year) plan(at time.Time, what func()) {
	i, _ := slices.BinarySearchFunc(y.events, at, func(e yearEvent, at time.Time) int { return cmp.Compare(e.at.UnixNano(), at.UnixNano()+1) })
	y.events = slices.Insert(y.events, i, yearEvent{at, what})
}

// run goes through the year, and the two quiet weeks after it.
func (y *year) run() {
	last := y.end.AddDate(0, 0, yearSettle)
	for day := models.DayOf(y.begin, y.zone); ; day = day.AddDate(0, 0, 1) {
		clock := func(h, m int) time.Time { return time.Date(day.Year(), day.Month(), day.Day(), h, m, 0, 0, y.zone) }
		if clock(9, 0).After(last) || y.t.Failed() {
			break
		}
		y.step(clock(3, y.dice.IntN(60)), 0)
		y.step(clock(8, 30+y.dice.IntN(29)), 30)
		y.step(clock(9, y.dice.IntN(20)), 100)
		y.step(clock(10, y.dice.IntN(60)), 30)
		y.step(clock(13, y.dice.IntN(60)), 50)
		y.step(clock(16, y.dice.IntN(50)), 40)
		y.step(clock(21, y.dice.IntN(60)), 20)
		if day.Day() == 1 {
			y.must(y.store.Analyze(y.ctx))
		}
		y.checkWindows()
		y.checkBeside()
		y.checkAccess()
		if day.Day() == 1 {
			y.noteHead()
		}
	}
	y.reckon()
}

// step lets happen what happens until an instant, and then has the worker look, if it is up, and see to the notices: always when something is to
// be tried again, else in so many of a hundred cases, for the sake of speed.
func (y *year) step(at time.Time, percent int) {
	for len(y.events) > 0 && !y.events[0].at.After(at) {
		e := y.events[0]
		y.events = y.events[1:]
		if e.at.After(y.now) {
			y.now = e.at
		}
		e.what()
	}
	if at.After(y.now) {
		y.now = at
	}
	if slices.ContainsFunc(y.downtime, func(s yearSpan) bool { return s.holds(y.now) }) {
		return
	}
	y.look()
	if percent == 0 || percent == 100 || percent == 40 {
		y.lookDNS()
	}
	if y.dice.IntN(100) >= percent && !y.again {
		return
	}
	y.again = y.wall().Before(y.againAt) // a worker that runs by itself would not leave out the minute in which it is due
	_, err := y.monitor.SweepBrake(y.ctx)
	y.must(err)
	if y.rough() && y.dice.IntN(100) < 7 {
		y.count.doubles++
		y.together()
	} else {
		y.notices(y.process())
	}
	for died := y.count.crashes; y.died < died; died = y.count.crashes { // it is started again
		y.died = died
		y.now = y.now.Add(time.Duration(8+y.dice.IntN(10)) * time.Minute)
		y.look()
		y.notices(y.process())
	}
	y.noteBrake()
}

// tryAgain has no sweep of notices left out until something was tried again that is to be some hours later.
func (y *year) tryAgain(at time.Time) {
	y.again = true
	if at.After(y.againAt) && at.Sub(y.wall()) < 12*time.Hour {
		y.againAt = at
	}
}

// look is what the registration and judging sweeps do.
func (y *year) look() {
	servers, err := y.monitor.SweepRegistration(y.ctx)
	y.must(err)
	for _, s := range servers {
		y.must(y.monitor.LookServer(y.ctx, s))
	}
	due, err := y.monitor.SweepJudge(y.ctx)
	y.must(err)
	for _, id := range due {
		y.must(y.monitor.Rejudge(y.ctx, id))
	}
}

// notices is what the sweep of notices does, and then its next ones while messages wait for a look.
func (y *year) notices(p *yearProc) {
	alive := func(err error) bool {
		if err != nil && !p.dead && !errors.Is(err, errYearDead) {
			y.t.Errorf("seed %d, %s: %v", y.seed, y.now.Format(time.RFC3339), err)
		}
		if p.dead {
			y.tell("the process has died")
		}
		return err == nil && !p.dead
	}
	planned, err := p.deliver.SweepPlan(y.ctx, y.wall())
	if !alive(err) {
		return
	}
	mails, err := p.deliver.Collect(y.ctx, y.wall())
	if !alive(err) {
		return
	}
	sends := len(y.sends)
	defer func() {
		y.tell("swept: planned %d, collected %d, the server took %d", planned, mails, len(y.sends)-sends)
	}()
	for range 4 {
		p.waits = 0
		due, err := p.deliver.SweepMails(y.ctx, y.wall())
		if !alive(err) {
			return
		}
		for _, id := range due {
			if !alive(p.deliver.Deliver(y.ctx, id)) {
				return
			}
		}
		if p.waits == 0 {
			return
		}
		y.now = y.now.Add(70 * time.Second)
		y.look()
	}
}

// noteBrake lets ops release the storm brake a few hours after it was pulled.
func (y *year) noteBrake() {
	on, err := y.store.ActiveBrake(y.ctx)
	y.must(err)
	if on == nil || len(y.brakes) > 0 && y.brakes[len(y.brakes)-1].holds(y.now) {
		return
	}
	y.tell("the storm brake is on: %s", on.Reason)
	until := y.now.Add(time.Duration(1+y.dice.IntN(20)) * time.Hour)
	y.brakes = append(y.brakes, yearSpan{from: y.now.Add(-6 * time.Hour), until: until})
	y.plan(until, func() { y.must(y.store.ReleaseBrake(y.ctx, "ops@tidewater.example", y.wall())) })
}
