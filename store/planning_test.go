package store_test

import (
	"errors"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/store"
)

func planQuery() models.PlanQuery {
	return models.PlanQuery{Horizon: at(74 * day), RenewedSince: at(-14 * day), AttestedBefore: at(-365 * day)}
}

// owedOf gives one domain as planning reads it.
func owedOf(tb testing.TB, s *store.Store, name string) models.Owed {
	tb.Helper()
	rows := must[[]models.Owed](tb)(s.Owed(tb.Context(), []int64{watched(tb, s, name).Domain.ID}, planQuery(), now))
	if len(rows) != 1 {
		tb.Fatalf("%s: %d rows", name, len(rows))
	}
	return rows[0]
}

func TestPlanCandidatesBesideTheLadder(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		names := []string{"held", "dateless", "stale", "fresh", "broken", "ours", "explained", "snoozed", "moving", "renewed", "longago", "waiting", "far", "gone", "leftalone", "longalone", "toldalone", "lapsed", "lapsing"}
		for _, n := range names {
			imported(t, s, row(n+".lab", "Client "+n))
			expiring(t, s, n+".lab", at(300*day))
		}
		set := func(name string, fn func(d *models.Domain)) {
			judged(t, s, name+".lab", func(rec *models.RegistrationRecord) { fn(&rec.Domain) })
		}
		set("held", func(d *models.Domain) { d.Lifecycle = models.LifecycleOnHold })
		set("lapsed", func(d *models.Domain) {
			d.Lifecycle, d.LifecycleWhy, d.ExpiresAt, d.ExpirySource = models.LifecycleRedemption, models.WhyStatus, nil, ""
		})
		set("lapsing", func(d *models.Domain) { d.Lifecycle = models.LifecycleRedemption })
		set("dateless", func(d *models.Domain) {
			d.Lifecycle, d.LifecycleWhy, d.ExpiresAt, d.ExpirySource = models.LifecycleUnknown, models.WhyNoPublicExpiry, nil, ""
		})
		for name, when := range map[string]time.Time{"stale": at(-365 * day), "fresh": at(-364 * day)} {
			ok(t, s.AttestExpiry(t.Context(), models.Attested{DomainID: watched(t, s, name+".lab").Domain.ID, Date: at(300 * day), By: "Pat", Actor: "pat@agency.example", At: when}))
			set(name, func(d *models.Domain) { d.ExpirySource = models.ExpiryAttested })
		}
		found := func(name, code string, change func(*models.Finding)) {
			f := finding(watched(t, s, name+".lab").Domain.ID, code)
			f.Severity = models.SeverityMajor
			if change != nil {
				change(&f)
			}
			ok(t, s.RecordFindings(t.Context(), []models.FindingChange{{Kind: models.FindingOpened, Finding: f}}, now))
		}
		found("broken", "record_missing", nil)
		found("broken", "record_wrong", func(f *models.Finding) { f.State = models.FindingResolved })
		found("ours", "record_delegation_broken", func(f *models.Finding) { f.Reason = models.ReasonOurSide })
		found("explained", "record_wrong", func(f *models.Finding) { f.CauseCode = "expired" })
		found("snoozed", "record_wrong", func(f *models.Finding) { f.SnoozedUntil = new(at(day)) })
		found("moving", "pending_transfer", nil)
		found("far", "transfer_lock_missing", nil)
		for name, closed := range map[string]time.Time{"renewed": at(-day), "longago": at(-15 * day)} {
			w := watched(t, s, name+".lab")
			judged(t, s, name+".lab", func(rec *models.RegistrationRecord) {
				rec.Registration = &models.Registration{ChangedOn: new(at(-2 * day)), Statuses: []string{}, Nameservers: []string{}, AbsentSources: []string{}}
				rec.CloseCycle = &models.CycleClose{ID: w.Cycle.ID, At: closed, Reason: "renewed"}
				rec.OpenCycle = &models.Cycle{ExpiresAt: at(600 * day), OpenedAt: closed}
			})
		}
		waiting := watched(t, s, "waiting.lab")
		n := owed(waiting, models.StageRecords)
		n.CycleID, n.Episode = 0, "2026-11-20"
		queued(t, s, n)
		found("gone", "record_missing", nil)
		ok(t, s.ArchiveDomain(t.Context(), ids(t, s, "gone.lab")[0], "pat@agency.example", now))

		imported(t, s, row("leftalone2.lab", "Client leftalone"))
		raw(t, s, `UPDATE contacts SET opted_out_at = created_at WHERE client_id = `+strconv.FormatInt(watched(t, s, "leftalone.lab").Client.ID, 10))

		// Who left long ago, while nothing was planned, is told of still; nobody is whose task was raised.
		for _, name := range []string{"longalone", "toldalone"} {
			c := watched(t, s, name+".lab").Contacts[0]
			ok(t, s.Suppress(t.Context(), models.Suppression{Address: c.Email, Reason: models.SuppressedOptedOut, By: "pat@agency.example", At: at(-90 * day)}))
		}
		left := watched(t, s, "toldalone.lab")
		must[int](t)(s.QueueNotices(t.Context(), models.NoticePlan{Add: []models.Notice{{
			ClientID: left.Client.ID, ContactID: &left.Contacts[0].ID, Stage: models.StageOptedOut, Episode: "2026-08-24", Channel: models.ChannelTask, Recipient: "ops",
			State: models.NoticeDone, DueAt: at(-90 * day), Reason: "opted_out", ExpiresAt: now,
		}}}, now))

		want := ids(t, s, "held.lab", "dateless.lab", "stale.lab", "broken.lab", "moving.lab", "renewed.lab", "waiting.lab", "leftalone.lab", "longalone.lab", "lapsed.lab", "lapsing.lab")
		slices.Sort(want)
		if diff := cmp.Diff(want, must[[]int64](t)(s.PlanCandidates(t.Context(), planQuery(), now))); diff != "" {
			t.Errorf("candidates (-want +got):\n%s", diff)
		}
		if o := owedOf(t, s, "broken.lab"); len(o.Findings) != 1 || o.Findings[0].Code != "record_missing" || !o.Findings[0].OpenedAt.Equal(now) {
			t.Errorf("findings of what is broken: %+v", o.Findings)
		}
		for _, name := range []string{"ours", "explained", "snoozed"} {
			if o := owedOf(t, s, name+".lab"); len(o.Findings) != 0 {
				t.Errorf("findings of %s: %+v", name, o.Findings)
			}
		}
		if o := owedOf(t, s, "renewed.lab"); o.Renewed == nil || o.Renewed.CloseReason != "renewed" || o.ChangedOn == nil || !o.ChangedOn.Equal(at(-2*day)) || o.Cycle.ID == o.Renewed.ID {
			t.Errorf("renewed: %+v %v", o.Renewed, o.ChangedOn)
		}
		if o := owedOf(t, s, "longago.lab"); o.Renewed != nil || o.ChangedOn != nil || o.Cycle.ID == 0 {
			t.Errorf("renewed long ago: %+v", o.Renewed)
		}
		if o := owedOf(t, s, "waiting.lab"); len(o.Notices) != 1 || o.Notices[0].CycleID != 0 || o.Notices[0].Episode != "2026-11-20" || o.Notices[0].DomainID != waiting.Domain.ID {
			t.Errorf("what waits beside the ladder: %+v", o.Notices)
		}
	})
}

// TestOwedReadsWhatPlanningNeeds holds the reading by column against the reading of whole rows.
func TestOwedReadsWhatPlanningNeeds(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		imported(t, s, row("a.lab", "Amber Bakery"))
		judged(t, s, "a.lab", func(rec *models.RegistrationRecord) {
			d := &rec.Domain
			d.Lifecycle, d.LifecycleWhy, d.LifecycleSince = models.LifecycleRedemption, models.WhyStatus, new(at(-day))
			d.ExpiresAt, d.ExpirySource, d.Unconfirmed, d.RecoverUntil = new(at(-50*day)), models.ExpiryAttested, true, new(at(20*day))
			d.QuietUntil = new(at(day))
			rec.OpenCycle = &models.Cycle{ExpiresAt: at(-50 * day), OpenedAt: now}
		})
		w := watched(t, s, "a.lab")
		ok(t, s.AttestExpiry(t.Context(), models.Attested{DomainID: w.Domain.ID, Date: at(-50 * day), By: "Pat", Actor: "pat@agency.example", At: at(-90 * day)}))
		ok(t, s.HoldClient(t.Context(), w.Client.ID, "in talks", "pat@agency.example", now))
		raw(t, s, `UPDATE clients SET notices = '{"stages":["d30"],"deputy_from":3}'`)
		raw(t, s, `UPDATE domains SET dns_failures = 2`)
		raw(t, s, `UPDATE contacts SET opted_out_at = created_at`)
		n := queued(t, s, owed(w, models.StageD30))[0]
		task := models.Notice{ClientID: w.Client.ID, Stage: models.StageOptedOut, Episode: "1", Recipient: "ops", Channel: models.ChannelTask, State: models.NoticeQueued, DueAt: now, ExpiresAt: now}
		must[int](t)(s.QueueNotices(t.Context(), models.NoticePlan{Add: []models.Notice{task}}, now))

		w, o := watched(t, s, "a.lab"), owedOf(t, s, "a.lab")
		d := w.Domain
		want := models.Domain{
			ID: d.ID, ClientID: d.ClientID, Name: d.Name, ArchivedAt: d.ArchivedAt, Lifecycle: d.Lifecycle, LifecycleSince: d.LifecycleSince, LifecycleWhy: d.LifecycleWhy,
			ExpiresAt: d.ExpiresAt, ExpirySource: d.ExpirySource, Unconfirmed: d.Unconfirmed, RecoverUntil: d.RecoverUntil, QuietUntil: d.QuietUntil,
			AttestedExpiry: d.AttestedExpiry, AttestedAt: d.AttestedAt, DNSFailures: d.DNSFailures,
		}
		if diff := cmp.Diff(want, o.Domain); diff != "" {
			t.Errorf("domain (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(models.Client{ID: w.Client.ID, Name: w.Client.Name, HeldAt: w.Client.HeldAt, Notices: w.Client.Notices}, o.Client); diff != "" || o.Client.HeldAt == nil {
			t.Errorf("client (-want +got):\n%s", diff)
		}
		c := w.Contacts[0]
		contact := models.Contact{ID: c.ID, ClientID: c.ClientID, Name: c.Name, Email: c.Email, Role: c.Role, EmailState: c.EmailState, OptedOutAt: c.OptedOutAt}
		if diff := cmp.Diff([]models.Contact{contact}, o.Contacts); diff != "" || o.Contacts[0].Usable() {
			t.Errorf("contacts (-want +got):\n%s", diff)
		}
		if len(o.Notices) != 2 || o.Notices[0].ID != n.ID || o.Notices[1].Stage != models.StageOptedOut || !o.Notices[0].DueAt.Equal(n.DueAt) || *o.Notices[0].ContactID != c.ID {
			t.Errorf("notices: %+v", o.Notices)
		}
		if o.Cycle.ID != w.Cycle.ID || !o.Cycle.ExpiresAt.Equal(w.Cycle.ExpiresAt) || o.Cycle.ClosedAt != nil {
			t.Errorf("cycle: %+v", o.Cycle)
		}
		if len(o.Wrong) != 0 || o.Answer != nil {
			t.Errorf("nobody answered, and wrong are %v, answer %+v", o.Wrong, o.Answer)
		}
		for i, kind := range []models.AnswerKind{models.AnswerWrongPerson, models.AnswerRenewed, models.AnswerWrongPerson} {
			answer := models.Answer{DomainID: d.ID, CycleID: w.Cycle.ID, ContactID: c.ID, Kind: kind, At: at(time.Duration(i) * time.Hour), By: "Rosa"}
			must[models.Answer](t)(s.RecordAnswer(t.Context(), models.AnswerRecord{Answer: answer}))
			o := owedOf(t, s, "a.lab")
			if wrong := kind == models.AnswerWrongPerson; (len(o.Wrong) == 1) != wrong || o.Answer == nil || o.Answer.Kind != kind {
				t.Errorf("after %s: wrong are %v, the answer is %+v", kind, o.Wrong, o.Answer)
			}
		}
		if rows := must[[]models.Owed](t)(s.Owed(t.Context(), []int64{4711}, planQuery(), now)); len(rows) != 0 {
			t.Errorf("a domain that does not exist: %+v", rows)
		}
	})
}

func TestOnePlanKeepsNoOtherBack(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		imported(t, s, row("a.lab", "Amber Bakery"), row("b.lab", "Birch Studio"), row("c.lab", "Cedar"))
		var plans []models.NoticePlan
		for _, name := range []string{"a.lab", "b.lab", "c.lab"} {
			w := expiring(t, s, name, at(5*day))
			line := models.Entry{At: now, Kind: "notice_queued", DomainID: &w.Domain.ID, Actor: "system", Body: "{}"}
			plans = append(plans, models.NoticePlan{DomainID: w.Domain.ID, Add: []models.Notice{owed(w, models.StageD7)}, Ledger: []models.Entry{line}})
		}
		plans[1].Add[0].State = "no such state"
		added, err := s.QueuePlans(t.Context(), plans, now)
		if added != 2 || !errors.Is(err, models.ErrInvalid) {
			t.Errorf("%d added: %v", added, err)
		}
		plans[1].Add[0].State = models.NoticeQueued
		if added := must[int](t)(s.QueuePlans(t.Context(), plans, now)); added != 1 {
			t.Errorf("mended: %d added, want the one that was missing", added)
		}
		if lines := must[int](t)(s.VerifyLedger(t.Context())); lines != 3 {
			t.Errorf("%d lines in the ledger, want one for each notice", lines)
		}
		twice := []models.NoticePlan{plans[0], plans[0]}
		for i := range twice {
			twice[i].Add = []models.Notice{plans[0].Add[0]}
			twice[i].Add[0].Stage = models.StageD3
		}
		if added := must[int](t)(s.QueuePlans(t.Context(), twice, now)); added != 1 || must[int](t)(s.VerifyLedger(t.Context())) != 4 {
			t.Errorf("one notice in two plans: %d added", added)
		}
	})
}

func TestHoldingAFutureStage(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		imported(t, s, row("a.lab", "Amber Bakery"))
		w := expiring(t, s, "a.lab", at(40*day))
		ahead := owed(w, models.StageD30)
		ahead.DueAt = at(10 * day)
		n, err := s.HoldPlanned(t.Context(), ahead, "pat@agency.example", now)
		ok(t, err)
		if n.State != models.NoticeHeld || n.ID == 0 || !n.DueAt.Equal(at(10*day)) {
			t.Errorf("held: %+v", n)
		}
		if _, err := s.HoldPlanned(t.Context(), ahead, "pat@agency.example", now); !errors.Is(err, models.ErrConflict) {
			t.Errorf("held twice: %v", err)
		}
		ok(t, s.ReleaseNotice(t.Context(), n.ID, "pat@agency.example", now))
		if got := noticeNow(t, s, n); got.State != models.NoticeCancelled || got.Reason != "notice_released" {
			t.Errorf("released ahead of its time: %s (%s), want it back with the planner", got.State, got.Reason)
		}
		again := must[models.Notice](t)(s.HoldPlanned(t.Context(), ahead, "pat@agency.example", now))
		if again.ID != n.ID || again.State != models.NoticeHeld {
			t.Errorf("held again: %+v", again)
		}
		ok(t, s.ReleaseNotice(t.Context(), n.ID, "pat@agency.example", at(11*day)))
		if got := noticeState(t, s, n); got != models.NoticeQueued {
			t.Errorf("released after it was due: %s", got)
		}
		sent(t, s, collected(t, s, at(11*day), "2026-12-03")[0], at(11*day))
		if _, err := s.HoldPlanned(t.Context(), ahead, "pat@agency.example", now); !errors.Is(err, models.ErrConflict) {
			t.Errorf("holding what was sent: %v", err)
		}
	})
}

func TestAHeldClientGetsNothing(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		imported(t, s, row("a.lab", "Amber Bakery"), row("b.lab", "Birch Studio"))
		a, b := expiring(t, s, "a.lab", at(5*day)), expiring(t, s, "b.lab", at(5*day))
		n := queued(t, s, owed(a, models.StageD7))[0]
		queued(t, s, owed(b, models.StageD7))
		ok(t, s.HoldClient(t.Context(), a.Client.ID, "in talks about leaving", "pat@agency.example", now))
		if err := s.HoldClient(t.Context(), a.Client.ID, "again", "pat@agency.example", now); !errors.Is(err, models.ErrConflict) {
			t.Errorf("held twice: %v", err)
		}
		if got := collected(t, s, now, "2026-11-22"); len(got) != 1 || noticeState(t, s, n) != models.NoticeQueued {
			t.Errorf("collected %v; the held client's notice is %s", got, noticeState(t, s, n))
		}
		ok(t, s.ReleaseClient(t.Context(), a.Client.ID, "pat@agency.example", now))
		if err := s.ReleaseClient(t.Context(), a.Client.ID, "pat@agency.example", now); !errors.Is(err, models.ErrConflict) {
			t.Errorf("released twice: %v", err)
		}
		if err := s.ReleaseClient(t.Context(), 4711, "pat@agency.example", now); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("released nobody: %v", err)
		}
		if got := collected(t, s, now, "2026-11-22"); len(got) != 1 || noticeState(t, s, n) != models.NoticeMailed {
			t.Errorf("after the release: collected %v", got)
		}
	})
}

func TestTheDailyCapOfAnAddress(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		var notices []models.Notice
		for i, client := range []string{"Amber Bakery", "Birch Studio", "Cedar"} { // one person looks after three of them
			r := row(string(rune('a'+i))+".lab", client)
			r.Contacts[0].Email = "boss@holding.example"
			imported(t, s, r)
			notices = append(notices, queued(t, s, owed(expiring(t, s, r.Domain, at(time.Duration(9-2*i)*day)), models.StageD14))[0])
		}
		access := notices[2]
		access.ID, access.Stage, access.Episode, access.CycleID, access.ExpiresAt = 0, models.StageAccessRequest, "2026-11-22", 0, at(90*day)
		must[int](t)(s.QueueNotices(t.Context(), models.NoticePlan{Add: []models.Notice{access}}, now))
		collect := func(at time.Time, day string) []int64 {
			c := collection(at, day, 100)
			c.Cap = 2
			c.Since = at.Truncate(24 * time.Hour)
			mails, more, err := s.CollectMails(t.Context(), c)
			ok(t, err)
			if more {
				t.Error("more is said to wait beyond the limit")
			}
			return mails
		}
		first := collect(now, "2026-11-22")
		if len(first) != 2 || noticeState(t, s, notices[2]) != models.NoticeMailed || noticeState(t, s, notices[1]) != models.NoticeMailed {
			t.Fatalf("collected %v, want the two most urgent", first)
		}
		over := must[[]models.NoticeView](t)(s.CapOverflow(t.Context()))
		if len(over) != 2 || over[0].Notice.ID != notices[0].ID || over[0].Notice.Reason != models.ReasonOverCap || !over[0].Notice.DueAt.Equal(at(day)) {
			t.Errorf("over the cap: %+v", over)
		}
		if again := collect(at(time.Hour), "2026-11-22"); len(again) != 0 {
			t.Errorf("the same day again: %v", again)
		}
		sent(t, s, first[0], at(time.Hour))
		if next := collect(at(day), "2026-11-23"); len(next) != 1 || noticeState(t, s, notices[0]) != models.NoticeMailed {
			t.Errorf("the next day, with one of yesterday's still on its way: %v, want one", next)
		}
		sent(t, s, first[1], at(day))
		for _, l := range must[[]models.Entry](t)(s.Ledger(t.Context(), 0, 100)) {
			if l.Kind == "notices_over_cap" && l.ClientID == nil {
				t.Errorf("the ledger's line names no client: %+v", l)
			}
		}
		if next := collect(at(2*day), "2026-11-24"); len(next) != 1 {
			t.Errorf("the day after: %v, want the access request", next)
		}
	})
}

func TestOneMessageOfAKindADay(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		imported(t, s, row("a.lab", "Amber Bakery"))
		w := expiring(t, s, "a.lab", at(5*day))
		step := owed(w, models.StageD7)
		beside := owed(w, models.StageHold)
		beside.CycleID, beside.Episode = 0, "2026-11-22"
		access := owed(w, models.StageAccessReview)
		access.CycleID, access.Episode = 0, "2026-11-22"
		queued(t, s, step, beside, access)
		mails := collected(t, s, now, "2026-11-22")
		if len(mails) != 2 {
			t.Fatalf("mails %v, want one about domains and one about access", mails)
		}
		kinds := map[models.MailKind]int{}
		for _, id := range mails {
			l := must[models.Letter](t)(s.Letter(t.Context(), id))
			kinds[l.Mail.Kind] = len(l.Items)
		}
		if diff := cmp.Diff(map[models.MailKind]int{models.MailNotice: 2, models.MailAccess: 1}, kinds); diff != "" {
			t.Errorf("notices by kind (-want +got):\n%s", diff)
		}
	})
}

func TestAMessageIsTakenBackByHand(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		imported(t, s, row("a.lab", "Amber Bakery"))
		w := expiring(t, s, "a.lab", at(5*day))
		queued(t, s, owed(w, models.StageD7))
		mail := collected(t, s, now, "2026-11-22")[0]
		if err := s.QueueRetraction(t.Context(), mail, "pat@agency.example", now); !errors.Is(err, models.ErrConflict) {
			t.Errorf("before it was sent: %v", err)
		}
		sent(t, s, mail, now)
		ok(t, s.QueueRetraction(t.Context(), mail, "pat@agency.example", at(time.Hour)))
		if err := s.QueueRetraction(t.Context(), mail, "pat@agency.example", at(time.Hour)); !errors.Is(err, models.ErrConflict) {
			t.Errorf("taken back twice: %v", err)
		}
		judged(t, s, "a.lab", func(rec *models.RegistrationRecord) { // renewed meanwhile: that it was wrong is owed all the same
			rec.CloseCycle = &models.CycleClose{ID: w.Cycle.ID, At: at(2 * time.Hour), Reason: "renewed"}
		})
		next := collected(t, s, at(day), "2026-11-23")
		if len(next) != 1 {
			t.Fatalf("collected %v", next)
		}
		l := must[models.Letter](t)(s.Letter(t.Context(), next[0]))
		it := l.Items[0]
		if it.Notice.Stage != models.StageRetraction || it.Notice.Episode != strconv.FormatInt(mail, 10) || it.Retracted == nil || it.Retracted.ID != mail || it.ThreadRoot == "" {
			t.Errorf("the letter takes back %+v, in the thread %q", it.Retracted, it.ThreadRoot)
		}
	})
}

func TestALetterOnBrokenRecords(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		imported(t, s, row("a.lab", "Amber Bakery"))
		w := expiring(t, s, "a.lab", at(300*day))
		n := owed(w, models.StageRecords)
		n.CycleID, n.Episode = 0, "2026-11-22"
		queued(t, s, n)
		for _, code := range []string{"record_missing", "pending_transfer", "record_wrong"} {
			f := finding(w.Domain.ID, code)
			f.Severity = models.SeverityMajor
			if code == "record_wrong" {
				f.CauseCode = "expired"
			}
			ok(t, s.RecordFindings(t.Context(), []models.FindingChange{{Kind: models.FindingOpened, Finding: f}}, now))
		}
		l := must[models.Letter](t)(s.Letter(t.Context(), collected(t, s, now, "2026-11-22")[0]))
		if f := l.Items[0].Findings; len(f) != 1 || f[0].Code != "record_missing" || l.Items[0].Cycle.ID != 0 || l.Items[0].ThreadRoot != "" {
			t.Errorf("the letter speaks of %+v", f)
		}
	})
}
