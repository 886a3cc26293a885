package services

import "fmt"

// Reason says why a template could not be applied, in the words of the Domain Connect reference suite.
type Reason string

// The reasons.
const (
	InvalidTemplate  Reason = "InvalidTemplate"  // the template itself is wrong
	InvalidData      Reason = "InvalidData"      // what came out is no valid record, or contradicts itself
	MissingParameter Reason = "MissingParameter" // a variable has no value
	HostRequired     Reason = "HostRequired"     // the template needs a host below the domain
	UnknownType      Reason = "TypeError"        // no such record type
	UnknownTemplate  Reason = "UnknownTemplate"  // the catalogue has no such provider and service
)

// Error says what is wrong with a template or with what was put into it, and what to change.
type Error struct {
	Reason Reason
	Msg    string
}

// Error returns the sentence for people.
func (e *Error) Error() string { return e.Msg }

func fail(reason Reason, format string, args ...any) error {
	return &Error{Reason: reason, Msg: fmt.Sprintf(format, args...)}
}
