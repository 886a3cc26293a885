package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/krestmarketing/deedwatch/configs"
)

// benchWorld is the world in a process of its own, so that its CPU is not counted as the product's.
type benchWorld struct {
	benchWorldDoc
	PID int
	cmd *exec.Cmd
	in  io.Closer
}

// The patience with the other process. A world of a million names is built in about a minute.
const (
	worldStarts = 5 * time.Minute
	worldStops  = 10 * time.Second
)

// startWorld starts this program once more, as the world. It ends with close, with ctx, and at the latest with this process.
func startWorld(ctx context.Context, s streams, args ...string) (*benchWorld, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program, to start the world: %w", err)
	}
	w := &benchWorld{cmd: exec.CommandContext(ctx, self, append([]string{"bench", "world"}, args...)...)} //nolint:gosec // this very program
	w.cmd.Env, w.cmd.Stderr, w.cmd.WaitDelay = withoutSettings(s.environ), s.err, worldStops
	if w.in, err = w.cmd.StdinPipe(); err != nil {
		return nil, fmt.Errorf("start the world: %w", err)
	}
	out, err := w.cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("start the world: %w", err)
	}
	if err := w.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the world: %w", err)
	}
	w.PID = w.cmd.Process.Pid
	late := time.AfterFunc(worldStarts, func() { _ = w.cmd.Process.Kill() })
	defer late.Stop()
	if err := json.NewDecoder(out).Decode(&w.benchWorldDoc); err != nil {
		return nil, errors.Join(fmt.Errorf("the world did not come up: %w", err), w.close())
	}
	return w, nil
}

// withoutSettings leaves the product's own settings out of an environment: the world has none.
func withoutSettings(environ []string) []string {
	var out []string
	for _, kv := range environ {
		if !strings.HasPrefix(kv, configs.EnvPrefix) {
			out = append(out, kv)
		}
	}
	return out
}

// close asks the world to end, makes it end when it does not, and waits until it is gone. How it ended does not matter any more.
func (w *benchWorld) close() error {
	late := time.AfterFunc(worldStops, func() { _ = w.cmd.Process.Kill() })
	defer late.Stop()
	_ = w.in.Close()
	if err := w.cmd.Wait(); err != nil && w.cmd.ProcessState == nil {
		return fmt.Errorf("the world (process %d) ended: %w", w.PID, err)
	}
	return nil
}

// counters asks what the servers counted.
func (w *benchWorld) counters(ctx context.Context) (c benchCounters, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, w.Counters, nil)
	if err != nil {
		return c, fmt.Errorf("counters of the world: %w", err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return c, fmt.Errorf("counters of the world: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	if err := json.NewDecoder(resp.Body).Decode(&c); err != nil {
		return c, fmt.Errorf("counters of the world: %w", err)
	}
	return c, nil
}
