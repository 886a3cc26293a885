package store

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/krestmarketing/deedwatch/models"
)

// reasonErased is why notices end that waited for a person who was erased.
const reasonErased = "contact_erased"

// EraseContact takes out, in one transaction, what names a contact: from its own row, from messages and their words, notices, answers,
// proposals, calls, bounces, suppressions, findings, grants, what is told to ops, and from the ledger's bodies. The hashes stay: of the
// words that were sent, and of the ledger's lines; a line of the kind "erased" names the lines as they stand since, so that they can't be
// changed any more either. What waited for the contact is cancelled and its links are revoked. A second call does nothing.
//
// *models.InvalidError: nobody would be left who can be written to about the client's domains, and Force is not set. models.ErrConflict:
// a message that names the person is being handed over at this moment.
func (s *Store) EraseContact(ctx context.Context, e models.Erasure) (res models.ErasureResult, err error) {
	err = s.write(ctx, "erase a contact", e.At, func(tx *gorm.DB) error {
		if err := s.planAnew(tx); err != nil {
			return err
		}
		res = models.ErasureResult{}
		c, err := one[models.Contact](tx.Clauses(clause.Locking{Strength: "NO KEY UPDATE"}), e.ContactID)
		if err != nil {
			return err
		}
		if c.ErasedAt != nil {
			res.Already = true
			return nil
		}
		if err := mayErase(tx, &c, e.Force); err != nil {
			return err
		}
		run := erasing{tx: tx, e: e, c: c, at: instant(e.At), mails: map[int64]bool{}}
		if err := run.all(); err != nil {
			return err
		}
		res = run.res
		return nil
	})
	return res, err
}

// mayErase refuses the last contact who can be written to about domains under watch.
func mayErase(tx *gorm.DB, c *models.Contact, force bool) error {
	if force || !c.Usable() {
		return nil
	}
	contacts, err := contactsOf(tx, []int64{c.ClientID})
	if err != nil {
		return err
	}
	if slices.ContainsFunc(contacts[c.ClientID], func(o models.Contact) bool { return o.ID != c.ID && o.Usable() }) {
		return nil
	}
	var domains int64
	if err := watchedOf(tx, c.ClientID).Count(&domains).Error; err != nil || domains == 0 {
		return err
	}
	return models.Invalid("contact", "this is the last person who can be written to about the client's domains under watch, %d in number; add another contact first, or erase with force", domains)
}

// erasing is one erasure under way.
type erasing struct {
	tx     *gorm.DB
	e      models.Erasure
	c      models.Contact
	at     time.Time
	person person
	known  []string       // addresses of the person
	mails  map[int64]bool // messages that name the person
	res    models.ErasureResult
}

func (r *erasing) all() error {
	for _, step := range []func() error{r.know, r.messages, r.notices, r.answers, r.returns, r.suppressions, r.texts, r.contact, r.ledger} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// know gathers by what the person is known: addresses that were written to, names that answered.
func (r *erasing) know() error {
	addresses, names := []string{r.c.Email}, []string{r.c.Name}
	for _, from := range []struct {
		model  any
		column string
		into   *[]string
	}{{&models.Mail{}, "recipient", &addresses}, {&models.Notice{}, "recipient", &addresses}, {&models.Answer{}, "by", &names}} {
		var more []string
		if err := r.tx.Model(from.model).Where("contact_id = ?", r.c.ID).Distinct().Pluck(from.column, &more).Error; err != nil {
			return err
		}
		*from.into = append(*from.into, more...)
	}
	r.known = distinct(addresses)
	r.person = newPerson(r.known, distinct(names), []string{r.c.Phone})
	return nil
}

// messages takes the words out of every message to the person, and of those to others that name it.
func (r *erasing) messages() error {
	var ids []int64
	if err := r.tx.Model(&models.Mail{}).Where("client_id = ?", r.c.ClientID).Order("id").Pluck("id", &ids).Error; err != nil {
		return err
	}
	return eachOf(r.tx, ids, func(m *models.Mail) int64 { return m.ID }, func(mails []models.Mail) error {
		for i := range mails {
			m := &mails[i]
			if m.ContactID != r.c.ID && !r.person.in(m.Recipient+"\n"+m.Subject+"\n"+m.Text+"\n"+m.LastError) {
				continue
			}
			if err := r.message(m); err != nil {
				return err
			}
		}
		return nil
	})
}

func (r *erasing) message(m *models.Mail) error {
	if m.State == models.MailSending {
		return fmt.Errorf("message %d, which names them, is being handed over at this moment; try again in some minutes: %w", m.ID, models.ErrConflict)
	}
	set := map[string]any{
		"recipient": r.person.out(m.Recipient), "subject": r.person.out(m.Subject), "last_error": r.person.out(m.LastError),
		"bounce_reason": r.person.out(m.BounceReason), "updated_at": r.at,
	}
	if m.Text != "" {
		set["text"] = models.ErasedText
	}
	if m.ContactID == r.c.ID && m.State == models.MailWaiting {
		set["state"] = models.MailCancelled
	}
	r.mails[m.ID] = true
	r.res.Messages++
	if err := r.tx.Model(&models.Mail{}).Where("id = ?", m.ID).UpdateColumns(set).Error; err != nil {
		return err
	}
	return r.scrub("attempts", "mail_id = ?", m.ID, "reply")
}

// notices ends what waited for the person. Each notice keeps a recipient of its own: it is part of its key.
func (r *erasing) notices() error {
	waiting := []models.NoticeState{models.NoticeQueued, models.NoticeHeld, models.NoticeMailed, models.NoticeBlocked}
	own := func() *gorm.DB { return r.tx.Model(&models.Notice{}).Where("contact_id = ?", r.c.ID) }
	q := own().Where("state IN ?", waiting).UpdateColumns(map[string]any{"state": models.NoticeCancelled, "reason": reasonErased, "updated_at": r.at})
	if q.Error != nil {
		return q.Error
	}
	renamed := own().Where("channel = ?", models.ChannelEmail).UpdateColumn("recipient", gorm.Expr("? || CAST(id AS text)", r.alias()+":"))
	r.res.Others += int(renamed.RowsAffected)
	if renamed.Error != nil {
		return renamed.Error
	}
	return r.scrub("notices", "client_id = ?", r.c.ClientID, "note", "reason")
}

// alias stands where a row needs an address of its own.
func (r *erasing) alias() string { return "erased:" + strconv.FormatInt(r.c.ID, 10) }

// answers takes the name out of what the person said.
func (r *erasing) answers() error {
	q := r.tx.Model(&models.Answer{}).Where("contact_id = ?", r.c.ID).UpdateColumn("by", models.ErasedWord)
	r.res.Others += int(q.RowsAffected)
	if q.Error != nil {
		return q.Error
	}
	links := r.tx.Model(&models.Link{}).Where("contact_id = ?", r.c.ID).UpdateColumn("revoked_at", gorm.Expr("COALESCE(revoked_at, ?)", r.at))
	return links.Error
}

// returns takes the person out of reports on messages; the reports themselves go.
func (r *erasing) returns() error {
	ids := make([]int64, 0, len(r.mails))
	for id := range r.mails {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	clean := map[string]any{"recipient": models.ErasedWord, "evidence": nil}
	for _, by := range []struct {
		column string
		values []any
	}{{"mail_id", anys(ids)}, {"recipient", anys(r.known)}} {
		err := inBatches(by.values, func(batch []any) error {
			in := clause.IN{Column: clause.Column{Name: by.column}, Values: batch}
			if err := r.scrubWhere("bounces", in, "diagnostic"); err != nil {
				return err
			}
			q := r.tx.Model(&models.Bounce{}).Where(in).UpdateColumns(clean)
			r.res.Others += int(q.RowsAffected)
			return q.Error
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// suppressions keeps addresses suppressed that nobody else has, in a form that can't be read.
func (r *erasing) suppressions() error {
	var list []models.Suppression
	if err := r.tx.Where(clause.IN{Column: clause.Column{Name: "address"}, Values: anys(r.known)}).Order("id").Find(&list).Error; err != nil {
		return err
	}
	for i := range list {
		var others int64
		if err := r.tx.Model(&models.Contact{}).Where("email = ? AND id <> ?", list[i].Address, r.c.ID).Count(&others).Error; err != nil {
			return err
		}
		if others > 0 {
			continue
		}
		set := map[string]any{"address": erasedAddress(list[i].Address), "detail": r.person.out(list[i].Detail)}
		if err := r.tx.Model(&models.Suppression{}).Where("id = ?", list[i].ID).UpdateColumns(set).Error; err != nil {
			return err
		}
		r.res.Others++
	}
	return nil
}

// contact empties the contact's own row.
func (r *erasing) contact() error {
	return r.tx.Model(&models.Contact{}).Where("id = ?", r.c.ID).UpdateColumns(map[string]any{
		"name": models.ErasedWord, "email": r.alias(), "phone": "", "email_state": models.EmailBad, "email_reason": "erased", "email_state_at": r.at,
		"erased_at": r.at, "updated_at": r.at,
	}).Error
}

// erasedSuppressions gives the suppressions that are on for any of the addresses and whose own address was erased.
func erasedSuppressions(tx *gorm.DB, addresses []string) ([]models.Suppression, error) {
	var kept, on []models.Suppression
	if err := tx.Where("address LIKE ? AND lifted_at IS NULL", erasedAddressForm+"%").Find(&kept).Error; err != nil {
		return nil, err
	}
	for _, s := range kept {
		for _, a := range addresses {
			if matchesErased(s.Address, a) {
				s.Address = a
				on = append(on, s)
			}
		}
	}
	return on, nil
}
