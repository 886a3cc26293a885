package monitor

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

const (
	// everyStanding is how often it is asked whether a domain's DNS is as it stood. It costs a fraction of a whole look.
	everyStanding = 6 * hour
	// wholeEvery is for how long sweeps do in place of a whole look. With the longest wait between two sweeps it is less than a day: every
	// domain is looked at whole at least daily, whatever was seen in between.
	wholeEvery = 16 * hour
	// standingBatch is how many domains are taken at once, touchBatch how many are noted as still so by one transaction.
	standingBatch, touchBatch = 1000, 500
	// standingAskers is how many batches are asked about side by side: while the last questions of one wait for lost answers, and what stands
	// is noted, the next is under way.
	standingAskers = 2
)

// StandingLooker asks of many domains at once whether their DNS is as it stands. report is called from several goroutines.
type StandingLooker interface {
	Unchanged(ctx context.Context, list []models.Standing, report func(i int, s models.Still)) error
}

// SweepStanding asks of the domains that are due whether their DNS is as it stood, and notes it of those where it is. The others stay due
// and are looked at whole, as all are when the looker fails: nobody is told anything by a sweep. It says how many were asked about and how many are as they were.
func (m *Monitor) SweepStanding(ctx context.Context) (asked, still int, err error) {
	looker, ok := m.o.DNS.(StandingLooker)
	if !ok {
		return 0, 0, nil
	}
	near, stop := m.beforeEnd(ctx)
	defer stop()
	var mu sync.Mutex // guards the results
	fail := func(e error) {
		mu.Lock()
		defer mu.Unlock()
		if err == nil {
			err = e
		}
		stop()
	}
	batches := make(chan standing)
	var running sync.WaitGroup
	running.Go(func() {
		defer close(batches)
		if err := m.readStanding(ctx, near, batches); err != nil {
			fail(err)
		}
	})
	for range standingAskers {
		running.Go(func() {
			for b := range batches {
				same, e := m.unchanged(near, looker, b.list)
				if e != nil { // they stay due: whole looks do without sweeps
					m.o.Logger.WarnContext(ctx, "sweep failed: what is due is looked at whole", "error", e)
					stop()
					continue
				}
				mu.Lock()
				asked, still = asked+len(b.list), still+len(same)
				mu.Unlock()
				if e := m.touch(ctx, same, b.at); e != nil {
					fail(e)
				}
			}
		})
	}
	running.Wait()
	return asked, still, err
}

// standing is a batch of domains that were due at an instant.
type standing struct {
	at   time.Time
	list []models.Standing
}

// readStanding lists what is due, each domain once, until near ends: what differs stays due, and is not asked about again.
func (m *Monitor) readStanding(ctx, near context.Context, to chan<- standing) error {
	for after := int64(0); near.Err() == nil; {
		now := m.o.Now()
		list, err := m.o.Store.StandingDue(ctx, now, now.Add(-wholeEvery), after, standingBatch)
		if err != nil {
			return fmt.Errorf("domains that stand: %w", err)
		}
		if len(list) == 0 {
			return nil
		}
		select {
		case to <- standing{now, list}:
		case <-near.Done():
			return nil
		}
		if len(list) < standingBatch {
			return nil
		}
		after = list[len(list)-1].DomainID
	}
	return nil
}

// unchanged gives the domains that are as they stood. A looker that panics has failed, and no more.
func (m *Monitor) unchanged(ctx context.Context, looker StandingLooker, list []models.Standing) (same []int64, err error) {
	var mu sync.Mutex
	defer func() {
		if r := recover(); r != nil {
			same, err = nil, fmt.Errorf("ask whether domains stand: %v", r)
		}
	}()
	err = looker.Unchanged(ctx, list, func(i int, s models.Still) {
		if s.Why != "" {
			m.o.Logger.DebugContext(ctx, "not as it stood", "domain", list[i].Domain, "why", s.Why)
			return
		}
		mu.Lock()
		same = append(same, list[i].DomainID)
		mu.Unlock()
	})
	if err != nil {
		return nil, fmt.Errorf("ask whether domains stand: %w", err)
	}
	slices.Sort(same)
	return same, nil
}

// touch notes what is as it stood. Neighbours become due together; the jitter keeps the groups apart.
func (m *Monitor) touch(ctx context.Context, ids []int64, now time.Time) error {
	for len(ids) > 0 {
		n := min(len(ids), touchBatch)
		if err := m.o.Store.TouchDNS(ctx, ids[:n], now, now.Add(spread(everyStanding, m.o.Roll()))); err != nil {
			return fmt.Errorf("note what stands: %w", err)
		}
		ids = ids[n:]
	}
	return nil
}
