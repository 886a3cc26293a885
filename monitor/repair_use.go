package monitor

import "github.com/krestmarketing/deedwatch/models"

// repairCase is what a repair of one of the situation's records is made from. The name servers are those of this look, where it answered.
func (s *Situation) repairCase(r *models.ExpectedRecord) models.RepairCase {
	c := models.RepairCase{Domain: s.Domain.Name, Record: *r, Others: s.Records, Delegation: s.Delegation}
	if s.Registration != nil {
		c.Registrar = s.Registration.Registrar
	}
	if s.DNS != nil && s.DNS.Outcome.Answered() {
		c.Delegation = seenDelegation(s.DNS)
	}
	return c
}

// seenDelegation is the view of a domain's DNS that one look gives.
func seenDelegation(l *models.DelegationLook) *models.Delegation {
	return &models.Delegation{Outcome: l.Outcome, ParentNS: l.ParentNS, ChildNS: l.ChildNS, Servers: l.Servers, Signed: l.ChildSigned, Detail: l.Detail, LookedAt: l.At}
}

// withRepair adds the repair's sentence to the next step of a finding, and says whose side is wrong. What is in the agency's own hands is nothing
// to send to the owner.
func withRepair(next string, c models.RepairCase) (words, side string) {
	r, ok := Repair(c)
	switch {
	case !ok:
		return next, ""
	case r.Side == models.SideAgency:
		return r.Summary, r.Side
	}
	return next + " " + r.Summary, r.Side
}

// Repair says how the record of that index is put right; ok is false when there is nothing to put right, or nothing known.
func (r CheckResult) Repair(i int) (repair models.Repair, ok bool) {
	if i < 0 || i >= len(r.Records) {
		return models.Repair{}, false
	}
	c := models.RepairCase{Domain: r.Domain, Record: r.Records[i], Others: r.Records}
	if r.Registration != nil {
		c.Registrar = r.Registration.Registrar
	}
	if r.Delegation != nil {
		c.Delegation = seenDelegation(r.Delegation)
	}
	return Repair(c)
}
