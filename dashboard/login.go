package dashboard

import (
	"errors"
	"net/http"
	"strings"

	"github.com/krestmarketing/deedwatch/models"
)

// loginView is the sign-in page.
type loginView struct {
	Next    string
	Email   string
	Problem string
	First   bool // nobody has an account yet
}

// loginPage shows the form, or goes on when somebody is signed in already.
func (s *Server) loginPage(w http.ResponseWriter, r *http.Request) error {
	next := localPath(r.URL.Query().Get("next"))
	if userOf(r.Context()) != nil {
		redirect(w, r, next)
		return nil
	}
	n, err := s.opt.Store.CountUsers(r.Context())
	if err != nil {
		return err
	}
	s.renderBare(w, r, http.StatusOK, "login", "Sign in", loginView{Next: next, First: n == 0})
	return nil
}

// signIn checks an e-mail address and a password. Every refusal reads the same and takes as long, whether the account exists or not.
func (s *Server) signIn(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return formError(err)
	}
	ctx, now := r.Context(), s.now()
	email := strings.ToLower(strings.TrimSpace(r.PostForm.Get("email")))
	password := r.PostForm.Get("password")
	view := loginView{Next: localPath(r.PostForm.Get("next")), Email: email}
	if len(email) > 254 || len(password) > MaxPassword {
		return errBadForm
	}
	address := addressKey(s.opt.ClientAddr(r))
	if !s.byAddress.allow(address, now) || !s.byAccount.allow(email, now) {
		view.Problem = "Too many tries. Wait a minute, then try again."
		w.Header().Set("Retry-After", "60")
		s.renderBare(w, r, http.StatusTooManyRequests, "login", "Sign in", view)
		return nil
	}
	user, err := s.checkPassword(r, email, password)
	if err != nil {
		return err
	}
	if user == nil {
		view.Problem = "This e-mail address and password do not belong together."
		s.renderBare(w, r, http.StatusUnauthorized, "login", "Sign in", view)
		return nil
	}
	s.byAccount.forget(email)
	if err := s.begin(ctx, user); err != nil {
		return err
	}
	redirect(w, r, view.Next)
	return nil
}

// checkPassword gives the account the two belong to; nil when there is none, or when it is switched off.
func (s *Server) checkPassword(r *http.Request, email, password string) (*models.User, error) {
	ctx := r.Context()
	user, err := s.opt.Store.UserByEmail(ctx, email)
	if err != nil && !errors.Is(err, models.ErrNotFound) {
		return nil, err
	}
	hash := user.PasswordHash
	if err != nil || user.DisabledAt != nil {
		hash = ""
	}
	ok, err := s.opt.Passwords.Verify(ctx, hash, password)
	if err != nil || !ok {
		return nil, err
	}
	return &user, nil
}

// signOut ends the session.
func (s *Server) signOut(w http.ResponseWriter, r *http.Request) error {
	if err := s.sessions.Destroy(r.Context()); err != nil {
		return err
	}
	redirect(w, r, "/login")
	return nil
}

// formError tells a body that is too big from one that can't be read.
func formError(err error) error {
	if _, tooBig := errors.AsType[*http.MaxBytesError](err); tooBig {
		return err
	}
	return errBadForm
}
