package ops

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/notify"
)

// bodyVersion is the version of the bodies that receivers get. Fields may be added under the same one.
const bodyVersion = 1

// The kinds of events that come from no row of the ledger.
const (
	kindSweepStopped = "sweep.stopped"
	kindSwitchedOff  = "webhook.switched_off"
	kindBatch        = "batch"
	kindDigest       = "digest"
	kindPing         = "ping"
)

// maxText bounds a text from outside in a body, in characters.
const maxText = 500

// Event is something that happened, as receivers of webhooks get it.
type Event struct {
	ID      string    `json:"id"` // stable: it is the webhook-id of the event, also when it is sent again
	Type    string    `json:"type"`
	At      time.Time `json:"timestamp"`
	Version int       `json:"version"`
	Data    Data      `json:"data"`
}

// Data is what an event is about. What does not apply is left out.
type Data struct {
	Client  *Ref           `json:"client,omitempty"`
	Domain  *Ref           `json:"domain,omitempty"`
	Actor   string         `json:"actor,omitempty"` // system, staff or client
	Finding *Finding       `json:"finding,omitempty"`
	Changes []Change       `json:"changes,omitempty"`
	Facts   map[string]any `json:"facts,omitempty"` // of a line of the ledger
	Events  []Event        `json:"events,omitempty"`
}

// Ref names a client or a domain.
type Ref struct {
	ID   int64  `json:"id"`
	Name string `json:"name"` // of a domain: the A-label
}

// Finding is a finding as it was when it changed.
type Finding struct {
	ID       int64           `json:"id"`
	Code     string          `json:"code"`
	Severity models.Severity `json:"severity"`
	Title    string          `json:"title"`
	Subject  string          `json:"subject,omitempty"` // what exactly; left out where it is a contact
	Reason   string          `json:"reason,omitempty"`
	Cause    string          `json:"cause,omitempty"` // code of the finding that explains this one
	OpenedAt time.Time       `json:"opened_at"`
	Reopened int             `json:"reopened,omitempty"` // how often it came back
}

// Change is one fact of a registration that took another value.
type Change struct {
	Field  string `json:"field"`
	Before string `json:"before"`
	After  string `json:"after"`
	Source string `json:"source,omitempty"`
}

// events gives what happened as events, lines of the ledger first; lines that nobody needs to be told of are left out.
func events(u models.Untold) ([]Event, error) {
	var list []Event
	for i := range u.Entries {
		if e, told := fromLedger(&u.Entries[i], u); told {
			list = append(list, e)
		}
	}
	for i := range u.Happenings {
		e, err := fromHappening(&u.Happenings[i], u)
		if err != nil {
			return nil, err
		}
		list = append(list, e)
	}
	return list, nil
}

func newEvent(id, kind string, at time.Time) Event {
	return Event{ID: id, Type: kind, At: at.UTC(), Version: bodyVersion}
}

// fromHappening words a change of a finding or a registration. Its ID carries the instant: after a restored backup numbers come again.
func fromHappening(h *models.Happening, u models.Untold) (Event, error) {
	e := newEvent(fmt.Sprintf("event-%d-%d", h.ID, h.At.UnixMicro()), h.Kind, h.At)
	e.Data.about(u, h.DomainID, 0)
	e.Data.Actor = notify.ActorSystem
	if h.Kind == models.HappenedRegistration {
		var changes []models.HappenedChange
		if err := json.Unmarshal([]byte(h.Body), &changes); err != nil {
			return e, fmt.Errorf("happening %d: %w", h.ID, err)
		}
		for _, c := range changes {
			e.Data.Changes = append(e.Data.Changes, Change{
				Field: c.Field, Before: notify.Printable(c.Before, maxText), After: notify.Printable(c.After, maxText), Source: string(c.Source),
			})
		}
		return e, nil
	}
	var f models.HappenedFinding
	if err := json.Unmarshal([]byte(h.Body), &f); err != nil {
		return e, fmt.Errorf("happening %d: %w", h.ID, err)
	}
	e.Data.Finding = &Finding{
		ID: f.ID, Code: f.Code, Severity: f.Severity, Title: notify.Printable(f.Title, maxText), Subject: notify.Printable(f.Subject, maxText),
		Reason: f.Reason, Cause: f.Cause, OpenedAt: f.OpenedAt, Reopened: f.Reopened,
	}
	return e, nil
}

// about names the domain and its client, or the client alone.
func (d *Data) about(u models.Untold, domainID, clientID int64) {
	if named, known := u.Domains[domainID]; known {
		d.Domain = &Ref{domainID, notify.Printable(named.Name, maxText)}
		if clientID == 0 {
			clientID = named.ClientID
		}
	}
	if clientID != 0 {
		d.Client = &Ref{clientID, notify.Printable(u.Clients[clientID], maxText)}
	}
}

// actorWord says what sort of actor a line of the ledger names, and not who.
func actorWord(actor string) string {
	switch {
	case actor == notify.ActorSystem:
		return actor
	case strings.HasPrefix(actor, "contact:"):
		return "client"
	}
	return "staff"
}
