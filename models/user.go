package models

import "time"

// UserRole says what a member of staff may do.
type UserRole string

// The roles, least first. Each may do what the ones before it may.
const (
	UserViewer     UserRole = "viewer"
	UserOnboarding UserRole = "onboarding"
	UserOps        UserRole = "ops"
	UserAdmin      UserRole = "admin"
)

// Rank orders roles: viewer 0 … admin 3; unknown words rank -1.
func (r UserRole) Rank() int {
	for i, v := range []UserRole{UserViewer, UserOnboarding, UserOps, UserAdmin} {
		if v == r {
			return i
		}
	}
	return -1
}

// User is a member of staff with a local account.
type User struct {
	ID           int64    `gorm:"primaryKey"`
	Email        string   `gorm:"uniqueIndex;not null"` // lower case
	Name         string   `gorm:"not null"`
	Role         UserRole `gorm:"not null"`
	PasswordHash string   `gorm:"not null"` // argon2id in PHC form
	DisabledAt   *time.Time
	LastLoginAt  *time.Time
	CreatedAt    time.Time
	UpdatedAt    time.Time
}

// SetupToken lets somebody set a first password: the first run's administrator, or an invited colleague. Only its hash is stored.
type SetupToken struct {
	ID        int64     `gorm:"primaryKey"`
	Hash      string    `gorm:"uniqueIndex;not null"` // hex SHA-256 of the token
	Email     string    `gorm:"not null"`             // empty: whoever opens it first becomes the first administrator
	Role      UserRole  `gorm:"not null"`
	ExpiresAt time.Time `gorm:"not null"`
	UsedAt    *time.Time
	CreatedAt time.Time
}

// Session is a signed-in browser. Only the hash of its token is stored.
type Session struct {
	Token     string    `gorm:"primaryKey"`
	Data      []byte    `gorm:"not null"`
	ExpiresAt time.Time `gorm:"not null;index"`
}

// Sweep is the dead-man's row of a recurring task: when it last began and ended, on which worker.
type Sweep struct {
	Name       string `gorm:"primaryKey"` // registration, dns, judge, plan, deliver
	Worker     string `gorm:"not null"`
	StartedAt  *time.Time
	FinishedAt *time.Time
	GoodAt     *time.Time // when it last ended without an error; the store keeps it
	Error      string     `gorm:"not null"` // of the last run, empty: none
	Items      int        `gorm:"not null"` // how many units the last run handed out
}
