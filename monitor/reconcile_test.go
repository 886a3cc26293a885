package monitor_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/monitor"
)

func always(string) bool { return true }

func TestFindingsOpenWorsenEaseResolveAndComeBack(t *testing.T) {
	t.Parallel()
	now := *date("2026-11-10T08:00:00Z")
	was := *date("2026-11-01T08:00:00Z")
	stored := func(state models.FindingState, sev models.Severity) []models.Finding {
		return []models.Finding{{
			ID: 5, DomainID: 7, Code: "expiring", Subject: "shop.lab", Severity: sev, State: state, FirstSeen: was, OpenedAt: was, LastSeen: was,
			Assignee: "dana@agency.example", SnoozedUntil: date("2026-12-01"),
		}}
	}
	verdict := []models.Verdict{{Code: "expiring", Subject: "shop.lab", Severity: models.SeverityMinor, Title: "t", Detail: "d", NextStep: "n", Reason: "date"}}
	never := func(string) bool { return false }
	for name, c := range map[string]struct {
		stored   []models.Finding
		verdicts []models.Verdict
		judged   func(string) bool
		kind     models.FindingChangeKind // empty: untouched
		snoozed  bool
		why      string
	}{
		"new":                     {nil, verdict, always, models.FindingOpened, false, ""},
		"still there":             {stored(models.FindingOpen, models.SeverityMinor), verdict, always, models.FindingSeen, true, "only the time is new"},
		"worse":                   {stored(models.FindingOpen, models.SeverityInfo), verdict, always, models.FindingWorsened, false, "a snooze never hides a worsening"},
		"better":                  {stored(models.FindingOpen, models.SeverityMajor), verdict, always, models.FindingEased, true, ""},
		"gone":                    {stored(models.FindingOpen, models.SeverityMinor), nil, always, models.FindingGone, false, ""},
		"back":                    {stored(models.FindingResolved, models.SeverityMinor), verdict, always, models.FindingReopened, false, "not written anew"},
		"resolved stays":          {stored(models.FindingResolved, models.SeverityMinor), nil, always, "", true, ""},
		"not judged, not there":   {stored(models.FindingOpen, models.SeverityMinor), nil, never, "", true, "a failed look resolves nothing"},
		"not judged, yet claimed": {nil, verdict, never, "", true, "nothing is opened on what could not be judged"},
		"said twice":              {nil, append(verdict, verdict...), always, models.FindingOpened, false, "one key, one finding"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			changes := monitor.Reconcile(c.stored, c.verdicts, c.judged, now)
			if c.kind == "" {
				if len(changes) != 0 {
					t.Fatalf("changed: %+v: %s", changes, c.why)
				}
				return
			}
			if len(changes) != 1 || changes[0].Kind != c.kind {
				t.Fatalf("changes = %+v, want one %s: %s", changes, c.kind, c.why)
			}
			f := changes[0].Finding
			if (f.SnoozedUntil != nil) != c.snoozed {
				t.Errorf("snoozed until %v: %s", f.SnoozedUntil, c.why)
			}
			if len(c.stored) > 0 && (f.ID != 5 || f.Assignee != "dana@agency.example" || !f.FirstSeen.Equal(was)) {
				t.Errorf("the row lost its past: %+v", f)
			}
			if open := c.kind != models.FindingGone; (f.State == models.FindingOpen) != open || (f.ResolvedAt != nil) == open {
				t.Errorf("state %s, resolved %v", f.State, f.ResolvedAt)
			}
			if c.kind == models.FindingReopened && (f.Reopened != 1 || !f.OpenedAt.Equal(now)) {
				t.Errorf("reopened %d times, open since %v", f.Reopened, f.OpenedAt)
			}
			if c.kind == models.FindingWorsened && (f.WorsenedAt == nil || !f.OpenedAt.Equal(was)) {
				t.Errorf("worsened at %v, open since %v", f.WorsenedAt, f.OpenedAt)
			}
		})
	}
}

func TestReconcilingTwiceChangesOnlyTheTime(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		codes := []string{"expiring", "expired", "look_failing"}
		severities := []models.Severity{models.SeverityInfo, models.SeverityMinor, models.SeverityMajor, models.SeverityCritical}
		draw := func(label string) []models.Verdict {
			return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) models.Verdict {
				return models.Verdict{
					Code: rapid.SampledFrom(codes).Draw(t, "code"), Subject: rapid.SampledFrom([]string{"a", "b"}).Draw(t, "subject"),
					Severity: rapid.SampledFrom(severities).Draw(t, "severity"),
				}
			}), 0, 5).Draw(t, label)
		}
		apply := func(stored []models.Finding, changes []models.FindingChange) []models.Finding {
			next := append([]models.Finding(nil), stored...)
			for _, c := range changes {
				replaced := false
				for i := range next {
					if next[i].Code == c.Finding.Code && next[i].Subject == c.Finding.Subject {
						next[i], replaced = c.Finding, true
					}
				}
				if !replaced {
					next = append(next, c.Finding)
				}
			}
			return next
		}
		now := *date("2026-11-10T08:00:00Z")
		stored := apply(nil, monitor.Reconcile(nil, draw("first"), always, now))
		second := draw("second")
		stored = apply(stored, monitor.Reconcile(stored, second, always, now))
		open := map[[2]string]bool{}
		for _, f := range stored {
			if f.State == models.FindingOpen {
				open[[2]string{f.Code, f.Subject}] = true
			}
		}
		want := map[[2]string]bool{}
		for _, v := range second {
			want[[2]string{v.Code, v.Subject}] = true
		}
		if diff := cmp.Diff(want, open); diff != "" {
			t.Fatalf("open findings are not the verdicts:\n%s", diff)
		}
		for _, c := range monitor.Reconcile(stored, second, always, now) {
			if c.Kind != models.FindingSeen {
				t.Fatalf("the same verdicts again: %s %s", c.Kind, c.Finding.Code)
			}
		}
	})
}

// What is folded under a finding is seen nowhere else: when it is worse than the finding, the finding rests no longer.
func TestARestEndsWhenSomethingWorseIsFoldedUnderIt(t *testing.T) {
	t.Parallel()
	now := *date("2026-11-10T08:00:00Z")
	was := *date("2026-11-01T08:00:00Z")
	stored := func(code, cause string, sev models.Severity) models.Finding {
		return models.Finding{
			ID: int64(len(code)), Code: code, Subject: "shop.lab", Severity: sev, State: models.FindingOpen, CauseCode: cause, OpenedAt: was, SnoozedUntil: date("2026-12-01"),
		}
	}
	moved := stored("moved", "", models.SeverityMinor)
	verdict := func(code, cause string, sev models.Severity) models.Verdict {
		return models.Verdict{Code: code, Subject: "shop.lab", Severity: sev, CauseCode: cause}
	}
	for why, c := range map[string]struct {
		stored   []models.Finding
		verdicts []models.Verdict
		judged   func(string) bool
		rests    bool
	}{
		"something worse is new":           {[]models.Finding{moved}, []models.Verdict{verdict("moved", "", models.SeverityMinor), verdict("record", "moved", models.SeverityMajor)}, always, false},
		"the same, and another judge's":    {[]models.Finding{moved}, []models.Verdict{verdict("record", "moved", models.SeverityMajor)}, func(code string) bool { return code == "record" }, false},
		"something no worse is new":        {[]models.Finding{moved}, []models.Verdict{verdict("moved", "", models.SeverityMinor), verdict("record", "moved", models.SeverityMinor)}, always, true},
		"it was there when the rest began": {[]models.Finding{moved, stored("record", "moved", models.SeverityMajor)}, []models.Verdict{verdict("moved", "", models.SeverityMinor), verdict("record", "moved", models.SeverityMajor)}, always, true},
		"what was there grows worse":       {[]models.Finding{moved, stored("record", "moved", models.SeverityMinor)}, []models.Verdict{verdict("moved", "", models.SeverityMinor), verdict("record", "moved", models.SeverityMajor)}, always, false},
		"through what lies between":        {[]models.Finding{moved, stored("silent", "moved", models.SeverityMinor)}, []models.Verdict{verdict("moved", "", models.SeverityMinor), verdict("silent", "moved", models.SeverityMinor), verdict("record", "silent", models.SeverityCritical)}, always, false},
		"causes in a circle":               {[]models.Finding{moved}, []models.Verdict{verdict("moved", "", models.SeverityMinor), verdict("a", "b", models.SeverityMajor), verdict("b", "a", models.SeverityMajor)}, always, true},
		"something worse beside it is new": {[]models.Finding{moved}, []models.Verdict{verdict("moved", "", models.SeverityMinor), verdict("record", "", models.SeverityMajor)}, always, true},
	} {
		rests := true
		for _, change := range monitor.Reconcile(c.stored, c.verdicts, c.judged, now) {
			if f := change.Finding; f.Code == "moved" && f.SnoozedUntil == nil {
				rests = false
				if change.Kind != models.FindingWorsened || f.WorsenedAt == nil || !f.WorsenedAt.Equal(now) {
					t.Errorf("%s: %+v", why, change)
				}
			}
		}
		if rests != c.rests {
			t.Errorf("%s: rests %v", why, rests)
		}
	}
}
