package notify_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/notify"
)

var tech = models.Contact{ID: 4, ClientID: 1, Name: "Tove Lind", Email: "tove@mailhost.example", Role: models.RoleTechnical, EmailState: models.EmailOK}

// farOff gives a domain that expires in half a year, so that its ladder owes nothing.
func farOff(now time.Time, change func(*models.Owed)) models.Owed {
	o := owedFor(now.AddDate(0, 6, 0))
	o.Domain.Lifecycle = models.LifecycleRegistered
	o.Contacts = append(o.Contacts, tech)
	if change != nil {
		change(&o)
	}
	return o
}

// aside is a notice of no cycle.
func aside(id int64, stage models.Stage, episode string, c models.Contact, state models.NoticeState, sent *time.Time) models.Notice {
	n := row(id, stage, c, state, sent)
	n.CycleID, n.Episode = 0, episode
	return n
}

func finding(code string, opened time.Time) models.Finding {
	return models.Finding{DomainID: 7, Code: code, Subject: "x", State: models.FindingOpen, OpenedAt: opened}
}

// withEpisode writes a plan like told, with the episodes of what is added.
func withEpisode(o models.Owed, plan models.NoticePlan) []string {
	lines := told(o, models.NoticePlan{Change: plan.Change})
	for _, n := range plan.Add {
		lines = append(lines, strings.TrimSpace(string(n.Stage)+" "+n.Episode)+" "+string(n.State)+" "+who(n.Recipient))
	}
	slices.Sort(lines)
	return lines
}

func TestPlanBesideTheLadder(t *testing.T) {
	now := at(t, "2027-01-06 10:00") // a Wednesday
	ago := func(days int) *time.Time { return new(now.AddDate(0, 0, -days)) }
	held := func(o *models.Owed) {
		o.Domain.Lifecycle, o.Domain.LifecycleWhy, o.Domain.LifecycleSince = models.LifecycleOnHold, models.WhyStatus, ago(1)
	}
	dateless := func(o *models.Owed) {
		o.Domain.Lifecycle, o.Domain.LifecycleWhy, o.Domain.ExpiresAt, o.Cycle = models.LifecycleUnknown, models.WhyNoPublicExpiry, nil, models.Cycle{}
	}
	broken := func(o *models.Owed) {
		o.Findings = []models.Finding{finding("record_missing", *ago(3)), finding("record_wrong", *ago(1))}
	}
	told5 := func(c models.Contact, id int64) models.Notice {
		return aside(id, "pending_delete", "2026-12-05", c, "sent", ago(5))
	}
	flapping := func(since time.Time) func(*models.Owed) {
		return func(o *models.Owed) {
			f := finding("record_wrong", since)
			f.FirstSeen, f.Reopened = now.AddDate(0, 0, -60), 4
			o.Findings = []models.Finding{f}
		}
	}
	passed := func(days int) func(*models.Owed) {
		return func(o *models.Owed) {
			o.Domain.AttestedExpiry, o.Domain.AttestedAt = new(models.DayOf(*ago(days), time.UTC)), ago(days+300)
		}
	}
	dayOf := func(at *time.Time) string { return models.DayOf(*at, time.UTC).Format(time.DateOnly) }
	followed := func(episode string) models.Notice {
		return models.Notice{ID: 90, DomainID: 7, Stage: models.StageAttest.FollowUp(), Episode: episode, Channel: "task", Recipient: "ops", State: "done"}
	}
	returned := func(n models.Notice) models.Notice { n.Reason = notify.ReasonReturned; return n }
	lapsing := func(o *models.Owed) {
		o.Domain.Lifecycle, o.Domain.LifecycleWhy, o.Domain.LifecycleSince = models.LifecycleRedemption, models.WhyStatus, ago(1)
	}
	moving := func(o *models.Owed) { o.Findings = []models.Finding{finding("pending_transfer", *ago(0))} }
	both := func(fs ...func(*models.Owed)) func(*models.Owed) {
		return func(o *models.Owed) {
			for _, f := range fs {
				f(o)
			}
		}
	}
	rows := func(list ...models.Notice) func(*models.Owed) { return func(o *models.Owed) { o.Notices = list } }
	for _, c := range []struct {
		why    string
		change func(*models.Owed)
		want   []string
	}{
		{"nothing is wrong", nil, nil},
		{"on hold: owner and deputy, at once", held, []string{"hold 2027-01-05 queued ben", "hold 2027-01-05 queued rosa"}},
		{"on hold, no date is known: they hear all the same", both(dateless, held), []string{"hold 2027-01-05 queued ben", "hold 2027-01-05 queued rosa"}},
		{"on hold, and told", both(held, rows(aside(1, "hold", "2027-01-05", owner, "sent", ago(0)), aside(2, "hold", "2027-01-05", deputy, "sent", ago(0)))), nil},
		{"the hold is over before it went out", rows(aside(1, "hold", "2027-01-05", owner, "queued", nil)), []string{"hold queued->cancelled rosa (hold_is_over)"}},
		{
			"another hold: told of this one", both(held, rows(aside(1, "hold", "2026-10-05", owner, "sent", ago(90)), aside(2, "hold", "2027-01-04", owner, "queued", nil))),
			[]string{"hold 2027-01-05 queued ben", "hold 2027-01-05 queued rosa", "hold queued->cancelled rosa (newer_occasion)"},
		},
		{"on hold, looks fail: it is not known any more", both(held, rows(aside(1, "hold", "2027-01-05", owner, "queued", nil)), func(o *models.Owed) { o.Domain.LifecycleWhy = models.WhyLookFailing }), nil},
		{"on hold, and nobody can be written to", both(held, func(o *models.Owed) { o.Contacts = nil }), []string{"hold 2027-01-05 blocked ", "nobody_left 2027-01-05 queued ops"}},
		{"in redemption, no date is known: the client hears all the same", both(dateless, lapsing), []string{"redemption 2027-01-05 queued ben", "redemption 2027-01-05 queued rosa"}},
		{"in redemption, and told", both(dateless, lapsing, rows(aside(1, "redemption", "2027-01-05", owner, "sent", ago(0)), aside(2, "redemption", "2027-01-05", deputy, "sent", ago(0)))), nil},
		{
			"in redemption for four more days, no date is known", both(dateless, lapsing, rows(aside(1, "redemption", "2027-01-05", owner, "queued", nil)), func(o *models.Owed) { o.Domain.RecoverUntil = new(now.AddDate(0, 0, 4)) }),
			[]string{"pending_delete 2027-01-05 queued ben", "pending_delete 2027-01-05 queued rosa", "redemption queued->cancelled rosa (tighter_stage_due)"},
		},
		{"pending delete, no date is known", both(dateless, lapsing, func(o *models.Owed) { o.Domain.Lifecycle = models.LifecyclePendingDelete }), []string{"pending_delete 2027-01-05 queued ben", "pending_delete 2027-01-05 queued rosa"}},
		{
			"pending delete, told of it five days before it began", both(dateless, lapsing, rows(told5(owner, 1), told5(deputy, 2)), func(o *models.Owed) { o.Domain.Lifecycle = models.LifecyclePendingDelete }),
			nil,
		},
		{
			"redemption seen anew after looks failed", both(dateless, lapsing, rows(aside(1, "redemption", "2026-12-20", owner, "sent", ago(17)), aside(2, "redemption", "2026-12-20", deputy, "sent", ago(17)))),
			nil,
		},
		{"out of redemption before it went out", both(dateless, rows(aside(1, "redemption", "2027-01-05", owner, "queued", nil)), func(o *models.Owed) { o.Domain.LifecycleWhy = models.WhyDate }), []string{"redemption queued->cancelled rosa (lapse_is_over)"}},
		{"in redemption, and the client lets it go", both(dateless, lapsing, answered(models.AnswerLettingGo, *ago(1))), nil},
		{"a transfer began", moving, []string{"transfer 2027-01-06 queued ben", "transfer 2027-01-06 queued rosa"}},
		{"the transfer is over before it went out", rows(aside(1, "transfer", "2027-01-06", owner, "queued", nil)), []string{"transfer queued->cancelled rosa (transfer_is_over)"}},
		{"no public date, none stated", dateless, []string{"attest 2027 queued rosa"}},
		{"asked last month, unanswered: not again, but a task", both(dateless, rows(aside(1, "attest", "2026", owner, "sent", ago(30)))), []string{"followup_attest 2026 queued ops"}},
		{"asked yesterday: people have two days", both(dateless, rows(aside(1, "attest", "2027", owner, "sent", ago(1)))), nil},
		{"asked over a year ago, unanswered", both(dateless, rows(aside(1, "attest", "2026", owner, "sent", ago(366)), models.Notice{
			ID: 2, DomainID: 7, Stage: models.StageAttest.FollowUp(), Episode: "2026", Channel: "task", Recipient: "ops", State: "done",
		})), []string{"attest 2027 queued rosa"}},
		{
			"asked, the address came back: the next one", both(dateless, rows(aside(1, "attest", "2027", owner, "bounced", ago(1))), func(o *models.Owed) { o.Contacts[0].EmailState = models.EmailBad }),
			[]string{"attest 2027 queued ola"},
		},
		{"the date was stated while the question waited", rows(aside(1, "attest", "2027", owner, "queued", nil)), []string{"attest queued->cancelled rosa (date_stated)"}},
		{
			"a date was stated, and the task for it waits", rows(models.Notice{ID: 2, DomainID: 7, Stage: "followup_attest", Episode: "2026", Channel: "task", Recipient: "ops", State: "queued"}),
			[]string{"followup_attest queued->cancelled ops (date_stated)"},
		},
		{"stated over a year ago", func(o *models.Owed) {
			o.Domain.ExpirySource, o.Domain.AttestedExpiry, o.Domain.AttestedAt = models.ExpiryAttested, o.Domain.ExpiresAt, ago(366)
		}, []string{"attest 2027 queued rosa"}},
		{"stated over a year ago, and released since: nothing is asked", func(o *models.Owed) {
			o.Domain.ExpirySource, o.Domain.AttestedExpiry, o.Domain.AttestedAt = models.ExpiryAttested, o.Domain.ExpiresAt, ago(366)
			o.Domain.Lifecycle, o.Cycle = models.LifecycleReleased, models.Cycle{}
		}, nil},
		{"stated a month ago", func(o *models.Owed) {
			o.Domain.ExpirySource, o.Domain.AttestedExpiry, o.Domain.AttestedAt = models.ExpiryAttested, o.Domain.ExpiresAt, ago(30)
		}, nil},
		{"the stated date has passed, this year's question was answered", both(dateless, rows(aside(1, "attest", "2027", owner, "sent", ago(5))), func(o *models.Owed) {
			o.Domain.AttestedExpiry, o.Domain.AttestedAt = new(models.DayOf(*ago(2), time.UTC)), ago(4)
		}), []string{"attest 2027-01-04 queued rosa"}},
		{"the stated date passed, asked a month ago", both(dateless, passed(40), rows(aside(1, "attest", dayOf(ago(40)), owner, "sent", ago(30)), followed(dayOf(ago(40))))), nil},
		{"the stated date passed, asked over a year ago: again", both(dateless, passed(400), rows(aside(1, "attest", dayOf(ago(400)), owner, "sent", ago(366)), followed(dayOf(ago(400))))), []string{"attest " + dayOf(ago(400)) + "/2 queued rosa"}},
		{"asked a second time: not a third", both(dateless, passed(400), rows(
			aside(1, "attest", dayOf(ago(400)), owner, "sent", ago(366)), aside(2, "attest", dayOf(ago(400))+"/2", owner, "sent", ago(1)), followed(dayOf(ago(400))))), nil},
		{"the question came back for a reason that is not the address: the next one", both(dateless, rows(returned(aside(1, "attest", "2027", owner, "bounced", ago(1))))), []string{"attest 2027 queued ola"}},
		{"records are broken: the technical contact, by the newest", broken, []string{"records 2027-01-05 queued tove"}},
		{"records are broken, no technical contact: the owner", both(broken, func(o *models.Owed) { o.Contacts = o.Contacts[:3] }), []string{"records 2027-01-05 queued rosa"}},
		{"told ten days ago, still broken", both(func(o *models.Owed) { o.Findings = []models.Finding{finding("record_wrong", *ago(11))} }, rows(aside(1, "records", "2026-12-26", tech, "sent", ago(10)))), nil},
		{
			"told two weeks ago, still broken: again", both(func(o *models.Owed) { o.Findings = []models.Finding{finding("record_wrong", *ago(15))} }, rows(aside(1, "records", "2026-12-22", tech, "sent", ago(14)))),
			[]string{"records 2026-12-22/2 queued tove"},
		},
		{"told again a week ago: not a third time", both(func(o *models.Owed) { o.Findings = []models.Finding{finding("record_wrong", *ago(40))} }, rows(
			aside(1, "records", "2026-11-27", tech, "sent", ago(25)), aside(2, "records", "2026-11-27/2", tech, "sent", ago(7)))), nil},
		{"one comes and goes: told of it five days ago, and not again", both(flapping(*ago(1)), rows(aside(1, "records", "2026-12-30", tech, "sent", ago(5)))), nil},
		{
			"it still does two weeks later: told of it again", both(flapping(*ago(1)), rows(aside(1, "records", "2026-12-21", tech, "sent", ago(14)))),
			[]string{"records 2027-01-05 queued tove"},
		},
		{"one comes and goes, and got worse since", both(flapping(*ago(1)), func(o *models.Owed) { o.Findings[0].WorsenedAt = ago(1) }, rows(aside(1, "records", "2026-12-30", tech, "sent", ago(5)))), []string{"records 2027-01-05 queued tove"}},
		{"one comes and goes, another broke for the first time", both(flapping(*ago(2)), func(o *models.Owed) {
			first := finding("record_missing", *ago(1))
			first.FirstSeen = *ago(1)
			o.Findings = append(o.Findings, first)
		}, rows(aside(1, "records", "2026-12-30", tech, "sent", ago(5)))), []string{"records 2027-01-05 queued tove"}},
		{"repaired before it went out", rows(aside(1, "records", "2027-01-05", tech, "queued", nil)), []string{"records queued->cancelled tove (records_repaired)"}},
		{"the last look at the zone gave nothing: it waits", both(rows(aside(1, "records", "2027-01-05", tech, "queued", nil)), func(o *models.Owed) { o.Domain.DNSFailures = 1 }), nil},
		{"the lapse explains the records", both(broken, rows(aside(1, "records", "2027-01-05", tech, "queued", nil)), func(o *models.Owed) {
			o.Domain.Lifecycle, o.Domain.LifecycleSince, o.Cycle = models.LifecycleExpired, ago(1), models.Cycle{}
		}), []string{"records queued->cancelled tove (explained_by_cause)"}},
		{"the client lets the name go: no word on its records, and ops move on", both(broken, answered(models.AnswerLettingGo, *ago(1))), []string{"letting_go queued ops"}},
		{
			"the client thought again", rows(models.Notice{ID: 3, DomainID: 7, CycleID: 11, Stage: "letting_go", Channel: "task", Recipient: "ops", State: "queued"}),
			[]string{"letting_go queued->cancelled ops (answered)"},
		},
		{
			"no longer watched: nothing of it goes out", both(broken, rows(aside(1, "hold", "2027-01-05", owner, "queued", nil)), func(o *models.Owed) { o.Domain.ArchivedAt = ago(0) }),
			[]string{"hold queued->cancelled rosa (cycle_closed)"},
		},
		{
			"asked not to be written to: the next, and one task for the client", both(held, func(o *models.Owed) { o.Contacts[0].OptedOutAt = ago(1) }),
			[]string{"hold 2027-01-05 queued ben", "hold 2027-01-05 queued ola", "opted_out 1 2027-01-05 queued ops"},
		},
	} {
		t.Run(c.why, func(t *testing.T) {
			o := farOff(now, c.change)
			plan := notify.Plan(o, policy(t), now)
			if diff := cmp.Diff(c.want, withEpisode(o, plan)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if len(plan.Ledger) != len(plan.Add)+len(plan.Change) {
				t.Errorf("%d lines in the ledger for %d additions and %d changes", len(plan.Ledger), len(plan.Add), len(plan.Change))
			}
			apply(t, &o, plan)
			if again := withEpisode(o, notify.Plan(o, policy(t), now)); len(again) != 0 {
				t.Errorf("planning again: %v", again)
			}
		})
	}
}

func TestWhatIsSwitchedOffIsNotOwed(t *testing.T) {
	now := at(t, "2027-01-06 10:00")
	p := policy(t)
	p.Records, p.Attest, p.Thanks = false, false, false
	o := farOff(now, func(o *models.Owed) {
		o.Findings = []models.Finding{finding("record_wrong", now)}
		o.Domain.ExpirySource, o.Domain.AttestedAt = models.ExpiryAttested, new(now.AddDate(-2, 0, 0))
		o.Notices = []models.Notice{aside(1, "records", "2027-01-05", tech, "queued", nil)}
		renewed(o, now, nil)
	})
	if diff := cmp.Diff([]string{"records queued->cancelled tove (stage_not_in_use)"}, withEpisode(o, notify.Plan(o, p, now))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestWhatIsNotUrgentWaitsForTheMorning(t *testing.T) {
	for _, c := range []struct{ why, now, due string }{
		{"before the window: today", "2027-01-06 06:00", "2027-01-06 09:00"},
		{"after it began: tomorrow's message", "2027-01-06 10:00", "2027-01-07 09:00"},
		{"over the weekend", "2027-01-08 10:00", "2027-01-11 09:00"},
	} {
		now := at(t, c.now)
		o := farOff(now, func(o *models.Owed) { o.Findings = []models.Finding{finding("record_wrong", now.AddDate(0, 0, -1))} })
		for _, n := range notify.Plan(o, policy(t), now).Add {
			if !n.DueAt.Equal(at(t, c.due)) {
				t.Errorf("%s: due at %s, want %s", c.why, n.DueAt, c.due)
			}
		}
	}
	now := at(t, "2027-01-09 22:00") // a Saturday night
	o := farOff(now, func(o *models.Owed) { o.Findings = []models.Finding{finding("pending_transfer", now)} })
	for _, n := range notify.Plan(o, policy(t), now).Add {
		if !n.DueAt.Equal(now) {
			t.Errorf("a transfer is told of at %s, not at once", n.DueAt)
		}
	}
}

// renewed makes the open cycle the one after a renewal, of which the owner was sent a notice at an instant, if one is given.
func renewed(o *models.Owed, now time.Time, sent *time.Time) {
	closed := models.Cycle{ID: 10, DomainID: 7, ExpiresAt: o.Domain.ExpiresAt.AddDate(-1, 0, 0), ClosedAt: new(now.Add(-time.Hour)), CloseReason: "renewed"}
	o.Renewed = &closed
	if sent != nil {
		n := row(100, models.StageD7, owner, models.NoticeSent, sent)
		n.CycleID, n.MailID = 10, new(int64(55))
		o.Notices = append(o.Notices, n)
	}
}

func TestAfterARenewal(t *testing.T) {
	now := at(t, "2027-01-06 10:00")
	ago := func(d time.Duration) *time.Time { return new(now.Add(-d)) }
	const hour, day = time.Hour, 24 * time.Hour
	closing := func(id int64, stage models.Stage, episode string, state models.NoticeState) models.Notice {
		n := row(id, stage, owner, state, nil)
		n.CycleID, n.Episode = 10, episode
		return n
	}
	for _, c := range []struct {
		why    string
		change func(*models.Owed)
		want   []string
	}{
		{"nobody was written to: nobody is thanked", func(o *models.Owed) { renewed(o, now, nil) }, nil},
		{"thanks to who was written to", func(o *models.Owed) { renewed(o, now, ago(5*day)) }, []string{"renewed queued rosa"}},
		{"thanked", func(o *models.Owed) {
			renewed(o, now, ago(5*day))
			o.Notices = append(o.Notices, closing(101, "renewed", "", "sent"))
		}, nil},
		{"renewed three weeks ago: too late for thanks", func(o *models.Owed) {
			renewed(o, now, ago(30*day))
			o.Renewed.ClosedAt = ago(21 * day)
		}, nil},
		{"who was written to can't be any more", func(o *models.Owed) {
			renewed(o, now, ago(5*day))
			o.Contacts[0].EmailState = models.EmailBad
		}, nil},
		{"written to after the renewal, by the registry's own date: taken back", func(o *models.Owed) {
			renewed(o, now, ago(20*hour))
			o.ChangedOn = ago(30 * hour)
		}, []string{"retraction 55 queued rosa"}},
		{"the client stated a later date: what the registry changed before says nothing of a renewal", func(o *models.Owed) {
			renewed(o, now, ago(20*hour))
			o.ChangedOn, o.Domain.ExpirySource, o.Domain.AttestedExpiry, o.Domain.AttestedAt = ago(30*hour), models.ExpiryAttested, o.Domain.ExpiresAt, ago(hour)
		}, []string{"renewed queued rosa"}},
		{"told that nobody had confirmed the renewal, which was so: thanked, and nothing is taken back", func(o *models.Owed) {
			renewed(o, now, ago(20*hour))
			o.ChangedOn, o.Notices[len(o.Notices)-1].Reason = ago(30*hour), notify.ReasonUnconfirmed
		}, []string{"renewed queued rosa"}},
		{"written to before the renewal", func(o *models.Owed) {
			renewed(o, now, ago(20*hour))
			o.ChangedOn = ago(10 * hour)
		}, []string{"renewed queued rosa"}},
		{"the registration was changed long before, by something else than the renewal", func(o *models.Owed) {
			renewed(o, now, ago(20*hour))
			o.ChangedOn = ago(90 * day)
		}, []string{"renewed queued rosa"}},
		{"the registry took the renewal back", func(o *models.Owed) {
			renewed(o, now, ago(5*day))
			o.Notices = append(o.Notices, closing(101, "renewed", "", "queued"))
			o.Domain.ExpiresAt = new(o.Renewed.ExpiresAt)
			o.Cycle = models.Cycle{}
		}, []string{"renewed queued->cancelled rosa (renewal_undone)"}},
		{"what staff takes back is taken back, renewed or not", func(o *models.Owed) {
			renewed(o, now, nil)
			byHand := closing(101, "retraction", "44", "queued")
			byHand.Reason = notify.ReasonByHand
			o.Notices = []models.Notice{byHand}
			o.Domain.ExpiresAt = new(o.Renewed.ExpiresAt)
			o.Cycle = models.Cycle{}
		}, nil},
	} {
		t.Run(c.why, func(t *testing.T) {
			o := farOff(now, c.change)
			plan := notify.Plan(o, policy(t), now)
			if diff := cmp.Diff(c.want, withEpisode(o, plan)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			apply(t, &o, plan)
			if again := withEpisode(o, notify.Plan(o, policy(t), now)); len(again) != 0 {
				t.Errorf("planning again: %v", again)
			}
		})
	}
}
