package main

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/store"
)

// The variables that choose the years to simulate: one seed, or how many from 1 on.
const (
	envYearSeed   = "DEEDWATCH_YEAR_SEED"
	envYearSeeds  = "DEEDWATCH_YEAR_SEEDS"
	envYearEngine = "DEEDWATCH_YEAR_ENGINE"
)

// yearSeeds is how many years are simulated on each engine unless a variable says otherwise.
const yearSeeds = 2

// TestAYearOfNotices simulates years of 300 names of 60 clients, in which everything goes wrong that can, and holds what the mail server was
// given against what was true.
func TestAYearOfNotices(t *testing.T) {
	seeds := []uint64{}
	n := yearSeeds
	if v := os.Getenv(envYearSeeds); v != "" {
		var err error
		if n, err = strconv.Atoi(v); err != nil {
			t.Fatalf("%s: %v", envYearSeeds, err)
		}
	}
	for i := range n {
		seeds = append(seeds, uint64(i+1))
	}
	if v := os.Getenv(envYearSeed); v != "" {
		seed, err := strconv.ParseUint(v, 10, 64)
		if err != nil {
			t.Fatalf("%s: %v", envYearSeed, err)
		}
		seeds = []uint64{seed}
	}
	for _, engine := range []string{store.EngineSQLite, store.EnginePostgres} {
		if only := os.Getenv(envYearEngine); only != "" && only != engine {
			continue
		}
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			for _, seed := range seeds {
				t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
					t.Parallel()
					aYear(t, engine, seed)
				})
			}
		})
	}
}

func aYear(t *testing.T, engine string, seed uint64) {
	t.Helper()
	began := time.Now()
	y := newYear(t, yearStore(t, engine), seed)
	y.run()
	y.print(engine)
	t.Logf("FIGURE year %d on %s: %d mails, %d windows served, beside the ladder %v, %d answers, %d bounces, %d erasures, %d full days of an address, %d crashes, %d double runs, %s",
		seed, engine, y.count.sends, y.count.windows, y.served, y.count.answers, y.count.bounces, y.count.erased, y.count.full, y.count.crashes, y.count.doubles, time.Since(began).Round(100*time.Millisecond))
}

// print tells what is wrong, with the history of the first names concerned and how to see it again.
func (y *year) print(engine string) {
	if len(y.broken) == 0 {
		return
	}
	printed := 0
	for _, d := range append([]*yearDomain{nil}, y.domains...) {
		wrong := y.broken[d]
		if len(wrong) == 0 {
			continue
		}
		name := "the year"
		if d != nil {
			name = d.name
		}
		y.t.Errorf("seed %d, %s: %s:\n  %s", y.seed, engine, name, strings.Join(wrong, "\n  "))
		if printed++; d != nil && printed <= 4 {
			y.t.Logf("what happened to %s:\n%s", name, y.story(d))
		}
	}
	y.t.Logf("to see this year again: %s=%d %s=%s go test -count=1 -run TestAYearOfNotices ./cmd/deedwatch", envYearSeed, y.seed, envYearEngine, engine)
}

// story is all that happened to a name, and how its notices ended.
func (y *year) story(d *yearDomain) string {
	var b strings.Builder
	for _, t := range d.truth {
		due := "no date"
		if t.due != nil {
			due = t.due.Format(time.RFC3339)
		}
		fmt.Fprintf(&b, "  truth from %s: %s (counts: %s, cycle %d)\n", t.from.In(y.zone).Format(time.DateTime), t.what, due, t.cycle)
	}
	for _, c := range d.client.contacts {
		fmt.Fprintf(&b, "  contact %d %s %s %s off=%v dead=%v\n", c.id, c.role, c.email, c.zone, c.off, c.dead)
	}
	for _, line := range d.history {
		b.WriteString("  " + line + "\n")
	}
	views, err := y.store.NoticesOf(y.ctx, d.id)
	y.must(err)
	for i := range views {
		n := &views[i].Notice
		fmt.Fprintf(&b, "  notice %d cycle %d %s %s to %s: %s, %s, due %s, updated %s\n", n.ID, n.CycleID, n.Stage, n.Episode, n.Recipient, n.State, n.Reason,
			n.DueAt.In(y.zone).Format(time.DateTime), n.UpdatedAt.In(y.zone).Format(time.DateTime))
	}
	for _, e := range y.lines(d) {
		fmt.Fprintf(&b, "  ledger %s %s %s\n", e.At.In(y.zone).Format(time.DateTime), e.Kind, e.Body)
	}
	for _, line := range y.log {
		for _, wrong := range y.broken[d] {
			at, _ := time.Parse(time.DateOnly, wrong[:10])
			if day, _ := time.Parse(time.DateOnly, line[:10]); day.After(at.AddDate(0, 0, -5)) && !day.After(at) {
				b.WriteString("  system " + line + "\n")
				break
			}
		}
	}
	for what, spans := range map[string][]yearSpan{"worker down": y.downtime, "smtp": y.smtpDown, "registry": y.outages[d.server], "registrar": y.outages["registrar"], "hold": d.client.holds, "brake": y.brakes} {
		for _, s := range spans {
			fmt.Fprintf(&b, "  span %s %s %s until %s\n", what, s.what, s.from.In(y.zone).Format(time.DateTime), s.until.In(y.zone).Format(time.DateTime))
		}
	}
	return b.String()
}

// lines are the ledger's about a name.
func (y *year) lines(d *yearDomain) []models.Entry {
	entries, err := y.store.Ledger(y.ctx, d.client.id, 1<<20)
	y.must(err)
	return slices.DeleteFunc(entries, func(e models.Entry) bool { return e.DomainID == nil || *e.DomainID != d.id })
}
