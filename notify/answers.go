package notify

import (
	"context"
	"fmt"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

// AnswerStore is what recording an answer needs of the store.
type AnswerStore interface {
	LinkByID(ctx context.Context, id int64) (models.Link, error)
	Portal(ctx context.Context, linkID int64, now time.Time, loc *time.Location) (models.PortalView, error)
	NoticesOf(ctx context.Context, domainID int64) ([]models.NoticeView, error)
	RecordAnswer(ctx context.Context, a models.Answer, quietUntil *time.Time, quietReason string, changes []models.NoticeChange,
		finding *models.FindingChange, ledger []models.Entry) (models.Answer, error)
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

// Record stores what the holder of a link says about one of its client's domains, and rests or cancels reminders accordingly. renewOn is a
// calendar day (midnight UTC) and needed with will_renew only. The same answer while the first one still rests the reminders, or within
// ten minutes, gives the first one back.
//
// The error wraps ErrLinkExpired or ErrLinkInvalid for a link that is over or was revoked, models.ErrNotFound for a domain that is not the
// client's, models.ErrConflict when nothing is asked about the domain any more, and *models.InvalidError for an answer that makes no sense.
func (a *Answers) Record(
	ctx context.Context, linkID int64, domainName string, kind models.AnswerKind, renewOn *time.Time, now time.Time,
) (models.Answer, error) {
	view, err := a.view(ctx, linkID, now)
	if err != nil {
		return models.Answer{}, fmt.Errorf("record an answer: %w", err)
	}
	domain, err := askedAbout(&view, domainName)
	if err != nil {
		return models.Answer{}, fmt.Errorf("record an answer: %w", err)
	}
	answer := models.Answer{
		DomainID: domain.Domain.ID, CycleID: domain.Cycle.ID, ContactID: view.Contact.ID, LinkID: &view.Link.ID,
		Kind: kind, At: now, By: view.Contact.Name,
	}
	if answer.By == "" {
		answer.By = view.Contact.Email
	}
	if kind == models.AnswerWillRenew {
		answer.RenewOn = renewOn
	}
	if err := a.check(&answer, &domain.Domain, now); err != nil {
		return models.Answer{}, err
	}
	if a.repeats(&answer, domain, now) {
		return *domain.Answer, nil
	}
	return a.record(ctx, answer, domain, &view)
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
	for i := range view.Domains {
		d := &view.Domains[i]
		if d.Domain.Name != name {
			continue
		}
		if d.Cycle == nil || d.Cycle.ClosedAt != nil || d.Domain.ArchivedAt != nil {
			return nil, fmt.Errorf("nothing is asked about this domain any more: %w", models.ErrConflict)
		}
		return d, nil
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
	quiet, _ := Quiet(old, &d.Domain, a.policy, now)
	return quiet
}

func (a *Answers) record(ctx context.Context, answer models.Answer, d *models.PortalDomain, view *models.PortalView) (models.Answer, error) {
	views, err := a.store.NoticesOf(ctx, answer.DomainID)
	if err != nil {
		return models.Answer{}, fmt.Errorf("record an answer: %w", err)
	}
	expires := d.Cycle.ExpiresAt
	if d.Domain.ExpiresAt != nil {
		expires = *d.Domain.ExpiresAt
	}
	var quietUntil *time.Time
	until, reason := QuietUntil(&answer, expires, a.policy)
	if until.After(answer.At) {
		quietUntil = &until
	}
	changes := a.cancelled(&answer, views, quietUntil != nil)
	actor := fmt.Sprintf("contact:%d", answer.ContactID)
	ledger := []models.Entry{entry(answer.At, "answer", actor, view.Client.ID, answer.DomainID, struct {
		Domain     string     `json:"domain"`
		CycleID    int64      `json:"cycle_id"`
		Kind       string     `json:"kind"`
		RenewOn    *time.Time `json:"renew_on,omitempty"`
		By         string     `json:"by"`
		LinkID     int64      `json:"link_id"`
		QuietUntil *time.Time `json:"quiet_until,omitempty"`
	}{d.Domain.Name, answer.CycleID, string(answer.Kind), answer.RenewOn, answer.By, view.Link.ID, quietUntil})}
	var finding *models.FindingChange
	if answer.Kind == models.AnswerWrongPerson {
		finding = wrongPersonFinding(&d.Domain, &view.Contact, answer.At)
	}
	recorded, err := a.store.RecordAnswer(ctx, answer, quietUntil, reason, changes, finding, ledger)
	if err != nil {
		return models.Answer{}, fmt.Errorf("record an answer: %w", err)
	}
	return recorded, nil
}

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
