package notify

import (
	"slices"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

// restatedBy is by how much a date must move out beyond the one that a notice named for the notice not to count for it any more: about as much
// as lies between two stages of the ladder. What moves less is the same date to whoever was told of it.
const restatedBy = 7 * 24 * time.Hour

// counts reports whether a notice of the cycle speaks of the date as it is, or still may. Who was told of a date has been told of any earlier
// one, and of one a few days later.
func (p *planning) counts(n *models.Notice) bool {
	return !spoke(n) || p.owed.Domain.ExpiresAt.Sub(n.ExpiresAt) <= restatedBy
}

// spoke reports whether a notice has said what it had to say, about the date that it named.
func spoke(n *models.Notice) bool {
	switch n.State {
	case models.NoticeSent, models.NoticeBounced, models.NoticeDone:
		return true
	case models.NoticeQueued, models.NoticeHeld, models.NoticeMailed, models.NoticeBlocked, models.NoticeSuperseded, models.NoticeCancelled, models.NoticeFailed:
	}
	return false
}

// episodeOf names the date of which a stage of the open cycle is owed: it is empty for the first that was told of, and the day for one to which
// the date was restated after the stage had been sent. What the lifecycle brings does not go by the date.
func (p *planning) episodeOf(s models.Stage) string {
	if rank, ladder := p.policy.rankOf(s); !ladder || rank >= rankRedemption {
		return ""
	}
	var said []string // the episodes that spoke of another date
	for i := range p.owed.Notices {
		n := &p.owed.Notices[i]
		if n.Stage != s || !p.ofCycle(n) || !spoke(n) {
			continue
		}
		if p.counts(n) {
			return n.Episode
		}
		said = append(said, n.Episode)
	}
	if !slices.Contains(said, "") {
		return ""
	}
	for i := range p.owed.Notices { // one that waits is as good for the date as it is
		if n := &p.owed.Notices[i]; n.Stage == s && p.ofCycle(n) && !slices.Contains(said, n.Episode) {
			return n.Episode
		}
	}
	day := dayText(ExpiryDay(*p.owed.Domain.ExpiresAt, p.policy.Office.Location()))
	for k := 1; ; k++ {
		if e := again(day, k); !slices.Contains(said, e) {
			return e
		}
	}
}
