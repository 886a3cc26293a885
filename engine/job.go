package engine

import (
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// maxKind and maxKey are in bytes. River allows 64 for the name of a queue.
const (
	maxKind = 64
	maxKey  = 500
)

// kindForm is what River allows as the name of a queue, less its '|'.
var kindForm = regexp.MustCompile(`^[a-z0-9]+([_-][a-z0-9]+)*$`)

func checkKind(kind string) error {
	if len(kind) < 2 || len(kind) > maxKind || !kindForm.MatchString(kind) {
		return fmt.Errorf("%w: kind %q: use 2 to %d lower-case letters and digits, joined by '-' or '_'", ErrInvalidJob, kind, maxKind)
	}
	return nil
}

// check refuses what one of the runners could not store.
func (j Job) check() error {
	if err := checkKind(j.Kind); err != nil {
		return err
	}
	switch {
	case len(j.Key) > maxKey:
		return fmt.Errorf("%w: key of %d bytes for kind %s: use at most %d", ErrInvalidJob, len(j.Key), j.Kind, maxKey)
	case !utf8.ValidString(j.Key) || strings.ContainsFunc(j.Key, unicode.IsControl):
		return fmt.Errorf("%w: key %q for kind %s: use UTF-8 without control characters", ErrInvalidJob, j.Key, j.Kind)
	}
	return nil
}

func checkAll(jobs []Job) error {
	for _, j := range jobs {
		if err := j.check(); err != nil {
			return err
		}
	}
	return nil
}

// normal returns the slot in the one form that every runner compares: UTC, in
// whole microseconds, which is what PostgreSQL keeps.
func normal(slot time.Time) time.Time {
	if slot.IsZero() {
		return time.Time{}
	}
	return slot.UTC().Truncate(time.Microsecond)
}
