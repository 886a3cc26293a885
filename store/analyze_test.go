package store_test

import (
	"testing"
)

func TestAnalyzeIsSeenByEveryConnection(t *testing.T) {
	onBoth(t, func(on engine) {
		for range 3 { // again on what is counted already, and beside open connections
			if err := on.s.Analyze(on.t.Context()); err != nil {
				on.t.Fatal(err)
			}
			counted, err := on.s.Counted(on.t.Context())
			if err != nil {
				on.t.Fatal(err)
			}
			if counted == 0 {
				on.t.Error("no table was counted")
			}
		}
	})
}
