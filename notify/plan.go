package notify

import (
	"slices"
	"strings"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

// OpsRecipient is the recipient of task notices.
const OpsRecipient = "ops"

// Plan says what is owed about one domain at now: the notice of the tightest stage that is due (and of the next one when it is due within
// Policy.Lead), the record of the stages it takes the place of, and the tasks for ops. It compares windows, never equality of days, so that
// a worker that was down for a week owes one notice. Planning what was planned already gives an empty plan.
//
// Nothing is owed, and what waits keeps waiting, while the registration's state or date is not known. In an open cycle an answer that
// rests the reminders cancels what was not sent.
func Plan(owed models.Owed, policy Policy, now time.Time) models.NoticePlan {
	owed.Notices = slices.Clone(owed.Notices)
	p := &planning{owed: &owed, policy: policy, now: now, plan: models.NoticePlan{DomainID: owed.Domain.ID}}
	if ended(&owed.Domain, &owed.Cycle) {
		p.endUnsent(models.NoticeCancelled, ReasonClosed, func(*models.Notice) bool { return true })
		return p.plan
	}
	if waits(&owed.Domain) {
		return p.plan
	}
	p.steps = policy.steps(&owed.Domain, now)
	quiet, why := Quiet(owed.Answer, &owed.Domain, policy, now)
	p.wrongPersonTask()
	p.followUp(quiet)
	if quiet {
		p.endUnsent(models.NoticeCancelled, why, p.onLadder)
		return p.plan
	}
	p.endUnsent(models.NoticeCancelled, ReasonDateMoved, p.undue)
	if i := current(p.steps, now); i >= 0 {
		p.supersede(i)
		p.owe(p.steps[i])
	}
	if i := upcoming(p.steps, now, policy.Lead); i >= 0 {
		p.owe(p.steps[i])
	}
	return p.plan
}

// ended reports whether nothing will ever be owed in the cycle any more.
func ended(d *models.Domain, c *models.Cycle) bool {
	return d.ArchivedAt != nil || c.ClosedAt != nil || d.Lifecycle == models.LifecycleReleased
}

// waits reports whether too little is known of the registration to write to anybody (design rule 1).
func waits(d *models.Domain) bool {
	return d.Lifecycle == models.LifecycleUnknown || d.Lifecycle == "" || d.LifecycleWhy == models.WhyLookFailing ||
		d.LifecycleWhy == models.WhyNeverLooked || d.ExpiresAt == nil || d.ExpiresAt.IsZero()
}

// planning is the work on one domain: the rows as they are, and the plan as it grows.
type planning struct {
	owed   *models.Owed
	policy Policy
	now    time.Time
	steps  []step
	plan   models.NoticePlan
}

// supersede records the stages that the i-th one takes the place of.
func (p *planning) supersede(i int) {
	for _, s := range p.steps[:i] {
		known := false
		for j := range p.owed.Notices {
			n := &p.owed.Notices[j]
			if n.Stage != s.stage {
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
		if s.ops {
			p.add(s, models.ChannelTask, OpsRecipient, nil, models.NoticeSuperseded, ReasonTighter, s.due)
			continue
		}
		contact, address := p.addressee()
		p.add(s, models.ChannelEmail, address, contact, models.NoticeSuperseded, ReasonTighter, s.due)
	}
}

// owe queues one stage to everybody it concerns, and takes it back from everybody else.
func (p *planning) owe(s step) {
	if s.ops {
		p.oweTo(s, models.ChannelTask, OpsRecipient, nil)
		return
	}
	to, why := p.recipients(s)
	addresses := make([]string, 0, len(to))
	for _, c := range to {
		addresses = append(addresses, address(c))
	}
	if len(to) == 0 {
		addresses = append(addresses, p.block(s, why))
	}
	for i := range p.owed.Notices {
		n := &p.owed.Notices[i]
		if n.Stage == s.stage && n.Channel == models.ChannelEmail && unsent(n) && !slices.Contains(addresses, n.Recipient) {
			p.change(n, models.NoticeCancelled, nil, ReasonOtherContact)
		}
	}
	for _, c := range to {
		p.oweTo(s, models.ChannelEmail, address(c), &c.ID)
	}
}

// block records that a stage can't be sent to anybody, under the address that would have been first, and gives that address.
func (p *planning) block(s step, why string) string {
	contact, address := p.addressee()
	n := p.find(s.stage, models.ChannelEmail, address)
	switch {
	case n == nil:
		p.add(s, models.ChannelEmail, address, contact, models.NoticeBlocked, why, s.due)
	case n.State == models.NoticeQueued || n.State == models.NoticeHeld || n.State == models.NoticeMailed || dormant(n):
		p.change(n, models.NoticeBlocked, nil, why)
	}
	return address
}

// oweTo queues one stage to one recipient, unless it or a tighter one is on its way or was sent there.
func (p *planning) oweTo(s step, channel models.Channel, recipient string, contact *int64) {
	if channel == models.ChannelEmail && p.toldBeyond(s, recipient) {
		return
	}
	due := p.dueFor(s, channel)
	n := p.find(s.stage, channel, recipient)
	switch {
	case n == nil:
		p.add(s, channel, recipient, contact, models.NoticeQueued, p.reason(s), due)
	case dormant(n) || n.State == models.NoticeBlocked:
		p.change(n, models.NoticeQueued, &due, p.reason(s))
	}
}

// toldBeyond reports whether a tighter stage was sent to the recipient in this cycle: a date that moved out a little starts nothing anew.
func (p *planning) toldBeyond(s step, recipient string) bool {
	return slices.ContainsFunc(p.owed.Notices, func(n models.Notice) bool {
		rank, ok := p.policy.rankOf(n.Stage)
		return ok && rank > s.rank && n.Channel == models.ChannelEmail && n.State == models.NoticeSent && n.Recipient == recipient
	})
}

// dueFor gives when a stage may go out: when it is due; caught up with on a closed day, on the next business day if the stage is one for
// business days; and the day after when another stage about this domain goes out that day.
func (p *planning) dueFor(s step, channel models.Channel) time.Time {
	if channel != models.ChannelEmail {
		return s.due
	}
	office := p.policy.Office
	due, day := s.due, office.Day(later(s.due, p.now))
	if s.desk && !office.BusinessDay(day) {
		day = office.Day(office.NextOpen(office.At(day, models.ClockTime{})))
		due = office.At(day, p.policy.SendFrom)
	}
	for i := range p.owed.Notices {
		n := &p.owed.Notices[i]
		if n.State == models.NoticeSent && n.SentAt != nil && n.Stage != s.stage && office.Day(*n.SentAt).Equal(day) {
			return p.policy.NextWindow(*n.SentAt)
		}
	}
	return due
}

// reason names why a stage is owed.
func (p *planning) reason(s step) string {
	d, a := &p.owed.Domain, p.owed.Answer
	switch {
	case d.Unconfirmed:
		return ReasonUnconfirmed
	case s.stage == models.StagePendingDelete:
		return ReasonPendingDelete
	case s.stage == models.StageRedemption:
		return ReasonRedemption
	case a != nil && a.Kind == models.AnswerRenewed:
		return ReasonRenewalNotSeen
	case a != nil && a.Kind == models.AnswerWillRenew:
		return ReasonPromisedDay
	case a != nil && a.Kind == models.AnswerAutoRenew:
		return ReasonAutoRenewNotSeen
	case d.ExpirySource == models.ExpiryAttested:
		return ReasonAttested
	case d.ExpiresAt.After(p.now):
		return ReasonDateNear
	}
	return ReasonDatePassed
}

// onLadder reports whether a notice is one of the ladder's, not a task beside it.
func (p *planning) onLadder(n *models.Notice) bool {
	_, ok := p.policy.rankOf(n.Stage)
	return ok
}

// undue reports whether a notice's stage is not due by the date as it is now.
func (p *planning) undue(n *models.Notice) bool {
	if !p.onLadder(n) {
		return false
	}
	i := slices.IndexFunc(p.steps, func(s step) bool { return s.stage == n.Stage })
	return i < 0 || p.steps[i].due.After(p.now.Add(p.policy.Lead))
}

func (p *planning) find(s models.Stage, channel models.Channel, recipient string) *models.Notice {
	i := slices.IndexFunc(p.owed.Notices, func(n models.Notice) bool {
		return n.Stage == s && n.Channel == channel && n.Recipient == recipient
	})
	if i < 0 {
		return nil
	}
	return &p.owed.Notices[i]
}

// unsent reports whether a notice can still be kept from going out.
func unsent(n *models.Notice) bool {
	switch n.State {
	case models.NoticeQueued, models.NoticeHeld, models.NoticeMailed, models.NoticeBlocked:
		return true
	case models.NoticeSent, models.NoticeSuperseded, models.NoticeCancelled, models.NoticeFailed:
	}
	return false
}

// dormant reports whether a notice rests without having been tried, so that it may be queued again.
func dormant(n *models.Notice) bool {
	return n.State == models.NoticeSuperseded || n.State == models.NoticeCancelled
}

// address gives a contact's address as it stands in a notice's key.
func address(c models.Contact) string { return strings.ToLower(c.Email) }
