package models

import "time"

// Severity orders findings by how soon a person must act.
type Severity string

// The severities, mildest first.
const (
	SeverityInfo     Severity = "info"
	SeverityMinor    Severity = "minor"
	SeverityMajor    Severity = "major"
	SeverityCritical Severity = "critical"
)

// Rank gives the order of severities: info 0 … critical 3; unknown words rank -1.
func (s Severity) Rank() int {
	for i, v := range []Severity{SeverityInfo, SeverityMinor, SeverityMajor, SeverityCritical} {
		if v == s {
			return i
		}
	}
	return -1
}

// FindingState says whether a finding still holds.
type FindingState string

// The states of a finding. A resolved one that comes back is reopened, not written anew.
const (
	FindingOpen     FindingState = "open"
	FindingResolved FindingState = "resolved"
)

// The codes of findings that are opened where mail is delivered and answered, and resolved by the judge. They are stored: they never change.
const (
	CodeAddressRefused    = "address_refused"
	CodeMailUndeliverable = "mail_undeliverable"
	CodeWrongPerson       = "wrong_person"
)

// The codes of findings that clients are written to about.
const (
	CodePendingTransfer = "pending_transfer"
	RecordFindingPrefix = "record_"  // followed by the state of an expected record
	ReasonOurSide       = "our_side" // of a broken record: its repair is the agency's
)

// Finding is something that needs a person. (DomainID, Code, Subject) is unique.
type Finding struct {
	ID            int64        `gorm:"primaryKey"`
	DomainID      int64        `gorm:"not null;uniqueIndex:idx_finding_key,priority:1"`
	Code          string       `gorm:"not null;uniqueIndex:idx_finding_key,priority:2"`
	Subject       string       `gorm:"not null;uniqueIndex:idx_finding_key,priority:3"` // what exactly: the domain, a record, a server, a contact
	Severity      Severity     `gorm:"not null"`
	Title         string       `gorm:"not null"`
	Detail        string       `gorm:"not null"`
	NextStep      string       `gorm:"not null"`
	Reason        string       `gorm:"not null"` // the judge's named reason
	State         FindingState `gorm:"not null;index"`
	FirstSeen     time.Time    `gorm:"not null"`
	OpenedAt      time.Time    `gorm:"not null"` // since when it is open this time
	LastSeen      time.Time    `gorm:"not null"`
	WorsenedAt    *time.Time
	ResolvedAt    *time.Time
	Reopened      int    `gorm:"not null"` // how often it came back
	CauseCode     string `gorm:"not null"` // code of the finding that explains this one; empty: it stands for itself
	ObservationID *int64
	Assignee      string `gorm:"not null"`
	SnoozedUntil  *time.Time
}

// Verdict is a finding as the judge states it at one instant, before it is reconciled with what is stored.
type Verdict struct {
	Code, Subject string
	Severity      Severity
	Title         string
	Detail        string
	NextStep      string
	Reason        string
	CauseCode     string
}

// FindingChange is what reconciling a verdict with the stored finding comes to.
type FindingChange struct {
	Kind    FindingChangeKind
	Finding Finding // the row as it must be stored
}

// FindingChangeKind names a transition of a finding.
type FindingChangeKind string

// The transitions of a finding.
const (
	FindingOpened   FindingChangeKind = "opened"
	FindingSeen     FindingChangeKind = "seen" // nothing new but the time
	FindingWorsened FindingChangeKind = "worsened"
	FindingEased    FindingChangeKind = "eased"
	FindingReopened FindingChangeKind = "reopened"
	FindingGone     FindingChangeKind = "resolved"
)
