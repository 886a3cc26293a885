package monitor

import (
	"context"
	"fmt"
	"slices"

	"github.com/krestmarketing/deedwatch/models"
)

// SweepRegistration routes names that have no server yet and lists the servers with names that are due, the most urgent first. Each is to
// become one LookServer.
func (m *Monitor) SweepRegistration(ctx context.Context) ([]string, error) {
	if err := m.routeNew(ctx); err != nil {
		return nil, err
	}
	servers, err := m.o.Store.ServersDue(ctx, m.o.Now(), m.o.Batch)
	if err != nil {
		return nil, fmt.Errorf("servers due: %w", err)
	}
	return servers, nil
}

func (m *Monitor) routeNew(ctx context.Context) error {
	for {
		domains, err := m.o.Store.UnroutedDomains(ctx, m.o.Batch)
		if err != nil {
			return fmt.Errorf("unrouted names: %w", err)
		}
		if len(domains) == 0 {
			return nil
		}
		byServer := map[string][]int64{}
		var servers []string
		for i := range domains {
			server := m.route(domains[i].Name)
			if byServer[server] == nil {
				servers = append(servers, server)
			}
			byServer[server] = append(byServer[server], domains[i].ID)
		}
		slices.Sort(servers)
		for _, server := range servers {
			if err := m.o.Store.RouteDomains(ctx, server, byServer[server]); err != nil {
				return fmt.Errorf("route to %s: %w", server, err)
			}
		}
		if len(domains) < m.o.Batch {
			return nil
		}
	}
}

// SweepDNS lists the domains whose DNS look is due, after it has looked at what the last looks have in common.
func (m *Monitor) SweepDNS(ctx context.Context) ([]int64, error) {
	if err := m.SweepHosts(ctx); err != nil {
		return nil, err
	}
	return m.o.Store.DNSDue(ctx, m.o.Now(), m.o.Batch)
}

// SweepJudge lists the domains whose verdict may have changed by time alone.
func (m *Monitor) SweepJudge(ctx context.Context) ([]int64, error) {
	return m.o.Store.JudgeDue(ctx, m.o.Now(), m.o.Batch)
}

// Rejudge judges a domain anew without a look: because time passed, or because somebody said something.
func (m *Monitor) Rejudge(ctx context.Context, id int64) error {
	w, err := m.o.Store.WatchedByID(ctx, id)
	if err != nil {
		return fmt.Errorf("judge domain %d: %w", id, err)
	}
	return m.judge(ctx, w, asked{})
}

// SweepBrake pulls the storm brake when an unusual share of the names turned bad; it reports whether mail to clients is held.
func (m *Monitor) SweepBrake(ctx context.Context) (held bool, err error) {
	on, err := m.o.Store.ActiveBrake(ctx)
	if err != nil || on != nil {
		return on != nil, err
	}
	now := m.o.Now()
	thresholds := m.o.Brake.orDefault()
	bad, total, err := m.o.Store.ShareTurnedBad(ctx, now.Add(-thresholds.Window))
	if err != nil {
		return false, fmt.Errorf("share of names turned bad: %w", err)
	}
	reason, needed := BrakeNeeded(bad, total, thresholds)
	if !needed {
		return false, nil
	}
	m.o.Logger.WarnContext(ctx, "storm brake pulled", "bad", bad, "total", total)
	return true, m.o.Store.PullBrake(ctx, models.Brake{PulledAt: now, Reason: reason})
}
