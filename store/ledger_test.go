package store_test

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
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
		own := models.Entry{At: now, Kind: "noted", ClientID: &w.Client.ID, DomainID: &w.Domain.ID, Actor: "system", Body: "{\n}"}
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
		text := fmt.Sprintf("%s\n2026-11-22T12:30:00.123456Z\nnoted\n%d\n%d\nsystem\n%s", all[1].Hash, w.Client.ID, w.Domain.ID, sha(last[0].Body))
		if sha(text) != last[0].Hash || last[0].BodyHash != sha(last[0].Body) || last[0].Scheme != 2 {
			t.Errorf("hash %s is not that of %q", last[0].Hash, text)
		}
		if !regexp.MustCompile(`^\{"salt":"[0-9a-f]{32}"\}$`).MatchString(last[0].Body) || all[1].Body == all[2].Body {
			t.Errorf("a body without a salt of its own: %s", last[0].Body)
		}
		for name, bad := range map[string]models.Entry{
			"an actor of two lines":  {At: now, Kind: "test", Actor: "two\nlines"},
			"a body that is a list":  {At: now, Kind: "test", Body: "[1]"},
			"a body that is no JSON": {At: now, Kind: "test", Body: "{"},
		} {
			if err := s.AddLedger(t.Context(), []models.Entry{bad}); !errors.Is(err, models.ErrInvalid) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

func sha(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

func TestVerifyLedgerFindsChanges(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		sql  string
		line int64
		why  string
	}{
		"body":          {`UPDATE entries SET body = '{"n":7}' WHERE id = 3`, 3, "its own hash does not match"},
		"actor":         {`UPDATE entries SET actor = 'kim' WHERE id = 1`, 1, "the first line counts too"},
		"removed":       {`DELETE FROM entries WHERE id = 3`, 4, "the next line does not follow"},
		"first":         {`DELETE FROM entries WHERE id = 1`, 2, "the chain begins with an empty hash"},
		"last":          {`DELETE FROM entries WHERE id = 5`, 0, "the head knows the length"},
		"last and head": {`DELETE FROM entries WHERE id = 5; UPDATE ledger_heads SET entries = 4`, 0, "the head knows the last hash too"},
		"head lost":     {`DELETE FROM ledger_heads; INSERT INTO ledger_heads (id, entries, hash) VALUES (1, 0, '')`, 0, "more lines than the head knows"},
		"swapped":       {`UPDATE entries SET id = 100 WHERE id = 2; UPDATE entries SET id = 2 WHERE id = 3; UPDATE entries SET id = 3 WHERE id = 100`, 2, "the third line does not follow the first"},
		"inserted": {`INSERT INTO entries (id, at, kind, actor, body, prev, hash, scheme, body_hash)
			SELECT 900, at, kind, actor, body, hash, '` + sha("made up") + `', scheme, body_hash FROM entries WHERE id = 5`, 900, "its hash is made up"},
		"inserted before the first": {`INSERT INTO entries (id, at, kind, actor, body, prev, hash, scheme, body_hash)
			SELECT -1, at, kind, actor, body, '', '` + sha("made up") + `', scheme, body_hash FROM entries WHERE id = 5`, -1, "a line may have any number"},
		"body and its hash": {`UPDATE entries SET body = '{}', body_hash = '` + sha("{}") + `' WHERE id = 3`, 3, "the line's hash covers the body's"},
		"said to be erased": {`UPDATE entries SET body = '{}', erased_at = at WHERE id = 3`, 3, "no line tells of an erasure"},
		"body for its hash": {`UPDATE entries SET scheme = 1, body = body_hash WHERE id = 1`, 1, "a body's hash is no body"},
		"older scheme":      {`UPDATE entries SET scheme = 1 WHERE id = 4`, 4, "no line of scheme 1 comes after one of scheme 2"},
		"no scheme":         {`UPDATE entries SET scheme = 3 WHERE id = 4`, 4, "nobody knows how it is hashed"},
		"kind":              {`UPDATE entries SET kind = 'mail_sent' WHERE id = 2`, 2, "covered"},
		"instant":           {`UPDATE entries SET at = '2026-11-22 12:30:00.123457+00:00' WHERE id = 2`, 2, "covered to the microsecond"},
		"reordered":         {`UPDATE entries SET id = CASE id WHEN 2 THEN 3000 ELSE id END WHERE id = 2`, 3, "the lines do not follow each other"},
		"rehashed":          {`UPDATE entries SET body = 'x', hash = 'y' WHERE id = 5`, 5, "a made-up hash is not the right one"},
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

func TestALedgerWithoutItsHead(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		ok(t, s.AddLedger(t.Context(), entries(2)))
		raw(t, s, `DELETE FROM ledger_heads`)
		_, err := s.VerifyLedger(t.Context())
		raw(t, s, `INSERT INTO ledger_heads (id, entries, hash) VALUES (1, 0, '')`) // the database is handed on
		if _, changed := errors.AsType[*store.LedgerError](err); !changed {
			t.Errorf("nothing says how many lines there were, and that is no change but %v", err)
		}
	})
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
