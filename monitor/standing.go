package monitor

import (
	"context"
	"fmt"
	"iter"
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
	// standingLot is how many domains are read at once, touchBatch how many are noted as still so by one transaction.
	standingLot, touchBatch = 1000, 500
)

// StandingLooker asks of many domains at once whether their DNS is as it stands. It takes the next lot as soon as it has room, and reports
// each domain by the number of its lot and its place there, from several goroutines.
type StandingLooker interface {
	Unchanged(ctx context.Context, lots iter.Seq[[]models.Standing], report func(lot, i int, s models.Still)) error
}

// SweepStanding asks of the domains that are due whether their DNS is as it stood, and notes it of those where it is. The others stay due
// and are looked at whole, as all are when the looker fails: nobody is told anything by a sweep. It says how many were asked about and how
// many are as they were. The next lot is read, and what stands is noted, while others are asked about.
func (m *Monitor) SweepStanding(ctx context.Context) (asked, still int, err error) {
	looker, ok := m.o.DNS.(StandingLooker)
	if !ok {
		return 0, 0, nil
	}
	near, stop := m.beforeEnd(ctx)
	defer stop()
	s := standingSweep{
		m: m, ctx: ctx, stop: stop, read: make(chan []models.Standing), ended: make(chan *lot, mostLots), room: make(chan struct{}, mostLots), taken: map[int]*lot{},
	}
	var helpers sync.WaitGroup
	helpers.Go(func() {
		defer close(s.read)
		s.fail(s.readLots(ctx, near))
	})
	helpers.Go(s.note)
	if err := s.ask(near, looker); err != nil { // they stay due: whole looks do without sweeps
		m.o.Logger.WarnContext(ctx, "sweep failed: what is due is looked at whole", "error", err)
	}
	stop()
	close(s.ended)
	helpers.Wait()
	return s.asked, s.still, s.err
}

// mostLots is how many lots may be read and not noted yet. Most of them wait for the last of their answers, and hold only who they are.
const mostLots = 64

// standingSweep is one call of SweepStanding: lots go from the store over the looker back to the store.
type standingSweep struct {
	m     *Monitor
	ctx   context.Context //nolint:containedctx // lives as long as the call
	stop  context.CancelFunc
	read  chan []models.Standing
	ended chan *lot     // never full: whoever reports is not kept waiting
	room  chan struct{} // a place for each lot that was read and not noted yet

	mu           sync.Mutex // guards what follows, and what is in the lots
	lots         int        // read
	taken        map[int]*lot
	asked, still int
	err          error
}

// lot is some domains that were due at an instant.
type lot struct {
	at   time.Time
	ids  []int64
	left int     // not reported yet
	same []int64 // of those reported, the domains that are as they stand
}

// fail ends the sweep with its first error.
func (s *standingSweep) fail(err error) {
	if err == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil {
		s.err = err
	}
	s.stop()
}

// readLots lists what is due, each domain once, until near ends: what differs stays due, and is not asked about again.
func (s *standingSweep) readLots(ctx, near context.Context) error {
	for after := int64(0); near.Err() == nil; {
		select {
		case s.room <- struct{}{}:
		case <-near.Done():
			return nil
		}
		now := s.m.o.Now()
		list, err := s.m.o.Store.StandingDue(ctx, now, now.Add(-wholeEvery), after, standingLot)
		if err != nil {
			return fmt.Errorf("domains that stand: %w", err)
		}
		if len(list) == 0 {
			return nil
		}
		after = list[len(list)-1].DomainID
		s.add(now, list)
		select {
		case s.read <- list:
		case <-near.Done():
			return nil
		}
		if len(list) < standingLot {
			return nil
		}
	}
	return nil
}

// add notes who is in the next lot.
func (s *standingSweep) add(at time.Time, list []models.Standing) {
	l := &lot{at: at, left: len(list), ids: make([]int64, len(list))}
	for i := range list {
		l.ids[i] = list[i].DomainID
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.taken[s.lots] = l
	s.lots++
}

// ask hands the lots to the looker. One that panics has failed, and no more.
func (s *standingSweep) ask(ctx context.Context, looker StandingLooker) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("ask whether domains stand: %v", r)
		}
	}()
	err = looker.Unchanged(ctx, func(yield func([]models.Standing) bool) {
		for list := range s.read {
			if !yield(list) {
				return
			}
		}
	}, s.reported)
	if err != nil {
		return fmt.Errorf("ask whether domains stand: %w", err)
	}
	return nil
}

// reported takes what is said of one domain; a lot of which all is said is noted.
func (s *standingSweep) reported(n, i int, still models.Still) {
	s.mu.Lock()
	l := s.taken[n]
	if still.Why == "" {
		l.same = append(l.same, l.ids[i])
	}
	l.left--
	over := l.left == 0
	if over {
		delete(s.taken, n)
		s.asked, s.still = s.asked+len(l.ids), s.still+len(l.same)
	}
	s.mu.Unlock()
	if still.Why != "" {
		s.m.o.Logger.DebugContext(s.ctx, "not as it stood", "domain", l.ids[i], "why", still.Why)
	}
	if over {
		s.ended <- l
	}
}

// note writes down of the lots that have ended what stands.
func (s *standingSweep) note() {
	for l := range s.ended {
		slices.Sort(l.same)
		s.fail(s.m.touch(s.ctx, l.same, l.at))
		<-s.room
	}
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
