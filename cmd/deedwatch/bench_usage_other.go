//go:build !linux

package main

import (
	"runtime/metrics"
	"time"
)

// processCPU is the CPU time of this process as the runtime estimates it; without getrusage(2) there is nothing better that is portable.
func processCPU() time.Duration {
	sample := []metrics.Sample{{Name: "/cpu/classes/total:cpu-seconds"}, {Name: "/cpu/classes/idle:cpu-seconds"}}
	metrics.Read(sample)
	return time.Duration((sample[0].Value.Float64() - sample[1].Value.Float64()) * float64(time.Second))
}

func resetPeakRSS() {}

// peakRSS is not known here.
func peakRSS() uint64 { return 0 }

// residentNow is not known here.
func residentNow() uint64 { return 0 }
