package notify

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

// roleOrder is the order in which contacts are written to.
var roleOrder = []models.ContactRole{models.RoleOwner, models.RoleBilling, models.RoleTechnical, models.RoleDeputy}

// recipients gives who is written to: the first contact in the order of roles who may be written to and who did not say to be the wrong
// person, and the deputy too if asked for. Whom the mail on this occasion did not reach is passed over for it. When there is nobody, why says so.
func (p *planning) recipients(o occasion, deputy bool) (to []models.Contact, why string) {
	wrong := p.wrongPersons()
	why = ReasonNoAddress
	for _, c := range byRole(p.owed.Contacts) {
		switch {
		case !usable(&c) || p.unreached(o, &c):
		case slices.Contains(wrong, c.ID):
			why = ReasonNoOther
		case len(to) == 0 || deputy && c.Role == models.RoleDeputy:
			to = append(to, c)
		}
	}
	if len(to) > 0 {
		why = ""
	}
	return to, why
}

// unreached reports whether the message on an occasion did not reach a contact for a reason that is not the address: its duty passes on, and the
// next occasion begins with the contact again.
func (p *planning) unreached(o occasion, c *models.Contact) bool {
	n := p.find(o, address(*c))
	return n != nil && (n.State == models.NoticeBounced && n.Reason == ReasonReturned || n.State == models.NoticeFailed && n.Reason == ReasonTooLong)
}

// unansweredAt gives when a notice of the ladder will have been, or was, without an answer for Policy.DeputyAfter days; ok is false when
// nothing waits for an answer.
func (p *planning) unansweredAt() (at time.Time, ok bool) {
	if p.policy.DeputyAfter == 0 {
		return time.Time{}, false
	}
	var first *time.Time
	for i := range p.owed.Notices {
		n := &p.owed.Notices[i]
		if n.State != models.NoticeSent || n.SentAt == nil || n.Channel != models.ChannelEmail || !p.onLadder(n) {
			continue
		}
		if a := p.owed.Answer; a != nil && !a.At.Before(*n.SentAt) {
			continue
		}
		if first == nil || n.SentAt.Before(*first) {
			first = n.SentAt
		}
	}
	if first == nil {
		return time.Time{}, false
	}
	office := p.policy.Office
	return office.At(office.Day(*first).AddDate(0, 0, p.policy.DeputyAfter), p.policy.SendFrom), true
}

// addressee gives under whose address a notice is recorded that goes to nobody: who would have been written to, or else the first contact.
func (p *planning) addressee() (contact *int64, recipient string) {
	to, _ := p.recipients(occasion{}, false)
	if len(to) == 0 {
		to = byRole(p.owed.Contacts)
	}
	if len(to) == 0 {
		return nil, ""
	}
	return &to[0].ID, address(to[0])
}

// wrongPersons gives the contacts who said in this cycle that they are not the ones to ask. While no cycle is open, what was said in the last one
// stands.
func (p *planning) wrongPersons() []int64 {
	ids := slices.Clone(p.owed.Wrong)
	for i := range p.owed.Notices {
		n := &p.owed.Notices[i]
		if open := p.owed.Cycle.ID; open != 0 && n.CycleID != open {
			continue
		}
		if n.ContactID != nil && strings.HasPrefix(string(n.Stage), models.WrongPersonPrefix) && n.Reason != models.ReasonWithdrawn {
			ids = append(ids, *n.ContactID)
		}
	}
	return ids
}

// wrongPersonTask gives ops the task of finding the right person. The row is also what remembers who said so.
func (p *planning) wrongPersonTask() {
	for _, id := range p.owed.Wrong {
		o := p.onCycle("", p.now).on(models.Stage(models.WrongPersonPrefix + strconv.FormatInt(id, 10)))
		switch n := p.find(o, OpsRecipient); {
		case n == nil:
			p.add(o, OpsRecipient, &id, models.NoticeQueued, ReasonWrongPerson, o.due)
		case n.State == models.NoticeCancelled && n.Reason == models.ReasonWithdrawn: // said again
			p.change(n, models.NoticeQueued, &o.due, ReasonWrongPerson)
		}
	}
}

// usable reports whether a contact may be written to.
func usable(c *models.Contact) bool { return c.Usable() }

// byRole gives contacts in the order in which they are written to; within a role in the order given.
func byRole(contacts []models.Contact) []models.Contact {
	if slices.IsSortedFunc(contacts, compareRoles) {
		return contacts
	}
	sorted := slices.Clone(contacts)
	slices.SortStableFunc(sorted, compareRoles)
	return sorted
}

func compareRoles(a, b models.Contact) int {
	return slices.Index(roleOrder, a.Role) - slices.Index(roleOrder, b.Role)
}
