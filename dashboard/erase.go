package dashboard

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"github.com/krestmarketing/deedwatch/models"
)

// EraseStore takes what names a person out of everything. *models.InvalidError: they are the last who can be written to.
type EraseStore interface {
	EraseContact(ctx context.Context, e models.Erasure) (models.ErasureResult, error)
}

// eraseRoutes are the administrators'. It can't be undone, so it is asked twice.
func (s *Server) eraseRoutes() []route {
	return []route{
		{"GET /clients/{id}/contacts/{contact}/erase", models.UserAdmin, s.erasePage},
		{"POST /clients/{id}/contacts/{contact}/erase", models.UserAdmin, s.eraseContact},
	}
}

// eraseView asks for the second word.
type eraseView struct {
	ID, Contact         int64
	Client, Name, Email string
	Role                string
	Problem             string
}

// erasePage says what goes and what stays.
func (s *Server) erasePage(w http.ResponseWriter, r *http.Request) error {
	v, err := s.eraseView(r)
	if err != nil {
		return err
	}
	s.render(w, r, http.StatusOK, "erase", head{Title: "Erase a person", Nav: "/clients"}, v)
	return nil
}

func (s *Server) eraseView(r *http.Request) (v eraseView, err error) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return v, errNoSuchPage
	}
	contact, err := strconv.ParseInt(r.PathValue("contact"), 10, 64)
	if err != nil {
		return v, errNoSuchPage
	}
	cv, err := s.opt.Store.ClientView(r.Context(), id)
	if err != nil {
		return v, fmt.Errorf("read a client: %w", err)
	}
	i := slices.IndexFunc(cv.Contacts, func(c models.Contact) bool { return c.ID == contact })
	if i < 0 || cv.Contacts[i].ErasedAt != nil {
		return v, errNoSuchPage
	}
	c := cv.Contacts[i]
	return eraseView{ID: id, Contact: contact, Client: visible(cv.Client.Name), Name: visible(c.Name), Email: visible(c.Email), Role: roleWords(c.Role)}, nil
}

// eraseContact does it.
func (s *Server) eraseContact(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return formError(err)
	}
	v, err := s.eraseView(r)
	if err != nil {
		return err
	}
	if r.PostForm.Get("sure") != "yes" {
		v.Problem = "Nothing was erased: tick that you are sure."
		s.render(w, r, http.StatusUnprocessableEntity, "erase", head{Title: "Erase a person", Nav: "/clients"}, v)
		return nil
	}
	res, err := s.opt.Store.EraseContact(r.Context(), models.Erasure{
		ContactID: v.Contact, By: actor(r.Context()), Reason: bounded(r.PostForm.Get("reason"), 200), At: s.now(), Force: r.PostForm.Get("force") == "yes",
	})
	if err != nil {
		return fmt.Errorf("erase a contact: %w", err)
	}
	s.flash(r.Context(), fmt.Sprintf("Erased: out of %s, %s and %s. The proof’s hashes stay.", plural(res.Lines, "ledger line"), plural(res.Messages, "message"), plural(res.Others, "other row")))
	redirect(w, r, fmt.Sprintf("/clients/%d", v.ID))
	return nil
}
