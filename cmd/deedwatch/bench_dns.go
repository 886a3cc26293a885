package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"time"

	"github.com/krestmarketing/deedwatch/configs"
	"github.com/krestmarketing/deedwatch/internal/dnsbench"
	"github.com/krestmarketing/deedwatch/monitor/dns"
)

// benchDNSCmd measures looks at delegations and records.
type benchDNSCmd struct {
	benchFlags
	Zones   int           `help:"Names in the world." default:"10000" placeholder:"N"`
	Dnsperf bool          `help:"Let dnsperf ask the same servers in every repetition, to compare the cost of a query with."`
	ZDNS    string        `name:"zdns" help:"Let this zdns ask the same of some of the names in every repetition. The world is then served at port 53, since zdns walks to no other one." placeholder:"PATH"`
	Naive   int           `help:"Names that the naive client asks about in a repetition; 0 leaves it out." default:"1000" placeholder:"N"`
	Stored  int           `help:"Names that are swept with all that is written of it, into SQLite and where --postgres names a server into PostgreSQL; 0 leaves it out." default:"2000" placeholder:"N"`
	Own     bool          `name:"own-servers" help:"Serve the world by servers of this program, as is done where NSD is not installed."`
	RTT     time.Duration `name:"rtt" help:"How late the answer to every question comes, by relays before the servers." default:"0s" placeholder:"20ms"`
	Loss    float64       `help:"Share of the questions that is lost on the way, 0 to 0.5." default:"0" placeholder:"SHARE"`
	Sick    bool          `help:"Measure instead how much longer a sweep and what follows takes when one server in a hundred is dead, one slow and one failing."`
	Rate    float64       `help:"With --sick: questions a second to a server; -1 lifts the pace." default:"1000" placeholder:"Q"`
	Plan    bool          `help:"Measure nothing: reckon for 10,000, 100,000 and 1,000,000 names how long a sweep takes at the pace as shipped."`
}

const (
	mostZones = 1_000_000
	mostRTT   = 5 * time.Second
	mostLoss  = 0.5
)

func (c *benchDNSCmd) check() error {
	switch {
	case c.Zones < 10 || c.Zones > mostZones:
		return usage("--zones must be 10 to %d", mostZones)
	case c.Naive < 0 || c.Stored < 0:
		return usage("--naive and --stored must not be negative")
	case c.RTT < 0 || c.RTT > mostRTT:
		return usage("--rtt must be 0s to %v", mostRTT)
	case c.Loss < 0 || c.Loss > mostLoss:
		return usage("--loss must be 0 to %g", mostLoss)
	case c.Sick && (c.far() || c.Dnsperf || c.ZDNS != ""):
		return usage("--sick measures the sweep alone, in a world of its own: leave out --rtt, --loss, --dnsperf and --zdns")
	}
	return c.benchFlags.check()
}

// far says that the servers are to be a way off.
func (c *benchDNSCmd) far() bool { return c.RTT > 0 || c.Loss > 0 }

// benchDNSDoc is what was measured.
type benchDNSDoc struct {
	Bench    string         `json:"bench"`
	Machine  benchMachine   `json:"machine"`
	Pace     string         `json:"pace"`
	Server   string         `json:"server"` // what served the world
	Peers    []string       `json:"peers"`  // other programs that took part, with their versions
	RTT      float64        `json:"rtt_ms"`
	Loss     float64        `json:"loss"`
	Zones    int            `json:"zones"`
	Reps     int            `json:"reps"`
	Rows     []benchDNSRow  `json:"rows"`
	Ratios   []benchDNSPair `json:"ratios"`   // within each repetition
	Memory   sweepMemory    `json:"memory"`   // of sweeps alone
	Verified int            `json:"verified"` // verdicts that were compared with the planted truth; all were right
	// Unanswered is of how many names a sweep gave up a question, at most in one repetition, since its answers were lost each time. They were
	// looked at whole. Without --loss there must be none.
	Unanswered int `json:"unanswered"`
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
	doc := benchDNSDoc{
		Bench: "dns", Machine: thisMachine(), Zones: c.Zones, Reps: c.Reps, RTT: float64(c.RTT.Microseconds()) / 1e3, Loss: c.Loss,
		Pace: "the pace of the product is lifted: the servers are ours",
	}
	if doc.Peers, err = c.peers(ctx); err != nil {
		return err
	}
	world, err := c.start(ctx, s)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, world.Close()) }()
	doc.Server = world.Server
	b := &dnsBench{benchDNSCmd: c, world: world, runs: map[string][]asking{}}
	if b.prober, err = dns.New(c.options(world)); err != nil {
		return err
	}
	if err := b.run(ctx, &doc); err != nil {
		return err
	}
	if c.JSON {
		return printJSON(s.out, doc)
	}
	return doc.print(s.out)
}

// peers checks the programs that are to take part, before anything is started.
func (c *benchDNSCmd) peers(ctx context.Context) (list []string, err error) {
	list = []string{}
	if c.Dnsperf {
		if err := dnsbench.CheckDnsperf(); err != nil {
			return nil, usage("--dnsperf: %v", err)
		}
		list = append(list, "dnsperf")
	}
	if c.ZDNS != "" {
		version, err := dnsbench.CheckZDNS(ctx, c.ZDNS)
		if err != nil {
			return nil, usage("--zdns: %v", err)
		}
		list = append(list, "zdns "+version)
	}
	return list, nil
}

// start starts the world. Where the servers are not NSD, or a way off, this program serves in a process of its own.
func (c *benchDNSCmd) start(ctx context.Context, s streams) (*dnsbench.World, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program, to start the world: %w", err)
	}
	o := dnsbench.Options{Zones: c.Zones, Sick: c.Sick, RTT: c.RTT, Loss: c.Loss, NoNSD: c.Own, Helper: func(ctx context.Context, spec string) *exec.Cmd {
		cmd := exec.CommandContext(ctx, self, "bench", "dns-world", spec) //nolint:gosec // this very program
		cmd.Env = withoutSettings(s.environ)
		return cmd
	}}
	if c.ZDNS != "" {
		o.Port = dnsbench.ZDNSPort
	}
	w, err := dnsbench.Start(ctx, o)
	if errors.Is(err, dnsbench.ErrPort) && c.ZDNS != "" {
		return nil, usage("--zdns: zdns asks name servers at port %d only, and this process %v", dnsbench.ZDNSPort, err)
	}
	return w, err
}

// options are those of the product, but for the pace. On a busy machine a server near by may be slow, which is not to be taken for wrong.
func (c *benchDNSCmd) options(w *dnsbench.World) dns.Options {
	o := dns.Options{
		RootHints: []dns.RootServer{{Addr: w.Root}}, Port: w.Port, AllowPrivate: true, PerServerRate: -1, MaxQueries: 10_000, Timeout: 5 * time.Second,
	}
	if c.far() {
		o.Timeout = configs.Default().DNS.Timeout
	}
	return o
}

// benchDNSWorldCmd is the process that serves what NSD does not.
type benchDNSWorldCmd struct {
	Spec string `arg:"" help:"What to serve."`
}

// Run serves until standard input ends.
func (c *benchDNSWorldCmd) Run(ctx context.Context, s streams) error {
	return dnsbench.Serve(ctx, c.Spec, s.in)
}
