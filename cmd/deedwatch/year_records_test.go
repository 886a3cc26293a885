package main

import (
	"context"
	"slices"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

// yearRecords is what is true of the records that a client created for the agency in a name's zone, and what looks showed of it.
type yearRecords struct {
	broken    *yearSpan // while they are not right; nil: never so far
	silent    *yearSpan // while no server of the zone answers
	first     time.Time // a look found them broken for the first time; zero: they are right
	confirmed time.Time // and a second one ten minutes later or more
	answered  time.Time // when the zone answered a look last
	until     time.Time // looks are made until then
}

// breakRecords lets the records of a name break for some days. Twice in five cases its zone falls silent meanwhile.
func (y *year) breakRecords(d *yearDomain) {
	if !d.archived.IsZero() || d.records != nil && y.now.Before(d.records.until.Add(5*yearDay)) {
		return
	}
	if d.records == nil {
		d.records = &yearRecords{}
		y.zones = append(y.zones, d)
		y.must(y.book.flush(y.ctx, []int64{d.id}))
		y.must(y.store.UpsertRecords(y.ctx, d.id, []models.ExpectedRecord{{
			Host: "news." + d.name, Type: "CNAME", Match: models.MatchExact, Values: []string{"sites.tidewater.example"}, Service: "website",
			Purpose: "The news pages are shown under this name.", Essential: true,
		}}, y.wall()))
		y.must(y.book.load(y.ctx, d.id))
	}
	r := d.records
	r.broken = &yearSpan{from: y.now, until: y.now.Add(yearDay + time.Duration(y.changeDice.Int64N(int64(22*yearDay))))}
	if y.changeDice.IntN(5) < 2 {
		from := y.now.Add(time.Duration(y.changeDice.Int64N(int64(10 * yearDay))))
		r.silent = &yearSpan{from: from, until: from.Add(time.Duration(3+y.changeDice.IntN(40)) * time.Hour)}
	}
	r.until = r.broken.until.Add(2 * yearDay)
	y.note(d, "its records break until %s", r.broken.until.In(y.zone).Format(time.DateTime))
}

// lookDNS is what the sweep of delegations does, for the names whose records break.
func (y *year) lookDNS() {
	for _, d := range y.zones {
		if d.archived.IsZero() && y.now.Before(d.records.until) && !y.book.rows[d.id].Domain.NextDNSAt.After(y.wall()) {
			y.must(y.monitor.LookDNS(y.ctx, d.id))
		}
	}
}

// look answers a look at the records, and notes what it showed.
func (r *yearRecords) look(now time.Time, expected []models.ExpectedRecord) (looks []models.RecordLook, silent bool) {
	state := models.RecordOK
	switch {
	case r.silent != nil && r.silent.holds(now):
		state, silent = models.RecordZoneUnreachable, true
	case r.broken != nil && r.broken.holds(now):
		state = models.RecordMissing
		if r.first.IsZero() {
			r.first = now
		}
		if r.confirmed.IsZero() && now.Sub(r.first) >= 10*time.Minute {
			r.confirmed = now
		}
	default:
		r.first, r.confirmed = time.Time{}, time.Time{}
	}
	if !silent {
		r.answered = now
	}
	for _, e := range expected {
		looks = append(looks, models.RecordLook{Host: e.Host, Type: e.Type, State: state, Detail: "As the simulated zone has it."})
	}
	return looks, silent
}

// RecordDelegation is the store's, for the names whose records are looked at.
func (b *yearBook) RecordDelegation(ctx context.Context, rec models.DelegationRecord) error {
	d := b.y.byID[rec.Domain.ID]
	if d.records == nil {
		return nil
	}
	if err := b.flush(ctx, []int64{d.id}); err != nil {
		return err
	}
	if err := b.Store.RecordDelegation(ctx, rec); err != nil {
		return err
	}
	return b.load(ctx, d.id)
}

// checkRecords: whoever looks after the zone is told of records that are confirmed to be broken, and again after two weeks.
func (y *year) checkRecords(d *yearDomain, t *yearTruth) {
	r := d.records
	if r == nil || r.confirmed.IsZero() || !r.broken.holds(y.now) || t.passed(y.now) || t.held() || d.said(models.AnswerLettingGo, t.cycle) || r.answered.Before(y.now.Add(-yearDay)) {
		return
	}
	from := r.confirmed
	if explained := t.from.Add(3 * yearDay); explained.After(from) {
		from = explained
	}
	if r.silent != nil && r.silent.until.Add(30*time.Hour).After(from) && r.silent.from.Before(y.now) {
		from = r.silent.until.Add(30 * time.Hour)
	}
	to := y.inOrder(d, t)
	if i := slices.IndexFunc(to, func(c *yearContact) bool { return c.role == models.RoleTechnical }); i >= 0 {
		to = to[i:]
	}
	if len(to) == 0 {
		return
	}
	c := to[0]
	told := d.confirmedTold(c, r.confirmed)
	what := "broken since " + r.broken.from.Format(time.DateOnly)
	if told != nil {
		what += ", told on " + told.at.Format(time.DateOnly)
		for _, o := range d.client.contacts { // two weeks after whoever was told last
			if last := d.confirmedTold(o, r.confirmed); last != nil && last.at.AddDate(0, 0, 14).After(from) {
				from = last.at.AddDate(0, 0, 14)
			}
		}
	} else if before := d.lastTold(c, models.StageRecords); before != nil && before.at.AddDate(0, 0, 3).After(from) {
		from = before.at.AddDate(0, 0, 3)
	}
	if from.After(y.now) {
		return
	}
	y.owes(d, yearDuty{stage: models.StageRecords, what: what, from: from, desk: true, served: func(s *yearSend, it *yearItem) bool {
		return it.stage == models.StageRecords && s.at.After(r.confirmed) && (told == nil || s.at.After(told.at))
	}}, []*yearContact{c})
}

// confirmedTold gives the latest message to a contact on records that were confirmed to be broken by an instant; nil: there was none.
func (d *yearDomain) confirmedTold(c *yearContact, confirmed time.Time) *yearSend {
	if s := d.lastTold(c, models.StageRecords); s != nil && s.at.After(confirmed) {
		return s
	}
	return nil
}

// lastTold gives the latest message with a stage to a contact; nil: there was none.
func (d *yearDomain) lastTold(c *yearContact, stage models.Stage) *yearSend {
	for _, s := range slices.Backward(d.sends) {
		if s.contact == c && slices.ContainsFunc(s.items, func(it yearItem) bool { return it.domain == d && it.stage == stage }) {
			return s
		}
	}
	return nil
}

// judgeRecords: broken records are told of once they are confirmed, not once they are right, and not again within some days.
func (y *year) judgeRecords(s *yearSend, d *yearDomain) {
	r := d.records
	y.served[models.StageRecords]++
	switch {
	case r == nil || r.confirmed.IsZero():
		y.fail(d, "records goes to %s though no second look confirmed that they are broken", s.address)
	case d.wholeAt.Equal(d.seenAt) && (d.seen.passed(d.seenAt) || d.seen.held() || d.seen.lapsing()):
		y.fail(d, "records goes to %s though the registration explains it: %s", s.address, d.seen.what)
	}
	for _, o := range d.sends {
		same := o.contact == s.contact && o.messageID != s.messageID && slices.ContainsFunc(o.items, func(it yearItem) bool { return it.domain == d && it.stage == models.StageRecords })
		pause := 3*yearDay - 10*time.Hour
		if r != nil && o.at.After(r.confirmed) {
			pause = 14*yearDay - 10*time.Hour
		}
		if same && s.at.Sub(o.at) < pause {
			y.fail(d, "records goes to %s again after %v", s.address, s.at.Sub(o.at).Round(time.Hour))
		}
	}
}
