package notify_test

import (
	"testing"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/notify"
)

// A task of the ladder says who is to be called: whoever would be written to.
func TestALadderTaskNamesWhomToCall(t *testing.T) {
	owed := owedFor(at(t, expiry))
	for why, c := range map[string]struct{ now, stage string }{
		"queued": {"2026-11-16 09:00", "d60"}, "superseded": {"2026-12-16 09:00", "d60"},
	} {
		found := false
		for _, n := range notify.Plan(owed, policy(t), at(t, c.now)).Add {
			if string(n.Stage) != c.stage {
				continue
			}
			found = true
			if n.Channel != models.ChannelTask || n.ContactID == nil || *n.ContactID != owed.Contacts[0].ID {
				t.Errorf("%s: the task is about contact %v, want %d", why, n.ContactID, owed.Contacts[0].ID)
			}
		}
		if !found {
			t.Errorf("%s: no task", why)
		}
	}
}
