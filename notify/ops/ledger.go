package ops

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/notify"
)

// onNotice are the facts of a line on a notice that are told: nothing that names a person, and no words of anybody.
var onNotice = []string{"stage", "episode", "reason", "cycle_id", "expires_at", "notice_id", "mail_id", "mail_kind", "attempt", "due_at", "status"}

// ledgerKinds says which lines of the ledger are told, as what, and which of their facts.
var ledgerKinds = map[string]struct {
	kind  string
	facts []string
}{
	"mail_sent":         {"notice.sent", onNotice},
	"mail_refused":      {"notice.refused", onNotice},
	"mail_failed":       {"notice.failed", onNotice},
	"mail_bounced":      {"notice.bounced", onNotice},
	"mail_complaint":    {"notice.complaint", onNotice},
	"mail_delivered":    {"notice.delivered", onNotice},
	"notice_blocked":    {"notice.blocked", onNotice},
	"notice_held":       {"notice.held", onNotice},
	"notice_released":   {"notice.released", onNotice},
	"task_queued":       {"task.opened", onNotice},
	"task_done":         {"task.done", onNotice},
	"task_cancelled":    {"task.cancelled", onNotice},
	"answer":            {"answer.recorded", []string{"kind", "cycle_id", "renew_on", "quiet_until"}},
	"answer_withdrawn":  {"answer.withdrawn", []string{"kind"}},
	"cycle_closed":      {"cycle.closed", []string{"cycle", "reason", "expired_at", "next_expiry"}},
	"expiry_attested":   {"expiry.attested", []string{"date"}},
	"auto_renew_stated": {"auto_renew.stated", []string{"auto_renew"}},
	"domain_archived":   {"domain.archived", nil},
	"client_held":       {"client.held", nil},
	"client_released":   {"client.released", nil},
	"brake_pulled":      {"brake.pulled", []string{"reason"}},
	"brake_released":    {"brake.released", nil},
}

// grantKind is how every change of delegated access is told; what changed is the fact "action".
const (
	grantPrefix = "grant_"
	grantKind   = "grant.changed"
)

var onGrant = []string{"grant", "platform", "role", "from", "to"}

// Kinds lists every kind of event that can be told, for documents and for checks of what a webhook asks for.
func Kinds() []string {
	list := []string{
		models.HappenedFindingOpened, models.HappenedFindingWorsened, models.HappenedFindingEased, models.HappenedFindingResolved,
		models.HappenedRegistration, grantKind, kindSweepStopped, kindSwitchedOff,
	}
	for _, k := range ledgerKinds {
		list = append(list, k.kind)
	}
	return list
}

// fromLedger words a line of the ledger; told is false for one that is nobody's business outside. Its ID carries the line's hash: after a
// restored backup numbers come again.
func fromLedger(l *models.Entry, u models.Untold) (e Event, told bool) {
	k, told := ledgerKinds[l.Kind]
	action, isGrant := strings.CutPrefix(l.Kind, grantPrefix)
	if isGrant {
		k.kind, k.facts, told = grantKind, onGrant, true
	}
	if !told {
		return e, false
	}
	e = newEvent(fmt.Sprintf("ledger-%d-%.12s", l.ID, l.Hash), k.kind, l.At)
	e.Data.about(u, idOf(l.DomainID), idOf(l.ClientID))
	e.Data.Actor, e.Data.Facts = actorWord(l.Actor), facts(l.Body, k.facts)
	if isGrant {
		e.Data.Facts["action"] = notify.Printable(action, maxText)
	}
	return e, true
}

// facts picks members of a body that are plain values. Empty ones are left out, as are numbers that stand for none.
func facts(body string, names []string) map[string]any {
	var all map[string]any
	if err := json.Unmarshal([]byte(body), &all); err != nil { // it was erased, or is of a form that is not known
		all = nil
	}
	picked := map[string]any{}
	for _, name := range names {
		switch v := all[name].(type) {
		case string:
			if v != "" && !strings.HasPrefix(v, time.Time{}.Format(time.DateOnly)) {
				picked[name] = notify.Printable(v, maxText)
			}
		case float64:
			if v != 0 {
				picked[name] = v
			}
		}
	}
	return picked
}

func idOf(id *int64) int64 {
	if id == nil {
		return 0
	}
	return *id
}
