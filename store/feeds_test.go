package store_test

import (
	"errors"
	"testing"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

func TestCalendarFeeds(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		imported(t, s, row("a.lab", "Amber Bakery"), row("b.lab", "Amber Bakery"), row("c.lab", "Cedar"), row("none.lab", "Cedar"))
		expiring(t, s, "b.lab", at(5*day))
		expiring(t, s, "a.lab", at(9*day))
		expiring(t, s, "c.lab", at(-200*day)) // long ago
		amber := watched(t, s, "a.lab").Client.ID
		team := must[models.Feed](t)(s.CreateFeed(t.Context(), models.Feed{Hash: sha("team"), Label: "Ops", CreatedBy: "joy@agency.example", CreatedAt: now}))
		own := must[models.Feed](t)(s.CreateFeed(t.Context(), models.Feed{Hash: sha("own"), ClientID: &amber, Label: "Owner", CreatedBy: "joy@agency.example", CreatedAt: now}))
		if _, err := s.CreateFeed(t.Context(), models.Feed{Hash: sha("own"), CreatedAt: now}); !errors.Is(err, models.ErrConflict) {
			t.Errorf("the same address twice: %v", err)
		}
		if feeds := must[[]models.Feed](t)(s.Feeds(t.Context(), nil)); len(feeds) != 1 || feeds[0].ID != team.ID {
			t.Errorf("the team's: %+v", feeds)
		}
		if feeds := must[[]models.Feed](t)(s.Feeds(t.Context(), &amber)); len(feeds) != 1 || feeds[0].ID != own.ID {
			t.Errorf("the client's: %+v", feeds)
		}
		v := must[models.FeedView](t)(s.FeedView(t.Context(), sha("team"), at(-90*day), 9))
		if len(v.Domains) != 2 || v.Domains[0].Name != "b.lab" || v.Client != nil || v.More || v.Names[amber] != "Amber Bakery" {
			t.Errorf("the team sees %+v", v)
		}
		v = must[models.FeedView](t)(s.FeedView(t.Context(), sha("own"), at(-90*day), 1))
		if len(v.Domains) != 1 || v.Client == nil || v.Client.ID != amber || !v.More {
			t.Errorf("the client sees %+v", v)
		}
		ok(t, s.TouchFeed(t.Context(), own.ID, at(time.Hour)))
		ok(t, s.RevokeFeed(t.Context(), own.ID, "kim@agency.example", at(2*time.Hour)))
		if err := s.RevokeFeed(t.Context(), own.ID, "kim@agency.example", at(3*time.Hour)); !errors.Is(err, models.ErrConflict) {
			t.Errorf("revoked twice: %v", err)
		}
		for _, hash := range []string{sha("own"), sha("other"), ""} {
			if _, err := s.FeedView(t.Context(), hash, now, 9); !errors.Is(err, models.ErrNotFound) {
				t.Errorf("a feed that is revoked or never was: %v", err)
			}
		}
		kinds := []string{}
		for _, e := range must[[]models.Entry](t)(s.Ledger(t.Context(), amber, 9)) {
			kinds = append(kinds, e.Kind+" "+e.Actor)
		}
		if len(kinds) != 2 || kinds[0] != "feed_revoked kim@agency.example" || kinds[1] != "feed_created joy@agency.example" || must[int](t)(s.VerifyLedger(t.Context())) != 3 {
			t.Errorf("lines %v", kinds)
		}
	})
}
