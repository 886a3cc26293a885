package store

import (
	"cmp"
	"context"
	"slices"

	"gorm.io/gorm"

	"github.com/krestmarketing/deedwatch/models"
)

// WatchedByID gives a domain with all that its judgement needs, archived or not.
func (s *Store) WatchedByID(ctx context.Context, id int64) (models.Watched, error) {
	return s.watched(ctx, "watched domain", "id = ?", id)
}

// WatchedByName gives a domain by its A-label with all that its judgement needs, archived or not.
func (s *Store) WatchedByName(ctx context.Context, name string) (models.Watched, error) {
	return s.watched(ctx, "watched domain", "name = ?", name)
}

func (s *Store) watched(ctx context.Context, op, condition string, value any) (w models.Watched, err error) {
	err = s.read(ctx, op, func(tx *gorm.DB) error {
		var domain models.Domain
		if err := tx.Where(condition, value).Take(&domain).Error; err != nil {
			return err
		}
		w, err = watchedIn(tx, domain)
		return err
	})
	return w, err
}

// watchedIn loads all around one domain, which the caller read in the same transaction.
func watchedIn(tx *gorm.DB, d models.Domain) (models.Watched, error) {
	w := models.Watched{Domain: d}
	if err := tx.Take(&w.Client, d.ClientID).Error; err != nil {
		return w, err
	}
	contacts, err := contactsOf(tx, []int64{d.ClientID})
	if err != nil {
		return w, err
	}
	w.Contacts = contacts[d.ClientID]
	of := func() *gorm.DB { return tx.Where("domain_id = ?", d.ID) }
	if w.Registration, err = first[models.Registration](of()); err != nil {
		return w, err
	}
	if err := of().Find(&w.Statements).Error; err != nil {
		return w, err
	}
	slices.SortFunc(w.Statements, func(a, b models.Statement) int {
		return cmp.Compare(slices.Index(models.Sources(), a.Source), slices.Index(models.Sources(), b.Source))
	})
	if w.Delegation, err = first[models.Delegation](of()); err != nil {
		return w, err
	}
	if err := of().Order("host, type, id").Find(&w.Records).Error; err != nil {
		return w, err
	}
	if err := of().Order("id").Find(&w.Findings).Error; err != nil {
		return w, err
	}
	var cycles []models.Cycle
	if err := of().Where("closed_at IS NULL OR close_reason = ?", models.CycleRestated).Order("id").Find(&cycles).Error; err != nil {
		return w, err
	}
	for i := range cycles {
		if cycles[i].ClosedAt == nil {
			w.Cycle = &cycles[i]
		} else {
			w.Restated = append(w.Restated, cycles[i])
		}
	}
	if w.Cycle == nil {
		return w, nil
	}
	answers, err := latestAnswers(tx, []int64{w.Cycle.ID})
	w.Answer = ref(answers, w.Cycle.ID)
	return w, err
}
