package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/krestmarketing/deedwatch/configs"
	"github.com/krestmarketing/deedwatch/notify"
	"github.com/krestmarketing/deedwatch/notify/bounce"
)

// bouncePage is how many messages of a bounce mailbox one sweep reads.
const bouncePage = 500

// mailbox is where mail comes back.
type mailbox interface {
	fmt.Stringer
	Check(ctx context.Context) error
	Sweep(ctx context.Context, most int, take func(ctx context.Context, raw []byte) error) (taken int, err error)
}

// mailboxes are those that the configuration names.
func mailboxes(c configs.Bounces) []mailbox {
	var boxes []mailbox
	if c.Maildir != "" {
		boxes = append(boxes, bounce.Maildir{Folder: c.Maildir})
	}
	if c.IMAP.Address != "" {
		boxes = append(boxes, bounce.IMAP{
			Addr: c.IMAP.Address, Username: c.IMAP.Username, Password: c.IMAP.Password.Reveal, TLS: c.IMAP.TLS, Folder: c.IMAP.Folder,
		})
	}
	return boxes
}

// sweepBounces reads what came back by mail. Without a mailbox there is nothing to do.
func (a *app) sweepBounces(ctx context.Context) (taken int, err error) {
	returns := notify.Returns{Store: a.store, Logger: a.log}
	var failed []error
	for _, box := range mailboxes(a.cfg.Bounces) {
		n, err := box.Sweep(ctx, bouncePage, func(ctx context.Context, raw []byte) error {
			reports, err := bounce.ParseMail(raw, a.now())
			if err != nil { // somebody's reply, or nothing at all
				a.log.DebugContext(ctx, "a message in the bounce mailbox is no report", "mailbox", box.String())
				return nil //nolint:nilerr // it is taken, and says nothing
			}
			_, err = returns.Take(ctx, reports, a.now())
			return err
		})
		taken += n
		failed = append(failed, err)
	}
	return taken, errors.Join(failed...)
}

// mailHooks takes what mail services post.
type mailHooks struct {
	services map[string]configs.MailHook
	returns  notify.Returns
	now      func() time.Time
	log      *slog.Logger
}

// newMailHooks gives nil when no service is configured.
func (a *app) newMailHooks() *mailHooks {
	if len(a.cfg.Bounces.Webhooks) == 0 {
		return nil
	}
	h := &mailHooks{services: map[string]configs.MailHook{}, returns: notify.Returns{Store: a.store, Logger: a.log}, now: a.now, log: a.log}
	for _, s := range a.cfg.Bounces.Webhooks {
		h.services[s.Name] = s
	}
	return h
}

// Receive checks one request, records what it reports and gives the status to answer with.
func (h *mailHooks) Receive(ctx context.Context, name string, header http.Header, body []byte) int {
	service, known := h.services[name]
	if !known {
		return http.StatusNotFound
	}
	reports, err := bounce.Parse(service.Format, service.Secret.Reveal(), header, body, h.now())
	var subscribe *bounce.SubscribeError
	switch {
	case errors.As(err, &subscribe):
		h.log.WarnContext(ctx, "a mail service wants its subscription confirmed: open the address in a browser", "service", name, "address", subscribe.URL)
		return http.StatusOK
	case errors.Is(err, bounce.ErrSignature):
		h.log.WarnContext(ctx, "a request to a mail service's address was not signed by it", "service", name)
		return http.StatusUnauthorized
	case err != nil:
		h.log.WarnContext(ctx, "a request of a mail service could not be read", "service", name, "error", notify.Printable(err.Error(), 300))
		return http.StatusBadRequest
	}
	for i := range reports {
		reports[i].Source = "webhook:" + name
	}
	if _, err := h.returns.Take(ctx, reports, h.now()); err != nil {
		h.log.ErrorContext(ctx, "what a mail service reports could not be recorded; it will repeat it", "service", name, "error", err)
		return http.StatusInternalServerError
	}
	return http.StatusOK
}

// examineBounces tries the bounce mailboxes.
func examineBounces(ctx context.Context, c configs.Config, offline bool) []examination {
	boxes := mailboxes(c.Bounces)
	if len(boxes) == 0 && len(c.Bounces.Webhooks) == 0 {
		state := "ok"
		if c.SMTP.Address != "" {
			state = "warning"
		}
		return []examination{{"bounces", state, "neither a bounce mailbox nor a mail service is set: mail that comes back later is not noticed"}}
	}
	var found []examination
	for _, box := range boxes {
		found = append(found, examineMailbox(ctx, box, offline))
	}
	if n := len(c.Bounces.Webhooks); n > 0 {
		found = append(found, examination{"bounces", "ok", fmt.Sprintf("%d mail services may post to %s/hooks/mail/", n, c.BaseURL)})
	}
	if replies := c.Agency.ReplyTo; len(boxes) > 0 && (replies == "" || strings.EqualFold(replies, c.Agency.FromAddress)) {
		found = append(found, examination{"bounces", "warning", "what clients reply comes into the bounce mailbox too, and is marked as read there: name a mailbox that people read as agency.reply_to"})
	}
	return found
}

func examineMailbox(ctx context.Context, box mailbox, offline bool) examination {
	if offline {
		return examination{"bounces", "ok", box.String() + ", not tried"}
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	if err := box.Check(ctx); err != nil {
		return examination{"bounces", "bad", notify.Printable(err.Error(), 300)}
	}
	return examination{"bounces", "ok", box.String() + " can be read"}
}

// closeMailer ends the connections that a mailer keeps open.
func closeMailer(m notify.Mailer) {
	if c, ok := m.(interface{ Close() }); ok {
		c.Close()
	}
}
