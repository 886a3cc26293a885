package monitor

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// SuffixShare is a part of a portfolio: which share of its names ends so.
type SuffixShare struct {
	Suffix string
	Share  float64 // of all names; shares need not sum to 1, they are weighed
	Note   string  // where the number comes from
}

// Stages say which share of the names stands where; they are weighed like the shares of suffixes.
type Stages struct {
	Far     float64 // more than 60 days from the expiry, or without a public one
	Near    float64 // within 60 days
	Close   float64 // in the last week, expired, or on hold
	Trouble float64 // in redemption or pending delete
}

// PlanRequest asks what watching a portfolio takes.
type PlanRequest struct {
	Names  int
	Mix    []SuffixShare              // nil: DefaultMix
	Stages Stages                     // zero: DefaultStages
	Route  func(suffix string) string // the server of the names under a suffix, or ServerUnsupported
	Limit  func(server string) Limit  // as Options.Limit
}

// Plan says what watching a portfolio takes, in looks at registries. What is asked beside them (registrars, second sources) comes on top at
// other servers and only as far as these have turns to spare.
type Plan struct {
	Names       int
	LooksPerDay float64
	FirstLoad   time.Duration // every name once, the servers side by side: that of the slowest server
	Servers     []ServerPlan  // the busiest first
	Unsupported int           // names for which no server is known
	Short       []string      // servers that cannot serve the cadence
}

// ServerPlan is the part of one server, or of servers that count together.
type ServerPlan struct {
	Server      string
	Suffixes    []string
	Names       int
	LooksPerDay float64
	PerDay      float64       // what its limits allow
	Load        float64       // LooksPerDay as a share of PerDay; above 1 the far-off names are looked at less often
	FullSweep   time.Duration // every name once, as fast as the limits allow
	NearServed  bool          // all but the far-off names get all their looks
	FarEvery    time.Duration // how often a far-off name is looked at; zero: never, the near ones take all
}

// LooksPerDay is how often the cadence looks at an average name of a server that may be asked perDay times (zero: as often as one likes):
// at those near their expiry or past it, and at those far from it.
func (s Stages) LooksPerDay(perDay float64) (near, far float64) {
	total := s.Far + s.Near + s.Close + s.Trouble
	if total <= 0 {
		return 0, 0
	}
	looks := func(share float64, every time.Duration) float64 { return share / total * float64(day) / float64(every) }
	return looks(s.Near, everyNear) + looks(s.Close, everyClose) + looks(s.Trouble, troubled(perDay)), looks(s.Far, everyFar)
}

// PlanRegistration reckons how many looks a day go to which server, which share of its limits that is, how long a sweep of all names takes,
// and which servers cannot serve the cadence.
func PlanRegistration(q PlanRequest) Plan {
	if q.Mix == nil {
		q.Mix = DefaultMix()
	}
	if q.Stages == (Stages{}) {
		q.Stages = DefaultStages()
	}
	p := Plan{Names: q.Names}
	limits := map[string]Limit{}
	for i, names := range apportion(q.Names, q.Mix) {
		if names == 0 {
			continue
		}
		server := q.Route(q.Mix[i].Suffix)
		if server == ServerUnsupported {
			p.Unsupported += names
			continue
		}
		limit := q.Limit(server)
		server = limit.key(server)
		at := slices.IndexFunc(p.Servers, func(s ServerPlan) bool { return s.Server == server })
		if at < 0 {
			at, limits[server] = len(p.Servers), limit
			p.Servers = append(p.Servers, ServerPlan{Server: server})
		}
		s := &p.Servers[at]
		s.Names += names
		s.Suffixes = append(s.Suffixes, q.Mix[i].Suffix)
	}
	for i := range p.Servers {
		s := &p.Servers[i]
		*s = planServer(*s, limits[s.Server], q.Stages)
		p.LooksPerDay += s.LooksPerDay
		p.FirstLoad = max(p.FirstLoad, s.FullSweep)
	}
	slices.SortStableFunc(p.Servers, func(a, b ServerPlan) int { return cmp.Compare(b.LooksPerDay, a.LooksPerDay) })
	for _, s := range p.Servers {
		if s.Load > 1 {
			p.Short = append(p.Short, s.Server)
		}
	}
	return p
}

func planServer(s ServerPlan, limit Limit, stages Stages) ServerPlan {
	s.PerDay = limit.Rate() * day.Seconds()
	near, far := stages.LooksPerDay(s.PerDay)
	near, far = near*float64(s.Names), far*float64(s.Names)
	s.LooksPerDay = near + far
	s.Load = s.LooksPerDay / s.PerDay
	s.FullSweep = limit.sweep(s.Names)
	s.NearServed = near <= s.PerDay
	switch left := s.PerDay - near; {
	case far <= left:
		s.FarEvery = everyFar
	case left > 0:
		s.FarEvery = time.Duration(float64(everyFar) * far / left)
	}
	return s
}

// sweep is how long it takes to ask a rested server n questions.
func (l Limit) sweep(n int) time.Duration {
	longest := 0.0
	for _, a := range l.allowances() {
		longest = max(longest, float64(max(n-a.burst, 0))*float64(a.step))
	}
	return time.Duration(min(longest, math.MaxInt64/2))
}

// apportion splits names by shares so that they sum up: those of the largest remainders get what rounding left over.
func apportion(names int, mix []SuffixShare) []int {
	total := 0.0
	for _, m := range mix {
		total += max(m.Share, 0)
	}
	counts, order := make([]int, len(mix)), make([]int, len(mix))
	if total <= 0 {
		return counts
	}
	exact := func(i int) float64 { return float64(names) * max(mix[i].Share, 0) / total }
	left := names
	for i := range mix {
		counts[i], order[i] = int(exact(i)), i
		left -= counts[i]
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Compare(exact(b)-float64(counts[b]), exact(a)-float64(counts[a]))
	})
	for _, i := range order[:min(max(left, 0), len(order))] {
		counts[i]++
	}
	return counts
}
