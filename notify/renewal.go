package notify

import (
	"slices"
	"strconv"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

// renewal plans the end of a cycle that was renewed: thanks to each contact who was sent a notice in it, once; or, to who was sent one after
// the renewal had happened, that it was wrong.
func (p *planning) renewal() {
	c := p.owed.Renewed
	if c == nil || c.ClosedAt == nil {
		return
	}
	if !stillRenewed(&p.owed.Domain, c) {
		p.endUnsent(models.NoticeCancelled, ReasonUndone, func(n *models.Notice) bool { return n.CycleID == c.ID && n.Reason != ReasonByHand })
		return
	}
	p.endUnsent(models.NoticeCancelled, ReasonOtherContact, func(n *models.Notice) bool {
		return n.CycleID == c.ID && n.Channel == models.ChannelEmail && !slices.ContainsFunc(p.owed.Contacts, func(to models.Contact) bool {
			return usable(&to) && address(to) == n.Recipient
		})
	})
	if c.ClosedAt.AddDate(0, 0, p.policy.ThanksWithin).Before(p.now) {
		return
	}
	for i := range p.owed.Contacts {
		if contact := &p.owed.Contacts[i]; usable(contact) {
			p.closing(c, contact)
		}
	}
}

// closing plans the last word of a renewed cycle to one contact. There is one: who was told that a message was wrong is not thanked too, and
// who was thanked knows, whatever date the registration shows afterwards.
func (p *planning) closing(c *models.Cycle, contact *models.Contact) {
	if p.lastWordSaid(c, contact) {
		return
	}
	told, wrong := p.toldIn(c, contact)
	o := occasion{p.owed.Domain.ID, c.ID, models.StageRenewed, "", models.ChannelEmail, p.nextMorning(), *p.owed.Domain.ExpiresAt}
	switch {
	case wrong != nil:
		o.stage, o.episode, o.due = models.StageRetraction, strconv.FormatInt(*wrong.MailID, 10), p.now
		o.until = o.due
		p.endUnsent(models.NoticeCancelled, ReasonSentTooLate, func(n *models.Notice) bool {
			return n.CycleID == c.ID && n.Stage == models.StageRenewed && n.Recipient == address(*contact)
		})
		p.oweTo(o, contact, ReasonSentTooLate, o.due, false)
	case told && p.policy.Thanks:
		p.oweTo(o, contact, ReasonRenewalSeen, o.due, false)
	}
}

// lastWordSaid reports whether the last word of a cycle was sent to a contact, or is on its way. Thanks that merely wait don't count: that a
// message was wrong takes their place.
func (p *planning) lastWordSaid(c *models.Cycle, contact *models.Contact) bool {
	said := false
	for i := range p.owed.Notices {
		n := &p.owed.Notices[i]
		if n.CycleID != c.ID || n.Recipient != address(*contact) || n.Stage != models.StageRenewed && n.Stage != models.StageRetraction {
			continue
		}
		waits := n.State == models.NoticeQueued || n.State == models.NoticeHeld
		said = said || n.State == models.NoticeSent || n.State == models.NoticeMailed || waits && n.Stage == models.StageRetraction
	}
	return said
}

// toldIn reports whether a contact was sent a notice of a cycle, and gives the latest one that went out after the renewal; nil: none did.
func (p *planning) toldIn(c *models.Cycle, contact *models.Contact) (told bool, wrong *models.Notice) {
	for i := range p.owed.Notices {
		n := &p.owed.Notices[i]
		if n.CycleID != c.ID || n.State != models.NoticeSent || n.SentAt == nil || n.Channel != models.ChannelEmail ||
			n.ContactID == nil || *n.ContactID != contact.ID {
			continue
		}
		if _, ladder := p.policy.rankOf(n.Stage); !ladder {
			continue
		}
		told = true
		if n.Reason == ReasonUnconfirmed { // said that it was not known, which was so
			continue
		}
		if p.afterRenewal(*n.SentAt) && n.MailID != nil && (wrong == nil || n.SentAt.After(*wrong.SentAt)) {
			wrong = n
		}
	}
	return told, wrong
}

// afterRenewal reports, of a name whose date is published, whether a notice went out although the name had been renewed: the registration was changed last before it was sent, and
// since the look on which it rested, which was not older than Policy.MaxObservationAge and still showed the date before.
func (p *planning) afterRenewal(sentAt time.Time) bool {
	changed := p.owed.ChangedOn
	if changed == nil || p.owed.Domain.ExpirySource == models.ExpiryAttested {
		return false
	}
	passed := models.PassesAt(*changed, models.IsCalendarDay(*changed))
	return passed.Before(sentAt) && changed.After(sentAt.Add(-p.policy.MaxObservationAge))
}

// stillRenewed reports whether the date that counts is still that of a renewal after a cycle.
func stillRenewed(d *models.Domain, c *models.Cycle) bool {
	return d.ExpiresAt != nil && !d.Unconfirmed && d.ExpiresAt.Sub(c.ExpiresAt) > renewalMoves &&
		!slices.Contains([]models.Lifecycle{models.LifecycleUnknown, models.LifecycleReleased}, d.Lifecycle)
}
