package engine

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

func instant(t *testing.T, s string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestSlot(t *testing.T) {
	la := zone(t, "America/Los_Angeles")
	digest := Tick{Kind: "digest", Cron: "0 9 * * 1-5", Location: la}
	night := Tick{Kind: "night", Cron: "30 2 * * *", Location: zone(t, "Europe/Paris")}
	for _, tc := range []struct {
		why       string
		tick      Tick
		now, want string
	}{
		{"a slot begins at a whole multiple", Tick{Kind: "sweep", Every: time.Minute}, "2027-01-04T10:00:59.9Z", "2027-01-04T10:00:00Z"},
		{"and is itself its own", Tick{Kind: "sweep", Every: time.Minute}, "2027-01-04T10:01:00Z", "2027-01-04T10:01:00Z"},
		{"in whatever zone the clock is", Tick{Kind: "sweep", Every: 24 * time.Hour}, "2027-01-04T03:00:00+05:30", "2027-01-03T00:00:00Z"},
		{"on the dot", digest, "2027-01-04T09:00:00-08:00", "2027-01-04T17:00:00Z"},
		{"the timer fired late", digest, "2027-01-04T09:47:11-08:00", "2027-01-04T17:00:00Z"},
		{"the timer fired a little early", digest, "2027-01-04T08:59:58-08:00", "2027-01-04T17:00:00Z"},
		{"before the morning's slot: the last business day's", digest, "2027-01-04T08:00:00-08:00", "2027-01-01T17:00:00Z"},
		{"nine o'clock moves with summer time", digest, "2027-03-15T10:00:00-07:00", "2027-03-15T16:00:00Z"},
		{"a yearly slot is found too", Tick{Kind: "yearly", Cron: "0 0 1 1 *"}, "2027-12-31T00:00:00Z", "2027-01-01T00:00:00Z"},
		{"so is 29 February", Tick{Kind: "leap", Cron: "0 0 29 2 *"}, "2031-06-01T00:00:00Z", "2028-02-29T00:00:00Z"},
		{"02:30 does not exist on this day in Paris", night, "2027-03-28T12:00:00+02:00", "2027-03-27T01:30:00Z"},
	} {
		s, err := tc.tick.schedule(0.5)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(instant(t, tc.want), s.slot(instant(t, tc.now))); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", tc.why, diff)
		}
	}
}

// Of one tick's firings through a year each has a slot of its own, at or before
// the firing: none is lost to rounding, none is doubled by a change of the clocks.
func TestEachFiringHasASlotOfItsOwn(t *testing.T) {
	for _, tick := range []Tick{
		{Kind: "sweep", Every: 7 * time.Minute},
		{Kind: "daily", Every: 24 * time.Hour},
		{Kind: "digest", Cron: "0 9 * * *", Location: zone(t, "America/Los_Angeles")},
		{Kind: "half", Cron: "*/30 * * * *", Location: zone(t, "Australia/Lord_Howe")},
	} {
		s, err := tick.schedule(0.999)
		if err != nil {
			t.Fatal(err)
		}
		at, last := instant(t, "2027-01-01T00:00:00Z"), time.Time{}
		for end := at.AddDate(1, 0, 0); at.Before(end); {
			fire := s.next(at)
			slot := s.slot(fire)
			if !fire.After(at) || slot.After(fire) || !slot.After(last) {
				t.Fatalf("%s: fires at %s after %s with slot %s after slot %s", tick.Kind, fire, at, slot, last)
			}
			at, last = fire, slot
		}
	}
}

func TestFiringsAreSpreadWithinTheSlot(t *testing.T) {
	now := instant(t, "2027-01-04T10:00:30Z")
	for _, tc := range []struct {
		every, least, most time.Duration
	}{
		{time.Minute, 500 * time.Millisecond, 5 * time.Second},
		{time.Second, 10 * time.Millisecond, 100 * time.Millisecond},
		{24 * time.Hour, 500 * time.Millisecond, 5 * time.Second},
	} {
		for _, share := range []float64{0, 0.3, 0.9999} {
			s, err := Tick{Kind: "sweep", Every: tc.every}.schedule(share)
			if err != nil {
				t.Fatal(err)
			}
			fire := s.next(now)
			if into := fire.Sub(fire.Truncate(tc.every)); into < tc.least || into > tc.most {
				t.Errorf("every %s, share %g: fires %s into the slot, want %s to %s", tc.every, share, into, tc.least, tc.most)
			}
		}
	}
}

func TestMistakenTicksAreRefused(t *testing.T) {
	for _, tc := range []struct {
		why  string
		tick Tick
		want string
	}{
		{"no kind", Tick{Every: time.Minute}, "invalid job"},
		{"no time", Tick{Kind: "sweep"}, "either Every or Cron"},
		{"two times", Tick{Kind: "sweep", Every: time.Minute, Cron: "* * * * *"}, "either Every or Cron"},
		{"too often", Tick{Kind: "sweep", Every: time.Millisecond}, "least is 1s"},
		{"backwards", Tick{Kind: "sweep", Every: -time.Minute}, "least is 1s"},
		{"not cron", Tick{Kind: "sweep", Cron: "at nine"}, `cron "at nine"`},
		{"an interval in disguise", Tick{Kind: "sweep", Cron: "@every 1h"}, "use Every"},
		{"a zone in disguise", Tick{Kind: "sweep", Cron: "CRON_TZ=UTC 0 9 * * *"}, "Location"},
		{"31 February", Tick{Kind: "sweep", Cron: "0 0 31 2 *"}, "no such day"},
	} {
		if _, err := tc.tick.schedule(0); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want an error about %q", tc.why, err, tc.want)
		}
	}
}
