package notify

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const (
	planPage    = 200
	collectPage = 200
	duePage     = 500
)

// SweepPlan plans every domain near or past its expiry, and says how many notices it added. A domain that can't be planned is logged and
// keeps no other from being planned; the error names them all.
func (d *Deliverer) SweepPlan(ctx context.Context, now time.Time) (added int, err error) {
	horizon := d.Policy.Horizon(now)
	var failed []error
	for after := int64(0); ; {
		page, err := d.Store.PlanCandidates(ctx, horizon, after, planPage)
		if err != nil {
			return added, errors.Join(append(failed, fmt.Errorf("plan notices: %w", err))...)
		}
		for i := range page {
			after = page[i].Domain.ID
			plan := Plan(page[i], d.Policy, now)
			if len(plan.Add) == 0 && len(plan.Change) == 0 {
				continue
			}
			n, err := d.Store.QueueNotices(ctx, plan, now)
			if err != nil {
				failed = append(failed, fmt.Errorf("plan notices of domain %d: %w", after, err))
				d.Logger.ErrorContext(ctx, "notices could not be planned", "domain", after, "err", err)
				continue
			}
			added += n
		}
		if len(page) < planPage || ctx.Err() != nil {
			return added, errors.Join(append(failed, ctx.Err())...)
		}
	}
}

// Collect binds what is due to messages, one a contact and day, and says how many messages got something. It does nothing outside the
// sending window and while the storm brake is on.
func (d *Deliverer) Collect(ctx context.Context, now time.Time) (mails int, err error) {
	if !d.Policy.InWindow(now) {
		return 0, nil
	}
	if on, err := d.braked(ctx); on || err != nil {
		return 0, err
	}
	day := d.Policy.Office.Day(now).Format(time.DateOnly)
	for {
		ids, err := d.Store.CollectMails(ctx, now, day, collectPage, d.Renderer.Agency().MessageID)
		if err != nil {
			return mails, fmt.Errorf("collect mails: %w", err)
		}
		mails += len(ids)
		if len(ids) < collectPage {
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
