package main

import (
	"fmt"
	"io"
)

// print shows the document to people.
func (d benchDNSDoc) print(w io.Writer) error {
	say := printer{w: w}
	say.line("%s", d.Machine)
	say.line("%d names at name servers on loopback (%s), %s; %d repetitions, medians (least–most)", d.Zones, d.Server, d.Pace, d.Reps)
	if d.RTT > 0 || d.Loss > 0 {
		say.line("answers come %g ms late, and %g %% of the questions are lost", d.RTT, 100*d.Loss)
	}
	if d.Loss > 0 {
		say.line("%d names of a sweep were looked at whole since an answer was lost each time", d.Unanswered)
	}
	for _, p := range d.Peers {
		say.line("with %s", p)
	}
	say.line("")
	var rows [][]string
	for _, r := range d.Rows {
		rows = append(rows, []string{r.Name, r.Domains.orDash(), r.Queries.orDash(), r.PerDomain.orDash(), r.DomainCPU.orDash(), r.QueryCPU.orDash(), r.QueryAlloc.orDash()})
	}
	if say.err != nil {
		return say.err
	}
	if err := printTable(w, []string{"", "names/s", "queries/s", "queries a name", "µs of CPU a name", "µs of CPU a query", "allocations a query"}, rows); err != nil {
		return err
	}
	say.line("")
	for _, r := range d.Ratios {
		say.line("%s: %s", r.What, fmt.Sprintf("%.2f (%.2f–%.2f)", r.Ratio.Median, r.Ratio.Min, r.Ratio.Max))
	}
	say.line("memory of a sweep: %s resident at most (%s before it), %s of Go heap", megabytes(d.Memory.PeakRSS), megabytes(d.Memory.BeforeRSS), megabytes(d.Memory.PeakHeap))
	say.line("%d verdicts compared with the planted truth: all right", d.Verified)
	return say.err
}

// orDash shows a figure, or a dash where there is none.
func (s spread) orDash() string {
	if s == (spread{}) {
		return "–"
	}
	return s.String()
}
