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
	"strings"
	"sync"
	"time"
)

// How often the registry is fetched, and how soon after a failed attempt.
const (
	refreshEvery = 24 * time.Hour
	retryEvery   = time.Hour
)

// Directory knows which RDAP server is responsible for a name. Overrides win over all else. Between the fetched registry and the seed the
// longer suffix wins, and of two alike the fetched one: the seed knows registries below com and net that IANA can't list. It is safe for
// concurrent use.
type Directory struct {
	source    string
	cachePath string
	client    *http.Client
	now       func() time.Time
	log       *slog.Logger
	overrides servers
	seed      servers
	apart     servers // the suffixes with a registry of their own; the values say nothing

	refreshing sync.Mutex // one refresh at a time; never held while mu is wanted by a lookup
	mu         sync.RWMutex
	fetched    servers
	state      cacheState
	origin     Origin
	triedAt    time.Time
}

// Origin says where the register of servers in use came from.
type Origin string

// The origins.
const (
	FromSeed    Origin = "seed"    // the list that the program carries
	FromDisk    Origin = "disk"    // the copy that was kept on disk
	FromNetwork Origin = "network" // fetched by this process
	FromFile    Origin = "file"    // a file of the operator's
	FromNothing Origin = "nothing" // the source was never reached, and no seed stands in for it
)

// State is what is known of the register of servers, for people.
type State struct {
	Origin    Origin
	Source    string    // URL or path that the register is taken from
	Published string    // as the register says of itself; empty: it says nothing
	CheckedAt time.Time // when the source last confirmed or replaced it; zero: never
	Suffixes  int       // with a server, overrides included
	Overrides int       // suffixes whose server the configuration names
}

// newDirectory reads the seed, the overrides and the copy on disk. A broken copy is noted in the log and fetched again.
func newDirectory(o Options) (*Directory, error) {
	d := &Directory{source: o.Bootstrap, cachePath: o.CachePath, client: o.HTTP, now: o.Clock, log: o.Logger, overrides: servers{}, apart: servers{}}
	for _, suffix := range o.Apart {
		d.apart[normalName(suffix)] = ""
	}
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

// Lookup returns the base URL, ending in a slash, of the server for an A-label name. Below a suffix that stands apart, the server of a
// shorter suffix is none: it knows nothing of those names.
func (d *Directory) Lookup(name string) (string, bool) {
	name = normalName(name)
	d.mu.RLock()
	fetched := d.fetched
	d.mu.RUnlock()
	apart, _ := d.apart.lookup(name)
	if suffix, base := d.overrides.lookup(name); suffix != "" && len(suffix) >= len(apart) {
		return base, true
	}
	suffix, base := fetched.lookup(name)
	if finer, seeded := d.seed.lookup(name); len(finer) > len(suffix) {
		suffix, base = finer, seeded
	}
	return base, suffix != "" && len(suffix) >= len(apart)
}

// State tells where the register comes from and how old it is.
func (d *Directory) State() State {
	suffixes := len(d.Suffixes())
	d.mu.RLock()
	defer d.mu.RUnlock()
	s := State{Origin: d.origin, Source: d.source, CheckedAt: d.state.CheckedAt, Suffixes: suffixes, Overrides: len(d.overrides)}
	switch {
	case d.origin != "":
		s.Published = published(d.state.Registry)
	case d.seed != nil:
		s.Origin, s.Published = FromSeed, published(seed)
	default:
		s.Origin = FromNothing
	}
	return s
}

// Overridden reports whether the configuration names the server for an A-label name.
func (d *Directory) Overridden(name string) bool {
	suffix, _ := d.overrides.lookup(normalName(name))
	return suffix != ""
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

// Refresh fetches the registry when a day has passed since the source last confirmed it, and at most hourly after a failure. What another
// process kept on disk meanwhile is taken first. On any error what was known stays in use. It may be called at every tick.
func (d *Directory) Refresh(ctx context.Context) error {
	d.refreshing.Lock()
	defer d.refreshing.Unlock()
	if d.isFile() {
		return d.readFile()
	}
	now := d.now()
	if d.fresh(now) {
		return nil
	}
	if d.readCache(); d.fresh(now) {
		return nil
	}
	d.mu.Lock()
	state, tried := d.state, d.triedAt
	wait := !tried.IsZero() && !now.Before(tried) && now.Sub(tried) < retryEvery
	if !wait {
		d.triedAt = now
	}
	d.mu.Unlock()
	if wait {
		return nil
	}
	next, err := d.fetch(ctx, state)
	if err != nil {
		return fmt.Errorf("refresh the RDAP bootstrap registry from %s: %w; the last good one stays in use", d.source, err)
	}
	next.CheckedAt = now.UTC()
	return d.accept(next)
}

// fresh reports whether the source confirmed the registry less than a day before now. A time that lies ahead was written before the clock was
// set back.
func (d *Directory) fresh(now time.Time) bool {
	d.mu.RLock()
	defer d.mu.RUnlock()
	age := now.Sub(d.state.CheckedAt)
	return len(d.fetched) > 0 && age >= 0 && age < refreshEvery
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
	if !json.Valid(body) {
		return cacheState{}, errors.New("what came is not JSON, or was cut off")
	}
	return cacheState{Source: d.source, ETag: resp.Header.Get("ETag"), Modified: resp.Header.Get("Last-Modified"), Registry: body}, nil
}

// accept puts a fetched registry to use and keeps it on disk. A registry that lost more than half of the suffixes known before is not
// believed.
func (d *Directory) accept(next cacheState) error {
	parsed, err := parseRegistry(next.Registry)
	if err != nil {
		return err
	}
	d.mu.Lock()
	if had := max(len(d.fetched), len(d.seed)); had > 20 && len(parsed) < had/2 {
		d.mu.Unlock()
		return fmt.Errorf("the RDAP bootstrap registry shrank from %d to %d suffixes; the last good one stays in use", had, len(parsed))
	}
	d.fetched, d.state, d.origin = parsed, next, FromNetwork
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
	d.fetched, d.state, d.origin = parsed, cacheState{Registry: data, CheckedAt: d.now().UTC()}, FromFile
	d.mu.Unlock()
	return nil
}
