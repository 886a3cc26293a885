package store

import (
	"context"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/krestmarketing/deedwatch/models"
)

// How much of its history a domain's page shows.
const (
	shownObservations = 50
	shownChanges      = 100
)

// DomainView gives one domain's page by its A-label.
func (s *Store) DomainView(ctx context.Context, name string) (v models.DomainView, err error) {
	err = s.read(ctx, "domain", func(tx *gorm.DB) error {
		var d models.Domain
		if err := tx.Where("name = ?", name).Take(&d).Error; err != nil {
			return err
		}
		if v.Watched, err = watchedIn(tx, d); err != nil {
			return err
		}
		of := func() *gorm.DB { return tx.Where("domain_id = ?", d.ID) }
		if err := of().Omit("evidence").Order("at DESC, id DESC").Limit(shownObservations).Find(&v.Observations).Error; err != nil {
			return err
		}
		if err := of().Order("at DESC, id DESC").Limit(shownChanges).Find(&v.Changes).Error; err != nil {
			return err
		}
		if err := of().Order("at DESC, id DESC").Find(&v.Answers).Error; err != nil {
			return err
		}
		if err := of().Order("id").Find(&v.Grants).Error; err != nil {
			return err
		}
		v.Notices, err = recentNotices(tx, d.ID)
		return err
	})
	return v, err
}

// recentNotices gives the notices of the open cycle and of the one closed last, latest first.
func recentNotices(tx *gorm.DB, domainID int64) ([]models.NoticeView, error) {
	var cycleIDs []int64
	for _, condition := range []string{"closed_at IS NULL", "closed_at IS NOT NULL"} {
		c, err := first[models.Cycle](tx.Where("domain_id = ?", domainID).Where(condition).Order("closed_at DESC, id DESC"))
		if err != nil {
			return nil, err
		}
		if c != nil {
			cycleIDs = append(cycleIDs, c.ID)
		}
	}
	if len(cycleIDs) == 0 {
		return nil, nil
	}
	return noticeViews(tx, tx.Where("cycle_id IN ?", cycleIDs).Order("id DESC"))
}

// Observation gives a stored look with its evidence.
func (s *Store) Observation(ctx context.Context, id int64) (models.Observation, error) {
	o, err := one[models.Observation](s.ask(ctx), id)
	return o, failed("observation", err)
}

// AttestExpiry records the date that a client stated, and makes the domain's judgement due. What was stated shortly before is not recorded
// twice.
func (s *Store) AttestExpiry(ctx context.Context, a models.Attested) error {
	set := map[string]any{"attested_expiry": a.Date, "attested_by": a.By, "attested_at": a.At, "next_judge_at": a.At}
	stated := func(d *models.Domain) bool {
		return d.AttestedExpiry != nil && d.AttestedAt != nil && d.AttestedExpiry.Equal(a.Date) && d.AttestedBy == a.By && a.At.Sub(*d.AttestedAt).Abs() < a.Within
	}
	return s.setOnDomain(ctx, "attest an expiry", "expiry_attested", a.DomainID, a.By, a.Actor, a.At, stated, set,
		map[string]any{"date": a.Date.UTC().Format(time.DateOnly)})
}

// SetAutoRenew records what the client said of auto-renew, by whom and recorded by whom, and makes the domain's judgement due.
func (s *Store) SetAutoRenew(ctx context.Context, domainID int64, state models.AutoRenew, by, actor string, now time.Time) error {
	set := map[string]any{"auto_renew": state, "auto_renew_by": by, "auto_renew_at": now, "next_judge_at": now}
	return s.setOnDomain(ctx, "set auto-renew", "auto_renew_stated", domainID, by, actor, now, nil, set, map[string]any{"auto_renew": state})
}

// setOnDomain sets what a person said on a domain, with a line in the ledger; nothing when it was said already (nil: it was not).
func (s *Store) setOnDomain(
	ctx context.Context, op, kind string, domainID int64, by, actor string, now time.Time, said func(*models.Domain) bool, set, facts map[string]any,
) error {
	return s.write(ctx, op, now, func(tx *gorm.DB) error {
		d, err := one[models.Domain](tx.Clauses(clause.Locking{Strength: "NO KEY UPDATE"}), domainID)
		if err != nil || said != nil && said(&d) {
			return err
		}
		if err := touchDomain(tx, domainID, now, set); err != nil {
			return err
		}
		facts["by"] = by // names a person, who can be erased from a body
		return addEntry(tx, now, kind, actor, d.ClientID, domainID, facts)
	})
}

// closedArchived is why the cycle of a domain ends that is archived.
const closedArchived = "archived"

// ArchiveDomain ends the watch over a domain, by whom is noted: its open cycle is closed and what it still owed is cancelled. Its rows are
// kept. It does nothing when the domain is archived.
func (s *Store) ArchiveDomain(ctx context.Context, id int64, by string, now time.Time) error {
	return s.write(ctx, "archive a domain", now, func(tx *gorm.DB) error {
		d, err := one[models.Domain](tx, id)
		if err != nil || d.ArchivedAt != nil {
			return err
		}
		if err := touchDomain(tx, id, now, map[string]any{"archived_at": now}); err != nil {
			return err
		}
		open, err := first[models.Cycle](tx.Where("domain_id = ? AND closed_at IS NULL", id))
		if err != nil {
			return err
		}
		if open != nil {
			if err := closeCycle(tx, open.ID, now, closedArchived); err != nil {
				return err
			}
		}
		if err := cancelUnsent(tx.Where("domain_id = ? AND cycle_id IS NULL AND grant_id IS NULL AND stage <> ?", id, models.StageRetraction), now, closedArchived); err != nil {
			return err
		}
		return addEntry(tx, now, "domain_archived", by, d.ClientID, id, map[string]any{"domain": d.Name})
	})
}
