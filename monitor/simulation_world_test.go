package monitor_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/monitor"
)

// The simulated quarter.
const (
	simDays     = 90
	simSweep    = time.Minute            // how often a sweep hands out a job for every server with names due
	simJob      = 105 * time.Second      // how long a job goes on
	simTook     = 200 * time.Millisecond // a look
	simTimeout  = 20 * time.Second       // a look that gets no answer
	simPatience = 15 * time.Second       // how long a job waits for a turn
	simStrayed  = 9 * day                // no look is planned for later
	simUpkeep   = time.Hour
)

var simStart = *date("2026-09-01T00:00:00Z")

// span is a part of the quarter.
type span struct{ from, to time.Duration }

func (s span) holds(t time.Duration) bool { return t >= s.from && t < s.to }

// simServer is one registry server, with its limits and what befalls it.
type simServer struct {
	name      string
	limit     monitor.Limit
	names     int  // at the start, and as many again by the import of day 20
	short     bool // its limits do not suffice for its names; few of these lapse, or not even the near ones could be served
	outage    span
	throttles int // one answer in so many says Retry-After; zero: none
}

// simServers are thirty, most at a pace of our own, some with what their registries publish.
func simServers() []simServer {
	perDay := func(n int) monitor.Window { return monitor.Window{N: n, Per: day} }
	calm := monitor.Limit{PerSecond: 1, Windows: []monitor.Window{perDay(28_800)}}
	whois := func(w ...monitor.Window) monitor.Limit { return monitor.Limit{PerSecond: 0.5, Windows: w} }
	servers := []simServer{
		{name: "big", limit: calm, names: 3900},
		{name: "strict (100 a day)", limit: whois(perDay(100)), names: 185, short: true},
		{name: "uk (5/s, 1,000 a day)", limit: monitor.Limit{PerSecond: 10, Windows: []monitor.Window{{N: 5, Per: time.Second}, perDay(1000)}}, names: 1800, short: true},
		{name: "eu (15 a minute)", limit: whois(monitor.Window{N: 15, Per: time.Minute}), names: 200},
		{name: "ru (12 a minute)", limit: whois(monitor.Window{N: 12, Per: time.Minute}), names: 200},
		{name: "no (60 a minute, 3,000 a day)", limit: monitor.Limit{PerSecond: 5, Windows: []monitor.Window{{N: 60, Per: time.Minute}, perDay(3000)}}, names: 300},
		{name: "fr (7,200 a day)", limit: whois(perDay(7200)), names: 200},
		{name: "central (1,800 in 15 minutes)", limit: monitor.Limit{PerSecond: 5, Windows: []monitor.Window{{N: 1800, Per: 15 * time.Minute}}}, names: 450},
		{name: "de (1 in 5 s, 2,000 a day)", limit: whois(monitor.Window{N: 1, Per: 5 * time.Second}, perDay(2000)), names: 200},
		{name: "dead for a week", limit: calm, names: 150, outage: span{40 * day, 47 * day}},
		{name: "throttling", limit: calm, names: 300, throttles: 200},
	}
	for len(servers) < 30 {
		servers = append(servers, simServer{name: fmt.Sprintf("calm %02d", len(servers)), limit: calm, names: 115})
	}
	return servers
}

// What befalls the installation: it starts with everything due, imports as many names again, is down for a week (a restored backup comes to
// the same), is restarted every day, and its clock is set: ahead by three days and back, ahead by a month for an hour and back.
var (
	simImport = 20 * day
	simDown   = span{30*day + 5*time.Hour, 37*day + 5*time.Hour}
	simJumps  = []struct {
		span
		by time.Duration
	}{{span{50*day + 7*time.Hour, 53 * day}, 3 * day}, {span{60*day + 90*time.Minute, 60*day + 150*time.Minute}, 30 * day}}
)

// simWall is what the wall clock shows at a moment of true time.
func simWall(t time.Duration) time.Time {
	wall := simStart.Add(t)
	for _, j := range simJumps {
		if j.holds(t) {
			wall = wall.Add(j.by)
		}
	}
	return wall
}

// simName is a name under watch, with what is true of it.
type simName struct {
	models.Domain
	expires time.Time  // at the start
	renewed *time.Time // when its client renews for a year; nil: never in the quarter
}

func newSimName(id int64, dice *rand.Rand, at time.Time, lapses int) *simName {
	n := &simName{Domain: models.Domain{ID: id, NextLookAt: at, Lifecycle: models.LifecycleUnknown}}
	n.expires = simStart.Add(time.Duration(dice.Int64N(int64(365 * day)))).Add(-30 * day)
	if dice.IntN(lapses) > 0 {
		n.renewed = new(n.expires.Add(-time.Duration(dice.Int64N(int64(60*day))) + 10*day))
	}
	return n
}

// judged is what a look at the name at a moment comes to.
func (n *simName) judged(now time.Time) monitor.Judgement {
	at := n.expires
	if n.renewed != nil && !now.Before(*n.renewed) {
		at = at.AddDate(1, 0, 0)
	}
	j := monitor.Judgement{Why: models.WhyDate, Expiry: models.Expiry{At: &at, Source: models.ExpiryRegistry}}
	switch past := now.Sub(at); {
	case past < -models.NearWithin:
		j.Lifecycle = models.LifecycleRegistered
	case past < 0:
		j.Lifecycle = models.LifecycleExpiring
	case past < 30*day:
		j.Lifecycle = models.LifecycleExpired
	case past < 60*day:
		j.Lifecycle = models.LifecycleRedemption
	case past < 65*day:
		j.Lifecycle = models.LifecyclePendingDelete
	default:
		j.Lifecycle = models.LifecycleReleased
	}
	return j
}

// simQueue holds the names of a server: those that are due, and those that are not yet by the time of their look.
type simQueue struct {
	due    []*simName // in order, as of sorted
	sorted time.Time
	later  []*simName // a heap
}

func (q *simQueue) push(n *simName) {
	q.later = append(q.later, n)
	for i := len(q.later) - 1; i > 0; {
		parent := (i - 1) / 2
		if !q.later[i].NextLookAt.Before(q.later[parent].NextLookAt) {
			break
		}
		q.later[i], q.later[parent] = q.later[parent], q.later[i]
		i = parent
	}
}

func (q *simQueue) pop() *simName {
	first, last := q.later[0], len(q.later)-1
	q.later[0] = q.later[last]
	q.later = q.later[:last]
	for i := 0; ; {
		child := 2*i + 1
		if child >= last {
			break
		}
		if child+1 < last && q.later[child+1].NextLookAt.Before(q.later[child].NextLookAt) {
			child++
		}
		if !q.later[child].NextLookAt.Before(q.later[i].NextLookAt) {
			break
		}
		q.later[i], q.later[child] = q.later[child], q.later[i]
		i = child
	}
	return first
}

// ripen moves what has become due to its place among the rest. As time alone moves names to another stretch, all are sorted once an hour.
func (q *simQueue) ripen(now time.Time) {
	byUrgency := func(a, b *simName) int { return models.CompareDue(&a.Domain, &b.Domain, now) }
	if age := now.Sub(q.sorted); age > time.Hour || age < 0 {
		q.sorted = now
		slices.SortFunc(q.due, byUrgency)
	}
	for len(q.later) > 0 && !q.later[0].NextLookAt.After(now) {
		n := q.pop()
		at, _ := slices.BinarySearchFunc(q.due, n, byUrgency)
		q.due = slices.Insert(q.due, at, n)
	}
}

// recall makes due what was planned for further ahead than any plan reaches.
func (q *simQueue) recall(now time.Time) {
	latest := now.Add(simStrayed)
	strayed := func(n *simName) bool { return n.NextLookAt.After(latest) }
	if !slices.ContainsFunc(q.later, strayed) {
		return
	}
	all := q.later
	q.later = nil
	for _, n := range all {
		if strayed(n) {
			n.NextLookAt = now
		}
		q.push(n)
	}
}

// batch takes up to n of the most urgent that are due, in order.
func (q *simQueue) batch(n int) []*simName {
	n = min(n, len(q.due))
	out := slices.Clone(q.due[:n])
	q.due = slices.Delete(q.due, 0, n)
	return out
}

// overlap is how much of the time between two instants lies in spans of time, which do not overlap each other.
func overlap(spans [][2]time.Time, from, to time.Time) (sum time.Duration) {
	for _, s := range spans {
		a, b := s[0], s[1]
		if a.Before(from) {
			a = from
		}
		if b.After(to) {
			b = to
		}
		sum += max(b.Sub(a), 0)
	}
	return sum
}

// simPeriod is within which time after it is due a look must come.
func simPeriod(s models.Stretch) time.Duration {
	return map[models.Stretch]time.Duration{models.StretchClose: 6 * time.Hour, models.StretchNear: day, models.StretchNew: day, models.StretchFar: 7 * day}[s]
}

// simLooks is one server's quarter.
type simLooks struct {
	settled map[models.Stretch]time.Duration // as worst, without what was to be caught up with
	asked   []time.Duration                  // true times
	worst   map[models.Stretch]time.Duration
	looks   map[models.Stretch]int
}

func (l *simLooks) note(s models.Stretch, late time.Duration, settled bool) {
	l.worst[s] = max(l.worst[s], late)
	if settled {
		l.settled[s] = max(l.settled[s], late)
	}
	l.looks[s]++
}

func newSimLooks() *simLooks {
	return &simLooks{worst: map[models.Stretch]time.Duration{}, settled: map[models.Stretch]time.Duration{}, looks: map[models.Stretch]int{}}
}

func sortedByRate(l []simServer) []simServer {
	return slices.SortedFunc(slices.Values(l), func(a, b simServer) int { return cmp.Compare(b.names, a.names) })
}
