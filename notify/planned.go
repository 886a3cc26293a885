package notify

import (
	"encoding/json"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

// ActorSystem is the ledger's actor for what Deedwatch does by itself.
const ActorSystem = "system"

// endUnsent moves every unsent notice that which names to its end.
func (p *planning) endUnsent(to models.NoticeState, reason string, which func(*models.Notice) bool) {
	for i := range p.owed.Notices {
		if n := &p.owed.Notices[i]; unsent(n) && which(n) {
			p.change(n, to, nil, reason)
		}
	}
}

// occasion is what a notice is about, whoever it goes to.
type occasion struct {
	domainID, cycleID int64
	stage             models.Stage
	episode           string
	channel           models.Channel
	due               time.Time
	until             time.Time // the expiry it speaks of, or until when it should be acted on: the nearer, the more urgent
}

// onCycle gives the occasion of a stage of the open cycle, by e-mail.
func (p *planning) onCycle(s models.Stage, due time.Time) occasion {
	until := p.owed.Cycle.ExpiresAt
	if at := p.owed.Domain.ExpiresAt; at != nil {
		until = *at
	}
	return occasion{p.owed.Domain.ID, p.owed.Cycle.ID, s, "", models.ChannelEmail, due, until}
}

// on gives the task of another stage on the same occasion.
func (o occasion) on(s models.Stage) occasion {
	o.stage, o.channel = s, models.ChannelTask
	return o
}

// is reports whether a notice is about the occasion.
func (o occasion) is(n *models.Notice) bool {
	return n.Stage == o.stage && n.Channel == o.channel && n.CycleID == o.cycleID && n.Episode == o.episode && n.DomainID == o.domainID
}

// find gives the notice on an occasion to a recipient, nil when there is none.
func (p *planning) find(o occasion, recipient string) *models.Notice {
	for i := range p.owed.Notices {
		if n := &p.owed.Notices[i]; n.Recipient == recipient && o.is(n) {
			return n
		}
	}
	return nil
}

// change moves an existing notice, once in a plan, with its line in the ledger. The planner sees its own change from then on.
func (p *planning) change(n *models.Notice, to models.NoticeState, due *time.Time, reason string) {
	if n.State == to {
		return
	}
	p.plan.Change = append(p.plan.Change, models.NoticeChange{ID: n.ID, From: n.State, To: to, DueAt: due, Reason: reason})
	n.State, n.Reason = to, reason
	if due != nil {
		n.DueAt = *due
	}
	p.changed = append(p.changed, noticeEntry(n, p.owed.Domain.Name, p.now))
}

// add puts a new notice into the plan, with its line in the ledger.
func (p *planning) add(o occasion, recipient string, contact *int64, state models.NoticeState, reason string, due time.Time) {
	n := models.Notice{
		DomainID: o.domainID, CycleID: o.cycleID, ClientID: p.owed.Client.ID,
		Stage: o.stage, Episode: o.episode, Channel: o.channel, Recipient: recipient, ContactID: contact,
		State: state, Reason: reason, DueAt: due, ExpiresAt: o.until, CreatedAt: p.now, UpdatedAt: p.now,
	}
	domain := p.owed.Domain.Name
	if o.domainID == 0 {
		domain = ""
	}
	if o.channel == models.ChannelTask {
		office := p.policy.Office
		n.WantedBy = new(office.Day(office.NextOpen(later(due, p.now))))
	}
	p.plan.Add = append(p.plan.Add, n)
	p.added = append(p.added, noticeEntry(&n, domain, p.now))
}

// task gives ops something to do on an occasion, once.
func (p *planning) task(o occasion, contact *int64, reason string) {
	switch n := p.find(o, OpsRecipient); {
	case n == nil:
		p.add(o, OpsRecipient, contact, models.NoticeQueued, reason, o.due)
	case dormant(n):
		p.change(n, models.NoticeQueued, &o.due, reason)
	}
}

// endTask closes the open task on an occasion.
func (p *planning) endTask(o occasion, reason string) {
	if n := p.find(o, OpsRecipient); n != nil && unsent(n) {
		p.change(n, models.NoticeCancelled, nil, reason)
	}
}

// noticeEntry gives the ledger's line on a notice that came to its state.
func noticeEntry(n *models.Notice, domain string, now time.Time) models.Entry {
	kind := "notice_" + string(n.State)
	if n.Channel == models.ChannelTask {
		kind = "task_" + string(n.State)
	}
	return entry(now, kind, ActorSystem, n.ClientID, n.DomainID, struct {
		Domain    string    `json:"domain"`
		CycleID   int64     `json:"cycle_id"`
		Stage     string    `json:"stage"`
		Episode   string    `json:"episode,omitempty"`
		Recipient string    `json:"recipient"`
		Reason    string    `json:"reason"`
		DueAt     time.Time `json:"due_at"`
		ExpiresAt time.Time `json:"expires_at"`
	}{domain, n.CycleID, string(n.Stage), n.Episode, n.Recipient, n.Reason, n.DueAt.UTC(), n.ExpiresAt.UTC()})
}

// entry gives a line for the ledger. The body is JSON with the fields in the order of their declaration, so that equal events read equal.
func entry(now time.Time, kind, actor string, clientID, domainID int64, body any) models.Entry {
	e := models.Entry{At: now, Kind: kind, Actor: actor}
	if clientID != 0 {
		e.ClientID = &clientID
	}
	if domainID != 0 {
		e.DomainID = &domainID
	}
	text, err := json.Marshal(body)
	if err != nil { // bodies are structs of strings, numbers and times
		text = []byte(`{"error":"the event could not be written down"}`)
	}
	e.Body = string(text)
	return e
}
