package monitor

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

// assessment is what a judgement comes to, with what it sets off.
type assessment struct {
	record    models.RegistrationRecord
	judgement Judgement
	lookDNS   bool // the name servers, or the cause of what is broken, changed: look at the DNS at once
}

// assess merges what was asked into a watched domain, judges it and reconciles: a pure function of its arguments. Without looks only time
// has passed.
func (m *Monitor) assess(w models.Watched, a asked, now time.Time, roll float64) assessment {
	d, days := w.Domain, m.o.Lifecycle(w.Domain.Name)
	prev := Known{Registration: models.Registration{DomainID: d.ID}, Statements: w.Statements}
	if w.Registration != nil {
		prev.Registration = *w.Registration
	}
	known, changes := Merge(prev, a.looks, MergeContext{Domain: &d, Answer: w.Answer, Days: days, Now: now})
	reg := known.Registration
	expiry := models.EffectiveExpiry(&d, &reg)
	j := JudgeLifecycle(&d, &reg, expiry, days, now)
	step := DecideCycle(w.Cycle, w.Restated, d.ID, expiry, j.Lifecycle, now)
	changes = append(changes, judgedChanges(&d, j, &reg, a, now)...)

	next := noteLook(d, a, now)
	if d.Lifecycle != j.Lifecycle || d.LifecycleSince == nil {
		next.LifecycleSince = new(now)
	}
	next = noteJudgement(next, j, &reg, now)
	if endsRest(d.Lifecycle, j.Lifecycle, step, w.Cycle) {
		next.QuietUntil, next.QuietReason = nil, ""
	}
	next.NextLookAt = m.nextLook(next, a, j, &reg, now, roll)

	s := &Situation{
		Domain: next, Contacts: w.Contacts, Registration: &reg, Statements: known.Statements, Judgement: j, Changes: changes,
		Stored: w.Findings, Records: w.Records, Delegation: w.Delegation, Now: now, Loc: m.o.Loc,
	}
	found := forDomain(d.ID, Reconcile(w.Findings, RegistrationVerdicts(s), judgedAfter(step, RegistrationJudged(s)), now))
	if slices.ContainsFunc(a.looks, func(l models.Look) bool { return l.Outcome.Answered() }) {
		restOnNow(found, w.Findings)
	}
	rec := models.RegistrationRecord{
		Domain: next, Changes: changes, Findings: found,
		CloseCycle: step.Close, OpenCycle: step.Open, MoveCycle: step.Move,
	}
	if len(a.looks) > 0 || reg.RenewalOf != prev.Registration.RenewalOf || len(changes) > 0 {
		rec.Registration, rec.Statements = &reg, known.Statements
	}
	for _, l := range a.looks {
		rec.Observations = append(rec.Observations, Evidence(l, d.ID, m.o.Worker))
	}
	if step.Close != nil {
		rec.Ledger = append(rec.Ledger, closedEntry(w, step, now))
	}
	return assessment{record: rec, judgement: j, lookDNS: setsOffDNS(changes)}
}

// judgedChanges lists what the judgement turned to another value: the lifecycle and the date that counts. Before the first answer there was
// nothing to change.
func judgedChanges(d *models.Domain, j Judgement, reg *models.Registration, a asked, now time.Time) []models.Change {
	if d.SeenAt == nil {
		return nil
	}
	var out []models.Change
	source := a.shows(reg, j.Why)
	if d.Lifecycle != j.Lifecycle {
		out = append(out, models.Change{
			DomainID: d.ID, At: now, Field: models.FactLifecycle, Before: string(d.Lifecycle), After: string(j.Lifecycle), Source: source,
		})
	}
	if before, after := stamp(d.ExpiresAt), stamp(j.Expiry.At); before != after && before != "" {
		c := models.Change{DomainID: d.ID, At: now, Field: models.FactEffectiveExpiry, Before: before, After: after}
		switch j.Expiry.Source {
		case models.ExpiryRegistrar:
			c.Source = statedBy(reg, models.FactRegistrarExpiry)
		case models.ExpiryRegistry, models.ExpiryNone:
			c.Source = source
		case models.ExpiryAttested:
		}
		out = append(out, c)
	}
	return out
}

// shows names the source whose look shows why a lifecycle was judged now; empty: it follows from the time, or from what a person said.
func (a *asked) shows(reg *models.Registration, why models.LifecycleReason) models.LookKind {
	absence := why == models.WhyAbsentConfirmed || why == models.WhyAbsentOnce
	for i := range a.looks {
		l := &a.looks[i]
		if absence && saysAbsent(l) || !absence && positive(l) && l.Kind == reg.FactsSource {
			return l.Kind
		}
	}
	return ""
}

// ofOneCycle are the findings on the notices of one cycle. Nothing states them anew, and with the cycle they end.
var ofOneCycle = []string{models.CodeMailUndeliverable, models.CodeWrongPerson}

// judgedAfter also calls the findings of a cycle judged when the cycle closes.
func judgedAfter(step CycleStep, judged func(code string) bool) func(code string) bool {
	return func(code string) bool { return judged(code) || step.Close != nil && slices.Contains(ofOneCycle, code) }
}

// noteLook takes how the look ended into the domain.
func noteLook(d models.Domain, a asked, now time.Time) models.Domain {
	first := a.main()
	if first == nil {
		return d
	}
	d.CheckedAt, d.LookOutcome = new(now), first.Outcome
	d.LookFailures++
	for i := range a.looks {
		l := &a.looks[i]
		if l.Kind == models.LookRegistrarRDAP || l.Kind == models.LookDNS || !l.Outcome.Answered() {
			continue
		}
		d.SeenAt, d.LookSource, d.LookFailures = new(now), l.Kind, 0
		if l.Outcome == models.OutcomeOK {
			d.LookOutcome = l.Outcome
		}
	}
	return d
}

// noteJudgement takes the verdict into the domain.
func noteJudgement(d models.Domain, j Judgement, reg *models.Registration, now time.Time) models.Domain {
	d.Lifecycle, d.LifecycleWhy = j.Lifecycle, j.Why
	d.ExpiresAt, d.ExpirySource, d.ExpiryAsOf, d.Unconfirmed = j.Expiry.At, j.Expiry.Source, j.Expiry.AsOf, j.Expiry.Unconfirmed
	d.LastSafeDay, d.RecoverUntil, d.NextJudgeAt = j.LastSafeDay, j.RecoverUntil, j.NextJudgeAt
	d.Registrar = reg.Registrar
	d.UpdatedAt = now
	return d
}

func (m *Monitor) nextLook(d models.Domain, a asked, j Judgement, reg *models.Registration, now time.Time, roll float64) time.Time {
	first := a.main()
	if first == nil {
		return d.NextLookAt // time alone: the look stays planned
	}
	p := LookPlan{
		Judgement: j, Failures: d.LookFailures, RetryAfter: first.RetryAfter, AbsentOnce: absenceOpen(reg, now),
		Unsupported: first.Outcome == models.OutcomeUnsupported, PerDay: m.o.Limit(d.RegistryServer).Rate() * day.Seconds(),
	}
	if a.server != nil {
		p.BlockedUntil = a.server.BlockedUntil
	}
	next, _ := NextLook(p, now, roll)
	return next
}

// worse orders lifecycles by how bad they are for the owner. Coming nearer to expiry is not among them: reminders rest through that.
var worse = []models.Lifecycle{
	models.LifecycleOnHold, models.LifecycleExpired, models.LifecycleRedemption, models.LifecyclePendingDelete, models.LifecycleReleased,
}

// endsRest reports whether reminders that rest because of an answer must begin again: the facts worsened, or the date moved by a day or
// more.
func endsRest(before, after models.Lifecycle, step CycleStep, open *models.Cycle) bool {
	switch {
	case slices.Index(worse, after) > slices.Index(worse, before):
		return true
	case step.Close != nil:
		return true
	}
	return step.Move != nil && open != nil && step.Move.ExpiresAt.Sub(open.ExpiresAt).Abs() >= day
}

// setsOffDNS reports whether a change calls for a DNS look at once.
func setsOffDNS(changes []models.Change) bool {
	return slices.ContainsFunc(changes, func(c models.Change) bool {
		if c.Field == models.FactLifecycle {
			return slices.Contains(worse, models.Lifecycle(c.Before)) != slices.Contains(worse, models.Lifecycle(c.After))
		}
		return c.Field == models.FactNameservers || c.Field == models.FactDS
	})
}

// restOnNow takes the old evidence from findings that say something else than before: they rest on the looks of now.
func restOnNow(found []models.FindingChange, stored []models.Finding) {
	for i := range found {
		f := &found[i].Finding
		at := slices.IndexFunc(stored, func(o models.Finding) bool { return o.ID == f.ID })
		if f.State == models.FindingOpen && at >= 0 && (found[i].Kind != models.FindingSeen || stored[at].Detail != f.Detail) {
			f.ObservationID = nil
		}
	}
}

func forDomain(id int64, changes []models.FindingChange) []models.FindingChange {
	for i := range changes {
		changes[i].Finding.DomainID = id
	}
	return changes
}

// closedEntry is the ledger's line on a cycle that ended.
func closedEntry(w models.Watched, step CycleStep, now time.Time) models.Entry {
	body := map[string]any{
		"domain": w.Domain.Name, "cycle": step.Close.ID, "reason": step.Close.Reason, "expired_at": w.Cycle.ExpiresAt.UTC().Format(time.RFC3339),
	}
	if step.Open != nil {
		body["next_expiry"] = step.Open.ExpiresAt.UTC().Format(time.RFC3339)
	}
	text, err := json.Marshal(body) // keys are sorted: the form is canonical
	if err != nil {
		text = []byte("{}") // strings and a number always marshal
	}
	client, domain := w.Client.ID, w.Domain.ID
	return models.Entry{At: now, Kind: "cycle_closed", ClientID: &client, DomainID: &domain, Actor: "system", Body: string(text)}
}
