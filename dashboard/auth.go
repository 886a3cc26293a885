package dashboard

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/krestmarketing/deedwatch/models"
)

// The keys of a session.
const (
	sessionUser  = "user"  // int64
	sessionKey   = "key"   // passwordMark of the hash that was used: another password ends all sessions
	sessionFlash = "flash" // what the last form came to, shown once
)

type userKey struct{}

// userOf gives who is signed in; nil: nobody.
func userOf(ctx context.Context) *models.User {
	u, _ := ctx.Value(userKey{}).(*models.User)
	return u
}

// may reports whether who is signed in has at least the role.
func may(ctx context.Context, least models.UserRole) bool {
	u := userOf(ctx)
	return u != nil && u.Role.Rank() >= least.Rank()
}

// actor is how who is signed in is named in rows and ledger.
func actor(ctx context.Context) string {
	if u := userOf(ctx); u != nil {
		return u.Email
	}
	return "nobody"
}

// passwordMark tells one password hash from another without repeating it.
func passwordMark(hash string) string {
	sum := sha256.Sum256([]byte(hash))
	return hex.EncodeToString(sum[:8])
}

// authenticate finds who is signed in, anew with each request, so that a role taken away or an account switched off counts at once; and
// passes only who has at least the role.
func (s *Server) authenticate(least models.UserRole, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, err := s.sessionUser(r.Context())
		if err != nil {
			s.fail(w, r, err)
			return
		}
		if user != nil {
			r = r.WithContext(context.WithValue(r.Context(), userKey{}, user))
			if v, ok := r.Context().Value(visitKey{}).(*visit); ok {
				v.user = user.ID
			}
		}
		switch {
		case least == open:
			next.ServeHTTP(w, r)
		case user == nil:
			target := "/login"
			if r.Method == http.MethodGet && r.URL.Path != "/" {
				target += "?next=" + url.QueryEscape(r.URL.RequestURI())
			}
			redirect(w, r, target)
		case user.Role.Rank() < least.Rank():
			s.fail(w, r, errForbidden)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// sessionUser reads the session's user; nil when there is none, or when the account is gone, switched off or has another password.
func (s *Server) sessionUser(ctx context.Context) (*models.User, error) {
	id := s.sessions.GetInt64(ctx, sessionUser)
	if id == 0 {
		return nil, nil
	}
	u, err := s.opt.Store.UserByID(ctx, id)
	if errors.Is(err, models.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if u.DisabledAt != nil || u.Role.Rank() < 0 || s.sessions.GetString(ctx, sessionKey) != passwordMark(u.PasswordHash) {
		return nil, nil
	}
	return &u, nil
}

// begin signs a user in under a new token: one that somebody planted before is worth nothing.
func (s *Server) begin(ctx context.Context, u *models.User) error {
	if err := s.sessions.RenewToken(ctx); err != nil {
		return err
	}
	s.sessions.Put(ctx, sessionUser, u.ID)
	s.sessions.Put(ctx, sessionKey, passwordMark(u.PasswordHash))
	return s.opt.Store.TouchLogin(ctx, u.ID, s.now())
}

// flash keeps a sentence for the next page.
func (s *Server) flash(ctx context.Context, text string) { s.sessions.Put(ctx, sessionFlash, text) }

// redirect leads on with GET. The address must be a path of this server: one written here, or one that localPath let pass.
func redirect(w http.ResponseWriter, r *http.Request, path string) {
	http.Redirect(w, r, path, http.StatusSeeOther) //nolint:gosec // G710: every caller's path is ours or went through localPath
}

// localPath gives back a path on this server, or "/" when the text names anything else.
func localPath(p string) string {
	if !strings.HasPrefix(p, "/") || strings.HasPrefix(p, "//") || strings.ContainsAny(p, "\\\r\n\t\x00") {
		return "/"
	}
	u, err := url.Parse(p)
	if err != nil || u.IsAbs() || u.Host != "" {
		return "/"
	}
	return u.RequestURI()
}
