package store_test

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/store"
)

func granted(tb testing.TB, s *store.Store, clientID int64, state models.GrantState) models.Grant {
	tb.Helper()
	g := models.Grant{
		ClientID: clientID, Platform: "google_ads", Asset: "123-456-7890", Role: "standard", Method: models.MethodManagerAccount,
		HolderKind: models.HolderTeam, Holder: "ads team", State: state, StateAt: now, RecordedBy: "pat@agency.example", RecordedAt: now, Version: 1,
	}
	return must[models.Grant](tb)(s.CreateGrant(tb.Context(), g, models.GrantEvent{At: now, Actor: g.RecordedBy, Action: "record", To: state}, grantLine(clientID)))
}

func grantLine(clientID int64) models.Entry {
	return models.Entry{At: now, Kind: "grant_recorded", ClientID: &clientID, Actor: "pat@agency.example", Body: `{"platform":"google_ads"}`}
}

func TestGrantTransitions(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		imported(t, s, row("a.lab", "Amber Bakery"))
		w := watched(t, s, "a.lab")
		g := granted(t, s, w.Client.ID, models.GrantGranted)
		next := g
		next.State, next.VerifiedBy, next.VerifiedAt, next.ReviewDue, next.DomainID = models.GrantVerified, "kim@agency.example", new(at(day)), new(at(90*day)), &w.Domain.ID
		event := models.GrantEvent{At: at(day), Actor: "kim@agency.example", Action: "verify", From: g.State, To: next.State}
		ok(t, s.TransitionGrant(t.Context(), next, event, grantLine(w.Client.ID)))
		v := must[models.GrantView](t)(s.Grant(t.Context(), g.ID))
		if v.Grant.Version != g.Version+1 || v.Grant.State != models.GrantVerified || v.ClientName != "Amber Bakery" || v.DomainName != "a.lab" {
			t.Errorf("grant: %+v", v)
		}
		if err := s.TransitionGrant(t.Context(), next, event, grantLine(w.Client.ID)); !errors.Is(err, models.ErrConflict) {
			t.Errorf("from an old version: %v", err)
		}
		next.ID = 4711
		if err := s.TransitionGrant(t.Context(), next, event, grantLine(w.Client.ID)); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("of a grant that does not exist: %v", err)
		}
		events := must[[]models.GrantEvent](t)(s.GrantEvents(t.Context(), g.ID))
		if len(events) != 2 || events[0].Action != "record" || events[1].From != models.GrantGranted || must[int](t)(s.VerifyLedger(t.Context())) != 2 {
			t.Errorf("history: %+v", events)
		}
		if due := must[[]models.Grant](t)(s.GrantsReviewDue(t.Context(), at(89*day))); len(due) != 0 {
			t.Errorf("due too early: %+v", due)
		}
		if due := must[[]models.Grant](t)(s.GrantsReviewDue(t.Context(), at(90*day))); len(due) != 1 || due[0].ID != g.ID {
			t.Errorf("due: %+v", due)
		}
	})
}

func TestOneOfManyTransitionsWins(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		imported(t, s, row("a.lab", "Amber Bakery"))
		client := watched(t, s, "a.lab").Client.ID
		g := granted(t, s, client, models.GrantGranted)
		var won atomic.Int32
		var wg sync.WaitGroup
		for range 6 {
			wg.Go(func() {
				err := s.TransitionGrant(t.Context(), g, models.GrantEvent{At: now, Action: "verify"}, grantLine(client))
				if err == nil {
					won.Add(1)
				} else if !errors.Is(err, models.ErrConflict) {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if n := len(must[[]models.GrantEvent](t)(s.GrantEvents(t.Context(), g.ID))); won.Load() != 1 || n != 2 {
			t.Errorf("%d won and %d lines of history, want 1 and 2", won.Load(), n)
		}
	})
}

func TestGrantQueries(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		imported(t, s, row("a.lab", "Amber Bakery"), row("b.lab", "birch studio"))
		a, b := watched(t, s, "a.lab"), watched(t, s, "b.lab")
		first, second, third := granted(t, s, b.Client.ID, models.GrantVerified), granted(t, s, a.Client.ID, models.GrantRevoked), granted(t, s, a.Client.ID, models.GrantAtRisk)
		third.DomainID, third.Holder, third.Platform = &a.Domain.ID, "kim@agency.example", "dns"
		ok(t, s.TransitionGrant(t.Context(), third, models.GrantEvent{At: now}, grantLine(a.Client.ID)))
		for name, tc := range map[string]struct {
			q    models.GrantQuery
			want []int64
		}{
			"all":      {models.GrantQuery{}, []int64{third.ID, second.ID, first.ID}},
			"client":   {models.GrantQuery{ClientID: a.Client.ID}, []int64{third.ID, second.ID}},
			"domain":   {models.GrantQuery{DomainID: a.Domain.ID}, []int64{third.ID}},
			"holder":   {models.GrantQuery{Holder: "kim@agency.example"}, []int64{third.ID}},
			"platform": {models.GrantQuery{Platform: "google_ads"}, []int64{second.ID, first.ID}},
			"states":   {models.GrantQuery{States: []models.GrantState{models.GrantVerified, models.GrantAtRisk}}, []int64{third.ID, first.ID}},
			"nobody":   {models.GrantQuery{Holder: "nobody"}, nil},
		} {
			var got []int64
			for _, v := range must[[]models.GrantView](t)(s.Grants(t.Context(), tc.q)) {
				got = append(got, v.Grant.ID)
			}
			if len(got) != len(tc.want) {
				t.Errorf("%s: %v, want %v", name, got, tc.want)
				continue
			}
			for i := range got {
				if got[i] != tc.want[i] {
					t.Errorf("%s: %v, want %v", name, got, tc.want)
					break
				}
			}
		}
		if _, err := s.Grant(t.Context(), 4711); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("a grant that does not exist: %v", err)
		}
		orphan := models.Grant{ClientID: 4711, Platform: "x", Method: models.MethodOAuth, HolderKind: models.HolderTeam, State: models.GrantRequested, StateAt: now, RecordedAt: now}
		if _, err := s.CreateGrant(t.Context(), orphan, models.GrantEvent{At: now}, models.Entry{At: now}); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("a grant of a client that does not exist: %v", err)
		}
	})
}
