package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

// judgeSend holds a message that the mail server takes against the rules.
func (y *year) judgeSend(s *yearSend, text string) {
	y.count.sends++
	if len(s.items) == 0 {
		y.fail(nil, "mail %d to %s carries nothing", s.mailID, s.address)
	}
	y.judgeDay(s)
	flat := strings.Join(strings.Fields(text), " ")
	for i := range s.items {
		it := &s.items[i]
		y.judgeOnce(s, it)
		d := it.domain
		if c := s.contact; c == nil || c.off || c.client.heldAt != nil || d != nil && c.client != d.client {
			y.fail(d, "%s goes to %s, who must not be written to", it.stage, s.address)
		}
		if d == nil {
			continue
		}
		y.note(d, "%s %s (cycle %d) to %s is taken, mail %d", it.stage, it.episode, it.cycleID, s.address, s.mailID)
		if !strings.Contains(text, d.name) {
			y.fail(d, "mail %d does not name it", s.mailID)
		}
		if !d.archived.IsZero() && it.stage != models.StageRetraction {
			y.fail(d, "%s goes to %s though it is archived", it.stage, s.address)
		}
		closing := it.stage == models.StageRenewed || it.stage == models.StageRetraction
		if wrong, doubtful := d.wrong(s.contact, it.cycle, it.due); wrong && !doubtful && !closing {
			y.fail(d, "%s goes to %s, who said to be the wrong person", it.stage, s.address)
		}
		if yearRank(it.stage) > 0 {
			y.judgeKnown(s, it, flat)
		}
		y.judgeBeside(s, it)
	}
}

// judgeOnce: at most one mail per name, cycle, stage and contact; of a day stage at most one for a date, where one that is up to a week
// later is the same.
func (y *year) judgeOnce(s *yearSend, it *yearItem) {
	before := y.mailed[s.address]
	if it.domain != nil {
		before = it.domain.sends
	}
	for _, o := range before {
		if o.contact != s.contact || o.lostElsewhere(s) {
			continue
		}
		for _, p := range o.items {
			rank := yearRank(it.stage)
			same := p.domain == it.domain && p.stage == it.stage && p.cycleID == it.cycleID && p.grantID == it.grantID && (p.episode == it.episode || rank > 0 && it.cycleID != 0)
			sameTruth := p.domain == it.domain && p.stage == it.stage && p.cycle == it.cycle && rank > 0 && (rank > len(yearLadder) || !p.restated(it.due)) ||
				p.domain == it.domain && p.stage == it.stage && !it.since.IsZero() && it.since.Equal(p.since)
			switch {
			case !same && !sameTruth:
			case o.messageID != s.messageID && !o.heard && it.domain != nil && it.domain.answeredBetween(o.at, s.at):
				// Its server's answer was lost, and before it was repeated an answer put it to rest. Owed again, it goes out at least once.
			case o.messageID != s.messageID:
				y.fail(it.domain, "%s goes to %s twice: mails %d of %s and %d", it.stage, s.address, o.mailID, o.at.In(y.zone).Format(time.DateTime), s.mailID)
			case o.heard:
				y.fail(it.domain, "mail %d with %s goes out again, though its server's answer was heard", s.mailID, it.stage)
			}
		}
	}
}

// lostElsewhere reports whether a message to another address than a later one's came back, or its server's answer was lost before the address
// was corrected: who may not have got it at the former address gets it at the corrected one.
func (s *yearSend) lostElsewhere(later *yearSend) bool {
	return (s.bounced || s.returned || !s.heard) && s.address != later.address
}

// answeredBetween reports whether anybody answered about a name between two instants.
func (d *yearDomain) answeredBetween(from, until time.Time) bool {
	return slices.ContainsFunc(d.answers, func(a yearAnswer) bool { return a.at.After(from) && a.at.Before(until) })
}

// restated reports whether a date is later by more than a week than the one that an item named.
func (it *yearItem) restated(due *time.Time) bool {
	return it.due != nil && due != nil && due.Sub(*it.due) > 7*yearDay-2*time.Hour
}

// judgeDay: no address above the daily cap, and no contact gets two messages of a kind on one day. Only one that the server may have taken
// some day before goes out again as it was.
func (y *year) judgeDay(s *yearSend) {
	day := models.DayOf(s.wall, y.zone)
	ids := []string{s.messageID}
	for _, o := range y.mailed[s.address] {
		if !models.DayOf(o.wall, y.zone).Equal(day) || slices.Contains(ids, o.messageID) {
			continue
		}
		ids = append(ids, o.messageID)
		if o.contact == s.contact && o.access() == s.access() && !y.unsure[s.mailID] && !y.unsure[o.mailID] {
			y.fail(nil, "%s gets mails %d and %d on %s", s.address, o.mailID, s.mailID, day.Format(time.DateOnly))
		}
	}
	if len(ids) > y.policy.DailyCap {
		y.fail(nil, "%d messages to %s on %s", len(ids), s.address, day.Format(time.DateOnly))
	}
	if len(ids) == y.policy.DailyCap {
		y.count.full++
	}
}

// access reports whether a message is on access.
func (s *yearSend) access() bool {
	return len(s.items) > 0 && s.items[0].domain == nil
}

// judgeKnown: nothing is sent on an unknown, nor after a renewal that a look could see, and the date is the right one.
func (y *year) judgeKnown(s *yearSend, it *yearItem, flat string) {
	d := it.domain
	if !d.client.uses(it.stage) {
		y.fail(d, "%s goes to %s, and the client does not use it", it.stage, s.address)
	}
	if age := s.at.Sub(d.seenAt); age > y.policy.MaxObservationAge+time.Hour {
		y.fail(d, "%s goes to %s on an answer %v old", it.stage, s.address, age)
	}
	truth := d.seen
	if t := d.at(s.at); d.noDate && t.lapsing() == truth.lapsing() {
		truth = *t // what is stated needs no look
	}
	if d.wholeAt.Before(d.seenAt) && !d.noDate {
		return // the registrar did not answer with the registry: what is known is of two times
	}
	late := yearRank(it.stage) > len(yearLadder)
	if !truth.exists || truth.due == nil && (!late || !truth.lapsing()) {
		y.fail(d, "%s goes to %s though a look showed: %s", it.stage, s.address, truth.what)
		return
	}
	if truth.lapsing() != late {
		y.fail(d, "%s goes to %s though a look showed: %s", it.stage, s.address, truth.what)
	}
	if truth.due == nil {
		return
	}
	if truth.passed(s.at.Add(-time.Hour)) && !truth.passed(d.seenAt) {
		y.fail(d, "%s goes to %s after the date passed, and nobody looked since", it.stage, s.address)
	}
	if it.unsure != truth.doubtful() {
		y.fail(d, "%s to %s says of an unconfirmed renewal: %v, and a look showed: %s", it.stage, s.address, it.unsure, truth.what)
	}
	if want := yearDate(*truth.due, s.contact); !strings.Contains(flat, want) {
		y.fail(d, "%s to %s does not say %s", it.stage, s.address, want)
	}
}

// judgeBeside: what is said beside the ladder is true by the last look, and said once.
func (y *year) judgeBeside(s *yearSend, it *yearItem) {
	d := it.domain
	whole := d.wholeAt.Equal(d.seenAt)
	switch it.stage {
	case models.StageHold, models.StageTransfer:
		if whole && (it.stage == models.StageHold && !d.seen.held() || it.stage == models.StageTransfer && !d.seen.moving()) {
			y.fail(d, "%s goes to %s though a look showed: %s", it.stage, s.address, d.seen.what)
		}
	case models.StageAttest:
		if d.wholeAt.Equal(d.seenAt) && !d.seen.exists {
			y.fail(d, "attest goes to %s though a look showed: %s", s.address, d.seen.what)
		}
		if t := d.at(s.at); !d.noDate || t.due != nil && d.statedAt.AddDate(1, 0, 0).After(s.at.Add(2*time.Hour)) {
			y.fail(d, "attest goes to %s though the date is known: %s", s.address, t.what)
		}
		if o := d.lastTold(s.contact, models.StageAttest); o != nil && o.messageID != s.messageID && s.at.Sub(o.at) < 364*yearDay && !o.lostElsewhere(s) && !y.changedSince(d, o.at) {
			y.fail(d, "attest goes to %s, who was asked on %s, and nothing changed since", s.address, o.at.In(y.zone).Format(time.DateTime))
		}
	case models.StageRecords:
		y.judgeRecords(s, d)
	case models.StageRenewed, models.StageRetraction:
		y.judgeRenewed(s, it)
	default:
	}
}

// changedSince reports whether a date was stated, or a stated one passed, since an instant.
func (y *year) changedSince(d *yearDomain, at time.Time) bool {
	return d.statedAt.After(at) || d.at(y.now).from.After(at)
}

// judgeRenewed: who was told in a cycle is thanked for its renewal, which happened, or told that the last message came after it; not both.
func (y *year) judgeRenewed(s *yearSend, it *yearItem) {
	d, t := it.domain, it.domain.at(s.at)
	renewed, late := false, false
	for _, o := range d.sends {
		if o.contact != s.contact {
			continue
		}
		for _, p := range o.items {
			switch {
			case p.domain != d:
			case p.cycleID == it.cycleID && yearRank(p.stage) > 0:
				// That a client says so confirms a renewal which the registry shows.
				renewed = renewed || t.cycle > p.cycle || d.said(models.AnswerRenewed, p.cycle) && t.registry != nil && t.due != nil && t.registry.After(*t.due)
				late = late || !p.unsure && (o.wall.After(t.changed.Add(-2*time.Hour)) || o.wall.After(d.seen.changed.Add(-2*time.Hour)))
			case p.cycleID == it.cycleID && p.stage != it.stage && (p.stage == models.StageRenewed || p.stage == models.StageRetraction):
				y.fail(d, "%s goes to %s, who got %s on %s", it.stage, s.address, p.stage, o.at.In(y.zone).Format(time.DateTime))
			}
		}
	}
	switch {
	case !renewed:
		y.fail(d, "%s goes to %s, who was told of no cycle that was renewed: %s", it.stage, s.address, t.what)
	case it.stage == models.StageRetraction && !late:
		y.fail(d, "retraction goes to %s, who was sent nothing after the renewal", s.address)
	}
}

// yearDate is a date as the reader must find it.
func yearDate(at time.Time, c *yearContact) string {
	day := yearDayOf(at, location(c.zone))
	if c.language != "es" {
		return day.Format("Monday 2 January 2006")
	}
	weekdays := []string{"domingo", "lunes", "martes", "miércoles", "jueves", "viernes", "sábado"}
	months := []string{"enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre"}
	return fmt.Sprintf("%s %d de %s de %d", weekdays[day.Weekday()], day.Day(), months[day.Month()-1], day.Year())
}

// yearDayOf is the day on which a date falls for a reader: midnight UTC is a day without a time, and that day everywhere.
func yearDayOf(at time.Time, loc *time.Location) time.Time {
	if at.Equal(at.UTC().Truncate(yearDay)) {
		return at.UTC()
	}
	year, month, day := at.In(loc).Date()
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
}
