package main

import (
	"context"
	"errors"
	"iter"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/krestmarketing/deedwatch/internal/dnsbench"
	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/monitor/dns"
)

// asking is what one way of asking took in one repetition.
type asking struct {
	cost
	queries    int
	unanswered int // names of which a question had no answer, so that they are looked at whole
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
	askZDNS    = "zdns, scripted"
)

// dnsBench is one measurement in progress.
type dnsBench struct {
	*benchDNSCmd
	world    *dnsbench.World
	prober   *dns.Prober
	stored   []*storedSweep
	laid     [][]models.Standing // what is expected of all names
	runs     map[string][]asking
	verified int
}

// standingOf gives what a whole look at names of the world found before anything was planted on them.
func standingOf(names []dnsbench.Name) []models.Standing {
	list := make([]models.Standing, len(names))
	for i, n := range names {
		list[i] = models.Standing{DomainID: int64(i), Domain: n.Name, NS: n.Nameservers()}
		for _, r := range dnsbench.Records() {
			list[i].Records = append(list[i].Records, models.ExpectedRecord{
				Host: strings.TrimPrefix(r.Host+"."+n.Name, "."), Type: r.Type, Match: models.MatchExact, Values: r.Value, State: models.RecordOK,
			})
		}
	}
	return list
}

// run measures the memory of the first sweep, in which the servers' addresses are found, and then all ways of asking by turns.
func (b *dnsBench) run(ctx context.Context, doc *benchDNSDoc) (err error) {
	if doc.Memory, err = watchSweep(ctx, func() error { return b.sweep(ctx, b.lots(), nil) }); err != nil {
		return err
	}
	closing, err := b.openStoredSweeps(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closing()) }()
	b.runs, b.verified = map[string][]asking{}, 0
	b.laid = slices.Collect(b.lots()) // once, and not measured: the product has it from its store
	err = b.profiled(func() error {
		for range b.Reps {
			if err := b.repetition(ctx); err != nil {
				return err
			}
		}
		return nil
	})
	doc.Rows, doc.Ratios, doc.Verified = b.rows(), b.ratios(), b.verified
	for _, a := range b.runs[askSweep] {
		doc.Unanswered = max(doc.Unanswered, a.unanswered)
	}
	return err
}

// repetition lets every way of asking have its turn.
func (b *dnsBench) repetition(ctx context.Context) error {
	var differ []int
	if err := b.sweep(ctx, slices.Values(b.laid), &differ); err != nil {
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
	return b.peerTurns(ctx)
}

// peerTurns lets the other programs have theirs.
func (b *dnsBench) peerTurns(ctx context.Context) error {
	names := b.world.Names[:min(b.Naive, len(b.world.Names))]
	if len(names) > 0 {
		queries := 0
		c, err := measure(len(names), func() (err error) {
			queries, err = b.world.Naive(ctx, names, naiveWorkers)
			return err
		})
		if err != nil {
			return err
		}
		b.took(askNaive, asking{cost: c, queries: queries})
	}
	if b.Dnsperf {
		p, err := b.world.Dnsperf(ctx, dnsperfQueries)
		if err != nil {
			return err
		}
		b.took(askDnsperf, asking{cost: cost{n: p.Queries, wall: p.Wall, cpu: p.CPU}, queries: p.Queries})
	}
	if b.ZDNS != "" {
		names := b.world.Names[:min(zdnsNames, len(b.world.Names))]
		p, err := b.world.ZDNS(ctx, b.ZDNS, names)
		if err != nil {
			return err
		}
		b.took(askZDNS, asking{cost: cost{n: len(names), wall: p.Wall, cpu: p.CPU}, queries: p.Queries})
	}
	return nil
}

const (
	naiveWorkers   = 200
	dnsperfQueries = 100_000
	zdnsNames      = 2000
	wholeLooks     = 64   // side by side
	sweepLot       = 1000 // names that the product takes from its store at once
)

func (b *dnsBench) took(name string, a asking) { b.runs[name] = append(b.runs[name], a) }

// lots lays out what is expected of the names, as many at a time as the product takes from its store, each lot when it is asked for.
func (b *dnsBench) lots() iter.Seq[[]models.Standing] {
	return func(yield func([]models.Standing) bool) {
		for names := range slices.Chunk(b.world.Names, sweepLot) {
			if !yield(standingOf(names)) {
				return
			}
		}
	}
}

// sweep asks of every name whether it is as it stood, compares with what was planted, and lists the names that differ.
func (b *dnsBench) sweep(ctx context.Context, lots iter.Seq[[]models.Standing], differ *[]int) error {
	runtime.GC()
	whys := make([]string, len(b.world.Names))
	var queries atomic.Int64
	c, err := metered(len(b.world.Names), func() error {
		return b.prober.Unchanged(ctx, lots, func(lot, i int, s models.Still) {
			queries.Add(int64(s.Queries))
			whys[lot*sweepLot+i] = s.Why
		})
	})
	if err != nil {
		return err
	}
	a := asking{cost: c, queries: int(queries.Load())}
	for i, why := range whys {
		n := b.world.Names[i]
		switch differs, planted := why != "", n.Fault != dnsbench.FaultNone; {
		case differs == planted:
		case differs && b.Loss > 0: // its answers were lost each time; the whole look has to say that nothing is wrong
			a.unanswered++
		default:
			return wrong("%s, on which %q was planted, is said to be %q", n.Name, n.Fault, why)
		}
		if why != "" && differ != nil {
			*differ = append(*differ, i)
		}
	}
	b.verified += len(b.world.Names)
	b.took(askSweep, a)
	return nil
}

// whole looks at what differs, as the product does after a sweep, and compares what it finds with what was planted.
func (b *dnsBench) whole(ctx context.Context, differ []int) error {
	var looks []models.DelegationLook
	c, err := measure(len(differ), func() error {
		looks = b.looks(ctx, differ)
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

// looks looks whole at some names, side by side.
func (b *dnsBench) looks(ctx context.Context, differ []int) []models.DelegationLook {
	looks := make([]models.DelegationLook, len(differ))
	var wg sync.WaitGroup
	slots := make(chan struct{}, wholeLooks)
	for k, i := range differ {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			st := standingOf(b.world.Names[i : i+1])[0]
			looks[k] = b.prober.Look(ctx, st.Domain, st.Records)
		})
	}
	wg.Wait()
	return looks
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

// sweepMemory is what a process that does nothing but sweep holds.
type sweepMemory struct {
	BeforeRSS uint64 `json:"before_rss_bytes"` // resident before the sweep, the program itself included; zero: this system does not tell
	benchMemory
}

// watchSweep measures the memory of a sweep.
func watchSweep(ctx context.Context, sweep func() error) (m sweepMemory, err error) {
	debug.FreeOSMemory()
	m.BeforeRSS = residentNow()
	m.benchMemory, err = watchMemory(ctx, sweep)
	return m, err
}
