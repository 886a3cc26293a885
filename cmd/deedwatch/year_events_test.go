package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/notify"
	"github.com/krestmarketing/deedwatch/notify/bounce"
)

// trouble draws what goes wrong in the year, and what people do beside answering.
func (y *year) trouble() {
	during := func(n int, shortest, longest time.Duration) (spans []yearSpan) {
		for range n {
			from := y.begin.Add(2*yearDay + time.Duration(y.dice.Int64N(int64(355*yearDay))))
			until := from.Add(shortest + time.Duration(y.dice.Int64N(int64(longest-shortest))))
			if until.After(y.end) {
				until = y.end
			}
			spans = append(spans, yearSpan{from: from, until: until})
		}
		return spans
	}
	for _, server := range []string{"alpha", "beta", "gamma", "nodate", "registrar"} {
		y.outages[server] = append(during(4, time.Hour, 12*time.Hour), during(2, yearDay, 5*yearDay)...)
	}
	y.smtpDown = append(during(8, 30*time.Minute, 8*time.Hour), during(2, yearDay, 3*yearDay)...)
	for i := range y.smtpDown {
		y.smtpDown[i].what = []string{"busy", "busy", "hang", "rejects"}[y.dice.IntN(4)]
	}
	y.downtime = append(during(10, time.Hour, 10*time.Hour), during(3, yearDay, 8*yearDay)...)
	for _, s := range during(6, time.Hour, 40*time.Hour) {
		by := time.Hour
		if y.dice.IntN(2) == 0 {
			by = -by
		}
		y.skew = append(y.skew, yearSkew{s, by})
	}
	for _, s := range during(6, 2*time.Hour, 6*yearDay) {
		y.holdClient(y.clients[y.dice.IntN(len(y.clients))], s)
	}
	for range 8 {
		c := y.clients[y.dice.IntN(len(y.clients))]
		y.plan(y.begin.Add(time.Duration(y.dice.Int64N(int64(350*yearDay)))), func() { y.correctContact(c) })
	}
	for _, d := range y.domains {
		if d.noDate {
			y.plan(y.begin.Add(time.Duration(y.dice.Int64N(int64(350*yearDay)))), func() { y.attestAgain(d) })
		}
	}
}

func (y *year) holdClient(c *yearClient, s yearSpan) {
	if slices.ContainsFunc(c.holds, func(o yearSpan) bool { return o.meets(s.from, s.until) }) {
		return
	}
	c.holds = append(c.holds, s)
	const by = "ops@tidewater.example"
	y.plan(s.from, func() {
		y.must(y.store.HoldClient(y.ctx, c.id, "asked to wait", by, y.wall()))
		c.heldAt = new(y.now)
		y.noteClient(c, "client held")
	})
	y.plan(s.until, func() {
		y.must(y.store.ReleaseClient(y.ctx, c.id, by, y.wall()))
		c.heldAt = nil
		y.noteClient(c, "client released")
	})
}

func (y *year) noteClient(c *yearClient, format string, args ...any) {
	for _, d := range c.domains {
		y.note(d, format, args...)
	}
}

// correctContact gives a client a new owner contact, with the line of a name under watch: a file that lists an archived one would put it under
// watch again.
func (y *year) correctContact(c *yearClient) {
	i := slices.IndexFunc(c.domains, func(d *yearDomain) bool { return d.archived.IsZero() })
	if i < 0 {
		return
	}
	d := c.domains[i]
	p := &yearContact{client: c, role: models.RoleOwner, name: "New Owner", email: fmt.Sprintf("owner%d@client%02d-new.example", len(c.contacts), c.id), zone: c.zone, language: "en"}
	c.contacts = append(c.contacts, p)
	c.changed = y.now
	row := models.PortfolioRow{Line: 1, Domain: d.name, Suffix: d.server, Client: c.name, Contacts: []models.Contact{p.row()}}
	y.must(y.book.flush(y.ctx, []int64{d.id}))
	_, err := y.store.ImportPortfolio(y.ctx, []models.PortfolioRow{row}, y.wall(), false)
	y.must(err)
	w, err := y.store.WatchedByName(y.ctx, d.name)
	y.must(err)
	y.meet(c, w.Contacts)
	y.reload(c.id)
	y.noteClient(c, "%s joins as owner", p.email)
}

// attested notes the date that a client states, and that it says nothing once it has passed.
func (y *year) attested(d *yearDomain, at time.Time) {
	for len(d.truth) > 1 && d.last().from.After(y.now) {
		d.truth = d.truth[:len(d.truth)-1]
	}
	d.statedAt = y.now
	d.then(y.now, "stated until "+at.Format(time.DateOnly), func(t *yearTruth) { t.due = &at; t.cycle++ })
	d.then(at.Add(yearDay), "the stated date has passed", func(t *yearTruth) { t.due = nil })
}

// attestAgain has staff write down what a client states on the telephone: a renewal, since a date that moves by less than sixty days is taken
// for a correction, after which no stage comes a second time.
func (y *year) attestAgain(d *yearDomain) {
	if t := d.at(y.now); !d.archived.IsZero() || !t.exists || t.lapsing() {
		return
	}
	at := models.DayOf(y.now.Add(time.Duration(20+y.dice.IntN(340))*yearDay), time.UTC)
	for _, t := range d.truth {
		if t.due != nil && at.Before(t.due.AddDate(0, 0, 61)) {
			at = t.due.AddDate(0, 0, 61)
		}
	}
	y.attested(d, at)
	y.must(y.book.flush(y.ctx, []int64{d.id}))
	y.must(y.store.AttestExpiry(y.ctx, models.Attested{DomainID: d.id, Date: at, By: "Olive Owner", Actor: "ops@tidewater.example", At: y.wall()}))
	y.must(y.book.load(y.ctx, d.id))
	y.note(d, "the client states %s", at.Format(time.DateOnly))
}

// deadFrom gives from when on an address is of no use.
func (y *year) deadFrom(address string) (at time.Time) {
	for _, c := range y.clients {
		for _, p := range c.contacts {
			if p.email == address && !p.dead.IsZero() && (at.IsZero() || p.dead.Before(at)) {
				at = p.dead
			}
		}
	}
	return at
}

// off notes that an address is not to be written to any more, at the clients that are meant, and gives whom that changes.
func (y *year) off(address, why string, only *yearContact) (changed []*yearContact) {
	for _, c := range y.clients {
		for _, p := range c.contacts {
			if p.email == address && (only == nil || p == only) && !p.off {
				p.off = true
				c.changed = y.now
				changed = append(changed, p)
				y.noteClient(c, "%s %s", address, why)
			}
		}
	}
	return changed
}

// gone notes that an address is of no use for good.
func (y *year) gone(address, why string, only *yearContact) {
	y.off(address, why, only)
	for _, c := range y.clients {
		for _, p := range c.contacts {
			p.gone = p.gone || p.email == address && (only == nil || p == only)
		}
	}
}

// react has people and mail servers do what they do with a message.
func (y *year) react(s *yearSend) {
	if dead := y.deadFrom(s.address); !dead.IsZero() && !y.now.Before(dead) {
		y.plan(y.now.Add(time.Duration(10+y.dice.IntN(4000))*time.Minute), func() { y.bounce(s, models.BouncePermanent, "5.1.1") })
		return
	}
	switch roll := y.dice.IntN(1000); {
	case roll < 5:
		y.plan(y.now.Add(time.Duration(1+y.dice.IntN(70))*time.Hour), func() { y.bounce(s, models.BounceComplaint, "") })
	case roll < 13:
		y.plan(y.now.Add(time.Duration(1+y.dice.IntN(70))*time.Hour), func() { y.optOut(s) })
	case roll < 19:
		y.plan(y.now.Add(time.Duration(10+y.dice.IntN(4000))*time.Minute), func() { y.bounce(s, models.BouncePermanent, "5.7.1") })
	case roll < 23:
		y.plan(y.now.Add(time.Duration(10+y.dice.IntN(4000))*time.Minute), func() { y.erase(s.contact) })
	case roll < 300:
		y.plan(y.now.Add(time.Duration(5+y.dice.IntN(60*24*5))*time.Minute), func() { y.answer(s) })
	}
}

// bounce brings a report on a message that was taken: a failure as the mail server writes it, or a complaint by the mail service's call.
func (y *year) bounce(s *yearSend, kind models.BounceKind, status string) {
	y.count.bounces++
	reports := []models.Bounce{{
		EventID: fmt.Sprintf("year-%d-%s", s.mailID, kind), At: y.wall(), Recipient: s.address, Kind: kind, Status: status, Diagnostic: "no such user",
		Source: "webhook:simulated", MessageID: s.messageID,
	}}
	if kind == models.BouncePermanent {
		var err error
		reports, err = bounce.ParseMail(yearDSN(s, status, y.wall()), y.wall())
		y.must(err)
	}
	if y.dice.IntN(4) == 0 {
		reports = append(reports, reports...) // the same report comes twice
	}
	_, err := notify.Returns{Store: y.store}.Take(y.ctx, reports, y.wall())
	y.must(err)
	if strings.HasPrefix(status, "5.7.") {
		s.returned = true
		for _, it := range s.items {
			if it.domain != nil {
				it.domain.returned = append(it.domain.returned, yearReturn{at: y.now, item: it, from: s.contact})
			}
		}
		y.noteAll(s, "it came back with "+status)
	} else {
		s.bounced = kind == models.BouncePermanent // who complains was reached, and is told nothing again at another address
		y.gone(s.address, "came back as "+string(kind), nil)
	}
	for _, o := range y.sends { // what was repeated because an answer was lost is the same message
		if o.mailID == s.mailID {
			o.returned, o.bounced = s.returned, s.bounced
		}
	}
	y.reloadAll(s.address)
}

// yearDSN is a report of the mail server on a message that it could not deliver (RFC 3464).
func yearDSN(s *yearSend, status string, at time.Time) []byte {
	return fmt.Appendf(nil, "From: MAILER-DAEMON@mx.tidewater.example\r\nTo: domains@tidewater.example\r\nSubject: Undelivered Mail Returned to Sender\r\n"+
		"Date: %s\r\nMIME-Version: 1.0\r\nAuto-Submitted: auto-replied\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=\"b\"\r\n\r\n"+
		"--b\r\nContent-Type: text/plain\r\n\r\nYour message could not be delivered.\r\n"+
		"--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.tidewater.example\r\n\r\n"+
		"Final-Recipient: rfc822; %s\r\nAction: failed\r\nStatus: %s\r\nDiagnostic-Code: smtp; 550 %s refused\r\n\r\n"+
		"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: <%s>\r\nTo: %s\r\n\r\n--b--\r\n",
		at.Format(time.RFC1123Z), s.address, status, status, s.messageID, s.address)
}

// reloadAll reads the names of all clients at which an address is known again.
func (y *year) reloadAll(address string) {
	for _, c := range y.clients {
		if slices.ContainsFunc(c.contacts, func(p *yearContact) bool { return p.email == address }) {
			y.reload(c.id)
		}
	}
}

// optOut has the recipient of a message ask not to be written to, by the link that it carries; a third think again some days later.
func (y *year) optOut(s *yearSend) {
	linkID, _, err := y.signer.VerifyFor(models.LinkUnsubscribe, s.leave, y.wall())
	y.must(err)
	_, err = y.store.OptOut(y.ctx, linkID, y.wall())
	if s.contact.erased || s.contact.email != s.address { // whoever reads the former address can't speak for the one at the new
		if !errors.Is(err, models.ErrNotFound) {
			y.fail(nil, "the link to be left alone in mail %d to %s works, though its address is another now: %v", s.mailID, s.address, err)
		}
		return
	}
	y.must(err)
	were := y.off(s.address, "asks not to be written to", nil)
	y.reloadAll(s.address)
	if y.changeDice.IntN(3) == 0 {
		y.plan(y.now.Add(time.Duration(1+y.changeDice.IntN(300))*time.Hour), func() { y.optIn(linkID, s.address, were) })
	}
}

// answer has the recipient of a message answer about one of its names.
func (y *year) answer(s *yearSend) {
	if len(s.items) == 0 || s.items[0].domain == nil {
		return
	}
	it := s.items[y.dice.IntN(len(s.items))]
	d := it.domain
	kind := []models.AnswerKind{
		models.AnswerRenewed, models.AnswerWillRenew, models.AnswerWillRenew, models.AnswerAutoRenew, models.AnswerLettingGo, models.AnswerWrongPerson,
	}[y.dice.IntN(6)]
	var on *time.Time
	if kind == models.AnswerWillRenew {
		on = new(models.DayOf(y.now.Add(time.Duration(y.dice.IntN(12))*yearDay), y.zone))
	}
	link, _, err := y.signer.Verify(s.token, y.wall())
	if err != nil {
		y.note(d, "the link in mail %d works no more: %v", s.mailID, err)
		return
	}
	y.must(y.book.flush(y.ctx, []int64{d.id}))
	reply := models.Reply{Domain: d.name, Kind: kind, RenewOn: on}
	if kind == models.AnswerWrongPerson && y.changeDice.IntN(5) < 3 {
		reply.Instead = &models.Named{Name: "Named Person", Email: fmt.Sprintf("named%d@client%02d.example", y.count.answers, d.client.id)}
	}
	_, err = y.answers.Record(y.ctx, link, reply, y.wall())
	var invalid *models.InvalidError
	if errors.Is(err, models.ErrConflict) || errors.As(err, &invalid) || errors.Is(err, models.ErrNotFound) || errors.Is(err, notify.ErrLinkExpired) || errors.Is(err, notify.ErrLinkInvalid) {
		y.note(d, "answer %s of %s is not taken: %v", kind, s.address, err)
		return
	}
	y.must(err)
	y.must(y.book.load(y.ctx, d.id))
	y.count.answers++
	y.note(d, "%s answers %s", s.address, kind)
	if t := d.at(y.now); kind == models.AnswerRenewed && t.registry != nil && t.due != nil && t.registry.After(*t.due) {
		d.believed = y.now
	}
	if reply.Instead != nil {
		y.plan(y.now.Add(time.Duration(1+y.changeDice.IntN(90))*time.Hour), func() { y.confirmProposal(s.contact, d, reply.Instead.Email) })
	}
	d.answers = append(d.answers, yearAnswer{at: y.now, cycle: d.at(y.now).cycle, kind: kind, contact: s.contact, due: it.due, quiet: y.quietUntil(d, kind, on)})
}

// quietUntil is until when an answer may rest the reminders, at most.
func (y *year) quietUntil(d *yearDomain, kind models.AnswerKind, on *time.Time) time.Time {
	week := y.now.Add(8 * yearDay)
	switch kind {
	case models.AnswerWillRenew:
		return on.Add(3 * yearDay)
	case models.AnswerAutoRenew:
		if due := d.at(y.now).due; due != nil && due.Add(2*yearDay).After(week) {
			return due.Add(2 * yearDay)
		}
		return week
	case models.AnswerLettingGo:
		return y.now.AddDate(2, 0, 0)
	case models.AnswerWrongPerson:
		return time.Time{}
	case models.AnswerRenewed:
	}
	return week
}
