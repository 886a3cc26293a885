package monitor

import (
	"context"
	"fmt"
	"net/url"
	"runtime/debug"
	"strings"

	"github.com/krestmarketing/deedwatch/models"
)

// asked is what one registration look brought: the answers in the order in which they were given.
type asked struct {
	looks  []models.Look
	server *models.RegistryServer // as it is to be remembered; nil: nobody was asked
}

// main is the look at the registry itself; nil: nobody was asked.
func (a *asked) main() *models.Look {
	if len(a.looks) == 0 {
		return nil
	}
	return &a.looks[0]
}

// ask looks at one registration: at the registry, then at the registrar's own RDAP where the registry names it, at the WHOIS when the RDAP
// leaves a gap that it may fill, and at a second kind of source when the registry says that there is no such name. The servers' memory is
// kept when how says so; without a store it is not.
func (m *Monitor) ask(ctx context.Context, w *models.Watched, server string, how beside) asked {
	domain := w.Domain.Name
	kind, looker := models.LookWHOIS, m.o.WHOIS
	if s, ok := m.o.RDAP.Server(domain); ok && s == server {
		kind, looker = models.LookRDAP, m.o.RDAP
	}
	first := m.guarded(kind, domain, server, func() models.Look { return looker.Look(ctx, domain) })
	a := asked{looks: []models.Look{first}}
	switch {
	case ctx.Err() != nil:
	case kind == models.LookRDAP && positive(&first):
		if first.Facts.RelatedURL != "" {
			a.looks = append(a.looks, m.askRegistrar(ctx, domain, first.Facts.RelatedURL, how)...)
		}
		if reason := whoisWanted(w, first.Facts, m.o.Lifecycle(domain), m.o.Now()); reason != "" && ctx.Err() == nil {
			m.o.Logger.DebugContext(ctx, "WHOIS asked as well", "domain", domain, "reason", reason)
			a.looks = append(a.looks, m.askWHOIS(ctx, domain, how)...)
		}
	case saysAbsent(&first):
		a.looks = append(a.looks, m.askSecond(ctx, domain, kind, how)...)
	}
	return a
}

// askRegistrar asks the registrar's RDAP, at the pace of that server and unless it is to be left alone.
func (m *Monitor) askRegistrar(ctx context.Context, domain, address string, how beside) []models.Look {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return nil
	}
	return m.askBeside(ctx, u.Scheme+"://"+u.Host, how, func() models.Look {
		return m.guarded(models.LookRegistrarRDAP, domain, address, func() models.Look { return m.o.RDAP.LookRelated(ctx, domain, address) })
	})
}

// askSecond asks another kind of source whether a name exists: the WHOIS after the RDAP, else the parent zone.
func (m *Monitor) askSecond(ctx context.Context, domain string, first models.LookKind, how beside) []models.Look {
	var looks []models.Look
	if first == models.LookRDAP {
		looks = m.askWHOIS(ctx, domain, how)
	}
	if len(looks) > 0 && looks[0].Outcome.Answered() {
		return looks
	}
	return append(looks, m.askParent(ctx, domain))
}

// askWHOIS asks the WHOIS of the suffix beside its RDAP; nothing when there is none.
func (m *Monitor) askWHOIS(ctx context.Context, domain string, how beside) []models.Look {
	server, ok := m.o.WHOIS.Server(domain)
	if !ok {
		return nil
	}
	return m.askBeside(ctx, server, how, func() models.Look {
		return m.guarded(models.LookWHOIS, domain, server, func() models.Look { return m.o.WHOIS.Look(ctx, domain) })
	})
}

// askParent asks the parent zone whether it knows the name.
func (m *Monitor) askParent(ctx context.Context, domain string) models.Look {
	dns := m.lookDNS(ctx, domain, nil)
	return models.Look{
		Kind: models.LookDNS, Domain: domain, Outcome: dns.Outcome, Server: "parent zone", At: dns.At, Took: dns.Took,
		Detail: dns.Detail, Evidence: dns.Evidence, ContentType: "text/plain; charset=utf-8",
	}
}

// askBeside asks a server that is not the one whose names are being worked through, when its turn comes in time and it need not be left
// alone; for a far-off name only when there are turns to spare. How it fared is remembered at once, since other workers may ask it too.
func (m *Monitor) askBeside(ctx context.Context, server string, how beside, look func() models.Look) []models.Look {
	if !m.paced(ctx, server, how.far) {
		return nil
	}
	l := look()
	if how.remember && !saidNothing(ctx, &l) {
		if _, err := m.answered(ctx, server, l); err != nil {
			m.warn(ctx, "server not remembered", server, err)
		}
	}
	return []models.Look{l}
}

func (m *Monitor) warn(ctx context.Context, what, about string, err error) {
	if err != nil {
		m.o.Logger.WarnContext(ctx, what, "about", about, "error", err)
	}
}

// guarded turns a panic of a looker, and an answer about another name, into one failed look.
func (m *Monitor) guarded(kind models.LookKind, domain, server string, look func() models.Look) (l models.Look) {
	now := m.o.Now()
	defer func() {
		if p := recover(); p != nil {
			m.o.Logger.Error("look panicked", "kind", string(kind), "domain", domain, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			l = failedLook(kind, domain, server, now)
		}
	}()
	if l = look(); l.Domain != "" && !strings.EqualFold(l.Domain, domain) {
		l.Outcome, l.Facts, l.Detail = models.OutcomeUnparsed, nil, "The answer is about another name. Nothing is taken from it."
	}
	l.Domain = domain
	return l
}

// lookDNS looks at a delegation; a panic is one look that stated nothing.
func (m *Monitor) lookDNS(ctx context.Context, domain string, expected []models.ExpectedRecord) (l models.DelegationLook) {
	now := m.o.Now()
	defer func() {
		if p := recover(); p != nil {
			m.o.Logger.ErrorContext(ctx, "look panicked", "kind", "dns", "domain", domain, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			failed := failedLook(models.LookDNS, domain, "", now)
			l = models.DelegationLook{Domain: domain, At: now, Outcome: failed.Outcome, Detail: failed.Detail}
		}
	}()
	return m.o.DNS.Look(ctx, domain, expected)
}
