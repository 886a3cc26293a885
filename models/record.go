package models

import "time"

// Match says how an expected value is compared with what a server answers.
type Match string

// The matchers. Values are canonical first: TXT strings joined (RFC 1035 section 3.3.14), names lower-cased without trailing dot, sets are sets.
const (
	MatchExact    Match = "exact"    // the set of answers equals Values
	MatchOneOf    Match = "one_of"   // every answer is one of Values, at least one is there
	MatchContains Match = "contains" // some answer equals a value (TXT: or contains it, of an SPF record whole terms); further answers do not matter
	MatchPrefix   Match = "prefix"   // some answer begins with a value
	MatchSuffix   Match = "suffix"   // some answer ends with a value, for names at a label boundary
	MatchPattern  Match = "pattern"  // some answer matches the RE2 expression, whole
)

// RecordState is the verdict on one expected record.
type RecordState string

// The states of an expected record. ZoneUnreachable and Unknown are not verdicts: they change nothing and alarm nobody at a client.
const (
	RecordOK               RecordState = "ok"
	RecordOKFlattened      RecordState = "ok_flattened"      // a CNAME is served as its target's addresses
	RecordWrong            RecordState = "wrong"             // other values, on every or on some servers
	RecordMissing          RecordState = "missing"           // NODATA: the name is there, the type is not
	RecordNameGone         RecordState = "name_gone"         // NXDOMAIN
	RecordDelegationBroken RecordState = "delegation_broken" // the parent delegates to servers that do not serve the zone, or not at all
	RecordDangling         RecordState = "dangling"          // right value, but its target does not exist
	RecordShadowed         RecordState = "shadowed"          // a wildcard answers instead of the record
	RecordZoneUnreachable  RecordState = "zone_unreachable"  // SERVFAIL or no answer from any server
	RecordUnknown          RecordState = "unknown"           // never looked, or not judged
)

// Judged reports whether the state states something about the record.
func (s RecordState) Judged() bool {
	return s != RecordZoneUnreachable && s != RecordUnknown && s != ""
}

// Right reports whether the record does its work.
func (s RecordState) Right() bool { return s == RecordOK || s == RecordOKFlattened }

// ExpectedRecord is a record that the client created for a service of the agency, or should have.
type ExpectedRecord struct {
	ID        int64    `gorm:"primaryKey"`
	DomainID  int64    `gorm:"not null;uniqueIndex:idx_expected_record,priority:1"`
	Host      string   `gorm:"not null;uniqueIndex:idx_expected_record,priority:2"` // absolute A-label name without trailing dot; underscores allowed
	Type      string   `gorm:"not null;uniqueIndex:idx_expected_record,priority:3"` // RR type mnemonic, upper case
	Match     Match    `gorm:"not null;uniqueIndex:idx_expected_record,priority:4"`
	Values    []string `gorm:"serializer:json;not null;uniqueIndex:idx_expected_record,priority:5"` // canonical presentation form
	Service   string   `gorm:"not null"`                                                            // catalogue code, may be empty
	Purpose   string   `gorm:"not null"`                                                            // what stops when it is gone, one plain sentence
	Essential bool     `gorm:"not null"`

	State     RecordState `gorm:"not null"` // confirmed
	StateAt   *time.Time  // since when State holds
	Detail    string      `gorm:"not null"` // why, for people
	Seen      Seen        `gorm:"serializer:json"`
	Pending   RecordState `gorm:"not null"` // seen once and not yet confirmed; empty: none
	PendingAt *time.Time
	ConfirmAt *time.Time // earliest time at which a second look confirms Pending (the negative TTL has passed)
	LookedAt  *time.Time
	CreatedAt time.Time
	UpdatedAt time.Time
}

// Seen maps a server ("ns1.example.lab 192.0.2.1") to the canonical values it answered, or to one entry in angle brackets naming why there
// are none: "<NODATA>", "<NXDOMAIN>", "<REFUSED>", "<SERVFAIL>", "<timeout>", "<not authoritative>".
type Seen map[string][]string

// RecordLook is what the prober found for one expected record.
type RecordLook struct {
	Host, Type  string
	State       RecordState
	Detail      string
	Seen        Seen
	NegativeTTL time.Duration // of the negative answers, for the confirming look
}

// ServerLook is what one authoritative server (one address) answered.
type ServerLook struct {
	Name    string   `json:"name"`    // name server name
	Address string   `json:"address"` // IP, empty when the name does not resolve
	Outcome string   `json:"outcome"` // ok, lame, refused, servfail, timeout, unreachable, not_authoritative, unresolvable, malformed
	Serial  *uint32  `json:"serial,omitempty"`
	NS      []string `json:"ns,omitempty"` // NS set it answers, sorted
	Detail  string   `json:"detail,omitempty"`
}

// DelegationLook is the result of one DNS look at a domain: both sides of the delegation and every expected record.
type DelegationLook struct {
	Domain      string
	At          time.Time
	Took        time.Duration
	Outcome     Outcome // ok: the parent answered with a delegation; absent: the parent says NXDOMAIN; else could not look
	ParentNS    []string
	ChildNS     []string
	Servers     []ServerLook
	ParentDS    []DS
	ChildSigned DNSSEC // whether the zone publishes DNSKEY
	Records     []RecordLook
	Problems    []DelegationProblem
	Targets     []TargetLook // names outside the domain to which its records lead
	Apex        []string     // addresses that the domain itself has, IPv4 and IPv6
	ApexKnown   bool         // false: no server said which these are
	Mail        *MailLook    // nil: the mail records were not looked at
	NegativeTTL time.Duration
	Detail      string
	Evidence    []byte // a readable transcript, bounded by MaxEvidence
}

// DelegationProblem is one thing wrong with the delegation itself.
type DelegationProblem struct {
	Code    string // stable, e.g. ns_mismatch, ns_lame, ns_unresolvable, no_delegation, ds_without_dnskey, single_ns, all_servers_failing
	Subject string // the server or name concerned
	Side    string // whose side is wrong: parent, client, agency, provider
	Detail  string
}

// Delegation is the current view of a domain's DNS, for its page. One row a domain.
type Delegation struct {
	DomainID int64        `gorm:"primaryKey;autoIncrement:false"`
	Outcome  Outcome      `gorm:"not null"`
	ParentNS []string     `gorm:"serializer:json;not null"`
	ChildNS  []string     `gorm:"serializer:json;not null"`
	Servers  []ServerLook `gorm:"serializer:json;not null"`
	Signed   DNSSEC       `gorm:"not null"`
	Detail   string       `gorm:"not null"`
	Problems int          `gorm:"not null"` // with the delegation, and on mail that are to be confirmed; of those for information only what keeps looks from being compared
	LookedAt time.Time    `gorm:"not null"` // last whole look
	AnswerAt *time.Time   // last look that answered
	// MailPending are the problems with mail records that were seen once.
	MailPending []MailPending `gorm:"serializer:json"`
	UpdatedAt   time.Time
}
