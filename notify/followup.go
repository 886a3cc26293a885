package notify

import (
	"strings"

	"github.com/krestmarketing/deedwatch/models"
)

// followUp gives ops a task when the latest notice was sent and nobody answered it in the time that people are given, and closes such
// tasks once somebody did. Of several, only the one for the latest notice stays open.
func (p *planning) followUp(quiet bool) {
	sent := p.lastSent()
	if sent == nil {
		return
	}
	if a := p.owed.Answer; quiet || a != nil && !a.At.Before(*sent.SentAt) {
		p.endUnsent(models.NoticeCancelled, ReasonAnswered, isFollowUp)
		return
	}
	due := p.policy.Office.Deadline(*sent.SentAt, p.policy.FollowUpAfter)
	if due.After(p.now) {
		return
	}
	stage := sent.Stage.FollowUp()
	p.endUnsent(models.NoticeSuperseded, ReasonNewer, func(n *models.Notice) bool { return isFollowUp(n) && n.Stage != stage })
	if p.find(stage, models.ChannelTask, OpsRecipient) == nil {
		p.add(step{stage: stage, due: due}, models.ChannelTask, OpsRecipient, sent.ContactID, models.NoticeQueued, ReasonNoAnswer, due)
	}
}

// lastSent gives the notice that was sent latest, nil when none was. Of those sent in one message it is the tightest.
func (p *planning) lastSent() *models.Notice {
	var last *models.Notice
	for i := range p.owed.Notices {
		n := &p.owed.Notices[i]
		if n.State != models.NoticeSent || n.SentAt == nil || n.Channel != models.ChannelEmail {
			continue
		}
		if last == nil || n.SentAt.After(*last.SentAt) {
			last = n
		}
	}
	return last
}

func isFollowUp(n *models.Notice) bool {
	return n.Channel == models.ChannelTask && strings.HasPrefix(string(n.Stage), models.FollowUpPrefix)
}
