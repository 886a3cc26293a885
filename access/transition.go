package access

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

// Action is something that happens to a grant.
type Action string

// The actions.
const (
	ActionGrant       Action = "granted"      // the client has given it
	ActionDecline     Action = "declined"     // the client will not give it
	ActionVerify      Action = "verified"     // somebody saw that it works
	ActionReviewDue   Action = "review_due"   // its review date has come
	ActionKeep        Action = "kept"         // a review decided that it is still needed
	ActionRisk        Action = "at_risk"      // evidence says that it may be gone
	ActionAskRevoke   Action = "to_revoke"    // a person decided that it must end
	ActionRevoke      Action = "revoked"      // it is gone, with evidence
	ActionAskAgain    Action = "asked_again"  // asked for once more after it was declined
	ActionReduceRole  Action = "role_changed" // the role is another one from now on
	ActionChangeOwner Action = "holder_changed"
)

// Step is one action with what belongs to it.
type Step struct {
	Action   Action
	Note     string     // why, how it was verified, or the evidence of removal
	By       string     // who at the client granted it, with ActionGrant
	Role     string     // the new role, with ActionReduceRole
	Holder   string     // the new holder, with ActionChangeOwner
	ReviewOn *time.Time // next review, with ActionVerify and ActionKeep; nil: a quarter from now
}

type rule struct {
	from []models.GrantState
	to   models.GrantState // empty: stays
	note bool              // a note is needed
	why  string            // what the note must say
}

const (
	requested = models.GrantRequested
	granted   = models.GrantGranted
	verified  = models.GrantVerified
	reviewDue = models.GrantReviewDue
	toRevoke  = models.GrantToRevoke
	revoked   = models.GrantRevoked
	declined  = models.GrantDeclined
	atRisk    = models.GrantAtRisk
)

// rules say from which states an action is possible and where it leads.
var rules = map[Action]rule{
	ActionGrant:       {from: []models.GrantState{requested}, to: granted},
	ActionDecline:     {from: []models.GrantState{requested}, to: declined, note: true, why: "what the client said"},
	ActionAskAgain:    {from: []models.GrantState{declined}, to: requested},
	ActionVerify:      {from: []models.GrantState{granted, verified, reviewDue, atRisk}, to: verified, note: true, why: "how it was verified"},
	ActionReviewDue:   {from: []models.GrantState{granted, verified}, to: reviewDue},
	ActionKeep:        {from: []models.GrantState{granted, verified, reviewDue}, to: verified, note: true, why: "why it is still needed"},
	ActionRisk:        {from: []models.GrantState{granted, verified, reviewDue}, to: atRisk, note: true, why: "what the evidence is"},
	ActionAskRevoke:   {from: []models.GrantState{requested, granted, verified, reviewDue, atRisk}, to: toRevoke, note: true, why: "why it must end"},
	ActionRevoke:      {from: []models.GrantState{toRevoke, atRisk}, to: revoked, note: true, why: "the evidence that it is gone"},
	ActionReduceRole:  {from: []models.GrantState{requested, granted, verified, reviewDue, atRisk}, note: true, why: "why the role changes"},
	ActionChangeOwner: {from: []models.GrantState{requested, granted, verified, reviewDue, atRisk}, note: true, why: "why the holder changes"},
}

// Actions lists what can happen to a grant in a state, in a fixed order.
func Actions(state models.GrantState) []Action {
	var out []Action
	for a, r := range rules {
		if slices.Contains(r.from, state) {
			out = append(out, a)
		}
	}
	slices.Sort(out)
	return out
}

// Apply gives the grant after a step and the line of history for it. A step that is not possible now is a models.ErrConflict; a field
// that can't be accepted is FieldErrors.
func Apply(g models.Grant, s Step, actor string, now time.Time) (models.Grant, models.GrantEvent, error) {
	s.Note, s.By, s.Role, s.Holder = strings.TrimSpace(s.Note), strings.TrimSpace(s.By), strings.TrimSpace(s.Role), strings.TrimSpace(s.Holder)
	r, known := rules[s.Action]
	if !known || !slices.Contains(r.from, g.State) {
		return g, models.GrantEvent{}, fmt.Errorf("%w: a grant that is %s can't become %s; possible now: %v", models.ErrConflict, g.State, s.Action, Actions(g.State))
	}
	var errs FieldErrors
	check := func(name, value string, need bool) {
		if err, ok := text(name, value, need).(*models.InvalidError); ok { //nolint:errorlint // text returns it bare
			errs = append(errs, err)
		}
	}
	check("Note", s.Note, false)
	if r.note && s.Note == "" {
		errs = append(errs, &models.InvalidError{Field: "Note", Msg: "say " + r.why})
	}
	check("Granted by", s.By, s.Action == ActionGrant)
	check("Role", s.Role, s.Action == ActionReduceRole)
	check("Holder", s.Holder, s.Action == ActionChangeOwner)
	if s.Action == ActionChangeOwner && g.HolderKind == models.HolderPerson && !plainAddress(s.Holder) {
		errs = append(errs, errPersonHolder)
	}
	if s.ReviewOn != nil && tooEarly(*s.ReviewOn, now) {
		errs = append(errs, &models.InvalidError{Field: "Review on", Msg: "lies in the past; choose a day from today on"})
	}
	if len(errs) > 0 {
		return g, models.GrantEvent{}, errs
	}
	e := models.GrantEvent{GrantID: g.ID, At: now, Actor: actor, Action: string(s.Action), From: g.State, To: g.State, Note: s.Note}
	to := r.to
	if s.Action == ActionKeep && g.VerifiedAt == nil { // a review can't verify what nobody ever saw work
		to = granted
	}
	if to != "" && to != g.State {
		g.State, g.StateAt, e.To = to, now, to
	}
	g.StateReason = string(s.Action)
	stamp(&g, s, actor, now)
	return g, e, nil
}

// stamp fills in who did what when.
func stamp(g *models.Grant, s Step, actor string, now time.Time) {
	next := day(now.Add(ReviewEvery))
	if s.ReviewOn != nil {
		next = day(*s.ReviewOn)
	}
	switch s.Action {
	case ActionGrant:
		g.GrantedBy, g.GrantedAt = s.By, &now
	case ActionVerify:
		g.VerifiedBy, g.VerifiedHow, g.VerifiedAt, g.ReviewDue = actor, s.Note, &now, &next
	case ActionKeep:
		g.ReviewDue = &next
	case ActionRevoke:
		g.RevokedBy, g.RevokedHow, g.RevokedAt, g.ReviewDue = actor, s.Note, &now, nil
	case ActionReduceRole:
		g.Role = s.Role
	case ActionChangeOwner:
		g.Holder = s.Holder
	case ActionAskAgain:
		g.AskedBy, g.AskedAt = actor, &now
	case ActionDecline, ActionReviewDue, ActionRisk, ActionAskRevoke:
	}
}
