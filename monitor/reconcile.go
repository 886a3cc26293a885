package monitor

import (
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

type findingKey struct{ code, subject string }

// Reconcile compares what the judge states with the findings that are stored, and returns the transitions in a stable order: verdicts as
// given, then what is resolved, as stored. judged says whether a code could be judged this time: a finding of another code, and a verdict
// on one, is left as it is. An assignment stays through everything; a snooze ends when the finding worsens or comes back, and when
// something worse than it is folded under it.
func Reconcile(stored []models.Finding, verdicts []models.Verdict, judged func(code string) bool, now time.Time) []models.FindingChange {
	known := make(map[findingKey]*models.Finding, len(stored))
	for i := range stored {
		known[findingKey{stored[i].Code, stored[i].Subject}] = &stored[i]
	}
	var out []models.FindingChange
	stated := make(map[findingKey]bool, len(verdicts))
	for _, v := range verdicts {
		key := findingKey{v.Code, v.Subject}
		if stated[key] || !judged(v.Code) {
			continue
		}
		stated[key] = true
		if f := known[key]; f != nil {
			out = append(out, again(*f, v, now))
		} else {
			out = append(out, opened(v, now))
		}
	}
	gone := map[string]bool{}
	for _, f := range stored {
		if f.State != models.FindingOpen || stated[findingKey{f.Code, f.Subject}] || !judged(f.Code) {
			continue
		}
		f.State, f.ResolvedAt = models.FindingResolved, new(now)
		f.SnoozedUntil = nil
		out = append(out, models.FindingChange{Kind: models.FindingGone, Finding: f})
		gone[f.Code] = true
	}
	out = append(out, unfolded(out, stored, gone)...)
	return append(out, woken(out, stored, now)...)
}

// woken ends the rest of findings under which something worse than they are has opened, or grown worse: it is seen nowhere else. Those that
// are among the changes are changed in place, the others are returned.
func woken(changes []models.FindingChange, stored []models.Finding, now time.Time) []models.FindingChange {
	causes := map[string]string{}
	touched := make(map[int64]bool, len(changes))
	for _, f := range stored {
		causes[f.Code] = f.CauseCode
	}
	for _, c := range changes {
		causes[c.Finding.Code] = c.Finding.CauseCode
		touched[c.Finding.ID] = true
	}
	worst := map[string]int{} // code of a cause to the rank of the worst that is new under it
	for _, c := range changes {
		if c.Kind == models.FindingSeen || c.Kind == models.FindingEased || c.Kind == models.FindingGone {
			continue
		}
		rank := c.Finding.Severity.Rank()
		for cause, steps := c.Finding.CauseCode, 0; cause != "" && cause != c.Finding.Code && steps < len(causes); cause, steps = causes[cause], steps+1 {
			worst[cause] = max(worst[cause], rank)
		}
	}
	wake := func(f *models.Finding) bool {
		if f.State != models.FindingOpen || f.SnoozedUntil == nil || worst[f.Code] <= f.Severity.Rank() {
			return false
		}
		f.SnoozedUntil, f.WorsenedAt = nil, new(now)
		return true
	}
	for i := range changes {
		if wake(&changes[i].Finding) {
			changes[i].Kind = models.FindingWorsened
		}
	}
	var out []models.FindingChange
	for _, f := range stored {
		if !touched[f.ID] && wake(&f) {
			out = append(out, models.FindingChange{Kind: models.FindingWorsened, Finding: f})
		}
	}
	return out
}

// unfolded lets stand for itself what was folded under a cause that has just gone, where another judge states it: until that judge looks
// again, nothing would explain it.
func unfolded(changes []models.FindingChange, stored []models.Finding, gone map[string]bool) []models.FindingChange {
	touched := make(map[int64]bool, len(changes))
	for _, c := range changes {
		touched[c.Finding.ID] = true
		if c.Kind != models.FindingGone {
			delete(gone, c.Finding.Code)
		}
	}
	var out []models.FindingChange
	for _, f := range stored {
		if f.State == models.FindingOpen && gone[f.CauseCode] && !touched[f.ID] {
			f.CauseCode = ""
			out = append(out, models.FindingChange{Kind: models.FindingSeen, Finding: f})
		}
	}
	return out
}

func opened(v models.Verdict, now time.Time) models.FindingChange {
	f := models.Finding{State: models.FindingOpen, FirstSeen: now, OpenedAt: now}
	return models.FindingChange{Kind: models.FindingOpened, Finding: worded(f, v, now)}
}

// again is the transition of a finding that is stored and holds.
func again(f models.Finding, v models.Verdict, now time.Time) models.FindingChange {
	before := f.Severity.Rank()
	kind := models.FindingSeen
	switch {
	case f.State == models.FindingResolved:
		kind = models.FindingReopened
		f.State, f.OpenedAt, f.ResolvedAt = models.FindingOpen, now, nil
		f.WorsenedAt, f.SnoozedUntil = nil, nil
		f.Reopened++
	case v.Severity.Rank() > before:
		kind = models.FindingWorsened
		f.WorsenedAt, f.SnoozedUntil = new(now), nil
	case v.Severity.Rank() < before:
		kind = models.FindingEased
	}
	return models.FindingChange{Kind: kind, Finding: worded(f, v, now)}
}

func worded(f models.Finding, v models.Verdict, now time.Time) models.Finding {
	f.Code, f.Subject, f.Severity = v.Code, v.Subject, v.Severity
	f.Title, f.Detail, f.NextStep = v.Title, v.Detail, v.NextStep
	f.Reason, f.CauseCode = v.Reason, v.CauseCode
	f.LastSeen = now
	return f
}
