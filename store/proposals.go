package store

import (
	"context"
	"strconv"
	"strings"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/krestmarketing/deedwatch/models"
)

// propose keeps whom a contact names in its own place, for staff to decide on. Naming somebody else takes the place of what was open.
func propose(tx *gorm.DB, p models.Proposal) error {
	p.ID, p.State = 0, models.ProposalOpen
	open, err := first[models.Proposal](tx.Where("contact_id = ? AND domain_id = ? AND state = ?", p.ContactID, p.DomainID, models.ProposalOpen).Order("id"))
	if err != nil {
		return err
	}
	if open != nil {
		p.ID = open.ID
	}
	return tx.Save(&p).Error
}

// Proposals gives whom clients named and nobody has decided on, the oldest first; clientID 0: of all clients.
func (s *Store) Proposals(ctx context.Context, clientID int64) (views []models.ProposalView, err error) {
	err = s.read(ctx, "proposals", func(tx *gorm.DB) error {
		q := tx.Where("state = ?", models.ProposalOpen).Order("id")
		if clientID != 0 {
			q = q.Where("client_id = ?", clientID)
		}
		var open []models.Proposal
		if err := q.Find(&open).Error; err != nil {
			return err
		}
		views = make([]models.ProposalView, len(open))
		for i, p := range open {
			if views[i], err = proposalView(tx, p); err != nil {
				return err
			}
		}
		return nil
	})
	return views, err
}

func proposalView(tx *gorm.DB, p models.Proposal) (v models.ProposalView, err error) {
	v.Proposal = p
	client, err := one[models.Client](tx, p.ClientID)
	if err != nil {
		return v, err
	}
	contact, err := one[models.Contact](tx, p.ContactID)
	if err != nil {
		return v, err
	}
	v.ClientName, v.ContactName = client.Name, contact.Name
	if p.DomainID != nil {
		d, err := one[models.Domain](tx.Select("id", "name"), *p.DomainID)
		if err != nil {
			return v, err
		}
		v.DomainName = d.Name
	}
	if p.Email != "" {
		v.Known, err = first[models.Contact](tx.Where("client_id = ? AND email = ?", p.ClientID, p.Email))
	}
	return v, err
}

// AcceptProposal makes the person whom a contact named a contact of the client, in the role that staff gives it, and gives it back: a new
// row, or the client's own contact with that address. The tasks of finding the right person that the one who named it set off are done.
//
// models.ErrConflict: somebody decided already. *models.InvalidError: no address is known, or none that can be written to.
func (s *Store) AcceptProposal(ctx context.Context, d models.ProposalDecision) (contact models.Contact, err error) {
	err = s.write(ctx, "accept a proposal", d.At, func(tx *gorm.DB) error {
		p, err := decide(tx, d.ID, models.ProposalAccepted, d.By, d.At)
		if err != nil {
			return err
		}
		email := strings.ToLower(strings.TrimSpace(d.Email))
		if email == "" {
			email = p.Email
		}
		switch {
		case !strings.Contains(email, "@"):
			return models.Invalid("email", "no address was named; call the person and enter it")
		case !d.Role.Valid():
			return models.Invalid("role", "choose owner, billing, technical or deputy")
		case d.Former != "" && !d.Former.Valid():
			return models.Invalid("former", "choose owner, billing, technical or deputy, or leave it as it is")
		}
		if contact, err = namedContact(tx, &p, email, d.Role, d.At); err != nil {
			return err
		}
		if d.Former != "" && p.ContactID != contact.ID {
			err := tx.Model(&models.Contact{}).Where("id = ?", p.ContactID).UpdateColumns(map[string]any{"role": d.Former, "updated_at": d.At}).Error
			if err != nil {
				return err
			}
		}
		if err := foundRightPerson(tx, &p, d.By, d.At); err != nil {
			return err
		}
		return addEntry(tx, d.At, "proposal_accepted", d.By, p.ClientID, aboutDomain(&p), map[string]any{
			"proposal": p.ID, "contact_id": contact.ID, "name": contact.Name, "email": contact.Email, "phone": contact.Phone, "role": d.Role,
			"named_by_contact": p.ContactID, "former_role": d.Former,
		})
	})
	return contact, err
}

// RefuseProposal ends a proposal without anything coming of it. models.ErrConflict: somebody decided already.
func (s *Store) RefuseProposal(ctx context.Context, id int64, why, by string, now time.Time) error {
	return s.write(ctx, "refuse a proposal", now, func(tx *gorm.DB) error {
		p, err := decide(tx, id, models.ProposalRefused, by, now)
		if err != nil {
			return err
		}
		return addEntry(tx, now, "proposal_refused", by, p.ClientID, aboutDomain(&p), map[string]any{
			"proposal": p.ID, "name": p.Name, "email": p.Email, "phone": p.Phone, "named_by_contact": p.ContactID, "why": why,
		})
	})
}

func decide(tx *gorm.DB, id int64, to models.ProposalState, by string, now time.Time) (p models.Proposal, err error) {
	if p, err = one[models.Proposal](tx, id); err != nil {
		return p, err
	}
	q := tx.Model(&models.Proposal{}).Where("id = ? AND state = ?", id, models.ProposalOpen).
		UpdateColumns(map[string]any{"state": to, "decided_at": now, "decided_by": by})
	return p, changedOne(q, models.ErrConflict)
}

// namedContact makes or updates the client's contact with an address. What the client said before about a name or a number stays where
// the proposal says nothing.
func namedContact(tx *gorm.DB, p *models.Proposal, email string, role models.ContactRole, now time.Time) (c models.Contact, err error) {
	known, err := first[models.Contact](tx.Where("client_id = ? AND email = ?", p.ClientID, email))
	switch {
	case err != nil:
		return c, err
	case known != nil && known.ErasedAt != nil:
		return c, models.Invalid("email", "what is personal of this contact was taken out; add it anew by an import")
	case known != nil:
		c = *known
	default:
		c = models.Contact{ClientID: p.ClientID, Email: email, EmailState: models.EmailOK, CreatedAt: now}
	}
	c.Role, c.UpdatedAt = role, now
	if p.Name != "" {
		c.Name = p.Name
	}
	if p.Phone != "" {
		c.Phone = p.Phone
	}
	if err := tx.Clauses(clause.Returning{}).Save(&c).Error; err != nil {
		return c, err
	}
	if err := honourSuppressions(tx, []string{email}); err != nil {
		return c, err
	}
	return one[models.Contact](tx, c.ID)
}

// foundRightPerson ends the tasks and the finding that a contact's word set off. The tasks stay as rows: they say who is not to be asked in
// the cycle.
func foundRightPerson(tx *gorm.DB, p *models.Proposal, by string, now time.Time) error {
	tasks := tx.Model(&models.Notice{}).Where("client_id = ? AND stage = ? AND channel = ? AND state IN ?",
		p.ClientID, models.WrongPersonPrefix+strconv.FormatInt(p.ContactID, 10), models.ChannelTask, unsentStates)
	if p.DomainID != nil {
		tasks = tasks.Where("domain_id = ?", *p.DomainID)
	}
	err := tasks.UpdateColumns(map[string]any{"state": models.NoticeDone, "closed_by": by, "updated_at": now}).Error
	if err != nil || p.DomainID == nil {
		return err
	}
	return endWrongPerson(tx, *p.DomainID, p.ContactID, now)
}

func aboutDomain(p *models.Proposal) int64 {
	if p.DomainID == nil {
		return 0
	}
	return *p.DomainID
}
