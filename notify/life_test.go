package notify_test

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/notify"
)

// life is one domain on its way past its expiry, with a store, a mail server and a client that behave at random.
type life struct {
	t      *rapid.T
	p      notify.Policy
	owed   models.Owed
	now    time.Time
	sentTo map[string]models.Stage // by recipient and day
	rank   map[string]int          // tightest stage sent, by recipient

	sentKeys             map[string]bool
	heldSince, heldUntil time.Time // out of the DNS
}

var ranks = map[models.Stage]int{"d60": 0, "d30": 1, "d14": 2, "d7": 3, "d3": 4, "d1": 5, "d0": 6, "p1": 7, "p4": 8, "redemption": 9, "pending_delete": 10}

// TestAnyLifeOfADomain runs random lives: days without a worker, days on which the registry or the mail server does not answer, answers, dates
// that move a little, addresses that go bad, a renewal and what comes after it, holds, transfers and broken records; in four zones with their
// changes of clocks, with holidays and clients' own settings, and with clocks that step by up to an hour. Whatever happens, the rules of design
// section 5 hold.
func TestAnyLifeOfADomain(t *testing.T) {
	zones := map[string]*time.Location{}
	for _, name := range []string{"America/Los_Angeles", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kolkata"} {
		zones[name] = zone(t, name)
	}
	rapid.Check(t, func(rt *rapid.T) {
		loc := zones[rapid.SampledFrom([]string{"America/Los_Angeles", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kolkata"}).Draw(rt, "zone")]
		year := time.Date(2027, 1, 1, 0, 0, 0, 0, loc).AddDate(0, 0, rapid.IntRange(0, 364).Draw(rt, "day of the year"))
		exp := year.Add(time.Duration(rapid.IntRange(0, 60*24).Draw(rt, "hour")) * time.Hour)
		l := &life{t: rt, p: notify.DefaultPolicy(loc), owed: owedFor(exp), sentTo: map[string]models.Stage{}, rank: map[string]int{}, sentKeys: map[string]bool{}}
		l.owed.Contacts = append(l.owed.Contacts, tech)
		for range rapid.IntRange(0, 4).Draw(rt, "holidays") {
			l.p.Office.Holidays = append(l.p.Office.Holidays, models.DayOf(exp, loc).AddDate(0, 0, rapid.IntRange(-40, 10).Draw(rt, "holiday")))
		}
		l.owed.Client.Notices = rapid.SampledFrom([]models.NoticeSettings{
			{}, {}, {Stages: []models.Stage{"d30", "d7", "d1", "p1"}}, {DeputyFrom: new(30), AnswerHours: new(24)},
		}).Draw(rt, "settings")
		start := exp.AddDate(0, 0, -rapid.IntRange(-10, 80).Draw(rt, "first seen"))
		l.now = time.Date(start.Year(), start.Month(), start.Day(), 9, 30, 0, 0, loc)
		for range 120 {
			l.world()
			if down := rapid.IntRange(0, 9).Draw(rt, "worker"); down > 0 {
				l.work()
			}
			for range rapid.IntRange(0, 1).Draw(rt, "again the same day") {
				step := time.Duration(rapid.IntRange(-60, 60).Draw(rt, "the clock steps by")) * time.Minute
				l.now = l.now.Add(step)
				l.work()
				l.now = l.now.Add(-step)
			}
			l.now = l.now.AddDate(0, 0, 1)
			if rapid.IntRange(0, 30).Draw(rt, "outage") == 0 {
				l.now = l.now.AddDate(0, 0, rapid.IntRange(1, 12).Draw(rt, "days down"))
			}
		}
	})
}

// world lets the day bring something.
func (l *life) world() {
	d := &l.owed.Domain
	exp := *d.ExpiresAt
	switch rapid.IntRange(0, 60).Draw(l.t, "event") {
	case 0:
		l.renew()
	case 1:
		moved := exp.AddDate(0, 0, rapid.IntRange(-4, 9).Draw(l.t, "moved"))
		d.ExpiresAt, d.QuietUntil = &moved, nil
	case 2, 3:
		kinds := []models.AnswerKind{models.AnswerRenewed, models.AnswerWillRenew, models.AnswerAutoRenew, models.AnswerLettingGo, models.AnswerWrongPerson}
		l.answer(rapid.SampledFrom(kinds).Draw(l.t, "answer"))
	case 4:
		l.owed.Contacts[rapid.IntRange(0, 2).Draw(l.t, "bad contact")].EmailState = models.EmailBad
	case 5, 6:
		d.LifecycleWhy = models.WhyLookFailing
	case 7:
		l.owed.Findings = append(l.owed.Findings, finding(rapid.SampledFrom([]string{"record_missing", "record_wrong", "pending_transfer"}).Draw(l.t, "finding"), l.now))
	case 8:
		l.owed.Findings = nil
	case 9:
		l.heldUntil = l.now.AddDate(0, 0, rapid.IntRange(1, 9).Draw(l.t, "on hold for"))
		l.heldSince = l.now
	case 10:
		d.DNSFailures = 1 - d.DNSFailures
	case 11:
		l.owed.Contacts[rapid.IntRange(0, 2).Draw(l.t, "leaves us alone")].OptedOutAt = new(l.now)
	default:
		d.LifecycleWhy = models.WhyDate
	}
	d.Lifecycle = models.LifecycleExpiring
	for state, days := range map[models.Lifecycle]int{models.LifecycleExpired: 0, models.LifecycleRedemption: 45, models.LifecyclePendingDelete: 75} {
		since := d.ExpiresAt.AddDate(0, 0, days)
		if !l.now.Before(since) && (d.Lifecycle == models.LifecycleExpiring || d.LifecycleSince.Before(since)) {
			d.Lifecycle, d.LifecycleSince = state, &since
		}
	}
	if d.Lifecycle == models.LifecycleExpiring && l.now.Before(l.heldUntil) {
		d.Lifecycle, d.LifecycleSince = models.LifecycleOnHold, new(l.heldSince)
	}
	d.RecoverUntil = new(d.ExpiresAt.AddDate(0, 0, 75))
}

// renew does what the judge does with a renewal: the cycle closes, what it owed is cancelled, and the next one opens.
func (l *life) renew() {
	if l.owed.Renewed != nil {
		return
	}
	closed := l.owed.Cycle
	closed.ClosedAt, closed.CloseReason = new(l.now), "renewed"
	for i := range l.owed.Notices {
		n := &l.owed.Notices[i]
		if n.CycleID == closed.ID && (n.State == models.NoticeQueued || n.State == models.NoticeMailed || n.State == models.NoticeBlocked) {
			n.State = models.NoticeCancelled
		}
	}
	l.owed.Renewed, l.owed.Answer, l.owed.ChangedOn = &closed, nil, new(l.now.Add(-time.Duration(rapid.IntRange(1, 72).Draw(l.t, "renewed hours ago"))*time.Hour))
	l.owed.Domain.ExpiresAt, l.owed.Domain.QuietUntil = new(l.owed.Domain.ExpiresAt.AddDate(1, 0, 0)), nil
	l.owed.Cycle = models.Cycle{ID: 12, DomainID: 7, ExpiresAt: *l.owed.Domain.ExpiresAt}
}

func (l *life) answer(kind models.AnswerKind) {
	a := &models.Answer{ID: 1, CycleID: l.owed.Cycle.ID, ContactID: owner.ID, Kind: kind, At: l.now}
	if kind == models.AnswerWillRenew {
		a.RenewOn = new(models.DayOf(l.now, time.UTC).AddDate(0, 0, rapid.IntRange(0, 20).Draw(l.t, "renew in")))
	}
	l.owed.Answer, l.owed.Domain.QuietUntil = a, nil
	if until, _ := notify.QuietUntil(a, *l.owed.Domain.ExpiresAt, l.p); until.After(l.now) {
		l.owed.Domain.QuietUntil = &until
	}
}

// work plans, hands over what is due, and checks the rules.
func (l *life) work() {
	d := &l.owed.Domain
	plan := notify.Plan(l.owed, l.p, l.now)
	for _, n := range plan.Add {
		if d.LifecycleWhy == models.WhyLookFailing && n.Channel != models.ChannelTask {
			l.t.Fatalf("%s: planned %s on a domain of which nothing is known", l.now, n.Stage)
		}
		if d.DNSFailures > 0 && n.Stage == models.StageRecords {
			l.t.Fatalf("%s: planned %s of a zone that gives no answer", l.now, n.Stage)
		}
	}
	l.apply(plan)
	if again := notify.Plan(l.owed, l.p, l.now); len(again.Add)+len(again.Change) > 0 {
		l.t.Fatalf("%s: planning again gives %v %v", l.now, again.Add, again.Change)
	}
	if d.LifecycleWhy == models.WhyLookFailing { // the look right before sending keeps it back
		return
	}
	if !l.p.InWindow(l.now) {
		return
	}
	smtpDown := rapid.IntRange(0, 9).Draw(l.t, "smtp") == 0
	for i := range l.owed.Notices {
		n := &l.owed.Notices[i]
		ready := n.State == models.NoticeQueued && !n.DueAt.After(l.now) || n.State == models.NoticeMailed
		if n.Stage == models.StageRecords && d.DNSFailures > 0 {
			continue
		}
		if n.Channel != models.ChannelEmail || !ready {
			continue
		}
		n.State = models.NoticeMailed
		if !smtpDown {
			l.send(n)
		}
	}
}

func (l *life) send(n *models.Notice) {
	for _, c := range l.owed.Contacts {
		if c.Email == n.Recipient && !c.Usable() {
			l.t.Fatalf("%s: %s goes to %s, who can't be written to", l.now, n.Stage, n.Recipient)
		}
	}
	id := fmt.Sprint(n.CycleID, n.Stage, n.Episode, n.Recipient)
	if l.sentKeys[id] {
		l.t.Fatalf("%s: %s goes out twice", l.now, id)
	}
	l.sentKeys[id] = true
	n.State, n.SentAt, n.MailID = models.NoticeSent, new(l.now), new(int64(len(l.sentKeys)))
	if _, ladder := ranks[n.Stage]; ladder {
		l.sentStep(n)
	}
}

// sentStep checks the rules of the ladder on a notice that was sent.
func (l *life) sentStep(n *models.Notice) {
	if n.CycleID != l.owed.Cycle.ID {
		l.t.Fatalf("%s: %s goes out after the renewal", l.now, n.Stage)
	}
	if a := l.owed.Answer; a != nil && a.Kind == models.AnswerLettingGo {
		l.t.Fatalf("%s: %s goes to a client that lets the name go", l.now, n.Stage)
	}
	recipient := fmt.Sprint(n.CycleID, n.Recipient)
	key := recipient + l.now.Format(time.DateOnly)
	if other, ok := l.sentTo[key]; ok {
		l.t.Fatalf("%s: %s and %s go to %s on one day", l.now, other, n.Stage, n.Recipient)
	}
	if best, ok := l.rank[recipient]; ok && ranks[n.Stage] <= best {
		l.t.Fatalf("%s: %s goes to %s after a stage as tight", l.now, n.Stage, n.Recipient)
	}
	l.sentTo[key], l.rank[recipient] = n.Stage, ranks[n.Stage]
}

func (l *life) apply(plan models.NoticePlan) {
	for _, c := range plan.Change {
		n := &l.owed.Notices[c.ID-1]
		if n.State != c.From {
			l.t.Fatalf("%s: %s %s changed from %s", l.now, n.Stage, n.State, c.From)
		}
		n.State, n.Reason = c.To, c.Reason
		if c.DueAt != nil {
			n.DueAt = *c.DueAt
		}
	}
	for _, n := range plan.Add {
		for _, o := range l.owed.Notices {
			if o.Stage == n.Stage && o.Recipient == n.Recipient && o.Channel == n.Channel && o.CycleID == n.CycleID && o.Episode == n.Episode {
				l.t.Fatalf("%s: %s to %s is planned twice", l.now, n.Stage, n.Recipient)
			}
		}
		n.ID = int64(len(l.owed.Notices) + 1)
		l.owed.Notices = append(l.owed.Notices, n)
	}
}

// TestALifeWithoutTrouble says which mails an owner gets who never answers and never renews.
func TestALifeWithoutTrouble(t *testing.T) {
	exp := at(t, expiry)
	p := policy(t)
	owed := owedFor(exp)
	var sent []string
	for now := exp.AddDate(0, 0, -70); now.Before(exp.AddDate(0, 0, 20)); now = now.Add(6 * time.Hour) {
		if now.After(exp) {
			owed.Domain.Lifecycle, owed.Domain.LifecycleSince = models.LifecycleExpired, &exp
		}
		apply(t, &owed, notify.Plan(owed, p, now))
		for i := range owed.Notices {
			n := &owed.Notices[i]
			if n.State == models.NoticeQueued && n.Channel == models.ChannelEmail && n.Recipient == owner.Email && p.InWindow(now) && !n.DueAt.After(now) {
				n.State, n.SentAt = models.NoticeSent, new(now)
				sent = append(sent, string(n.Stage)+" "+now.Format("Mon 2 Jan"))
			}
		}
	}
	want := []string{"d30 Wed 16 Dec", "d14 Fri 1 Jan", "d7 Fri 8 Jan", "d3 Tue 12 Jan", "d1 Thu 14 Jan", "d0 Fri 15 Jan", "p1 Sat 16 Jan", "p4 Tue 19 Jan"}
	if len(sent) != len(want) {
		t.Fatalf("got %v, want %v", sent, want)
	}
	for i := range want {
		if sent[i] != want[i] {
			t.Errorf("got %s, want %s", sent[i], want[i])
		}
	}
}
