package store

import (
	"context"
	"slices"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/krestmarketing/deedwatch/models"
)

// undelivered are the states of a dispatch that is still to be handed over.
var undelivered = []models.DispatchState{models.DispatchWaiting, models.DispatchSending}

// addDispatches stores dispatches as waiting; one whose event was made for the target before is left alone.
func addDispatches(tx *gorm.DB, rows []models.Dispatch) error {
	if len(rows) == 0 {
		return nil
	}
	for i := range rows {
		rows[i].ID, rows[i].State = 0, models.DispatchWaiting
	}
	return tx.Clauses(clause.OnConflict{DoNothing: true}).CreateInBatches(rows, bulkRows).Error
}

// AddDispatches stores dispatches as waiting; one whose event was made for the target before is left alone.
func (s *Store) AddDispatches(ctx context.Context, rows []models.Dispatch, now time.Time) error {
	return s.write(ctx, "add dispatches", now, func(tx *gorm.DB) error { return addDispatches(tx, rows) })
}

// MissingDispatches gives those of the targets for which no dispatch of an event was made yet.
func (s *Store) MissingDispatches(ctx context.Context, eventID string, targets []string) ([]string, error) {
	var made []string
	err := s.ask(ctx).Model(&models.Dispatch{}).Where("event_id = ? AND target IN ?", eventID, targets).Pluck("target", &made).Error
	var missing []string
	for _, t := range targets {
		if !slices.Contains(made, t) {
			missing = append(missing, t)
		}
	}
	return missing, failed("missing dispatches", err)
}

// DispatchTargets gives the targets for which something is to be handed over at now and that are not switched off, by name.
func (s *Store) DispatchTargets(ctx context.Context, now time.Time) ([]string, error) {
	var names []string
	err := s.ask(ctx).Model(&models.Dispatch{}).Distinct("target").Where("state IN ? AND next_attempt_at <= ?", undelivered, now).
		Where("target NOT IN (?)", s.ask(ctx).Model(&models.DispatchTarget{}).Select("name").Where("off_at IS NOT NULL")).
		Order("target").Pluck("target", &names).Error
	return names, failed("dispatch targets", err)
}

// ClaimDispatches takes the dispatches of a target that are to be handed over at now, the oldest first: they are being sent, and if this
// process dies they are taken again at until. Nobody else gets them before. A target that is switched off gives none.
func (s *Store) ClaimDispatches(ctx context.Context, target string, now, until time.Time, limit int) (rows []models.Dispatch, err error) {
	err = s.write(ctx, "claim dispatches", now, func(tx *gorm.DB) error {
		off, err := first[models.DispatchTarget](tx.Where("name = ? AND off_at IS NOT NULL", target))
		if err != nil || off != nil {
			return err
		}
		err = tx.Clauses(clause.Locking{Strength: "UPDATE", Options: "SKIP LOCKED"}).
			Where("target = ? AND state IN ? AND next_attempt_at <= ?", target, undelivered, now).Order("id").Limit(limit).Find(&rows).Error
		if err != nil || len(rows) == 0 {
			return err
		}
		for i := range rows {
			rows[i].State, rows[i].NextAttemptAt = models.DispatchSending, until
			rows[i].Attempts++
		}
		ids := pick(rows, func(d *models.Dispatch) int64 { return d.ID })
		return tx.Model(&models.Dispatch{}).Where("id IN ?", ids).UpdateColumns(map[string]any{
			"state": models.DispatchSending, "attempts": gorm.Expr("attempts + 1"), "next_attempt_at": until, "updated_at": now,
		}).Error
	})
	return rows, err
}

// RecordDispatches stores what attempts came to, in one transaction. An attempt is always kept; a dispatch that another attempt has ended
// meanwhile stays as it is, except that an acceptance always counts.
func (s *Store) RecordDispatches(ctx context.Context, results []models.DispatchResult, now time.Time) error {
	return s.write(ctx, "record dispatches", now, func(tx *gorm.DB) error {
		tries := make([]models.DispatchTry, len(results))
		for i, r := range results {
			tries[i] = r.Try
			tries[i].ID, tries[i].DispatchID = 0, r.Dispatch.ID
		}
		if err := createAll(tx, tries); err != nil {
			return err
		}
		for _, r := range results {
			d := r.Dispatch
			over := []models.DispatchState{models.DispatchSent, models.DispatchFailed}
			if d.State == models.DispatchSent {
				over = over[:1]
			}
			err := tx.Model(&models.Dispatch{}).Where("id = ? AND state NOT IN ?", d.ID, over).UpdateColumns(map[string]any{
				"state": d.State, "next_attempt_at": d.NextAttemptAt, "last_code": d.LastCode, "last_reply": d.LastReply, "sent_at": d.SentAt, "updated_at": now,
			}).Error
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// SentTimes gives when something was handed over to a target since an instant, the latest first, each instant once.
func (s *Store) SentTimes(ctx context.Context, target string, since time.Time) ([]time.Time, error) {
	var rows []models.Dispatch
	err := s.ask(ctx).Distinct("sent_at").Where("target = ? AND state = ? AND sent_at >= ?", target, models.DispatchSent, since).
		Order("sent_at DESC").Find(&rows).Error
	times := make([]time.Time, len(rows))
	for i := range rows {
		times[i] = *rows[i].SentAt
	}
	return times, failed("times of sending", err)
}

// SwitchTarget switches a target off, or on again, and says by whom. Nothing is made for one that is off, and what waits for it rests.
func (s *Store) SwitchTarget(ctx context.Context, t models.DispatchTarget, now time.Time) error {
	return s.write(ctx, "switch a target", now, func(tx *gorm.DB) error { return upsert(tx, &t) })
}

// TargetsOff gives the targets that are switched off, by name.
func (s *Store) TargetsOff(ctx context.Context) ([]models.DispatchTarget, error) {
	var rows []models.DispatchTarget
	return rows, failed("targets that are off", s.ask(ctx).Where("off_at IS NOT NULL").Order("name").Find(&rows).Error)
}

// ReplayDispatch lets a dispatch be handed over again, under the same event ID; ErrConflict while it is on its way.
func (s *Store) ReplayDispatch(ctx context.Context, id int64, now time.Time) error {
	return s.write(ctx, "replay a dispatch", now, func(tx *gorm.DB) error {
		q := replayed(tx.Where("id = ?", id), now, models.DispatchSent, models.DispatchFailed)
		return changedOrConflict(tx, q, &models.Dispatch{}, id)
	})
}

// ReplayFailed lets all dispatches of a target that were given up since an instant be handed over again, and counts them.
func (s *Store) ReplayFailed(ctx context.Context, target string, since, now time.Time) (n int, err error) {
	err = s.write(ctx, "replay what failed", now, func(tx *gorm.DB) error {
		q := replayed(tx.Where(`target = ? AND "at" >= ?`, target, since), now, models.DispatchFailed)
		n = int(q.RowsAffected)
		return q.Error
	})
	return n, err
}

// digests are the targets of which nothing is sent again: a digest speaks of its day.
const digests = "digest:%"

func replayed(q *gorm.DB, now time.Time, from ...models.DispatchState) *gorm.DB {
	return q.Model(&models.Dispatch{}).Where("state IN ? AND target NOT LIKE ?", from, digests).
		UpdateColumns(map[string]any{"state": models.DispatchWaiting, "attempts": 0, "next_attempt_at": now, "sent_at": nil, "updated_at": now})
}

// ForgetDispatches deletes what was made before an instant, with its attempts, and counts it.
func (s *Store) ForgetDispatches(ctx context.Context, before time.Time) (n int, err error) {
	err = s.write(ctx, "forget dispatches", before, func(tx *gorm.DB) error {
		old := tx.Model(&models.Dispatch{}).Select("id").Where("created_at < ?", before)
		if err := tx.Where("dispatch_id IN (?)", old).Delete(&models.DispatchTry{}).Error; err != nil {
			return err
		}
		q := tx.Where("created_at < ?", before).Delete(&models.Dispatch{})
		n = int(q.RowsAffected)
		return q.Error
	})
	return n, err
}

// Deliveries gives one page of the delivery log and how every target fares.
func (s *Store) Deliveries(ctx context.Context, q models.DispatchQuery) (p models.DispatchPage, err error) {
	err = s.read(ctx, "deliveries", func(tx *gorm.DB) error {
		match := func() *gorm.DB {
			m := tx.Model(&models.Dispatch{})
			for column, value := range map[string]string{"target": q.Target, "state": string(q.State), "kind": q.Kind} {
				if value != "" {
					m = m.Where(column+" = ?", value)
				}
			}
			return m
		}
		var count int64
		if err := match().Count(&count).Error; err != nil {
			return err
		}
		p.Matching = int(count)
		err := match().Omit("body").Order("id DESC").Limit(q.Per).Offset((max(q.Page, 1) - 1) * q.Per).Find(&p.Rows).Error
		if err != nil {
			return err
		}
		p.Targets, err = targetStates(tx)
		return err
	})
	return p, err
}

// TargetStates says how every target fares that something was made for, by name.
func (s *Store) TargetStates(ctx context.Context) (states []models.DispatchTargetState, err error) {
	err = s.read(ctx, "targets", func(tx *gorm.DB) error { states, err = targetStates(tx); return err })
	return states, err
}

func targetStates(tx *gorm.DB) ([]models.DispatchTargetState, error) {
	var rows []struct {
		Target string
		State  models.DispatchState
		Count  int
	}
	err := tx.Model(&models.Dispatch{}).Select("target, state, COUNT(*) AS count").Group("target, state").Order("target").Scan(&rows).Error
	if err != nil {
		return nil, err
	}
	var states []models.DispatchTargetState
	for _, r := range rows {
		if n := len(states); n == 0 || states[n-1].Name != r.Target {
			states = append(states, models.DispatchTargetState{Name: r.Target})
		}
		st := &states[len(states)-1]
		switch r.State {
		case models.DispatchWaiting, models.DispatchSending:
			st.Waiting += r.Count
		case models.DispatchSent:
			st.Sent += r.Count
		case models.DispatchFailed:
			st.Failed += r.Count
		}
	}
	for i := range states {
		last, err := first[models.Dispatch](tx.Select("sent_at").Where("target = ? AND sent_at IS NOT NULL", states[i].Name).Order("sent_at DESC"))
		if err != nil {
			return nil, err
		}
		if last != nil {
			states[i].LastSent = last.SentAt
		}
		if states[i].Off, err = first[models.DispatchTarget](tx.Where("name = ? AND off_at IS NOT NULL", states[i].Name)); err != nil {
			return nil, err
		}
	}
	return states, nil
}

// Delivery gives a dispatch with its attempts.
func (s *Store) Delivery(ctx context.Context, id int64) (v models.DispatchView, err error) {
	err = s.read(ctx, "delivery", func(tx *gorm.DB) error {
		if v.Dispatch, err = one[models.Dispatch](tx, id); err != nil {
			return err
		}
		return tx.Where("dispatch_id = ?", id).Order("id").Find(&v.Tries).Error
	})
	return v, err
}
