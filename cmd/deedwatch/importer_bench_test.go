package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/krestmarketing/deedwatch/internal/pgtest"
	"github.com/krestmarketing/deedwatch/store"
)

// benchRows is how many rows the measurements move.
const benchRows = 100_000

// BenchmarkImport100k imports 100,000 rows of 8,400 clients from a file, tries it out before, imports it again, imports it with every row
// changed, and exports what there is. Run it with -benchtime 1x. What it prints beside the time: rows a second, and by how much the heap and
// the process were at their largest meanwhile.
func BenchmarkImport100k(b *testing.B) {
	for name, fresh := range map[string]func() string{
		store.EngineSQLite:   func() string { return filepath.Join(b.TempDir(), "bench.db") },
		store.EnginePostgres: func() string { return pgtest.NewDatabase(b) },
	} {
		b.Run(name, func(b *testing.B) {
			ctx := b.Context()
			st := freshStore(b, fresh())
			file := benchFile(b, "on", 12)
			runImport := func(what, file string, dryRun bool, want importDoc) {
				b.Run(what, func(b *testing.B) {
					measured(b, func() {
						in, err := os.Open(file)
						if err != nil {
							b.Fatal(err)
						}
						defer in.Close()
						doc, err := importPortfolio(ctx, st, in, dryRun, time.Now())
						if err != nil || doc.New != want.New || doc.Same != want.Same || doc.Changed != want.Changed || doc.Rejected > 0 {
							b.Fatalf("%d new, %d changed, %d the same, %d rejected: %v %v", doc.New, doc.Changed, doc.Same, doc.Rejected, doc.Errors, err)
						}
					})
				})
			}
			runImport("try", file, true, importDoc{New: benchRows})
			runImport("import", file, false, importDoc{New: benchRows})
			runImport("again", file, false, importDoc{Same: benchRows})
			runImport("try-again", file, true, importDoc{Same: benchRows})
			runImport("all-changed", benchFile(b, "off", 12), false, importDoc{Changed: benchRows})
			runImport("try-own-client-each", benchFile(b, "off", 1), true, importDoc{Changed: benchRows})
			run := exportRun{store: st, format: "csv", now: time.Now(), zone: time.UTC}
			for _, what := range []string{"domains", "portfolio"} {
				b.Run("export-"+what, func(b *testing.B) {
					measured(b, func() {
						write, err := run.writer(ctx, &exportCmd{What: what})
						if err == nil {
							err = write(io.Discard)
						}
						if err != nil {
							b.Fatal(err)
						}
					})
				})
			}
		})
	}
}

func freshStore(b *testing.B, dsn string) *store.Store {
	b.Helper()
	ctx := context.WithoutCancel(b.Context())
	o := store.Options{DSN: dsn}
	if err := store.Migrate(ctx, o); err != nil {
		b.Fatal(err)
	}
	st, err := store.Open(ctx, o)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = st.Close() })
	return st
}

// benchFile is a portfolio with so many domains a client.
func benchFile(b *testing.B, autoRenew string, perClient int) string {
	b.Helper()
	f, err := os.Create(filepath.Join(b.TempDir(), "portfolio.csv"))
	if err != nil {
		b.Fatal(err)
	}
	w := bufio.NewWriter(f)
	fmt.Fprintln(w, "domain,client,owner_name,owner_email,owner_phone,deputy_name,deputy_email,services,auto_renew,attested_expiry,time_zone,language")
	for i := range benchRows {
		c := i / perClient
		fmt.Fprintf(w, "name-%06d.example,\"Client %d, of %d\",Ada Juniper %d,ada%d@client%d.example,+1 555 0100,Ben Rowe,ben%d@client%d.example,seo;google_ads,%s,2027-05-31,America/Los_Angeles,en\n",
			i, c, perClient, c, c, c, c, c, autoRenew)
	}
	if err := w.Flush(); err != nil {
		b.Fatal(err)
	}
	if err := f.Close(); err != nil {
		b.Fatal(err)
	}
	return f.Name()
}

// measured runs fn once and reports its rows a second, and how far the heap in use and all memory of the process rose above what they were
// at the start.
func measured(b *testing.B, fn func()) {
	b.Helper()
	for b.Loop() {
		runtime.GC()
		var before runtime.MemStats
		runtime.ReadMemStats(&before)
		var peak atomic.Uint64
		stop, stopped := make(chan struct{}), make(chan struct{})
		go func() {
			defer close(stopped)
			for tick := time.NewTicker(20 * time.Millisecond); ; {
				select {
				case <-stop:
					tick.Stop()
					return
				case <-tick.C:
					var m runtime.MemStats
					runtime.ReadMemStats(&m)
					peak.Store(max(peak.Load(), m.HeapInuse))
				}
			}
		}()
		start := time.Now()
		fn()
		took := time.Since(start)
		close(stop)
		<-stopped
		b.ReportMetric(benchRows/took.Seconds(), "rows/s")
		b.ReportMetric(float64(peak.Load()-min(before.HeapInuse, peak.Load()))/(1<<20), "MB-heap")
		b.ReportMetric(residentPeak(b), "MB-process")
	}
}

// residentPeak is the most memory that the process had so far, in megabytes, as the kernel counts it.
func residentPeak(b *testing.B) float64 {
	b.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	var kb float64
	for line := range bytes.Lines(status) {
		if _, err := fmt.Sscanf(string(line), "VmHWM: %f kB", &kb); err == nil {
			break
		}
	}
	return kb / 1024
}
