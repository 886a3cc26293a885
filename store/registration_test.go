package store_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/krestmarketing/deedwatch/models"
)

// fullRecord is a record with something in every part.
func fullRecord(d models.Domain) models.RegistrationRecord {
	expiry := at(300 * day)
	d.Lifecycle, d.LifecycleWhy, d.LifecycleSince = models.LifecycleRegistered, models.WhyDate, new(now)
	d.ExpiresAt, d.ExpirySource, d.ExpiryAsOf = &expiry, models.ExpiryRegistry, new(now)
	d.NextLookAt, d.NextJudgeAt, d.Registrar = at(7*day), new(at(240*day)), "Harbour Names"
	d.CheckedAt, d.SeenAt, d.LookOutcome, d.LookSource = new(now), new(now), models.OutcomeOK, models.LookRDAP
	return models.RegistrationRecord{
		Domain: d,
		Observations: []models.Observation{
			{
				Kind: models.LookRDAP, Outcome: models.OutcomeOK, Server: "https://rdap.lab", At: now, TookMicros: 1200, Evidence: []byte("{}"),
				EvidenceHash: "44136f", ContentType: "application/rdap+json", Worker: "w1",
				Facts: &models.Facts{Registered: new(true), Registrar: "Harbour Names", ExpiresAt: &expiry, Statuses: []string{"active"}},
			},
			{Kind: models.LookRegistrarRDAP, Outcome: models.OutcomeTimeout, Server: "https://rdap.harbour.example", At: at(time.Second), Worker: "w1"},
		},
		Registration: &models.Registration{
			RegistryExpiry: &expiry, RegistryExpiryAt: new(now), RegistrySource: models.LookRDAP, Registrar: "Harbour Names",
			Statuses: []string{"active"}, Nameservers: []string{"ns1.a.lab"}, DNSSEC: models.DNSSECUnsigned, FactsAt: new(now), UpdatedAt: now,
			DS: []models.DS{{KeyTag: 1, Algorithm: 13, DigestType: 2, Digest: "00"}},
		},
		Changes:   []models.Change{{At: now, Field: "registrar", After: "Harbour Names", Source: models.LookRDAP}},
		Findings:  []models.FindingChange{{Kind: models.FindingOpened, Finding: finding(d.ID, "lock_missing")}},
		OpenCycle: &models.Cycle{ExpiresAt: expiry, OpenedAt: now},
		Ledger:    []models.Entry{{At: now, Kind: "cycle_opened", DomainID: &d.ID, Actor: "system", Body: "{}"}},
	}
}

func finding(domainID int64, code string) models.Finding {
	return models.Finding{
		DomainID: domainID, Code: code, Subject: "a.lab", Severity: models.SeverityMinor, Title: "No lock", State: models.FindingOpen,
		FirstSeen: now, OpenedAt: now, LastSeen: now,
	}
}

func TestRecordRegistrationStoresAllOfIt(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		imported(t, s, row("a.lab", "Amber Bakery"))
		before := watched(t, s, "a.lab")
		rec := fullRecord(before.Domain)
		ok(t, s.RecordRegistration(t.Context(), rec))

		got := must[models.Watched](t)(s.WatchedByID(t.Context(), before.Domain.ID))
		want := rec.Domain
		want.Version++
		ignore := cmp.Options{cmpopts.EquateApproxTime(0), cmpopts.EquateEmpty(), cmpopts.IgnoreFields(models.Domain{}, "UpdatedAt")}
		if diff := cmp.Diff(want, got.Domain, ignore); diff != "" {
			t.Errorf("domain (-given +stored):\n%s", diff)
		}
		rec.Registration.DomainID = got.Domain.ID
		if diff := cmp.Diff(rec.Registration, got.Registration, ignore); diff != "" {
			t.Errorf("registration (-given +stored):\n%s", diff)
		}
		if got.Cycle == nil || !got.Cycle.ExpiresAt.Equal(at(300*day)) || got.Delegation != nil || got.Client.Name != "Amber Bakery" {
			t.Errorf("around it: cycle %+v, delegation %+v, client %q", got.Cycle, got.Delegation, got.Client.Name)
		}
		view := must[models.DomainView](t)(s.DomainView(t.Context(), "a.lab"))
		if len(view.Observations) != 2 || len(view.Changes) != 1 || view.Observations[1].Evidence != nil {
			t.Fatalf("history: %d observations, %d changes", len(view.Observations), len(view.Changes))
		}
		basis := view.Observations[1].ID // the one that answered
		if *view.Changes[0].ObservationID != basis || *got.Findings[0].ObservationID != basis {
			t.Errorf("change rests on %d, finding on %d, want %d", *view.Changes[0].ObservationID, *got.Findings[0].ObservationID, basis)
		}
		o := must[models.Observation](t)(s.Observation(t.Context(), basis))
		if string(o.Evidence) != "{}" || *o.Facts.Registered != true {
			t.Errorf("observation: %+v", o)
		}
		if n := must[int](t)(s.VerifyLedger(t.Context())); n != 1 {
			t.Errorf("%d ledger lines, want 1", n)
		}
	})
}

func TestRecordRegistrationFromAnOldVersionStoresNothing(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		imported(t, s, row("a.lab", "Amber Bakery"))
		d := watched(t, s, "a.lab").Domain
		judged(t, s, "a.lab", func(rec *models.RegistrationRecord) { rec.Domain.LookFailures = 1 })
		if err := s.RecordRegistration(t.Context(), fullRecord(d)); !errors.Is(err, models.ErrConflict) {
			t.Errorf("err = %v, want ErrConflict", err)
		}
		w := watched(t, s, "a.lab")
		view := must[models.DomainView](t)(s.DomainView(t.Context(), "a.lab"))
		if w.Registration != nil || w.Cycle != nil || len(w.Findings) != 0 || len(view.Observations) != 0 || w.Domain.LookFailures != 1 {
			t.Errorf("something of the refused record was stored: %+v", w)
		}
		d.ID = 4711
		if err := s.RecordRegistration(t.Context(), models.RegistrationRecord{Domain: d}); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("a domain that does not exist: %v, want ErrNotFound", err)
		}
	})
}

func TestRecordRegistrationLeavesWhatPeopleSet(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		imported(t, s, row("a.lab", "Amber Bakery"))
		d := watched(t, s, "a.lab").Domain
		ok(t, s.RouteDomains(t.Context(), "whois.lab:43", []int64{d.ID}))
		d.RegistryServer, d.AutoRenew, d.Services, d.RecordsTotal, d.NextDNSAt = "other", models.AutoRenewOn, []string{"x"}, 9, at(day)
		ok(t, s.RecordRegistration(t.Context(), models.RegistrationRecord{Domain: d}))
		got := watched(t, s, "a.lab").Domain
		if got.RegistryServer != "whois.lab:43" || got.AutoRenew != models.AutoRenewUnknown || len(got.Services) != 0 || got.RecordsTotal != 0 || !got.NextDNSAt.Equal(now) {
			t.Errorf("a registration record wrote other columns: %+v", got)
		}
	})
}

func TestClosingACycleCancelsWhatWasNotSent(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		imported(t, s, row("a.lab", "Amber Bakery"), row("b.lab", "Birch Studio"))
		w, other := expiring(t, s, "a.lab", at(5*day)), expiring(t, s, "b.lab", at(5*day))
		sentOne := queued(t, s, owed(w, models.StageD14))[0]
		sent(t, s, collected(t, s, now, "2026-11-22")[0], now)
		mailed := queued(t, s, owed(w, models.StageD7))[0]
		mail := collected(t, s, at(day), "2026-11-23")[0]
		states := map[models.Stage]models.NoticeState{
			models.StageD3: models.NoticeQueued, models.StageD1: models.NoticeHeld, models.StageD0: models.NoticeBlocked, models.StageD30: models.NoticeSuperseded,
		}
		var waiting []models.Notice
		for stage, state := range states {
			n := owed(w, stage)
			n.State = state
			waiting = append(waiting, queued(t, s, n)[0])
		}
		elsewhere := queued(t, s, owed(other, models.StageD7))[0]

		judged(t, s, "a.lab", func(rec *models.RegistrationRecord) {
			rec.CloseCycle = &models.CycleClose{ID: w.Cycle.ID, At: at(2 * day), Reason: "renewed"}
			rec.OpenCycle = &models.Cycle{ExpiresAt: at(370 * day), OpenedAt: at(2 * day)}
		})
		for _, n := range append(waiting, mailed) {
			want := models.NoticeCancelled
			if n.Stage == models.StageD30 {
				want = models.NoticeSuperseded
			}
			if got := noticeNow(t, s, n); got.State != want || (want == models.NoticeCancelled && got.Reason != "renewed") {
				t.Errorf("%s notice of stage %s is %s (%s), want %s", n.State, n.Stage, got.State, got.Reason, want)
			}
		}
		if got := noticeState(t, s, sentOne); got != models.NoticeSent {
			t.Errorf("the sent notice is %s", got)
		}
		if got := noticeState(t, s, elsewhere); got != models.NoticeQueued {
			t.Errorf("the notice of another domain is %s", got)
		}
		l := must[models.Letter](t)(s.Letter(t.Context(), mail))
		if l.Mail.State != models.MailWaiting || len(l.Items) != 0 {
			t.Errorf("the mail is %s with %d items, want it waiting and empty, for the deliverer to notice", l.Mail.State, len(l.Items))
		}
		if c := watched(t, s, "a.lab").Cycle; c == nil || !c.ExpiresAt.Equal(at(370*day)) {
			t.Errorf("the open cycle is %+v", c)
		}
		err := s.RecordRegistration(t.Context(), models.RegistrationRecord{
			Domain: watched(t, s, "a.lab").Domain, CloseCycle: &models.CycleClose{ID: w.Cycle.ID, At: at(3 * day), Reason: "released"},
		})
		if !errors.Is(err, models.ErrConflict) {
			t.Errorf("closing it again: %v, want ErrConflict", err)
		}
	})
}

// TestARestatedDateGoesOnWithItsCycle: what was sent for the date stays sent, and what waited does not come back by itself.
func TestARestatedDateGoesOnWithItsCycle(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		imported(t, s, row("a.lab", "Amber Bakery"))
		w := expiring(t, s, "a.lab", at(5*day))
		waiting := queued(t, s, owed(w, models.StageD3))[0]
		judged(t, s, "a.lab", func(rec *models.RegistrationRecord) {
			rec.CloseCycle = &models.CycleClose{ID: w.Cycle.ID, At: at(day), Reason: models.CycleRestated}
			rec.OpenCycle = &models.Cycle{ExpiresAt: at(50 * day), OpenedAt: at(day)}
		})
		other := watched(t, s, "a.lab")
		if other.Cycle.ID == w.Cycle.ID || len(other.Restated) != 1 || other.Restated[0].ID != w.Cycle.ID || other.Restated[0].CloseReason != models.CycleRestated {
			t.Fatalf("restated: %+v, open %+v", other.Restated, other.Cycle)
		}
		back := other.Restated[0]
		back.ExpiresAt = at(6 * day)
		judged(t, s, "a.lab", func(rec *models.RegistrationRecord) {
			rec.CloseCycle = &models.CycleClose{ID: other.Cycle.ID, At: at(2 * day), Reason: models.CycleRestated}
			rec.OpenCycle = &back
		})
		again := watched(t, s, "a.lab")
		if c := again.Cycle; c.ID != w.Cycle.ID || !c.ExpiresAt.Equal(at(6*day)) || c.ClosedAt != nil || c.CloseReason != "" || len(again.Restated) != 1 {
			t.Errorf("back: %+v, restated %+v", c, again.Restated)
		}
		if n := noticeNow(t, s, waiting); n.State != models.NoticeCancelled || n.Reason != models.CycleRestated {
			t.Errorf("what waited is %s (%s)", n.State, n.Reason)
		}
		rec := models.RegistrationRecord{Domain: again.Domain, OpenCycle: &models.Cycle{ID: w.Cycle.ID, ExpiresAt: at(6 * day)}}
		if err := s.RecordRegistration(t.Context(), rec); !errors.Is(err, models.ErrConflict) {
			t.Errorf("one that is open goes on: %v", err)
		}
	})
}

func TestADomainHasOneOpenCycle(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		imported(t, s, row("a.lab", "Amber Bakery"))
		w := expiring(t, s, "a.lab", at(5*day))
		err := s.RecordRegistration(t.Context(), models.RegistrationRecord{Domain: w.Domain, OpenCycle: &models.Cycle{ExpiresAt: at(day), OpenedAt: now}})
		if !errors.Is(err, models.ErrConflict) {
			t.Errorf("a second open cycle: %v, want ErrConflict", err)
		}
	})
}

func TestMovingACycleMovesWhatIsUnsent(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		imported(t, s, row("a.lab", "Amber Bakery"))
		w := expiring(t, s, "a.lab", at(5*day))
		first := queued(t, s, owed(w, models.StageD14))[0]
		sent(t, s, collected(t, s, now, "2026-11-22")[0], now)
		second := queued(t, s, owed(w, models.StageD7))[0]
		judged(t, s, "a.lab", func(rec *models.RegistrationRecord) {
			rec.MoveCycle = &models.Cycle{ID: w.Cycle.ID, ExpiresAt: at(6 * day)}
		})
		if c := watched(t, s, "a.lab").Cycle; c.ID != w.Cycle.ID || !c.ExpiresAt.Equal(at(6*day)) {
			t.Errorf("cycle %+v", c)
		}
		if got := noticeNow(t, s, second); !got.ExpiresAt.Equal(at(6 * day)) {
			t.Errorf("the unsent notice speaks of %v", got.ExpiresAt)
		}
		if got := noticeNow(t, s, first); !got.ExpiresAt.Equal(at(5 * day)) {
			t.Errorf("the sent notice speaks of %v, want what it said", got.ExpiresAt)
		}
	})
}
