package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/krestmarketing/deedwatch/configs"
	"github.com/krestmarketing/deedwatch/internal/dnsbench"
	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/monitor"
)

// storedSweep is the product's sweep with what it writes, in one store.
type storedSweep struct {
	name    string
	monitor *monitor.Monitor
	names   int
	still   int // of them without a planted fault
	now     time.Time
}

// storedEvery is how much later each repetition plays: all names are due again.
const storedEvery = 8 * time.Hour

// newStoredSweep fills a store with names that were all found right at a whole look, and are due. The faults that are planted on some show
// later.
func (b *dnsBench) newStoredSweep(ctx context.Context, st *benchStore) (*storedSweep, error) {
	r := &storedSweep{name: askStored + ", " + st.Engine(), names: min(b.Stored, len(b.world.Names)), now: time.Now()}
	names := standingOf(b.world.Names[:r.names])
	rows := make([]models.PortfolioRow, len(names))
	for i, s := range names {
		client := fmt.Sprintf("%05d", i/12)
		rows[i] = models.PortfolioRow{
			Domain: s.Domain, Suffix: "tld", Client: "Client " + client,
			Contacts: []models.Contact{{Name: "Olive Owner", Email: "owner" + client + "@mail.example", Role: models.RoleOwner}},
		}
	}
	if _, err := st.ImportPortfolio(ctx, rows, r.now, false); err != nil {
		return nil, err
	}
	for i := range names {
		if err := plantStanding(ctx, st, &names[i], r.now, r.now.Add(time.Duration(b.Reps+1)*storedEvery)); err != nil {
			return nil, fmt.Errorf("plant %s: %w", names[i].Domain, err)
		}
		if b.world.Names[i].Fault == dnsbench.FaultNone {
			r.still++
		}
	}
	var err error
	r.monitor, err = newMonitor(configs.Default(), looks{dns: b.prober}, st.Store, func() time.Time { return r.now }, workerName(), discardLog)
	return r, err
}

// plantStanding records what a whole look would have found before the fault.
func plantStanding(ctx context.Context, st *benchStore, s *models.Standing, due, looked time.Time) error {
	w, err := st.WatchedByName(ctx, s.Domain)
	if err != nil {
		return err
	}
	if err := st.UpsertRecords(ctx, w.Domain.ID, s.Records, due); err != nil {
		return err
	}
	if w, err = st.WatchedByID(ctx, w.Domain.ID); err != nil {
		return err
	}
	for i := range w.Records {
		w.Records[i].State, w.Records[i].StateAt, w.Records[i].LookedAt = models.RecordOK, &due, &due
	}
	w.Domain.NextDNSAt, w.Domain.DNSCheckedAt = due, &due
	return st.RecordDelegation(ctx, models.DelegationRecord{Domain: w.Domain, Records: w.Records, Delegation: &models.Delegation{
		Outcome: models.OutcomeOK, ParentNS: s.NS, ChildNS: s.NS, Signed: models.DNSSECUnsigned, LookedAt: looked, AnswerAt: &due,
	}})
}

// run sweeps once, and compares what was touched with what was planted.
func (r *storedSweep) run(ctx context.Context) (asking, error) {
	r.now = r.now.Add(storedEvery)
	var asked, still int
	c, err := measure(r.names, func() (err error) {
		asked, still, err = r.monitor.SweepStanding(ctx)
		return err
	})
	switch {
	case err != nil:
	case asked != r.names:
		err = wrong("of %d names that are due %d were asked about", r.names, asked)
	case still != r.still:
		err = wrong("%d names are noted to stand, of which %d do", still, r.still)
	}
	return asking{cost: c}, err
}

// openStoredSweeps opens the stores and fills them; close drops them.
func (b *dnsBench) openStoredSweeps(ctx context.Context) (closing func() error, err error) {
	if b.Stored == 0 {
		return func() error { return nil }, nil
	}
	stores, err := openBenchStores(ctx, b.Postgres)
	if err != nil {
		return nil, err
	}
	closing = func() error { return closeBenchStores(context.WithoutCancel(ctx), stores) }
	for _, st := range stores {
		r, err := b.newStoredSweep(ctx, st)
		if err != nil {
			return nil, errors.Join(err, closing())
		}
		b.stored = append(b.stored, r)
	}
	return closing, nil
}
