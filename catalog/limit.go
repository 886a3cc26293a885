package catalog

import (
	"cmp"
	"slices"
	"time"
)

// Window is an allowance: at most N queries in any interval of length Per, wherever it begins.
type Window struct {
	N   int           // queries, at least 1
	Per time.Duration // at least a second
}

// Limits is what is published (or assumed) of how often a service may be asked by one client address. The numbers are the publisher's: whoever
// keeps to them takes his margin himself.
type Limits struct {
	Server   string   // the key of the counter: a host in lower case
	Hosts    []string // further hosts that share the counter
	Protocol string   // "rdap", "whois", or "" when one counter covers both
	Windows  []Window // all of them hold at once
	Source   string   // the document, with its address
	Assumed  bool     // no number is published; ours is careful, and Source says what was seen
	Note     string   // what else to know, for people
}

// ServerLimit gives the limits of a server named by host, host:port or base URL; ok is false when nothing is known of it. Hosts of one
// operator that count together give the same Limits.Server.
func ServerLimit(server string) (l Limits, ok bool) {
	s, ok := FindServer(server)
	if !ok || len(s.Windows) == 0 {
		return Limits{}, false
	}
	return s.limits(), true
}

// ServerLimits lists all known limits, by Limits.Server and Protocol.
func ServerLimits() []Limits {
	var out []Limits
	for _, s := range Servers() {
		if len(s.Windows) > 0 {
			out = append(out, s.limits())
		}
	}
	return out
}

func (s Server) limits() Limits {
	l := Limits{
		Server: s.Name, Hosts: slices.Clone(s.Hosts), Protocol: s.Protocol, Source: s.Source, Assumed: s.Assumed, Note: s.Note,
		Windows: make([]Window, len(s.Windows)),
	}
	for i, w := range s.Windows {
		l.Windows[i] = Window{N: w.N, Per: time.Duration(w.Seconds) * time.Second}
	}
	slices.SortFunc(l.Windows, func(a, b Window) int { return cmp.Compare(a.Per, b.Per) })
	return l
}
