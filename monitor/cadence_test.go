package monitor_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/monitor"
)

func judged(l models.Lifecycle, why models.LifecycleReason, expires string) monitor.Judgement {
	j := monitor.Judgement{Lifecycle: l, Why: why}
	if expires != "" {
		j.Expiry = models.Expiry{At: date(expires), Source: models.ExpiryRegistry}
	}
	return j
}

func TestTheNearerTheDateTheMoreOftenWeLook(t *testing.T) {
	t.Parallel()
	now := *date("2026-11-01T08:00:00Z")
	registered := func(expires string) monitor.Judgement {
		return judged(models.LifecycleRegistered, models.WhyDate, expires)
	}
	revocable := registered("2027-09-01")
	revocable.Revocable = true
	for name, c := range map[string]struct {
		plan       monitor.LookPlan
		least, max time.Duration
		reason     string
	}{
		"far":                    {monitor.LookPlan{Judgement: registered("2027-09-01")}, 134 * time.Hour, 202 * time.Hour, "far"},
		"not over the window":    {monitor.LookPlan{Judgement: registered("2027-01-03T08:00:00Z")}, 72 * time.Hour, 73 * time.Hour, "window_edge"},
		"within 60 days":         {monitor.LookPlan{Judgement: judged(models.LifecycleExpiring, models.WhyDate, "2026-12-15")}, 19 * time.Hour, 29 * time.Hour, "within_60_days"},
		"not over the last week": {monitor.LookPlan{Judgement: judged(models.LifecycleExpiring, models.WhyDate, "2026-11-08T18:00:00Z")}, 10 * time.Hour, 11 * time.Hour, "window_edge"},
		"last week":              {monitor.LookPlan{Judgement: judged(models.LifecycleExpiring, models.WhyDate, "2026-11-05")}, 4 * time.Hour, 8 * time.Hour, "last_week"},
		"right after the date":   {monitor.LookPlan{Judgement: judged(models.LifecycleExpiring, models.WhyDate, "2026-11-01T10:00:00Z")}, 2 * time.Hour, 3 * time.Hour, "window_edge"},
		"expired":                {monitor.LookPlan{Judgement: judged(models.LifecycleExpired, models.WhyDate, "2026-10-20")}, 4 * time.Hour, 8 * time.Hour, "expired"},
		"redemption":             {monitor.LookPlan{Judgement: judged(models.LifecycleRedemption, models.WhyStatus, "2026-09-01")}, time.Hour, 90 * time.Minute, "redemption"},
		"redemption, 87 a day":   {monitor.LookPlan{Judgement: judged(models.LifecycleRedemption, models.WhyStatus, "2026-09-01"), PerDay: 87}, 4 * time.Hour, 7 * time.Hour, "redemption"},
		"redemption, 5 a day":    {monitor.LookPlan{Judgement: judged(models.LifecycleRedemption, models.WhyStatus, "2026-09-01"), PerDay: 5}, 4 * time.Hour, 8 * time.Hour, "redemption"},
		"redemption, plenty":     {monitor.LookPlan{Judgement: judged(models.LifecycleRedemption, models.WhyStatus, "2026-09-01"), PerDay: 1e9}, time.Hour, 90 * time.Minute, "redemption"},
		"can be taken back":      {monitor.LookPlan{Judgement: revocable}, 19 * time.Hour, 29 * time.Hour, "auto_renew_grace"},
		"on hold":                {monitor.LookPlan{Judgement: judged(models.LifecycleOnHold, models.WhyStatus, "2027-09-01")}, 4 * time.Hour, 8 * time.Hour, "on_hold"},
		"no public date":         {monitor.LookPlan{Judgement: judged(models.LifecycleUnknown, models.WhyNoPublicExpiry, "")}, 134 * time.Hour, 202 * time.Hour, "no_date"},
		"unreadable date":        {monitor.LookPlan{Judgement: judged(models.LifecycleUnknown, models.WhyUnparsedExpiry, "")}, 19 * time.Hour, 29 * time.Hour, "date_unknown"},
		"absence to confirm":     {monitor.LookPlan{Judgement: registered("2027-09-01"), AbsentOnce: true}, time.Hour, 90 * time.Minute, "absence_unconfirmed"},
		"released":               {monitor.LookPlan{Judgement: judged(models.LifecycleReleased, models.WhyAbsentConfirmed, "2026-05-01"), AbsentOnce: true}, 19 * time.Hour, 29 * time.Hour, "released"},
		"first failure":          {monitor.LookPlan{Judgement: registered("2027-09-01"), Failures: 1}, 12 * time.Minute, 18 * time.Minute, "retry"},
		"fourth failure":         {monitor.LookPlan{Judgement: registered("2027-09-01"), Failures: 4}, 96 * time.Minute, 144 * time.Minute, "retry"},
		"many failures":          {monitor.LookPlan{Judgement: registered("2027-09-01"), Failures: 40}, 19 * time.Hour, 29 * time.Hour, "retry"},
		"many failures, near":    {monitor.LookPlan{Judgement: judged(models.LifecycleExpiring, models.WhyDate, "2026-11-05"), Failures: 40}, 4 * time.Hour, 8 * time.Hour, "last_week"},
		"asked to come back":     {monitor.LookPlan{Judgement: registered("2027-09-01"), Failures: 1, RetryAfter: 2 * time.Hour}, 2 * time.Hour, 2 * time.Hour, "retry_after"},
		"asked for a year":       {monitor.LookPlan{Judgement: registered("2027-09-01"), Failures: 1, RetryAfter: 365 * day}, day, day, "retry_after"},
		"server blocked":         {monitor.LookPlan{Judgement: registered("2027-09-01"), Failures: 1, BlockedUntil: date("2026-11-01T14:00:00Z")}, 6 * time.Hour, 361 * time.Minute, "server_blocked"},
		"no server":              {monitor.LookPlan{Judgement: judged(models.LifecycleUnknown, models.WhyNeverLooked, ""), Unsupported: true}, 134 * time.Hour, 202 * time.Hour, "unsupported"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, roll := range []float64{0, 0.5, 0.999} {
				next, reason := monitor.NextLook(c.plan, now, roll)
				if wait := next.Sub(now); wait < c.least || wait > c.max || reason != c.reason {
					t.Errorf("roll %v: in %v (%s), want %v to %v (%s)", roll, wait, reason, c.least, c.max, c.reason)
				}
			}
		})
	}
}

func TestNextLookIsAheadAndNeverFurtherThanAWeekAndAFifth(t *testing.T) {
	t.Parallel()
	lifecycles := []models.Lifecycle{
		models.LifecycleUnknown, models.LifecycleRegistered, models.LifecycleExpiring, models.LifecycleExpired, models.LifecycleRedemption,
		models.LifecyclePendingDelete, models.LifecycleReleased, models.LifecycleOnHold,
	}
	rapid.Check(t, func(t *rapid.T) {
		now := *date("2026-11-01T08:00:00Z")
		j := monitor.Judgement{Lifecycle: rapid.SampledFrom(lifecycles).Draw(t, "lifecycle")}
		if rapid.Bool().Draw(t, "dated") {
			j.Expiry.At = new(now.Add(time.Duration(rapid.IntRange(-400*24*60, 400*24*60).Draw(t, "minutes")) * time.Minute))
		}
		plan := monitor.LookPlan{Judgement: j, Failures: rapid.IntRange(0, 1000).Draw(t, "failures"), RetryAfter: time.Duration(rapid.Int64().Draw(t, "retry after"))}
		next, _ := monitor.NextLook(plan, now, rapid.Float64Range(0, 0.999999).Draw(t, "roll"))
		if !next.After(now) || next.Sub(now) > 7*day*12/10 {
			t.Fatalf("next look in %v", next.Sub(now))
		}
		if j.Expiry.At != nil && now.Before(*j.Expiry.At) && plan.RetryAfter <= 0 && next.Sub(*j.Expiry.At) > time.Hour {
			t.Fatalf("the look at %v leaps over the expiry at %v", next, j.Expiry.At)
		}
	})
}

func TestTheNextDNSLook(t *testing.T) {
	t.Parallel()
	now := *date("2026-11-01T08:00:00Z")
	record := func(s, pending models.RecordState, confirm string) models.ExpectedRecord {
		r := models.ExpectedRecord{State: s, Pending: pending}
		if confirm != "" {
			r.ConfirmAt = date(confirm)
		}
		return r
	}
	for name, c := range map[string]struct {
		plan       monitor.DNSPlan
		least, max time.Duration
		reason     string
	}{
		"all right":      {monitor.DNSPlan{Records: []models.ExpectedRecord{record(models.RecordOK, "", "")}}, 19 * time.Hour, 29 * time.Hour, "far"},
		"not judged":     {monitor.DNSPlan{Records: []models.ExpectedRecord{record(models.RecordUnknown, "", "")}}, 19 * time.Hour, 29 * time.Hour, "far"},
		"broken":         {monitor.DNSPlan{Records: []models.ExpectedRecord{record(models.RecordWrong, "", "")}}, 4 * time.Hour, 8 * time.Hour, "broken"},
		"bad servers":    {monitor.DNSPlan{Problems: 1}, 4 * time.Hour, 8 * time.Hour, "broken"},
		"to confirm":     {monitor.DNSPlan{Records: []models.ExpectedRecord{record(models.RecordOK, models.RecordMissing, "2026-11-01T08:20:00Z")}}, 20 * time.Minute, 20 * time.Minute, "confirm"},
		"confirm is due": {monitor.DNSPlan{Records: []models.ExpectedRecord{record(models.RecordOK, models.RecordMissing, "2026-11-01T07:20:00Z")}}, time.Minute, time.Minute, "confirm"},
		"failed once":    {monitor.DNSPlan{Failures: 1}, 12 * time.Minute, 18 * time.Minute, "retry"},
		"failing":        {monitor.DNSPlan{Failures: 50}, 4 * time.Hour, 8 * time.Hour, "retry"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, roll := range []float64{0, 0.5, 0.999} {
				next, reason := monitor.NextDNS(c.plan, now, roll)
				if wait := next.Sub(now); wait < c.least || wait > c.max || reason != c.reason {
					t.Errorf("roll %v: in %v (%s), want %v to %v (%s)", roll, wait, reason, c.least, c.max, c.reason)
				}
			}
		})
	}
}
