package store_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/krestmarketing/deedwatch/models"
)

func TestInstantsCompareWhateverTheirZone(t *testing.T) {
	t.Parallel()
	kolkata := time.FixedZone("IST", 5*3600+1800)
	pacific := time.FixedZone("PST", -8*3600)
	due := time.Date(2026, 3, 1, 2, 0, 0, 0, kolkata) // the day before in UTC
	for _, tc := range []struct {
		ask  time.Time
		due  bool
		why  string
		name string
	}{
		{due, true, "the same instant in its own zone", "own zone"},
		{due.UTC(), true, "the same instant in UTC", "utc"},
		{due.In(pacific), true, "the same instant behind UTC", "behind utc"},
		{due.Add(time.Microsecond).In(pacific), true, "later by the smallest step", "after"},
		{due.Add(-time.Microsecond).In(pacific), false, "earlier by the smallest step", "before"},
		{due.Add(-time.Nanosecond), false, "cut to microseconds, it is the microsecond before", "nanosecond before"},
		{due.Add(999 * time.Nanosecond), true, "cut to microseconds, it is the same", "nanoseconds after"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			onBoth(t, func(on engine) {
				t, s := on.t, on.s
				imported(t, s, row("a.lab", "Amber Bakery"))
				judged(t, s, "a.lab", func(rec *models.RegistrationRecord) { rec.Domain.NextJudgeAt = &due })
				ids := must[[]int64](t)(s.JudgeDue(t.Context(), tc.ask, 10))
				if (len(ids) == 1) != tc.due {
					t.Errorf("due at %v: %v, although it is %s", tc.ask, ids, tc.why)
				}
			})
		})
	}
}

func TestInstantsSortByTime(t *testing.T) {
	t.Parallel()
	base := time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	// In the order of time: whole seconds, fractions of one and of six digits, and zones before and behind.
	instants := []time.Time{
		base, base.Add(time.Microsecond), base.Add(time.Millisecond).In(time.FixedZone("", -7*3600)), base.Add(500 * time.Millisecond),
		base.Add(510 * time.Millisecond).In(time.FixedZone("", 9*3600)), base.Add(time.Second), base.Add(10 * time.Second),
	}
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		var want []string
		for i, instant := range instants {
			name := string(rune('z'-i)) + ".lab" // names sort the other way round
			want = append(want, name)
			imported(t, s, row(name, "Amber Bakery"))
			judged(t, s, name, func(rec *models.RegistrationRecord) {
				rec.Domain.Lifecycle, rec.Domain.ExpiresAt, rec.Domain.NextJudgeAt = models.LifecycleRegistered, &instant, &instant
			})
		}
		var got []string
		board := must[models.Board](t)(s.Board(t.Context(), models.BoardQuery{Now: base, Loc: time.UTC, Sort: "expires"}))
		for _, r := range board.Rows {
			got = append(got, r.Domain.Name)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("order by expiry (-want +got):\n%s", diff)
		}
		ids := must[[]int64](t)(s.JudgeDue(t.Context(), base.Add(time.Hour), 100))
		if !slices.IsSorted(ids) || len(ids) != len(instants) {
			t.Errorf("JudgeDue = %v, want the order of time, which is that of IDs", ids)
		}
	})
}

func TestInstantsComeBackInUTCMicroseconds(t *testing.T) {
	t.Parallel()
	given := time.Date(2026, 1, 2, 3, 4, 5, 123456789, time.FixedZone("NPT", 5*3600+45*60))
	want := time.Date(2026, 1, 1, 21, 19, 5, 123456000, time.UTC)
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		imported(t, s, row("a.lab", "Amber Bakery"))
		judged(t, s, "a.lab", func(rec *models.RegistrationRecord) {
			rec.Domain.ExpiresAt = &given
			rec.Observations = []models.Observation{{Kind: models.LookRDAP, Outcome: models.OutcomeOK, At: given, Facts: &models.Facts{ExpiresAt: &given}}}
		})
		view := must[models.DomainView](t)(s.DomainView(t.Context(), "a.lab"))
		d, o := view.Watched.Domain, view.Observations[0]
		for name, got := range map[string]time.Time{
			"column": *d.ExpiresAt, "not null": o.At, "inside JSON": *o.Facts.ExpiresAt,
		} {
			if got != want { // with the zone
				t.Errorf("%s: %v, want %v", name, got, want)
			}
		}
		if d.CreatedAt != now.UTC() || d.CreatedAt.Location() != time.UTC {
			t.Errorf("created at %v, want the import's instant %v", d.CreatedAt, now.UTC())
		}
		if d.ArchivedAt != nil {
			t.Errorf("what has not happened came back as %v", d.ArchivedAt)
		}
		u := must[models.User](t)(s.CreateUser(t.Context(), models.User{Email: "pat@agency.example", Role: models.UserOps, CreatedAt: given}))
		if u.CreatedAt != want {
			t.Errorf("a created row gives %v, want it as stored: %v", u.CreatedAt, want)
		}
	})
}
