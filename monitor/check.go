package monitor

import (
	"context"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

// CheckRequest asks for one look at a name without a store.
type CheckRequest struct {
	Domain           string // A-label
	Suffix           string
	Expected         []models.ExpectedRecord
	SkipRegistration bool
	SkipDNS          bool
}

// CheckResult is what one look at a name came to.
type CheckResult struct {
	Domain       string
	At           time.Time
	Looks        []models.Look // at the registration, the registry's first; empty when skipped
	Registration *models.Registration
	Statements   []models.Statement     // what each source states
	Judgement    Judgement              // with the effective expiry
	Delegation   *models.DelegationLook // nil when skipped
	Records      []models.ExpectedRecord
	Verdicts     []models.Verdict
}

// CheckOnce looks at a name now and judges it, without a store. Nothing is confirmed by a second look: the states of records are those
// that were seen, an absence stays unconfirmed, and findings on clients and contacts do not apply.
func (m *Monitor) CheckOnce(ctx context.Context, q CheckRequest) CheckResult {
	domain := models.Domain{Name: q.Domain, Suffix: q.Suffix, Lifecycle: models.LifecycleUnknown, AutoRenew: models.AutoRenewUnknown}
	days := m.o.Lifecycle(q.Domain)
	result := CheckResult{Domain: q.Domain}
	var reg *models.Registration
	if !q.SkipRegistration {
		domain.RegistryServer = m.route(q.Domain)
		result.Looks = m.checkRegistration(ctx, q.Domain, domain.RegistryServer)
	}
	if !q.SkipDNS {
		look := m.lookDNS(ctx, q.Domain, q.Expected)
		m.addMail(ctx, &look, nil, q.Expected)
		nameTargets(&look)
		if !q.SkipRegistration {
			m.askTargets(ctx, &look)
		}
		result.Delegation = &look
	}
	now := m.o.Now()
	result.At = now
	if !q.SkipRegistration {
		known, _ := Merge(Known{}, result.Looks, MergeContext{Domain: &domain, Days: days, Now: now})
		reg, result.Statements = &known.Registration, known.Statements
		domain = noteLook(domain, asked{looks: result.Looks}, now)
	}
	result.Registration = reg
	result.Judgement = JudgeLifecycle(&domain, reg, models.EffectiveExpiry(&domain, reg), days, now)
	result.Records = seenRecords(q.Expected, result.Delegation, now)
	result.Verdicts = m.checkVerdicts(domain, result)
	return result
}

func (m *Monitor) checkRegistration(ctx context.Context, domain, server string) []models.Look {
	if server == ServerUnsupported {
		return m.unsupported(domain).looks
	}
	if !m.paced(ctx, server, false) {
		return []models.Look{{
			Kind: models.LookRDAP, Domain: domain, Server: server, Outcome: models.OutcomeTimeout, At: m.o.Now(),
			Detail: "There was no time left to ask " + server + " at its pace. Ask for fewer names at once.",
		}}
	}
	return m.ask(ctx, &models.Watched{Domain: models.Domain{Name: domain}}, server, beside{}).looks
}

// seenRecords gives the expected records with the states that were seen just now.
func seenRecords(expected []models.ExpectedRecord, look *models.DelegationLook, now time.Time) []models.ExpectedRecord {
	records := make([]models.ExpectedRecord, len(expected))
	for i, r := range expected {
		r.State = models.RecordUnknown
		if look != nil && i < len(look.Records) {
			seen := look.Records[i]
			r.State, r.Detail, r.Seen, r.LookedAt = seen.State, seen.Detail, seen.Seen, new(now)
		}
		records[i] = r
	}
	return records
}

func (m *Monitor) checkVerdicts(domain models.Domain, result CheckResult) []models.Verdict {
	s := &Situation{
		Domain: domain, Registration: result.Registration, Statements: result.Statements, Judgement: result.Judgement,
		Records: result.Records, DNS: result.Delegation, Standalone: true, Released: m.o.Released, Now: result.At, Loc: m.o.Loc,
	}
	var all []models.Verdict
	if result.Registration != nil {
		all = RegistrationVerdicts(s)
	}
	if result.Delegation != nil {
		all = append(all, DNSVerdicts(s)...)
	}
	return all
}
