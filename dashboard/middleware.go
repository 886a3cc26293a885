package dashboard

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"net/http"
	"runtime/debug"
	"strings"
	"time"
)

// contentSecurityPolicy allows the page itself, its stylesheet and its mark; nothing else, from nowhere else.
const contentSecurityPolicy = "default-src 'none'; style-src 'self'; img-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// maxBody is the most that a form may send: a board of some thousand names, all selected.
const maxBody = 256 << 10

// visit is what the log line of a request tells. No path and no query: a client's token is in them.
type visit struct {
	pattern string
	user    int64
}

type visitKey struct{}

// around puts on every answer, errors and redirects included, what each must have: headers, a log line, a bound, a check of the origin,
// and a page instead of a broken connection when a handler panics.
func (s *Server) around(next http.Handler) http.Handler {
	guard := http.NewCrossOriginProtection()
	guard.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.fail(w, r, errCrossOrigin) }))
	guard.AddInsecureBypassPattern(stopPattern)
	guarded := guard.Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begin := s.now()
		v := &visit{}
		r = r.WithContext(context.WithValue(r.Context(), visitKey{}, v))
		rec := &recorder{ResponseWriter: w}
		s.secure(rec.Header())
		defer s.finish(rec, r, v, begin)
		if r.Body != nil {
			r.Body = http.MaxBytesReader(rec, r.Body, bodyLimit(r))
		}
		guarded.ServeHTTP(rec, r)
	})
}

// secure sets the headers that every answer carries.
func (s *Server) secure(h http.Header) {
	h.Set("Content-Security-Policy", contentSecurityPolicy)
	h.Set("X-Content-Type-Options", "nosniff")
	// Other sites learn no address, signed links least of all; our own forms keep their Origin over plain http too, which the guard against
	// forged requests needs.
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("X-Robots-Tag", "noindex, nofollow")
	h.Set("Cache-Control", "no-store")
	if s.opt.Secure {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
}

// finish turns a panic into a page with a reference, and writes the log line.
func (s *Server) finish(rec *recorder, r *http.Request, v *visit, begin time.Time) {
	if p := recover(); p != nil {
		if err, ok := p.(error); ok && errors.Is(err, http.ErrAbortHandler) {
			panic(http.ErrAbortHandler)
		}
		ref := newReference()
		s.opt.Logger.Error("a handler panicked", "reference", ref, "route", v.pattern, "panic", p, "stack", string(debug.Stack()))
		if rec.status == 0 {
			s.failPage(rec, r, failure{
				Status: http.StatusInternalServerError, Title: "Something went wrong on our side",
				Text: "The page could not be built. Nothing is lost.", Reference: ref,
			})
		}
	}
	s.opt.Logger.Info("request", "method", knownMethod(r.Method), "route", v.pattern, "status", rec.status, "bytes", rec.bytes,
		"took", s.now().Sub(begin), "user", v.user, "from", s.opt.ClientAddr(r))
}

// knownMethod keeps a made-up method out of the log.
func knownMethod(m string) string {
	switch m {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return m
	}
	return "other"
}

// enter is the door of one route: it knows the session, refuses who may not pass, and words errors.
func (s *Server) enter(rt route) http.Handler {
	final := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := rt.handle(w, r); err != nil {
			s.fail(w, r, err)
		}
	})
	var h http.Handler = final
	if needsSession(rt) {
		h = s.sessions.LoadAndSave(s.authenticate(rt.min, final))
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if v, ok := r.Context().Value(visitKey{}).(*visit); ok {
			v.pattern = rt.pattern
		}
		h.ServeHTTP(w, r)
	})
}

// needsSession spares files, health and the client's pages the session's look-up; a client's page never sees a session of staff.
func needsSession(rt route) bool {
	if rt.min != open {
		return true
	}
	_, path, _ := strings.Cut(rt.pattern, " ")
	return path == "/login" || path == "/logout" || path == "/setup"
}

// recorder remembers what was answered.
type recorder struct {
	http.ResponseWriter
	status int
	bytes  int64
}

// WriteHeader notes the first status.
func (rec *recorder) WriteHeader(status int) {
	if rec.status == 0 {
		rec.status = status
	}
	rec.ResponseWriter.WriteHeader(status)
}

// Write counts the body's bytes.
func (rec *recorder) Write(b []byte) (int, error) {
	if rec.status == 0 {
		rec.status = http.StatusOK
	}
	n, err := rec.ResponseWriter.Write(b)
	rec.bytes += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController reach the connection.
func (rec *recorder) Unwrap() http.ResponseWriter { return rec.ResponseWriter }

// newReference is what a person reads out to support, and what the log line of the same event carries.
func newReference() string {
	var b [4]byte
	_, _ = rand.Read(b[:]) // never fails since Go 1.24
	return "DW-" + strings.ToUpper(hex.EncodeToString(b[:]))
}
