package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/krestmarketing/deedwatch/configs"
	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/monitor/guard"
	"github.com/krestmarketing/deedwatch/notify"
	"github.com/krestmarketing/deedwatch/notify/ops"
	"github.com/krestmarketing/deedwatch/store"
)

const (
	opsEvery        = 15 * time.Second    // so that what failed once is tried again soon
	dispatchWorkers = 8                   // targets that are delivered to at once
	opsTimeout      = 15 * time.Second    // of one request to a webhook, a chat or the heartbeat
	dispatchesKept  = 30 * 24 * time.Hour // of the delivery log
)

// sweepMaxAge is the age from which a recurring task that did not end counts as late.
func sweepMaxAge(c configs.Config) time.Duration {
	return max(30*time.Minute, 10*c.Engine.SweepEvery, 3*c.Bounces.Every)
}

// newDesk wires who tells the agency's own people and programs.
func (a *app) newDesk() (*ops.Desk, error) {
	a.opsHTTP = guard.New(a.cfg.Network.AllowPrivate).HTTPClient(guard.HTTPOptions{Timeout: opsTimeout, MaxBody: 64 << 10, UserAgent: a.cfg.Network.UserAgent})
	desk, err := ops.New(opsOptions(a.cfg, a.store, a.opsHTTP, a.mailer, a.now))
	if err != nil {
		return nil, &configs.Error{Source: "ops", Msg: err.Error()}
	}
	return desk, nil
}

func opsOptions(c configs.Config, st ops.Store, client *http.Client, mailer notify.Mailer, now func() time.Time) ops.Options {
	o := ops.Options{
		Store: st, HTTP: client, Mailer: mailer, Clock: now, Timeout: opsTimeout, DigestAt: clockTime(c.Ops.DigestAt), Office: office(c.Agency), Agency: agency(c),
		Late: sweepMaxAge(c), Round: 3*c.Engine.SweepEvery + jobTimeout(c),
	}
	if c.SMTP.Address != "" {
		o.DigestTo = c.Ops.DigestTo
	}
	if !c.Ops.ChatURL.Empty() {
		o.Chat = c.Ops.ChatURL.Reveal
	}
	if !c.Ops.HeartbeatURL.Empty() {
		o.Heartbeat = c.Ops.HeartbeatURL.Reveal
	}
	for _, w := range c.Ops.Webhooks {
		o.Webhooks = append(o.Webhooks, ops.Webhook{Name: w.Name, URL: w.URL, Secrets: strings.Fields(w.Secret.Reveal()), Events: w.Events})
	}
	return o
}

// sweepOps puts down what is to be told, hands out the deliveries, and asks for the heartbeat last: it may take its time.
func (a *app) sweepOps(ctx context.Context) (int, error) {
	targets, err := a.ops.Sweep(ctx)
	if err != nil {
		return 0, err
	}
	if err := a.enqueue(ctx, jobDispatch, targets); err != nil {
		return 0, err
	}
	_, err = a.ops.Beat(ctx)
	return len(targets), err
}

// forgetDispatches shortens the delivery log.
func (a *app) forgetDispatches(ctx context.Context) error {
	_, err := a.store.ForgetDispatches(ctx, a.now().Add(-dispatchesKept))
	return err
}

// examineOps opens the database for it, when there is somebody to tell; that it can't be opened, another examination says.
func (c *doctorCmd) examineOps(ctx context.Context, cfg configs.Config, log *slog.Logger) []examination {
	if len(cfg.Ops.Webhooks) == 0 && cfg.Ops.ChatURL.Empty() && len(cfg.Ops.DigestTo) == 0 {
		return nil
	}
	st, err := store.Open(ctx, storeOptions(cfg, log))
	if err != nil {
		return nil
	}
	defer func() { _ = st.Close() }()
	return examineOps(ctx, cfg, st, c.Ping && !c.Offline)
}

// examineOps says how the webhooks and the chat fare by the delivery log, and with ping asks each to take a message.
func examineOps(ctx context.Context, c configs.Config, st *store.Store, ping bool) []examination {
	client := guard.New(c.Network.AllowPrivate).HTTPClient(guard.HTTPOptions{Timeout: opsTimeout, MaxBody: 64 << 10, UserAgent: c.Network.UserAgent})
	defer client.CloseIdleConnections()
	desk, err := ops.New(opsOptions(c, st, client, noMail{}, time.Now))
	if err != nil {
		return []examination{{"ops", "bad", err.Error()}}
	}
	var found []examination
	if len(c.Ops.DigestTo) > 0 && c.SMTP.Address == "" {
		found = append(found, examination{"ops", "warning", "ops.digest_to is set and smtp.address is not: no digest is sent"})
	}
	states, err := st.TargetStates(ctx)
	if err != nil {
		return append(found, examination{"ops", "bad", err.Error()})
	}
	for _, target := range desk.Targets() {
		found = append(found, examination{"ops", "ok", target + " is set"})
		e := &found[len(found)-1]
		for i := range states {
			if states[i].Name == target {
				*e = fares(&states[i])
			}
		}
		if !ping {
			continue
		}
		if code, answer := desk.Ping(ctx, target); code < 200 || code > 299 {
			*e = examination{"ops", "bad", fmt.Sprintf("%s did not take a test message: %d %s", target, code, answer)}
		} else if e.State == "ok" {
			e.Detail = fmt.Sprintf("%s took a test message: %d", target, code)
		}
	}
	return found
}

// fares words how deliveries to a target go.
func fares(st *models.DispatchTargetState) examination {
	switch {
	case st.Off != nil:
		return examination{"ops", "bad", fmt.Sprintf("%s is switched off since %s: %s; switch it on at /ops/deliveries", st.Name, st.Off.OffAt.Format(time.RFC3339), st.Off.Why)}
	case st.Failed > 0:
		return examination{"ops", "warning", fmt.Sprintf("%s: %d deliveries were given up in the last 30 days, %d wait; see /ops/deliveries", st.Name, st.Failed, st.Waiting)}
	}
	return examination{"ops", "ok", fmt.Sprintf("%s: %d delivered in the last 30 days, %d wait", st.Name, st.Sent, st.Waiting)}
}
