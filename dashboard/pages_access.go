package dashboard

import (
	"fmt"
	"net/http"
	"strconv"

	"github.com/krestmarketing/deedwatch/models"
)

// accessRoutes are the addresses of the access register; none without Options.Access.
func (s *Server) accessRoutes() []route {
	if s.opt.Access == nil {
		return nil
	}
	return []route{
		{"GET /access", models.UserViewer, s.accessPage},
		{"GET /access/new", models.UserOnboarding, s.newGrantPage},
		{"POST /access", models.UserOnboarding, s.recordGrant},
		{"GET /access/{id}", models.UserViewer, s.grantPage},
		{"POST /access/{id}/steps", models.UserOnboarding, s.moveGrant},
	}
}

// accessPage shows what clients let the agency into: by client, by person or as a list.
func (s *Server) accessPage(w http.ResponseWriter, r *http.Request) error {
	views, err := s.opt.Access.Grants(r.Context(), models.GrantQuery{})
	if err != nil {
		return fmt.Errorf("read the access register: %w", err)
	}
	d := s.dates(s.now())
	reg := newRegister(views, d)
	s.render(w, r, http.StatusOK, "access", head{Title: "Access", Nav: "/access"}, buildAccess(reg, parseAccess(r.URL.Query(), reg), d))
	return nil
}

// grantPage shows one delegated access with its history and the steps that are possible.
func (s *Server) grantPage(w http.ResponseWriter, r *http.Request) error {
	return s.showGrant(w, r, http.StatusOK, stepTry{})
}

// showGrant shows one delegated access, together with a step that was tried in vain.
func (s *Server) showGrant(w http.ResponseWriter, r *http.Request, status int, try stepTry) error {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return errNoSuchPage
	}
	g, err := s.opt.Access.Grant(r.Context(), id)
	if err != nil {
		return fmt.Errorf("read a delegated access: %w", err)
	}
	events, err := s.opt.Access.GrantEvents(r.Context(), id)
	if err != nil {
		return fmt.Errorf("read the history of a delegated access: %w", err)
	}
	v := buildGrant(&g, events, try, s.dates(s.now()))
	s.render(w, r, status, "grant", head{Title: v.Platform + " of " + v.Client, Nav: "/access"}, v)
	return nil
}
