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
// until nothing is due, the server must be left alone, its next turn is too far off, or ctx is about to end. It is the work of one job: two
// of them should not run for one server at once.
func (m *Monitor) LookServer(ctx context.Context, server string) error {
	near, stop := m.beforeEnd(ctx)
	defer stop()
	row, err := m.o.Store.RegistryServer(ctx, m.o.Limit(server).key(server))
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
			goOn, err := m.lookOne(ctx, near, id, server)
			if err != nil {
				failures = append(failures, err)
				m.warn(ctx, "look not recorded", server, err)
			}
			if !goOn || near.Err() != nil {
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

// lookOne looks at one registration, when the server's turn comes before near ends, and records what it came to. Nothing is looked at when
// the name is no longer this server's, and nothing recorded when the look was cut short. goOn is false when the server is not to be asked
// for more.
func (m *Monitor) lookOne(ctx, near context.Context, id int64, server string) (goOn bool, err error) {
	w, err := m.o.Store.WatchedByID(ctx, id)
	if err != nil {
		return true, fmt.Errorf("read domain %d: %w", id, err)
	}
	if w.Domain.RegistryServer != server || w.Domain.ArchivedAt != nil {
		return true, nil
	}
	if route := m.route(w.Domain.Name); route != server {
		if err := m.o.Store.RouteDomains(ctx, route, []int64{id}); err != nil {
			return true, fmt.Errorf("route %s: %w", w.Domain.Name, err)
		}
		return true, nil // it is due at the other server
	}
	if server == ServerUnsupported {
		return true, m.judge(ctx, w, m.unsupported(w.Domain.Name))
	}
	switch err := m.turn(near, server, false); {
	case errors.Is(err, errLeftAlone), errors.Is(err, errNoTurn), err != nil && over(near):
		return false, nil
	case err != nil:
		return false, err
	}
	a := m.ask(ctx, &w, server, beside{remember: true, far: models.StretchOf(&w.Domain, m.o.Now()) >= models.StretchNew})
	if saidNothing(ctx, a.main()) {
		return false, nil
	}
	row, err := m.answered(ctx, server, *a.main())
	if err != nil || over(ctx) {
		return false, err
	}
	a.server = &row
	return !blocked(&row, m.o.Now()), m.judge(ctx, w, a)
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

// Route names the server that is asked for a name; ServerUnsupported when none is known.
func (m *Monitor) Route(domain string) string { return m.route(domain) }
