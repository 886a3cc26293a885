package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/krestmarketing/deedwatch/configs"
	"github.com/krestmarketing/deedwatch/monitor"
)

// plannedSizes are the portfolios that are reckoned through.
var plannedSizes = []int{10_000, 100_000, 1_000_000}

// plannedServers is how many of a plan's servers people are shown beside those that are short.
const plannedServers = 12

// planDoc is the plan of every size, without a look at anything.
type planDoc struct {
	Bench  string       `json:"bench"`
	Mix    []planSuffix `json:"mix"`
	Stages planStages   `json:"stages"`
	Plans  []planSize   `json:"plans"`
}

type planSuffix struct {
	Suffix string  `json:"suffix"`
	Share  float64 `json:"share"`
	Note   string  `json:"note"`
}

type planStages struct {
	Far     float64 `json:"far"`
	Near    float64 `json:"near"`
	Close   float64 `json:"close"`
	Trouble float64 `json:"trouble"`
}

type planSize struct {
	Domains          int          `json:"domains"`
	LooksPerDay      float64      `json:"looks_per_day"`
	FirstLoadSeconds float64      `json:"first_load_seconds"`
	Unsupported      int          `json:"unsupported"`
	Short            []string     `json:"short"`
	Servers          []planServer `json:"servers"`
}

type planServer struct {
	Server           string   `json:"server"`
	Suffixes         []string `json:"suffixes"`
	Domains          int      `json:"domains"`
	LooksPerDay      float64  `json:"looks_per_day"`
	AllowedPerDay    float64  `json:"allowed_per_day"`
	Load             float64  `json:"load"`
	FullSweepSeconds float64  `json:"full_sweep_seconds"`
	NearServed       bool     `json:"near_served"`
	FarEverySeconds  *float64 `json:"far_every_seconds"` // null: never
}

// plan reckons how the looks are spread over the servers by the product's own configuration: routes, limits and cadence. Nothing is asked.
func (c *benchRegistrationCmd) plan(ctx context.Context, root *cli, s streams) error {
	cfg, log, err := root.load(s)
	if err != nil {
		return err
	}
	l, err := newLooks(cfg, time.Now, log)
	if err != nil {
		return err
	}
	m, err := newMonitor(cfg, l, nil, time.Now, workerName(), log)
	if err != nil {
		return err
	}
	doc := newPlanDoc(cfg, m.Route)
	if err := ctx.Err(); err != nil {
		return err
	}
	if c.JSON {
		return printJSON(s.out, doc)
	}
	return doc.print(s.out)
}

func newPlanDoc(c configs.Config, route func(domain string) string) planDoc {
	stages := monitor.DefaultStages()
	doc := planDoc{Bench: "registration-plan", Stages: planStages(stages)}
	for _, x := range monitor.DefaultMix() {
		doc.Mix = append(doc.Mix, planSuffix(x))
	}
	for _, n := range plannedSizes {
		p := monitor.PlanRegistration(monitor.PlanRequest{
			Names: n, Route: func(suffix string) string { return route("name." + suffix) }, Limit: serverLimits(c),
		})
		size := planSize{
			Domains: p.Names, LooksPerDay: p.LooksPerDay, FirstLoadSeconds: p.FirstLoad.Seconds(), Unsupported: p.Unsupported, Short: list(p.Short),
			Servers: make([]planServer, len(p.Servers)),
		}
		for i, s := range p.Servers {
			size.Servers[i] = planServer{
				Server: s.Server, Suffixes: s.Suffixes, Domains: s.Names, LooksPerDay: s.LooksPerDay, AllowedPerDay: s.PerDay, Load: s.Load,
				FullSweepSeconds: s.FullSweep.Seconds(), NearServed: s.NearServed,
			}
			if s.FarEvery > 0 {
				size.Servers[i].FarEverySeconds = new(s.FarEvery.Seconds())
			}
		}
		doc.Plans = append(doc.Plans, size)
	}
	return doc
}

// print shows the plan to people.
func (d planDoc) print(w io.Writer) error {
	say := printer{w: w}
	say.line("Reckoned by the configured routes and limits and the cadence, for an assumed portfolio (--json lists it); nothing was asked.")
	for _, p := range d.Plans {
		say.line("")
		say.line("%s names: %s looks a day; every name once takes %s; %d names have no server", count(p.Domains), count(int(math.Round(p.LooksPerDay))), span(p.FirstLoadSeconds), p.Unsupported)
		if say.err != nil {
			return say.err
		}
		var rows [][]string
		for i, s := range p.Servers {
			if i < plannedServers || s.Load > 1 {
				rows = append(rows, s.cells())
			}
		}
		if err := printTable(w, []string{"server", "names", "looks a day", "allowed", "share", "all once", "far names every"}, rows); err != nil {
			return err
		}
		if more := len(p.Servers) - len(rows); more > 0 {
			say.line("and %d more servers with less to do", more)
		}
		if len(p.Short) > 0 {
			say.line("short, so that far-off names wait: %s", strings.Join(p.Short, ", "))
		}
	}
	return say.err
}

func (s planServer) cells() []string {
	far := "never"
	if s.FarEverySeconds != nil {
		far = span(*s.FarEverySeconds)
	}
	if !s.NearServed {
		far += ", near ones late"
	}
	return []string{
		s.Server, count(s.Domains), count(int(math.Round(s.LooksPerDay))), count(int(s.AllowedPerDay)), fmt.Sprintf("%.1f %%", 100*s.Load), span(s.FullSweepSeconds), far,
	}
}

// count writes a number with its thousands apart.
func count(n int) string {
	text := strconv.Itoa(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// span words a duration in the largest unit of which there are at least two.
func span(seconds float64) string {
	for _, u := range []struct {
		name    string
		seconds float64
	}{{"years", 365 * 86400}, {"days", 86400}, {"h", 3600}, {"min", 60}} {
		if seconds >= 2*u.seconds {
			return fmt.Sprintf("%.1f %s", seconds/u.seconds, u.name)
		}
	}
	return fmt.Sprintf("%.0f s", seconds)
}
