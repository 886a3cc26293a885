package main

import (
	"bytes"
	"encoding/csv"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/krestmarketing/deedwatch/configs"
	"github.com/krestmarketing/deedwatch/engine"
	"github.com/krestmarketing/deedwatch/lab"
	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/store"
)

// handClock is a clock that moves only when it is set.
type handClock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *handClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *handClock) set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = t
}

// lifeEvent is something that happens at an instant of the agency's wall clock.
type lifeEvent struct {
	at   string
	what func(l *life)
}

// life is one run of the two years.
type life struct {
	t       *testing.T
	clock   *handClock
	lab     *lab.Lab
	app     *app
	stories []lifeStory
	events  []lifeEvent
	got     map[string][]string // domain → "day stage recipient" of what arrived
	roots   map[string]string   // domain, expiry and recipient → first Message-ID
	ids     map[string]bool     // every Message-ID
	letters map[string]bool     // recipient and day
	links   map[string]string   // domain → path of the latest signed link to its owner
	seen    int                 // mails looked at
	days    int
	steps   int
	ledger  int
}

var lifeZone = location(demoZone)

func lifeDay(t *testing.T, s string) time.Time {
	t.Helper()
	d, err := time.ParseInLocation(time.DateOnly, s, lifeZone)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func newLife(t *testing.T, database string) *life {
	t.Helper()
	l := &life{
		t: t, clock: &handClock{}, stories: lifeStories, events: lifeEvents(), got: map[string][]string{}, roots: map[string]string{},
		ids: map[string]bool{}, letters: map[string]bool{}, links: map[string]string{},
	}
	slices.SortStableFunc(l.events, func(a, b lifeEvent) int { return strings.Compare(a.at, b.at) })
	begin := lifeDay(t, lifeBegins)
	l.clock.set(begin.Add(9 * time.Hour))
	var err error
	if l.lab, err = lab.Start(t.Context(), l.world(), lab.Options{Now: l.clock.Now}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.must(l.lab.Close()) })
	c := demoConfig(l.lab.Endpoints(), "https://watch.krest.lab", database)
	c.Agency.Holidays = lifeHolidays
	c.RDAP.PerSecond, c.WHOIS.PerSecond, c.DNS.PerSecond = 1e6, 1e6, 1e6
	c.Links.Key = configs.NewSecret(strings.Repeat("k", configs.MinLinkKey))
	l.must(store.Migrate(t.Context(), storeOptions(c, discard)))
	l.app, err = newApp(t.Context(), c, appOptions{now: l.clock.Now, log: discard, work: true, pages: true, runner: engine.NewPool(engine.PoolOptions{})})
	l.must(err)
	t.Cleanup(func() { l.must(l.app.stop()) })
	l.must(l.app.start(t.Context(), nil))
	return l
}

func (l *life) must(err error) {
	l.t.Helper()
	if err != nil {
		l.t.Fatalf("%s: %v", l.clock.Now().In(lifeZone).Format("2006-01-02 15:04"), err)
	}
}

// world registers the stories' domains. Each expires at 11:00 UTC, which is early in the morning of that day at the agency.
func (l *life) world() lab.World {
	w := lab.World{TLDs: []lab.TLD{
		{Name: "lab", RDAP: true, PublishesExpiry: true},
		{Name: "shoplab", WHOIS: true, PublishesExpiry: true, Dialect: lab.DialectCountry},
		{Name: "landlab", WHOIS: true, Dialect: lab.DialectMinimal},
	}}
	for _, s := range l.stories {
		expires := lifeDay(l.t, s.expires)
		d := lab.Domain{
			Name: s.name, Registrar: "Harbor Names", Statuses: []string{"clientTransferProhibited"}, RegistrarRDAP: true, AutoRenewTrap: s.name == "summit.lab",
			Expires: time.Date(expires.Year(), expires.Month(), expires.Day(), 11, 0, 0, 0, time.UTC),
			Records: []lab.Record{{Host: "www", Type: "CNAME", Value: "sites.agency.lab."}},
		}
		if strings.HasSuffix(s.name, ".landlab") {
			d.Expires = d.Expires.AddDate(20, 0, 0)
		}
		w.Domains = append(w.Domains, d)
	}
	w.Domains = append(w.Domains, lab.Domain{
		Name: "agency.lab", Infrastructure: true, Expires: time.Date(2120, 1, 1, 0, 0, 0, 0, time.UTC),
		Records: []lab.Record{{Host: "sites", Type: "A", Value: "192.0.2.80"}},
	})
	return w
}

func (s *lifeStory) clientName() string {
	if s.client != "" {
		return s.client
	}
	name, _, _ := strings.Cut(s.name, ".")
	return strings.ToUpper(name[:1]) + name[1:] + " Ltd"
}

func (s *lifeStory) address(role string) string {
	return role + "@" + strings.NewReplacer(" & ", "-", " ", "-").Replace(strings.ToLower(s.clientName())) + ".example"
}

// join imports the stories that begin on a day, as CSV.
func (l *life) join(day string) {
	rows := [][]string{{"domain", "client", "owner_name", "owner_email", "deputy_name", "deputy_email", "attested_expiry"}}
	for _, s := range l.stories {
		if s.joins != day && (s.joins != "" || day != lifeBegins) {
			continue
		}
		row := []string{s.name, s.clientName(), "Olive Owner", s.address("owner"), "", "", ""}
		if s.deputy {
			row[4], row[5] = "Dale Deputy", s.address("deputy")
		}
		if strings.HasSuffix(s.name, ".landlab") {
			row[6] = s.expires
		}
		rows = append(rows, row)
	}
	if len(rows) == 1 {
		return
	}
	doc, err := importPortfolio(l.t.Context(), l.app.store, csvSheet(l.t, rows), false, l.clock.Now())
	l.must(err)
	if len(doc.Errors) > 0 || doc.New != len(rows)-1 {
		l.t.Fatalf("import of %s: %+v", day, doc)
	}
	if day != lifeBegins {
		return
	}
	records := [][]string{{"domain", "host", "type", "match", "value", "purpose", "service"}, {"bakery.lab", "www", "CNAME", "exact", "sites.agency.lab", "Your website", "website"}}
	doc, err = importRecords(l.t.Context(), l.app.store, csvSheet(l.t, records), recordsMode{}, l.clock.Now())
	l.must(err)
	if len(doc.Errors) > 0 {
		l.t.Fatalf("import of records: %+v", doc)
	}
}

// csvSheet writes rows as a file to import.
func csvSheet(t *testing.T, rows [][]string) io.Reader {
	t.Helper()
	var b bytes.Buffer
	if err := csv.NewWriter(&b).WriteAll(rows); err != nil {
		t.Fatal(err)
	}
	return &b
}

// live goes through one day: at ten, two minutes later for what had to be looked at first, and in the evening, when tomorrow's notices are
// queued and nothing may go out.
func (l *life) live(day time.Time) {
	l.t.Helper()
	l.days++
	date := day.Format(time.DateOnly)
	l.until(day.Add(9*time.Hour + 30*time.Minute))
	l.join(date)
	down := date >= workerDownFrom && date < workerDownUntil
	silent := date >= registryDownFrom && date < registryDownUntil // a server that failed too often is left alone: mail waits an hour for a look
	for _, at := range []struct {
		hour, minute int
		all          bool // everything that is to arrive this day has arrived
	}{{10, 0, false}, {10, 2, !silent}, {11, 5, true}, {20, 0, true}} {
		if at.hour == 11 && !silent {
			continue
		}
		l.until(time.Date(day.Year(), day.Month(), day.Day(), at.hour, at.minute, 0, 0, lifeZone))
		if !down {
			l.must(l.app.step(l.t.Context()))
			l.steps++
		}
		l.read(date)
		l.compare(date, at.all)
	}
}

// until lets happen what happens until then, and sets the clock.
func (l *life) until(t time.Time) {
	for len(l.events) > 0 {
		at, err := time.ParseInLocation("2006-01-02 15:04", l.events[0].at, lifeZone)
		l.must(err)
		if at.After(t) {
			break
		}
		l.clock.set(at)
		happen := l.events[0].what
		l.events = l.events[1:]
		happen(l)
	}
	l.clock.set(t)
}

// compare holds what arrived against the tables. Before the day's last step for mail some of the day's may still be on their way.
func (l *life) compare(date string, all bool) {
	l.t.Helper()
	for i := range l.stories {
		s := &l.stories[i]
		got := slices.Clone(l.got[s.name])
		var want, due []string
		for _, m := range s.mails {
			last, rows := m.last(l.t), m.rows(got)
			switch {
			case last < date:
				want = append(want, rows...)
			case m.day <= date:
				due = append(due, rows...)
			}
			if m.day <= date && date < last {
				due = slices.DeleteFunc(due, func(row string) bool { return slices.Contains(rows, row) && !slices.Contains(got, row) })
			}
		}
		slices.Sort(got)
		if !all {
			got = slices.DeleteFunc(got, func(row string) bool { return slices.Contains(due, row) })
			due = nil
		}
		want = append(want, due...)
		slices.Sort(want)
		if diff := cmp.Diff(want, got, cmp.Transformer("lines", func(in []string) string { return strings.Join(in, "\n") })); diff != "" {
			l.t.Errorf("%s: %s (%s): mails so far (-want +got):\n%s", l.clock.Now().In(lifeZone).Format("2006-01-02 15:04"), s.name, s.why, diff)
		}
	}
}

// last is the last day on which a mail may arrive. Thanks wait for the look that sees the renewal; looks are up to 29 hours apart.
func (m *lifeMail) last(t *testing.T) string {
	t.Helper()
	if m.stage != models.StageRenewed {
		return m.day
	}
	day := lifeDay(t, m.day)
	for left := 2; left > 0; {
		day = day.AddDate(0, 0, 1)
		if w := day.Weekday(); w != time.Saturday && w != time.Sunday && !slices.Contains(lifeHolidays, day.Format(time.DateOnly)) {
			left--
		}
	}
	return day.Format(time.DateOnly)
}

// rows are the lines that a mail comes to, one for each who gets it: under the day on which it arrived, where there is a choice of days.
func (m *lifeMail) rows(got []string) []string {
	var rows []string
	for _, role := range m.to {
		what := string(m.stage) + " " + role + ", expires " + m.about
		day := m.day
		for _, row := range got {
			if arrived, of, _ := strings.Cut(row, " "); m.stage == models.StageRenewed && of == what && arrived > day {
				day = arrived
			}
		}
		rows = append(rows, day+" "+what)
	}
	return rows
}

// attest is a member of staff writing down what a client stated on the telephone.
func (l *life) attest(domain, date string) {
	w, err := l.app.store.WatchedByName(l.t.Context(), domain)
	l.must(err)
	day, err := time.Parse(time.DateOnly, date)
	l.must(err)
	l.must(l.app.store.AttestExpiry(l.t.Context(), models.Attested{DomainID: w.Domain.ID, Date: day, By: "Olive Owner", Actor: "ops@krest.lab", At: l.clock.Now()}))
}

// recheck is a member of staff asking for a look at once.
func (l *life) recheck(domain string) {
	w, err := l.app.store.WatchedByName(l.t.Context(), domain)
	l.must(err)
	l.must(l.app.store.Recheck(l.t.Context(), []int64{w.Domain.ID}, l.clock.Now()))
}

// registries lets every registry fall silent, or brings them back.
func (l *life) registries(down bool) {
	rdap, whois := lab.RDAPFault{}, lab.WHOISFault{}
	if down {
		rdap.Kind, whois.Kind = lab.RDAPOutage, lab.WHOISOutage
	}
	l.lab.SetRDAPFault("lab", rdap)
	l.lab.SetWHOISFault("shoplab", whois)
	l.lab.SetWHOISFault("landlab", whois)
}

func (l *life) mailServer(down bool) {
	l.lab.ClearSMTPFaults()
	if down {
		l.lab.SetSMTPFault(lab.SMTPFault{Outage: true})
	}
}
