package dashboard

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/krestmarketing/deedwatch/access"
	"github.com/krestmarketing/deedwatch/models"
)

// portalAsked is a form that a client sent about one of its domains.
type portalAsked struct {
	seen *portalSeen
	d    *models.PortalDomain
	form url.Values
}

// readAnswer takes a client's form: from a link that works, from its own page, not more often than people write, about the client's own
// domain. What it gives beside an error is for wording it.
func (s *Server) readAnswer(r *http.Request) (portalAsked, error) {
	if !s.portal.posts.allow(addressKey(s.opt.ClientAddr(r)), s.now()) {
		return portalAsked{}, errOften
	}
	seen, err := s.openLink(r)
	asked := portalAsked{seen: seen}
	if err != nil {
		return asked, err
	}
	link := &seen.view.Link
	if !s.portal.answers.allow(linkKey(link.ID), s.now()) {
		return asked, errOften
	}
	if err := r.ParseForm(); err != nil {
		return asked, formError(err)
	}
	if !s.opt.Links.FormFits(models.LinkAnswer, link.ID, link.ContactID, r.PostForm.Get("form")) {
		return asked, errForm
	}
	asked.form, asked.d = r.PostForm, seen.domain(r.PostForm.Get("domain"))
	if asked.d == nil {
		return asked, models.ErrNotFound
	}
	return asked, nil
}

// portalAnswer records an answer. Letting go needs a second, confirming form.
func (s *Server) portalAnswer(w http.ResponseWriter, r *http.Request) error {
	a, err := s.readAnswer(r)
	if err != nil {
		return s.portalFail(w, r, a.seen, err)
	}
	reply := models.Reply{Domain: a.d.Domain.Name, Kind: models.AnswerKind(a.form.Get("answer"))}
	problem := portalProblem{}
	switch reply.Kind {
	case models.AnswerLettingGo:
		if a.form.Get("confirmed") != "yes" {
			redirect(w, r, a.seen.base+"/confirm?"+url.Values{"domain": {a.d.Domain.Name}}.Encode())
			return nil
		}
	case models.AnswerWillRenew:
		reply.RenewOn, problem = a.renewalDay()
	case models.AnswerWrongPerson:
		reply.Instead, problem = a.named()
	case models.AnswerRenewed, models.AnswerAutoRenew:
	default:
		return s.portalFail(w, r, a.seen, models.ErrNotFound)
	}
	if problem.Text != "" {
		return s.portalAgain(w, &a, problem)
	}
	if !a.seen.view.Link.Covers(a.d.Cycle) {
		return s.portalOlder(w, r, &a)
	}
	err = s.opt.Answers.Record(r.Context(), a.seen.view.Link.ID, reply, a.seen.dates.now)
	return s.portalDone(w, r, &a, string(reply.Kind), err)
}

// portalWithdraw takes the answer in force back.
func (s *Server) portalWithdraw(w http.ResponseWriter, r *http.Request) error {
	a, err := s.readAnswer(r)
	if err != nil {
		return s.portalFail(w, r, a.seen, err)
	}
	if !a.seen.view.Link.Covers(a.d.Cycle) {
		return s.portalOlder(w, r, &a)
	}
	err = s.opt.Answers.Withdraw(r.Context(), a.seen.view.Link.ID, a.d.Domain.Name, a.seen.dates.now)
	return s.portalDone(w, r, &a, "withdrawn", err)
}

// portalAttest records the date that a client states.
func (s *Server) portalAttest(w http.ResponseWriter, r *http.Request) error {
	a, err := s.readAnswer(r)
	if err != nil {
		return s.portalFail(w, r, a.seen, err)
	}
	day, err := time.Parse(time.DateOnly, strings.TrimSpace(a.form.Get("date")))
	if err != nil {
		return s.portalAgain(w, &a, portalProblem{Field: "attested", Text: a.seen.dates.text("problem.attested.none")})
	}
	err = s.opt.Answers.Attest(r.Context(), a.seen.view.Link.ID, a.d.Domain.Name, day, a.seen.dates.now)
	return s.portalDone(w, r, &a, "attested", err)
}

// portalDone words how an answer ended: with thanks, or with what the client can mend.
func (s *Server) portalDone(w http.ResponseWriter, r *http.Request, a *portalAsked, said string, err error) error {
	var invalid *models.InvalidError
	switch {
	case errors.As(err, &invalid):
		return s.portalAgain(w, a, a.problem(invalid.Field))
	case err != nil:
		return s.portalFail(w, r, a.seen, err)
	}
	if err := s.opt.Store.TouchLink(r.Context(), a.seen.view.Link.ID, a.seen.dates.now); err != nil {
		s.opt.Logger.Warn("the use of a link was not noted", "error", err)
	}
	redirect(w, r, a.seen.base+"?said="+url.QueryEscape(said))
	return nil
}

// portalOlder shows the page as it is to somebody who answers through a link that was made before what is asked now. Nobody asks anything
// of a domain without an open cycle.
func (s *Server) portalOlder(w http.ResponseWriter, r *http.Request, a *portalAsked) error {
	if a.d.Cycle == nil || a.d.Cycle.ClosedAt != nil {
		return s.portalFail(w, r, a.seen, models.ErrConflict)
	}
	v := s.buildPortal(a.seen)
	s.renderPortal(w, http.StatusConflict, "page", a.seen.dates.phrases, v.Title, v)
	return nil
}

// portalProblem is what is wrong with an answer, at the field that it is about.
type portalProblem struct {
	Field string // of the reply; renew_on, attested, instead_…
	Text  string
	Named models.Named // what was entered, less what is not to be repeated
}

// portalAgain shows the page again with what is wrong with the answer, at the domain it is about.
func (s *Server) portalAgain(w http.ResponseWriter, a *portalAsked, problem portalProblem) error {
	v := s.buildPortal(a.seen)
	for i := range v.Domains {
		if v.Domains[i].Name.ASCII == a.d.Domain.Name {
			v.Domains[i].Problem = problem
		}
	}
	s.renderPortal(w, http.StatusUnprocessableEntity, "page", a.seen.dates.phrases, v.Title, v)
	return nil
}

// problem words what was found wrong with a field of the reply.
func (a *portalAsked) problem(field string) portalProblem {
	p := portalProblem{Field: field, Text: a.seen.dates.text("problem.answer")}
	if key := "problem." + field; a.seen.dates.has(key) {
		p.Text = a.seen.dates.text(key)
	}
	if strings.HasPrefix(field, "instead_") {
		p.Named = a.entered()
	}
	return p
}

// renewalDay reads the day on which a client wants to renew: from today on, and before it would be too late.
func (a *portalAsked) renewalDay() (*time.Time, portalProblem) {
	when := a.seen.dates
	day, err := time.Parse(time.DateOnly, strings.TrimSpace(a.form.Get("renew_on")))
	if err != nil {
		return nil, portalProblem{Field: "renew_on", Text: when.text("problem.renew_on.none")}
	}
	expires := a.d.Domain.ExpiresAt
	switch n := when.days(day); {
	case n < 0:
		return nil, portalProblem{Field: "renew_on", Text: when.text("problem.renew_on.past")}
	case expires != nil && when.days(*expires) >= 0 && n > when.days(*expires):
		return nil, portalProblem{Field: "renew_on", Text: when.text("problem.renew_on.expired", "day", when.day(*expires))}
	case n > 366:
		return nil, portalProblem{Field: "renew_on", Text: when.text("problem.renew_on")}
	}
	return &day, portalProblem{}
}

// entered is what was written of another person, bounded.
func (a *portalAsked) entered() models.Named {
	return models.Named{Name: bounded(a.form.Get("instead_name"), 200), Email: bounded(a.form.Get("instead_email"), 300), Phone: bounded(a.form.Get("instead_phone"), 80)}
}

// named reads whom a client names in its place; nil for nobody. What looks like a secret is refused and not repeated.
func (a *portalAsked) named() (*models.Named, portalProblem) {
	n := a.entered()
	if n == (models.Named{}) {
		return nil, portalProblem{}
	}
	kept, problem := n, portalProblem{}
	for _, f := range []struct {
		name  string
		raw   string
		field *string
	}{
		{"instead_phone", a.form.Get("instead_phone"), &kept.Phone},
		{"instead_email", a.form.Get("instead_email"), &kept.Email},
		{"instead_name", a.form.Get("instead_name"), &kept.Name},
	} {
		if access.SecretIn(f.raw) != "" {
			*f.field = ""
			problem = portalProblem{Field: f.name, Text: a.seen.dates.text("problem.secret")}
		}
	}
	if problem.Text != "" {
		problem.Named = kept
		return nil, problem
	}
	return &n, portalProblem{}
}
