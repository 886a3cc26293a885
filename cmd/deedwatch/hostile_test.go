package main

import (
	"bytes"
	"fmt"
	"log/slog"
	"net"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/goccy/go-yaml"

	"github.com/krestmarketing/deedwatch/access"
	"github.com/krestmarketing/deedwatch/configs"
	"github.com/krestmarketing/deedwatch/engine"
	"github.com/krestmarketing/deedwatch/lab"
	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/store"
)

// logBuffer keeps what is logged.
type logBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// siege is the product among hostile servers.
type siege struct {
	t       *testing.T
	clock   *handClock
	lab     *lab.Lab
	app     *app
	logged  *logBuffer
	attacks []attack
	began   time.Time
	inside  net.Listener // nobody has any business there
	visits  chan string
}

func newSiege(t *testing.T, database string) *siege {
	t.Helper()
	s := &siege{t: t, clock: &handClock{t: time.Date(2027, 3, 1, 10, 0, 0, 0, lifeZone)}, logged: &logBuffer{}, attacks: attacks()}
	s.began = s.clock.Now()
	s.inside, s.visits = insideListener(t)
	for i := range s.attacks {
		if w := &s.attacks[i].whois; w.Kind == lab.WHOISReferral {
			w.ReferTo = s.inside.Addr().String()
		}
	}
	var err error
	s.lab, err = lab.Start(t.Context(), hostileWorld(s.attacks), lab.Options{Now: s.clock.Now})
	s.must(err)
	t.Cleanup(func() { s.must(s.lab.Close()) })
	c := demoConfig(s.lab.Endpoints(), "http://127.0.0.1", database)
	c.RDAP.PerSecond, c.WHOIS.PerSecond, c.DNS.PerSecond = 1e6, 1e6, 1e6
	c.RDAP.Timeout, c.WHOIS.Timeout, c.DNS.Timeout = siegeTimeout, siegeTimeout, 200*time.Millisecond
	c.Links.Key = configs.NewSecret(strings.Repeat("k", configs.MinLinkKey))
	log := newLogger(configs.Log{Level: "debug", Format: "text"}, s.logged)
	s.must(store.Migrate(t.Context(), storeOptions(c, log)))
	s.app, err = newApp(t.Context(), c, appOptions{now: s.clock.Now, log: log, work: true, pages: true, runner: engine.NewPool(engine.PoolOptions{Logger: log})})
	s.must(err)
	t.Cleanup(func() { s.must(s.app.stop()) })
	s.must(s.app.start(t.Context(), nil))
	return s
}

func (s *siege) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// insideListener stands for a service of the operator's own network.
func insideListener(t *testing.T) (net.Listener, chan string) {
	t.Helper()
	l, err := listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	visits, done := make(chan string, 100), make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			visits <- conn.RemoteAddr().String()
			_ = conn.Close()
		}
	}()
	t.Cleanup(func() { _ = l.Close(); <-done })
	return l, visits
}

// importHostile imports a portfolio whose texts are hostile; what can't be a text is refused, and not repeated.
func (s *siege) importHostile() {
	s.t.Helper()
	head := []string{"domain", "client", "owner_name", "owner_email", "owner_phone"}
	rows := [][]string{head}
	for i := range s.attacks {
		rows = append(rows, []string{s.attacks[i].domain(), "Attacked Ltd", "Olive Owner", "olive@attacked.example", ""})
	}
	rows = append(rows,
		[]string{"due.lab", hostileMarkup, `Eve "` + hostileMarkup + `" Owner`, "eve@due.example", hostilePhone},
		[]string{"bounce.lab", hostileFormula, hostileFormula, "formula@bounce.example", hostilePhone},
		[]string{"later.lab", hostileBidi + " Ltd", hostileBidi, "bidi@later.example", ""},
		[]string{"records.lab", "Records Ltd", "Rita Records", "rita@records.example", ""},
		[]string{"othername.lab", "Other Name Ltd", "Otto Other", "otto@other.example", ""},
	)
	good := len(rows) - 1
	for i, bad := range []string{"Ada\r\nBcc: victim@mailhost.lab", "Ada\x1b[31m", "Ada\x00", "Ada\u009b31m", "Ada\xff"} {
		rows = append(rows, []string{fmt.Sprintf("bad%d.lab", i), "Bad Ltd", bad, "ada@bad.example", ""})
	}
	doc, err := importPortfolio(s.t.Context(), s.app.store, csvSheet(s.t, rows), false, s.clock.Now())
	s.must(err)
	if doc.New != good || len(doc.Errors) != len(rows)-1-good {
		s.t.Errorf("%d rows were taken and %d refused, want %d and %d: %+v", doc.New, len(doc.Errors), good, len(rows)-1-good, doc.Errors)
	}
	for _, e := range doc.Errors {
		if strings.Contains(e.Error, "Ada") || unprintable(e.Error) >= 0 {
			s.t.Errorf("the refusal repeats the value: %q", e.Error)
		}
	}
	records := [][]string{{"domain", "host", "type", "match", "value", "purpose", "service"}}
	for _, domain := range []string{"records.lab", "othername.lab", "due.lab"} {
		records = append(records, []string{domain, "www", "CNAME", "exact", "sites.agency.lab", hostileMarkup, "website"}, []string{domain, "@", "TXT", "exact", "fine", hostileFormula, "seo"})
	}
	records = append(records, []string{"records.lab", "shop", "CNAME", "exact", "sites.agency.lab", "The shop", "website"})
	doc, err = importRecords(s.t.Context(), s.app.store, csvSheet(s.t, records), recordsMode{}, s.clock.Now())
	s.must(err)
	if len(doc.Errors) > 0 {
		s.t.Errorf("records: %+v", doc.Errors)
	}
}

// attack lets every server turn hostile.
func (s *siege) attack() {
	s.t.Helper()
	for i := range s.attacks {
		a := &s.attacks[i]
		if a.rdap != (lab.RDAPFault{}) {
			s.lab.SetRDAPFault(a.suffix, a.rdap)
		} else {
			s.lab.SetWHOISFault(a.suffix, a.whois)
		}
	}
	for _, ns := range []string{"ns1.other.lab", "ns2.other.lab"} {
		s.must(s.lab.SetServerBehaviour(ns, lab.Behaviour{Mode: lab.ModeOtherName}))
	}
	for _, r := range hostileRecords {
		s.must(s.lab.SetRecord("records.lab", r.Host, r.Type, r.Value))
	}
}

// step works once, so many hours later, with everything due.
func (s *siege) step(after time.Duration) time.Duration {
	s.t.Helper()
	s.clock.set(s.clock.Now().Add(after))
	board, err := s.app.store.Board(s.t.Context(), models.BoardQuery{Now: s.clock.Now(), Loc: lifeZone})
	s.must(err)
	var ids []int64
	for _, row := range board.Rows {
		ids = append(ids, row.Domain.ID)
	}
	s.must(s.app.store.Recheck(s.t.Context(), ids, s.clock.Now()))
	began := time.Now()
	s.must(s.app.step(s.t.Context()))
	return time.Since(began)
}

func (s *siege) view(domain string) models.DomainView {
	s.t.Helper()
	v, err := s.app.store.DomainView(s.t.Context(), domain)
	s.must(err)
	return v
}

// Everything hostile that the product may meet, end to end: from the servers through the database to the pages, mails and logs.
func TestHostileInput(t *testing.T) {
	for name, database := range engines(t) {
		t.Run(name, func(t *testing.T) {
			s := newSiege(t, database)
			s.importHostile()
			s.lab.SetSMTPFault(lab.SMTPFault{Recipient: "formula@bounce.example", Code: 550, Enhanced: "5.1.1", Text: lab.Hostile + "\u202e\xff"})
			s.step(0)
			before := map[string]models.Registration{}
			for i := range s.attacks {
				a := &s.attacks[i]
				reg := s.view(a.domain()).Watched.Registration
				if reg == nil || reg.RegistryExpiry == nil || !reg.RegistryExpiry.Equal(hostileExpiry) {
					t.Fatalf("%s was not seen before the attack: %+v", a.domain(), reg)
				}
				before[a.domain()] = *reg
			}
			if t.Failed() {
				t.FailNow()
			}
			var low, high runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&low)
			s.attack()
			took := []time.Duration{s.step(2 * time.Hour), s.step(2 * time.Hour)} // the second one confirms what it sees
			runtime.GC()
			runtime.ReadMemStats(&high)
			grown := int64(high.HeapAlloc) - int64(low.HeapAlloc)
			if grown > 64<<20 {
				t.Errorf("%d MB are held after the attack", grown>>20)
			}
			if longest := slices.Max(took); longest > 30*time.Second {
				t.Errorf("a step took %s", longest)
			}
			s.checkAttacks(before)
			s.checkDNS()
			s.checkBounce()
			links := s.checkMails()
			s.grant()
			pages := s.checkPages(links)
			s.checkTerminal()
			s.checkLog()
			if len(s.visits) > 0 {
				t.Errorf("somebody was sent to the inside: %d connections", len(s.visits))
			}
			t.Logf("FIGURE hostile input on %s: %d attacks on registrations, steps of %v, %d pages without anything unescaped, %d kB held afterwards, %d lines of log",
				name, len(s.attacks), took, pages, grown>>10, strings.Count(s.logged.String(), "\n"))
		})
	}
}

// checkAttacks holds each outcome to the taxonomy, and the facts to what was known before.
func (s *siege) checkAttacks(before map[string]models.Registration) {
	s.t.Helper()
	for i := range s.attacks {
		a := &s.attacks[i]
		v := s.view(a.domain())
		d, reg, was := v.Watched.Domain, v.Watched.Registration, before[a.domain()]
		if d.LookOutcome != a.want {
			s.t.Errorf("%s (%s): the outcome is %s, want %s", a.suffix, a.why, d.LookOutcome, a.want)
		}
		if d.Lifecycle != models.LifecycleRegistered || d.ExpiresAt == nil || !d.ExpiresAt.Equal(hostileExpiry) {
			s.t.Errorf("%s (%s): it is %s and expires %v", a.suffix, a.why, d.Lifecycle, d.ExpiresAt)
		}
		if reg.RegistryExpiry == nil || !reg.RegistryExpiry.Equal(hostileExpiry) {
			s.t.Errorf("%s (%s): the registry's date became %v", a.suffix, a.why, reg.RegistryExpiry)
		}
		same := reg.Registrar == was.Registrar && slices.Equal(reg.Statuses, was.Statuses) && slices.Equal(reg.Nameservers, was.Nameservers) && reg.FactsAt.Equal(*was.FactsAt)
		if !a.spoils && !same {
			s.t.Errorf("%s (%s): the facts changed by an answer that is none:\n%+v\n%+v", a.suffix, a.why, was, *reg)
		}
		texts := slices.Concat([]string{reg.Registrar, reg.RegistrarID}, reg.Statuses, reg.Nameservers)
		for _, o := range v.Observations {
			texts = append(texts, o.Detail, o.Server)
			if len(o.Evidence) > models.MaxEvidence {
				s.t.Errorf("%s: %d bytes of evidence are kept", a.suffix, len(o.Evidence))
			}
		}
		s.checkTexts(a.suffix, texts)
	}
}

// checkTexts demands one printable line of every text that people are shown.
func (s *siege) checkTexts(about string, texts []string) {
	s.t.Helper()
	for _, text := range texts {
		if i := unprintable(text); i >= 0 || strings.ContainsAny(text, "\n\t") || len(text) > 2000 {
			s.t.Errorf("%s: a text is kept that is not one printable line: %q", about, text)
		}
	}
}

// checkDNS looks at what hostile zones and servers came to.
func (s *siege) checkDNS() {
	s.t.Helper()
	for _, r := range s.view("records.lab").Watched.Records {
		if r.State != models.RecordWrong && r.State != models.RecordDangling {
			s.t.Errorf("records.lab: %s %s is %s: %s", r.Host, r.Type, r.State, r.Detail)
		}
		texts := []string{r.Detail}
		for server, values := range r.Seen {
			texts = append(append(texts, server), values...)
		}
		s.checkTexts("records.lab "+r.Host, texts)
	}
	other := s.view("othername.lab").Watched
	for _, r := range other.Records { // what was seen before stands, with its age; answers about another name neither confirm nor contradict it
		if r.State != models.RecordOK || r.LookedAt == nil || !r.LookedAt.Equal(s.began) || r.Pending != "" {
			s.t.Errorf("othername.lab: %s %s is %q, pending %q, of %v, by answers about another name: %s", r.Host, r.Type, r.State, r.Pending, r.LookedAt, r.Detail)
		}
	}
	if !slices.ContainsFunc(other.Findings, func(f models.Finding) bool {
		return f.Code == "dns_all_servers_failing" && f.State == models.FindingOpen
	}) {
		s.t.Errorf("othername.lab: nobody is told that its servers fail: %+v", other.Findings)
	}
	if other.Registration == nil || other.Domain.Lifecycle != models.LifecycleRegistered {
		s.t.Errorf("othername.lab: %+v", other.Domain)
	}
}

// checkBounce looks at what is kept of a mail server's hostile words.
func (s *siege) checkBounce() {
	s.t.Helper()
	v := s.view("bounce.lab")
	var texts []string
	bad := false
	for _, c := range v.Watched.Contacts {
		bad = bad || c.EmailState == models.EmailBad
		texts = append(texts, c.EmailReason)
	}
	if !bad {
		s.t.Errorf("the refused address is not marked: %+v", v.Watched.Contacts)
	}
	attempts := 0
	for _, n := range v.Notices {
		for _, a := range n.Attempts {
			attempts++
			texts = append(texts, a.Reply, a.Enhanced)
		}
	}
	if attempts == 0 {
		s.t.Error("no attempt is recorded")
	}
	s.checkTexts("bounce.lab", texts)
}

// grant records a delegated access whose texts are hostile.
func (s *siege) grant() {
	s.t.Helper()
	w := s.view("due.lab").Watched
	_, err := s.app.register.Record(s.t.Context(), access.Draft{
		ClientID: w.Client.ID, DomainID: &w.Domain.ID, Platform: hostileMarkup, Asset: hostileFormula, Role: hostileMarkup, Method: models.MethodUserInvitation,
		HolderKind: models.HolderTeam, Holder: hostileMarkup, Purpose: hostileFormula, Note: hostileMarkup, State: models.GrantRequested,
	}, "ops@krest.lab")
	s.must(err)
}

// checkTerminal runs the command line among the same servers: what they say reaches the terminal as text.
func (s *siege) checkTerminal() {
	s.t.Helper()
	settings, err := yaml.Marshal(labSettings(s.lab.Endpoints()))
	s.must(err)
	config := file(s.t, "lab.yaml", string(settings))
	for _, format := range []string{"", "--json"} {
		args := []string{"check", "--config", config, "shop.rdaptext", "shop.whoistext", "shop.whoisbytes", "records.lab"}
		if format != "" {
			args = append(args, format)
		}
		_, out, said := command(s.t, nil, args...)
		for what, text := range map[string]string{"standard output": out, "standard error": said} {
			if i := unprintable(text); i >= 0 {
				s.t.Errorf("check %s: %s holds %q", format, what, text[max(0, i-40):min(len(text), i+40)])
			}
		}
		if !strings.Contains(out, "records.lab") || !strings.Contains(out, "alert") {
			s.t.Errorf("check %s does not tell what was answered, so nothing was tested:\n%s%s", format, out, said)
		}
	}
}

// checkLog demands that nothing from outside began a line of its own or reached a terminal.
func (s *siege) checkLog() {
	s.t.Helper()
	text := s.logged.String()
	for line := range strings.SplitSeq(strings.TrimSuffix(text, "\n"), "\n") {
		if !strings.HasPrefix(line, "time=") || !strings.Contains(line, " level=") {
			s.t.Errorf("a line of the log that is not ours: %q", line)
		}
		if unprintable(line) >= 0 {
			s.t.Errorf("a line of the log holds control characters: %q", line)
		}
	}
	if !strings.Contains(text, "level="+slog.LevelWarn.String()) || !strings.Contains(text, "alert") {
		s.t.Error("the log does not speak of what happened, so nothing was tested")
	}
}

// unprintable gives the place of the first byte or character that must not reach a page, a header, a log or a terminal; -1: none. Line ends
// and tabs are for the caller to judge.
func unprintable(text string) int {
	for i, r := range text {
		switch {
		case r == utf8.RuneError && !strings.HasPrefix(text[i:], "\uFFFD"):
			return i
		case r < 0x20 && r != '\n' && r != '\t', r >= 0x7f && r <= 0x9f:
			return i
		case r == 0x200e, r == 0x200f, r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069, r == 0x2028, r == 0x2029:
			return i
		}
	}
	return -1
}
