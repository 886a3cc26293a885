package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/krestmarketing/deedwatch/configs"
	"github.com/krestmarketing/deedwatch/engine"
	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/monitor"
)

// The kinds of jobs. A sweep finds in the rows what is due and hands out one job a unit; which unit that is, the key says.
const (
	jobSweepRegistration = "registration-sweep"
	jobRegistration      = "registration" // key: registry server
	jobSweepDNS          = "dns-sweep"
	jobDNS               = "dns" // key: domain's ID
	jobJudge             = "judge"
	jobNotices           = "notices"  // plan, collect, hand out
	jobMail              = "mail"     // key: mail's ID
	jobBounces           = "bounces"  // read what came back by mail
	jobOps               = "ops"      // tell ops and other programs, hand out what is to be delivered to them
	jobDispatch          = "dispatch" // key: target
	jobUpkeep            = "upkeep"
)

const upkeepEvery = time.Hour

// ticks are the sweeps by the clock, in every working process; the engine takes each slot once.
func ticks(c configs.Config) []engine.Tick {
	every := max(c.Engine.SweepEvery.Truncate(time.Second), time.Second)
	return []engine.Tick{
		{Kind: jobSweepRegistration, Every: every, RunAtStart: true},
		{Kind: jobSweepDNS, Every: every, RunAtStart: true},
		{Kind: jobJudge, Every: every, RunAtStart: true},
		{Kind: jobNotices, Every: every, RunAtStart: true},
		{Kind: jobBounces, Every: c.Bounces.Every.Truncate(time.Second), RunAtStart: true},
		{Kind: jobOps, Every: min(every, opsEvery), RunAtStart: true},
		{Kind: jobUpkeep, Every: upkeepEvery, RunAtStart: true},
	}
}

// handle gives the runner its handlers.
func (a *app) handle() {
	limit, e := jobTimeout(a.cfg), a.cfg.Engine
	a.runner.Handle(jobSweepRegistration, 1, limit, a.sweep("registration", a.sweepRegistration))
	a.runner.Handle(jobSweepDNS, 1, limit, a.sweep("dns", a.sweepDNS))
	a.runner.Handle(jobJudge, 1, limit, a.sweep("judge", a.sweepJudge))
	a.runner.Handle(jobNotices, 1, limit, a.sweepNotices)
	a.runner.Handle(jobBounces, 1, limit, a.sweep("bounces", a.sweepBounces))
	a.runner.Handle(jobOps, 1, limit, a.sweep("ops", a.sweepOps))
	a.runner.Handle(jobDispatch, dispatchWorkers, limit, func(ctx context.Context, j engine.Job) error { return a.ops.Deliver(ctx, j.Key) })
	a.runner.Handle(jobUpkeep, 1, limit, a.sweep("upkeep", a.upkeep))
	a.runner.Handle(jobRegistration, e.RegistryWorkers, limit, func(ctx context.Context, j engine.Job) error {
		return a.monitor.LookServer(ctx, j.Key)
	})
	a.runner.Handle(jobDNS, e.DNSWorkers, limit, byID(a.monitor.LookDNS))
	a.runner.Handle(jobMail, e.MailWorkers, limit, byID(a.deliver.Deliver))
}

// byID turns a function of a row's ID into a handler.
func byID(f func(context.Context, int64) error) engine.Handler {
	return func(ctx context.Context, j engine.Job) error {
		id, err := strconv.ParseInt(j.Key, 10, 64)
		if err != nil {
			return fmt.Errorf("job %s: its key is no ID: %w", j, err)
		}
		return f(ctx, id)
	}
}

// sweep wraps a recurring task: its beginning and end stand in a row, so that a task which stopped is noticed.
func (a *app) sweep(name string, task func(context.Context) (items int, err error)) engine.Handler {
	return func(ctx context.Context, _ engine.Job) error { return a.recorded(ctx, name, task) }
}

func (a *app) recorded(ctx context.Context, name string, task func(context.Context) (int, error)) error {
	started := a.now()
	items, err := task(ctx)
	finished := a.now()
	row := models.Sweep{Name: name, Worker: workerName(), StartedAt: &started, FinishedAt: &finished, Items: items}
	if err != nil {
		row.Error = err.Error()
	}
	return errors.Join(err, a.store.RecordSweep(context.WithoutCancel(ctx), row))
}

// enqueue hands out one job a key.
func (a *app) enqueue(ctx context.Context, kind string, keys []string) error {
	jobs := make([]engine.Job, len(keys))
	for i, k := range keys {
		jobs[i] = engine.Job{Kind: kind, Key: k}
	}
	if _, err := a.runner.Enqueue(ctx, jobs...); err != nil && !errors.Is(err, engine.ErrQueueFull) { // the next sweep finds the rest
		return fmt.Errorf("hand out %s: %w", kind, err)
	}
	return nil
}

func ids(list []int64) []string {
	out := make([]string, len(list))
	for i, id := range list {
		out[i] = strconv.FormatInt(id, 10)
	}
	return out
}

func (a *app) sweepRegistration(ctx context.Context) (int, error) {
	servers, err := a.monitor.SweepRegistration(ctx)
	if err != nil {
		return 0, err
	}
	return len(servers), a.enqueue(ctx, jobRegistration, servers)
}

// sweepDNS asks first of what was right whether it still is, many at once; what is due after that is looked at whole.
func (a *app) sweepDNS(ctx context.Context) (int, error) {
	_, still, err := a.monitor.SweepStanding(ctx)
	if err != nil {
		return 0, err
	}
	due, err := a.monitor.SweepDNS(ctx)
	if err != nil {
		return 0, err
	}
	return still + len(due), a.enqueue(ctx, jobDNS, ids(due))
}

// sweepJudge judges again where only time has passed, and looks at the whole for a storm.
func (a *app) sweepJudge(ctx context.Context) (int, error) {
	due, err := a.monitor.SweepJudge(ctx)
	if err != nil {
		return 0, err
	}
	var errs []error
	for _, id := range due {
		errs = append(errs, a.monitor.Rejudge(ctx, id))
	}
	_, err = a.monitor.SweepBrake(ctx)
	return len(due), errors.Join(append(errs, err)...)
}

// sweepNotices plans what is owed, binds what is due to messages, and hands the messages out. Without a mail server it only plans: the
// notices wait, and ops see them.
func (a *app) sweepNotices(ctx context.Context, _ engine.Job) error {
	plan := a.recorded(ctx, "plan", func(ctx context.Context) (int, error) { return a.deliver.SweepPlan(ctx, a.now()) })
	return errors.Join(plan, a.recorded(ctx, "deliver", func(ctx context.Context) (int, error) {
		if a.cfg.SMTP.Address == "" {
			return 0, nil
		}
		now := a.now()
		if _, err := a.deliver.Collect(ctx, now); err != nil {
			return 0, err
		}
		due, err := a.deliver.SweepMails(ctx, now)
		if err != nil {
			return 0, err
		}
		return len(due), a.enqueue(ctx, jobMail, ids(due))
	}))
}

// strayed is further ahead than any look is planned: a week and a fifth, and a day for a server that asked for it.
const strayed = 10 * 24 * time.Hour

// upkeep is what need not happen at once.
func (a *app) upkeep(ctx context.Context) (int, error) {
	if err := a.looks.rdap.Refresh(ctx); err != nil { // what was known stays in use
		a.log.WarnContext(ctx, "the list of RDAP servers could not be refreshed", "error", err)
	}
	recalled, errRecall := a.store.RecallStrayed(ctx, a.now(), a.now().Add(strayed))
	if recalled > 0 {
		a.log.WarnContext(ctx, "looks were planned too far ahead; was the clock set back?", "recalled", recalled)
	}
	reviews, err := a.register.SweepReviews(ctx)
	return reviews, errors.Join(err, errRecall,
		a.store.RerouteAll(ctx, monitor.ServerUnsupported), // a refreshed bootstrap may cover them
		a.store.Sessions(time.Now).DeleteExpired(ctx, time.Now()),
		a.forgetDispatches(ctx),
		a.store.Analyze(ctx),
	)
}

// step does once, in order and to the end, what the ticks do by the clock.
func (a *app) step(ctx context.Context) error {
	for _, kind := range []string{jobSweepRegistration, jobSweepDNS, jobJudge, jobNotices, jobOps} {
		if _, err := a.runner.Enqueue(ctx, engine.Job{Kind: kind}); err != nil {
			return fmt.Errorf("step %s: %w", kind, err)
		}
		if err := a.runner.Idle(ctx); err != nil {
			return fmt.Errorf("step %s: %w", kind, err)
		}
	}
	return nil
}
