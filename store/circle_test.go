package store_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/krestmarketing/deedwatch/models"
)

// TestClientsWhoShareAnAddressAreOneCircle: what goes to an address counts for every client who has it, and archived names for nobody.
func TestClientsWhoShareAnAddressAreOneCircle(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		imported(t, s, row("a.lab", "Amber Bakery"), row("b.lab", "Birch Studio"), row("c.lab", "Cedar Clinic"))
		all := ids(t, s, "a.lab", "b.lab", "c.lab")
		a, b, c := watched(t, s, "a.lab"), watched(t, s, "b.lab"), watched(t, s, "c.lab")
		shared, alone := b.Contacts[0], c.Contacts[0]
		shared.Email, alone.Email = a.Contacts[0].Email, "alone@cedar.example"
		ok(t, s.CorrectContact(t.Context(), shared, "dana", now))
		ok(t, s.CorrectContact(t.Context(), alone, "dana", now))
		if diff := cmp.Diff(all[:2], must[[]int64](t)(s.ClientCircle(t.Context(), a.Client.ID))); diff != "" {
			t.Errorf("who shares an address (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(all[2:], must[[]int64](t)(s.ClientCircle(t.Context(), c.Client.ID))); diff != "" {
			t.Errorf("who shares none (-want +got):\n%s", diff)
		}
		ok(t, s.ArchiveDomain(t.Context(), all[1], "dana", now))
		if diff := cmp.Diff(all[:1], must[[]int64](t)(s.ClientCircle(t.Context(), a.Client.ID))); diff != "" {
			t.Errorf("an archived name (-want +got):\n%s", diff)
		}
		if got := must[int64](t)(s.ClientOf(t.Context(), alone.ID)); got != c.Client.ID {
			t.Errorf("the contact is of client %d, want %d", got, c.Client.ID)
		}
		if _, err := s.ClientOf(t.Context(), 9999); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("nobody's contact: %v", err)
		}
	})
}
