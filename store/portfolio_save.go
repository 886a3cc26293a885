package store

import (
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/krestmarketing/deedwatch/models"
)

// importedColumns are the columns of a domain that an import decides.
var importedColumns = []string{
	"client_id", "suffix", "services", "auto_renew", "auto_renew_by", "auto_renew_at", "attested_expiry", "attested_by", "attested_at",
	"next_judge_at", "next_look_at", "next_dns_at", "archived_at", "updated_at",
}

// save writes what rows have changed, clients before the people and domains that refer to them. What is written is held on to: later rows
// may speak of it again.
func (p *portfolio) save(tx *gorm.DB) error {
	if err := p.saveClients(tx); err != nil {
		return err
	}
	if err := p.savePeople(tx); err != nil {
		return err
	}
	if err := p.saveDomains(tx); err != nil {
		return err
	}
	p.dirtyClients, p.dirtyPeople, p.dirtyDomains = nil, nil, nil
	return nil
}

func (p *portfolio) saveClients(tx *gorm.DB) error {
	var added []*models.Client
	for _, c := range p.dirtyClients {
		c.dirty = false
		if c.row.ID == 0 {
			added = append(added, &c.row)
		} else if err := tx.Select("services", "time_zone", "language", "updated_at").Updates(&c.row).Error; err != nil {
			return err
		}
	}
	return createAll(tx, added)
}

func (p *portfolio) savePeople(tx *gorm.DB) error {
	var added []*models.Contact
	for _, c := range p.dirtyPeople {
		c.dirty = false
		c.row.ClientID = c.of.row.ID
		if c.row.ID == 0 {
			added = append(added, &c.row)
		} else if err := tx.Select("name", "phone", "role", "time_zone", "language", "updated_at").Updates(&c.row).Error; err != nil {
			return err
		}
	}
	return createAll(tx, added)
}

func (p *portfolio) saveDomains(tx *gorm.DB) error {
	var added []*models.Domain
	for _, d := range p.dirtyDomains {
		d.dirty = false
		d.row.ClientID = d.of.row.ID
		if d.row.ID == 0 {
			added = append(added, &d.row)
			continue
		}
		if err := saveDomain(tx, d, p); err != nil {
			return err
		}
	}
	return createAll(tx, added)
}

// saveDomain writes a domain that was there. Its version counts up, since what a judgement rests on may have changed; what it owed to the
// contacts of another client is cancelled.
func saveDomain(tx *gorm.DB, d *heldDomain, p *portfolio) error {
	if err := changedOne(tx.Select(importedColumns).Updates(&d.row), models.ErrNotFound); err != nil {
		return err
	}
	next := tx.Model(&d.row).Clauses(clause.Returning{Columns: []clause.Column{{Name: "version"}}})
	if err := next.UpdateColumn("version", gorm.Expr("version + 1")).Error; err != nil {
		return err
	}
	if !d.moved {
		return nil
	}
	d.moved = false
	return cancelUnsent(tx.Where("domain_id = ?", d.row.ID), p.now, "moved_to_another_client")
}
