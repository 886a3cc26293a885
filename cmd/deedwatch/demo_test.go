package main

import (
	"context"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

// TestTheDemoShowsWhatCanHappen runs the demo until its pages have something of everything: what comes back, what is held, who calls.
func TestTheDemoShowsWhatCanHappen(t *testing.T) {
	l, err := listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	d, err := newDemo(t.Context(), l, 60, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	if err := d.app.start(ctx, l); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- d.live(ctx, 0) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if err := d.close(); err != nil {
			t.Error(err)
		}
	})
	var missing []string
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
		if missing = notShown(t, d); len(missing) == 0 {
			break
		}
	}
	if len(missing) > 0 {
		t.Fatalf("after a minute the demo does not show: %v", missing)
	}
	if b, err := d.app.store.ActiveBrake(t.Context()); b != nil || err != nil {
		t.Errorf("the demo begins with the storm brake on: %+v %v", b, err)
	}
}

// notShown lists what the demo's pages have nothing of.
func notShown(t *testing.T, d *demo) (missing []string) {
	t.Helper()
	s, now := d.app.store, d.clock.Now()
	over := must(s.CapOverflow(t.Context()))(t)
	returned := must(s.ReturnedNotices(t.Context(), now, 100))(t)
	in := func(state models.NoticeState) bool {
		return slices.ContainsFunc(returned, func(v models.NoticeView) bool { return v.Notice.State == state })
	}
	tasks := must(s.Tasks(t.Context(), models.TaskQuery{Now: now, Today: models.DayOf(now, location(demoZone)), Limit: 100}))(t)
	clients := must(s.Clients(t.Context()))(t)
	for what, shown := range map[string]bool{
		"a held client":            slices.ContainsFunc(clients, func(c models.Client) bool { return c.HeldAt != nil }),
		"notices over the cap":     len(over) > 0,
		"a refused message":        in(models.NoticeFailed),
		"a message that came back": in(models.NoticeBounced),
		"a proposed contact":       len(must(s.Proposals(t.Context(), 0))(t)) > 0,
		"a suppressed address":     len(must(s.Suppressions(t.Context(), false, 10))(t)) > 1,
		"a logged call":            slices.ContainsFunc(tasks.Rows, func(v models.TaskView) bool { return len(v.Calls) > 0 && v.Notice.Assignee == demoUser }),
		"whom to call":             len(tasks.Rows) > 0 && !slices.ContainsFunc(tasks.Rows, func(v models.TaskView) bool { return v.Contact == nil || v.Contact.Phone == "" }),
	} {
		if !shown {
			missing = append(missing, what)
		}
	}
	return missing
}

// must gives a value, and ends the test when there was an error.
func must[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}
