package dashboard_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/krestmarketing/deedwatch/models"
)

// samplePaths fills the wildcards of the route table.
var samplePaths = map[string]string{
	"/{$}": "/", "/assets/{file}": "/assets/none.css", "/domains/{name}": "/domains/harborlinedental.example", "/domains/{name}/recheck": "/domains/harborlinedental.example/recheck",
	"/domains/{name}/attest": "/domains/harborlinedental.example/attest", "/domains/{name}/auto-renew": "/domains/harborlinedental.example/auto-renew",
	"/domains/{name}/archive": "/domains/harborlinedental.example/archive", "/domains/{name}/findings/{id}/rest": "/domains/harborlinedental.example/findings/1/rest",
	"/domains/{name}/findings/{id}/assign": "/domains/harborlinedental.example/findings/1/assign",
	"/observations/{id}":                   "/observations/1", "/clients/{id}": "/clients/1", "/notices/{id}/hold": "/notices/50/hold", "/notices/{id}/release": "/notices/50/release",
	"/notices/{id}": "/notices/90", "/notices/{id}/take-back": "/notices/90/take-back", "/notices/preview": "/notices/preview?contact=2&day=2026-11-23&kind=notice",
	"/notices/preview/mail.html": "/notices/preview/mail.html?contact=2&day=2026-11-23&kind=notice",
	"/tasks/{id}":                "/tasks/91", "/tasks/{id}/plan": "/tasks/91/plan", "/tasks/{id}/done": "/tasks/91/done", "/tasks/{id}/call": "/tasks/91/call",
	"/c/{token}": "/c/link-1", "/c/{token}/confirm": "/c/link-1/confirm", "/c/{token}/answer": "/c/link-1/answer",
}

// fill puts sample values in place of whatever wildcards a pattern has.
func fill(pattern string) (method, path string) {
	method, path, ok := strings.Cut(pattern, " ")
	if !ok {
		method, path = http.MethodGet, "/no/such/page"
	}
	if p, ok := samplePaths[path]; ok {
		return method, p
	}
	for {
		i, j := strings.Index(path, "{"), strings.Index(path, "}")
		if i < 0 || j < i {
			return method, path
		}
		path = path[:i] + "1" + path[j+1:]
	}
}

// TestEveryRouteWithEveryRole visits each address with each role and with none.
func TestEveryRouteWithEveryRole(t *testing.T) {
	s := newOutgoingSite(t)
	browsers := map[models.UserRole]*http.Client{"": s.newClient()}
	for _, role := range []models.UserRole{models.UserViewer, models.UserOnboarding, models.UserOps, models.UserAdmin} {
		browsers[role] = s.as(role).client
	}
	guarded := 0
	for _, rt := range s.server.Routes() {
		method, path := fill(rt.Pattern)
		for role, browser := range browsers {
			if rt.Pattern == "POST /logout" && role != "" {
				continue // it would end the session the rest of the table needs
			}
			s.client = browser
			form := url.Values(nil)
			if method == http.MethodPost {
				form = url.Values{}
			}
			before := len(s.store.written())
			p := s.do(method, path, form, nil)
			want := policy
			if p.Status == http.StatusOK && strings.HasSuffix(rt.Pattern, "/mail.html") {
				want = mailPolicy
			}
			if got := p.Header.Values("Content-Security-Policy"); len(got) == 0 || got[0] != want {
				t.Errorf("%s as %q: Content-Security-Policy %q", rt.Pattern, role, got)
			}
			for header, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin"} {
				if got := p.Header.Get(header); got != want {
					t.Errorf("%s as %q: %s %q", rt.Pattern, role, header, got)
				}
			}
			if p.Status >= 500 {
				t.Errorf("%s as %q: status %d\n%s", rt.Pattern, role, p.Status, excerpt(p.Body))
			}
			if rt.Role == "" {
				if p.Status == http.StatusForbidden || strings.HasPrefix(p.Location, "/login?next") {
					t.Errorf("%s is open, but as %q it answers %d to %q", rt.Pattern, role, p.Status, p.Location)
				}
				continue
			}
			guarded++
			switch {
			case role == "":
				if p.Status != http.StatusSeeOther || !strings.HasPrefix(p.Location, "/login") {
					t.Errorf("%s without a session: status %d to %q, want the sign-in page", rt.Pattern, p.Status, p.Location)
				}
			case role.Rank() < rt.Role.Rank():
				if p.Status != http.StatusForbidden {
					t.Errorf("%s as %s: status %d, want 403: it needs %s", rt.Pattern, role, p.Status, rt.Role)
				}
			default:
				if p.Status == http.StatusForbidden || strings.HasPrefix(p.Location, "/login") {
					t.Errorf("%s as %s: refused with %d to %q, though %s may", rt.Pattern, role, p.Status, p.Location, rt.Role)
				}
				continue
			}
			if len(s.store.written()) != before {
				t.Errorf("%s as %q was refused and still wrote: %v", rt.Pattern, role, s.store.written()[before:])
			}
		}
	}
	if guarded < 60 {
		t.Errorf("only %d visits to guarded routes: is the table whole?", guarded)
	}
}

// TestPostsNeedARole keeps a form that changes something from being registered for everybody who may look.
func TestPostsNeedARole(t *testing.T) {
	s := newSite(t)
	for _, rt := range s.server.Routes() {
		method, path, _ := strings.Cut(rt.Pattern, " ")
		if method != http.MethodPost || strings.HasPrefix(path, "/c/") || strings.HasPrefix(path, "/u/") || strings.HasPrefix(path, "/hooks/mail/") || path == "/login" || path == "/logout" || path == "/setup" {
			continue
		}
		if rt.Role.Rank() < models.UserOnboarding.Rank() {
			t.Errorf("%s changes something and is allowed to %q", rt.Pattern, rt.Role)
		}
	}
}
