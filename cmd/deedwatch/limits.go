package main

import (
	"net"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/krestmarketing/deedwatch/catalog"
	"github.com/krestmarketing/deedwatch/configs"
	"github.com/krestmarketing/deedwatch/monitor"
)

// calmDay is how long a server of which no limit is known may be asked a day at the configured pace: for a third of the day, over the
// whole of which it is spread. Once a second that is 28,800 questions, which serves 80,000 names.
const calmDay = 8 * time.Hour

// serverLimits says how each server may be asked: at the configured pace, within what its registry is known to allow, and where nothing is
// known within a calm day. What the configuration says of a server replaces what is known of it, for the length of time it speaks of. RDAP
// servers are named by an address, WHOIS servers by host and port.
func serverLimits(c configs.Config) func(server string) monitor.Limit {
	return func(server string) monitor.Limit {
		limit := monitor.Limit{PerSecond: c.WHOIS.PerSecond}
		if strings.Contains(server, "://") {
			limit.PerSecond = c.RDAP.PerSecond
		}
		if known, ok := catalog.ServerLimit(server); ok {
			for _, w := range known.Windows {
				limit.Windows = append(limit.Windows, monitor.Window{N: w.N, Per: w.Per})
			}
			limit.Shared = sharedRow(known)
		} else {
			perDay := c.Politeness.PerDay
			if perDay == 0 {
				perDay = max(1, int(limit.PerSecond*calmDay.Seconds()))
			}
			limit.Windows = []monitor.Window{{N: perDay, Per: 24 * time.Hour}}
		}
		if own, ok := ownPace(c.Politeness.Servers, server); ok {
			limit = replaced(limit, own)
		}
		return limit
	}
}

// sharedRow names the row of servers that count together, which is that of the first of them; empty: the server counts alone.
func sharedRow(known catalog.Limits) string {
	switch {
	case known.Protocol == "":
		return known.Server
	case len(known.Hosts) == 0:
		return ""
	case known.Protocol == "rdap":
		return "https://" + known.Server
	}
	return net.JoinHostPort(known.Server, "43")
}

// ownPace finds what the configuration says of a server, by its host and port or else by its host.
func ownPace(paces configs.ServerPaces, server string) (configs.ServerPace, bool) {
	hostPort := server
	if u, err := url.Parse(server); err == nil && u.Host != "" {
		hostPort = u.Host
	}
	hostPort = strings.ToLower(hostPort)
	if pace, ok := paces[hostPort]; ok {
		return pace, true
	}
	host, _, err := net.SplitHostPort(hostPort)
	if err != nil {
		return configs.ServerPace{}, false
	}
	pace, ok := paces[host]
	return pace, ok
}

// replaced puts what the configuration states of a server in the place of what is known of it: of seconds, of minutes up to an hour, of
// longer.
func replaced(limit monitor.Limit, own configs.ServerPace) monitor.Limit {
	drop := func(from, to time.Duration) {
		limit.Windows = slices.DeleteFunc(slices.Clone(limit.Windows), func(w monitor.Window) bool { return w.Per >= from && w.Per < to })
	}
	if own.PerSecond > 0 {
		drop(0, time.Minute)
		limit.PerSecond = own.PerSecond
	}
	if own.PerMinute > 0 {
		drop(time.Minute, time.Hour+1)
		limit.Windows = append(limit.Windows, monitor.Window{N: own.PerMinute, Per: time.Minute})
	}
	if own.PerDay > 0 {
		drop(time.Hour+1, 1<<62)
		limit.Windows = append(limit.Windows, monitor.Window{N: own.PerDay, Per: 24 * time.Hour})
	}
	return limit
}
