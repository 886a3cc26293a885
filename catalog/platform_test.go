package catalog_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/krestmarketing/deedwatch/access"
	"github.com/krestmarketing/deedwatch/catalog"
	"github.com/krestmarketing/deedwatch/models"
)

func TestTheListOfPlatformsIsSound(t *testing.T) {
	list := catalog.Platforms()
	if err := catalog.CheckPlatforms(list); err != nil {
		t.Fatal(err)
	}
	if len(list) != 25 {
		t.Errorf("%d platforms", len(list))
	}
	for _, p := range list {
		for _, m := range p.Methods {
			if !slices.Contains(access.Methods(), m) {
				t.Errorf("%s: the register knows no method %q", p.Code, m)
			}
		}
		for _, text := range append(slices.Clone(p.Roles), p.Name, p.Code, p.Withdraw) {
			if what := access.SecretIn(text); what != "" {
				t.Errorf("%s: %q would be refused as %s", p.Code, text, what)
			}
		}
	}
	if !slices.IsSortedFunc(list, func(a, b catalog.Platform) int {
		return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name))
	}) {
		t.Error("the list is not in the order of its names")
	}
}

func TestAnUnsoundPlatformIsNamed(t *testing.T) {
	good := catalog.Platform{Code: "crm", Name: "CRM", Roles: []string{"Admin", "User"}, Least: "User", Methods: []models.GrantMethod{models.MethodOAuth}, Withdraw: "In the CRM open Users, and remove us."}
	if err := catalog.CheckPlatforms([]catalog.Platform{good}); err != nil {
		t.Fatal(err)
	}
	for why, tt := range map[string]struct {
		change func(*catalog.Platform)
		says   string
	}{
		"a code for people":         {func(p *catalog.Platform) { p.Code = "My CRM" }, "write the code"},
		"no code":                   {func(p *catalog.Platform) { p.Code = "" }, "write the code"},
		"no name":                   {func(p *catalog.Platform) { p.Name = "" }, "the name"},
		"a name with spaces around": {func(p *catalog.Platform) { p.Name = " CRM" }, "the name"},
		"a least role of its own":   {func(p *catalog.Platform) { p.Least = "Guest" }, `the least role "Guest"`},
		"no way in":                 {func(p *catalog.Platform) { p.Methods = nil }, "way of delegating"},
		"no way out":                {func(p *catalog.Platform) { p.Withdraw = "" }, "withdraws"},
		"two sentences":             {func(p *catalog.Platform) { p.Withdraw = "Open the users page. Remove us." }, "one sentence"},
		"a role twice":              {func(p *catalog.Platform) { p.Roles = []string{"User", "User"} }, `"User" is empty or listed twice`},
		"a method twice":            {func(p *catalog.Platform) { p.Methods = append(p.Methods, p.Methods...) }, "listed twice"},
	} {
		bad := good
		tt.change(&bad)
		err := catalog.CheckPlatforms([]catalog.Platform{good, bad})
		if err == nil || !strings.Contains(err.Error(), "row 2: ") || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: %v", why, err)
		}
	}
	twin := good
	twin.Code = "crm2"
	if err := catalog.CheckPlatforms([]catalog.Platform{good, twin}); err == nil || !strings.Contains(err.Error(), `"crm" is listed twice`) {
		t.Errorf("two of one name: %v", err)
	}
}

func TestFindingAPlatform(t *testing.T) {
	for text, want := range map[string]string{"google_ads": "google_ads", " Google Ads ": "google_ads", "GOOGLE ADS": "google_ads", "Hosting panel": "hosting", "Our own CRM": "", "": ""} {
		p, ok := catalog.FindPlatform(text)
		if p.Code != want || ok != (want != "") {
			t.Errorf("%q: %q, %v", text, p.Code, ok)
		}
	}
}

func TestTheListCantBeChangedFromOutside(t *testing.T) {
	catalog.Platforms()[0].Code = "changed"
	if _, found := catalog.FindPlatform("changed"); found {
		t.Error("the list was changed")
	}
}
