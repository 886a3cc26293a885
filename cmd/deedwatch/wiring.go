package main

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/krestmarketing/deedwatch/catalog"
	"github.com/krestmarketing/deedwatch/configs"
	"github.com/krestmarketing/deedwatch/dashboard"
	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/monitor"
	"github.com/krestmarketing/deedwatch/monitor/dns"
	"github.com/krestmarketing/deedwatch/monitor/guard"
	"github.com/krestmarketing/deedwatch/monitor/rdap"
	"github.com/krestmarketing/deedwatch/monitor/whois"
	"github.com/krestmarketing/deedwatch/notify"
	"github.com/krestmarketing/deedwatch/notify/email"
)

// newLogger writes to w as the configuration says.
func newLogger(c configs.Log, w streamWriter) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(c.Level)) // validated
	opts := &slog.HandlerOptions{Level: level}
	if c.Format == "json" {
		return slog.New(slog.NewJSONHandler(w, opts))
	}
	return slog.New(slog.NewTextHandler(w, opts))
}

// streamWriter is standard error, or a test's buffer.
type streamWriter interface{ Write([]byte) (int, error) }

// looks are the three protocols, ready to ask.
type looks struct {
	rdap  *rdap.Client
	whois *whois.Client
	dns   *dns.Prober
}

func newLooks(c configs.Config, now func() time.Time, log *slog.Logger) (looks, error) {
	g := guard.New(c.Network.AllowPrivate)
	r, err := rdap.New(rdap.Options{
		HTTP:      g.HTTPClient(guard.HTTPOptions{Timeout: c.RDAP.Timeout, UserAgent: c.Network.UserAgent}),
		Bootstrap: c.RDAP.Bootstrap, CachePath: cachePath(c.RDAP.CacheDir), Overrides: c.RDAP.Overrides, Timeout: c.RDAP.Timeout, Clock: now, Logger: log,
	})
	if err != nil {
		return looks{}, &configs.Error{Source: "rdap", Msg: err.Error()}
	}
	w, err := whois.New(whois.Options{Dial: g.DialContext, Servers: c.WHOIS.Servers, Timeout: c.WHOIS.Timeout, Clock: now})
	if err != nil {
		return looks{}, &configs.Error{Source: "whois", Msg: err.Error()}
	}
	hints, err := rootHints(c.DNS.RootHints)
	if err != nil {
		return looks{}, &configs.Error{Source: "dns.root_hints", Msg: err.Error()}
	}
	d, err := dns.New(dns.Options{
		RootHints: hints, Port: uint16(c.DNS.Port), AddressMap: addressMap(c.DNS.AddressMap), AllowPrivate: c.Network.AllowPrivate, //nolint:gosec // validated: below 65536
		Timeout: c.DNS.Timeout, PerServerRate: c.DNS.PerSecond, IPv6: c.DNS.IPv6, Now: now, Logger: log,
	})
	if err != nil {
		return looks{}, &configs.Error{Source: "dns", Msg: err.Error()}
	}
	return looks{r, w, d}, nil
}

// cachePath is where the fetched list of RDAP servers is kept; empty: nowhere.
func cachePath(dir string) string {
	if dir == "" {
		return ""
	}
	return filepath.Join(dir, "rdap-bootstrap.json")
}

// rootHints reads a file in the form of named.root, or a list of addresses; empty means the public root.
func rootHints(setting string) ([]dns.RootServer, error) {
	if setting == "" {
		return nil, nil
	}
	first, _, _ := strings.Cut(setting, ",")
	if !isAddress(strings.TrimSpace(first)) {
		content, err := os.ReadFile(setting) //nolint:gosec // the operator names the file
		if err != nil {
			return nil, fmt.Errorf("is neither a list of addresses nor a file that can be read: %w", err)
		}
		return dns.ParseRootHints(bytes.NewReader(content))
	}
	return dns.ParseRootHints(strings.NewReader(strings.ReplaceAll(setting, ",", "\n")))
}

func isAddress(s string) bool {
	if _, err := netip.ParseAddr(s); err == nil {
		return true
	}
	_, err := netip.ParseAddrPort(s)
	return err == nil
}

// addressMap resolves the addresses of a test network; validation made sure that they parse.
func addressMap(m map[string]string) map[netip.Addr]netip.AddrPort {
	out := make(map[netip.Addr]netip.AddrPort, len(m))
	for from, to := range m {
		f, errFrom := netip.ParseAddr(from)
		t, errTo := netip.ParseAddrPort(to)
		if errFrom == nil && errTo == nil {
			out[f] = t
		}
	}
	return out
}

func newMonitor(c configs.Config, l looks, store monitor.Store, now func() time.Time, worker string, log *slog.Logger) (*monitor.Monitor, error) {
	for _, entry := range c.Agency.ReleasedHosts {
		if err := monitor.CheckReleased(entry); err != nil {
			return nil, &configs.Error{Source: "agency.released_hosts", Msg: err.Error()}
		}
	}
	return monitor.New(monitor.Options{
		Store: store, RDAP: l.rdap, WHOIS: l.whois, DNS: l.dns, Now: now, Worker: worker, Logger: log, Loc: location(c.Agency.TimeZone),
		Lifecycle: func(domain string) monitor.LifecycleDays {
			r := catalog.ForDomain(domain)
			return monitor.LifecycleDays{
				AutoRenewGrace: r.AutoRenewGraceDays, Redemption: r.RedemptionDays, PendingDelete: r.PendingDeleteDays,
				NoAutoRenew: r.AutoRenews == catalog.No, NoPublicExpiry: r.PublishesExpiry == catalog.No,
			}
		},
		Wall:       time.Now,
		Limit:      serverLimits(c),
		Brake:      monitor.BrakeThresholds{Window: c.Storm.Within, MinBad: c.Storm.Minimum, Share: c.Storm.Share},
		LookMargin: min(15*time.Second, jobTimeout(c)/8), Released: c.Agency.ReleasedHosts,
	})
}

// jobTimeout bounds one job. It is well below the age at which a job counts as lost with its worker, or it would run twice at once.
func jobTimeout(c configs.Config) time.Duration { return c.Engine.RescueAfter * 2 / 3 }

// location gives a zone that validation has found.
func location(name string) *time.Location {
	loc, err := time.LoadLocation(name)
	if err != nil {
		return time.UTC
	}
	return loc
}

func clockTime(s string) models.ClockTime {
	t, _ := time.Parse("15:04", s) // validated
	return models.ClockTime{Hour: t.Hour(), Minute: t.Minute()}
}

func office(a configs.Agency) models.Office {
	o := models.Office{Zone: location(a.TimeZone), Open: clockTime(a.Opens), Close: clockTime(a.Closes)}
	for i, d := range configs.Weekdays {
		o.Days[i] = slices.Contains(a.OpenDays, d)
	}
	for _, h := range a.Holidays {
		if t, err := time.Parse(time.DateOnly, h); err == nil {
			o.Holidays = append(o.Holidays, t)
		}
	}
	return o
}

// hoursText says when the agency answers, as people say it: "Monday to Friday, 9 to 5 Pacific".
func hoursText(a configs.Agency) string {
	return daysText(office(a).Days) + ", " + hourText(a.Opens) + " to " + hourText(a.Closes) + " " + a.ZoneLabel
}

func daysText(open [7]bool) string {
	var days []time.Weekday
	for i := 1; i <= 7; i++ { // Monday first
		if d := time.Weekday(i % 7); open[d] {
			days = append(days, d)
		}
	}
	run := len(days) > 2
	for i := 1; i < len(days); i++ {
		run = run && (days[i]+6)%7 == days[i-1]
	}
	if run {
		return days[0].String() + " to " + days[len(days)-1].String()
	}
	names := make([]string, len(days))
	for i, d := range days {
		names[i] = d.String()
	}
	return strings.Join(names, ", ")
}

// hourText words HH:MM on the twelve-hour clock, the minutes only when there are any.
func hourText(hhmm string) string {
	c := clockTime(hhmm)
	h := (c.Hour+11)%12 + 1
	if c.Minute == 0 {
		return fmt.Sprint(h)
	}
	return fmt.Sprintf("%d:%02d", h, c.Minute)
}

func policy(c configs.Config) notify.Policy {
	p := notify.DefaultPolicy(location(c.Agency.TimeZone))
	p.Office = office(c.Agency)
	p.SendFrom, p.SendUntil = clockTime(c.Notices.SendAt), clockTime(c.Notices.SendUntil)
	stages := make([]models.Stage, len(c.Notices.Stages))
	for i, s := range c.Notices.Stages {
		stages[i] = models.Stage(s)
	}
	p = p.Use(stages)
	p.AnyDayWithin, p.DeputyWithin, p.DeputyAfter = c.Notices.AnyDayFrom, c.Notices.DeputyFrom, c.Notices.DeputyAfter
	p.Thanks, p.Attest, p.Records, p.DailyCap = c.Notices.Thanks, c.Notices.Attest, c.Notices.Records, c.Notices.DailyCap
	p.FollowUpAfter = time.Duration(c.Notices.AnswerHours) * time.Hour
	p.MaxObservationAge = c.Notices.MaxObservationAge
	return p
}

// agency is who writes. Until mail is set up, words stand in for what only a notice needs.
func agency(c configs.Config) notify.Agency {
	a := notify.Agency{
		Name: c.Agency.Name, FromName: c.Agency.FromName, FromAddress: c.Agency.FromAddress, ReplyTo: c.Agency.ReplyTo, Phone: c.Agency.Phone,
		Hours: hoursText(c.Agency), SupportURL: c.Agency.SupportURL, BaseURL: c.BaseURL, Language: c.Agency.Language,
	}
	if c.SMTP.Address == "" {
		a.Phone, a.SupportURL = orElse(a.Phone, "not set"), orElse(a.SupportURL, c.BaseURL)
	}
	return a
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// noMail stands where no mail server is configured. Nothing is handed to it, since nothing is collected then.
type noMail struct{}

// Send says that there is no server.
func (noMail) Send(context.Context, notify.Message) notify.Result {
	return notify.Result{Outcome: models.DeliveryTemporary, Reply: "smtp.address is not set"}
}

func newMailer(c configs.Config) (notify.Mailer, error) {
	if c.SMTP.Address == "" {
		return noMail{}, nil
	}
	hello := c.SMTP.Hello
	if hello == "" {
		_, hello, _ = strings.Cut(c.Agency.FromAddress, "@")
	}
	s, err := email.New(email.Options{
		Addr: c.SMTP.Address, Username: c.SMTP.Username, Password: c.SMTP.Password.Reveal, TLS: email.TLSPolicy(c.SMTP.TLS), HELO: hello, Timeout: c.SMTP.Timeout,
		Connections: c.Engine.MailWorkers,
	})
	if err != nil {
		return nil, &configs.Error{Source: "smtp", Msg: err.Error()}
	}
	return s, nil
}

func dashboardAgency(c configs.Config) dashboard.Agency {
	return dashboard.Agency{
		Name: c.Agency.Name, Phone: c.Agency.Phone, SupportURL: c.Agency.SupportURL, Hours: hoursText(c.Agency), Office: office(c.Agency), Zone: location(c.Agency.TimeZone), ZoneName: c.Agency.ZoneLabel, Language: c.Agency.Language,
	}
}

// newHTTPServer bounds every phase of a request.
func newHTTPServer(h http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler: h, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 60 * time.Second, WriteTimeout: 60 * time.Second, IdleTimeout: 2 * time.Minute,
		MaxHeaderBytes: 32 << 10, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
}

// listen opens the address, which may name port 0 for a free one.
func listen(address string) (net.Listener, error) {
	l, err := net.Listen("tcp", address) //nolint:noctx // lives as long as the program
	if err != nil {
		return nil, &configs.Error{Source: "listen", Msg: fmt.Sprintf("can't serve on %s: %v; choose another address with --listen", address, err)}
	}
	return l, nil
}
