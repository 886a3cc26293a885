package dashboard_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/alexedwards/scs/v2/memstore"

	"github.com/krestmarketing/deedwatch/dashboard"
	"github.com/krestmarketing/deedwatch/models"
)

func TestSigningIn(t *testing.T) {
	s := newSite(t)
	p := s.get("/domains?group=soon")
	if p.Status != http.StatusSeeOther || p.Location != "/login?next=%2Fdomains%3Fgroup%3Dsoon" {
		t.Fatalf("without a session: status %d, location %q", p.Status, p.Location)
	}
	s.get("/login?next=%2Fdomains%3Fgroup%3Dsoon").want(t, 200, `name="next" value="/domains?group=soon"`)
	p = s.post("/login", url.Values{"email": {" OPS@northwind.example "}, "password": {staffPassword}, "next": {"/domains?group=soon"}})
	if p.Status != http.StatusSeeOther || p.Location != "/domains?group=soon" {
		t.Fatalf("signing in: status %d, location %q", p.Status, p.Location)
	}
	cookie := p.Header.Get("Set-Cookie")
	for _, attribute := range []string{"HttpOnly", "SameSite=Lax", "Path=/"} {
		if !strings.Contains(cookie, attribute) {
			t.Errorf("the session's cookie lacks %s: %s", attribute, cookie)
		}
	}
	if strings.Contains(cookie, "Expires") {
		t.Errorf("the session's cookie outlives the browser: %s", cookie)
	}
	s.get("/domains").want(t, 200, "Dana ops")
	if p := s.get("/login"); p.Status != http.StatusSeeOther {
		t.Errorf("the sign-in page for somebody who is signed in: status %d", p.Status)
	}
	if p := s.post("/logout", nil); p.Location != "/login" {
		t.Errorf("signing out leads to %q", p.Location)
	}
	if p := s.get("/domains"); p.Status != http.StatusSeeOther {
		t.Errorf("after signing out: status %d", p.Status)
	}
}

func TestNextLeadsNowhereElse(t *testing.T) {
	s := newSite(t)
	for _, next := range []string{"https://evil.example/", "//evil.example", `/\evil.example`, "javascript:alert(1)", "/\t/evil.example", ""} {
		p := s.post("/login", url.Values{"email": {"ops@northwind.example"}, "password": {staffPassword}, "next": {next}})
		if p.Location != "/" {
			t.Errorf("next=%q leads to %q", next, p.Location)
		}
	}
}

func TestRefusalsReadTheSame(t *testing.T) {
	s := newSite(t)
	off := s.store.users[2]
	off.DisabledAt = &noon
	s.store.setUser(off)
	bodies := map[string]string{}
	for why, form := range map[string]url.Values{
		"wrong password": {"email": {"x@northwind.example"}, "password": {"not the right one"}},
		"no account":     {"email": {"x@northwind.example"}, "password": {staffPassword}},
		"switched off":   {"email": {"onboarding@northwind.example"}, "password": {staffPassword}},
	} {
		p := s.post("/login", form)
		p.want(t, http.StatusUnauthorized, "do not belong together")
		p.lacks(t, staffPassword, "not the right one")
		bodies[strings.ReplaceAll(p.Body, form.Get("email"), "")] = why
	}
	if len(bodies) != 1 {
		t.Errorf("the refusals differ: %d kinds", len(bodies))
	}
}

func TestTriesAreLimited(t *testing.T) {
	s := newSite(t)
	wrong := url.Values{"email": {"ops@northwind.example"}, "password": {"wrong wrong wrong"}}
	for range 5 {
		s.post("/login", wrong).want(t, http.StatusUnauthorized)
	}
	p := s.post("/login", url.Values{"email": {"ops@northwind.example"}, "password": {staffPassword}})
	p.want(t, http.StatusTooManyRequests, "Too many tries")
	if p.Header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	*s.now = s.now.Add(31 * time.Second)
	if p := s.post("/login", url.Values{"email": {"ops@northwind.example"}, "password": {staffPassword}}); p.Status != http.StatusSeeOther {
		t.Errorf("after the wait: status %d", p.Status)
	}
	s.client = s.newClient()
	limited := false
	for i := range 20 { // other accounts from the same address
		p := s.post("/login", url.Values{"email": {string(rune('a'+i)) + "@northwind.example"}, "password": {"wrong wrong wrong"}})
		limited = limited || p.Status == http.StatusTooManyRequests
	}
	if !limited {
		t.Error("one address may try as many accounts as it likes")
	}
}

func TestASessionIsRenewedAndBoundToItsAccount(t *testing.T) {
	s := newSite(t)
	planted := &http.Cookie{Name: "deedwatch", Value: "planted-by-somebody-else", Path: "/"}
	at, err := url.Parse(s.web.URL)
	if err != nil {
		t.Fatal(err)
	}
	s.client.Jar.SetCookies(at, []*http.Cookie{planted})
	s.post("/login", url.Values{"email": {"ops@northwind.example"}, "password": {staffPassword}})
	before := s.client.Jar.Cookies(at)[0].Value
	if before == planted.Value {
		t.Fatal("the planted token was kept")
	}
	s.post("/login", url.Values{"email": {"admin@northwind.example"}, "password": {staffPassword}})
	if after := s.client.Jar.Cookies(at)[0].Value; after == before {
		t.Error("signing in again kept the token")
	}

	for why, change := range map[string]func(*models.User){
		"another password": func(u *models.User) { u.PasswordHash += "x" },
		"switched off":     func(u *models.User) { u.DisabledAt = &noon },
		"no role":          func(u *models.User) { u.Role = "" },
	} {
		s.as(models.UserOps)
		u, saved := s.store.users[3], s.store.users[3]
		change(&u)
		s.store.setUser(u)
		if p := s.get("/"); p.Status != http.StatusSeeOther {
			t.Errorf("%s: the session lives on, status %d", why, p.Status)
		}
		s.store.setUser(saved)
	}
}

func TestSessionsEnd(t *testing.T) {
	for why, c := range map[string]struct {
		step time.Duration
		last int // after how many steps it must have ended
	}{
		"idle for longer than 8 hours":       {9 * time.Hour, 1},
		"in use, but for longer than 7 days": {7 * time.Hour, 25},
	} {
		t.Run(why, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := newFake()
				store.users[1] = models.User{ID: 1, Email: "a@northwind.example", Role: models.UserAdmin, PasswordHash: staffHash}
				server, err := dashboard.New(dashboard.Options{
					Store: store, Sessions: sessionStore{memstore.NewWithCleanupInterval(0)}, Links: fakeLinks{},
					Answers: &fakeAnswers{}, Now: time.Now, Passwords: cheap,
				})
				if err != nil {
					t.Fatal(err)
				}
				visit := func(method, path, body, cookie string) (status int, set string) {
					r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
					r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
					r.Header.Set("Cookie", cookie)
					w := httptest.NewRecorder()
					server.ServeHTTP(w, r)
					return w.Code, w.Header().Get("Set-Cookie")
				}
				_, set := visit(http.MethodPost, "/login", url.Values{"email": {"a@northwind.example"}, "password": {staffPassword}}.Encode(), "")
				cookie, _, _ := strings.Cut(set, ";")
				if got, _ := visit(http.MethodGet, "/", "", cookie); got != 200 {
					t.Fatalf("right after signing in: status %d", got)
				}
				ended := 0
				for n := 1; n <= c.last && ended == 0; n++ {
					time.Sleep(c.step)
					if status, _ := visit(http.MethodGet, "/", "", cookie); status == http.StatusSeeOther {
						ended = n
					}
				}
				if ended != c.last {
					t.Errorf("ended after %d steps of %v, want %d", ended, c.step, c.last)
				}
			})
		})
	}
}

// TestPasswordsWaitTheirTurn fills the only slot and asks again with a context that has ended.
func TestPasswordsWaitTheirTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		one := dashboard.NewPasswords(dashboard.PasswordParams{MemoryKiB: 64, Iterations: 1, Lanes: 1}, 1)
		free := one.Occupy()
		ctx, cancel := context.WithCancel(t.Context())
		refused := make(chan error)
		go func() { _, err := one.Verify(ctx, staffHash, staffPassword); refused <- err }()
		synctest.Wait()
		cancel()
		if err := <-refused; !errors.Is(err, context.Canceled) {
			t.Errorf("waiting for a turn ended with %v", err)
		}
		free()
		if ok, err := one.Verify(t.Context(), staffHash, staffPassword); !ok || err != nil {
			t.Errorf("with a free slot: %v %v", ok, err)
		}
	})
}
