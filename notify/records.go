package notify

import (
	"strings"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

// records is owed while expected records are confirmed to be broken and nothing bigger explains it; again after some days while they stay so.
func (p *planning) records() aside {
	a := aside{stage: models.StageRecords, reason: ReasonRecordsBroken, over: ReasonRepaired, within: recordsWithin * 24 * time.Hour, tech: true}
	day := p.brokenOn()
	switch {
	case !p.policy.Records:
		a.over = ReasonNotInUse
	case day == "" || p.lettingGo():
	case explains(p.owed.Domain.Lifecycle):
		a.over = ReasonExplained
	default:
		a.owed = true
		a.episode, a.due = p.recordsEpisode(day)
	}
	return a
}

// brokenOn gives the occasion on which the client must be told of broken records: the day on which the newest was found so of which nothing was
// said yet, or the occasion of the last notice when there is none; empty: no record is broken.
func (p *planning) brokenOn() string {
	last := p.lastRecords()
	broken := false
	var newest *time.Time
	for i := range p.owed.Findings {
		f := &p.owed.Findings[i]
		if !strings.HasPrefix(f.Code, models.RecordFindingPrefix) {
			continue
		}
		broken = true
		if p.news(f, last) && (newest == nil || f.OpenedAt.After(*newest)) {
			newest = &f.OpenedAt
		}
	}
	switch {
	case newest != nil:
		return dayText(p.policy.Office.Day(*newest))
	case broken:
		day, _, _ := strings.Cut(last.Episode, "/")
		return day
	}
	return ""
}

// lastRecords gives the notice on records that was sent latest, nil when none was.
func (p *planning) lastRecords() *models.Notice {
	var last *models.Notice
	for i := range p.owed.Notices {
		n := &p.owed.Notices[i]
		if n.Stage == models.StageRecords && n.SentAt != nil && p.besides(n) && (last == nil || n.SentAt.After(*last.SentAt)) {
			last = n
		}
	}
	return last
}

// news reports whether the last notice on records says nothing of one: it broke since, or got worse. One that was broken before, and only comes
// and goes, is news when that notice is as old as those that repeat themselves.
func (p *planning) news(f *models.Finding, last *models.Notice) bool {
	if last == nil {
		return true
	}
	since := func(t time.Time) bool { return t.After(*last.SentAt) }
	if since(f.FirstSeen) || f.WorsenedAt != nil && since(*f.WorsenedAt) {
		return true
	}
	quiet := max(p.policy.RecordsAgain, recordsPause)
	return since(f.OpenedAt) && !p.now.Before(p.morningOn(p.policy.Office.Day(*last.SentAt).AddDate(0, 0, quiet)))
}

// explains reports whether a lifecycle is the reason for what is broken in the DNS.
func explains(l models.Lifecycle) bool {
	switch l {
	case models.LifecycleExpired, models.LifecycleRedemption, models.LifecyclePendingDelete, models.LifecycleReleased, models.LifecycleOnHold:
		return true
	case models.LifecycleUnknown, models.LifecycleRegistered, models.LifecycleExpiring:
	}
	return false
}

// recordsEpisode gives the episode that is current for what was found on a day, and when its notice is due: the first, or the next one when the
// one before was sent long enough ago.
func (p *planning) recordsEpisode(day string) (episode string, due time.Time) {
	sent := map[string]time.Time{}
	due = p.nextMorning()
	for i := range p.owed.Notices {
		n := &p.owed.Notices[i]
		if n.Stage != models.StageRecords || n.SentAt == nil || !p.besides(n) {
			continue
		}
		sent[n.Episode] = later(sent[n.Episode], *n.SentAt)
		due = later(due, p.morningOn(p.policy.Office.Day(*n.SentAt).AddDate(0, 0, recordsPause)))
	}
	for k := 1; ; k++ {
		episode = again(day, k)
		at, ok := sent[episode]
		if !ok || p.policy.RecordsAgain == 0 || p.now.Before(p.morningOn(p.policy.Office.Day(at).AddDate(0, 0, p.policy.RecordsAgain))) {
			return episode, due
		}
	}
}
