package monitor_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/monitor"
)

func TestACycleLastsUntilTheRenewalIsConfirmed(t *testing.T) {
	t.Parallel()
	now := *date("2027-01-12T08:00:00Z")
	open := func() *models.Cycle {
		return &models.Cycle{ID: 3, DomainID: 7, ExpiresAt: *date(oldDate), OpenedAt: *date("2026-01-12")}
	}
	at := func(s string) models.Expiry { return models.Expiry{At: date(s), Source: models.ExpiryRegistry} }
	unconfirmed := func(s string) models.Expiry { e := at(s); e.Unconfirmed = true; return e }
	for name, c := range map[string]struct {
		open        *models.Cycle
		expiry      models.Expiry
		lifecycle   models.Lifecycle
		closes      string
		opens, move bool
		why         string
	}{
		"no date yet":          {nil, models.Expiry{}, models.LifecycleUnknown, "", false, false, "nothing to count towards"},
		"first date":           {nil, at(oldDate), models.LifecycleExpiring, "", true, false, "the first one opens a cycle"},
		"same date":            {open(), at(oldDate), models.LifecycleExpiring, "", false, false, ""},
		"a day later":          {open(), at("2027-01-11T08:00:00Z"), models.LifecycleExpiring, "", false, true, "corrected, not renewed"},
		"a week later":         {open(), at("2027-01-17T08:00:00Z"), models.LifecycleExpiring, "", false, true, "the same date to who was told of it: no warning is sent twice"},
		"eight days later":     {open(), at("2027-01-18T08:00:00Z"), models.LifecycleExpiring, "restated", true, false, "another date: what was sent says nothing of it"},
		"the end of its grace": {open(), at("2027-02-24T08:00:00Z"), models.LifecycleExpiring, "restated", true, false, "registrars state it as a date: no renewal"},
		"in redemption":        {open(), at("2027-02-24T08:00:00Z"), models.LifecycleRedemption, "", false, true, "told of by the lapse, not by the date"},
		"restored":             {open(), at(newDate), models.LifecycleRedemption, "renewed", true, false, ""},
		"59 days later":        {open(), at("2027-03-10T08:00:00Z"), models.LifecycleRegistered, "restated", true, false, "too little for a renewal"},
		"60 days later":        {open(), at("2027-03-11T08:00:00Z"), models.LifecycleRegistered, "renewed", true, false, "quarterly renewals exist"},
		"a year later":         {open(), at(newDate), models.LifecycleRegistered, "renewed", true, false, ""},
		"earlier":              {open(), at("2026-12-10T08:00:00Z"), models.LifecycleExpired, "", false, true, "the notices follow the date"},
		"a year earlier":       {open(), at("2026-01-10T08:00:00Z"), models.LifecycleExpired, "", false, true, "a renewal was taken back"},
		"unconfirmed":          {open(), unconfirmed(oldDate), models.LifecycleExpired, "", false, false, "the warnings go on"},
		"date lost":            {open(), models.Expiry{}, models.LifecycleUnknown, "", false, false, "unknown closes nothing"},
		"released":             {open(), at(oldDate), models.LifecycleReleased, "released", false, false, ""},
		"released, closed":     {nil, at(oldDate), models.LifecycleReleased, "", false, false, "no new cycle for a name that is gone"},
		"unconfirmed and late": {open(), unconfirmed(newDate), models.LifecycleExpired, "", false, false, "never by an unconfirmed date"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := monitor.DecideCycle(c.open, nil, 7, c.expiry, c.lifecycle, now)
			closes := ""
			if s.Close != nil {
				closes = s.Close.Reason
				if s.Close.ID != 3 || !s.Close.At.Equal(now) {
					t.Errorf("closes %+v", s.Close)
				}
			}
			if closes != c.closes || (s.Open != nil) != c.opens || (s.Move != nil) != c.move {
				t.Errorf("= closes %q, opens %v, moves %v (%s); want %q, %v, %v: %s", closes, s.Open != nil, s.Move != nil, s.Reason, c.closes, c.opens, c.move, c.why)
			}
			if s.Open != nil && (s.Open.DomainID != 7 || s.Open.ID != 0 || !s.Open.ExpiresAt.Equal(*c.expiry.At)) {
				t.Errorf("opens %+v", s.Open)
			}
			if s.Move != nil && (s.Move.ID != 3 || !s.Move.ExpiresAt.Equal(*c.expiry.At)) {
				t.Errorf("moves to %+v", s.Move)
			}
		})
	}
}

// TestARestatedDateThatComesBack: the cycle that was of it goes on.
func TestARestatedDateThatComesBack(t *testing.T) {
	t.Parallel()
	now := *date("2027-01-05T08:00:00Z")
	first := models.Cycle{ID: 3, DomainID: 7, ExpiresAt: *date("2027-01-10T08:00:00Z"), ClosedAt: date("2027-01-04T08:00:00Z"), CloseReason: "restated"}
	open := models.Cycle{ID: 4, DomainID: 7, ExpiresAt: *date("2027-02-20T08:00:00Z")}
	for _, c := range []struct {
		why, to    string
		opens      int64 // -1: none
		closes, on string
	}{
		{"it comes back", "2027-01-10T08:00:00Z", 3, "restated", "2027-01-10T08:00:00Z"},
		{"about so", "2027-01-12T08:00:00Z", 3, "restated", "2027-01-12T08:00:00Z"},
		{"to some other date before", "2027-01-25T08:00:00Z", -1, "", "2027-01-25T08:00:00Z"},
		{"to a third one", "2027-03-20T08:00:00Z", 0, "restated", "2027-03-20T08:00:00Z"},
		{"renewed", "2028-02-20T08:00:00Z", 0, "renewed", "2028-02-20T08:00:00Z"},
	} {
		s := monitor.DecideCycle(&open, []models.Cycle{first}, 7, models.Expiry{At: date(c.to)}, models.LifecycleExpiring, now)
		opens, closes, on := int64(-1), "", s.Move
		if s.Open != nil {
			opens, on = s.Open.ID, s.Open
		}
		if s.Close != nil {
			closes = s.Close.Reason
		}
		if opens != c.opens || closes != c.closes || on == nil || !on.ExpiresAt.Equal(*date(c.on)) || on.ClosedAt != nil {
			t.Errorf("%s: %+v", c.why, s)
		}
	}
}

func TestDecidingACycleTwiceDecidesNothingNew(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		base := date(oldDate)
		e := models.Expiry{At: new(base.Add(time.Duration(rapid.IntRange(-500, 500).Draw(t, "days")) * day)), Unconfirmed: rapid.Bool().Draw(t, "unconfirmed")}
		open := &models.Cycle{ID: 1, ExpiresAt: *base}
		step := monitor.DecideCycle(open, nil, 7, e, models.LifecycleRegistered, *base)
		switch {
		case step.Open != nil:
			open = step.Open
		case step.Move != nil:
			open = step.Move
		}
		again := monitor.DecideCycle(open, nil, 7, e, models.LifecycleRegistered, *base)
		if again.Close != nil || again.Open != nil || again.Move != nil {
			t.Fatalf("first %+v, then %+v", step, again)
		}
	})
}
