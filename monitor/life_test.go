package monitor_test

import (
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/monitor"
	"github.com/krestmarketing/deedwatch/store"
)

// world answers for shop.lab as registry and registrar do over the months around an expiry that nobody pays for in time.
func world(c *clock) (registry, registrar func() models.Look) {
	registry = func() models.Look {
		now := c.Now()
		in := func(from, to string) bool { return !now.Before(*date(from)) && now.Before(*date(to)) }
		stamp := now.Format(time.RFC3339)
		var l models.Look
		switch {
		case in("2026-12-01", "2026-12-06"):
			return models.Look{Outcome: models.OutcomeUnreachable}
		case now.Before(*date("2027-01-11T08:00:00Z")):
			l = said(models.LookRDAP, stamp, oldDate, "clientTransferProhibited")
		case in("2027-01-11T08:00:00Z", "2027-02-10"):
			l = said(models.LookRDAP, stamp, newDate, "clientTransferProhibited", "autoRenewPeriod")
		case in("2027-02-10", "2027-02-20"):
			l = said(models.LookRDAP, stamp, oldDate, "pendingDelete", "redemptionPeriod")
		default:
			l = said(models.LookRDAP, stamp, newDate, "clientTransferProhibited")
		}
		l.Facts.RelatedURL = "https://rdap.registrar.example/domain/shop.lab"
		return l
	}
	registrar = func() models.Look {
		expires := oldDate
		if !c.Now().Before(*date("2027-02-20")) {
			expires = newDate
		}
		return registrarSaid(c.Now().Format(time.RFC3339), expires)
	}
	return registry, registrar
}

func openStore(t *testing.T) *store.Store {
	t.Helper()
	opts := store.Options{DSN: filepath.Join(t.TempDir(), "deedwatch.db")}
	if err := store.Migrate(t.Context(), opts); err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// TestTheLifeOfADomain walks a name through an outage, its expiry, the registry's own renewal, redemption and a restoration, in steps of
// six hours, over the real store.
func TestTheLifeOfADomain(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := openStore(t)
	b.m = b.monitor(t, s)
	b.rdap.answer["shop.lab"], b.rdap.related["shop.lab"] = world(b.clock)
	if _, err := s.ImportPortfolio(t.Context(), []models.PortfolioRow{{
		Domain: "shop.lab", Suffix: "lab", Client: "Harborline Dental",
		Contacts: []models.Contact{{Name: "Maya Okafor", Email: "maya@elsewhere.example", Role: models.RoleOwner}},
	}}, b.clock.Now(), false); err != nil {
		t.Fatal(err)
	}
	seen := map[string]string{}
	for ; b.clock.Now().Before(*date("2027-03-10")); b.clock.add(6 * time.Hour) {
		tick(t, b.m)
		w, err := s.WatchedByName(t.Context(), "shop.lab")
		if err != nil {
			t.Fatal(err)
		}
		checkSane(t, b.clock.Now(), w)
		codes := openCodes(w.Findings)
		slices.Sort(codes)
		state := string(w.Domain.Lifecycle)
		for _, c := range codes {
			state += " " + c
		}
		seen[b.clock.Now().Format("2006-01-02T15")] = state
	}
	want := map[string]string{
		"2026-11-01T08": "registered",
		"2026-11-12T08": "expiring expiring",
		"2026-12-02T02": "expiring expiring",                               // a day of outage is no news
		"2026-12-05T20": "expiring expiring look_failing",                  // four days are
		"2026-12-07T08": "expiring expiring",                               // and it ends
		"2027-01-10T02": "expiring expiring",                               // hours before
		"2027-01-10T14": "expired expired",                                 // hours after
		"2027-01-12T08": "expired expiry_disagreement renewal_unconfirmed", // the registry's own renewal calms nobody
		"2027-02-09T20": "expired expiry_disagreement renewal_unconfirmed",
		"2027-02-11T08": "redemption redemption",
		"2027-02-21T08": "registered", // restored
		"2027-03-09T20": "registered",
	}
	got := map[string]string{}
	for at := range want {
		got[at] = seen[at]
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	checkHistory(t, s)
}

func tick(t *testing.T, m *monitor.Monitor) {
	t.Helper()
	servers, err := m.SweepRegistration(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, server := range servers {
		if err := m.LookServer(t.Context(), server); err != nil {
			t.Fatal(err)
		}
	}
	for _, sweep := range []struct {
		due  func() ([]int64, error)
		each func(int64) error
	}{
		{func() ([]int64, error) { return m.SweepDNS(t.Context()) }, func(id int64) error { return m.LookDNS(t.Context(), id) }},
		{func() ([]int64, error) { return m.SweepJudge(t.Context()) }, func(id int64) error { return m.Rejudge(t.Context(), id) }},
	} {
		ids, err := sweep.due()
		if err != nil {
			t.Fatal(err)
		}
		for _, id := range ids {
			if err := sweep.each(id); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// checkSane holds at every step: nothing is called expired before its date, one cycle is open, and nothing stays due.
func checkSane(t *testing.T, now time.Time, w models.Watched) {
	t.Helper()
	d := w.Domain
	if now.Before(*date(oldDate)) && d.Lifecycle != models.LifecycleRegistered && d.Lifecycle != models.LifecycleExpiring {
		t.Errorf("%v: %s (%s) before its date", now, d.Lifecycle, d.LifecycleWhy)
	}
	if w.Cycle == nil || d.ExpiresAt == nil || !w.Cycle.ExpiresAt.Equal(*d.ExpiresAt) {
		t.Errorf("%v: expires %v, cycle %+v", now, d.ExpiresAt, w.Cycle)
	}
	if !d.NextLookAt.After(now) || (d.NextJudgeAt != nil && !d.NextJudgeAt.After(now)) {
		t.Errorf("%v: still due: look %v, judge %v", now, d.NextLookAt, d.NextJudgeAt)
	}
}

func checkHistory(t *testing.T, s *store.Store) {
	t.Helper()
	view, err := s.DomainView(t.Context(), "shop.lab")
	if err != nil {
		t.Fatal(err)
	}
	var lifecycles []string
	for _, c := range slices.Backward(view.Changes) {
		if c.Field == "lifecycle" {
			lifecycles = append(lifecycles, c.After)
		}
		if c.ObservationID == nil && c.Field != "lifecycle" {
			t.Errorf("the change of %s has no evidence", c.Field)
		}
	}
	if diff := cmp.Diff([]string{"expiring", "expired", "redemption", "registered"}, lifecycles); diff != "" {
		t.Errorf("lifecycles:\n%s", diff)
	}
	entries, err := s.Ledger(t.Context(), view.Watched.Client.ID, 100)
	if err != nil {
		t.Fatal(err)
	}
	closed := 0
	for _, e := range entries {
		if e.Kind == "cycle_closed" {
			closed++
		}
	}
	if closed != 1 {
		t.Errorf("%d cycles were closed, want one: by the restoration", closed)
	}
	if _, err := s.VerifyLedger(t.Context()); err != nil {
		t.Error(err)
	}
}
