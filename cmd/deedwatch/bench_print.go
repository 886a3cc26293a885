package main

import (
	"fmt"
	"io"
)

// lookNames are the kinds of looks for people.
var lookNames = map[string]string{"rdap": "RDAP", "rdap_tls": "RDAP over HTTPS", "whois": "WHOIS"}

func (l benchLook) String() string {
	if l.Store == "" {
		return lookNames[l.Kind] + " look alone"
	}
	when := "known"
	if l.Stored == "first" {
		when = "new"
	}
	return fmt.Sprintf("%s look, judged and recorded (%s), %s names", lookNames[l.Kind], l.Store, when)
}

func (c benchCost) cells() []string {
	return []string{c.PerSecond.String(), c.CPUMicros.String(), c.Allocs.String(), c.Bytes.String()}
}

// print shows the document to people.
func (d benchRegistrationDoc) print(w io.Writer) error {
	say := printer{w: w}
	say.line("%s", d.Machine)
	say.line("%d names in the store, %d of them looked at in each of %d repetitions; medians (least–most)", d.Domains, d.Looked, d.Reps)
	say.line("%d registry servers in another process, %s", len(plantedSuffixes), d.Pace)
	say.line("")
	rows := make([][]string, 0, len(d.Looks)+len(d.Parse))
	for _, l := range d.Looks {
		rows = append(rows, append([]string{l.String()}, l.cells()...))
	}
	for _, p := range d.Parse {
		rows = append(rows, append([]string{fmt.Sprintf("%s parse (%d bytes)", lookNames[p.Kind], p.Size)}, p.cells()...))
	}
	if say.err != nil {
		return say.err
	}
	if err := printTable(w, []string{"", "a second", "µs of CPU", "allocations", "bytes"}, rows); err != nil {
		return err
	}
	say.line("")
	say.line("connections opened per 1,000 RDAP looks: %.1f (%d for %d looks)", d.KeptOpen.Per1000, d.KeptOpen.Opened, d.KeptOpen.Looks)
	for _, m := range d.Memory {
		say.line("memory while sweeping (%s, %d names, %d due): %s resident at most, %s of Go heap", m.Store, d.Domains, d.Looked, megabytes(m.PeakRSS), megabytes(m.PeakHeap))
	}
	say.line("%d verdicts compared with the planted truth: all right", d.Verified)
	return say.err
}
