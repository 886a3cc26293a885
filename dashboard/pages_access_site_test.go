package dashboard_test

import (
	"net/http"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/krestmarketing/deedwatch/access"
	"github.com/krestmarketing/deedwatch/dashboard"
	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/store"
)

// stored is how the register is wired: questions to the store, writing through the rules.
type stored struct {
	*store.Store
	*access.Register
}

var _ dashboard.Access = stored{}

// register is a site whose rows are in a database of its own.
type register struct {
	*site
	rows stored
	file string
	ids  map[string]int64 // of clients
}

// newRegister starts a dashboard over an empty database with one account for each role and three clients; bakery.example is Juniper Row's.
func newRegister(t *testing.T) *register {
	t.Helper()
	file := filepath.Join(t.TempDir(), "deedwatch.db")
	if err := store.Migrate(t.Context(), store.Options{DSN: file}); err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(t.Context(), store.Options{DSN: file})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	reg := &register{file: file, ids: map[string]int64{}}
	reg.site = newSite(t, func(o *dashboard.Options) {
		reg.rows = stored{db, access.NewRegister(db, o.Now)}
		o.Store, o.Access = db, reg.rows
	})
	for _, role := range []models.UserRole{models.UserViewer, models.UserOnboarding, models.UserOps, models.UserAdmin} {
		if _, err := db.CreateUser(t.Context(), models.User{Email: string(role) + "@northwind.example", Name: "Dana " + string(role), Role: role, PasswordHash: staffHash}); err != nil {
			t.Fatal(err)
		}
	}
	var rows []models.PortfolioRow
	for i, name := range []string{"Juniper Row Bakery", "Harborline Dental", "Casa Verbena"} {
		domain := []string{"bakery.example", "dental.example", "verbena.example"}[i]
		rows = append(rows, models.PortfolioRow{
			Line: i + 2, Domain: domain, Suffix: "example", Client: name,
			Contacts: []models.Contact{{Name: "Ada Owner", Email: "ada@" + domain, Role: models.RoleOwner}},
		})
	}
	if _, err := db.ImportPortfolio(t.Context(), rows, noon, false); err != nil {
		t.Fatal(err)
	}
	clients, err := db.Clients(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range clients {
		reg.ids[c.Name] = c.ID
	}
	return reg
}

// entered is a form that is accepted, with changes.
func (r *register) entered(change ...string) url.Values {
	r.t.Helper()
	v := url.Values{
		"client": {number(r.ids["Juniper Row Bakery"])}, "platform": {"Google Ads"}, "asset": {"123-456-7890"}, "purpose": {"Search campaigns"}, "method": {"manager_account"},
		"role": {"Standard"}, "vault": {""}, "holder_kind": {"person"}, "holder": {"Priya@northwind.example"}, "state": {"granted"}, "asked_at": {"2026-11-18"},
		"granted_by": {"Ada Owner"}, "granted_at": {"2026-11-20"}, "review_due": {"2027-05-20"}, "expected_end": {""}, "note": {"Asked by phone."},
	}
	for i := 0; i+1 < len(change); i += 2 {
		v.Set(change[i], change[i+1])
	}
	return v
}

// record records a grant through the form and gives the address of its page.
func (r *register) record(change ...string) string {
	r.t.Helper()
	p := r.post("/access", r.entered(change...))
	if p.Status != http.StatusSeeOther || !strings.HasPrefix(p.Location, "/access/") {
		r.t.Fatalf("record: status %d, location %q\n%s", p.Status, p.Location, excerpt(p.Body))
	}
	return p.Location
}

// step takes a step through the form of a grant's page.
func (r *register) step(at, version string, action access.Action, note string, more ...string) page {
	r.t.Helper()
	v := url.Values{"version": {version}, "action": {string(action)}, "note": {note}}
	for i := 0; i+1 < len(more); i += 2 {
		v.Set(more[i], more[i+1])
	}
	return r.post(at+"/steps", v)
}

// all gives every grant.
func (r *register) all() []models.GrantView {
	r.t.Helper()
	list, err := r.rows.Grants(r.t.Context(), models.GrantQuery{})
	if err != nil {
		r.t.Fatal(err)
	}
	return list
}

// ahead moves the site's clock.
func (r *register) ahead(d time.Duration) { *r.now = r.now.Add(d) }

func number(id int64) string { return strconv.FormatInt(id, 10) }
