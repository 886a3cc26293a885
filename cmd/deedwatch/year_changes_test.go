package main

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

const yearOps = "ops@tidewater.example"

// changes draws what staff and clients change in the portfolio in the course of the year.
func (y *year) changes() {
	some := func(n, latest int, what func()) {
		for range n {
			y.plan(y.begin.Add(time.Hour+time.Duration(y.changeDice.Int64N(int64(latest)*int64(yearDay)))), what)
		}
	}
	some(8, 1, y.setLadder)
	some(6, 340, y.setLadder)
	some(6, 340, y.archive)
	some(6, 340, y.moveClient)
	some(8, 340, y.correctAddress)
	some(14, 345, y.askAccess)
	some(4, 300, y.redeem)
	some(10, 330, func() { y.breakRecords(y.domains[y.changeDice.IntN(len(y.domains))]) })
}

// setLadder gives a client stages of its own, or the agency's again.
func (y *year) setLadder() {
	c := y.clients[y.changeDice.IntN(len(y.clients))]
	var to models.NoticeSettings
	all := []models.Stage{"d60", "d30", "d14", "d7", "d3", "d1", "d0", "p1", "p4", "redemption", "pending_delete"}
	if y.changeDice.IntN(4) > 0 {
		to.Stages = slices.DeleteFunc(slices.Clone(all), func(models.Stage) bool { return y.changeDice.IntN(4) == 0 })
	}
	if y.changeDice.IntN(2) == 0 {
		to.DeputyFrom = new([]int{0, 3, 14, 30}[y.changeDice.IntN(4)])
	}
	y.must(y.store.SetNoticeSettings(y.ctx, c.id, to, yearOps, y.wall()))
	c.stages, c.deputyFrom, c.changed = to.Stages, to.DeputyFrom, y.now
	y.reload(c.id)
	y.noteClient(c, "the client's stages: %v", to.Stages)
}

// uses reports whether a client is written to at a stage of the ladder.
func (c *yearClient) uses(s models.Stage) bool {
	return len(c.stages) == 0 || slices.Contains(c.stages, s)
}

// deputyAt reports whether the deputy is written to as well so many days before an expiry.
func (c *yearClient) deputyAt(days int) bool {
	if c.deputyFrom != nil {
		return days <= *c.deputyFrom
	}
	return days <= 7
}

// near draws a name under watch whose date is near or passed some days ago, which is when a change matters; nil: there is none.
func (y *year) near() *yearDomain {
	var near []*yearDomain
	for _, d := range y.domains {
		if t := d.at(y.now); d.archived.IsZero() && t.exists && t.due != nil && t.due.After(y.now.AddDate(0, 0, -20)) && t.due.Before(y.now.AddDate(0, 0, 35)) {
			near = append(near, d)
		}
	}
	if len(near) == 0 {
		return nil
	}
	return near[y.changeDice.IntN(len(near))]
}

func (y *year) archive() {
	d := y.near()
	if d == nil {
		return
	}
	y.must(y.book.flush(y.ctx, []int64{d.id}))
	y.must(y.store.ArchiveDomain(y.ctx, d.id, yearOps, y.wall()))
	y.must(y.book.load(y.ctx, d.id))
	y.book.order = slices.DeleteFunc(y.book.order, func(id int64) bool { return id == d.id })
	d.archived = y.now
	y.note(d, "archived")
}

// redeem lets a name without a public date lapse.
func (y *year) redeem() {
	d := y.domains[y.changeDice.IntN(len(y.domains))]
	for !d.noDate || !d.archived.IsZero() {
		d = y.domains[y.changeDice.IntN(len(y.domains))]
	}
	if t := d.at(y.now); t.lapsing() || !t.exists {
		return
	}
	for d.last().from.After(y.now) {
		d.truth = d.truth[:len(d.truth)-1]
	}
	d.then(y.now, "in redemption", func(t *yearTruth) { t.statuses = []string{"redemptionPeriod", "pendingDelete"} })
	d.then(y.now.Add(30*yearDay), "pending delete", func(t *yearTruth) { t.statuses = []string{"pendingDelete"} })
	d.then(y.now.Add(35*yearDay), "released", func(t *yearTruth) { t.exists, t.due = false, nil })
	y.note(d, "it lapses")
}

// moveClient gives a name to another client.
func (y *year) moveClient() {
	d, to := y.near(), y.clients[y.changeDice.IntN(len(y.clients))]
	if d == nil || d.client == to {
		return
	}
	y.must(y.book.flush(y.ctx, []int64{d.id}))
	row := models.PortfolioRow{Line: 1, Domain: d.name, Suffix: d.server, Client: to.name, TimeZone: to.zone, Language: to.language}
	_, err := y.store.ImportPortfolio(y.ctx, []models.PortfolioRow{row}, y.wall(), false)
	y.must(err)
	y.must(y.book.load(y.ctx, d.id))
	if got := y.book.rows[d.id].Client.ID; got != to.id {
		y.fail(d, "it was moved to client %d, and is at %d", to.id, got)
		return
	}
	y.note(d, "moved from %s to %s", d.client.name, to.name)
	d.client.domains = slices.DeleteFunc(d.client.domains, func(o *yearDomain) bool { return o == d })
	to.domains = append(to.domains, d)
	d.client, d.changed = to, y.now
}

// correctAddress has staff correct the address of somebody who may be written to, or whose mail comes back.
func (y *year) correctAddress() {
	d := y.near()
	if d == nil {
		return
	}
	p := d.client.contacts[y.changeDice.IntN(len(d.client.contacts))]
	if p.erased || p.off && !p.gone {
		return
	}
	for _, o := range p.client.domains {
		y.must(y.book.flush(y.ctx, []int64{o.id}))
	}
	was := p.email
	p.email = fmt.Sprintf("corrected%d@client%02d.example", len(y.sends), p.id)
	to := p.row()
	to.ID, to.ClientID = p.id, p.client.id
	y.must(y.store.CorrectContact(y.ctx, to, yearOps, y.wall()))
	p.off, p.gone, p.dead, p.client.changed = false, false, time.Time{}, y.now
	y.reload(p.client.id)
	y.noteClient(p.client, "%s is %s from now on", was, p.email)
}

// erase takes out what is personal of a contact; while a message to it is being handed over, staff tries again later.
func (y *year) erase(p *yearContact) {
	if p.erased || p.id == 0 {
		return
	}
	for _, d := range p.client.domains {
		y.must(y.book.flush(y.ctx, []int64{d.id}))
	}
	_, err := y.store.EraseContact(y.ctx, models.Erasure{ContactID: p.id, By: yearOps, Reason: "asked for it", At: y.wall(), Force: y.changeDice.IntN(4) == 0})
	var invalid *models.InvalidError
	switch {
	case errors.Is(err, models.ErrConflict):
		y.plan(y.now.Add(30*time.Minute), func() { y.erase(p) })
		return
	case errors.As(err, &invalid):
		y.noteClient(p.client, "%s is not erased: %v", p.email, err)
		return
	}
	y.must(err)
	p.off, p.gone, p.erased, p.client.changed = true, true, true, y.now
	y.count.erased++
	y.reload(p.client.id)
	y.noteClient(p.client, "%s is erased", p.email)
}

// confirmProposal has staff take somebody whom a contact named for a contact of the client.
func (y *year) confirmProposal(p *yearContact, d *yearDomain, email string) {
	open, err := y.store.Proposals(y.ctx, p.client.id)
	y.must(err)
	i := slices.IndexFunc(open, func(v models.ProposalView) bool { return v.Proposal.ContactID == p.id && v.Proposal.Email == email })
	if i < 0 {
		return
	}
	decision := models.ProposalDecision{ID: open[i].Proposal.ID, Role: models.RoleOwner, By: yearOps, At: y.wall()}
	if y.changeDice.IntN(2) == 0 {
		decision.Former = models.RoleBilling
	}
	for _, o := range p.client.domains {
		y.must(y.book.flush(y.ctx, []int64{o.id}))
	}
	stored, err := y.store.AcceptProposal(y.ctx, decision)
	y.must(err)
	c := p.client
	named := &yearContact{client: c, role: models.RoleOwner, name: stored.Name, email: email, zone: c.zone, language: c.language}
	c.contacts, c.changed = append(c.contacts, named), y.now
	if decision.Former != "" {
		p.role = decision.Former
	}
	y.meet(c, []models.Contact{stored})
	y.reload(c.id)
	y.noteClient(c, "%s, whom %s named for %s, joins as owner", email, p.email, d.name)
}

// optIn has somebody who asked not to be written to think again.
func (y *year) optIn(linkID int64, address string, were []*yearContact) {
	if slices.ContainsFunc(were, func(p *yearContact) bool { return p.gone }) {
		return
	}
	y.must(y.store.OptIn(y.ctx, linkID, y.wall()))
	for _, p := range were {
		p.off, p.client.changed = false, y.now
		y.reload(p.client.id)
		y.noteClient(p.client, "%s may be written to again", address)
	}
}

// yearAccess is a message on access that staff asked for.
type yearAccess struct {
	at     time.Time
	stage  models.Stage
	to     *yearContact
	judged bool
}

// askAccess has staff ask a client for an access, or to look through those that it has delegated.
func (y *year) askAccess() {
	c := y.clients[y.changeDice.IntN(len(y.clients))]
	to := y.firstOf(c)
	if to == nil {
		return
	}
	stage, state := models.StageAccessRequest, models.GrantRequested
	if y.changeDice.IntN(2) == 0 {
		stage, state = models.StageAccessReview, models.GrantVerified
	}
	g, err := y.store.CreateGrant(y.ctx, models.Grant{
		ClientID: c.id, Platform: "google_ads", Asset: fmt.Sprintf("555-%d", len(y.accesses)), Role: "standard", Method: models.MethodManagerAccount,
		HolderKind: models.HolderTeam, Holder: "ads", State: state, StateAt: y.wall(), AskedBy: yearOps, RecordedBy: yearOps, RecordedAt: y.wall(), Version: 1,
	}, models.GrantEvent{At: y.wall(), Actor: yearOps, Action: "recorded", To: state}, models.Entry{At: y.wall(), Kind: "grant_" + string(state), Actor: yearOps, ClientID: &c.id, Body: "{}"})
	y.must(err)
	id := g.ID
	if stage == models.StageAccessReview {
		id = 0
	}
	err = y.store.QueueAccess(y.ctx, stage, c.id, id, models.DayOf(y.wall(), y.zone).Format(time.DateOnly), yearOps, y.wall())
	if errors.Is(err, models.ErrConflict) {
		return // asked today already
	}
	y.must(err)
	y.accesses = append(y.accesses, &yearAccess{at: y.now, stage: stage, to: to})
	y.tell("%s to %s of %s", stage, to.email, c.name)
}

// firstOf gives the first contact of a client who may be written to; nil: there is none.
func (y *year) firstOf(c *yearClient) *yearContact {
	for _, role := range yearRoles {
		for _, p := range c.contacts {
			if p.role == role && !p.off {
				return p
			}
		}
	}
	return nil
}

// checkAccess: what staff asks for goes out within two days of work.
func (y *year) checkAccess() {
	for _, a := range y.accesses {
		if a.judged || a.to.off {
			continue
		}
		if slices.ContainsFunc(y.mailed[a.to.email], func(s *yearSend) bool {
			return s.contact == a.to && s.at.After(a.at) && slices.ContainsFunc(s.items, func(it yearItem) bool { return it.stage == a.stage })
		}) {
			a.judged = true
			y.served[a.stage]++
			continue
		}
		if since := y.uncapped(a.to.email, y.able(a.to.client, nil, a.at)); !since.Add(50 * time.Hour).After(y.now) {
			a.judged = true
			y.fail(nil, "%s of %s to %s: the system could work since %s, and nothing came", a.stage, a.at.In(y.zone).Format(time.DateTime), a.to.email,
				since.In(y.zone).Format(time.DateTime))
		}
	}
}
