package store_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/krestmarketing/deedwatch/models"
)

func TestToday(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		boardOf(t, s)
		late, far := watched(t, s, "late.lab"), watched(t, s, "far.lab")
		cause, child, snoozed, done := finding(late.Domain.ID, "expired"), finding(late.Domain.ID, "ns_lame"), finding(far.Domain.ID, "lock"), finding(far.Domain.ID, "done")
		cause.Severity, child.CauseCode, snoozed.SnoozedUntil, done.State = models.SeverityCritical, "expired", new(at(time.Hour)), models.FindingResolved
		mild := finding(far.Domain.ID, "single_ns")
		ok(t, s.RecordDelegation(t.Context(), models.DelegationRecord{Domain: far.Domain, Findings: opened(mild, cause, child, snoozed, done)}))
		for stage, state := range map[models.Stage]models.NoticeState{models.StageP4: models.NoticeQueued, models.StageD0: models.NoticeHeld, models.StageD1: models.NoticeBlocked} {
			n := owed(late, stage)
			n.State = state
			queued(t, s, n)
		}
		ok(t, s.RecordSweep(t.Context(), models.Sweep{Name: "dns"}))
		ok(t, s.PullBrake(t.Context(), models.Brake{PulledAt: now, Reason: "storm"}))
		ok(t, s.SetAutoRenew(t.Context(), far.Domain.ID, models.AutoRenewOff, "pat@agency.example", "pat@agency.example", now))

		v := must[models.TodayView](t)(s.Today(t.Context(), now, time.UTC))
		if len(v.Findings) != 2 || v.Findings[0].Finding.Code != "expired" || v.Findings[0].Children != 1 || v.Findings[0].ClientName != "Amber Bakery" || v.Findings[1].Children != 0 {
			t.Errorf("findings: %+v", v.Findings)
		}
		if v.OpenCount != 3 || v.Queued != 1 || v.Held != 1 || v.Blocked != 1 || v.Records != 5 || v.Broken != 2 || v.Stale != 4 || v.OneContact != 3 {
			t.Errorf("figures: %+v", v)
		}
		if len(v.Unanswered) != 1 || v.Unanswered[0].Domain.Name != "late.lab" || v.Unanswered[0].LastNotice == nil {
			t.Errorf("unanswered: %+v", v.Unanswered)
		}
		if v.Brake == nil || len(v.Sweeps) != 1 || v.Board.Total != 4 || v.Board.Rows != nil {
			t.Errorf("brake %+v, sweeps %+v, board %+v", v.Brake, v.Sweeps, v.Board)
		}
		if diff := cmp.Diff(map[models.AutoRenew]int{models.AutoRenewUnknown: 3, models.AutoRenewOff: 1}, v.AutoRenew); diff != "" {
			t.Errorf("auto-renew:\n%s", diff)
		}
		var tiles []string
		for _, h := range v.Horizon {
			tiles = append(tiles, h.Name+" "+string(h.Band))
		}
		if diff := cmp.Diff([]string{"late.lab expired", "soon_5.lab d7", "far.lab registered", "dateless.lab no_date"}, tiles); diff != "" {
			t.Errorf("horizon (-want +got):\n%s", diff)
		}
		if later := must[models.TodayView](t)(s.Today(t.Context(), at(time.Hour), time.UTC)); len(later.Findings) != 3 {
			t.Errorf("a finding whose rest is over is not back: %+v", later.Findings)
		}
	})
}

func opened(findings ...models.Finding) []models.FindingChange {
	var changes []models.FindingChange
	for _, f := range findings {
		changes = append(changes, models.FindingChange{Kind: models.FindingOpened, Finding: f})
	}
	return changes
}

func TestEmptyStoreHasPages(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		v := must[models.TodayView](t)(s.Today(t.Context(), now, time.UTC))
		if v.Board.Total != 0 || v.Records != 0 || len(v.Horizon) != 0 {
			t.Errorf("today: %+v", v)
		}
		if b := ask(t, s, models.BoardQuery{Text: "x", Group: models.GroupSoon}); len(b.Rows) != 0 || b.Matching != 0 {
			t.Errorf("board: %+v", b)
		}
	})
}

func TestDomainView(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		imported(t, s, row("a.lab", "Amber Bakery"))
		var stages []models.Stage
		for i, stage := range []models.Stage{models.StageD30, models.StageD14, models.StageD7} {
			w := expiring(t, s, "a.lab", at(time.Duration(i+1)*day))
			queued(t, s, owed(w, stage))
			must[models.Answer](t)(s.RecordAnswer(t.Context(), models.AnswerRecord{Answer: answerOf(w, models.AnswerRenewed, at(time.Duration(i)*time.Minute))}))
			if stage != models.StageD7 {
				judged(t, s, "a.lab", func(rec *models.RegistrationRecord) {
					rec.CloseCycle = &models.CycleClose{ID: w.Cycle.ID, At: at(time.Duration(i) * time.Hour), Reason: "renewed"}
				})
			}
		}
		w := watched(t, s, "a.lab")
		g := granted(t, s, w.Client.ID, models.GrantVerified)
		g.DomainID = &w.Domain.ID
		ok(t, s.TransitionGrant(t.Context(), g, models.GrantEvent{At: now}, grantLine(w.Client.ID)))
		v := must[models.DomainView](t)(s.DomainView(t.Context(), "a.lab"))
		for _, n := range v.Notices {
			stages = append(stages, n.Notice.Stage)
		}
		if diff := cmp.Diff([]models.Stage{models.StageD7, models.StageD14}, stages); diff != "" {
			t.Errorf("notices of the open and the last cycle (-want +got):\n%s", diff)
		}
		if len(v.Answers) != 3 || !v.Answers[0].At.Equal(at(2*time.Minute)) || len(v.Grants) != 1 || v.Watched.Cycle.ID != w.Cycle.ID {
			t.Errorf("answers %+v, grants %+v", v.Answers, v.Grants)
		}
		_, noDomain := s.DomainView(t.Context(), "nope.lab")
		_, noWatched := s.WatchedByID(t.Context(), 4711)
		_, noObservation := s.Observation(t.Context(), 4711)
		_, noClient := s.ClientView(t.Context(), 4711)
		for what, err := range map[string]error{"domain": noDomain, "watched": noWatched, "observation": noObservation, "client": noClient} {
			if !errors.Is(err, models.ErrNotFound) {
				t.Errorf("no such %s: %v", what, err)
			}
		}
	})
}

func TestClients(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		imported(t, s, row("b.lab", "birch studio"), row("z.lab", "Amber Bakery"), row("a.lab", "Amber Bakery"), row("gone.lab", "Amber Bakery"))
		ok(t, s.ArchiveDomain(t.Context(), ids(t, s, "gone.lab")[0], "kim", now))
		expiring(t, s, "z.lab", at(day))
		all := must[[]models.Client](t)(s.Clients(t.Context()))
		if len(all) != 2 || all[0].Name != "Amber Bakery" {
			t.Fatalf("clients: %+v", all)
		}
		granted(t, s, all[0].ID, models.GrantRevoked)
		v := must[models.ClientView](t)(s.ClientView(t.Context(), all[0].ID))
		if len(v.Domains) != 2 || v.Domains[0].Name != "z.lab" || len(v.Contacts) != 1 || len(v.Grants) != 1 || v.Client.Name != "Amber Bakery" {
			t.Errorf("client: %+v", v)
		}
	})
}

func TestWhatPeopleSayOnADomain(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		imported(t, s, row("a.lab", "Amber Bakery"))
		w := expiring(t, s, "a.lab", at(5*day))
		n := queued(t, s, owed(w, models.StageD7))[0]
		attested := time.Date(2027, 5, 1, 0, 0, 0, 0, time.UTC)
		ok(t, s.AttestExpiry(t.Context(), models.Attested{DomainID: w.Domain.ID, Date: attested, By: "pat@agency.example", Actor: "pat@agency.example", At: now}))
		ok(t, s.SetAutoRenew(t.Context(), w.Domain.ID, models.AutoRenewOff, "kim@agency.example", "kim@agency.example", at(time.Hour)))
		d := watched(t, s, "a.lab").Domain
		if *d.AttestedExpiry != attested || d.AttestedBy != "pat@agency.example" || d.AutoRenew != models.AutoRenewOff || d.AutoRenewBy != "kim@agency.example" {
			t.Errorf("domain: %+v", d)
		}
		if due := must[[]int64](t)(s.JudgeDue(t.Context(), at(time.Hour), 9)); len(due) != 1 || d.Version != w.Domain.Version+2 {
			t.Errorf("judgements due: %v", due)
		}
		for range 2 {
			ok(t, s.ArchiveDomain(t.Context(), w.Domain.ID, "kim", at(day)))
		}
		got := watched(t, s, "a.lab")
		if got.Cycle != nil || !got.Domain.ArchivedAt.Equal(at(day)) || noticeState(t, s, n) != models.NoticeCancelled {
			t.Errorf("archived: %+v", got)
		}
		if due := must[[]int64](t)(s.JudgeDue(t.Context(), at(day), 9)); len(due) != 0 {
			t.Errorf("an archived domain is due: %v", due)
		}
		var kinds []string
		for _, e := range must[[]models.Entry](t)(s.Ledger(t.Context(), w.Client.ID, 9)) {
			kinds = append(kinds, e.Kind)
		}
		if diff := cmp.Diff([]string{"domain_archived", "auto_renew_stated", "expiry_attested"}, kinds); diff != "" {
			t.Errorf("ledger (-want +got):\n%s", diff)
		}
		if err := s.AttestExpiry(t.Context(), models.Attested{DomainID: 4711, Date: attested, By: "pat", At: now}); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("a domain that does not exist: %v", err)
		}
	})
}

func TestUpsertRecords(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		imported(t, s, row("a.lab", "Amber Bakery"))
		id := ids(t, s, "a.lab")[0]
		long := make([]byte, 5000) // beyond what an index row of PostgreSQL holds
		for i := range long {
			long[i] = byte('a' + (i*i+i/7)%26)
		}
		stays := models.ExpectedRecord{Host: "mail.a.lab", Type: "CNAME", Match: models.MatchExact, Values: []string{"in.sender.example"}, Purpose: "Mail."}
		goes := models.ExpectedRecord{Host: "k1._domainkey.a.lab", Type: "TXT", Match: models.MatchOneOf, Values: []string{string(long), "v=DKIM1"}}
		ok(t, s.UpsertRecords(t.Context(), id, []models.ExpectedRecord{stays, goes, stays}, now))
		w := watched(t, s, "a.lab")
		if len(w.Records) != 2 || w.Domain.RecordsTotal != 2 || w.Domain.RecordsUnknown != 2 || w.Records[1].State != models.RecordUnknown {
			t.Fatalf("first: %+v", w.Domain)
		}
		looked := w.Records[1]
		looked.State, looked.StateAt = models.RecordOK, new(now)
		d := w.Domain
		d.NextDNSAt, d.RecordsRight, d.RecordsUnknown = at(day), 1, 1
		ok(t, s.RecordDelegation(t.Context(), models.DelegationRecord{Domain: d, Records: []models.ExpectedRecord{looked}}))

		stays.Purpose = "Newsletters stop."
		ok(t, s.UpsertRecords(t.Context(), id, []models.ExpectedRecord{stays}, at(time.Hour)))
		w = watched(t, s, "a.lab")
		if len(w.Records) != 1 || w.Records[0].ID != looked.ID || w.Records[0].State != models.RecordOK || w.Records[0].Purpose != "Newsletters stop." {
			t.Errorf("a record that stays: %+v", w.Records)
		}
		if w.Domain.RecordsTotal != 1 || w.Domain.RecordsRight != 1 || w.Domain.RecordsUnknown != 0 || !w.Domain.NextDNSAt.Equal(at(day)) {
			t.Errorf("nothing is new, but %+v", w.Domain)
		}
		ok(t, s.UpsertRecords(t.Context(), id, []models.ExpectedRecord{stays, goes}, at(2*time.Hour)))
		if w = watched(t, s, "a.lab"); !w.Domain.NextDNSAt.Equal(at(2*time.Hour)) || w.Domain.RecordsTotal != 2 {
			t.Errorf("a new record, but %+v", w.Domain)
		}
	})
}

func TestFindingsKeepWhatPeopleSet(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		imported(t, s, row("a.lab", "Amber Bakery"))
		d := watched(t, s, "a.lab").Domain
		record := func(kind models.FindingChangeKind, f models.Finding) models.Finding {
			t.Helper()
			ok(t, s.RecordDelegation(t.Context(), models.DelegationRecord{Domain: d, Findings: []models.FindingChange{{Kind: kind, Finding: f}}}))
			return watched(t, s, "a.lab").Findings[0]
		}
		f := record(models.FindingOpened, finding(d.ID, "ns_lame"))
		ok(t, s.SnoozeFinding(t.Context(), f.ID, at(day), "kim"))
		seen := f
		seen.LastSeen, seen.Detail = at(time.Hour), "still"
		if got := record(models.FindingSeen, seen); got.Assignee != "kim" || !got.SnoozedUntil.Equal(at(day)) || got.Detail != "still" {
			t.Errorf("seen again: %+v", got)
		}
		ok(t, s.AssignFinding(t.Context(), f.ID, "pat"))
		ok(t, s.SnoozeFinding(t.Context(), f.ID, at(2*day), "kim"))
		worse := watched(t, s, "a.lab").Findings[0]
		if worse.Assignee != "pat" {
			t.Errorf("snoozing took it from pat: %+v", worse)
		}
		worse.Severity, worse.SnoozedUntil, worse.WorsenedAt = models.SeverityMajor, nil, new(at(time.Hour))
		if got := record(models.FindingWorsened, worse); got.SnoozedUntil != nil || got.Severity != models.SeverityMajor || got.Assignee != "pat" {
			t.Errorf("worsened: %+v", got)
		}
		again := finding(d.ID, "ns_lame") // judged from a state before the finding was stored
		again.Detail = "from another process"
		if got := record(models.FindingOpened, again); got.ID != f.ID || got.Detail != "from another process" {
			t.Errorf("opened twice: %+v", got)
		}
		for what, err := range map[string]error{"snooze": s.SnoozeFinding(t.Context(), 4711, now, "x"), "assign": s.AssignFinding(t.Context(), 4711, "x")} {
			if !errors.Is(err, models.ErrNotFound) {
				t.Errorf("%s of nothing: %v", what, err)
			}
		}
	})
}

// Today counts in SQL what models.Stale says of a row.
func TestOverdueChecksAreCountedAsTheModelSays(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		want := 0
		for name, d := range map[string]struct {
			seen, next time.Time
			failures   int
			stale      bool
		}{
			"fresh.lab": {at(-time.Hour), at(day), 0, false}, "weekly.lab": {at(-5 * day), at(day), 0, false}, "failing.lab": {at(-2 * day), at(time.Hour), 1, true},
			"failed-once.lab": {at(-2 * time.Hour), at(time.Hour), 1, false}, "overdue.lab": {at(-8 * day), at(-25 * time.Hour), 0, true}, "late.lab": {at(-8 * day), at(-time.Hour), 0, false},
		} {
			imported(t, s, row(name, "Amber Bakery"))
			judged(t, s, name, func(rec *models.RegistrationRecord) {
				rec.Domain.SeenAt, rec.Domain.NextLookAt, rec.Domain.LookFailures = &d.seen, d.next, d.failures
			})
			w := watched(t, s, name)
			if got := models.Stale(&w.Domain, now); got != d.stale {
				t.Errorf("%s: Stale = %v", name, got)
			}
			if d.stale {
				want++
			}
		}
		imported(t, s, row("never.lab", "Amber Bakery"))
		if v := must[models.TodayView](t)(s.Today(t.Context(), now, time.UTC)); v.Stale != want+1 {
			t.Errorf("%d overdue, want %d", v.Stale, want+1)
		}
	})
}
