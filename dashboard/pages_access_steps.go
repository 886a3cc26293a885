package dashboard

import (
	"errors"
	"fmt"
	"net/http"
	"net/mail"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/krestmarketing/deedwatch/access"
	"github.com/krestmarketing/deedwatch/models"
)

// stepWords is how one step looks as a form.
type stepWords struct {
	action access.Action
	title  string
	hint   string
	verb   string // on the button
	note   string // label of the note
	need   bool   // the rules want a note
	fields []string
	done   string // said when it was taken
	danger bool
}

// allSteps words every step that a person can take, in the order in which they are offered. A test compares it with the rules.
var allSteps = []stepWords{
	{access.ActionGrant, "The client has given it", "They said so, or an invitation arrived. Whether it works is another step.", "Record as granted", "Note", false, []string{"by"}, "Recorded as granted. Open it once to verify.", false},
	{access.ActionVerify, "It was seen to work", "Somebody of us opened it in this role.", "Record as verified", "How it was verified", true, []string{"review_on"}, "Recorded as verified.", false},
	{access.ActionKeep, "Reviewed: it is still needed", "The next review falls due in a quarter, unless you say another day.", "Keep it", "Why it is still needed", true, []string{"review_on"}, "Kept. The next review is set.", false},
	{access.ActionReduceRole, "The role changes", "On the platform first; then here.", "Record the new role", "Why the role changes", true, []string{"role"}, "The new role is recorded.", false},
	{access.ActionChangeOwner, "Somebody else holds it", "On the platform first; then here.", "Record the new holder", "Why the holder changes", true, []string{"holder"}, "The new holder is recorded.", false},
	{access.ActionRisk, "It may be gone", "Something says that it no longer works, and nobody has looked.", "Record as at risk", "What the evidence is", true, nil, "Recorded as at risk. Verify it, or record that it is gone.", false},
	{access.ActionReviewDue, "Review it now", "Before its review date.", "Mark as due for review", "Note", false, nil, "Marked as due for review.", false},
	{access.ActionDecline, "The client will not give it", "", "Record as declined", "What the client said", true, nil, "Recorded as declined.", false},
	{access.ActionAskAgain, "Asked for it again", "", "Record as requested", "Note", false, nil, "Recorded as requested again.", false},
	{access.ActionAskRevoke, "It must end", "Decided, not done yet: it stays on the list until its removal is seen.", "Put down for removal", "Why it must end", true, nil, "Put down for removal.", true},
	{access.ActionRevoke, "It is gone", "Only with evidence: who saw it gone, and where.", "Record as removed", "The evidence that it is gone", true, nil, "Recorded as removed.", true},
}

// stepNames are what the rules call the fields of a step, in the order of the form.
var stepNames = []struct{ key, name string }{{"by", "Granted by"}, {"role", "Role"}, {"holder", "Holder"}, {"review_on", "Review on"}, {"note", "Note"}}

// stepTry is a step that somebody tried and that was not taken.
type stepTry struct {
	action   access.Action
	values   map[string]string
	errs     map[string]string
	refused  int
	conflict bool
	seen     int // the version that was seen
}

// readStep reads a step from the form of a grant's page.
func readStep(post url.Values, g *models.Grant, now time.Time, loc *time.Location) (access.Step, stepTry) {
	try := stepTry{action: access.Action(post.Get("action")), values: map[string]string{}, errs: map[string]string{}}
	for _, f := range stepNames {
		try.values[f.key] = strings.TrimSpace(post.Get(f.key))
	}
	v := try.values
	step := access.Step{Action: try.action, Note: v["note"], By: v["by"], Role: v["role"], Holder: v["holder"]}
	var problem string
	if step.ReviewOn, problem = readDay(v["review_on"]); problem != "" {
		try.errs["review_on"], v["review_on"] = problem, ""
	} else if step.ReviewOn != nil && dayAhead(*step.ReviewOn, now, loc) < 0 {
		try.errs["review_on"] = "lies in the past; choose a day from today on"
	}
	if step.Action == access.ActionChangeOwner && g.HolderKind == models.HolderPerson {
		step.Holder = strings.ToLower(step.Holder)
		if a, err := mail.ParseAddress(step.Holder); err != nil || a.Address != step.Holder {
			try.errs["holder"] = "a person is named by the e-mail address, like dana@example.com"
		}
	}
	return step, try
}

// refuse notes what the rules say of the fields.
func (t *stepTry) refuse(fields access.FieldErrors) {
	for _, e := range fields {
		for _, f := range stepNames {
			if f.name == e.Field && t.errs[f.key] == "" {
				t.errs[f.key] = e.Msg
			}
		}
	}
}

// forget empties each text that must not come back and gives the names of those that looked like secrets.
func (t *stepTry) forget() []string {
	var names []string
	for _, f := range stepNames {
		what := access.SecretIn(t.values[f.key])
		if what == "" && utf8.ValidString(t.values[f.key]) {
			continue
		}
		t.values[f.key] = ""
		if what != "" {
			if t.errs[f.key] == "" {
				t.errs[f.key] = "looks like " + what
			}
			t.errs[f.key] = strings.TrimRight(t.errs[f.key], ".") + ". " + secretGone
			names = append(names, f.name)
		}
	}
	t.refused = len(names)
	return names
}

// moveGrant takes one step with a grant. A step that can't be taken shows the page again: with what is wrong, or with what changed meanwhile.
func (s *Server) moveGrant(w http.ResponseWriter, r *http.Request) error {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return errNoSuchPage
	}
	if err := r.ParseForm(); err != nil {
		return formError(err)
	}
	version, err := strconv.Atoi(r.PostForm.Get("version"))
	if err != nil || version < 0 {
		return errBadForm
	}
	g, err := s.opt.Access.Grant(r.Context(), id)
	if err != nil {
		return fmt.Errorf("read a delegated access: %w", err)
	}
	step, try := readStep(r.PostForm, &g.Grant, s.now(), s.opt.Agency.Zone)
	words, known := wordsOf(step.Action)
	if !known {
		return errBadForm
	}
	return s.tryStep(w, r, &g.Grant, version, step, try, words)
}

// tryStep checks the fields of a step, takes it and returns to the grant's page.
func (s *Server) tryStep(w http.ResponseWriter, r *http.Request, g *models.Grant, version int, step access.Step, try stepTry, words stepWords) error {
	try.seen = version
	_, _, err := access.Apply(*g, step, actor(r.Context()), s.now())
	if fields, ok := errors.AsType[access.FieldErrors](err); ok {
		try.refuse(fields)
	}
	s.tellRefused(r, try.forget())
	if version != g.Version || errors.Is(err, models.ErrConflict) {
		try.conflict = true
		return s.showGrant(w, r, http.StatusConflict, try)
	}
	if len(try.errs) > 0 {
		return s.showGrant(w, r, http.StatusUnprocessableEntity, try)
	}
	switch err := s.opt.Access.Move(r.Context(), g.ID, version, step, actor(r.Context())); {
	case errors.Is(err, models.ErrConflict): // between the look above and now
		try.conflict = true
		return s.showGrant(w, r, http.StatusConflict, try)
	case err != nil:
		return fmt.Errorf("move a delegated access: %w", err)
	}
	s.flash(r.Context(), words.done)
	http.Redirect(w, r, grantURL(g.ID), http.StatusSeeOther)
	return nil
}

func wordsOf(a access.Action) (stepWords, bool) {
	i := slices.IndexFunc(allSteps, func(w stepWords) bool { return w.action == a })
	if i < 0 {
		return stepWords{}, false
	}
	return allSteps[i], true
}
