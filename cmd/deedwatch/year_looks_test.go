package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/krestmarketing/deedwatch/models"
	"github.com/krestmarketing/deedwatch/store"
)

// yearRegistry answers looks from what is true, and misbehaves.
type yearRegistry struct {
	y    *year
	kind models.LookKind
}

// Server names the registry of a suffix: gamma has a WHOIS only.
func (r yearRegistry) Server(domain string) (string, bool) {
	_, suffix, _ := strings.Cut(domain, ".")
	return r.kindServer(suffix)
}

func (r yearRegistry) kindServer(suffix string) (string, bool) {
	if (suffix == "gamma") != (r.kind == models.LookWHOIS) {
		return "", false
	}
	if r.kind == models.LookWHOIS {
		return "whois." + suffix + ".example:43", true
	}
	return "https://rdap." + suffix + ".example", true
}

// Look answers for the registry.
func (r yearRegistry) Look(_ context.Context, domain string) models.Look {
	y := r.y
	d := y.byName[domain]
	y.now = y.now.Add(50 * time.Millisecond)
	l := models.Look{Kind: r.kind, Domain: domain, At: y.wall(), Took: 50 * time.Millisecond, ContentType: "application/json"}
	l.Server, _ = r.Server(domain)
	if y.down(d.server) {
		l.Outcome, l.Detail = models.OutcomeTimeout, "No answer."
		return l
	}
	switch roll := y.looksDice.IntN(400); {
	case roll < 3:
		l.Outcome = models.OutcomeTimeout
		return l
	case roll < 5:
		l.Outcome, l.RetryAfter = models.OutcomeThrottled, 30*time.Minute
		return l
	case roll < 7:
		l.Outcome = models.OutcomeUnparsed
		return l
	}
	t := d.at(y.now)
	if !t.exists {
		l.Outcome = models.OutcomeAbsent
		y.saw(d, t, true)
		return l
	}
	l.Outcome = models.OutcomeOK
	l.Facts = &models.Facts{
		Registered: new(true), ExpiresAt: t.registry, ExpiryStated: t.registry != nil, CreatedAt: new(y.begin.AddDate(-5, 0, 0)), UpdatedAt: new(t.changed),
		Registrar: t.owner, Statuses: t.statuses, Nameservers: []string{"ns1.dnshost.example", "ns2.dnshost.example"}, DNSSEC: models.DNSSECUnsigned,
	}
	if d.registrar && r.kind == models.LookRDAP {
		l.Facts.RelatedURL = "https://rdap.registrar.example/domain/" + domain
	}
	if d.registrar && r.kind == models.LookWHOIS {
		l.Facts.RegistrarExpiresAt = t.registrar
	}
	l.Evidence = fmt.Appendf(nil, "%s %v %v", domain, t.registry, t.statuses)
	y.saw(d, t, !d.registrar || r.kind == models.LookWHOIS)
	return l
}

// LookRelated answers for the registrar.
func (r yearRegistry) LookRelated(_ context.Context, domain, address string) models.Look {
	y := r.y
	d := y.byName[domain]
	l := models.Look{Kind: models.LookRegistrarRDAP, Domain: domain, Server: address, At: y.wall(), ContentType: "application/json"}
	if y.down("registrar") || y.looksDice.IntN(100) < 2 {
		l.Outcome = models.OutcomeTimeout
		return l
	}
	t := d.at(y.now)
	l.Outcome = models.OutcomeOK
	l.Facts = &models.Facts{Registered: new(true), ExpiresAt: t.registrar, RegistrarExpiresAt: t.registrar, ExpiryStated: true, Registrar: t.owner, DNSSEC: models.DNSSECUnknown}
	y.saw(d, t, true)
	return l
}

// learn notes what a look showed for the first time.
func (y *year) learn(d *yearDomain, t *yearTruth) {
	if t.cycle > d.seen.cycle && d.seen.due != nil && !d.knownAt.IsZero() {
		d.renewals = append(d.renewals, &yearRenewal{cycle: d.seen.cycle, due: d.seen.due, at: y.now, truth: *t})
	}
	if t.lapsing() && d.redeemedAt.IsZero() {
		d.redeemedAt = y.now
	}
	if !t.lapsing() {
		d.redeemedAt = time.Time{}
	}
	d.knownAt = y.now
}

// saw notes what a look showed; whole: all that can be known of the name.
func (y *year) saw(d *yearDomain, t *yearTruth, whole bool) {
	t = y.showed(d, t)
	d.seenAt = y.now
	if !whole {
		return
	}
	if d.firstAt.IsZero() {
		d.firstAt = y.now
		t.metInGrace()
	}
	if d.seen.from != t.from || d.seen.cycle != t.cycle {
		y.note(d, "a look shows: %s", t.what)
		y.learn(d, t)
	}
	d.seen, d.wholeAt = *t, y.now
}

// metInGrace makes the registry's date of a year ago the one that counts of a name that is first seen inside its grace, when its registrar says
// by then until when it keeps the name: nobody could see which date it stated before.
func (t *yearTruth) metInGrace() {
	if t.registrar == nil || t.registry == nil || t.due == nil || t.lapsing() {
		return
	}
	if t.registry.Sub(*t.due) >= 300*yearDay && t.registrar.After(*t.due) && t.registry.Sub(*t.registrar) >= 300*yearDay {
		t.due = years(*t.registry, -1)
	}
}

// yearDNS knows which names are delegated.
type yearDNS struct{ y *year }

// Look answers for the parent zone.
func (p yearDNS) Look(_ context.Context, domain string, expected []models.ExpectedRecord) models.DelegationLook {
	l := models.DelegationLook{Domain: domain, At: p.y.wall(), Outcome: models.OutcomeOK, ParentNS: []string{"ns1.dnshost.example"}}
	d := p.y.byName[domain]
	if !d.at(p.y.now).exists {
		l.Outcome, l.ParentNS = models.OutcomeAbsent, nil
		return l
	}
	if d.records != nil {
		var silent bool
		if l.Records, silent = d.records.look(p.y.now, expected); silent {
			l.Outcome, l.ParentNS = models.OutcomeTimeout, nil
		}
	}
	return l
}

// yearBook is the monitor's store: the real one, with the rows of the names under watch at hand. What a look changes but the time is written
// at once; that the same was seen again is written when somebody is about to read it.
type yearBook struct {
	*store.Store
	y     *year
	rows  map[int64]*models.Watched
	order []int64
	put   map[int64]*models.RegistrationRecord // written when wanted
}

func (b *yearBook) load(ctx context.Context, id int64) error {
	w, err := b.Store.WatchedByID(ctx, id)
	if err == nil {
		b.rows[id] = &w
		delete(b.put, id)
	}
	return err
}

// ServersDue gives the servers with names that are due.
func (b *yearBook) ServersDue(_ context.Context, now time.Time, _ int) ([]string, error) {
	var servers []string
	for _, id := range b.order {
		if d := &b.rows[id].Domain; !d.NextLookAt.After(now) && !slices.Contains(servers, d.RegistryServer) {
			servers = append(servers, d.RegistryServer)
		}
	}
	return servers, nil
}

// DomainsDue gives the names that are due at a server.
func (b *yearBook) DomainsDue(_ context.Context, server string, now time.Time, _ int) ([]int64, error) {
	var due []int64
	for _, id := range b.order {
		if d := &b.rows[id].Domain; d.RegistryServer == server && !d.NextLookAt.After(now) {
			due = append(due, id)
		}
	}
	slices.SortStableFunc(due, func(x, y int64) int { return models.CompareDue(&b.rows[x].Domain, &b.rows[y].Domain, now) })
	return due, nil
}

// UnroutedDomains gives none: they are routed at the beginning.
func (b *yearBook) UnroutedDomains(context.Context, int) ([]models.Domain, error) { return nil, nil }

// WatchedByID gives a name as it is at hand.
func (b *yearBook) WatchedByID(_ context.Context, id int64) (models.Watched, error) {
	return *b.rows[id], nil
}

// RecordRegistration writes what matters, and keeps what does not.
func (b *yearBook) RecordRegistration(ctx context.Context, rec models.RegistrationRecord) error {
	w := b.rows[rec.Domain.ID]
	if w.Domain.Version != rec.Domain.Version {
		return fmt.Errorf("version %d, not %d: %w", w.Domain.Version, rec.Domain.Version, models.ErrConflict)
	}
	if !b.matters(w, &rec) {
		w.Domain = rec.Domain
		if rec.Registration != nil {
			w.Registration, w.Statements = rec.Registration, rec.Statements
		}
		b.put[rec.Domain.ID] = &rec
		return nil
	}
	err := b.Store.RecordRegistration(ctx, rec)
	if errors.Is(err, models.ErrConflict) {
		return errors.Join(err, b.load(ctx, rec.Domain.ID))
	}
	if err != nil {
		return err
	}
	return b.load(ctx, rec.Domain.ID)
}

// matters reports whether a record says more than that the same was seen again.
func (b *yearBook) matters(w *models.Watched, rec *models.RegistrationRecord) bool {
	if rec.CloseCycle != nil || rec.OpenCycle != nil || rec.MoveCycle != nil || len(rec.Changes) > 0 || len(rec.Ledger) > 0 || w.Registration == nil {
		return true
	}
	if slices.ContainsFunc(rec.Findings, func(c models.FindingChange) bool { return c.Kind != models.FindingSeen }) {
		return true
	}
	if len(w.Statements) != len(rec.Statements) && rec.Statements != nil {
		return true
	}
	was, is := w.Domain, rec.Domain
	same := func(a, b *time.Time) bool { return a == nil && b == nil || a != nil && b != nil && a.Equal(*b) }
	return was.Lifecycle != is.Lifecycle || was.LifecycleWhy != is.LifecycleWhy || !same(was.LifecycleSince, is.LifecycleSince) || !same(was.ExpiresAt, is.ExpiresAt) ||
		was.ExpirySource != is.ExpirySource || was.Unconfirmed != is.Unconfirmed || !same(was.RecoverUntil, is.RecoverUntil) || !same(was.LastSafeDay, is.LastSafeDay) ||
		!same(was.QuietUntil, is.QuietUntil) || was.Registrar != is.Registrar
}

// flush writes what was kept of some names.
func (b *yearBook) flush(ctx context.Context, ids []int64) error {
	for _, id := range ids {
		rec := b.put[id]
		if rec == nil {
			continue
		}
		rec.Findings = nil
		if err := b.Store.RecordRegistration(ctx, *rec); err != nil {
			return fmt.Errorf("write what was seen of domain %d: %w", id, err)
		}
		b.rows[id].Domain.Version++
		delete(b.put, id)
	}
	return nil
}

// JudgeDue gives the names whose verdict changes by time alone.
func (b *yearBook) JudgeDue(_ context.Context, now time.Time, _ int) ([]int64, error) {
	var due []int64
	for _, id := range b.order {
		if at := b.rows[id].Domain.NextJudgeAt; at != nil && !at.After(now) {
			due = append(due, id)
		}
	}
	return due, nil
}

// RegistryServer gives what is remembered of a server.
func (b *yearBook) RegistryServer(_ context.Context, server string) (models.RegistryServer, error) {
	row := b.y.servers[server]
	row.Server = server
	return row, nil
}

// ChangeServer changes what is remembered of a server.
func (b *yearBook) ChangeServer(ctx context.Context, server string, change func(models.RegistryServer) (models.RegistryServer, bool)) (models.RegistryServer, error) {
	row, err := b.RegistryServer(ctx, server)
	if after, changed := change(row); changed {
		b.y.servers[server], row = after, after
	}
	return row, err
}
