package monitor

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/krestmarketing/deedwatch/catalog"
	"github.com/krestmarketing/deedwatch/models"
)

// Bounds of what registries are asked about domains that are not under watch.
const (
	targetsAsked     = 3 // of one DNS look
	targetMemorySize = 4096
	targetAnswerAge  = day
	targetRetryAfter = 2 * time.Hour
	targetPatience   = 20 * time.Second // for all turns and answers together
)

// targetMemory keeps what registries said of the domains of absent targets, so that each is asked about once a day at most.
type targetMemory struct {
	mu   sync.Mutex
	rows map[string]targetAnswer
}

type targetAnswer struct {
	registration models.TargetDomain
	server       string
	at           time.Time
}

func (m *targetMemory) get(domain string, now time.Time) (targetAnswer, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	a, ok := m.rows[domain]
	return a, ok && now.Sub(a.at) < a.lasts()
}

func (m *targetMemory) keep(domain string, a targetAnswer) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.rows == nil {
		m.rows = map[string]targetAnswer{}
	}
	for name := range m.rows { // any: one that is forgotten too early is merely asked about again
		if len(m.rows) < targetMemorySize {
			break
		}
		delete(m.rows, name)
	}
	m.rows[domain] = a
}

func (a targetAnswer) lasts() time.Duration {
	if a.registration == models.TargetUnclear {
		return targetRetryAfter
	}
	return targetAnswerAge
}

// askTargets asks the registries about the domains of absent targets that DNS says do not exist at all: the second of the two signals that
// make a finding of them certain.
func (m *Monitor) askTargets(ctx context.Context, look *models.DelegationLook) {
	ctx, cancel := context.WithTimeout(ctx, targetPatience)
	defer cancel()
	nameTargets(look)
	asked := 0
	for i := range look.Targets {
		t := &look.Targets[i]
		if t.Domain == "" {
			continue
		}
		a, known := m.targets.get(t.Domain, m.o.Now())
		if !known {
			if asked == targetsAsked || ctx.Err() != nil {
				continue
			}
			asked++
			a = readTarget(m.checkRegistration(ctx, t.Domain, m.route(t.Domain)), m.o.Now())
			if over(ctx) {
				continue
			}
			m.targets.keep(t.Domain, a)
		}
		t.Registration, t.Server, t.AskedAt = a.registration, a.server, new(a.at)
	}
}

// nameTargets notes of each absent target which domain DNS says does not exist at all: the first signal, which needs no registry.
func nameTargets(look *models.DelegationLook) {
	for i := range look.Targets {
		look.Targets[i].Domain = deniedDomain(look.Targets[i])
	}
}

// deniedDomain gives the registrable domain of an absent target when the zone above that domain is the one that denies it; empty: the
// domain is there and denies a name of its own, or it is not known who said so.
func deniedDomain(t models.TargetLook) string {
	if t.State != models.TargetAbsent || t.DeniedBy == "" {
		return ""
	}
	name := t.End
	for strings.Contains(name, "_") { // no host name, but below one
		_, name, _ = strings.Cut(name, ".")
	}
	n, err := catalog.ParseName(name)
	if err != nil || !above(t.DeniedBy, n.Registrable) {
		return ""
	}
	return n.Registrable
}

// above reports whether a zone lies strictly above a name.
func above(zone, name string) bool {
	return zone == "." || strings.HasSuffix(name, "."+zone)
}

// readTarget reduces looks at a registration to whether somebody holds it. What the parent zone says does not count: it is the signal that
// is to be confirmed.
func readTarget(looks []models.Look, now time.Time) targetAnswer {
	a := targetAnswer{registration: models.TargetUnclear, at: now}
	looks = slices.DeleteFunc(looks, func(l models.Look) bool { return l.Kind == models.LookDNS })
	for _, l := range looks {
		a.server = l.Server
		switch {
		case positive(&l), l.Outcome == models.OutcomeReserved:
			a.registration = models.TargetRegistered
			return a
		case saysAbsent(&l):
			a.registration = models.TargetFree
		}
	}
	return a
}
