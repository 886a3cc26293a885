package models

import "time"

// LookKind is the protocol and the party that was asked.
type LookKind string

// The kinds of looks.
const (
	LookRDAP          LookKind = "rdap"           // the registry's RDAP (RFC 9083)
	LookRegistrarRDAP LookKind = "registrar_rdap" // the registrar's RDAP, through the "related" link
	LookWHOIS         LookKind = "whois"          // RFC 3912
	LookDNS           LookKind = "dns"            // delegation, authoritative answers, expected records
)

// Outcome says how an attempt to learn something ended. It is apart from the facts: "could not look" is never "looked, and it is bad".
type Outcome string

// The outcomes. Only OutcomeOK and OutcomeAbsent are answers; all others state nothing on the registration.
const (
	OutcomeOK          Outcome = "ok"          // answered, about the name that was asked for
	OutcomeAbsent      Outcome = "absent"      // answered: no such registration
	OutcomeReserved    Outcome = "reserved"    // reserved, blocked or premium: not registered by a client, not free
	OutcomeInvalid     Outcome = "invalid"     // the server says that the name can't exist there
	OutcomeThrottled   Outcome = "throttled"   // told to come back later
	OutcomeRefused     Outcome = "refused"     // told that we may not ask; or an address that we may not dial
	OutcomeTimeout     Outcome = "timeout"     // no answer inside the deadline
	OutcomeUnreachable Outcome = "unreachable" // no connection, or it broke
	OutcomeUnparsed    Outcome = "unparsed"    // an answer that can't be read, or about another name
	OutcomeUnsupported Outcome = "unsupported" // no server is known for the suffix
)

// Answered reports whether the outcome states something on the registration.
func (o Outcome) Answered() bool { return o == OutcomeOK || o == OutcomeAbsent }

// DNSSEC says whether a registration is signed.
type DNSSEC string

// The states of DNSSEC as stated by a source.
const (
	DNSSECSigned   DNSSEC = "signed"
	DNSSECUnsigned DNSSEC = "unsigned"
	DNSSECUnknown  DNSSEC = "unknown"
)

// DS is a delegation signer record (RFC 4034 section 5) as a source states it.
type DS struct {
	KeyTag     int    `json:"key_tag"`
	Algorithm  int    `json:"algorithm"`
	DigestType int    `json:"digest_type"`
	Digest     string `json:"digest"`
}

// Event is a further date that an answer states, such as a transfer (RFC 9083 section 4.5).
type Event struct {
	Action   string    `json:"action"` // RDAP event action (RFC 9083 section 10.2.3)
	At       time.Time `json:"at"`
	DateOnly bool      `json:"date_only,omitempty"`
}

// Facts are what one answer states on a registration. An absent value is nil or empty: it was not stated.
type Facts struct {
	Registered         *bool      `json:"registered"`
	ExpiresAt          *time.Time `json:"expires_at"`           // the registry's date
	RegistrarExpiresAt *time.Time `json:"registrar_expires_at"` // the registrar's date
	DateOnly           bool       `json:"date_only,omitempty"`  // the expiry was a calendar day without a time; ExpiresAt is that day's midnight UTC
	CreatedAt          *time.Time `json:"created_at"`
	UpdatedAt          *time.Time `json:"updated_at"`
	Registrar          string     `json:"registrar,omitempty"`
	RegistrarID        string     `json:"registrar_id,omitempty"` // IANA registrar id
	Statuses           []string   `json:"statuses"`               // EPP spelling (RFC 5731, RFC 3915) where recognised, else as stated
	Nameservers        []string   `json:"nameservers"`            // lower case, no trailing dot, sorted
	DNSSEC             DNSSEC     `json:"dnssec"`
	DS                 []DS       `json:"ds,omitempty"`
	RelatedURL         string     `json:"related_url,omitempty"` // the registrar's RDAP for this name
	ExpiryStated       bool       `json:"expiry_stated"`         // the answer has an expiry field, readable or not
	ExpiryRedacted     bool       `json:"expiry_redacted,omitempty"`
	Events             []Event    `json:"events,omitempty"` // further dates, in the answer's order, bounded
	Skipped            []string   `json:"skipped"`          // what was seen and not understood, bounded
}

// Look is the result of one attempt, before it is stored.
type Look struct {
	Kind        LookKind
	Domain      string // A-label that was asked for
	Outcome     Outcome
	Facts       *Facts // nil unless Outcome is ok
	Server      string // host:port or URL that was asked
	At          time.Time
	Took        time.Duration
	RetryAfter  time.Duration // asked for by the server; zero: not stated
	Detail      string        // one sentence for people: what happened, what to do; printable, bounded
	Skipped     []string      // of an answer without facts: what looked like a date or a status and was not understood, bounded
	Evidence    []byte        // raw answer, bounded
	ContentType string
	Truncated   bool // the raw answer was longer than what is kept
}

// MaxEvidence is the most that is kept of a raw answer, in bytes.
const MaxEvidence = 64 << 10

// Observation is a stored look.
type Observation struct {
	ID           int64     `gorm:"primaryKey"`
	DomainID     int64     `gorm:"not null;index:idx_observation_domain_at,priority:1"`
	Kind         LookKind  `gorm:"not null"`
	Outcome      Outcome   `gorm:"not null"`
	Server       string    `gorm:"not null"`
	At           time.Time `gorm:"not null;index:idx_observation_domain_at,priority:2"`
	TookMicros   int64     `gorm:"not null"`
	Detail       string    `gorm:"not null"`
	Facts        *Facts    `gorm:"serializer:json"`
	Evidence     []byte
	EvidenceHash string `gorm:"not null"` // hex SHA-256 of the evidence as kept
	ContentType  string `gorm:"not null"`
	Truncated    bool   `gorm:"not null"`
	Worker       string `gorm:"not null"` // which process looked
}

// Registration is the merged knowledge of one domain, each fact with its source and age. One row a domain.
type Registration struct {
	DomainID          int64      `gorm:"primaryKey;autoIncrement:false"`
	RegistryExpiry    *time.Time // as last stated
	RegistryExpiryAt  *time.Time // when it was last stated
	RegistryChangedAt *time.Time // when RegistryExpiry last took another value
	RegistrySource    LookKind
	RegistrarExpiry   *time.Time
	RegistrarExpiryAt *time.Time
	// RenewalOf is the date that counted before the registry's date jumped forward inside the auto-renew grace: while it is set, the
	// renewal is unconfirmed and this date stays effective.
	RenewalOf     *time.Time
	RenewalSeenAt *time.Time // when the jump was first seen
	// ConfirmedExpiry is the registry's date that somebody who can know confirmed after such a jump: while the registry states it, a
	// registrar's date of before does not count.
	ConfirmedExpiry *time.Time
	Registrar       string
	RegistrarID     string
	Statuses        []string `gorm:"serializer:json;not null"`
	Nameservers     []string `gorm:"serializer:json;not null"`
	DNSSEC          DNSSEC   `gorm:"not null"`
	DS              []DS     `gorm:"serializer:json"`
	CreatedOn       *time.Time
	ChangedOn       *time.Time
	DateOnly        bool       `gorm:"not null"`
	NoPublicExpiry  bool       `gorm:"not null"` // the registry answered, and publishes no date
	FactsAt         *time.Time // when the last "ok" answer was given
	FactsSource     LookKind
	FactsServer     string
	// Sources says, by Fact constant, who stated each of the facts above and when last.
	Sources map[string]FactSource `gorm:"serializer:json"`
	// Turns are the facts that took another value a short time ago, by Fact constant, so that one which goes to and fro fills no history.
	Turns map[string]Turn `gorm:"serializer:json"`
	// Absence needs two kinds of sources and a later run; these count it.
	AbsentSince   *time.Time
	AbsentLastAt  *time.Time
	AbsentSources []string  `gorm:"serializer:json;not null"` // kinds that said so since AbsentSince
	AbsentRuns    int       `gorm:"not null"`
	UpdatedAt     time.Time // when the row was last written
}

// Turn is the recent past of a fact that took another value.
type Turn struct {
	Shown string    `json:"shown"` // the value that the history shows
	At    time.Time `json:"at"`    // when it last took another value
	Count int       `json:"count"` // how often it did, each time shortly after the last
}

// Change is one fact that took another value, kept as history.
type Change struct {
	ID            int64     `gorm:"primaryKey"`
	DomainID      int64     `gorm:"not null;index:idx_change_domain_at,priority:1"`
	At            time.Time `gorm:"not null;index:idx_change_domain_at,priority:2"`
	Field         string    `gorm:"not null"` // a Fact constant
	Before        string    `gorm:"not null"` // lists sorted and joined by ", ", instants in RFC 3339
	After         string    `gorm:"not null"`
	Source        LookKind  `gorm:"not null"` // who stated After; empty: it follows from the time or from what a person said
	ObservationID *int64    // the look that showed it; nil: none did
}
