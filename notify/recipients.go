package notify

import (
	"slices"
	"strconv"
	"strings"

	"github.com/krestmarketing/deedwatch/models"
)

// roleOrder is the order in which contacts are written to.
var roleOrder = []models.ContactRole{models.RoleOwner, models.RoleBilling, models.RoleTechnical, models.RoleDeputy}

// recipients gives who is written to at a stage: the first contact in the order of roles whose address takes mail and who did not say to
// be the wrong person, and at late stages the deputy too. When there is nobody, why says so.
func (p *planning) recipients(s step) (to []models.Contact, why string) {
	wrong := p.wrongPersons()
	why = ReasonNoAddress
	for _, c := range byRole(p.owed.Contacts) {
		switch {
		case !usable(&c):
		case slices.Contains(wrong, c.ID):
			why = ReasonNoOther
		case len(to) == 0 || s.deputy && c.Role == models.RoleDeputy:
			to = append(to, c)
		}
	}
	if len(to) > 0 {
		why = ""
	}
	return to, why
}

// addressee gives under whose address a notice is recorded that goes to nobody: who would have been written to, or else the first contact.
func (p *planning) addressee() (contact *int64, recipient string) {
	to, _ := p.recipients(step{})
	if len(to) == 0 {
		to = byRole(p.owed.Contacts)
	}
	if len(to) == 0 {
		return nil, ""
	}
	return &to[0].ID, address(to[0])
}

// wrongPersons gives the contacts who said in this cycle that they are not the ones to ask.
func (p *planning) wrongPersons() []int64 {
	var ids []int64
	if a := p.owed.Answer; a != nil && a.Kind == models.AnswerWrongPerson {
		ids = append(ids, a.ContactID)
	}
	for i := range p.owed.Notices {
		if n := &p.owed.Notices[i]; n.ContactID != nil && strings.HasPrefix(string(n.Stage), models.WrongPersonPrefix) {
			ids = append(ids, *n.ContactID)
		}
	}
	return ids
}

// wrongPersonTask gives ops the task of finding the right person. The row is also what remembers who said so when somebody else answers.
func (p *planning) wrongPersonTask() {
	a := p.owed.Answer
	if a == nil || a.Kind != models.AnswerWrongPerson {
		return
	}
	s := step{stage: models.Stage(models.WrongPersonPrefix + strconv.FormatInt(a.ContactID, 10)), due: p.now}
	if p.find(s.stage, models.ChannelTask, OpsRecipient) == nil {
		p.add(s, models.ChannelTask, OpsRecipient, &a.ContactID, models.NoticeQueued, ReasonWrongPerson, s.due)
	}
}

// usable reports whether mail to a contact has a chance to arrive.
func usable(c *models.Contact) bool { return c.Email != "" && c.EmailState != models.EmailBad }

// byRole gives contacts in the order in which they are written to; within a role in the order given.
func byRole(contacts []models.Contact) []models.Contact {
	sorted := slices.Clone(contacts)
	slices.SortStableFunc(sorted, func(a, b models.Contact) int {
		return slices.Index(roleOrder, a.Role) - slices.Index(roleOrder, b.Role)
	})
	return sorted
}
