package store_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/store"
)

// TestTwoProcessesEndTheSameMessage plays a process that was taken for dead: both hand over the same message and record it.
func TestTwoProcessesEndTheSameMessage(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		_, n, mail := mailed(t, s)
		ok(t, s.BeginAttempt(t.Context(), models.Mail{ID: mail}, now, at(time.Minute)))
		l := must[models.Letter](t)(s.Letter(t.Context(), mail))
		var wg sync.WaitGroup
		errs := make([]error, 6)
		for i := range errs {
			rec := delivered(l, now)
			if i%2 == 1 { // some were told to try again
				rec.Attempt.Outcome, rec.Mail.State, rec.Mail.SentAt, rec.Notices, rec.Ledger = models.DeliveryTemporary, models.MailWaiting, nil, nil, nil
			}
			wg.Go(func() { errs[i] = s.RecordAttempt(t.Context(), rec) })
		}
		wg.Wait()
		ok(t, errors.Join(errs...))
		v := must[[]models.NoticeView](t)(s.NoticesOf(t.Context(), n.DomainID))[0]
		if v.Mail.State != models.MailSent || v.Notice.State != models.NoticeSent || len(v.Attempts) != 6 || v.Mail.SentAt == nil {
			t.Errorf("mail %s, notice %s, %d attempts", v.Mail.State, v.Notice.State, len(v.Attempts))
		}
		if lines := must[int](t)(s.VerifyLedger(t.Context())); lines != 3 {
			t.Errorf("%d ledger lines, want one for each acceptance", lines)
		}
	})
}

// TestJudgementsOfManyWorkersAreNotLost counts up a domain's failures from many workers, each reading again after a conflict.
func TestJudgementsOfManyWorkersAreNotLost(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		imported(t, s, row("a.lab", "Amber Bakery"))
		first := watched(t, s, "a.lab").Domain.Version
		const workers, each = 4, 5
		var wg sync.WaitGroup
		for range workers {
			wg.Go(func() {
				for done := 0; done < each; {
					w, err := s.WatchedByName(t.Context(), "a.lab")
					if err != nil {
						t.Error(err)
						return
					}
					w.Domain.LookFailures++
					switch err := s.RecordRegistration(t.Context(), models.RegistrationRecord{Domain: w.Domain}); {
					case err == nil:
						done++
					case !errors.Is(err, models.ErrConflict):
						t.Error(err)
						return
					}
				}
			})
		}
		wg.Wait()
		if d := watched(t, s, "a.lab").Domain; d.LookFailures != workers*each || d.Version != first+workers*each {
			t.Errorf("%d failures at version %d, want %d", d.LookFailures, d.Version, workers*each)
		}
	})
}

// TestReadersSeeOneMoment reads a domain while its cycle is turned: what is read belongs together.
func TestReadersSeeOneMoment(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		imported(t, s, row("a.lab", "Amber Bakery"))
		expiring(t, s, "a.lab", at(day))
		stop := make(chan struct{})
		var wg sync.WaitGroup
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				w, err := s.WatchedByName(t.Context(), "a.lab")
				if err != nil || w.Cycle == nil || !w.Cycle.ExpiresAt.Equal(*w.Domain.ExpiresAt) {
					t.Errorf("a domain of %v with a cycle of another moment: %+v, %v", w.Domain.ExpiresAt, w.Cycle, err)
					return
				}
			}
		})
		for i := range 15 {
			w := watched(t, s, "a.lab")
			next := at(time.Duration(i+2) * day)
			w.Domain.ExpiresAt = &next
			ok(t, s.RecordRegistration(t.Context(), models.RegistrationRecord{
				Domain: w.Domain, CloseCycle: &models.CycleClose{ID: w.Cycle.ID, At: now, Reason: "renewed"}, OpenCycle: &models.Cycle{ExpiresAt: next, OpenedAt: now},
			}))
		}
		close(stop)
		wg.Wait()
	})
}

func TestManyIDsGoInPieces(t *testing.T) {
	t.Parallel()
	onBoth(t, func(on engine) {
		t, s := on.t, on.s
		rows := make([]models.PortfolioRow, 1100)
		for i := range rows {
			rows[i] = row(fmt.Sprintf("n%04d.lab", i), "Amber Bakery")
		}
		imported(t, s, rows...)
		var all []int64
		for _, d := range must[[]models.Domain](t)(s.UnroutedDomains(t.Context(), 2000)) {
			all = append(all, d.ID)
		}
		ok(t, s.RouteDomains(t.Context(), "https://rdap.lab", all))
		ok(t, s.Recheck(t.Context(), all, at(-day)))
		if due := must[[]int64](t)(s.DomainsDue(t.Context(), "https://rdap.lab", at(-day), 2000)); len(due) != 1100 {
			t.Errorf("%d domains are due, want all 1100", len(due))
		}
		ok(t, s.RouteDomains(t.Context(), "https://rdap.lab", nil))
	})
}

func TestAClosedStoreAnswersNothing(t *testing.T) {
	t.Parallel()
	for name, fresh := range engines {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := store.Open(t.Context(), store.Options{DSN: fresh(t)})
			ok(t, err)
			ok(t, s.Close())
			if err := s.Ping(t.Context()); err == nil {
				t.Error("a closed store answers")
			}
			if _, err := s.Board(t.Context(), models.BoardQuery{Now: now}); err == nil {
				t.Error("a closed store shows a board")
			}
		})
	}
}
