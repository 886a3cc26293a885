package models

import "time"

// RegistryServer is what is remembered of a server between processes, so that a restart and a second worker keep to its limits: until when
// it must be left alone, how it fared, and which of its turns are taken.
type RegistryServer struct {
	Server       string     `gorm:"primaryKey"` // origin (https://rdap.example) or host:port; servers that count together share one row
	BlockedUntil *time.Time // Retry-After or open circuit; once past, one trial look goes first, and an answer clears it
	TrialUntil   *time.Time // a trial look is under way; nobody else asks before this or its end
	Failures     int        `gorm:"not null"` // consecutive looks without an answer
	LastOutcome  Outcome    `gorm:"not null"`
	Day          string     `gorm:"not null"` // UTC day of DayCount, 2006-01-02
	DayCount     int        `gorm:"not null"` // turns taken on Day, for people: limits are kept by Pace
	Pace         Pace       `gorm:"serializer:json;not null"`
	UpdatedAt    time.Time
}

// LongestBlock is further than any block of a server reaches ahead. What claims to was written before the clock was set back.
const LongestBlock = 24*time.Hour + time.Minute

// Pace is the state of a server's limits: how far ahead of the clock its turns are taken, one mark for each allowance. It is small whatever
// the allowance.
type Pace struct {
	Seen  time.Time `json:"seen,omitzero"` // the latest instant at which a turn was taken; no clock that is behind it is believed
	Marks []Mark    `json:"marks,omitempty"`
}

// Mark is the state of one allowance, a generic cell rate: each turn moves Until by Step.
type Mark struct {
	Per   time.Duration `json:"per"`  // names the allowance; zero: the spacing of turns
	Step  time.Duration `json:"step"` // what a turn costs
	Until time.Time     `json:"until"`
}

// ServerLag says how far behind a server is with the names that are due there.
type ServerLag struct {
	Server     string
	Due        int        // names under watch that are due
	NearDue    int        // of them expired, in trouble, or within 60 days of their expiry
	Oldest     *time.Time // since when the longest waiting one is due; nil: none
	OldestNear *time.Time // the same among the near ones
	Memory     RegistryServer
}

// The lateness from which a server counts as behind: names near their expiry are to be looked at within the quarter of a day, the others
// within a week beyond their time.
const (
	behindNear = 6 * time.Hour
	behindFar  = 7 * 24 * time.Hour
)

// Behind reports whether names wait for the server for longer than they should.
func (l *ServerLag) Behind(now time.Time) bool {
	late := func(t *time.Time, by time.Duration) bool { return t != nil && now.Sub(*t) > by }
	return late(l.OldestNear, behindNear) || late(l.Oldest, behindFar)
}
