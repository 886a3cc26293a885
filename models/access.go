package models

import "time"

// GrantState is where a delegated access stands.
type GrantState string

// The states of a grant: requested → granted → verified → review_due → to_revoke → revoked; beside them declined and at_risk.
const (
	GrantRequested GrantState = "requested"
	GrantGranted   GrantState = "granted"
	GrantVerified  GrantState = "verified"
	GrantReviewDue GrantState = "review_due"
	GrantToRevoke  GrantState = "to_revoke"
	GrantRevoked   GrantState = "revoked"
	GrantDeclined  GrantState = "declined"
	GrantAtRisk    GrantState = "at_risk" // evidence says that it may be gone
)

// GrantMethod is how access was delegated. Sharing a password is not among them.
type GrantMethod string

// The methods.
const (
	MethodPartnerAccess     GrantMethod = "partner_access"
	MethodManagerAccount    GrantMethod = "manager_account"
	MethodUserInvitation    GrantMethod = "user_invitation"
	MethodRegistrarDelegate GrantMethod = "registrar_delegate"
	MethodDNSZoneDelegation GrantMethod = "dns_zone_delegation"
	MethodOAuth             GrantMethod = "oauth"
	MethodVaultShare        GrantMethod = "vault_share"
)

// HolderKind says who holds a grant.
type HolderKind string

// The kinds of holders.
const (
	HolderPerson HolderKind = "person"
	HolderTeam   HolderKind = "team"
	HolderAgency HolderKind = "agency_identity"
)

// Grant is access that a client delegated to the agency: to what, in which role, by which method, held by whom. Never a password.
type Grant struct {
	ID          int64       `gorm:"primaryKey"`
	ClientID    int64       `gorm:"not null;index"`
	DomainID    *int64      `gorm:"index"`    // when the asset is a domain or its DNS
	Platform    string      `gorm:"not null"` // catalogue code
	Asset       string      `gorm:"not null"` // account or property id, or domain name
	Role        string      `gorm:"not null"`
	Method      GrantMethod `gorm:"not null"`
	HolderKind  HolderKind  `gorm:"not null"`
	Holder      string      `gorm:"not null;index"` // e-mail of a person, name of a team or identity
	Purpose     string      `gorm:"not null"`       // service code or words
	VaultLink   string      `gorm:"not null"`       // https address of a vault item; never its content
	Note        string      `gorm:"not null"`
	State       GrantState  `gorm:"not null;index"`
	StateReason string      `gorm:"not null"`
	StateAt     time.Time   `gorm:"not null"`
	AskedBy     string      `gorm:"not null"`
	AskedAt     *time.Time
	GrantedBy   string `gorm:"not null"` // at the client
	GrantedAt   *time.Time
	RecordedBy  string    `gorm:"not null"`
	RecordedAt  time.Time `gorm:"not null"`
	VerifiedBy  string    `gorm:"not null"`
	VerifiedHow string    `gorm:"not null"`
	VerifiedAt  *time.Time
	ReviewDue   *time.Time `gorm:"index"` // calendar day, midnight UTC
	ExpectedEnd *time.Time
	RevokedBy   string `gorm:"not null"`
	RevokedHow  string `gorm:"not null"` // evidence of removal
	RevokedAt   *time.Time
	Version     int `gorm:"not null"` // optimistic lock: a transition names the version it saw
	CreatedAt   time.Time
	UpdatedAt   time.Time
}

// GrantEvent is one line of a grant's history; never changed or removed.
type GrantEvent struct {
	ID      int64      `gorm:"primaryKey"`
	GrantID int64      `gorm:"not null;index"`
	At      time.Time  `gorm:"not null"`
	Actor   string     `gorm:"not null"`
	Action  string     `gorm:"not null"` // the transition's name
	From    GrantState `gorm:"column:from_state;not null"`
	To      GrantState `gorm:"column:to_state;not null"`
	Note    string     `gorm:"not null"`
}
