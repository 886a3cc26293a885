package store_test

import (
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/store"
)

// personalWorld is provenWorld with the person in every place where people write.
func personalWorld(tb testing.TB, s *store.Store) proven {
	tb.Helper()
	p := provenWorld(tb, s)
	for _, statement := range []string{
		`INSERT INTO proposals (client_id, contact_id, name, email, phone, state, at, decided_by) VALUES (1, 2, 'Ada  Birch', 'OWNER@amberbakery.example', '+15550100134', 'open', created_at_of, '')`,
		`INSERT INTO calls (client_id, contact_id, outcome, note, "by", at) VALUES (1, 1, 'reached', 'she is on holiday', 'joy@agency.example', created_at_of)`,
		`INSERT INTO calls (client_id, contact_id, outcome, note, "by", at) VALUES (1, 2, 'reached', 'Cy says to ask Ada Birch, 555-010-0134', 'joy@agency.example', created_at_of)`,
		`INSERT INTO bounces (event_id, at, mail_id, recipient, kind, status, diagnostic, source, created_at) VALUES ('e1', created_at_of, 1, 'owner@amberbakery.example', 'temporary', '4.2.2', '<owner@amberbakery.example> is full', 'mailbox', created_at_of)`,
		`INSERT INTO suppressions (address, reason, detail, "by", at, lifted_by) VALUES ('owner@amberbakery.example', 'opted_out', 'Ada Birch asked', 'joy@agency.example', created_at_of, '')`,
		`UPDATE domains SET attested_by = 'Ada Birch (recorded by joy@agency.example)' WHERE name = 'a.lab'`,
		`UPDATE clients SET held_why = 'Ada Birch is ill' WHERE id = 1`,
		`INSERT INTO findings (domain_id, code, subject, severity, title, detail, next_step, reason, state, first_seen, opened_at, last_seen, reopened, cause_code, assignee)
			VALUES (1, 'x', 'owner@amberbakery.example', 'minor', 't', 'Ada Birch is not the one', 'Call +1 555 010 0134', 'r', 'open', created_at_of, created_at_of, created_at_of, 0, '', '')`,
		`INSERT INTO dispatches (event_id, kind, target, body, at, state, attempts, next_attempt_at, last_code, last_reply, created_at, updated_at)
			VALUES ('d1', 'notice.sent', 'chat', '{"to":"owner@amberbakery.example","n":1}', created_at_of, 'sent', 1, created_at_of, 200, '', created_at_of, created_at_of)`,
	} {
		raw(tb, s, strings.ReplaceAll(statement, "created_at_of", "(SELECT MIN(created_at) FROM contacts)"))
	}
	ok(tb, s.AddLedger(tb.Context(), []models.Entry{
		{At: at(4 * time.Hour), Kind: "noted", ClientID: &p.w.Client.ID, Actor: "joy@agency.example", Body: `{"list":[{"who":"Ada\u0020Birch & Co"}],"n":12345678901234567890}`},
		{At: at(4 * time.Hour), Kind: "noted", Actor: "system", Body: `{"address":"owner@amberbakery.example"}`},
		{At: at(4 * time.Hour), Kind: "noted", ClientID: &p.w.Client.ID, Actor: "system", Body: `{"domain":"a.lab"}`},
	}))
	return p
}

// everything is the whole database as text, but the registries' own answers.
func everything(tb testing.TB, s *store.Store) string {
	tb.Helper()
	var b strings.Builder
	for _, table := range []string{
		"answers", "attempts", "bounces", "calls", "clients", "contacts", "dispatches", "domains", "entries", "findings", "links", "mails", "notices", "proposals", "suppressions",
	} {
		for _, r := range dump(tb, s, "SELECT * FROM "+table+" ORDER BY 1") {
			fmt.Fprintf(&b, "%s: %v\n", table, r)
		}
	}
	return b.String()
}

// dump gives the rows that a question finds.
func dump(tb testing.TB, s *store.Store, question string) (out [][]any) {
	tb.Helper()
	if p := s.Pool(); p != nil {
		rows, err := p.Query(tb.Context(), question)
		ok(tb, err)
		defer rows.Close()
		for rows.Next() {
			out = append(out, must[[]any](tb)(rows.Values()))
		}
		ok(tb, rows.Err())
		return out
	}
	db := rawSQLite(tb, s)
	defer db.Close()
	rows, err := db.QueryContext(tb.Context(), question)
	ok(tb, err)
	defer rows.Close()
	for rows.Next() {
		columns := must[[]*sql.ColumnType](tb)(rows.ColumnTypes())
		row, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range row {
			into[i] = &row[i]
		}
		ok(tb, rows.Scan(into...))
		out = append(out, row)
	}
	ok(tb, rows.Err())
	return out
}

func erased(tb testing.TB, s *store.Store, contact int64, when time.Time) models.ErasureResult {
	tb.Helper()
	return must[models.ErasureResult](tb)(s.EraseContact(tb.Context(), models.Erasure{ContactID: contact, By: "joy@agency.example", Reason: "asked by letter", At: when}))
}

func TestErasingAContactLeavesTheProof(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		p := personalWorld(t, s)
		before := must[models.LedgerState](t)(s.AuditLedger(t.Context(), nil))
		lines := must[[]models.Entry](t)(s.Ledger(t.Context(), 0, 99))
		res := erased(t, s, p.w.Contacts[0].ID, at(day))
		if res.Already || res.Lines < 5 || res.Messages != 1 || res.Others < 9 {
			t.Errorf("erased: %+v", res)
		}
		text := strings.ToLower(everything(t, s))
		for _, trace := range []string{"birch", "owner@amberbakery", "0100134", "010-0134", "010 0134", "holiday", "dear ada"} {
			if i := strings.Index(text, trace); i >= 0 {
				t.Errorf("%q is left: …%s…", trace, text[max(0, i-150):min(len(text), i+60)])
			}
		}
		after := must[models.LedgerState](t)(s.AuditLedger(t.Context(), []string{before.Head}))
		if after.Entries != before.Entries+2 || after.Erased != res.Lines || after.Messages != 1 || after.Answers != 3 {
			t.Errorf("before %+v, after %+v", before, after)
		}
		now := must[[]models.Entry](t)(s.Ledger(t.Context(), 0, 99))
		for i, was := range lines {
			if is := now[i+2]; is.Hash != was.Hash || is.BodyHash != was.BodyHash || is.Prev != was.Prev || (is.ErasedAt == nil) != (is.Body == was.Body) {
				t.Errorf("line %d was %+v, is %+v", was.ID, was, is)
			}
		}
		m := *must[[]models.NoticeView](t)(s.NoticesOf(t.Context(), p.w.Domain.ID))[0].Mail
		if m.TextHash != sha(provenText) || m.Text != models.ErasedText || m.SentAt == nil {
			t.Errorf("message %+v", m)
		}
		if !strings.Contains(now[4].Body, `"who":"[erased] & Co"`) || !strings.Contains(now[4].Body, `"n":12345678901234567890`) {
			t.Errorf("a body lost more than the person: %s", now[4].Body)
		}
	})
}

func TestErasingAgainDoesNothing(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		p := personalWorld(t, s)
		erased(t, s, p.w.Contacts[0].ID, at(day))
		before := everything(t, s)
		if res := erased(t, s, p.w.Contacts[0].ID, at(2*day)); res != (models.ErasureResult{Already: true}) {
			t.Errorf("again: %+v", res)
		}
		if diff := cmp.Diff(before, everything(t, s)); diff != "" {
			t.Errorf("the second erasure changed something (-before +after):\n%s", diff)
		}
		// Another person of the same client, in lines that were redacted before.
		if _, err := s.EraseContact(t.Context(), models.Erasure{ContactID: p.w.Contacts[1].ID, At: at(3 * day), By: "joy@agency.example"}); err == nil || !errors.Is(err, models.ErrInvalid) {
			t.Errorf("the last one who can be written to: %v", err)
		}
		must[models.ErasureResult](t)(s.EraseContact(t.Context(), models.Erasure{ContactID: p.w.Contacts[1].ID, At: at(3 * day), By: "joy@agency.example", Force: true}))
		must[models.LedgerState](t)(s.AuditLedger(t.Context(), nil))
		if _, err := s.EraseContact(t.Context(), models.Erasure{ContactID: 900, At: now}); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("nobody: %v", err)
		}
	})
}

func TestErasedLinesCannotBeChanged(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		sql  string
		line int64
		says string
	}{
		"another body":                 {`UPDATE entries SET body = '{}' WHERE id = 3`, lineSent, "taken out"},
		"body filled in again":         {`UPDATE entries SET body = '{"made":"up"}', erased_at = NULL WHERE id = 3`, lineSent, "content"},
		"not erased any more":          {`UPDATE entries SET erased_at = NULL WHERE id = 3`, lineSent, "content"},
		"erased at another time":       {`UPDATE entries SET erased_at = at WHERE id = 3`, lineSent, "taken out"},
		"another line said to be":      {`UPDATE entries SET body = '{}', erased_at = (SELECT erased_at FROM entries WHERE id = 3) WHERE id = 10`, 10, "taken out"},
		"words filled in again":        {`UPDATE mails SET text = '` + provenText + `'`, lineSent, "words"},
		"other words":                  {`UPDATE mails SET text = 'x'`, lineSent, "words"},
		"subject":                      {`UPDATE mails SET subject = 'x'`, lineSent, "subject"},
		"recipient filled in again":    {`UPDATE mails SET recipient = 'owner@amberbakery.example'`, lineSent, "recipient"},
		"who answered filled in again": {`UPDATE answers SET "by" = 'Ada Birch' WHERE withdrawn IS NULL`, lineAnswer, "answer"},
		"the line on the erasure":      {`UPDATE entries SET body = '{"lines":[]}' WHERE id = 11`, lineSent, "taken out"},
		"the erasure unsaid":           {`DELETE FROM entries WHERE id >= 11`, lineSent, "taken out"},
		"instant of an erased line":    {`UPDATE entries SET at = '2026-11-22 12:31:02+00:00' WHERE id = 3`, lineSent, "content"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			onBoth(t, func(on engine) {
				t, s := on.t, on.s
				p := personalWorld(t, s)
				erased(t, s, p.w.Contacts[0].ID, at(day))
				raw(t, s, tc.sql)
				_, err := s.AuditLedger(t.Context(), nil)
				var broken *store.LedgerError
				if !errors.As(err, &broken) || broken.EntryID != tc.line || !strings.Contains(err.Error(), tc.says) {
					t.Errorf("err = %v, want line %d, %q", err, tc.line, tc.says)
				}
			})
		})
	}
}

// TestErasedLinesFilledInFromABackup is what the chain alone would not see: the old body still fits its hash.
func TestErasedLinesFilledInFromABackup(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		p := personalWorld(t, s)
		var body string
		for _, e := range must[[]models.Entry](t)(s.Ledger(t.Context(), 0, 99)) {
			if e.ID == lineRevoked {
				body = e.Body
			}
		}
		erased(t, s, p.w.Contacts[0].ID, at(day))
		raw(t, s, `UPDATE entries SET erased_at = NULL, body = '`+body+`' WHERE id = 5; UPDATE answers SET "by" = 'Ada Birch' WHERE withdrawn IS NOT NULL`)
		_, err := s.AuditLedger(t.Context(), nil)
		var broken *store.LedgerError
		if !errors.As(err, &broken) || broken.EntryID != lineRevoked || !strings.Contains(err.Error(), "filled in") {
			t.Errorf("err = %v", err)
		}
	})
}

// TestErasingFromOlderLines takes a person out of lines whose hash covers the body itself, and out of an actor.
func TestErasingFromOlderLines(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		imported(t, s, row("a.lab", "Amber Bakery"))
		w := watched(t, s, "a.lab")
		stamp := "2026-11-22T12:30:00.123456Z"
		first := sha(fmt.Sprintf("\n%s\nold\n%d\n\nOwner of Amber Bakery\n{}", stamp, w.Client.ID))
		second := sha(fmt.Sprintf("%s\n%s\nold\n%d\n\nsystem\n{\"to\":\"owner@amberbakery.example\"}", first, stamp, w.Client.ID))
		raw(t, s, fmt.Sprintf(`INSERT INTO entries (at, kind, client_id, actor, body, prev, hash) VALUES
			('2026-11-22 12:30:00.123456+00:00', 'old', %[1]d, 'Owner of Amber Bakery', '{}', '', '%[2]s'),
			('2026-11-22 12:30:00.123456+00:00', 'old', %[1]d, 'system', '{"to":"owner@amberbakery.example"}', '%[2]s', '%[3]s');
			UPDATE ledger_heads SET entries = 2, hash = '%[3]s'`, w.Client.ID, first, second))
		ok(t, s.AddLedger(t.Context(), entries(1)))
		if got := must[models.LedgerState](t)(s.AuditLedger(t.Context(), nil)); got.Entries != 3 {
			t.Fatalf("older lines: %+v", got)
		}
		res := must[models.ErasureResult](t)(s.EraseContact(t.Context(), models.Erasure{ContactID: w.Contacts[0].ID, At: at(day), By: "joy@agency.example", Force: true}))
		if got := must[models.LedgerState](t)(s.AuditLedger(t.Context(), nil)); got.Erased != 2 || res.Lines != 2 {
			t.Errorf("erased %+v, %+v", got, res)
		}
		if text := everything(t, s); strings.Contains(text, "owner@amberbakery") || strings.Contains(text, "Owner of Amber") {
			t.Errorf("left: %s", text)
		}
		raw(t, s, `UPDATE entries SET kind = 'new' WHERE id = 1`)
		if _, err := s.AuditLedger(t.Context(), nil); err == nil {
			t.Error("an older line can be changed after its actor was taken out")
		}
	})
}

func TestErasingEndsWhatWaits(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		r := row("a.lab", "Amber Bakery")
		r.Contacts = append(r.Contacts, models.Contact{Name: "Cy Dale", Email: "cy@amberbakery.example", Role: models.RoleDeputy})
		imported(t, s, r)
		w := expiring(t, s, "a.lab", at(5*day))
		n := queued(t, s, owed(w, models.StageD7), owed(w, models.StageD3))
		mail := collected(t, s, now, "2026-11-22")[0]
		link := must[models.Link](t)(s.CreateLink(t.Context(), models.Link{ContactID: w.Contacts[0].ID, ExpiresAt: at(day), CreatedAt: now}))
		ok(t, s.BeginAttempt(t.Context(), models.Mail{ID: mail}, now, at(time.Minute)))
		if _, err := s.EraseContact(t.Context(), models.Erasure{ContactID: w.Contacts[0].ID, At: now}); !errors.Is(err, models.ErrConflict) {
			t.Errorf("while it is handed over: %v", err)
		}
		raw(t, s, `UPDATE mails SET state = 'waiting'`)
		erased(t, s, w.Contacts[0].ID, at(time.Hour))
		for i := range n {
			if got := noticeNow(t, s, n[i]); got.State != models.NoticeCancelled || got.Reason != "contact_erased" || strings.Contains(got.Recipient, "@") {
				t.Errorf("notice %+v", got)
			}
		}
		if ids := must[[]int64](t)(s.MailsDue(t.Context(), at(day), 9)); len(ids) != 0 {
			t.Errorf("still due: %v", ids)
		}
		c := watched(t, s, "a.lab").Contacts[0]
		if c.Usable() || c.ErasedAt == nil || must[models.Link](t)(s.LinkByID(t.Context(), link.ID)).RevokedAt == nil {
			t.Errorf("contact %+v", c)
		}
	})
}

// TestAnErasedAddressStaysSuppressed: who asked not to be written to is not written to when the next import brings the address again.
func TestAnErasedAddressStaysSuppressed(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		r := row("a.lab", "Amber Bakery")
		imported(t, s, r)
		w := watched(t, s, "a.lab")
		ok(t, s.Suppress(t.Context(), models.Suppression{Address: w.Contacts[0].Email, Reason: models.SuppressedOptedOut, By: "joy@agency.example", At: now}))
		erased(t, s, w.Contacts[0].ID, at(time.Hour))
		imported(t, s, r)
		contacts := watched(t, s, "a.lab").Contacts
		if len(contacts) != 2 || contacts[1].Email != r.Contacts[0].Email || contacts[1].OptedOutAt == nil {
			t.Errorf("contacts %+v", contacts)
		}
	})
}
