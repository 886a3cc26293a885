package store_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/krestmarketing/deedwatch/models"
)

// TestAttemptsThatEndTogether records many attempts at once, some of which cannot be recorded: nothing is lost, nobody is told
// another's error, and the ledger holds.
func TestAttemptsThatEndTogether(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		const clients = 24
		for i := range clients {
			name := fmt.Sprintf("d%d.lab", i)
			imported(t, s, row(name, fmt.Sprintf("Client %d", i)))
			queued(t, s, owed(expiring(t, s, name, at(5*day)), models.StageD7))
		}
		mails := collected(t, s, now, "2026-11-22")
		if len(mails) != clients {
			t.Fatalf("%d messages", len(mails))
		}
		gone, stop := context.WithCancel(t.Context())
		stop()
		var wg sync.WaitGroup
		errs := make([]error, len(mails))
		for i, id := range mails {
			rec := delivered(must[models.Letter](t)(s.Letter(t.Context(), id)), now)
			ctx := t.Context()
			switch i % 8 {
			case 3: // of a message that does not exist
				rec.Mail.ID = 4711
			case 5: // the caller has gone
				ctx = gone
			}
			wg.Go(func() { errs[i] = s.RecordAttempt(ctx, rec) })
		}
		wg.Wait()
		sent := 0
		for i, id := range mails {
			m := must[models.Letter](t)(s.Letter(t.Context(), id)).Mail
			if m.State == models.MailSent {
				sent++
			}
			switch i % 8 {
			case 3:
				if !errors.Is(errs[i], models.ErrNotFound) || m.State == models.MailSent {
					t.Errorf("of a message that does not exist: %v; the other is %s", errs[i], m.State)
				}
			case 5: // whoever writes may have taken it along, or not: what is said must be so
				if (errs[i] == nil) != (m.State == models.MailSent) {
					t.Errorf("of a caller who has gone: %v, and the message is %s", errs[i], m.State)
				}
			default:
				if errs[i] != nil || m.State != models.MailSent || m.Attempts != 0 {
					t.Errorf("%v: the message is %s after %d attempts", errs[i], m.State, m.Attempts)
				}
			}
		}
		if lines := must[int](t)(s.VerifyLedger(t.Context())); lines != sent {
			t.Errorf("%d lines in the ledger on %d messages that were sent", lines, sent)
		}
	})
}
