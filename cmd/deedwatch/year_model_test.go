package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

// The ladder as the design states it, by hand: days before the expiry, the tighter the later.
var yearLadder = []struct {
	stage models.Stage
	days  int
}{
	{models.StageD30, 30},
	{models.StageD14, 14},
	{models.StageD7, 7},
	{models.StageD3, 3},
	{models.StageD1, 1},
	{models.StageD0, 0},
	{models.StageP1, -1},
	{models.StageP4, -4},
}

// yearRank orders the stages that are about a date; zero: the stage is not one of them.
func yearRank(s models.Stage) int {
	for i, r := range yearLadder {
		if r.stage == s {
			return i + 1
		}
	}
	late := []models.Stage{models.StageRedemption, models.StagePendingDelete}
	if i := slices.Index(late, s); i >= 0 {
		return len(yearLadder) + 1 + i
	}
	return 0
}

// fail keeps what is wrong with a name; nil: with the year as a whole.
func (y *year) fail(d *yearDomain, format string, args ...any) {
	y.broken[d] = append(y.broken[d], y.now.In(y.zone).Format("2006-01-02 15:04 ")+fmt.Sprintf(format, args...))
}

// judgeSend holds a message that the mail server takes against the rules.
func (y *year) judgeSend(s *yearSend, text string) {
	y.count.sends++
	if len(s.items) == 0 {
		y.fail(nil, "mail %d to %s carries nothing", s.mailID, s.address)
	}
	y.judgeCap(s)
	flat := strings.Join(strings.Fields(text), " ")
	for _, it := range s.items {
		d := it.domain
		if d == nil {
			continue
		}
		y.note(d, "%s (cycle %d) to %s is taken, mail %d", it.stage, it.cycleID, s.address, s.mailID)
		if !strings.Contains(text, d.name) {
			y.fail(d, "mail %d does not name it", s.mailID)
		}
		y.judgeOnce(s, &it)
		if yearRank(it.stage) > 0 {
			y.judgeKnown(s, &it, flat)
		}
		if c := s.contact; c == nil || c.off || c.client.heldAt != nil || c.client != d.client {
			y.fail(d, "%s goes to %s, who must not be written to", it.stage, s.address)
		}
	}
}

// judgeOnce: at most one mail per name, cycle, stage and contact.
func (y *year) judgeOnce(s *yearSend, it *yearItem) {
	for _, o := range y.sends {
		if o.address != s.address || o.contact != s.contact {
			continue
		}
		for _, p := range o.items {
			same := p.domain == it.domain && p.stage == it.stage && p.episode == it.episode && p.cycleID == it.cycleID
			sameTruth := p.domain == it.domain && p.stage == it.stage && p.cycle == it.cycle && yearRank(it.stage) > 0
			switch {
			case !same && !sameTruth:
			case o.messageID != s.messageID:
				y.fail(it.domain, "%s goes to %s twice: mails %d of %s and %d", it.stage, s.address, o.mailID, o.at.In(y.zone).Format(time.DateTime), s.mailID)
			case o.heard:
				y.fail(it.domain, "mail %d with %s goes out again, though its server's answer was heard", s.mailID, it.stage)
			}
		}
	}
}

// judgeCap: no address above the daily cap.
func (y *year) judgeCap(s *yearSend) {
	day := models.DayOf(s.wall, y.zone)
	ids := []string{s.messageID}
	for _, o := range y.sends {
		if o.address == s.address && models.DayOf(o.wall, y.zone).Equal(day) && !slices.Contains(ids, o.messageID) {
			ids = append(ids, o.messageID)
		}
	}
	if len(ids) > y.policy.DailyCap {
		y.fail(nil, "%d messages to %s on %s", len(ids), s.address, day.Format(time.DateOnly))
	}
}

// judgeKnown: nothing is sent on an unknown, nor after a renewal that a look could see, and the date is the right one.
func (y *year) judgeKnown(s *yearSend, it *yearItem, flat string) {
	d := it.domain
	if age := s.at.Sub(d.seenAt); age > y.policy.MaxObservationAge+time.Hour {
		y.fail(d, "%s goes to %s on an answer %v old", it.stage, s.address, age)
	}
	truth := d.seen
	if d.noDate {
		truth = *d.at(s.at)
	}
	if d.wholeAt.Before(d.seenAt) && !d.noDate {
		return // the registrar did not answer with the registry: what is known is of two times
	}
	if truth.due == nil || !truth.exists {
		y.fail(d, "%s goes to %s though a look showed: %s", it.stage, s.address, truth.what)
		return
	}
	passes := *truth.due
	if passes.Equal(passes.UTC().Truncate(yearDay)) {
		passes = passes.Add(yearDay)
	}
	if s.at.After(passes.Add(time.Hour)) && d.seenAt.Before(passes) {
		y.fail(d, "%s goes to %s after the date passed, and nobody looked since", it.stage, s.address)
	}
	if want := yearDate(*truth.due, s.contact); !strings.Contains(flat, want) {
		y.fail(d, "%s to %s does not say %s", it.stage, s.address, want)
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

// dueOf is when a stage is due for a date: at nine on its day, on the business day before where the stage is one for business days.
func (y *year) dueOf(at time.Time, days int) time.Time {
	day := yearDayOf(at, y.zone).AddDate(0, 0, -days)
	for days > 3 && (day.Weekday() == time.Saturday || day.Weekday() == time.Sunday || slices.ContainsFunc(y.holidays, day.Equal)) {
		day = day.AddDate(0, 0, -1)
	}
	return time.Date(day.Year(), day.Month(), day.Day(), 9, 0, 0, 0, y.zone)
}

// checkWindows looks at the windows in which a stage was the tightest that was due. A system that could work for a whole stretch of one
// must have served it by the end of that stretch.
func (y *year) checkWindows() {
	for _, d := range y.domains {
		t := d.at(y.now)
		if t.due == nil || !t.exists || slices.Contains(t.statuses, "pendingDelete") || slices.Contains(t.statuses, "redemptionPeriod") {
			continue
		}
		for i, r := range yearLadder {
			from := y.dueOf(*t.due, r.days)
			until := from.Add(6 * yearDay)
			if i+1 < len(yearLadder) {
				until = y.dueOf(*t.due, yearLadder[i+1].days)
			}
			if !from.Before(until) || !until.After(y.checked) || from.After(y.now) {
				continue
			}
			since := y.clearSince(d, t, from)
			end := since.Add(y.patience(i, since))
			if end.After(until) && since.Equal(from) {
				end = until // all of a short one
			}
			if !end.After(until) && !end.After(y.now) && end.After(y.checked) {
				y.checkWindow(d, t, i, since, end)
			}
		}
	}
	y.checked = y.now
}

// patience is how long a system that can work may take: over one day of work. What goes out on business days only may wait over some closed
// ones.
func (y *year) patience(rung int, from time.Time) time.Duration {
	most := 50 * time.Hour
	if yearLadder[rung].days > 3 {
		day := models.DayOf(from, y.zone).AddDate(0, 0, 1)
		for !y.policy.Office.BusinessDay(day) {
			day = day.AddDate(0, 0, 1)
		}
		most = y.policy.Office.At(day.AddDate(0, 0, 1), models.ClockTime{}).Sub(from) + 10*time.Hour
		for !y.policy.Office.BusinessDay(day.AddDate(0, 0, 1)) {
			day, most = day.AddDate(0, 0, 1), most+yearDay
		}
	}
	return most
}

// clearSince is from when on, at the earliest within a window that began at an instant, the system could work and the name stood still until now.
func (y *year) clearSince(d *yearDomain, t *yearTruth, from time.Time) time.Time {
	later := func(at time.Time) {
		if at.After(from) {
			from = at
		}
	}
	after := func(spans []yearSpan, margin time.Duration) {
		for _, s := range spans {
			if s.from.Before(y.now) {
				later(s.until.Add(margin))
			}
		}
	}
	after(y.downtime, 0)
	after(y.smtpDown, 5*time.Hour)
	after(y.brakes, time.Hour)
	after(d.client.holds, 0)
	after(y.outages[d.server], 30*time.Hour)
	if d.registrar {
		after(y.outages["registrar"], 30*time.Hour)
	}
	for _, s := range y.skew {
		after([]yearSpan{s.yearSpan}, 3*time.Hour)
	}
	later(t.from.Add(3 * yearDay))
	later(d.client.changed.Add(yearDay))
	for _, a := range d.answers {
		later(a.at.Add(yearDay))
		later(a.quiet)
	}
	if d.firstAt.IsZero() {
		return y.now
	}
	later(d.firstAt.Add(2 * yearDay))
	return from
}

// checkWindow holds a stretch of a window against what was sent.
func (y *year) checkWindow(d *yearDomain, t *yearTruth, rung int, from, until time.Time) {
	for _, s := range y.sends {
		for _, it := range s.items {
			other := it.domain == d && yearRank(it.stage) > 0 && it.stage != yearLadder[rung].stage
			if other && s.at.After(from.Add(-20*time.Hour)) && s.at.Before(until) {
				return // another stage went out that day: this one comes the day after
			}
		}
	}
	for _, c := range y.recipients(d, t.cycle, yearLadder[rung].days <= 7) {
		if y.capped(c.email, from, until) {
			continue
		}
		y.count.windows++
		if !y.served(d, c, t.cycle, rung+1, until) {
			y.fail(d, "%s was due to %s on %s, the system could work from %s to %s, and nothing came", yearLadder[rung].stage, c.email,
				y.dueOf(*t.due, yearLadder[rung].days).Format(time.DateTime), from.In(y.zone).Format(time.DateTime), until.In(y.zone).Format(time.DateTime))
		}
	}
}

// recipients are who must be written to: the first who can be, by role, and the deputy.
func (y *year) recipients(d *yearDomain, cycle int, deputy bool) (to []*yearContact) {
	for _, role := range []models.ContactRole{models.RoleOwner, models.RoleBilling, models.RoleTechnical, models.RoleDeputy} {
		for _, c := range d.client.contacts {
			wrong := slices.ContainsFunc(d.answers, func(a yearAnswer) bool {
				return a.kind == models.AnswerWrongPerson && a.contact == c.email && a.cycle == cycle
			})
			if c.role == role && !c.off && !wrong && (len(to) == 0 || deputy && role == models.RoleDeputy) {
				to = append(to, c)
			}
		}
	}
	return to
}

// served reports whether a contact was sent a stage of a cycle, or a tighter one. A date that moves a little brings no stage twice.
func (y *year) served(d *yearDomain, c *yearContact, cycle, rank int, until time.Time) bool {
	for _, s := range y.sends {
		if s.contact != c || !s.at.Before(until) {
			continue
		}
		for _, it := range s.items {
			if it.domain == d && it.cycle == cycle && yearRank(it.stage) >= rank {
				return true
			}
		}
	}
	return false
}

// capped reports whether an address had all its messages on some day of a window.
func (y *year) capped(address string, from, until time.Time) bool {
	days := map[string]int{}
	for _, s := range y.sends {
		if s.address == address && !s.at.Before(from.Add(-yearDay)) && s.at.Before(until) {
			days[models.DayOf(s.wall, y.zone).Format(time.DateOnly)]++
		}
	}
	for _, n := range days {
		if n >= y.policy.DailyCap {
			return true
		}
	}
	return false
}

// reckon closes the year: the ledger proves every send, and nothing is stuck.
func (y *year) reckon() {
	if _, err := y.store.VerifyLedger(y.ctx); err != nil {
		y.fail(nil, "the ledger does not verify: %v", err)
	}
	entries, err := y.store.Ledger(y.ctx, 0, 1<<20)
	y.must(err)
	type line struct {
		NoticeID  int64  `json:"notice_id"`
		MessageID string `json:"message_id"`
		Recipient string `json:"recipient"`
		TextHash  string `json:"text_sha256"`
	}
	proven := map[line]bool{}
	for i := range entries {
		if entries[i].Kind == "mail_sent" {
			var l line
			y.must(json.Unmarshal([]byte(entries[i].Body), &l))
			proven[l] = true
		}
	}
	sent := map[line]bool{}
	for _, s := range y.sends {
		for _, it := range s.items {
			l := line{it.noticeID, s.messageID, s.address, s.hash}
			sent[l] = true
			if s.heard && !proven[l] {
				y.fail(it.domain, "%s to %s on %s (mail %d) has no line in the ledger", it.stage, s.address, s.at.Format(time.DateTime), s.mailID)
			}
		}
	}
	for l := range proven {
		if !sent[l] {
			y.fail(nil, "the ledger has a line on what was never sent: %+v", l)
		}
	}
	y.checkRest()
}

// checkRest: after two quiet weeks no row waits without a reason.
func (y *year) checkRest() {
	views, err := y.store.QueuedNotices(y.ctx, 1<<20)
	y.must(err)
	for i := range views {
		n, m := &views[i].Notice, views[i].Mail
		d := y.byID[n.DomainID]
		late := y.wall().Sub(n.DueAt)
		switch {
		case n.Channel == models.ChannelTask || n.State == models.NoticeFailed || n.State == models.NoticeHeld || n.State == models.NoticeBlocked:
		case n.State == models.NoticeMailed && (m == nil || m.State != models.MailWaiting && m.State != models.MailSending):
			y.fail(d, "notice %d (%s) is bound to a message that is settled", n.ID, n.Stage)
		case late < 5*yearDay:
		case n.State == models.NoticeQueued && d != nil && (d.at(y.now).due == nil || d.noDate):
		default:
			y.fail(d, "notice %d (%s to %s) is %s since %s: %s", n.ID, n.Stage, n.Recipient, n.State, n.DueAt.Format(time.DateTime), n.Reason)
		}
	}
}
