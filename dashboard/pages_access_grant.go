package dashboard

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/krestmarketing/deedwatch/access"
	"github.com/krestmarketing/deedwatch/catalog"
	"github.com/krestmarketing/deedwatch/models"
)

// grantView is one delegated access.
type grantView struct {
	ID                  int64
	Version             int
	Client, ClientURL   string
	Platform, Asset     string
	Mark                markView
	Next                *noteView
	Course              []factLine
	VaultURL            string
	Note                string
	Withdraw            string
	Steps               []stepView
	History             []historyLine
	Summary             *summaryView
	Conflict            *conflictView
	HolderURL, Holder   string
	Domain              *nameView
	Role, Kind, Purpose string
	How                 string
}

// factLine is a fact with when and by whom, or that it is not known.
type factLine struct {
	Label  string
	Text   string
	When   *whenView
	By     string
	Detail string
	None   string // shown when there is nothing
}

// historyLine is one line of a grant's history.
type historyLine struct {
	ISO, When string
	What      string
	From      string // words of the state before; empty when the state stayed
	To        string
	Note      string
	Actor     string
}

// stepView is one possible step as a form.
type stepView struct {
	Action      string
	Title, Hint string
	Verb        string
	Danger      bool
	Open        bool
	Fields      []formField // the note last
}

// conflictView says what changed since somebody looked, and keeps what they wrote.
type conflictView struct {
	Since []historyLine
	Wrote string
}

// buildGrant words a grant, its history and what can happen to it.
func buildGrant(view *models.GrantView, events []models.GrantEvent, try stepTry, d dates) grantView {
	g := &view.Grant
	shown := shownState(g, d.now)
	v := grantView{
		ID: g.ID, Version: g.Version, Client: visible(view.ClientName), ClientURL: "/clients/" + strconv.FormatInt(g.ClientID, 10), Platform: platformWords(g.Platform),
		Asset: visible(g.Asset), Mark: grantMark(shown), Next: nextStep(shown), VaultURL: g.VaultLink, Note: visible(g.Note), Role: visible(g.Role),
		Kind: holderWords(g.HolderKind), Purpose: visible(g.Purpose), How: methodWords(g.Method), Holder: visible(g.Holder), HolderURL: holderURL(strings.ToLower(g.Holder)),
		Course: courseOf(g, d), Withdraw: withdrawWords(g), History: historyOf(events, d), Steps: stepsOf(g, try),
	}
	if view.DomainName != "" {
		n := nameOf(view.DomainName)
		v.Domain = &n
	}
	if try.conflict {
		v.Conflict = conflictOf(g, events, try, d)
	} else {
		v.Summary = try.summary()
	}
	return v
}

// courseOf says who did what when, from the asking to the removal.
func courseOf(g *models.Grant, d dates) []factLine {
	list := []factLine{
		{Label: "Asked for", When: d.when(g.AskedAt), By: byWhom(g.AskedBy, g.AskedAt), None: "Not recorded"},
		{Label: "Granted", When: d.when(g.GrantedAt), By: byWhom(g.GrantedBy, g.GrantedAt), None: "Not granted yet"},
		{Label: "Recorded", When: d.when(&g.RecordedAt), By: byWhom(g.RecordedBy, &g.RecordedAt)},
		{Label: "Verified", When: d.when(g.VerifiedAt), By: byWhom(g.VerifiedBy, g.VerifiedAt), Detail: visible(g.VerifiedHow), None: "Nobody has seen it work yet"},
		{Label: "Review by", When: d.when(g.ReviewDue), None: "Not set"},
		{Label: "Expected end", When: d.when(g.ExpectedEnd), None: "Not stated"},
	}
	if g.RevokedAt != nil {
		list = append(list, factLine{Label: "Removed", When: d.when(g.RevokedAt), By: byWhom(g.RevokedBy, g.RevokedAt), Detail: visible(g.RevokedHow)})
	}
	return list
}

func byWhom(who string, when *time.Time) string {
	if who == "" || when == nil {
		return ""
	}
	return "by " + visible(who)
}

// nextStep says the one thing to do next; nil when there is none.
func nextStep(s models.GrantState) *noteView {
	switch s {
	case models.GrantRequested:
		return &noteView{Glyph: "u-clock", Strong: "The client has not given it yet.", Text: "When an invitation arrives, record it as granted."}
	case models.GrantGranted:
		return &noteView{Glyph: "u-info", Strong: "Nobody has seen it work yet.", Text: "Open it once in this role, and record it as verified."}
	case models.GrantReviewDue:
		return &noteView{Kind: "warn", Glyph: "a-due", Strong: "Its review date has come.", Text: "Decide whether it is still needed: keep it, lower the role, or put it down for removal."}
	case models.GrantAtRisk:
		return &noteView{Kind: "bad", Glyph: "s-7", Strong: "It may be gone.", Text: "Look whether it still works; then record it as verified, or as removed."}
	case models.GrantToRevoke:
		return &noteView{Kind: "warn", Glyph: "a-rev", Strong: "It must end.", Text: "Remove it on the platform, or have the client do so. It stays here until somebody has seen it gone."}
	case models.GrantVerified, models.GrantRevoked, models.GrantDeclined:
	}
	return nil
}

// withdrawWords tells how the client takes the access back.
func withdrawWords(g *models.Grant) string {
	if p, ok := catalog.FindPlatform(g.Platform); ok {
		return p.Withdraw
	}
	return "In " + platformWords(g.Platform) + " open the users, members or partners of the account, and remove " + visible(g.Holder) + "."
}

// historyOf words the history, the newest line first.
func historyOf(events []models.GrantEvent, d dates) []historyLine {
	lines := make([]historyLine, 0, len(events))
	for _, e := range slices.Backward(events) {
		l := historyLine{ISO: e.At.In(d.loc).Format(time.RFC3339), When: d.stamp(e.At), What: eventWords(e.Action), Note: visible(e.Note), Actor: visible(e.Actor), To: grantMark(e.To).Word}
		if e.From != "" && e.From != e.To {
			l.From = grantMark(e.From).Word
		}
		lines = append(lines, l)
	}
	return lines
}

// eventWords names what happened to a grant.
func eventWords(action string) string {
	switch access.Action(action) {
	case access.ActionGrant:
		return "Granted by the client"
	case access.ActionDecline:
		return "Declined by the client"
	case access.ActionVerify:
		return "Seen to work"
	case access.ActionReviewDue:
		return "Review date has come"
	case access.ActionKeep:
		return "Reviewed and kept"
	case access.ActionRisk:
		return "May be gone"
	case access.ActionAskRevoke:
		return "Put down for removal"
	case access.ActionRevoke:
		return "Removed"
	case access.ActionAskAgain:
		return "Asked for again"
	case access.ActionReduceRole:
		return "Role changed"
	case access.ActionChangeOwner:
		return "Holder changed"
	}
	if action == "recorded" {
		return "Recorded"
	}
	return visible(action)
}

// conflictOf gives the lines of history that are newer than what was seen: each step adds one line and raises the version by one.
func conflictOf(g *models.Grant, events []models.GrantEvent, try stepTry, d dates) *conflictView {
	newer := min(max(g.Version-try.seen, 0), len(events))
	v := &conflictView{Since: historyOf(events[len(events)-newer:], d)}
	if !slices.Contains(access.Actions(g.State), try.action) { // else it stands in the step's own form
		v.Wrote = visible(try.values["note"])
	}
	return v
}

// stepsOf are the steps that are possible now, filled in with what was tried.
func stepsOf(g *models.Grant, try stepTry) []stepView {
	possible := access.Actions(g.State)
	var steps []stepView
	for _, w := range allSteps {
		if !slices.Contains(possible, w.action) {
			continue
		}
		tried := try.action == w.action
		st := stepView{Action: string(w.action), Title: w.title, Hint: w.hint, Verb: w.verb, Danger: w.danger, Open: tried || len(steps) == 0 && try.action == ""}
		for _, key := range append(slices.Clone(w.fields), "note") {
			f := formField{Key: key, ID: st.Action + "-" + key, Label: stepLabel(key, w), Required: key != "review_on" && (key != "note" || w.need)}
			if tried {
				f.Value, f.Err = visible(try.values[key]), sentence(try.errs[key])
			}
			st.Fields = append(st.Fields, f.typed())
		}
		steps = append(steps, st)
	}
	return steps
}

func stepLabel(key string, w stepWords) string {
	switch key {
	case "by":
		return "Who at the client gave it"
	case "role":
		return "New role"
	case "holder":
		return "New holder"
	case "review_on":
		return "Next review (empty: in a quarter)"
	}
	if w.need {
		return w.note
	}
	return w.note + " (if there is something to say)"
}

// summary lists what is wrong with the step that was tried; nil when nothing is.
func (t *stepTry) summary() *summaryView {
	if len(t.errs) == 0 {
		return nil
	}
	v := &summaryView{Title: notSaved(len(t.errs), t.refused)}
	for _, f := range stepNames {
		if msg := t.errs[f.key]; msg != "" {
			v.Problems = append(v.Problems, problem{string(t.action) + "-" + f.key, f.name + ": " + strings.TrimSuffix(msg, " "+secretGone)})
		}
	}
	return v
}
