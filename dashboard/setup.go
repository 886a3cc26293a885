package dashboard

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/mail"
	"net/url"
	"strings"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

// setupTokenLife is how long a link to set a first password works.
const setupTokenLife = 24 * time.Hour

// setupCookie carries the token from its link to the form, so that it stands in no address after the first request.
const setupCookie = "deedwatch-setup"

// setupView is the page to set a name, an e-mail address and a password.
type setupView struct {
	Name     string
	Email    string
	Fixed    bool // the address was set by who invited
	Role     models.UserRole
	Problems []models.InvalidError
	Min      int
}

// SetupLink makes the address at which the first administrator sets a password, as long as nobody has an account; false when somebody has.
// The token in it works once and for a day; the store keeps only its hash.
func (s *Server) SetupLink(ctx context.Context) (string, bool, error) {
	n, err := s.opt.Store.CountUsers(ctx)
	if err != nil {
		return "", false, fmt.Errorf("make a setup link: %w", err)
	}
	if n > 0 {
		return "", false, nil
	}
	link, err := s.setupLink(ctx, "", models.UserAdmin)
	return link, err == nil, err
}

// InviteLink makes the address at which a colleague sets a password for a new account with the given address and role. It works once and
// for a day. An address that has an account already is models.ErrConflict.
func (s *Server) InviteLink(ctx context.Context, email string, role models.UserRole) (string, error) {
	email = strings.ToLower(strings.TrimSpace(email))
	if a, err := mail.ParseAddress(email); err != nil || a.Address != email {
		return "", models.Invalid("e-mail", "give one plain address, like dana@agency.example")
	}
	if role.Rank() < 0 {
		return "", models.Invalid("role", "must be viewer, onboarding, ops or admin")
	}
	switch _, err := s.opt.Store.UserByEmail(ctx, email); {
	case err == nil:
		return "", fmt.Errorf("%w: this address has an account already", models.ErrConflict)
	case !errors.Is(err, models.ErrNotFound):
		return "", fmt.Errorf("make an invitation: %w", err)
	}
	return s.setupLink(ctx, email, role)
}

func (s *Server) setupLink(ctx context.Context, email string, role models.UserRole) (string, error) {
	var raw [32]byte
	if _, err := rand.Read(raw[:]); err != nil {
		return "", fmt.Errorf("make a setup link: %w", err)
	}
	token := base64.RawURLEncoding.EncodeToString(raw[:])
	now := s.now()
	row := models.SetupToken{Hash: hashSetupToken(token), Email: email, Role: role, ExpiresAt: now.Add(setupTokenLife), CreatedAt: now}
	if err := s.opt.Store.CreateSetupToken(ctx, row); err != nil {
		return "", fmt.Errorf("make a setup link: %w", err)
	}
	return s.opt.BaseURL + "/setup?token=" + url.QueryEscape(token), nil
}

// hashSetupToken is the form in which the store knows a token.
func hashSetupToken(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// errSetupLink is the answer to a token that is used, expired or made up.
var errSetupLink = &failure{
	Status: http.StatusGone, Title: "This setup link does not work any more",
	Text: "It works once, and for a day. The first one is printed anew when the server starts; an invitation is made anew by an administrator.",
}

// setupPage takes the token out of the address, then shows the form.
func (s *Server) setupPage(w http.ResponseWriter, r *http.Request) error {
	if token := r.URL.Query().Get("token"); token != "" {
		if !s.byAddress.allow(addressKey(s.opt.ClientAddr(r)), s.now()) {
			return &failure{Status: http.StatusTooManyRequests, Title: "Too many tries", Text: "Wait a minute, then open the link again."}
		}
		if _, err := s.setupToken(r.Context(), token); err != nil {
			return err
		}
		s.setSetupCookie(w, token, 15*60)
		redirect(w, r, "/setup")
		return nil
	}
	row, _, err := s.setupFromCookie(r)
	if err != nil {
		return err
	}
	s.renderSetup(w, r, http.StatusOK, setupView{Email: row.Email, Fixed: row.Email != "", Role: row.Role})
	return nil
}

// setUp makes the account, spends the token and signs in.
func (s *Server) setUp(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return formError(err)
	}
	row, hash, err := s.setupFromCookie(r)
	if err != nil {
		return err
	}
	view := setupView{Name: strings.TrimSpace(r.PostForm.Get("name")), Email: row.Email, Fixed: row.Email != "", Role: row.Role}
	if !view.Fixed {
		view.Email = strings.ToLower(strings.TrimSpace(r.PostForm.Get("email")))
	}
	password := r.PostForm.Get("password")
	if view.Problems = setupProblems(view, password, r.PostForm.Get("again")); len(view.Problems) > 0 {
		s.renderSetup(w, r, http.StatusUnprocessableEntity, view)
		return nil
	}
	ctx, now := r.Context(), s.now()
	digest, err := s.opt.Passwords.Hash(ctx, password)
	if err != nil {
		return err
	}
	user, err := s.opt.Store.UseSetupToken(ctx, hash, models.User{Email: view.Email, Name: view.Name, Role: row.Role, PasswordHash: digest}, now)
	switch {
	case errors.Is(err, models.ErrNotFound):
		return errSetupLink
	case errors.Is(err, models.ErrConflict):
		view.Problems = []models.InvalidError{{Field: "E-mail", Msg: "this address has an account already. Sign in with it"}}
		s.renderSetup(w, r, http.StatusConflict, view)
		return nil
	case err != nil:
		return err
	}
	if err := s.begin(ctx, &user); err != nil {
		return err
	}
	s.setSetupCookie(w, "", -1)
	s.flash(ctx, "Your account is ready. Welcome.")
	redirect(w, r, "/")
	return nil
}

// setupProblems tests the form; the password itself is in no message.
func setupProblems(v setupView, password, again string) []models.InvalidError {
	var list []models.InvalidError
	if n := len([]rune(v.Name)); n == 0 || n > 80 {
		list = append(list, models.InvalidError{Field: "Name", Msg: "say how your colleagues know you, in at most 80 characters"})
	}
	if a, err := mail.ParseAddress(v.Email); err != nil || a.Address != v.Email || len(v.Email) > 254 {
		list = append(list, models.InvalidError{Field: "E-mail", Msg: "write it as name@example.com"})
	}
	var invalid *models.InvalidError
	if err := AcceptPassword(password, v.Name, v.Email); errors.As(err, &invalid) {
		list = append(list, *invalid)
	} else if password != again {
		list = append(list, models.InvalidError{Field: "Again", Msg: "the two passwords differ"})
	}
	return list
}

func (s *Server) renderSetup(w http.ResponseWriter, r *http.Request, status int, v setupView) {
	v.Min = MinPassword
	s.renderBare(w, r, status, "setup", "Set up your account", v)
}

// setupToken reads the row behind a token. One for the first administrator is worth nothing once there is an account.
func (s *Server) setupToken(ctx context.Context, token string) (models.SetupToken, error) {
	row, err := s.opt.Store.SetupToken(ctx, hashSetupToken(token), s.now())
	if errors.Is(err, models.ErrNotFound) {
		return row, errSetupLink
	}
	if err != nil || row.Email != "" {
		return row, err
	}
	n, err := s.opt.Store.CountUsers(ctx)
	if err == nil && n > 0 {
		return row, errSetupLink
	}
	return row, err
}

func (s *Server) setupFromCookie(r *http.Request) (models.SetupToken, string, error) {
	c, err := r.Cookie(setupCookie)
	if err != nil || c.Value == "" {
		return models.SetupToken{}, "", errSetupLink
	}
	row, err := s.setupToken(r.Context(), c.Value)
	return row, hashSetupToken(c.Value), err
}

func (s *Server) setSetupCookie(w http.ResponseWriter, token string, maxAge int) {
	//nolint:gosec // G124: Secure follows the option, as for the session's cookie; a demonstration runs over plain http
	http.SetCookie(w, &http.Cookie{
		Name: setupCookie, Value: token, Path: "/setup", MaxAge: maxAge, HttpOnly: true, Secure: s.opt.Secure,
		SameSite: http.SameSiteLaxMode,
	})
}
