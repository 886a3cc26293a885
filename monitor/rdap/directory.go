package rdap

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// How often the registry is fetched, and how soon after a failed attempt.
const (
	refreshEvery = 24 * time.Hour
	retryEvery   = time.Hour
)

// Directory knows which RDAP server is responsible for a name. Overrides win over the fetched registry, which wins over the seed; inside
// each the longest suffix wins. It is safe for concurrent use.
type Directory struct {
	source    string
	cachePath string
	client    *http.Client
	now       func() time.Time
	log       *slog.Logger
	overrides servers
	seed      servers

	refreshing sync.Mutex // one refresh at a time; never held while mu is wanted by a lookup
	mu         sync.RWMutex
	fetched    servers
	state      cacheState
	triedAt    time.Time
}

// cacheState is the file on disk: the registry as last received, and what a conditional request needs.
type cacheState struct {
	Source    string          `json:"source"`
	CheckedAt time.Time       `json:"checked_at"` // when the source last confirmed or replaced it
	ETag      string          `json:"etag,omitempty"`
	Modified  string          `json:"last_modified,omitempty"`
	Registry  json.RawMessage `json:"registry"`
}

// newDirectory reads the seed, the overrides and the copy on disk. A broken copy is noted in the log and fetched again.
func newDirectory(o Options) (*Directory, error) {
	d := &Directory{source: o.Bootstrap, cachePath: o.CachePath, client: o.HTTP, now: o.Clock, log: o.Logger, overrides: servers{}}
	for suffix, base := range o.Overrides {
		name := normalName(strings.TrimPrefix(suffix, "."))
		if name == "" {
			return nil, fmt.Errorf("rdap override %q: not a suffix; write it like \"com\" or \"co.uk\"", suffix)
		}
		b, err := baseURL(base)
		if err != nil {
			return nil, fmt.Errorf("rdap override for %q: %w", suffix, err)
		}
		d.overrides[name] = b
	}
	if d.source == "" {
		d.source = IANABootstrap
	}
	if d.source == IANABootstrap {
		s, err := parseRegistry(seed)
		if err != nil {
			return nil, fmt.Errorf("the embedded seed: %w", err)
		}
		d.seed = s
	}
	if d.isFile() {
		return d, d.readFile()
	}
	d.readCache()
	return d, nil
}

func (d *Directory) isFile() bool {
	return !strings.HasPrefix(d.source, "https://") && !strings.HasPrefix(d.source, "http://")
}

// Lookup returns the base URL, ending in a slash, of the server for an A-label name.
func (d *Directory) Lookup(name string) (string, bool) {
	name = normalName(name)
	if base, ok := d.overrides.lookup(name); ok {
		return base, true
	}
	d.mu.RLock()
	fetched := d.fetched
	d.mu.RUnlock()
	if base, ok := fetched.lookup(name); ok {
		return base, true
	}
	return d.seed.lookup(name)
}

// Suffixes returns what is known, suffix to base URL, for doctor and the dashboard.
func (d *Directory) Suffixes() map[string]string {
	out := maps.Clone(map[string]string(d.seed))
	if out == nil {
		out = map[string]string{}
	}
	d.mu.RLock()
	defer d.mu.RUnlock()
	maps.Copy(out, d.fetched)
	maps.Copy(out, d.overrides)
	return out
}

// Refresh fetches the registry when a day has passed since the source last confirmed it, and at most hourly after a failure. On any
// error what was known stays in use. It may be called at every tick.
func (d *Directory) Refresh(ctx context.Context) error {
	d.refreshing.Lock()
	defer d.refreshing.Unlock()
	if d.isFile() {
		return d.readFile()
	}
	now := d.now()
	d.mu.RLock()
	state, tried := d.state, d.triedAt
	d.mu.RUnlock()
	if age := now.Sub(state.CheckedAt); age >= 0 && age < refreshEvery {
		return nil
	}
	if age := now.Sub(tried); !tried.IsZero() && age >= 0 && age < retryEvery {
		return nil
	}
	d.mu.Lock()
	d.triedAt = now
	d.mu.Unlock()
	next, err := d.fetch(ctx, state)
	if err != nil {
		return fmt.Errorf("refresh the RDAP bootstrap registry from %s: %w; the last good one stays in use", d.source, err)
	}
	next.CheckedAt = now.UTC()
	return d.accept(next)
}

// fetch asks the source, conditionally when there is a copy.
func (d *Directory) fetch(ctx context.Context, have cacheState) (cacheState, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, d.source, nil)
	if err != nil {
		return cacheState{}, err
	}
	req.Header.Set("Accept", "application/json")
	if len(have.Registry) > 0 {
		if have.ETag != "" {
			req.Header.Set("If-None-Match", have.ETag)
		}
		if have.Modified != "" {
			req.Header.Set("If-Modified-Since", have.Modified)
		}
	}
	resp, err := d.client.Do(req)
	if err != nil {
		return cacheState{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	switch resp.StatusCode {
	case http.StatusNotModified:
		return have, nil
	case http.StatusOK:
	default:
		return cacheState{}, fmt.Errorf("HTTP status %s", resp.Status)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	if err != nil {
		return cacheState{}, err
	}
	if len(body) > maxBody {
		return cacheState{}, fmt.Errorf("longer than %d bytes", maxBody)
	}
	return cacheState{Source: d.source, ETag: resp.Header.Get("ETag"), Modified: resp.Header.Get("Last-Modified"), Registry: body}, nil
}

// accept puts a fetched registry to use and keeps it on disk. A registry that lost more than half of its suffixes is not believed.
func (d *Directory) accept(next cacheState) error {
	parsed, err := parseRegistry(next.Registry)
	if err != nil {
		return err
	}
	d.mu.Lock()
	if had := len(d.fetched); had > 20 && len(parsed) < had/2 {
		d.mu.Unlock()
		return fmt.Errorf("the RDAP bootstrap registry shrank from %d to %d suffixes; the last good one stays in use", had, len(parsed))
	}
	d.fetched, d.state = parsed, next
	d.mu.Unlock()
	if d.cachePath == "" {
		return nil
	}
	return writeAtomically(d.cachePath, next)
}

// readFile takes the registry from a file of the operator's.
func (d *Directory) readFile() error {
	data, err := os.ReadFile(d.source)
	if err != nil {
		return fmt.Errorf("read the RDAP bootstrap registry: %w", err)
	}
	parsed, err := parseRegistry(data)
	if err != nil {
		return fmt.Errorf("%s: %w", d.source, err)
	}
	d.mu.Lock()
	d.fetched = parsed
	d.mu.Unlock()
	return nil
}

// readCache takes the copy on disk, if there is one from the same source.
func (d *Directory) readCache() {
	if d.cachePath == "" {
		return
	}
	data, err := os.ReadFile(d.cachePath)
	if errors.Is(err, os.ErrNotExist) {
		return
	}
	var state cacheState
	if err == nil {
		err = json.Unmarshal(data, &state)
	}
	if err == nil && state.Source != d.source {
		return
	}
	var parsed servers
	if err == nil {
		parsed, err = parseRegistry(state.Registry)
	}
	if err != nil {
		d.log.Warn("the kept copy of the RDAP bootstrap registry can't be read and will be fetched again", "path", d.cachePath, "error", err)
		return
	}
	d.fetched, d.state = parsed, state
}

// writeAtomically replaces a file so that a reader sees the old or the new one, never half of it.
func writeAtomically(path string, state cacheState) error {
	data, err := json.Marshal(state)
	if err != nil {
		return fmt.Errorf("keep the RDAP bootstrap registry: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return fmt.Errorf("keep the RDAP bootstrap registry: %w", err)
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), ".rdap-bootstrap-*")
	if err != nil {
		return fmt.Errorf("keep the RDAP bootstrap registry: %w", err)
	}
	_, err = tmp.Write(data)
	err = errors.Join(err, tmp.Sync(), tmp.Close())
	if err == nil {
		err = os.Rename(tmp.Name(), path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("keep the RDAP bootstrap registry: %w", err), os.Remove(tmp.Name()))
	}
	return nil
}
