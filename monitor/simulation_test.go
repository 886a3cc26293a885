package monitor_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/monitor"
)

// TestAQuarterWithoutAStampede runs 90 days of looks at 20,000 names at 30 servers by the product's own decisions, without a clock or a
// network. No server is asked for more than it allows in any interval, and no look comes later than one period after it was due; where the
// limits do not suffice, only the far-off names wait.
func TestAQuarterWithoutAStampede(t *testing.T) {
	t.Parallel()
	names, looks, worst := 0, 0, map[models.Stretch]time.Duration{}
	perMinute := 0
	for i, server := range sortedByRate(simServers()) {
		r := newSimRun(server, uint64(i))
		r.run()
		r.verify(t)
		names, looks = names+2*server.names, looks+len(r.log.asked)
		if !server.short {
			for s, late := range r.log.worst {
				worst[s] = max(worst[s], late)
			}
		}
		perMinute = max(perMinute, mostIn(r.log.asked, time.Minute))
	}
	if names < 20_000 {
		t.Errorf("%d names", names)
	}
	t.Logf("FIGURE simulated quarter: %d names, %d looks at 30 servers, at most %d at one server in a minute", names, looks, perMinute)
	t.Logf("FIGURE simulated quarter: latest looks where the limits suffice: last week and after %v, within 60 days %v, new %v, far %v after they were due",
		worst[models.StretchClose], worst[models.StretchNear], worst[models.StretchNew], worst[models.StretchFar])
}

// simRun is one server through the quarter.
type simRun struct {
	server  simServer
	dice    *rand.Rand
	queue   simQueue
	row     models.RegistryServer
	log     *simLooks
	t       time.Duration // true time
	born    time.Duration // when the process started
	put     time.Duration // by how much it put its clock forward
	upkeep  time.Duration
	entered bool           // the import is in
	shut    [][2]time.Time // when nobody could look, by the wall clock
}

func newSimRun(server simServer, seed uint64) *simRun {
	r := &simRun{server: server, dice: rand.New(rand.NewPCG(seed, 42)), log: newSimLooks()}
	r.enter(0)
	for _, j := range simJumps { // time that the wall clock skipped
		r.shut = append(r.shut, [2]time.Time{simStart.Add(j.from), simStart.Add(j.from + j.by)})
	}
	r.shut = append(r.shut, [2]time.Time{simStart.Add(simDown.from), simStart.Add(simDown.to)})
	return r
}

func (r *simRun) enter(offset int64) {
	lapses := 10 // one in so many
	if r.server.short {
		lapses = 50
	}
	for i := range r.server.names {
		r.queue.push(newSimName(offset+int64(i), r.dice, simWall(r.t), lapses))
	}
}

func (r *simRun) run() {
	for r.t < simDays*day {
		if simDown.holds(r.t) {
			r.t = simDown.to
			r.restart()
		}
		if r.t-r.born >= day {
			r.restart()
		}
		if !r.entered && r.t >= simImport {
			r.entered = true
			r.enter(1 << 20)
		}
		if r.t-r.upkeep >= simUpkeep {
			r.upkeep = r.t
			r.queue.recall(simWall(r.t))
		}
		r.queue.ripen(simWall(r.t))
		if len(r.queue.due) > 0 {
			r.job()
		}
		r.t = r.t.Truncate(simSweep) + simSweep
	}
}

func (r *simRun) restart() { r.born, r.put = r.t, 0 }

// paceClock is the process's own clock for turns: it began with the wall's time, and only goes on.
func (r *simRun) paceClock() time.Time { return simWall(r.born).Add(r.t - r.born + r.put) }

// job looks at what is due, as Monitor.LookServer does.
func (r *simRun) job() {
	size := 500
	if r.server.short { // a job gets about one turn there
		size = 1
	}
	end := r.t + simJob
	batch := r.queue.batch(size)
	for i, name := range batch {
		if r.t >= end || !r.look(name) {
			for _, rest := range batch[i:] {
				r.queue.push(rest)
			}
			return
		}
		r.queue.push(name)
	}
}

// look waits for the turn and looks; false: the server is not to be asked for now.
func (r *simRun) look(n *simName) bool {
	clock := r.paceClock()
	row, slot, admitted := monitor.Admit(r.row, r.server.limit, simWall(r.t), monitor.Turn{Now: clock, Before: clock.Add(simPatience)})
	r.put += slot.Ahead
	if !admitted || !slot.Taken {
		return false
	}
	r.row = row
	r.t += slot.At.Sub(clock.Add(slot.Ahead))
	now := simWall(r.t)
	stretch := models.StretchOf(&n.Domain, now)
	due := n.NextLookAt
	if stretch < models.StretchNew && n.ExpiresAt != nil {
		if near := n.ExpiresAt.Add(-models.NearWithin); near.After(due) {
			due = near // it came near while it waited with the far-off ones
		}
	}
	if late := now.Sub(due); late > 0 {
		r.log.note(stretch, late-overlap(r.shut, due, now), r.settled())
	}
	r.log.asked = append(r.log.asked, r.t)
	r.answer(n)
	return true
}

// settled reports whether neither the start, nor an outage, nor a clock that was set has left anything to catch up with: a week after.
func (r *simRun) settled() bool {
	for _, s := range []span{{0, 0}, simDown, simJumps[0].span, simJumps[1].span} {
		if (span{s.from, s.to + 7*day}).holds(r.t) {
			return false
		}
	}
	return true
}

// answer takes what the server says into its memory and the name.
func (r *simRun) answer(n *simName) {
	look := models.Look{Outcome: models.OutcomeOK}
	switch {
	case r.server.outage.holds(r.t):
		look.Outcome = models.OutcomeTimeout
		r.t += simTimeout
	case r.server.throttles > 0 && r.dice.IntN(r.server.throttles) == 0:
		look.Outcome, look.RetryAfter = models.OutcomeThrottled, 2*time.Hour
	default:
		r.t += simTook
	}
	now := simWall(r.t)
	r.row = monitor.ServerAfter(r.row, look, now)
	if r.row.BlockedUntil != nil {
		r.shut = append(r.shut, [2]time.Time{now, *r.row.BlockedUntil})
	}
	plan := monitor.LookPlan{RetryAfter: look.RetryAfter, BlockedUntil: r.row.BlockedUntil, PerDay: r.server.limit.Rate() * day.Seconds()}
	n.CheckedAt, n.LookOutcome = &now, look.Outcome
	if look.Outcome == models.OutcomeOK {
		plan.Judgement, n.LookFailures = n.judged(now), 0
		n.Lifecycle, n.ExpiresAt = plan.Judgement.Lifecycle, plan.Judgement.Expiry.At
	} else {
		n.LookFailures++
		plan.Failures = n.LookFailures
		plan.Judgement = monitor.Judgement{Lifecycle: n.Lifecycle, Why: models.WhyDate, Expiry: models.Expiry{At: n.ExpiresAt}}
	}
	n.NextLookAt, _ = monitor.NextLook(plan, now, r.dice.Float64())
}

// verify holds the quarter to what is promised.
func (r *simRun) verify(t *testing.T) {
	t.Helper()
	for _, w := range r.server.limit.Windows {
		if n := mostIn(r.log.asked, w.Per); n > w.N {
			t.Errorf("%s: %d looks within %v, allowed are %d", r.server.name, n, w.Per, w.N)
		}
	}
	if most := int(60*r.server.limit.PerSecond) + 1; mostIn(r.log.asked, time.Minute) > most {
		t.Errorf("%s: %d looks in a minute, the pace allows %d", r.server.name, mostIn(r.log.asked, time.Minute), most)
	}
	lates := r.log.worst
	if r.server.short {
		lates = r.log.settled
	}
	for s, late := range lates {
		if bears := r.server.short && s >= models.StretchNew; !bears && late > simPeriod(s) {
			t.Errorf("%s: a look of stretch %d came %v after it was due", r.server.name, s, late)
		}
	}
	for _, n := range append(r.queue.due, r.queue.later...) {
		if n.CheckedAt == nil || simWall(r.t).Sub(*n.CheckedAt) > 60*day {
			t.Errorf("%s: a name was last looked at %v: it starves", r.server.name, n.CheckedAt)
			break
		}
	}
	day1, minute := mostIn(r.log.asked, day), mostIn(r.log.asked, time.Minute)
	t.Logf("FIGURE %-30s %5d names, %6d looks, at most %2d a minute and %5d in 24 h; latest: close %v, near %v, new %v, far %v", r.server.name, 2*r.server.names,
		len(r.log.asked), minute, day1, r.log.worst[models.StretchClose].Round(time.Minute), r.log.worst[models.StretchNear].Round(time.Minute),
		r.log.worst[models.StretchNew].Round(time.Minute), r.log.worst[models.StretchFar].Round(time.Minute))
}
