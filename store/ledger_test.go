package store_test

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/store"
)

func entries(n int) []models.Entry {
	out := make([]models.Entry, n)
	for i := range out {
		out[i] = models.Entry{At: now, Kind: "test", Actor: "system", Body: fmt.Sprintf(`{"n":%d}`, i)}
	}
	return out
}

func TestLedgerIsAChain(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		imported(t, s, row("a.lab", "Amber Bakery"))
		w := watched(t, s, "a.lab")
		ok(t, s.AddLedger(t.Context(), nil))
		own := models.Entry{At: now, Kind: "mail_sent", ClientID: &w.Client.ID, DomainID: &w.Domain.ID, Actor: "system", Body: "{\n}"}
		ok(t, s.AddLedger(t.Context(), append(entries(2), own)))
		if n := must[int](t)(s.VerifyLedger(t.Context())); n != 3 {
			t.Errorf("%d lines, want 3", n)
		}
		last := must[[]models.Entry](t)(s.Ledger(t.Context(), w.Client.ID, 10))
		all := must[[]models.Entry](t)(s.Ledger(t.Context(), 0, 10))
		if len(last) != 1 || len(all) != 3 || all[0].ID != last[0].ID || all[0].Prev != all[1].Hash || all[2].Prev != "" {
			t.Errorf("ledger: %+v", all)
		}
		// Written out by hand, as somebody would check a printed proof.
		text := fmt.Sprintf("%s\n2026-11-22T12:30:00.123456Z\nmail_sent\n%d\n%d\nsystem\n{\n}", all[1].Hash, w.Client.ID, w.Domain.ID)
		if sum := sha256.Sum256([]byte(text)); hex.EncodeToString(sum[:]) != last[0].Hash {
			t.Errorf("hash %s is not that of %q", last[0].Hash, text)
		}
		bad := entries(1)
		bad[0].Actor = "two\nlines"
		if err := s.AddLedger(t.Context(), bad); !errors.Is(err, models.ErrInvalid) {
			t.Errorf("an actor of two lines: %v", err)
		}
	})
}

func TestVerifyLedgerFindsChanges(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		sql  string
		line int64
		why  string
	}{
		"body":      {`UPDATE entries SET body = '{"n":7}' WHERE id = 3`, 3, "its own hash does not match"},
		"actor":     {`UPDATE entries SET actor = 'kim' WHERE id = 1`, 1, "the first line counts too"},
		"removed":   {`DELETE FROM entries WHERE id = 3`, 4, "the next line does not follow"},
		"first":     {`DELETE FROM entries WHERE id = 1`, 2, "the chain begins with an empty hash"},
		"last":      {`DELETE FROM entries WHERE id = 5`, 0, "the head knows the length"},
		"reordered": {`UPDATE entries SET id = CASE id WHEN 2 THEN 3000 ELSE id END WHERE id = 2`, 3, "the lines do not follow each other"},
		"rehashed":  {`UPDATE entries SET body = 'x', hash = 'y' WHERE id = 5`, 5, "a made-up hash is not the right one"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			onBoth(t, func(on engine) {
				t, s := on.t, on.s
				ok(t, s.AddLedger(t.Context(), entries(5)))
				raw(t, s, tc.sql)
				_, err := s.VerifyLedger(t.Context())
				var broken *store.LedgerError
				if !errors.As(err, &broken) || broken.EntryID != tc.line {
					t.Errorf("err = %v, want line %d: %s", err, tc.line, tc.why)
				}
			})
		})
	}
}

func TestLedgerGrowsFromManyProcesses(t *testing.T) {
	t.Parallel()
	for engine, fresh := range engines {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			dsn := fresh(t)
			stores := []*store.Store{open(t, dsn), open(t, dsn)}
			var wg sync.WaitGroup
			for i := range 6 {
				wg.Go(func() {
					for range 5 {
						if err := stores[i%2].AddLedger(t.Context(), entries(3)); err != nil {
							t.Error(err)
						}
					}
				})
			}
			wg.Wait()
			if n := must[int](t)(stores[0].VerifyLedger(t.Context())); n != 90 {
				t.Errorf("%d lines, want 90", n)
			}
		})
	}
}

func TestLongLedger(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		ok(t, s.AddLedger(t.Context(), entries(1203))) // more than one page
		if n := must[int](t)(s.VerifyLedger(t.Context())); n != 1203 {
			t.Errorf("%d lines", n)
		}
	})
}

func TestARefusedTransitionLeavesNoLine(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		imported(t, s, row("a.lab", "Amber Bakery"))
		w := expiring(t, s, "a.lab", at(day))
		rec := models.RegistrationRecord{Domain: w.Domain, OpenCycle: &models.Cycle{ExpiresAt: now, OpenedAt: now}, Ledger: entries(1)}
		if err := s.RecordRegistration(t.Context(), rec); err == nil {
			t.Error("a second open cycle was accepted")
		}
		if n := must[int](t)(s.VerifyLedger(t.Context())); n != 0 {
			t.Errorf("%d lines of what did not happen", n)
		}
	})
}
