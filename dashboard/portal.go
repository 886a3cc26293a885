package dashboard

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

// portalSeen is what the client's page is made from, once its token was verified.
type portalSeen struct {
	view  models.PortalView
	dates dates
	words serviceWords
	base  string // /c/{token}
}

// errLink is the answer to a token that is forged, malformed, expired or revoked. All read the same.
var errLink = errors.New("the signed link does not work")

// openLink verifies the token of a request and reads what its contact may see; nothing is written: mail scanners follow links.
func (s *Server) openLink(r *http.Request) (*portalSeen, error) {
	ctx, now, token := r.Context(), s.now(), r.PathValue("token")
	linkID, contactID, err := s.opt.Links.Verify(token, now)
	if err != nil {
		return nil, errLink
	}
	view, err := s.opt.Store.Portal(ctx, linkID, now, s.opt.Agency.Zone)
	if errors.Is(err, models.ErrNotFound) {
		return nil, errLink
	}
	if err != nil {
		return nil, fmt.Errorf("read the client's page: %w", err)
	}
	l := view.Link
	if l.ID != linkID || view.Contact.ID != contactID || l.ContactID != contactID || l.RevokedAt != nil || !l.ExpiresAt.After(now) {
		return nil, errLink
	}
	return &portalSeen{
		view: view, dates: dates{now: now, loc: zoneOf(view, s.opt.Agency.Zone)}, words: serviceWords{s.opt.Services}, base: "/c/" + url.PathEscape(token),
	}, nil
}

// zoneOf gives the zone of the contact, else the client's, else the agency's.
func zoneOf(v models.PortalView, agency *time.Location) *time.Location {
	for _, name := range []string{v.Contact.TimeZone, v.Client.TimeZone} {
		if name == "" {
			continue
		}
		if loc, err := time.LoadLocation(name); err == nil {
			return loc
		}
	}
	return agency
}

// domain finds one of the client's own domains; nil for any other.
func (p *portalSeen) domain(name string) *models.PortalDomain {
	i := slices.IndexFunc(p.view.Domains, func(d models.PortalDomain) bool { return d.Domain.Name == name })
	if i < 0 {
		return nil
	}
	return &p.view.Domains[i]
}

// portalPage shows a client its domains, most urgent first.
func (s *Server) portalPage(w http.ResponseWriter, r *http.Request) error {
	seen, err := s.openLink(r)
	if err != nil {
		return s.portalFail(w, r, err)
	}
	v := s.buildPortal(seen)
	v.Said = saidWords(models.AnswerKind(r.URL.Query().Get("said")))
	s.renderPortal(w, r, http.StatusOK, "page", "Your domains", v)
	return nil
}

// portalConfirm repeats the name and the consequence before a domain is let go.
func (s *Server) portalConfirm(w http.ResponseWriter, r *http.Request) error {
	seen, err := s.openLink(r)
	if err != nil {
		return s.portalFail(w, r, err)
	}
	d := seen.domain(r.URL.Query().Get("domain"))
	if d == nil {
		return s.portalFail(w, r, models.ErrNotFound)
	}
	s.renderPortal(w, r, http.StatusOK, "confirm", "Let a domain go", confirmView{Base: seen.base, Domain: seen.build(d), Services: seen.words.carries(d.Records)})
	return nil
}

// portalAnswer records an answer. Letting go needs a second, confirming form.
func (s *Server) portalAnswer(w http.ResponseWriter, r *http.Request) error {
	seen, err := s.openLink(r)
	if err != nil {
		return s.portalFail(w, r, err)
	}
	if err := r.ParseForm(); err != nil {
		return s.portalFail(w, r, formError(err))
	}
	kind := models.AnswerKind(r.PostForm.Get("answer"))
	d := seen.domain(r.PostForm.Get("domain"))
	if d == nil || !kind.Valid() {
		return s.portalFail(w, r, models.ErrNotFound)
	}
	if kind == models.AnswerLettingGo && r.PostForm.Get("confirmed") != "yes" {
		redirect(w, r, seen.base+"/confirm?"+url.Values{"domain": {d.Domain.Name}}.Encode())
		return nil
	}
	var renewOn *time.Time
	if kind == models.AnswerWillRenew {
		day, problem := renewalDay(r.PostForm.Get("renew_on"), d, seen.dates)
		if problem != "" {
			return s.portalProblem(w, r, seen, d, problem)
		}
		renewOn = &day
	}
	err = s.opt.Answers.Record(r.Context(), seen.view.Link.ID, d.Domain.Name, kind, renewOn, seen.dates.now)
	var invalid *models.InvalidError
	switch {
	case errors.As(err, &invalid):
		return s.portalProblem(w, r, seen, d, sentence(invalid.Msg))
	case err != nil:
		return s.portalFail(w, r, err)
	}
	if err := s.opt.Store.TouchLink(r.Context(), seen.view.Link.ID, seen.dates.now); err != nil {
		s.opt.Logger.Warn("the use of a link was not noted", "error", err)
	}
	redirect(w, r, seen.base+"?said="+url.QueryEscape(string(kind)))
	return nil
}

// portalProblem shows the page again with what is wrong with the answer, at the domain it is about.
func (s *Server) portalProblem(w http.ResponseWriter, r *http.Request, seen *portalSeen, d *models.PortalDomain, problem string) error {
	v := s.buildPortal(seen)
	for i := range v.Domains {
		if v.Domains[i].Name.ASCII == d.Domain.Name {
			v.Domains[i].Problem = problem
		}
	}
	s.renderPortal(w, r, http.StatusUnprocessableEntity, "page", "Your domains", v)
	return nil
}

// portalFail words what went wrong for a client: in plain words, with the phone number.
func (s *Server) portalFail(w http.ResponseWriter, r *http.Request, err error) error {
	v := portalFailure{Title: "This link does not work", Link: true}
	status := http.StatusNotFound
	var f *failure
	var tooBig *http.MaxBytesError
	switch {
	case errors.Is(err, errLink):
	case errors.Is(err, models.ErrNotFound), errors.As(err, &f), errors.As(err, &tooBig):
		v = portalFailure{Title: "That did not work", Text: "Nothing was changed. Open the link in our e-mail again."}
	case errors.Is(err, models.ErrConflict):
		status = http.StatusConflict
		v = portalFailure{Title: "Something changed in the meantime", Text: "Your answer was not recorded. Open the link in our e-mail again: the dates may be new."}
	default:
		ref := newReference()
		s.opt.Logger.Error("a client's page failed", "reference", ref, "route", routeOf(r), "error", err)
		status = http.StatusServiceUnavailable
		v = portalFailure{Title: "Something went wrong on our side", Text: "Your answer was not recorded. Try again in some minutes.", Reference: ref}
	}
	s.renderPortal(w, r, status, "failure", v.Title, v)
	return nil
}

// portalFailure is the page a client sees instead of its own.
type portalFailure struct {
	Title, Text string
	Link        bool // it is the link that does not work
	Reference   string
}

// confirmView is the page before a domain is let go.
type confirmView struct {
	Base     string
	Domain   portalDomain
	Services []string
}

// renewalDay reads the day on which a client wants to renew: from today on, and before it would be too late.
func renewalDay(s string, d *models.PortalDomain, when dates) (time.Time, string) {
	day, err := time.Parse(time.DateOnly, strings.TrimSpace(s))
	if err != nil {
		return day, "Choose the day on which you will renew it."
	}
	n := when.days(day)
	switch {
	case n < 0:
		return day, "This day has passed. Choose today or a later one."
	case d.Domain.ExpiresAt != nil && when.days(*d.Domain.ExpiresAt) >= 0 && n > when.days(*d.Domain.ExpiresAt):
		return day, "The domain expires before this day, on " + when.day(*d.Domain.ExpiresAt) + ". Choose an earlier one."
	case n > 366:
		return day, "This day is too far away. Choose one within a year."
	}
	return day, ""
}

// saidWords thanks for an answer; empty for none.
func saidWords(k models.AnswerKind) string {
	switch k {
	case models.AnswerRenewed:
		return "Thank you. We look at the registry ourselves; the new date can take a few hours to show there."
	case models.AnswerWillRenew:
		return "Thank you. We note the day, and look again after it."
	case models.AnswerAutoRenew:
		return "Thank you. We note that auto-renew is on. Please check that the card on file is still valid."
	case models.AnswerLettingGo:
		return "Thank you. We note that you let this domain go. You can change your mind here until it is released."
	case models.AnswerWrongPerson:
		return "Thank you for telling us. We will find the right person."
	}
	return ""
}
