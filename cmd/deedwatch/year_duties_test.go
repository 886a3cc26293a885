package main

import (
	"slices"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

// yearDuty is what is owed about a name beside the day stages: from an instant on, for as long as what is true stays so.
type yearDuty struct {
	stage  models.Stage
	what   string    // tells one occasion from the next
	from   time.Time // when a system that could work knew
	desk   bool      // goes out on business days only
	served func(*yearSend, *yearItem) bool
}

// yearWindow is a duty to one contact, that is held against what was sent once.
type yearWindow struct {
	domain  *yearDomain
	contact *yearContact
	stage   models.Stage
	what    string
}

// checkBeside looks at what is owed now beside the day stages, and was not served although the system could work for long enough.
func (y *year) checkBeside() {
	for _, d := range y.domains {
		if !d.archived.IsZero() || d.firstAt.IsZero() {
			continue
		}
		t := d.at(y.now)
		switch {
		case !t.exists:
		case t.lapsing():
			y.checkLate(d, t)
		default:
			y.checkStatus(d, t)
			if d.noDate && (t.due == nil || d.statedAt.AddDate(1, 0, 0).Before(y.now)) && !t.held() {
				y.checkAttest(d, t)
			}
			y.checkRecords(d, t)
		}
		for _, r := range d.renewals {
			y.checkRenewal(d, t, r)
		}
		for _, r := range d.returned {
			y.checkReturned(d, t, r)
		}
	}
}

func (t *yearTruth) lapsing() bool {
	return slices.Contains(t.statuses, "redemptionPeriod") || slices.Contains(t.statuses, "pendingDelete")
}

func (t *yearTruth) held() bool { return slices.Contains(t.statuses, "clientHold") }

func (t *yearTruth) moving() bool { return slices.Contains(t.statuses, "pendingTransfer") }

// passed reports whether the date that counts has passed; midnight UTC is a day, which counts to its end.
func (t *yearTruth) passed(now time.Time) bool {
	if t.due == nil {
		return false
	}
	passes := *t.due
	if passes.Equal(passes.UTC().Truncate(yearDay)) {
		passes = passes.Add(yearDay)
	}
	return !now.Before(passes)
}

// known is when a look showed what is true, and some days after it became so at the latest: names far from their date are looked at weekly,
// and so are those of which the client says that they are renewed, unless the registry says that this can be taken back.
func (d *yearDomain) known(t *yearTruth) time.Time {
	if d.seen.from.Equal(t.from) {
		return d.knownAt
	}
	far := d.seen.due != nil && d.seen.due.Sub(t.from) > 55*yearDay // as far as looks knew
	if far || t.due == nil || t.due.Sub(t.from) > 55*yearDay || d.said(models.AnswerRenewed, t.cycle) && !slices.Contains(d.seen.statuses, "autoRenewPeriod") {
		return t.from.Add(10 * yearDay)
	}
	return t.from.Add(3 * yearDay)
}

// owes holds one duty against what was sent to those whom it concerns.
func (y *year) owes(d *yearDomain, duty yearDuty, to []*yearContact) {
	since := y.able(d.client, d, duty.from)
	for _, c := range to {
		w := yearWindow{d, c, duty.stage, duty.what}
		if y.settled[w] {
			continue
		}
		if slices.ContainsFunc(d.sends, func(s *yearSend) bool {
			return s.contact == c && !s.bounced && slices.ContainsFunc(s.items, func(it yearItem) bool { return it.domain == d && duty.served(s, &it) })
		}) {
			y.settled[w] = true
			y.served[duty.stage]++
			continue
		}
		open := y.uncapped(c.email, since)
		end := open.Add(50 * time.Hour)
		if duty.desk {
			end = open.Add(y.patience(0, open))
			if next, left := y.leftBehind(d, c, open, end); left {
				end = next.Add(y.patience(0, next))
			}
		}
		if end.After(y.now) {
			continue
		}
		y.settled[w] = true
		y.fail(d, "%s (%s) was owed to %s since %s, the system could work from %s on, and nothing came", duty.stage, duty.what, c.email,
			duty.from.In(y.zone).Format(time.DateTime), open.In(y.zone).Format(time.DateTime))
	}
}

// leftBehind is the end of the first day between two instants on which the message to a contact went without a name that no look had shown
// lately: what waits for the look is in the next day's.
func (y *year) leftBehind(d *yearDomain, c *yearContact, from, until time.Time) (end time.Time, left bool) {
	for _, s := range y.mailed[c.email] {
		if s.contact == c && !s.at.Before(from) && s.at.Before(until) && slices.Contains(s.without, d) {
			day := models.DayOf(s.wall, y.zone)
			return time.Date(day.Year(), day.Month(), day.Day()+1, 0, 0, 0, 0, y.zone), true
		}
	}
	return time.Time{}, false
}

// uncapped is from when on, at the earliest, an address has had less than its messages a day.
func (y *year) uncapped(address string, since time.Time) time.Time {
	days := map[time.Time]int{}
	for _, s := range y.mailed[address] {
		if !s.at.Before(since.Add(-yearDay)) {
			day := models.DayOf(s.wall, y.zone)
			if days[day]++; days[day] >= y.policy.DailyCap {
				if end := time.Date(day.Year(), day.Month(), day.Day()+1, 0, 0, 0, 0, y.zone); end.After(since) {
					since = end
				}
			}
		}
	}
	return since
}

// checkStatus: a hold and a transfer are told at once.
func (y *year) checkStatus(d *yearDomain, t *yearTruth) {
	stage := models.StageHold
	switch {
	case t.held() && !t.passed(y.now) && !d.said(models.AnswerLettingGo, t.cycle):
	case t.moving():
		stage = models.StageTransfer
	default:
		return
	}
	y.owes(d, yearDuty{stage: stage, what: t.what, from: d.known(t), served: func(s *yearSend, it *yearItem) bool {
		return it.stage == stage && s.at.After(t.from)
	}}, y.recipients(d, t, true))
}

// said reports whether anybody gave an answer in a cycle.
func (d *yearDomain) said(kind models.AnswerKind, cycle int) bool {
	return slices.ContainsFunc(d.answers, func(a yearAnswer) bool { return a.kind == kind && a.cycle == cycle })
}

// checkAttest: who has a name without a date is asked for it, once a year, and when a date that was stated has passed.
func (y *year) checkAttest(d *yearDomain, t *yearTruth) {
	if d.said(models.AnswerLettingGo, t.cycle) {
		return
	}
	from, what := d.known(t), "no date"
	if t.due != nil {
		from, what = d.statedAt.AddDate(1, 0, 0), "stated a year ago"
	}
	asked := d.statedAt
	if t.due == nil && asked.Before(t.from) {
		asked = t.from
	}
	if year := y.now.AddDate(-1, 0, 0); asked.Before(year) {
		asked = year
	}
	y.owes(d, yearDuty{stage: models.StageAttest, what: what + " " + t.from.Format(time.DateOnly), from: from, desk: true, served: func(s *yearSend, it *yearItem) bool {
		return it.stage == models.StageAttest && !s.at.Before(asked)
	}}, y.recipients(d, t, false))
}

// checkLate: redemption is told when it begins, and its end five days ahead where that is in use.
func (y *year) checkLate(d *yearDomain, t *yearTruth) {
	stage, what := models.StageRedemption, "redemption"
	from := d.known(t)
	begun := d.redemptionKnown(t)
	end := yearDayOf(begun.AddDate(0, 0, 30), y.zone).AddDate(0, 0, -5)
	last := time.Date(end.Year(), end.Month(), end.Day()+1, 9, 0, 0, 0, y.zone)
	if saved := slices.Contains(t.statuses, "redemptionPeriod"); !saved || y.now.After(last) && d.client.uses(models.StagePendingDelete) {
		stage, what = models.StagePendingDelete, "the end of redemption"
		if saved && from.Before(last) {
			from = last
		}
	}
	if !d.client.uses(stage) {
		return
	}
	rank := yearRank(stage)
	y.owes(d, yearDuty{stage: stage, what: what, from: from, served: func(_ *yearSend, it *yearItem) bool {
		return yearRank(it.stage) >= rank && it.cycle == t.cycle
	}}, y.recipients(d, t, true))
}

// redemptionKnown is when a look showed the redemption that a name is in, or went through.
func (d *yearDomain) redemptionKnown(t *yearTruth) time.Time {
	if !d.redeemedAt.IsZero() {
		return d.redeemedAt
	}
	return d.known(t)
}

// yearRenewal is a renewal that a look has shown.
type yearRenewal struct {
	cycle int        // the one that it ended
	due   *time.Time // its date at the end
	at    time.Time
	truth yearTruth
}

// checkRenewal: who was told in the cycle is thanked, or told that the last message was wrong.
func (y *year) checkRenewal(d *yearDomain, t *yearTruth, r *yearRenewal) {
	if y.now.After(r.at.Add(12*yearDay)) || !d.seen.from.Equal(r.truth.from) || !t.from.Equal(r.truth.from) {
		return
	}
	for _, c := range d.client.contacts {
		if c.off {
			continue
		}
		var last, wrong *yearSend
		for _, s := range d.sends {
			if s.contact != c || !s.heard || s.returned || !s.tells(d, r) {
				continue
			}
			last = s
			if s.unsure(d) {
				continue // that nobody knew was so
			}
			if after := s.wall.Sub(r.truth.changed); s.at.After(r.truth.from) && after > 2*time.Hour && after < 46*time.Hour {
				wrong = s
			}
		}
		switch {
		case wrong != nil:
			y.owes(d, yearDuty{stage: models.StageRetraction, what: r.truth.what, from: r.at, served: func(s *yearSend, it *yearItem) bool {
				return it.stage == models.StageRetraction && s.at.After(wrong.at)
			}}, []*yearContact{c})
		case last != nil:
			y.owes(d, yearDuty{stage: models.StageRenewed, what: r.truth.what, from: r.at, desk: true, served: func(s *yearSend, it *yearItem) bool {
				return (it.stage == models.StageRenewed || it.stage == models.StageRetraction) && s.at.After(last.at)
			}}, []*yearContact{c})
		}
	}
}

// tells reports whether a message carries a stage of the ladder of the cycle that a renewal ended. A date that was restated by more than a week
// had begun another one.
func (s *yearSend) tells(d *yearDomain, r *yearRenewal) bool {
	return slices.ContainsFunc(s.items, func(it yearItem) bool {
		return it.domain == d && it.cycle == r.cycle && yearRank(it.stage) > 0 && !it.restated(r.due)
	})
}

// unsure reports whether a message says of a name that the registry shows a renewal which nobody confirmed.
func (s *yearSend) unsure(d *yearDomain) bool {
	return slices.ContainsFunc(s.items, func(it yearItem) bool { return it.domain == d && it.unsure && yearRank(it.stage) > 0 })
}

// yearReturn is a stage of the ladder that came back from a contact for a reason that is not the address.
type yearReturn struct {
	at   time.Time
	item yearItem
	from *yearContact
}

// checkReturned: what came back for a reason that is not the address goes to the next contact.
func (y *year) checkReturned(d *yearDomain, t *yearTruth, r yearReturn) {
	rank := yearRank(r.item.stage)
	if rank == 0 || rank > len(yearLadder) || t.cycle != r.item.cycle || t.due == nil || r.item.due == nil || !t.due.Equal(*r.item.due) || t.lapsing() {
		return
	}
	if rank < len(yearLadder) && !y.now.Before(y.dueOf(*t.due, yearLadder[rank].days)) {
		return // the next stage is due
	}
	for _, c := range y.inOrder(d, t) {
		if c == r.from || slices.ContainsFunc(d.returned, func(o yearReturn) bool {
			return o.from == c && o.item.stage == r.item.stage && o.item.cycle == r.item.cycle
		}) {
			continue
		}
		y.owes(d, yearDuty{stage: r.item.stage, what: "returned by " + r.from.email, from: r.at, desk: yearLadder[rank-1].days > 3, served: func(s *yearSend, it *yearItem) bool {
			return it.cycle == t.cycle && yearRank(it.stage) >= rank
		}}, []*yearContact{c})
		return
	}
}
