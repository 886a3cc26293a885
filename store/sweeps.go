package store

import (
	"context"
	"errors"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/krestmarketing/deedwatch/models"
)

// RecordSweep stores when a recurring task last began and ended, and how. When it last ended well is kept.
func (s *Store) RecordSweep(ctx context.Context, row models.Sweep) error {
	columns := []string{"worker", "started_at", "finished_at", "error", "items"}
	row.GoodAt = nil
	if row.Error == "" {
		row.GoodAt, columns = row.FinishedAt, append(columns, "good_at")
	}
	return s.write(ctx, "record a sweep", time.Time{}, func(tx *gorm.DB) error {
		return tx.Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "name"}}, DoUpdates: clause.AssignmentColumns(columns)}).Create(&row).Error
	})
}

// Sweeps gives the last run of every recurring task, by name.
func (s *Store) Sweeps(ctx context.Context) ([]models.Sweep, error) {
	var rows []models.Sweep
	return rows, failed("sweeps", s.ask(ctx).Order("name").Find(&rows).Error)
}

// turnedBad are the lifecycles in which a domain is in trouble.
var turnedBad = []models.Lifecycle{
	models.LifecycleExpired, models.LifecycleRedemption, models.LifecyclePendingDelete, models.LifecycleReleased, models.LifecycleOnHold,
}

// fine are the lifecycles from which a domain can turn bad. What was found bad when it was first judged did not turn.
var fine = []models.Lifecycle{models.LifecycleRegistered, models.LifecycleExpiring}

// ShareTurnedBad counts the domains that were fine and got into trouble at since or later, and all domains under watch. What turned before
// the brake was last released does not count again: somebody has looked.
func (s *Store) ShareTurnedBad(ctx context.Context, since time.Time) (bad, total int, err error) {
	last, err := first[models.Brake](s.ask(ctx).Where("released_at IS NOT NULL").Order("released_at DESC"))
	if err != nil {
		return 0, 0, failed("share turned bad", err)
	}
	if last != nil && last.ReleasedAt.After(since) {
		since = *last.ReleasedAt
	}
	turned := s.ask(ctx).Model(&models.Change{}).Select("1").Where("changes.domain_id = domains.id AND field = ? AND at >= ?", "lifecycle", since).
		Where(map[string]any{"before": fine})
	var counts struct{ Bad, Total int }
	err = s.ask(ctx).Model(&models.Domain{}).Scopes(watched).
		Select("COUNT(CASE WHEN lifecycle IN ? AND EXISTS (?) THEN 1 END) AS bad, COUNT(*) AS total", turnedBad, turned).
		Scan(&counts).Error
	return counts.Bad, counts.Total, failed("share turned bad", err)
}

// ActiveBrake gives the storm brake that is on; nil: none is.
func (s *Store) ActiveBrake(ctx context.Context) (*models.Brake, error) {
	b, err := first[models.Brake](s.ask(ctx).Where("released_at IS NULL"))
	return b, failed("active brake", err)
}

// PullBrake puts the storm brake on and notes it in the ledger; it does nothing when one is on.
func (s *Store) PullBrake(ctx context.Context, b models.Brake) error {
	err := s.write(ctx, "pull the brake", b.PulledAt, func(tx *gorm.DB) error {
		on, err := first[models.Brake](tx.Where("released_at IS NULL"))
		if err != nil || on != nil {
			return err
		}
		b.ID, b.ReleasedAt, b.ReleasedBy = 0, nil, ""
		if err := tx.Create(&b).Error; err != nil {
			return err
		}
		return addEntry(tx, b.PulledAt, "brake_pulled", "system", 0, 0, map[string]any{"reason": b.Reason})
	})
	if errors.Is(err, models.ErrConflict) { // another process was first
		return nil
	}
	return err
}

// ReleaseBrake takes the storm brake off and notes it in the ledger; it does nothing when none is on.
func (s *Store) ReleaseBrake(ctx context.Context, by string, now time.Time) error {
	return s.write(ctx, "release the brake", now, func(tx *gorm.DB) error {
		q := tx.Model(&models.Brake{}).Where("released_at IS NULL").UpdateColumns(map[string]any{"released_at": now, "released_by": by})
		if q.Error != nil || q.RowsAffected == 0 {
			return q.Error
		}
		return addEntry(tx, now, "brake_released", by, 0, 0, map[string]any{"by": by})
	})
}
