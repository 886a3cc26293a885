package notify

import (
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

// lapseLasts is how long a registry takes over a lapse, from redemption to release, with some days: what was said in that time was said of it.
const lapseLasts = 60 * 24 * time.Hour

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
			a.owed, a.episode = true, p.lapseEpisode(stage)
		}
	}
	return a
}

// lapseEpisode names the lapse as it stands: by the notice of the stage that is of it, or else by the day on which its state was first seen. A
// stage may be due before its state is, and a state is seen anew when looks failed in between.
func (p *planning) lapseEpisode(stage models.Stage) string {
	since := *p.owed.Domain.LifecycleSince
	for i := range p.owed.Notices {
		if n := &p.owed.Notices[i]; n.Stage == stage && p.besides(n) && n.DueAt.After(since.Add(-lapseLasts)) {
			return n.Episode
		}
	}
	return dayText(p.policy.Office.Day(since))
}

// lapsed reports whether a registry is taking a name away.
func lapsed(d *models.Domain) bool {
	return d.Lifecycle == models.LifecycleRedemption || d.Lifecycle == models.LifecyclePendingDelete
}

// ofThisLapse reports whether a notice told of the lapse as it stands, with a date or without one.
func (p *planning) ofThisLapse(n *models.Notice) bool {
	d := &p.owed.Domain
	return (n.Stage == models.StageRedemption || n.Stage == models.StagePendingDelete) && lapsed(d) && n.SentAt != nil && d.LifecycleSince != nil &&
		n.SentAt.After(d.LifecycleSince.Add(-lapseLasts))
}
