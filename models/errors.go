package models

import (
	"errors"
	"fmt"
)

// The few conditions that callers tell apart. Wrap them with the operation; test with errors.Is.
var (
	// ErrNotFound says that the row asked for does not exist.
	ErrNotFound = errors.New("not found")
	// ErrConflict says that the row changed meanwhile, or that its key is taken.
	ErrConflict = errors.New("conflict")
	// ErrInvalid says that the input can't be accepted; an *InvalidError in the chain names the field.
	ErrInvalid = errors.New("invalid")
)

// InvalidError names the field that can't be accepted and what to do about it. It never carries the refused value: it may be a secret.
type InvalidError struct {
	Field string // the field's name as the person who filled it in knows it
	Msg   string // what is wrong and what to do, one sentence
}

// Error gives the field and the advice.
func (e *InvalidError) Error() string { return fmt.Sprintf("%s: %s", e.Field, e.Msg) }

// Is makes errors.Is(err, ErrInvalid) true.
func (e *InvalidError) Is(target error) bool { return target == ErrInvalid }

// Invalid returns an *InvalidError.
func Invalid(field, format string, args ...any) error {
	return &InvalidError{Field: field, Msg: fmt.Sprintf(format, args...)}
}
