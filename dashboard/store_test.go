package dashboard_test

import (
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/krestmarketing/deedwatch/dashboard"
	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/store"
)

// TestOverTheRealStore sets up the first account and visits the pages over SQLite: what the fake promises, the store keeps.
func TestOverTheRealStore(t *testing.T) {
	ctx := t.Context()
	o := store.Options{DSN: filepath.Join(t.TempDir(), "pages.db")}
	if err := store.Migrate(ctx, o); err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	s := newSite(t, func(o *dashboard.Options) {
		o.Store, o.Sessions, o.Access = db, db.Sessions(time.Now), nil
	})
	s.get("/login").want(t, 200, "Nobody has an account yet")
	link, needed, err := s.server.SetupLink(ctx)
	if err != nil || !needed {
		t.Fatalf("setup link: %v %v", needed, err)
	}
	s.get(strings.TrimPrefix(link, "https://watch.northwind.example"))
	form := url.Values{"name": {"Joy Nakamura"}, "email": {"joy@northwind.example"}, "password": {staffPassword}, "again": {staffPassword}}
	if p := s.post("/setup", form); p.Location != "/" {
		t.Fatalf("setting up: status %d\n%s", p.Status, excerpt(p.Body))
	}
	s.get("/").want(t, 200, "Nothing is watched yet", "Your account is ready")

	rows := []models.PortfolioRow{
		{
			Line: 2, Domain: "harborlinedental.example", Suffix: "example", Client: "Harborline Dental", AutoRenew: models.AutoRenewOff,
			Contacts: []models.Contact{{Name: "Maya Okafor", Email: "maya@client.example", Phone: "(650) 555-0162", Role: models.RoleOwner}},
		},
		{
			Line: 3, Domain: "xn--kessler-tren-llb.example", Suffix: "example", Client: "Kessler Fenster", AttestedExpiry: new(time.Date(2027, 1, 14, 0, 0, 0, 0, time.UTC)),
			Contacts: []models.Contact{{Name: "Jonas Kessler", Email: "jonas@client.example", Role: models.RoleOwner}},
		},
	}
	if _, err := db.ImportPortfolio(ctx, rows, noon, false); err != nil {
		t.Fatal(err)
	}
	s.get("/").want(t, 200, "2 names", "on hold or not known")
	s.get("/domains").want(t, 200, "2 names of 2 clients", "harborlinedental.example", "kessler-türen.example", "Not checked yet", "Harborline Dental")
	s.get("/domains?q=kess&sort=expires&dir=desc").want(t, 200, "kessler-türen.example", "1–1 of 1 domain")
	s.get("/domains?q=zzz").want(t, 200, "No domain matches this filter")
	s.get("/domains/harborlinedental.example").want(t, 200, "No answer yet", "Maya Okafor", "Auto-renew off")
	if p := s.post("/domains/harborlinedental.example/attest", url.Values{"date": {"2027-01-31"}, "by": {"Maya Okafor"}}); p.Status != http.StatusSeeOther {
		t.Fatalf("attesting: status %d\n%s", p.Status, excerpt(p.Body))
	}
	s.get("/domains/harborlinedental.example").want(t, 200, "Recorded: expires 31 Jan 2027", `value="2027-01-31"`)
	if p := s.post("/domains/harborlinedental.example/recheck", nil); p.Status != http.StatusSeeOther {
		t.Errorf("recheck: status %d", p.Status)
	}
	w, err := db.WatchedByName(ctx, "harborlinedental.example")
	if err != nil || !w.Domain.NextLookAt.Equal(noon) || w.Domain.AttestedExpiry == nil {
		t.Errorf("the domain after both: %+v, %v", w.Domain, err)
	}
	s.get("/clients").want(t, 200, "Harborline Dental", "Kessler Fenster")
	s.get("/notices").want(t, 200, "Nothing waits")
	s.get("/observations/1").want(t, 404)
	s.get("/find?q=harborlinedental.example")
	s.get("/readyz").want(t, 200, `"ready":true`)
	s.get("/c/link-1").want(t, 404, "This link does not work")
	s.post("/logout", nil)
	if p := s.get("/"); p.Location != "/login" {
		t.Errorf("after signing out: status %d to %q", p.Status, p.Location)
	}
}
