package models_test

import (
	"testing"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

func TestAServerIsBehind(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	since := func(d time.Duration) *time.Time { return new(now.Add(-d)) }
	for _, c := range []struct {
		why  string
		lag  models.ServerLag
		want bool
	}{
		{"nothing is due", models.ServerLag{}, false},
		{"far-off names wait for days: they are the ones that may", models.ServerLag{Oldest: since(6 * 24 * time.Hour)}, false},
		{"for more than a week they may not", models.ServerLag{Oldest: since(8 * 24 * time.Hour)}, true},
		{"near names wait for their turn", models.ServerLag{Oldest: since(5 * time.Hour), OldestNear: since(5 * time.Hour)}, false},
		{"near names wait too long", models.ServerLag{Oldest: since(7 * time.Hour), OldestNear: since(7 * time.Hour)}, true},
	} {
		t.Run(c.why, func(t *testing.T) {
			if got := c.lag.Behind(now); got != c.want {
				t.Errorf("behind: %v, want %v", got, c.want)
			}
		})
	}
}
