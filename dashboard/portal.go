package dashboard

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

// portalSeen is what the client's page is made from, once its token was verified.
type portalSeen struct {
	view  models.PortalView
	dates spoken
	words serviceWords
	base  string // /c/{token}
	form  string // what its forms carry
}

// errLink is the answer to a token that is forged, malformed, made for something else, expired or revoked. All read the same.
var errLink = errors.New("the signed link does not work")

// errForm is the answer to a form that did not come from the link's own page.
var errForm = errors.New("the form is not this page's")

// errOften is the answer to somebody who asks or answers more often than people do.
var errOften = errors.New("too often")

// portalLimits bound what is asked and said without an account: by the visitor's address and by link.
type portalLimits struct{ looks, posts, answers, stops *limiter }

func newPortalLimits() portalLimits {
	return portalLimits{
		looks:   newLimiter(100*time.Millisecond, 300, 10_000), // an office behind one address, its mail scanner included
		posts:   newLimiter(time.Second, 60, 10_000),
		answers: newLimiter(3*time.Second, 20, 10_000),          // through one link
		stops:   newLimiter(50*time.Millisecond, 1_000, 10_000), // a mail service asks for all of its users
	}
}

// mayLook counts a visit.
func (s *Server) mayLook(r *http.Request) error {
	if !s.portal.looks.allow(addressKey(s.opt.ClientAddr(r)), s.now()) {
		return errOften
	}
	return nil
}

// openLink verifies the token of a request and reads what its contact may see; nothing is written: mail scanners follow links.
func (s *Server) openLink(r *http.Request) (*portalSeen, error) {
	if err := s.mayLook(r); err != nil {
		return nil, err
	}
	ctx, now, token := r.Context(), s.now(), r.PathValue("token")
	linkID, contactID, err := s.opt.Links.VerifyFor(models.LinkAnswer, token, now)
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
	l := &view.Link
	if !linkFits(l, models.LinkAnswer, linkID, contactID, now) || view.Contact.ID != contactID || view.Contact.ErasedAt != nil {
		return nil, errLink
	}
	loc := zoneOf(&view.Contact, &view.Client, s.opt.Agency.Zone)
	return &portalSeen{
		view: view, dates: spoken{dates{now: now, loc: loc}, s.speak(view.Contact.Language, view.Client.Language)},
		words: serviceWords{s.opt.Services}, base: "/c/" + url.PathEscape(token), form: s.opt.Links.FormToken(models.LinkAnswer, linkID, contactID),
	}, nil
}

// linkFits reports whether a link, as it is stored, is the one that a token names, and works. A link without a purpose is one for answering.
func linkFits(l *models.Link, purpose models.LinkPurpose, linkID, contactID int64, now time.Time) bool {
	stored := l.Purpose
	if stored == "" {
		stored = models.LinkAnswer
	}
	return l.ID == linkID && l.ContactID == contactID && stored == purpose && l.Works(now)
}

// zoneOf gives the zone of the contact, else the client's, else the agency's.
func zoneOf(contact *models.Contact, client *models.Client, agency *time.Location) *time.Location {
	for _, name := range []string{contact.TimeZone, client.TimeZone} {
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
		return s.portalFail(w, r, nil, err)
	}
	v := s.buildPortal(seen)
	q := r.URL.Query()
	if key := "thanks." + q.Get("said"); seen.dates.has(key) {
		v.Said = seen.dates.text(key)
	}
	v.find(q.Get("ref"), seen)
	v.Calendar = s.offersCalendar(r.Context(), seen.view.Client.ID)
	s.renderPortal(w, http.StatusOK, "page", seen.dates.phrases, v.Title, v)
	return nil
}

// portalConfirm repeats the name and the consequence before a domain is let go.
func (s *Server) portalConfirm(w http.ResponseWriter, r *http.Request) error {
	seen, err := s.openLink(r)
	if err != nil {
		return s.portalFail(w, r, seen, err)
	}
	d := seen.domain(r.URL.Query().Get("domain"))
	switch {
	case d == nil:
		return s.portalFail(w, r, seen, models.ErrNotFound)
	case !seen.view.Link.Covers(d.Cycle):
		redirect(w, r, seen.base)
		return nil
	}
	v := confirmView{Base: seen.base, Form: seen.form, Domain: seen.build(d)}
	s.renderPortal(w, http.StatusOK, "confirm", seen.dates.phrases, seen.dates.text("confirm.title"), v)
	return nil
}

// confirmView is the page before a domain is let go.
type confirmView struct {
	Base, Form string
	Domain     portalDomain
}

// portalFail words what went wrong for a client: in plain words, with the phone number. Before a link is known to work nobody knows whose it
// is: then the browser says in which language.
func (s *Server) portalFail(w http.ResponseWriter, r *http.Request, seen *portalSeen, err error) error {
	words := s.speak(accepted(r.Header.Get("Accept-Language"))...)
	if seen != nil {
		words = seen.dates.phrases
	}
	v, status := portalFailure{Title: words.text("fail.link"), Link: true}, http.StatusNotFound
	var f *failure
	var tooBig *http.MaxBytesError
	switch {
	case errors.Is(err, errLink):
	case errors.Is(err, errOften):
		w.Header().Set("Retry-After", "60")
		v, status = portalFailure{Title: words.text("fail.often"), Text: words.text("fail.often_text")}, http.StatusTooManyRequests
	case errors.Is(err, errForm):
		v, status = portalFailure{Title: words.text("fail.form"), Text: words.text("fail.form_text")}, http.StatusBadRequest
	case errors.As(err, &tooBig):
		v, status = portalFailure{Title: words.text("fail.form"), Text: words.text("fail.form_text")}, http.StatusRequestEntityTooLarge
	case errors.Is(err, models.ErrNotFound), errors.As(err, &f):
		v = portalFailure{Title: words.text("fail.form"), Text: words.text("fail.form_text")}
	case errors.Is(err, models.ErrConflict):
		v, status = portalFailure{Title: words.text("fail.changed"), Text: words.text("fail.changed_text")}, http.StatusConflict
	default:
		ref := newReference()
		s.opt.Logger.Error("a client's page failed", "reference", ref, "route", routeOf(r), "error", err)
		v, status = portalFailure{Title: words.text("fail.ours"), Text: words.text("fail.ours_text"), Reference: ref}, http.StatusServiceUnavailable
	}
	v.Phone, v.Hours = s.opt.Agency.Phone, s.hours(words)
	s.renderPortal(w, status, "failure", words, v.Title, v)
	return nil
}

// portalFailure is the page a client sees instead of its own.
type portalFailure struct {
	Title, Text  string
	Link         bool // it is the link that does not work
	Reference    string
	Phone, Hours string
}
