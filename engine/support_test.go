package engine_test

import (
	"context"
	"log/slog"
	"sync"
	"testing"

	"github.com/krestmarketing/deedwatch/engine"
)

// testLog writes to the test's output.
func testLog(t *testing.T) *slog.Logger {
	t.Helper()
	return slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
}

// gate is a handler that reports each job it begins and holds it until it is
// let go or its context is done.
type gate struct {
	begun chan engine.Job
	pass  chan struct{}

	mu          sync.Mutex
	inside, top int
}

func newGate() *gate {
	return &gate{begun: make(chan engine.Job, 1000), pass: make(chan struct{})}
}

func (g *gate) handle(ctx context.Context, j engine.Job) error {
	g.mu.Lock()
	g.inside++
	g.top = max(g.top, g.inside)
	g.mu.Unlock()
	defer func() {
		g.mu.Lock()
		g.inside--
		g.mu.Unlock()
	}()
	g.begun <- j
	select {
	case <-g.pass:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// most returns how many jobs were inside at once.
func (g *gate) most() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.top
}

// journal is a handler that notes the jobs it did.
type journal struct {
	mu   sync.Mutex
	jobs []engine.Job
}

func (n *journal) handle(_ context.Context, j engine.Job) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.jobs = append(n.jobs, j)
	return nil
}

func (n *journal) all() []engine.Job {
	n.mu.Lock()
	defer n.mu.Unlock()
	return append([]engine.Job(nil), n.jobs...)
}

// keys returns how often each key was done.
func (n *journal) keys() map[string]int {
	times := make(map[string]int)
	for _, j := range n.all() {
		times[j.Key]++
	}
	return times
}
