package main

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"slices"
	"sync"
	"time"
)

// cost is what some pieces of work took, all together.
type cost struct {
	n         int
	wall, cpu time.Duration
	allocs    uint64 // in this process
	bytes     uint64
}

// measure runs n pieces of work and counts what they took of this process, with what lay around before out of the way.
func measure(n int, work func() error) (cost, error) {
	runtime.GC()
	return metered(n, work)
}

// metered counts what n pieces of work took of this process.
func metered(n int, work func() error) (cost, error) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	cpu, began := processCPU(), time.Now()
	err := work()
	c := cost{n: n, wall: time.Since(began), cpu: processCPU() - cpu}
	runtime.ReadMemStats(&after)
	c.allocs, c.bytes = after.Mallocs-before.Mallocs, after.TotalAlloc-before.TotalAlloc
	return c, err
}

func (c cost) perSecond() float64 { return float64(c.n) / c.wall.Seconds() }

// each gives what one piece took.
func (c cost) each(total float64) float64 { return total / float64(max(c.n, 1)) }

func (c cost) cpuMicros() float64 { return c.each(float64(c.cpu.Nanoseconds()) / 1e3) }

// spread is what repetitions came to.
type spread struct {
	Median float64 `json:"median"`
	Min    float64 `json:"min"`
	Max    float64 `json:"max"`
}

func spreadOf(values []float64) spread {
	if len(values) == 0 {
		return spread{}
	}
	v := slices.Sorted(slices.Values(values))
	mid := len(v) / 2
	s := spread{Median: v[mid], Min: v[0], Max: v[len(v)-1]}
	if len(v)%2 == 0 {
		s.Median = (v[mid-1] + v[mid]) / 2
	}
	return s
}

// String shows the median and, where there were several, the spread.
func (s spread) String() string {
	digits := 0
	if s.Max < 10 {
		digits = 2
	}
	if s.Min == s.Max {
		return fmt.Sprintf("%.*f", digits, s.Median)
	}
	return fmt.Sprintf("%.*f (%.*f–%.*f)", digits, s.Median, digits, s.Min, digits, s.Max)
}

// series are the repetitions of one kind of work.
type series []cost

func (s series) of(figure func(cost) float64) spread {
	values := make([]float64, len(s))
	for i, c := range s {
		values[i] = figure(c)
	}
	return spreadOf(values)
}

// benchCost is a series as it is printed, for one piece of work.
type benchCost struct {
	Count     int    `json:"count"` // pieces in each repetition
	PerSecond spread `json:"per_second"`
	CPUMicros spread `json:"cpu_us"` // of this process; the servers' is not in it
	Allocs    spread `json:"allocs"`
	Bytes     spread `json:"bytes"`
}

func (s series) cost() benchCost {
	return benchCost{
		Count: s[0].n, PerSecond: s.of(cost.perSecond), CPUMicros: s.of(cost.cpuMicros),
		Allocs: s.of(func(c cost) float64 { return c.each(float64(c.allocs)) }),
		Bytes:  s.of(func(c cost) float64 { return c.each(float64(c.bytes)) }),
	}
}

// benchMemory is the most that was held at once.
type benchMemory struct {
	PeakRSS  uint64 `json:"peak_rss_bytes"`  // of this process, the database's cache included; zero: this system does not tell
	PeakHeap uint64 `json:"peak_heap_bytes"` // live and not yet collected Go objects
}

const memoryEvery = 10 * time.Millisecond

// watchMemory runs the work and watches what it holds.
func watchMemory(ctx context.Context, work func() error) (benchMemory, error) {
	debug.FreeOSMemory()
	resetPeakRSS()
	ctx, stop := context.WithCancel(ctx)
	var m benchMemory
	var wg sync.WaitGroup
	wg.Go(func() {
		sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
		for {
			metrics.Read(sample)
			m.PeakHeap = max(m.PeakHeap, sample[0].Value.Uint64())
			if !sleep(ctx, memoryEvery) {
				return
			}
		}
	})
	err := work()
	stop()
	wg.Wait()
	m.PeakRSS = peakRSS()
	return m, err
}

func megabytes(n uint64) string {
	if n == 0 {
		return "not told here"
	}
	return fmt.Sprintf("%.0f MB", float64(n)/1e6)
}
