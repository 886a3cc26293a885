package main

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/krestmarketing/deedwatch/lab"
	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/monitor"
)

var discardLog = slog.New(slog.DiscardHandler)

func certPool(der []byte) (*x509.CertPool, error) {
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("the world's certificate: %w", err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(cert)
	return pool, nil
}

// lookAll looks at all names of one protocol as the product does: all servers side by side, and at each one name after the other.
func (b *registrationBench) lookAll(ctx context.Context, k *lookKind) error {
	byServer := map[string][]planted{}
	for _, p := range k.names {
		server := k.host
		if server == "" {
			_, server, _ = strings.Cut(p.name, ".")
		}
		byServer[server] = append(byServer[server], p)
	}
	var wg sync.WaitGroup
	errs := make(chan error, len(byServer))
	for _, names := range byServer {
		wg.Go(func() {
			for _, p := range names {
				l := k.look(ctx, p.name)
				if err := b.right(&l); err != nil {
					errs <- err
					return
				}
			}
		})
	}
	wg.Wait()
	close(errs)
	return drain(errs)
}

func drain(errs <-chan error) error {
	var all []error
	for err := range errs {
		all = append(all, err)
	}
	return errors.Join(all...)
}

// right compares what a look states with what was planted.
func (b *registrationBench) right(l *models.Look) error {
	p := b.truth[l.Domain]
	switch {
	case l.Outcome != models.OutcomeOK || l.Facts == nil:
		return wrong("%s: %s instead of an answer: %s", p.name, l.Outcome, l.Detail)
	case l.Facts.ExpiresAt == nil || !l.Facts.ExpiresAt.Equal(p.expires):
		return wrong("%s: expires %v instead of %v", p.name, l.Facts.ExpiresAt, p.expires)
	}
	return nil
}

// recordedSweep is the product's real sweep into one store.
type recordedSweep struct {
	b       *registrationBench
	store   *benchStore
	monitor *monitor.Monitor
	servers map[string][]string // protocol to its servers, as the names are routed
	ids     map[string][]int64  // by protocol, due in each repetition
	first   map[string]series
	again   map[string]series
}

// newSweep fills a store: the names that are looked at are due, all others in a week.
func (b *registrationBench) newSweep(ctx context.Context, st *benchStore) (*recordedSweep, error) {
	r := &recordedSweep{b: b, store: st, servers: map[string][]string{}, ids: map[string][]int64{}, first: map[string]series{}, again: map[string]series{}}
	var err error
	if r.monitor, err = newMonitor(b.cfg, b.looks, st.Store, time.Now, workerName(), discardLog); err != nil {
		return nil, err
	}
	for _, part := range []struct {
		names []planted
		at    time.Time
	}{{b.due, b.now}, {b.later, b.now.AddDate(0, 0, 7)}} {
		if len(part.names) == 0 {
			continue
		}
		doc, err := importPortfolio(ctx, st.Store, plantedCSV(part.names), false, part.at)
		if err != nil {
			return nil, err
		}
		if doc.New != len(part.names) {
			return nil, wrong("of %d names %d were imported", len(part.names), doc.New)
		}
	}
	servers, err := r.monitor.SweepRegistration(ctx) // routes all
	if err != nil {
		return nil, err
	}
	for _, server := range servers {
		kind := lab.KindWHOIS
		if strings.Contains(server, "://") {
			kind = lab.KindRDAP
		}
		due, err := st.DomainsDue(ctx, server, time.Now(), b.Domains)
		if err != nil {
			return nil, err
		}
		r.servers[kind] = append(r.servers[kind], server)
		r.ids[kind] = append(r.ids[kind], due...)
	}
	for kind, names := range b.byKind {
		if len(r.ids[kind]) != len(names) {
			return nil, wrong("%d names are due over %s instead of %d", len(r.ids[kind]), kind, len(names))
		}
	}
	return r, nil
}

// repeat looks at all names that are due, protocol by protocol. The first time they are new.
func (r *recordedSweep) repeat(ctx context.Context, rep int) error {
	for _, kind := range []string{lab.KindRDAP, lab.KindWHOIS} {
		if rep > 0 {
			if err := r.store.Recheck(ctx, r.ids[kind], time.Now()); err != nil {
				return err
			}
		}
		c, err := measure(len(r.ids[kind]), func() error { return r.sweep(ctx, kind) })
		if err != nil {
			return err
		}
		if err := r.nothingDue(ctx, kind); err != nil {
			return err
		}
		if rep == 0 {
			r.first[kind] = append(r.first[kind], c)
		} else {
			r.again[kind] = append(r.again[kind], c)
		}
	}
	return nil
}

// sweep works through the servers of a protocol side by side, as the jobs do.
func (r *recordedSweep) sweep(ctx context.Context, kind string) error {
	var wg sync.WaitGroup
	errs := make(chan error, len(r.servers[kind]))
	gate := make(chan struct{}, r.b.cfg.Engine.RegistryWorkers)
	for _, server := range r.servers[kind] {
		wg.Go(func() {
			gate <- struct{}{}
			defer func() { <-gate }()
			errs <- r.monitor.LookServer(ctx, server)
		})
	}
	wg.Wait()
	close(errs)
	return drain(errs)
}

func (r *recordedSweep) nothingDue(ctx context.Context, kind string) error {
	for _, server := range r.servers[kind] {
		left, err := r.store.DomainsDue(ctx, server, time.Now(), r.b.Domains)
		if err != nil {
			return err
		}
		if len(left) > 0 {
			return wrong("%d names at %s were not looked at", len(left), server)
		}
	}
	return nil
}

// hold sweeps once more and watches the memory.
func (r *recordedSweep) hold(ctx context.Context) (benchHeld, error) {
	for _, ids := range r.ids {
		if err := r.store.Recheck(ctx, ids, time.Now()); err != nil {
			return benchHeld{}, err
		}
	}
	m, err := watchMemory(ctx, func() error {
		if _, err := r.monitor.SweepRegistration(ctx); err != nil {
			return err
		}
		return errors.Join(r.sweep(ctx, lab.KindRDAP), r.sweep(ctx, lab.KindWHOIS))
	})
	return benchHeld{r.store.Engine(), m}, err
}

// verify compares every verdict with the planted truth.
func (r *recordedSweep) verify(ctx context.Context) (n int, err error) {
	for _, ids := range r.ids {
		for _, id := range ids {
			w, err := r.store.WatchedByID(ctx, id)
			if err != nil {
				return n, err
			}
			p, d := r.b.truth[w.Domain.Name], w.Domain
			if d.Lifecycle != p.lifecycle || d.ExpiresAt == nil || !d.ExpiresAt.Equal(p.expires) {
				return n, wrong("%s on %s: %s until %v instead of %s until %v", p.name, r.store.Engine(), d.Lifecycle, d.ExpiresAt, p.lifecycle, p.expires)
			}
			n++
		}
	}
	return n, nil
}

func (r *recordedSweep) results() []benchLook {
	var out []benchLook
	for _, kind := range []string{lab.KindRDAP, lab.KindWHOIS} {
		out = append(out, benchLook{Kind: kind, Store: r.store.Engine(), Stored: "first", benchCost: r.first[kind].cost()})
		if again := r.again[kind]; len(again) > 0 {
			out = append(out, benchLook{Kind: kind, Store: r.store.Engine(), Stored: "again", benchCost: again.cost()})
		}
	}
	return out
}
