package configs

import (
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/netip"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Stages are the rungs that notices.stages may name.
var Stages = []string{"d60", "d30", "d14", "d7", "d3", "d1", "d0", "p1", "p4", "redemption", "pending_delete"}

// MinLinkKey is the least length of links.key, in bytes.
const MinLinkKey = 32

type check struct {
	key string
	ok  func(c *Config) bool
	msg string // what to do
}

// checks are the rules, one a line: a key, what must hold, and what to write instead.
var checks = []check{
	{"listen", func(c *Config) bool { return hostPort(c.Listen) }, "must be HOST:PORT, for instance 127.0.0.1:8080"},
	{"base_url", func(c *Config) bool { return httpURL(c.BaseURL) && !strings.HasSuffix(c.BaseURL, "/") }, "must be an http or https address without a final slash, for instance https://watch.example.com"},
	{"database", func(c *Config) bool { return !c.Database.Empty() }, "must be a file name or postgres://USER@HOST/NAME"},
	{"agency.name", func(c *Config) bool { return c.Agency.Name != "" }, "must not be empty: clients see it in every notice"},
	{"agency.from_address", func(c *Config) bool { return address(c.Agency.FromAddress) }, "must be an e-mail address, for instance domains@example.com"},
	{"agency.reply_to", func(c *Config) bool { return c.Agency.ReplyTo == "" || address(c.Agency.ReplyTo) }, "must be an e-mail address, or left out"},
	{"agency.support_url", func(c *Config) bool { return c.Agency.SupportURL == "" || httpURL(c.Agency.SupportURL) }, "must be an http or https address, or left out"},
	{"agency.time_zone", func(c *Config) bool {
		_, err := time.LoadLocation(c.Agency.TimeZone)
		return err == nil && c.Agency.TimeZone != ""
	}, "must be an IANA time zone, for instance America/Los_Angeles"},
	{"agency.open_days", func(c *Config) bool { return len(c.Agency.OpenDays) > 0 && all(c.Agency.OpenDays, weekday) }, "must list days as mon, tue, wed, thu, fri, sat, sun, at least one"},
	{"agency.opens", func(c *Config) bool { return clock(c.Agency.Opens) }, "must be a time as HH:MM, for instance 09:00"},
	{"agency.closes", func(c *Config) bool {
		return clock(c.Agency.Closes) && (c.Agency.Closes > c.Agency.Opens || !clock(c.Agency.Opens))
	}, "must be a time as HH:MM after agency.opens"},
	{"agency.holidays", func(c *Config) bool { return all(c.Agency.Holidays, day) }, "must list days as YYYY-MM-DD"},
	{"links.key", func(c *Config) bool { return c.Links.Key.Empty() || len(c.Links.Key.Reveal()) >= MinLinkKey }, "must have at least 32 characters; make one with: openssl rand -base64 48"},
	{"links.key", func(c *Config) bool { return !c.Links.Key.Empty() || !c.Postgres() }, "must be set with PostgreSQL, the same on every process; make one with: openssl rand -base64 48"},
	{"links.valid_for", func(c *Config) bool { return c.Links.ValidFor >= 24*time.Hour }, "must be at least 24h"},
	{"smtp.address", func(c *Config) bool { return c.SMTP.Address == "" || hostPort(c.SMTP.Address) }, "must be HOST:PORT, for instance smtp.example.com:587"},
	{"agency.phone", func(c *Config) bool { return c.Agency.Phone != "" || c.SMTP.Address == "" }, "must be set to send notices: it is how clients check that one is genuine"},
	{"agency.support_url", func(c *Config) bool { return c.Agency.SupportURL != "" || c.SMTP.Address == "" }, "must be set to send notices: it is where clients find the phone number again"},
	{"smtp.tls", func(c *Config) bool { return slices.Contains([]string{"starttls", "tls", "none"}, c.SMTP.TLS) }, "must be starttls, tls or none"},
	{"smtp.password", func(c *Config) bool { return c.SMTP.Password.Empty() || c.SMTP.TLS != "none" }, "must not be sent without encryption: set smtp.tls to starttls or tls"},
	{"smtp.timeout", func(c *Config) bool { return c.SMTP.Timeout >= time.Second }, "must be at least 1s"},
	{"notices.stages", func(c *Config) bool { return len(c.Notices.Stages) > 0 && all(c.Notices.Stages, stage) }, "must name at least one, among d60, d30, d14, d7, d3, d1, d0, p1, p4, redemption, pending_delete"},
	{"notices.send_at", func(c *Config) bool { return clock(c.Notices.SendAt) }, "must be a time as HH:MM, for instance 09:00"},
	{"notices.send_until", func(c *Config) bool {
		return clock(c.Notices.SendUntil) && (c.Notices.SendUntil > c.Notices.SendAt || !clock(c.Notices.SendAt))
	}, "must be a time as HH:MM after notices.send_at"},
	{"notices.any_day_from", func(c *Config) bool { return c.Notices.AnyDayFrom >= 0 && c.Notices.AnyDayFrom <= 60 }, "must be between 0 and 60 days"},
	{"notices.deputy_from", func(c *Config) bool { return c.Notices.DeputyFrom >= 0 && c.Notices.DeputyFrom <= 60 }, "must be between 0 and 60 days"},
	{"notices.answer_hours", func(c *Config) bool { return c.Notices.AnswerHours >= 1 }, "must be at least 1"},
	{"notices.max_observation_age", func(c *Config) bool { return c.Notices.MaxObservationAge >= time.Hour }, "must be at least 1h"},
	{"notices.deputy_after", func(c *Config) bool { return c.Notices.DeputyAfter >= 1 }, "must be at least 1 day"},
	{"notices.daily_cap", func(c *Config) bool { return c.Notices.DailyCap >= 1 }, "must be at least 1 message a day"},
	{"notices.templates", func(c *Config) bool { return c.Notices.Templates == "" || folder(c.Notices.Templates) }, "must be a folder of texts, or left out"},
	{"bounces.maildir", func(c *Config) bool { return c.Bounces.Maildir == "" || folder(c.Bounces.Maildir) }, "must be a Maildir, with the folders new and cur in it, or left out"},
	{"bounces.imap.address", func(c *Config) bool { return c.Bounces.IMAP.Address == "" || hostPort(c.Bounces.IMAP.Address) }, "must be HOST:PORT, for instance imap.example.com:993"},
	{"bounces.imap.tls", func(c *Config) bool { return slices.Contains([]string{"starttls", "tls", "none"}, c.Bounces.IMAP.TLS) }, "must be starttls, tls or none"},
	{"bounces.imap.password", func(c *Config) bool { return c.Bounces.IMAP.Password.Empty() || c.Bounces.IMAP.TLS != "none" }, "must not be sent without encryption: set bounces.imap.tls to starttls or tls"},
	{"bounces.every", func(c *Config) bool { return c.Bounces.Every >= 10*time.Second }, "must be at least 10s"},
	{"bounces.webhooks", func(c *Config) bool { return mailHooks(c.Bounces.Webhooks) }, "must list services, each with a name of its own (letters, digits and hyphens), a format among postmark, ses, sendgrid, mailgun, standard, and a secret: of ses the topic's ARN, a space and a password, of sendgrid its public key, of standard whsec_ and base64"},
	{"ops.digest_to", func(c *Config) bool { return all(c.Ops.DigestTo, address) }, "must list e-mail addresses"},
	{"ops.digest_at", func(c *Config) bool { return clock(c.Ops.DigestAt) }, "must be a time as HH:MM, for instance 08:00"},
	{"ops.chat_url", func(c *Config) bool { return c.Ops.ChatURL.Empty() || httpURL(c.Ops.ChatURL.Reveal()) }, "must be an http or https address, or left out"},
	{"ops.heartbeat_url", func(c *Config) bool { return c.Ops.HeartbeatURL.Empty() || httpURL(c.Ops.HeartbeatURL.Reveal()) }, "must be an http or https address, or left out"},
	{"ops.webhooks", func(c *Config) bool { return webhooks(c.Ops.Webhooks) }, "must list programs, each with a name of its own (letters, digits and hyphens), an http or https address, and a secret of 24 to 64 bytes in base64 after whsec_; make one with: echo whsec_$(openssl rand -base64 32)"},
	{"storm.share", func(c *Config) bool { return c.Storm.Share > 0 && c.Storm.Share <= 1 }, "must be above 0 and at most 1"},
	{"storm.minimum", func(c *Config) bool { return c.Storm.Minimum >= 1 }, "must be at least 1"},
	{"storm.within", func(c *Config) bool { return c.Storm.Within >= time.Hour }, "must be at least 1h"},
	{"rdap.bootstrap", func(c *Config) bool { return c.RDAP.Bootstrap != "" }, "must be a file or an address, for instance https://data.iana.org/rdap/dns.json"},
	{"rdap.overrides", func(c *Config) bool { return allValues(c.RDAP.Overrides, httpURL) }, "must map suffixes to http or https addresses"},
	{"rdap.timeout", func(c *Config) bool { return c.RDAP.Timeout >= time.Second }, "must be at least 1s"},
	{"rdap.per_second", func(c *Config) bool { return c.RDAP.PerSecond > 0 }, "must be above 0"},
	{"whois.servers", func(c *Config) bool { return allValues(c.WHOIS.Servers, hostPort) }, "must map suffixes to HOST:PORT, for instance whois.example.com:43"},
	{"whois.timeout", func(c *Config) bool { return c.WHOIS.Timeout >= time.Second }, "must be at least 1s"},
	{"whois.per_second", func(c *Config) bool { return c.WHOIS.PerSecond > 0 }, "must be above 0"},
	{"names.special_use", func(c *Config) bool { return all(c.Names.SpecialUse, suffix) }, "must list suffixes without a leading dot, in lower case, for instance example, local"},
	{"politeness.per_day", func(c *Config) bool { return c.Politeness.PerDay >= 0 }, "must not be negative; 0 is the built-in allowance"},
	{"politeness.servers", func(c *Config) bool { return politeServers(c.Politeness.Servers) }, "must map hosts or HOST:PORT, in lower case, to per_second, per_minute or per_day, at least one of them above 0 and none below"},
	{"dns.port", func(c *Config) bool { return c.DNS.Port > 0 && c.DNS.Port < 65536 }, "must be between 1 and 65535"},
	{"dns.address_map", func(c *Config) bool { return allPairs(c.DNS.AddressMap, ip, hostPort) }, "must map IP addresses to HOST:PORT"},
	{"dns.timeout", func(c *Config) bool { return c.DNS.Timeout >= 100*time.Millisecond }, "must be at least 100ms"},
	{"dns.per_second", func(c *Config) bool { return c.DNS.PerSecond >= 0 }, "must not be below 0"},
	{"services.folder", func(c *Config) bool { return c.Services.Folder == "" || folder(c.Services.Folder) }, "must be a folder of templates, or left out"},
	{"engine.sweep_every", func(c *Config) bool { return c.Engine.SweepEvery >= 100*time.Millisecond }, "must be at least 100ms"},
	{"engine.registry_workers", func(c *Config) bool { return c.Engine.RegistryWorkers >= 1 }, "must be at least 1"},
	{"engine.dns_workers", func(c *Config) bool { return c.Engine.DNSWorkers >= 1 }, "must be at least 1"},
	{"engine.mail_workers", func(c *Config) bool { return c.Engine.MailWorkers >= 1 }, "must be at least 1"},
	{"engine.rescue_after", func(c *Config) bool { return c.Engine.RescueAfter >= 10*time.Second }, "must be at least 10s"},
	{"engine.stop_within", func(c *Config) bool { return c.Engine.StopWithin >= time.Second }, "must be at least 1s"},
	{"sessions.idle", func(c *Config) bool { return c.Sessions.Idle >= time.Minute }, "must be at least 1m"},
	{"sessions.absolute", func(c *Config) bool { return c.Sessions.Absolute >= c.Sessions.Idle }, "must not be shorter than sessions.idle"},
	{"log.level", func(c *Config) bool { return slices.Contains([]string{"debug", "info", "warn", "error"}, c.Log.Level) }, "must be debug, info, warn or error"},
	{"log.format", func(c *Config) bool { return c.Log.Format == "text" || c.Log.Format == "json" }, "must be text or json"},
}

// Validate checks every rule and reports all that are broken, one a line, each with its key and what to write instead.
func (c *Config) Validate() error {
	var errs []error
	for _, r := range checks {
		if !r.ok(c) {
			errs = append(errs, fmt.Errorf("%s %s", r.key, r.msg))
		}
	}
	return errors.Join(errs...)
}

// Postgres reports whether the database is a PostgreSQL server.
func (c *Config) Postgres() bool {
	d := c.Database.Reveal()
	return strings.HasPrefix(d, "postgres://") || strings.HasPrefix(d, "postgresql://")
}

func all(list []string, ok func(string) bool) bool {
	return !slices.ContainsFunc(list, func(s string) bool { return !ok(s) })
}

func allValues(m map[string]string, ok func(string) bool) bool {
	return allPairs(m, func(k string) bool { return k != "" }, ok)
}

func allPairs(m map[string]string, key, value func(string) bool) bool {
	for k, v := range m {
		if !key(k) || !value(v) {
			return false
		}
	}
	return true
}

func hostPort(s string) bool {
	_, port, err := net.SplitHostPort(s)
	if err != nil {
		return false
	}
	n, err := strconv.Atoi(port)
	return err == nil && n >= 0 && n < 65536
}

var hookName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,39}$`)

func mailHooks(list MailHooks) bool {
	seen := map[string]bool{}
	for _, h := range list {
		if !hookName.MatchString(h.Name) || seen[h.Name] || !mailHookSecret(h.Format, h.Secret.Reveal()) {
			return false
		}
		seen[h.Name] = true
	}
	return true
}

// mailHookSecret reports whether a secret is one with which the requests of a mail service can be known: with any other all of them would be
// refused, and what they report lost.
func mailHookSecret(format, secret string) bool {
	switch format {
	case "postmark", "mailgun":
		return secret != ""
	case "ses":
		topic, password, _ := strings.Cut(secret, " ")
		return strings.HasPrefix(topic, "arn:") && password != ""
	case "standard":
		return webhookSecret(secret) && !strings.Contains(secret, " ")
	case "sendgrid":
		der, err := base64.StdEncoding.DecodeString(secret)
		if err != nil {
			return false
		}
		key, err := x509.ParsePKIXPublicKey(der)
		_, elliptic := key.(*ecdsa.PublicKey)
		return err == nil && elliptic
	}
	return false
}

func webhooks(list Webhooks) bool {
	seen := map[string]bool{}
	for _, h := range list {
		if !hookName.MatchString(h.Name) || seen[h.Name] || !httpURL(h.URL) || !webhookSecret(h.Secret.Reveal()) {
			return false
		}
		seen[h.Name] = true
	}
	return true
}

// webhookSecret reports whether a secret, or each of several with spaces between them, has the form and the strength that Standard Webhooks
// asks for.
func webhookSecret(s string) bool {
	list := strings.Fields(s)
	return len(list) > 0 && all(list, func(secret string) bool {
		key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
		return err == nil && strings.HasPrefix(secret, "whsec_") && len(key) >= 24 && len(key) <= 64
	})
}

// hostName accepts labels of lower-case letters, digits and inner hyphens, or an IP address.
func hostName(s string) bool {
	if ip(s) {
		return true
	}
	return all(strings.Split(s, "."), func(label string) bool {
		return label != "" && len(label) <= 63 && label[0] != '-' && label[len(label)-1] != '-' && strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
	})
}

func suffix(s string) bool { return hostName(s) && !ip(s) }

func politeServers(m ServerPaces) bool {
	for server, p := range m {
		host := server
		if h, _, err := net.SplitHostPort(server); err == nil && hostPort(server) {
			host = h
		}
		if !hostName(host) || min(p.PerSecond, float64(p.PerMinute), float64(p.PerDay)) < 0 || max(p.PerSecond, float64(p.PerMinute), float64(p.PerDay)) <= 0 {
			return false
		}
	}
	return true
}

func httpURL(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
}

func address(s string) bool {
	a, err := mail.ParseAddress(s)
	return err == nil && a.Address == s
}

func folder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

func ip(s string) bool { _, err := netip.ParseAddr(s); return err == nil }

func clock(s string) bool { _, err := time.Parse("15:04", s); return err == nil && len(s) == 5 }

func day(s string) bool { _, err := time.Parse(time.DateOnly, s); return err == nil }

func stage(s string) bool { return slices.Contains(Stages, s) }

func weekday(s string) bool { return slices.Contains(Weekdays, s) }

// Weekdays are the words for agency.open_days, in the order of time.Weekday.
var Weekdays = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}
