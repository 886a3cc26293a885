package dashboard_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/krestmarketing/deedwatch/access"
	"github.com/krestmarketing/deedwatch/models"
)

// Every step that the rules allow is offered as a form, and the form asks for what the rules ask for.
func TestEveryPossibleStepIsOffered(t *testing.T) {
	s := newSite(t)
	s.as(models.UserOnboarding)
	states := []models.GrantState{models.GrantRequested, models.GrantGranted, models.GrantVerified, models.GrantReviewDue, models.GrantToRevoke, models.GrantRevoked, models.GrantDeclined, models.GrantAtRisk}
	offered := map[access.Action]bool{}
	for _, state := range states {
		s.store.grants = []models.GrantView{grantAs(1, 1, "Alder", "google_ads", "kyle@northwind.example", state, "")}
		p := s.get("/access/1")
		p.want(t, 200, "How the client withdraws it", "remove our manager account")
		possible := access.Actions(state)
		if n := strings.Count(p.Body, `name="action"`); n != len(possible) {
			t.Errorf("%s: %d forms for %d possible steps", state, n, len(possible))
		}
		for _, a := range possible {
			offered[a] = true
			form := between(t, p.Body, `name="action" value="`+string(a)+`"`, "</form>")
			required := strings.Contains(between(t, form, "<textarea", ">"), " required")
			_, _, err := access.Apply(models.Grant{State: state}, access.Step{Action: a, By: "Ada", Role: "Viewer", Holder: "Web team"}, "dana", noon)
			if needs := errors.Is(err, models.ErrInvalid); needs != required {
				t.Errorf("%s from %s: the rules need a note: %v, the form: %v", a, state, needs, required)
			}
			for key, of := range map[string]access.Action{"by": access.ActionGrant, "role": access.ActionReduceRole, "holder": access.ActionChangeOwner} {
				if has := strings.Contains(form, `name="`+key+`"`); has != (a == of) {
					t.Errorf("%s from %s: field %s: %v", a, state, key, has)
				}
			}
		}
	}
	if len(offered) != 11 {
		t.Errorf("%d steps were seen: %v", len(offered), offered)
	}
}

func TestAPlatformNobodyKnowsIsWithdrawnInPlainWords(t *testing.T) {
	s := newSite(t)
	s.as(models.UserViewer)
	s.store.grants = []models.GrantView{grantAs(1, 1, "Alder", "Our own CRM", "kyle@northwind.example", models.GrantVerified, "")}
	s.get("/access/1").want(t, 200, "In Our own CRM open the users, members or partners of the account, and remove kyle@northwind.example.")
}
