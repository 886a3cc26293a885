package store_test

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/store"
)

var _ scs.CtxStore = (*store.SessionStore)(nil)

func TestUsers(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		kim := must[models.User](t)(s.CreateUser(t.Context(), models.User{Email: "kim@agency.example", Name: "Kim", Role: models.UserOps, CreatedAt: now}))
		must[models.User](t)(s.CreateUser(t.Context(), models.User{Email: "ada@agency.example", Role: models.UserAdmin, CreatedAt: now}))
		if _, err := s.CreateUser(t.Context(), models.User{Email: "kim@agency.example", Role: models.UserAdmin, CreatedAt: now}); !errors.Is(err, models.ErrConflict) {
			t.Errorf("an address twice: %v", err)
		}
		ok(t, s.SetPassword(t.Context(), kim.ID, "argon", at(time.Minute)))
		ok(t, s.TouchLogin(t.Context(), kim.ID, at(time.Hour)))
		ok(t, s.DisableUser(t.Context(), kim.ID, at(day)))
		ok(t, s.DisableUser(t.Context(), kim.ID, at(2*day)))
		got := must[models.User](t)(s.UserByEmail(t.Context(), "kim@agency.example"))
		if got.PasswordHash != "argon" || !got.LastLoginAt.Equal(at(time.Hour)) || !got.DisabledAt.Equal(at(day)) || got.Name != "Kim" {
			t.Errorf("user: %+v", got)
		}
		if same := must[models.User](t)(s.UserByID(t.Context(), kim.ID)); same.Email != got.Email {
			t.Errorf("by ID: %+v", same)
		}
		all := must[[]models.User](t)(s.Users(t.Context()))
		if n := must[int](t)(s.CountUsers(t.Context())); n != 2 || len(all) != 2 || all[0].Email != "ada@agency.example" {
			t.Errorf("%d users: %+v", n, all)
		}
		_, byID := s.UserByID(t.Context(), 4711)
		_, byEmail := s.UserByEmail(t.Context(), "nobody@agency.example")
		for what, err := range map[string]error{"id": byID, "email": byEmail, "login": s.TouchLogin(t.Context(), 4711, now), "disable": s.DisableUser(t.Context(), 4711, now)} {
			if !errors.Is(err, models.ErrNotFound) {
				t.Errorf("%s of nobody: %v", what, err)
			}
		}
	})
}

func TestASetupTokenIsUsedOnce(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		for _, hash := range []string{"first", "second"} {
			ok(t, s.CreateSetupToken(t.Context(), models.SetupToken{Hash: hash, Role: models.UserAdmin, ExpiresAt: at(day), CreatedAt: now}))
		}
		ok(t, s.CreateSetupToken(t.Context(), models.SetupToken{Hash: "invited", Email: "kim@agency.example", Role: models.UserOps, ExpiresAt: at(day), CreatedAt: now}))
		if tok := must[models.SetupToken](t)(s.SetupToken(t.Context(), "invited", now)); tok.Role != models.UserOps || tok.Email != "kim@agency.example" {
			t.Errorf("token: %+v", tok)
		}
		for what, ask := range map[string]struct {
			hash string
			at   time.Time
		}{"unknown": {"x", now}, "expired": {"first", at(day)}} {
			if _, err := s.SetupToken(t.Context(), ask.hash, ask.at); !errors.Is(err, models.ErrNotFound) {
				t.Errorf("%s: %v", what, err)
			}
		}
		var made, missed, late atomic.Int32
		var wg sync.WaitGroup
		for i := range 8 {
			wg.Go(func() {
				u := models.User{Email: string(rune('a'+i)) + "@agency.example", Role: models.UserAdmin}
				_, err := s.UseSetupToken(t.Context(), []string{"first", "second"}[i%2], u, now)
				switch {
				case err == nil:
					made.Add(1)
				case errors.Is(err, models.ErrNotFound):
					missed.Add(1)
				case errors.Is(err, models.ErrConflict):
					late.Add(1)
				default:
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if n := must[int](t)(s.CountUsers(t.Context())); made.Load() != 1 || n != 1 || missed.Load()+late.Load() != 7 {
			t.Errorf("%d first administrators were made, %d users, %d missed, %d late", made.Load(), n, missed.Load(), late.Load())
		}
		kim := must[models.User](t)(s.UseSetupToken(t.Context(), "invited", models.User{Email: "kim@agency.example", Role: models.UserOps}, at(time.Hour)))
		if kim.ID == 0 || kim.CreatedAt != at(time.Hour).UTC() {
			t.Errorf("invited: %+v", kim)
		}
		if _, err := s.SetupToken(t.Context(), "invited", now); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("a used token: %v", err)
		}
	})
}

func TestATokenIsNotSpentOnAFailure(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		must[models.User](t)(s.CreateUser(t.Context(), models.User{Email: "kim@agency.example", Role: models.UserOps, CreatedAt: now}))
		ok(t, s.CreateSetupToken(t.Context(), models.SetupToken{Hash: "h", Email: "kim@agency.example", Role: models.UserOps, ExpiresAt: at(day), CreatedAt: now}))
		if _, err := s.UseSetupToken(t.Context(), "h", models.User{Email: "kim@agency.example", Role: models.UserOps}, now); !errors.Is(err, models.ErrConflict) {
			t.Errorf("an address that has an account: %v", err)
		}
		must[models.SetupToken](t)(s.SetupToken(t.Context(), "h", now))
	})
}

func TestSessions(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		clock := now
		sessions := s.Sessions(func() time.Time { return clock })
		ok(t, sessions.CommitCtx(t.Context(), "tok", []byte{0, 1, 255}, at(time.Hour)))
		ok(t, sessions.Commit("tok", []byte("two"), at(2*time.Hour)))
		ok(t, sessions.Commit("short", []byte("x"), at(time.Minute)))
		clock = at(2*time.Hour - time.Microsecond)
		data, found, err := sessions.FindCtx(t.Context(), "tok")
		if string(data) != "two" || !found || err != nil {
			t.Errorf("found %v %q, %v", found, data, err)
		}
		clock = at(2 * time.Hour)
		if _, found, err := sessions.Find("tok"); found || err != nil {
			t.Errorf("an expired session was found: %v", err)
		}
		ok(t, sessions.DeleteExpired(t.Context(), at(time.Hour)))
		clock = now
		if _, found, _ := sessions.Find("short"); found {
			t.Error("an expired session was kept")
		}
		if _, found, _ := sessions.Find("tok"); !found {
			t.Error("a session that holds was deleted")
		}
		ok(t, sessions.Delete("tok"))
		ok(t, sessions.Delete("tok"))
		if _, found, _ := sessions.Find("tok"); found {
			t.Error("a deleted session was found")
		}
	})
}
