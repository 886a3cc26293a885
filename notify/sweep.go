package notify

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

const (
	planPage    = 1000
	planReaders = 2    // pages are read side by side
	storeRows   = 4000 // stored by one transaction: fewer, larger ones write each page of an index once
	collectPage = 2000 // by one transaction: each looks through all that is due
	duePage     = 500
)

// SweepPlan plans every domain about which something may be owed, and says how many notices it added. A domain that can't be planned is logged
// and keeps no other from being planned; the error names them all.
func (d *Deliverer) SweepPlan(ctx context.Context, now time.Time) (added int, err error) {
	q := d.Policy.Query(now)
	ids, err := d.Store.PlanCandidates(ctx, q, now)
	if err != nil {
		return 0, fmt.Errorf("plan notices: %w", err)
	}
	calendar := newCalendar(d.Policy)
	var unread error
	var plans []models.NoticePlan
	rows := 0
	store, wait := d.storing(ctx, now)
	defer wait() // whatever happens
	for page, err := range d.owed(ctx, ids, q, now) {
		if err != nil {
			unread = fmt.Errorf("plan notices: %w", err)
			break
		}
		for i := range page {
			if plan := calendar.plan(&page[i], now); !plan.Empty() {
				plans, rows = append(plans, plan), rows+len(plan.Add)+len(plan.Change)
			}
		}
		if rows >= storeRows {
			store <- plans
			plans, rows = nil, 0
		}
	}
	if rows > 0 {
		store <- plans
	}
	added, failed := wait()
	return added, errors.Join(append(failed, unread, ctx.Err())...)
}

// storing stores plans while the next ones are made. wait ends it, and gives how many notices were added and what went wrong; it may be called
// more than once.
func (d *Deliverer) storing(ctx context.Context, now time.Time) (store chan<- []models.NoticePlan, wait func() (added int, failed []error)) {
	plans, ended := make(chan []models.NoticePlan), make(chan struct{})
	added := 0
	var failed []error
	go func() {
		defer close(ended)
		for batch := range plans {
			n, err := d.Store.QueuePlans(ctx, batch, now)
			if err != nil {
				failed = append(failed, fmt.Errorf("plan notices: %w", err))
				d.Logger.ErrorContext(ctx, "notices could not be planned", "err", err)
			}
			added += n
		}
	}()
	end := sync.OnceFunc(func() {
		close(plans)
		<-ended
	})
	return plans, func() (int, []error) {
		end()
		return added, failed
	}
}

// owedPage is a page of what planning reads, or why it could not be read.
type owedPage struct {
	owed []models.Owed
	err  error
}

// owed gives the domains page by page, in any order, and reads the next pages while one is worked on. The reading ends with the loop over it.
func (d *Deliverer) owed(ctx context.Context, ids []int64, q models.PlanQuery, now time.Time) iter.Seq2[[]models.Owed, error] {
	return func(yield func([]models.Owed, error) bool) {
		reading, stop := context.WithCancel(ctx)
		chunks, pages := make(chan []int64), make(chan owedPage)
		var readers sync.WaitGroup
		for range planReaders {
			readers.Go(func() {
				for chunk := range chunks {
					owed, err := d.Store.Owed(reading, chunk, q, now)
					pages <- owedPage{owed, err}
				}
			})
		}
		go func() {
			for chunk := range slices.Chunk(ids, planPage) {
				if reading.Err() != nil {
					break
				}
				chunks <- chunk
			}
			close(chunks)
			readers.Wait()
			close(pages)
		}()
		defer func() {
			stop()
			for range pages { // until the reading has ended
			}
		}()
		for page := range pages {
			if !yield(page.owed, page.err) || page.err != nil {
				return
			}
		}
	}
}

// Collect binds what is due to messages, one of a kind a contact and day, and says how many messages got something. It does nothing outside
// the sending window and while the storm brake is on.
func (d *Deliverer) Collect(ctx context.Context, now time.Time) (mails int, err error) {
	if !d.Policy.InWindow(now) {
		return 0, nil
	}
	if on, err := d.braked(ctx); on || err != nil {
		return 0, err
	}
	office := d.Policy.Office
	day := office.Day(now)
	c := models.Collection{
		Now: now, Day: day.Format(time.DateOnly), Since: office.At(day, models.ClockTime{}), Later: d.Policy.NextWindow(now),
		Limit: collectPage, Cap: d.Policy.DailyCap, MessageID: d.Renderer.Agency().MessageID,
	}
	for {
		ids, more, err := d.Store.CollectMails(ctx, c)
		if err != nil {
			return mails, fmt.Errorf("collect mails: %w", err)
		}
		mails += len(ids)
		if !more {
			return mails, nil
		}
		c.Next = true
	}
}

// SweepMails lists the messages that Deliver must be called for, the most urgent first. There is none outside the sending window and while
// the storm brake is on.
func (d *Deliverer) SweepMails(ctx context.Context, now time.Time) ([]int64, error) {
	if !d.Policy.InWindow(now) {
		return nil, nil
	}
	if on, err := d.braked(ctx); on || err != nil {
		return nil, err
	}
	ids, err := d.Store.MailsDue(ctx, now, duePage)
	if err != nil {
		return nil, fmt.Errorf("sweep mails: %w", err)
	}
	return ids, nil
}

func (d *Deliverer) braked(ctx context.Context) (bool, error) {
	brake, err := d.Store.ActiveBrake(ctx)
	if err != nil {
		return false, fmt.Errorf("storm brake: %w", err)
	}
	return brake != nil, nil
}
