package monitor

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

// LookDNS looks at one domain's delegation and expected records, judges and records.
func (m *Monitor) LookDNS(ctx context.Context, domainID int64) error {
	w, err := m.o.Store.WatchedByID(ctx, domainID)
	if err != nil {
		return fmt.Errorf("look at the DNS of domain %d: %w", domainID, err)
	}
	if w.Domain.ArchivedAt != nil {
		return nil
	}
	look := m.lookDNS(ctx, w.Domain.Name, w.Records)
	m.addMail(ctx, &look, bought(&w), w.Records)
	m.askTargets(ctx, &look)
	if over(ctx) {
		return nil // cut short by ourselves: that says nothing on the name
	}
	if err := m.o.Store.RecordDelegation(ctx, m.assessDNS(w, look, m.o.Now(), m.o.Roll())); err != nil {
		return fmt.Errorf("record the DNS of %s: %w", w.Domain.Name, err)
	}
	return nil
}

// assessDNS takes a DNS look into a watched domain, judges and reconciles: a pure function of its arguments.
func (m *Monitor) assessDNS(w models.Watched, look models.DelegationLook, now time.Time, roll float64) models.DelegationRecord {
	records := make([]models.ExpectedRecord, len(w.Records))
	for i, r := range w.Records {
		records[i] = r
		if i < len(look.Records) {
			records[i] = ConfirmRecord(r, look.Records[i], now, m.o.ConfirmAfter)
		}
	}
	d := countRecords(w.Domain, records, now)
	d.DNSCheckedAt = new(now)
	if StatedNothing(look) {
		d.DNSFailures++
	} else {
		d.DNSFailures = 0
	}
	row, changes := mergeDelegation(w.Delegation, look, d.ID, now)
	look.Mail, row.MailPending = m.confirmMail(&w, &look, now)
	if look.Outcome.Answered() {
		row.Problems += len(row.MailPending) // a look that only compares would not confirm them
	}

	days := m.o.Lifecycle(d.Name)
	expiry := models.EffectiveExpiry(&d, w.Registration)
	s := &Situation{
		Domain: d, Contacts: w.Contacts, Registration: w.Registration, Judgement: JudgeLifecycle(&d, w.Registration, expiry, days, now),
		Stored: w.Findings, Records: records, Delegation: w.Delegation, DNS: &look, Released: m.o.Released, Now: now, Loc: m.o.Loc,
	}
	d.NextDNSAt, _ = NextDNS(DNSPlan{Records: records, Problems: countTold(s), Failures: d.DNSFailures, Stands: stands(&look, d) && len(row.MailPending) == 0, Mail: row.MailPending}, now, roll)
	observation := DNSEvidence(look, d.ID, m.o.Worker)
	return models.DelegationRecord{
		Domain: d, Observation: &observation, Delegation: &row, Records: records, Changes: changes,
		Findings: forDomain(d.ID, Reconcile(w.Findings, DNSVerdicts(s), DNSJudged(s), now)),
	}
}

// stands reports whether a look found everything right but for information, and of a kind that can be compared without looking whole.
func stands(look *models.DelegationLook, d models.Domain) bool {
	return look.Outcome == models.OutcomeOK && countBad(look.Problems) == 0 && look.ChildSigned == models.DNSSECUnsigned &&
		len(look.ParentNS) > 0 && slices.Equal(look.ParentNS, look.ChildNS) && d.RecordsRight == d.RecordsTotal
}

// StatedNothing reports whether a DNS look says nothing on the zone: the parent gave no answer, or no server of the zone could be reached.
func StatedNothing(look models.DelegationLook) bool {
	if !look.Outcome.Answered() {
		return true
	}
	return slices.ContainsFunc(look.Problems, func(p models.DelegationProblem) bool {
		return p.Code == allServersFailing && p.Side != "parent"
	})
}

// countTold counts the problems that are more than information.
func countTold(s *Situation) int {
	n := 0
	for _, p := range s.DNS.Problems {
		if toldNow(s, p) && !informs(p) {
			n++
		}
	}
	return n
}

// informs reports whether a problem is told for information only.
func informs(p models.DelegationProblem) bool {
	c := checkOf(p.Code)
	return c != nil && c.Severity == models.SeverityInfo
}

// incomparable are problems for information with which a look can't be compared with the one before without looking whole.
var incomparable = []string{"serial_drift", "same_address"}

// countBad counts the problems that are more than information, or keep looks from being compared; those included that one look does not prove.
func countBad(problems []models.DelegationProblem) int {
	n := 0
	for _, p := range problems {
		if !informs(p) || slices.Contains(incomparable, p.Code) {
			n++
		}
	}
	return n
}

// rightLasts is how long a record counts as right without another verdict on it. Names are looked at daily, so a record older than this was
// looked for and not found out about: what is not known must not look like fine.
const rightLasts = day

// countRecords sums the states of a domain's records up, as the board shows them.
func countRecords(d models.Domain, records []models.ExpectedRecord, now time.Time) models.Domain {
	d.RecordsTotal, d.RecordsRight, d.RecordsUnknown = len(records), 0, 0
	for i := range records {
		r := &records[i]
		switch {
		case !r.State.Judged(), r.State.Right() && (r.LookedAt == nil || now.Sub(*r.LookedAt) > rightLasts):
			d.RecordsUnknown++
		case r.State.Right():
			d.RecordsRight++
		}
	}
	return d
}

// mergeDelegation gives the current view of a domain's DNS. A look that gave no answer leaves what was seen before.
func mergeDelegation(prev *models.Delegation, look models.DelegationLook, domainID int64, now time.Time) (models.Delegation, []models.Change) {
	next := models.Delegation{DomainID: domainID, Signed: models.DNSSECUnknown}
	if prev != nil {
		next = *prev
	}
	next.Outcome, next.Detail, next.LookedAt, next.UpdatedAt = look.Outcome, look.Detail, now, now
	if len(look.Servers) > 0 || look.Outcome.Answered() {
		next.Servers = look.Servers
	}
	if !look.Outcome.Answered() {
		return next, nil
	}
	next.AnswerAt, next.Problems = new(now), countBad(look.Problems)
	var changes []models.Change
	if before, after := models.NameSet(next.ParentNS), models.NameSet(look.ParentNS); prev != nil && prev.AnswerAt != nil && before != after {
		changes = append(changes, models.Change{DomainID: domainID, At: now, Field: models.FactParentNS, Before: before, After: after, Source: models.LookDNS})
	}
	next.ParentNS = look.ParentNS
	if len(look.ChildNS) > 0 || look.Outcome == models.OutcomeAbsent {
		next.ChildNS = look.ChildNS
	}
	if look.ChildSigned != "" && look.ChildSigned != models.DNSSECUnknown {
		next.Signed = look.ChildSigned
	}
	return next, changes
}
