package notify

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

const (
	planPage    = 1000
	collectPage = 200
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
	var failed []error
	for page := range slices.Chunk(ids, planPage) {
		owed, err := d.Store.Owed(ctx, page, q, now)
		if err != nil {
			return added, errors.Join(append(failed, fmt.Errorf("plan notices: %w", err))...)
		}
		var plans []models.NoticePlan
		for i := range owed {
			if plan := calendar.plan(&owed[i], now); !plan.Empty() {
				plans = append(plans, plan)
			}
		}
		n, err := d.Store.QueuePlans(ctx, plans, now)
		added += n
		if err != nil {
			failed = append(failed, fmt.Errorf("plan notices: %w", err))
			d.Logger.ErrorContext(ctx, "notices could not be planned", "err", err)
		}
		if ctx.Err() != nil {
			return added, errors.Join(append(failed, ctx.Err())...)
		}
	}
	return added, errors.Join(failed...)
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
