package monitor_test

import (
	"testing"
	"time"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/monitor"
)

// dateless is an RDAP answer that states no date, or none that can be read.
func dateless(change func(*models.Facts)) func() models.Look {
	return func() models.Look {
		l := said(models.LookRDAP, "2026-11-01", "", "clientTransferProhibited")
		if change != nil {
			change(l.Facts)
		}
		return l
	}
}

func TestTheWHOISIsAskedForADateThatTheRDAPDoesNotState(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		rdap  func() models.Look
		days  monitor.LifecycleDays
		asked int
		want  string // effective expiry; empty: none
		why   string
	}{
		"a date":            {func() models.Look { return said(models.LookRDAP, "2026-11-01", "2027-09-01T08:00:00Z") }, gtld, 0, "2027-09-01T08:00:00Z", "nothing is missing"},
		"no date":           {dateless(nil), gtld, 1, "2027-09-03T00:00:00Z", "WHOIS has it"},
		"redacted":          {dateless(func(f *models.Facts) { f.ExpiryStated, f.ExpiryRedacted = true, true }), gtld, 1, "2027-09-03T00:00:00Z", "WHOIS may not redact it"},
		"unreadable":        {dateless(func(f *models.Facts) { f.ExpiryStated = true }), gtld, 1, "2027-09-03T00:00:00Z", ""},
		"unbelievable":      {dateless(func(f *models.Facts) { f.ExpiryStated, f.ExpiresAt = true, date("2999-12-31") }), gtld, 1, "2027-09-03T00:00:00Z", "never, in .za's words"},
		"none is published": {dateless(nil), monitor.LifecycleDays{NoPublicExpiry: true}, 0, "", "the catalogue says so: WHOIS has none either"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, "shop.lab")
			b.lifecycle(t, c.days)
			b.rdap.answer["shop.lab"] = c.rdap
			b.whois.answer["shop.lab"] = func() models.Look { return said(models.LookWHOIS, "2026-11-01", "2027-09-03") }
			b.run(t)
			if got := b.whois.count(); got != c.asked {
				t.Errorf("WHOIS was asked %d times, want %d: %s", got, c.asked, c.why)
			}
			d, r := b.domain(1), b.store.rows[1].Registration
			if (d.ExpiresAt == nil) != (c.want == "") || d.ExpiresAt != nil && !d.ExpiresAt.Equal(*date(c.want)) {
				t.Errorf("expires %v, want %s: %s", d.ExpiresAt, c.want, c.why)
			}
			if r.FactsSource != models.LookRDAP {
				t.Errorf("the facts are of %s, want the RDAP's where it states them", r.FactsSource)
			}
			if c.asked == 1 && r.Sources[models.FactRegistryExpiry].Source != models.LookWHOIS {
				t.Errorf("the date's source is %+v", r.Sources[models.FactRegistryExpiry])
			}
		})
	}
}

func (b *bench) lifecycle(t *testing.T, days monitor.LifecycleDays) {
	t.Helper()
	m, err := monitor.New(monitor.Options{
		Store: b.store, RDAP: b.rdap, WHOIS: b.whois, DNS: b.dns, Now: b.clock.Now, Wall: time.Now, Roll: func() float64 { return 0.5 },
		Lifecycle: func(string) monitor.LifecycleDays { return days },
		Limit:     func(string) monitor.Limit { return monitor.Limit{PerSecond: 10_000} },
	})
	if err != nil {
		t.Fatal(err)
	}
	b.m = m
}

// TestTheWHOISIsNotAskedAtEveryLook walks a name whose RDAP states no date towards it.
func TestTheWHOISIsNotAskedAtEveryLook(t *testing.T) {
	t.Parallel()
	b := newBench(t, "shop.lab")
	b.rdap.answer["shop.lab"] = dateless(nil)
	b.whois.answer["shop.lab"] = func() models.Look { return said(models.LookWHOIS, "2026-11-01", "2027-01-20T08:00:00Z") }
	asked := func(from, to string) (rdap, whois int) {
		b.clock.set(from)
		rdap, whois = b.rdap.count(), b.whois.count()
		for ; b.clock.Now().Before(*date(to)); b.clock.add(hour) {
			b.run(t)
		}
		return b.rdap.count() - rdap, b.whois.count() - whois
	}
	for _, c := range []struct {
		from, to     string
		whois, slack int
		more         bool // RDAP is asked more often
		why          string
	}{
		{"2026-11-01T08:00:00Z", "2026-11-21T08:00:00Z", 3, 1, false, "weekly, far from the date"},
		{"2026-11-22T08:00:00Z", "2026-12-02T08:00:00Z", 10, 1, false, "daily within 60 days"},
		{"2027-01-14T08:00:00Z", "2027-01-19T08:00:00Z", 5, 1, true, "daily in the last week too, where the RDAP is asked every six hours"},
	} {
		rdap, whois := asked(c.from, c.to)
		if whois < c.whois-c.slack || whois > c.whois+c.slack || (rdap > whois+2) != c.more {
			t.Errorf("from %s to %s: RDAP was asked %d times, WHOIS %d, want %d: %s", c.from, c.to, rdap, whois, c.whois, c.why)
		}
	}
	for _, o := range []string{"2027-01-20T08:00:00Z", "2027-01-20T10:00:00Z"} {
		b.clock.set(o)
		b.run(t)
	}
	if d := b.domain(1); d.Lifecycle != models.LifecycleExpired || d.ExpiryAsOf.Before(*date("2027-01-20T08:00:00Z")) {
		t.Errorf("after the date: %s (%s), as of %v; WHOIS is asked once the date has passed", d.Lifecycle, d.LifecycleWhy, d.ExpiryAsOf)
	}
}

func TestAWHOISThatFailsIsAskedAgainAfterADay(t *testing.T) {
	t.Parallel()
	b := newBench(t, "shop.lab")
	b.rdap.answer["shop.lab"] = dateless(nil)
	b.whois.answer["shop.lab"] = func() models.Look { return models.Look{Outcome: models.OutcomeThrottled} }
	b.run(t)
	first := *b.store.rows[1]
	if s := models.Stated(first.Statements, models.LookWHOIS); s == nil || s.At != nil || s.AskedOutcome != models.OutcomeThrottled {
		t.Fatalf("statements %+v", first.Statements)
	}
	if d := b.domain(1); d.LookFailures != 0 || d.LookOutcome != models.OutcomeOK || d.Lifecycle != models.LifecycleUnknown {
		t.Errorf("the name's own look failed with the WHOIS: %+v", d)
	}
	b.whois.answer["shop.lab"] = func() models.Look { return said(models.LookWHOIS, "2026-11-01", "2027-09-01T08:00:00Z") }
	for range 9 * 24 {
		b.clock.add(hour)
		b.run(t)
	}
	if d := b.domain(1); d.ExpiresAt == nil || d.Lifecycle != models.LifecycleRegistered {
		t.Errorf("expires %v, %s: the WHOIS answers again", d.ExpiresAt, d.Lifecycle)
	}
}

func TestAWHOISDateNeverOverridesOneOfTheRDAP(t *testing.T) {
	t.Parallel()
	rdap := said(models.LookRDAP, "2026-11-01T08:00:00Z", "2027-09-01T08:00:00Z")
	whois := said(models.LookWHOIS, "2026-11-01T08:00:02Z", "2027-03-01T08:00:00Z")
	silent, later := rdap, whois
	silent.At, later.At = date("2026-11-08T08:00:00Z").UTC(), date("2026-11-15T08:00:00Z").UTC()
	silent.Facts = new(*rdap.Facts)
	silent.Facts.ExpiresAt, silent.Facts.ExpiryStated = nil, false
	for name, c := range map[string]struct {
		runs   [][]models.Look
		want   string
		source models.LookKind
		asOf   string
	}{
		"in one run":               {[][]models.Look{{whois, rdap}}, "2027-09-01T08:00:00Z", models.LookRDAP, "2026-11-01T08:00:00Z"},
		"WHOIS first":              {[][]models.Look{{whois}, {rdap}}, "2027-09-01T08:00:00Z", models.LookRDAP, "2026-11-01T08:00:00Z"},
		"RDAP falls silent":        {[][]models.Look{{rdap}, {silent}}, "2027-09-01T08:00:00Z", models.LookRDAP, "2026-11-01T08:00:00Z"},
		"RDAP no longer states it": {[][]models.Look{{rdap}, {silent}, {silentAt(silent, later.At), later}}, "2027-03-01T08:00:00Z", models.LookWHOIS, "2026-11-15T08:00:00Z"},
	} {
		reg := merge(t, gtld, c.runs...)
		from := reg.Sources[models.FactRegistryExpiry]
		if !reg.RegistryExpiry.Equal(*date(c.want)) || from.Source != c.source || !from.At.Equal(*date(c.asOf)) || !reg.RegistryExpiryAt.Equal(*date(c.asOf)) {
			t.Errorf("%s: %v from %+v, want %s from %s as of %s", name, reg.RegistryExpiry, from, c.want, c.source, c.asOf)
		}
	}
}

func silentAt(l models.Look, at time.Time) models.Look {
	l.At = at
	return l
}
