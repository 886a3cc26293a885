package store

import (
	"time"

	"gorm.io/gorm"

	"github.com/krestmarketing/deedwatch/models"
)

// reasonMoved is why notices end, and answers count no more, when a domain comes to another client.
const reasonMoved = "moved_to_another_client"

// moveAway ends what was owed about domains to the clients that had them until now, and what those said of them: it says nothing for whoever
// has them now. It is the last step of a transaction: it takes the chain's lock.
func moveAway(tx *gorm.DB, ids []int64, now time.Time) error {
	return inBatches(ids, func(ids []int64) error {
		if err := cancelUnsent(tx.Where("domain_id IN ?", ids), now, reasonMoved); err != nil {
			return err
		}
		if err := tx.Model(&models.Domain{}).Where("id IN ?", ids).UpdateColumns(map[string]any{"quiet_until": nil, "quiet_reason": ""}).Error; err != nil {
			return err
		}
		var said []struct {
			ID, DomainID, ClientID int64
			Kind                   models.AnswerKind
			Name                   string
		}
		err := tx.Model(&models.Answer{}).Select("answers.id, answers.domain_id, contacts.client_id, answers.kind, domains.name").
			Joins("JOIN contacts ON contacts.id = answers.contact_id").Joins("JOIN domains ON domains.id = answers.domain_id").
			Where("answers.domain_id IN ? AND answers.withdrawn IS NULL", ids).Order("answers.id").Scan(&said).Error
		if err != nil || len(said) == 0 {
			return err
		}
		lines := make([]models.Entry, len(said))
		for i, a := range said {
			facts := map[string]any{"answer": a.ID, "kind": a.Kind, "domain": a.Name, "reason": reasonMoved}
			if lines[i], err = entry(now, models.EntryWithdrawn, "system", a.ClientID, a.DomainID, facts); err != nil {
				return err
			}
		}
		if err := tx.Model(&models.Answer{}).Where("domain_id IN ? AND withdrawn IS NULL", ids).UpdateColumn("withdrawn", now).Error; err != nil {
			return err
		}
		return appendLedger(tx, lines)
	})
}
