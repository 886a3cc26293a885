package dashboard

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"github.com/krestmarketing/deedwatch/models"
)

// stopPattern is the address that a List-Unsubscribe header names (RFC 8058). Its POST comes from anywhere: a mail service sends it in its
// user's name, without a cookie and without having seen the page. The token is what it is known by.
const stopPattern = "POST /u/{token}"

func linkKey(id int64) string { return strconv.FormatInt(id, 10) }

// stopSeen is what the page for unsubscribing is made from, once its token was verified.
type stopSeen struct {
	view  models.Unsubscribing
	words *phrases
	token string
}

// openStop verifies the token of a request for unsubscribing; nothing is written.
func (s *Server) openStop(r *http.Request) (*stopSeen, error) {
	now, token := s.now(), r.PathValue("token")
	linkID, contactID, err := s.opt.Links.VerifyFor(models.LinkUnsubscribe, token, now)
	if err != nil {
		return nil, errLink
	}
	view, err := s.opt.Store.Unsubscribing(r.Context(), linkID)
	if errors.Is(err, models.ErrNotFound) {
		return nil, errLink
	}
	if err != nil {
		return nil, fmt.Errorf("read the page for unsubscribing: %w", err)
	}
	if !linkFits(&view.Link, models.LinkUnsubscribe, linkID, contactID, now) || view.Contact.ID != contactID || view.Contact.ErasedAt != nil {
		return nil, errLink
	}
	return &stopSeen{view, s.speak(view.Contact.Language, view.Client.Language), token}, nil
}

// stopPage asks before anything changes: mail scanners follow links.
func (s *Server) stopPage(w http.ResponseWriter, r *http.Request) error {
	if err := s.mayLook(r); err != nil {
		return s.portalFail(w, r, nil, err)
	}
	seen, err := s.openStop(r)
	if err != nil {
		return s.portalFail(w, r, nil, err)
	}
	return s.showStop(w, seen, r.URL.Query().Get("said") == "again")
}

// stop takes a contact off by one request (RFC 8058 section 3.1): the duty moves to the next contact. What is said twice counts once.
func (s *Server) stop(w http.ResponseWriter, r *http.Request) error {
	if !s.portal.stops.allow(addressKey(s.opt.ClientAddr(r)), s.now()) {
		return s.portalFail(w, r, nil, errOften)
	}
	seen, err := s.openStop(r)
	if err != nil {
		return s.portalFail(w, r, nil, err)
	}
	if !s.portal.answers.allow(linkKey(seen.view.Link.ID), s.now()) {
		return s.portalFail(w, r, nil, errOften)
	}
	if r.PostFormValue("List-Unsubscribe") != "One-Click" { // also as multipart/form-data
		return s.portalFail(w, r, nil, errForm)
	}
	if _, err := s.opt.Store.OptOut(r.Context(), seen.view.Link.ID, s.now()); err != nil {
		return s.portalFail(w, r, nil, fmt.Errorf("opt a contact out: %w", err))
	}
	if seen, err = s.openStop(r); err != nil {
		return s.portalFail(w, r, nil, err)
	}
	return s.showStop(w, seen, false)
}

// stopBack takes a contact on again, from the page itself only.
func (s *Server) stopBack(w http.ResponseWriter, r *http.Request) error {
	if !s.portal.posts.allow(addressKey(s.opt.ClientAddr(r)), s.now()) {
		return s.portalFail(w, r, nil, errOften)
	}
	seen, err := s.openStop(r)
	if err != nil {
		return s.portalFail(w, r, nil, err)
	}
	link := &seen.view.Link
	if !s.portal.answers.allow(linkKey(link.ID), s.now()) {
		return s.portalFail(w, r, nil, errOften)
	}
	if err := r.ParseForm(); err != nil {
		return s.portalFail(w, r, nil, formError(err))
	}
	if !s.opt.Links.FormFits(models.LinkUnsubscribe, link.ID, link.ContactID, r.PostForm.Get("form")) {
		return s.portalFail(w, r, nil, errForm)
	}
	if err := s.opt.Store.OptIn(r.Context(), link.ID, s.now()); err != nil && !errors.Is(err, models.ErrConflict) {
		return s.portalFail(w, r, nil, fmt.Errorf("take a contact on again: %w", err))
	}
	redirect(w, r, "/u/"+url.PathEscape(seen.token)+"?said=again")
	return nil
}

// stopView is the page for unsubscribing, as things stand.
type stopView struct {
	Heading, Text, Lead string
	Stop, Back          bool // which button it has
	Base, Form          string
}

func (s *Server) showStop(w http.ResponseWriter, seen *stopSeen, returned bool) error {
	say, c, client := seen.words, &seen.view.Contact, visible(seen.view.Client.Name)
	email, next := visible(c.Email), ""
	if n := seen.view.Next; n != nil {
		next = visible(n.Name)
		if next == "" {
			next = visible(n.Email)
		}
	}
	v := stopView{Base: "/u/" + url.PathEscape(seen.token), Form: s.opt.Links.FormToken(models.LinkUnsubscribe, seen.view.Link.ID, c.ID)}
	switch {
	case seen.view.OwnWish && next != "":
		v.Heading, v.Text, v.Back = say.text("stop.done", "email", email), say.text("stop.done_next", "who", next, "client", client), true
	case seen.view.OwnWish:
		v.Heading, v.Text, v.Back = say.text("stop.done", "email", email), say.text("stop.done_nobody", "client", client), true
	case !c.Usable():
		v.Heading, v.Text = say.text("stop.other", "email", email), say.text("stop.other_text")
	case returned:
		v.Heading, v.Text = say.text("stop.returned", "email", email), say.text("stop.returned_text")
	default:
		v.Heading, v.Lead, v.Stop = say.text("stop.heading", "email", email), say.text("stop.lead", "client", client), true
		if v.Text = say.text("stop.nobody", "client", client); next != "" {
			v.Text = say.text("stop.next", "who", next)
		}
	}
	s.renderPortal(w, http.StatusOK, "stop", say, say.text("stop.title"), v)
	return nil
}
