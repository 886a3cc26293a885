package store

import (
	"context"
	"strings"
	"time"

	"gorm.io/gorm"

	"github.com/krestmarketing/deedwatch/models"
)

// The bounds of the lists on a client's page.
const (
	clientCalls = 20
	clientTasks = 50
)

// ClientOutreach gives how a client is written to and spoken with, at now.
func (s *Store) ClientOutreach(ctx context.Context, id int64, now time.Time) (v models.ClientOutreach, err error) {
	err = s.read(ctx, "outreach to a client", func(tx *gorm.DB) error {
		v = models.ClientOutreach{}
		if v.Client, err = one[models.Client](tx, id); err != nil {
			return err
		}
		contacts, err := contactsOf(tx, []int64{id})
		if err != nil {
			return err
		}
		v.Contacts = contacts[id]
		addresses := pick(v.Contacts, func(c *models.Contact) string { return strings.ToLower(c.Email) })
		if v.Suppressions, err = where[models.Suppression](tx, "address", addresses, "id", "lifted_at IS NULL"); err != nil {
			return err
		}
		if v.Calls, err = callsOf(tx, id, clientCalls); err != nil {
			return err
		}
		list, err := tasksIn(tx, models.TaskQuery{Now: now, ClientID: id, Limit: clientTasks})
		if err != nil {
			return err
		}
		v.Tasks = list.Rows
		var links, waiting int64
		err = tx.Model(&models.Link{}).Where("contact_id IN ? AND purpose = ? AND revoked_at IS NULL AND expires_at > ?",
			append(pick(v.Contacts, func(c *models.Contact) int64 { return c.ID }), 0), models.LinkAnswer, now).Count(&links).Error
		if err != nil {
			return err
		}
		err = tx.Model(&models.Notice{}).Where("client_id = ? AND channel = ? AND state IN ?", id, models.ChannelEmail,
			[]models.NoticeState{models.NoticeQueued, models.NoticeHeld, models.NoticeMailed}).Count(&waiting).Error
		v.Links, v.Waiting = int(links), int(waiting)
		return err
	})
	return v, err
}

// SetNoticeSettings replaces parts of the agency's notice policy for one client; the zero settings replace nothing.
func (s *Store) SetNoticeSettings(ctx context.Context, clientID int64, to models.NoticeSettings, by string, now time.Time) error {
	return s.write(ctx, "set the notices of a client", now, func(tx *gorm.DB) error {
		q := tx.Model(&models.Client{}).Where("id = ?", clientID).Select("notices", "updated_at").Updates(&models.Client{Notices: to, UpdatedAt: now})
		if err := changedOne(q, models.ErrNotFound); err != nil {
			return err
		}
		return addEntry(tx, now, "client_notices_set", by, clientID, 0, map[string]any{"notices": to})
	})
}

// AddContact adds a person to a client, whose address may be suppressed already; ErrConflict when another contact of the client has it.
func (s *Store) AddContact(ctx context.Context, c models.Contact, by string, now time.Time) (models.Contact, error) {
	err := s.write(ctx, "add a contact", now, func(tx *gorm.DB) error {
		if _, err := one[models.Client](tx, c.ClientID); err != nil {
			return err
		}
		c.ID, c.Email, c.EmailState = 0, strings.ToLower(c.Email), models.EmailOK
		if err := tx.Create(&c).Error; err != nil {
			return err
		}
		if err := honourSuppressions(tx, []string{c.Email}); err != nil {
			return err
		}
		return addEntry(tx, now, "contact_added", by, c.ClientID, 0, contactFacts(&c))
	})
	return c, err
}

// CorrectContact replaces what is known of a person: name, address, phone, role, language and zone. A new address may be written to, unless it
// is suppressed; what waits for the old one is planned anew, and the links that were mailed there work no more. ErrConflict when another contact of the client has the address, or the person's
// data were erased.
func (s *Store) CorrectContact(ctx context.Context, c models.Contact, by string, now time.Time) error {
	return s.write(ctx, "correct a contact", now, func(tx *gorm.DB) error {
		was, err := one[models.Contact](tx.Where("client_id = ?", c.ClientID), c.ID)
		if err != nil {
			return err
		}
		if was.ErasedAt != nil {
			return models.ErrConflict
		}
		c.Email = strings.ToLower(c.Email)
		set := map[string]any{
			"name": c.Name, "email": c.Email, "phone": c.Phone, "role": c.Role, "time_zone": c.TimeZone, "language": c.Language, "updated_at": now,
		}
		moved := c.Email != was.Email
		if moved {
			set["email_state"], set["email_reason"], set["email_state_at"], set["opted_out_at"] = models.EmailOK, "", now, nil
		}
		if err := tx.Model(&models.Contact{}).Where("id = ?", c.ID).UpdateColumns(set).Error; err != nil {
			return err
		}
		if moved {
			if err := honourSuppressions(tx, []string{c.Email}); err != nil {
				return err
			}
		}
		facts := contactFacts(&c)
		facts["before"] = contactFacts(&was)
		if moved { // whoever reads the old address holds them
			q := tx.Model(&models.Link{}).Where("contact_id = ? AND revoked_at IS NULL", c.ID).UpdateColumn("revoked_at", now)
			if q.Error != nil {
				return q.Error
			}
			facts["links_revoked"] = q.RowsAffected
		}
		return addEntry(tx, now, "contact_corrected", by, c.ClientID, 0, facts)
	})
}

// contactFacts is what the ledger says of a person. What is personal in it stands as a value of its own, so that it can be erased.
func contactFacts(c *models.Contact) map[string]any {
	return map[string]any{
		"contact_id": c.ID, "name": c.Name, "email": c.Email, "phone": c.Phone, "role": c.Role, "time_zone": c.TimeZone, "language": c.Language,
	}
}

// QueueAccess owes a client the question for an access that was asked for (AccessRequest, with the grant), or the statement of what it has
// delegated (AccessReview, with grant 0), to the first contact who may be written to, once a day. models.ErrInvalid when there is nobody or
// nothing to tell of; ErrConflict when it waits or was sent that day already, or the access is not asked for any more.
func (s *Store) QueueAccess(ctx context.Context, stage models.Stage, clientID, grantID int64, day, by string, now time.Time) error {
	return s.write(ctx, "queue a message on access", now, func(tx *gorm.DB) error {
		grants, err := accessGrants(tx, stage, clientID, grantID)
		if err != nil {
			return err
		}
		contacts, err := contactsOf(tx, []int64{clientID})
		if err != nil {
			return err
		}
		to := firstUsable(contacts[clientID])
		if to == nil {
			return models.Invalid("recipient", "no contact of this client may be written to; correct an address, or call")
		}
		rows := make([]models.Notice, len(grants))
		for i, g := range grants {
			rows[i] = models.Notice{
				ClientID: clientID, GrantID: g.ID, ContactID: &to.ID, Recipient: strings.ToLower(to.Email), Stage: stage, Episode: day,
				Channel: models.ChannelEmail, State: models.NoticeQueued, Reason: models.ReasonAskedByStaff, DueAt: now, ExpiresAt: now.AddDate(0, 0, 14),
			}
		}
		added, err := insertNotices(tx, rows, now)
		if err != nil {
			return err
		}
		if len(added) == 0 {
			return models.ErrConflict
		}
		return addEntry(tx, now, "notice_queued", by, clientID, 0, map[string]any{
			"stage": stage, "episode": day, "recipient": to.Email, "grants": pick(grants, func(g *models.Grant) int64 { return g.ID }),
		})
	})
}

// accessGrants gives what a message on access tells of.
func accessGrants(tx *gorm.DB, stage models.Stage, clientID, grantID int64) ([]models.Grant, error) {
	if stage == models.StageAccessRequest {
		g, err := one[models.Grant](tx.Where("client_id = ?", clientID), grantID)
		if err == nil && g.State != models.GrantRequested {
			err = models.ErrConflict
		}
		return []models.Grant{g}, err
	}
	var grants []models.Grant
	if err := tx.Where("client_id = ? AND state IN ?", clientID, currentGrants).Order("platform, asset, id").Find(&grants).Error; err != nil {
		return nil, err
	}
	if len(grants) == 0 {
		return nil, models.Invalid("access", "this client has delegated nothing that stands; there is nothing to state")
	}
	return grants, nil
}

func firstUsable(contacts []models.Contact) *models.Contact {
	for i := range contacts {
		if contacts[i].Usable() {
			return &contacts[i]
		}
	}
	return nil
}
