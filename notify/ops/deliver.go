package ops

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/notify"
)

// The bounds of one Deliver. What is left is due still, and the next sweep names the target again.
const (
	atOnce     = 8   // requests to one webhook at the same time
	maxChunks  = 100 // of so many dispatches
	chatAtOnce = 50  // dispatches that are said in one message
	lease      = 3 * time.Minute
)

// Deliver hands over what is due for a target. It is called by one worker at a time for each target; a second one does no harm.
func (d *Desk) Deliver(ctx context.Context, target string) error {
	switch name, is := strings.CutPrefix(target, webhookPrefix); {
	case is:
		if w := d.webhook(name); w != nil {
			return d.deliverWebhook(ctx, target, w)
		}
	case target == chatTarget && d.o.Chat != nil:
		return d.deliverChat(ctx)
	case strings.HasPrefix(target, digestPrefix) && d.o.Mailer != nil:
		return d.deliverDigest(ctx, target)
	}
	return nil
}

// deliverWebhook hands over a few at a time, and leaves off when none of them was taken: the receiver is down, and waiting for it would only
// keep the worker.
func (d *Desk) deliverWebhook(ctx context.Context, target string, w *Webhook) error {
	for range maxChunks {
		rows, err := d.claim(ctx, target, atOnce)
		if err != nil || len(rows) == 0 {
			return err
		}
		results, gone := d.attempts(ctx, rows, w)
		if gone {
			if err := d.switchOff(ctx, target); err != nil {
				return fmt.Errorf("switch %s off: %w", target, err)
			}
		}
		if err := d.record(ctx, results); err != nil {
			return fmt.Errorf("record deliveries to %s: %w", target, err)
		}
		taken := slices.ContainsFunc(results, func(r models.DispatchResult) bool { return r.Dispatch.State == models.DispatchSent })
		if !taken {
			return nil
		}
	}
	return nil
}

// attempts tries several dispatches at once. Gone says that the receiver wants nothing more.
func (d *Desk) attempts(ctx context.Context, rows []models.Dispatch, w *Webhook) (results []models.DispatchResult, gone bool) {
	results = make([]models.DispatchResult, len(rows))
	goneEach := make([]bool, len(rows))
	var wg sync.WaitGroup
	for i := range rows {
		wg.Go(func() {
			results[i], goneEach[i] = d.attempt(rows[i], webhookLadder, func(now time.Time) reply {
				return d.sender.send(ctx, w.request(rows[i].EventID, rows[i].Body, now))
			})
		})
	}
	wg.Wait()
	return results, slices.Contains(goneEach, true)
}

func (d *Desk) claim(ctx context.Context, target string, most int) ([]models.Dispatch, error) {
	now := d.o.Clock()
	rows, err := d.o.Store.ClaimDispatches(ctx, target, now, now.Add(lease), most)
	if err != nil {
		return nil, fmt.Errorf("deliver to %s: %w", target, err)
	}
	return rows, nil
}

// attempt makes one try and settles what it comes to.
func (d *Desk) attempt(row models.Dispatch, l ladder, try func(now time.Time) reply) (r models.DispatchResult, gone bool) {
	began := d.o.Clock()
	said := try(began)
	ended := d.o.Clock()
	r.Dispatch, gone = settle(row, said, l, ended)
	r.Try = models.DispatchTry{At: began, TookMicros: ended.Sub(began).Microseconds(), Code: said.code, Reply: said.text}
	return r, gone
}

// record stores results also when the worker is being stopped: what was handed over must not be handed over again.
func (d *Desk) record(ctx context.Context, results []models.DispatchResult) error {
	return d.o.Store.RecordDispatches(context.WithoutCancel(ctx), results, d.o.Clock())
}

// switchOff stops telling a receiver that says it is gone, and tells ops.
func (d *Desk) switchOff(ctx context.Context, target string) error {
	ctx = context.WithoutCancel(ctx)
	now := d.o.Clock()
	err := d.o.Store.SwitchTarget(ctx, models.DispatchTarget{Name: target, OffAt: &now, Why: "it answered 410 Gone", By: notify.ActorSystem}, now)
	if err != nil {
		return err
	}
	d.o.Logger.WarnContext(ctx, "a receiver answered 410 Gone and is switched off", "target", target)
	to, err := d.audience(ctx)
	if err != nil {
		return err
	}
	e := newEvent(fmt.Sprintf("off-%s-%d", target, now.UnixMicro()), kindSwitchedOff, now)
	e.Data.Actor, e.Data.Facts = notify.ActorSystem, map[string]any{"target": target}
	return d.tell(ctx, to, []Event{e}, now)
}

// deliverChat says what waits in one message, not more often than the chat's pace allows.
func (d *Desk) deliverChat(ctx context.Context) error {
	now := d.o.Clock()
	sent, err := d.o.Store.SentTimes(ctx, chatTarget, now.Add(-chatWindow))
	if err != nil {
		return fmt.Errorf("deliver to the chat: %w", err)
	}
	if now.Before(chatNext(sent)) {
		return nil
	}
	rows, err := d.claim(ctx, chatTarget, chatAtOnce)
	if err != nil || len(rows) == 0 {
		return err
	}
	body, err := json.Marshal(map[string]string{"text": chatText(readChat(rows))})
	if err != nil {
		return fmt.Errorf("write to the chat: %w", err)
	}
	began := d.o.Clock()
	said := d.sender.send(ctx, request{http.MethodPost, d.o.Chat(), map[string]string{"Content-Type": "application/json"}, body})
	ended := d.o.Clock()
	results, gone := make([]models.DispatchResult, len(rows)), false
	for i := range rows {
		results[i].Dispatch, gone = settle(rows[i], said, chatLadder, ended)
		results[i].Try = models.DispatchTry{At: began, TookMicros: ended.Sub(began).Microseconds(), Code: said.code, Reply: said.text}
	}
	if gone {
		if err := d.switchOff(ctx, chatTarget); err != nil {
			return err
		}
	}
	return d.record(ctx, results)
}

// Ping asks a webhook or the chat to take a message that says nothing has happened, and gives what it answered. It is for a person who tries
// the configuration: nothing of it is stored.
func (d *Desk) Ping(ctx context.Context, target string) (code int, answer string) {
	now := d.o.Clock()
	e := newEvent(fmt.Sprintf("ping-%d", now.UnixMicro()), kindPing, now)
	var r reply
	switch name, is := strings.CutPrefix(target, webhookPrefix); {
	case is:
		w := d.webhook(name)
		if w == nil {
			return 0, "there is no such webhook"
		}
		body, err := json.Marshal(e)
		if err != nil {
			return 0, err.Error()
		}
		r = d.sender.send(ctx, w.request(e.ID, string(body), now))
	case target == chatTarget && d.o.Chat != nil:
		r = d.sender.send(ctx, request{http.MethodPost, d.o.Chat(), map[string]string{"Content-Type": "application/json"}, []byte(`{"text":"Deedwatch can write here. Nothing has happened."}`)})
	default:
		return 0, "there is no such target"
	}
	return r.code, r.text
}

// Targets gives the targets that can be pinged.
func (d *Desk) Targets() []string {
	var list []string
	for _, w := range d.o.Webhooks {
		list = append(list, webhookPrefix+w.Name)
	}
	if d.o.Chat != nil {
		list = append(list, chatTarget)
	}
	return list
}
