package monitor_test

import (
	"testing"
	"time"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/monitor"
)

const (
	oldDate = "2027-01-10T08:00:00Z"
	newDate = "2028-01-10T08:00:00Z"
)

// a step is one run at a time: what the registry and the registrar state then; empty: not looked.
type step struct{ at, registry, registrar, status string }

func TestARenewalIsConfirmedOrHeldBack(t *testing.T) {
	t.Parallel()
	first := step{"2026-12-20T08:00:00Z", oldDate, oldDate, "ok"}
	for name, c := range map[string]struct {
		steps       []step
		unconfirmed bool
		want        string // effective expiry
		why         string
	}{
		"renewed early": {[]step{first, {"2026-12-28T08:00:00Z", newDate, "", "ok"}}, false, newDate, "the client's doing"},
		"renewed early, registrar not asked": {
			[]step{{"2026-12-20T08:00:00Z", oldDate, "", "ok"}, {"2026-12-28T08:00:00Z", newDate, "", "ok"}}, false, newDate, "clearly before the date",
		},
		"jumped the day after":       {[]step{first, {"2027-01-11T08:00:00Z", newDate, oldDate, "autoRenewPeriod"}}, true, oldDate, "the registry's own doing"},
		"jumped within the last day": {[]step{first, {"2027-01-09T20:00:00Z", newDate, "", "ok"}}, true, oldDate, "some registries renew hours before"},
		"jumped before, with the status": {
			[]step{first, {"2027-01-07T08:00:00Z", newDate, "", "autoRenewPeriod"}}, true, oldDate, "the status says who renewed",
		},
		"renewed early under last year's status": {
			[]step{{"2026-03-01T08:00:00Z", oldDate, "", "autoRenewPeriod"}, {"2026-03-05T08:00:00Z", newDate, "", "autoRenewPeriod"}},
			false, newDate, "the status belongs to the renewal of weeks ago",
		},
		"jumped, without the status": {[]step{first, {"2027-01-12T08:00:00Z", newDate, "", "ok"}}, true, oldDate, "not every registry shows it"},
		"registrar confirms in the same run": {
			[]step{first, {"2027-01-12T08:00:00Z", newDate, newDate, "autoRenewPeriod"}}, false, newDate, "it knows who paid",
		},
		"registrar confirms later": {
			[]step{first, {"2027-01-11T08:00:00Z", newDate, oldDate, "autoRenewPeriod"}, {"2027-01-15T08:00:00Z", newDate, newDate, "autoRenewPeriod"}},
			false, newDate, "the invoice was paid in the grace",
		},
		"registrar states until when it keeps the name": {
			[]step{first, {"2027-01-11T08:00:00Z", newDate, "2027-02-19T08:00:00Z", "autoRenewPeriod"}}, true, oldDate, "that is a grace of 40 days, and nobody paid",
		},
		"registrar's date differs by hours": {
			[]step{first, {"2027-01-11T08:00:00Z", newDate, "2027-01-10T23:59:59Z", "autoRenewPeriod"}}, true, oldDate, "that is the old date",
		},
		"outage over the expiry":      {[]step{first, {"2027-01-25T08:00:00Z", newDate, "", ""}}, true, oldDate, "nobody saw when it jumped"},
		"outage over the whole grace": {[]step{first, {"2027-03-25T08:00:00Z", newDate, "", "ok"}}, false, newDate, "45 days later it still stands: somebody paid"},
		"grace passes": {
			[]step{first, {"2027-01-11T08:00:00Z", newDate, "", "autoRenewPeriod"}, {"2027-02-20T08:00:00Z", newDate, "", "autoRenewPeriod"}, {"2027-02-25T08:00:00Z", newDate, "", "ok"}},
			false, newDate, "the registrar can't take it back any more",
		},
		"grace passes into redemption": {
			[]step{first, {"2027-01-11T08:00:00Z", newDate, "", "autoRenewPeriod"}, {"2027-02-25T08:00:00Z", newDate, "", "redemptionPeriod"}},
			true, oldDate, "the registrar took it back",
		},
		"taken back": {
			[]step{first, {"2027-01-11T08:00:00Z", newDate, "", "autoRenewPeriod"}, {"2027-01-30T08:00:00Z", oldDate, "", "redemptionPeriod"}},
			false, oldDate, "the registry states the old date again",
		},
		"first seen inside the grace": {[]step{{"2027-01-20T08:00:00Z", newDate, "", "autoRenewPeriod"}}, true, oldDate, "a portfolio is imported late"},
		"first seen inside the grace, registrar agrees": {
			[]step{{"2027-01-20T08:00:00Z", newDate, newDate, "autoRenewPeriod"}}, false, newDate, "paid",
		},
		"first seen inside the grace, registrar days ahead": {
			[]step{{"2027-01-20T08:00:00Z", newDate, "2027-01-07T08:00:00Z", "autoRenewPeriod"}}, true, "2027-01-07T08:00:00Z", "the earlier of two dates counts",
		},
		"first seen inside the grace, registrar days ahead and heard later": {
			[]step{{"2027-01-20T08:00:00Z", newDate, "", "autoRenewPeriod"}, {"2027-01-21T08:00:00Z", newDate, "2027-01-07T08:00:00Z", "autoRenewPeriod"}},
			true, "2027-01-07T08:00:00Z", "it was silent at first",
		},
		"grace passes by the registrar's date only": {
			[]step{
				{"2026-12-20T08:00:00Z", oldDate, "2027-01-07T08:00:00Z", "ok"},
				{"2027-01-11T08:00:00Z", newDate, "2027-01-07T08:00:00Z", "autoRenewPeriod"},
				{"2027-02-22T08:00:00Z", newDate, "2027-01-07T08:00:00Z", "autoRenewPeriod"},
			},
			true, "2027-01-07T08:00:00Z", "the registry counts from its own date: for two more days it can be taken back",
		},
		"grace passes, registrar days ahead": {
			[]step{
				{"2026-12-20T08:00:00Z", oldDate, "2027-01-07T08:00:00Z", "ok"},
				{"2027-01-11T08:00:00Z", newDate, "2027-01-07T08:00:00Z", "autoRenewPeriod"},
				{"2027-02-25T08:00:00Z", newDate, "2027-01-07T08:00:00Z", "ok"},
			},
			false, newDate, "and then not",
		},
		"first seen at the end of the grace, registrar days ahead": {
			[]step{{"2027-02-22T08:00:00Z", newDate, "2027-01-07T08:00:00Z", "ok"}}, true, "2027-01-07T08:00:00Z", "it can still be taken back",
		},
		"first seen with a stray status": {[]step{{"2027-06-20T08:00:00Z", newDate, "", "autoRenewPeriod"}}, false, newDate, "no grace lasts five months"},
		"a second year on top": {
			[]step{first, {"2027-01-11T08:00:00Z", newDate, "", "autoRenewPeriod"}, {"2027-01-13T08:00:00Z", "2029-01-10T08:00:00Z", "", "autoRenewPeriod"}},
			false, "2029-01-10T08:00:00Z", "a registry renews by itself once",
		},
		"moved by a month": {[]step{first, {"2027-01-12T08:00:00Z", "2027-02-10T08:00:00Z", "2027-02-10T08:00:00Z", "ok"}}, false, "2027-02-10T08:00:00Z", "no renewal: dates were aligned"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			reg := runSteps(t, c.steps)
			e := models.EffectiveExpiry(nil, &reg)
			if e.Unconfirmed != c.unconfirmed || e.At == nil || !e.At.Equal(*date(c.want)) {
				t.Errorf("effective %v (unconfirmed %v, %s), want %s, %v: %s", e.At, e.Unconfirmed, e.Reason, c.want, c.unconfirmed, c.why)
			}
		})
	}
}

func runSteps(t *testing.T, steps []step) models.Registration {
	t.Helper()
	var runs [][]models.Look
	for _, s := range steps {
		looks := []models.Look{said(models.LookRDAP, s.at, s.registry, s.status)}
		if s.registrar != "" {
			r := registrarSaid(s.at, s.registrar)
			r.At = r.At.Add(300 * time.Millisecond)
			looks = append(looks, r)
		}
		runs = append(runs, looks)
	}
	return merge(t, gtld, runs...)
}

func TestPeopleConfirmARenewal(t *testing.T) {
	t.Parallel()
	jumped := runSteps(t, []step{{"2026-12-20T08:00:00Z", oldDate, "", "ok"}, {"2027-01-11T08:00:00Z", newDate, "", "autoRenewPeriod"}})
	answer := func(k models.AnswerKind, at string) *models.Answer { return &models.Answer{Kind: k, At: *date(at)} }
	withdrawn := answer(models.AnswerRenewed, "2027-01-12T08:00:00Z")
	withdrawn.Withdrawn = date("2027-01-12T09:00:00Z")
	for name, c := range map[string]struct {
		answer    *models.Answer
		domain    *models.Domain
		confirmed bool
		why       string
	}{
		"nobody":          {nil, &models.Domain{}, false, "time alone proves nothing yet"},
		"renewed":         {answer(models.AnswerRenewed, "2027-01-12T08:00:00Z"), nil, true, "who pays knows"},
		"renewed, before": {answer(models.AnswerRenewed, "2027-01-08T08:00:00Z"), nil, false, "it was said before the jump, of something else"},
		"withdrawn":       {withdrawn, nil, false, "the client changed its mind"},
		"will renew":      {answer(models.AnswerWillRenew, "2027-01-12T08:00:00Z"), nil, false, "a plan is no payment"},
		"attested":        {nil, &models.Domain{AttestedExpiry: date("2028-01-10"), AttestedAt: date("2027-01-12T08:00:00Z")}, true, "the new date was stated"},
		"attested before": {nil, &models.Domain{AttestedExpiry: date("2028-01-10"), AttestedAt: date("2026-06-12T08:00:00Z")}, false, "guessed long before"},
		"attested old":    {nil, &models.Domain{AttestedExpiry: date("2027-01-10"), AttestedAt: date("2027-01-12T08:00:00Z")}, false, "the old date was stated"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k, _ := monitor.Merge(monitor.Known{Registration: jumped}, nil, monitor.MergeContext{Domain: c.domain, Answer: c.answer, Days: gtld, Now: *date("2027-01-13T08:00:00Z")})
			if confirmed := k.Registration.RenewalOf == nil; confirmed != c.confirmed {
				t.Errorf("confirmed = %v: %s", confirmed, c.why)
			}
		})
	}
}

func TestARegistryWithoutGraceRenewsForReal(t *testing.T) {
	t.Parallel()
	reg := merge(t, noDays, []models.Look{said(models.LookWHOIS, "2026-12-20T08:00:00Z", oldDate)}, []models.Look{said(models.LookWHOIS, "2027-01-11T08:00:00Z", newDate)})
	if e := models.EffectiveExpiry(nil, &reg); e.Unconfirmed || !e.At.Equal(*date(newDate)) {
		t.Errorf("effective %v, unconfirmed %v: where nothing can be taken back, the later date is paid", e.At, e.Unconfirmed)
	}
}
