package notify_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/notify"
)

// returns takes reports into the world's store, and gives how many counted and what was logged.
func (w *world) returns(reports ...models.Bounce) (counted int, logged string) {
	w.t.Helper()
	var log strings.Builder
	r := notify.Returns{Store: w.s, Logger: slog.New(slog.NewTextHandler(&log, nil))}
	counted, err := r.Take(w.t.Context(), reports, w.now)
	if err != nil {
		w.t.Fatal(err)
	}
	return counted, log.String()
}

// report is on the first message that went out.
func (w *world) report(kind models.BounceKind, status string) models.Bounce {
	m := w.post.got[0]
	return models.Bounce{
		EventID: string(kind) + status, At: w.now, Kind: kind, Recipient: m.To.Address, Status: status, Diagnostic: "as reported", Source: "mailbox", MessageID: m.MessageID,
	}
}

// TestWhatComesBackLater goes from a notice that was accepted to what a report on it comes to, and to whom the next round turns.
func TestWhatComesBackLater(t *testing.T) {
	for _, c := range []struct {
		why          string
		kind         models.BounceKind
		status       string
		notices      []string // the next minute
		email        models.EmailState
		out          bool
		finding      string
		ledger       string
		lines        int
		suppressions int
	}{
		{"no such mailbox: the next contact is written to", models.BouncePermanent, "5.1.1", []string{"d14 bounced rosa", "d14 sent ola"}, models.EmailBad, false, notify.CodeAddressRefused, "mail_bounced", 1, 1},
		{"no reason given", models.BouncePermanent, "", []string{"d14 bounced rosa", "d14 sent ola"}, models.EmailBad, false, notify.CodeAddressRefused, "mail_bounced", 1, 1},
		{"refused by policy: nobody's address is to blame, and the next contact is written to", models.BouncePermanent, "5.7.1", []string{"d14 bounced rosa", "d14 sent ola"}, models.EmailOK, false, notify.CodeUndeliverable, "mail_bounced", 1, 0},
		{"given up after days", models.BouncePermanent, "4.4.7", []string{"d14 bounced rosa", "d14 sent ola"}, models.EmailOK, false, notify.CodeUndeliverable, "mail_bounced", 1, 0},
		{"delayed", models.BounceTemporary, "4.4.1", []string{"d14 sent rosa"}, models.EmailOK, false, "", "mail_bounced", 0, 0},
		{"delivered", models.BounceDelivered, "2.0.0", []string{"d14 sent rosa"}, models.EmailOK, false, "", "mail_delivered", 1, 0},
		{"unwanted: the contact is not written to any more, the duty moves", models.BounceComplaint, "", []string{"d14 sent ola", "d14 sent rosa"}, models.EmailOK, true, "", "mail_complaint", 1, 1},
	} {
		t.Run(c.why, func(t *testing.T) {
			w := newWorld(t, "2027-01-01 09:00", nil)
			w.add("Bright Pools", "pools.example", at(t, expiry), owner, bill)
			w.tick()
			same(t, "sent", []string{"d14 sent rosa"}, w.states("pools.example"))
			w.now = w.now.Add(time.Minute)
			r := w.report(c.kind, c.status)
			if n, _ := w.returns(r, r); n != 1 {
				t.Errorf("%d counted, want once", n)
			}
			w.tick()
			same(t, "notices", c.notices, w.states("pools.example"))
			v := w.watched("pools.example")
			if rosa := v.Contacts[0]; rosa.EmailState != c.email || (rosa.OptedOutAt != nil) != c.out {
				t.Errorf("contact: %+v", rosa)
			}
			for _, code := range []string{notify.CodeAddressRefused, notify.CodeUndeliverable} {
				if got := hasFinding(v, code); got != (code == c.finding) {
					t.Errorf("finding %s: %t", code, got)
				}
			}
			if got := w.ledger(); got[c.ledger] != c.lines {
				t.Errorf("ledger: %v", got)
			}
			list, err := w.s.Suppressions(t.Context(), true, 10)
			if err != nil || len(list) != c.suppressions {
				t.Errorf("suppressed: %+v, %v", list, err)
			}
		})
	}
}

func TestAForgedReportChangesNothing(t *testing.T) {
	w := newWorld(t, "2027-01-01 09:00", nil)
	w.add("Bright Pools", "pools.example", at(t, expiry), owner, bill)
	w.tick()
	before := w.ledger()
	forged := w.report(models.BouncePermanent, "5.1.1")
	forged.EventID, forged.Recipient = "1", bill.Email // never sent there
	unknown := w.report(models.BounceComplaint, "")
	unknown.EventID, unknown.MessageID = "2", "guessed@tidewater.example"
	_, logged := w.returns(forged, unknown)
	if strings.Count(logged, "never sent") != 2 {
		t.Errorf("logged: %s", logged)
	}
	same(t, "ledger", before, w.ledger())
	same(t, "notices", []string{"d14 sent rosa"}, w.states("pools.example"))
	for _, c := range w.watched("pools.example").Contacts {
		if c.EmailState != models.EmailOK || c.OptedOutAt != nil {
			t.Errorf("%+v", c)
		}
	}
	kept, err := w.s.LatestBounces(t.Context(), 10)
	if err != nil || len(kept) != 2 || kept[0].MailID != nil || kept[1].MailID != nil {
		t.Errorf("kept: %+v, %v", kept, err)
	}
}

// failing is a store that can't write reports.
type failing struct{ notify.ReturnStore }

func (failing) RecordBounce(context.Context, models.BounceRecord) (bool, error) {
	return false, errors.New("the database is away")
}

func TestReportsThatCanNotBeRecordedAreTakenAgain(t *testing.T) {
	w := newWorld(t, "2027-01-01 09:00", nil)
	w.add("Bright Pools", "pools.example", at(t, expiry), owner)
	w.tick()
	r := w.report(models.BouncePermanent, "5.1.1")
	if n, err := (notify.Returns{Store: failing{w.s}}).Take(t.Context(), []models.Bounce{r}, w.now); n != 0 || err == nil {
		t.Errorf("%d counted, %v", n, err)
	}
	if n, _ := w.returns(r); n != 1 {
		t.Errorf("%d counted afterwards", n)
	}
}

// TestEveryMessageCanBeLeft looks at the two links of a message: each works for its own purpose only.
func TestEveryMessageCanBeLeft(t *testing.T) {
	w := newWorld(t, "2027-01-01 09:00", nil)
	w.add("Bright Pools", "pools.example", at(t, expiry), owner, bill)
	w.tick()
	m := w.post.got[0]
	token, ok := strings.CutPrefix(m.Unsubscribe, agency().BaseURL+"/u/")
	if !ok || m.ListID != "domain-notices.tidewater.example" || strings.Contains(m.Text+m.HTML, "/u/") {
		t.Fatalf("%q %q", m.Unsubscribe, m.ListID)
	}
	id, contact, err := w.signer.VerifyFor(models.LinkUnsubscribe, token, w.now)
	if err != nil || contact != w.watched("pools.example").Contacts[0].ID {
		t.Fatalf("%d %d %v", id, contact, err)
	}
	if _, _, err := w.signer.Verify(token, w.now); !errors.Is(err, notify.ErrLinkInvalid) {
		t.Errorf("it answers too: %v", err)
	}
	if _, err := w.s.OptOut(t.Context(), id, w.now); err != nil {
		t.Fatal(err)
	}
	w.now = at(t, "2027-01-08 09:00")
	w.look("pools.example", true)
	w.tick()
	to := w.post.to()
	if last := to[len(to)-1]; last != bill.Email {
		t.Errorf("the duty did not move: %v", to)
	}
	for _, address := range to[1:] {
		if address == owner.Email {
			t.Errorf("written to after opting out: %v", to)
		}
	}
}

func TestTheRetryLadder(t *testing.T) {
	for attempts, want := range []time.Duration{time.Minute, time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour, 4 * time.Hour, 4 * time.Hour, 4 * time.Hour} {
		if got := notify.NextTry(attempts); got != want {
			t.Errorf("after %d attempts: %s, want %s", attempts, got, want)
		}
	}
}

// TestAMessageWithoutADomain has nothing to hang a finding on.
func TestAMessageWithoutADomain(t *testing.T) {
	now := at(t, "2027-01-01 09:00")
	l := letter(at(t, expiry), now, models.StageAccessRequest)
	l.Items[0].Domain, l.Items[0].Cycle, l.Items[0].Notice.DomainID, l.Items[0].Notice.State = models.Domain{}, models.Cycle{}, 0, models.NoticeSent
	rec := notify.Returned(&l, models.Bounce{Kind: models.BouncePermanent, Status: "5.1.1", Recipient: owner.Email}, now)
	if rec.Finding != nil || rec.Suppress == nil || len(rec.Notices) != 1 || len(rec.Ledger) != 1 || rec.Ledger[0].DomainID != nil {
		t.Errorf("%+v", rec)
	}
}
