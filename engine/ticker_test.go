package engine_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/krestmarketing/deedwatch/engine"
)

func ticker(t *testing.T, r engine.Runner, ticks []engine.Tick, opts engine.TickerOptions) *engine.Ticker {
	t.Helper()
	tk, err := engine.NewTicker(r, ticks, opts)
	if err != nil {
		t.Fatal(err)
	}
	if err := tk.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	return tk
}

func stop(t *testing.T, s interface{ Stop(context.Context) error }) {
	t.Helper()
	if err := s.Stop(t.Context()); err != nil {
		t.Error(err)
	}
}

func slots(jobs []engine.Job) []string {
	var at []string
	for _, j := range jobs {
		at = append(at, j.Slot.Format("02 15:04"))
	}
	return at
}

// The bubbles begin at midnight UTC on Saturday 1 January 2000.
func TestTickersOfAllProcessesTakeEachSlotOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := engine.NewPool(engine.PoolOptions{})
		var sweeps, digests journal
		p.Handle("sweep", 1, time.Minute, sweeps.handle)
		p.Handle("digest", 1, time.Minute, digests.handle)
		start(t, p)
		la, err := time.LoadLocation("America/Los_Angeles")
		if err != nil {
			t.Fatal(err)
		}
		ticks := []engine.Tick{
			{Kind: "sweep", Every: 10 * time.Minute, RunAtStart: true},
			{Kind: "digest", Cron: "0 9 * * 1-5", Location: la},
		}
		first := ticker(t, p, ticks, engine.TickerOptions{})
		time.Sleep(3 * time.Minute)
		second := ticker(t, p, ticks, engine.TickerOptions{})
		third := ticker(t, p, ticks, engine.TickerOptions{})

		time.Sleep(28 * time.Minute)
		stop(t, second)
		if diff := cmp.Diff([]string{"01 00:00", "01 00:10", "01 00:20", "01 00:30"}, slots(sweeps.all())); diff != "" {
			t.Errorf("sweeps of half an hour (-want +got)\n%s", diff)
		}
		time.Sleep(4 * 24 * time.Hour)
		if got, want := len(sweeps.all()), 4+4*24*6; got != want {
			t.Errorf("%d sweeps in four days and a half hour, want %d", got, want)
		}
		if diff := cmp.Diff([]string{"03 17:00", "04 17:00"}, slots(digests.all())); diff != "" {
			t.Errorf("digests on the business days (-want +got)\n%s", diff)
		}

		stop(t, first)
		stop(t, third)
		stop(t, third) // a second Stop does nothing
		before := len(sweeps.all())
		time.Sleep(time.Hour)
		if after := len(sweeps.all()); after != before {
			t.Errorf("%d sweeps after the tickers were stopped", after-before)
		}
		stop(t, p)
	})
}

func TestTickerCatchesUpWithTheLatestSlotAtStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := engine.NewPool(engine.PoolOptions{})
		var n journal
		p.Handle("digest", 1, time.Minute, n.handle)
		start(t, p)
		time.Sleep(30 * time.Hour) // Sunday morning
		for range 2 {              // two processes start
			tk := ticker(t, p, []engine.Tick{{Kind: "digest", Cron: "0 9 * * *", RunAtStart: true}}, engine.TickerOptions{})
			synctest.Wait()
			stop(t, tk)
		}
		if diff := cmp.Diff([]string{"01 09:00"}, slots(n.all())); diff != "" {
			t.Errorf("digests (-want +got)\n%s", diff)
		}
		stop(t, p)
	})
}

// flaky is a runner whose store is down for a while.
type flaky struct {
	*engine.Pool
	down atomic.Bool
}

func (f *flaky) Enqueue(ctx context.Context, jobs ...engine.Job) (int, error) {
	if f.down.Load() {
		return 0, errors.New("connection refused")
	}
	return f.Pool.Enqueue(ctx, jobs...)
}

func TestTickerGoesOnAfterAnOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &flaky{Pool: engine.NewPool(engine.PoolOptions{})}
		var n journal
		var log bytes.Buffer
		f.Handle("sweep", 1, time.Minute, n.handle)
		start(t, f)
		time.Sleep(10 * time.Minute) // past the firing of midnight's slot
		tk := ticker(t, f, []engine.Tick{{Kind: "sweep", Every: time.Hour}}, engine.TickerOptions{
			Logger: slog.New(slog.NewTextHandler(&log, nil)),
		})
		f.down.Store(true)
		time.Sleep(2*time.Hour + 20*time.Minute)
		synctest.Wait()
		f.down.Store(false)
		time.Sleep(time.Hour)
		stop(t, tk)
		stop(t, f)
		if diff := cmp.Diff([]string{"01 03:00"}, slots(n.all())); diff != "" {
			t.Errorf("sweeps (-want +got)\n%s", diff)
		}
		refused := slices.DeleteFunc(strings.Split(log.String(), "\n"), func(line string) bool { return !strings.Contains(line, "connection refused") })
		// Once in a few hundred runs gocron fires twice at one instant; a slot is taken once all the same, as the sweeps above show.
		if got := len(slices.Compact(refused)); got != 2 {
			t.Errorf("the log tells of %d failed slots, want 2:\n%s", got, log.String())
		}
	})
}

func TestTickerRefusesMistakes(t *testing.T) {
	p := engine.NewPool(engine.PoolOptions{})
	twice := []engine.Tick{{Kind: "sweep", Every: time.Minute}, {Kind: "sweep", Every: time.Hour}}
	if _, err := engine.NewTicker(p, twice, engine.TickerOptions{}); err == nil {
		t.Error("two ticks of one kind were accepted; they would take each other's slots")
	}
	if _, err := engine.NewTicker(p, []engine.Tick{{Kind: "sweep"}}, engine.TickerOptions{}); err == nil {
		t.Error("a tick without a time was accepted")
	}
	tk, err := engine.NewTicker(p, []engine.Tick{{Kind: "sweep", Every: time.Minute, RunAtStart: true}}, engine.TickerOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := tk.Start(t.Context()); !errors.Is(err, engine.ErrInvalidJob) {
		t.Errorf("Start with a kind that nothing handles: %v, want ErrInvalidJob", err)
	}
	stop(t, tk)
	if err := tk.Start(t.Context()); err == nil {
		t.Error("a stopped ticker was started")
	}
	stop(t, p)
}

func TestTickersOfTwoRiversTakeASlotOnce(t *testing.T) {
	dsn := migrated(t)
	var n journal
	var tickers [2]*engine.Ticker
	for i := range tickers {
		r := river(t, dsn, engine.RiverOptions{})
		r.Handle("sweep", 1, time.Minute, n.handle)
		start(t, r)
		tickers[i] = ticker(t, r, []engine.Tick{{Kind: "sweep", Every: time.Second, RunAtStart: true}}, engine.TickerOptions{Logger: testLog(t)})
	}
	eventually(t, "three sweeps", func() bool { return len(n.all()) >= 3 })
	for _, tk := range tickers {
		stop(t, tk)
	}
	seen := make(map[time.Time]bool)
	for _, j := range n.all() {
		if seen[j.Slot] {
			t.Errorf("slot %s was taken twice", j.Slot)
		}
		seen[j.Slot] = true
	}
}
