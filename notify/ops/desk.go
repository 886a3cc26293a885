package ops

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/mail"
	"strings"
	"time"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/notify"
)

// Outbox keeps what is to be told and what became of it.
type Outbox interface {
	// Tell hands what happened since the last time to spread and stores what it makes of it, in one transaction.
	Tell(ctx context.Context, now time.Time, limit int, spread func(models.Untold) ([]models.Dispatch, error)) (made int, more bool, err error)
	// AddDispatches stores dispatches; one whose event was made for the target before is left alone.
	AddDispatches(ctx context.Context, rows []models.Dispatch, now time.Time) error
	MissingDispatches(ctx context.Context, eventID string, targets []string) ([]string, error)
	DispatchTargets(ctx context.Context, now time.Time) ([]string, error)
	// ClaimDispatches takes what is due, so that nobody else gets it before until.
	ClaimDispatches(ctx context.Context, target string, now, until time.Time, limit int) ([]models.Dispatch, error)
	RecordDispatches(ctx context.Context, results []models.DispatchResult, now time.Time) error
	SentTimes(ctx context.Context, target string, since time.Time) ([]time.Time, error)
	SwitchTarget(ctx context.Context, t models.DispatchTarget, now time.Time) error
	TargetsOff(ctx context.Context) ([]models.DispatchTarget, error)
}

// Watch says how everything stands.
type Watch interface {
	Today(ctx context.Context, now time.Time, loc *time.Location) (models.TodayView, error)
	Sweeps(ctx context.Context) ([]models.Sweep, error)
	// ClaimBeat is true for one process of any number, and only when the last heartbeat is before an instant.
	ClaimBeat(ctx context.Context, before, now time.Time) (bool, error)
	LastBeat(ctx context.Context) (time.Time, error)
}

// Store is what a Desk asks and tells.
type Store interface {
	Outbox
	Watch
}

// Options is what a Desk is made of. Store, HTTP and Clock are required; Mailer too, when there is a digest.
type Options struct {
	Store  Store
	HTTP   *http.Client // refuses what must not be reached; redirects are not followed whatever it says
	Mailer notify.Mailer
	Clock  func() time.Time
	Logger *slog.Logger

	Webhooks  []Webhook
	Chat      func() string // address of the chat's incoming webhook, a secret; nil: none
	Heartbeat func() string // address that is asked for after each good round, a secret; nil: none

	DigestTo []string // addresses; none: no digest is sent
	DigestAt models.ClockTime
	Office   models.Office
	Agency   notify.Agency

	Timeout time.Duration // of one request; zero: 15 s
	// Late is how long a recurring task may go without a good end before it counts as stopped. Zero: 30 minutes.
	Late time.Duration
	// Round is how long ago the tasks of a good round may have ended. Zero: 5 minutes.
	Round time.Duration
}

// Desk tells the agency's own people and programs. It is safe for concurrent use, also of several processes on one database.
type Desk struct {
	o       Options
	sender  sender
	started time.Time
}

// New checks the options.
func New(o Options) (*Desk, error) {
	if o.Store == nil || o.HTTP == nil || o.Clock == nil || len(o.DigestTo) > 0 && o.Mailer == nil {
		return nil, errors.New("ops: Store, HTTP and Clock are required, and a Mailer for the digest")
	}
	for _, w := range o.Webhooks {
		if err := w.checked(); err != nil {
			return nil, err
		}
	}
	for _, to := range o.DigestTo {
		if a, err := mail.ParseAddress(to); err != nil || a.Address != to {
			return nil, models.Invalid("digest", "give plain addresses such as ops@agency.example")
		}
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Late <= 0 {
		o.Late = 30 * time.Minute
	}
	if o.Round <= 0 {
		o.Round = 5 * time.Minute
	}
	o.Agency.BaseURL = strings.TrimRight(o.Agency.BaseURL, "/")
	return &Desk{o: o, sender: newSender(o.HTTP, o.Timeout, o.Clock), started: o.Clock()}, nil
}

// tellRows and tellTimes bound what one sweep reads: the next one goes on.
const (
	tellRows  = 1000
	tellTimes = 10
)

// Sweep puts down what is to be told and gives the targets for which something is to be handed over: whoever calls it has Deliver called
// for each. It makes no requests.
func (d *Desk) Sweep(ctx context.Context) (targets []string, err error) {
	now := d.o.Clock()
	to, err := d.audience(ctx)
	if err != nil {
		return nil, err
	}
	for more, n := true, 0; more && n < tellTimes; n++ {
		_, more, err = d.o.Store.Tell(ctx, now, tellRows, func(u models.Untold) ([]models.Dispatch, error) {
			list, err := events(u)
			if err != nil {
				return nil, err
			}
			return to.dispatches(list, now)
		})
		if err != nil {
			return nil, fmt.Errorf("tell what happened: %w", err)
		}
	}
	if err := errors.Join(d.tellStopped(ctx, to, now), d.digest(ctx, now)); err != nil {
		return nil, err
	}
	due, err := d.o.Store.DispatchTargets(ctx, now)
	if err != nil {
		return nil, fmt.Errorf("targets that are due: %w", err)
	}
	for _, name := range due {
		if d.configured(name) {
			targets = append(targets, name)
		}
	}
	return targets, nil
}

// audience gives who is told: those who are configured and not switched off.
func (d *Desk) audience(ctx context.Context) (audience, error) {
	off, err := d.o.Store.TargetsOff(ctx)
	if err != nil {
		return audience{}, fmt.Errorf("targets that are off: %w", err)
	}
	isOff := map[string]bool{}
	for _, t := range off {
		isOff[t.Name] = true
	}
	a := audience{chat: d.o.Chat != nil && !isOff[chatTarget], baseURL: d.o.Agency.BaseURL}
	for _, w := range d.o.Webhooks {
		if !isOff[webhookPrefix+w.Name] {
			a.webhooks = append(a.webhooks, w)
		}
	}
	return a, nil
}

// configured reports whether something can be handed to a target of rows.
func (d *Desk) configured(target string) bool {
	if name, is := strings.CutPrefix(target, webhookPrefix); is {
		return d.webhook(name) != nil
	}
	return target == chatTarget && d.o.Chat != nil || strings.HasPrefix(target, digestPrefix) && d.o.Mailer != nil
}

func (d *Desk) webhook(name string) *Webhook {
	for i := range d.o.Webhooks {
		if d.o.Webhooks[i].Name == name {
			return &d.o.Webhooks[i]
		}
	}
	return nil
}
