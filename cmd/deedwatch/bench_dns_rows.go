package main

import "slices"

// rows are the ways of asking in their order.
func (b *dnsBench) rows() []benchDNSRow {
	var rows []benchDNSRow
	names := []string{askSweep}
	for _, r := range b.stored {
		names = append(names, r.name)
	}
	for _, name := range append(names, askWhole, askNaive, askDnsperf, askZDNS) {
		runs := b.runs[name]
		if len(runs) == 0 {
			continue
		}
		of := func(figure func(asking) float64) spread {
			values := make([]float64, len(runs))
			for i, a := range runs {
				values[i] = figure(a)
			}
			return spreadOf(values)
		}
		row := benchDNSRow{Name: name, Domains: of(func(a asking) float64 { return a.perSecond() }), DomainCPU: of(func(a asking) float64 { return a.cpuMicros() })}
		if name == askDnsperf {
			row.Domains, row.DomainCPU = spread{}, spread{}
		}
		if runs[0].queries > 0 {
			row.Queries = of(func(a asking) float64 { return float64(a.queries) / a.wall.Seconds() })
			row.QueryCPU = of(asking.queryMicros)
		}
		if row.Domains != (spread{}) && row.Queries != (spread{}) && name != askZDNS { // it does not say how many queries its lines took
			row.PerDomain = of(func(a asking) float64 { return a.each(float64(a.queries)) })
			row.QueryAlloc = of(func(a asking) float64 { return float64(a.allocs) / float64(a.queries) })
		}
		rows = append(rows, row)
	}
	return rows
}

// ratios compares the sweep with the peers, within each repetition: only what was measured side by side compares.
func (b *dnsBench) ratios() []benchDNSPair {
	pair := func(what, peer string, figure func(sweep, peer asking) float64) []benchDNSPair {
		var values []float64
		for i, a := range b.runs[peer] {
			values = append(values, figure(b.runs[askSweep][i], a))
		}
		if len(values) == 0 {
			return nil
		}
		return []benchDNSPair{{what, spreadOf(values)}}
	}
	queryCPU := func(s, p asking) float64 { return s.queryMicros() / p.queryMicros() }
	names := func(s, p asking) float64 { return s.perSecond() / p.perSecond() }
	nameCPU := func(s, p asking) float64 { return s.cpuMicros() / p.cpuMicros() }
	return slices.Concat(
		pair("CPU of a query, ours to dnsperf's", askDnsperf, queryCPU),
		pair("CPU of a query, ours to the naive client's", askNaive, queryCPU),
		pair("names a second, ours to the naive client's", askNaive, names),
		pair("names a second, ours to zdns'", askZDNS, names),
		pair("CPU of a name, ours to zdns'", askZDNS, nameCPU),
	)
}
