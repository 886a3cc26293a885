package main

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/notify"
	"github.com/krestmarketing/deedwatch/store"
)

var errYearDead = errors.New("the process has died")

// yearProc is one process that works: its store calls may be its last, and when two processes run at once they take turns call by call, in an
// order that the seed draws.
type yearProc struct {
	*store.Store
	y       *year
	fuse    int // store calls left before the process dies; below zero: it lives
	after   bool
	dead    bool
	lane    *yearLane
	deliver *notify.Deliverer
	letter  models.Letter // the last that was read, without what was dropped
	send    *yearSend     // the last that the server took from it
	waits   int           // messages put off for a look
}

func (y *year) process() *yearProc {
	p := &yearProc{Store: y.store, y: y, fuse: -1}
	if y.dice.IntN(100) < 3 && y.rough() {
		p.fuse, p.after = y.dice.IntN(60), y.dice.IntN(2) == 0
	}
	d, err := notify.NewDeliverer(notify.Options{
		Store: p, Mailer: p, Renderer: y.renderer, Signer: y.signer, Policy: y.policy, Clock: y.wall, AttemptTimeout: 2 * time.Minute, CrashPause: 5 * time.Minute,
	})
	y.must(err)
	p.deliver = d
	return p
}

// gate stands before every store call.
func (p *yearProc) gate() error {
	if p.lane != nil {
		p.lane.yield()
	}
	if p.dead {
		return errYearDead
	}
	if p.fuse == 0 {
		p.dead = true
		p.y.count.crashes++
		if !p.after {
			return errYearDead
		}
	}
	p.fuse = max(p.fuse-1, -1)
	return nil
}

// gated makes a call, unless the process is dead; one that dies of it does not hear how it ended.
func gated[T any](p *yearProc, call func() (T, error)) (T, error) {
	var none T
	if err := p.gate(); err != nil {
		return none, err
	}
	v, err := call()
	if p.dead {
		return none, errYearDead
	}
	return v, err
}

func gatedErr(p *yearProc, call func() error) error {
	_, err := gated(p, func() (struct{}, error) { return struct{}{}, call() })
	return err
}

// PlanCandidates is the store's.
func (p *yearProc) PlanCandidates(ctx context.Context, q models.PlanQuery, now time.Time) ([]int64, error) {
	return gated(p, func() ([]int64, error) { return p.Store.PlanCandidates(ctx, q, now) })
}

// Owed is the store's.
func (p *yearProc) Owed(ctx context.Context, ids []int64, q models.PlanQuery, now time.Time) ([]models.Owed, error) {
	return gated(p, func() ([]models.Owed, error) { return p.Store.Owed(ctx, ids, q, now) })
}

// QueuePlans is the store's.
func (p *yearProc) QueuePlans(ctx context.Context, plans []models.NoticePlan, now time.Time) (int, error) {
	return gated(p, func() (int, error) { return p.Store.QueuePlans(ctx, plans, now) })
}

type yearCollected struct {
	ids  []int64
	more bool
}

// CollectMails is the store's.
func (p *yearProc) CollectMails(ctx context.Context, c models.Collection) ([]int64, bool, error) {
	got, err := gated(p, func() (yearCollected, error) {
		ids, more, err := p.Store.CollectMails(ctx, c)
		return yearCollected{ids, more}, err
	})
	return got.ids, got.more, err
}

// MailsDue is the store's; what was seen of the names in question is written first.
func (p *yearProc) MailsDue(ctx context.Context, now time.Time, limit int) ([]int64, error) {
	return gated(p, func() ([]int64, error) {
		due, err := p.Store.MailsDue(ctx, now, limit)
		if len(due) > 0 {
			p.y.flushMailed()
		}
		return due, err
	})
}

// ActiveBrake is the store's.
func (p *yearProc) ActiveBrake(ctx context.Context) (*models.Brake, error) {
	return gated(p, func() (*models.Brake, error) { return p.Store.ActiveBrake(ctx) })
}

// Letter is the store's.
func (p *yearProc) Letter(ctx context.Context, mailID int64) (models.Letter, error) {
	l, err := gated(p, func() (models.Letter, error) { return p.Store.Letter(ctx, mailID) })
	p.letter = l
	return l, err
}

// Recheck is the store's, and reaches the rows at hand.
func (p *yearProc) Recheck(ctx context.Context, ids []int64, now time.Time) error {
	return gatedErr(p, func() error {
		for _, id := range ids {
			p.y.book.rows[id].Domain.NextLookAt = now
		}
		return p.Store.Recheck(ctx, ids, now)
	})
}

// PostponeMail is the store's.
func (p *yearProc) PostponeMail(ctx context.Context, mailID int64, until time.Time, reason string, now time.Time) error {
	p.waits++
	p.y.tryAgain(until)
	return gatedErr(p, func() error { return p.Store.PostponeMail(ctx, mailID, until, reason, now) })
}

// DropFromMail is the store's.
func (p *yearProc) DropFromMail(ctx context.Context, mailID int64, changes []models.NoticeChange, lines []models.Entry, now time.Time) (int, error) {
	for _, c := range changes {
		if c.To == models.NoticeQueued {
			p.y.tryAgain(*cmp.Or(c.DueAt, new(p.y.wall())))
		}
	}
	left, err := gated(p, func() (int, error) { return p.Store.DropFromMail(ctx, mailID, changes, lines, now) })
	p.letter.Items = slices.DeleteFunc(slices.Clone(p.letter.Items), func(it models.LetterItem) bool {
		return slices.ContainsFunc(changes, func(c models.NoticeChange) bool { return c.ID == it.Notice.ID })
	})
	return left, err
}

// CreateLinks is the store's.
func (p *yearProc) CreateLinks(ctx context.Context, links ...models.Link) ([]models.Link, error) {
	return gated(p, func() ([]models.Link, error) { return p.Store.CreateLinks(ctx, links...) })
}

// BeginAttempt is the store's.
func (p *yearProc) BeginAttempt(ctx context.Context, m models.Mail, now, retryAt time.Time) error {
	p.y.unsure[m.ID] = true
	return gatedErr(p, func() error { return p.Store.BeginAttempt(ctx, m, now, retryAt) })
}

// RecordAttempt is the store's; findings may come of it.
func (p *yearProc) RecordAttempt(ctx context.Context, rec models.AttemptRecord) error {
	err := gatedErr(p, func() error {
		err := p.Store.RecordAttempt(ctx, rec)
		if rec.Mail.State == models.MailWaiting {
			p.y.tryAgain(rec.Mail.NextAttemptAt)
		}
		if err == nil && rec.Attempt.Outcome == models.DeliverySent {
			p.send.heard = true
		}
		if err == nil && rec.Attempt.Code != 0 {
			delete(p.y.unsure, rec.Attempt.MailID)
		}
		return err
	})
	if rec.Finding != nil && err == nil {
		p.y.reload(p.letter.Client.ID)
	}
	return err
}

// AddLedger is the store's.
func (p *yearProc) AddLedger(ctx context.Context, entries []models.Entry) error {
	return gatedErr(p, func() error { return p.Store.AddLedger(ctx, entries) })
}

// yearSend is a message that the mail server was given.
type yearSend struct {
	at, wall  time.Time
	mailID    int64
	messageID string
	contact   *yearContact
	address   string
	items     []yearItem
	heard     bool // it was written down that the server took it
	returned  bool // it came back for a reason that is not the address
	bounced   bool // it came back because of the address
	hash      string
	token     string        // of its link
	leave     string        // the one of the link to be left alone
	without   []*yearDomain // the client's names that no look had shown lately
}

// yearItem is a notice that a message carried.
type yearItem struct {
	domain   *yearDomain
	noticeID int64
	cycleID  int64
	cycle    int // by the truth
	stage    models.Stage
	episode  string
	grantID  int64
	due      *time.Time // the date that counts
	since    time.Time  // of a hold and a transfer: when it began
	unsure   bool       // it says that the registry shows a renewal which nobody confirmed
}

// Send is the mail server.
func (p *yearProc) Send(_ context.Context, m notify.Message) notify.Result {
	y := p.y
	if p.lane != nil {
		p.lane.yield()
	}
	y.now = y.now.Add(time.Duration(100+y.mailDice.IntN(900)) * time.Millisecond)
	temporary := func(reply string) notify.Result {
		p.waits, y.again = p.waits+1, true
		return notify.Result{Outcome: models.DeliveryTemporary, Code: 451, Enhanced: "4.3.0", Reply: reply}
	}
	for _, s := range y.smtpDown {
		if !s.holds(y.now) {
			continue
		}
		switch s.what {
		case "hang":
			y.now = y.now.Add(2 * time.Minute)
			return notify.Result{Outcome: models.DeliveryTemporary, Reply: "no answer in time"}
		case "rejects":
			return notify.Result{Outcome: models.DeliveryRejected, Code: 535, Enhanced: "5.7.8", Reply: "authentication failed"}
		}
		return temporary("service not available")
	}
	c := y.persons[p.letter.Contact.ID]
	if dead := y.deadFrom(m.To.Address); !dead.IsZero() && !y.now.Before(dead) && c != nil {
		if y.mailDice.IntN(100) < 60 { // the others are taken, and come back later
			y.gone(m.To.Address, "is refused with 550", c)
			return notify.Result{Outcome: models.DeliveryPermanent, Code: 550, Enhanced: "5.1.1", Reply: "no such user"}
		}
	}
	roll := y.mailDice.IntN(1000)
	if !y.rough() {
		roll = 999
	}
	if roll < 40 {
		return temporary("try again later")
	}
	s := y.accept(p, m)
	p.send = s
	switch {
	case roll < 50:
		y.noteAll(s, "the server took it, and its answer was lost")
		y.again = true
		return notify.Result{Outcome: models.DeliveryTemporary, Reply: "connection lost after the last dot"}
	case roll < 57:
		p.dead = true
		y.count.crashes++
		y.noteAll(s, "the server took it, and the process died")
	}
	return notify.Result{Outcome: models.DeliverySent, Code: 250, Enhanced: "2.0.0", Reply: "2.0.0 Ok: queued as " + strings.ToUpper(hex.EncodeToString([]byte(m.MessageID[:6])))}
}

// yearToken is the secret part of a client's address, which is not kept.
var yearToken = regexp.MustCompile(`/c/[A-Za-z0-9_-]+`)

// accept keeps a message that the server took, after it was held against the rules.
func (y *year) accept(p *yearProc, m notify.Message) *yearSend {
	sum := sha256.Sum256([]byte(yearToken.ReplaceAllString(m.Text, "/c/{link}")))
	s := &yearSend{
		at: y.now, wall: y.wall(), mailID: p.letter.Mail.ID, messageID: m.MessageID, contact: y.persons[p.letter.Contact.ID], address: m.To.Address,
		hash: hex.EncodeToString(sum[:]), token: strings.TrimPrefix(yearToken.FindString(m.Text), "/c/"),
		leave: m.Unsubscribe[strings.LastIndex(m.Unsubscribe, "/")+1:],
	}
	for _, d := range s.contact.client.domains {
		if s.at.Sub(d.seenAt) > y.policy.MaxObservationAge {
			s.without = append(s.without, d)
		}
	}
	for i := range p.letter.Items {
		it := &p.letter.Items[i]
		if it.Notice.State != models.NoticeMailed {
			continue
		}
		d := y.byID[it.Domain.ID]
		item := yearItem{domain: d, noticeID: it.Notice.ID, cycleID: it.Notice.CycleID, stage: it.Notice.Stage, episode: it.Notice.Episode, grantID: it.Notice.GrantID}
		if d != nil {
			item.cycle, item.due, item.unsure = d.seen.cycle, d.seen.due, it.Domain.Unconfirmed
			if d.noDate {
				item.due = d.at(y.now).due
			}
			if it.Notice.Stage == models.StageHold && d.seen.held() || it.Notice.Stage == models.StageTransfer && d.seen.moving() {
				item.since = d.seen.from
			}
		}
		s.items = append(s.items, item)
	}
	y.judgeSend(s, m.Text)
	y.sends = append(y.sends, s)
	y.mailed[s.address] = append(y.mailed[s.address], s)
	for i, it := range s.items {
		if it.domain != nil && !slices.ContainsFunc(s.items[:i], func(o yearItem) bool { return o.domain == it.domain }) {
			it.domain.sends = append(it.domain.sends, s)
		}
	}
	y.react(s)
	return s
}

// yearLane is one of two processes that take turns.
type yearLane struct {
	onward chan struct{}
	back   chan bool
}

func (l *yearLane) yield() {
	l.back <- false
	<-l.onward
}

// together runs two processes at once, one store call after the other in a drawn order.
func (y *year) together() {
	lanes := make([]*yearLane, 2)
	for i := range lanes {
		l := &yearLane{make(chan struct{}), make(chan bool)}
		lanes[i] = l
		p := y.process()
		p.lane = l
		go func() {
			<-l.onward
			y.notices(p)
			l.back <- true
		}()
	}
	for len(lanes) > 0 {
		i := y.mailDice.IntN(len(lanes))
		lanes[i].onward <- struct{}{}
		if <-lanes[i].back {
			lanes = slices.Delete(lanes, i, i+1)
		}
	}
}
