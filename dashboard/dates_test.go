package dashboard_test

import (
	"testing"
	"time"

	"github.com/krestmarketing/deedwatch/dashboard"
)

func TestRelativeDays(t *testing.T) {
	for _, c := range []struct {
		days int
		want string
		why  string
	}{
		{0, "today", "no distance"},
		{1, "in 1 day", "one is singular"},
		{21, "in 21 days", "as drawn"},
		{90, "in 90 days", "days up to 90"},
		{91, "in 3 months", "then months"},
		{-85, "85 days ago", "the past too"},
		{-150, "5 months ago", "months in the past"},
		{699, "in 23 months", "the last month"},
		{700, "in 1.9 years", "then years with one decimal"},
		{1461, "in 4 years", "no decimal of zero"},
		{-5479, "15 years ago", "years in the past"},
	} {
		if got := dashboard.RelDays(c.days); got != c.want {
			t.Errorf("%d days: %q, want %q (%s)", c.days, got, c.want, c.why)
		}
	}
}

func TestAgesAndWaits(t *testing.T) {
	for _, c := range []struct {
		d         time.Duration
		ago, wait string
	}{
		{20 * time.Second, "just now", "under 1 h"},
		{6 * time.Minute, "6 min ago", "under 1 h"},
		{3*time.Hour + 59*time.Minute, "3 h ago", "3 h"},
		{48 * time.Hour, "48 h ago", "48 h"},
		{49 * time.Hour, "2 d ago", "2 days"},
		{8 * 24 * time.Hour, "8 d ago", "8 days"},
		{-time.Hour, "in the future", "under 1 h"},
	} {
		if got := dashboard.Ago(c.d); got != c.ago {
			t.Errorf("age of %v: %q, want %q", c.d, got, c.ago)
		}
		if got := dashboard.Waiting(c.d); got != c.wait {
			t.Errorf("wait of %v: %q, want %q", c.d, got, c.wait)
		}
	}
}

func TestDatesInTheReadersZone(t *testing.T) {
	la := pacific(t)
	for _, c := range []struct {
		t             time.Time
		loc           *time.Location
		day, rel, iso string
		why           string
	}{
		{time.Date(2026, 12, 12, 5, 0, 0, 0, time.UTC), la, "11 Dec 2026", "in 20 days", "2026-12-11T21:00:00-08:00", "an instant is the reader's day"},
		{time.Date(2026, 12, 12, 5, 0, 0, 0, time.UTC), time.UTC, "12 Dec 2026", "in 21 days", "2026-12-12T05:00:00Z", "another reader, another day"},
		{time.Date(2026, 12, 12, 0, 0, 0, 0, time.UTC), la, "12 Dec 2026", "in 21 days", "2026-12-12", "a day without a time is the same for all"},
		{time.Date(2026, 11, 22, 1, 0, 0, 0, time.UTC), la, "21 Nov 2026", "today", "2026-11-21T17:00:00-08:00", "still today in California"},
		{time.Date(2026, 11, 1, 8, 30, 0, 0, time.UTC), la, "1 Nov 2026", "20 days ago", "2026-11-01T01:30:00-07:00", "across the change of clocks"},
	} {
		day, rel, iso := dashboard.When(noon, c.loc, c.t)
		if day != c.day || rel != c.rel || iso != c.iso {
			t.Errorf("%v in %v: %q %q %q, want %q %q %q (%s)", c.t, c.loc, day, rel, iso, c.day, c.rel, c.iso, c.why)
		}
	}
}

func TestThousands(t *testing.T) {
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 22050: "22,050", 1234567: "1,234,567", -1000: "-1,000", -100: "-100"} {
		if got := dashboard.Thousands(n); got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
}

func TestRenewalDay(t *testing.T) {
	la := pacific(t)
	expires := time.Date(2026, 12, 12, 18, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		in      string
		expires *time.Time
		ok      bool
		why     string
	}{
		{"2026-11-21", &expires, true, "today"},
		{"2026-12-12", &expires, true, "the last day"},
		{"2026-11-20", &expires, false, "yesterday"},
		{"2026-12-13", &expires, false, "after it expires"},
		{"", &expires, false, "nothing chosen"},
		{"12/01/2026", &expires, false, "not a day"},
		{"2027-06-01", nil, true, "no date is known"},
		{"2028-06-01", nil, false, "too far away"},
	} {
		if problem := dashboard.RenewalDay(c.in, c.expires, noon, la); (problem == "") != c.ok {
			t.Errorf("%q: %q (%s)", c.in, problem, c.why)
		}
	}
}

func TestAttestedDate(t *testing.T) {
	la := pacific(t)
	for in, ok := range map[string]bool{"2027-01-31": true, "2026-01-01": true, "2025-01-01": false, "2036-11-01": true, "2046-01-01": false, "0001-01-01": false, "31.01.2027": false, "": false} {
		if _, err := dashboard.AttestedDate(in, noon, la); (err == nil) != ok {
			t.Errorf("%q: %v", in, err)
		}
	}
}
