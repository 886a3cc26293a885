package dashboard

import (
	"fmt"
	"net/http"

	"github.com/krestmarketing/deedwatch/models"
)

// accessRoutes are the addresses of the access register; none without Options.Access.
func (s *Server) accessRoutes() []route {
	if s.opt.Access == nil {
		return nil
	}
	return []route{{"GET /access", models.UserViewer, s.accessPage}}
}

// accessView is the register as a list.
type accessView struct{ Rows []accessRow }

// accessRow is a delegated access with whose it is.
type accessRow struct {
	grantRow
	ClientID int64
	Client   string
}

// accessPage lists what clients let the agency into.
func (s *Server) accessPage(w http.ResponseWriter, r *http.Request) error {
	list, err := s.opt.Access.Grants(r.Context(), models.GrantQuery{})
	if err != nil {
		return fmt.Errorf("read the access register: %w", err)
	}
	d := s.dates(s.now())
	var v accessView
	for _, g := range list {
		v.Rows = append(v.Rows, accessRow{grantRow: grantRows([]models.Grant{g.Grant}, d)[0], ClientID: g.Grant.ClientID, Client: visible(g.ClientName)})
	}
	s.render(w, r, http.StatusOK, "access", head{Title: "Access", Nav: "/access"}, v)
	return nil
}
