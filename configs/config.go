package configs

import "time"

// Config is everything an operator can set.
type Config struct {
	Listen     string     `yaml:"listen" env:"LISTEN"`     // HOST:PORT of the pages; port 0 picks a free one
	BaseURL    string     `yaml:"base_url" env:"BASE_URL"` // how clients reach the pages; links in mails begin with it
	Database   Secret     `yaml:"database" env:"DATABASE"` // a file (SQLite) or postgres://…; secret because it may carry a password
	Agency     Agency     `yaml:"agency" envPrefix:"AGENCY_"`
	Links      Links      `yaml:"links" envPrefix:"LINKS_"`
	SMTP       SMTP       `yaml:"smtp" envPrefix:"SMTP_"`
	Notices    Notices    `yaml:"notices" envPrefix:"NOTICES_"`
	Bounces    Bounces    `yaml:"bounces" envPrefix:"BOUNCES_"`
	Ops        Ops        `yaml:"ops" envPrefix:"OPS_"`
	Storm      Storm      `yaml:"storm" envPrefix:"STORM_"`
	Network    Network    `yaml:"network" envPrefix:"NETWORK_"`
	Names      Names      `yaml:"names" envPrefix:"NAMES_"`
	RDAP       RDAP       `yaml:"rdap" envPrefix:"RDAP_"`
	WHOIS      WHOIS      `yaml:"whois" envPrefix:"WHOIS_"`
	Politeness Politeness `yaml:"politeness" envPrefix:"POLITENESS_"`
	DNS        DNS        `yaml:"dns" envPrefix:"DNS_"`
	Services   Services   `yaml:"services" envPrefix:"SERVICES_"`
	Engine     Engine     `yaml:"engine" envPrefix:"ENGINE_"`
	Sessions   Sessions   `yaml:"sessions" envPrefix:"SESSIONS_"`
	Log        Log        `yaml:"log" envPrefix:"LOG_"`
}

// Agency is who watches, as clients meet it.
type Agency struct {
	Name        string   `yaml:"name" env:"NAME"`
	FromName    string   `yaml:"from_name" env:"FROM_NAME"`
	FromAddress string   `yaml:"from_address" env:"FROM_ADDRESS"`
	ReplyTo     string   `yaml:"reply_to" env:"REPLY_TO"`
	Phone       string   `yaml:"phone" env:"PHONE"`
	SupportURL  string   `yaml:"support_url" env:"SUPPORT_URL"`
	TimeZone    string   `yaml:"time_zone" env:"TIME_ZONE"`   // IANA name
	ZoneLabel   string   `yaml:"zone_label" env:"ZONE_LABEL"` // the zone as people say it, "Pacific"
	Language    string   `yaml:"language" env:"LANGUAGE"`     // BCP 47 tag
	OpenDays    []string `yaml:"open_days" env:"OPEN_DAYS"`   // mon … sun
	Opens       string   `yaml:"opens" env:"OPENS"`           // HH:MM in TimeZone
	Closes      string   `yaml:"closes" env:"CLOSES"`
	Holidays    []string `yaml:"holidays" env:"HOLIDAYS"` // 2006-01-02
	// ReleasedHosts are host names, addresses and prefixes that the agency gave up: clients' records that still lead there are its to-do.
	ReleasedHosts []string `yaml:"released_hosts" env:"RELEASED_HOSTS"`
}

// Links are the signed links in notices.
type Links struct {
	Key      Secret        `yaml:"key" env:"KEY"` // at least 32 characters; empty: made and kept beside the SQLite file
	ValidFor time.Duration `yaml:"valid_for" env:"VALID_FOR"`
}

// SMTP is the submission server.
type SMTP struct {
	Address  string        `yaml:"address" env:"ADDRESS"` // HOST:PORT; empty: no mail is sent, notices wait
	Username string        `yaml:"username" env:"USERNAME"`
	Password Secret        `yaml:"password" env:"PASSWORD"`
	TLS      string        `yaml:"tls" env:"TLS"`     // starttls, tls or none
	Hello    string        `yaml:"hello" env:"HELLO"` // name given in EHLO; empty: the domain of from_address
	Timeout  time.Duration `yaml:"timeout" env:"TIMEOUT"`
}

// Notices is the policy of the ladder.
type Notices struct {
	Stages            []string      `yaml:"stages" env:"STAGES"`             // rungs in use, see docs
	SendAt            string        `yaml:"send_at" env:"SEND_AT"`           // HH:MM in the agency's zone
	SendUntil         string        `yaml:"send_until" env:"SEND_UNTIL"`     // HH:MM
	AnyDayFrom        int           `yaml:"any_day_from" env:"ANY_DAY_FROM"` // stages of so few days go out on closed days too
	DeputyFrom        int           `yaml:"deputy_from" env:"DEPUTY_FROM"`   // without an answer the deputy is written to from so many days on
	AnswerHours       int           `yaml:"answer_hours" env:"ANSWER_HOURS"` // business-aware hours until ops get a follow-up task
	MaxObservationAge time.Duration `yaml:"max_observation_age" env:"MAX_OBSERVATION_AGE"`
	DeputyAfter       int           `yaml:"deputy_after" env:"DEPUTY_AFTER"` // days without an answer to a sent notice after which the deputy is written to as well
	DailyCap          int           `yaml:"daily_cap" env:"DAILY_CAP"`       // messages to one contact a day, of all kinds
	Records           bool          `yaml:"records" env:"RECORDS"`           // tell the technical contact of broken records
	Attest            bool          `yaml:"attest" env:"ATTEST"`             // ask for the date where the registry publishes none
	Thanks            bool          `yaml:"thanks" env:"THANKS"`             // say thank you, once, when a renewal is seen
	Templates         string        `yaml:"templates" env:"TEMPLATES"`       // folder of texts that replace the shipped ones; empty: none
}

// Bounces says where mail that came back is found.
type Bounces struct {
	Maildir  string        `yaml:"maildir" env:"MAILDIR"` // folder of the bounce mailbox on this machine; empty: none
	IMAP     IMAP          `yaml:"imap" envPrefix:"IMAP_"`
	Every    time.Duration `yaml:"every" env:"EVERY"`
	Webhooks MailHooks     `yaml:"webhooks" env:"WEBHOOKS"` // each posts to /hooks/mail/NAME
}

// IMAP is the mailbox to which mail comes back, on a server.
type IMAP struct {
	Address  string `yaml:"address" env:"ADDRESS"` // HOST:PORT; empty: none
	Username string `yaml:"username" env:"USERNAME"`
	Password Secret `yaml:"password" env:"PASSWORD"`
	TLS      string `yaml:"tls" env:"TLS"` // tls, starttls or none
	Folder   string `yaml:"folder" env:"FOLDER"`
}

// MailHooks are the mail services that post to us. A variable holds them as YAML.
type MailHooks []MailHook

// MailHook is a mail service that tells by a signed request what became of a message.
type MailHook struct {
	Name   string `yaml:"name"`
	Format string `yaml:"format"` // postmark, ses, sendgrid, mailgun or standard
	Secret Secret `yaml:"secret"` // what the service signs or signs in with; of ses: the topic's ARN, a space, and the password in the address it posts to
}

// Webhooks are the programs that are told what happens. A variable holds them as YAML.
type Webhooks []Webhook

// Webhook is a program that is told by signed requests (Standard Webhooks).
type Webhook struct {
	Name   string   `yaml:"name"`
	URL    string   `yaml:"url"`
	Secret Secret   `yaml:"secret"` // whsec_…; while it is changed the new one and the old one, with a space between them
	Events []string `yaml:"events"` // kinds it wants, a * at the end standing for all that begin so; empty: all
}

// Ops is how the agency's own people are told.
type Ops struct {
	DigestTo     []string  `yaml:"digest_to" env:"DIGEST_TO"` // addresses of the morning digest; empty: none is sent
	DigestAt     string    `yaml:"digest_at" env:"DIGEST_AT"` // HH:MM on business days, in the agency's zone
	ChatURL      Secret    `yaml:"chat_url" env:"CHAT_URL"`   // incoming webhook of the chat, which takes {"text": …}; secret because whoever has it can write
	Webhooks     []Webhook `yaml:"webhooks" env:"WEBHOOKS"`
	HeartbeatURL Secret    `yaml:"heartbeat_url" env:"HEARTBEAT_URL"` // asked for after each good sweep; whoever watches it notices when it stops
}

// Storm is the brake on outgoing client mail.
type Storm struct {
	Share   float64       `yaml:"share" env:"SHARE"`     // of all names that turn bad inside Within, 0 to 1
	Minimum int           `yaml:"minimum" env:"MINIMUM"` // at least so many names
	Within  time.Duration `yaml:"within" env:"WITHIN"`
}

// Network bounds what looks may reach.
type Network struct {
	AllowPrivate bool   `yaml:"allow_private" env:"ALLOW_PRIVATE"` // loopback and private addresses, for test networks only
	UserAgent    string `yaml:"user_agent" env:"USER_AGENT"`
}

// Names says which names can be watched.
type Names struct {
	PublicSuffixList string   `yaml:"public_suffix_list" env:"PUBLIC_SUFFIX_LIST"` // file in the list's own form, newer than the one built in; empty: that one
	SpecialUse       []string `yaml:"special_use" env:"SPECIAL_USE"`               // suffixes that are kept for special use and accepted all the same; all of them with network.allow_private
}

// RDAP says where registration data is asked for first.
type RDAP struct {
	Bootstrap string            `yaml:"bootstrap" env:"BOOTSTRAP"`                        // file or URL of an RFC 9224 registry
	CacheDir  string            `yaml:"cache_dir" env:"CACHE_DIR"`                        // where the refreshed registry is kept; empty: beside the SQLite file, else in memory only
	Overrides map[string]string `yaml:"overrides" env:"OVERRIDES" envKeyValSeparator:"="` // suffix → base URL
	Timeout   time.Duration     `yaml:"timeout" env:"TIMEOUT"`
	PerSecond float64           `yaml:"per_second" env:"PER_SECOND"` // per server
}

// WHOIS says where registration data is asked for when there is no RDAP.
type WHOIS struct {
	Servers   map[string]string `yaml:"servers" env:"SERVERS" envKeyValSeparator:"="` // suffix → HOST:PORT
	Timeout   time.Duration     `yaml:"timeout" env:"TIMEOUT"`
	PerSecond float64           `yaml:"per_second" env:"PER_SECOND"` // per server
}

// Politeness says how often servers of registries are asked, beside the pace of rdap.per_second and whois.per_second.
type Politeness struct {
	PerDay  int         `yaml:"per_day" env:"PER_DAY"` // of one server of which no limit is known; 0: a day's worth of asking at a calm pace
	Servers ServerPaces `yaml:"servers" env:"SERVERS"` // host, or HOST:PORT → what replaces the limits that are known of it
}

// ServerPaces maps a server to its pace. A variable holds it as YAML: {whois.example.com: {per_day: 900}}.
type ServerPaces map[string]ServerPace

// ServerPace is what an operator states of one server. Zero: not stated.
type ServerPace struct {
	PerSecond float64 `yaml:"per_second"`
	PerMinute int     `yaml:"per_minute"`
	PerDay    int     `yaml:"per_day"`
}

// DNS says how the delegation is walked.
type DNS struct {
	RootHints  string            `yaml:"root_hints" env:"ROOT_HINTS"`                          // file in the form of named.root, or addresses separated by commas; empty: the public root
	Port       int               `yaml:"port" env:"PORT"`                                      // of all servers but those of root_hints with a port of their own
	AddressMap map[string]string `yaml:"address_map" env:"ADDRESS_MAP" envKeyValSeparator:"="` // test networks: IP → HOST:PORT
	IPv6       bool              `yaml:"ipv6" env:"IPV6"`
	Timeout    time.Duration     `yaml:"timeout" env:"TIMEOUT"`       // of one query
	PerSecond  float64           `yaml:"per_second" env:"PER_SECOND"` // queries per server address; zero: 20, and 50 for large operators
}

// Services says which connections are known beside the shipped ones.
type Services struct {
	Folder string `yaml:"folder" env:"FOLDER"` // of templates in the Domain Connect format, *.json, which win over shipped ones; empty: none
}

// Engine is how work is spread.
type Engine struct {
	SweepEvery      time.Duration `yaml:"sweep_every" env:"SWEEP_EVERY"`
	RegistryWorkers int           `yaml:"registry_workers" env:"REGISTRY_WORKERS"` // registry servers asked at once
	DNSWorkers      int           `yaml:"dns_workers" env:"DNS_WORKERS"`
	MailWorkers     int           `yaml:"mail_workers" env:"MAIL_WORKERS"`
	RescueAfter     time.Duration `yaml:"rescue_after" env:"RESCUE_AFTER"` // a job of a dead worker is given to another one after this
	StopWithin      time.Duration `yaml:"stop_within" env:"STOP_WITHIN"`
}

// Sessions bound how long staff stay signed in.
type Sessions struct {
	Idle     time.Duration `yaml:"idle" env:"IDLE"`
	Absolute time.Duration `yaml:"absolute" env:"ABSOLUTE"`
}

// Log says what is logged, on standard error.
type Log struct {
	Level  string `yaml:"level" env:"LEVEL"`   // debug, info, warn, error
	Format string `yaml:"format" env:"FORMAT"` // text or json
}

// Default is the configuration without a file: one machine, SQLite, the public internet, no mail until smtp.address is set.
func Default() Config {
	return Config{
		Listen:   "127.0.0.1:8080",
		BaseURL:  "http://127.0.0.1:8080",
		Database: NewSecret("deedwatch.db"),
		Agency: Agency{
			Name: "Your agency", FromName: "Domain notices", FromAddress: "domains@localhost.invalid",
			TimeZone: "UTC", ZoneLabel: "UTC", Language: "en", OpenDays: []string{"mon", "tue", "wed", "thu", "fri"}, Opens: "09:00", Closes: "17:00",
		},
		Links: Links{ValidFor: 45 * 24 * time.Hour},
		SMTP:  SMTP{TLS: "starttls", Timeout: 60 * time.Second},
		Notices: Notices{
			Stages: []string{"d60", "d30", "d14", "d7", "d3", "d1", "d0", "p1", "p4", "redemption", "pending_delete"},
			SendAt: "09:00", SendUntil: "17:00", AnyDayFrom: 3, DeputyFrom: 7, AnswerHours: 48, MaxObservationAge: 48 * time.Hour,
			DeputyAfter: 7, DailyCap: 2, Records: true, Attest: true, Thanks: true,
		},
		Bounces:  Bounces{IMAP: IMAP{TLS: "tls", Folder: "INBOX"}, Every: 5 * time.Minute},
		Ops:      Ops{DigestAt: "08:00"},
		Storm:    Storm{Share: 0.1, Minimum: 5, Within: 24 * time.Hour},
		Network:  Network{UserAgent: "deedwatch (+https://github.com/krestmarketing/deedwatch)"},
		Names:    Names{SpecialUse: []string{"example", "test"}},
		RDAP:     RDAP{Bootstrap: "https://data.iana.org/rdap/dns.json", Timeout: 20 * time.Second, PerSecond: 1},
		WHOIS:    WHOIS{Timeout: 20 * time.Second, PerSecond: 0.5},
		DNS:      DNS{Port: 53, IPv6: true, Timeout: 3 * time.Second},
		Engine:   Engine{SweepEvery: time.Minute, RegistryWorkers: 16, DNSWorkers: 16, MailWorkers: 4, RescueAfter: 3 * time.Minute, StopWithin: 20 * time.Second},
		Sessions: Sessions{Idle: 12 * time.Hour, Absolute: 7 * 24 * time.Hour},
		Log:      Log{Level: "info", Format: "text"},
	}
}
