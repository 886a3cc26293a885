package notify

import "github.com/krestmarketing/deedwatch/models"

// undated is owed while the registry takes a name away of which no date is known: the ladder has no day to go by, and that it lapsed is a fact
// all the same.
func (p *planning) undated(stage models.Stage, reason string) aside {
	d := &p.owed.Domain
	a := aside{stage: stage, reason: reason, over: ReasonLapseOver, due: p.now, deputy: true}
	switch {
	case d.ExpiresAt != nil:
		a.over = ReasonDateStated
	case !lapsed(d) || d.LifecycleSince == nil || p.lettingGo():
	default:
		steps := p.policy.lateSteps(d, p.now)
		if i := current(steps, p.now); i >= 0 && steps[i].stage != stage {
			a.over = ReasonTighter
		} else if i >= 0 && !steps[i].off {
			a.owed, a.episode = true, dayText(p.policy.Office.Day(*d.LifecycleSince))
		}
	}
	return a
}

// lapsed reports whether a registry is taking a name away.
func lapsed(d *models.Domain) bool {
	return d.Lifecycle == models.LifecycleRedemption || d.Lifecycle == models.LifecyclePendingDelete
}

// ofThisLapse reports whether a notice told of the lapse as it stands, with a date or without one.
func (p *planning) ofThisLapse(n *models.Notice) bool {
	d := &p.owed.Domain
	return (n.Stage == models.StageRedemption || n.Stage == models.StagePendingDelete) && n.SentAt != nil && d.LifecycleSince != nil && !n.SentAt.Before(*d.LifecycleSince)
}
