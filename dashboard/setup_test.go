package dashboard_test

import (
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/krestmarketing/deedwatch/dashboard"
	"github.com/krestmarketing/deedwatch/models"
)

func emptySite(t *testing.T) (*site, string) {
	t.Helper()
	s := newSite(t)
	clear(s.store.users)
	link, needed, err := s.server.SetupLink(t.Context())
	if err != nil || !needed {
		t.Fatalf("setup link: needed %v, %v", needed, err)
	}
	path, ok := strings.CutPrefix(link, "https://watch.northwind.example")
	if !ok {
		t.Fatalf("the link %q does not begin with the base address", link)
	}
	return s, path
}

func TestTheFirstAdministrator(t *testing.T) {
	s, path := emptySite(t)
	s.get("/login").want(t, 200, "Nobody has an account yet")
	_, token, _ := strings.Cut(path, "token=")
	for hash := range s.store.tokens {
		if strings.Contains(hash, token) || len(hash) != 64 {
			t.Errorf("the store knows the token: %s", hash)
		}
	}
	p := s.get(path)
	if p.Status != http.StatusSeeOther || p.Location != "/setup" {
		t.Fatalf("the token stays in the address: status %d to %q", p.Status, p.Location)
	}
	if c := p.Header.Get("Set-Cookie"); !strings.Contains(c, "HttpOnly") || !strings.Contains(c, "Path=/setup") || !strings.Contains(c, "SameSite=Lax") {
		t.Errorf("cookie %q", c)
	}
	p = s.get("/setup")
	p.want(t, 200, "Set up your account", "At least 12 characters", "Your role will be admin")
	p.lacks(t, token)
	form := url.Values{"name": {"Joy Nakamura"}, "email": {"Joy@Northwind.example"}, "password": {"four quiet rivers bend"}, "again": {"four quiet rivers bend"}}
	p = s.post("/setup", form)
	if p.Status != http.StatusSeeOther || p.Location != "/" {
		t.Fatalf("setting up: status %d to %q\n%s", p.Status, p.Location, excerpt(p.Body))
	}
	s.get("/").want(t, 200, "Your account is ready", "Joy Nakamura")
	u, err := s.store.UserByEmail(t.Context(), "joy@northwind.example")
	if err != nil || u.Role != models.UserAdmin || !strings.HasPrefix(u.PasswordHash, "$argon2id$") {
		t.Errorf("the account: %+v, %v", u, err)
	}

	s.client = s.newClient()
	s.get(path).want(t, http.StatusGone, "does not work any more")
	if link, needed, err := s.server.SetupLink(t.Context()); link != "" || needed || err != nil {
		t.Errorf("with an account there is another link: %q %v %v", link, needed, err)
	}
}

func TestSetupFormsThatAreRefused(t *testing.T) {
	s, path := emptySite(t)
	s.get(path)
	good := url.Values{"name": {"Joy Nakamura"}, "email": {"joy@northwind.example"}, "password": {"four quiet rivers bend"}, "again": {"four quiet rivers bend"}}
	for _, c := range []struct{ field, value, want string }{
		{"name", " ", "how your colleagues know you"},
		{"email", "joy", "name@example.com"},
		{"email", "Joy <joy@northwind.example>", "name@example.com"},
		{"password", "short", "at least 12 characters"},
		{"again", "four quiet rivers bent", "the two passwords differ"},
	} {
		form := url.Values{}
		maps.Copy(form, good)
		form.Set(c.field, c.value)
		p := s.post("/setup", form)
		p.want(t, http.StatusUnprocessableEntity, c.want)
		p.lacks(t, "four quiet rivers")
	}
	if n, _ := s.store.CountUsers(t.Context()); n != 0 {
		t.Errorf("%d accounts were made", n)
	}
}

func TestSetupLinksEnd(t *testing.T) {
	s, path := emptySite(t)
	*s.now = s.now.Add(25 * time.Hour)
	s.get(path).want(t, http.StatusGone)
	s.get("/setup").want(t, http.StatusGone)
	s.get("/setup?token=made-up").want(t, http.StatusGone)
	s.post("/setup", url.Values{"name": {"x"}}).want(t, http.StatusGone)

	s, path = emptySite(t)
	s.store.users[9] = models.User{ID: 9, Email: "first@northwind.example", Role: models.UserAdmin}
	s.get(path).want(t, http.StatusGone)
}

func TestInvitationsKeepTheirAddressAndRole(t *testing.T) {
	s := newSite(t)
	_, path := func() (*site, string) {
		t := models.SetupToken{Hash: "f39dac6cbaba535e2c207cd0cd8f154974223c848f727f98b3564cea569b41cf", Email: "lena@northwind.example", Role: models.UserViewer, ExpiresAt: noon.Add(time.Hour)}
		s.store.tokens[t.Hash] = t // SHA-256 of "abcdefghijklmnop"
		return s, "/setup?token=abcdefghijklmnop"
	}()
	if p := s.get(path); p.Status != http.StatusSeeOther {
		t.Fatalf("the invitation does not open: status %d", p.Status)
	}
	s.get("/setup").want(t, 200, `value="lena@northwind.example" readonly`, "Your role will be viewer")
	s.post("/setup", url.Values{"name": {"Lena"}, "email": {"other@northwind.example"}, "password": {"four quiet rivers bend"}, "again": {"four quiet rivers bend"}})
	if u, err := s.store.UserByEmail(t.Context(), "lena@northwind.example"); err != nil || u.Role != models.UserViewer {
		t.Errorf("the account: %+v, %v", u, err)
	}
}

func TestPasswords(t *testing.T) {
	for _, c := range []struct {
		password string
		ok       bool
		why      string
	}{
		{"four quiet rivers bend", true, "a phrase"},
		{"tkrqvzxwnbmp", true, "twelve letters of no word"},
		{"Übergrößenträger", true, "letters of any language"},
		{"elevenchars", false, "too short"},
		{strings.Repeat("ab cd ef ", 60), false, "too long"},
		{"password1234", false, "the first that is tried"},
		{"Passw0rd!!!!", false, "with decorations"},
		{"123456789012", false, "digits in a row"},
		{"qwertyuiop12", false, "the keyboard"},
		{"aaaaaaaaaaaa", false, "one letter"},
		{"abcabcabcabc", false, "one piece over and over"},
		{"joynakamura1", false, "the person's own name"},
		{"northwind2026!", false, "the firm's name"},
		{"administrator", false, "the account's purpose"},
	} {
		err := dashboard.AcceptPassword(c.password, "Joy Nakamura", "joy@northwind.example")
		if (err == nil) != c.ok {
			t.Errorf("%q: %v (%s)", c.password, err, c.why)
		}
		if err != nil && strings.Contains(err.Error(), c.password) {
			t.Errorf("the message repeats the password: %v", err)
		}
	}
	hash, err := cheap.Hash(t.Context(), "four quiet rivers bend")
	if err != nil {
		t.Fatal(err)
	}
	for password, want := range map[string]bool{"four quiet rivers bend": true, "four quiet rivers bent": false, "": false} {
		if ok, err := cheap.Verify(t.Context(), hash, password); err != nil || ok != want {
			t.Errorf("%q: %v %v", password, ok, err)
		}
	}
	if ok, err := cheap.Verify(t.Context(), "", "anything at all"); ok || err != nil {
		t.Errorf("no account: %v %v", ok, err)
	}
	if _, err := cheap.Verify(t.Context(), "$2y$10$bcrypt", "anything"); err == nil {
		t.Error("a hash of another kind is not an error")
	}
	slow, err := dashboard.NewPasswords(dashboard.PasswordParams{}, 1).Hash(t.Context(), "x")
	if err != nil || !strings.HasPrefix(slow, "$argon2id$v=19$m=65536,t=3,p=2$") {
		t.Errorf("default costs: %s, %v", slow, err)
	}
}
