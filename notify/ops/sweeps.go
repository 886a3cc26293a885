package ops

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

// round is the recurring tasks without which nothing works: after each round of good ends there is a heartbeat.
var round = []string{"registration", "dns", "judge", "plan", "deliver"}

// unhurried are tasks that run by the hour, and how many times as late they may be.
var unhurried = map[string]int{"upkeep": 6}

// stopped gives the tasks that had no good end for too long. One that never had any is given the time since the program started.
func stopped(rows []models.Sweep, now, started time.Time, late time.Duration) []models.Sweep {
	var list []models.Sweep
	for _, row := range rows {
		since := started
		if row.GoodAt != nil {
			since = *row.GoodAt
		}
		if now.Sub(since) > late*time.Duration(max(unhurried[row.Name], 1)) {
			list = append(list, row)
		}
	}
	return list
}

// tellStopped tells of tasks that stopped, once for each time.
func (d *Desk) tellStopped(ctx context.Context, to audience, now time.Time) error {
	rows, err := d.o.Store.Sweeps(ctx)
	if err != nil {
		return fmt.Errorf("read the sweeps: %w", err)
	}
	var list []Event
	for _, row := range stopped(rows, now, d.started, d.o.Late) {
		list = append(list, stoppedEvent(&row, now))
	}
	return d.tell(ctx, to, list, now)
}

// stoppedEvent names a stop by the last good end, so that it is told once however often it is seen.
func stoppedEvent(row *models.Sweep, now time.Time) Event {
	id, facts := "sweep-"+row.Name+"-never", map[string]any{"sweep": row.Name, "failed": row.Error != ""}
	if row.GoodAt != nil {
		id = fmt.Sprintf("sweep-%s-%d", row.Name, row.GoodAt.UnixMicro())
		facts["last_good_at"] = row.GoodAt.UTC()
	}
	e := newEvent(id, kindSweepStopped, now)
	e.Data.Facts = facts
	return e
}

// tell puts events down that come from no row that is read once. Each is told by itself: that is how a repeat is known.
func (d *Desk) tell(ctx context.Context, to audience, list []Event, now time.Time) error {
	var out []models.Dispatch
	for i := range list {
		made, err := to.dispatches(list[i:i+1], now)
		if err != nil {
			return err
		}
		out = append(out, made...)
	}
	if len(out) == 0 {
		return nil
	}
	return d.o.Store.AddDispatches(ctx, out, now)
}

// beatPause is the least time between two heartbeats.
const beatPause = time.Minute

// goodRound reports whether each task of the round ended well after an instant and not longer ago than within.
func goodRound(rows []models.Sweep, after, now time.Time, within time.Duration) bool {
	for _, name := range round {
		i := slices.IndexFunc(rows, func(s models.Sweep) bool { return s.Name == name })
		if i < 0 || rows[i].GoodAt == nil || rows[i].Error != "" || !rows[i].GoodAt.After(after) || now.Sub(*rows[i].GoodAt) > within {
			return false
		}
	}
	return true
}

// Beat asks for the heartbeat's address when a good round has ended since the last time, at most once a minute and by one process of any
// number. That it can't be reached is logged and nothing else: whoever watches notices. Said is true when it was asked for.
func (d *Desk) Beat(ctx context.Context) (said bool, err error) {
	if d.o.Heartbeat == nil {
		return false, nil
	}
	now := d.o.Clock()
	rows, err := d.o.Store.Sweeps(ctx)
	if err != nil {
		return false, fmt.Errorf("read the sweeps: %w", err)
	}
	last, err := d.o.Store.LastBeat(ctx)
	if err != nil {
		return false, err
	}
	since := last
	if last.After(now) { // the clock was set back
		since = time.Time{}
	}
	if now.Sub(since) < beatPause || !goodRound(rows, since, now, d.o.Round) {
		return false, nil
	}
	claimed, err := d.o.Store.ClaimBeat(ctx, last.Add(time.Microsecond), now) // by one who saw the same last one
	if err != nil || !claimed {
		return false, err
	}
	if r := d.sender.send(ctx, request{method: http.MethodGet, url: d.o.Heartbeat()}); r.code < 200 || r.code > 299 {
		d.o.Logger.WarnContext(ctx, "the heartbeat was not taken", "code", r.code, "reply", r.text)
	}
	return true, nil
}
