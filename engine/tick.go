package engine

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

// Tick says when jobs of one kind are due by the clock: every so often, or by
// a cron expression.
type Tick struct {
	// Kind is the kind of the jobs. Their key is empty.
	Kind string

	// Every is the interval, at least a second. Slots begin at whole multiples
	// of it since the zero time, so that all processes agree on them.
	Every time.Duration

	// Cron is used when Every is zero: minute, hour, day of month, month, day
	// of week. A local time that a change to summer time leaves out is not
	// made up for.
	Cron string
	// Location is the zone of Cron. Nil means UTC.
	Location *time.Location

	// RunAtStart takes the present slot as soon as the ticker starts, unless
	// it is taken already: for Cron, the latest one that has passed.
	RunAtStart bool
}

// schedule decides when a tick fires and which slot it stands for. Its methods
// are pure.
type schedule struct {
	every  time.Duration
	offset time.Duration // of the firing within the slot; less than every
	cron   *cron.SpecSchedule
}

// maxOffset spreads the firings of several processes: a tenth of the interval,
// at most this long.
const maxOffset = 5 * time.Second

// cronTolerance is how much too early a timer may fire and still mean the
// coming slot: the wall clock may have been set back meanwhile.
const cronTolerance = 5 * time.Second

// schedule checks the tick. share, in [0,1), places it within its slot.
func (t Tick) schedule(share float64) (*schedule, error) {
	if err := checkKind(t.Kind); err != nil {
		return nil, err
	}
	switch {
	case (t.Every != 0) == (t.Cron != ""):
		return nil, fmt.Errorf("engine: tick %s: give either Every or Cron", t.Kind)
	case t.Cron != "":
		spec, err := parseCron(t.Cron, t.Location)
		if err != nil {
			return nil, fmt.Errorf("engine: tick %s: cron %q: %w", t.Kind, t.Cron, err)
		}
		return &schedule{cron: spec}, nil
	case t.Every < time.Second:
		return nil, fmt.Errorf("engine: tick %s: Every is %s, the least is 1s", t.Kind, t.Every)
	}
	spread := min(t.Every/10, maxOffset)
	return &schedule{every: t.Every, offset: spread/10 + time.Duration(share*float64(spread*9/10))}, nil
}

func parseCron(expr string, zone *time.Location) (*cron.SpecSchedule, error) {
	if strings.Contains(expr, "TZ=") {
		return nil, errors.New("name the zone in Location")
	}
	parsed, err := cron.ParseStandard(expr)
	if err != nil {
		return nil, err
	}
	spec, ok := parsed.(*cron.SpecSchedule)
	if !ok {
		return nil, errors.New("use Every for an interval")
	}
	if zone == nil {
		zone = time.UTC
	}
	spec.Location = zone
	if spec.Next(time.Unix(0, 0)).IsZero() {
		return nil, errors.New("there is no such day")
	}
	return spec, nil
}

// next returns the first firing after t.
func (s *schedule) next(t time.Time) time.Time {
	if s.cron != nil {
		return s.cron.Next(t)
	}
	fire := t.Truncate(s.every).Add(s.offset)
	if !fire.After(t) {
		fire = fire.Add(s.every)
	}
	return fire
}

// slot returns the slot that a firing at now stands for: the latest that has
// begun.
func (s *schedule) slot(now time.Time) time.Time {
	if s.cron == nil {
		return now.Truncate(s.every).UTC()
	}
	now = now.Add(cronTolerance)
	latest := time.Time{}
	for _, back := range []time.Duration{time.Hour, 25 * time.Hour, 32 * 24 * time.Hour, 367 * 24 * time.Hour, 9 * 366 * 24 * time.Hour} {
		for at := s.cron.Next(now.Add(-back)); !at.IsZero() && !at.After(now); at = s.cron.Next(at) {
			latest = at
		}
		if !latest.IsZero() {
			break
		}
	}
	return latest.UTC()
}
