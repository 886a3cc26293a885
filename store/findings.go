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
		return addFinding(tx, kind, f)
	}
	columns := findingFacts
	switch kind {
	case models.FindingWorsened, models.FindingReopened, models.FindingOpened:
		columns = append([]string{"assignee", "snoozed_until", "first_seen"}, findingFacts...)
	case models.FindingSeen, models.FindingEased, models.FindingGone:
	}
	if err := changedOne(tx.Select(columns).Updates(f), models.ErrNotFound); err != nil {
		return err
	}
	return noteFinding(tx, kind, f)
}

// addFinding stores a finding that its judge did not know; if it is there all the same, it takes its place. One that was open already is
// nothing new.
func addFinding(tx *gorm.DB, kind models.FindingChangeKind, f *models.Finding) error {
	there, err := first[models.Finding](tx.Select("state").Where("domain_id = ? AND code = ? AND subject = ?", f.DomainID, f.Code, f.Subject))
	if err != nil {
		return err
	}
	key := []clause.Column{{Name: "domain_id"}, {Name: "code"}, {Name: "subject"}}
	if err := tx.Clauses(clause.OnConflict{Columns: key, DoUpdates: clause.AssignmentColumns(findingFacts)}).Create(f).Error; err != nil {
		return err
	}
	if kind == models.FindingOpened && there != nil && there.State == models.FindingOpen {
		return nil
	}
	return noteFinding(tx, kind, f)
}

// findingFacts are the columns of a finding that its judge states.
var findingFacts = []string{
	"severity", "title", "detail", "next_step", "reason", "state", "opened_at", "last_seen", "worsened_at", "resolved_at", "reopened",
	"cause_code", "observation_id",
}

// RecordFindings stores what a judgement over several domains came to.
func (s *Store) RecordFindings(ctx context.Context, changes []models.FindingChange, at time.Time) error {
	return s.write(ctx, "record findings", at, func(tx *gorm.DB) error { return applyFindings(tx, changes, nil) })
}

// SilentZones gives the domains under watch that have an open finding of one of the codes.
func (s *Store) SilentZones(ctx context.Context, codes []string) (zones []models.SilentZone, err error) {
	err = s.read(ctx, "silent zones", func(tx *gorm.DB) error {
		var domains []models.Domain
		of := tx.Model(&models.Finding{}).Select("domain_id").Where("state = ? AND code IN ?", models.FindingOpen, codes)
		if err := tx.Scopes(watched).Select("id", "name").Where("id IN (?)", of).Order("id").Find(&domains).Error; err != nil {
			return err
		}
		idsOf := pick(domains, func(d *models.Domain) int64 { return d.ID })
		findings, err := where[models.Finding](tx, "domain_id", idsOf, "id", "state = ?", models.FindingOpen)
		if err != nil {
			return err
		}
		delegations, err := where[models.Delegation](tx, "domain_id", idsOf, "domain_id")
		if err != nil {
			return err
		}
		findingsBy := group(findings, func(f *models.Finding) int64 { return f.DomainID })
		delegationBy := index(delegations, func(d *models.Delegation) int64 { return d.DomainID })
		zones = make([]models.SilentZone, len(domains))
		for i, d := range domains {
			zones[i] = models.SilentZone{DomainID: d.ID, Domain: d.Name, NS: delegationBy[d.ID].ParentNS, Findings: findingsBy[d.ID]}
		}
		return nil
	})
	return zones, err
}

// AnsweringNS gives the name servers of each domain under watch that has the word in their names and whose servers answered since an
// instant. The word is part of a host name.
func (s *Store) AnsweringNS(ctx context.Context, word string, since time.Time) (sets [][]string, err error) {
	err = s.read(ctx, "answering name servers", func(tx *gorm.DB) error {
		answered := tx.Model(&models.Domain{}).Scopes(watched).Select("id").Where("dns_failures = 0 AND dns_checked_at > ?", since)
		var delegations []models.Delegation
		err := tx.Select("domain_id", "parent_ns").Where("domain_id IN (?) AND parent_ns LIKE ?", answered, "%"+word+"%").Find(&delegations).Error
		for _, d := range delegations {
			sets = append(sets, d.ParentNS)
		}
		return err
	})
	return sets, err
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
