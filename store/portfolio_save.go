package store

import (
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/krestmarketing/deedwatch/models"
)

// importedColumns are the columns of a domain that an import decides.
var importedColumns = []string{
	"client_id", "suffix", "services", "auto_renew", "auto_renew_by", "auto_renew_at", "attested_expiry", "attested_by", "attested_at",
	"next_judge_at", "next_look_at", "next_dns_at", "archived_at", "version", "updated_at",
}

// save writes what rows have changed, clients before the people and domains that refer to them.
func (p *portfolio) save(tx *gorm.DB) error {
	if err := p.saveClients(tx); err != nil {
		return err
	}
	if err := p.savePeople(tx); err != nil {
		return err
	}
	return p.saveDomains(tx)
}

func (p *portfolio) saveClients(tx *gorm.DB) error {
	var added, kept []*models.Client
	for _, c := range p.dirtyClients {
		c.dirty = false
		if c.row.ID == 0 {
			added = append(added, &c.row)
			continue
		}
		c.row.UpdatedAt = p.now
		kept = append(kept, &c.row)
	}
	if err := replaceAll(tx, kept, "services", "time_zone", "language", "updated_at"); err != nil {
		return err
	}
	return createAll(tx, added)
}

func (p *portfolio) savePeople(tx *gorm.DB) error {
	var added, kept []*models.Contact
	for _, c := range p.dirtyPeople {
		c.dirty = false
		c.row.ClientID = c.of.row.ID
		if c.row.ID == 0 {
			added = append(added, &c.row)
			continue
		}
		c.row.UpdatedAt = p.now
		kept = append(kept, &c.row)
	}
	if err := replaceAll(tx, kept, "name", "phone", "role", "time_zone", "language", "updated_at"); err != nil {
		return err
	}
	if err := createAll(tx, added); err != nil {
		return err
	}
	addresses := make([]string, len(added))
	for i, c := range added {
		addresses[i] = c.Email
	}
	return honourSuppressions(tx, addresses)
}

// saveDomains writes domains. The version of one that was there counts up, since what a judgement rests on may have changed; what it owed
// to the contacts of another client is cancelled, and what they answered rests no reminders to its new one.
func (p *portfolio) saveDomains(tx *gorm.DB) error {
	var added, kept []*models.Domain
	var moved []int64
	for _, d := range p.dirtyDomains {
		d.dirty = false
		d.row.ClientID = d.of.row.ID
		if d.row.ID == 0 {
			added = append(added, &d.row)
			continue
		}
		d.row.UpdatedAt = p.now
		d.row.Version++ // the row is locked: nobody else has counted meanwhile
		kept = append(kept, &d.row)
		if d.moved {
			moved = append(moved, d.row.ID)
		}
	}
	if err := replaceAll(tx, kept, importedColumns...); err != nil {
		return err
	}
	if err := createAll(tx, added); err != nil {
		return err
	}
	return moveAway(tx, moved, p.now)
}

// replaceAll sets the columns of rows that are there, by their primary key, many in one statement.
func replaceAll[T any](tx *gorm.DB, rows []T, columns ...string) error {
	if len(rows) == 0 {
		return nil
	}
	set := clause.OnConflict{Columns: []clause.Column{{Name: "id"}}, DoUpdates: clause.AssignmentColumns(columns)}
	return tx.Clauses(set).CreateInBatches(rows, batchSize).Error
}
