package monitor_test

import (
	"testing"
	"time"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/monitor"
)

func TestABadStateIsSeenTwiceAndAGoodOneOnce(t *testing.T) {
	t.Parallel()
	type seen struct {
		after time.Duration // since the first look
		state models.RecordState
		ttl   time.Duration
	}
	const minute = time.Minute
	ok, missing, wrong, unreachable := models.RecordOK, models.RecordMissing, models.RecordWrong, models.RecordZoneUnreachable
	for name, c := range map[string]struct {
		looks   []seen
		want    models.RecordState
		pending models.RecordState
		why     string
	}{
		"first look right":       {[]seen{{0, ok, 0}}, ok, "", "one look is enough for good news"},
		"first look bad":         {[]seen{{0, missing, 0}}, models.RecordUnknown, missing, "not stated before it is confirmed"},
		"bad twice, too soon":    {[]seen{{0, ok, 0}, {minute, missing, 0}, {10 * minute, missing, 0}}, ok, missing, "ten minutes have not passed"},
		"bad twice":              {[]seen{{0, ok, 0}, {minute, missing, 0}, {11 * minute, missing, 0}}, missing, "", "confirmed"},
		"bad, long negative TTL": {[]seen{{0, ok, 0}, {minute, missing, time.Hour}, {30 * minute, missing, time.Hour}}, ok, missing, "caches still hold the first answer"},
		"bad after the TTL":      {[]seen{{0, ok, 0}, {minute, missing, time.Hour}, {61 * minute, missing, time.Hour}}, missing, "", "confirmed"},
		"absurd TTL":             {[]seen{{0, ok, 0}, {0, missing, 1000 * time.Hour}, {day, missing, 0}}, missing, "", "a day is the longest wait"},
		"bad, then right":        {[]seen{{0, ok, 0}, {minute, missing, 0}, {11 * minute, ok, 0}}, ok, "", "it was a moment"},
		"bad in two ways":        {[]seen{{0, ok, 0}, {minute, missing, 0}, {11 * minute, wrong, 0}}, wrong, "", "twice not right: the later look says how"},
		"recovers":               {[]seen{{0, ok, 0}, {minute, missing, 0}, {11 * minute, missing, 0}, {12 * minute, ok, 0}}, ok, "", "at once"},
		"flattened is right":     {[]seen{{0, ok, 0}, {minute, models.RecordOKFlattened, 0}}, models.RecordOKFlattened, "", "at once"},
		"unreachable":            {[]seen{{0, ok, 0}, {minute, unreachable, 0}, {11 * minute, unreachable, 0}}, ok, "", "states nothing, however often"},
		"unreachable in between": {[]seen{{0, ok, 0}, {minute, missing, 0}, {5 * minute, unreachable, 0}, {11 * minute, missing, 0}}, missing, "", "the first look still counts"},
		"unknown":                {[]seen{{0, missing, 0}, {11 * minute, missing, 0}, {12 * minute, models.RecordUnknown, 0}}, missing, "", "changes nothing"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			start := *date("2026-11-01T08:00:00Z")
			var r models.ExpectedRecord
			var changedAt *time.Time
			for _, l := range c.looks {
				before := r.State
				now := start.Add(l.after)
				r = monitor.ConfirmRecord(r, models.RecordLook{State: l.state, NegativeTTL: l.ttl, Detail: string(l.state)}, now, 0)
				if r.State != before && before != "" {
					changedAt = &now
				}
			}
			if r.State != c.want || r.Pending != c.pending {
				t.Errorf("state %s, pending %q; want %s, %q: %s", r.State, r.Pending, c.want, c.pending, c.why)
			}
			if (r.Pending == "") != (r.ConfirmAt == nil) {
				t.Errorf("pending %q and confirmed at %v", r.Pending, r.ConfirmAt)
			}
			if changedAt != nil && (r.StateAt == nil || !r.StateAt.Equal(*changedAt)) {
				t.Errorf("holds since %v, want %v", r.StateAt, changedAt)
			}
		})
	}
}
