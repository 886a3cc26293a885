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
	p.plan.Ledger = append(p.plan.Ledger, noticeEntry(n, p.owed.Domain.Name, p.now))
}

// add puts a new notice into the plan, with its line in the ledger.
func (p *planning) add(
	s step, channel models.Channel, recipient string, contact *int64, state models.NoticeState, reason string, due time.Time,
) {
	n := models.Notice{
		DomainID: p.owed.Domain.ID, CycleID: p.owed.Cycle.ID, ClientID: p.owed.Client.ID,
		Stage: s.stage, Channel: channel, Recipient: recipient, ContactID: contact,
		State: state, Reason: reason, DueAt: due, ExpiresAt: *p.owed.Domain.ExpiresAt, CreatedAt: p.now, UpdatedAt: p.now,
	}
	p.plan.Add = append(p.plan.Add, n)
	p.plan.Ledger = append(p.plan.Ledger, noticeEntry(&n, p.owed.Domain.Name, p.now))
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
		Recipient string    `json:"recipient"`
		Reason    string    `json:"reason"`
		DueAt     time.Time `json:"due_at"`
		ExpiresAt time.Time `json:"expires_at"`
	}{domain, n.CycleID, string(n.Stage), n.Recipient, n.Reason, n.DueAt.UTC(), n.ExpiresAt.UTC()})
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
