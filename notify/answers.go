package notify

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

// AnswerStore is what recording an answer needs of the store.
type AnswerStore interface {
	LinkByID(ctx context.Context, id int64) (models.Link, error)
	Portal(ctx context.Context, linkID int64, now time.Time, loc *time.Location) (models.PortalView, error)
	NoticesOf(ctx context.Context, domainID int64) ([]models.NoticeView, error)
	RecordAnswer(ctx context.Context, r models.AnswerRecord) (models.Answer, error)
	WithdrawAnswer(ctx context.Context, answerID, byContact int64, now time.Time) error
	AttestExpiry(ctx context.Context, a models.Attested) error
}

// Answers records what clients say through their signed links. It is safe for concurrent use.
type Answers struct {
	store  AnswerStore
	policy Policy
}

// NewAnswers gives the recorder of answers.
func NewAnswers(store AnswerStore, policy Policy) *Answers {
	return &Answers{store: store, policy: policy}
}

// doubleTap is how long the same answer again counts as the first one.
const doubleTap = 10 * time.Minute

// Record stores what the holder of a link says about one of its client's domains, and rests or cancels reminders accordingly. That the name
// was renewed has its registration looked at as soon as possible; whom a wrong person names becomes a proposal for staff, and is written to
// by nobody before. The same answer while the first one still rests the reminders, or within ten minutes, gives the first one back;
// "renewed" is new when the registry shows a renewal that nobody has confirmed yet.
//
// The error wraps ErrLinkExpired or ErrLinkInvalid for a link that is over or was revoked, models.ErrNotFound for a domain that is not the
// client's, models.ErrConflict when nothing is asked about the domain any more or the link was made before what is asked now, and
// *models.InvalidError, by the field of the reply, for an answer that makes no sense.
func (a *Answers) Record(ctx context.Context, linkID int64, reply models.Reply, now time.Time) (answer models.Answer, err error) {
	for range mostTaps {
		answer, err = a.recordOnce(ctx, linkID, reply, now)
		if !errors.Is(err, models.ErrConflict) {
			break
		}
	}
	return answer, err
}

// mostTaps is how often an answer is looked at anew because another one came at the same moment.
const mostTaps = 5

// recordOnce is Record, with models.ErrConflict also when another answer was recorded meanwhile.
func (a *Answers) recordOnce(ctx context.Context, linkID int64, reply models.Reply, now time.Time) (models.Answer, error) {
	view, domain, err := a.asked(ctx, linkID, reply.Domain, now)
	if err != nil {
		return models.Answer{}, fmt.Errorf("record an answer: %w", err)
	}
	answer := models.Answer{
		DomainID: domain.Domain.ID, CycleID: domain.Cycle.ID, ContactID: view.Contact.ID, LinkID: &view.Link.ID,
		Kind: reply.Kind, At: now, By: contactName(&view.Contact),
	}
	if reply.Kind == models.AnswerWillRenew {
		answer.RenewOn = reply.RenewOn
	}
	if err := a.check(&answer, &domain.Domain, now); err != nil {
		return models.Answer{}, err
	}
	proposal, err := proposed(&answer, reply.Instead, view.Client.ID)
	if err != nil {
		return models.Answer{}, err
	}
	if proposal != nil && slices.ContainsFunc(view.Named, func(p models.Proposal) bool { return sameProposal(&p, proposal) }) {
		proposal = nil
	}
	if proposal == nil && a.repeats(&answer, domain, now) {
		return *domain.Answer, nil
	}
	return a.record(ctx, answer, proposal, domain, &view)
}

// Withdraw takes the answer in force about a domain back, whoever of the client's contacts gave it, and gives the domain's ID. Nothing
// happens when there is none. The errors are those of Record.
func (a *Answers) Withdraw(ctx context.Context, linkID int64, domainName string, now time.Time) (domainID int64, err error) {
	view, domain, err := a.asked(ctx, linkID, domainName, now)
	if err != nil {
		return 0, fmt.Errorf("withdraw an answer: %w", err)
	}
	if domain.Answer == nil {
		return domain.Domain.ID, nil
	}
	if err := a.store.WithdrawAnswer(ctx, domain.Answer.ID, view.Contact.ID, now); err != nil {
		return 0, fmt.Errorf("withdraw an answer: %w", err)
	}
	return domain.Domain.ID, nil
}

func contactName(c *models.Contact) string { return cmp.Or(c.Name, c.Email) }

// asked gives what the holder of a link may see, and the domain that is answered about.
func (a *Answers) asked(ctx context.Context, linkID int64, domainName string, now time.Time) (models.PortalView, *models.PortalDomain, error) {
	view, err := a.view(ctx, linkID, now)
	if err != nil {
		return view, nil, err
	}
	domain, err := askedAbout(&view, domainName)
	return view, domain, err
}

func (a *Answers) view(ctx context.Context, linkID int64, now time.Time) (models.PortalView, error) {
	link, err := a.store.LinkByID(ctx, linkID)
	if err != nil {
		return models.PortalView{}, err
	}
	if link.RevokedAt != nil {
		return models.PortalView{}, ErrLinkInvalid
	}
	if !now.Before(link.ExpiresAt) {
		return models.PortalView{}, ErrLinkExpired
	}
	return a.store.Portal(ctx, linkID, now, a.policy.Office.Location())
}

func askedAbout(view *models.PortalView, name string) (*models.PortalDomain, error) {
	d, err := domainOf(view, name)
	switch {
	case err != nil:
		return nil, err
	case d.Cycle == nil || d.Cycle.ClosedAt != nil || d.Domain.ArchivedAt != nil:
		return nil, fmt.Errorf("nothing is asked about this domain any more: %w", models.ErrConflict)
	case !view.Link.Covers(d.Cycle):
		return nil, fmt.Errorf("the link was made before what is asked now: %w", models.ErrConflict)
	}
	return d, nil
}

func domainOf(view *models.PortalView, name string) (*models.PortalDomain, error) {
	for i := range view.Domains {
		if d := &view.Domains[i]; d.Domain.Name == name {
			return d, nil
		}
	}
	return nil, fmt.Errorf("no such domain behind this link: %w", models.ErrNotFound)
}

// check refuses answers that make no sense. A day for the renewal lies between today and the last day on which renewing is normal.
func (a *Answers) check(answer *models.Answer, d *models.Domain, now time.Time) error {
	if !answer.Kind.Valid() {
		return models.Invalid("answer", "choose one of the answers on the page")
	}
	if answer.Kind != models.AnswerWillRenew {
		return nil
	}
	if answer.RenewOn == nil {
		return models.Invalid("renew_on", "give the day on which you will renew")
	}
	loc := a.policy.Office.Location()
	day, today := models.DayOf(*answer.RenewOn, time.UTC), models.DayOf(now, loc)
	// A reader west of the agency may still have yesterday.
	if day.Before(today.AddDate(0, 0, -1)) {
		return models.Invalid("renew_on", "give a day that is not in the past")
	}
	last := today.AddDate(0, 0, 30)
	if d.ExpiresAt != nil {
		last = ExpiryDay(*d.ExpiresAt, loc)
	}
	if d.LastSafeDay != nil {
		last = later(last, ExpiryDay(*d.LastSafeDay, loc))
	}
	if last = later(last, today.AddDate(0, 0, 1)); day.After(last) {
		return models.Invalid("renew_on", "give a day up to %s, the last one on which you can renew as usual", last.Format("2 January 2006"))
	}
	answer.RenewOn = &day
	return nil
}

// repeats reports whether the answer says what the one in force says already.
func (a *Answers) repeats(answer *models.Answer, d *models.PortalDomain, now time.Time) bool {
	old := d.Answer
	if old == nil || old.Withdrawn != nil || old.CycleID != answer.CycleID || old.ContactID != answer.ContactID || old.Kind != answer.Kind {
		return false
	}
	if (old.RenewOn == nil) != (answer.RenewOn == nil) || old.RenewOn != nil && !old.RenewOn.Equal(*answer.RenewOn) {
		return false
	}
	if old.Kind == models.AnswerWrongPerson || now.Sub(old.At) < doubleTap {
		return true
	}
	if old.Kind == models.AnswerRenewed && d.Domain.Unconfirmed {
		return false // it was said before the registry showed a renewal, and did not confirm it
	}
	quiet, _ := Quiet(old, &d.Domain, a.policy, now)
	return quiet
}

func (a *Answers) record(
	ctx context.Context, answer models.Answer, proposal *models.Proposal, d *models.PortalDomain, view *models.PortalView,
) (models.Answer, error) {
	views, err := a.store.NoticesOf(ctx, answer.DomainID)
	if err != nil {
		return models.Answer{}, fmt.Errorf("record an answer: %w", err)
	}
	expires := d.Cycle.ExpiresAt
	if d.Domain.ExpiresAt != nil {
		expires = *d.Domain.ExpiresAt
	}
	r := models.AnswerRecord{Answer: answer, Look: answer.Kind == models.AnswerRenewed, Proposal: proposal, InForce: new(int64)}
	if d.Answer != nil {
		*r.InForce = d.Answer.ID
	}
	var until time.Time
	if until, r.QuietReason = QuietUntil(&answer, expires, a.policy); until.After(answer.At) {
		r.QuietUntil = &until
	}
	r.Changes = a.cancelled(&answer, views, r.QuietUntil != nil)
	if answer.Kind == models.AnswerWrongPerson {
		r.Finding = wrongPersonFinding(&d.Domain, &view.Contact, answer.At)
	}
	r.Ledger = answerEntries(&r, &d.Domain, view)
	recorded, err := a.store.RecordAnswer(ctx, r)
	if errors.Is(err, models.ErrNotFound) {
		err = fmt.Errorf("%w: %w", ErrLinkInvalid, err)
	}
	if err != nil {
		return models.Answer{}, fmt.Errorf("record an answer: %w", err)
	}
	return recorded, nil
}

// answerEntries gives the ledger's lines on an answer.
func answerEntries(r *models.AnswerRecord, d *models.Domain, view *models.PortalView) []models.Entry {
	a, actor := &r.Answer, actorOf(&view.Contact)
	entries := []models.Entry{entry(a.At, "answer", actor, view.Client.ID, a.DomainID, struct {
		Domain     string     `json:"domain"`
		CycleID    int64      `json:"cycle_id"`
		Kind       string     `json:"kind"`
		RenewOn    *time.Time `json:"renew_on,omitempty"`
		By         string     `json:"by"`
		LinkID     int64      `json:"link_id"`
		QuietUntil *time.Time `json:"quiet_until,omitempty"`
	}{d.Name, a.CycleID, string(a.Kind), a.RenewOn, a.By, view.Link.ID, r.QuietUntil})}
	if p := r.Proposal; p != nil {
		entries = append(entries, entry(a.At, "contact_proposed", actor, view.Client.ID, a.DomainID, struct {
			Domain string `json:"domain"`
			Name   string `json:"name"`
			Email  string `json:"email"`
			Phone  string `json:"phone"`
			LinkID int64  `json:"link_id"`
		}{d.Name, p.Name, p.Email, p.Phone, view.Link.ID}))
	}
	return entries
}

// actorOf names a contact in the ledger.
func actorOf(c *models.Contact) string { return fmt.Sprintf("contact:%d", c.ID) }

// cancelled gives what the answer takes back at once: all that was not sent while reminders rest, and what waits for somebody who is the
// wrong person. What Plan would cancel later must not go out in between. The tasks for ops end with any answer.
func (a *Answers) cancelled(answer *models.Answer, views []models.NoticeView, quiet bool) []models.NoticeChange {
	var changes []models.NoticeChange
	for i := range views {
		n := &views[i].Notice
		if n.CycleID != answer.CycleID || !unsent(n) {
			continue
		}
		_, ladder := a.policy.rankOf(n.Stage)
		theirs := n.ContactID != nil && *n.ContactID == answer.ContactID && n.Channel == models.ChannelEmail
		if isFollowUp(n) || ladder && quiet || theirs && answer.Kind == models.AnswerWrongPerson {
			changes = append(changes, models.NoticeChange{
				ID: n.ID, From: n.State, To: models.NoticeCancelled, Reason: ReasonAnswered + ":" + string(answer.Kind),
			})
		}
	}
	return changes
}
