package dashboard

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/alexedwards/scs/v2"
)

// Server is the dashboard as an http.Handler. Safe for concurrent use; it starts no goroutines.
type Server struct {
	opt      Options
	views    views
	assets   assets
	sessions *scs.SessionManager
	handler  http.Handler
	started  time.Time

	downloads chan struct{} // one for each table that is being handed out

	byAddress *limiter // tries to sign in per address
	byAccount *limiter // tries to sign in per account
	byFeed    *limiter // calendars asked for per address
	byHook    *limiter // requests of mail services per address
	portal    portalLimits
	byTester  *limiter // test messages per account

	phrases map[string]*phrases // by language, for clients
}

// New builds the server from its options; an error says which one is missing or wrong.
func New(o Options) (*Server, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	s := &Server{
		opt: o, started: o.Now(), downloads: make(chan struct{}, maxDownloads),
		byAddress: newLimiter(6*time.Second, 10, 10_000),
		byAccount: newLimiter(30*time.Second, 5, 10_000),
		byFeed:    newLimiter(10*time.Second, 30, 10_000),
		byHook:    newHookLimiter(),
		portal:    newPortalLimits(),
		byTester:  newLimiter(time.Minute, 5, 1000),
	}
	if s.assets, err = loadAssets(); err != nil {
		return nil, err
	}
	if s.views, err = parseViews(); err != nil {
		return nil, err
	}
	if s.phrases, err = loadPhrases(templateFiles); err != nil {
		return nil, err
	}
	s.sessions = newSessions(o)
	s.sessions.ErrorFunc = func(w http.ResponseWriter, r *http.Request, err error) { s.fail(w, r, fmt.Errorf("session: %w", err)) }
	mux := http.NewServeMux()
	for _, rt := range s.routes() {
		mux.Handle(rt.pattern, s.enter(rt))
	}
	s.handler = s.around(mux)
	return s, nil
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

// newSessions gives a session manager whose cookie is HttpOnly and SameSite=Lax, and whose store holds only hashes of tokens. Its timeouts
// run by the wall clock: a stepped clock must not sign anybody in or out.
//
// It is not made by scs.New, which starts a goroutine for a store of its own.
func newSessions(o Options) *scs.SessionManager {
	m := &scs.SessionManager{
		Store: o.Sessions, Codec: scs.GobCodec{}, HashTokenInStore: true, IdleTimeout: o.IdleTimeout, Lifetime: o.Lifetime,
		Cookie: scs.SessionCookie{
			Name: "deedwatch", Path: "/", Secure: o.Secure, HttpOnly: true, SameSite: http.SameSiteLaxMode,
			Persist: false, // ends with the browser too
		},
	}
	if o.Secure {
		m.Cookie.Name = "__Host-deedwatch" // the browser refuses it without Secure, with a Domain, or with another path
	}
	return m
}

// now is the instant of a request: read once per unit of work and handed on.
func (s *Server) now() time.Time { return s.opt.Now() }

// dates words instants for staff, at now in the agency's zone.
func (s *Server) dates(now time.Time) dates { return dates{now: now, loc: s.opt.Agency.Zone} }

// ready asks the process's own check, when there is one.
func (s *Server) ready(ctx context.Context) error {
	if s.opt.Ready == nil {
		return nil
	}
	return s.opt.Ready(ctx)
}
