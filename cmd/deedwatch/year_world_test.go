package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

const (
	yearDay     = 24 * time.Hour
	yearDomains = 300
	yearClients = 60
	yearSettle  = 14 // days without any trouble after the year, in which everything must come to rest
)

// yearZones are those of the agency, one a year, and of the people it writes to; each of the first four has its own change of clocks.
var yearZones = []string{"America/Los_Angeles", "Europe/Berlin", "Australia/Sydney", "America/Santiago", "Asia/Kathmandu"}

// yearTruth is what is true of a registration from an instant on, whoever knows it.
type yearTruth struct {
	from      time.Time
	exists    bool
	registry  *time.Time // what the registry states
	registrar *time.Time // what the registrar states
	statuses  []string
	owner     string     // the registrar
	changed   time.Time  // when the registration was changed last
	due       *time.Time // the date by which the client must be warned; nil: none that anybody could know
	cycle     int        // how often it was renewed
	outlived  bool       // nothing happened but that a grace is over
	what      string     // for the history
}

// yearDomain is a name under watch, with its whole truth.
type yearDomain struct {
	id        int64
	name      string
	client    *yearClient
	server    string // registry that is asked
	registrar bool   // the registrar publishes its own date
	noDate    bool   // the registry publishes none
	truth     []yearTruth

	seen    yearTruth  // what the last whole look showed
	seenAt  time.Time  // when the registry answered last
	wholeAt time.Time  // when it and the registrar answered together last
	knownAt time.Time  // when it showed seen for the first time
	shown   *time.Time // the date that the registry stated last, with the registrar or without
	shownAt time.Time  // when it did so for the first time
	firstAt time.Time
	answers []yearAnswer
	history []string

	lead       time.Duration // by so much the registrar's date is before the registry's
	statedAt   time.Time     // when the client stated a date last
	redeemedAt time.Time     // when a look showed redemption; zero: it is not in it
	archived   time.Time
	changed    time.Time // when it came to another client
	believed   time.Time // when the client said that it is renewed, as the registry showed, though nobody knew whether it was paid
	renewals   []*yearRenewal
	returned   []yearReturn
	records    *yearRecords // nil: nothing is delegated
	sends      []*yearSend  // messages that speak of it
}

// yearAnswer is what somebody said about the cycle that was open.
type yearAnswer struct {
	at      time.Time
	cycle   int
	kind    models.AnswerKind
	contact *yearContact
	due     *time.Time // the date as a look had shown it
	quiet   time.Time
}

type yearClient struct {
	id       int64
	name     string
	zone     string
	language string
	contacts []*yearContact
	domains  []*yearDomain
	heldAt   *time.Time
	holds    []yearSpan
	changed  time.Time // when who is to be written to, or when, changed last

	stages     []models.Stage // empty: the agency's
	deputyFrom *int
}

type yearContact struct {
	id       int64
	client   *yearClient
	name     string
	email    string
	role     models.ContactRole
	zone     string
	language string
	dead     time.Time // from when on its server refuses the address; zero: never
	off      bool      // must not be written to any more
	gone     bool      // and that for good
	erased   bool
}

// yearSpan is a stretch of true time, from included.
type yearSpan struct {
	from, until time.Time
	what        string
}

func (s yearSpan) holds(t time.Time) bool { return !t.Before(s.from) && t.Before(s.until) }

func (s yearSpan) meets(from, until time.Time) bool {
	return s.from.Before(until) && from.Before(s.until)
}

func (d *yearDomain) at(t time.Time) *yearTruth {
	i := len(d.truth) - 1
	for i > 0 && d.truth[i].from.After(t) {
		i--
	}
	return &d.truth[i]
}

func (d *yearDomain) last() *yearTruth { return &d.truth[len(d.truth)-1] }

// then adds what is true from an instant on.
func (d *yearDomain) then(at time.Time, what string, change func(*yearTruth)) {
	t := *d.last()
	t.statuses = slices.Clone(t.statuses)
	t.from, t.changed, t.what, t.outlived = at, at, what, false
	change(&t)
	d.truth = append(d.truth, t)
}

// yearFate draws the lives of names.
type yearFate struct {
	dice *rand.Rand
	end  time.Time
}

func (f *yearFate) days(from, to int) time.Duration {
	return time.Duration(from)*yearDay + time.Duration(f.dice.Int64N(int64(to-from+1)*int64(yearDay)))
}

func (f *yearFate) chance(percent int) bool { return f.dice.IntN(100) < percent }

// live draws what becomes of a name that expires at an instant, until the year is over.
func (f *yearFate) live(d *yearDomain, begin, expires time.Time) {
	first := expires
	d.truth = []yearTruth{{
		from: begin.AddDate(-2, 0, 0), exists: true, registry: &first, due: &first, owner: "Harbor Names", changed: begin.AddDate(-1, 0, 0),
		statuses: []string{"clientTransferProhibited"}, what: "registered until " + expires.Format(time.RFC3339),
	}}
	if d.registrar {
		d.truth[0].states(d, &first)
	}
	if d.noDate {
		d.truth[0].registry, d.truth[0].due, d.truth[0].registrar = nil, nil, nil
		return
	}
	for d.last().exists && expires.Before(f.end.Add(60*yearDay)) {
		expires = f.turn(d, expires)
	}
}

// turn draws how one cycle ends, and gives the next expiry.
func (f *yearFate) turn(d *yearDomain, expires time.Time) time.Time {
	if f.chance(6) {
		expires = f.correct(d, expires)
	}
	if f.chance(6) {
		f.hold(d, expires.Add(-f.days(12, 50)), f.days(2, 9))
	}
	switch roll := f.dice.IntN(100); {
	case roll < 45:
		return f.renew(d, expires, expires.Add(-f.days(1, 55)), 1, "renewed early")
	case roll < 50:
		return f.renew(d, expires, expires.Add(-f.days(1, 40)), 2, "renewed for two years")
	case roll < 60:
		return f.move(d, expires)
	case roll < 70 && d.registrar:
		return f.renew(d, expires, expires.Add(time.Duration(f.dice.Int64N(int64(20*time.Hour)))), 1, "renewed by itself, and paid")
	case roll < 80:
		return f.renew(d, expires, expires.Add(f.days(1, 34)), 1, "renewed late, the registry waited")
	case roll < 90 && d.registrar:
		f.trap(d, expires)
		return f.renew(d, expires, expires.Add(f.days(2, 34)), 1, "renewed late, the registrar confirms")
	}
	return f.lapse(d, expires)
}

// states sets what registry and registrar state; of two dates the earlier counts.
func (t *yearTruth) states(d *yearDomain, registry *time.Time) {
	t.registry, t.due = registry, registry
	if d.registrar {
		t.registrar = registry
		if d.lead > 0 {
			t.registrar = new(registry.Add(-d.lead))
			t.due = t.registrar
		}
	}
}

func years(t time.Time, n int) *time.Time { return new(t.AddDate(n, 0, 0)) }

func (f *yearFate) renew(d *yearDomain, expires, at time.Time, n int, what string) time.Time {
	if from := d.last().from; !at.After(from) {
		at = from.Add(time.Hour)
	}
	next := years(expires, n)
	d.then(at, what, func(t *yearTruth) {
		t.states(d, next)
		t.statuses = []string{"clientTransferProhibited"}
		t.cycle++
	})
	if at.After(expires.Add(-yearDay)) && !d.registrar {
		f.unconfirmed(d, expires)
	}
	return *next
}

// unconfirmed: without a registrar's word the date before counts, until the grace is over and the registry still shows the new one. The look
// that shows it may settle it otherwise.
func (f *yearFate) unconfirmed(d *yearDomain, expires time.Time) {
	t := d.last()
	if !expires.Add(yearGrace).After(t.from) {
		return
	}
	t.due, t.cycle = &expires, t.cycle-1
	d.truth = append(d.truth, t.outlives(expires))
}

// trap lets the registry renew a name by itself, unpaid, unless the date had passed already when it was corrected to it. Some registrars then
// state until when they keep it.
func (f *yearFate) trap(d *yearDomain, expires time.Time) {
	at := expires.Add(time.Duration(f.dice.Int64N(int64(6 * time.Hour))))
	if !at.After(d.last().from) {
		return
	}
	d.then(at, "the registry renews by itself, unpaid", func(t *yearTruth) {
		t.registry, t.statuses = years(expires, 1), []string{"clientTransferProhibited", "autoRenewPeriod"}
		if f.chance(30) {
			t.registrar = new(expires.Add(f.days(20, 44)))
			t.what += ", and the registrar keeps it until " + t.registrar.Format(time.DateOnly)
		}
	})
}

func (f *yearFate) correct(d *yearDomain, expires time.Time) time.Time {
	by := f.dice.IntN(9) - 4
	if f.chance(50) {
		by = []int{-24, -15, 12, 20, 30, 45, 52}[f.dice.IntN(7)] // by some weeks
	}
	moved := expires.AddDate(0, 0, by)
	at := expires.Add(-f.days(2, 58))
	if !at.After(d.last().from) || moved.Equal(expires) {
		return expires
	}
	d.then(at, "its date is corrected to "+moved.Format(time.RFC3339), func(t *yearTruth) {
		t.states(d, &moved)
	})
	return moved
}

func (f *yearFate) hold(d *yearDomain, at time.Time, lasts time.Duration) {
	if !at.After(d.last().from) {
		return
	}
	before := d.last().statuses
	d.then(at, "put on hold", func(t *yearTruth) { t.statuses = []string{"clientHold", "clientTransferProhibited"} })
	d.then(at.Add(lasts), "taken off hold", func(t *yearTruth) { t.statuses = before })
}

// move takes a name to another registrar, which adds a year.
func (f *yearFate) move(d *yearDomain, expires time.Time) time.Time {
	at := expires.Add(-f.days(8, 50))
	if from := d.last().from; !at.After(from) {
		at = from.Add(time.Hour)
	}
	d.then(at, "transfer begun", func(t *yearTruth) { t.statuses = []string{"pendingTransfer"} })
	d.then(at.Add(5*yearDay), "moved", func(t *yearTruth) { t.owner = "Cardinal Registry Services" })
	t := d.last()
	next := years(expires, 1)
	t.states(d, next)
	t.statuses, t.cycle = []string{"clientTransferProhibited", "transferPeriod"}, t.cycle+1
	return *next
}

// lapse takes a name through grace and redemption; a quarter of them come back, the others are released.
func (f *yearFate) lapse(d *yearDomain, expires time.Time) time.Time {
	if d.registrar && f.chance(50) {
		f.trap(d, expires)
	}
	redeem := expires.Add(f.days(30, 43))
	d.then(redeem, "in redemption", func(t *yearTruth) {
		t.registry, t.statuses = &expires, []string{"redemptionPeriod", "pendingDelete"}
		if d.registrar && t.registrar.After(expires) {
			t.due = &expires
		}
	})
	if f.chance(25) {
		return f.renew(d, expires, redeem.Add(f.days(2, 25)), 1, "restored")
	}
	d.then(redeem.Add(30*yearDay), "pending delete", func(t *yearTruth) { t.statuses = []string{"pendingDelete"} })
	d.then(redeem.Add(35*yearDay), "released", func(t *yearTruth) { t.exists, t.due, t.registry, t.registrar = false, nil, nil, nil })
	return expires
}

// yearPortfolio draws the clients, their people and names.
func (y *year) yearPortfolio() {
	for i := range yearClients {
		c := &yearClient{name: fmt.Sprintf("Client %02d Ltd", i), zone: yearZones[y.dice.IntN(len(yearZones))], language: []string{"en", "es", ""}[y.dice.IntN(3)]}
		y.people(c, i)
		y.clients = append(y.clients, c)
	}
	fate := &yearFate{dice: y.dice, end: y.end}
	suffixes := []string{"alpha", "alpha", "beta", "gamma", "nodate"}
	for i := range yearDomains {
		c := y.clients[y.dice.IntN(len(y.clients))]
		if i < len(y.clients) {
			c = y.clients[i]
		}
		suffix := suffixes[y.dice.IntN(len(suffixes))]
		if suffix == "nodate" && !fate.chance(40) {
			suffix = "beta"
		}
		d := &yearDomain{name: fmt.Sprintf("name%03d.%s", i, suffix), client: c, server: suffix, noDate: suffix == "nodate"}
		d.registrar = suffix == "alpha" || suffix == "gamma"
		expires := y.begin.Add(-20*yearDay + time.Duration(y.dice.Int64N(int64(440*yearDay)))).Truncate(time.Second)
		if fate.chance(30) {
			expires = expires.Truncate(yearDay) // a day without a time
		}
		if d.registrar && fate.chance(20) {
			d.lead = time.Duration(1+fate.dice.IntN(3)) * yearDay
		}
		fate.live(d, y.begin, expires)
		c.domains = append(c.domains, d)
		y.domains = append(y.domains, d)
	}
}

func (y *year) people(c *yearClient, i int) {
	roles := []models.ContactRole{models.RoleOwner}
	if y.dice.IntN(100) < 45 {
		roles = append(roles, models.RoleDeputy)
	}
	if y.dice.IntN(100) < 20 {
		roles = append(roles, []models.ContactRole{models.RoleBilling, models.RoleTechnical}[y.dice.IntN(2)])
	}
	for _, role := range roles {
		p := &yearContact{client: c, role: role, name: strings.ToUpper(string(role[:1])) + string(role[1:]) + " Person", zone: c.zone, language: c.language}
		p.email = fmt.Sprintf("%s@client%02d.example", role, i)
		if y.dice.IntN(100) < 8 { // an accountant who looks after several clients
			p.email = fmt.Sprintf("shared%d@accountants.example", y.dice.IntN(3))
		}
		if y.dice.IntN(100) < 25 {
			p.zone = yearZones[y.dice.IntN(len(yearZones))]
		}
		if y.dice.IntN(100) < 8 {
			p.dead = y.begin.Add(time.Duration(y.dice.Int64N(int64(300 * yearDay))))
		}
		if slices.ContainsFunc(c.contacts, func(o *yearContact) bool { return o.email == p.email }) {
			continue
		}
		c.contacts = append(c.contacts, p)
	}
}
