package models

import "time"

// Client is the organisation that owns domains and renews them.
type Client struct {
	ID       int64    `gorm:"primaryKey"`
	Name     string   `gorm:"uniqueIndex;not null"`
	Services []string `gorm:"serializer:json;not null"` // codes of the agency's services the client bought
	TimeZone string   // IANA zone name, empty: the agency's
	Language string   // BCP 47 tag, empty: the agency's
	// Notices is how this client is written to where that differs from the agency's policy.
	Notices NoticeSettings `gorm:"serializer:json;not null"`
	// HeldAt is since when nothing goes out to this client, until somebody releases it; nil: it is written to.
	HeldAt    *time.Time
	HeldBy    string `gorm:"not null"`
	HeldWhy   string `gorm:"not null"`
	CreatedAt time.Time
	UpdatedAt time.Time
}

// NoticeSettings replace parts of the agency's notice policy for one client. A nil or empty field leaves that part as it is.
type NoticeSettings struct {
	Stages      []Stage `json:"stages,omitempty"`       // rungs of the ladder in use
	DeputyFrom  *int    `json:"deputy_from,omitempty"`  // calendar days before expiry from which the deputy is written to as well
	AnswerHours *int    `json:"answer_hours,omitempty"` // business-aware hours without an answer until ops get a task
}

// ContactRole says in which role a person answers for a client's domains.
type ContactRole string

// The roles of a contact. Owner is written to first, the deputy when the owner does not answer.
const (
	RoleOwner     ContactRole = "owner"
	RoleBilling   ContactRole = "billing"
	RoleTechnical ContactRole = "technical"
	RoleDeputy    ContactRole = "deputy"
)

// Valid reports whether the role is one of them.
func (r ContactRole) Valid() bool {
	switch r {
	case RoleOwner, RoleBilling, RoleTechnical, RoleDeputy:
		return true
	}
	return false
}

// EmailState says whether mail to a contact's address arrives.
type EmailState string

// The states of an address. Bad is set by a permanent refusal and cleared when the address is changed.
const (
	EmailOK  EmailState = "ok"
	EmailBad EmailState = "bad"
)

// Contact is a person at a client. (ClientID, Email) is unique.
type Contact struct {
	ID           int64       `gorm:"primaryKey"`
	ClientID     int64       `gorm:"not null;uniqueIndex:idx_contact_client_email"`
	Name         string      `gorm:"not null"`
	Email        string      `gorm:"not null;uniqueIndex:idx_contact_client_email"` // lower-cased
	Phone        string      // as written by people; shown, never dialled
	Role         ContactRole `gorm:"not null"`
	TimeZone     string      // IANA zone name, empty: the client's
	Language     string      // BCP 47 tag, empty: the client's
	EmailState   EmailState  `gorm:"not null"`
	EmailReason  string      // the server's words when EmailState is bad
	EmailStateAt *time.Time
	OptedOutAt   *time.Time // asked not to be written to; the duty has moved to the next contact
	ErasedAt     *time.Time // what is personal was taken out
	CreatedAt    time.Time
	UpdatedAt    time.Time
}

// Usable reports whether mail to the contact may be sent and has a chance to arrive.
func (c *Contact) Usable() bool {
	return c.Email != "" && c.EmailState != EmailBad && c.OptedOutAt == nil && c.ErasedAt == nil
}
