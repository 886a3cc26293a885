package main

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/krestmarketing/deedwatch/internal/dnsbench"
	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/monitor/dns"
)

// benchDNSCmd measures looks at delegations and records.
type benchDNSCmd struct {
	benchFlags
	Zones   int     `help:"Names in the world." default:"10000" placeholder:"N"`
	Dnsperf bool    `help:"Let dnsperf ask the same servers in every repetition, to compare the cost of a query with."`
	Naive   int     `help:"Names that the naive client asks about in a repetition; 0 leaves it out." default:"1000" placeholder:"N"`
	Stored  int     `help:"Names that are swept with all that is written of it, into SQLite and where --postgres names a server into PostgreSQL; 0 leaves it out." default:"2000" placeholder:"N"`
	Sick    bool    `help:"Measure instead how much longer a sweep and what follows takes when one server in a hundred is dead, one slow and one failing."`
	Rate    float64 `help:"With --sick: questions a second to a server; -1 lifts the pace." default:"1000" placeholder:"Q"`
	Plan    bool    `help:"Measure nothing: reckon for 10,000, 100,000 and 1,000,000 names how long a sweep takes at the pace as shipped."`
}

const mostZones = 1_000_000

func (c *benchDNSCmd) check() error {
	if c.Zones < 10 || c.Zones > mostZones {
		return usage("--zones must be 10 to %d", mostZones)
	}
	if c.Naive < 0 || c.Stored < 0 {
		return usage("--naive and --stored must not be negative")
	}
	return c.benchFlags.check()
}

// benchDNSDoc is what was measured.
type benchDNSDoc struct {
	Bench    string         `json:"bench"`
	Machine  benchMachine   `json:"machine"`
	Pace     string         `json:"pace"`
	Zones    int            `json:"zones"`
	Reps     int            `json:"reps"`
	Rows     []benchDNSRow  `json:"rows"`
	Ratios   []benchDNSPair `json:"ratios"` // within each repetition
	Memory   benchMemory    `json:"memory"`
	Verified int            `json:"verified"` // verdicts that were compared with the planted truth; all were right
}

// benchDNSRow is one way of asking.
type benchDNSRow struct {
	Name       string `json:"name"`
	Domains    spread `json:"domains_per_second"`
	Queries    spread `json:"queries_per_second"`
	PerDomain  spread `json:"queries_per_domain"`
	DomainCPU  spread `json:"cpu_us_per_domain"`
	QueryCPU   spread `json:"cpu_us_per_query"`
	QueryAlloc spread `json:"allocs_per_query"`
}

// benchDNSPair compares two ways, repetition by repetition.
type benchDNSPair struct {
	What  string `json:"what"`
	Ratio spread `json:"ratio"`
}

// asking is what one way of asking took in one repetition.
type asking struct {
	cost
	queries int
}

func (a asking) queryMicros() float64 {
	return float64(a.cpu.Nanoseconds()) / 1e3 / float64(max(a.queries, 1))
}

// The ways of asking that are measured.
const (
	askSweep   = "sweep: is all as it stood"
	askStored  = "sweep with its writes"
	askWhole   = "whole looks at what differs"
	askNaive   = "naive client"
	askDnsperf = "dnsperf"
)

// dnsBench is one measurement in progress.
type dnsBench struct {
	*benchDNSCmd
	world    *dnsbench.World
	prober   *dns.Prober
	standing []models.Standing
	stored   []*storedSweep
	runs     map[string][]asking
	verified int
}

// Run measures, and exits 1 when a verdict is not what was planted.
func (c *benchDNSCmd) Run(ctx context.Context, s streams) (err error) {
	if err := c.check(); err != nil {
		return err
	}
	if c.Plan {
		if c.JSON {
			return printJSON(s.out, newDNSPlanDoc())
		}
		return newDNSPlanDoc().print(s.out)
	}
	if c.Sick {
		return c.sick(ctx, s)
	}
	world, err := dnsbench.Start(ctx, c.Zones)
	if errors.Is(err, dnsbench.ErrNoNSD) {
		return usage("%v", err)
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, world.Close()) }()
	prober, err := dns.New(dns.Options{
		RootHints: []dns.RootServer{{Addr: world.Root}}, Port: world.Port, AllowPrivate: true, PerServerRate: -1, MaxQueries: 10_000,
		Timeout: 5 * time.Second, // a busy machine is slow, not wrong
	})
	if err != nil {
		return err
	}
	b := &dnsBench{benchDNSCmd: c, world: world, prober: prober, standing: standingOf(world), runs: map[string][]asking{}}
	closing, err := b.openStoredSweeps(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closing()) }()
	doc, err := b.run(ctx)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(s.out, doc)
	}
	return doc.print(s.out)
}

// standingOf gives what a whole look at each name found before anything was planted on it.
func standingOf(w *dnsbench.World) []models.Standing {
	list := make([]models.Standing, len(w.Names))
	for i, n := range w.Names {
		list[i] = models.Standing{DomainID: int64(i), Domain: n.Name, NS: n.Nameservers()}
		for _, r := range dnsbench.Records() {
			list[i].Records = append(list[i].Records, models.ExpectedRecord{
				Host: strings.TrimPrefix(r.Host+"."+n.Name, "."), Type: r.Type, Match: models.MatchExact, Values: r.Value, State: models.RecordOK,
			})
		}
	}
	return list
}

func (b *dnsBench) run(ctx context.Context) (doc benchDNSDoc, err error) {
	doc = benchDNSDoc{
		Bench: "dns", Machine: thisMachine(), Zones: b.Zones, Reps: b.Reps,
		Pace: "the pace of the product is lifted: the servers are ours",
	}
	if err := b.sweep(ctx, nil); err != nil { // finds the servers' addresses, as the first sweep of a process does
		return doc, err
	}
	b.runs, b.verified = map[string][]asking{}, 0
	doc.Memory, err = watchMemory(ctx, func() error {
		return b.profiled(func() error {
			for range b.Reps {
				if err := b.repetition(ctx); err != nil {
					return err
				}
			}
			return nil
		})
	})
	doc.Rows, doc.Ratios, doc.Verified = b.rows(), b.ratios(), b.verified
	return doc, err
}

// repetition lets every way of asking have its turn.
func (b *dnsBench) repetition(ctx context.Context) error {
	var differ []int
	if err := b.sweep(ctx, &differ); err != nil {
		return err
	}
	if err := b.whole(ctx, differ); err != nil {
		return err
	}
	for _, r := range b.stored {
		a, err := r.run(ctx)
		if err != nil {
			return err
		}
		b.verified += r.names
		b.took(r.name, a)
	}
	if b.Naive > 0 {
		names := b.world.Names[:min(b.Naive, len(b.world.Names))]
		queries := 0
		c, err := measure(len(names), func() (err error) {
			queries, err = b.world.Naive(ctx, names, naiveWorkers)
			return err
		})
		if err != nil {
			return err
		}
		b.took(askNaive, asking{c, queries})
	}
	if b.Dnsperf {
		p, err := b.world.Dnsperf(ctx, dnsperfQueries)
		if err != nil {
			return usage("--dnsperf: %v", err)
		}
		b.took(askDnsperf, asking{cost{n: p.Queries, wall: p.Wall, cpu: p.CPU}, p.Queries})
	}
	return nil
}

const (
	naiveWorkers   = 200
	dnsperfQueries = 100_000
	wholeLooks     = 64 // side by side
)

func (b *dnsBench) took(name string, a asking) { b.runs[name] = append(b.runs[name], a) }

// sweep asks of every name whether it is as it stood, compares with what was planted, and lists the names that differ.
func (b *dnsBench) sweep(ctx context.Context, differ *[]int) error {
	stills := make([]models.Still, len(b.standing))
	c, err := measure(len(b.standing), func() error {
		return b.prober.Unchanged(ctx, b.standing, func(i int, s models.Still) { stills[i] = s })
	})
	if err != nil {
		return err
	}
	a := asking{cost: c}
	for i, s := range stills {
		a.queries += s.Queries
		n := b.world.Names[i]
		if (s.Why == "") != (n.Fault == dnsbench.FaultNone) {
			return wrong("%s, on which %q was planted, is said to be %q", n.Name, n.Fault, s.Why)
		}
		if s.Why != "" && differ != nil {
			*differ = append(*differ, i)
		}
	}
	b.verified += len(stills)
	b.took(askSweep, a)
	return nil
}

// whole looks at what differs, as the product does after a sweep, and compares what it finds with what was planted.
func (b *dnsBench) whole(ctx context.Context, differ []int) error {
	looks := make([]models.DelegationLook, len(differ))
	c, err := measure(len(differ), func() error {
		var wg sync.WaitGroup
		slots := make(chan struct{}, wholeLooks)
		for k, i := range differ {
			slots <- struct{}{}
			wg.Go(func() {
				defer func() { <-slots }()
				looks[k] = b.prober.Look(ctx, b.standing[i].Domain, b.standing[i].Records)
			})
		}
		wg.Wait()
		return ctx.Err()
	})
	if err != nil {
		return err
	}
	for k, i := range differ {
		if n := b.world.Names[i]; !shows(looks[k], n.Fault) {
			return wrong("%s, on which %q was planted, is found so: %s %v", n.Name, n.Fault, looks[k].Detail, looks[k].Problems)
		}
	}
	b.verified += len(differ)
	b.took(askWhole, asking{cost: c})
	return nil
}

// shows reports whether a whole look says what was planted.
func shows(look models.DelegationLook, fault dnsbench.Fault) bool {
	problem := func(code string) bool {
		for _, p := range look.Problems {
			if p.Code == code {
				return true
			}
		}
		return false
	}
	state := func(host, kind string, states ...models.RecordState) bool {
		for _, r := range look.Records {
			for _, s := range states {
				if strings.HasPrefix(r.Host, host) && r.Type == kind && r.State == s {
					return true
				}
			}
		}
		return false
	}
	switch fault {
	case dnsbench.FaultStale:
		return problem("serial_drift")
	case dnsbench.FaultNS:
		return problem("ns_mismatch")
	case dnsbench.FaultLame:
		return problem("ns_lame")
	case dnsbench.FaultMissing:
		return state("_dmarc.", "TXT", models.RecordWrong, models.RecordMissing, models.RecordNameGone)
	case dnsbench.FaultWrong:
		return state("www.", "CNAME", models.RecordWrong)
	case dnsbench.FaultNone:
	}
	return len(look.Problems) == 0
}
