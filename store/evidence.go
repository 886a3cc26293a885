package store

import (
	"time"

	"gorm.io/gorm"

	"github.com/krestmarketing/deedwatch/models"
)

// lookColumns are those of an observation without its evidence, which may be long.
var lookColumns = []string{
	"id", "domain_id", "kind", "outcome", "server", "at", "took_micros", "detail", "evidence_hash", "content_type", "truncated", "worker",
}

// addLooks gives the items of a letter the look on which each rests: the one with the answer that states the fact it is about.
func addLooks(tx *gorm.DB, items []models.LetterItem) error {
	ids := pick(items, func(i *models.LetterItem) int64 { return i.Domain.ID })
	statements, err := where[models.Statement](tx, "domain_id", ids, "domain_id, source")
	if err != nil {
		return err
	}
	by := group(statements, func(s *models.Statement) int64 { return s.DomainID })
	wanted := make([]int64, len(items))
	for i := range items {
		if items[i].Notice.Stage == models.StageRecords {
			if wanted[i], err = lastDNSLook(tx, items[i].Domain.ID, items[i].Domain.DNSCheckedAt); err != nil {
				return err
			}
			continue
		}
		wanted[i] = statingLook(&items[i], by[items[i].Domain.ID])
	}
	looks, err := where[models.Observation](tx.Select(lookColumns).Session(&gorm.Session{}), "id", wanted, "id")
	if err != nil {
		return err
	}
	lookBy := index(looks, func(o *models.Observation) int64 { return o.ID })
	for i := range items {
		items[i].Observation = ref(lookBy, wanted[i])
	}
	return nil
}

// statingLook gives the look behind what a notice says of the registration; 0: there is none, as behind a date that the client attested.
func statingLook(item *models.LetterItem, statements []models.Statement) int64 {
	r := item.Registration
	if r == nil || item.Notice.GrantID != 0 {
		return 0
	}
	fact := models.FactStatuses
	switch item.Notice.Stage {
	case models.StageHold, models.StageTransfer, models.StageAttest:
	default:
		switch item.Domain.ExpirySource {
		case models.ExpiryAttested:
			return 0
		case models.ExpiryRegistrar:
			fact = models.FactRegistrarExpiry
		case models.ExpiryRegistry:
			fact = models.FactRegistryExpiry
		case models.ExpiryNone:
		}
	}
	source := r.Sources[fact].Source
	if source == "" {
		source = r.FactsSource
	}
	if s := models.Stated(statements, source); s != nil && s.ObservationID != nil {
		return *s.ObservationID
	}
	return 0
}

// lastDNSLook gives the last look at a domain's records that answered.
func lastDNSLook(tx *gorm.DB, domainID int64, until *time.Time) (int64, error) {
	if until == nil {
		return 0, nil
	}
	o, err := first[models.Observation](tx.Select("id").Where("domain_id = ? AND kind = ? AND outcome = ? AND at <= ?", domainID, models.LookDNS, models.OutcomeOK, *until).
		Order("at DESC, id DESC"))
	if o == nil {
		return 0, err
	}
	return o.ID, nil
}
