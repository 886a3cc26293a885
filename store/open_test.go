package store_test

import (
	"testing"

	"github.com/krestmarketing/deedwatch/store"
)

func TestSmoke(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *store.Store) {
		ok(t, s.Ping(t.Context()))
		v, err := s.SchemaVersion(t.Context())
		t.Log(v, err)
		ok(t, err)
	})
}
