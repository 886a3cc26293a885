package models

import "time"

// The kinds of happenings, as receivers of webhooks know them.
const (
	HappenedFindingOpened   = "finding.opened"
	HappenedFindingWorsened = "finding.worsened"
	HappenedFindingEased    = "finding.eased"
	HappenedFindingResolved = "finding.resolved"
	HappenedRegistration    = "registration.changed"
)

// Happening is a change of a finding or a registration that has not been told yet.
type Happening struct {
	ID       int64     `gorm:"primaryKey"`
	Kind     string    `gorm:"not null"`
	At       time.Time `gorm:"not null"`
	DomainID int64     `gorm:"not null"`
	Body     string    `gorm:"not null"` // JSON: a HappenedFinding, or a list of HappenedChange
}

// HappenedFinding is a finding as it was when it changed.
type HappenedFinding struct {
	ID       int64     `json:"id"`
	Code     string    `json:"code"`
	Subject  string    `json:"subject"`
	Severity Severity  `json:"severity"`
	Title    string    `json:"title"`
	Reason   string    `json:"reason"`
	Cause    string    `json:"cause"`
	OpenedAt time.Time `json:"opened_at"`
	Reopened int       `json:"reopened"`
}

// HappenedChange is one fact of a registration that changed.
type HappenedChange struct {
	Field  string   `json:"field"`
	Before string   `json:"before"`
	After  string   `json:"after"`
	Source LookKind `json:"source"`
}

// Untold is what happened since somebody was last told, with the names it speaks of.
type Untold struct {
	Entries    []Entry     // of the ledger, in their order
	Happenings []Happening // in their order
	Domains    map[int64]NamedDomain
	Clients    map[int64]string
}

// NamedDomain is a domain's name with whose it is.
type NamedDomain struct {
	Name     string
	ClientID int64
}

// DispatchTarget is a target that was switched off, or on again.
type DispatchTarget struct {
	Name  string     `gorm:"primaryKey"`
	OffAt *time.Time // nil: on
	Why   string     `gorm:"not null"`
	By    string     `gorm:"not null"` // "system", or a user's e-mail
}

// DispatchResult is what one attempt came to: the row as it must be stored, and the attempt itself.
type DispatchResult struct {
	Dispatch Dispatch
	Try      DispatchTry
}

// DispatchQuery asks for one page of the delivery log. Zero values mean "any".
type DispatchQuery struct {
	Target string
	State  DispatchState
	Kind   string
	Page   int // from 1
	Per    int
}

// DispatchPage is one page of the delivery log, the latest first, without the bodies.
type DispatchPage struct {
	Rows     []Dispatch
	Matching int
	Targets  []DispatchTargetState // of all rows, by name
}

// DispatchTargetState says how one target fares.
type DispatchTargetState struct {
	Name                  string
	Waiting, Sent, Failed int
	LastSent              *time.Time
	Off                   *DispatchTarget // nil: it is on
}

// DispatchView is one dispatch with its attempts, the first first.
type DispatchView struct {
	Dispatch Dispatch
	Tries    []DispatchTry
}
