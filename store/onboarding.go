package store

import (
	"context"

	"gorm.io/gorm"

	"github.com/krestmarketing/deedwatch/models"
)

// Onboarding gives one client's domains under watch with the records that are expected of them, and its delegated access.
func (s *Store) Onboarding(ctx context.Context, clientID int64) (v models.OnboardingView, err error) {
	err = s.read(ctx, "onboarding", func(tx *gorm.DB) error {
		if v.Client, err = one[models.Client](tx, clientID); err != nil {
			return err
		}
		if v.Domains, err = onboardingDomains(tx, clientID); err != nil {
			return err
		}
		return tx.Where("client_id = ?", clientID).Order("platform, asset, id").Find(&v.Grants).Error
	})
	return v, err
}

func onboardingDomains(tx *gorm.DB, clientID int64) ([]models.OnboardingDomain, error) {
	var domains []models.Domain
	if err := tx.Scopes(watched).Where("client_id = ?", clientID).Order("name").Find(&domains).Error; err != nil {
		return nil, err
	}
	ids := pick(domains, func(d *models.Domain) int64 { return d.ID })
	records, err := where[models.ExpectedRecord](tx, "domain_id", ids, "host, type, id")
	if err != nil {
		return nil, err
	}
	delegations, err := where[models.Delegation](tx, "domain_id", ids, "domain_id")
	if err != nil {
		return nil, err
	}
	registrations, err := where[models.Registration](tx, "domain_id", ids, "domain_id")
	if err != nil {
		return nil, err
	}
	findings, err := where[models.Finding](tx, "domain_id", ids, "id", "state = ?", models.FindingOpen)
	if err != nil {
		return nil, err
	}
	findingsBy := group(findings, func(f *models.Finding) int64 { return f.DomainID })
	recordsBy := group(records, func(r *models.ExpectedRecord) int64 { return r.DomainID })
	delegationBy := index(delegations, func(d *models.Delegation) int64 { return d.DomainID })
	registrationBy := index(registrations, func(r *models.Registration) int64 { return r.DomainID })
	out := make([]models.OnboardingDomain, len(domains))
	for i, d := range domains {
		out[i] = models.OnboardingDomain{
			Domain: d, Registrar: registrationBy[d.ID].Registrar, Delegation: ref(delegationBy, d.ID), Records: recordsBy[d.ID],
			Findings: findingsBy[d.ID],
		}
	}
	return out, nil
}
