package main

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/monitor/dns"
)

// sickDoc compares sweeps of a world in which everything answers with those of one in which some servers are sick.
type sickDoc struct {
	Bench    string       `json:"bench"`
	Machine  benchMachine `json:"machine"`
	Zones    int          `json:"zones"`
	Rate     float64      `json:"queries_per_second_and_server"`
	Well     spread       `json:"well_seconds"`
	Sick     spread       `json:"sick_seconds"`
	Ratio    spread       `json:"ratio"`
	Struck   int          `json:"struck"`   // names of which one server is dead, slow or failing
	Verified int          `json:"verified"` // verdicts; none was a record said to be missing that is there
}

// mostSick is how much longer a sweep may take when one server in a hundred is dead, one slow and one failing.
const mostSick = 1.5

// sick measures a sweep and the whole looks that follow from it, with all servers well and with some sick.
func (c *benchDNSCmd) sick(ctx context.Context, s streams) (err error) {
	world, err := c.start(ctx, s)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, world.Close()) }()
	doc := sickDoc{Bench: "dns-sick", Machine: thisMachine(), Zones: c.Zones, Rate: c.Rate}
	var well, sick, ratios []float64
	for range c.Reps {
		var took [2]time.Duration
		for i, ill := range []bool{false, true} {
			world.Sicken(ill)
			b := &dnsBench{benchDNSCmd: c, world: world}
			if b.prober, err = dns.New(dns.Options{
				RootHints: []dns.RootServer{{Addr: world.Root}}, Port: world.Port, AllowPrivate: true, PerServerRate: c.Rate, MaxQueries: 10_000, Timeout: 3 * time.Second,
			}); err != nil {
				return err
			}
			began := time.Now()
			struck, err := b.sweepSick(ctx, ill)
			if err != nil {
				return err
			}
			took[i] = time.Since(began)
			doc.Struck, doc.Verified = max(doc.Struck, struck), doc.Verified+len(world.Names)
		}
		well, sick = append(well, took[0].Seconds()), append(sick, took[1].Seconds())
		ratios = append(ratios, took[1].Seconds()/took[0].Seconds())
	}
	doc.Well, doc.Sick, doc.Ratio = spreadOf(well), spreadOf(sick), spreadOf(ratios)
	if err := c.printSick(s.out, doc); err != nil {
		return err
	}
	if doc.Ratio.Median > mostSick {
		return wrong("with sick servers a sweep takes %.2f times as long, more than %.1f", doc.Ratio.Median, mostSick)
	}
	return nil
}

func (c *benchDNSCmd) printSick(w io.Writer, doc sickDoc) error {
	if c.JSON {
		return printJSON(w, doc)
	}
	return doc.print(w)
}

// sweepSick sweeps, looks whole at what differs, and compares with what is sick.
func (b *dnsBench) sweepSick(ctx context.Context, ill bool) (struck int, err error) {
	whys := make([]string, len(b.world.Names))
	if err := b.prober.Unchanged(ctx, b.lots(), func(lot, i int, s models.Still) { whys[lot*sweepLot+i] = s.Why }); err != nil {
		return 0, err
	}
	var differ []int
	for i, why := range whys {
		n, kind := b.world.Names[i], ""
		if ill {
			kind = b.world.Sick(n)
		}
		if (why != "") != (kind == "dead" || kind == "failing") {
			return 0, wrong("%s, one of whose servers is %q, is said to be %q", n.Name, kind, why)
		}
		if why != "" {
			differ = append(differ, i)
		}
	}
	looks := b.looks(ctx, differ)
	for _, l := range looks {
		for _, r := range l.Records {
			if r.State.Judged() && !r.State.Right() {
				return 0, wrong("%s %s is said to be %s, and is there: %s", r.Host, r.Type, r.State, r.Detail)
			}
		}
	}
	return len(differ), ctx.Err()
}

// print shows the comparison to people.
func (d sickDoc) print(w io.Writer) error {
	say := printer{w: w}
	say.line("%s", d.Machine)
	say.line("%d names at 100 operators, %g questions a second to a server; one server in a hundred dead, one slow (2 s), one failing", d.Zones, d.Rate)
	say.line("all well: %s s; some sick: %s s; ratio %s", d.Well, d.Sick, d.Ratio)
	say.line("%d names struck and looked at whole; %d verdicts, none of them a record said to be gone", d.Struck, d.Verified)
	return say.err
}
