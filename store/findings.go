package store

import (
	"context"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/krestmarketing/deedwatch/models"
)

// applyFindings stores what reconciling came to. A finding that nothing new is known of keeps what people set on it meanwhile: its
// assignee and its rest. Findings without an observation get the given one.
func applyFindings(tx *gorm.DB, changes []models.FindingChange, observationID *int64) error {
	for _, c := range changes {
		f := c.Finding
		if f.ObservationID == nil {
			f.ObservationID = observationID
		}
		if err := applyFinding(tx, c.Kind, &f); err != nil {
			return err
		}
	}
	return nil
}

func applyFinding(tx *gorm.DB, kind models.FindingChangeKind, f *models.Finding) error {
	if f.ID == 0 {
		key := []clause.Column{{Name: "domain_id"}, {Name: "code"}, {Name: "subject"}}
		return tx.Clauses(clause.OnConflict{Columns: key, DoUpdates: clause.AssignmentColumns(findingFacts)}).Create(f).Error
	}
	columns := findingFacts
	switch kind {
	case models.FindingWorsened, models.FindingReopened, models.FindingOpened:
		columns = append([]string{"assignee", "snoozed_until", "first_seen"}, findingFacts...)
	case models.FindingSeen, models.FindingEased, models.FindingGone:
	}
	return changedOne(tx.Select(columns).Updates(f), models.ErrNotFound)
}

// findingFacts are the columns of a finding that its judge states.
var findingFacts = []string{
	"severity", "title", "detail", "next_step", "reason", "state", "opened_at", "last_seen", "worsened_at", "resolved_at", "reopened",
	"cause_code", "observation_id",
}

// SnoozeFinding lets a finding rest until an instant; it keeps who said so as its assignee when it has none.
func (s *Store) SnoozeFinding(ctx context.Context, id int64, until time.Time, by string) error {
	q := s.writer.WithContext(ctx).Model(&models.Finding{}).Where("id = ?", id).UpdateColumns(map[string]any{
		"snoozed_until": until, "assignee": gorm.Expr("CASE WHEN assignee = '' THEN ? ELSE assignee END", by),
	})
	return failed("snooze a finding", changedOne(q, models.ErrNotFound))
}

// AssignFinding names who takes care of a finding; empty: nobody.
func (s *Store) AssignFinding(ctx context.Context, id int64, who string) error {
	q := s.writer.WithContext(ctx).Model(&models.Finding{}).Where("id = ?", id).UpdateColumn("assignee", who)
	return failed("assign a finding", changedOne(q, models.ErrNotFound))
}
