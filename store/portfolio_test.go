package store_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/store"
)

func importing(tb testing.TB, s *store.Store, dryRun bool, rows ...models.PortfolioRow) models.ImportResult {
	tb.Helper()
	return must[models.ImportResult](tb)(s.ImportPortfolio(tb.Context(), rows, at(day), dryRun))
}

func fullRow() models.PortfolioRow {
	return models.PortfolioRow{
		Domain: "a.lab", Suffix: "lab", Client: "Amber Bakery", Services: []string{"seo", "ads"}, TimeZone: "America/Los_Angeles", Language: "en",
		AutoRenew: models.AutoRenewOn, AttestedExpiry: new(time.Date(2027, 3, 1, 0, 0, 0, 0, time.UTC)),
		Contacts: []models.Contact{
			{Name: "Bo", Email: "Bo@Amber.example", Role: models.RoleOwner, Phone: "+1 555 0100"},
			{Name: "Dee", Email: "dee@amber.example", Role: models.RoleDeputy, Language: "de", TimeZone: "Europe/Berlin"},
		},
	}
}

func TestImportStoresARow(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		result := importing(t, s, false, fullRow())
		if diff := cmp.Diff(models.ImportResult{Actions: []models.ImportAction{models.ImportNew}, Clients: 1}, result); diff != "" {
			t.Errorf("result:\n%s", diff)
		}
		w := watched(t, s, "a.lab")
		imported := new(at(day).UTC())
		want := models.Domain{
			Name: "a.lab", Suffix: "lab", Services: []string{"seo", "ads"}, AutoRenew: models.AutoRenewOn, AutoRenewBy: "import", AutoRenewAt: imported,
			AttestedExpiry: new(time.Date(2027, 3, 1, 0, 0, 0, 0, time.UTC)), AttestedBy: "import", AttestedAt: imported,
			NextLookAt: *imported, NextDNSAt: *imported, NextJudgeAt: imported, Lifecycle: models.LifecycleUnknown, LifecycleSince: imported,
			LifecycleWhy: models.WhyNeverLooked, Version: 1, CreatedAt: *imported, UpdatedAt: *imported,
		}
		if diff := cmp.Diff(want, w.Domain, cmpopts.IgnoreFields(models.Domain{}, "ID", "ClientID")); diff != "" {
			t.Errorf("domain (-want +got):\n%s", diff)
		}
		if !slices.Equal(w.Client.Services, []string{"ads", "seo"}) || w.Client.TimeZone != "America/Los_Angeles" || w.Client.Language != "en" {
			t.Errorf("client: %+v", w.Client)
		}
		bo, dee := w.Contacts[0], w.Contacts[1]
		if bo.Email != "bo@amber.example" || bo.Phone != "+1 555 0100" || bo.EmailState != models.EmailOK || dee.Role != models.RoleDeputy || dee.TimeZone != "Europe/Berlin" {
			t.Errorf("contacts: %+v", w.Contacts)
		}
	})
}

func TestImportIsIdempotentAndSaysWhatChanges(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		change func(r *models.PortfolioRow)
		want   models.ImportAction
		why    string
	}{
		"same":             {func(*models.PortfolioRow) {}, models.ImportSame, "nothing is different"},
		"nothing stated":   {func(r *models.PortfolioRow) { *r = models.PortfolioRow{Domain: "a.lab", Client: "Amber Bakery"} }, models.ImportSame, "what is not stated stays"},
		"same in a zone":   {func(r *models.PortfolioRow) { r.AttestedExpiry = new(r.AttestedExpiry.In(time.FixedZone("", 3600))) }, models.ImportSame, "the same instant"},
		"address in case":  {func(r *models.PortfolioRow) { r.Contacts[0].Email = "BO@amber.example" }, models.ImportSame, "addresses are lower-cased"},
		"auto-renew":       {func(r *models.PortfolioRow) { r.AutoRenew = models.AutoRenewOff }, models.ImportChanged, ""},
		"services":         {func(r *models.PortfolioRow) { r.Services = []string{"seo"} }, models.ImportChanged, ""},
		"attested":         {func(r *models.PortfolioRow) { r.AttestedExpiry = new(at(day)) }, models.ImportChanged, ""},
		"phone":            {func(r *models.PortfolioRow) { r.Contacts[0].Phone = "+1 555 0199" }, models.ImportChanged, ""},
		"another contact":  {func(r *models.PortfolioRow) { r.Contacts[0].Email = "new@amber.example" }, models.ImportChanged, "the old one stays"},
		"client's zone":    {func(r *models.PortfolioRow) { r.TimeZone = "Europe/Paris" }, models.ImportChanged, ""},
		"another client":   {func(r *models.PortfolioRow) { r.Client = "Birch Studio" }, models.ImportChanged, "it moved"},
		"fewer contacts":   {func(r *models.PortfolioRow) { r.Contacts = r.Contacts[:1] }, models.ImportSame, "people are not removed by a file"},
		"a domain of them": {func(r *models.PortfolioRow) { r.Domain = "b.lab" }, models.ImportNew, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			onBoth(t, func(on engine) {
				t, s := on.t, on.s
				importing(t, s, false, fullRow())
				before := watched(t, s, "a.lab")
				next := fullRow()
				tc.change(&next)
				dry := importing(t, s, true, next)
				if diff := cmp.Diff(before, watched(t, s, "a.lab")); diff != "" {
					t.Errorf("the dry run wrote:\n%s", diff)
				}
				wet := importing(t, s, false, next)
				if dry.Actions[0] != tc.want || wet.Actions[0] != tc.want || dry.Clients != wet.Clients {
					t.Errorf("dry %+v, wet %+v, want %s: %s", dry, wet, tc.want, tc.why)
				}
				after := importing(t, s, false, next)
				if after.Actions[0] != models.ImportSame || after.Clients != 0 {
					t.Errorf("the same again: %+v", after)
				}
				if tc.want == models.ImportSame && !cmp.Equal(before, watched(t, s, "a.lab")) {
					t.Errorf("wrote although it is the same: %s", cmp.Diff(before, watched(t, s, "a.lab")))
				}
			})
		})
	}
}

func TestImportMovesADomain(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		imported(t, s, row("a.lab", "Amber Bakery"))
		w := expiring(t, s, "a.lab", at(5*day))
		n := queued(t, s, owed(w, models.StageD7))[0]
		imported(t, s, row("a.lab", "Birch Studio"))
		got := watched(t, s, "a.lab")
		if got.Client.Name != "Birch Studio" || got.Domain.Version != w.Domain.Version+1 || got.Domain.ExpiresAt == nil {
			t.Errorf("moved: %+v", got.Domain)
		}
		if got := noticeNow(t, s, n); got.State != models.NoticeCancelled {
			t.Errorf("what was owed to the old client's contact is %s", got.State)
		}
	})
}

func TestImportWatchesAnArchivedDomainAgain(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		imported(t, s, row("a.lab", "Amber Bakery"))
		ok(t, s.ArchiveDomain(t.Context(), ids(t, s, "a.lab")[0], "kim", now))
		if r := importing(t, s, false, row("a.lab", "Amber Bakery")); r.Actions[0] != models.ImportChanged {
			t.Errorf("result: %+v", r)
		}
		if d := watched(t, s, "a.lab").Domain; d.ArchivedAt != nil || !d.NextLookAt.Equal(at(day)) {
			t.Errorf("domain: %+v", d)
		}
	})
}

func TestImportOfManyRows(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		rows := make([]models.PortfolioRow, 1203)
		for i := range rows {
			rows[i] = row(fmt.Sprintf("n%04d.lab", i), fmt.Sprintf("Client %d", i%37))
		}
		dry, wet := importing(t, s, true, rows...), importing(t, s, false, rows...)
		if diff := cmp.Diff(dry, wet); diff != "" {
			t.Errorf("(-dry +wet):\n%s", diff)
		}
		if wet.Clients != 37 || wet.Actions[1202] != models.ImportNew {
			t.Errorf("%d clients, actions at the end %v", wet.Clients, wet.Actions[1200:])
		}
		b := ask(t, s, models.BoardQuery{PerPage: 1})
		if b.Total != 1203 || b.Clients != 37 || watched(t, s, "n0001.lab").Client.Name != "Client 1" {
			t.Errorf("%d names of %d clients", b.Total, b.Clients)
		}
		for i := range rows { // every domain moves, to a client of the same name in capitals
			rows[i].Client = strings.ToUpper(rows[i].Client)
		}
		dry, wet = importing(t, s, true, rows...), importing(t, s, false, rows...)
		if diff := cmp.Diff(dry, wet); diff != "" || wet.Clients != 37 || wet.Actions[1202] != models.ImportChanged {
			t.Errorf("%d clients (-dry +wet):\n%s", wet.Clients, diff)
		}
		if again := importing(t, s, false, rows...); again.Clients != 0 || slices.ContainsFunc(again.Actions, func(a models.ImportAction) bool { return a != models.ImportSame }) {
			t.Errorf("the same again changed something: %+v", again)
		}
		if d := watched(t, s, "n1202.lab"); d.Client.Name != "CLIENT 18" || d.Domain.Version != 2 {
			t.Errorf("moved: %s, version %d", d.Client.Name, d.Domain.Version)
		}
	})
}

func TestImportSaysWhatItChanges(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		importing(t, s, false, fullRow())
		next := fullRow()
		next.Client, next.Services, next.AutoRenew, next.AttestedExpiry = "Birch Studio", []string{"ads", "seo"}, models.AutoRenewOff, new(time.Date(2028, 2, 29, 0, 0, 0, 0, time.UTC))
		other := row("b.lab", "Amber Bakery")
		other.TimeZone, other.Services = "Europe/Paris", []string{"email"}
		other.Contacts = []models.Contact{{Email: "bo@amber.example", Phone: "+1 555 0199", Role: models.RoleDeputy}, {Email: "cy@amber.example", Role: models.RoleOwner}}
		for _, dryRun := range []bool{true, false} {
			run := s.BeginImport(at(day), dryRun)
			got := must[[]models.ImportedRow](t)(run.Add(t.Context(), []models.PortfolioRow{next}))
			got = append(got, must[[]models.ImportedRow](t)(run.Add(t.Context(), []models.PortfolioRow{other}))...)
			want := []models.ImportedRow{
				{Action: models.ImportChanged, Changes: []models.ValueChange{
					{Field: "client", Before: "Amber Bakery", After: "Birch Studio"},
					{Field: "services", Before: "seo;ads", After: "ads;seo"},
					{Field: "auto_renew", Before: "on", After: "off"},
					{Field: "attested_expiry", Before: "2027-03-01", After: "2028-02-29"},
				}},
				{Action: models.ImportNew, Changes: []models.ValueChange{
					{Field: "time_zone", Before: "America/Los_Angeles", After: "Europe/Paris"},
					{Field: "client_services", After: "email"},
					{Field: "deputy_phone", Before: "+1 555 0100", After: "+1 555 0199"},
					{Field: "contact_role", Before: "owner", After: "deputy"},
					{Field: "owner_email", After: "cy@amber.example"},
				}},
			}
			if diff := cmp.Diff(want, got); diff != "" || run.Clients() != 1 {
				t.Errorf("dry run %v, %d clients (-want +got):\n%s", dryRun, run.Clients(), diff)
			}
		}
		for _, c := range watched(t, s, "b.lab").Contacts {
			if c.Email == "cy@amber.example" && c.Name != c.Email || c.Email == "bo@amber.example" && c.Name != "Bo" {
				t.Errorf("%s is called %q", c.Email, c.Name)
			}
		}
	})
}

func TestImportRemembersClientsBetweenTheBatchesOfADryRun(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		run := s.BeginImport(now, true)
		for i := range 3 {
			r := row(fmt.Sprintf("n%d.lab", i), "Amber Bakery")
			r.Contacts[0].Phone = "+1 555 0100"
			got := must[[]models.ImportedRow](t)(run.Add(t.Context(), []models.PortfolioRow{r}))
			if diff := cmp.Diff([]models.ImportedRow{{Action: models.ImportNew}}, got); diff != "" || run.Clients() != 1 {
				t.Errorf("batch %d: %d clients (-want +got):\n%s", i, run.Clients(), diff)
			}
		}
		if n := len(must[[]models.Client](t)(s.Clients(t.Context()))); n != 0 {
			t.Errorf("a dry run left %d clients", n)
		}
	})
}

// A batch is in as a whole or not at all; what went before stays.
func TestImportOfABatchThatFails(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		run := s.BeginImport(now, false)
		must[[]models.ImportedRow](t)(run.Add(t.Context(), []models.PortfolioRow{row("a.lab", "Amber Bakery")}))
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := run.Add(ctx, []models.PortfolioRow{row("b.lab", "Birch")}); err == nil {
			t.Fatal("a batch went in after its context ended")
		}
		if b := ask(t, s, models.BoardQuery{}); b.Total != 1 || run.Clients() != 1 {
			t.Errorf("%d domains, %d clients", b.Total, run.Clients())
		}
		must[[]models.ImportedRow](t)(run.Add(t.Context(), []models.PortfolioRow{row("b.lab", "Birch")}))
		if b := ask(t, s, models.BoardQuery{}); b.Total != 2 || run.Clients() != 2 {
			t.Errorf("going on: %d domains, %d clients", b.Total, run.Clients())
		}
	})
}
