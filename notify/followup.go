package notify

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

// followUp gives ops a task when the latest notice was sent and nobody answered it in the time that people are given, and closes such
// tasks once somebody did. Of several, only the one for the latest notice stays open.
func (p *planning) followUp(quiet bool) {
	sent := p.lastSent()
	if sent == nil {
		return
	}
	ours := func(n *models.Notice) bool { return isFollowUp(n) && p.ofCycle(n) }
	if a := p.owed.Answer; quiet || a != nil && !a.At.Before(*sent.SentAt) {
		p.endUnsent(models.NoticeCancelled, ReasonAnswered, ours)
		return
	}
	due := p.policy.Office.Deadline(*sent.SentAt, p.policy.FollowUpAfter)
	if due.After(p.now) {
		return
	}
	o := p.onCycle("", due).on(sent.Stage.FollowUp())
	p.endUnsent(models.NoticeSuperseded, ReasonNewer, func(n *models.Notice) bool { return ours(n) && n.Stage != o.stage })
	p.task(o, sent.ContactID, ReasonNoAnswer) // again, when the answer that closed it was taken back
}

// lastSent gives the notice of the ladder that was sent latest, nil when none was. Of those sent in one message it is the tightest.
func (p *planning) lastSent() *models.Notice {
	var last *models.Notice
	for i := range p.owed.Notices {
		n := &p.owed.Notices[i]
		if n.State != models.NoticeSent || n.SentAt == nil || n.Channel != models.ChannelEmail || !p.onLadder(n) {
			continue
		}
		if last == nil || n.SentAt.After(*last.SentAt) {
			last = n
		}
	}
	return last
}

// lettingGoTask gives ops the task of moving what depends on a name that the client lets go, and closes it when the client thinks again.
func (p *planning) lettingGoTask() {
	o := p.onCycle("", p.now).on(models.StageLettingGo)
	if a := p.owed.Answer; a != nil && a.Kind == models.AnswerLettingGo && a.Withdrawn == nil {
		o.due = a.At
		p.task(o, &a.ContactID, ReasonLettingGo)
		return
	}
	p.endTask(o, ReasonAnswered)
}

// optedOutTasks give ops the task of calling a contact who asked not to be written to: the duty has moved to the next one. There is one for
// the client, whichever domain comes first.
func (p *planning) optedOutTasks() {
	for i := range p.owed.Contacts {
		c := &p.owed.Contacts[i]
		if c.OptedOutAt == nil || c.ErasedAt != nil {
			continue
		}
		o := occasion{
			stage: models.StageOptedOut, channel: models.ChannelTask, due: *c.OptedOutAt, until: *c.OptedOutAt,
			episode: strconv.FormatInt(c.ID, 10) + " " + dayText(p.policy.Office.Day(*c.OptedOutAt)),
		}
		if p.find(o, OpsRecipient) == nil {
			p.add(o, OpsRecipient, &c.ID, models.NoticeQueued, ReasonOptedOut, o.due)
		}
	}
}

func isFollowUp(n *models.Notice) bool {
	return n.Channel == models.ChannelTask && strings.HasPrefix(string(n.Stage), models.FollowUpPrefix)
}

// dayText writes a calendar day as an episode is named by it.
func dayText(day time.Time) string { return day.Format(time.DateOnly) }

// again names a later episode of the same occasion: the second, the third …
func again(episode string, n int) string {
	if n <= 1 {
		return episode
	}
	return fmt.Sprintf("%s/%d", episode, n)
}
