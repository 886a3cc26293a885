package monitor

import (
	"context"
	"errors"
	"fmt"

	"github.com/krestmarketing/deedwatch/models"
)

// conflictTries is how often a judgement is made anew because somebody changed the domain meanwhile.
const conflictTries = 5

// LookServer looks at the names that are due at one registry server, the most urgent first and one after the other at the server's pace,
// until nothing is due, the server must be left alone, or ctx is about to end. It is the work of one job: two of them must not run for one
// server at once.
func (m *Monitor) LookServer(ctx context.Context, server string) error {
	near, stop := m.beforeEnd(ctx)
	defer stop()
	row, err := m.o.Store.RegistryServer(ctx, server)
	if err != nil {
		return fmt.Errorf("look at the names of %s: %w", server, err)
	}
	if blocked(&row, m.o.Now()) {
		return nil
	}
	tried := map[int64]bool{}
	var failures []error
	for {
		ids, err := m.o.Store.DomainsDue(ctx, server, m.o.Now(), m.o.Batch)
		if err != nil {
			return errors.Join(append(failures, fmt.Errorf("names due at %s: %w", server, err))...)
		}
		fresh := false
		for _, id := range ids {
			if tried[id] {
				continue
			}
			tried[id], fresh = true, true
			if server != ServerUnsupported && !m.paced(near, server) {
				return errors.Join(failures...)
			}
			if _, err := m.lookOne(ctx, id, &row); err != nil {
				failures = append(failures, err)
				m.warn(ctx, "look not recorded", server, err)
			}
			if near.Err() != nil || blocked(&row, m.o.Now()) {
				return errors.Join(failures...)
			}
		}
		if !fresh {
			return errors.Join(failures...)
		}
	}
}

// beforeEnd gives a context that ends LookMargin before ctx does.
func (m *Monitor) beforeEnd(ctx context.Context) (context.Context, context.CancelFunc) {
	if end, ok := ctx.Deadline(); ok {
		return context.WithDeadline(ctx, end.Add(-m.o.LookMargin))
	}
	return context.WithCancel(ctx)
}

// over reports whether ctx has ended.
func over(ctx context.Context) bool { return ctx.Err() != nil }

// lookOne looks at one registration and records what it came to; looked is false when the name is no longer this server's, or the look was
// cut short. row is what is remembered of the server; it is brought up to date.
func (m *Monitor) lookOne(ctx context.Context, id int64, row *models.RegistryServer) (looked bool, err error) {
	w, err := m.o.Store.WatchedByID(ctx, id)
	if err != nil {
		return false, fmt.Errorf("read domain %d: %w", id, err)
	}
	if w.Domain.RegistryServer != row.Server || w.Domain.ArchivedAt != nil {
		return false, nil
	}
	if route := m.route(w.Domain.Name); route != row.Server {
		if err := m.o.Store.RouteDomains(ctx, route, []int64{id}); err != nil {
			return false, fmt.Errorf("route %s: %w", w.Domain.Name, err)
		}
		return false, nil // it is due at the other server
	}
	var a asked
	if row.Server == ServerUnsupported {
		a = m.unsupported(w.Domain.Name)
	} else {
		a = m.ask(ctx, w.Domain.Name, row.Server, row)
	}
	if over(ctx) {
		return false, nil // cut short by ourselves: that says nothing on the name or its server
	}
	if a.server != nil {
		*row = *a.server
	}
	return true, m.judge(ctx, w, a)
}

// unsupported is the look at a name whose ending no server is known for.
func (m *Monitor) unsupported(domain string) asked {
	return asked{looks: []models.Look{{
		Kind: models.LookRDAP, Domain: domain, Outcome: models.OutcomeUnsupported, At: m.o.Now(),
		Detail: "No RDAP or WHOIS server is known for this ending. Name one in the configuration.",
	}}}
}

// judge judges and records. When somebody changed the domain since it was read, it is read and judged anew, without asking again.
func (m *Monitor) judge(ctx context.Context, w models.Watched, a asked) error {
	id, name := w.Domain.ID, w.Domain.Name
	for try := 1; ; try++ {
		now := m.o.Now()
		as := m.assess(w, a, now, m.o.Roll())
		err := m.o.Store.RecordRegistration(ctx, as.record)
		if err == nil {
			m.o.Logger.DebugContext(ctx, "judged", "domain", name, "lifecycle", string(as.judgement.Lifecycle), "why", string(as.judgement.Why))
			if as.lookDNS {
				return m.LookDNS(ctx, id)
			}
			return nil
		}
		if !errors.Is(err, models.ErrConflict) || try == conflictTries {
			return fmt.Errorf("record %s: %w", name, err)
		}
		if w, err = m.o.Store.WatchedByID(ctx, id); err != nil {
			return fmt.Errorf("read %s again: %w", name, err)
		}
	}
}

// route names the server that is to be asked for a name.
func (m *Monitor) route(domain string) string {
	if s, ok := m.o.RDAP.Server(domain); ok {
		return s
	}
	if s, ok := m.o.WHOIS.Server(domain); ok {
		return s
	}
	return ServerUnsupported
}
