package notify

import (
	"slices"
	"strings"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

// OpsRecipient is the recipient of task notices.
const OpsRecipient = "ops"

// Plan says what is owed about one domain at now: of the ladder, the notice of the tightest stage that is due (and of the next one when it is
// due within Policy.Lead), and the record of the stages it takes the place of; the notices beside the ladder; and the tasks for ops. It
// compares windows, never equality of days, so that a worker that was down for a week owes one notice. Planning what was planned already
// gives an empty plan. The client's own settings replace the policy's.
//
// Nothing is owed, and what waits keeps waiting, while the registration's state or date is not known. In an open cycle an answer that
// rests the reminders cancels what was not sent. What a person holds stays held for as long as its stage is ahead or due.
func Plan(owed models.Owed, policy Policy, now time.Time) models.NoticePlan {
	owed.Notices = slices.Clone(owed.Notices)
	return newCalendar(policy).plan(&owed, now)
}

// calendar plans by one policy and keeps the day stages of each expiry day, since many domains expire on one day. It is not safe for
// concurrent use.
type calendar struct {
	policy Policy
	days   map[time.Time][]step
}

func newCalendar(p Policy) *calendar { return &calendar{p, map[time.Time][]step{}} }

func (c *calendar) steps(d *models.Domain, now time.Time) []step {
	day := ExpiryDay(*d.ExpiresAt, c.policy.Office.Location())
	steps, known := c.days[day]
	if !known {
		steps = c.policy.daySteps(day)
		c.days[day] = steps
	}
	return c.policy.stepsFrom(d, steps, now)
}

// plan plans one domain. It writes to the rows that it is given.
func (c *calendar) plan(owed *models.Owed, now time.Time) models.NoticePlan {
	if s := owed.Client.Notices; len(s.Stages) > 0 || s.DeputyFrom != nil || s.AnswerHours != nil {
		c = newCalendar(c.policy.For(&owed.Client))
	}
	p := &planning{owed: owed, calendar: c, policy: c.policy, now: now, plan: models.NoticePlan{DomainID: owed.Domain.ID}}
	p.optedOutTasks()
	if owed.Cycle.ID != 0 {
		p.ladder()
	}
	p.beside()
	p.plan.Ledger = slices.Concat(p.added, p.changed)
	return p.plan
}

// planning is the work on one domain: the rows as they are, and the plan as it grows.
type planning struct {
	owed     *models.Owed
	calendar *calendar
	policy   Policy
	now      time.Time
	steps    []step
	plan     models.NoticePlan

	added, changed []models.Entry // the ledger's lines
}

// ladder plans the stages of the open cycle.
func (p *planning) ladder() {
	d := &p.owed.Domain
	if ended(d, &p.owed.Cycle) {
		p.endUnsent(models.NoticeCancelled, ReasonClosed, func(n *models.Notice) bool { return p.ofCycle(n) && n.Stage != models.StageRetraction })
		return
	}
	p.wrongPersonTask()
	if waits(d) {
		return
	}
	p.steps = p.calendar.steps(d, p.now)
	quiet, why := Quiet(p.owed.Answer, d, p.policy, p.now)
	p.lettingGoTask()
	p.followUp(quiet)
	if quiet {
		p.endUnsent(models.NoticeCancelled, why, func(n *models.Notice) bool { return p.onLadder(n) && !p.heldAhead(n) })
		return
	}
	p.takeBackUndue()
	if i := current(p.steps, p.now); i >= 0 {
		if p.steps[i].off {
			p.endUnsent(models.NoticeCancelled, ReasonLadderOver, p.onLadder)
			return
		}
		p.supersede(i)
		p.owe(p.steps[i])
	}
	if i := upcoming(p.steps, p.now, p.policy.Lead); i >= 0 && !p.steps[i].off {
		p.owe(p.steps[i])
	}
}

// ended reports whether nothing will ever be owed in the cycle any more.
func ended(d *models.Domain, c *models.Cycle) bool {
	return d.ArchivedAt != nil || c.ClosedAt != nil || d.Lifecycle == models.LifecycleReleased
}

// waits reports whether too little is known of the registration to write to anybody about its date (design rule 1).
func waits(d *models.Domain) bool {
	return unseen(d) || d.Lifecycle == models.LifecycleUnknown || d.ExpiresAt == nil || d.ExpiresAt.IsZero()
}

// unseen reports whether the registration was never seen, or not lately.
func unseen(d *models.Domain) bool {
	return d.Lifecycle == "" || d.LifecycleWhy == models.WhyLookFailing || d.LifecycleWhy == models.WhyNeverLooked ||
		d.LifecycleWhy == models.WhyAbsentOnce
}

// supersede records the stages that the i-th one takes the place of.
func (p *planning) supersede(i int) {
	for _, s := range p.steps[:i] {
		known := false
		for j := range p.owed.Notices {
			n := &p.owed.Notices[j]
			if n.Stage != s.stage || !p.ofCycle(n) {
				continue
			}
			known = true
			if unsent(n) {
				p.change(n, models.NoticeSuperseded, nil, ReasonTighter)
			}
		}
		if known {
			continue
		}
		o := p.onCycle(s.stage, s.due)
		contact, address := p.addressee()
		if s.ops {
			o.channel = models.ChannelTask
			p.add(o, OpsRecipient, contact, models.NoticeSuperseded, ReasonTighter, s.due)
			continue
		}
		p.add(o, address, contact, models.NoticeSuperseded, ReasonTighter, s.due)
	}
}

// owe queues one stage to everybody it concerns, and takes it back from everybody else.
func (p *planning) owe(s step) {
	o := p.onCycle(s.stage, s.due)
	if s.ops {
		o.channel = models.ChannelTask
		if p.find(o, OpsRecipient) == nil {
			contact, _ := p.addressee()
			p.add(o, OpsRecipient, contact, models.NoticeQueued, p.reason(s), s.due)
		} else if n := p.find(o, OpsRecipient); dormant(n) {
			p.change(n, models.NoticeQueued, &s.due, p.reason(s))
		}
		return
	}
	at, waiting := p.unansweredAt()
	to, why := p.recipients(o, s.deputy || waiting && !at.After(p.now))
	if len(to) == 0 {
		p.block(o, why)
		return
	}
	p.endTask(o.on(models.StageNobodyLeft), ReasonReachable)
	held := p.takeBackFrom(o, to)
	for i := range to {
		if !p.toldBeyond(s, &to[i]) {
			p.oweTo(o, &to[i], p.reason(s), p.dueFor(s, &to[i]), held)
		} else if n := p.find(o, address(to[i])); n != nil && unsent(n) && n.State != models.NoticeHeld {
			p.change(n, models.NoticeCancelled, nil, ReasonDateMoved)
		}
	}
}

// takeBackFrom takes what is owed back from everybody who is not among the recipients, and reports whether a person held it there.
func (p *planning) takeBackFrom(o occasion, to []models.Contact) (held bool) {
	for i := range p.owed.Notices {
		n := &p.owed.Notices[i]
		if !o.is(n) || !unsent(n) || slices.ContainsFunc(to, func(c models.Contact) bool { return address(c) == n.Recipient }) {
			continue
		}
		held = held || n.State == models.NoticeHeld
		p.change(n, models.NoticeCancelled, nil, ReasonOtherContact)
	}
	return held
}

// block records that something can't be sent to anybody, under the address that would have been first, and asks ops to call.
func (p *planning) block(o occasion, why string) {
	contact, address := p.addressee()
	n := p.find(o, address)
	switch {
	case n == nil:
		p.add(o, address, contact, models.NoticeBlocked, why, o.due)
	case unsent(n) && n.State != models.NoticeBlocked || dormant(n):
		p.change(n, models.NoticeBlocked, nil, why)
	}
	for i := range p.owed.Notices {
		if other := &p.owed.Notices[i]; o.is(other) && unsent(other) && other.Recipient != address {
			p.change(other, models.NoticeCancelled, nil, ReasonOtherContact)
		}
	}
	p.task(o.on(models.StageNobodyLeft), contact, why)
}

// oweTo queues what is owed to one contact, unless it is on its way or was sent there, or to the address that the contact had before.
func (p *planning) oweTo(o occasion, c *models.Contact, reason string, due time.Time, held bool) {
	n := p.find(o, address(*c))
	switch {
	case p.toldBefore(o, c):
		if n != nil && unsent(n) {
			p.change(n, models.NoticeCancelled, nil, ReasonOtherContact)
		}
	case n == nil && held:
		p.add(o, address(*c), &c.ID, models.NoticeHeld, ReasonHeld, due)
	case n == nil:
		p.add(o, address(*c), &c.ID, models.NoticeQueued, reason, due)
	case dormant(n) || n.State == models.NoticeBlocked || serverDown(n):
		if n.ContactID == nil || *n.ContactID != c.ID || n.ClientID != c.ClientID { // the domain came to another client, who has the same address
			n.ContactID, n.ClientID = &c.ID, c.ClientID
			p.change(n, models.NoticeQueued, &due, reason)
			last := &p.plan.Change[len(p.plan.Change)-1]
			last.ContactID, last.ClientID = c.ID, c.ClientID
			return
		}
		p.change(n, models.NoticeQueued, &due, reason)
	}
}

// toldBefore reports whether a contact was sent what is owed, at another address or of the same lapse, and it did not come back: a corrected
// address is the same person's.
func (p *planning) toldBefore(o occasion, c *models.Contact) bool {
	return slices.ContainsFunc(p.owed.Notices, func(n models.Notice) bool {
		if n.State != models.NoticeSent || n.Stage != o.stage || n.Channel != o.channel {
			return false
		}
		if n.Recipient != address(*c) && (n.ContactID == nil || *n.ContactID != c.ID) {
			return false
		}
		return o.is(&n) || p.ofThisLapse(&n)
	})
}

// serverDown reports whether a notice failed for our own reasons, which say nothing of the address: while it is still owed it is tried anew.
func serverDown(n *models.Notice) bool {
	return n.State == models.NoticeFailed && n.Reason == ReasonServerDown
}

// toldBeyond reports whether a tighter stage was sent to the contact in this cycle, or is on its way: a date that moved out a
// little, or a clock that was set back, starts nothing anew.
func (p *planning) toldBeyond(s step, c *models.Contact) bool {
	return slices.ContainsFunc(p.owed.Notices, func(n models.Notice) bool {
		if n.State != models.NoticeSent && n.State != models.NoticeMailed || n.Channel != models.ChannelEmail || !p.ofCycle(&n) {
			return false
		}
		if n.Recipient != address(*c) && (n.State != models.NoticeSent || n.ContactID == nil || *n.ContactID != c.ID) {
			return false
		}
		rank, ok := p.policy.rankOf(n.Stage)
		return ok && rank > s.rank
	})
}

// dueFor gives when a stage may go out: when it is due; to a deputy who comes in because nobody answered, when that was so; caught up with on
// a closed day, on the next business day if the stage is one for business days; and the day after when another stage of the ladder goes out
// that day.
func (p *planning) dueFor(s step, c *models.Contact) time.Time {
	office := p.policy.Office
	due := s.due
	if at, ok := p.unansweredAt(); ok && !s.deputy && c.Role == models.RoleDeputy && at.After(due) && !at.After(p.now) {
		due = at
	}
	day := office.Day(later(due, p.now))
	if s.desk && !office.BusinessDay(day) {
		day = office.Day(office.NextOpen(office.At(day, models.ClockTime{})))
		due = office.At(day, p.policy.SendFrom)
	}
	for i := range p.owed.Notices {
		n := &p.owed.Notices[i]
		if n.State == models.NoticeSent && n.SentAt != nil && n.Stage != s.stage && p.onLadder(n) && office.Day(*n.SentAt).Equal(day) {
			return p.policy.NextWindow(*n.SentAt)
		}
	}
	return due
}

// reason names why a stage is owed.
func (p *planning) reason(s step) string {
	return owedWhy(&p.owed.Domain, p.owed.Answer, s.stage, p.now)
}

// takeBackUndue cancels what is of the ladder and not due by the date as it is now, or of a stage that is no longer in use. What a person
// holds ahead of its time stays.
func (p *planning) takeBackUndue() {
	for i := range p.owed.Notices {
		n := &p.owed.Notices[i]
		if !unsent(n) || !p.onLadder(n) {
			continue
		}
		j := p.stepOf(n)
		switch {
		case j >= 0 && (!p.steps[j].due.After(p.now.Add(p.policy.Lead)) || n.State == models.NoticeHeld):
		case j < 0 && !p.inUse(n.Stage):
			p.change(n, models.NoticeCancelled, nil, ReasonNotInUse)
		default:
			p.change(n, models.NoticeCancelled, nil, ReasonDateMoved)
		}
	}
}

// heldAhead reports whether a person holds a notice whose stage is still ahead.
func (p *planning) heldAhead(n *models.Notice) bool {
	j := p.stepOf(n)
	return n.State == models.NoticeHeld && j >= 0 && p.steps[j].due.After(p.now)
}

func (p *planning) stepOf(n *models.Notice) int {
	return slices.IndexFunc(p.steps, func(s step) bool { return s.stage == n.Stage })
}

func (p *planning) inUse(s models.Stage) bool {
	return slices.Contains(p.policy.Late, s) || slices.ContainsFunc(p.policy.Ladder, func(r Rung) bool { return r.Stage == s })
}

// onLadder reports whether a notice is one of the open cycle's ladder, not one beside it.
func (p *planning) onLadder(n *models.Notice) bool {
	return p.policy.laddered(n) && p.ofCycle(n)
}

// ofCycle reports whether a notice is of the open cycle.
func (p *planning) ofCycle(n *models.Notice) bool {
	return n.CycleID == p.owed.Cycle.ID && n.CycleID != 0
}

// unsent reports whether a notice can still be kept from going out.
func unsent(n *models.Notice) bool {
	switch n.State {
	case models.NoticeQueued, models.NoticeHeld, models.NoticeMailed, models.NoticeBlocked:
		return true
	case models.NoticeSent, models.NoticeSuperseded, models.NoticeCancelled, models.NoticeFailed, models.NoticeBounced, models.NoticeDone:
	}
	return false
}

// dormant reports whether a notice rests without having been tried, so that it may be queued again.
func dormant(n *models.Notice) bool {
	return n.State == models.NoticeSuperseded || n.State == models.NoticeCancelled
}

// address gives a contact's address as it stands in a notice's key.
func address(c models.Contact) string { return strings.ToLower(c.Email) }
