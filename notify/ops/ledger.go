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

// told is as what a kind of line is told, and which of its facts.
type told struct {
	kind  string
	facts []string
}

// ledgerKinds says which kinds of the ledger's lines are told.
var ledgerKinds = map[string]told{
	models.EntryMailSent:    {"notice.sent", onNotice},
	models.EntryMailRefused: {"notice.refused", onNotice},
	models.EntryMailFailed:  {"notice.failed", onNotice},
	"mail_bounced":          {"notice.bounced", onNotice},
	"mail_complaint":        {"notice.complaint", onNotice},
	"mail_delivered":        {"notice.delivered", onNotice},
	"mail_taken_back":       {"mail.taken_back", []string{"mail"}},
	"notice_blocked":        {"notice.blocked", onNotice},
	"notice_held":           {"notice.held", onNotice},
	"notice_released":       {"notice.released", onNotice},
	"notices_over_cap":      {"notice.over_cap", []string{"day", "cap", "due_at"}},
	"task_queued":           {"task.opened", onNotice},
	"task_done":             {"task.done", onNotice},
	"task_cancelled":        {"task.cancelled", onNotice},
	"call_logged":           {"call.logged", []string{"call", "contact", "notice", "outcome"}},
	models.EntryAnswer:      {"answer.recorded", []string{"kind", "cycle_id", "renew_on", "quiet_until"}},
	models.EntryWithdrawn:   {"answer.withdrawn", []string{"kind"}},
	"contact_proposed":      {"contact.proposed", nil},
	"proposal_accepted":     {"contact.proposal_accepted", []string{"proposal", "contact_id", "role"}},
	"proposal_refused":      {"contact.proposal_refused", []string{"proposal"}},
	"contact_added":         {"contact.added", onContact},
	"contact_corrected":     {"contact.corrected", onContact},
	models.EntryErased:      {"contact.erased", []string{"contact_id"}},
	"address_suppressed":    {"address.suppressed", []string{"reason", "cancelled"}},
	"suppression_lifted":    {"address.lifted", []string{"reason", "since"}},
	"cycle_closed":          {"cycle.closed", []string{"cycle", "reason", "expired_at", "next_expiry"}},
	"expiry_attested":       {"expiry.attested", []string{"date"}},
	"auto_renew_stated":     {"auto_renew.stated", []string{"auto_renew"}},
	"domain_archived":       {"domain.archived", nil},
	"client_held":           {"client.held", nil},
	"client_released":       {"client.released", nil},
	"client_notices_set":    {"client.notices_set", nil},
	"links_revoked":         {"client.links_revoked", []string{"links"}},
	"feed_created":          {"feed.created", []string{"feed"}},
	"feed_revoked":          {"feed.revoked", []string{"feed"}},
	"brake_pulled":          {"brake.pulled", []string{"reason"}},
	"brake_released":        {"brake.released", nil},
}

// untold says why the other kinds are nobody's business outside.
var untold = map[string]string{
	"notice_queued":     "a plan: what comes of it is told",
	"notice_superseded": "a plan: the tighter notice is told",
	"notice_cancelled":  "a plan: what it was cancelled for is told",
	"task_superseded":   "it never was anybody's to do",
	"test_sent":         "staff looks how a message reads",
}

// grantKind is how every change of delegated access is told; what changed is the fact "action".
const grantKind = "grant.changed"

// onContact are the facts on a contact that are told: its number, and never who it is.
var onContact = []string{"contact_id", "role"}

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

// fromLedger words a line of the ledger; ok is false for one that is nobody's business outside. Its ID carries the line's hash: after a
// restored backup numbers come again.
func fromLedger(l *models.Entry, u models.Untold) (e Event, ok bool) {
	k, ok := ledgerKinds[l.Kind]
	action, isGrant := strings.CutPrefix(l.Kind, models.LedgerGrantPrefix)
	if isGrant {
		k, ok = told{grantKind, onGrant}, true
	}
	if !ok {
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
