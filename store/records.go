package store

import (
	"context"
	"encoding/json"
	"time"

	"gorm.io/gorm"

	"github.com/krestmarketing/deedwatch/models"
)

// recordKey is what makes an expected record the same as another.
type recordKey struct {
	host, kind string
	match      models.Match
	values     string
}

func keyOf(r *models.ExpectedRecord) (recordKey, error) {
	values, err := json.Marshal(r.Values)
	return recordKey{r.Host, r.Type, r.Match, string(values)}, err
}

// UpsertRecords makes the given records the expected ones of a domain. A record that stays (same host, type, matcher and values) keeps
// what was seen of it and takes the new words; one that is no longer given is removed. New ones make the domain's DNS due.
func (s *Store) UpsertRecords(ctx context.Context, domainID int64, records []models.ExpectedRecord, now time.Time) error {
	return s.write(ctx, "upsert records", now, func(tx *gorm.DB) error {
		var stored []models.ExpectedRecord
		if err := tx.Where("domain_id = ?", domainID).Find(&stored).Error; err != nil {
			return err
		}
		old := make(map[recordKey]models.ExpectedRecord, len(stored))
		for i := range stored {
			k, err := keyOf(&stored[i])
			if err != nil {
				return err
			}
			old[k] = stored[i]
		}
		added, err := mergeRecords(tx, domainID, records, old)
		if err != nil {
			return err
		}
		for _, gone := range old {
			if err := tx.Delete(&gone).Error; err != nil {
				return err
			}
		}
		if added == 0 && len(old) == 0 {
			return nil
		}
		return recount(tx, domainID, now, added > 0)
	})
}

// mergeRecords stores the given records and takes those that stay out of old; it says how many are new.
func mergeRecords(tx *gorm.DB, domainID int64, records []models.ExpectedRecord, old map[recordKey]models.ExpectedRecord) (added int, err error) {
	given := make(map[recordKey]bool, len(records))
	for _, r := range records {
		k, err := keyOf(&r)
		if err != nil {
			return added, err
		}
		if given[k] {
			continue
		}
		given[k] = true
		if before, stays := old[k]; stays {
			delete(old, k)
			if before.Service == r.Service && before.Purpose == r.Purpose && before.Essential == r.Essential {
				continue
			}
			before.Service, before.Purpose, before.Essential = r.Service, r.Purpose, r.Essential
			if err := tx.Select("service", "purpose", "essential").Updates(&before).Error; err != nil {
				return added, err
			}
			continue
		}
		r.ID, r.DomainID = 0, domainID
		if r.State == "" {
			r.State = models.RecordUnknown
		}
		if err := tx.Create(&r).Error; err != nil {
			return added, err
		}
		added++
	}
	return added, nil
}

// recount brings the counters on the domain in line with its records, and makes its DNS due when it must be looked at.
func recount(tx *gorm.DB, domainID int64, now time.Time, due bool) error {
	var records []models.ExpectedRecord
	if err := tx.Where("domain_id = ?", domainID).Select("state").Find(&records).Error; err != nil {
		return err
	}
	set := map[string]any{"records_total": len(records), "updated_at": now}
	right, unknown := 0, 0
	for _, r := range records {
		switch {
		case r.State.Right():
			right++
		case !r.State.Judged():
			unknown++
		}
	}
	set["records_right"], set["records_unknown"] = right, unknown
	if due {
		set["next_dns_at"] = now
	}
	return changedOne(tx.Model(&models.Domain{}).Where("id = ?", domainID).UpdateColumns(set), models.ErrNotFound)
}
