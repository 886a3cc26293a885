package notify

import (
	"slices"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

const (
	attestWithin  = 30 // days that a client has to state a date: how urgent the question is
	recordsWithin = 7  // days in which broken records should be repaired: how urgent the notice is
	recordsPause  = 3  // days between two notices on the records of one domain, whatever breaks
	askAgain      = 365 * 24 * time.Hour
	renewalMoves  = 30 * 24 * time.Hour // less than a renewal moves a date by
)

// aside is what planning a stage beside the ladder comes to: owed on an occasion, or over for a named reason.
type aside struct {
	stage   models.Stage
	owed    bool
	episode string
	reason  string        // why it is owed
	over    string        // why what waits is taken back when it is not owed
	within  time.Duration // until when it should be acted on, from when it is due
	due     time.Time
	deputy  bool // the deputy is written to as well
	tech    bool // the technical contact is written to first
}

// beside plans the stages beside the ladder. What waits keeps waiting while the registration is not seen.
func (p *planning) beside() {
	d := &p.owed.Domain
	if d.ArchivedAt != nil {
		p.endUnsent(models.NoticeCancelled, ReasonClosed, func(n *models.Notice) bool { return p.besides(n) && n.Stage != models.StageRetraction })
		return
	}
	if unseen(d) {
		return
	}
	p.settle(p.hold())
	p.settle(p.transfer())
	p.settle(p.undated(models.StageRedemption, ReasonRedemption))
	p.settle(p.undated(models.StagePendingDelete, ReasonPendingDelete))
	p.settle(p.attest())
	p.attestFollowUp()
	if d.DNSFailures == 0 {
		p.settle(p.records())
	}
	p.renewal()
}

// besides reports whether a notice is of this domain and no cycle.
func (p *planning) besides(n *models.Notice) bool {
	return n.CycleID == 0 && n.GrantID == 0 && n.DomainID == p.owed.Domain.ID
}

// settle queues what is owed on an occasion beside the ladder, and takes back what is of another one.
func (p *planning) settle(a aside) {
	over := a.over
	if a.owed {
		over = ReasonOccasion
	}
	o := occasion{p.owed.Domain.ID, 0, a.stage, a.episode, models.ChannelEmail, a.due, a.due.Add(a.within)}
	p.endUnsent(models.NoticeCancelled, over, func(n *models.Notice) bool {
		return n.Stage == a.stage && p.besides(n) && (!a.owed || n.Episode != a.episode)
	})
	if !a.owed {
		return
	}
	to, why := p.recipients(o, a.deputy)
	if a.tech {
		to = p.technicalFirst(o, to)
	}
	if len(to) == 0 {
		p.block(o, why)
		return
	}
	p.endTask(o.on(models.StageNobodyLeft), ReasonReachable)
	held := p.takeBackFrom(o, to)
	for i := range to {
		p.oweTo(o, &to[i], a.reason, a.due, held)
	}
}

// technicalFirst gives the technical contact in place of the others, where there is one who may be written to.
func (p *planning) technicalFirst(o occasion, to []models.Contact) []models.Contact {
	wrong := p.wrongPersons()
	for _, c := range p.owed.Contacts {
		if c.Role == models.RoleTechnical && usable(&c) && !slices.Contains(wrong, c.ID) && !p.unreached(o, &c) {
			return []models.Contact{c}
		}
	}
	return to
}

// hold is owed while the registrar or the registry keeps a name out of the DNS.
func (p *planning) hold() aside {
	d := &p.owed.Domain
	a := aside{stage: models.StageHold, reason: ReasonOnHold, over: ReasonHoldOver, due: p.now, deputy: true}
	if d.Lifecycle == models.LifecycleOnHold && d.LifecycleSince != nil && !p.lettingGo() {
		a.owed, a.episode = true, dayText(p.policy.Office.Day(*d.LifecycleSince))
	}
	return a
}

// transfer is owed while a transfer to another registrar is under way.
func (p *planning) transfer() aside {
	a := aside{stage: models.StageTransfer, reason: ReasonTransfer, over: ReasonTransferOver, due: p.now, deputy: true}
	for i := range p.owed.Findings {
		if f := &p.owed.Findings[i]; f.Code == models.CodePendingTransfer {
			a.owed, a.episode = true, dayText(p.policy.Office.Day(f.OpenedAt))
		}
	}
	return a
}

// attest is owed where the registry publishes no date and the client has stated none, or none that still stands.
func (p *planning) attest() aside {
	a := aside{stage: models.StageAttest, over: ReasonDateStated, due: p.nextMorning(), within: attestWithin * 24 * time.Hour}
	why, episode := p.wantsDate()
	switch last := p.lastAsked(); {
	case !p.policy.Attest:
		a.over = ReasonNotInUse
	case why != "" && (lapsed(&p.owed.Domain) || p.owed.Domain.Lifecycle == models.LifecycleReleased):
		a.over = ReasonClosed
	case why == "" || p.lettingGo():
	case last != nil && unsent(last):
		a.owed, a.episode, a.reason = true, last.Episode, why
	case last != nil && p.unattested(last) && p.now.Sub(*last.SentAt) < askAgain:
		a.owed, a.episode, a.reason = true, last.Episode, why // goes on: to the next contact when this one can't be written to
	default:
		a.owed, a.episode, a.reason = true, p.nextQuestion(episode), why
	}
	return a
}

// nextQuestion gives the episode of a question for the date: the first on its occasion, or the next one when that before was sent a year ago.
func (p *planning) nextQuestion(occasion string) string {
	asked := func(episode string) bool {
		return slices.ContainsFunc(p.owed.Notices, func(n models.Notice) bool {
			return n.Stage == models.StageAttest && n.Episode == episode && p.besides(&n) && n.SentAt != nil && p.now.Sub(*n.SentAt) >= askAgain
		})
	}
	k := 1
	for asked(again(occasion, k)) {
		k++
	}
	return again(occasion, k)
}

// wantsDate says why the client must be asked for the date, and on which occasion; empty: a date is known, or not being able to tell is ours.
func (p *planning) wantsDate() (why, episode string) {
	d := &p.owed.Domain
	year := p.policy.Office.Day(p.now).Format("2006")
	switch {
	case d.LifecycleWhy == models.WhyNoPublicExpiry && d.AttestedExpiry != nil:
		return ReasonAttestedPassed, dayText(d.AttestedExpiry.UTC())
	case d.LifecycleWhy == models.WhyNoPublicExpiry:
		return ReasonNoPublicDate, year
	case d.ExpirySource == models.ExpiryAttested && d.AttestedAt != nil && !d.AttestedAt.After(p.now.AddDate(-attestationLasts, 0, 0)):
		return ReasonAttestationOld, year
	}
	return "", ""
}

// lastAsked gives the latest question for the date that waits or was sent.
func (p *planning) lastAsked() *models.Notice {
	var last *models.Notice
	for i := range p.owed.Notices {
		n := &p.owed.Notices[i]
		if n.Stage != models.StageAttest || n.Channel != models.ChannelEmail || !p.besides(n) {
			continue
		}
		if unsent(n) {
			return n
		}
		if n.SentAt != nil && (last == nil || n.SentAt.After(*last.SentAt)) {
			last = n
		}
	}
	return last
}

// unattested reports whether no date was stated since a question for it was sent.
func (p *planning) unattested(n *models.Notice) bool {
	at := p.owed.Domain.AttestedAt
	return n.SentAt != nil && (at == nil || at.Before(*n.SentAt))
}

// attestFollowUp gives ops a task when the question for the date was not answered in time, and closes it once it is.
func (p *planning) attestFollowUp() {
	isTask := func(n *models.Notice) bool { return n.Stage == models.StageAttest.FollowUp() && p.besides(n) }
	last := p.lastAsked()
	if why, _ := p.wantsDate(); why == "" || last == nil || !p.unattested(last) {
		p.endUnsent(models.NoticeCancelled, ReasonDateStated, isTask)
		return
	}
	due := p.policy.Office.Deadline(*last.SentAt, p.policy.FollowUpAfter)
	if due.After(p.now) {
		return
	}
	o := occasion{p.owed.Domain.ID, 0, models.StageAttest.FollowUp(), last.Episode, models.ChannelTask, due, due}
	if p.find(o, OpsRecipient) == nil {
		p.add(o, OpsRecipient, last.ContactID, models.NoticeQueued, ReasonNoAnswer, due)
	}
}

// lettingGo reports whether the client said that it lets the name go.
func (p *planning) lettingGo() bool {
	a := p.owed.Answer
	return a != nil && a.Kind == models.AnswerLettingGo && a.Withdrawn == nil
}

// nextMorning gives the beginning of the next sending window on a business day that has not begun yet: what is not urgent goes out with the
// morning's message.
func (p *planning) nextMorning() time.Time {
	day := p.policy.Office.Day(p.now)
	if p.now.After(p.policy.Office.At(day, p.policy.SendFrom)) {
		day = day.AddDate(0, 0, 1)
	}
	return p.morningOn(day)
}

// morningOn gives the beginning of the sending window on a day, or on the first business day after it.
func (p *planning) morningOn(day time.Time) time.Time {
	office := p.policy.Office
	if !office.BusinessDay(day) {
		day = office.Day(office.NextOpen(office.At(day, models.ClockTime{})))
	}
	return office.At(day, p.policy.SendFrom)
}
