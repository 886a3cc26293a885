// Package store keeps Deedwatch's rows in SQLite or PostgreSQL. Its methods are questions (DomainsDue, Board) and transitions
// (RecordRegistration, QueueNotices), each in one transaction of its own; both engines pass the same conformance suite.
//
// It is the only package that speaks gorm. It decides nothing: what is due when, what is bad, what is owed and what a client may see is
// the business of monitor, notify, access and dashboard, which hand over rows and instants. It reads no clock: every instant is an
// argument. Instants are stored as UTC, truncated to microseconds, and come back in UTC, whatever the zone they came in.
//
// Errors wrap models.ErrNotFound, models.ErrConflict or models.ErrInvalid where the caller can act on the difference.
package store
