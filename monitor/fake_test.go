package monitor_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/krestmarketing/deedwatch/models"
)

// clock is a clock that tests set.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) set(s string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = *date(s)
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// registry answers looks by script.
type registry struct {
	kind    models.LookKind
	clock   *clock
	suffix  map[string]string // suffix -> server
	answer  map[string]func() models.Look
	related map[string]func() models.Look
	mu      sync.Mutex
	asked   []string
}

func (r *registry) Server(domain string) (string, bool) {
	_, suffix, _ := strings.Cut(domain, ".")
	s, ok := r.suffix[suffix]
	return s, ok
}

func (r *registry) Look(_ context.Context, domain string) models.Look {
	return r.give(domain, r.answer)
}

func (r *registry) LookRelated(_ context.Context, domain, _ string) models.Look {
	l := r.give(domain, r.related)
	l.Kind = models.LookRegistrarRDAP
	return l
}

func (r *registry) give(domain string, from map[string]func() models.Look) models.Look {
	r.mu.Lock()
	r.asked = append(r.asked, domain)
	r.mu.Unlock()
	l := models.Look{Outcome: models.OutcomeTimeout}
	if f := from[domain]; f != nil {
		l = f()
	}
	l.Kind, l.Domain, l.At = r.kind, domain, r.clock.Now()
	return l
}

func (r *registry) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.asked)
}

// prober answers DNS looks by script.
type prober struct {
	clock *clock
	look  func(domain string, expected []models.ExpectedRecord) models.DelegationLook
	asked int
}

func (p *prober) Look(_ context.Context, domain string, expected []models.ExpectedRecord) models.DelegationLook {
	p.asked++
	l := models.DelegationLook{Outcome: models.OutcomeOK, ParentNS: []string{"ns1.dnshost.example"}}
	if p.look != nil {
		l = p.look(domain, expected)
	}
	l.Domain, l.At = domain, p.clock.Now()
	return l
}

// memory is a store of a few domains. It keeps the version rule, and can be told to fail.
type memory struct {
	rows      map[int64]*models.Watched
	servers   map[string]models.RegistryServer
	records   []models.RegistrationRecord
	conflicts int   // how many recordings are refused because somebody else was faster
	broken    error // what every recording fails with
	bad       int
	brake     *models.Brake
}

func newMemory(names ...string) *memory {
	m := &memory{rows: map[int64]*models.Watched{}, servers: map[string]models.RegistryServer{}}
	for i, n := range names {
		_, suffix, _ := strings.Cut(n, ".")
		id := int64(i + 1)
		m.rows[id] = &models.Watched{
			Domain: models.Domain{ID: id, ClientID: 1, Name: n, Suffix: suffix, Lifecycle: models.LifecycleUnknown},
			Client: models.Client{ID: 1, Name: "Harborline Dental"},
		}
	}
	return m
}

func (m *memory) due(keep func(*models.Domain) bool) []int64 {
	var ids []int64
	for id, w := range m.rows {
		if keep(&w.Domain) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

func (m *memory) ServersDue(_ context.Context, now time.Time, _ int) ([]string, error) {
	var servers []string
	for _, id := range m.due(func(d *models.Domain) bool { return d.RegistryServer != "" && !d.NextLookAt.After(now) }) {
		if s := m.rows[id].Domain.RegistryServer; !slices.Contains(servers, s) {
			servers = append(servers, s)
		}
	}
	return servers, nil
}

func (m *memory) DomainsDue(_ context.Context, server string, now time.Time, _ int) ([]int64, error) {
	return m.due(func(d *models.Domain) bool { return d.RegistryServer == server && !d.NextLookAt.After(now) }), nil
}

func (m *memory) UnroutedDomains(_ context.Context, limit int) ([]models.Domain, error) {
	var out []models.Domain
	for _, id := range m.due(func(d *models.Domain) bool { return d.RegistryServer == "" }) {
		if len(out) < limit {
			out = append(out, m.rows[id].Domain)
		}
	}
	return out, nil
}

func (m *memory) RouteDomains(_ context.Context, server string, ids []int64) error {
	for _, id := range ids {
		m.rows[id].Domain.RegistryServer = server
	}
	return nil
}

func (m *memory) WatchedByID(_ context.Context, id int64) (models.Watched, error) {
	w, ok := m.rows[id]
	if !ok {
		return models.Watched{}, fmt.Errorf("domain %d: %w", id, models.ErrNotFound)
	}
	return *w, nil
}

func (m *memory) RecordRegistration(_ context.Context, rec models.RegistrationRecord) error {
	w := m.rows[rec.Domain.ID]
	if m.broken != nil {
		return m.broken
	}
	if m.conflicts > 0 {
		m.conflicts--
		w.Domain.Version++
		w.Domain.AutoRenew = models.AutoRenewOff // what somebody else set meanwhile
	}
	if w.Domain.Version != rec.Domain.Version {
		return fmt.Errorf("version: %w", models.ErrConflict)
	}
	w.Domain = rec.Domain
	w.Domain.Version++
	if rec.Registration != nil {
		w.Registration = rec.Registration
	}
	if rec.Statements != nil {
		w.Statements = rec.Statements
	}
	w.Findings = applyFindings(w.Findings, rec.Findings)
	if rec.CloseCycle != nil {
		w.Cycle = nil
	}
	if rec.OpenCycle != nil {
		c := *rec.OpenCycle
		c.ID = int64(len(m.records) + 1)
		w.Cycle = &c
	}
	if rec.MoveCycle != nil {
		w.Cycle = rec.MoveCycle
	}
	m.records = append(m.records, rec)
	return nil
}

func applyFindings(stored []models.Finding, changes []models.FindingChange) []models.Finding {
	for _, c := range changes {
		if i := slices.IndexFunc(stored, func(f models.Finding) bool { return f.Code == c.Finding.Code && f.Subject == c.Finding.Subject }); i >= 0 {
			stored[i] = c.Finding
			continue
		}
		f := c.Finding
		f.ID = int64(len(stored) + 1)
		stored = append(stored, f)
	}
	return stored
}

func (m *memory) RegistryServer(_ context.Context, server string) (models.RegistryServer, error) {
	row := m.servers[server]
	row.Server = server
	return row, nil
}

func (m *memory) ChangeServer(
	ctx context.Context, server string, change func(models.RegistryServer) (models.RegistryServer, bool),
) (models.RegistryServer, error) {
	row, err := m.RegistryServer(ctx, server)
	if next, changed := change(row); changed {
		next.Server = server
		m.servers[server], row = next, next
	}
	return row, err
}

func (m *memory) DNSDue(_ context.Context, now time.Time, _ int) ([]int64, error) {
	return m.due(func(d *models.Domain) bool { return !d.NextDNSAt.After(now) }), nil
}

func (m *memory) RecordDelegation(_ context.Context, rec models.DelegationRecord) error {
	w := m.rows[rec.Domain.ID]
	d := &w.Domain
	d.NextDNSAt, d.DNSFailures, d.DNSCheckedAt = rec.Domain.NextDNSAt, rec.Domain.DNSFailures, rec.Domain.DNSCheckedAt
	d.RecordsTotal, d.RecordsRight, d.RecordsUnknown = rec.Domain.RecordsTotal, rec.Domain.RecordsRight, rec.Domain.RecordsUnknown
	w.Delegation, w.Records = rec.Delegation, rec.Records
	w.Findings = applyFindings(w.Findings, rec.Findings)
	return nil
}

func (m *memory) JudgeDue(_ context.Context, now time.Time, _ int) ([]int64, error) {
	return m.due(func(d *models.Domain) bool { return d.NextJudgeAt != nil && !d.NextJudgeAt.After(now) }), nil
}

func (m *memory) ShareTurnedBad(context.Context, time.Time) (int, int, error) {
	return m.bad, len(m.rows), nil
}
func (m *memory) ActiveBrake(context.Context) (*models.Brake, error) { return m.brake, nil }

func (m *memory) PullBrake(_ context.Context, b models.Brake) error {
	m.brake = &b
	return nil
}
