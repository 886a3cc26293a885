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
	standingBatch, touchBatch = 2000, 200
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
	for after := int64(0); near.Err() == nil; {
		now := m.o.Now()
		list, err := m.o.Store.StandingDue(ctx, now, now.Add(-wholeEvery), after, standingBatch)
		if err != nil {
			return asked, still, fmt.Errorf("domains that stand: %w", err)
		}
		if len(list) == 0 {
			break
		}
		after = list[len(list)-1].DomainID // what differs stays due, and is not asked about again
		same, err := m.unchanged(near, looker, list)
		if err != nil { // they stay due: whole looks do without sweeps
			m.o.Logger.WarnContext(ctx, "sweep failed: what is due is looked at whole", "error", err)
			break
		}
		asked, still = asked+len(list), still+len(same)
		if err := m.touch(ctx, same, now); err != nil {
			return asked, still, err
		}
		if len(list) < standingBatch {
			break
		}
	}
	return asked, still, nil
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
