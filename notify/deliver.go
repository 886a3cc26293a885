package notify

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/mail"
	"slices"
	"strings"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

// Store is what planning and delivering need of the store.
type Store interface {
	PlanCandidates(ctx context.Context, q models.PlanQuery, now time.Time) (domainIDs []int64, err error)
	Owed(ctx context.Context, domainIDs []int64, q models.PlanQuery, now time.Time) ([]models.Owed, error)
	QueuePlans(ctx context.Context, plans []models.NoticePlan, now time.Time) (added int, err error)
	CollectMails(ctx context.Context, c models.Collection) (mailIDs []int64, more bool, err error)
	MailsDue(ctx context.Context, now time.Time, limit int) ([]int64, error)
	ActiveBrake(ctx context.Context) (*models.Brake, error)
	Letter(ctx context.Context, mailID int64) (models.Letter, error)
	Recheck(ctx context.Context, domainIDs []int64, now time.Time) error
	PostponeMail(ctx context.Context, mailID int64, until time.Time, reason string, now time.Time) error
	DropFromMail(ctx context.Context, mailID int64, changes []models.NoticeChange, lines []models.Entry, now time.Time) (left int, err error)
	CreateLinks(ctx context.Context, links ...models.Link) ([]models.Link, error)
	BeginAttempt(ctx context.Context, m models.Mail, now, retryAt time.Time) error
	RecordAttempt(ctx context.Context, rec models.AttemptRecord) error
}

// Options are what a Deliverer is made of. All are needed but the last four.
type Options struct {
	Store    Store
	Mailer   Mailer
	Renderer *Renderer
	Signer   *Signer
	Policy   Policy
	Clock    func() time.Time

	Logger         *slog.Logger  // nil: discards
	AttemptTimeout time.Duration // for one attempt, connection included; zero: 2 minutes
	CrashPause     time.Duration // beyond AttemptTimeout, before a message whose worker died is tried again; zero: 5 minutes
	LinkLife       time.Duration // how long a link stays valid after the later of today and the expiry; zero: 120 days
}

// Deliverer plans what is owed, collects it into messages and hands them over. It holds no state between calls and is safe for concurrent
// use: the rows say what is to be done.
type Deliverer struct {
	Options
}

// NewDeliverer checks the options.
func NewDeliverer(o Options) (*Deliverer, error) {
	if o.Store == nil || o.Mailer == nil || o.Renderer == nil || o.Signer == nil || o.Clock == nil {
		return nil, errors.New("notify: a deliverer needs a store, a mailer, a renderer, a signer and a clock")
	}
	if err := o.Policy.Validate(); err != nil {
		return nil, err
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.AttemptTimeout <= 0 {
		o.AttemptTimeout = 2 * time.Minute
	}
	if o.CrashPause <= 0 {
		o.CrashPause = 5 * time.Minute
	}
	if o.LinkLife <= 0 {
		o.LinkLife = 120 * 24 * time.Hour
	}
	return &Deliverer{Options: o}, nil
}

// Deliver handles one message: it reads the rows again, sees to the look right before sending, and hands the message over. What happens
// to the message is written in its rows; an error says that they could not be read or written, and the message is found again by the next
// sweep. Calling it for a message that is not due, or not on its way any more, or outside the sending window, does nothing.
func (d *Deliverer) Deliver(ctx context.Context, mailID int64) error {
	now := d.Clock()
	if !d.Policy.InWindow(now) { // the job waited; the sweep finds the message again in the morning
		return nil
	}
	if on, err := d.braked(ctx); on || err != nil {
		return err
	}
	l, err := d.Store.Letter(ctx, mailID)
	if err != nil {
		return fmt.Errorf("deliver mail %d: %w", mailID, err)
	}
	if l.Mail.State != models.MailWaiting && l.Mail.State != models.MailSending || l.Mail.NextAttemptAt.After(now) {
		return nil
	}
	ready, err := d.review(ctx, &l, now)
	if err == nil && ready {
		err = d.send(ctx, &l, now)
	}
	if err != nil {
		return fmt.Errorf("deliver mail %d: %w", mailID, err)
	}
	return nil
}

// review applies the look right before sending, and reports whether something is left to say now.
func (d *Deliverer) review(ctx context.Context, l *models.Letter, now time.Time) (ready bool, err error) {
	r := ReviewLetter(l, d.Policy, now)
	if r.Wait {
		if len(r.Recheck) > 0 {
			if err := d.Store.Recheck(ctx, r.Recheck, now); err != nil {
				return false, err
			}
		}
		err := d.Store.PostponeMail(ctx, l.Mail.ID, later(now.Add(time.Minute), r.Until), ReasonNoFreshLook, now)
		if errors.Is(err, models.ErrConflict) {
			err = nil // settled by somebody else
		}
		return false, err
	}
	if len(r.Drop) == 0 && len(r.Keep) > 0 {
		return true, nil
	}
	left, err := d.Store.DropFromMail(ctx, l.Mail.ID, r.Drop, dropEntries(l, r.Drop, now), now)
	if errors.Is(err, models.ErrConflict) {
		return false, nil // settled by somebody else
	}
	if err != nil {
		return false, err
	}
	d.Logger.InfoContext(ctx, "notices taken out before sending", "mail", l.Mail.ID, "dropped", len(r.Drop), "left", left)
	l.Items = r.Keep
	return left > 0 && len(r.Keep) > 0, nil
}

func dropEntries(l *models.Letter, drops []models.NoticeChange, now time.Time) []models.Entry {
	entries := make([]models.Entry, 0, len(drops))
	for _, c := range drops {
		i := slices.IndexFunc(l.Items, func(it models.LetterItem) bool { return it.Notice.ID == c.ID })
		n := l.Items[i].Notice
		n.State, n.Reason = c.To, c.Reason
		if c.DueAt != nil {
			n.DueAt = *c.DueAt
		}
		entries = append(entries, noticeEntry(&n, l.Items[i].Domain.Name, now))
	}
	return entries
}

// send words the message, commits that it is being handed over and in which words, hands it over, and records how that ended. A process that
// dies in between leaves the message in the state sending: it is handed over again later, under the same Message-ID.
func (d *Deliverer) send(ctx context.Context, l *models.Letter, now time.Time) error {
	for i := range l.Items {
		l.Items[i].Notice.Reason = saidWhy(&l.Items[i], d.Policy, now)
	}
	msg, err := d.word(ctx, l, now)
	if err != nil {
		d.Logger.ErrorContext(ctx, "a notice could not be worded", "mail", l.Mail.ID, "err", err)
		return errors.Join(err, d.Store.PostponeMail(ctx, l.Mail.ID, now.Add(time.Hour), ReasonUnrendered, now))
	}
	// now is when the rows were read: the pause has room for all that is done beside the attempt, so that no second worker begins before
	// this one has surely ended.
	retryAt := now.Add(d.AttemptTimeout + d.CrashPause)
	// The words are kept by whoever has the message: those of a worker that comes too late must not take the place of what is being said.
	err = d.Store.BeginAttempt(ctx, l.Mail, now, retryAt)
	if errors.Is(err, models.ErrConflict) {
		return nil // another worker has it, or has settled it
	}
	if err != nil {
		return err
	}
	sending, cancel := context.WithTimeout(ctx, d.AttemptTimeout)
	res := d.Mailer.Send(sending, msg)
	cancel()
	rec := settle(l, res, now, d.Clock())
	d.log(ctx, l, &rec)
	// What the server said is recorded even when the process is being stopped.
	recording, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	defer cancel()
	return d.Store.RecordAttempt(recording, rec)
}

func (d *Deliverer) log(ctx context.Context, l *models.Letter, rec *models.AttemptRecord) {
	level, text := slog.LevelInfo, "notice handed over"
	switch rec.Attempt.Outcome {
	case models.DeliveryTemporary:
		level, text = slog.LevelWarn, "notice not handed over, it is tried again"
	case models.DeliveryPermanent:
		level, text = slog.LevelWarn, "address refused for good"
	case models.DeliveryRejected:
		level, text = slog.LevelError, "the mail server refuses us, not the recipient: check the login, the sender address and the mail settings"
	case models.DeliverySent:
	}
	d.Logger.Log(ctx, level, text, "mail", l.Mail.ID, "contact", l.Contact.ID, "code", rec.Attempt.Code, "reply", rec.Attempt.Reply,
		"attempt", rec.Mail.Attempts)
}

// TokenShown stands in the words that are kept where the message had the token of its link: a row, and a proof that is printed, must not let
// anybody answer.
const TokenShown = "{link}"

// word makes the links and renders the message. What is kept of its words lacks the link's token.
func (d *Deliverer) word(ctx context.Context, l *models.Letter, now time.Time) (Message, error) {
	answer, unsubscribe, err := d.links(ctx, l, now)
	if err != nil {
		return Message{}, err
	}
	agency := d.Renderer.Agency()
	r, err := d.Renderer.Render(l, agency.LinkURL(answer), d.Policy, now)
	if err != nil {
		return Message{}, err
	}
	kept := strings.ReplaceAll(r.Text, answer, TokenShown)
	sum := sha256.Sum256([]byte(kept))
	l.Mail.Subject, l.Mail.Text, l.Mail.TextHash = r.Subject, kept, hex.EncodeToString(sum[:])
	l.Mail.References = references(l.Items, l.Mail.MessageID)
	return Message{
		MessageID: l.Mail.MessageID, References: l.Mail.References,
		From:    mail.Address{Name: clean(agency.FromName, 80), Address: agency.FromAddress},
		To:      mail.Address{Name: clean(l.Contact.Name, 80), Address: l.Mail.Recipient},
		ReplyTo: agency.ReplyTo, Subject: r.Subject, Text: r.Text, HTML: r.HTML, ICS: r.ICS, Date: now,
		ListID: agency.ListID(), Unsubscribe: agency.UnsubscribeURL(unsubscribe),
	}, nil
}

// links gives the tokens of the message's two links: to answer, and to be left alone.
func (d *Deliverer) links(ctx context.Context, l *models.Letter, now time.Time) (answer, unsubscribe string, err error) {
	expires := now
	for i := range l.Items {
		if at := l.Items[i].Domain.ExpiresAt; at != nil {
			expires = later(expires, *at)
		}
	}
	link := models.Link{
		Purpose: models.LinkAnswer, ContactID: l.Contact.ID, MailID: &l.Mail.ID, ExpiresAt: expires.Add(d.LinkLife).UTC().Truncate(time.Second), CreatedAt: now,
	}
	leave := link
	leave.Purpose = models.LinkUnsubscribe
	made, err := d.Store.CreateLinks(ctx, link, leave)
	if err != nil {
		return "", "", err
	}
	return d.Signer.Token(made[0]), d.Signer.Token(made[1]), nil
}

// references gives the roots of the threads that a message goes on with.
func references(items []models.LetterItem, own string) string {
	const most = 10
	var roots []string
	for i := range items {
		if root := items[i].ThreadRoot; root != "" && root != own && len(roots) < most && !slices.Contains(roots, root) {
			roots = append(roots, root)
		}
	}
	return strings.Join(roots, " ")
}
