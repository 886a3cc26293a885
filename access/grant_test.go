package access_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/krestmarketing/deedwatch/access"
	"github.com/krestmarketing/deedwatch/models"
)

var now = time.Date(2026, 11, 21, 18, 42, 0, 0, time.UTC)

func draft() access.Draft {
	return access.Draft{
		ClientID: 7, Platform: "google_analytics", Asset: "G-ABC123DEF4", Role: "Editor", Method: models.MethodUserInvitation, HolderKind: models.HolderPerson,
		Holder: "dana@agency.example", Purpose: "seo", State: models.GrantGranted, GrantedBy: "Ada Juniper",
	}
}

func TestNewGrant(t *testing.T) {
	g, e, err := access.New(draft(), "dana@agency.example", now)
	if err != nil {
		t.Fatal(err)
	}
	review := time.Date(2027, 2, 20, 0, 0, 0, 0, time.UTC)
	got := []any{g.State, *g.GrantedAt, *g.ReviewDue, g.RecordedBy, g.RecordedAt, e.Action, e.To, e.From}
	want := []any{models.GrantGranted, now, review, "dana@agency.example", now, "recorded", models.GrantGranted, models.GrantState("")}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestEveryFieldIsChecked(t *testing.T) {
	yesterday := now.AddDate(0, 0, -2) // yesterday in every zone
	tests := []struct {
		field  string
		change func(*access.Draft)
	}{
		{"Client", func(d *access.Draft) { d.ClientID = 0 }},
		{"Platform", func(d *access.Draft) { d.Platform = " " }},
		{"Account or property", func(d *access.Draft) { d.Asset = "" }},
		{"Role", func(d *access.Draft) { d.Role = strings.Repeat("x", 501) }},
		{"How", func(d *access.Draft) { d.Method = "shared_password" }},
		{"Held by", func(d *access.Draft) { d.HolderKind = "" }},
		{"Holder", func(d *access.Draft) { d.Holder = "Dana" }},
		{"What for", func(d *access.Draft) { d.Purpose = "" }},
		{"State", func(d *access.Draft) { d.State = models.GrantVerified }},
		{"Granted by", func(d *access.Draft) { d.GrantedBy = "" }},
		{"Vault item", func(d *access.Draft) { d.VaultLink = "http://vault.example/x" }},
		{"Vault item", func(d *access.Draft) { d.VaultLink = "https://u:p@vault.example/x" }},
		{"Vault item", func(d *access.Draft) { d.VaultLink = "https://send.vault.example/#a1B2c3" }},
		{"Review on", func(d *access.Draft) { d.ReviewDue = &yesterday }},
		{"Expected end", func(d *access.Draft) { d.ExpectedEnd = &yesterday }},
		{"Note", func(d *access.Draft) { d.Note = "a\x00b" }},
	}
	for _, tt := range tests {
		t.Run(tt.field, func(t *testing.T) {
			d := draft()
			tt.change(&d)
			_, _, err := access.New(d, "dana@agency.example", now)
			fields, ok := errors.AsType[access.FieldErrors](err)
			if !ok || len(fields) != 1 || fields[0].Field != tt.field || !errors.Is(err, models.ErrInvalid) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestSecretsInAnyFieldAreRefusedAndNotEchoed(t *testing.T) {
	const secret = "Tr0ub4dor&3"
	fields := map[string]func(*access.Draft){
		"Platform": func(d *access.Draft) { d.Platform = secret }, "Account or property": func(d *access.Draft) { d.Asset = secret },
		"Role": func(d *access.Draft) { d.Role = secret }, "What for": func(d *access.Draft) { d.Purpose = secret },
		"Note": func(d *access.Draft) { d.Note = "first login " + secret }, "Granted by": func(d *access.Draft) { d.GrantedBy = secret },
		"Holder": func(d *access.Draft) { d.HolderKind, d.Holder = models.HolderTeam, secret },
	}
	for field, set := range fields {
		d := draft()
		set(&d)
		g, e, err := access.New(d, "dana@agency.example", now)
		if err == nil || !strings.HasPrefix(err.Error(), field) {
			t.Errorf("%s: %v", field, err)
		}
		if strings.Contains(fmt.Sprintf("%v %+v %+v", err, g, e), secret) {
			t.Errorf("%s: the secret comes back", field)
		}
	}
	g, _, err := access.New(draft(), "dana@agency.example", now)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := access.Apply(g, access.Step{Action: access.ActionVerify, Note: "password: " + secret}, "x", now); err == nil || strings.Contains(err.Error(), secret) {
		t.Errorf("a step's note: %v", err)
	}
}

// The whole machine: every action from every state.
func TestTransitions(t *testing.T) {
	want := map[models.GrantState]string{
		models.GrantRequested: "declined>declined granted>granted holder_changed>requested role_changed>requested to_revoke>to_revoke",
		models.GrantGranted:   "at_risk>at_risk holder_changed>granted kept>granted review_due>review_due role_changed>granted to_revoke>to_revoke verified>verified",
		models.GrantVerified:  "at_risk>at_risk holder_changed>verified kept>granted review_due>review_due role_changed>verified to_revoke>to_revoke verified>verified",
		models.GrantReviewDue: "at_risk>at_risk holder_changed>review_due kept>granted role_changed>review_due to_revoke>to_revoke verified>verified",
		models.GrantAtRisk:    "holder_changed>at_risk revoked>revoked role_changed>at_risk to_revoke>to_revoke verified>verified",
		models.GrantToRevoke:  "revoked>revoked",
		models.GrantRevoked:   "",
		models.GrantDeclined:  "asked_again>requested",
	}
	for state, line := range want {
		var got []string
		for _, a := range access.Actions(state) {
			g, e, err := access.Apply(models.Grant{ID: 1, State: state, Role: "Editor"}, access.Step{Action: a, Note: " seen in the account list ", By: "Ada", Role: "Viewer", Holder: "kyle@agency.example"}, "dana", now)
			if err != nil {
				t.Errorf("%s from %s: %v", a, state, err)
				continue
			}
			if e.From != state || e.To != g.State || e.Actor != "dana" {
				t.Errorf("%s from %s: history says %+v", a, state, e)
			}
			got = append(got, fmt.Sprintf("%s>%s", a, g.State))
		}
		if diff := cmp.Diff(line, strings.Join(got, " ")); diff != "" {
			t.Errorf("%s: %s", state, diff)
		}
		for _, a := range []access.Action{"invented", access.ActionGrant, access.ActionRevoke, access.ActionVerify} {
			if slices.Contains(access.Actions(state), a) {
				continue
			}
			if _, _, err := access.Apply(models.Grant{State: state}, access.Step{Action: a, Note: "n"}, "dana", now); !errors.Is(err, models.ErrConflict) {
				t.Errorf("%s from %s: %v", a, state, err)
			}
		}
	}
}

func TestRevokingNeedsEvidenceAndKeepingAReason(t *testing.T) {
	for _, s := range []struct {
		state  models.GrantState
		action access.Action
	}{{models.GrantToRevoke, access.ActionRevoke}, {models.GrantReviewDue, access.ActionKeep}, {models.GrantGranted, access.ActionVerify}, {models.GrantVerified, access.ActionAskRevoke}} {
		if _, _, err := access.Apply(models.Grant{State: s.state}, access.Step{Action: s.action}, "dana", now); !errors.Is(err, models.ErrInvalid) {
			t.Errorf("%s without a note: %v", s.action, err)
		}
	}
}

func TestStepsCheckWhatTheyCarry(t *testing.T) {
	past := now.AddDate(0, 0, -2)
	held := models.Grant{State: models.GrantGranted, HolderKind: models.HolderPerson}
	for field, tt := range map[string]struct {
		g models.Grant
		s access.Step
	}{
		"Granted by": {models.Grant{State: models.GrantRequested}, access.Step{Action: access.ActionGrant, By: " "}},
		"Holder":     {held, access.Step{Action: access.ActionChangeOwner, Holder: "Kyle", Note: "Dana leaves"}},
		"Role":       {held, access.Step{Action: access.ActionReduceRole, Note: "too much"}},
		"Review on":  {held, access.Step{Action: access.ActionVerify, Note: "seen", ReviewOn: &past}},
	} {
		_, _, err := access.Apply(tt.g, tt.s, "dana", now)
		if fields, ok := errors.AsType[access.FieldErrors](err); !ok || len(fields) != 1 || fields[0].Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
}

func TestKeepingLeavesAVerifiedGrantVerified(t *testing.T) {
	then := now.AddDate(0, -3, 0)
	g, _, err := access.Apply(models.Grant{State: models.GrantReviewDue, VerifiedAt: &then}, access.Step{Action: access.ActionKeep, Note: "campaign runs on"}, "dana", now)
	if err != nil || g.State != models.GrantVerified || !g.VerifiedAt.Equal(then) || !g.ReviewDue.After(now) {
		t.Errorf("%+v, %v", g, err)
	}
}

type memory struct {
	rows   map[int64]models.Grant
	events []models.GrantEvent
	ledger []models.Entry
}

func (m *memory) CreateGrant(_ context.Context, g models.Grant, e models.GrantEvent, l models.Entry) (models.Grant, error) {
	g.ID = int64(len(m.rows) + 1)
	m.rows[g.ID], m.events, m.ledger = g, append(m.events, e), append(m.ledger, l)
	return g, nil
}

func (m *memory) TransitionGrant(_ context.Context, g models.Grant, e models.GrantEvent, l models.Entry) error {
	if m.rows[g.ID].Version != g.Version {
		return models.ErrConflict
	}
	g.Version++
	m.rows[g.ID], m.events, m.ledger = g, append(m.events, e), append(m.ledger, l)
	return nil
}

func (m *memory) Grant(_ context.Context, id int64) (models.GrantView, error) {
	g, ok := m.rows[id]
	if !ok {
		return models.GrantView{}, models.ErrNotFound
	}
	return models.GrantView{Grant: g}, nil
}

func (m *memory) GrantsReviewDue(_ context.Context, at time.Time) ([]models.Grant, error) {
	var out []models.Grant
	for _, g := range m.rows {
		if g.ReviewDue != nil && !g.ReviewDue.After(at) && (g.State == models.GrantGranted || g.State == models.GrantVerified) {
			out = append(out, g)
		}
	}
	return out, nil
}

func TestRegisterWalksAGrantThroughItsLife(t *testing.T) {
	m := &memory{rows: map[int64]models.Grant{}}
	clock := now
	r := access.NewRegister(m, func() time.Time { return clock })
	g, err := r.Record(t.Context(), draft(), "dana")
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Move(t.Context(), g.ID, access.AnyVersion, access.Step{Action: access.ActionVerify, Note: "seen in the account list"}, "kyle"); err != nil {
		t.Fatal(err)
	}
	if err := r.Move(t.Context(), g.ID, 99, access.Step{Action: access.ActionVerify, Note: "again"}, "kyle"); !errors.Is(err, models.ErrConflict) {
		t.Errorf("an old version was accepted: %v", err)
	}
	clock = clock.AddDate(0, 4, 0)
	if n, err := r.SweepReviews(t.Context()); n != 1 || err != nil {
		t.Errorf("%d marked, %v", n, err)
	}
	if n, err := r.SweepReviews(t.Context()); n != 0 || err != nil {
		t.Errorf("marked twice: %d, %v", n, err)
	}
	if err := r.Move(t.Context(), 42, access.AnyVersion, access.Step{Action: access.ActionVerify}, "kyle"); !errors.Is(err, models.ErrNotFound) {
		t.Errorf("unknown grant: %v", err)
	}
	var actions []string
	for i, e := range m.events {
		actions = append(actions, e.Action)
		if m.ledger[i].Kind != "grant_"+e.Action || m.ledger[i].Actor != e.Actor {
			t.Errorf("the ledger tells another story: %+v", m.ledger[i])
		}
	}
	if diff := cmp.Diff([]string{"recorded", "verified", "review_due"}, actions); diff != "" {
		t.Error(diff)
	}
}
