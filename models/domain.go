package models

import "time"

// AutoRenew is what the client said of auto-renew at its registrar; nobody else can know.
type AutoRenew string

// The states of auto-renew. Unknown reads "not stated", never "off".
const (
	AutoRenewUnknown AutoRenew = "unknown"
	AutoRenewOn      AutoRenew = "on"
	AutoRenewOff     AutoRenew = "off"
)

// Domain is a registrable name under watch. The columns from RegistryServer on are derived by the judge and kept on the row so that the
// board filters and sorts in the database; the facts behind them are in Registration.
type Domain struct {
	ID          int64     `gorm:"primaryKey"`
	ClientID    int64     `gorm:"not null;index"`
	Name        string    `gorm:"uniqueIndex;not null"` // A-label, lower case, no trailing dot
	Suffix      string    `gorm:"not null;index"`       // the public suffix, A-label
	Services    []string  `gorm:"serializer:json;not null"`
	AutoRenew   AutoRenew `gorm:"not null"`
	AutoRenewBy string    // who said so
	AutoRenewAt *time.Time
	ArchivedAt  *time.Time // no longer watched; kept for its ledger

	// Attested is the expiry date the client stated for a registry that publishes none.
	AttestedExpiry *time.Time
	AttestedBy     string
	AttestedAt     *time.Time

	RegistryServer string          `gorm:"not null;index:idx_domain_due_reg,priority:1"` // host:port or base URL asked for this name; unit of politeness
	NextLookAt     time.Time       `gorm:"not null;index:idx_domain_due_reg,priority:2"`
	NextDNSAt      time.Time       `gorm:"not null;index"`
	NextJudgeAt    *time.Time      `gorm:"index"` // when the verdict changes although no fact does, e.g. the date passes
	LookFailures   int             `gorm:"not null"`
	DNSFailures    int             `gorm:"not null"`
	Lifecycle      Lifecycle       `gorm:"not null;index"`
	LifecycleSince *time.Time      // when this lifecycle was first judged
	LifecycleWhy   LifecycleReason // why the judge says so
	ExpiresAt      *time.Time      `gorm:"index"` // the effective expiry
	ExpirySource   ExpirySource    `gorm:"not null"`
	ExpiryAsOf     *time.Time      // when the source last said so
	Unconfirmed    bool            `gorm:"not null"` // the registry shows a renewal that nobody confirmed
	LastSafeDay    *time.Time      // until when the client can still renew at the normal price
	RecoverUntil   *time.Time      // until when it can be recovered at all (end of redemption)
	Registrar      string          `gorm:"index"`
	CheckedAt      *time.Time      // last registration look, whatever its outcome
	SeenAt         *time.Time      // last registration look that gave an answer
	LookOutcome    Outcome         `gorm:"not null"` // of the last registration look; empty before the first
	LookSource     LookKind        // protocol of the last answer
	RecordsTotal   int             `gorm:"not null"` // expected records
	RecordsRight   int             `gorm:"not null"` // of them ok or ok_flattened
	RecordsUnknown int             `gorm:"not null"` // of them not judged: unknown or zone_unreachable
	DNSCheckedAt   *time.Time
	QuietUntil     *time.Time // reminders rest because of an answer; worsening facts clear it
	QuietReason    string
	Version        int `gorm:"not null"` // counts judgements; a recorded judgement names the version it was made from
	CreatedAt      time.Time
	UpdatedAt      time.Time
}

// Lifecycle is the state of a registration as its owner meets it.
type Lifecycle string

// The states of a registration. Unknown is a state of its own with its reason, never treated as fine or as bad.
const (
	LifecycleUnknown       Lifecycle = "unknown"
	LifecycleRegistered    Lifecycle = "registered"
	LifecycleExpiring      Lifecycle = "expiring"       // within 60 days of the effective expiry
	LifecycleExpired       Lifecycle = "expired"        // auto-renew grace: normal price
	LifecycleRedemption    Lifecycle = "redemption"     // RFC 3915: recoverable for a fee
	LifecyclePendingDelete Lifecycle = "pending_delete" // nobody can save it
	LifecycleReleased      Lifecycle = "released"       // anyone can register it
	LifecycleOnHold        Lifecycle = "on_hold"        // clientHold or serverHold (RFC 5731): does not resolve
)

// LifecycleReason names why a lifecycle was judged.
type LifecycleReason string

// The reasons behind a lifecycle.
const (
	WhyNeverLooked     LifecycleReason = "never_looked"      // no look gave an answer yet
	WhyLookFailing     LifecycleReason = "look_failing"      // the last answer is too old to rely on
	WhyNoPublicExpiry  LifecycleReason = "no_public_expiry"  // the registry publishes no date and the client stated none
	WhyUnparsedExpiry  LifecycleReason = "unparsed_expiry"   // registered, but the answer's date can't be read or believed
	WhyAbsentOnce      LifecycleReason = "absent_once"       // one "no such name", not confirmed by a second source and a later run
	WhyDate            LifecycleReason = "date"              // by the effective expiry
	WhyStatus          LifecycleReason = "epp_status"        // an EPP status says so
	WhyAbsentConfirmed LifecycleReason = "absent_confirmed"  // confirmed absence
	WhyPastLifecycle   LifecycleReason = "past_lifecycle"    // the date alone would mean deletion, but the registry still shows the name
	WhyUnconfirmed     LifecycleReason = "unconfirmed_renew" // registry date jumped inside the auto-renew grace
)

// ExpirySource says who stated the effective expiry.
type ExpirySource string

// The sources of an expiry date.
const (
	ExpiryNone      ExpirySource = ""
	ExpiryRegistry  ExpirySource = "registry"
	ExpiryRegistrar ExpirySource = "registrar"
	ExpiryAttested  ExpirySource = "attested"
)
