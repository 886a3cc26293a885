package monitor_test

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/monitor"
)

func TestARenewalThatCanBeTakenBackIsKnownAsSuch(t *testing.T) {
	t.Parallel()
	for why, c := range map[string]struct {
		statuses  []string
		registrar string
		want      bool
	}{
		"the registry renewed, and nobody else says so": {[]string{"autoRenewPeriod"}, "", true},
		"the registrar still states the old date":       {[]string{"autoRenewPeriod"}, "2027-01-10T08:00:00Z", true},
		"the registrar states the end of its own grace": {[]string{"autoRenewPeriod"}, "2027-02-19T08:00:00Z", true},
		"the registrar renewed it too":                  {[]string{"autoRenewPeriod"}, "2028-01-09T12:00:00Z", false},
		"the grace is over":                             {[]string{"clientTransferProhibited"}, "", false},
	} {
		t.Run(why, func(t *testing.T) {
			t.Parallel()
			r := &models.Registration{RegistryExpiry: date("2028-01-10T08:00:00Z"), FactsAt: date("2027-01-12"), Statuses: c.statuses, ConfirmedExpiry: date("2028-01-10T08:00:00Z")}
			if c.registrar != "" {
				r.RegistrarExpiry = date(c.registrar)
			}
			j := monitor.JudgeLifecycle(&models.Domain{}, r, models.EffectiveExpiry(nil, r), monitor.GTLDDays(), *date("2027-01-12"))
			if j.Revocable != c.want {
				t.Errorf("revocable %v, want %v", j.Revocable, c.want)
			}
		})
	}
}

func TestTheLifecycleIsJudgedFromStatusesDatesAndWhatIsKnown(t *testing.T) {
	t.Parallel()
	ccTLD := monitor.LifecycleDays{AutoRenewGrace: 30, Redemption: 60, PendingDelete: 5}
	fresh := func(at, expires string, statuses ...string) *models.Registration {
		return &models.Registration{FactsAt: date(at), RegistryExpiry: date(expires), RegistryExpiryAt: date(at), Statuses: statuses}
	}
	attested := &models.Domain{AttestedExpiry: date("2027-01-10"), AttestedAt: date("2026-10-01")}
	for name, c := range map[string]struct {
		domain *models.Domain
		reg    *models.Registration
		days   monitor.LifecycleDays
		now    string
		want   models.Lifecycle
		why    models.LifecycleReason
		reason string
	}{
		"never looked":     {nil, nil, gtld, "2026-11-01", models.LifecycleUnknown, models.WhyNeverLooked, "unknown is no verdict"},
		"only failed":      {nil, &models.Registration{}, gtld, "2026-11-01", models.LifecycleUnknown, models.WhyNeverLooked, "a failed look states nothing"},
		"one 404, no fact": {nil, &models.Registration{AbsentSince: date("2026-11-01"), AbsentRuns: 1}, gtld, "2026-11-01", models.LifecycleUnknown, models.WhyAbsentOnce, "not proven"},
		"far":              {nil, fresh("2026-11-01", "2027-06-01T00:00:01Z", "ok"), gtld, "2026-11-02", models.LifecycleRegistered, models.WhyDate, ""},
		"61 days":          {nil, fresh("2026-11-01", "2027-01-10T08:00:00Z", "ok"), gtld, "2026-11-11T07:59:59Z", models.LifecycleRegistered, models.WhyDate, "the window begins 60 days before"},
		"60 days":          {nil, fresh("2026-11-10", "2027-01-10T08:00:00Z", "ok"), gtld, "2026-11-11T08:00:00Z", models.LifecycleExpiring, models.WhyDate, "to the second"},
		"last second":      {nil, fresh("2027-01-10", "2027-01-10T08:00:00Z", "ok"), gtld, "2027-01-10T07:59:59Z", models.LifecycleExpiring, models.WhyDate, "hours remain"},
		"passed":           {nil, fresh("2027-01-10T08:00:00Z", "2027-01-10T08:00:00Z", "ok"), gtld, "2027-01-10T08:00:00Z", models.LifecycleExpired, models.WhyDate, "an answer from after the date supports it"},
		"passed, not seen": {nil, fresh("2027-01-10T07:59:59Z", "2027-01-10T08:00:00Z", "ok"), gtld, "2027-01-10T09:00:00Z", models.LifecycleExpiring, models.WhyDate, "the last answer is from before the date: it may have been renewed since"},
		"calendar day": {
			nil, &models.Registration{FactsAt: date("2027-01-10"), RegistryExpiry: date("2027-01-10"), RegistryExpiryAt: date("2027-01-10"), DateOnly: true},
			ccTLD, "2027-01-10T23:59:59Z", models.LifecycleExpiring, models.WhyDate, "the day itself still counts",
		},
		"calendar day over": {
			nil, &models.Registration{FactsAt: date("2027-01-11"), RegistryExpiry: date("2027-01-10"), RegistryExpiryAt: date("2027-01-11"), DateOnly: true},
			ccTLD, "2027-01-11", models.LifecycleExpired, models.WhyDate, "now it is over",
		},
		"passed while nobody could look": {
			nil, fresh("2027-01-07T08:00:00Z", "2027-01-10T08:00:00Z", "ok"), gtld, "2027-01-10T09:00:00Z", models.LifecycleUnknown, models.WhyLookFailing, "it may have been renewed meanwhile",
		},
		"passed, one 404 since": {
			nil, func() *models.Registration {
				r := fresh("2027-01-01T08:00:00Z", "2027-01-10T08:00:00Z", "ok")
				r.AbsentSince, r.AbsentRuns, r.AbsentSources = date("2027-01-05"), 30, []string{"rdap"}
				return r
			}(), gtld, "2027-01-10T09:00:00Z", models.LifecycleUnknown, models.WhyAbsentOnce, "the one source does not prove it",
		},
		"stale, not passed": {nil, fresh("2026-11-01", "2027-06-01T00:00:01Z", "ok"), gtld, "2026-12-20", models.LifecycleRegistered, models.WhyDate, "the date still stands; a finding says that looks fail"},
		"expired long ago, looks fail since yesterday": {
			nil, fresh("2027-01-20", "2027-01-10T08:00:00Z", "ok"), gtld, "2027-01-25", models.LifecycleExpired, models.WhyDate, "an answer after the date supports it",
		},
		"redemption":              {nil, fresh("2027-02-28", "2028-01-10T08:00:00Z", "redemptionPeriod", "pendingDelete"), gtld, "2027-03-01", models.LifecycleRedemption, models.WhyStatus, "pendingDelete beside it means redemption"},
		"pending restore":         {nil, fresh("2027-02-28", "2027-01-10T08:00:00Z", "pendingDelete", "pendingRestore"), gtld, "2027-03-01", models.LifecycleRedemption, models.WhyStatus, "it is being restored"},
		"pending delete":          {nil, fresh("2027-03-28", "2027-01-10T08:00:00Z", "pendingDelete"), gtld, "2027-03-29", models.LifecyclePendingDelete, models.WhyStatus, ""},
		"client hold":             {nil, fresh("2026-11-01", "2027-06-01T00:00:01Z", "clientHold"), gtld, "2026-11-02", models.LifecycleOnHold, models.WhyStatus, "it does not resolve"},
		"server hold":             {nil, fresh("2026-11-01", "2027-06-01T00:00:01Z", "serverHold"), gtld, "2026-11-02", models.LifecycleOnHold, models.WhyStatus, "it does not resolve"},
		"held after the date":     {nil, fresh("2027-01-12", "2027-01-10T08:00:00Z", "clientHold"), gtld, "2027-01-12", models.LifecycleExpired, models.WhyDate, "the lapse explains the hold"},
		"held, no date":           {nil, &models.Registration{FactsAt: date("2026-11-01"), Statuses: []string{"serverHold"}, NoPublicExpiry: true}, ccTLD, "2026-11-02", models.LifecycleOnHold, models.WhyStatus, ""},
		"auto-renewed and paid":   {nil, fresh("2027-01-20", "2028-01-10T08:00:00Z", "autoRenewPeriod"), gtld, "2027-01-20", models.LifecycleRegistered, models.WhyDate, "the status stays for 45 days although it is paid"},
		"transfer does not count": {nil, fresh("2026-11-01", "2027-06-01T00:00:01Z", "pendingTransfer"), gtld, "2026-11-02", models.LifecycleRegistered, models.WhyDate, "a finding, no lifecycle"},
		"unconfirmed": {
			nil, func() *models.Registration {
				r := fresh("2027-01-12", "2028-01-10T08:00:00Z", "autoRenewPeriod")
				r.RenewalOf = date("2027-01-10T08:00:00Z")
				return r
			}(), gtld, "2027-01-12", models.LifecycleExpired, models.WhyUnconfirmed, "the old date counts until somebody confirms",
		},
		"grace over, EPP silent":  {nil, fresh("2027-02-25", "2027-01-10T08:00:00Z", "ok"), gtld, "2027-02-25", models.LifecycleExpired, models.WhyPastLifecycle, "redemption would be a status"},
		"grace over, no EPP":      {nil, fresh("2027-02-12", "2027-01-10T08:00:00Z"), ccTLD, "2027-02-12", models.LifecycleRedemption, models.WhyDate, "the calendar decides"},
		"redemption over, no EPP": {nil, fresh("2027-04-11", "2027-01-10T08:00:00Z"), ccTLD, "2027-04-11", models.LifecyclePendingDelete, models.WhyDate, "the calendar decides"},
		"all over, still there":   {nil, fresh("2027-05-11", "2027-01-10T08:00:00Z"), ccTLD, "2027-05-11", models.LifecycleExpired, models.WhyPastLifecycle, "the registry still shows it"},
		"no lifecycle known":      {nil, fresh("2027-05-11", "2027-01-10T08:00:00Z"), noDays, "2027-05-11", models.LifecycleExpired, models.WhyDate, "no days to count by"},
		"no public date":          {nil, &models.Registration{FactsAt: date("2026-11-01"), NoPublicExpiry: true}, ccTLD, "2026-11-02", models.LifecycleUnknown, models.WhyNoPublicExpiry, "normal for .de"},
		"unreadable date":         {nil, &models.Registration{FactsAt: date("2026-11-01")}, ccTLD, "2026-11-02", models.LifecycleUnknown, models.WhyUnparsedExpiry, "ours to fix"},
		"attested, near":          {attested, &models.Registration{FactsAt: date("2026-12-01"), NoPublicExpiry: true}, ccTLD, "2026-12-02", models.LifecycleExpiring, models.WhyDate, "notices work from it"},
		"attested, its own day":   {attested, &models.Registration{FactsAt: date("2027-01-10"), NoPublicExpiry: true}, ccTLD, "2027-01-10T20:00:00Z", models.LifecycleExpiring, models.WhyDate, "the day is not over"},
		"attested, passed":        {attested, &models.Registration{FactsAt: date("2027-01-12"), NoPublicExpiry: true}, ccTLD, "2027-01-12", models.LifecycleUnknown, models.WhyNoPublicExpiry, "the registry still shows it: nobody may be told that it expired"},
		"date no longer published": {nil, func() *models.Registration {
			r := fresh("2026-12-01", "2027-01-10T08:00:00Z")
			r.FactsAt, r.NoPublicExpiry = date("2027-01-12"), true
			return r
		}(), ccTLD, "2027-01-12", models.LifecycleUnknown, models.WhyNoPublicExpiry, "an old date is not held against a fresh answer"},
		"confirmed absent": {nil, func() *models.Registration {
			r := fresh("2026-12-01", "2027-01-10T08:00:00Z")
			r.AbsentSources, r.AbsentRuns = []string{"rdap", "whois"}, 2
			return r
		}(), gtld, "2027-05-12", models.LifecycleReleased, models.WhyAbsentConfirmed, ""},
		"never answered but absent": {nil, &models.Registration{AbsentSince: date("2026-11-01"), AbsentSources: []string{"dns", "rdap"}, AbsentRuns: 2}, gtld, "2026-11-02", models.LifecycleReleased, models.WhyAbsentConfirmed, "a typo in the portfolio"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			j := monitor.JudgeLifecycle(c.domain, c.reg, models.EffectiveExpiry(c.domain, c.reg), c.days, *date(c.now))
			if j.Lifecycle != c.want || j.Why != c.why {
				t.Errorf("= %s (%s), want %s (%s) %s", j.Lifecycle, j.Why, c.want, c.why, c.reason)
			}
		})
	}
}

func TestTheLastSafeDayAndTheEndOfRedemption(t *testing.T) {
	t.Parallel()
	sure := func(at, expires string, dateOnly bool, statuses ...string) *models.Registration {
		return &models.Registration{FactsAt: date(at), RegistryExpiry: date(expires), RegistryExpiryAt: date(at), DateOnly: dateOnly, Statuses: statuses}
	}
	inRedemption := &models.Domain{Lifecycle: models.LifecycleRedemption, LifecycleSince: date("2027-02-01T08:00:00Z")}
	for name, c := range map[string]struct {
		domain           *models.Domain
		reg              *models.Registration
		days             monitor.LifecycleDays
		now              string
		safe, recover    string // empty: none
		why              string
		unknownLifecycle bool
	}{
		"gTLD":            {nil, sure("2026-12-01", "2027-01-10T08:00:00Z", false, "ok"), gtld, "2026-12-01", "2027-02-24T08:00:00Z", "2027-03-26T08:00:00Z", "45 and 30 days", false},
		"charges at once": {nil, sure("2026-12-01", "2027-01-10T08:00:00Z", false), noDays, "2026-12-01", "2027-01-10T08:00:00Z", "", "the expiry itself", false},
		"calendar day":    {nil, sure("2026-12-01", "2027-01-10", true), noDays, "2026-12-01", "2027-01-10T23:59:59Z", "", "all of that day", false},
		"redemption began early": {
			inRedemption, sure("2027-02-05", "2027-01-10T08:00:00Z", false, "redemptionPeriod"), gtld, "2027-02-05", "", "2027-03-03T08:00:00Z",
			"the registrar deleted it inside the grace: 30 days from then, and the normal price is gone", false,
		},
		"redemption first seen": {
			nil, sure("2027-03-20", "2027-01-10T08:00:00Z", false, "redemptionPeriod"), gtld, "2027-03-20", "2027-02-24T08:00:00Z", "2027-03-26T08:00:00Z",
			"the calendar's end is nearer than 30 days from today", false,
		},
		"redemption without a date": {
			inRedemption, &models.Registration{FactsAt: date("2027-02-05"), Statuses: []string{"redemptionPeriod"}}, gtld, "2027-02-05", "", "2027-03-03T08:00:00Z", "30 days from when it was seen", false,
		},
		"pending delete": {nil, sure("2027-03-28", "2027-01-10T08:00:00Z", false, "pendingDelete"), gtld, "2027-03-28", "2027-02-24T08:00:00Z", "", "nobody can save it", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			j := monitor.JudgeLifecycle(c.domain, c.reg, models.EffectiveExpiry(c.domain, c.reg), c.days, *date(c.now))
			same := func(what string, got *time.Time, want string) {
				if (got == nil) != (want == "") || (got != nil && !got.Equal(*date(want))) {
					t.Errorf("%s = %v, want %q: %s", what, got, want, c.why)
				}
			}
			same("last safe day", j.LastSafeDay, c.safe)
			same("recover until", j.RecoverUntil, c.recover)
		})
	}
}

func TestTheVerdictHoldsUntilItIsToBeJudgedAgain(t *testing.T) {
	t.Parallel()
	statuses := []string{"ok", "clientHold", "autoRenewPeriod", "redemptionPeriod", "pendingDelete", ""}
	rapid.Check(t, func(t *rapid.T) {
		start := date("2026-11-01T08:00:00Z")
		some := func(label string, spread int64) time.Time {
			return start.Add(time.Duration(rapid.Int64Range(-spread, spread).Draw(t, label)) * time.Hour)
		}
		reg := &models.Registration{DateOnly: rapid.Bool().Draw(t, "date only"), NoPublicExpiry: rapid.Bool().Draw(t, "not public")}
		if s := rapid.SampledFrom(statuses).Draw(t, "status"); s != "" {
			reg.Statuses = []string{s}
		}
		if rapid.Bool().Draw(t, "looked") {
			facts := some("facts at", 24*30)
			reg.FactsAt = &facts
		}
		if rapid.Bool().Draw(t, "has a date") {
			expires := some("expires", 24*200)
			reg.RegistryExpiry, reg.RegistryExpiryAt = &expires, reg.FactsAt
		}
		domain := &models.Domain{}
		if rapid.Bool().Draw(t, "attested") {
			a, by := some("attested expiry", 24*200).Truncate(day), some("attested at", 24*400)
			domain.AttestedExpiry, domain.AttestedAt = &a, &by
		}
		days := monitor.LifecycleDays{
			AutoRenewGrace: rapid.IntRange(0, 45).Draw(t, "grace"), Redemption: rapid.IntRange(0, 30).Draw(t, "redemption"),
			PendingDelete: rapid.IntRange(0, 5).Draw(t, "pending"),
		}
		e := models.EffectiveExpiry(domain, reg)
		now := some("now", 24*60)
		first := monitor.JudgeLifecycle(domain, reg, e, days, now)
		until := now.Add(200 * day)
		if first.NextJudgeAt != nil {
			if !first.NextJudgeAt.After(now) {
				t.Fatalf("to be judged again at %v, which is not after %v", first.NextJudgeAt, now)
			}
			until = *first.NextJudgeAt
		}
		later := now.Add(time.Duration(rapid.Float64Range(0, 0.999999).Draw(t, "later") * float64(until.Sub(now))))
		second := monitor.JudgeLifecycle(domain, reg, e, days, later)
		if first.Lifecycle != second.Lifecycle || first.Why != second.Why || first.Stale != second.Stale {
			t.Fatalf("at %v: %s (%s, stale %v); at %v: %s (%s, stale %v); to be judged again only at %v", now, first.Lifecycle, first.Why, first.Stale,
				later, second.Lifecycle, second.Why, second.Stale, first.NextJudgeAt)
		}
		bad := []models.Lifecycle{models.LifecycleExpired}
		if slices.Contains(bad, first.Lifecycle) {
			passes, ok := e.PassesAt()
			if !ok || now.Before(passes) || reg.FactsAt == nil {
				t.Fatalf("expired without a date that passed, or without any answer: %+v", reg)
			}
		}
	})
}
